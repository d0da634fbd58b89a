#!/bin/bash
# Ranges of services' addresses (ServiceCIDR): ready, given out, and held for as long as somebody has an address of them.
build=${1:?usage: service_ranges_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

range() { kubectl get servicecidr "$1" -o "jsonpath=$2"; }
ready() { range "$1" '{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].reason}: {.status.conditions[?(@.type=="Ready")].message}'; }
make() { printf -- '---\n%s\n' "$@" | kubectl create -f -; }

eventually 'the range of the cluster is ready' 20 '^True .*Kubernetes default Service CIDR is ready$' ready kubernetes
check 'another one' 'servicecidr.networking.k8s.io/more created' make '{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: more}, spec: {cidrs: [10.210.0.0/24]}}'
eventually 'is ready too' 10 '^True ' ready more
eventually 'and held' 10 '\["networking.k8s.io/service-cidr-finalizer"\]' range more '{.metadata.finalizers}'
check 'a service has an address of it' 'service/of-more created' make '{apiVersion: v1, kind: Service, metadata: {name: of-more}, spec: {clusterIP: 10.210.0.7, ports: [{port: 80}]}}'
check 'which is an object' '^10\.210\.0\.7$' kubectl get ipaddress 10.210.0.7 -o 'jsonpath={.metadata.name}'
kubectl delete servicecidr more --wait=false >/dev/null
eventually 'a range with addresses stays when it is deleted' 30 '^False Terminating: There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR$' ready more
check_fails 'and gives out none' '10.210.0.8' make '{apiVersion: v1, kind: Service, metadata: {name: too-late}, spec: {clusterIP: 10.210.0.8, ports: [{port: 80}]}}'
check 'the service goes' 'deleted' kubectl delete service of-more
eventually 'and the range with it' 30 'NotFound' bash -c 'kubectl get servicecidr more 2>&1'
finish
