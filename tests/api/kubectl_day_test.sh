#!/bin/bash
# A day with kubectl: every command that speaks with the API, over every kind that there is, as somebody types them. What needs
# containers (logs, exec, cp, port-forward, attach, debug) is in tests/cluster. KUBECTL is another one than that in the path.
build=${1:?usage: kubectl_day_test.sh BUILD_DIR [KUBECTL]}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
if [ -n "${2:-}" ]; then
  mkdir "$work/bin"
  ln -s "$(realpath "$2")" "$work/bin/kubectl"
  PATH=$work/bin:$PATH
fi
# Commands came with versions, and words changed.
minor=$(kubectl version --client -o json 2>/dev/null | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p' | head -1)
start_server
until_true 20 kubectl get serviceaccount default
k() { kubectl -n day "$@"; }
both() { "$@" 2>&1; }

echo '# morning: what there is'
check 'the version of the server' 'Server Version: (v1\.37\.|version\.Info\{Major:"1", Minor:"37")' kubectl version
check 'where it is' 'Kubernetes control plane.* is running at .*https://127.0.0.1' kubectl cluster-info
check 'groups' '^admissionregistration|apps/v1.*batch/v1.*v1$' kubectl api-versions
check 'resources, wide' 'pods +po +v1 +true +Pod +create,delete,deletecollection,get,list,patch,update,watch +all' kubectl api-resources -o wide
check 'resources by verbs' '^namespaces$' bash -c 'kubectl api-resources --verbs=list --namespaced=false -o name | grep ^namespaces'
for path in /readyz /livez /healthz /version /openapi/v2 /openapi/v3 /api /apis; do
  check "raw $path" '.' bash -c "kubectl get --raw $path | head -c 300"
done
check 'namespaces' 'default +Active' kubectl get ns

echo '# what is created'
check 'a namespace' 'namespace/day created' kubectl create namespace day
until_true 20 k get serviceaccount default
printf 'A=1\nB=2\n' >"$work/env"
printf 'some text\n' >"$work/file.txt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tls.key" -out "$work/tls.crt" -days 1 -subj /CN=day 2>/dev/null
created() { check "$1" "$2 created" k create "${@:3}"; }
created 'a config map of words' configmap/words configmap words --from-literal=a=1 --from-literal=b=2
created 'of a file' configmap/file configmap file --from-file="$work/file.txt" --from-file=other="$work/env"
created 'of an environment' configmap/env configmap env --from-env-file="$work/env"
created 'a secret' secret/words secret generic words --from-literal=p=q
created 'of TLS' secret/tls secret tls tls --cert="$work/tls.crt" --key="$work/tls.key"
created 'of a registry' secret/registry secret docker-registry registry --docker-username=u --docker-password=p --docker-server=r.example
created 'an account' serviceaccount/robot serviceaccount robot
check 'its token' '^eyJ' k create token robot --duration=1h --audience=day
created 'a deployment' deployment.apps/web deployment web --image=registry.example/web:1 --replicas=2 --port=80
created 'a job' job.batch/once job once --image=i:1 -- sleep 1
created 'a cron job' cronjob.batch/often cronjob often --image=i:1 --schedule='*/5 * * * *' -- date
created 'a job of it' job.batch/now job now --from=cronjob/often
created 'a service' service/inner service clusterip inner --tcp=80:8080
created 'without an address' service/headless service clusterip headless --clusterip=None
created 'at the nodes' service/outer service nodeport outer --tcp=80:8080 --node-port=30123
created 'of a balancer' service/balanced service loadbalancer balanced --tcp=80:8080
created 'elsewhere' service/else service externalname else --external-name=example.com
created 'an ingress' ingress.networking.k8s.io/front ingress front --rule='day.example/*=inner:80,tls=tls' --annotation=a=b --class=none
created 'a role' role.rbac.authorization.k8s.io/reader role reader --verb=get,list,watch --resource=pods,configmaps --resource-name=words
created 'its binding' rolebinding.rbac.authorization.k8s.io/reader rolebinding reader --role=reader --serviceaccount=day:robot --user=jane --group=us
created 'a role of the cluster' clusterrole.rbac.authorization.k8s.io/day clusterrole day --verb=get --non-resource-url=/logs/*
created 'one put together' clusterrole.rbac.authorization.k8s.io/day-sum clusterrole day-sum --aggregation-rule=day=yes
created 'its binding' clusterrolebinding.rbac.authorization.k8s.io/day clusterrolebinding day --clusterrole=day --user=jane
created 'a budget' poddisruptionbudget.policy/web poddisruptionbudget web --selector=app=web --min-available=50%
created 'a class of priorities' priorityclass.scheduling.k8s.io/high priorityclass high --value=1000 --description='more than others'
created 'a quota' resourcequota/small quota small --hard=configmaps=20,count/jobs.batch=10
check 'a pod' 'pod/alone created' k run alone --image=registry.example/alone:1 --labels=app=alone,tier=one --env=A=1 --port=80 --restart=Never --overrides='{"spec":{"terminationGracePeriodSeconds":1}}' -- sleep 1000
check 'a pod and its service' 'service/served created.*pod/served created|pod/served created.*service/served created' k run served --image=i:1 --port=80 --expose
check_fails 'nothing twice' 'configmaps "words" already exists' k create configmap words
cat >"$work/set.yaml" <<'Y'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: set, labels: {app: set}}
spec:
  serviceName: headless
  replicas: 1
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: main, image: "registry.example/set:1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec: {containers: [{name: main, image: "registry.example/ds:1"}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 1
  selector: {app: old}
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: main, image: "registry.example/rc:1"}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, max: {memory: 1Gi}, default: {memory: 10Mi}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: lease}
spec: {holderIdentity: me}
Y
check 'what has no command of its own' 'statefulset.apps/set created.*daemonset.apps/everywhere created.*replicationcontroller/old created.*persistentvolumeclaim/claim created.*limitrange/limits created.*networkpolicy.networking.k8s.io/closed created.*lease.coordination.k8s.io/lease created' \
  k create -f "$work/set.yaml"

echo '# what is got'
resources=$(kubectl api-resources --verbs=list -o name | sort -u)
for resource in $resources; do
  check "get $resource" '.' kubectl get "$resource" -A
  check "get $resource, wide" '.' kubectl get "$resource" -A -o wide
done
for form in json yaml name wide 'jsonpath={.items[*].metadata.name}' 'jsonpath-as-json={.items[*].metadata.name}' \
  'go-template={{range .items}}{{.metadata.name}} {{end}}' 'custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image'; do
  check "pods as ${form%%=*}" 'alone' k get pods -o "$form"
done
printf 'NAME IMAGE\nmetadata.name spec.containers[0].image\n' >"$work/columns"
printf '{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}' >"$work/template"
printf '{range .items[*]}{.metadata.name}{"\\n"}{end}' >"$work/path"
check 'columns in a file' 'NAME +IMAGE.*alone +registry.example/alone:1' k get pods -o "custom-columns-file=$work/columns"
check 'a template in a file' 'alone.*served' k get pods -o "go-template-file=$work/template"
check 'a path in a file' 'alone.*served' k get pods -o "jsonpath-file=$work/path"
check 'labels' 'LABELS.*app=alone,tier=one' k get pods --show-labels
check 'a label as a column' 'TIER.*alone .* one' k get pods -L tier
check 'by a label' '^pod/alone$' k get pods -l 'app=alone,tier in (one,two),!none' -o name
check 'by a field' '^pod/alone$' k get pods --field-selector=metadata.name=alone,status.phase!=Running -o name
check 'in an order' '^configmap/env
configmap/file' bash -c 'kubectl get configmap -n day --sort-by=.metadata.name -o name'
check 'in the order of a number' 'alone' k get pods --sort-by='{.metadata.creationTimestamp}'
check 'in pieces' '^[0-9]+$' bash -c 'kubectl get clusterroles --chunk-size=10 -o name | grep -c .'
same_number() { [ "$(kubectl get clusterroles --chunk-size=7 -o name | sort -u | grep -c .)" = "$(kubectl get clusterroles --chunk-size=0 -o name | grep -c .)" ] && echo same; }
check 'all of them, whatever the pieces' '^same$' same_number
check 'without heads' '^alone ' k get pod alone --no-headers
check 'with its kind' '^pod/alone ' k get pod alone --no-headers --show-kind
check 'several kinds' 'pod/alone.*deployment.apps/web.*service/inner' k get pods,deployments,services
check 'all that is of "all"' 'pod/alone.*replicationcontroller/old.*service/inner.*daemonset.apps/everywhere.*deployment.apps/web.*replicaset.apps/web-.*statefulset.apps/set.*cronjob.batch/often.*job.batch/once' k get all
check 'by a file' 'statefulset.apps/set.*lease.coordination.k8s.io/lease' k get -f "$work/set.yaml"
check 'what is not there, and does not matter' '^$' k get pod none --ignore-not-found
check_fails 'what is not there' 'Error from server \(NotFound\): pods "none" not found' k get pod none
check_fails 'what nobody knows' 'the server doesn.t have a resource type "things"' k get things
check 'what is deprecated' 'Warning: v1 ComponentStatus is deprecated in v1.19+.*NAME +STATUS +MESSAGE +ERROR.*controller-manager +Healthy +ok.*etcd-0 +Healthy +ok.*scheduler +Healthy +ok' both kubectl get cs
check 'managed fields' 'managedFields' k get configmap words -o yaml --show-managed-fields
check 'a subresource' 'web +2' k get deployment web --subresource=scale
check 'status by itself' '"phase": "Pending"' k get pod alone --subresource=status -o json
check 'what changes' 'alone' bash -c 'timeout 2 kubectl get pods -n day -w; true'
check 'what changes from now on' '^watched$' bash -c '(sleep 1; kubectl create configmap watched -n day >/dev/null) & timeout 3 kubectl get configmaps -n day --watch-only -o custom-columns=N:.metadata.name --no-headers; true'
check 'what becomes of it' 'ADDED +words' bash -c 'timeout 2 kubectl get configmap words -n day -w --output-watch-events; true'

echo '# what is explained'
# kubectl takes the last part of these names for a field; of the newer events and of metrics it is asked by their version.
for resource in $(kubectl api-resources -o name | grep -v -e '^events.events.k8s.io$' -e 'metrics.k8s.io$' | sort -u); do
  check "explain $resource" 'KIND:.*(FIELDS|DESCRIPTION)' kubectl explain "$resource" --recursive
done
check 'explain the newer events' 'GROUP: +events.k8s.io.*regarding' kubectl explain events --api-version=events.k8s.io/v1 --recursive
check 'explain metrics' 'KIND: +NodeMetrics.*window' kubectl explain nodes --api-version=metrics.k8s.io/v1beta1 --recursive
check 'a field' 'FIELD: containers.*<\[\]Container>' kubectl explain pod.spec.containers
check 'of another version' 'VERSION: +v1' kubectl explain hpa --api-version=autoscaling/v1
check 'as OpenAPI of old' 'replicas' kubectl explain deployment.spec.replicas --output=plaintext-openapiv2
check_fails 'no field' 'field "nothing" does not exist' kubectl explain pod.spec.nothing

echo '# what is described'
# Older kubectls describe these two by a version that Kubernetes 1.37 does not serve by default.
old=$(kubectl version --client -o json | python3 -c 'import json, sys; print(int(json.load(sys.stdin)["clientVersion"]["minor"].rstrip("+")) < 33)')
not_described() { [ "$old" = False ] && cat || grep -v '^ipaddresses\.\|^servicecidrs\.'; }
for resource in $(kubectl api-resources --verbs=list,get -o name | not_described | sort -u); do
  check "describe $resource" '^' kubectl describe "$resource" -A
done
check 'a pod' 'Name: +alone.*Priority: +0.*Status: +Pending.*Environment:.*A: +1.*Events:.*FailedScheduling' bash -c 'for i in $(seq 20); do kubectl describe pod alone -n day | grep -q FailedScheduling && break; sleep 0.5; done; kubectl describe pod alone -n day'
check 'a deployment' 'Replicas: +2 desired.*NewReplicaSet: +web-.*ScalingReplicaSet' k describe deployment web
check 'a service' 'Type: +NodePort.*NodePort: +80-8080 +30123/TCP' k describe service outer
check 'a quota' 'configmaps +[0-9]+ +20' k describe quota small
check 'by a label' 'Name: +alone' k describe pods -l app=alone
check 'without events' '^Name' k describe pod alone --show-events=false

echo '# what is changed'
check 'edited' 'configmap/words edited' env KUBE_EDITOR="sed -i -e 's/^  a:.*/  a: edited/'" kubectl -n day edit configmap words
check 'which took effect' '^edited$' k get configmap words -o 'jsonpath={.data.a}'
check 'edited to nothing' 'Edit cancelled, no changes made' env KUBE_EDITOR=true kubectl -n day edit configmap words
check 'edited as JSON' '"a": "again"' env KUBE_EDITOR='sed -i s/edited/again/' kubectl -n day edit configmap words -o json
check 'its status edited' 'deployment.apps/web edited' env KUBE_EDITOR="sed -i -e 's/^status:/status:\n  collisionCount: 3/'" kubectl -n day edit deployment web --subresource=status
check 'a strategic patch' 'deployment.apps/web patched' k patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}'
check 'a merge patch' 'configmap/words patched' k patch configmap words --type=merge -p '{"data":{"c":"3","b":null}}'
check 'a JSON patch' 'configmap/words patched' k patch configmap words --type=json -p '[{"op":"test","path":"/data/c","value":"3"},{"op":"replace","path":"/data/c","value":"4"}]'
check 'the same changes nothing' 'configmap/words patched \(no change\)' k patch configmap words --type=merge -p '{"data":{"c":"4"}}'
check 'a patch of a subresource' 'scale.autoscaling/web patched' k patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":3}}'
check 'a patch in a file' 'patched' bash -c "echo '{\"data\":{\"d\":\"5\"}}' >'$work/patch' && kubectl patch configmap words -n day --patch-file '$work/patch'"
check 'a patch without a server' 'configmap/words patched' bash -c "kubectl get configmap words -n day -o yaml >'$work/local.yaml' && kubectl patch -f '$work/local.yaml' --local -p '{\"data\":{\"e\":\"6\"}}'"
check 'labels' 'pod/alone (labeled|modified)' k label pod alone color=red tier-
check_fails 'not twice' "'color' already has a value \(red\), and --overwrite is false" k label pod alone color=blue
check 'twice, on purpose' 'pod/alone (labeled|modified)' k label pod alone color=blue --overwrite
check 'of all' 'configmap/words labeled' k label configmaps --all seen=yes
check 'which are listed' 'seen=yes' k label configmap words --list
check 'by a revision' 'labeled' bash -c 'kubectl label configmap words -n day a=b --resource-version=$(kubectl get configmap words -n day -o "jsonpath={.metadata.resourceVersion}")'
check_fails 'that is another' 'Conflict|the object has been modified' k label configmap words a=c --overwrite --resource-version=1
check 'annotations' 'pod/alone annotated?' k annotate pod alone note='a long one' other=x
check 'one less' 'pod/alone annotated?' k annotate pod alone other-
check 'scaled' 'deployment.apps/web scaled' k scale deployment web --replicas=1
check 'if there are so many' 'deployment.apps/web scaled' k scale deployment web --current-replicas=1 --replicas=2
check_fails 'if not, not' 'Expected replicas to be 7, was 2' k scale deployment web --current-replicas=7 --replicas=3
check 'a set scaled' 'statefulset.apps/set scaled' k scale statefulset set --replicas=2
check 'a controller scaled' 'replicationcontroller/old scaled' k scale rc old --replicas=0
check 'an image' 'deployment.apps/web image updated' k set image deployment/web web=registry.example/web:2
check 'variables' 'deployment.apps/web env updated' k set env deployment/web B=2 --from=configmap/env --prefix=P_
check 'which are listed' 'P_B=2' k set env deployment/web --list
check 'resources' 'deployment.apps/web resource requirements updated' k set resources deployment web --limits=cpu=200m,memory=128Mi --requests=cpu=100m
check 'an account' 'deployment.apps/web serviceaccount updated' k set serviceaccount deployment web robot
check 'a selector' 'service/inner selector updated' k set selector service inner app=web
check 'a subject' 'rolebinding.rbac.authorization.k8s.io/reader subjects updated' k set subject rolebinding reader --user=joe
check 'autoscaled' 'horizontalpodautoscaler.autoscaling/web autoscaled' k autoscale deployment web --min=1 --max=5 --cpu-percent=80
check 'which is shown' 'web +Deployment/web +cpu: <unknown>/80% +1 +5' k get hpa web
check 'exposed' 'service/web exposed' k expose deployment web --port=80 --target-port=8080 --type=ClusterIP
check 'replaced' 'configmap/words replaced' bash -c 'kubectl get configmap words -n day -o yaml | sed "s/c: .*/c: replaced/" | kubectl replace -f -'
check 'made anew' 'configmap "words" deleted.*configmap/words replaced' bash -c 'kubectl get configmap words -n day -o yaml | kubectl replace --force -f - 2>&1'
check_fails 'replaced by an older one' 'Operation cannot be fulfilled on configmaps "words"' bash -c 'kubectl get configmap words -n day -o yaml | sed "s/resourceVersion: .*/resourceVersion: \"1\"/" | kubectl replace -f -'
check_fails 'not there to be replaced' 'not found' bash -c 'kubectl create configmap none -n day --dry-run=client -o yaml | kubectl replace -f -'

