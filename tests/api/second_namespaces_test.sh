#!/bin/bash
# A plugin that brings a kind whose objects were to be the namespaces, which a cluster has already: it is refused with the reason,
# to an operator who loads it and at a start, and everything else is as it was.
build=${1:?usage: second_namespaces_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
spaces=$(cd "$build" && pwd)/fixtures/kinds-spaces.so
[ -e "$spaces" ] || { echo "SKIPPED: kinds-spaces has not been built"; exit 77; }
listed() { "$cleat" plugin list --data-dir "$data"; }
says='kind spaces.example/v1 Space: the namespaces are namespaces already, of kinds-core'
goes_on() {  # of a server that has refused it
  check_fails 'its kind is not there' "doesn't have a resource type|could not find the requested resource" kubectl get spaces
  check_fails 'nor its group' 'spaces.example' bash -c 'kubectl api-versions | grep spaces.example; echo no spaces.example; false'
  check 'namespaces are what they were' 'namespace/team created' kubectl create namespace team
  eventually 'with all that belongs to one' 20 'created' kubectl create configmap kept -n team
  check 'one ends as before' 'deleted' kubectl delete namespace team
  check_fails 'with what was in it' 'not found' kubectl get configmap kept -n team
}

start_server
check_fails 'a second resource of namespaces is not loaded' "nothing was changed: .*$says" \
  "$cleat" plugin load kinds-spaces "$spaces" --data-dir "$data"
check_fails 'the plugin is not there' 'no plugin kinds-spaces is loaded' "$cleat" plugin info kinds-spaces --data-dir "$data"
goes_on
stop_server

cat >"$work/cleat.toml" <<TOML
[kinds]
enabled = ["...", "kinds-spaces"]
[plugins.kinds-spaces]
path = "$spaces"
TOML
complains 'nor at a start' "$says" "$work/cleat.toml"
check_fails 'the check finds it before' "FAIL  describe .*$says" "$cleat" plugin check --calls 100 "$spaces"
finish
