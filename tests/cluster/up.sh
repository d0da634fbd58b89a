#!/bin/bash
# A cluster of several nodes on this machine: a server and N nodes, each in a network namespace of its own, joined by a
# bridge, with routes between the ranges of their pods. Nothing of the machine's own network is touched, so it may stand
# beside a node of `./run`, and two of them beside each other.
#
#   tests/cluster/up.sh start DIR N [CONFIG]   starts it; DIR is made and holds all there is of it. CONFIG: more TOML
#                                              for the server and the nodes, such as `[proxy]` with its mode
#   tests/cluster/up.sh import DIR ARCHIVE…    imports images into every node
#   tests/cluster/up.sh exec DIR COMMAND…      runs a command where the server is, with KUBECONFIG set
#   tests/cluster/up.sh node DIR I COMMAND…    runs a command in the network of node I (1 to N)
#   tests/cluster/up.sh stop DIR               takes everything away again
#
# AGENT_TOML has more lines for `[plugins.agent]`, SERVER_TOML for `[server]` of all of them. CLEAT names the program (default: build/release/bin/cleat). The server is at 172.31.255.1, node I at 172.31.255.10+I; node I has fd00:31:255::10+I as well.
# With IPV6_ONLY=1 nobody has an address of IPv4, and the server is at fd00:31:255::1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cleat=${CLEAT:-$here/build/release/bin/cleat}
usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; }
die() { echo "up.sh: $*" >&2; exit 1; }

case ${1:-} in -h|--help) usage; exit 0 ;; start|import|exec|node|stop) ;; *) usage >&2; exit 2 ;; esac
command=$1
dir=$(realpath -m "${2:?$(usage)}")
shift 2
[ "$(id -u)" = 0 ] || die "network namespaces take root"
# Names of namespaces are the machine's: they have something of the folder's in them.
id=$(printf %s "$dir" | sha256sum | cut -c1-6)
hub=cleat-$id-hub
node_namespace() { echo "cleat-$id-$1"; }
inside() { nsenter --net="/run/netns/$1" -- "${@:2}"; }  # mounts stay the machine's, unlike with `ip netns exec`
nodes() { cat "$dir/nodes"; }
has_ipv4() { [ -z "${IPV6_ONLY:-}" ]; }
server_address=172.31.255.1 server_authority=172.31.255.1 everywhere=0.0.0.0
has_ipv4 || { server_address=fd00:31:255::1 server_authority=[fd00:31:255::1] everywhere=[::]; }

network() {  # N
  local i namespace
  ip netns add "$hub"
  ip -n "$hub" link set lo up
  ip -n "$hub" link add bridge type bridge
  ! has_ipv4 || ip -n "$hub" address add 172.31.255.1/24 dev bridge
  # IPv6 beside it, without a second of asking whether the addresses are somebody else's.
  ip -n "$hub" -6 address add fd00:31:255::1/64 dev bridge nodad
  ip -n "$hub" link set bridge up
  inside "$hub" sysctl -qw net.ipv4.ip_forward=1
  for i in $(seq "$1"); do
    namespace=$(node_namespace "$i")
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
    ip -n "$hub" link add "node$i" type veth peer name eth0 netns "$namespace"
    ip -n "$hub" link set "node$i" master bridge up
    ! has_ipv4 || ip -n "$namespace" address add "172.31.255.$((10 + i))/24" dev eth0
    ip -n "$namespace" -6 address add "fd00:31:255::$((10 + i))/64" dev eth0 nodad
    ip -n "$namespace" link set eth0 up
    ! has_ipv4 || ip -n "$namespace" route add default via 172.31.255.1
    ip -n "$namespace" -6 route add default via fd00:31:255::1
    inside "$namespace" sysctl -qw net.ipv4.ip_forward=1
  done
  # The server reaches services as the first node does.
  ! has_ipv4 || ip -n "$hub" route add 10.96.0.0/16 via 172.31.255.11
  ip -n "$hub" route add fd00:10:96::/112 via fd00:31:255::11
}

# Who has which of the pods' addresses the nodes say themselves, once they are there.
routes() {  # N
  local i j ranges range by
  for i in $(seq "$1"); do
    ranges=$(inside "$hub" env KUBECONFIG="$dir/server/admin.kubeconfig" kubectl get node "node-$i" -o 'jsonpath={.spec.podCIDRs[*]}')
    [ -n "$ranges" ] || die "node-$i has no podCIDR"
    for range in $ranges; do
      case $range in *:*) by=fd00:31:255::$((10 + i)) ;; *) by=172.31.255.$((10 + i)) ;; esac
      ip -n "$hub" route add "$range" via "$by"
      for j in $(seq "$1"); do
        [ "$i" = "$j" ] || ip -n "$(node_namespace "$j")" route add "$range" via "$by"
      done
    done
  done
}