echo '# what is applied'
cat >"$work/app.yaml" <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: applied, labels: {part-of: app}}
data: {a: "1", b: "2"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: applied, labels: {part-of: app}}
spec:
  selector: {matchLabels: {app: applied}}
  template:
    metadata: {labels: {app: applied}}
    spec: {containers: [{name: main, image: "registry.example/a:1", ports: [{containerPort: 80}]}]}
Y
check 'the difference to nothing' '\+  a: "1"' bash -c "kubectl diff -n day -f '$work/app.yaml'; [ \$? = 1 ]"
check 'without doing it' 'configmap/applied created \(server dry run\).*deployment.apps/applied created \(server dry run\)' k apply -f "$work/app.yaml" --dry-run=server
check 'done' 'configmap/applied created.*deployment.apps/applied created' k apply -f "$work/app.yaml"
check 'done already' 'configmap/applied unchanged.*deployment.apps/applied unchanged' k apply -f "$work/app.yaml"
check 'no difference' '^$' k diff -f "$work/app.yaml"
sed -i 's/b: "2"/c: "3"/' "$work/app.yaml"
check 'the difference' '-  b: "2".*\+  c: "3"' bash -c "kubectl diff -n day -f '$work/app.yaml'; [ \$? = 1 ]"
check 'the difference as the server sees it' '\+  c: "3"' bash -c "kubectl diff -n day --server-side --force-conflicts -f '$work/app.yaml'; [ \$? = 1 ]"
check 'applied' 'configmap/applied configured.*deployment.apps/applied unchanged' k apply -f "$work/app.yaml"
check 'what was left out is gone' '^\{"a":"1","c":"3"\}$' k get configmap applied -o 'jsonpath={.data}'
check 'what was applied last' 'c: "3"' k apply view-last-applied configmap applied
check 'is set' 'configmap/applied configured' k apply set-last-applied -f <(sed '/---/,$d' "$work/app.yaml")
check 'is edited' 'configmap/applied edited' env KUBE_EDITOR='sed -i s/c:.*/c:\ x/' kubectl -n day apply edit-last-applied configmap applied
check 'by the server' 'configmap/applied serverside-applied.*deployment.apps/applied serverside-applied' k apply --server-side --force-conflicts -f "$work/app.yaml"
check 'who owns what' '"manager": "kubectl"' k get configmap applied -o json --show-managed-fields
check_fails 'somebody else' 'Apply failed with 1 conflict: conflict with "kubectl".*\.data\.c' \
  bash -c "sed -e 's/c: \"3\"/c: \"4\"/' -e '/---/,\$d' '$work/app.yaml' | kubectl apply -n day --server-side --field-manager=other -f -"
