#!/bin/bash
# Services of both families: which addresses they get by their policy, how one becomes one of both and back, and what is said
# where the cluster has one family alone.
build=${1:?usage: dual_stack_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl

services=/api/v1/namespaces/default/services
serve() {  # RANGES
  printf '[server]\nservice_cidr = "%s"\n%s\n' "$1" "$(nobody_is_missed)" >"$work/site.toml"
  start_server --config "$work/site.toml"
  until_true 20 kubectl get service kubernetes
}
make() { printf -- '---\n%s\n' "$@" | kubectl create -f -; }
service() {  # NAME SPEC
  printf -- '---\n%s\n' "{apiVersion: v1, kind: Service, metadata: {name: $1}, spec: {${2:+$2, }ports: [{port: 80}]}}"
}
create() { service "$@" | kubectl create -f -; }
is() { check "$1" "^$(sed 's/[].[]/\\&/g' <<<"$2")\$" "${@:3}"; }
replace() { service "$@" | kubectl replace -f -; }
change() { sending application/merge-patch+json request PATCH "$services/$1" "{\"spec\":$2}"; }
of() { kubectl get service "$1" -o 'jsonpath={.spec.ipFamilyPolicy} {.spec.ipFamilies} {.spec.clusterIP} {.spec.clusterIPs}'; }
spec() { kubectl get service "$1" -o "jsonpath=$2"; }
parent() { kubectl get ipaddress "$1" -o 'jsonpath={.spec.parentRef.namespace}/{.spec.parentRef.name} {.metadata.labels}' 2>&1; }
range() { kubectl get servicecidr kubernetes -o 'jsonpath={.spec.cidrs}'; }
events() { kubectl get events -A -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
four='10\.96\.[0-9.]+' six='fd00:10:96::[0-9a-f:]+'

echo '--- one family'
serve 10.96.0.0/16
check 'the range is of one' '^\["10.96.0.0/16"\]$' range
check 'one that prefers both is made' 'created' create prefers 'ipFamilyPolicy: PreferDualStack'
check 'with what the cluster has' "^PreferDualStack \[\"IPv4\"\] $four \[\"$four\"\]\$" of prefers
prefers=$(of prefers)
check_fails 'who requires both is refused' \
  'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services' \
  create requires 'ipFamilyPolicy: RequireDualStack'
check_fails 'as is the other family' 'spec.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster' \
  create six 'ipFamilies: [IPv6]'
check_fails 'and its address' 'spec.clusterIPs\[0\]: Invalid value: \["fd00::7"\]: IPv6 is not configured on this cluster' \
  create six 'clusterIP: "fd00::7"'
check 'a range of it' 'created' make \
  '{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: six}, spec: {cidrs: ["fd00:20::/112"]}}'
check_fails 'makes no difference' 'spec.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster' \
  create six 'ipFamilies: [IPv6]'
check 'who says by hand where it leads' 'created' create by-hand 'clusterIP: None'
check 'may lead to both' '^RequireDualStack \["IPv4","IPv6"\] None \["None"\]$' of by-hand
check 'one without an address' 'created' create headless 'clusterIP: None, selector: {a: b}'
check 'is of one' '^SingleStack \["IPv4"\] None \["None"\]$' of headless
check 'a service' 'created' create grows ''
grows=$(spec grows '{.spec.clusterIP}')
stop_server

echo '--- both families'
serve 10.96.0.0/16,fd00:10:96::/112
eventually 'the range is now of both' 20 '^\["10.96.0.0/16","fd00:10:96::/112"\]$' range
check 'the API has an address of the first' '^SingleStack \["IPv4"\] 10.96.0.1 \["10.96.0.1"\]$' of kubernetes
is 'who preferred both has what it had' "$prefers" of prefers
check 'also after a change of something else' '^200 ' change prefers '{"sessionAffinity":"ClientIP"}'
is 'still' "$prefers" of prefers
check 'a file that says what it has' 'replaced' replace prefers 'ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4]'
is 'leaves it so' "$prefers" of prefers
check 'one that does not say' 'replaced' replace prefers ''
check 'leaves it to the cluster anew, by the policy that it has' \
  "^PreferDualStack \[\"IPv4\",\"IPv6\"\] $four \[\"$four\",\"$six\"\]\$" of prefers
check_fails 'less than it has then takes a policy' "must be 'SingleStack' to release the secondary cluster IP" \
  replace prefers "clusterIPs: [$(spec prefers '{.spec.clusterIP}')]"
check 'one that says nothing' 'created' create plain ''
check 'is of the first' "^SingleStack \[\"IPv4\"\] $four \[\"$four\"\]\$" of plain
check 'one of the second' 'created' create six 'ipFamilies: [IPv6]'
check 'has an address of it' "^SingleStack \[\"IPv6\"\] $six \[\"$six\"\]\$" of six
check 'which an object keeps' '^default/six .*"ipaddress.kubernetes.io/ip-family":"IPv6"' parent "$(spec six '{.spec.clusterIP}')"
check 'one that requires both' 'created' create requires 'ipFamilyPolicy: RequireDualStack'
check 'has both' "^RequireDualStack \[\"IPv4\",\"IPv6\"\] $four \[\"$four\",\"$six\"\]\$" of requires
check 'one that prefers both' 'created' create both 'ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6]'
check 'has them in its order' "^PreferDualStack \[\"IPv6\",\"IPv4\"\] $six \[\"$six\",\"$four\"\]\$" of both
for ip in $(spec both '{.spec.clusterIPs[*]}'); do check 'with an object each' '^default/both ' parent "$ip"; done
check 'one may ask for certain ones' 'created' create asks \
  'ipFamilyPolicy: PreferDualStack, clusterIP: "fd00:10:96::77", clusterIPs: ["fd00:10:96::77", 10.96.0.77]'
check 'and has them' '^PreferDualStack \["IPv6","IPv4"\] fd00:10:96::77 \["fd00:10:96::77","10.96.0.77"\]$' of asks
check 'or for the second alone' 'created' create half 'ipFamilyPolicy: PreferDualStack, clusterIP: "fd00:10:96::78"'
check 'and has any of the first' "^PreferDualStack \[\"IPv6\",\"IPv4\"\] fd00:10:96::78 \[\"fd00:10:96::78\",\"$four\"\]\$" of half
check_fails 'one that is taken is refused' \
  'spec.clusterIPs: Invalid value: \["10.96.0.99","fd00:10:96::77"\]: failed to allocate IP fd00:10:96::77: provided IP is already allocated' \
  create clash 'ipFamilyPolicy: RequireDualStack, clusterIP: 10.96.0.99, clusterIPs: [10.96.0.99, "fd00:10:96::77"]'
eventually 'and the other is free again' 10 'NotFound' parent 10.96.0.99
check_fails 'two take a policy' \
  'spec.ipFamilyPolicy: Invalid value: "SingleStack": must be .RequireDualStack. or .PreferDualStack. when multiple cluster IPs are specified' \
  create clash 'clusterIP: 10.96.0.98, clusterIPs: [10.96.0.98, "fd00:10:96::98"]'
check_fails 'as do two families' 'when multiple IP families are specified' create clash 'ipFamilies: [IPv4, IPv6]'
check 'a dry run shows both' "^10\.96\.[0-9.]+ $six\$" bash -c \
  "$(declare -f service); service dry 'ipFamilyPolicy: RequireDualStack' | kubectl create --dry-run=server -o 'jsonpath={.spec.clusterIPs[*]}' -f -"

echo '--- one becomes one of both, and back'
check 'by its policy' '^200 ' change grows '{"ipFamilyPolicy":"PreferDualStack"}'
check 'it has a second address' "^PreferDualStack \[\"IPv4\",\"IPv6\"\] $grows \[\"$grows\",\"$six\"\]\$" of grows
second=$(spec grows '{.spec.clusterIPs[1]}')
check 'with an object' '^default/grows ' parent "$second"
check 'a replace by a file that says nothing of it' 'replaced' replace grows 'ipFamilyPolicy: PreferDualStack'
check 'leaves both' "\[\"$grows\",\"$second\"\]\$" of grows
check 'as does one that says nothing at all' 'replaced' replace grows ''
check 'and its policy' "^PreferDualStack \[\"IPv4\",\"IPv6\"\] $grows \[\"$grows\",\"$second\"\]\$" of grows
check 'one address less takes a policy' \
  "^422 .*spec.ipFamilyPolicy: Invalid value: ..PreferDualStack..: must be 'SingleStack' to release the secondary cluster IP" \
  change grows "{\"clusterIPs\":[\"$grows\"]}"
check 'as does one family' "^422 .*must be 'SingleStack' to release the secondary IP family" change grows '{"ipFamilies":["IPv4"]}'
check 'the first stays the first' '^422 .*spec.clusterIPs\[0\]: Invalid value: .*expected an IPv6 value as indicated by `ipFamilies\[0\]`' \
  change grows '{"ipFamilies":["IPv6","IPv4"],"clusterIPs":null,"clusterIP":null}'
check 'by its policy it is of one again' '^200 ' change grows '{"ipFamilyPolicy":"SingleStack"}'
check 'with the address that it began with' "^SingleStack \[\"IPv4\"\] $grows \[\"$grows\"\]\$" of grows
eventually 'the other goes' 10 'NotFound' parent "$second"
check 'a second address may be asked for' '^200 ' change grows \
  "{\"ipFamilyPolicy\":\"RequireDualStack\",\"clusterIPs\":[\"$grows\",\"fd00:10:96::99\"]}"
check 'and is had' "^RequireDualStack \[\"IPv4\",\"IPv6\"\] $grows \[\"$grows\",\"fd00:10:96::99\"\]\$" of grows
check 'as a name it has none' '^200 ' change grows '{"type":"ExternalName","externalName":"a.example","ports":null}'
eventually 'and both go' 10 'NotFound' parent fd00:10:96::99
eventually 'indeed' 10 'NotFound' parent "$grows"
check 'as a service again it gets what it wants' '^200 ' change grows \
  '{"type":"ClusterIP","externalName":null,"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}'
check 'both' "^RequireDualStack \[\"IPv4\",\"IPv6\"\] $four \[\"$four\",\"$six\"\]\$" of grows
both=$(spec both '{.spec.clusterIPs[*]}')
again() { kubectl delete ipaddress "$1" --wait=false; }
check 'an address that somebody deletes' 'deleted' again "${both#* }"
eventually 'is there again' 20 '^default/both ' parent "${both#* }"
eventually 'which is told' 10 "ClusterIPNotAllocated: Cluster IP \[IPv4\]: ${both#* } is not allocated; repairing" events
kubectl delete service both >/dev/null
for ip in $both; do eventually 'what a service had is free when it goes' 10 'NotFound' parent "$ip"; done
stop_server

echo '--- the second family first'
rm -rf "$data"
serve fd00:10:96::/112,10.96.0.0/16
check 'the API has an address of it' '^SingleStack \["IPv6"\] fd00:10:96::1 \["fd00:10:96::1"\]$' of kubernetes
check 'a service' 'created' create plain ''
check 'too' "^SingleStack \[\"IPv6\"\] $six \[\"$six\"\]\$" of plain
check 'one of both' 'created' create both 'ipFamilyPolicy: RequireDualStack'
check 'begins with it' "^RequireDualStack \[\"IPv6\",\"IPv4\"\] $six \[\"$six\",\"$four\"\]\$" of both
stop_server
serve 10.97.0.0/16
eventually 'another range than there is is told of' 20 \
  'KubernetesDefaultServiceCIDRInconsistent: The default ServiceCIDR \[fd00:10:96::/112 10.96.0.0/16\] does not match the controller flag configurations \[10.97.0.0/16\]' events
stop_server
printf '[server]\nservice_cidr = "10.96.0.0/16,10.97.0.0/16"\n' >"$work/site.toml"
complains 'two of one family are refused' 'server.service_cidr: .*two networks must be one of each family' "$work/site.toml"
finish
