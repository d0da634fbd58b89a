#!/bin/bash
# A cluster of both families, by two networks of services and two of pods: a server and two nodes (up.sh), whose pods have an
# address of each, and services that are reached at theirs. With either proxy.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
[ -e /proc/net/if_inet6 ] && ip6tables -t nat -S >/dev/null 2>&1 || { echo 'SKIPPED: this kernel has no IPv6 that can be translated'; exit 77; }
export SERVER_TOML='service_cidr = "10.96.0.0/16,fd00:10:96::/112"
cluster_cidr = "10.244.0.0/16,fd00:10:244::/56"'
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
of() { kubectl get "$1" "$2" -o "jsonpath=$3"; }
pod_on() { kubectl get pods -l app=web -o "jsonpath={.items[?(@.spec.nodeName==\"$1\")].metadata.name}" | cut -d ' ' -f 1; }
from_hub() { up exec "$cluster" curl -sS --noproxy '*' --max-time 5 "$1"; }
answering() { for _ in $(seq 1 30); do from_hub "$1"; done | sort -u | grep -c .; }
# Without -T, with which busybox 1.35 crashes at addresses of IPv6.
in_pod() { timeout 10 bash "$here/up.sh" exec "$cluster" kubectl exec "$here_pod" -- wget -qO- "$1"; }
who() { in_pod "$1/cgi-bin/who"; }
six='fd00:10:244:[0-9a-f:]+' six_net='fd00:10:244:[0-9a-f]*:*:/64'

check 'a cluster starts' 'a server and 2 nodes' up start "$cluster" 2
check 'a node has a part of both networks' "^10\.244\.[0-9]+\.0/24 $six_net\$" of node node-1 '{.spec.podCIDRs[*]}'
check 'and an address of each family' '^172.31.255.11 fd00:31:255::11$' of node node-1 '{.status.addresses[?(@.type=="InternalIP")].address}'
up import "$cluster" "$work/demo.tar" >/dev/null
kubectl create deployment web --image=cleat-demo:1 --replicas=4 --port=8080 >/dev/null
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  ipFamilyPolicy: RequireDualStack
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: six}
spec:
  ipFamilies: [IPv6]
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
YAML
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
here_pod=$(pod_on node-1) there_pod=$(pod_on node-2)
check 'a pod has an address of each family' "^10\.244\.[0-9.]+ $six\$" of pod "$here_pod" '{.status.podIPs[*].ip}'
check 'the first is its one address' "^10\.244\." of pod "$here_pod" '{.status.podIP}'
check 'and its node too' '^172.31.255.11 fd00:31:255::11$' of pod "$here_pod" '{.status.hostIPs[*].ip}'
check 'it finds itself under both' "10\.244\..*$here_pod.*$six.*$here_pod" kubectl exec "$here_pod" -- cat /etc/hosts
there6=$(of pod "$there_pod" '{.status.podIPs[1].ip}')
own6=$(of pod "$here_pod" '{.status.podIPs[1].ip}')
for pod in "$here_pod" "$there_pod"; do
  kubectl exec "$pod" -- sh -c \
    'mkdir -p /tmp/www/cgi-bin; printf "#!/bin/sh\necho; echo \$REMOTE_ADDR\n" >/tmp/www/cgi-bin/who; chmod 755 /tmp/www/cgi-bin/who'
done
check 'it reaches a pod on the other node' '^web-' in_pod "http://[$there6]:8080"
check 'under its own address' "^\[?$own6" who "http://[$there6]:8080"
check 'and the node' '1 packets received' kubectl exec "$here_pod" -- ping -6 -c 1 fd00:31:255::12
check 'and, masqueraded, the world' '1 packets received' kubectl exec "$here_pod" -- ping -6 -c 1 fd00:31:255::1

