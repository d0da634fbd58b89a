#!/bin/bash
# What well-known operators bring: their definitions of custom kinds are accepted, served and explained, and fill in their defaults;
# their webhook configurations are accepted. They are read in the Go modules that carry them.
build=${1:?usage: operators_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_go
need_modules() {  # MODULE@VERSION…: from Go's own cache, where it has them
  (cd / && HOME=$tools_home go mod download "$@" >"$out/operators.log" 2>&1) || skip "Go cannot get the operators' modules"
}
modules=$(HOME=$tools_home go env GOMODCACHE)

# MODULE@VERSION, and where in it.
operators="github.com/cert-manager/cert-manager@v1.21.2 deploy/crds
sigs.k8s.io/gateway-api@v1.6.3 config/crd/experimental
sigs.k8s.io/cluster-api@v1.14.2 core/config/crd/bases
github.com/external-secrets/external-secrets@v1.3.2 config/crds/bases
github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd
github.com/argoproj/argo-workflows/v4@v4.0.5 manifests/base/crds/full
knative.dev/serving@v0.51.0 config/core/300-resources
github.com/vmware-tanzu/velero@v1.18.3 config/crd/v1/bases
github.com/fluxcd/source-controller@v1.9.6 config/crd/bases
istio.io/api@v1.32.0 kubernetes
github.com/kedacore/keda/v2@v2.21.0 config/crd/bases
sigs.k8s.io/kueue@v0.17.0 config/components/crd/bases
github.com/kyverno/kyverno@v1.19.1 config/crds/kyverno
github.com/kyverno/kyverno@v1.19.1 config/crds/policies.kyverno.io
github.com/kyverno/kyverno@v1.19.1 config/crds/policyreport"
webhooks="knative.dev/serving@v0.51.0 config/core/webhooks
github.com/kedacore/keda/v2@v2.21.0 config/webhooks
sigs.k8s.io/cluster-api@v1.14.2 core/config/webhook
sigs.k8s.io/kueue@v0.17.0 config/components/webhook"
# shellcheck disable=SC2046
need_modules $(cut -d' ' -f1 <<<"$operators" | sort -u)
. "$here/../api/server.sh"
start_server
mkdir "$work/definitions"

definitions() {  # FOLDER: the files that are nothing but definitions
  local file
  for file in "$1"/*.yaml; do
    grep -q '^kind: CustomResourceDefinition' "$file" && ! grep -q '^kind: Kustomization' "$file" && echo "$file"
  done
}

accepted() {
  local file arguments=()
  while read -r file; do arguments+=(-f "$file"); done < <(definitions "$modules/$1")
  kubectl apply --server-side "${arguments[@]}"
}
while read -r module folder; do
  count=$(cat $(definitions "$modules/$module/$folder") | grep -c '^kind: CustomResourceDefinition')
  accepted "$module/$folder" >"$work/definitions/${folder//\//_}" 2>&1 || cat "$work/definitions/${folder//\//_}"
  check "${module%@*}: its $count definitions are accepted" "^$count\$" \
    grep -c 'serverside-applied' "$work/definitions/${folder//\//_}"
done <<<"$operators"
check 'all are established' 'condition met' kubectl wait crd --all --for=condition=Established --timeout=60s
check 'none has names that clash' '^0$' bash -c "kubectl get crd -o json | grep -c '\"type\": \"NamesAccepted\".*False' || true"
kinds=$(kubectl get crd -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}')
check 'each is served' 'No resources found$' kubectl get -A "$(paste -sd, <<<"$kinds")"
# Of each group one: kubectl reads the whole group's OpenAPI for it.
unexplained() {
  local kind
  while read -r kind; do
    kubectl explain "$kind" 2>&1 | grep -q '^FIELDS:' || echo "$kind"
  done < <(sort -t. -k2 -u <<<"$kinds")
  echo end
}
check 'and explained, in every group' '^end$' unexplained
check 'so is a field deep inside' 'FIELD: +pathType|type.*PathMatchType|FIELD: type' kubectl explain httproute.spec.rules.matches.path.type
check 'OpenAPI has all groups' '^ok$' bash -c 'for g in $(kubectl get crd -o "jsonpath={.items[*].spec.group}" | tr " " "\n" | sort -u); do
  kubectl get --raw /openapi/v3 | grep -q "apis/$g/" || { echo "no $g"; exit 1; }; done; echo ok'

echo '# defaults, and rules'
make() { kubectl create -f - -o "jsonpath=$1"; }
check 'a route matches every path unless it says otherwise' '^/ PathPrefix$' \
  make '{.spec.rules[0].matches[0].path.value} {.spec.rules[0].matches[0].path.type}' <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: s, port: 80}]}]}
YAML
check_fails 'a rule in CEL holds it to one thing' 'Port 80 or sectionName|sectionName or port|RequestRedirect filter must not be used together with backendRefs' make '{}' <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: bad}
spec: {rules: [{backendRefs: [{name: s, port: 80}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]}
YAML
check 'a monitor of Prometheus has its port and intervals' '^web 30s$' make '{.spec.portName} {.spec.scrapeInterval}' <<'YAML'
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: p}
spec: {}
YAML
check 'an external secret its target' '^Owner Retain$' make '{.spec.target.creationPolicy} {.spec.target.deletionPolicy}' <<'YAML'
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: e}
spec: {secretStoreRef: {name: s}, data: [{secretKey: k, remoteRef: {key: k}}]}
YAML
check 'a repository of Flux its timeout' '^60s$' make '{.spec.timeout}' <<'YAML'
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: g}
spec: {interval: 1m, url: "https://example.com/x"}
YAML
check 'a queue of Kueue its strategy' 'BestEffortFIFO$' make '{.spec.queueingStrategy}' <<'YAML'
apiVersion: kueue.x-k8s.io/v1beta1
kind: ClusterQueue
metadata: {name: q}
spec: {}
YAML
check 'a policy of Istio is held to its rules' 'authorizationpolicy.security.istio.io/a created' kubectl create -f - <<'YAML'
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: a}
spec: {selector: {matchLabels: {app: x}}, action: ALLOW}
YAML
check_fails 'where they are broken it is refused' 'key must not be empty|must not be empty' kubectl create -f - <<'YAML'
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: b}
spec: {selector: {matchLabels: {"": x}}}
YAML
check 'a certificate is one' 'certificate.cert-manager.io/c created' kubectl create -f - <<'YAML'
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: c}
spec: {secretName: s, dnsNames: [example.com], issuerRef: {name: i}}
YAML

echo '# other versions'
route() { kubectl get "httproutes.$1.gateway.networking.k8s.io" r -o "jsonpath={.apiVersion} {.spec.rules[0].backendRefs[0].name}"; }
check 'a route is read in its first version' '^gateway.networking.k8s.io/v1beta1 s$' route v1beta1
check 'and written in it' 'httproute.gateway.networking.k8s.io/old created' kubectl create -f - <<'YAML'
apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
metadata: {name: old}
spec: {parentRefs: [{name: g}]}
YAML
check 'which is read in the one it is kept in' '^gateway.networking.k8s.io/v1 g$' \
  kubectl get httproutes.v1.gateway.networking.k8s.io old -o 'jsonpath={.apiVersion} {.spec.parentRefs[0].name}'
moved() {  # to the version that is asked for, of a definition whose versions a webhook of the operator converts
  kubectl get --raw /apis/kueue.x-k8s.io/v1beta2/clusterqueues/q | python3 -c 'import json, sys; print(json.load(sys.stdin)["apiVersion"])'
}
check 'a queue of Kueue in its next version' '^kueue.x-k8s.io/v1beta2$' moved

echo '# webhooks'
# Nobody is behind them here, so they are tried without being kept.
while read -r module folder; do
  for file in "$modules/$module/$folder"/*.yaml; do
    grep -q '^kind: \(Validating\|Mutating\)WebhookConfiguration' "$file" || continue
    check "${module%@*}: $(basename "$file") is accepted" 'created \(server dry run\)' kubectl create --dry-run=server -f "$file"
  done
done <<<"$webhooks"
finish
