#!/bin/bash
# What the controllers of a control plane without nodes do on their own, as a user of kubectl sees it.
build=${1:?usage: controllers_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get service kubernetes

make() { printf -- '---\n%s\n' "$1" | kubectl create -f -; }
owned() {  # NAME OWNER… : a config map with these config maps as its blocking owners
  local name=$1 references='' owner
  shift
  for owner; do
    references+="{apiVersion: v1, kind: ConfigMap, name: $owner, blockOwnerDeletion: true, uid: $(kubectl get configmap "$owner" -o 'jsonpath={.metadata.uid}')},"
  done
  make "{apiVersion: v1, kind: ConfigMap, metadata: {name: $name, ownerReferences: [$references]}}"
}
owners() { kubectl get configmap "$1" -o 'jsonpath={.metadata.ownerReferences[*].name};'; }

# The garbage collector.
check 'an owner' 'created' kubectl create configmap a
check 'another' 'created' kubectl create configmap b
check 'what belongs to one' 'created' owned one a
check 'what belongs to both' 'created' owned both a b
check 'an owner that is deleted waits for its own' 'deleted' kubectl delete configmap a --cascade=foreground --timeout=20s
check_fails 'which has gone' 'not found' kubectl get configmap one
check 'what has another owner stays with that' '^b;$' owners both
check 'orphans stay' 'deleted' kubectl delete configmap b --cascade=orphan --timeout=20s
eventually 'and belong to nobody' 10 '^;$' owners both
check 'garbage from the start' 'created' make \
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: lost, ownerReferences: [{apiVersion: v1, kind: Pod, name: x, uid: "1"}]}}'
eventually 'goes' 10 'not found' kubectl get configmap lost

# A namespace tells what holds it.
check 'a namespace' 'created' kubectl create namespace team
check 'with something that holds on' 'created' make \
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: team, finalizers: [example.com/hold]}}'
check 'is to be deleted' 'deleted' kubectl delete namespace team --wait=false
eventually 'and says what remains' 10 'SomeFinalizersRemain: Some content .*: example.com/hold in 1 resource instances' \
  kubectl get namespace team -o 'jsonpath={range .status.conditions[*]}{.reason}: {.message}{"\n"}{end}'
check 'until that is let go' 'patched' kubectl -n team patch configmap c --type=merge -p '{"metadata":{"finalizers":null}}'
eventually 'and it has gone' 10 'not found' kubectl get namespace team

# One that others keep is emptied and says that it is.
finalizers() {  # NAMESPACE FINALIZERS…: of its specification
  kubectl get namespace "$1" -o json | python3 -c 'import json, sys
namespace = json.load(sys.stdin)
namespace["spec"]["finalizers"] = sys.argv[1:]
print(json.dumps(namespace))' "${@:2}" | kubectl replace --raw "/api/v1/namespaces/$1/finalize" -f -
}
tells() { kubectl get namespace "$1" -o 'jsonpath={.spec.finalizers} {.status.conditions[*].reason}'; }
fine='ResourcesDiscovered ParsedGroupVersions ContentDeleted ContentRemoved ContentHasNoFinalizers'
for name in kept-too kept-alone kept-otherwise; do kubectl create namespace $name >/dev/null; done
check 'one has a finalizer more' 'example.com/f' finalizers kept-too example.com/f kubernetes
check 'one has another' 'example.com/f' finalizers kept-alone example.com/f
check 'one has one as any object may' 'patched' kubectl patch namespace kept-otherwise -p '{"metadata":{"finalizers":["example.com/f"]}}'
for name in kept-too kept-alone kept-otherwise; do
  kubectl -n $name create configmap c >/dev/null
  kubectl delete namespace $name --wait=false >/dev/null
done
eventually 'the first is emptied' 10 "^\[\"example.com/f\"\] $fine\$" tells kept-too
eventually 'the second is emptied' 10 "^\[\"example.com/f\"\] $fine\$" tells kept-alone
eventually 'the third is emptied' 10 "^ $fine\$" tells kept-otherwise
for name in kept-too kept-alone kept-otherwise; do check "nothing is left in $name" 'No resources found' kubectl -n $name get configmaps; done
finalizers kept-too >/dev/null
finalizers kept-alone >/dev/null
kubectl patch namespace kept-otherwise -p '{"metadata":{"finalizers":null}}' >/dev/null
for name in kept-too kept-alone kept-otherwise; do eventually "$name goes" 10 'not found' kubectl get namespace $name; done

# What pods trust the server by.
authority() { kubectl get configmap kube-root-ca.crt -o "jsonpath={.data['ca\.crt']}/{.metadata.labels}/{.metadata.annotations['kubernetes\.io/description']}"; }
kubectl label configmap kube-root-ca.crt mine=yes >/dev/null
check 'the words about it are anybody'"'"'s' 'annotated' kubectl annotate --overwrite configmap kube-root-ca.crt 'kubernetes.io/description=Ours.'
check 'what it says is not' 'patched' kubectl patch configmap kube-root-ca.crt -p '{"data":{"ca.crt":"mine","more":"x"}}'
eventually 'it comes back, and what was put on it stays' 10 '^-----BEGIN .*END CERTIFICATE-----.*/\{"mine":"yes"\}/' authority
check 'without more' '^\{"ca\.crt":"[^"]*"\}$' kubectl get configmap kube-root-ca.crt -o 'jsonpath={.data}'
kubectl annotate --overwrite configmap kube-root-ca.crt 'kubernetes.io/description=Ours.' >/dev/null
kubectl delete configmap kube-root-ca.crt >/dev/null
eventually 'it is made again' 10 'END CERTIFICATE' authority
kubectl annotate --overwrite configmap kube-root-ca.crt 'kubernetes.io/description=Ours.' >/dev/null

# Endpoints.
check 'a service' 'created' kubectl create service clusterip web --tcp=80
eventually 'has a slice' 10 'web-' kubectl get endpointslices -l kubernetes.io/service-name=web,endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io
eventually 'and endpoints' 10 'web +<none>' kubectl get endpoints web
check 'one without a selector' 'created' make \
  '{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {ports: [{port: 5432}]}}'
check 'with endpoints made by hand' 'created' make \
  '{apiVersion: v1, kind: Endpoints, metadata: {name: db}, subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 5433}]}]}'
eventually 'has a slice of them' 10 'db-.*IPv4 +5433 +192.0.2.1' kubectl get endpointslices -l kubernetes.io/service-name=db

# "delete all" is typed every day; the API server stays reachable.
address() { kubectl get service kubernetes -o 'jsonpath={.spec.clusterIP}'; }
check 'all services are deleted' 'service "kubernetes" deleted' kubectl delete services --all
eventually 'the one of the API comes back' 10 '^10\.96\.0\.1$' address
# The server is at a loopback address here, which is no endpoint: there is nothing else left.
eventually 'the others took their endpoints along' 10 'No resources found' kubectl get endpoints
eventually 'and their slices' 10 'No resources found' kubectl get endpointslices

# Nothing is written while nothing happens, and a restart finds all as it should be.
# The slice of the cluster's DNS is left out: it names the port of this machine that was free at each start.
versions() {
  kubectl get endpoints,endpointslices,services,configmaps,namespaces -A \
    -o 'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}' 2>/dev/null |
    grep -v '^EndpointSlice kube-system/kube-dns ' | tr '\n' ','
}
before=$(versions)
stop_server
start_server
check 'a restart changes nothing' "^$before\$" versions

check 'the words stay' 'Ours\.' authority
finish