check 'who insists' 'configmap/applied serverside-applied' \
  bash -c "sed -e 's/c: \"3\"/c: \"4\"/' -e '/---/,\$d' '$work/app.yaml' | kubectl apply -n day --server-side --field-manager=other --force-conflicts -f -"
sed -i '1,/---/d' "$work/app.yaml"
check 'what is not named any more goes' 'configmap/applied pruned' k apply -f "$work/app.yaml" --prune -l part-of=app --prune-allowlist=core/v1/ConfigMap
mkdir "$work/kustom" && cp "$work/app.yaml" "$work/kustom/" && printf 'resources: [app.yaml]\nnamePrefix: k-\n' >"$work/kustom/kustomization.yaml"
check 'a folder of kustomize' 'deployment.apps/k-applied created' k apply -k "$work/kustom"
check_fails 'unknown fields' 'unknown field "spec.nothing"' bash -c "printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {nothing: 1, containers: [{name: c, image: i}]}' | kubectl apply -n day -f -"
check 'which is said only' 'Warning: unknown field "spec.nothing".*pod/x created' bash -c "printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {nothing: 1, containers: [{name: c, image: i}]}' | kubectl apply -n day --validate=warn -f - 2>&1"

echo '# what is tried only'
dry() { check "dry: $1" 'server dry run' k "${@:2}" --dry-run=server; }
dry create create configmap dry
dry 'create of a file' create -f <(sed 's/name: \(set\|everywhere\|old\|claim\|limits\|closed\|lease\)\([,}]\)/name: dry-\1\2/' "$work/set.yaml")
dry run run dry --image=i
check 'dry: patch' 'configmap/words patched' k patch configmap words --type=merge -p '{"data":{"dry":"1"}}' --dry-run=server
dry label label configmap words dry=1
dry annotate annotate configmap words dry=1
dry scale scale deployment web --replicas=5
dry 'set image' set image deployment/web web=dry
dry delete delete configmap words
dry expose expose deployment web --name=dry --port=80
dry autoscale autoscale deployment applied --max=3
dry 'create token' create role dry --verb=get --resource=pods
dry taint create quota dry --hard=pods=1
check 'of all that, nothing is there' '^$' bash -c 'kubectl get all,configmaps,roles,quota -n day -o name | grep dry; kubectl get configmap words -n day -o "jsonpath={.data.dry}{.metadata.labels.dry}"'

