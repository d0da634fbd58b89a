#!/bin/bash
# What a pod may ask for and a container may try without getting more of the node than it was given: users, profiles, kernel
# parameters, mounts and paths that lead elsewhere. Real containers; what is refused says so in words.
build=${1:?usage: node_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need openssl

cat >"$work/cleat.toml" <<'TOML'
[plugins.agent]
allowed_unsafe_sysctls = ["net.core.somaxconn", "kernel.msg*"]
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

# A pod of one container: pod NAME SPEC-OF-THE-CONTAINER [MORE-OF-THE-SPEC], both in YAML's short form.
pod() {
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {containers: [{name: main, image: "${image:-cleat-demo:1}", $2}], restartPolicy: Never, terminationGracePeriodSeconds: 1${3:+, $3}}
YAML
}
of() { kubectl get pod "$1" -o jsonpath="{$2}"; }
said() { kubectl logs "$1"; }
waits() { of "$1" '.status.containerStatuses[0].state.waiting.message'; }
# It is refused before anything of it starts, and its events say why: refused NAME REASON MESSAGE
refused() {
  eventually "$1: the pod has failed" 10 "^Failed $2 " of "$1" '.status.phase} {.status.reason} {.status.message'
  eventually "$1: and an event names what it is" 10 "Warning $2 .*$3" \
    kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.type} {.reason} {.message}{"\n"}{end}'
  check "$1: nothing of it was started" '^none $' of "$1" '.status.nothing}none {.status.containerStatuses[*].containerID'
  check "$1: which is what a list shows" "^$1 +0/[0-9]+ +$2 " kubectl get pod "$1" --no-headers
}
sh_command() { printf 'command: [sh, -c, "%s"]' "$1"; }

. "$here/hostile/image.sh"

# --- Users
core_pattern=$(cat /proc/sys/kernel/core_pattern)
check_fails 'proc is not opened to the machine'"'"'s own users' '`hostUsers` must be false to use `Unmasked`' \
  pod open "$(sh_command 'sleep 1000'), securityContext: {procMount: Unmasked}"
pod own "$(sh_command 'id -u; cat /proc/self/uid_map; echo x > /data/x; ls -ln /data/x; echo owned > /proc/sys/kernel/core_pattern; sleep 1000'), \
  securityContext: {procMount: Unmasked}, volumeMounts: [{name: data, mountPath: /data}]" \
  'hostUsers: false, volumes: [{name: data, emptyDir: {}}]' >/dev/null
eventually 'a pod with users of its own runs' 30 '^Running' of own '.status.phase'
eventually 'its root is nobody on the machine' 10 '^0
 +0 +65536 +65536' said own
eventually 'what it writes into its volume is its own' 10 'rw-r--r-- +1 0 +0 .*/data/x' said own
eventually 'and the kernel is out of its reach' 10 "can't create /proc/sys/kernel/core_pattern: Permission denied" said own
check 'the machine'"'"'s kernel parameter is what it was' "^same\$" \
  sh -c '[ "$(cat /proc/sys/kernel/core_pattern)" = "$1" ] && echo same' _ "$core_pattern"
pod other "$(sh_command 'cat /proc/self/uid_map; sleep 1000')" 'hostUsers: false' >/dev/null
eventually 'the next one has other ids' 30 '0 +131072 +65536' said other
check 'exec is inside too' '0 +65536 +65536' kubectl exec own -- cat /proc/self/uid_map
stop_up
start_up --config "$work/cleat.toml"
eventually 'after a restart of the node it still runs' 30 '^Running' of own '.status.phase'
pod third "$(sh_command 'cat /proc/self/uid_map')" 'hostUsers: false' >/dev/null
eventually 'and the ids of those that run are not given away' 30 '0 +196608 +65536' said third
kubectl delete pod own other third --wait=false >/dev/null

