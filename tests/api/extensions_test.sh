#!/bin/bash
# Who has a say in where the scheduler puts pods, without being one: plugins of the role scheduler-extension in this process and in
# their own, and HTTP extenders; also when they hang, lie or crash.
build=${1:?usage: extensions_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need openssl
for name in extension-label-rank extension-gpus extension-gpu-gang extension-trouble; do
  [ -e "$build/fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }
done
serve() {  # TEXT: with the configuration
  cat >"$work/site.toml" <<TOML
$1

[plugins.extension-label-rank]
path = "$build/fixtures/extension-label-rank.so"
[plugins.extension-gpus]
path = "$build/fixtures/extension-gpus.so"
isolation = "process"
[plugins.extension-gpu-gang]
path = "$build/fixtures/extension-gpu-gang.so"
resource = "example.com/fpga"
wait = "5s"
$(nobody_is_missed)
TOML
  start_server --config "$work/site.toml"
  until_true 20 kubectl get serviceaccount default
}
node() {  # NAME LABELS
  kubectl create -f - <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {$2}}
status:
  allocatable: {cpu: "40", memory: 8Gi, pods: "100", example.com/fpga: "${3:-0}"}
  capacity: {cpu: "40", memory: 8Gi, pods: "100", example.com/fpga: "${3:-0}"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
}
pod() {  # NAME [ANNOTATIONS] [SPEC] [REQUESTS]
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, annotations: {${2:-}}}
spec:
  ${3:-terminationGracePeriodSeconds: 0}
  containers: [{name: c, image: pause, resources: {requests: {cpu: 10m}, limits: {${4:-}}}}]
YAML
}
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
all_where() { kubectl get pods -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort | uniq -c; }
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.message}{end}'; }
events() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }

echo '--- plugins'
serve '[roles]
scheduler-extension = ["extension-label-rank", "extension-gpus"]
[[plugins.scheduler-default.extensions]]
name = "extension-label-rank"
weight = 50
[[plugins.scheduler-default.extensions]]
name = "extension-gpus"
profiles = ["default-scheduler"]
[plugins.scheduler-default]
profiles = ["other"]'
check 'they run where they are to' 'extension-gpus +1.0.0 +alpha +scheduler-extension +running +yes' "$cleat" plugin list --data-dir "$data"
for name in low high; do
  node $name "example.com/rank: \"$([ $name = low ] && echo 10 || echo 90)\", example.com/gpus: \"3\"" >/dev/null
done
node none 'example.com/rank: "0"' >/dev/null
for i in 1 2 3 4 5; do pod plain-$i >/dev/null; done
eventually 'the best by a label gets all of them' 20 '^ +5 high$' all_where
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
for i in $(seq 8); do pod gpu-$i 'example.com/gpus: "1"' >/dev/null; done
eventually 'as many as there are GPUs for are bound' 20 '^ +2 
 +3 high
 +3 low$' all_where
left=$(kubectl get pods --field-selector spec.nodeName= -o 'jsonpath={.items[0].metadata.name}')
check 'the others say why not' '^0/3 nodes are available: 3 node\(s\) had fewer than 1 free gpu\(s\)' why "$left"
check 'which an event says' 'FailedScheduling: 0/3 nodes are available: 3 node\(s\) had fewer' events "$left"
kubectl delete pod "$(kubectl get pods --field-selector spec.nodeName=low -o 'jsonpath={.items[0].metadata.name}')" --force --grace-period=0 >/dev/null 2>&1
eventually 'when one is free another goes on' 40 '^ +1 
 +3 high
 +3 low$' all_where
pod elsewhere 'example.com/gpus: "9"' 'schedulerName: other' >/dev/null
eventually 'another profile asks only the other' 20 '^high$' where elsewhere
stop_server

echo '--- gangs'
rm -rf "$data"
serve '[roles]
scheduler-extension = ["extension-gpu-gang"]
[[plugins.scheduler-default.extensions]]
name = "extension-gpu-gang"'
member() {  # GANG NUMBER SIZE DEVICES [SCHEDULER]
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1-$2, labels: {gang.example.com/name: $1, gang: $1}, annotations: {gang.example.com/size: "$3"}}
spec:
  terminationGracePeriodSeconds: 0
  ${5:+schedulerName: $5}
  containers: [{name: c, image: pause, resources: {limits: {example.com/fpga: $4}}}]
