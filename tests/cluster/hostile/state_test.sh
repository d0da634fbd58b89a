#!/bin/bash
# Nothing that somebody else has written is lost, and no pod has more of the node than its class may have; and the small
# things in which a container could get more, or be told less, than its pod asks for.
build=${1:?usage: state_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
. "$here/../api/requests.sh"

cat >"$work/cleat.toml" <<'TOML'
[plugins.agent]
system_reserved = ["cpu=300m", "memory=256Mi"]
kube_reserved = ["cpu=200m", "memory=256Mi"]
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
of_node() { kubectl get node "$node" -o jsonpath="{$1}"; }
of() { kubectl get pod "$1" -o jsonpath="{$2}"; }
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=30s; }
patch() { kubectl patch --subresource=status "$@" >/dev/null; }

pod() {  # NAME SPEC-OF-THE-CONTAINER [MORE-OF-THE-SPEC], both in YAML's short form
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {containers: [{name: main, image: "cleat-demo:1", $2}], terminationGracePeriodSeconds: 2${3:+, $3}}
YAML
}

# -- Others' words: a pod's conditions --
pod gated 'command: [sh, -c, "sleep 0.3"]' 'readinessGates: [{conditionType: example.com/attached}]' >/dev/null
eventually 'a container comes and goes, and its agent writes each time' 20 '[1-9]' of gated .status.containerStatuses[0].restartCount
gate() { of gated ".status.conditions[?(@.type==\"example.com/attached\")].$1"; }
for round in $(seq 40); do
  patch pod gated --type=strategic -p "{\"status\":{\"conditions\":[
    {\"type\":\"example.com/attached\",\"status\":\"True\",\"message\":\"round $round\"}]}}"
  [ "$(gate message)" = "round $round" ] || echo "lost in round $round"
done >"$work/lost"
check 'a readiness gate that somebody else sets meanwhile is not lost once in forty times' '^0 ' wc -l "$work/lost"
restarts=$(of gated .status.containerStatuses[0].restartCount)
check 'the agent has written in between' '^[1-9]' echo "$restarts"
pod gate2 'command: [sleep, "1000"]' 'readinessGates: [{conditionType: example.com/attached}]' >/dev/null
eventually 'a pod waits for its gate' 20 'ReadinessGatesNotReady' of gate2 '.status.conditions[?(@.type=="Ready")].reason'
patch pod gate2 --type=strategic -p '{"status":{"conditions":[{"type":"example.com/attached","status":"True"}]}}'
eventually 'and is ready with it' 10 '^True$' of gate2 '.status.conditions[?(@.type=="Ready")].status'
patch pod gate2 --type=strategic -p '{"status":{"conditions":[{"type":"Ready","status":"False","reason":"Mine"}]}}'
eventually 'what of its status is the agent'"'"'s nobody else changes for long' 10 '^True$' of gate2 '.status.conditions[?(@.type=="Ready")].status'
check 'which leaves the gate alone' '^True$' of gate2 '.status.conditions[?(@.type=="example.com/attached")].status'

# -- Others' words: a node's resources and conditions --
right=$(of_node .status.allocatable.memory)
patch node "$node" --type=json -p '[{"op":"add","path":"/status/capacity/example.com~1dongle","value":"3"},
  {"op":"add","path":"/status/conditions/-","value":{"type":"KernelDeadlock","status":"False","reason":"KernelHasNoDeadlock",
   "message":"fine","lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z"}},
  {"op":"replace","path":"/status/allocatable/memory","value":"1Ki"}]'
eventually 'what a node says of itself it puts right' 30 "^$right\$" of_node .status.allocatable.memory
check 'and keeps an extended resource that somebody has given it' '^3 3$' of_node '.status.capacity.example\.com/dongle} {.status.allocatable.example\.com/dongle'
check 'and a condition that somebody watches over' '^False KernelHasNoDeadlock$' of_node \
  '.status.conditions[?(@.type=="KernelDeadlock")].status} {.status.conditions[?(@.type=="KernelDeadlock")].reason'
pod dongle 'command: [sleep, "1000"], resources: {limits: {example.com/dongle: 2}}' >/dev/null
check 'pods may have it' 'condition met' ready dongle
pod dongles 'resources: {limits: {example.com/dongle: 2}}' >/dev/null
eventually 'and no more than there is' 20 'Insufficient example.com/dongle' kubectl describe pod dongles
kubectl delete pod dongle dongles gated gate2 --grace-period=0 --force >/dev/null 2>&1