mkdir -p "$work/layer/etc"
echo '1000:x:0:0::/:/bin/sh' >"$work/layer/etc/passwd"
image_from evil-users:1 ''
image=evil-users:1 pod number "$(sh_command 'id -u')" 'securityContext: {runAsNonRoot: true, runAsUser: 1000}' >/dev/null
eventually 'a number is not looked up as a name' 20 '^1000$' said number
mkdir -p "$work/layer/etc"
echo '1000:x:0:0::/:/bin/sh' >"$work/layer/etc/passwd"
image_from evil-users:2 ',"User":"1000"'
image=evil-users:2 pod numbered "$(sh_command 'id -u')" 'securityContext: {runAsNonRoot: true}' >/dev/null
eventually 'nor is the image'"'"'s' 20 '^1000$' said numbered
mkdir -p "$work/layer/etc"
echo 'web:x:0:0::/:/bin/sh' >"$work/layer/etc/passwd"
image_from evil-users:3 ',"User":"web"'
image=evil-users:3 pod named "$(sh_command 'id -u')" 'securityContext: {runAsNonRoot: true}' >/dev/null
eventually 'a name could be root' 20 'container has runAsNonRoot and image has non-numeric user \(web\), cannot verify user is non-root' waits named
image=evil-users:1 pod nobody "$(sh_command 'id -u')" 'securityContext: {runAsNonRoot: true}' >/dev/null
eventually 'and no name is' 20 'container has runAsNonRoot and image will run as root' waits nobody
mkdir -p "$work/layer/etc"
printf 'wheel:x:10:alice\n' >"$work/layer/etc/group"
printf 'alice:x:1000:1000::/:/bin/sh\n' >"$work/layer/etc/passwd"
image_from groups:1 ''
image=groups:1 pod merged "$(sh_command 'id -G')" 'securityContext: {runAsUser: 1000, supplementalGroups: [60000]}' >/dev/null
eventually 'an image'"'"'s groups are merged' 20 '^1000 10 60000$' said merged
image=groups:1 pod strict "$(sh_command 'id -G')" \
  'securityContext: {runAsUser: 1000, supplementalGroups: [60000], supplementalGroupsPolicy: Strict}' >/dev/null
eventually 'unless the pod is strict' 20 '^1000 60000$' said strict
check 'and its status says so' '"gid":1000,"supplementalGroups":\[1000,60000\],"uid":1000' of strict '.status.containerStatuses[0].user.linux'

# --- Profiles
pod armoured "$(sh_command 'sleep 1000'), securityContext: {appArmorProfile: {type: RuntimeDefault}}" >/dev/null
[ -e /sys/module/apparmor ] || refused armoured AppArmor 'Cannot enforce AppArmor: AppArmor is not enabled on the host'
profiles=$data/agent/plugins/runtime-oci/seccomp
mkdir -p "$profiles"
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >"$profiles/no-folders.json"
cp "$profiles/no-folders.json" "$data/outside.json"
ln -s "$data/outside.json" "$profiles/link.json"
seccomp() { printf 'securityContext: {seccompProfile: {type: Localhost, localhostProfile: %s}}' "$1"; }
pod filtered "$(sh_command 'mkdir /tmp/x')" "$(seccomp no-folders.json)" >/dev/null
eventually 'a profile of the operator'"'"'s is applied' 20 "can't create directory '/tmp/x': Operation not permitted" said filtered
check_fails 'one by a path upwards is not' "must not contain '..'" pod up "$(sh_command true)" "$(seccomp ../outside.json)"
pod linked "$(sh_command true)" "$(seccomp link.json)" >/dev/null
eventually 'nor one that a link leads to' 20 'seccomp profile "link.json" below .*/seccomp leads out of that folder' waits linked

