#!/bin/bash
# controller-runtime: an operator of ours with a custom kind, and test environments that begin and end in no time.
build=${1:?usage: operator_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_go
go_build "$here/go" operator ./operator
go_build "$here/go" environments ./envtest
. "$here/../api/server.sh"
start_server
check 'the operator' ' checks, 0 failed' "$out/operator"
check 'launchers are written' "KUBEBUILDER_ASSETS=$work/assets" "$cleat" envtest "$work/assets"
export KUBEBUILDER_ASSETS=$work/assets TMPDIR=$work
flags() {
  "$work/assets/etcd" --help | grep -c -E '^ +--unsafe-no-fsync'
  "$work/assets/kube-apiserver" --help | grep -c -E '^ +--secure-port'
  "$work/assets/kube-apiserver" --help | grep -c -E '^ +--insecure-port'
  true
}
check 'help names each flag, and none that there is not' $'^1\n1\n0$' flags
check_fails 'flags that are not known are named' 'does not know --imaginary, --more' "$work/assets/kube-apiserver" --imaginary=1 --more
check_fails 'an etcd that keeps nothing of ours is told apart' 'this is not the etcd|Connection refused' \
  "$work/assets/kube-apiserver" --etcd-servers=http://127.0.0.1:1 --service-account-issuer=https://x
check 'environments come and go' ' checks, 0 failed' "$out/environments"
finish
