#!/bin/bash
# resource.k8s.io through the running server: what is filled in, refused and kept of devices and the claims for them, and who may write
# what of a claim.
build=${1:?usage: devices_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
api=/apis/resource.k8s.io/v1
claims=$api/namespaces/default/resourceclaims

object() { printf '{"apiVersion":"resource.k8s.io/v1","kind":"%s","metadata":{"name":"%s"},%s}' "$@"; }
make() { object "$@" | kubectl create -f -; }
patch() { sending "application/${patch_type:-merge-patch}+json" request PATCH "$1" "$2"; }
wanted='"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu"}}]'

# -- The kinds --
check 'kubectl knows them' 'deviceclasses +resource.k8s.io/v1 +false +DeviceClass.*resourceclaims +resource.k8s.io/v1 +true +ResourceClaim.*resourceslices' \
  kubectl api-resources --api-group=resource.k8s.io
check 'and explains them' 'firstAvailable.*<\[\]DeviceSubRequest>' kubectl explain resourceclaim.spec.devices.requests
check 'a class' 'created' make DeviceClass gpu '"spec":{"selectors":[{"cel":{"expression":"device.driver == \"gpu.example.com\""}}]}'
check 'has a generation, which changes with it' '^1 2$' bash -c "kubectl get deviceclass gpu -o jsonpath='{.metadata.generation} ';
  kubectl patch deviceclass gpu --type=merge -p '{\"spec\":{\"extendedResourceName\":\"example.com/gpu\"}}' >/dev/null; kubectl get deviceclass gpu -o jsonpath='{.metadata.generation}'"
check 'is shown' 'NAME +AGE.*gpu +' kubectl get deviceclasses

# -- Claims --
check 'a claim' 'created' make ResourceClaim one "\"spec\":{\"devices\":{$wanted}}"
check 'is filled in' '^200 .*"exactly":\{"deviceClassName":"gpu","allocationMode":"ExactCount","count":1\}.*"status":\{\}' request GET "$claims/one"
check 'has no generation' '^200 [^@]*$' eval 'request GET "$claims/one" | sed "s/generation/@/"'
check 'is pending' 'one +pending' kubectl get resourceclaims
check 'does not change' '^422 .*ResourceClaim.resource.k8s.io \\"one\\" is invalid: spec: Invalid value: null: field is immutable' \
  patch "$claims/one" '{"spec":{"devices":{"requests":[{"name":"other","exactly":{"deviceClassName":"gpu"}}]}}}'
check 'what is derived is not kept' '^201 [^@]*$' eval 'request POST "$claims?dryRun=All" "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"devices\":{\"requests\":[{\"name\":\"a\",\"exactly\":{\"deviceClassName\":\"gpu\",\"derivedAttributes\":[{\"name\":\"d.example.com/x\",\"expression\":\"1\"}]}}]}}}" | sed "s/derivedAttributes\":\[/@/"'
check_fails 'requests have names of their own' 'spec.devices.requests\[1\]: Duplicate value: \{"name":"gpu","exactly":\{"deviceClassName":"gpu","allocationMode":"ExactCount","count":1\}\}' \
  make ResourceClaim two '"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu"}},{"name":"gpu","exactly":{"deviceClassName":"gpu"}}]}}'
check_fails 'admin access takes a namespace for it' 'spec.devices.requests\[0\].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace' \
  make ResourceClaim admin '"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu","adminAccess":true}}]}}'
check 'which this now is' 'labeled' kubectl label namespace default resource.kubernetes.io/admin-access=true
check 'so that it is given' 'created' make ResourceClaim admin '"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu","adminAccess":true}}]}}'
check 'a template' 'created' make ResourceClaimTemplate t "\"spec\":{\"spec\":{\"devices\":{$wanted}}}"
check 'shows its metadata although it has none' '"spec":\{"metadata":\{\},"spec":\{"devices"' request GET "$api/namespaces/default/resourceclaimtemplates/t"

# -- Expressions that explode --
loops() { printf '"selectors":[{"cel":{"expression":"%s"}}]' 'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a + b + c != d))))'; }
check_fails 'a class whose expression explodes' 'spec.selectors\[0\].cel.expression: Forbidden: too complex, exceeds cost limit' make DeviceClass loud "\"spec\":{$(loops)}"
check_fails 'a claim whose expression does' 'spec.devices.requests\[0\].exactly.selectors\[0\].cel.expression: Forbidden: too complex, exceeds cost limit' \
  make ResourceClaim loud "\"spec\":{\"devices\":{\"requests\":[{\"name\":\"gpu\",\"exactly\":{\"deviceClassName\":\"gpu\",$(loops)}}]}}"

# -- What was allocated --
result='{"request":"gpu","driver":"gpu.example.com","pool":"p","device":"gpu-0"}'
check 'a claim is given a device' '^200 .*"allocation":\{"devices":\{"results":\[\{"request":"gpu"' \
  patch "$claims/one/status" "{\"status\":{\"allocation\":{\"devices\":{\"results\":[$result]}}}}"
check 'and is so' 'one +allocated ' kubectl get resourceclaims
check 'another is none' '^422 .*status.allocation: Invalid value: null: field cannot be modified once set' \
  patch "$claims/one/status" "{\"status\":{\"allocation\":{\"devices\":{\"results\":[${result/gpu-0/gpu-1}]}}}}"
check 'its driver says something of it' '^200 .*"devices":\[\{"driver":"gpu.example.com","pool":"p","device":"gpu-0","data":\{"a":1\}' \
  patch "$claims/one/status" '{"status":{"devices":[{"driver":"gpu.example.com","pool":"p","device":"gpu-0","data":{"a":1}}]}}'
check 'not of what it has not' '^422 .*status.devices\[0\]: Invalid value: .*: must be an allocated device in the claim' \
  patch "$claims/one/status" '{"status":{"devices":[{"driver":"gpu.example.com","pool":"p","device":"gpu-9"}]}}'
check 'given back, what was said of it goes too' '^200 .*"status":\{\}' \
  patch "$claims/one/status" '{"status":{"allocation":null,"reservedFor":null}}'

# -- Who may --
kubectl create serviceaccount driver >/dev/null
kubectl create clusterrole statuses --verb=get,update,patch --resource=resourceclaims,resourceclaims/status >/dev/null
kubectl create clusterrolebinding statuses --clusterrole=statuses --serviceaccount=default:driver >/dev/null
driver_token=$(token_of default driver)
by_driver() { bearer "$driver_token" patch "$claims/one/status" "$1"; }
eventually 'a status is not all of it' 10 '^422 .*status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource=\\"resourceclaims/binding\\", verb=\\"update\\" permission: resourceclaims.resource.k8s.io is forbidden: User \\"system:serviceaccount:default:driver\\" cannot update resource \\"resourceclaims/binding\\" in API group \\"resource.k8s.io\\" at the cluster scope' \
  by_driver "{\"status\":{\"allocation\":{\"devices\":{\"results\":[$result]}}}}"
patch "$claims/one/status" "{\"status\":{\"allocation\":{\"devices\":{\"results\":[$result]}}}}" >/dev/null
check 'nor are the devices' '^422 .*status.devices: Forbidden: changing status.devices requires resource=\\"resourceclaims/driver\\", verb=\\"\[arbitrary-node:update\]\\" permission: ' \
  by_driver '{"status":{"devices":[{"driver":"gpu.example.com","pool":"p","device":"gpu-0"}]}}'
kubectl create clusterrole drives --verb=arbitrary-node:update --resource=resourceclaims/driver --resource-name=gpu.example.com >/dev/null 2>&1 ||
  printf '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"drives"},"rules":[{"apiGroups":["resource.k8s.io"],"resources":["resourceclaims/driver"],"resourceNames":["gpu.example.com"],"verbs":["arbitrary-node:update"]}]}' | kubectl create -f - >/dev/null
kubectl create clusterrolebinding drives --clusterrole=drives --serviceaccount=default:driver >/dev/null
eventually 'unless they are its own' 10 '^200 ' by_driver '{"status":{"devices":[{"driver":"gpu.example.com","pool":"p","device":"gpu-0"}]}}'

# -- Slices --
slice() { printf '"spec":{"driver":"%s","pool":{"name":"%s","generation":1,"resourceSliceCount":1},%s}' "$@"; }
check 'a slice' 'created' make ResourceSlice s1 "$(slice gpu.example.com p1 '"nodeName":"n1","devices":[{"name":"gpu-0","attributes":{"model":{"string":"A"}},"capacity":{"memory":{"value":"8Gi"}},"taints":[{"key":"k","effect":"NoSchedule"}]}]')"
check 'another' 'created' make ResourceSlice s2 "$(slice nic.example.com p2 '"allNodes":true,"devices":[{"name":"nic-0"}]')"
check 'is shown' 's1 +n1 +gpu.example.com +p1.*s2 +nic.example.com +p2' kubectl get resourceslices
for selector in spec.driver=gpu.example.com spec.nodeName=n1 spec.pool.name=p1 spec.driver!=nic.example.com; do
  check "chosen by $selector" '^resourceslice.resource.k8s.io/s1$' kubectl get resourceslices --field-selector "$selector" -o name
done
check 'a taint says since when' '"taints":\[\{"key":"k","effect":"NoSchedule","timeAdded":"20' request GET "$api/resourceslices/s1"
check 'its node stays' '^422 .*spec.nodeName: Invalid value: \\"n2\\": field is immutable' patch "$api/resourceslices/s1" '{"spec":{"nodeName":"n2"}}'
check 'drivers are in lower case' '299 - "spec.driver: driver names should be lowercase; \\"GPU.example.com\\" contains uppercase characters"' \
  request POST "$api/resourceslices?dryRun=All" "$(object ResourceSlice s3 "$(slice GPU.example.com p '"allNodes":true')")"
check 'lists of attributes are not kept' '^422 .*spec.devices\[0\].attributes\[m\]: Invalid value: \\"\\": must specify one of: `int`, `bool`' \
  request POST "$api/resourceslices" "$(object ResourceSlice s3 "$(slice gpu.example.com p '"allNodes":true,"devices":[{"name":"d","attributes":{"m":{"strings":["a"]}}}]')")"

# -- Taint rules --
check 'a rule' 'created' make DeviceTaintRule broken '"spec":{"deviceSelector":{"pool":"p1"},"taint":{"key":"example.com/broken","effect":"NoExecute"}}'
check 'is shown' 'broken +example.com/broken +NoExecute +[0-9]+s +[0-9]+s' kubectl get devicetaintrules
check 'an update names what it changes' '^422 .*metadata.resourceVersion: Invalid value: 0: must be specified for an update' \
  request PUT "$api/devicetaintrules/broken" "$(object DeviceTaintRule broken '"spec":{"taint":{"key":"example.com/broken","effect":"None"}}')"

# -- Expressions --
check_fails 'an expression that is none' 'spec.selectors\[0\].cel.expression: Invalid value: "device.nope": compilation failed: ERROR: <input>:1:7: undefined field' \
  make DeviceClass wrong '"spec":{"selectors":[{"cel":{"expression":"device.nope"}}]}'
check_fails 'one that nobody can evaluate' "spec.selectors\[0\].cel.expression: Internal error: program instantiation failed: type conversion error from 'string' to 'int'" \
  make DeviceClass wrong '"spec":{"selectors":[{"cel":{"expression":"int('"'x'"') == 1"}}]}'
check_fails 'a pattern that is none, of a claim' 'spec.devices.requests\[0\].exactly.selectors\[0\].cel.expression: Internal error: program instantiation failed: error parsing regexp: missing closing \): `\(`' \
  make ResourceClaim wrong '"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":"device.driver.find('"'('"') == device.driver"}}]}}]}}'
check_fails 'a format without its values' 'cel.expression: Invalid value: .*compilation failed: ERROR: <input>:1:15: index 1 out of range' \
  make DeviceClass wrong '"spec":{"selectors":[{"cel":{"expression":"'"'%d %d'"'.format([1]) == device.driver"}}]}'
check_fails 'and one that says neither yes nor no' 'must evaluate to bool' make DeviceClass wrong '"spec":{"selectors":[{"cel":{"expression":"device.driver"}}]}'

# -- Pods get devices --
node() {
  printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"spec":{}}' "$1" | kubectl create -f - >/dev/null
  patch "/api/v1/nodes/$1/status" '{"status":{"allocatable":{"cpu":"1","memory":"1Gi","pods":"10"},"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
}
pod() { # NAME CLAIM
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"resourceClaims":[{"name":"card",%s}],"containers":[{"name":"c","image":"i","resources":{"claims":[{"name":"card"}]}}]}}' "$@" |
    kubectl create -f - >/dev/null
}
from_template='"resourceClaimTemplateName":"cards"'
node_of() { kubectl get pod "$1" -o jsonpath='{.spec.nodeName}'; }
why() { kubectl get pod "$1" -o 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}'; }
claim_of() { kubectl get pod "$1" -o 'jsonpath={.status.resourceClaimStatuses[0].resourceClaimName}'; }
devices_of() { # CLAIM: its devices, who reserved it, and the node
  kubectl get resourceclaim "$1" -o 'jsonpath={.status.allocation.devices.results[*].device} {.status.reservedFor[*].name} {.status.allocation.nodeSelector.nodeSelectorTerms[0].matchFields[0].values[0]}'
}
node n1
node n2
make DeviceClass card '"spec":{"selectors":[{"cel":{"expression":"device.driver == \"card.example.com\" && device.attributes[\"card.example.com\"].speed >= 10"}}],"config":[{"opaque":{"driver":"card.example.com","parameters":{"mode":"fast"}}}]}' >/dev/null
make ResourceClaimTemplate cards '"spec":{"spec":{"devices":{"requests":[{"name":"card","exactly":{"deviceClassName":"card"}}]}}}' >/dev/null
pod early '"resourceClaimName":"later"'
pod first "$from_template"
eventually 'a pod waits for devices' 20 '^0/2 nodes are available: 2 cannot allocate all claims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.$' why first
check 'one whose claim is not there is not even tried' '^$' why early
check 'and nothing is said of it' 'No resources found' kubectl get events --field-selector involvedObject.name=early
kubectl delete pod early --force --grace-period=0 >/dev/null 2>&1
check 'a claim was made for it' '^first-card-[a-z0-9]{5}$' claim_of first
check 'that says whose it is, and does not hold it up' '^card Pod/first true/$' bash -c "kubectl get resourceclaim \$(kubectl get pod first -o 'jsonpath={.status.resourceClaimStatuses[0].resourceClaimName}') -o 'jsonpath={.metadata.annotations.resource\.kubernetes\.io/pod-claim-name} {.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name} {.metadata.ownerReferences[0].controller}/{.metadata.ownerReferences[0].blockOwnerDeletion}'"
card() { printf '{"name":"%s","attributes":{"speed":{"int":%s}}}' "$@"; }
make ResourceSlice cards "$(slice card.example.com n2 "\"nodeName\":\"n2\",\"devices\":[$(card slow 1),$(card card-0 10),$(card card-1 20)]")" >/dev/null
eventually 'goes where they come to be' 20 '^n2$' node_of first
check 'with its device' '^card-0 first n2$' eval 'devices_of "$(claim_of first)"'
check 'which its class configures' '\[\{"opaque":\{"driver":"card.example.com","parameters":\{"mode":"fast"\}\},"requests":\["card"\],"source":"FromClass"\}\]' \
  eval 'kubectl get resourceclaim "$(claim_of first)" -o "jsonpath={.status.allocation.devices.config}"'
