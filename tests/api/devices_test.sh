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

# -- What was allocated --
result='{"request":"gpu","driver":"gpu.example.com","pool":"p","device":"gpu-0"}'
check 'a claim is given a device' '^200 .*"allocation":\{"devices":\{"results":\[\{"request":"gpu"' \
  patch "$claims/one/status" "{\"status\":{\"allocation\":{\"devices\":{\"results\":[$result]}},\"reservedFor\":[{\"resource\":\"pods\",\"name\":\"a\",\"uid\":\"u\"}]}}"
check 'and is so' 'one +allocated,reserved' kubectl get resourceclaims
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

# -- Pods that need devices --
check 'a pod with a claim is made' 'created' bash -c "printf '{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"needs\"},\"spec\":{\"resourceClaims\":[{\"name\":\"g\",\"resourceClaimName\":\"one\"}],\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}' | kubectl create -f -"
printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"spec":{}}' | kubectl create -f - >/dev/null
patch /api/v1/nodes/n1/status '{"status":{"allocatable":{"cpu":"1","memory":"1Gi","pods":"10"},"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
eventually 'and stays pending: nobody allocates' 20 '0/1 nodes are available: 1 cannot allocate all claims' \
  kubectl get events --field-selector reason=FailedScheduling,involvedObject.name=needs -o 'jsonpath={.items[*].message}'

finish