echo '# what rolls out'
check 'history' 'REVISION.*1 .*2 ' k rollout history deployment/web
check 'one of it' 'Image:.*registry.example/web:1' k rollout history deployment/web --revision=1
check 'paused' 'deployment.apps/web paused' k rollout pause deployment/web
check 'resumed' 'deployment.apps/web resumed' k rollout resume deployment/web
check 'anew' 'deployment.apps/web restarted' k rollout restart deployment/web
check 'back' 'deployment.apps/web rolled back' k rollout undo deployment/web --to-revision=1
check 'as it was' '^registry.example/web:1$' k get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image}'
check 'how it stands' 'Waiting for deployment' k rollout status deployment/web --watch=false
check 'of a daemon set' 'daemon set "everywhere" successfully rolled out' k rollout status daemonset/everywhere
check 'its history' 'REVISION' k rollout history daemonset/everywhere
check 'a set anew' 'statefulset.apps/set restarted' k rollout restart statefulset/set

echo '# who may what'
[ "$minor" -lt 28 ] || check 'who I am' 'Username +kubernetes-admin|Username.*admin' kubectl auth whoami
check 'what I may' '^yes$' kubectl auth can-i '*' '*'
check 'all that I may' 'Resources +Non-Resource URLs.*\*\.\* +' kubectl auth can-i --list
check 'what somebody may' '^yes$' k auth can-i get pods/words --as=joe
check_fails 'and may not' '^no' k auth can-i delete pods --as=joe
check 'all that somebody may' 'pods +\[\] +\[words\] +\[get list watch\]' k auth can-i --list --as=joe
check 'beside resources' '^yes$' kubectl auth can-i get /logs/x --as=jane
printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: day}\nrules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]\n' >"$work/role.yaml"
check 'roles are reconciled' 'role.rbac.authorization.k8s.io/reader reconciled.*missing rules added' bash -c "kubectl auth reconcile -f '$work/role.yaml' 2>&1"
check 'as somebody else' 'forbidden: User "joe" cannot list resource "secrets" in API group "" in the namespace "day"' bash -c 'kubectl get secrets -n day --as=joe --as-group=us 2>&1; true'

