#!/bin/bash
# Services as their users change them: what the cluster has given stays, and a dry run takes nothing.
build=${1:?usage: services_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get service kubernetes

services=/api/v1/namespaces/default/services
service() {  # NAME MORE-OF-THE-SPEC PORT…, each a piece of YAML
  local name=$1 more=$2
  shift 2
  printf 'apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {selector: {app: none}, %s ports: [%s]}\n' "$name" "$more" \
    "$(IFS=,; echo "$*")"
}
replace() { service "$@" | kubectl replace -f -; }
create() { service "$@" | kubectl create -f -; }
web='{name: web, port: 80, targetPort: 8080}'
more='{name: more, port: 81, targetPort: 8081}'
of() { kubectl get service "$1" -o "jsonpath=$2"; }
addresses() { of kept '{.spec.clusterIP} {.spec.clusterIPs} {.spec.ipFamilies} {.spec.ipFamilyPolicy}'; }
node_ports() { of kept '{range .spec.ports[*]}{.name}={.nodePort} {end}'; }
is() { check "$1" "^$(sed 's/[].[]/\\&/g' <<<"$2")\$" "${@:3}"; }

# A replace by the file that made it.
check 'a service' 'created' create kept '' "$web"
given=$(addresses)
address=${given%% *}
check 'has an address' '^10\.96\.' echo "$given"
check 'is replaced by the file that made it' 'replaced' replace kept '' "$web"
is 'and keeps its address' "$given" addresses
check 'by one of another type' 'replaced' replace kept 'type: NodePort,' "$more" "$web"
is 'and keeps it' "$given" addresses
ports=$(node_ports)
check 'its ports have node ports' '^more=3[0-9]{4} web=3[0-9]{4} $' echo "$ports"
check 'with its ports in another order' 'replaced' replace kept 'type: NodePort,' "$web" "$more"
is 'each keeps its own, by its name' "$(awk '{print $2, $1, ""}' <<<"$ports")" node_ports
check 'with another port of that name' 'replaced' replace kept 'type: NodePort,' '{name: web, port: 8000}' "$more"
is 'that is the same one' "$(awk '{print $2, $1, ""}' <<<"$ports")" node_ports
check 'one port less' 'replaced' replace kept 'type: NodePort,' "$web"
is 'lets its node port go' "$(awk '{print $2, ""}' <<<"$ports")" node_ports
check 'a PUT needs no version' '^200 ' request PUT $services/kept \
  '{"apiVersion":"v1","kind":"Service","metadata":{"name":"kept"},"spec":{"type":"NodePort","ports":[{"name":"web","port":80}]}}'
is 'and leaves the address' "$given" addresses
is 'and the node port' "$(awk '{print $2, ""}' <<<"$ports")" node_ports
check 'a merge patch of something else' 'patched' kubectl patch service kept --type=merge -p '{"metadata":{"labels":{"a":"b"}}}'
is 'changes nothing of that' "$given" addresses

# What may not change.
check 'another address is refused' '^422 .*spec.clusterIPs\[0\]: Invalid value: \[\\"10.96.77.77\\"\]: may not change once set' \
  sending application/merge-patch+json request PATCH $services/kept '{"spec":{"clusterIP":"10.96.77.77"}}'
check 'and none' '^422 .*may not change once set' sending application/merge-patch+json \
  request PATCH $services/kept '{"spec":{"clusterIP":"None","clusterIPs":["None"]}}'
check 'a type without node ports' 'replaced' replace kept '' "$web"
is 'gives them back' 'web= ' node_ports
is 'and keeps the address' "$given" addresses
check 'no address is needed' 'replaced' replace kept 'type: ExternalName, externalName: example.com,' "$web"
is 'and none is kept' '   ' addresses
check 'it can be given again' 'replaced' replace kept "clusterIP: $address," "$web"
is 'the same' "$given" addresses

# Load balancers that keep traffic on the node.
balancer='type: LoadBalancer, externalTrafficPolicy: Local,'
check 'a load balancer' 'created' create local "$balancer" "$web"
health=$(of local '{.spec.healthCheckNodePort}')
check 'has a port for health checks' '^3[0-9]{4}$' echo "$health"
check 'replaced' 'replaced' replace local "$balancer" "$web"
is 'it is the same' "$health" of local '{.spec.healthCheckNodePort}'
check 'which cannot be changed' '^422 .*spec.healthCheckNodePort: Forbidden: field is immutable' sending application/merge-patch+json \
  request PATCH $services/local '{"spec":{"healthCheckNodePort":32123}}'
check_fails 'and which nobody else gets' "Internal error occurred: failed to allocate requested HealthCheck NodePort $health: provided port is already allocated" \
  create second "$balancer healthCheckNodePort: $health," "$web"
check_fails 'nor as a node port' 'spec.ports\[0\].nodePort: Invalid value: [0-9]+: provided port is already allocated' \
  create second 'type: NodePort,' "{name: web, port: 80, nodePort: $health}"
check_fails 'one out of the range is none' 'HealthCheck NodePort 80: provided port is not in the valid range. The range of valid ports is 30000-32767' \
  create second "$balancer healthCheckNodePort: 80," "$web"
check 'anywhere' 'replaced' replace local 'type: LoadBalancer, externalTrafficPolicy: Cluster,' "$web"
is 'there is none' ';' of local '{.spec.healthCheckNodePort};'
check 'so another may have it' 'created' create second "$balancer healthCheckNodePort: $health," "$web"
check 'until it goes' 'deleted' kubectl delete service second
check 'and then a third' 'created' create third "$balancer healthCheckNodePort: $health," "$web"
kubectl delete service third >/dev/null
check 'without node ports' 'replaced' replace local 'type: LoadBalancer, allocateLoadBalancerNodePorts: false,' "$web"
is 'there are none' ';' of local '{.spec.ports[0].nodePort};'

# Dry runs.
check 'a service with a node port' 'created' create taken 'type: NodePort,' "$web"
node_port=$(of taken '{.spec.ports[0].nodePort}')
fixed="{name: web, port: 80, targetPort: 8080, nodePort: $node_port}"
ips() { kubectl get ipaddresses -o 'jsonpath={.items[*].metadata.name}'; }
before=$(ips)
version=$(of taken '{.metadata.resourceVersion}')
check_fails 'a dry run sees a port that is taken' 'spec.ports\[0\].nodePort: Invalid value: [0-9]+: provided port is already allocated' \
  bash -c "$(declare -f service); service clash 'type: NodePort,' '$fixed' | kubectl create --dry-run=server -f -"
check 'it gives an address' '^10\.96\.' bash -c \
  "$(declare -f service); service clash 'type: NodePort,' '$web' | kubectl create --dry-run=server -o 'jsonpath={.spec.clusterIP}' -f -"
check_fails 'and makes nothing' 'not found' kubectl get service clash
is 'nor takes an address' "$before" ips
check 'a patch is only shown' '^run$' kubectl patch service taken --dry-run=server --type=merge -p '{"metadata":{"labels":{"dry":"run"}}}' -o 'jsonpath={.metadata.labels.dry}'
check 'at the version that is there' "\"resourceVersion\":\"$version\".*\"sessionAffinity\":\"ClientIP\"" sending application/merge-patch+json \
  request PATCH "$services/taken?dryRun=All" '{"spec":{"sessionAffinity":"ClientIP"}}'
check 'another type is only shown' 'replaced' bash -c "$(declare -f service); service taken '' '$web' | kubectl replace --dry-run=server -f -"
check 'deleted it is not' 'deleted' kubectl delete service taken --dry-run=server
check 'nor are all' 'deleted' kubectl delete services --all --dry-run=server
check 'nor by one request' '^200 ' request DELETE "$services?dryRun=All"
is 'nothing has changed' " $version $node_port" of taken '{.metadata.labels.dry} {.metadata.resourceVersion} {.spec.ports[0].nodePort}'
check 'no difference is none' '^none$' bash -c "$(declare -f service); service taken 'type: NodePort,' '$web' | kubectl diff -f - && echo none"
check_fails 'and one is shown' '\+ +targetPort: 9090' bash -c \
  "$(declare -f service); service taken 'type: NodePort,' '{name: web, port: 80, targetPort: 9090}' | kubectl diff -f -"
check 'the service goes' 'deleted' kubectl delete service taken
eventually 'a dry run may ask for its port' 5 'created' bash -c "$(declare -f service); service clash 'type: NodePort,' '$fixed' | kubectl create --dry-run=server -f -"
check 'and leaves it to others' 'created' create clash 'type: NodePort,' "$fixed"
finish
