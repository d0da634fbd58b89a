#!/bin/bash
# client-go: a program of ours on its typed, dynamic and metadata clients, informers and leader election.
build=${1:?usage: client_go_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_go
go_build "$here/go" client-go ./clientgo
. "$here/../api/server.sh"
start_server
check 'the client' ' checks, 0 failed' "$out/client-go"
finish
