#!/bin/bash
# Addons: the server makes what they bring, as their own user, keeps it so, and takes away what they bring no longer. Ours brings what
# stands in folders; a vendor's, confined, what its settings say.
build=${1:?usage: addons_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
build=$(realpath "$build")
kept=$work/kept once=$work/once
mkdir "$kept" "$once"
put() { cat >"$work/next" && mv "$work/next" "$1"; }
put "$kept/10-team.yaml" <<'YAML'
# A team, and what it has.
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: team}
data: {color: blue, size: "3"}
YAML
put "$kept/20-kind.yaml" <<'YAML'
apiVersion: example.com/v1
kind: Ticket
metadata: {name: first}
spec: {seat: B12}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tickets.example.com}
spec:
  group: example.com
  names: {kind: Ticket, plural: tickets}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
YAML
put "$once/welcome.json" <<<'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}, "data": {"says": "hello"}}'
settings() {  # NAMESPACE
  cat <<TOML
[roles]
http-handler = []
addon = ["addon-manifests", "addon-welcome"]
[controllers]
enabled = ["controller-bootstrap", "controller-namespace", "controller-apiextensions", "controller-service-account"]

[plugins.addon-manifests]
folders = ["$kept"]
once = ["$once"]

[plugins.addon-welcome]
path = "$build/fixtures/addon-welcome.so"
namespace = "$1"
text = "You are \"here\""
TOML
}
settings default >"$work/cleat.toml"
start_server --config "$work/cleat.toml"
data_of() { kubectl get configmap "$@" -o 'jsonpath={.data}'; }

eventually 'what stands in a folder is made, in its order' 20 '^{"color":"blue","size":"3"}$' data_of settings -n team
check 'by the addon' '^addon-manifests:Apply$' kubectl get configmap settings -n team --show-managed-fields -o \
  'jsonpath={.metadata.managedFields[0].manager}:{.metadata.managedFields[0].operation}'
eventually 'also what takes a kind that comes behind it' 30 '^B12$' kubectl get ticket first -o 'jsonpath={.spec.seat}'
eventually 'a vendor'"'"'s addon brings what its settings say' 20 'You are \\"here\\"' data_of welcome
eventually 'all of it' 10 '^http.*deployment.apps/welcome service/welcome ' bash -c \
  "echo http; kubectl get deployment,service welcome -o name | tr '\n' ' '"
check 'both are well' '^(addon-manifests|addon-welcome) .* running ' bash -c \
  "'$cleat' plugin list --data-dir '$data' | grep -E '^addon-(manifests|welcome)' | tr '\n' ' '"
revision=$(kubectl get configmap settings -n team -o 'jsonpath={.metadata.resourceVersion}')

# --- kept
kubectl patch configmap settings -n team --type merge -p '{"data":{"color":"red","mine":"yes"}}' >/dev/null
eventually 'what others change of it is put right, and what is theirs stays' 15 '^{"color":"blue","mine":"yes","size":"3"}$' data_of settings -n team
kubectl delete configmap settings -n team >/dev/null
eventually 'what is deleted comes back' 15 '^{"color":"blue","size":"3"}$' data_of settings -n team
kubectl patch configmap greeting --type merge -p '{"data":{"says":"bye"}}' >/dev/null
kubectl delete deployment welcome >/dev/null
eventually 'a vendor'"'"'s too' 15 'welcome' kubectl get deployment welcome -o name
check 'what is made once is left alone' '^{"says":"bye"}$' data_of greeting

# --- changed and taken away
put "$kept/10-team.yaml" <<'YAML'
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: others, namespace: team}
data: {color: green}
YAML
eventually 'what is new in a file is made' 15 '^{"color":"green"}$' data_of others -n team
eventually 'what is not in it any more goes' 15 'NotFound' kubectl get configmap settings -n team
echo 'no: object' | put "$kept/30-wrong.yaml"
rm "$kept/20-kind.yaml"
eventually 'what is no object is told' 15 'addon-manifests.*an object that it brings: it is no object with metadata' "$cleat" plugin list --data-dir "$data"
check 'and until it is right nothing is taken away' 'B12' kubectl get ticket first -o 'jsonpath={.spec.seat}'
put "$kept/30-wrong.yaml" <<<'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Wrong_Name"}}'
eventually 'nor is one that is refused' 15 'ConfigMap Wrong_Name: .*metadata.name: Invalid value' "$cleat" plugin list --data-dir "$data"
rm "$kept/30-wrong.yaml"
eventually 'then it is' 20 'NotFound|have a resource type' kubectl get ticket first
eventually 'and all is well' 15 '^addon-manifests .* running +no? *$' bash -c "'$cleat' plugin list --data-dir '$data' | grep ^addon-manifests | sed 's/ - *$//'"
mv "$kept" "$kept.away"
eventually 'a folder that is away is told' 15 'does not say what it brings: cannot read .*kept' "$cleat" plugin list --data-dir "$data"
check 'and its objects are kept' 'green' data_of others -n team
mv "$kept.away" "$kept"

# --- as its own user
settings kube-system | sed '/^namespace/a grants = ["- configmaps create,get,patch,delete"]' >"$work/narrow.toml"
cp "$work/narrow.toml" "$work/cleat.toml"
check 'settings change while the server runs' 'changed addon-welcome' "$cleat" reload --data-dir "$data"
eventually 'an addon has no more than its grants' 20 'addon-welcome.*Deployment kube-system/welcome: .*system:plugin:addon-welcome.* cannot patch' \
  "$cleat" plugin list --data-dir "$data"
settings kube-system >"$work/cleat.toml"
"$cleat" reload --grant --data-dir "$data" >/dev/null 2>&1
eventually 'with them it comes where it is to be' 20 'welcome' kubectl get deployment welcome -n kube-system -o name
eventually 'and goes from where it was' 20 'NotFound' kubectl get deployment welcome -n default

# --- what was made is known after a restart
stop_server
rm "$kept/10-team.yaml"
settings kube-system >"$work/cleat.toml"
start_server --config "$work/cleat.toml"
eventually 'after a restart what is brought no longer goes' 30 'NotFound|Terminating' kubectl get namespace team
stop_server
sed -i 's/^addon = .*/addon = []/' "$work/cleat.toml"
sed -i '/^\[plugins/,$d' "$work/cleat.toml"
start_server --config "$work/cleat.toml"
check 'of an addon that is not loaded all stays' 'welcome' kubectl get deployment welcome -n kube-system -o name
finish
