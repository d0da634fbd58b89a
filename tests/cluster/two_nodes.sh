# What the tests against a server and two nodes have in common, sourced by each: what they need, the cluster's folder, and that
# everything is taken away again whatever comes of them. The nodes stand in network namespaces of their own (up.sh), so these
# tests run beside any other. `up start "$cluster" 2` is theirs.
#
#   here=$(cd "$(dirname "$0")" && pwd)
#   . "$here/two_nodes.sh"
build=${1:?usage: $(basename "$0") BUILD_DIR}
. "$here/../transcript.sh"
[ "$(id -u)" = 0 ] || { echo "SKIPPED: containers take root"; exit 77; }
for program in runc conmon skopeo iptables nft busybox curl kubectl ip nsenter; do
  command -v $program >/dev/null || { echo "SKIPPED: there is no $program"; exit 77; }
done
export CLEAT=$build/bin/cleat
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
cluster=$work/cluster
up() { bash "$here/up.sh" "$@"; }
kubectl() { up exec "$cluster" kubectl "$@"; }
export HOME=$work

clean_up() {
  local code=$?
  [ "$failures" = 0 ] && [ $code = 0 ] || tail -n 40 "$cluster"/*.log
  [ ! -e "$cluster/nodes" ] || up stop "$cluster" || code=1
  rm -rf --one-file-system "$work"
  exit $code
}
trap clean_up EXIT
