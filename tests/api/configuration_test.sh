#!/bin/bash
# What the configuration says about plugins decides: lists that keep what is built in, which roles a plugin is given, what
# admission plugins are asked and what their answers count; and what is told of a configuration that cannot be meant.
build=${1:?usage: configuration_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
for name in admission-trouble admission-odd hostile-many; do
  [ -e "$build/fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }
done
toml=$work/site.toml
odd='[plugins.admission-odd]
path = "'$build'/fixtures/admission-odd.so"'
with() {  # TEXT: the configuration
  printf '%s\n' "$1" >"$toml"
}
refused() {  # DESCRIPTION PATTERN TEXT: a server does not start with it, and says why
  with "$3"
  check_fails "$1" "^cleat: $toml:$2" timeout 20 "$cleat" server --data-dir "$work/refused" --listen "127.0.0.1:$port" --config "$toml"
}

# -- What cannot be meant is refused, before anything is done --
refused 'a plugin in a list that is not for it' \
  '2: controllers.enabled: plugin scheduler-default does not fill the role controller; it fills: scheduler \(schedulers.enabled\)$' \
  '[controllers]
enabled = ["...", "scheduler-default"]'
refused 'a name that is no plugin' \
  '3: admission.chain: plugin admission-prioritty is not there: .*/admission-prioritty.so does not exist; did you mean "admission-priority"\?$' \
  '[admission]
chain = ["...",
  "admission-prioritty"]'
refused 'one that is left out of a list without it' \
  '2: admission.chain: "-admission-always-deny": takes nothing away: "admission-always-deny" is not in the list that "..." stands for$' \
  '[admission]
chain = ["...", "-admission-always-deny"]'
refused 'a policy about a plugin that is not asked' \
  '1: admission.admission-priorty: no plugin of that name is in admission.chain; did you mean "admission-priority"\?$' \
  '[admission.admission-priorty]
failure_policy = "ignore"'
refused 'a policy with a setting that there is not' \
  '2: admission.admission-priority.failure_polcy: no such setting; did you mean "failure_policy"\?$' \
  '[admission.admission-priority]
failure_polcy = "ignore"'
refused 'a selector that is none' '2: admission.admission-priority.match.object_selector: "a in": ' \
  '[admission.admission-priority.match]
object_selector = "a in"'
refused 'a role that a plugin does not fill' '2: roles.price-list: plugin addon-dns does not fill the role price-list; it fills: controller' \
  '[roles]
price-list = ["addon-dns"]'
refused 'a setting that a plugin has not' \
  '2: plugins.scheduler-default.scorin: no such setting; the plugin has scheduler_name, .*; did you mean "scoring"\?$' \
  '[plugins.scheduler-default]
scorin = "MostAllocated"'
refused 'one of those that every plugin has' \
  '2: plugins.scheduler-default.memory_limt: no such setting; .*; did you mean "memory_limit"\?$' \
  '[plugins.scheduler-default]
memory_limt = "64Mi"'
refused 'a path under another name' \
  '2: schedulers.enabled: plugin scheduler-fancy is not there: .*/scheduler-fancy.so does not exist.* \(.*:4: plugins.scheduler-fancy.pth; did you mean "path"\?\)$' \
  '[schedulers]
enabled = ["...", "scheduler-fancy"]
[plugins.scheduler-fancy]
pth = "/opt/fancy.so"'
check_fails 'nothing has been made for them' 'No such file' ls "$work/refused"

# -- A list that keeps what is built in; what does nothing is said --
with '[schedulers]
enabled = ["...", "admission-odd", "hostile-many"]

'"$odd"'
visible_files = ["/nowhere"]

[plugins.schedular-default]
scoring = "MostAllocated"

[plugins.notices-events]
memory_limit = "64Mi"

[roles]
scheduler-extention = []
frob = []
http-handler = []

[plugins]
signature_keys = ["/nowhere.pub"]
[plugins.hostile-many]
path = "'$build'/fixtures/hostile-many.so"'
start_server --config "$toml"
check 'a plugin gets the role of its list' 'admission-odd +0.1.0 +alpha +scheduler +running' "$cleat" plugin list --data-dir "$data"
check 'the built-in ones are there' 'scheduler-default +[^ ]+ +[^ ]+ +scheduler +running' "$cleat" plugin list --data-dir "$data"
check 'and has no other' 'pod/free created' kubectl run free --image=i
check 'which is said' "config: $toml:2: schedulers.enabled: plugin admission-odd could fill admission too, and no list gives it that: admission.chain would" \
  cat "$work/log"
check 'as is a table that nothing uses' \
  "config: $toml:8: plugins.schedular-default: no list names this plugin, so nothing of it is used; did you mean \"scheduler-default\"\?" \
  cat "$work/log"
check 'and a limit that nothing holds' \
  "config: $toml:12: plugins.notices-events.memory_limit: counts for nothing, since the plugin runs in the server's own process" cat "$work/log"
check 'and a file that is not there' "config: $toml:6: plugins.admission-odd.visible_files: /nowhere does not exist, and the plugin sees nothing there" \
  cat "$work/log"
check 'and signatures that no key is for' "config: $toml:20: plugins.signature_keys: /nowhere.pub: No such file or directory: nothing is signed by it" \
  cat "$work/log"
check 'and a resource that a plugin asks for by mistake' 'plugin hostile-many asks to be allowed to wacth "podz", and no resource is called that; did you mean "pods"\?' \
  cat "$work/log"
check 'and a verb' 'plugin hostile-many asks to be allowed to wacth podz, and no request has that verb; did you mean "watch"\?' cat "$work/log"
check 'and a list of a role that is none' \
  "config: $toml:15: roles.scheduler-extention: it is empty, and no role is called that; did you mean \"scheduler-extension\"\?" cat "$work/log"
check 'near which nothing is' "config: $toml:16: roles.frob: it is empty, and no role is called that" cat "$work/log"
check_fails 'one of a role that there is may be empty' '^$' grep 'roles.http-handler' "$work/log"
stop_server

with '[schedulers]
enabled = ["...", "admission-odd"]
[admission]
chain = ["admission-odd", "...", "-admission-service-account", "-admission-mutating-webhook"]
[admission.admission-odd.match]
resources = ["deployment.apps"]

'"$odd"
start_server --config "$toml"
check 'with both lists it has both' 'admission-odd +0.1.0 +alpha +admission,scheduler +running' "$cleat" plugin list --data-dir "$data"
check 'a resource that nobody is called is said' \
  "config: $toml:4: admission.chain: plugin admission-odd wants to see \"pod\", and no resource is called that; did you mean \"pods\"\?" cat "$work/log"
check 'also one of the operator' \
  "config: $toml:6: admission.admission-odd.match.resources: \"deployment.apps\": no resource is called that; did you mean \"deployments\"\?" \
  cat "$work/log"
check 'what is taken off a list is not there' '^0$' bash -c \
  "'$cleat' plugin list --data-dir '$data' | grep -cE 'admission-(service-account|mutating-webhook)' || true"
stop_server

# -- What admission plugins' answers count --
trouble() {  # MODE POLICY: a server with the plugin
  with "[admission]
chain = [\"...\", \"admission-trouble\"]
[admission.admission-trouble]
$2

[plugins.admission-trouble]
path = \"$build/fixtures/admission-trouble.so\"
mode = \"$1\""
  start_server --config "$toml"
}
labelled() { kubectl run "$1" --image=i -n "$2" --labels="$3"; }
passed() { kubectl get --raw /metrics | grep '^cleat_admission_passed_total'; }

trouble deny 'mode = "audit"'
check 'who only audits lets a pod through, with a warning' \
  'Warning: admission-trouble would refuse this: pods "audited" is forbidden: nothing is allowed.*pod/audited created' kubectl run audited --image=i
check 'a line in the log' 'admission-trouble: would refuse: pods "audited" is forbidden: nothing is allowed' cat "$work/log"
check 'and a count' 'plugin="admission-trouble",why="audit"\} 1$' passed
marked='{"metadata":{"annotations":{"trouble/meddle":"labels"}}}'
check 'what it changes does not count' 'pod/audited patched' kubectl patch pod audited --type=merge -p "$marked"
check 'at all' '^\{"run":"audited"\}$' kubectl get pod audited -o 'jsonpath={.metadata.labels}'
stop_server

trouble error ''
check_fails 'a failure refuses' 'the policy server answered 500' kubectl run failed --image=i
stop_server
trouble error 'failure_policy = "ignore"'
check 'unless it is ignored' '^pod/failed created$' kubectl run failed --image=i
check 'which is said' 'admission-trouble: failed, which is ignored: the policy server answered 500' cat "$work/log"
check 'and counted' 'plugin="admission-trouble",why="failure"\} 1$' passed
stop_server
trouble deny 'failure_policy = "ignore"'
check_fails 'a refusal is no failure' 'pods "no" is forbidden: nothing is allowed' kubectl run no --image=i
stop_server

trouble hang 'timeout = "500ms"'
check_fails 'who does not answer in time refuses' 'plugin admission-trouble did not answer Admission.mutate within 0.5 s' kubectl run late --image=i
stop_server
trouble hang 'timeout = "500ms"
failure_policy = "ignore"'
check 'or is passed over' '^pod/late created$' kubectl run late --image=i
stop_server

trouble deny '[admission.admission-trouble.match]
resources = ["pods"]
operations = ["CREATE"]
namespace_selector = "guarded=yes"
object_selector = "!exempt"'
kubectl create namespace guarded >/dev/null
kubectl label namespace guarded guarded=yes >/dev/null
check 'whose namespace is not meant is not asked about' 'created' labelled loose default app=web
check_fails 'in one that is, it is' 'pods "held" is forbidden: nothing is allowed' labelled held guarded app=web
check 'but for objects that are not' 'created' labelled exempt guarded exempt=yes
stop_server
finish
