#!/bin/bash
# Cluster DNS, asked over UDP and TCP. There is no node: services and slices are written by hand, and what a node would tell of
# its pods.
build=${1:?usage: dns_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/server.sh"
client=$here/dns_client.py
python3 "$client" upstream "$work/upstream" &
upstream=$!
trap 'kill $upstream 2>/dev/null; clean_up' EXIT
until_true 10 test -s "$work/upstream"
cat >"$work/server.toml" <<TOML
[plugins.controller-node-lifecycle]
node_monitor_grace_period = "1h"
node_startup_grace_period = "1h"

[plugins.addon-dns]
upstreams = ["127.0.0.1:$(cat "$work/upstream")"]
TOML
start_server --config "$work/server.toml"
until_true 20 kubectl get endpointslice kube-dns -n kube-system
until_true 20 kubectl get serviceaccount default
slice() { kubectl get endpointslice kube-dns -n kube-system -o "jsonpath=$1"; }
dns=$(slice '{.ports[?(@.name=="dns")].port}')
ask() { python3 "$client" ask "$dns" "$@"; }
make() { printf -- '---\n%s\n' "$@" | kubectl create -f -; }
svc=default.svc.cluster.local

# What pods reach it by.
check 'its service' '^10\.96\.0\.10 ClusterIP dns/UDP:53 dns-tcp/TCP:53 $' kubectl get service kube-dns -n kube-system -o \
  'jsonpath={.spec.clusterIP} {.spec.type} {range .spec.ports[*]}{.name}/{.protocol}:{.port} {end}'
check 'a server on loopback is no endpoint' '^(null)?$' slice '{.endpoints}'
check 'is served by' 'KubeDNS.* is running at' kubectl cluster-info
kubectl patch service kube-dns -n kube-system --type=merge -p '{"spec":{"selector":{"app":"x"},"ports":[{"name":"dns","port":54}]}}' >/dev/null
eventually 'what is changed of the service is repaired' 15 '^ 53 53$' kubectl get service kube-dns -n kube-system -o \
  'jsonpath={.spec.selector} {.spec.ports[*].port}'
kubectl delete service kube-dns -n kube-system >/dev/null
eventually 'and one that is deleted comes back' 15 '^10\.96\.0\.10$' kubectl get service kube-dns -n kube-system -o 'jsonpath={.spec.clusterIP}'
kubectl delete endpointslice kube-dns -n kube-system >/dev/null
eventually 'so does the slice' 15 "^$dns\$" slice '{.ports[?(@.name=="dns")].port}'

# Services with an address.
check 'the API by its name' '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "kubernetes.$svc" A
check 'over TCP' '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "kubernetes.$svc" A tcp
check 'in any case, which is kept' '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "Kubernetes.Default.SVC.cluster.Local" A
check 'its port' "^NOERROR aa ra 1: SRV 443:kubernetes\.$svc\$" ask "_https._tcp.kubernetes.$svc" SRV
check 'its address' "^NOERROR aa ra 1: PTR kubernetes\.$svc\$" ask 1.0.96.10.in-addr.arpa PTR
check 'an address of no service' '^NXDOMAIN aa ra 0$' ask 9.9.96.10.in-addr.arpa PTR
check 'a name without such a record' '^NOERROR aa ra 0$' ask "kubernetes.$svc" AAAA
check 'a name that is none' '^NXDOMAIN aa ra 0$' ask "absent.$svc" A
check 'both say for how long' '^SOA$' python3 "$client" authority "$dns" "absent.$svc" A
check 'also the one without a record' '^SOA$' python3 "$client" authority "$dns" "kubernetes.$svc" AAAA
check 'a namespace' '^NOERROR aa ra 0$' ask "$svc" A
check 'no namespace' '^NXDOMAIN aa ra 0$' ask nowhere.svc.cluster.local A
check 'the version' '^NOERROR aa ra 1: TXT 1\.1\.0$' ask dns-version.cluster.local TXT
kubectl create service clusterip web --tcp=80:8080 --clusterip=10.96.7.7 >/dev/null
eventually 'a new service' 10 '^NOERROR aa ra 1: A 10\.96\.7\.7$' ask "web.$svc" A
kubectl delete service web >/dev/null
eventually 'that is deleted' 10 '^NXDOMAIN aa ra 0$' ask "web.$svc" A

# Headless ones.
make '{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}}' \
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}, addressType: IPv4, ports: [{name: sql, port: 5432, protocol: TCP}], endpoints: [{addresses: [10.1.0.1], hostname: first, conditions: {ready: true}}, {addresses: [10.1.0.2], conditions: {ready: true}}, {addresses: [10.1.0.3], hostname: third, conditions: {ready: false}}]}' >/dev/null
eventually 'has the addresses that are ready' 10 '^NOERROR aa ra 2: A 10\.1\.0\.1, A 10\.1\.0\.2$' ask "db.$svc" A
check 'each by its name' '^NOERROR aa ra 1: A 10\.1\.0\.1$' ask "first.db.$svc" A
check 'which its address leads back to' "^NOERROR aa ra 1: PTR first\.db\.$svc\$" ask 1.0.1.10.in-addr.arpa PTR
check 'their ports' "^NOERROR aa ra 2: SRV 5432:10-1-0-2\.db\.$svc, SRV 5432:first\.db\.$svc\$" ask "_sql._tcp.db.$svc" SRV
check 'not the one that is not ready' '^NXDOMAIN aa ra 0$' ask "third.db.$svc" A
kubectl patch service db -p '{"spec":{"publishNotReadyAddresses":true}}' >/dev/null
eventually 'unless all are published' 10 '^NOERROR aa ra 1: A 10\.1\.0\.3$' ask "third.db.$svc" A
python3 - >"$work/many.json" <<'PY'
import json
ends = [{"addresses": ["10.2.0.%d" % i], "conditions": {"ready": True}} for i in range(1, 101)]
print(json.dumps({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "many", "labels": {
    "kubernetes.io/service-name": "many"}}, "addressType": "IPv4", "endpoints": ends, "ports": []}))
