#!/bin/bash
# kube-rs. Compiling it takes minutes when nothing is cached, so it is done where somebody asks for it, by a run of this script by
# hand; ./test runs what was compiled so, and skips it where nothing was.
#
#   tests/clients/rust_test.sh build/release compile
build=${1:?usage: rust_test.sh BUILD_DIR [compile]}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
client=$out/rust/debug/cleat-rust-client
if [ "${2:-}" = compile ]; then
  need_tool cargo
  (cd "$here/rust" && CARGO_TARGET_DIR=$out/rust nice cargo build --locked --quiet) || { echo "FAIL  it cannot be built"; exit 1; }
fi
[ -x "$client" ] || skip "the client has not been compiled (tests/clients/rust_test.sh BUILD_DIR compile)"
. "$here/../api/server.sh"
start_server
check 'the client' ' checks, 0 failed' "$client"
finish
