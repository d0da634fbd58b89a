#!/bin/bash
# A plugin that was installed with the program, and shares its libraries with the others, in a confined process of its own.
build=${1:?usage: isolated_own_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
[ "$(id -u)" = 0 ] || { echo 'SKIPPED: only root can confine a process'; exit 77; }
cat >"$work/settings.toml" <<'TOML'
[plugins.admission-default-toleration-seconds]
isolation = "process"
TOML
start_server --config "$work/settings.toml"
until_true 20 kubectl get serviceaccount default
check 'it runs in a process of its own' 'admission-default-toleration-seconds .*running +yes' "$cleat" plugin list --data-dir "$data"
check_fails 'which lacks nothing of its confinement' '^$' grep 'admission-default-toleration-seconds.*less confined' "$work/log"
check 'a pod comes' 'created' kubectl run one --image=i
check 'and it acts' 'not-ready 300.*unreachable 300' \
  kubectl get pod one -o 'jsonpath={range .spec.tolerations[*]}{.key} {.tolerationSeconds},{end}'
finish
