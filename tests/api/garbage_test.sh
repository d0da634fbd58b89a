#!/bin/bash
# What the garbage collector makes of what objects say of their owners, one situation a line, as Kubernetes' own one does; and how it
# gets on without a kind whose objects nobody can convert.
build=${1:?usage: garbage_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

make() { printf -- '---\n%s\n' "$1" | kubectl create -f - >/dev/null; }
uid() { kubectl get "$@" -o 'jsonpath={.metadata.uid}'; }
owner_of() { printf '{apiVersion: %s, kind: %s, name: %s, uid: "%s"%s},' "$1" "$2" "$3" "$4" "${5:+, blockOwnerDeletion: $5}"; }
owned() {  # NAME REFERENCES [FINALIZER]
  make "{apiVersion: v1, kind: ConfigMap, metadata: {name: $1, namespace: here, ownerReferences: [$2]${3:+, finalizers: [$3]}}}"
}
# Which owners and finalizers an object of the namespace has, and whether it is being deleted; "gone" without it.
state() {
  local text
  text=$(kubectl -n here get configmap "$1" -o \
    'jsonpath={.metadata.ownerReferences[*].name}/{.metadata.finalizers[*]}/{.metadata.deletionTimestamp}' 2>&1) ||
    { grep -q 'not found' <<<"$text" && text=gone; }
  sed -E 's|/[0-9]{4}-.*$|/leaving|' <<<"$text"
}

kubectl create namespace here >/dev/null
kubectl create namespace there >/dev/null
kubectl -n here create configmap owner >/dev/null
kubectl -n there create configmap stranger >/dev/null
kubectl create clusterrole everywhere --verb=get --resource=pods >/dev/null
solid=$(owner_of v1 ConfigMap owner "$(uid -n here configmap owner)")
stranger=$(owner_of v1 ConfigMap stranger "$(uid -n there configmap stranger)")
gone=$(owner_of v1 ConfigMap gone 1)

situations=(
  # name        owners                                                          finalizer           what becomes of it
  "kept         $solid                                                          -                   owner//"
  "alone        $gone                                                           -                   gone"
  "half         $solid$gone                                                     -                   owner//"
  "wronguid     $(owner_of v1 ConfigMap owner 2)                                -                   gone"
  "wrongkind    $(owner_of v1 Secret owner 3)                                   -                   gone"
  "cluster      $(owner_of rbac.authorization.k8s.io/v1 ClusterRole everywhere "$(uid clusterrole everywhere)") - everywhere//"
  "elsewhere    $stranger                                                       -                   gone"
  "both         $stranger$solid                                                 -                   owner//"
  "noversion    $(owner_of apps/v1beta1 Deployment old 4)                       -                   old//"
  "nokind       $(owner_of v1 Nonsense odd 5)                                   -                   odd//"
  "nogroup      $(owner_of nonsense.example.com/v1 Odd odd 6)                   -                   odd//"
  "nokind-half  $(owner_of v1 Nonsense odd 5)$gone                              -                   odd gone//"
  "held         $gone                                                           example.com/hold    gone/example.com/hold/leaving"
  "orphaning    $gone                                                           orphan              gone"
  "foreground   $gone                                                           foregroundDeletion  gone"
)
read_situation() {  # owners have spaces in them
  name=${1%% *}
  owners=$(sed -E 's/^[^ ]+ +//; s/\},[^{]*$/},/' <<<"$1")
  read -r finalizer outcome <<<"${1##*\},}"
  [ "$finalizer" != - ] || finalizer=
}
for situation in "${situations[@]}"; do
  read_situation "$situation"
  owned "$name" "$owners" "$finalizer"
done
role() { make "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: $1, ownerReferences: [$2]}}"; }
role of-a-map "$solid"
role of-none "$(owner_of rbac.authorization.k8s.io/v1 ClusterRole none 7)"
for situation in "${situations[@]}"; do
  read_situation "$situation"
  eventually "$name: $outcome" 10 "^$outcome\$" state "$name"
done
eventually 'a role of a role that is gone goes' 10 'not found' kubectl get clusterrole of-none
check 'what is in no namespace keeps an owner that is in one' 'ConfigMap' kubectl get clusterrole of-a-map -o 'jsonpath={.metadata.ownerReferences[*].kind}'
told() { kubectl -n "$1" get events -o 'jsonpath={range .items[?(@.reason=="OwnerRefInvalidNamespace")]}{.type} {.involvedObject.name} {.message}{"\n"}{end}'; }
eventually 'its author is told' 10 'Warning of-a-map ownerRef \[v1/ConfigMap, namespace: , name: owner, uid: [0-9a-f-]*\] does not exist in namespace ""' told default
eventually 'as whoever named one elsewhere is' 10 'Warning elsewhere ownerRef \[v1/ConfigMap, namespace: here, name: stranger, uid: [0-9a-f-]*\] does not exist in namespace "here"' told here
check 'also where another owner is left' 'Warning both ' told here

echo '# the owner goes as well'
check 'by and by' 'deleted' kubectl -n here delete configmap owner
eventually 'what it had goes too' 10 '^gone$' state kept
eventually 'all of it' 10 '^gone$' state both
check 'but for what nobody knows the owner of' '^old//$' state noversion

echo '# a kind that nobody can convert'
definition() {
  printf '%s' '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: bars.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: bars, kind: Bar}, versions: ['
  printf '{name: v%s, served: true, storage: %s, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}},' 1 true 2 false
  printf '%s' ']}}'
}
make "$(definition)"
kubectl wait --for=condition=established crd/bars.example.com --timeout=20s >/dev/null
make '{apiVersion: example.com/v1, kind: Bar, metadata: {name: bar}}'
# A port that answers nothing.
check 'it is to be converted by nobody' 'patched' kubectl patch crd bars.example.com --type=merge -p \
  '{"spec":{"conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:1/"}}}}}'
stop_server
start_server --manual-clock
later() { "$cleat" clock --advance 31s --data-dir "$data" >/dev/null; "$@"; }
# The collector asks again which kinds there are before it lets one go whose own are to go first.
"$cleat" clock --advance 1s --data-dir "$data" >/dev/null
kubectl -n here create configmap first >/dev/null
check 'others wait for a while for what may belong to them' 'deleted' kubectl -n here delete configmap first --cascade=foreground --wait=false
check 'who knows of what kind' '^/foregroundDeletion/leaving$' state first
eventually 'and no longer' 20 '^gone$' later state first
collector() { "$cleat" plugin list --data-dir "$data" | grep -A1 "^controller-garbage-collector"; }
check 'it is said what cannot be seen' 'running +no[[:space:]]+cannot see any bars.example.com: what belongs to them, or they to, may stay or go without them' collector
check 'somebody can again' 'patched' kubectl patch crd bars.example.com --type=json -p '[{"op":"replace","path":"/spec/conversion","value":{"strategy":"None"}}]'
eventually 'what had been read while nobody could is read at once' 10 '"apiVersion":"example.com/v2","kind":"Bar","metadata":\{"name":"bar"' \
  kubectl get --raw /apis/example.com/v2/bars
healthy() { "$cleat" plugin list --data-dir "$data" | grep -c 'cannot see any'; }
eventually 'then all is well' 20 '^0$' later healthy
finish