check 'and which is kept from being deleted' 'resource.kubernetes.io/delete-protection' eval 'kubectl get resourceclaim "$(claim_of first)" -o "jsonpath={.metadata.finalizers}"'
make ResourceClaim shared '"spec":{"devices":{"requests":[{"name":"card","exactly":{"deviceClassName":"card"}}]}}' >/dev/null
pod second '"resourceClaimName":"shared"'
pod third '"resourceClaimName":"shared"'
eventually 'two pods share a claim' 20 '^card-1 (second third|third second) n2$' devices_of shared
pod fourth "$from_template"
eventually 'what is taken is taken' 20 '2 cannot allocate all claims' why fourth
first_claim=$(claim_of first)
patch /api/v1/namespaces/default/pods/first/status '{"status":{"phase":"Succeeded"}}' >/dev/null
eventually 'a pod that has ended gives its device back' 20 '^n2$' node_of fourth
check 'to the next' '^card-0 fourth n2$' eval 'devices_of "$(claim_of fourth)"'
check_fails 'and its claim is gone' 'NotFound' kubectl get resourceclaim "$first_claim"
kubectl delete pod second --force >/dev/null 2>&1
eventually 'who is gone has reserved nothing' 20 '^card-1 third n2$' devices_of shared
kubectl delete resourceclaim shared --wait=false >/dev/null
check 'a claim in use stays' 'shared +deleted,allocated,reserved' kubectl get resourceclaims
kubectl delete pod third --force >/dev/null 2>&1
gone() { kubectl get resourceclaim "$1" 2>&1; }
eventually 'until nobody uses it' 20 'NotFound' gone shared

