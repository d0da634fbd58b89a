#!/bin/bash
# Makes what the suite needs, each part once: the suite itself and the programs in its images, by Go; a small Debian to put
# them on, by mmdebstrap; and the images. With nothing cached it takes about twenty minutes on two cores.
#
#   tests/conformance/prepare.sh FOLDER     FOLDER/bin, FOLDER/images (an OCI layout), FOLDER/kubernetes (where its sources are)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:?usage: prepare.sh FOLDER}")
mkdir -p "$out/bin"
: "${PAUSE:?the program that is the image pause}"
say() { echo "==> $*"; }

# Everything of Go in one go: what is up to date costs seconds.
cd "$here"
kubernetes=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)
[ -n "$kubernetes" ] || { go mod download k8s.io/kubernetes; kubernetes=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes); }
echo "$kubernetes" >"$out/kubernetes"
images=k8s.io/kubernetes/test/images
# The suite chooses some of its data by its own version, which is not in the sources.
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${version#v}"
stamp=k8s.io/component-base/version
flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor"
say "compiling Kubernetes' suite (13 minutes when nothing is cached)"
export CGO_ENABLED=0
go test -vet=off -c -ldflags "$flags" -o "$out/bin/e2e.test" k8s.io/kubernetes/test/e2e
say "compiling kubectl and what is in the images"
go build -ldflags "$flags" -o "$out/bin/" k8s.io/kubernetes/cmd/kubectl $images/agnhost k8s.io/sample-apiserver \
  $images/resource-consumer $images/resource-consumer/consume-cpu $images/regression-issue-74839 $images/nonewprivs

if [ ! -s "$out/base.tar" ]; then
  say "making a small Debian for the images"
  for drop in man doc locale info; do drops="${drops:-} --dpkgopt=path-exclude=/usr/share/$drop/*"; done
  # shellcheck disable=SC2086
  mmdebstrap --quiet --variant=essential $drops bookworm "$out/base.part.tar" --include=ca-certificates,bash,curl,wget \
    --include=bind9-dnsutils,netcat-openbsd,iproute2,iperf,socat,util-linux,procps,stress,nginx-light,etcd-server
  # Device nodes are the runtime's business.
  tar --delete -f "$out/base.part.tar" --wildcards './dev/*' || true
  mv "$out/base.part.tar" "$out/base.tar"
fi
names=$("$out/bin/e2e.test" --list-images)
# One that has been made of the same parts is still good.
made_of=$({ printf '%s\n' "$names"; cat "$here/images.py"; sha256sum "$out"/bin/* "$out/base.tar" "$PAUSE" /bin/bash-static; } | sha256sum)
if [ "$made_of" != "$(cat "$out/images/made_of" 2>/dev/null)" ]; then
  say "making the images"
  printf '%s\n' "$names" >"$out/images.list"
  python3 "$here/images.py" "$out/images" --base "$out/base.tar" --programs "$out/bin" --kubernetes "$kubernetes" \
    --pause "$PAUSE" --list "$out/images.list"
  echo "$made_of" >"$out/images/made_of"
fi
