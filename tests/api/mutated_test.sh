#!/bin/bash
# Objects of every kind with one thing or another wrong in them, for a running server; see mutated.py. The fixtures of the API are read
# where they are beside the project, and without them only what is known to be right is changed.
build=${1:?usage: mutated_test.sh BUILD_DIR [PLURAL…]}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
# It prints each check that fails.
check 'whatever is sent, the server answers, and what it takes it keeps' 'checks, 0 failed$' \
  python3 "$here/mutated.py" "$(realpath "$here/../../..")/shared/reference/api-fixtures" "${@:2}"
check_fails 'and nothing in it has crashed' '^$' grep -E 'crash|core dumped|terminate called' "$work/log"
finish