PY
make '{apiVersion: v1, kind: Service, metadata: {name: many}, spec: {clusterIP: None}}' >/dev/null
kubectl create -f "$work/many.json" >/dev/null
eventually 'many do not fit' 10 '^NOERROR aa tc ra [12][0-9]: ' ask "many.$svc" A
check 'more where the client takes more' '^NOERROR aa tc ra 7[0-9]: ' ask "many.$svc" A edns=4096
check 'all over TCP' '^NOERROR aa ra 100: ' ask "many.$svc" A tcp

# Pods.
make '{apiVersion: v1, kind: Node, metadata: {name: node-1}}' \
  '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: node-1, containers: [{name: c, image: i}]}}' >/dev/null
kubectl patch pod p --subresource=status --type=merge -p '{"status":{"phase":"Running","podIP":"10.1.0.9","podIPs":[{"ip":"10.1.0.9"}]}}' >/dev/null
eventually 'a pod by its address' 10 '^NOERROR aa ra 1: A 10\.1\.0\.9$' ask 10-1-0-9.default.pod.cluster.local A
check 'not in another namespace' '^NXDOMAIN aa ra 0$' ask 10-1-0-9.kube-system.pod.cluster.local A
check 'no pod has that one' '^NXDOMAIN aa ra 0$' ask 10-1-0-8.default.pod.cluster.local A

# Other names.
check 'are asked of the upstream' '^NOERROR ra 1: A 192\.0\.2\.1$' ask www.example.org A
check 'over TCP' '^NOERROR ra 1: A 192\.0\.2\.1$' ask www.example.org A tcp
check 'which may know them not to be' '^NXDOMAIN ra 0$' ask missing.example.org A
check 'a long answer is cut' '^NOERROR tc ra 0$' ask long.example.org A
check 'and whole over TCP' '^NOERROR ra 40: ' ask long.example.org A tcp
check 'nobody answers' '^SERVFAIL ra 0$' ask silent.example.org A
kubectl create service externalname out --external-name=www.example.org >/dev/null
eventually 'an alias' 10 '^NOERROR aa ra 1: CNAME www\.example\.org$' ask "out.$svc" CNAME
check 'and what is behind it' '^NOERROR ra 2: A 192\.0\.2\.1, CNAME www\.example\.org$' ask "out.$svc" A

# What nobody should ask.
check 'a transfer' '^REFUSED ra 0$' ask cluster.local AXFR
check 'two questions' '^FORMERR$' python3 "$client" raw "$dns" 0001010000020000000000000161000001000101620000010001
check 'a name that leads to itself' '^FORMERR$' python3 "$client" raw "$dns" 000101000001000000000000c00c00010001
check 'an update' '^NOTIMP$' python3 "$client" raw "$dns" 00012800000100000000000001610000010001
check 'much that is broken' '^sent$' python3 "$client" hostile "$dns" 300
check 'harms nobody' '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "kubernetes.$svc" A
check 'over TCP neither' '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "kubernetes.$svc" A tcp

# Another instance, beside which this one goes.
check 'a swap' 'now runs from' "$cleat" plugin swap addon-dns "$build/plugins/addon-dns.so" --data-dir "$data"
asked_where_it_is() {
  dns=$(slice '{.ports[?(@.name=="dns")].port}')
  ask "kubernetes.$svc" A
}
eventually 'leaves one that answers where it says' 15 '^NOERROR aa ra 1: A 10\.96\.0\.1$' asked_where_it_is
dns=$(slice '{.ports[?(@.name=="dns")].port}')

# Whoever has its address keeps it.
stop_server
start_server --config <(cat "$work/server.toml"; printf '\n[controllers]\nenabled = ["controller-bootstrap", "controller-namespace"]\n')
kubectl delete service kube-dns -n kube-system >/dev/null
kubectl create service clusterip thief --tcp=80 --clusterip=10.96.0.10 >/dev/null
stop_server
start_server --config "$work/server.toml"
eventually 'another service has its address' 15 'addon-dns.*cannot keep the service kube-dns: .*already allocated' "$cleat" plugin list --data-dir "$data"
kubectl delete service thief >/dev/null
eventually 'it gets it when it is free' 30 '^10\.96\.0\.10$' kubectl get service kube-dns -n kube-system -o 'jsonpath={.spec.clusterIP}'
dns=$(slice '{.ports[?(@.name=="dns")].port}')

# A server of its own port, which is taken.
stop_server
sed -i "s/^upstreams/port = $dns\nupstreams/" "$work/server.toml"
python3 -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $dns)); s.listen(); time.sleep(60)" &
thief=$!
until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$dns"
start_server --config "$work/server.toml"
eventually 'it says that its port is taken' 15 'addon-dns.*does not listen yet: .*in use' "$cleat" plugin list --data-dir "$data"
kill $thief
eventually 'and takes it when it is free' 15 '^NOERROR aa ra 1: A 10\.96\.0\.1$' ask "kubernetes.$svc" A
finish
