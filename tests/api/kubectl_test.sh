#!/bin/bash
# What a user of kubectl sees of a control plane without nodes.
build=${1:?usage: kubectl_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

check 'the kubeconfig is for its owner alone' '^600' stat -c %a "$KUBECONFIG"
check 'the server is ready' 'ok' kubectl get --raw /readyz
check 'the version is 1.37' '"minor": ?"37"' kubectl get --raw /version
check 'the first namespaces are there' 'default +Active.*kube-system +Active' kubectl get namespaces
check 'the API has a service of its own' 'kubernetes +ClusterIP +10.96.0.1 +<none> +443/TCP' kubectl get service
check 'discovery lists the kinds' 'deployments +deploy +apps/v1 +true +Deployment' kubectl api-resources
check 'kubectl explains fields' 'FIELD: +image <string>.*DESCRIPTION' kubectl explain pod.spec.containers.image

# Create, read, change, delete.
check 'a config map is created' 'configmap/first created' kubectl create configmap first --from-literal=a=1
check_fails 'not twice' 'configmaps "first" already exists' kubectl create configmap first
check 'its data comes back' '1' kubectl get configmap first -o 'jsonpath={.data.a}'
check 'a merge patch' 'patched' kubectl patch configmap first --type=merge -p '{"data":{"b":"2"}}'
check 'a JSON patch' 'patched' kubectl patch configmap first --type=json -p '[{"op":"replace","path":"/data/a","value":"3"}]'
check_fails 'a JSON patch whose test fails' 'test|Unprocessable|invalid' \
  kubectl patch configmap first --type=json -p '[{"op":"test","path":"/data/a","value":"9"}]'
check 'both took effect' '^3 2$' kubectl get configmap first -o 'jsonpath={.data.a} {.data.b}'
check 'labels select' 'first' bash -c 'kubectl label configmap first tier=x >/dev/null && kubectl get cm -l tier=x -o name'
check 'fields select' '^configmap/first$' kubectl get cm --field-selector metadata.name=first -o name
check_fails 'only fields that are offered' '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"' kubectl get cm --field-selector data.a=3
check 'a dry run leaves no trace' 'created \(server dry run\)' kubectl create configmap ghost --dry-run=server
check_fails 'none' 'configmaps "ghost" not found' kubectl get configmap ghost
check 'it is deleted' 'deleted' kubectl delete configmap first
check_fails 'and gone' 'Error from server \(NotFound\): configmaps "first" not found' kubectl get configmap first

# apply
cat >"$work/deployment.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", ports: [{containerPort: 8080}]}
YAML
check 'apply creates' 'deployment.apps/web created' kubectl apply -f "$work/deployment.yaml"
check 'and does nothing the second time' 'unchanged' kubectl apply -f "$work/deployment.yaml"
check 'apply changes' 'configured' bash -c "sed 's/replicas: 2/replicas: 3/' '$work/deployment.yaml' | kubectl apply -f -"
check 'defaults are filled in' '^RollingUpdate 25% 10 IfNotPresent$' kubectl get deployment web \
  -o 'jsonpath={.spec.strategy.type} {.spec.strategy.rollingUpdate.maxSurge} {.spec.revisionHistoryLimit} {.spec.template.spec.containers[0].imagePullPolicy}'
eventually 'the controllers make pods' 20 '(web-[a-z0-9-]+ +0/1 +Pending.*){3}' kubectl get pods
eventually 'that cannot run without nodes' 20 'FailedScheduling.*no nodes available' kubectl get events
check 'scale' 'scaled' kubectl scale deployment web --replicas=1
eventually 'takes pods away' 20 '^1$' bash -c 'kubectl get pods -o name | wc -l'
check 'diff through a server-side dry run' 'replicas: 2' bash -c "kubectl diff -f '$work/deployment.yaml'; true"
check 'server-side apply' 'serverside-applied' kubectl apply --server-side --force-conflicts --field-manager=team -f "$work/deployment.yaml"
check_fails 'guards what others own' 'conflict with "team".*\.spec\.replicas' bash -c \
  "sed 's/replicas: 2/replicas: 4/' '$work/deployment.yaml' | kubectl apply --server-side --field-manager=other -f -"
