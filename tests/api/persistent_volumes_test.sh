#!/bin/bash
# Claims and volumes come together: what is bound to what, what waits and why, what becomes of volumes whose claims go. No node is
# here; what a node does is done with a node's credential.
build=${1:?usage: persistent_volumes_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
. "$here/node_credential.sh"
until_true 20 kubectl get serviceaccount default

volume() {  # NAME SIZE CLASS POLICY [MORE OF THE SPEC]
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: $1}
spec:
  capacity: {storage: $2}
  accessModes: [ReadWriteOnce]
  storageClassName: "$3"
  persistentVolumeReclaimPolicy: $4
  ${source:-hostPath: {path: /tmp/$1\}}
  ${5:-}
YAML
}
of_driver() { source="csi: {driver: disks.example.com, volumeHandle: $1}" volume "$@"; }
claim() {  # NAME SIZE CLASS [MORE OF THE SPEC]
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: $2}}
  ${3:+storageClassName: $3}
  ${4:-}
YAML
}
user() {  # NAME CLAIM
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: pause, volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: $2}}]
YAML
}
pvc() { kubectl get pvc "$1" --no-headers; }
pv() { kubectl get pv "$1" --no-headers; }
said() { kubectl get events -A --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.type} {.reason}: {.message}{"\n"}{end}'; }
of() { kubectl get "$1" "$2" -o "jsonpath={$3}"; }
gone() { ! kubectl get "$@"; }

echo '# the class that is there'
until_true 20 kubectl get sc local-path
check 'a class of volumes on the nodes is the default' 'local-path \(default\) +cleat/local-path +Delete +WaitForFirstConsumer +true' \
  kubectl get sc
check 'a claim gets it' 'created' claim first 1Gi
check 'it is the one' '^local-path$' of pvc first .spec.storageClassName
eventually 'and waits for its consumer' 10 'Normal WaitForFirstConsumer: waiting for first consumer to be created before binding' said first
check 'shown' '^first +Pending +local-path' pvc first

echo '# volumes that people have made'
check 'volumes' 'created' volume small 1Gi manual Retain
check 'of two sizes' 'created' volume large 9Gi manual Retain
eventually 'they are free' 10 '^small +1Gi +RWO +Retain +Available' pv small
check 'a claim' 'created' claim middle 2Gi manual
eventually 'has the one that is large enough' 10 '^middle +Bound +large +9Gi +RWO +manual' pvc middle
check 'which is its' '^large +9Gi +RWO +Retain +Bound +default/middle +manual' pv large
check 'both by the controller' '^yes yes$' kubectl get pvc middle -o \
  'jsonpath={.metadata.annotations.pv\.kubernetes\.io/bind-completed} {.metadata.annotations.pv\.kubernetes\.io/bound-by-controller}'
check 'a claim that is too large' 'created' claim huge 100Gi manual
eventually 'is told that the class is absent' 10 'Warning ProvisioningFailed: storageclass.storage.k8s.io "manual" not found' said huge
check 'one without a class' 'created' claim bare 1Gi '""'
eventually 'is told that there is none' 10 \
  'Normal FailedBinding: no persistent volumes available for this claim and no storage class is set' said bare
check 'a volume that comes later' 'created' volume late 3Gi '' Retain
eventually 'is the one for it' 10 '^bare +Bound +late +3Gi' pvc bare

echo '# bound by hand, from either side'
check 'a claim that names its volume' 'created' claim named 1Gi manual 'volumeName: small'
eventually 'has it' 10 '^named +Bound +small +1Gi' pvc named
check 'another one' 'created' claim second 1Gi manual 'volumeName: small'
eventually 'does not' 10 'Warning FailedBinding: volume "small" already bound to a different claim.' said second
check 'a volume that is meant for a claim' 'created' volume meant 1Gi '' Retain 'claimRef: {namespace: default, name: lucky}'
eventually 'is free until then' 10 '^meant +1Gi +RWO +Retain +Available +default/lucky' pv meant
check 'the claim' 'created' claim lucky 1Gi '""'
eventually 'has it' 10 '^lucky +Bound +meant' pvc lucky
check 'one that does not suit' 'created' volume odd 1Gi other Retain
check 'is asked for' 'created' claim picky 1Gi '""' 'volumeName: odd'
eventually 'in vain' 10 'Warning VolumeMismatch: Cannot bind to requested volume "odd": storageClassName does not match' said picky