# -- Taints end pods --
make DeviceTaintRule ends '"spec":{"deviceSelector":{"driver":"card.example.com","device":"card-0"},"taint":{"key":"example.com/broken","effect":"NoExecute"}}' >/dev/null
eventually 'a taint ends who uses the device' 20 'Marking for deletion' \
  kubectl get events --field-selector reason=DeviceTaintManagerEviction,involvedObject.name=fourth -o 'jsonpath={.items[*].message}'
eventually 'which says why' 20 'DeletionByDeviceTaintManager' kubectl get pod fourth -o 'jsonpath={.status.conditions[?(@.type=="DisruptionTarget")].reason} {.metadata.deletionTimestamp}'
eventually 'and the rule how far it is' 20 '1 pod evicted since starting the controller' kubectl get devicetaintrule ends -o 'jsonpath={.status.conditions[?(@.type=="EvictionInProgress")].message}'
pod fifth "$from_template"
eventually 'the next gets another device' 20 '^card-1 fifth n2$' eval 'devices_of "$(claim_of fifth)"'

# -- Devices that a driver has to make ready --
fabric() { printf '{"name":"%s","bindsToNode":true,"bindingConditions":["example.com/attached"],"bindingFailureConditions":["example.com/broken"]}' "$1"; }
said_of() { # CLAIM DEVICE CONDITION: what a driver says
  patch "$claims/$1/status" "{\"status\":{\"devices\":[{\"driver\":\"fabric.example.com\",\"pool\":\"fabric\",\"device\":\"$2\",\"conditions\":[{\"type\":\"example.com/$3\",\"status\":\"True\",\"reason\":\"Said\",\"message\":\"by its driver\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}]}}" | cut -c1-4
}
make DeviceClass fabric '"spec":{"selectors":[{"cel":{"expression":"device.driver == \"fabric.example.com\""}}]}' >/dev/null
make ResourceSlice fabric "$(slice fabric.example.com fabric "\"allNodes\":true,\"devices\":[$(fabric f0),$(fabric f1)]")" >/dev/null
make ResourceClaim remote '"spec":{"devices":{"requests":[{"name":"one","exactly":{"deviceClassName":"fabric"}}]}}' >/dev/null
pod waits '"resourceClaimName":"remote"'
eventually 'a pod waits for its device' 20 '^waiting for binding conditions for device on node n[12]$' \
  kubectl get events --field-selector reason=BindingConditionsPending -o 'jsonpath={.items[*].message}'
