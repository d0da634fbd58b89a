#!/bin/bash
# The Kubernetes project's JavaScript client, as npm has it.
build=${1:?usage: javascript_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_tool node npm
mkdir -p "$out/javascript"
if ! cmp -s "$here/javascript/package.json" "$out/javascript/package.json" || [ ! -d "$out/javascript/node_modules" ]; then
  cp "$here/javascript/package.json" "$out/javascript/"
  (cd "$out/javascript" && npm install --no-audit --no-fund --silent >"$out/javascript.log" 2>&1) || {
    rm -rf "$out/javascript"
    skip "npm cannot install the client"
  }
fi
cp "$here/javascript/client.js" "$out/javascript/"
. "$here/../api/server.sh"
start_server
check 'the client' ' checks, 0 failed' node "$out/javascript/client.js"
finish
