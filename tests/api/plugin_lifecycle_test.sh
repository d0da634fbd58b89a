#!/bin/bash
# Plugins come, go and change while a server runs, and one that cannot start keeps nobody else from it.
build=${1:?usage: plugin_lifecycle_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need openssl
fixtures=$(cd "$build" && pwd)/fixtures
plugin() { "$cleat" plugin "$1" --data-dir "$data" "${@:2}"; }
attacks() {  # PLUGIN LINE…
  mkdir -p "$data/plugins/$1"
  printf '%s\n' "${@:2}" >"$data/plugins/$1/attacks"
}
pod() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n' "$1"; }

# One that does not start.
cat >"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["scheduler-default", "hostile"]
[plugins.hostile]
path = "$fixtures/hostile.so"
TOML
attacks hostile refuse
start_server --config "$work/cleat.toml"
check 'a server starts without a plugin that cannot' 'hostile +1.0.0 +alpha +scheduler +restarting' plugin list
check 'says why' 'it has no mind to start' plugin list
check 'is not wholly ready' '^500 .*plugin-hostile failed' request GET '/readyz?verbose'
check 'and works' 'created' kubectl create configmap works
eventually 'an event tells of it' 20 'plugin/hostile' kubectl get events -n default
attacks hostile 'read /nothing'
eventually 'it is tried again until it starts' 30 'hostile +1.0.0 +alpha +scheduler +running' plugin list

# One that takes its time keeps nobody else waiting for long.
stop_server
attacks hostile linger
start_server --config "$work/cleat.toml"
eventually 'one whose start does not return is ended' 20 \
  'hostile .*restarting.*cannot start: it was stuck: a callback \(start\) had not returned for' plugin list
stop_server
attacks hostile dawdle
start_server --config "$work/cleat.toml"
check 'one that never gets ready is not waited for until it is given up' 'hostile +1.0.0 +alpha +scheduler +(starting|restarting)' plugin list
check 'which is said' 'plugin hostile is not ready yet, and the server goes on without it' cat "$work/log"
check 'it can be taken out' 'unloaded hostile' plugin unload hostile
attacks hostile 'read /nothing'
check 'and put in again' 'loaded hostile' plugin load hostile "$fixtures/hostile.so"

# In and out.
check 'a plugin is taken out' 'unloaded hostile' plugin unload hostile
check_fails 'and is not there' 'no plugin hostile is loaded' plugin info hostile
check_fails 'nor can it be taken out again' 'plugins "hostile" not found' plugin unload hostile
check_fails 'of a name that is none it is said which was meant' 'plugins "notices-event" not found; did you mean "notices-events"\?' plugin unload notices-event
check_fails 'also where it was only asked for' 'no plugin notices-event is loaded; did you mean "notices-events"\?' plugin info notices-event
check 'and put in, after it was said what it asks for' 'grants.*- configmaps get.*loaded hostile' plugin load hostile "$fixtures/hostile.so"
check_fails 'once' 'loaded already' plugin load hostile "$fixtures/hostile.so"
check 'what there is to know of it is shown' "file +$fixtures/hostile.so" plugin info hostile
check 'disabled, it does not run' 'unloaded hostile' plugin disable hostile
check 'enabled, it runs, and says that as well' 'grants.*- configmaps get.*loaded hostile' plugin enable hostile
check_fails 'what is no plugin is not loaded' 'nothing was changed|not a shared object|No such file' plugin load nothing "$work/cleat.toml"
check_fails 'nor is one that is not there, and who was meant is said' \
  'there is no plugin scheduler-laod: .*/scheduler-laod.so does not exist; did you mean "scheduler-load"\?' plugin enable scheduler-laod
check_fails 'a plugin with kinds stays' 'brings kinds' plugin unload kinds-apps
attacks hostile refuse
check 'the one that is there' 'unloaded hostile' plugin unload hostile
check_fails 'one that does not start is not loaded' 'nothing was changed: plugin hostile: cannot start' \
  plugin load hostile "$fixtures/hostile.so"
check_fails 'which is said after what it asks for' '^grants.*- configmaps get.*cleat: nothing was changed' plugin load hostile "$fixtures/hostile.so"
check_fails 'at all' 'hostile' plugin info hostile
attacks hostile 'read /nothing'

# A version that wants more.
check 'once more' 'loaded hostile' plugin load hostile "$fixtures/hostile.so"
check_fails 'a swap to a version that asks for more is refused, with the list' \
  'asks to be allowed more than the one that runs: - secrets get; --grant allows it' \
  plugin swap hostile "$fixtures/hostile-more.so"
check 'until that is granted' 'hostile now runs from' plugin swap hostile "$fixtures/hostile-more.so" --grant
check 'and the version is another' 'version +2.0.0' plugin info hostile

restart() { stop_server; start_server --config "$work/cleat.toml" "$@"; }  # OPTION…
# What is saved is there after a restart.
restart
check 'what would not last is told to be so' 'loaded notices-events \(until the next start or reload: --save keeps it\)' \
  bash -c "'$cleat' plugin unload notices-events --data-dir '$data' && '$cleat' plugin load notices-events --data-dir '$data'"
check 'what was not saved is forgotten' 'version +1.0.0' plugin info hostile
check 'what is saved' 'now runs from' plugin swap hostile "$fixtures/hostile-more.so" --grant --save
check 'is written down' "path = \"$fixtures/hostile-more.so\"" cat "$data/plugins.toml"
restart
check 'and read' 'version +2.0.0' plugin info hostile
check 'so is what is gone' 'unloaded hostile' plugin disable hostile --save
restart
check_fails 'it stays away' 'no plugin hostile' plugin info hostile
rm "$data/plugins.toml"

# The configuration is read again.
check 'a reload brings what the file says' 'loaded hostile' "$cleat" reload --data-dir "$data"
cat >>"$work/cleat.toml" <<TOML
memory_limit = "128Mi"
TOML
check 'and what has changed' 'changed hostile' "$cleat" reload --data-dir "$data"
check 'only that' 'no plugin is changed' "$cleat" reload --data-dir "$data"
sed -i 's/"hostile"]/"hostlie"]/' "$work/cleat.toml"
check_fails 'a mistake changes nothing' 'hostlie' "$cleat" reload --data-dir "$data"
check 'nothing at all' 'state +running' plugin info hostile
sed -i 's/, "hostlie"]/]/' "$work/cleat.toml"
kill -HUP "$program"
eventually 'a signal does the same' 20 'read the configuration again: unloaded hostile' cat "$work/log"
printf '[server]\nmax_requests = 7\n' >>"$work/cleat.toml"
check_fails 'what takes a restart says so' 'nothing was changed: \[server\] takes a restart' "$cleat" reload --data-dir "$data"
stop_server

# Whoever decides about requests and cannot start decides nothing: they are refused.
admits_by() {  # PLUGIN: beside the life cycle of namespaces
  printf '[admission]\nchain = ["admission-namespace-lifecycle", "%s"]\n[plugins.%s]\npath = "%s"\n' \
    "$1" "$1" "$fixtures/$1.so" >"$work/cleat.toml"
}
admits_by hostile-admission
attacks hostile-admission refuse
start_server --config "$work/cleat.toml"
check_fails 'admission that is not there admits nothing' \
  'plugin hostile-admission is restarting: .*it has no mind to start' kubectl create -f <(pod refused)
check 'reading goes on' 'kube-root-ca|No resources|NAME' kubectl get configmaps
restart --safe-mode
check 'safe mode leaves out what was not installed with the program' 'safe mode: plugin hostile-admission is left out' cat "$work/log"
check 'so that there is a way in' 'created' kubectl create -f <(pod safe)
stop_server

# What safe mode leaves out stays in what is saved meanwhile.
admits_by admission-odd
start_server --config "$work/cleat.toml"
check 'a vendor'"'"'s scheduler is saved' 'loaded hostile' plugin load hostile "$fixtures/hostile.so" --save
restart --safe-mode
check_fails 'safe mode leaves it out, too' 'no plugin hostile is loaded' plugin info hostile
check 'something else is saved in safe mode' 'unloaded controller-cronjob' plugin disable controller-cronjob --save
check 'beside the scheduler that is left out' '^enabled = \["scheduler-default", "hostile"\]$' sed -n '/^\[schedulers\]/{n;p}' "$data/plugins.toml"
check 'and where it is' "^path = \"$fixtures/hostile.so\"\$" sed -n '/^\[plugins.hostile\]/{n;p}' "$data/plugins.toml"
check 'of the chain of admission nothing is said' '^0$' bash -c "grep -c '^.admission' '$data/plugins.toml' || true"
check_fails 'one that is left out cannot be taken out for a while' \
  'nothing was changed: plugin hostile does not run, as safe mode leaves it out: --save takes it out for later starts too' plugin disable hostile
check_fails 'one that is nowhere cannot at all' 'plugins "hostlie" not found' plugin disable hostlie --save
check 'a reload loads none of them' 'no plugin is changed' "$cleat" reload --data-dir "$data"
check 'the one that made trouble is put in by hand' 'loaded admission-odd' plugin enable admission-odd
check 'which a reload leaves in the roles that the file gives it' '^changed admission-odd$' "$cleat" reload --data-dir "$data"
check 'and taken out for good' 'unloaded admission-odd' plugin disable admission-odd --save
check 'with nobody else' '^chain = \["admission-namespace-lifecycle"\]$' sed -n '/^\[admission\]/{n;p}' "$data/plugins.toml"
restart
check 'at the next start the scheduler is there' 'hostile +1.0.0 +alpha +scheduler +running' plugin list
check_fails 'what was taken out is not' 'no plugin controller-cronjob is loaded' plugin info controller-cronjob
check_fails 'nor is the one that made trouble' 'no plugin admission-odd is loaded' plugin info admission-odd
restart --safe-mode
check 'one that is left out is taken out for good' 'hostile, which safe mode has left out, is in no list any more' plugin disable hostile --save
restart
check_fails 'which it is' 'no plugin hostile is loaded' plugin info hostile
stop_server
rm "$data/plugins.toml"

# Nor is an audit sink of somebody else's loaded in safe mode; who keeps the store cannot be left out.
cp "$build/plugins/audit-log.so" "$work/audit-log.so"
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n' >"$work/policy.yaml"
cat >"$work/cleat.toml" <<TOML
[audit]
policy = "$work/policy.yaml"
mode = "strict"
sinks = ["audit-log"]
[plugins.audit-log]
path = "$work/audit-log.so"
file = "/dev/full"
TOML
start_server --config "$work/cleat.toml" --safe-mode
check 'a sink is left out in safe mode' 'safe mode: plugin audit-log is left out' cat "$work/log"
check 'with a warning that there is none' 'audit.sinks: nobody keeps the audit log that audit.policy asks for' cat "$work/log"
check 'and requests go on' 'created' kubectl create -f <(pod unheard)
stop_server
cat >"$work/cleat.toml" <<TOML
[store]
engine = "store-memory"
[plugins.store-memory]
path = "$fixtures/store-memory.so"
TOML
check_fails 'a store of somebody else'"'"'s is refused with what to do' \
  "cleat.toml:2: store.engine: safe mode: plugin store-memory was not installed with the program, .*: start without --safe-mode, or move" \
  timeout 20 "$cleat" server --data-dir "$work/none" --listen "127.0.0.1:$port" --config "$work/cleat.toml" --safe-mode

# What takes a restart says so, whichever it is.
: >"$work/cleat.toml"
start_server --config "$work/cleat.toml"
takes_restart() {  # SETTING TEXT
  printf '%s\n' "$2" >"$work/cleat.toml"
  check_fails "another $1 takes a restart" "nothing was changed: $1 takes a restart of the program" "$cleat" reload --data-dir "$data"
}
takes_restart audit.policy "audit.policy = \"$work/policy.yaml\""
takes_restart authn.anonymous_paths 'authn.anonymous_paths = ["/healthz"]'
takes_restart authn.anonymous 'authn.anonymous = false'
takes_restart log.max_file_bytes 'log.max_file_bytes = 1000000'
takes_restart log.max_files 'log.max_files = 2'
takes_restart agent.port 'agent.port = 10251'
takes_restart plugins.dir 'plugins.dir = "/nowhere"'
: >"$work/cleat.toml"
check 'nothing of it has stayed' 'no plugin is changed' "$cleat" reload --data-dir "$data"
stop_server

# What the configuration says of a plugin that was taken out counts for nothing, and keeps no server from starting.
cat >"$work/cleat.toml" <<TOML
[admission]
chain = ["...", "admission-odd"]
[admission.admission-odd]
failure_policy = "ignore"
[authz]
chain = ["...", "hostile-authorizer"]
[authz.hostile-authorizer]
timeout = "500ms"
[authn]
chain = ["...", "hostile-authenticator"]
[authn.hostile-authenticator]
timeout = "500ms"
[plugins]
admission-odd = {path = "$fixtures/admission-odd.so"}
hostile-authorizer = {path = "$fixtures/hostile-authorizer.so"}
hostile-authenticator = {path = "$fixtures/hostile-authenticator.so"}
TOML
deciders='admission-odd hostile-authorizer hostile-authenticator'
for name in hostile-authorizer hostile-authenticator; do attacks $name 'read /nothing'; done
start_server --config "$work/cleat.toml"
for name in $deciders; do check "$name, of which more is said, is taken out" "unloaded $name" plugin disable $name --save; done
check 'which a reload has nothing against' 'no plugin is changed' "$cleat" reload --data-dir "$data"
restart
check_fails 'the server starts, without it' 'no plugin admission-odd is loaded' plugin info admission-odd
check_fails 'and without the others' 'no plugin hostile-authorizer is loaded' plugin info hostile-authorizer
idle() {  # LINE SECTION PLUGIN
  check "what is left without effect is said with its line: $2.$3" \
    "config: $work/cleat.toml:$1: $2.$3: the plugin has been taken out of $2.chain, .* until .cleat plugin enable $3" cat "$work/log"
}
idle 3 admission admission-odd
idle 7 authz hostile-authorizer
idle 11 authn hostile-authenticator
check 'put in again' 'loaded admission-odd' plugin enable admission-odd --save
check 'it is as the configuration says' 'no plugin is changed' "$cleat" reload --data-dir "$data"
stop_server
printf '[admission.admision-odd]\nmode = "audit"\n' >>"$work/cleat.toml"
complains 'a name that nobody took out is a mistake as before' \
  'admission.admision-odd: no plugin of that name is in admission.chain; did you mean "admission-odd"' "$work/cleat.toml"
rm "$data/plugins.toml"

# Nor does a file that is none keep a server from starting: what needs the plugin fails, until there is one.
cat >"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["...", "hostile"]
[authz]
chain = ["...", "hostile-authorizer"]
[plugins]
hostile = {path = "$work/late.so"}
hostile-authorizer = {path = "$work/none.so"}
TOML
echo 'no plugin' >"$work/none.so"
rm -f "$work/late.so"
start_server --config "$work/cleat.toml"
check 'a server starts without a file, and says by which line' \
  "config: $work/cleat.toml:2: schedulers.enabled: plugin hostile is not there: $work/late.so does not exist.*; it is tried again" cat "$work/log"
check 'and with one that is no plugin' \
  "config: $work/cleat.toml:4: authz.chain: plugin hostile-authorizer cannot be loaded: $work/none.so.*; it is tried again" cat "$work/log"
check 'they are in their roles' 'hostile +alpha +scheduler +restarting|hostile .*scheduler +restarting' plugin list
check_fails 'where one decides, nothing is decided' 'hostile-authorizer is restarting' kubectl get configmaps --as=mary
sed -i 's/"hostile"]/"hostile", "late"]/; $a late = {path = "/nowhere/late.so"}' "$work/cleat.toml"
check_fails 'a reload that would bring another is refused with the line' \
  "nothing was changed: $work/cleat.toml:2: schedulers.enabled: plugin late is not there: /nowhere/late.so does not exist" "$cleat" reload --data-dir "$data"
sed -i 's/, "late"]/]/; $d' "$work/cleat.toml"
check 'one that is missing already is in no reload'"'"'s way' 'no plugin is changed' "$cleat" reload --data-dir "$data"
check 'the rest is served' 'NAME|No resources' kubectl get configmaps
cp "$fixtures/hostile.so" "$work/late.so"
attacks hostile 'read /nothing'
eventually 'the file comes, and it runs' 70 'hostile +1.0.0 +alpha +scheduler +running' plugin list
check 'the other one can be taken out' 'unloaded hostile-authorizer' plugin unload hostile-authorizer
check_fails 'and what it was to decide is decided' 'Forbidden' kubectl get configmaps --as=mary
stop_server

# Objects whose kind has gone with its plugin are kept, and keep their namespace.
ticket() { printf 'apiVersion: my-plugin.example/v1\nkind: Ticket\nmetadata: {name: %s}\nspec: {seat: %s}\n' "$1" "$2"; }
start_server
check_fails 'kinds of Kubernetes stay' "brings kinds of Kubernetes' own" plugin unload kinds-scheduling
check 'kinds come with their plugin' 'loaded my-plugin' plugin load my-plugin "$fixtures/my-plugin.so"
for namespace in kept ending; do
  kubectl create namespace $namespace >/dev/null
  until_true 20 kubectl get serviceaccount default -n $namespace
  check "an object in the namespace $namespace" 'created' kubectl create -n $namespace -f <(ticket held B12)
done
check 'and go with it' 'unloaded my-plugin' plugin unload my-plugin
check_fails 'nobody is told of them then' "doesn't have a resource type|could not find the requested resource" kubectl get tickets -n kept
check 'health counts their objects' 'objects whose kinds no plugin brings: 2 tickets.my-plugin.example' kubectl get --raw '/readyz?verbose'
kubectl delete namespace ending --wait=false >/dev/null
remaining() { kubectl get namespace "$1" -o 'jsonpath={.status.phase} {.status.conditions[?(@.type=="NamespaceContentRemaining")].message}'; }
says='^Terminating Some resources are remaining: tickets.my-plugin.example has 1 resource instances, whose kind no plugin brings at present$'
eventually 'a namespace that is deleted says what remains' 30 "$says" remaining ending
stop_server
start_server
check 'so it is after a restart' 'objects whose kinds no plugin brings: 2 tickets.my-plugin.example' kubectl get --raw '/readyz?verbose'
eventually 'the namespace waits' 20 "$says" remaining ending
check 'the plugin comes back' 'loaded my-plugin' plugin load my-plugin "$fixtures/my-plugin.so"
check 'and its objects as they were' '^B12$' kubectl get ticket held -n kept -o 'jsonpath={.spec.seat}'
check 'they can be changed' 'configured' kubectl apply -n kept -f <(ticket held C1)
check 'the namespace ends' 'condition met|not found' kubectl wait --for=delete namespace/ending --timeout=60s
check 'once more' 'unloaded my-plugin' plugin unload my-plugin
check 'and back' 'loaded my-plugin' plugin load my-plugin "$fixtures/my-plugin.so"
check 'it is the last state that has been kept' '^C1$' kubectl get ticket held -n kept -o 'jsonpath={.spec.seat}'
check 'others can be made' 'created' kubectl create -n kept -f <(ticket other D2)
check_fails 'health has nothing more to say' '^$' bash -c "kubectl get --raw '/readyz?verbose' | grep 'no plugin brings'"
stop_server

# Whoever vouches for a plugin.
openssl genpkey -algorithm ed25519 -out "$work/key" 2>/dev/null
openssl pkey -in "$work/key" -pubout -out "$work/key.pub"
cp "$fixtures/hostile.so" "$work/signed.so"
check_fails 'without a signature there is none' 'there is no signature' "$cleat" plugin verify "$work/signed.so" --key "$work/key.pub"
check 'a plugin is signed' 'signed.so.sig' "$cleat" plugin sign "$work/signed.so" --key "$work/key"
check 'by its key' 'is signed by the key' "$cleat" plugin verify "$work/signed.so" --key "$work/key.pub"
openssl genpkey -algorithm ed25519 -out "$work/other" 2>/dev/null
openssl pkey -in "$work/other" -pubout -out "$work/other.pub"
check_fails 'and no other' "its signature is another key's, or another file's" \
  "$cleat" plugin verify "$work/signed.so" --key "$work/other.pub"
cat >"$work/cleat.toml" <<TOML
[plugins]
require_signature = true
signature_keys = ["$work/other.pub", "$work/key.pub"]
[plugins.hostile]
path = "$work/signed.so"
TOML
start_server --config "$work/cleat.toml"
check_fails 'an unsigned plugin is not loaded where signatures are required' 'plugins.require_signature: .*there is no signature' \
  plugin load hostile "$fixtures/hostile.so"
check 'a signed one is' 'loaded hostile' plugin load hostile "$work/signed.so"
check_fails 'which can be asked before (what else is wrong with the file is said as well)' 'hostile 1.0.0 can be loaded, into a process of its own that is confined' \
  "$cleat" plugin check --without-running "$work/signed.so" --config "$work/cleat.toml"
stop_server
cat >>"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["...", "hostile"]
TOML
mv "$work/signed.so.sig" "$work/signed.sig"
start_server --config "$work/cleat.toml"
check 'a server starts without one that is not signed, and says by which line' \
  "config: $work/cleat.toml:7: schedulers.enabled: plugin hostile cannot be loaded: .*there is no signature.*; it is tried again" cat "$work/log"
check 'it does not run' 'hostile .*restarting' plugin list
mv "$work/signed.sig" "$work/signed.so.sig"
eventually 'before it is' 70 'hostile +1.0.0 +alpha +scheduler +running' plugin list
cp "$fixtures/hostile-more.so" "$work/signed.so"
check_fails 'its signature is for no other code' "its signature is another key's, or another file's" \
  plugin swap hostile "$work/signed.so" --grant
check 'the one that runs goes on' 'version +1.0.0' plugin info hostile
finish