YAML
}
bound() { kubectl get pods -l "gang=$1" -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | grep -c . || true; }
again() { kubectl label node g1 again=$RANDOM --overwrite >/dev/null; }  # pods that were refused are tried when a node changes
node g1 '' 2 >/dev/null
node g2 '' 2 >/dev/null
for i in 1 2; do member train $i 3 1; done
again
eventually 'a gang waits for all of its pods' 20 'the gang train waits for 1 more of its 3 pods' why train-1
check 'and none of them is bound' '^0$' bound train
member train 3 3 1
eventually 'then all are' 30 '^3$' bound train
for i in 1 2; do member large $i 2 1; done
again
eventually 'one that has not room for all has none' 20 'the gang large takes 2 example.com/fpga at once, and there is room for 1 of 2 pods' why large-1
member single 1 1 1
eventually 'what is left goes to who needs no more' 30 '^1$' bound single
check 'not to a part of it' '^0$' bound large
kubectl delete pods -l gang=train --force --grace-period=0 >/dev/null 2>&1
eventually 'when there is room all of it comes' 60 '^2$' bound large
kubectl delete pods -l gang=single --force --grace-period=0 >/dev/null 2>&1
for gang in a b; do for i in 1 2; do member $gang $i 2 1 & done; done
wait $(jobs -p | grep -v "^$program\$")
eventually 'two gangs do not keep half of it each' 60 '^(2 0|0 2)$' bash -c "$(declare -f bound); echo \$(bound a) \$(bound b)"
kubectl delete pods -l gang=large --force --grace-period=0 >/dev/null 2>&1
eventually 'and the other follows' 60 '^2 2$' bash -c "$(declare -f bound); echo \$(bound a) \$(bound b)"
nominated() { kubectl get pod "$1" -o 'jsonpath={.status.nominatedNodeName}'; }
check 'a pod that is bound at once is not nominated' '^$' nominated a-1
kubectl delete pods -l gang=a --force --grace-period=0 >/dev/null 2>&1
member late 2 2 1 nobody
member late 1 2 1
again
eventually 'one that waits for permission says where it will be' 30 '^g[12]$' nominated late-1
check 'and is not there' '^$' where late-1
eventually 'without permission that is over' 30 '^$' nominated late-1
kubectl delete pods -l gang=late --force --grace-period=0 >/dev/null 2>&1
pod none >/dev/null
eventually 'who wants no device is not its business' 20 '^g' where none
stop_server

echo '--- plugins in trouble'
trouble() {  # MODE ISOLATION POLICY
  rm -rf "$data" "$work/well"
  serve '[roles]
scheduler-extension = ["extension-trouble"]
[[plugins.scheduler-default.extensions]]
name = "extension-trouble"
timeout = "500ms"
failure_policy = "'$3'"
[plugins.extension-trouble]
path = "'"$build"'/fixtures/extension-trouble.so"
isolation = "'$2'"
mode = "'$1'"
well_with = "'"$work"'/well"'
  node one '' >/dev/null
  pod p >/dev/null
}
trouble wait none ignore
eventually 'who never answers is passed over' 20 '^one$' where p
stop_server
trouble wait none fail
eventually 'or keeps pods waiting' 20 'running extension "extension-trouble": .*not answered before its deadline' why p
pod free '' 'nodeName: one' >/dev/null
check 'the server is well' 'ok' kubectl get --raw /livez
touch "$work/well"
eventually 'until it answers' 60 '^one$' where p
stop_server
trouble crash unconfined fail
eventually 'who crashes keeps them waiting too' 20 'running extension "extension-trouble": ' why p
touch "$work/well"
eventually 'until it is back' 60 '^one$' where p
stop_server
trouble block process ignore
eventually 'who blocks its process is passed over' 20 '^one$' where p
stop_server

