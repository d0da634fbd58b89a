#!/bin/bash
# What the server refuses, rule by rule, and in which words. The rules are in tests/api/rules/*.json.
# `rules_test.sh BUILD_DIR [PLURAL…]` takes only those kinds.
build=${1:?usage: rules_test.sh BUILD_DIR [PLURAL…]}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
# Objects are held against what they were; these controllers write to some of them meanwhile.
printf '[controllers]\nenabled = ["...", "-controller-statefulset", "-controller-persistent-volume-binder"]\n' >"$work/cleat.toml"
start_server --config "$work/cleat.toml"
# It prints each check that fails.
check 'every wrong object is refused in the right words' 'checks, 0 failed$' python3 "$here/rules.py" "${@:2}"
# One wrong object a rule of the other kinds is what the plugins' own tests have.
[ -n "${2:-}" ] || [ ! -x "$build/tests/plugins/kinds/kinds_tests" ] || {
  CLEAT_RULES_FILE=$work/rules "$build/tests/plugins/kinds/kinds_tests" >/dev/null
  check 'and so is what the plugins alone are sent by their tests' '^[1-9][0-9][0-9].* checks, 0 failed$' python3 "$here/rules.py" "$work/rules"
}
finish
