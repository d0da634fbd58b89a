#!/bin/bash
# Names of services as pods look them up: through the address of the service kube-dns, from both of two nodes.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

up start "$cluster" 2 >/dev/null
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
up import "$cluster" "$work/demo.tar" >/dev/null
pod() {  # NAME NODE [SPEC]
  printf -- '---\n{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: %s}}, spec: {nodeName: %s, terminationGracePeriodSeconds: 0, %s containers: [{name: c, image: "cleat-demo:1"}]}}' \
    "$1" "$1" "$2" "${3:-}" | kubectl create -f - >/dev/null
}
pod one node-1
pod two node-2 'hostname: second, subdomain: web,'
pod host node-1 'hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet,'
pod default node-1 'dnsPolicy: Default,'
pod own node-1 'dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53], searches: [example.org]},'
kubectl create service clusterip plain --tcp=80:8080 >/dev/null
printf -- '---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None, selector: {app: two}, ports: [{name: http, port: 8080}]}}' |
  kubectl create -f - >/dev/null
kubectl wait --for=condition=Ready pod/one pod/two pod/host pod/default pod/own --timeout=90s >/dev/null

check 'the service leads to the server' '^172\.31\.255\.1 ' kubectl get endpointslice kube-dns -n kube-system -o \
  'jsonpath={.endpoints[*].addresses[*]} {.ports[*].port}'
check 'a pod asks the cluster' '^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local.*
nameserver 10\.96\.0\.10
options ndots:5$' kubectl exec one -- cat /etc/resolv.conf
check 'so does one in the network of its node, if it says so' 'nameserver 10\.96\.0\.10' kubectl exec host -- cat /etc/resolv.conf
check 'or the node' "^$(sed -n 's/^nameserver //p' /etc/resolv.conf | head -1)\$" \
  kubectl exec default -- sed -n 's/^nameserver //p' /etc/resolv.conf
check 'or whom it says itself' '^search example\.org
nameserver 192\.0\.2\.53$' kubectl exec own -- cat /etc/resolv.conf

address() { kubectl get service "$1" -o 'jsonpath={.spec.clusterIP}'; }
two=$(kubectl get pod two -o 'jsonpath={.status.podIP}')
for from in one two host; do
  eventually "$from finds the API" 20 '10\.96\.0\.1($|[^0-9])' kubectl exec "$from" -- nslookup kubernetes.default.svc.cluster.local
done
check 'a service by its short name' "$(address plain)" kubectl exec one -- sh -c 'ping -c 1 -w 1 plain || true'
eventually 'a pod by its host name' 20 "${two:-none}" kubectl exec one -- nslookup second.web.default.svc.cluster.local
check 'which it reaches by the name of its service' "$two.* 1 packets received" kubectl exec one -- ping -c 1 -w 5 web
check 'a name that is none' 'NXDOMAIN' kubectl exec one -- sh -c 'nslookup absent.default.svc.cluster.local 2>&1 || true'
check 'an address back to its name' 'kubernetes\.default\.svc\.cluster\.local' kubectl exec two -- nslookup 10.96.0.1
finish
