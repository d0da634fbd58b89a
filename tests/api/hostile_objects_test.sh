#!/bin/bash
# Custom kinds and objects that are made to cost (tests/api/hostile): each gets a clear answer in bounded time and memory, and the
# server goes on.
build=${1:?usage: hostile_objects_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default
# It prints each check that fails, and what each case cost.
cases() {
  python3 "$here/hostile/hostile.py" "$program" "$1" | tee "$work/cases"
  check "hostile $1 are answered and forgotten" 'checks, 0 failed$' tail -n 1 "$work/cases"
}
cases bodies
stop_server
start_server
eventually 'what is nested as deep as may be is read again from the disk' 20 '"whole":5' \
  kubectl get --raw /apis/hostile.example.com/v1/namespaces/default/things/limit
cases schemas
finish
