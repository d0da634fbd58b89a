#!/bin/bash
# Kubernetes' own controller manager and scheduler, as they are, on this server, with ours of the same tasks switched off. They are
# compiled from the module that the conformance suite is of, which takes long; so that is done where somebody asks for it:
#
#   tests/clients/kubernetes_parts_test.sh build/release compile
#   tests/clients/kubernetes_parts_test.sh build/release keep 60      # with what is compiled, and an hour of work for them
build=${1:?usage: kubernetes_parts_test.sh BUILD_DIR [compile|keep [MINUTES]]}
minutes=${3:-0}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
manager=$out/kube-controller-manager
scheduler=$out/kube-scheduler
if [ "${2:-}" = compile ]; then
  need_go
  go_build "$here/../conformance" kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager
  go_build "$here/../conformance" kube-scheduler k8s.io/kubernetes/cmd/kube-scheduler
fi
for one in "$manager" "$scheduler"; do
  [ -x "$one" ] || skip "$(basename "$one") has not been compiled (tests/clients/kubernetes_parts_test.sh BUILD_DIR compile)"
done
need_tool openssl
. "$here/../api/server.sh"

# Nobody is at the nodes but play_node.py, which does not say that they are alive: nobody is missed for ten hours. What
# kube-apiserver does itself is left; all else is theirs.
cat >"$work/cleat.toml" <<'TOML'
[controllers]
enabled = ["controller-bootstrap", "controller-apiextensions", "controller-apiregistration", "controller-flowcontrol"]

[schedulers]
enabled = []
TOML
start_server --config "$work/cleat.toml"
parts=
stop_parts() {
  local code=$?
  # shellcheck disable=SC2086
  kill $parts 2>/dev/null
  wait $parts 2>/dev/null
  return $code
}
pki=$data/pki

kubeconfig_of() {  # NAME USER
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "/CN=$2" -out "$work/$1.csr"
  openssl x509 -req -in "$work/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -CAserial "$work/serial" -days 1 \
    -out "$work/$1.crt" -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null
  cat >"$work/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$pki/ca.crt"}}]
users: [{name: u, user: {client-certificate: "$work/$1.crt", client-key: "$work/$1.key"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
YAML
}
part() {  # NAME PROGRAM OPTION…
  local name=$1 program=$2
  shift 2
  "$program" --kubeconfig "$work/$name.kubeconfig" --authentication-kubeconfig "$work/$name.kubeconfig" \
    --authorization-kubeconfig "$work/$name.kubeconfig" --bind-address 127.0.0.1 --secure-port 0 "$@" >"$work/$name.log" 2>&1 &
  parts="$parts $!"
}
start_parts() {
  kubeconfig_of manager system:kube-controller-manager
  kubeconfig_of scheduler system:kube-scheduler
  part manager "$manager" --use-service-account-credentials --service-account-private-key-file "$pki/sa.key" \
    --root-ca-file "$pki/ca.crt" --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    --allocate-node-cidrs --cluster-cidr 10.244.0.0/16 --leader-elect-lease-duration 15s \
    --controllers '*,bootstrap-signer-controller,token-cleaner-controller' --node-monitor-grace-period 10h --node-startup-grace-period 10h --v 1
  part scheduler "$scheduler" --v 1
}
trap 'stop_parts; clean_up' EXIT
start_parts
for n in 1 2 3; do
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Node
metadata: {name: n$n, labels: {kubernetes.io/hostname: n$n, kubernetes.io/os: linux, disk: d$n}}
status:
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: "$(date -u +%FT%TZ)", lastTransitionTime: "$(date -u +%FT%TZ)"}]
YAML
done
python3 "$here/play_node.py" >"$work/node.log" 2>&1 &
parts="$parts $!"
field() { kubectl get "$1" -o "jsonpath=$2"; }

echo '# the leaders, and what every cluster gets from them'
for lease in kube-controller-manager kube-scheduler; do
  eventually "$lease leads" 30 '_' kubectl -n kube-system get lease "$lease" -o 'jsonpath={.spec.holderIdentity}'
