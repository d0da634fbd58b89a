#!/bin/bash
# Storage as objects: volumes, claims and what is said of them, with real kubectl. Nobody binds or mounts anything: those who do are
# left out (persistent_volumes_test.sh has them).
build=${1:?usage: storage_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
{
  sed -n '/^\[controllers\]/,/^]/p' "$here/../../etc/cleat.toml" | sed 's/"controller-persistent-volume-binder", //; s/"provisioner-local-path",//'
  nobody_is_missed
} >"$work/unbound.toml"
start_server --config "$work/unbound.toml"
until_true 20 kubectl get serviceaccount default
v1=/api/v1
claims=$v1/namespaces/default/persistentvolumeclaims
storage=/apis/storage.k8s.io/v1
patch() { sending application/merge-patch+json request PATCH "$1" "$2"; }
gone() { [ "$(status GET "$1")" = 404 ]; }
volume() {  # NAME [MORE OF THE SPEC]
  printf '{"metadata":{"name":"%s"},"spec":{"capacity":{"storage":"5Gi"},"accessModes":["ReadWriteOnce"],"csi":{"driver":"d.example","volumeHandle":"h"}%s}}' \
    "$1" "${2:-}"
}
claim() {  # NAME [MORE OF THE SPEC]
  printf '{"metadata":{"name":"%s"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}%s}}' "$1" "${2:-}"
}
class() {  # NAME [MORE] [ANNOTATION]
  printf '{"metadata":{"name":"%s","annotations":{%s}},"provisioner":"p.example/disk"%s}' "$1" "${3:-}" "${2:-}"
}
user() {  # NAME CLAIM [NODE]
  printf '{"metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"%s"}}]}}' \
    "$1" "${3:+\"nodeName\":\"$3\",}" "$2"
}

echo '# discovery'
check 'claims have a short name' 'persistentvolumeclaims +pvc +v1 +true +PersistentVolumeClaim' kubectl api-resources
check 'so have volumes' 'persistentvolumes +pv +v1 +false +PersistentVolume' kubectl api-resources
for line in 'csidrivers +storage.k8s.io/v1 +false +CSIDriver' 'csinodes +storage.k8s.io/v1 +false +CSINode' \
  'csistoragecapacities +storage.k8s.io/v1 +true +CSIStorageCapacity' 'storageclasses +sc +storage.k8s.io/v1 +false +StorageClass' \
  'volumeattachments +storage.k8s.io/v1 +false +VolumeAttachment' \
  'volumeattributesclasses +vac +storage.k8s.io/v1 +false +VolumeAttributesClass'; do
  check "${line%% *}" "$line" kubectl api-resources --api-group=storage.k8s.io
done
check 'what a field means' 'Where the storage is' kubectl explain persistentvolume.spec
check 'to the last one' 'targetVolumeAttributesClassName' kubectl explain persistentvolumeclaim --recursive
check 'of the group as well' 'serviceAccountTokenInSecrets' kubectl explain csidriver --recursive

echo '# classes'
check 'a class' '^201 .*"provisioner":"p.example/disk","reclaimPolicy":"Delete","volumeBindingMode":"Immediate"' \
  request POST $storage/storageclasses "$(class slow)"
check 'is what it was made' '^422 .*"message":"Invalid value: \\"Retain\\": field is immutable","field":"reclaimPolicy"' \
  patch $storage/storageclasses/slow '{"reclaimPolicy":"Retain"}'
check 'without a default one a claim has none' '^201 .*"resources":\{"requests":\{"storage":"1Gi"\}\},"volumeMode":"Filesystem"\},"status":\{"phase":"Pending"\}' \
  request POST $claims "$(claim none)"
default='"storageclass.kubernetes.io/is-default-class":"true"'
check 'a default class' '^201 ' request POST $storage/storageclasses "$(class fast ',"allowVolumeExpansion":true' "$default")"
check 'a list says which' 'fast \(default\) +p.example/disk +Delete +Immediate +true' kubectl get sc
check 'of one that is asked for nothing is said' '^fast +p.example/disk' kubectl get sc fast --no-headers
check 'a claim is given it' '^201 .*"storageClassName":"fast"' request POST $claims "$(claim data)"
check 'unless it wants none' '^201 .*"storageClassName":""' request POST $claims "$(claim bare ',"storageClassName":""')"
check 'or another' '^201 .*"storageClassName":"slow"' request POST $claims "$(claim other ',"storageClassName":"slow"')"
check 'one that had none may be given one' '"storageClassName":"slow"' patch $claims/none '{"spec":{"storageClassName":"slow"}}'

echo '# volumes'
check 'a volume' '^201 .*"persistentVolumeReclaimPolicy":"Retain","mountOptions":\["ro"\],"volumeMode":"Filesystem"\},"status":\{"phase":"Pending","lastPhaseTransitionTime":"20' \
  request POST $v1/persistentvolumes "$(volume disk ',"mountOptions":["ro"]')"
check 'guarded' 'kubernetes.io/pv-protection' kubectl get pv disk -o 'jsonpath={.metadata.finalizers}'
check 'shown' '^disk +5Gi +RWO +Retain +Pending .*<unset>' kubectl get pv disk --no-headers
check 'described' 'Driver: +d.example' kubectl describe pv disk
check 'it stays where it is' '^422 .*spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation' \
  patch $v1/persistentvolumes/disk '{"spec":{"csi":{"volumeHandle":"i"}}}'
check 'it may be meant for a claim' '"claimRef":\{"namespace":"default","name":"data"\}' \
  patch $v1/persistentvolumes/disk '{"spec":{"claimRef":{"namespace":"default","name":"data"}}}'
check 'a warning of what is going' 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated' \
  request POST "$v1/persistentvolumes?dryRun=All" "$(volume dry ',"persistentVolumeReclaimPolicy":"Recycle"')"
check 'two sources are one too many' '^422 .*spec.csi: Forbidden: may not specify more than 1 volume type' \
  request POST $v1/persistentvolumes "$(volume two ',"nfs":{"server":"s","path":"/p"}')"
since=$(kubectl get pv disk -o 'jsonpath={.status.lastPhaseTransitionTime}')
check 'the time is not the clients' "^200 .*\"phase\":\"Bound\",\"lastPhaseTransitionTime\":\"20" \
  patch $v1/persistentvolumes/disk/status "{\"status\":{\"phase\":\"Bound\",\"lastPhaseTransitionTime\":\"$since\"}}"
check 'what is applied of the claim is that field alone' '^409 .*conflict.*.spec.claimRef.name' \
  sending application/apply-patch+yaml request PATCH "$v1/persistentvolumes/disk?fieldManager=binder" \
  '{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"disk"},"spec":{"claimRef":{"name":"else"}}}'

echo '# claims'
check 'guarded' 'kubernetes.io/pvc-protection' kubectl get pvc data -o 'jsonpath={.metadata.finalizers}'
check 'what nobody bound does not grow' '^403 .*Only bound persistent volume claims can be expanded|^422 .*spec is immutable after creation' \
  patch $claims/data '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
check 'it is bound' '"volumeName":"disk"' patch $claims/data '{"spec":{"volumeName":"disk"}}'
check 'and told so' '"phase":"Bound"' patch $claims/data/status \
  '{"status":{"phase":"Bound","accessModes":["ReadWriteOnce"],"capacity":{"storage":"5Gi"}}}'
check 'shown' '^data +Bound +disk +5Gi +RWO +fast +<unset>' kubectl get pvc data --no-headers
check 'described' 'Access Modes: +RWO' kubectl describe pvc data
until_true 20 kubectl wait pvc data --for=condition=Unused --timeout=1s
check 'no pod uses it' 'NoPodsUsingPVC' kubectl get pvc data -o 'jsonpath={.status.conditions[?(@.type=="Unused")].reason}'
check 'its class makes volumes larger' '"storage":"8Gi"' patch $claims/data '{"spec":{"resources":{"requests":{"storage":"8Gi"}}}}'
check 'not smaller than what there is' '^422 .*spec.resources.requests.storage: Forbidden: field can not be less than status.capacity' \
  patch $claims/data '{"spec":{"resources":{"requests":{"storage":"5Gi"}}}}'
patch $claims/other/status '{"status":{"phase":"Bound"}}' >/dev/null
check 'another class does not' '^403 .*persistentvolumeclaims \\"other\\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize' \
  patch $claims/other '{"spec":{"resources":{"requests":{"storage":"8Gi"}}}}'

echo '# what is in use stays'
check 'a pod on a node uses the claim' '^201 ' request POST $v1/namespaces/default/pods "$(user web data n1)"
check 'the claim is told to go' '^200 .*"deletionTimestamp"' request DELETE $claims/data
check 'it is on its way' '^data +Terminating' kubectl get pvc data --no-headers
check 'so is the volume' '^200 .*"deletionTimestamp"' request DELETE $v1/persistentvolumes/disk
check 'one that nobody uses goes at once' '^200 ' request DELETE $claims/bare
until_true 20 gone $claims/bare
check 'the others are there still' '^200 ' request GET $claims/data
check 'volume and all' '^200 ' request GET $v1/persistentvolumes/disk
check 'the pod goes' '^200 ' request DELETE "$v1/namespaces/default/pods/web?gracePeriodSeconds=0"
until_true 20 gone $claims/data
check 'and then the claim' '^404 ' request GET $claims/data
patch $v1/persistentvolumes/disk/status '{"status":{"phase":"Released"}}' >/dev/null
until_true 20 gone $v1/persistentvolumes/disk
check 'and the volume' '^404 ' request GET $v1/persistentvolumes/disk
check 'a class of attributes' '^201 .*kubernetes.io/vac-protection' request POST $storage/volumeattributesclasses \
  '{"metadata":{"name":"gold"},"driverName":"d.example","parameters":{"iops":"9"}}'
check 'a claim names it' '^201 ' request POST $claims "$(claim golden ',"volumeAttributesClassName":"gold"')"
check 'the class is told to go' '^200 .*"deletionTimestamp"' request DELETE $storage/volumeattributesclasses/gold
check 'and stays' '^200 ' request GET $storage/volumeattributesclasses/gold
check 'the claim goes' '^200 ' request DELETE $claims/golden
until_true 20 gone $storage/volumeattributesclasses/gold
check 'and then the class' '^404 ' request GET $storage/volumeattributesclasses/gold
check 'a namespace with a claim' '^201 ' request POST $v1/namespaces '{"metadata":{"name":"full"}}'
check 'made' '^201 ' request POST $v1/namespaces/full/persistentvolumeclaims "$(claim data)"
check 'is emptied' '^200 ' request DELETE $v1/namespaces/full
until_true 30 gone $v1/namespaces/full

echo '# drivers, nodes and attachments'
check 'a driver' '^201 .*"attachRequired":true,"podInfoOnMount":false,"volumeLifecycleModes":\["Persistent"\],"storageCapacity":false,"fsGroupPolicy":"ReadWriteOnceWithFSType","requiresRepublish":false,"seLinuxMount":false,"preventPodSchedulingIfMissing":false' \
  request POST $storage/csidrivers '{"metadata":{"name":"d.example"},"spec":{}}'
check 'shown' 'd.example +true +false +false +<unset> +false +Persistent' kubectl get csidriver
check 'a node' '^201 ' request POST $storage/csinodes \
  '{"metadata":{"name":"n1"},"spec":{"drivers":[{"name":"d.example","nodeID":"7","topologyKeys":["zone"],"allocatable":{"count":9}}]}}'
check 'shown' 'n1 +1' kubectl get csinode
check 'what is wrong with its storage is not taken' '^200 .*"allocatable":\{"count":9\}\}\]\}\}' patch $storage/csinodes/n1/status \
  '{"status":{"storageHealth":[{"name":"d.example"}]}}'
check 'an attachment' '^201 .*"status":\{"attached":false\}' request POST $storage/volumeattachments \
  '{"metadata":{"name":"a"},"spec":{"attacher":"d.example","nodeName":"n1","source":{"persistentVolumeName":"disk"}}}'
check 'is done' '"attached":true,"attachmentMetadata":\{"path":"/dev/x"\}' patch $storage/volumeattachments/a/status \
  '{"status":{"attached":true,"attachmentMetadata":{"path":"/dev/x"}}}'
check 'shown' '^a +d.example +disk +n1 +true' kubectl get volumeattachment a --no-headers
check 'what is left' '^201 ' request POST $storage/namespaces/default/csistoragecapacities \
  '{"metadata":{"generateName":"c-"},"storageClassName":"fast","nodeTopology":{"matchLabels":{"zone":"a"}},"capacity":"10Gi"}'
check 'shown' 'NAME +CREATED AT.c-[a-z0-9]+ +20[0-9-]+T' kubectl get csistoragecapacity
kubectl create rolebinding viewer --clusterrole=view --user=jane >/dev/null
kubectl create rolebinding editor --clusterrole=edit --user=joe >/dev/null
check 'who may view sees claims' '^yes' kubectl auth can-i list persistentvolumeclaims --as=jane
check_fails 'no more' '^no' kubectl auth can-i create persistentvolumeclaims --as=jane
check 'who may edit makes them' '^yes' kubectl auth can-i create persistentvolumeclaims --as=joe
finish
