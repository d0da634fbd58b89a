# Work for Kubernetes' own controllers and scheduler, a round each minute, so that one hour is as much on every server: roll out,
# scale, run to an end, evict in every way there is, and take it all away again. Sourced by kubernetes_parts_test.sh.

# In a namespace of its own; each line is there for other controllers.
make_work() {  # NAMESPACE
  kubectl create namespace "$1" && kubectl -n "$1" create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec: {accessModes: [ReadWriteOnce], storageClassName: later, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec: {replicas: 1, selector: {app: old}, template: {metadata: {labels: {app: old}}, spec: {containers: [{name: c, image: "i:1"}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: each}
spec:
  selector: {matchLabels: {app: each}}
  template: {metadata: {labels: {app: each}}, spec: {containers: [{name: c, image: "i:1"}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: named}
spec:
  replicas: 2
  serviceName: named
  selector: {matchLabels: {app: named}}
  template: {metadata: {labels: {app: named}}, spec: {containers: [{name: c, image: "i:1"}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: indexed}
spec:
  completions: 4
  parallelism: 2
  completionMode: Indexed
  ttlSecondsAfterFinished: 5
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: "i:1"}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: held}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: c, image: "i:1"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: scratch}
spec:
  containers: [{name: c, image: "i:1"}]
  volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}}}}]
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: some}
spec: {hard: {pods: "60", count/jobs.batch: "20"}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
YAML
}

ready() { kubectl -n "$ns" rollout status "$@" --timeout=120s; }
ended() { kubectl -n "$ns" wait "$1" --for=condition=Complete --timeout=120s; }
make_it_whole() {
  make_work "$ns" && kubectl -n "$ns" create deployment web --image=w:1 --replicas=3 &&
    ready deployment/web && ready daemonset/each && ready statefulset/named && ended job/indexed &&
    kubectl -n "$ns" patch job held --type=merge -p '{"spec":{"suspend":false}}' && ended job/held
}
change_it() {
  kubectl -n "$ns" scale deployment web --replicas=5 && kubectl -n "$ns" set image deployment/web '*=w:2' && ready deployment/web &&
    kubectl -n "$ns" rollout undo deployment/web && ready deployment/web &&
    kubectl -n "$ns" scale statefulset named --replicas=3 && kubectl -n "$ns" set image statefulset/named '*=i:2' && ready statefulset/named &&
    kubectl -n "$ns" rollout restart daemonset/each && ready daemonset/each &&
    kubectl -n "$ns" scale rc old --replicas=2
}
evict_by_name() {
  local pod
  pod=$(kubectl -n "$ns" get pods -l app=web -o 'jsonpath={.items[0].metadata.name}') &&
    echo '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"'"$pod"'"}}' |
    kubectl create --raw "/api/v1/namespaces/$ns/pods/$pod/eviction" -f - && ready deployment/web
}
# Its budget has them go one by one.
evict_from_node() {
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout=60s && kubectl uncordon "$1" && ready deployment/web
}
evict_by_taint() {
  kubectl taint node "$1" down=now:NoExecute && until_true 30 has_no_pods "$1" && kubectl taint node "$1" down- && ready deployment/web &&
    ready daemonset/each
}
has_no_pods() { [ -z "$(kubectl -n "$ns" get pods -l app=web --field-selector "spec.nodeName=$1" -o name)" ]; }
node_is() { [ "$(field "node/$1" '{.status.conditions[?(@.type=="Ready")].status}')" = "$2" ]; }
# Those of the deployment let themselves be evicted five minutes later; so the pods are deleted where their owner is.
lose_node() {
  touch "$work/silent/$1"
  until_true 60 node_is "$1" Unknown || return 1
  kubectl -n "$ns" delete pods -l app=web --field-selector "spec.nodeName=$1" --wait=false
  ready deployment/web || return 1
  rm "$work/silent/$1"
  until_true 60 node_is "$1" True && ready deployment/web
}
round() {  # NUMBER
  ns=work-$1
  make_it_whole && change_it && evict_by_name || return 1
  case $(($1 % 4)) in
    1) evict_from_node n3 || return 1 ;;
    2) evict_by_taint n1 || return 1 ;;
    3) lose_node n2 || return 1 ;;
    0) kubectl -n "$ns" delete deployment web --cascade=orphan && kubectl -n "$ns" delete job held --cascade=foreground || return 1 ;;
  esac
  kubectl delete namespace "$ns" --timeout=120s
}

work_for() {  # MINUTES
  local number lost=0 begun=$SECONDS
  kubectl create cronjob minutely --image=i:1 --restart=Never --schedule='* * * * *' >/dev/null
  kubectl create -f - >/dev/null <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: later}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
YAML
  for number in $(seq "$1"); do
    round "$number" >"$work/round" 2>&1 || { lost=$((lost + 1)); echo "round $number:"; tail -3 "$work/round"; }
    until_true $((number * 60 + begun > SECONDS ? number * 60 + begun - SECONDS : 0)) false || true
  done
  check "$1 rounds came to their end" '^0$' echo $lost
  check 'what is due each minute was done each minute' '^done$' done_each_minute "$1"
}
# The history keeps three of them.
done_each_minute() {
  kubectl get cronjob minutely -o json | python3 -c 'import json, sys, datetime
status, most = json.load(sys.stdin)["status"], int(sys.argv[1])
last = datetime.datetime.fromisoformat(status["lastSuccessfulTime"])
late = (datetime.datetime.now(datetime.timezone.utc) - last).total_seconds()
print("done" if most < 2 or late < 125 else f"the last one {late:.0f} s ago")' "$1"
}