await() {  # SECONDS WHAT LOG PID COMMAND…
  local end=$((SECONDS + $1)) what=$2 log=$3 pid=$4
  shift 4
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { tail -n 5 "$log" >&2; die "$what has ended; its log is $log"; }
    [ "$SECONDS" -lt "$end" ] || { tail -n 5 "$log" >&2; die "$what is not ready in time; its log is $log"; }
    sleep 0.1
  done
}

start_program() {  # NAMESPACE NAME WORDS ROLE OPTION…: until its log says the words
  local namespace=$1 name=$2 words=$3 pid
  shift 3
  # Replaced by the program each, so that the number is the program's.
  (exec nsenter --net="/run/netns/$namespace" -- setsid "$cleat" "$@") >"$dir/$name.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/$name.pid"
  await 60 "$name" "$dir/$name.log" "$pid" grep -q "$words" "$dir/$name.log"
}

start() {  # N [CONFIG]
  [ -x "$cleat" ] || die "there is no $cleat: build first, or set CLEAT"
  case ${1:-} in ''|*[!0-9]*|0) die "how many nodes? up.sh start DIR N" ;; esac
  [ "$1" -le 20 ] || die "20 nodes at most"
  [ ! -e "$dir/nodes" ] || die "a cluster is in $dir already: up.sh stop $dir"
  mkdir -p "$dir"
  chmod 700 "$dir"
  echo "$1" >"$dir/nodes"
  trap 'code=$?; [ $code = 0 ] || stop; exit $code' EXIT
  network "$1"
  { printf '[server]\nadvertise_address = "%s"\n%s\n' "$server_address" "${SERVER_TOML:-}"; [ -z "${2:-}" ] || cat "$2"; } >"$dir/server.toml"
  start_program "$hub" server 'the server is ready' server --data-dir "$dir/server" --listen "$everywhere:6443" \
    --config "$dir/server.toml"
  local i token
  for i in $(seq "$1"); do
    # The first node joins by the server's own token, the others by tokens that secrets hold.
    token=$(cat "$dir/server/node-token")
    [ "$i" = 1 ] || token=$(inside "$hub" "$cleat" token create --data-dir "$dir/server") || die "no token is made"
    { printf '[server]\n%s\n' "${SERVER_TOML:-}"; [ -z "${2:-}" ] || cat "$2"
      printf '\n[plugins.agent]\ncgroup_root = "/cleat-%s-%s"\n%s\n' "$id" "$i" "${AGENT_TOML:-}"; } >"$dir/node-$i.toml"
    start_program "$(node_namespace "$i")" "node-$i" 'is at work' agent --data-dir "$dir/node-$i" \
      --server "https://$server_authority:6443" --token "$token" --node-name "node-$i" \
      --config "$dir/node-$i.toml"
  done
  inside "$hub" env KUBECONFIG="$dir/server/admin.kubeconfig" \
    kubectl wait --for=condition=Ready node --all --timeout=60s >/dev/null || die "the nodes are not ready"
  routes "$1"
  echo "a server and $1 nodes: tests/cluster/up.sh exec $dir kubectl get nodes"
}

end_program() {  # NAME
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 0
  # By its command line: the number may be somebody else's by now, or that of one who has ended and whom nobody waits for.
  at_work() { grep -qsF -- "$dir/" "/proc/$pid/cmdline"; }
  at_work || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 150); do at_work || return 0; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}

stop() {
  [ -e "$dir/nodes" ] || die "no cluster is in $dir"
  local i namespace
  for i in $(seq "$(nodes)"); do end_program "node-$i"; done
  end_program server
  for i in $(seq "$(nodes)"); do
    namespace=$(node_namespace "$i")
    [ ! -e "/run/netns/$namespace" ] || inside "$namespace" bash "$here/etc/node-cleanup.sh" "$dir/node-$i" || true
    ip netns delete "$namespace" 2>/dev/null || true
  done
  ip netns delete "$hub" 2>/dev/null || true
  rm -rf --one-file-system "$dir"
  [ ! -e "$dir" ] || die "some of $dir is left"
  echo "nothing is left of the cluster in $dir"
}

import() {  # ARCHIVE…
  local i archive
  for archive in "$@"; do
    for i in $(seq "$(nodes)"); do "$cleat" image import "$archive" --data-dir "$dir/node-$i" >/dev/null; done
  done
  echo "imported into $(nodes) nodes"
}

case $command in
  start) start "$@" ;;
  import) import "$@" ;;
  exec) KUBECONFIG=$dir/server/admin.kubeconfig inside "$hub" "$@" ;;
  node) inside "$(node_namespace "${1:?which node?}")" "${@:2}" ;;
  stop) stop ;;
esac