# -- Classes of pods --
group() {  # GROUP FILE-OF-V1 FILE-OF-V2
  local controller
  for controller in cpu memory pids; do [ ! -e "/sys/fs/cgroup/$controller/cleat$1/$2" ] || { cat "/sys/fs/cgroup/$controller/cleat$1/$2"; return; }; done
  cat "/sys/fs/cgroup/cleat$1/$3"
}
shares() { group "$1" cpu.shares cpu.weight; }
weight() { [ -e /sys/fs/cgroup/cgroup.controllers ] && echo $((1 + ($1 - 2) * 9999 / 262142)) || echo "$1"; }
cpus=$(of_node .status.capacity.cpu)
memory=$(($(of_node .status.capacity.memory | tr -d Ki) * 1024))
check 'all pods have the CPU that is not reserved' "^$(weight $(((cpus * 1000 - 500) * 1024 / 1000)))\$" shares ''
check 'and the memory' "^$((memory - 512 * 1024 * 1024))\$" group '' memory.limit_in_bytes memory.max
check 'and so many processes' '^[1-9][0-9]*$' group '' pids.max pids.max
check 'which is what may be asked for, but for what stays free' "^$((cpus * 1000 - 500))m $((memory - 612 * 1024 * 1024))\$" \
  of_node '.status.allocatable.cpu} {.status.allocatable.memory'
pod besteffort 'command: [sleep, "1000"]' >/dev/null
pod burst1 'command: [sleep, "1000"], resources: {requests: {cpu: 250m}}' >/dev/null
pod burst2 'command: [sleep, "1000"], resources: {requests: {cpu: 300m, memory: 10Mi}, limits: {memory: 20Mi}}' >/dev/null
pod sure 'command: [sleep, "1000"], resources: {limits: {cpu: 100m, memory: 30Mi}}' >/dev/null
for name in besteffort burst1 burst2 sure; do ready $name >/dev/null; done
where() { local id pid; id=$(of "$1" .metadata.uid); find /sys/fs/cgroup -type d -name "pod$id" | sed -E 's|.*(/cleat.*)/pod.*|\1|' | sort -u; }
check 'a pod that asks for nothing is among its like' '^/cleat/besteffort$' where besteffort
check 'one that asks for something too' '^/cleat/burstable$' where burst1
check 'one that is sure of what it has is with all' '^/cleat$' where sure
check 'pods that ask for nothing have the smallest share, all of them together' "^$(weight 2)\$" shares /besteffort
check 'those that ask have what they ask for, together' "^$(weight 563)\$" shares /burstable
check 'one of them has its own part' "^$(weight 256)\$" shares "/burstable/pod$(of burst1 .metadata.uid)"
kubectl delete pod burst2 --grace-period=0 --force >/dev/null 2>&1
eventually 'and less when one goes' 20 "^$(weight 256)\$" shares /burstable
kubectl delete pod burst1 besteffort sure --grace-period=0 --force >/dev/null 2>&1
eventually 'without any their group stays' 20 "^$(weight 2)\$" shares /burstable
busy='command: [sh, -c, "for i in 1 2 3 4; do while :; do :; done & done; wait"]'
used() {  # GROUP: milliseconds of CPU time
  if [ -e "/sys/fs/cgroup/cpuacct/cleat$1/cpuacct.usage" ]; then echo $(($(cat "/sys/fs/cgroup/cpuacct/cleat$1/cpuacct.usage") / 1000000))
  else awk '$1 == "usage_usec" { print int($2 / 1000) }' "/sys/fs/cgroup/cleat$1/cpu.stat"; fi
}
for name in idle1 idle2 idle3; do pod $name "$busy" >/dev/null; done
pod worker "$busy, resources: {requests: {cpu: 500m}}" >/dev/null
for name in idle1 idle2 idle3 worker; do ready $name >/dev/null; done
others=$(used /besteffort) own=$(used /burstable)
has_worked() { [ $(($(used /burstable) - own)) -gt 3000 ]; }
works() { until_true 60 has_worked && echo yes; }
check 'a pod that asked for CPU has it on a full machine' '^yes$' works
others=$(($(used /besteffort) - others)) own=$(($(used /burstable) - own))
in_twenty() { [ $((others * 20)) -lt $own ] && echo yes; }
check "three that did not ask have next to nothing of it ($others of $((others + own)) ms)" '^yes$' in_twenty
kubectl delete pod idle1 idle2 idle3 worker --grace-period=0 --force >/dev/null 2>&1
pod greedy "resources: {requests: {cpu: '$cpus'}}" >/dev/null
eventually 'what is reserved cannot be asked for' 20 'Insufficient cpu' kubectl describe pod greedy
pod past "resources: {requests: {cpu: '$cpus'}}" "nodeName: $node" >/dev/null
eventually 'nor past the scheduler' 20 'OutOfcpu' of past .status.reason
pod limits 'command: [sleep, "1000"], env: [
  {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}},
  {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]' >/dev/null
