#!/bin/bash
# What evaluating expressions costs, by when it is too much: as in kube-apiserver 1.37.2 (tests/api/cel/costs.txt).
build=${1:?usage: cel_costs_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default
pki=$data/pki
check 'costs' '[0-9]+ expressions, 0 cost otherwise' \
  python3 "$here/cel_costs.py" "https://127.0.0.1:$port" "$pki/ca.crt" "$pki/admin.crt" "$pki/admin.key" "$here/cel/costs.txt"
finish