slices() { kubectl get endpointslices -l "kubernetes.io/service-name=$1" --sort-by=.addressType -o 'jsonpath={range .items[*]}{.addressType}:{range .endpoints[*]}{.addresses[0]} {end}{end}'; }
eventually 'a service of both has slices of each' 20 "^IPv4:(10\.244\.[0-9.]+ ){4}IPv6:($six ){4}\$" slices web
eventually 'one of IPv6 has these alone' 20 "^IPv6:($six ){4}\$" slices six
services() {
  four=$(of service web '{.spec.clusterIPs[0]}') web6=$(of service web '{.spec.clusterIPs[1]}') six6=$(of service six '{.spec.clusterIP}')
  port=$(of service web '{.spec.ports[0].nodePort}')
  eventually 'the address of IPv4 leads to the pods of both nodes' 20 '^4$' answering "http://$four"
  eventually 'as does that of IPv6' 20 '^4$' answering "http://[$web6]"
  eventually 'and that of a service of IPv6 alone' 20 '^4$' answering "http://[$six6]"
  eventually 'the node port is open at both addresses of a node' 20 '^4$' answering "http://[fd00:31:255::12]:$port"
  eventually 'indeed' 20 '^4$' answering "http://172.31.255.12:$port"
  check 'a pod gets there' '^web-' in_pod "http://[$web6]"
  check 'its name leads to both' "$web6" kubectl exec "$here_pod" -- nslookup -type=aaaa web.default.svc.cluster.local
  check 'by its name' '^web-' in_pod http://six
}
services
kubectl patch service web -p '{"spec":{"externalTrafficPolicy":"Local"}}' >/dev/null
only_there() { kubectl get pods -l app=web -o "jsonpath={.items[?(@.spec.nodeName==\"node-2\")].metadata.name}" | wc -w; }
eventually 'with externalTrafficPolicy Local a node leads to its own pods' 20 "^$(only_there)\$" answering "http://[fd00:31:255::12]:$port"
kubectl scale deployment/web --replicas=1 >/dev/null
one_left() { kubectl get pods -l app=web -o 'jsonpath={.items[*].spec.nodeName}'; }
eventually 'one pod is left' 60 '^node-[12]$' one_left
last=$(one_left) other=node-1; [ "$last" = node-2 ] || other=node-2
address() { echo "fd00:31:255::1${1#node-}"; }
last_pod=$(pod_on "$last")
kubectl exec "$last_pod" -- sh -c \
  'mkdir -p /tmp/www/cgi-bin; printf "#!/bin/sh\necho; echo \$REMOTE_ADDR\n" >/tmp/www/cgi-bin/who; chmod 755 /tmp/www/cgi-bin/who'
check 'which sees the address of who comes' 'fd00:31:255::1' from_hub "http://[$(address "$last")]:$port/cgi-bin/who"
check_fails 'and the other node lets nobody in' 'timed out|Timeout' from_hub "http://[$(address "$other")]:$port"
kubectl delete service web six >/dev/null
gone() { up node "$cluster" 1 ip6tables-save -t nat | grep -c 'default/' ; }
eventually 'of services that are gone no rule is left' 20 '^0$' gone
check 'it goes' 'nothing is left' up stop "$cluster"

echo '--- the userspace proxy'
printf '[proxy]\nmode = "userspace"\n' >"$work/userspace.toml"
check 'a cluster starts' 'a server and 2 nodes' up start "$cluster" 2 "$work/userspace.toml"
up import "$cluster" "$work/demo.tar" >/dev/null
kubectl create deployment web --image=cleat-demo:1 --replicas=4 --port=8080 >/dev/null
kubectl create service clusterip web --tcp=80:8080 >/dev/null
kubectl patch service web --type=merge -p '{"spec":{"type":"NodePort","ipFamilyPolicy":"RequireDualStack"}}' >/dev/null
printf -- '---\n%s\n' '{apiVersion: v1, kind: Service, metadata: {name: six}, spec: {ipFamilies: [IPv6], selector: {app: web},
  ports: [{port: 80, targetPort: 8080}]}}' | kubectl create -f - >/dev/null
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
here_pod=$(pod_on node-1)
services
finish
