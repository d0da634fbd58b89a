#!/bin/bash
# What stands behind the API and is no part of it, through `proxy` of pods, services and nodes: links and redirects that lead back,
# servers that speak TLS and are strangers, connections that become something else. All in a network namespace of its own, where
# everything behind has addresses that are not loopback's.
build=${1:?usage: proxy_test.sh BUILD_DIR}
if [ -z "${CLEAT_OWN_NETWORK:-}" ]; then
  unshare -n true 2>/dev/null || { echo 'SKIPPED: no network namespace can be made'; exit 77; }
  CLEAT_OWN_NETWORK=1 exec unshare -n bash "$0" "$@"
fi
here=$(dirname "$0")
ip link set lo up && ip address add 10.9.0.1/32 dev lo && ip -6 address add fd00:9::1/128 dev lo || exit 1
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
trap 'kill $backends 2>/dev/null; clean_up' EXIT
backends=
backend() { python3 "$here/proxy_backend.py" "$@" & backends="$backends $!"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key" -out "$work/certificate" -days 1 \
  -subj /CN=a-stranger 2>/dev/null
backend 10.9.0.1 8080
backend fd00:9::1 8080
backend 10.9.0.1 8443 "$work/certificate" "$work/key"
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default

pod() { # NAME ADDRESS
  request POST $core/pods '{"metadata":{"name":"'"$1"'"},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":8080}]}]}}' >/dev/null
  sending application/merge-patch+json request PATCH "$core/pods/$1/status" '{"status":{"podIP":"'"$2"'","podIPs":[{"ip":"'"$2"'"}]}}' >/dev/null
}
pod web 10.9.0.1
pod six fd00:9::1
service() { # NAME ADDRESS
  request POST $core/services '{"metadata":{"name":"'"$1"'"},"spec":{"ports":[{"name":"http","port":80,"targetPort":8080},{"name":"tls","port":443,"targetPort":8443}]}}' >/dev/null
  request POST $core/endpoints '{"metadata":{"name":"'"$1"'"},"subsets":[{"addresses":[{"ip":"'"$2"'"}],"ports":[{"name":"http","port":8080},{"name":"tls","port":8443}]}]}' >/dev/null
}
service web 10.9.0.1
service six fd00:9::1
request POST /api/v1/nodes '{"metadata":{"name":"n1"}}' >/dev/null
sending application/merge-patch+json request PATCH /api/v1/nodes/n1/status '{"status":{"addresses":[{"type":"InternalIP","address":"10.9.0.1"}]}}' >/dev/null
until_true 20 curl -s -o /dev/null http://10.9.0.1:8080/ && until_true 20 curl -sk -o /dev/null https://10.9.0.1:8443/

echo '# who is reached'
at() { request GET "$core/$1/proxy/${2:-echo}"; }
check 'a pod, by the first port that it declares' '^200 \{.*"path": "/echo"' at pods/web
check 'by a port' '^200 \{' at pods/web:8080
check 'a service by the number of its port' '^200 \{' at services/web:80
check 'by the name' '^200 \{' at services/web:http
check 'in so many words' '^200 \{' at services/http:web:80
check 'a node' '^200 \{' request GET /api/v1/nodes/n1:8080/proxy/echo
check 'a pod with an address of IPv6' '^200 \{' at pods/six
check 'a service with one' '^200 \{' at services/six:http
check 'none of that name' '^404 .*services \\"none\\" not found' at services/none:80
check 'a scheme that is none' '^400 .*invalid service request \\"ftp:web:80\\"' at services/ftp:web:80
check 'too many parts' '^400 .*invalid pod request \\"http:web:80:1\\"' at pods/http:web:80:1
check 'no name' '^400 .*invalid pod request \\":80\\"' at pods/:80
check 'no such port' '^503 .*no service port 81 found for service \\"web\\"' at services/web:81
check 'nobody listens there' '^503 .*error trying to reach service: .*refused' at pods/web:9

echo '# what is asked and answered'
check 'method, query and body come through' '^200 \{"body": "text".*"method": "PUT", "path": "/echo/a%2Fb\?q=1&r=%26"' \
  request PUT "$core/pods/web/proxy/echo/a%2Fb?q=1&r=%26" text
check 'the caller'"'"'s credentials do not' '^200 \{"body": "", "certificate": false, "headers": \{' at pods/web
check 'not even by name' '^none$' eval 'at pods/web | grep -o -i "\"authorization\"\|x-remote[a-z-]*" || echo none'
check 'where it came by does' "\"x-forwarded-uri\": \"$core/pods/web/proxy/echo\"" at pods/web
check 'an error is its own' '^500 it is broken' at pods/web broken
check_fails 'what breaks off does so here' 'transfer closed' at pods/web half
check 'and is counted' '^apiserver_request_aborts_total.group="",resource="pods",scope="resource",subresource="proxy",verb="CONNECT",version="v1". 1$' \
  eval 'kubectl get --raw /metrics | grep ^apiserver_request_aborts'
check 'a head without a body' '^HTTP/1.1 200' eval "request HEAD $core/pods/web/proxy/echo --head >/dev/null; head -1 \$work/head"
check 'it does not say who may read this server' '^open$' eval 'at pods/web open >/dev/null; grep -i "^access-control\|^x-own" "$work/head" | grep -v -i "^x-own: kept" ; cat "$work/body"'
check 'its other headers stay' 'X-Own: kept' grep -i x-own "$work/head"

echo '# links'
place=$core/pods/http:web:8080/proxy
page() { at pods/http:web:8080 page; }
check 'a path leads back' "<a href=\"$place/there\">there</a>" page
check 'without quotes too' "<img src=$place/picture.png>" page
check 'the base of the page' "<base href=\"$place/base/\">" page
check 'its own address' "<a href=\"$place/own\">own</a>" page
check 'what is relative stays' "<a href='relative'>near</a>" page
check 'and what leads elsewhere' '<a href="https://example.com/away">away</a>' page
check 'a title is no link' '<title>/no/link</title>' page
check 'nor a script or a comment' "text = \"<a href='/script'>\";</script><!-- <a href=\"/comment\"> -->" page
check 'of an address of IPv6' "<a href=\"$core/pods/six/proxy/own\">own</a>" at pods/six page
check 'of one that speaks TLS' "<a href=\"$core/pods/https:web:8443/proxy/own\">own</a>" at pods/https:web:8443 page

echo '# redirects'
location() { at "$1" "redirect?to=$2" | head -c 4; sed -n 's/\r$//; s/^[Ll]ocation: //p' "$work/head"; }
check 'to a path' "^302 $core/pods/web/proxy/there\\?a=b\$" location pods/web '/there?a=b'
check 'to its own address' "^302 $core/pods/web/proxy/there/\$" location pods/web 'OWN/there/'
check 'to where it is shown' "^302 https://127.0.0.1:$port$core/pods/web/proxy/x\$" location pods/web "https://127.0.0.1:$port/x"
check 'to where it is already' "^302 $core/pods/web/proxy/x\$" location pods/web "$core/pods/web/proxy/x"
check 'to a neighbour' '^302 near$' location pods/web near
check 'elsewhere' '^302 https://example.com/away$' location pods/web https://example.com/away
check 'of a service' "^302 $core/services/web:http/proxy/there\$" location services/web:http OWN/there
check 'of one that speaks TLS' "^302 $core/services/https:web:tls/proxy/there\$" location services/https:web:tls OWN/there
check 'the root is a folder' "^301 $core/pods/web/proxy/\$" \
  eval "request GET $core/pods/web/proxy | head -c 4; sed -n 's/\\r\$//; s/^[Ll]ocation: //p' \$work/head"

echo '# strangers that speak TLS'
check 'a pod, whose certificate nobody knows' '^200 \{"body": "", "certificate": false' at pods/https:web:8443
check 'a service' '^200 \{"body": "", "certificate": false' at services/https:web:tls
check 'a node' '^200 \{"body": "", "certificate": false' request GET /api/v1/nodes/https:n1:8443/proxy/echo
check 'that is not asked in TLS' '^(503|400|502) ' at pods/http:web:8443
check 'that speaks none' '^503 .*error trying to reach service: ' at pods/https:web:8080

echo '# connections that become something else'
websocket() { python3 "$here/../cluster/websocket.py" "$KUBECONFIG" "$core/$1/proxy/${2:-ws}" chat one 'two\x00'; }
said="^protocol chat.b'hello'.b'echo one'.b'echo two.x00'"
check 'a WebSocket with a pod' "$said" websocket pods/web
check 'with a service' "$said" websocket services/web:http
check 'with one that speaks TLS' "$said" websocket services/https:web:tls
check 'with an address of IPv6' "$said" websocket pods/six
check 'one that does not want to' 'HTTP/1.1 500 .*invalid upgrade response: status code 200' websocket pods/web echo
upgrading() {
  curl -sS --http1.1 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -w '%{http_code}' \
    -H 'Connection: Upgrade' -H 'Upgrade: websocket' "https://127.0.0.1:$port$core/$1/proxy/$2"
}
check 'or fails in its own words' '^it is broken.500$' upgrading pods/web broken
check 'who may not read may not' '^403 ' bearer "$(. "$here/../bare_client.sh"; token_of default default)" request GET "$core/pods/web/proxy/ws"
finish
