#!/bin/bash
# Secrets that are encrypted on the disk: with which keys, how these are changed, and what is left when one is lost.
build=${1:?usage: encryption_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need sqlite3
one=$(printf '0123456789abcdef0123456789abcdef' | base64 -w0) two=$(printf 'abcdefghijklmnopabcdefghijklmnop' | base64 -w0)
providers() {  # PROVIDER…, the first one first
  printf 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets, widgets.example.com]\n  providers:\n' >"$work/encryption.yaml"
  for each in "$@"; do printf '  - %s\n' "$each" >>"$work/encryption.yaml"; done
}
printf '[server]\nencryption_config = "%s/encryption.yaml"\n' "$work" >"$work/encrypted.toml"
disk() { sqlite3 -readonly "$data/store/cleat.db" "$1"; }
value_of() { disk "select value from registry where key = '/registry/$1'" | head -c 400 | tr -d '\0'; }
# Whether anything of the database's files holds the text.
on_disk() { cat "$data"/store/cleat.db* | grep -c -a -- "$1" || true; }
password() { kubectl get secret "$1" -o 'jsonpath={.data.password}' 2>&1; }
plain=$(printf 'very-secret-password' | base64 -w0)
status_of() { "$cleat" db status --data-dir "$data"; }

echo '# not encrypted yet'
start_server
until_true 20 kubectl get serviceaccount default
kubectl create secret generic old --from-literal=password=older-password >/dev/null
check 'as it is' '"kind":"Secret"' value_of secrets/default/old
stop_server

echo '# with a key'
providers "aesgcm: {keys: [{name: key1, secret: $one}]}" 'identity: {}'
start_server --config "$work/encrypted.toml"
kubectl create secret generic new --from-literal=password=very-secret-password >/dev/null
check 'it is read' "^$plain\$" password new
check 'and it is not on the disk' '^0$' on_disk "$plain"
check 'but in the form of Kubernetes' '^k8s:enc:aesgcm:v1:key1:' value_of secrets/default/new
check 'what was there before is read' "^$(printf 'older-password' | base64 -w0)\$" password old
check 'other kinds are as they are' '"kind":"ConfigMap"' value_of configmaps/default/kube-root-ca.crt
check 'which is told' 'secrets +aesgcm +key1 +1 .*secrets +identity +- +1 ' status_of
replace_all() { kubectl get secrets -o json | kubectl replace -f - 2>&1; }
check 'writing it again' 'secret/old replaced' replace_all
check 'encrypts it' '^k8s:enc:aesgcm:v1:key1:' value_of secrets/default/old
stop_server

echo '# keys are changed'
providers "secretbox: {keys: [{name: key2, secret: $two}]}" "aesgcm: {keys: [{name: key1, secret: $one}]}"
start_server --config "$work/encrypted.toml"
check 'what the old one wrote is read' "^$plain\$" password new
replace_all >/dev/null
check 'and written with the new one' '^k8s:enc:secretbox:v1:key2:' value_of secrets/default/new
revision_of() { kubectl get secret new -o 'jsonpath={.metadata.resourceVersion}'; }
before=$(revision_of)
replace_all >/dev/null
check 'once' "^$before\$" revision_of
check 'none has the old one' '^0$' disk "select count(*) from registry where value like 'k8s:enc:aesgcm%'"
stop_server

echo '# a key is lost'
providers "secretbox: {keys: [{name: key2, secret: $one}]}"
start_server --config "$work/encrypted.toml"
check_fails 'an error names the object and the key' 'new.*it cannot be decrypted with the secretbox key "key2"' password new
check 'other objects are served' 'kube-root-ca.crt' kubectl get configmaps
check 'it is counted' '^cleat_unreadable_objects [1-9]' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable_objects'
check 'health says so' 'stored objects cannot be read' kubectl get --raw '/readyz?verbose'
stop_server
start_server
check_fails 'without a configuration too' 'new.*it is stored encrypted with secretbox, and the server has no encryption_config' password new
stop_server
providers "secretbox: {keys: [{name: key2, secret: $two}]}"
start_server --config "$work/encrypted.toml"
check 'it is found again' "^$plain\$" password new

echo '# a configuration that is wrong'
stop_server
providers "aesgcm: {keys: [{name: key1, secret: AAAA}]}"
complains 'is told' 'encryption.yaml: resources\[0\].providers\[0\].aesgcm.keys\[0\].secret: is of 3 bytes, expected 16, 24 or 32' "$work/encrypted.toml"
providers "secretbox: {keys: [{name: key2, secret: $two}]}"
start_server --config "$work/encrypted.toml"
finish
