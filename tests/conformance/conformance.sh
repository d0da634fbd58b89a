#!/bin/bash
# ./test --conformance: installs and builds what it takes, then conformance.py does the rest.
set -euo pipefail
cd "$(dirname "$0")/../.."
case " $* " in *" --help "*|*" -h "*) exec python3 tests/conformance/conformance.py --help ;; esac
go=$(go env GOVERSION 2>/dev/null || true)
minor=${go#go1.}
minor=${minor%%[!0-9]*}
if [ "${minor:-0}" -lt 26 ]; then
  echo "conformance: Kubernetes' suite is compiled by Go 1.26 or later, and here is ${go:-no Go}" >&2
  exit 1
fi
[ "$(id -u)" = 0 ] || { echo "conformance: containers and network namespaces take root" >&2; exit 1; }
. etc/packages.sh
# shellcheck disable=SC2086
cleat_install_packages $cleat_conformance_packages
echo "==> building"
cmake --preset release >/dev/null
cmake --build --preset release --target cleat-all
exec /usr/bin/python3 tests/conformance/conformance.py "$@"
