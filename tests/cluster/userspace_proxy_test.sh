#!/bin/bash
# The same services with `[proxy] mode = "userspace"`, and images pulled anew by one line of configuration.
build=${1:?usage: userspace_proxy_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
cat >"$work/cleat.toml" <<'TOML'
[proxy]
mode = "userspace"

[admission]
chain = ["admission-namespace-lifecycle", "admission-service-account", "admission-always-pull-images"]
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
check 'the proxy was chosen' 'proxy-userspace' "$cleat" plugin list --data-dir "$data/agent"
kubectl run never --image=cleat-demo:1 --image-pull-policy=Never >/dev/null
check 'admission changes what was asked for' '^Always$' kubectl get pod never -o 'jsonpath={.spec.containers[0].imagePullPolicy}'
kubectl delete pod never --grace-period=1 >/dev/null

stop_up
sed -i '/^\[admission\]/,$d' "$work/cleat.toml"
start_up --config "$work/cleat.toml"
kubectl create deployment web --image=cleat-demo:1 --replicas=3 --port=8080 >/dev/null
kubectl expose deployment web --type=NodePort --port=80 --target-port=8080 >/dev/null
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
nodeport=$(kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}')
eventually 'the ClusterIP leads to all pods' 15 '^3$' answering "http://$vip"
eventually 'so does the node port' 15 '^3$' answering "http://127.0.0.1:$nodeport"
check 'in turn' '^2 2 2 $' bash -c "for i in 1 2 3 4 5 6; do curl -sS 'http://$vip'; done | sort | uniq -c | awk '{printf \"%s \", \$1}'"
pod=$(kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}')
relay=$(iptables-save -t nat | sed -n 's/.*default\/web.*--to-ports \([0-9]*\)$/\1/p' | sort -u)
node=$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[0].address}')
check 'a pod reaches the service' '^web-' kubectl exec "$pod" -- wget -qO- "http://$vip/"
eventually 'which it finds by name' 15 "$vip" kubectl exec "$pod" -- nslookup web.default.svc.cluster.local
check_fails 'but not the port of its relay' '[Rr]efused' kubectl exec "$pod" -- wget -qO- "http://$node:$relay/"
check_fails 'nor does anybody else' '[Rr]efused|[Cc]ould not connect|[Ff]ailed to connect' fetch "http://127.0.0.1:$relay"
finish
