# Installs the Debian packages that Cleat is built from and runs with; sourced by ./run and ./test.
# Only what is missing is installed, so a second call costs nothing.

cleat_packages="clang-19 g++ cmake ninja-build ccache mold pkg-config capnproto libcapnp-dev libboost1.81-dev libboost-json1.81-dev
libsqlite3-dev libssl-dev libtomlplusplus-dev libspdlog-dev libcli11-dev libyaml-cpp-dev libarchive-dev libre2-dev libmimalloc-dev libseccomp-dev libnghttp2-dev libgtest-dev
libgmock-dev libbenchmark-dev zlib1g-dev runc conmon containernetworking-plugins iptables nftables conntrack skopeo busybox-static
iproute2 procps curl ca-certificates sqlite3 python3 openssl"

# What only the tests need.
cleat_test_packages="dpkg-dev file docker-registry clang-format-19 clang-tidy-19"

# What the conformance tests need beside those, and Go, which Debian 12 has only in a version that is too old.
cleat_conformance_packages="mmdebstrap python3-yaml git bash-static docker-registry"

cleat_install_packages() {  # [PACKAGES BESIDE THOSE]
  missing=""
  for package in $cleat_packages "$@"; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
  done
  # Any kubectl will do; Debian's own only where there is none.
  command -v kubectl >/dev/null || missing="$missing kubernetes-client"
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "these packages are missing, and installing them takes root:$missing" >&2
    return 1
  fi
  echo "==> installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  # No service is to start by itself because it was installed: the tests start theirs on ports of their own.
  export RUNLEVEL=1
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
