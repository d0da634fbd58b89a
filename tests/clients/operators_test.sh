#!/bin/bash
# What well-known operators bring: their definitions of custom kinds are accepted, served and explained, and fill in their defaults;
# so do their webhook configurations, and one's objects are converted by its own code. They are read in the Go modules that carry them.
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
go.universe.tf/metallb@v0.16.2 config/crd/bases
github.com/kubeflow/trainer/v2@v2.0.0 manifests/base/crds
github.com/ray-project/kuberay/ray-operator@v1.5.0 config/crd/bases
github.com/kyverno/kyverno@v1.19.1 config/crds/kyverno
github.com/kyverno/kyverno@v1.19.1 config/crds/policies.kyverno.io
github.com/kyverno/kyverno@v1.19.1 config/crds/policyreport"
# OPERATOR MODULE@VERSION, and files in it.
webhooks="cert-manager knative.dev/serving@v0.51.0 third_party/cert-manager-latest/cert-manager.yaml
Cluster-API sigs.k8s.io/cluster-api@v1.14.2 core/config/webhook/manifests.yaml
Cluster-API-for-AWS sigs.k8s.io/cluster-api-provider-aws/v2@v2.13.0 config/webhook/manifests.yaml
Cluster-API-operator sigs.k8s.io/cluster-api-operator@v0.29.0 config/webhook/manifests.yaml
Elastic github.com/elastic/cloud-on-k8s/v3@v3.5.0 config/webhook/manifests.yaml
Gatekeeper github.com/open-policy-agent/gatekeeper/v3@v3.23.1 config/webhook/manifests.yaml
Istio-for-Knative knative.dev/serving@v0.51.0 third_party/istio-latest/net-istio.yaml
KEDA github.com/kedacore/keda/v2@v2.21.0 config/webhooks/validation_webhooks.yaml
kubeadm-bootstrap sigs.k8s.io/cluster-api@v1.14.2 bootstrap/kubeadm/config/webhook/manifests.yaml
kubeadm-control-plane sigs.k8s.io/cluster-api@v1.14.2 controlplane/kubeadm/config/webhook/manifests.yaml
Kubeflow-trainer github.com/kubeflow/trainer/v2@v2.0.0 manifests/base/webhook/manifests.yaml
KubeRay github.com/ray-project/kuberay/ray-operator@v1.5.0 config/webhook/manifests.yaml
Kueue sigs.k8s.io/kueue@v0.17.0 config/components/webhook/manifests.yaml
Knative knative.dev/serving@v0.51.0 config/core/webhooks/*.yaml
MetalLB go.universe.tf/metallb@v0.16.2 config/webhook/manifests.yaml
Sigstore github.com/sigstore/policy-controller@v0.13.1 config/50?-*webhook-configuration*.yaml"
# shellcheck disable=SC2046
need_modules $({ cut -d' ' -f1 <<<"$operators"; cut -d' ' -f2 <<<"$webhooks"; } | sort -u)
go_build "$here/converter" converter .
need_tool openssl
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

echo '# versions that an operator converts, by its own code'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=kueue -addext 'subjectAltName=IP:127.0.0.1' \
  -keyout "$work/kueue.key" -out "$work/kueue.crt" 2>/dev/null
converterPort=$(free_port)
"$out/converter" "127.0.0.1:$converterPort" "$work/kueue.crt" "$work/kueue.key" >"$work/converter" 2>&1 &
converter=$!
trap 'code=$?; kill $converter 2>/dev/null; (exit $code); clean_up' EXIT
queues=clusterqueues.kueue.x-k8s.io
service='{.spec.conversion.strategy} {.spec.conversion.webhook.clientConfig.service.port} {.spec.conversion.webhook.clientConfig.service.path}'
check 'what the operator says of its webhook is accepted' '^Webhook 443 /convert$' kubectl patch crd $queues --type=merge -o "jsonpath=$service" \
  --patch-file "$modules/sigs.k8s.io/kueue@v0.17.0/config/components/crd/patches/webhook_in_clusterqueues.yaml"
kubectl patch crd $queues --type=merge -p '{"spec":{"conversion":{"webhook":{"clientConfig":{"service":null,
  "url":"https://127.0.0.1:'"$converterPort"'/convert","caBundle":"'"$(base64 -w0 <"$work/kueue.crt")"'"}}}}}' >/dev/null
moving() {
  kubectl create -f - <<'YAML'
apiVersion: kueue.x-k8s.io/v1beta1
kind: ClusterQueue
metadata: {name: moving, labels: {team: blue}, annotations: {why: test}}
spec:
  cohort: team
  queueingStrategy: StrictFIFO
  admissionChecks: [budget, quota]
  flavorFungibility: {whenCanBorrow: Borrow, whenCanPreempt: Preempt}
YAML
}
eventually 'an object is written in the older version' 10 'created|already exists' moving
queue() { kubectl get "clusterqueues.$1.kueue.x-k8s.io" moving -o "jsonpath=$2"; }
check 'in the newer one its fields have other names' '^team \["budget","quota"\] MayStopSearch$' eval \
  'queue v1beta2 "{.spec.cohortName} [{range .spec.admissionChecksStrategy.admissionChecks[*]}\"{.name}\",{end}] {.spec.flavorFungibility.whenCanBorrow}" | sed "s/,]/]/"'
check 'its metadata is the same' '^blue test 1$' queue v1beta2 '{.metadata.labels.team} {.metadata.annotations.why} {.metadata.generation}'
check 'it is changed in the newer one' 'patched' kubectl patch clusterqueues.v1beta2.kueue.x-k8s.io moving --type=merge -p '{"spec":{"cohortName":"other"}}'
check 'and read in the older one' 'deprecated. Use v1beta2 instead..other StrictFIFO$' queue v1beta1 '{.spec.cohort} {.spec.queueingStrategy}'
check 'listed too' '.other$' kubectl get clusterqueues.v1beta1.kueue.x-k8s.io -l team=blue -o 'jsonpath={.items[*].spec.cohort}'
check 'changed in the older one' 'patched' kubectl patch clusterqueues.v1beta1.kueue.x-k8s.io moving --type=merge -p '{"spec":{"cohort":"third"}}'
check 'both say the same' '^third$' queue v1beta2 '{.spec.cohortName}'
check 'the code of the operator was asked' '^asked$' head -1 "$work/converter"

echo '# webhooks'
# Nobody is behind them here, so each operator's are there only while they are looked at.
while read -r operator module files; do
  # shellcheck disable=SC2086
  check "$operator: its webhooks are accepted, filled in, and stay what they are" '^[1-9][0-9]* webhooks$' \
    python3 "$here/operator_webhooks.py" "$modules/$module"/$files
done <<<"$webhooks"
check 'they are explained' 'Default to `?"?Fail|failurePolicy.*<string>' kubectl explain validatingwebhookconfiguration.webhooks.failurePolicy
finish
