#!/bin/bash
# What the server refuses, rule by rule, and in which words. The rules are in tests/api/rules/*.json.
# `rules_test.sh BUILD_DIR [PLURAL…]` takes only those kinds.
build=${1:?usage: rules_test.sh BUILD_DIR [PLURAL…]}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
# It prints each check that fails.
check 'every wrong object is refused in the right words' 'checks, 0 failed$' python3 "$here/rules.py" "${@:2}"
finish
