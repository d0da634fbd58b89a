#!/bin/bash
# What nodes get and give without anybody being at them: their part of the pods' addresses, and their own addresses to services
# of the type LoadBalancer.
build=${1:?usage: balancers_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

node() {  # NAME ADDRESS
  request POST /api/v1/nodes '{"metadata":{"name":"'$1'"},"status":{"addresses":[{"type":"InternalIP","address":"'$2'"}],"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null && echo made
}
service() {  # NAME PORT [FIELDS]
  kubectl create -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: $1}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: $2}], ${3:-}}
YAML
}
ingress() { kubectl get service "$1" -o 'jsonpath={range .status.loadBalancer.ingress[*]}{.ip} {.ipMode} {end}'; }
events() { kubectl get events --field-selector "involvedObject.kind=Service,involvedObject.name=$1" -o 'custom-columns=R:.reason,M:.message' --no-headers; }
ranges() { kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}={.spec.podCIDR}={.spec.podCIDRs[*]} {end}'; }

echo '# addresses of pods'
check 'a service before there is a node' 'created' service early 79
eventually 'waits' 10 'UnAvailableLoadBalancer +There are no available nodes for LoadBalancer' events early
check 'a node' 'made' node a 192.0.2.1
eventually 'has its part' 10 '^a=10.244.0.0/24=10.244.0.0/24 $' ranges
check 'another' 'made' node b 192.0.2.2
eventually 'has the next' 10 '^a=10.244.0.0/24=10.244.0.0/24 b=10.244.1.0/24=10.244.1.0/24 $' ranges
check 'it stays' 'Forbidden: node updates may not change podCIDR' bash -c "kubectl patch node b -p '{\"spec\":{\"podCIDRs\":[\"10.244.9.0/24\"]}}' 2>&1; true"
check 'a node goes' 'deleted' kubectl delete node a
check 'and comes again' 'made' node a 192.0.2.1
eventually 'with what it had' 10 'a=10.244.0.0/24=' ranges

echo '# addresses of services'
eventually 'who has waited has both' 10 '^192.0.2.1 VIP 192.0.2.2 VIP $' ingress early
check 'a service' 'created' service web 80
eventually 'has them too' 10 '^192.0.2.1 VIP 192.0.2.2 VIP $' ingress web
check 'as is shown' 'web +LoadBalancer +10\.96\.[0-9.]+ +192.0.2.1,192.0.2.2 +80:3[0-9]+/TCP' kubectl get service web
check 'as it says' 'EnsuringLoadBalancer +Ensuring load balancer.*EnsuredLoadBalancer +Ensured load balancer' events web
check 'it is held' '^\["service.kubernetes.io/load-balancer-cleanup"\]$' kubectl get service web -o 'jsonpath={.metadata.finalizers}'
check 'a node is left out' 'labeled' kubectl label node a node.kubernetes.io/exclude-from-external-load-balancers=
eventually 'by all' 10 '^192.0.2.2 VIP $' ingress web
check 'not any more' 'unlabeled|labeled' kubectl label node a node.kubernetes.io/exclude-from-external-load-balancers-
eventually 'it is back' 10 '^192.0.2.1 VIP 192.0.2.2 VIP $' ingress web
check 'one of another class' 'created' service other 81 'loadBalancerClass: example.com/vip'
check 'one that goes where its pods are' 'created' service local 82 'externalTrafficPolicy: Local'
eventually 'which is nowhere' 10 'UnAvailableLoadBalancer' events local
check 'an endpoint' 'created' kubectl create -f - <<'YAML'
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: local-1, labels: {kubernetes.io/service-name: local}}
addressType: IPv4
endpoints: [{addresses: [10.244.1.5], nodeName: b, conditions: {ready: true}}]
ports: [{port: 82, name: ""}]
YAML
eventually 'takes it there' 10 '^192.0.2.2 VIP $' ingress local
check 'the other one is not touched' '^$' ingress other
check 'the same port again' 'created' service again 80
eventually 'is taken' 10 'SyncLoadBalancerFailed +Error syncing load balancer: failed to ensure load balancer: port 80/TCP is taken by the service default/web' events again
check 'so is what nodes serve' 'created' service shell 22
eventually 'by them' 10 'port 22/TCP is one of the nodes. own' events shell
check 'who has it goes' 'service "web" deleted' timeout 20 kubectl delete service web
eventually 'who has waited gets it' 10 '^192.0.2.1 VIP 192.0.2.2 VIP $' ingress again
check 'one changes its mind' 'patched' kubectl patch service again -p '{"spec":{"type":"ClusterIP"}}'
eventually 'and has nothing more' 10 '^ ?$' kubectl get service again -o 'jsonpath={.metadata.finalizers} {.status.loadBalancer.ingress}'
eventually 'as it says' 10 'DeletedLoadBalancer +Deleted load balancer' events again
finish