# --- Kernel parameters
sysctl() { printf 'securityContext: {sysctls: [{name: %s, value: "%s"}]}' "$1" "$2"; }
pod safe "$(sh_command 'cat /proc/sys/net/ipv4/tcp_syncookies')" "$(sysctl net.ipv4.tcp_syncookies 0)" >/dev/null
eventually 'a safe parameter is set' 20 '^0$' said safe
pod allowed "$(sh_command 'cat /proc/sys/net/core/somaxconn')" "$(sysctl net.core.somaxconn 77)" >/dev/null
eventually 'an unsafe one that the operator allows too' 20 '^77$' said allowed
pod forbidden "$(sh_command true)" "$(sysctl net.ipv4.ip_forward 1)" >/dev/null
refused forbidden SysctlForbidden 'forbidden sysctl: "net.ipv4.ip_forward" not allowlisted'

# --- What the node cannot do
pod disk "$(sh_command true)" 'volumes: [{name: v, nfs: {server: 192.0.2.1, path: /}}]' >/dev/null
refused disk UnsupportedField 'spec.volumes\[0\].nfs: this node does not mount volumes of this type'
# The scheduler waits for the claim; whoever names the node goes round it.
pod claim "$(sh_command true)" "nodeName: $(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}'),
  volumes: [{name: v, persistentVolumeClaim: {claimName: v}}]" >/dev/null
eventually 'a claim that is not there is waited for' 20 'FailedMount.*error processing PVC default/v: failed to fetch PVC from API server' \
  kubectl get events --field-selector involvedObject.name=claim
kubectl delete pod claim --wait=false >/dev/null

# --- Mounts and paths
mkdir -p "$work/tree/inner" && mount -t tmpfs tmpfs "$work/tree/inner"
tree="volumes: [{name: v, hostPath: {path: $work/tree}}]"
write_tree=$(sh_command 'exec 2>&1; touch /v/x; touch /v/inner/x && echo written')
pod shallow "$write_tree, volumeMounts: [{name: v, mountPath: /v, readOnly: true}]" "$tree" >/dev/null
eventually 'read-only is the mount alone' 20 'Read-only.*written' said shallow
pod deep "$write_tree, volumeMounts: [{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: Enabled}]" "$tree" >/dev/null
eventually 'recursive, it is what lies below it too' 20 'touch: /v/inner/x: Read-only file system' said deep
check 'and the status says so' '^Enabled$' of deep '.status.containerStatuses[0].volumeMounts[0].recursiveReadOnly'
kubectl delete pod shallow deep --wait=true --timeout=20s >/dev/null
umount "$work/tree/inner"

kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: subpath}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  initContainers: [{name: plant, image: "cleat-demo:1", command: [sh, -c, "ln -s / /data/root; ln -s ../../../../../.. /data/up"], volumeMounts: [{name: data, mountPath: /data}]}]
  containers:
  - {name: main, image: "cleat-demo:1", command: [sleep, "1000"], volumeMounts: [{name: data, mountPath: /host, subPath: root}]}
  volumes: [{name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: swapped}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: swap, image: "cleat-demo:1", command: [sh, -c, "until [ -e /data/sub/seen ]; do sleep 0.1; done; rm -r /data/sub; ln -s / /data/sub; sleep 1000"], volumeMounts: [{name: data, mountPath: /data}]}
  - {name: again, image: "cleat-demo:1", command: [sh, -c, "touch /sub/seen; sleep 2; ls /sub; exit 1"], volumeMounts: [{name: data, mountPath: /sub, subPath: sub}]}
  volumes: [{name: data, emptyDir: {}}]
YAML
eventually 'a link does not lead a subPath out of its volume' 20 'failed to prepare subPath for volumeMount "data" of container "main"' waits subpath
eventually 'nor does one that is put there afterwards' 40 \
  'failed to prepare subPath for volumeMount "data" of container "again"|volume-subpaths/data/again/0" to rootfs at "/sub"' \
  kubectl get events --field-selector involvedObject.name=swapped
check 'no file of the machine was seen' '^nothing$' bash -c "kubectl logs swapped -c again | grep -v '^seen$' || echo nothing"
kubectl delete pod subpath swapped --wait=false >/dev/null