done
eventually 'each namespace has its account' 20 'default' kubectl -n default get serviceaccount default
eventually 'and the authority' 20 'BEGIN CERTIFICATE' kubectl -n default get configmap kube-root-ca.crt -o yaml
for n in 1 2 3; do eventually "node n$n has a range of addresses" 20 '^10\.244\.[0-9]\.0/24$' field node/n$n '{.spec.podCIDR}'; done

echo '# workloads'
kubectl create deployment web --image=web:1 --replicas=3 --port=80 >/dev/null
check 'a deployment becomes ready' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'its pods were scheduled' 'Successfully assigned default/web' kubectl get events
kubectl set image deployment/web web=web:2 >/dev/null
check 'it rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'and back' 'rolled back' kubectl rollout undo deployment/web
check 'to what it was' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
kubectl expose deployment web >/dev/null
eventually 'a service has endpoints' 20 '192.0.2.9' kubectl get endpointslices -l kubernetes.io/service-name=web
eventually 'of the old form too' 20 '192.0.2.9' field endpoints/web '{.subsets}'
kubectl create job once --image=once:1 >/dev/null
kubectl patch job once -p '{"spec":{"ttlSecondsAfterFinished":600}}' >/dev/null
kubectl delete job once >/dev/null
kubectl create -f - >/dev/null <<'YAML'
apiVersion: batch/v1
kind: Job
metadata: {name: thrice}
spec:
  completions: 3
  parallelism: 2
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: "i:1"}]}}
YAML
check 'a job completes' 'condition met' kubectl wait job/thrice --for=condition=Complete --timeout=60s
check 'as often as it is to' '^3$' field job/thrice '{.status.succeeded}'
kubectl create cronjob tick --image=i:1 --restart=Never --schedule='* * * * *' >/dev/null
kubectl create job --from=cronjob/tick now >/dev/null
check 'what a cron job would do is done' 'condition met' kubectl wait job/now --for=condition=Complete --timeout=60s
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template: {metadata: {labels: {app: everywhere}}, spec: {containers: [{name: c, image: "i:1"}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: named}
spec:
  replicas: 2
  serviceName: named
  selector: {matchLabels: {app: named}}
  template: {metadata: {labels: {app: named}}, spec: {containers: [{name: c, image: "i:1"}]}}
YAML
check 'a daemon set is on every node' 'successfully rolled out' kubectl rollout status daemonset/everywhere --timeout=60s
check 'on three of them' '^3$' field daemonset/everywhere '{.status.numberReady}'
check 'a stateful set has its pods in turn' 'rolling update complete|partitioned roll out complete' kubectl rollout status statefulset/named --timeout=60s
check 'by name' 'named-1 +1/1' kubectl get pod named-1

echo '# where pods go'
kubectl run picky --image=i:1 --overrides='{"spec":{"nodeSelector":{"disk":"d2"}}}' >/dev/null
eventually 'a selector is heeded' 20 '^n2$' field pod/picky '{.spec.nodeName}'
kubectl run nowhere --image=i:1 --overrides='{"spec":{"nodeSelector":{"disk":"none"}}}' >/dev/null
eventually 'what fits nowhere is told why' 20 "didn't match Pod's node affinity/selector" kubectl get events --field-selector involvedObject.name=nowhere
kubectl taint node n3 down=now:NoExecute >/dev/null
eventually 'a taint evicts' 30 '^0$' bash -c 'kubectl get pods -l app=web -o wide --no-headers | grep -c " n3 " || true'
check 'and the deployment is whole again' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s

echo '# budgets, quotas, autoscaling'
kubectl create pdb web --selector=app=web --min-available=3 >/dev/null
eventually 'a budget counts' 20 '^3 0$' field pdb/web '{.status.currentHealthy} {.status.disruptionsAllowed}'
pod=$(kubectl get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
evict() { echo '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"'"$pod"'"}}' | kubectl create --raw "/api/v1/namespaces/default/pods/$pod/eviction" -f -; }
check_fails 'and holds evictions back' 'disruption budget' evict
kubectl create quota few --hard=pods=100,configmaps=20 >/dev/null
eventually 'a quota is counted' 20 '[0-9]' field quota/few '{.status.used.pods}'
kubectl autoscale deployment web --min=1 --max=5 --cpu-percent=50 >/dev/null
eventually 'an autoscaler without metrics says so' 40 'FailedGetResourceMetric|FailedComputeMetricsReplicas' kubectl get events
kubectl delete hpa web >/dev/null

echo '# volumes'
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: slow, hostPath: {path: /nowhere}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c}
spec: {accessModes: [ReadWriteOnce], storageClassName: slow, resources: {requests: {storage: 1Gi}}}
YAML
eventually 'a claim is bound to a volume' 30 '^Bound v$' field pvc/c '{.status.phase} {.spec.volumeName}'
kubectl delete pvc c --wait=false >/dev/null
eventually 'which is released when it goes' 30 '^Released$' field pv/v '{.status.phase}'

echo '# what goes'
kubectl create namespace short >/dev/null
kubectl -n short create configmap a >/dev/null
check 'a namespace goes with what is in it' 'deleted' kubectl delete namespace short --timeout=60s
check 'a deployment goes with its pods' 'deleted' kubectl delete deployment web --cascade=foreground --timeout=60s
eventually 'to the last' 20 'No resources found' kubectl get pods -l app=web
kubectl delete cronjob tick --wait=false >/dev/null

# One round of what a cluster is for: roll out, scale, run to an end, evict, and take it all away again.
round() {
  local ns=work-$1 pod
  kubectl create namespace "$ns" && kubectl -n "$ns" create deployment web --image=w:1 --replicas=3 &&
    kubectl -n "$ns" rollout status deployment/web --timeout=120s && kubectl -n "$ns" scale deployment web --replicas=5 &&
    kubectl -n "$ns" set image deployment/web '*=w:2' && kubectl -n "$ns" rollout status deployment/web --timeout=120s &&
    kubectl -n "$ns" create job once --image=i:1 && kubectl -n "$ns" wait job/once --for=condition=Complete --timeout=120s &&
    kubectl rollout restart daemonset/everywhere && kubectl rollout status daemonset/everywhere --timeout=120s &&
    kubectl scale statefulset named --replicas=$((2 + $1 % 2)) && kubectl rollout status statefulset/named --timeout=120s &&
    pod=$(kubectl -n "$ns" get pods -l app=web -o 'jsonpath={.items[0].metadata.name}') &&
    echo '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"'"$pod"'"}}' |
    kubectl create --raw "/api/v1/namespaces/$ns/pods/$pod/eviction" -f - &&
    kubectl -n "$ns" rollout status deployment/web --timeout=120s && kubectl delete namespace "$ns" --timeout=120s
}
if [ "$minutes" -gt 0 ]; then
  echo "# $minutes minutes of work"
  until=$((SECONDS + minutes * 60)) rounds=0 lost=0
  while [ $SECONDS -lt $until ]; do
    rounds=$((rounds + 1))
    round $rounds >"$work/round" 2>&1 || { lost=$((lost + 1)); echo "round $rounds:"; tail -3 "$work/round"; }
  done
  check "$rounds rounds came to their end" '^0$' echo $lost
fi

echo '# certificates'
openssl req -new -newkey rsa:2048 -nodes -keyout "$work/c.key" -subj "/O=system:nodes/CN=system:node:n9" -out "$work/c.csr" 2>/dev/null
kubectl create -f - >/dev/null <<YAML
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: n9}
spec:
  request: $(base64 -w0 "$work/c.csr")
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, client auth]
YAML
kubectl certificate approve n9 >/dev/null
eventually 'an approved request is signed' 20 'LS0t' field csr/n9 '{.status.certificate}'

echo '# what they had to say'
# Of these each says the same on kube-apiserver: no manifest of metrics, a race between a cache and its own write that is tried again, a
# folder of a kubelet's, metrics that nobody serves, and what a cache still has that is gone already.
usual='The manifest file is empty|is not as new as written version|the object has been modified|Flexvolume plugin directory'
usual="$usual|etrics|StorageError: invalid object|is being terminated|object is being deleted|sync .* failed with .* not found|already exists|clean up revisions .* not found"
errors() { grep -h -E '^[EF][0-9]{4} ' "$work/$1.log" | grep -v -E "$usual"; echo end; }
check 'the controller manager had no errors of its own' '^end$' errors manager
check 'nor had the scheduler' '^end$' errors scheduler
finish