check 'which it has got' '^f0 waits n[12]$' devices_of remote
check 'with what the driver has to do, and since when' '^example.com/attached example.com/broken 20' \
  kubectl get resourceclaim remote -o 'jsonpath={.status.allocation.devices.results[0].bindingConditions[0]} {.status.allocation.devices.results[0].bindingFailureConditions[0]} {.status.allocation.allocationTimestamp}'
check 'so it is on no node' '^$' node_of waits
expected() { kubectl get pod "$1" -o 'jsonpath={.status.nominatedNodeName}'; }
check 'but says which it will be on' '^n[12]$' expected waits
patch "$api/resourceslices/fabric" "{\"spec\":{\"devices\":[$(fabric f1)]}}" >/dev/null
check 'the driver fails' '^200 ' said_of remote f0 broken
eventually 'which is told' 20 'claim remote binding failed: reason=Said, message="by its driver"' \
  kubectl get events --field-selector reason=FailedScheduling,involvedObject.name=waits -o 'jsonpath={.items[*].message}'
eventually 'another device is tried' 20 '^f1 waits n[12]$' devices_of remote
check 'the driver has done it' '^200 ' said_of remote f1 attached
eventually 'and the pod is bound' 20 '^n[12]$' node_of waits
check 'so that nothing is expected of it any more' '^$' expected waits
kubectl delete pod waits --force >/dev/null 2>&1

