#!/bin/bash
# What clients in other languages than Go ask for in forms of their own: watches over WebSockets (fabric8), leases that are let
# go, dry runs of objects that were read, and the private keys that they can read.
build=${1:?usage: client_forms_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
core=/api/v1/namespaces/default
until_true 20 kubectl get serviceaccount default
websocket() { python3 "$here/../cluster/websocket.py" "$KUBECONFIG" "$@"; }

echo '# a watch over a WebSocket'
check 'a config map is there' '^201' request POST $core/configmaps '{"metadata":{"name":"seen"},"data":{"a":"1"}}'
only='fieldSelector=metadata.name%3Dseen'
check 'what is there is a message of its own' '"type":"ADDED".*"name":"seen"' websocket "$core/configmaps?watch=true&$only&timeoutSeconds=1" ''
change() { sleep 0.7; for n in 2 3; do kubectl patch configmap seen -p '{"data":{"a":"'$n'"}}'; done; kubectl delete configmap seen; }
change >/dev/null &
websocket "$core/configmaps?watch=true&$only&timeoutSeconds=4" '' >"$work/messages"
wait $!
check 'so is each change' '^4$' grep -c '"type":"' "$work/messages"
check 'to the last' '"type":"DELETED"' tail -n 2 "$work/messages"
check 'bookmarks come too' '"type":"BOOKMARK"' \
  websocket "$core/configmaps?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1" ''
check 'a protocol is agreed on' 'v1.example' websocket "$core/configmaps?watch=true&timeoutSeconds=1" v1.example
check 'what may not be watched is refused as HTTP does' '404' websocket "$core/nothing?watch=true" ''
check 'and so is a selector that is none' '400' websocket "$core/configmaps?watch=true&labelSelector=%3D%3D%3D" ''
check 'who asks for protobuf gets bytes' 'k8s' python3 - "$KUBECONFIG" "$here/../cluster" "$core/configmaps?watch=true&timeoutSeconds=1" <<'PY'
import sys
sys.path.insert(0, sys.argv[2])
import websocket
class Asking(websocket.WebSocket):
    pass
connection = websocket.connect(sys.argv[1])
send = connection.sendall
connection.sendall = lambda head: send(head.replace(b"\r\n\r\n", b"\r\nAccept: application/vnd.kubernetes.protobuf;stream=watch\r\n\r\n")
                                       if head.startswith(b"GET") else head)
print(Asking(connection, sys.argv[3], "").read())
PY
check 'a client that closes is let go' '^closed$' python3 - "$KUBECONFIG" "$here/../cluster" "$core/configmaps?watch=true" <<'PY'
import sys
sys.path.insert(0, sys.argv[2])
import websocket
connection = websocket.connect(sys.argv[1])
socket = websocket.WebSocket(connection, sys.argv[3], "")
socket.read()
socket.send(b"", 9)  # a ping, which is answered
assert socket.file.read(2)[0] == 0x8A
socket.send(b"\x03\xe8", 8)
while socket.file.read(1):
    pass
print("closed")
PY

echo '# a lease that its holder lets go'
leases=/apis/coordination.k8s.io/v1/namespaces/default/leases
check 'it is held' '^201' request POST $leases '{"metadata":{"name":"l"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}}'
check 'and then by nobody' '^200 .*"holderIdentity":""' sending application/merge-patch+json request PATCH $leases/l '{"spec":{"holderIdentity":"","leaseDurationSeconds":1}}'
check 'a preferred holder is of a feature that is off by default' '^200 .*"spec":\{"holderIdentity":"","leaseDurationSeconds":1\}' \
  sending application/merge-patch+json request PATCH $leases/l '{"spec":{"preferredHolder":"me","strategy":"Odd"}}'

echo '# creates of what was read before'
read_before='{"metadata":{"name":"again","resourceVersion":"7"}}'
check 'a dry run takes them' '^201 ' request POST "$core/configmaps?dryRun=All" "$read_before"
check 'the store does not' '^400 .*resourceVersion should not be set on objects to be created' request POST $core/configmaps "$read_before"
check 'what is wrong with them comes first' '^422 .*metadata.name' request POST $core/configmaps '{"metadata":{"name":"No Name","resourceVersion":"7"}}'

echo '# the keys'
check 'the administrator has one of RSA' 'rsaEncryption' openssl x509 -in "$data/pki/admin.crt" -noout -text
finish
