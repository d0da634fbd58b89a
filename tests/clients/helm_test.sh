#!/bin/bash
# Helm, built from its modules as they are: a chart with a custom kind, hooks and a test through its whole life.
build=${1:?usage: helm_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_go
go_build "$here/helm" helm3 helm.sh/helm/v3/cmd/helm
go_build "$here/helm" helm4 helm.sh/helm/v4/cmd/helm
. "$here/../api/server.sh"
start_server
play_node
chart=$here/helm/chart

life() {  # PROGRAM
  local helm=$out/$1 name=of-$1
  check "$1: says its version" 'Version:"v[34]' "$helm" version
  check "$1: finds nothing wrong with the chart" '1 chart\(s\) linted, 0 chart\(s\) failed' "$helm" lint "$chart"
  check "$1: installs, and waits until it is ready" 'STATUS: deployed' \
    "$helm" install "$name" "$chart" --create-namespace -n "$name" --wait --timeout 60s
  check "$1: the hook before it has run" '1/1' kubectl -n "$name" get job "$name-pre-install"
  check "$1: the custom object is filled in" '^1 red$' \
    kubectl -n "$name" get order "$name" -o 'jsonpath={.spec.pieces} {.spec.colour}'
  check "$1: it asked the server which kinds there are" '^yes$' \
    kubectl -n "$name" get configmap "$name" -o 'jsonpath={.data.budgets}'
  check "$1: the deployment is ready" '2/2' kubectl -n "$name" get deployment "$name"
  check "$1: its tests pass" 'Phase: +Succeeded' "$helm" test "$name" -n "$name" --timeout 60s
  password=$(kubectl -n "$name" get secret "$name" -o 'jsonpath={.data.password}')
  check "$1: upgrades" 'REVISION: 2' \
    "$helm" upgrade "$name" "$chart" -n "$name" --set colour=blue,replicas=3 --wait --timeout 60s
  check "$1: what changed is there" '^blue 2$' \
    kubectl -n "$name" get configmap "$name" -o 'jsonpath={.data.colour} {.data.revision}'
  check "$1: and what it looked up is kept" "^$password\$" \
    kubectl -n "$name" get secret "$name" -o 'jsonpath={.data.password}'
  check_fails "$1: what the server refuses fails the upgrade" 'must be greater than or equal to 0' \
    "$helm" upgrade "$name" "$chart" -n "$name" --set broken=true --timeout 20s
  check "$1: the history has all of it" 'failed' "$helm" history "$name" -n "$name"
  check "$1: rolls back" 'Rollback was a success' "$helm" rollback "$name" 1 -n "$name" --wait --timeout 60s
  check "$1: to what it was" '^red 2$' kubectl -n "$name" get deployment "$name" \
    -o 'jsonpath={.spec.template.metadata.annotations.colour} {.spec.replicas}'
  check "$1: gets what is there" 'kind: Order' "$helm" get manifest "$name" -n "$name"
  check "$1: lists it" "$name.*deployed.*shop-1.0.0" "$helm" list -n "$name"
  check "$1: uninstalls, with a hook before it" 'uninstalled' \
    "$helm" uninstall "$name" -n "$name" --wait --timeout 60s
  eventually "$1: nothing of it is left" 10 'No resources found' \
    kubectl -n "$name" get deployments,orders,services,secrets,rolebindings
  check "$1: but its custom kind" 'orders.shop.cleat.dev' kubectl get crd orders.shop.cleat.dev
}

life helm3
life helm4
finish
