#!/bin/bash
# Kubernetes' own controller manager and scheduler, as they are, on this server, with ours of the same tasks switched off. They are
# compiled from the module that the conformance suite is of, which takes long; so that is done where somebody asks for it:
#
#   tests/bench/beside --cleat build/release --only compile
#   tests/clients/kubernetes_parts_test.sh build/release              # with what is compiled
#   tests/clients/kubernetes_parts_test.sh build/release 60           # and an hour of work for them
#
# The script kubernetes_parts_beside has them do the same on kube-apiserver, and compares what they say in their logs.
build=${1:?usage: kubernetes_parts_test.sh BUILD_DIR [MINUTES]}
minutes=${2:-0}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
. "$here/kubernetes_parts.sh"
field() { kubectl get "$1" -o "jsonpath=$2"; }

echo '# the leaders, and what every cluster gets from them'
for lease in kube-controller-manager kube-scheduler; do
  eventually "$lease leads" 30 '_' kubectl -n kube-system get lease "$lease" -o 'jsonpath={.spec.holderIdentity}'
done
eventually 'each namespace has its account' 20 'default' kubectl -n default get serviceaccount default
eventually 'and the authority' 20 'BEGIN CERTIFICATE' kubectl -n default get configmap kube-root-ca.crt -o yaml
for n in 1 2 3; do
  eventually "node n$n is ready" 20 True field node/n$n '{.status.conditions[?(@.type=="Ready")].status}'
done
for n in 1 2 3; do eventually "node n$n has a range of addresses" 20 '^10\.244\.[0-9]\.0/24$' field node/n$n '{.spec.podCIDR}'; done

echo '# what is asked of them: who that is they let the server say'
asked() {  # NAME PATH CURL_OPTION…
  curl -sSk -m 10 "https://127.0.0.1:$(cat "$work/$1.port")$2" "${@:3}"
}
kubeconfig_of outsider /CN=outsider
kubeconfig_of watcher /CN=watcher
kubectl create clusterrole metrics --verb=get --non-resource-url=/metrics >/dev/null
kubectl create clusterrolebinding metrics --clusterrole=metrics --user=watcher --serviceaccount=default:default >/dev/null
for name in manager scheduler; do
  check "$name: is well" '^ok$' asked $name /healthz
  eventually "$name: shows who may how it does" 20 'process_cpu_seconds_total' \
    asked $name /metrics --cert "$work/watcher.crt" --key "$work/watcher.key"
  check "$name: and nobody else" 'forbidden: User \\"outsider\\" cannot get path \\"/metrics\\"' \
    asked $name /metrics --cert "$work/outsider.crt" --key "$work/outsider.key"
  check "$name: tokens are reviewed" 'process_cpu_seconds_total' asked $name /metrics -H "Authorization: Bearer $(kubectl create token default)"
  check "$name: strangers are not known" 'Unauthorized' asked $name /metrics -H 'Authorization: Bearer nonsense'
done

echo '# workloads'
kubectl create deployment web --image=web:1 --replicas=3 --port=80 >/dev/null
check 'a deployment becomes ready' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'its pods were scheduled' 'Successfully assigned default/web' kubectl get events
kubectl set image deployment/web web=web:2 >/dev/null
check 'it rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'and back' 'rolled back' kubectl rollout undo deployment/web
check 'to what it was' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
kubectl expose deployment web >/dev/null
eventually 'a service has endpoints' 20 '10.200.' kubectl get endpointslices -l kubernetes.io/service-name=web
eventually 'of the old form too' 20 '10.200.' field endpoints/web '{.subsets}'
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
kubectl taint node n3 down- >/dev/null
# They let themselves be evicted from a node that has gone three seconds after it is missed.
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: frail}
spec:
  replicas: 3
  selector: {matchLabels: {app: frail}}
  template:
    metadata: {labels: {app: frail}}
    spec:
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor, labelSelector: {matchLabels: {app: frail}}}
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 3}
      containers: [{name: c, image: "i:1"}]
YAML
frail_on() {  # how many of its pods are not going, and on which nodes
  kubectl get pods -l app=frail -o json | python3 -c 'import json, sys
pods = [p for p in json.load(sys.stdin)["items"] if "deletionTimestamp" not in p["metadata"]]
print(len(pods), "on", *sorted({p["spec"].get("nodeName", "none") for p in pods}))'
}
eventually 'pods are spread' 20 '^3 on n1 n2 n3$' frail_on
touch "$work/silent/n2"
eventually 'a node that says nothing is missed' 60 '^Unknown$' field node/n2 '{.status.conditions[?(@.type=="Ready")].status}'
eventually 'what was on it is elsewhere' 60 '^3 on n1 n3$' frail_on
rm "$work/silent/n2"
eventually 'it is back' 30 '^True$' field node/n2 '{.status.conditions[?(@.type=="Ready")].status}'
eventually 'and what was on it has gone' 30 '^0$' bash -c 'kubectl get pods -l app=frail -o wide --no-headers | grep -c Terminating || true'
kubectl delete deployment frail >/dev/null

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

# Each round is a process of its own, with an end: what hangs is lost, and the rest goes on.
work() {
  local number lost=0 begun=$SECONDS left
  kubectl create cronjob minutely --image=i:1 --restart=Never --schedule='* * * * *' >/dev/null
  kubectl create -f - >/dev/null <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: later}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
YAML
  for number in $(seq "$minutes"); do
    timeout 300 bash "$here/kubernetes_parts_round" "$number" "$work/silent" >"$work/round" 2>&1 ||
      { lost=$((lost + 1)); echo "round $number:"; tail -3 "$work/round"; }
    left=$((begun + number * 60 - SECONDS))
    [ $left -le 0 ] || sleep $left
  done
  check "$minutes rounds came to their end" '^0$' echo $lost
  [ "$minutes" -lt 3 ] || check 'what is due each minute was done each minute' '^done$' done_lately
}
done_lately() {
  kubectl get cronjob minutely -o json | python3 -c 'import json, sys, datetime
last = datetime.datetime.fromisoformat(json.load(sys.stdin)["status"]["lastSuccessfulTime"])
late = (datetime.datetime.now(datetime.timezone.utc) - last).total_seconds()
print("done" if late < 125 else f"the last one {late:.0f} s ago")'
}
if [ "$minutes" -gt 0 ]; then
  echo "# $minutes minutes of work"
  work
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
# folder of a kubelet's, metrics that nobody serves, what a cache still has that is gone already, a range that a node was given
# meanwhile, the token above that is none, a class of storage that there is none of, and pods that need longer to end than they are given.
usual='The manifest file is empty|is not as new as written version|the object has been modified|Flexvolume plugin directory'
usual="$usual|etrics|StorageError: invalid object|is being terminated|object is being deleted|sync .* failed with .* not found|already exists|clean up revisions .* not found"
usual="$usual|node updates may not change podCIDR|authenticate the request.*invalid bearer token"
usual="$usual|storageclass.* not found|Status after running PostFilter plugins for pod.*not found"
usual="$usual|unexpected items still remain|error storing status for daemon set|Error (updating pod|deleting job from cronjob)\".*not found"
usual="$usual|timed worker failed.*not found|quota work item.*not found|rejected event.*namespaces .* not found"
errors() { grep -h -E '^[EF][0-9]{4} ' "$work/$1.log" | grep -v -E "$usual"; echo end; }
check 'the controller manager had no errors of its own' '^end$' errors manager
check 'nor had the scheduler' '^end$' errors scheduler
finish
