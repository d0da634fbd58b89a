#!/bin/bash
# A server and two nodes (up.sh): pods whose data outlives them. A stateful set writes, is deleted and comes back to what it wrote; a
# claim that is deleted takes its folder along, and nothing else.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"

of() { kubectl get "$1" "$2" -o "jsonpath={$3}"; }
said() { kubectl get events -A --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
run() { kubectl exec "$1" -- sh -c "$2"; }
folder_of() { of pv "$(of pvc "$1" .spec.volumeName)" .spec.local.path; }
there() { [ -d "$1" ] && echo there || echo gone; }

echo '# a stateful set'
cat >"$work/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  serviceName: front
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000}
      containers:
      - name: c
        image: cleat-demo:1
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
YAML
check 'is made' 'created' kubectl create -f "$work/web.yaml"
check 'and rolls out' 'complete' kubectl rollout status statefulset/web --timeout=120s
check 'its claims are bound' '^Bound Bound$' kubectl get pvc -o 'jsonpath={.items[*].status.phase}'
for pod in web-0 web-1; do check "$pod writes" '' run $pod "echo from $pod >/data/note"; done
check 'what it writes is the group'"'"'s' '^2000 drwxrwsrwx' run web-0 'stat -c "%g %A" /data'
first=$(folder_of data-web-0)
second=$(folder_of data-web-1)
check 'it is in the folder of the volume' '^from web-0$' cat "$first/note"
node=$(of pod web-0 .spec.nodeName)
uid=$(of pod web-0 .metadata.uid)
kubectl delete pod web-0 --wait=true >/dev/null
check 'a pod that comes back' 'complete' kubectl rollout status statefulset/web --timeout=120s
check 'is another one' '^another$' bash -c "[ '$(of pod web-0 .metadata.uid)' = '$uid' ] || printf another"
check 'on the same node' "^$node\$" of pod web-0 .spec.nodeName
check 'with its data' '^from web-0$' run web-0 'cat /data/note'
kubectl delete statefulset web --wait=true >/dev/null
eventually 'the set goes, pods and all' 60 'No resources found' kubectl get pods -l app=web
check 'the data stays' '^from web-1$' cat "$second/note"
check 'the set comes back' 'created' kubectl create -f "$work/web.yaml"
check 'all of it' 'complete' kubectl rollout status statefulset/web --timeout=120s
for pod in web-0 web-1; do check "$pod has its own" "^from $pod\$" run $pod 'cat /data/note'; done

echo '# a claim goes'
kubectl delete pvc data-web-1 --wait=false >/dev/null
check 'not while it is used' '^there$' there "$second"
kubectl scale statefulset web --replicas=1 >/dev/null
eventually 'and then with its folder' 60 '^gone$' there "$second"
check 'the other one stays' '^there$' there "$first"
eventually 'so does its volume alone' 30 '^1$' bash -c "$(declare -f kubectl up); here='$here'; cluster='$cluster'; kubectl get pv --no-headers | wc -l"

echo '# who may see what, and how'
pod() {  # NAME VOLUME MOUNT SCRIPT
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: Never
  containers: [{name: c, image: cleat-demo:1, command: [sh, -c, '$4'], volumeMounts: [{name: v, mountPath: /v$3}]}]
  volumes: [{name: v, $2}]
YAML
}
logs() { kubectl logs "$1" 2>&1; }
check 'a reader' 'created' pod reader 'persistentVolumeClaim: {claimName: data-web-0, readOnly: true}' '' 'cat /v/note; touch /v/x 2>&1'
eventually 'reads and no more' 60 'from web-0.*Read-only file system' logs reader
check 'a part of it' 'created' pod part 'persistentVolumeClaim: {claimName: data-web-0}' ', subPath: sub/part' 'echo deep >/v/x; ls /v'
eventually 'is all that is seen' 60 '^x$' logs part
check 'and lies where it says' '^deep$' cat "$first/sub/part/x"
check 'a volume of its own' 'created' pod scratch \
  'ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Mi}}}}}' '' 'echo here >/v/x; cat /v/x; sleep 600'
eventually 'works' 60 '^here$' logs scratch
scratch=$(folder_of scratch-v)
check 'it is there' '^there$' there "$scratch"
kubectl delete pod scratch --wait=true >/dev/null
eventually 'and goes with its pod' 60 '^gone$' there "$scratch"

echo '# what people have made'
mkdir -p "$work/shared" && echo by hand >"$work/shared/file"
kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: by-hand}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  storageClassName: ""
  persistentVolumeReclaimPolicy: Retain
  hostPath: {path: $work/shared, type: Directory}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: by-hand}
spec: {accessModes: [ReadWriteMany], storageClassName: "", resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: far}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: far
  claimRef: {namespace: default, name: far}
  nfs: {server: 192.0.2.1, path: /}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: far}
