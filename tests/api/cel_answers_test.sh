#!/bin/bash
# What expressions come to, and what is said of those that are none: as kube-apiserver 1.37.2 answered (tests/api/cel).
build=${1:?usage: cel_answers_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default
pki=$data/pki
for answers in "$here"/cel/*.jsonl; do
  check "$(basename "$answers" .jsonl)" '[0-9]+ expressions, 0 answered otherwise' \
    python3 "$here/cel_answers.py" "https://127.0.0.1:$port" "$pki/ca.crt" "$pki/admin.crt" "$pki/admin.key" "$answers"
done
finish