# -- Extended resources --
asking() { # NAME RESOURCE [AMOUNT]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"%s":"%s"}}}]}}' "$1" "$2" "${3:-1}" |
    kubectl create -f -
}
made_for() { kubectl get pod "$1" -o 'jsonpath={.status.extendedResourceClaimStatus.resourceClaimName}'; }
make DeviceClass disk '"spec":{"selectors":[{"cel":{"expression":"device.driver == \"disk.example.com\""}}],"extendedResourceName":"example.com/disk"}' >/dev/null
make ResourceSlice disks "$(slice disk.example.com n1 '"nodeName":"n1","devices":[{"name":"disk-0"},{"name":"disk-1"}]')" >/dev/null
check 'a pod asks for a resource that no node has' 'created' asking asks example.com/disk
eventually 'and goes where devices of a class provide it' 20 '^n1$' node_of asks
check 'a claim was made for it' '^asks-extended-resources-[a-z0-9]{5}$' made_for asks
check 'that is like any other' '^disk-0 asks n1$' eval 'devices_of "$(made_for asks)"'
check 'and says what it is for' '^true Pod/asks true container-0-request-0 disk 1$' eval \
  'kubectl get resourceclaim "$(made_for asks)" -o "jsonpath={.metadata.annotations.resource\.kubernetes\.io/extended-resource-claim} {.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name} {.metadata.ownerReferences[0].controller} {.spec.devices.requests[0].name} {.spec.devices.requests[0].exactly.deviceClassName} {.spec.devices.requests[0].exactly.count}"'