check 'and says who owns what' '"manager": ?"team"' kubectl get --raw /apis/apps/v1/namespaces/default/deployments/web
check 'deleting a deployment deletes what it made' 'deleted' kubectl delete deployment web
eventually 'all of it' 20 'No resources found' kubectl get pods,rs

# Services get their addresses in the create request itself.
check 'a service has its address at once' '10\.96\.[0-9]+\.[0-9]+' bash -c \
  "kubectl create service nodeport s1 --tcp=80:8080 -o 'jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}'"
check_fails 'an address is given once' 'provided IP is already allocated' bash -c \
  "kubectl create service clusterip thief --tcp=80 --clusterip=10.96.0.1"
check 'and has an IPAddress object' 's1' kubectl get ipaddresses

# Namespaces go with everything in them.
check 'a namespace' 'created' kubectl create namespace team
check 'with something in it' 'created' kubectl -n team create configmap c
eventually 'has its service account' 10 'default' kubectl -n team get serviceaccounts
check 'is deleted' 'deleted' kubectl delete namespace team --timeout=30s
check_fails 'with all that was in it' 'not found' kubectl get namespace team
check_fails 'default stays' 'this namespace may not be deleted' kubectl delete namespace default
check_fails 'nothing is created in a namespace that is not there' 'namespaces "nowhere" not found' \
  kubectl -n nowhere create configmap c

# Who may do what.
token=$(token_of default default)
as() { kubectl --kubeconfig=/dev/null --server="https://127.0.0.1:$port" --certificate-authority="$data/pki/ca.crt" "$@"; }
check 'a service account has a token' '^ey' echo "$token"
check_fails 'that may not read pods' 'User "system:serviceaccount:default:default" cannot list resource "pods" in API group ""' \
  as --token="$token" get pods
check 'until a binding lets it' 'created' kubectl create clusterrolebinding v --clusterrole=view --serviceaccount=default:default
eventually 'then it may' 5 'No resources found' as --token="$token" get pods
kubectl create role one --verb=get,list --resource=configmaps --resource-name=kube-root-ca.crt >/dev/null
kubectl create rolebinding one --role=one --user=bob >/dev/null
eventually 'a rule for one name lets its selection be listed' 5 'kube-root-ca.crt' \
  kubectl --as=bob get configmaps --field-selector metadata.name=kube-root-ca.crt
check_fails 'and no other' 'configmaps is forbidden: User "bob" cannot list' kubectl --as=bob get configmaps
kubectl run streams --image=x >/dev/null
kubectl create role streams --verb=get --resource=pods,pods/exec >/dev/null
kubectl create rolebinding streams --role=streams --user=eve >/dev/null
eventually 'seeing a pod' 5 'streams' kubectl --as=eve get pod streams
check_fails 'and getting its exec lets nobody in' 'User "eve" cannot create resource "pods/exec"' \
  kubectl --as=eve exec streams -- true
check 'what no node runs has said nothing' '^0$' bash -c 'kubectl logs streams | wc -c'
check 'kubectl auth can-i' 'no$' bash -c 'kubectl auth can-i delete nodes --as=nobody; true'
check_fails 'a wrong token is nobody' 'Unauthorized|must be logged in' as --token=wrong get pods
check_fails 'an anonymous caller sees no pods' 'forbidden|Unauthorized' curl -sS --fail-with-body --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/api/v1/pods"
check 'but health' 'ok' curl -sS --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/healthz"

# Watching.
kubectl get configmaps -w --output-watch-events -n default >"$work/watch" 2>&1 &
watcher=$!
until_true 10 grep -q kube-root "$work/watch"
kubectl create configmap seen >/dev/null && kubectl delete configmap seen >/dev/null
eventually 'a watch tells of what comes and goes' 10 'ADDED +seen.*DELETED +seen' cat "$work/watch"
kill $watcher

finish
