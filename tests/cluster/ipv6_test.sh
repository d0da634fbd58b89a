#!/bin/bash
# A cluster of IPv6 alone: nobody in it, neither server nor node nor pod, has an address of IPv4. A server and two nodes (up.sh)
# with either proxy, and `cleat up` with no more said than which networks pods and services have.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
[ -e /proc/net/if_inet6 ] && ip6tables -t nat -S >/dev/null 2>&1 || { echo 'SKIPPED: this kernel has no IPv6 that can be translated'; exit 77; }
export IPV6_ONLY=1 SERVER_TOML='service_cidr = "fd00:10:96::/112"
cluster_cidr = "fd00:10:244::/56"'
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
of() { kubectl get "$1" "$2" -o "jsonpath=$3"; }
pod_on() { kubectl get pods -l app=web -o "jsonpath={.items[?(@.spec.nodeName==\"$1\")].metadata.name}" | cut -d ' ' -f 1; }
from_hub() { up exec "$cluster" curl -sS --noproxy '*' --max-time 5 "$1"; }
answering() { for _ in $(seq 1 30); do from_hub "$1"; done | sort -u | grep -c .; }
# Without -T, with which busybox 1.35 crashes at addresses of IPv6.
in_pod() { timeout 10 bash "$here/up.sh" exec "$cluster" kubectl exec "$here_pod" -- wget -qO- "$1"; }
slices() { kubectl get endpointslices -n "$1" -l "kubernetes.io/service-name=$2" -o 'jsonpath={range .items[*]}{.addressType}:{.endpoints[*].addresses[0]} {end}'; }
six='fd00:10:244:[0-9a-f:]+'
deploy() {
  up import "$cluster" "$work/demo.tar" >/dev/null
  kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: cleat-demo:1
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
        env:
        - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
YAML
  check 'a deployment with probes rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
  here_pod=$(pod_on node-1) there_pod=$(pod_on node-2)
}
balancers() { kubectl get service web -o 'jsonpath={range .status.loadBalancer.ingress[*]}{.ip} {end}' | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ //'; }
services() {
  web=$(of service web '{.spec.clusterIP}') port=$(of service web '{.spec.ports[0].nodePort}')
  eventually 'the address of a service leads to the pods of both nodes' 20 '^4$' answering "http://[$web]"
  eventually 'as does the port of a node' 20 '^4$' answering "http://[fd00:31:255::12]:$port"
  check 'a pod gets there' '^web-' in_pod "http://[$web]"
  check 'and by the name' '^web-' in_pod http://web
}

check 'a cluster starts' 'a server and 2 nodes' up start "$cluster" 2
addresses4() { for i in 1 2; do up node "$cluster" $i ip -4 -o address show scope global; done | wc -l; }
check 'nobody has an address of IPv4' '^0$' addresses4
check 'a node has a part of the network' '^fd00:10:244:[0-9a-f]*:*:/64$' of node node-1 '{.spec.podCIDRs[*]}'
check 'and one address' '^fd00:31:255::11$' of node node-1 '{.status.addresses[?(@.type=="InternalIP")].address}'
check 'the API is a service of IPv6' '^fd00:10:96::1 IPv6 SingleStack$' of service kubernetes '{.spec.clusterIPs[*]} {.spec.ipFamilies[*]} {.spec.ipFamilyPolicy}'
check 'whose endpoint is the server' '^IPv6:fd00:31:255::1 $' slices default kubernetes
check 'and DNS is one' '^fd00:10:96::a IPv6$' of service/kube-dns '-n=kube-system' '{.spec.clusterIPs[*]} {.spec.ipFamilies[*]}'
deploy
check 'a pod has one address' "^$six fd00:31:255::11\$" of pod "$here_pod" '{.status.podIPs[*].ip} {.status.hostIPs[*].ip}'
check 'which it is told' "^$six fd00:31:255::11\$" kubectl exec "$here_pod" -- sh -c 'echo $POD_IP $HOST_IP'
check 'it finds itself under it' "$six.*$here_pod" kubectl exec "$here_pod" -- cat /etc/hosts
check 'and asks the DNS of the cluster' 'nameserver fd00:10:96::a' kubectl exec "$here_pod" -- cat /etc/resolv.conf
check 'it reaches a pod on the other node' '^web-' in_pod "http://[$(of pod "$there_pod" '{.status.podIP}')]:8080"
check 'and, masqueraded, the world' '1 packets received' kubectl exec "$here_pod" -- ping -6 -c 1 fd00:31:255::1
read_log() { kubectl logs "$there_pod" && echo "read"; }
check 'its log is read' 'read$' read_log
looked_up() { kubectl exec "$here_pod" -- sh -c 'nslookup web.default.svc.cluster.local | sed -n "s/^Address: //p"'; }
check 'a name has one address' '^fd00:10:96::[0-9a-f:]+$' looked_up
check 'a service is of IPv6 where nothing is said' '^IPv6 SingleStack$' of service web '{.spec.ipFamilies[*]} {.spec.ipFamilyPolicy}'
eventually 'it has slices of IPv6 alone' 20 "^IPv6:($six ?){4} \$" slices default web
services
forwarded() {
  (exec timeout 10 bash "$here/up.sh" exec "$cluster" kubectl port-forward "pod/$there_pod" 18080:8080) >"$work/forward.log" 2>&1 &
  for _ in $(seq 50); do grep -q Forwarding "$work/forward.log" && break; sleep 0.1; done
  from_hub 'http://[::1]:18080'
}
check 'a port is forwarded' '^web-' forwarded
check 'the API leads to a pod' '^web-' kubectl get --raw "/api/v1/namespaces/default/pods/$there_pod:8080/proxy/"
check 'and to a service' '^web-' kubectl get --raw /api/v1/namespaces/default/services/web:80/proxy/
check 'and to a node' '^ok$' kubectl get --raw /api/v1/nodes/node-2/proxy/healthz
kubectl patch service web -p '{"spec":{"type":"LoadBalancer"}}' >/dev/null
eventually 'nodes are its load balancer' 20 '^fd00:31:255::11 fd00:31:255::12 $' balancers
eventually 'and lead there' 20 '^4$' answering 'http://[fd00:31:255::12]'
check 'a gateway is good at once' '^0$' up node "$cluster" 1 cat /proc/sys/net/ipv6/conf/cleat0/accept_dad
check_fails 'a service of IPv4 is refused' 'Invalid value' kubectl create -f - <<'YAML'
---
{apiVersion: v1, kind: Service, metadata: {name: four}, spec: {ipFamilies: [IPv4], ports: [{port: 80}]}}
YAML
check 'it goes' 'nothing is left' up stop "$cluster"

echo '--- the userspace proxy'
printf '[proxy]\nmode = "userspace"\n' >"$work/userspace.toml"
check 'a cluster starts' 'a server and 2 nodes' up start "$cluster" 2 "$work/userspace.toml"
deploy
services
check 'it goes' 'nothing is left' up stop "$cluster"

echo '--- cleat up'
alone=cleat-$$-alone
inside() { nsenter --net="/run/netns/$alone" -- "$@"; }
ip netns add "$alone"
ip -n "$alone" link set lo up
ip -n "$alone" link add eth0 type veth peer name far
ip -n "$alone" link set far up
ip -n "$alone" -6 address add fd00:31:254::1/64 dev eth0 nodad
ip -n "$alone" link set eth0 up
ip -n "$alone" -6 route add default via fd00:31:254::2
printf '[server]\n%s\n[plugins.agent]\ncgroup_root = "/%s"\n' "$SERVER_TOML" "$alone" >"$work/up.toml"
(exec nsenter --net="/run/netns/$alone" -- "$CLEAT" up --data-dir "$work/up" --config "$work/up.toml") >"$work/up.log" 2>&1 &
up_pid=$!
end_up() {
  kill "$up_pid" && wait "$up_pid"
  inside bash "$here/../../etc/node-cleanup.sh" "$work/up"
  ip netns delete "$alone"
}
trap 'code=$?; end_up; (exit $code); clean_up' EXIT
kubectl() { KUBECONFIG=$work/up/admin.kubeconfig inside kubectl "$@"; }
eventually 'a node is ready' 60 'condition met' kubectl wait --for=condition=Ready node --all --timeout=1s
check 'the server is at the address of IPv6' 'https://\[fd00:31:254::1\]:6443' kubectl cluster-info
check 'and its node too' '^fd00:31:254::1$' kubectl get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'
"$CLEAT" image import "$work/demo.tar" --data-dir "$work/up" >/dev/null
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: 'cleat-demo:1', ports: [{containerPort: 8080, hostPort: 8081}]}]}
YAML
check 'a pod runs' 'condition met' kubectl wait --for=condition=Ready pod/web --timeout=60s
eventually 'its port is one of the machine' 10 '^web$' inside curl -sS --noproxy '*' --max-time 5 'http://[fd00:31:254::1]:8081'
check 'it asks the DNS' 'fd00:10:96::1$' kubectl exec web -- nslookup kubernetes.default.svc.cluster.local
finish