image_from work:1 ',"WorkingDir":"/proc/self/fd/8"'
image=work:1 pod descriptor "$(sh_command 'cat ../../../etc/shadow')" >/dev/null
eventually 'no container begins in a descriptor of its runtime' 20 'leads into /proc, where no container can begin' waits descriptor
ln -s /proc/self/fd/8 "$work/layer/place"
image_from work:2 ',"WorkingDir":"/place"'
image=work:2 pod linked-descriptor "$(sh_command 'cat ../../../etc/shadow')" >/dev/null
eventually 'nor where a link leads to one' 20 'leads into /proc, where no container can begin' waits linked-descriptor
pod own-descriptor "$(sh_command true), workingDir: /proc/self/fd/7" >/dev/null
eventually 'nor by the pod'"'"'s wish' 20 'leads into /proc' waits own-descriptor
for at in /dev /proc/self/attr /proc; do
  name=over$(tr / - <<<"$at")
  pod "$name" "$(sh_command true), volumeMounts: [{name: v, mountPath: $at}]" 'volumes: [{name: v, emptyDir: {}}]' >/dev/null
  eventually "nothing is put at $at, where the runtime works" 20 "nothing can be mounted at $at" waits "$name"
done
ln -s /dev "$work/layer/devices"
image_from devices:1 ''
image=devices:1 pod over-link "$(sh_command true), volumeMounts: [{name: v, mountPath: /devices}]" 'volumes: [{name: v, emptyDir: {}}]' >/dev/null
eventually 'nor by a link of the image' 20 'nothing can be mounted at /devices' waits over-link

check_fails 'a projected file has no path upwards' "must not contain '..'" pod projected "$(sh_command true)" \
  'volumes: [{name: v, projected: {sources: [{configMap: {name: c, items: [{key: k, path: ../../etc/passwd}]}}]}}]'
check_fails 'nor an absolute one' 'must be a relative path' pod projected "$(sh_command true)" \
  'volumes: [{name: v, secret: {secretName: c, items: [{key: k, path: /etc/passwd}]}}]'
check_fails 'a subPath has none either' "must not contain '..'" pod dots \
  "$(sh_command true), volumeMounts: [{name: v, mountPath: /v, subPath: ../../..}]" 'volumes: [{name: v, emptyDir: {}}]'

pod talker "$(sh_command 'echo hello; sleep 1000')" >/dev/null
eventually 'a log is read' 20 '^hello$' said talker
uid=$(of talker .metadata.uid)
log=$(echo "$data"/agent/plugins/agent/logs/default_talker_"$uid"/main/0.log)
check 'it is where it is thought to be' 'hello' cat "$log"
mv "$log" "$log.moved" && ln -s /etc/passwd "$log"
check_fails 'a link in its place is not followed' 'cannot open the log: Too many levels of symbolic links' said talker
rm "$log"; mv "$log.moved" "$log"

# --- Names
for bad in '--help' '-v' 'oci:/etc:x' 'a b' '$(id)' '../../etc:1' 'dir:/'; do
  name=image$((++images))
  image=$bad pod "$name" "$(sh_command true)" >/dev/null 2>&1 || continue
  eventually "the image name $bad is a name or nothing" 20 '^(InvalidImageName|ErrImageNeverPull|ErrImagePull|ImagePullBackOff)$' \
    of "$name" '.status.containerStatuses[0].state.waiting.reason'
done

# --- Others' containers
pod mine "$(sh_command 'sleep 1000')" >/dev/null
eventually 'a pod of mine runs' 20 '^Running' of mine .status.phase
check_fails 'exec reaches no container of another pod' 'container other is not valid for pod mine|container not found' \
  kubectl exec mine -c other -- true
agent=https://127.0.0.1:10250
check 'the kubelet API lets nobody in without a certificate' '^(401|403|000)$' \
  curl -sk --max-time 5 -o /dev/null -w '%{http_code}' -X POST "$agent/exec/default/mine/main?command=id&output=1"
finish
