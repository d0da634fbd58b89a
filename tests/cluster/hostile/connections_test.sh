#!/bin/bash
# Who takes connections that are not theirs: of the kubelet API, of the userspace proxy's relays, and of the server behind an
# upgrade that was refused (CVE-2018-1002105).
build=${1:?usage: connections_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
cat >"$work/cleat.toml" <<'TOML'
[proxy]
mode = "userspace"
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
kubectl create deployment web --image=cleat-demo:1 --port=8080 >/dev/null
kubectl expose deployment web --type=NodePort --port=80 --target-port=8080 >/dev/null
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
pod=$(kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}')
node=$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[0].address}')

# The kubelet API, held by a thousand connections whose other end does not say who it is.
crowd=
gather() {  # KIND COUNT
  python3 "$here/../bench/crowd.py" "$1" "$node:10250" "$2" 500 >"$work/crowd" 2>&1 &
  crowd=$!
  until_true 30 grep -q '^crowd: ' "$work/crowd"
}
disperse() { kill "$crowd"; until_true 10 grep -q '^crowd: opened' "$work/crowd"; tail -1 "$work/crowd"; }
ten_times() { for _ in 1 2 3 4 5 6 7 8 9 10; do timeout 10 "$@" || return 1; done; echo all; }
ulimit -n 4096
for kind in silent hello heads; do
  gather $kind 1000
  check "exec works while 1,000 strangers ($kind) hold the kubelet API" '^(there.*){10}all$' ten_times kubectl exec "$pod" -- echo there
  check 'and so do logs' 'all$' ten_times kubectl logs "$pod"
  check 'most of them have been put out' 'cut [0-9]{3,}' disperse
done
silent() {  # how long a connection that says nothing stays open
  python3 - "$node" <<'PY'
import socket, sys, time
began = time.monotonic()
with socket.create_connection((sys.argv[1], 10250), timeout=20) as s:
    print("closed" if s.recv(1) == b"" else "?", "after", round(time.monotonic() - began), "s")
PY
}
check 'who says nothing is cut off after ten seconds' '^closed after (9|10|11) s' silent

# The relay's own port: found as only the node's administrator can, tried as anybody could.
relay=$(iptables-save -t nat | sed -n 's/.*default\/web.*--to-ports \([0-9]*\)$/\1/p' | sort -u)
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
nodeport=$(kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}')
check 'there is a relay' '^[0-9]+$' echo "$relay"
eventually 'the service is reached at its address' 15 '^web-' fetch "http://$vip"
check 'and at its node port' '^web-' fetch "http://$node:$nodeport"
check 'from a pod as well' '^web-' kubectl exec "$pod" -- wget -qO- "http://$vip/"
check_fails 'a pod finds nobody at the port of its relay' '[Rr]efused' kubectl exec "$pod" -- wget -qO- "http://$node:$relay/"
check_fails 'nor does anybody on the node' '[Rr]efused|Could not connect|Failed to connect' fetch "http://127.0.0.1:$relay"
check_fails 'at any of its addresses' '[Rr]efused|Could not connect|Failed to connect' fetch "http://$node:$relay"

# An upgrade that the kubelet refuses, and a request behind it that means the kubelet.
kubectl create serviceaccount executor >/dev/null
kubectl create clusterrole executor --verb=create,get --resource=pods/exec >/dev/null
kubectl create clusterrolebinding executor --clusterrole=executor --serviceaccount=default:executor >/dev/null
echo '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}' >"$work/token.json"
token=$(kubectl create --raw /api/v1/namespaces/default/serviceaccounts/executor/token -f "$work/token.json" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])')
behind_upgrade() {  # what comes back for the two
  python3 - "$data" "$port" "$token" "$pod" <<'PY'
import socket, ssl, sys
data, port, token, pod = sys.argv[1:]
context = ssl.create_default_context(cafile=data + "/pki/ca.crt")
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), timeout=10), server_hostname="127.0.0.1") as s:
    s.sendall((f"POST /api/v1/namespaces/default/pods/{pod}/exec?command=id&stdout=1&container=absent HTTP/1.1\r\nHost: x\r\n"
               f"Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n"
               "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
               f"GET /containerLogs/default/{pod}/cleat-demo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").encode())
    got = b""
    while block := s.recv(65536):
        got += block
    print(got.decode())
PY
}
check 'what follows a refused upgrade is the sender'"'"'s own request to the server' \
  '^HTTP/1.1 4[0-9]{2} .*HTTP/1.1 403 Forbidden.*system:anonymous' behind_upgrade
finish
