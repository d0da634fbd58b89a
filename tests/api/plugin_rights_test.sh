#!/bin/bash
# What a plugin is allowed, seen by what the cluster lets it do: what its manifest asks for, what an operator leaves of that, and
# nothing more that a file brings which somebody has put in the place of the one that was loaded.
build=${1:?usage: plugin_rights_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
fixtures=$(cd "$build" && pwd)/fixtures
plugin() { "$cleat" plugin "$1" --data-dir "$data" "${@:2}"; }
reload() { "$cleat" reload --data-dir "$data" "$@"; }
may() { kubectl auth can-i "$@" --as=system:plugin:hostile --as-group=system:plugins; }
put() { cp "$1" "$work/next.so" && mv "$work/next.so" "$work/vendor.so"; }  # FILE: as a package manager does
configure() {  # [GRANTS]
  cat >"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["scheduler-default", "hostile"]
[plugins.hostile]
path = "$work/vendor.so"
$1
TOML
}
put "$fixtures/hostile.so"
mkdir -p "$data/plugins/hostile"
echo 'read /nothing' >"$data/plugins/hostile/attacks"
configure
start_server --config "$work/cleat.toml"
until_true 20 kubectl get serviceaccount default
check 'before any of it runs the log says what it is and what it may' \
  "plugin hostile: version 1.0.0 from $work/vendor.so, in a process of its own that is confined; it is allowed: - configmaps get\$" \
  grep 'plugin hostile: version' "$work/log"
eventually 'it may what it asks for' 10 '^yes$' may get configmaps
check_fails 'and nothing else' '^no$' may get secrets

put "$fixtures/hostile-more.so"
kill -KILL "$(plugin info hostile | sed -n 's/^process  *//p')"
eventually 'one that crashes is not started with a file that asks for more' 20 \
  "hostile .*restarting.*its file is version 2.0.0 by now, which asks to be allowed more than the one that ran: - secrets get; .cleat plugin swap hostile $work/vendor.so --grant. allows it" \
  plugin list
check_fails 'which gets nothing' '^no$' may get secrets
put "$fixtures/hostile.so"
eventually 'it runs again with one that does not' 70 'hostile +1.0.0 +alpha +scheduler +running' plugin list
put "$fixtures/hostile-more.so"
kill -KILL "$(plugin info hostile | sed -n 's/^process  *//p')"
until_true 20 bash -c "'$cleat' plugin list --data-dir '$data' | grep -q 'its file is version 2.0.0'"
check 'or when somebody says that it may' 'hostile now runs from' plugin swap hostile "$work/vendor.so" --grant
eventually 'and then it may' 10 '^yes$' may get secrets
check 'which is shown, a line each' "grants +- configmaps get
 +- secrets get" plugin info hostile

configure 'grants = ["- configmaps get"]'
check 'an operator leaves it less' 'changed hostile' reload
eventually 'which counts' 10 '^no$' may get secrets
eventually 'and no less than that' 10 '^yes$' may get configmaps
configure
check_fails 'more again is not given unasked' 'nothing was changed: .*more than the one that runs: - secrets get; --grant allows it' reload
check_fails 'nor is it had' '^no$' may get secrets
check 'but when it is said' 'changed hostile' reload --grant
eventually 'it is' 10 '^yes$' may get secrets
configure 'grants = []'
check 'it can be left nothing' 'changed hostile' reload
eventually 'at all' 10 '^no$' may get configmaps
configure 'grants = ["- configmaps gett"]'
check_fails 'what it does not ask for is refused, with the line' \
  "nothing was changed: $work/cleat.toml:5: plugins.hostile.grants: \"- configmaps gett\": the plugin does not ask to gett configmaps" reload

# More than a manifest has room for.
mkdir -p "$data/plugins/hostile-many"
echo 'read /nothing' >"$data/plugins/hostile-many/attacks"
check 'what stands beside the manifest is shown before it is loaded' \
  '- configmaps get.*- podz wacth.*example.com apples00 get.*example.com pears57 get.*- secrets list.*loaded hostile-many' plugin load hostile-many "$fixtures/hostile-many.so"
eventually 'and allowed' 10 '^yes$' kubectl auth can-i list secrets --as=system:plugin:hostile-many --as-group=system:plugins

# What is no grant.
check_fails 'a manifest with a line that is no grant is refused' \
  'the manifest asks for the grant "configmaps list": must be GROUP RESOURCE\[,RESOURCE\] VERB\[,VERB\], the core group written as -' \
  plugin load bad-grant "$fixtures/bad-grant.so"
check_fails 'also before it is tried' 'the manifest asks for the grant "configmaps list"' "$cleat" plugin show "$fixtures/bad-grant.so"
check_fails 'or signed' 'the manifest asks for the grant "configmaps list"' "$cleat" plugin check "$fixtures/bad-grant.so"
finish