check 'the pod says for which container' '^c example.com/disk container-0-request-0$' \
  kubectl get pod asks -o 'jsonpath={range .status.extendedResourceClaimStatus.requestMappings[*]}{.containerName} {.resourceName} {.requestName}{end}'
check_fails 'and nothing else' 'status.extendedResourceClaimStatus.requestMappings\[0\].containerName: Invalid value: "d": must match the name of an entry' \
  kubectl patch pod asks --subresource=status --type=merge -p '{"status":{"extendedResourceClaimStatus":{"resourceClaimName":"x","requestMappings":[{"containerName":"d","resourceName":"example.com/disk","requestName":"a"}]}}}'
check 'each class has a resource of its name' 'created' asking named deviceclass.resource.kubernetes.io/disk
eventually 'which is the same' 20 '^disk-1 named n1$' eval 'devices_of "$(made_for named)"'
asking third example.com/disk >/dev/null
eventually 'what is taken is taken' 20 '^0/2 nodes are available: 2 cannot allocate all claims. preemption' why third
node n3
patch /api/v1/nodes/n3/status '{"status":{"allocatable":{"example.com/disk":"1"}}}' >/dev/null
eventually 'a node may have it itself' 20 '^n3$' node_of third
check 'which takes no claim' '^$' made_for third
asking fourth-asks example.com/disk >/dev/null
eventually 'of both there is too little' 20 '^0/3 nodes are available: 1 Insufficient example.com/disk, 2 cannot allocate all claims' why fourth-asks
asks_claim=$(made_for asks)
patch /api/v1/namespaces/default/pods/asks/status '{"status":{"phase":"Succeeded"}}' >/dev/null
eventually 'a pod that has ended lets it go' 20 '^disk-0 fourth-asks n1$' eval 'devices_of "$(made_for fourth-asks)"'
eventually 'and its claim goes' 20 'NotFound' gone "$asks_claim"
named_claim=$(made_for named)
kubectl delete pod named --force >/dev/null 2>&1
eventually 'with the pod the claim goes' 20 'NotFound' gone "$named_claim"
kubectl create quota disks --hard=requests.example.com/disk=3 >/dev/null
eventually 'a quota counts what pods ask for' 20 '^2$' kubectl get quota disks -o 'jsonpath={.status.used.requests\.example\.com/disk}'
check_fails 'and bounds it' 'exceeded quota: disks, requested: requests.example.com/disk=2, used: requests.example.com/disk=2, limited: requests.example.com/disk=3' \
  asking many example.com/disk 2

# -- Quotas --
kubectl create quota devices --hard=card.deviceclass.resource.k8s.io/devices=3 >/dev/null
eventually 'a quota counts devices by their class' 20 '^2$' kubectl get quota devices -o 'jsonpath={.status.used.card\.deviceclass\.resource\.k8s\.io/devices}'
check_fails 'and bounds them' 'exceeded quota: devices, requested: card.deviceclass.resource.k8s.io/devices=2, used: card.deviceclass.resource.k8s.io/devices=2, limited: card.deviceclass.resource.k8s.io/devices=3' \
  make ResourceClaim many '"spec":{"devices":{"requests":[{"name":"card","exactly":{"deviceClassName":"card","count":2}}]}}'