echo '# certificates'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/jane.key" -out "$work/jane.csr" -subj '/CN=jane/O=us' 2>/dev/null
csr() {
  printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: %s}\nspec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: %s}\n' "$1" "$(base64 -w0 "$work/jane.csr")" | kubectl create -f -
}
check 'a request' 'created' csr jane
check 'which is pending' 'jane .*kubernetes.io/kube-apiserver-client .*Pending' kubectl get csr jane
check 'is approved' 'certificatesigningrequest.certificates.k8s.io/jane approved' kubectl certificate approve jane
eventually 'and issued' 10 'Approved,Issued' kubectl get csr jane
check 'another' 'created' csr jane2
check 'is denied' 'certificatesigningrequest.certificates.k8s.io/jane2 denied' kubectl certificate deny jane2
check 'as is shown' 'jane2 .*Denied' kubectl get csr jane2
check 'described' 'Common Name: +jane.*Organization: +us' kubectl describe csr jane

echo '# nodes'
request POST /api/v1/nodes '{"metadata":{"name":"n1","labels":{"zone":"a"}}}' >/dev/null
check 'cordoned' 'node/n1 cordoned' kubectl cordon n1
check 'as is shown' 'n1 .*SchedulingDisabled' kubectl get node n1
check 'uncordoned' 'node/n1 uncordoned' kubectl uncordon -l zone=a
check 'tainted' 'node/n1 tainted' kubectl taint node n1 a=b:NoSchedule
check 'no more' 'node/n1 untainted' kubectl taint node n1 a-
check 'labelled' 'node/n1 labeled' kubectl label node n1 node-role.kubernetes.io/worker=
check 'its role' 'n1 .*worker' kubectl get node n1
check 'drained' 'node/n1 drained' kubectl drain n1 --ignore-daemonsets --force --timeout=20s
check_fails 'what it uses nobody says' 'metrics not available yet|No resources found' kubectl top nodes

