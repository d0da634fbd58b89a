#!/bin/bash
# kube-rs, as crates.io has it. Two minutes of compiling where nothing is there yet.
build=${1:?usage: rust_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_tool cargo cc
manifest=$here/rust/Cargo.toml
cargo fetch --locked --quiet --manifest-path "$manifest" >"$out/rust.log" 2>&1 || skip "cargo cannot get the client"
CARGO_TARGET_DIR=$out/rust nice cargo build --offline --locked --quiet --manifest-path "$manifest" 2>"$out/rust.log" ||
  { cat "$out/rust.log"; exit 1; }
. "$here/../api/server.sh"
start_server
check 'the client' ' checks, 0 failed' "$out/rust/debug/cleat-rust-client"
finish
