# Kubernetes' own controller manager and scheduler, on `cleat server` without its own, or on kube-apiserver and etcd where
# PARTS_ON=kube-apiserver. Sourced after transcript.sh and tools.sh; starts the server, and gives $work, $pki, $parts, kubectl's
# configuration and what is below. Their programs are those of tests/bench/beside.
programs=${CLEAT_BESIDE:-$(cd "$build/.." && pwd)/beside}/bin
parts=

need_programs() {
  local one
  for one in "$@"; do [ -x "$programs/$one" ] || skip "$one has not been compiled (tests/bench/beside --cleat BUILD_DIR --only compile)"; done
}
need_programs kube-controller-manager kube-scheduler
need_tool openssl

signed() {  # NAME SUBJECT EXTENSION: $work/NAME.crt and .key, by the server's own authority
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "$2" -out "$work/$1.csr"
  openssl x509 -req -in "$work/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -CAserial "$work/serial" -days 2 \
    -out "$work/$1.crt" -extfile <(echo "$3") 2>/dev/null
}

kubeconfig_of() {  # NAME SUBJECT
  signed "$1" "$2" extendedKeyUsage=clientAuth
  cat >"$work/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$pki/ca.crt"}}]
users: [{name: u, user: {client-certificate: "$work/$1.crt", client-key: "$work/$1.key"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
YAML
}

# kube-controller-manager's tasks are theirs; what kube-apiserver does itself is left.
start_cleat() {
  . "$here/../api/server.sh"
  cat >"$work/cleat.toml" <<'TOML'
[controllers]
enabled = ["controller-bootstrap", "controller-apiextensions", "controller-apiregistration", "controller-flowcontrol"]

[schedulers]
enabled = []
TOML
  start_server --config "$work/cleat.toml"
  pki=$data/pki
}

start_kube_apiserver() {
  local etcd peer
  need_programs kube-apiserver etcd
  . "$here/../program.sh"
  clean_up() { rm -rf "$work"; }
  pki=$work/pki
  mkdir "$pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=parts -keyout "$pki/ca.key" \
    -out "$pki/ca.crt" 2>/dev/null
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  signed server /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1'
  signed front-proxy /CN=front-proxy-client extendedKeyUsage=clientAuth
  etcd=http://127.0.0.1:$(free_port) peer=http://127.0.0.1:$(free_port)
  "$programs/etcd" --data-dir "$work/etcd" --log-level warn --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" >"$work/etcd.log" 2>&1 &
  parts="$parts $!"
  "$programs/kube-apiserver" --etcd-servers "$etcd" --secure-port "$port" --bind-address 127.0.0.1 --advertise-address 192.0.2.1 \
    --endpoint-reconciler-type none --authorization-mode Node,RBAC --service-cluster-ip-range 10.96.0.0/16 \
    --service-account-issuer https://kubernetes.default.svc --enable-bootstrap-token-auth \
    --tls-cert-file "$work/server.crt" --tls-private-key-file "$work/server.key" --client-ca-file "$pki/ca.crt" \
    --service-account-key-file "$pki/sa.key" --service-account-signing-key-file "$pki/sa.key" \
    --requestheader-client-ca-file "$pki/ca.crt" --requestheader-allowed-names front-proxy-client \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- --proxy-client-cert-file "$work/front-proxy.crt" \
    --proxy-client-key-file "$work/front-proxy.key" >"$work/kube-apiserver.log" 2>&1 &
  parts="$parts $!"
  kubeconfig_of admin /O=system:masters/CN=admin
  export KUBECONFIG=$work/admin.kubeconfig
  until_true 120 kubectl get --raw /readyz || { tail -20 "$work/kube-apiserver.log"; exit 1; }
}

# Its own HTTPS port, for which it looks into kube-system/extension-apiserver-authentication, is $work/NAME.port.
part() {  # NAME PROGRAM OPTION…
  local name=$1 program=$2
  shift 2
  free_port >"$work/$name.port"
  "$programs/$program" --kubeconfig "$work/$name.kubeconfig" --authentication-kubeconfig "$work/$name.kubeconfig" \
    --authorization-kubeconfig "$work/$name.kubeconfig" --bind-address 127.0.0.1 --secure-port "$(cat "$work/$name.port")" --v 1 \
    "$@" >"$work/$name.log" 2>&1 &
  parts="$parts $!"
}

# A node is missed soon, so that what is on one that has gone is evicted within a minute.
start_parts() {
  kubeconfig_of manager /CN=system:kube-controller-manager
  kubeconfig_of scheduler /CN=system:kube-scheduler
  part manager kube-controller-manager --use-service-account-credentials --service-account-private-key-file "$pki/sa.key" \
    --root-ca-file "$pki/ca.crt" --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    --allocate-node-cidrs --cluster-cidr 10.244.0.0/16 --leader-elect-lease-duration 15s \
    --controllers '*,bootstrap-signer-controller,token-cleaner-controller' --node-monitor-grace-period 25s
  part scheduler kube-scheduler
}

# What they said stays in PARTS_LOGS, where somebody wants to read it. What was started last needs what was started before it.
stop_parts() {
  local code=$? part
  if [ -n "${PARTS_LOGS:-}" ]; then
    cp "$work"/*.log "$PARTS_LOGS"
    [ ! -f "$work/log" ] || cp "$work/log" "$PARTS_LOGS/server.log"
  fi
  for part in $(tr ' ' '\n' <<<"$parts" | tac); do
    kill "$part" 2>/dev/null
    wait "$part" 2>/dev/null
  done
  return $code
}
trap 'stop_parts; clean_up' EXIT

case ${PARTS_ON:-cleat} in
  cleat) start_cleat ;;
  kube-apiserver) start_kube_apiserver ;;
  *) echo "PARTS_ON is none of cleat and kube-apiserver: $PARTS_ON" && exit 1 ;;
esac
trap 'stop_parts; clean_up' EXIT
start_parts
mkdir "$work/silent"
python3 "$here/hollow_nodes.py" --silent "$work/silent" n1 n2 n3 >"$work/nodes.log" 2>&1 &
parts="$parts $!"