echo '--- HTTP extenders'
rm -rf "$data"
mkdir -p "$work/extender"
extender_port=$(free_port)
extender=
extend() {  # [CERT KEY]
  python3 "$here/extender_server.py" "$extender_port" "$work/extender" "$@" &
  extender=$!
}
end_extender() {
  [ -n "$extender" ] && kill "$extender" 2>/dev/null && wait "$extender" 2>/dev/null
  extender=
}
trap 'end_extender; clean_up' EXIT
extend
asked() { cat "$work/extender/asked"; }
says() { echo "$1" >"$work/extender/mode"; }
serve '[[plugins.scheduler-default.extenders]]
urlPrefix = "http://127.0.0.1:'$extender_port'/scheduler"
filterVerb = "filter"
prioritizeVerb = "prioritize"
bindVerb = "bind"
weight = 5
httpTimeout = "1s"'
node a 'extender: "yes"' >/dev/null
node b 'extender: "yes"' >/dev/null
node c 'extender: "no"' >/dev/null
echo b >"$work/extender/best"
pod p1 >/dev/null
eventually 'it scores' 20 '^b$' where p1
check 'it was shown the pod and all nodes' 'filter pause of 3' asked
check 'and those that were left' 'prioritize p1 of 2' asked
check 'it binds' 'bind p1 to b' asked
eventually 'which an event says' 10 'Scheduled: Successfully assigned default/p1 to b' events p1
kubectl label node a node b extender=no --overwrite >/dev/null 2>&1 || kubectl label nodes a b extender=no --overwrite >/dev/null
pod p2 >/dev/null
eventually 'it filters, in its own words' 20 '^0/3 nodes are available: 3 the extender says no' why p2
kubectl label node a extender=yes --overwrite >/dev/null
eventually 'what a change of a node mends' 40 '^a$' where p2
says error
pod p3 >/dev/null
eventually 'its error keeps a pod waiting' 20 'running extension "http://127.0.0.1:[0-9]+/scheduler": out of order' why p3
says lie
pod p4 >/dev/null
eventually 'as does a node that it makes up' 60 'claims a filtered node "nowhere" which is not found' why p4
says hang
pod p5 >/dev/null
eventually 'and silence' 60 'context deadline exceeded' why p5
says well
eventually 'until it is well again' 60 '^a$' where p5
stop_server
end_extender

echo '--- with TLS, nodes by name, for some resources'
rm -rf "$data"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=extender -addext 'subjectAltName=DNS:extender.example' \
  -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
extend "$work/cert.pem" "$work/key.pem" "$work/cert.pem"
serve '[[plugins.scheduler-default.extenders]]
urlPrefix = "https://127.0.0.1:'$extender_port'/"
filterVerb = "filter"
preemptVerb = "preempt"
nodeCacheCapable = true
managedResources = [{ name = "example.com/fpga", ignoredByScheduler = true }]
tlsConfig = { serverName = "extender.example", caFile = "'"$work"'/cert.pem", certFile = "'"$work"'/cert.pem", keyFile = "'"$work"'/key.pem" }
[[plugins.scheduler-default.extenders]]
urlPrefix = "https://127.0.0.1:1/absent"
filterVerb = "filter"
ignorable = true'
: >"$work/extender/asked"
node d '' >/dev/null
pod q1 >/dev/null
eventually 'who asks for nothing of it is not asked about' 20 '^d$' where q1
pod q2 '' '' 'example.com/fpga: 1' >/dev/null
eventually 'who does is, and the scheduler does not count it' 20 '^d$' where q2
check 'by name' "^filter names \['d'\]$" asked
kubectl create priorityclass important --value=1000 >/dev/null
pod low '' '' 'memory: 6Gi, example.com/fpga: 1' >/dev/null
eventually 'a pod takes most of the node' 20 '^d$' where low
pod high '' 'priorityClassName: important' 'memory: 6Gi, example.com/fpga: 1' >/dev/null
eventually 'who has to make room for a more important one is its business' 20 'preempt \["d"\]' asked
eventually 'nobody where it agrees to nobody' 20 'Insufficient memory' why high
check 'so that all stay' '^False$' bash -c "kubectl get pod low -o json | grep -q deletionTimestamp && echo True || echo False"
check 'one that is not there may be ignored' 'absent.* is left alone for' cat "$work/log"
stop_server
end_extender
cat >"$work/site.toml" <<TOML
[[plugins.scheduler-default.extenders]]
urlPrefix = "ftp://x"
TOML
complains 'a wrong address is refused' 'extenders\[0\].urlPrefix: "ftp://x" is no URL such as' "$work/site.toml"
finish