ready limits >/dev/null
check 'a container without limits is told what pods may have, not what the machine has' \
  "^$((cpus * 1000 - 500)) $((memory - 612 * 1024 * 1024))\$" kubectl exec limits -- sh -c 'echo $CPU $MEMORY'
kubectl delete pod greedy past limits --grace-period=0 --force >/dev/null 2>&1

# -- Parts of volumes --
part() {  # NAME EXPRESSION
  pod "$1" "command: [sleep, \"1000\"], env: [{name: SET, value: here}, {name: EMPTY}, {name: UP, value: ..}],
    volumeMounts: [{name: data, mountPath: /data, subPathExpr: \"$2\"}]" 'volumes: [{name: data, emptyDir: {}}]' >/dev/null
}
waiting() { of "$1" '.status.containerStatuses[0].state.waiting.reason}: {.status.containerStatuses[0].state.waiting.message'; }
part set '$(SET)'
check 'a part of a volume is named by a variable' 'condition met' ready set
part missing '$(NOBODY)'
eventually 'by one that is not there it is refused' 20 '^CreateContainerConfigError: missing value for NOBODY$' waiting missing
part empty '$(EMPTY)'
eventually 'by an empty one as well: it would be the whole volume' 20 '^CreateContainerConfigError: missing value for EMPTY$' waiting empty
part up '$(UP)/other'
eventually 'and by one that leads out' 20 "^CreateContainerConfigError: unable to provision SubPath .*must not contain '..'" waiting up
kubectl delete pod set missing empty up --grace-period=0 --force >/dev/null 2>&1

# -- Ends: hooks and signals of sidecars, and readiness --
mkdir "$work/said"
chmod 777 "$work/said"
says() { echo "echo $1 >> /said/order"; }
sidecar() {  # NAME
  echo "{name: $1, image: 'cleat-demo:1', restartPolicy: Always, volumeMounts: [{name: said, mountPath: /said}],
    command: [sh, -c, 'trap \"$(says "$1-term"); exit 0\" TERM; while :; do sleep 0.1; done'],
    lifecycle: {preStop: {exec: {command: [sh, -c, '$(says "$1-hook")']}}}}"
}
kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: crew}
spec:
  terminationGracePeriodSeconds: 20
  volumes: [{name: said, hostPath: {path: $work/said}}]
  initContainers: [$(sidecar first), $(sidecar second)]
  containers:
  - name: main
    image: cleat-demo:1
    volumeMounts: [{name: said, mountPath: /said}]
    command: [sh, -c, 'trap "$(says main-term); sleep 2; $(says main-end); exit 0" TERM; while :; do sleep 0.1; done']
YAML
ready crew >/dev/null
kubectl delete pod crew >/dev/null
order=$(tr '\n' ' ' <"$work/said/order")
check 'sidecars get their hooks at once and their signals last, the last of them first' \
  '^((first-hook|second-hook|main-term) ){3}main-end second-term first-term $' echo -n "$order"
pod closing 'command: [sh, -c, "touch /tmp/ready; trap \"rm /tmp/ready; sleep 8; exit 0\" TERM; while :; do sleep 0.1; done"],
  readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1, failureThreshold: 1}' 'terminationGracePeriodSeconds: 20' >/dev/null 2>&1
