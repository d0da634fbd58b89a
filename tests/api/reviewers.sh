# Servers of the operator's that are asked about things (review_server.py), for tests. Sourced after server.sh, before a server is up.
#
#   kubeconfig_of good token "$work/hook"      # writes a kubeconfig for https://127.0.0.1:PORT/good, with a token or a certificate
#   check 'it was asked' '^/good ' reviewed
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@" 2>/dev/null; }
signed() {  # NAME FILE EXTENSION
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$2.key" -out "$2.csr" 2>/dev/null
  printf '%s\n' "$3" >"$2.extension"
  openssl x509 -req -in "$2.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$2.extension" -out "$2.crt" 2>/dev/null
}
certificate -subj /CN=reviewers -keyout "$work/ca.key" -out "$work/ca.crt"
certificate -subj /CN=other -keyout "$work/other.key" -out "$work/other.crt"
signed reviewer "$work/reviewer" subjectAltName=IP:127.0.0.1
signed cluster "$work/client" extendedKeyUsage=clientAuth
reviewPort=$(free_port)
mkdir "$work/reviews"
touch "$work/reviews/log"
python3 "$here/review_server.py" $reviewPort "$work/reviewer.crt" "$work/reviewer.key" "$work/ca.crt" "$work/reviews" &
reviewer=$!
trap 'kill $reviewer 2>/dev/null; clean_up' EXIT
until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$reviewPort"

kubeconfig_of() {  # PATH CREDENTIAL FILE [AUTHORITY]
  local user='token: secret'
  [ "$2" = token ] || user="client-certificate: client.crt, client-key: client.key"
  cat >"$3" <<YAML
apiVersion: v1
kind: Config
current-context: hook
contexts: [{name: hook, context: {cluster: hook, user: cluster}}]
clusters: [{name: hook, cluster: {server: "https://127.0.0.1:$reviewPort/$1", certificate-authority: ${4:-ca.crt}}}]
users: [{name: cluster, user: {$user}}]
YAML
}
reviewed() { cat "$work/reviews/log"; }
forget() { : >"$work/reviews/log"; }
count_of() { grep -c -- "$1" "$work/reviews/log" || true; }
seconds_of() {  # COMMAND…: how long it took
  local start=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  python3 -c 'import sys; print(float(sys.argv[2]) - float(sys.argv[1]))' "$start" "$EPOCHREALTIME"
}
