#!/bin/bash
# Every served kind through every verb: what is served, the server says; minimal objects come from tests/api/matrix/*.json.
# `matrix_test.sh BUILD_DIR [PLURAL…]` takes only those kinds.
build=${1:?usage: matrix_test.sh BUILD_DIR [PLURAL…]}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
# It prints each check that fails.
check 'every kind does what discovery says it does' 'checks, 0 failed$' python3 "$here/matrix.py" "${@:2}"
finish