ready closing >/dev/null
kubectl delete pod closing --wait=false >/dev/null
eventually 'a pod that is ending is asked whether it is ready' 6 '^False .+$' of closing '.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp'

# -- Probes that are sent on --
kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: sent}
spec:
  containers:
  - name: near
    image: cleat-demo:1
    command: [sh, -c, 'mkdir -p /tmp/w/there; echo yes > /tmp/w/there/index.html; exec httpd -f -p 8080 -h /tmp/w']
    readinessProbe: {httpGet: {path: /there, port: 8080}, periodSeconds: 1}
  - name: nowhere
    image: cleat-demo:1
    command: [sh, -c, 'mkdir -p /tmp/w/cgi-bin; printf "#!/bin/sh\nprintf \"Status: 302 Found\\r\\nLocation: /cgi-bin/again\\r\\n\\r\\n\"\n" > /tmp/w/cgi-bin/again; chmod 755 /tmp/w/cgi-bin/again; exec httpd -f -p 8081 -h /tmp/w']
    readinessProbe: {httpGet: {path: /cgi-bin/again, port: 8081}, periodSeconds: 1, failureThreshold: 1}
  - name: far
    image: cleat-demo:1
    command: [sh, -c, 'mkdir -p /tmp/w/cgi-bin; printf "#!/bin/sh\nprintf \"Status: 302 Found\\r\\nLocation: http://192.0.2.1/\\r\\n\\r\\nelsewhere\"\n" > /tmp/w/cgi-bin/away; chmod 755 /tmp/w/cgi-bin/away; exec httpd -f -p 8082 -h /tmp/w']
    readinessProbe: {httpGet: {path: /cgi-bin/away, port: 8082}, periodSeconds: 1}
YAML
is_ready() { of sent ".status.containerStatuses[?(@.name==\"$1\")].ready"; }
eventually 'a probe goes where the server sends it, on the same host' 20 '^true$' is_ready near
eventually 'to another host it does not go, and that is said' 20 'ProbeWarning .*Readiness probe warning: Probe terminated redirects, Response body: elsewhere' \
  kubectl describe pod sent
check 'and no failure' '^true$' is_ready far
eventually 'nor for ever in a circle' 20 'Get "http://10.244.0.[0-9]+:8081/cgi-bin/again": stopped after 10 redirects' kubectl describe pod sent
check 'which is one' '^false$' is_ready nowhere
kubectl delete pod sent --grace-period=0 --force >/dev/null 2>&1

# -- The node's disk --
fills() { printf 'command: [sh, -c, "head -c 8000000 /dev/zero >%s/file; sleep 1000"]' "$1"; }
pod folder "$(fills /data), volumeMounts: [{name: data, mountPath: /data}]" \
  'volumes: [{name: data, emptyDir: {sizeLimit: 1Mi}}]' >/dev/null
pod own-files "$(fills /tmp), resources: {limits: {ephemeral-storage: 1Mi}}" >/dev/null
pod modest "$(fills /tmp), resources: {limits: {ephemeral-storage: 1Gi}}" >/dev/null
eventually 'a pod that fills its folder beyond the limit is evicted' 40 \
  '^Failed Evicted Usage of EmptyDir volume "data" exceeds the limit "1Mi"' \
  of folder '.status.phase} {.status.reason} {.status.message'
eventually 'and so is one whose container writes too much' 40 \
  '^Failed Evicted (Pod ephemeral local storage usage|Container main) exceed' \
  of own-files '.status.phase} {.status.reason} {.status.message'
check 'an event says so' 'Warning +Evicted +pod/folder +Usage of EmptyDir volume' kubectl get events --field-selector reason=Evicted
check 'one that keeps within its limit stays' '^Running' of modest .status.phase
kubectl delete pod folder own-files modest --grace-period=0 --force >/dev/null 2>&1

# -- A reservation that makes no sense --
stop_up
cat >"$work/cleat.toml" <<'TOML'
[plugins.agent]
system_reserved = ["memory=1Ei"]
TOML
check_fails 'more is reserved than there is: the node does not start' \
  'invalid Node Allocatable configuration. Resource "memory" has a reservation of 1152921504606846976 but capacity of ' \
  timeout 60 "$cleat" up --data-dir "$data" --listen "0.0.0.0:$port" --config "$work/cleat.toml"
finish