spec: {accessModes: [ReadWriteOnce], storageClassName: far, resources: {requests: {storage: 1Gi}}}
YAML
check 'a host path' 'created' pod hand 'persistentVolumeClaim: {claimName: by-hand}' '' 'cat /v/file'
eventually 'is mounted' 60 '^by hand$' logs hand
check 'storage of another kind' 'created' pod far 'persistentVolumeClaim: {claimName: far}' '' 'true'
eventually 'is not, and says so' 60 'FailedMount: MountVolume.SetUp failed for volume "far" : this node does not mount persistent volumes of type nfs' \
  said far
kubectl delete pod --all --force >/dev/null 2>&1
kubectl delete pvc by-hand >/dev/null
eventually 'what people have made is kept' 20 'Released' of pv by-hand .status.phase
check 'with what is in it' '^by hand$' cat "$work/shared/file"

echo '# what is emptied and used again'
# The image that volumes are emptied with, by the name that it has by itself.
sh "$here/../../etc/demo-image.sh" "$work/scrub.tar" registry.k8s.io/build-image/debian-base:bookworm-v1.0.6
up import "$cluster" "$work/scrub.tar" >/dev/null
mkdir -p "$work/recycled/deep/er" && echo old >"$work/recycled/note"
echo old | tee "$work/recycled/.hidden" "$work/recycled/..odd" "$work/recycled/deep/er/file" >/dev/null
ln -s "$work/shared/file" "$work/recycled/link"
kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: recycled}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: recycled
  persistentVolumeReclaimPolicy: Recycle
  hostPath: {path: $work/recycled, type: Directory}
YAML
claim() { printf 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: %s}\nspec: {accessModes: [ReadWriteOnce], storageClassName: recycled, resources: {requests: {storage: 1Gi}}}\n' "$1" | kubectl create -f -; }
check 'a claim' 'created' claim before
eventually 'gets the volume' 20 '^recycled$' of pvc before .spec.volumeName
check 'a pod' 'created' pod before 'persistentVolumeClaim: {claimName: before}' '' 'echo more >/v/more; cat /v/note; sleep 600'
eventually 'uses what is there' 60 '^old$' logs before
check 'a second claim' 'created' claim after
kubectl delete pvc before --wait=false >/dev/null
check 'has to wait' '^Pending$' of pvc after .status.phase
check 'and nothing is emptied while a pod uses it' '^old$' cat "$work/recycled/deep/er/file"
kubectl delete pod before >/dev/null
eventually 'when the first has gone the volume is emptied' 90 'VolumeRecycled: Volume recycled' said recycled
check 'of which the pod told' 'RecyclerPod: Recycler pod: .*(Started|Container started)' said recycled
check 'nothing is left in it' '^$' ls -A "$work/recycled"
check 'what a link led to is' '^by hand$' cat "$work/shared/file"
eventually 'and the second claim has it' 60 '^Bound$' of pvc after .status.phase
check 'indeed' '^recycled$' of pvc after .spec.volumeName
check 'its pod' 'created' pod after 'persistentVolumeClaim: {claimName: after}' '' 'ls -A /v; echo new >/v/note; cat /v/note'
eventually 'finds a folder of its own' 60 '^new$' logs after
check 'which is the same' '^new$' cat "$work/recycled/note"
eventually 'the pod that emptied it has gone' 20 'NotFound' bash -c "bash '$here/up.sh' exec '$cluster' kubectl get pod recycler-for-recycled 2>&1"
kubectl delete pod after --force >/dev/null 2>&1
kubectl delete pvc after --wait=false >/dev/null

echo '# volumes that lie'
# Somebody who may write volumes writes one that looks like the provisioner'"'"'s and lies elsewhere.
mkdir -p "$work/precious" && echo kept >"$work/precious/file"
node=$(of node "$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')" .metadata.name)
root=$(of node "$node" '.metadata.annotations.cleat/local-path-folder')
lie() {  # NAME PATH
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata:
  name: $1
  labels: {cleat/local-path-node: $node}
  annotations: {pv.kubernetes.io/provisioned-by: cleat/local-path}
  finalizers: [cleat/local-path]
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  local: {path: "$2"}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$node]}]}]}}
YAML
  kubectl delete pv "$1" --wait=false >/dev/null
}
lie outside "$work/precious"
eventually 'a path outside is not removed' 30 'VolumeFailedDelete: the path ".*" of volume "outside" is not its folder' said outside
lie root "$root"
eventually 'nor is the root' 30 'VolumeFailedDelete: the path' said root
ln -s "$work/precious" "$root/linked"
lie linked "$root/linked"
eventually 'nor what a link leads to' 30 'VolumeFailedDelete: .*linked is not a folder: it stays' said linked
check 'all is there' '^kept$' cat "$work/precious/file"
kubectl patch pv outside root linked --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]' >/dev/null
kubectl delete statefulset web >/dev/null
kubectl delete pvc --all >/dev/null
eventually 'in the end no folder is left' 60 '^gone$' there "$first"
finish