echo '# what is waited for'
check 'a condition' 'deployment.apps/web condition met' k wait deployment/web --for=condition=Progressing=True --timeout=10s
check 'a field' 'pod/alone condition met' k wait pod/alone --for=jsonpath='{.status.phase}'=Pending --timeout=10s
if [ "$minor" -ge 31 ]; then
  check 'that it is there' 'configmap/later condition met' bash -c '(sleep 1; kubectl create configmap later -n day >/dev/null) & kubectl wait -n day --for=create configmap/later --timeout=10s'
else
  k create configmap later >/dev/null
fi
check_fails 'in vain' 'timed out waiting for the condition' k wait pod/alone --for=condition=Ready --timeout=1s
check 'that it goes' 'configmap/later condition met' bash -c '(sleep 1; kubectl delete configmap later -n day >/dev/null) & kubectl wait -n day --for=delete configmap/later --timeout=10s'
check 'events' 'LAST SEEN +TYPE +REASON +OBJECT +MESSAGE.*FailedScheduling +Pod/alone' k events
check 'of one' 'FailedScheduling' k events --for pod/alone --types=Warning
check 'as they come' 'FailedScheduling' bash -c 'timeout 2 kubectl events -n day --for pod/alone --watch; true'
check 'as objects' 'FailedScheduling' k get events --field-selector=involvedObject.name=alone --sort-by=.lastTimestamp