echo '# what becomes of volumes'
kubectl delete pvc middle named >/dev/null
eventually 'a volume that is kept is released' 10 '^large +9Gi +RWO +Retain +Released +default/middle' pv large
check 'to nobody' 'created' claim middle 2Gi manual
check 'not even one of the same name' '^middle +Pending' pvc middle
kubectl patch pv large --type=json -p '[{"op":"remove","path":"/spec/claimRef"}]' >/dev/null
eventually 'until somebody says so' 10 '^middle +Bound +large' pvc middle
kubectl create -f - >/dev/null <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: grows}
provisioner: disks.example.com
allowVolumeExpansion: true
YAML
check 'a volume that may grow' 'created' volume roomy 5Gi grows Retain
check 'is used' 'created' claim roomy 1Gi grows
eventually 'by a claim' 10 '^roomy +Bound' pvc roomy
check 'that asks for more' 'patched' kubectl patch pvc roomy -p '{"spec":{"resources":{"requests":{"storage":"9Gi"}}}}'
eventually 'and is told who is waited for' 10 'Normal ExternalExpanding: waiting for an external controller to expand this PVC' said roomy
check 'a volume that is to be emptied' 'created' volume claimed 3Gi claimed Recycle
claim claimed 1Gi claimed >/dev/null
eventually 'is used' 10 '^claimed +Bound' pvc claimed
kubectl run recycler-for-claimed --image=i >/dev/null
kubectl patch pod recycler-for-claimed --subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}' >/dev/null
strange=$(kubectl get pod recycler-for-claimed -o 'jsonpath={.metadata.uid}')
kubectl delete pvc claimed >/dev/null
eventually 'a pod of that name that somebody else made says nothing of it' 40 '^/scrub$' \
  kubectl get pod recycler-for-claimed -o 'jsonpath={.spec.containers[0].volumeMounts[0].mountPath}'
check 'it is another by now' "^(.{36})\$" bash -c "kubectl get pod recycler-for-claimed -o 'jsonpath={.metadata.uid}' | grep -v '$strange'"
check 'and the volume is not free' '^claimed +3Gi +RWO +Recycle +(Released|Failed)' pv claimed
kubectl delete pv claimed >/dev/null

check 'a volume that nobody can empty' 'created' of_driver wasted 1Gi waste Recycle
check 'is used' 'created' claim wasted 1Gi waste
eventually 'once' 10 '^wasted +Bound' pvc wasted
kubectl delete pvc wasted >/dev/null
eventually 'and has failed' 10 '^wasted +1Gi +RWO +Recycle +Failed' pv wasted
check 'which is said' 'Warning VolumeFailedRecycle: No recycler plugin found for the volume!' said wasted
check 'one that a pod can' 'created' volume emptied 3Gi empty Recycle
check 'is used' 'created' claim emptied 1Gi empty
eventually 'once' 10 '^emptied +Bound' pvc emptied
kubectl delete pvc emptied >/dev/null
scrub() { of pod recycler-for-emptied "$1"; }
eventually 'is emptied by one' 10 '^/tmp/emptied /scrub Never 90 \["/bin/sh"\]$' kubectl get pod recycler-for-emptied -o \
  'jsonpath={.spec.volumes[0].hostPath.path} {.spec.containers[0].volumeMounts[0].mountPath} {.spec.restartPolicy} {.spec.activeDeadlineSeconds} {.spec.containers[0].command}'
check 'meanwhile it is released' '^emptied +3Gi +RWO +Recycle +Released' pv emptied
eventually 'it says what happens to the pod' 20 'Warning RecyclerPod: Recycler pod: no nodes available to schedule pods' said emptied
kubectl patch pod recycler-for-emptied --subresource=status --type=merge -p '{"status":{"phase":"Failed","message":"it is locked"}}' >/dev/null
eventually 'that it fails is said' 10 'Warning VolumeFailedRecycle: Recycle failed: failed to recycle volume: it is locked' said emptied
check 'of the volume' '^emptied +3Gi +RWO +Recycle +Failed' pv emptied
eventually 'it is tried again' 40 '^Pending$' scrub .status.phase
kubectl patch pod recycler-for-emptied --subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}' >/dev/null
eventually 'when it is done the volume is free' 20 '^emptied +3Gi +RWO +Recycle +Available +empty' pv emptied
check 'which is said' 'Normal VolumeRecycled: Volume recycled' said emptied
eventually 'the pod goes' 10 'NotFound' bash -c 'kubectl get pod recycler-for-emptied 2>&1'
check 'another claim' 'created' claim next 1Gi empty
eventually 'may have it' 10 '^next +Bound +emptied' pvc next
check 'one that nobody can delete' 'created' volume stuck 1Gi stuck Delete
check 'is used' 'created' claim stuck 1Gi stuck
eventually 'once' 10 '^stuck +Bound' pvc stuck
kubectl delete pvc stuck >/dev/null
eventually 'and has failed as well' 10 'Warning VolumeFailedDelete: error getting deleter volume plugin for volume "stuck": no volume plugin matched' \
  said stuck
check 'one of a driver, made by hand' 'created' of_driver driven 1Gi driven Delete
check 'is used' 'created' claim driven 1Gi driven
eventually 'once' 10 '^driven +Bound' pvc driven
kubectl delete pvc driven >/dev/null
eventually 'and left to the driver' 10 '^driven +1Gi +RWO +Delete +Released' pv driven
kubectl patch pv meant --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]' >/dev/null
kubectl delete pv meant --wait=false >/dev/null
kubectl patch pv meant --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]' >/dev/null 2>&1
eventually 'a claim whose volume goes has lost it' 10 '^lucky +Lost' pvc lucky
check 'and hears of it' 'Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!' said lucky

