#!/bin/bash
# Vendors' admission plugins, built out of tree against the installed SDK, each confined in a process of its own: which images may run,
# what is filled in where users say nothing, and one in plain C that keeps pods away from the machine.
build=${1:?usage: vendor_policies_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
outside=$(realpath "$build")/tests/plugins-contrib/outside
for file in image-policy/admission-image-policy defaulter/admission-defaulter no-host-access/admission-no-host-access; do
  [ -e "$outside/$file.so" ] || { echo "SKIPPED: $file has not been built (test contrib_build)"; exit 77; }
done
digest=sha256:$(printf 'a%.0s' $(seq 64))
configure() {  # TEXT: the rules of the defaulter
  cat >"$work/cleat.toml" <<TOML
[controllers]
enabled = ["controller-bootstrap", "controller-namespace", "controller-service-account"]
[schedulers]
enabled = []
[admission]
chain = ["...", "admission-image-policy", "admission-defaulter", "admission-no-host-access"]

[plugins.admission-image-policy]
path = "$outside/image-policy/admission-image-policy.so"
registries = ["registry.example", "docker.io/library/", "ghcr.io/acme"]
require_digest = true
exempt_namespaces = ["free"]

[plugins.admission-no-host-access]
path = "$outside/no-host-access/admission-no-host-access.so"
let_namespaces = ["machine", "kube-system"]

[plugins.admission-defaulter]
path = "$outside/defaulter/admission-defaulter.so"
$1
TOML
}
configure '
[[plugins.admission-defaulter.rules]]
resource = "pods"
namespaces = ["team-*"]
labels = { team = "web", "acme.example/of" = "us" }
annotations = { cost = "4711" }
[plugins.admission-defaulter.rules.set]
"spec.containers[*].resources.limits" = { memory = "64Mi" }
"spec.securityContext.runAsNonRoot" = true
[plugins.admission-defaulter.rules.replace]
"spec.terminationGracePeriodSeconds" = 7
"spec.containers[*].imagePullPolicy" = "Always"

[[plugins.admission-defaulter.rules]]
resource = "configmaps"
selector = "app"
labels = { seen = "yes" }

[[plugins.admission-defaulter.rules]]
resource = "services"
set = { "spec.ipFamilyPolicy" = "SingleStack", "metadata.labels.\"app.kubernetes.io/part-of\"" = "shop" }'
start_server --config "$work/cleat.toml"
for name in free machine team-a; do kubectl create namespace $name >/dev/null; done
for name in default free machine team-a; do until_true 20 kubectl -n $name get serviceaccount default; done
for name in image-policy defaulter no-host-access; do
  check "admission-$name runs in a process of its own" "admission-$name +1.0.0 +beta +admission +running +yes" \
    "$cleat" plugin list --data-dir "$data"
done

echo '--- images'
pod() {  # NAMESPACE NAME IMAGE [SPEC] [METADATA]
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $2, namespace: $1${5:+, $5}}
spec: {${4:+$4, }containers: [{name: main, image: "$3"}]}
YAML
}
check 'one of a registry of theirs, by its digest' 'pod/good created' pod default good "registry.example/web@$digest"
check 'by the short name of one' 'pod/short created' pod default short "nginx@$digest"
check 'below a path of a registry' 'pod/path created' pod default path "ghcr.io/acme/tools/web@$digest"
check_fails 'from elsewhere' \
  'pods "bad" is forbidden: the image "evil.example/web@sha256:a+" comes from none of: registry.example, docker.io/library, ghcr.io/acme' \
  pod default bad "evil.example/web@$digest"
check_fails 'a name that only begins alike' 'comes from none of' pod default bad "registry.example.evil/web@$digest"
check_fails 'beside that path' 'comes from none of' pod default bad "ghcr.io/acmex/web@$digest"
check_fails 'without a digest' 'the image "registry.example/web:1" is not named by its digest' pod default bad registry.example/web:1
check_fails 'in an init container' 'comes from none of' pod default bad "nginx@$digest" 'initContainers: [{name: first, image: quay.io/x}]'
check_fails 'in a volume' 'comes from none of' pod default bad "nginx@$digest" 'volumes: [{name: v, image: {reference: quay.io/x}}]'
check 'not where it does not count' 'pod/any created' pod free any quay.io/x
check 'what makes such pods is let through with a warning' \
  'Warning: its pods will be refused: the image "quay.io/x" comes from none of.*deployment.apps/web created' \
  kubectl create deployment web --image=quay.io/x