echo '# evening: what is deleted'
check 'one' 'configmap "words" deleted' k delete configmap words
check 'by kind and name' 'configmap "env" deleted' k delete configmap/env
check 'by a label' 'pod "alone" (force )?deleted' k delete pods -l app=alone --now
check 'by a field' 'configmap "file" deleted' k delete configmaps --field-selector=metadata.name=file
check 'by a file' 'statefulset.apps "set" deleted.*lease.coordination.k8s.io "lease" deleted' k delete -f "$work/set.yaml"
check 'without waiting' 'deployment.apps "applied" deleted' k delete deployment applied --wait=false
check 'in the foreground' 'deployment.apps "k-applied" deleted' k delete deployment k-applied --cascade=foreground
check 'leaving what it owns' 'deployment.apps "web" deleted' k delete deployment web --cascade=orphan
check 'which is still there' 'replicaset.apps/web-' k get replicasets -o name
check 'by force' 'pod "served" force deleted' bash -c 'kubectl delete pod served -n day --grace-period=0 --force 2>&1'
check 'what is not there, and does not matter' '^$' k delete configmap none --ignore-not-found
check_fails 'what is not there' 'configmaps "none" not found' k delete configmap none
check 'all of some kinds' 'job.batch "once" deleted' k delete jobs,cronjobs,services,ingresses,secrets --all
check 'what is of the cluster' 'priorityclass.scheduling.k8s.io "high" deleted.*clusterrole.rbac.authorization.k8s.io "day" deleted' bash -c \
  'kubectl delete priorityclass/high clusterrole/day clusterrole/day-sum clusterrolebinding/day csr/jane csr/jane2 node/n1 2>&1'
check 'the namespace, with all that is left' 'namespace "day" deleted' kubectl delete namespace day --timeout=60s
check_fails 'it is gone' 'namespaces "day" not found' kubectl get namespace day
finish
