#!/bin/bash
# scheduler-load: pods go where least is really used, and wait where all is used above a limit. The nodes' agents are on paper and
# say what they are told to (usage_server.py); once in the server's process, once confined in one of its own.
build=${1:?usage: scheduler_load_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/server.sh"
need openssl
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=agent -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
agents=()
end_agents() {
  [ ${#agents[@]} = 0 ] || kill "${agents[@]}" 2>/dev/null
  agents=()
}
trap 'end_agents; clean_up' EXIT

settings() {  # ISOLATION
  cat >"$work/site.toml" <<TOML
[roles]
scheduler-extension = ["scheduler-load"]
[[plugins.scheduler-default.extensions]]
name = "scheduler-load"
weight = 10
[plugins.scheduler-load]
isolation = "$1"
resolution = "1s"
limit_utilization = 85
[plugins.kinds-metrics]
resolution = "1s"
$(nobody_is_missed)
TOML
}
serve() {
  rm -rf "$data"
  start_server --config "$work/site.toml"
  until_true 20 kubectl get serviceaccount default
}
node() {  # NAME PORT: with four processors, and an agent at the port
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1}
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "100"}
  capacity: {cpu: "4", memory: 8Gi, pods: "100"}
  addresses: [{type: InternalIP, address: 127.0.0.1}]
  daemonEndpoints: {kubeletEndpoint: {Port: $2}}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
}
measured_node() {  # NAME: uses what its agent was told
  local port
  port=$(free_port)
  python3 "$here/usage_server.py" "$port" "$work/use-$1" "$work/cert.pem" "$work/key.pem" &
  agents+=($!)
  node "$1" "$port"
}
use() {  # NODE PROCESSORS
  echo "$2 1000000000" >"$work/new"
  mv "$work/new" "$work/use-$1"
}
pod() {  # NAME CPU
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: pause, resources: {requests: {cpu: $2, memory: 10Mi}}}]}
YAML
}
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
all_where() { kubectl get pods -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort | uniq -c; }
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.status} {.reason}: {.message}{end}'; }
away() { kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1; }
counted() { kubectl get --raw /metrics | grep "^scheduler_load_$1"; }  # what the plugin counts of itself

acts() {  # ISOLATION
  use a 3.8
  use b 3.9
  settings "$1"
  serve
  measured_node a
  measured_node b
  check 'it runs where it is to' 'scheduler-load +[0-9.]+ +alpha +scheduler-extension +running' "$cleat" plugin list --data-dir "$data"
  eventually 'it knows what both nodes use' 30 'measured_nodes\{.*\} 2$' counted measured_nodes
  pod waits 10m
  eventually 'a pod waits while both are used above the limit' 20 \
    '^False Unschedulable: 0/2 nodes are available: 2 node\(s\) were used above 85 percent of their cpu' why waits
  use b 0.4
  eventually 'it goes on when the load falls, without anything else that happens' 15 '^b$' where waits
  use a 2
  eventually 'both take pods again' 30 ' 0\.(29[0-9]*|3(0[0-9]*)?)$' counted used_ratio.*cpu
  for i in 1 2 3 4; do pod "less-$i" 10m; done
  eventually 'pods go where less is used' 20 '^ +5 b$' all_where
  away
  use a 0.4
  use b 1.6
  eventually 'it is the other one' 30 ' 0\.2[45][0-9]*$' counted used_ratio.*cpu
  for i in 1 2 3 4 5 6 7 8; do pod "each-$i" 500m; done
  eventually 'what was placed counts along with what was measured' 20 '^ +5 a
 +3 b$' all_where
  stop_server
  end_agents
}

echo '--- in the server'
acts none
if [ "$(id -u)" = 0 ]; then
  echo '--- in a process of its own'
  acts process
fi

echo '--- without the metrics API'
settings none
sed -n '/^\[kinds\]/,/^\]/p' "$here/../../etc/cleat.toml" | sed 's/, "kinds-metrics"//' >>"$work/site.toml"
sed -i '/^\[plugins.kinds-metrics\]/,+1d' "$work/site.toml"
serve
node a 1
pod plain 10m
eventually 'pods are placed all the same' 20 '^a$' where plain
eventually 'and it says so' 20 'scheduler-load .*metrics.k8s.io is not served' "$cleat" plugin list --data-dir "$data"
check 'once' '^1$' grep -c 'metrics.k8s.io is not served' "$work/log"
stop_server
sed -i 's/^limit_utilization.*/strategy = "best"/' "$work/site.toml"
complains 'a wrong setting is refused' 'strategy: "best" is neither least-used nor target' "$work/site.toml"
finish