check 'a pod that is there may be changed' 'pod/good labeled' kubectl label pod good a=b
check_fails 'but not to another image' 'comes from none of' kubectl set image pod/good main=quay.io/x

echo '--- what is filled in'
seen() { kubectl -n team-a get pod "$1" -o "jsonpath={.metadata.labels}{.metadata.annotations}{.spec['terminationGracePeriodSeconds','securityContext']}{.spec.containers[0]['imagePullPolicy','resources']}"; }
check 'a pod of a namespace of theirs' 'created' pod team-a plain "nginx@$digest"
check 'gets everything' '{"acme.example/of":"us","team":"web"}{"cost":"4711"}7 {"runAsNonRoot":true}Always {"limits":{"memory":"64Mi"}' seen plain
check 'another' 'created' pod team-a special "nginx@$digest" 'terminationGracePeriodSeconds: 3, securityContext: {runAsNonRoot: false, runAsUser: 9}' 'labels: {team: own}'
check 'keeps what it says itself, but what is replaced' '"team":"own"}{"cost":"4711"}7 {"runAsNonRoot":false,"runAsUser":9}Always' seen special
check 'none elsewhere' '^{}$' bash -c "kubectl get pod short -o json | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"metadata\"].get(\"labels\", {}))'"
kubectl create configmap plain >/dev/null
kubectl create -f - <<<$'---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: app, labels: {app: x}}, data: {k: "v"}}' >/dev/null
check 'by a selector' '{"app":"x","seen":"yes"}{"k":"v"}' kubectl get configmap app -o 'jsonpath={.metadata.labels}{.data}'
check 'others stay as they are' '^$' kubectl get configmap plain -o 'jsonpath={.metadata.labels}'
kubectl create service clusterip shop --tcp=80:8080 >/dev/null
check 'a label whose name has dots' '{"app":"shop","app.kubernetes.io/part-of":"shop"}SingleStack80' \
  kubectl get service shop -o 'jsonpath={.metadata.labels}{.spec.ipFamilyPolicy}{.spec.ports[0].port}'

echo '--- the machine, in plain C'
check 'it needs the C library alone' '^ *\[libc.so.6\] *$' \
  bash -c "readelf -d '$outside/no-host-access/admission-no-host-access.so' | grep NEEDED | sed 's/.*library://'"
check_fails 'its network' 'pods "host" is forbidden: it shares the machine.s network \(hostNetwork\)' pod default host "nginx@$digest" 'hostNetwork: true'
check_fails 'its processes' 'it shares the machine.s processes' pod default host "nginx@$digest" 'hostPID: true'
check_fails 'its folders' 'volume etc is the machine.s folder /etc' pod default host "nginx@$digest" 'volumes: [{name: etc, hostPath: {path: /etc}}]'
check_fails 'a privileged container' 'container first is privileged' pod default host "nginx@$digest" \
  "initContainers: [{name: first, image: \"nginx@$digest\", securityContext: {privileged: true}}]"
check_fails 'a pod whose name is made later' 'pods "many-[a-z0-9]{5}" is forbidden' kubectl create -f - <<YAML
---
{apiVersion: v1, kind: Pod, metadata: {generateName: many-}, spec: {hostIPC: true, containers: [{name: c, image: "nginx@$digest"}]}}
YAML
check 'not where they may' 'pod/host created' pod machine host "nginx@$digest" 'hostNetwork: true'
check 'another list counts at once' 'changed admission-no-host-access' bash -c "
  sed -i 's/let_namespaces = .*/let_namespaces = []/' '$work/cleat.toml' && '$cleat' reload --data-dir '$data'"
check_fails 'from then on there too' 'it shares the machine.s network' pod machine again "nginx@$digest" 'hostNetwork: true'
sed -i '/^resource = "pods"/a label = { a = "b" }' "$work/cleat.toml"
check_fails 'a rule that is none is named, and changes nothing' 'nothing was changed: .*rule 1: it has no setting "label"' \
  "$cleat" reload --data-dir "$data"
finish