echo '# a volume on the node that the pod goes to'
check 'a node joins' 'joined' join n1
node n1 create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/hostname: n1}, annotations: {cleat/local-path-folder: /var/lib/volumes}}
YAML
check 'and is ready' '^200 ' patch_as n1 /api/v1/nodes/n1/status '{"status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"20"},
  "capacity":{"cpu":"4","memory":"8Gi","pods":"20"},"conditions":[{"type":"Ready","status":"True","reason":"Said","message":"so"}]}}'
until_true 20 kubectl wait node n1 --for=condition=Ready --timeout=1s
check 'a pod uses the claim' 'created' user web first
eventually 'is placed' 20 '^n1$' of pod web .spec.nodeName
check 'and its claim is bound' '^first +Bound +pvc-[-0-9a-f]+ +1Gi +RWO +local-path' pvc first
name=$(of pvc first .spec.volumeName)
check 'the scheduler has chosen' '^n1$' of pvc first '.metadata.annotations.volume\.kubernetes\.io/selected-node'
check 'the provisioner was asked' '^cleat/local-path$' of pvc first '.metadata.annotations.volume\.kubernetes\.io/storage-provisioner'
check 'the volume is a folder of the node' "^/var/lib/volumes/$name n1 Delete$" \
  of pv "$name" '.spec.local.path} {.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]} {.spec.persistentVolumeReclaimPolicy'
check 'all of it is said' 'ExternalProvisioning: Waiting for a volume to be created either by the external provisioner .cleat/local-path' said first
check 'to the end' "Normal ProvisioningSucceeded: Successfully provisioned volume $name" said first
check 'a pod of another node would not get it' 'Node Affinity:' kubectl describe pv "$name"

echo '# more of it'
check 'the claim asks for more' 'patched' kubectl patch pvc first -p '{"spec":{"resources":{"requests":{"storage":"3Gi"}}}}'
eventually 'and has more' 10 "^first +Bound +$name +3Gi" pvc first
check 'so has the volume' "^$name +3Gi" pv "$name"
check 'which is said' 'Normal VolumeResizeSuccessful: Resize volume succeeded' said first
check_fails 'not less' 'field can not be less than status.capacity' kubectl patch pvc first -p '{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}'

echo '# what cannot be made'
check 'a claim for many nodes' 'created' claim shared 1Gi local-path
kubectl delete pvc shared >/dev/null
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shared}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
YAML
user many shared >/dev/null
eventually 'is told why it gets nothing' 20 \
  'Warning ProvisioningFailed: failed to provision volume with StorageClass "local-path": access mode ReadWriteMany is not supported' said shared
kubectl delete pod many --force >/dev/null 2>&1

echo '# a pod that brings its own'
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: own}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: pause}]
  volumes:
  - name: scratch
    ephemeral: {volumeClaimTemplate: {metadata: {labels: {kind: scratch}}, spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}}}
YAML
eventually 'gets a claim, bound' 20 '^own-scratch +Bound' pvc own-scratch
check 'which is the pod'"'"'s' '^Pod own scratch$' of pvc own-scratch '.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name} {.metadata.labels.kind'
eventually 'and is placed' 20 '^n1$' of pod own .spec.nodeName
user envious own-scratch >/dev/null
eventually 'a claim for one pod is for one pod' 20 \
  'node\(s\) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod' said envious
scratch=$(of pvc own-scratch .spec.volumeName)
kubectl delete pod own envious --force >/dev/null 2>&1
until_true 20 gone pvc own-scratch
check_fails 'the claim goes with the pod' 'not found' kubectl get pvc own-scratch

echo '# the end of a volume'
kubectl delete pvc first --wait=false >/dev/null
check 'a claim in use stays' '^first +Terminating' pvc first
kubectl delete pod web --force >/dev/null 2>&1
until_true 20 gone pvc first
eventually 'its volume is to go, and waits for its node' 10 "^$name .* Terminating" pv "$name"
pvs=/api/v1/persistentvolumes
labelled() { node n1 get pv -l cleat/local-path-node=n1 -o name; }
check 'the node sees what is on its disk' "$name" labelled
check_fails 'and nothing else' 'can only get individual resources of this type' node n1 get pv
check 'another volume it may not write' '^403 ' patch_as n1 $pvs/large '{"metadata":{"finalizers":null}}'
replaced() {  # EDIT: the volume as the node writes it back
  node n1 get pv "$name" -o json | python3 -c "import json, sys; d = json.load(sys.stdin); $1; json.dump(d, sys.stdout)" | node n1 replace -f - 2>&1
}
check_fails 'of its own it changes nothing' 'can only remove the finalizer \\?"cleat/local-path' replaced "d['spec']['capacity']['storage'] = '9Gi'"
check_fails 'least of all where it is' 'can only remove the finalizer|is immutable' replaced "d['spec']['local']['path'] = '/etc'"
check 'it lets it go' 'replaced' replaced "d['metadata']['finalizers'].remove('cleat/local-path')"
eventually 'and it is gone' 10 'NotFound' kubectl get pv "$name"
check 'a node that is gone lets nothing go' 'deleted' kubectl delete node n1
eventually 'so that is done for it' 20 'NotFound' kubectl get pv "$scratch"
finish
