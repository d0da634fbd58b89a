#!/bin/bash
# Volumes of CSI drivers are asked for on the nodes whose pods want them, and taken back. No node and no driver are here: what they
# write is written by hand; what a node may read and write is tried with a node's credential.
build=${1:?usage: attach_detach_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
. "$here/node_credential.sh"
until_true 20 kubectl get serviceaccount default

node_object() {  # NAME
  kubectl create -f - <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, annotations: {volumes.kubernetes.io/controller-managed-attach-detach: "true"}}
YAML
}
status() { kubectl patch "$1" "$2" --subresource=status --type=merge -p "$3"; }
disk() {  # NAME MODE [MORE OF csi]
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: $1}
spec:
  capacity: {storage: 1Gi}
  accessModes: [$2]
  storageClassName: disks
  claimRef: {namespace: default, name: $1}
  csi: {driver: disks.example, volumeHandle: h-$1${3:+, $3}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec: {accessModes: [$2], storageClassName: disks, volumeName: $1, resources: {requests: {storage: 1Gi}}}
YAML
}
user() {  # NAME CLAIM NODE
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  nodeName: $3
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: pause, volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: $2}}]
YAML
}
said() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.type} {.reason} {.source.component}: {.message}|{"\n"}{end}'; }
attachments() { kubectl get volumeattachments --no-headers --sort-by=.spec.nodeName; }
# As Kubernetes computes it: of handle, driver and node.
name_of() { echo "csi-$(printf %s "h-$1disks.example$2" | sha256sum | cut -d ' ' -f 1)"; }
attached() { kubectl get node "$1" -o 'jsonpath={.status.volumesAttached[*].name}'; }
is_gone() { kubectl get "$@" >/dev/null 2>&1 || echo gone; }
for n in n1 n2; do node_object $n >/dev/null; status node $n '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null; done

echo '# a volume is asked for where a pod wants it'
check 'a disk' 'created' disk one ReadWriteOnce
eventually 'is bound' 10 'Bound' kubectl get pvc one --no-headers
check 'a pod on a node' 'created' user web one n1
eventually 'has it asked for there' 10 "^$(name_of one n1) +disks.example +one +n1 +false" attachments
check 'it is not attached yet' '^$' attached n1
status volumeattachment "$(name_of one n1)" '{"status":{"attached":false,"attachError":{"message":"rpc error: no such disk","time":"2026-01-01T00:00:00Z"}}}' >/dev/null
eventually 'why not is told' 10 'Warning FailedAttachVolume attachdetach-controller: AttachVolume.Attach failed for volume "one" : rpc error: no such disk\|' said web
status volumeattachment "$(name_of one n1)" '{"status":{"attached":true,"attachError":null,"attachmentMetadata":{"slot":"3"}}}' >/dev/null
eventually 'its attacher has done it' 10 '^kubernetes.io/csi/disks.example\^h-one$' attached n1
eventually 'which is told' 10 'Normal SuccessfulAttachVolume attachdetach-controller: AttachVolume.Attach succeeded for volume "one" \|' said web

echo '# for one node only'
check 'a pod on another node' 'created' user late one n2
eventually 'has to wait' 10 'Warning FailedAttachVolume attachdetach-controller: Waiting for detach for volume "one" Volume is already used by pod\(s\) web\|' said late
status node n1 '{"status":{"volumesInUse":["kubernetes.io/csi/disks.example^h-one"]}}' >/dev/null
kubectl delete pod web --force --grace-period=0 >/dev/null 2>&1
sleep 1
check 'also while the other node has it mounted' "^$(name_of one n1) .* n1 +true" attachments
status node n1 '{"status":{"volumesInUse":[]}}' >/dev/null
eventually 'then it is taken from there' 10 '^$' attached n1
eventually 'and goes on' 10 "^$(name_of one n2) .* n2 +false +[^ ]+\$" attachments
check 'a disk for many' 'created' disk many ReadWriteMany
check 'a pod' 'created' user a many n1
check 'and another' 'created' user b many n2
eventually 'have it on both nodes' 10 "$(name_of many n2) +disks.example +many +n2" attachments
check 'at once' "$(name_of many n1) +disks.example +many +n1" attachments

echo '# who is not asked'
kubectl create -f - >/dev/null <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: disks.example}
spec: {attachRequired: false}
YAML
eventually 'a driver that attaches nothing is not asked any more' 10 'No resources found' attachments
kubectl delete csidriver disks.example >/dev/null
eventually 'but for what it says' 10 "$(name_of many n1)" attachments
check 'an attachment of somebody else' 'created' kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: by-hand}
spec: {attacher: disks.example, nodeName: n1, source: {persistentVolumeName: elsewhere}}
YAML
status node n2 '{"status":{"conditions":[{"type":"Ready","status":"Unknown"}],"volumesInUse":["kubernetes.io/csi/disks.example^h-many"]}}' >/dev/null
kubectl taint node n2 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute >/dev/null
kubectl delete pod b late --force --grace-period=0 --ignore-not-found >/dev/null 2>&1
eventually 'a node that is out of service keeps nothing' 10 '^gone$' is_gone volumeattachment "$(name_of many n2)"
check 'what others have asked for stays' 'by-hand' attachments

echo '# what a node may'
kubectl create secret generic of-disk --from-literal=key=x >/dev/null
kubectl create secret generic other --from-literal=key=x >/dev/null
check 'a node joins' 'joined' join n3
check 'it is there' 'created' node_object n3
check 'a disk with a secret' 'created' disk locked ReadWriteOnce 'nodePublishSecretRef: {namespace: default, name: of-disk}'
check_fails 'whose secret a node does not read' 'no relationship found' node n3 get secret of-disk
check 'a pod with it' 'created' user reader locked n3
eventually 'is there' 10 "$(name_of locked n3)" attachments
eventually 'before it has the disk' 10 'of-disk' node n3 get secret of-disk
check_fails 'others it still does not read' 'no relationship found' node n3 get secret other
check 'its attachment it reads' 'disks.example' node n3 get volumeattachment "$(name_of locked n3)"
check_fails 'those of others it does not' 'no relationship found' node n3 get volumeattachment "$(name_of many n1)"
check_fails 'nor all of them' 'can only get individual resources' node n3 get volumeattachments
finish
