#!/bin/bash
# Clients that are not known, slow ones and dishonest ones: what they hold is taken from them, and kubectl goes on.
build=${1:?usage: strangers_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
cat >"$work/cleat.toml" <<'TOML'
[server]
handshake_timeout = "3s"
head_timeout = "3s"
stall_timeout = "2s"
TOML
start_server --config "$work/cleat.toml"
maps=/api/v1/namespaces/default/configmaps

# A crowd holds what it can; kubectl must answer soon each time.
crowd=
gather() {  # KIND COUNT RATE [SOURCE…]
  python3 "$here/../bench/crowd.py" "$1" "127.0.0.1:$port" "${@:2}" >"$work/crowd" 2>&1 &
  crowd=$!
  until_true 30 grep -q '^crowd: ' "$work/crowd"
}
put_out() { until_true 60 grep -q '^crowd: cut' "$work/crowd"; }
disperse() { kill "$crowd"; until_true 10 grep -q '^crowd: opened' "$work/crowd"; tail -1 "$work/crowd"; }
kubectl_ten_times() { for _ in 1 2 3 4 5 6 7 8 9 10; do timeout 5 kubectl get configmaps -n default -o name >/dev/null || return 1; done; echo all; }
ulimit -n 4096
others='127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9'
for kind in silent hello heads; do
  # shellcheck disable=SC2086
  gather $kind 1000 1000 $others
  check "1,000 strangers ($kind) do not keep kubectl waiting" '^all$' kubectl_ten_times
  check 'and they are put out' '' put_out
  disperse >/dev/null
  gather $kind 1000 500
  check "nor do they ($kind) from the address of kubectl itself" '^all$' kubectl_ten_times
  check 'and they are put out, too' '' put_out
  disperse >/dev/null
done
# shellcheck disable=SC2086
gather handshakes 1000 1000 $others
check 'nor do those that finish their handshakes' '^all$' kubectl_ten_times
disperse >/dev/null

# One connection each, spoken by hand.
cat >"$work/speak.py" <<'PY'
import socket, ssl, sys, time
data, port, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=data + "/pki/ca.crt")
if what != "stranger":
    context.load_cert_chain(data + "/pki/admin.crt", data + "/pki/admin.key")

def connect():
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    plain.settimeout(20)
    plain.connect(("127.0.0.1", port))
    return context.wrap_socket(plain, server_hostname="127.0.0.1")

def receive(connection):
    got = b""
    try:
        while block := connection.recv(65536):
            got += block
    except OSError:
        pass
    return got

connection, began = connect(), time.monotonic()
path = "/api/v1/namespaces/default/configmaps"
if what == "body":  # trickles
    connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{{".encode())
    print(receive(connection).decode(), "after", round(time.monotonic() - began), "s")
elif what == "large":  # slow, but it comes
    text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"slow"},"data":{"k":"' + "x" * 200000 + '"}}'
    connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n".encode())
    for at in range(0, len(text), 40000):
        connection.sendall(text[at:at + 40000].encode())
        time.sleep(0.7)  # a sender that takes its time
    print(receive(connection).decode()[:20], "after", round(time.monotonic() - began), "s")
elif what == "reader":  # does not take its list, nor its watch
    for query in ("", "?watch=1&resourceVersion=0"):
        connection = connect()
        connection.sendall(f"GET {path}{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(5)  # longer than it may stand still
        got = receive(connection)
        print("cut" if not got.endswith(b"0\r\n\r\n") and len(got) < 12_000_000 else "whole", len(got))
else:
    connection.sendall(sys.argv[4].encode().decode("unicode_escape").encode("latin1"))
    print(receive(connection).decode())
PY
speak() { python3 "$work/speak.py" "$data" "$port" "$@"; }
check 'a body that trickles is cut off with an answer' '^HTTP/1.1 408 Request Timeout.*after [2-5] s' speak body
check 'a large one that comes slowly is taken' '^HTTP/1.1 201 Created after [3-9] s' speak large
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  head -c 900000 /dev/zero | tr '\0' x >"$work/large"
  kubectl create configmap "large$i" --from-file="$work/large" >/dev/null
done
check 'who does not take a list, or a watch, is cut off' '^cut [0-9]+.cut [0-9]+$' speak reader
check 'and everybody else is served' 'large15' kubectl get configmaps large15

# What two readers could take for different requests is none.
refused='^HTTP/1.1 400 Bad Request'
raw() { speak stranger "GET /version HTTP/1.1\r\n$1\r\nConnection: close\r\n\r\n0\r\n\r\n"; }
check 'one host and no more' '^HTTP/1.1 200' raw 'Host: x'
check 'no host' "$refused" speak stranger 'GET /version HTTP/1.1\r\nConnection: close\r\n\r\n'
check 'two hosts' "$refused" raw 'Host: x\r\nHost: y'
check 'a length and chunks' "$refused" raw 'Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked'
check 'two lengths' "$refused" raw 'Host: x\r\nContent-Length: 5\r\nContent-Length: 6'
check 'a coding that is not chunked' "$refused" raw 'Host: x\r\nTransfer-Encoding: gzip, chunked'
check 'a folded field' "$refused" raw 'Host: x\r\nX: 1\r\n\tTransfer-Encoding: chunked'

# Nothing is read of who may not write.
head -c 2000000 /dev/zero >"$work/two-megabytes"
upload() {  # OPTION…: status, and how much curl had to send
  curl -sS --max-time 20 --cacert "$data/pki/ca.crt" -o /dev/null -w '%{http_code} %{size_upload}' -H 'Expect: 100-continue' \
    --expect100-timeout 10 -H 'Content-Type: application/json' --data-binary "@$work/two-megabytes" "$@" "https://127.0.0.1:$port$maps"
}
check 'the large body of a stranger is not read' '^403 0$' upload
check 'nor that of a token that nobody knows' '^401 0$' upload -H 'Authorization: Bearer nobody'
check 'but it is of who may write' '^400 2000000$' upload --cert "$data/pki/admin.crt" --key "$data/pki/admin.key"
check 'a stranger hears nothing of what is wrong with its request' '^403 ' \
  curl -sS --cacert "$data/pki/ca.crt" -o /dev/null -w '%{http_code} ' -d 'no JSON' "https://127.0.0.1:$port$maps"
check 'the administrator does' '^400 ' request POST $maps 'no JSON'
finish