used() { kubectl ${3:+-n "$3"} get quota "$1" -o "jsonpath={.status.used.${2//./\\.}}"; }
disk() { make ResourceClaim "$1" "\"spec\":{\"devices\":{\"requests\":[{\"name\":\"a\",\"exactly\":{\"deviceClassName\":\"disk\",\"count\":${2:-1}}}]}}"; }
check 'a claim for devices of a class that has the name of a resource' 'created' disk one-disk
eventually 'counts for the resource' 20 '^3$' used disks requests.example.com/disk
check_fails 'and is bounded with it' 'resourceclaims.resource.k8s.io "two" is forbidden: exceeded quota: disks, requested: requests.example.com/disk=1, used: requests.example.com/disk=3, limited: requests.example.com/disk=3' \
  disk two
check_fails 'as pods are' 'exceeded quota: disks, requested: requests.example.com/disk=1, used: requests.example.com/disk=3' asking more example.com/disk
kubectl create quota by-class --hard=requests.deviceclass.resource.kubernetes.io/disk=2 >/dev/null
eventually 'each device has the name of its class too, whoever asked for it' 20 '^2$' used by-class requests.deviceclass.resource.kubernetes.io/disk
check_fails 'which is bounded as well' 'exceeded quota: by-class, requested: requests.deviceclass.resource.kubernetes.io/disk=1, used: requests.deviceclass.resource.kubernetes.io/disk=2' \
  asking more deviceclass.resource.kubernetes.io/disk
stop_server
start_server
check_fails 'also where a pod is the first to be asked about' 'exceeded quota: disks, requested: requests.example.com/disk=1, used: requests.example.com/disk=3' \
  asking more example.com/disk
kubectl create namespace tight >/dev/null
eventually 'a namespace' 10 'default' kubectl -n tight get serviceaccounts
kubectl -n tight create quota one --hard=requests.example.com/disk=1,disk.deviceclass.resource.k8s.io/devices=1 >/dev/null
eventually 'with place for one device' 20 '^0$' used one requests.example.com/disk tight
printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"tight"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"example.com/disk":"1"}}}]}}' | kubectl create -f - >/dev/null
eventually 'has place for a pod and the claim that is made for it' 20 '^n1$' kubectl -n tight get pod p -o 'jsonpath={.spec.nodeName}'
eventually 'which is one device' 20 '^1 1$' eval 'echo "$(used one disk.deviceclass.resource.k8s.io/devices tight)" "$(used one requests.example.com/disk tight)"'
patch "$api/deviceclasses/disk" '{"spec":{"extendedResourceName":"example.com/platter"}}' >/dev/null
eventually 'a class that gives up its name takes its devices along' 20 '^2$' used disks requests.example.com/disk

# -- Choices --
node rich
node poor
for kind in fast slow; do
  make DeviceClass $kind "\"spec\":{\"selectors\":[{\"cel\":{\"expression\":\"device.driver == \\\"$kind.example.com\\\"\"}}]}" >/dev/null
done
make ResourceSlice fast "$(slice fast.example.com rich '"nodeName":"rich","devices":[{"name":"fast-0"}]')" >/dev/null
make ResourceSlice slow "$(slice slow.example.com poor '"nodeName":"poor","devices":[{"name":"slow-0"}]')" >/dev/null
make ResourceClaim either '"spec":{"devices":{"requests":[{"name":"one","firstAvailable":[{"name":"best","deviceClassName":"fast"},{"name":"good","deviceClassName":"slow"}]}]}}' >/dev/null
pod chooser '"resourceClaimName":"either"'
eventually 'a pod goes where its first choice is' 20 '^fast-0 chooser rich$' devices_of either

# Whose claim was made for an extended resource has devices like any other.
make DeviceTaintRule worn '"spec":{"deviceSelector":{"driver":"disk.example.com"},"taint":{"key":"example.com/worn","effect":"NoExecute"}}' >/dev/null
eventually 'a pod with a device for an extended resource is ended too' 20 'DeletionByDeviceTaintManager' \
  kubectl -n tight get pod p -o 'jsonpath={.status.conditions[?(@.type=="DisruptionTarget")].reason}'

finish
