#!/bin/bash
# Holes that others have had (README.md names them), tried against this node.
build=${1:?usage: known_holes_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"

start_up
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
. "$here/hostile/image.sh"
of() { kubectl get pod "$1" -o jsonpath="{$2}"; }
said() { kubectl logs "$@"; }
waits() { of "$1" '.status.containerStatuses[0].state.waiting.message'; }
pod() {  # NAME SPEC-OF-THE-CONTAINER [MORE-OF-THE-SPEC], both in YAML's short form; $image
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {containers: [{name: main, image: "${image:-cleat-demo:1}", $2}], terminationGracePeriodSeconds: 0${3:+, $3}}
YAML
}
command_of() { printf 'command: [sh, -c, "%s"]' "$1"; }

# CVE-2019-11245: root from the second start on.
image_from user:1 ',"User":"1000"'
image=user:1 pod again "$(command_of 'id -u; exit 1')" 'securityContext: {runAsNonRoot: true}' >/dev/null
eventually 'a container starts again' 30 '^[2-9]' of again '.status.containerStatuses[0].restartCount'
check 'as the user that it was' '^1000$' said again --previous
kubectl delete pod again --wait=false >/dev/null

# CVE-2022-0811: one kernel parameter in the value of another.
core_pattern=$(cat /proc/sys/kernel/core_pattern)
pod smuggler "$(command_of 'sleep 1000')" \
  'securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: "1+kernel.core_pattern=|/evil"}]}' >"$work/smuggler" 2>&1
read -r -t 5 <> <(:)
check 'a parameter in the value of another does not start' '^(Pending|Failed|)$' bash -c 'kubectl get pod smuggler -o "jsonpath={.status.phase}" 2>/dev/null | grep . || echo Failed'
check 'and the kernel keeps its own' '^same$' bash -c "[ '$core_pattern' = \"\$(cat /proc/sys/kernel/core_pattern)\" ] && echo same"
kubectl delete pod smuggler --wait=false >/dev/null 2>&1

# CVE-2022-1708: output without an end; CVE-2022-29162, CVE-2022-27652: capabilities that are inherited.
pod loud "$(command_of 'grep CapInh /proc/self/status; sleep 1000'), readinessProbe: {exec: {command: [\"yes\"]}, periodSeconds: 1}" >/dev/null
eventually 'a container inherits no capabilities' 20 '^CapInh:[[:space:]]0+$' said loud
check 'half a gigabyte of output goes through' '^536870912$' bash -c \
  'kubectl exec loud -- sh -c "yes | head -c 536870912" | wc -c'
memory() { awk '/^VmHWM/ {print ($2 < 700000) ? "modest" : $2}' "/proc/$program/status"; }
check 'and is not kept, nor is what a probe says without end' '^modest$' memory
kubectl delete pod loud --wait=false >/dev/null

# CVE-2023-2431: a profile without a name.
check_fails 'a Localhost profile has a name' 'localhostProfile: Required value' pod nameless "$(command_of true)" \
  'securityContext: {seccompProfile: {type: Localhost}}'

# CVE-2024-10220, CVE-2025-1767: repositories whose hooks are run.
pod cloned "$(command_of 'sleep 1000')" 'volumes: [{name: v, gitRepo: {repository: "/tmp/evil"}}]' >/dev/null
eventually 'no repository is cloned' 20 '^Failed UnsupportedField .*spec.volumes\[0\].gitRepo' \
  of cloned '.status.phase} {.status.reason} {.status.message'

# CVE-2025-4437: a passwd without an end, and CVE-2024-5154: files of the image that are links to the machine's.
mkdir -p "$work/layer/etc"
ln -s /dev/zero "$work/layer/etc/passwd"
ln -s /proc/self/mem "$work/layer/etc/group"
image_from endless:1 ',"User":"web"'
image=endless:1 pod endless "$(command_of 'sleep 1000')" >/dev/null
eventually 'a user is not looked for in a device' 20 'passwd|user' waits endless
mkdir -p "$work/layer/etc"
head -c 60M /dev/zero >"$work/layer/etc/passwd"
image_from huge:1 ',"User":"web"'
image=huge:1 pod huge "$(command_of 'sleep 1000')" >/dev/null
eventually 'nor in a file without an end' 30 'passwd|user' waits huge
check 'which costs no memory' '^modest$' memory
mkdir -p "$work/layer/etc"
ln -s /etc/shadow "$work/layer/etc/hosts"
ln -s /etc/shadow "$work/layer/etc/resolv.conf"
ln -s /etc "$work/layer/etc/mtab"
image_from links:1 ''
before=$(stat -c %Y%s /etc/shadow /etc/resolv.conf)
image=links:1 pod links "$(command_of 'cat /etc/hosts; sleep 1000')" >/dev/null
read -r -t 5 <> <(:)
check 'files of the image that are links change nothing here' '^same$' bash -c \
  "[ '$before' = \"\$(stat -c %Y%s /etc/shadow /etc/resolv.conf)\" ] && echo same"
check 'and show nothing of this machine' '^nothing$' bash -c "kubectl logs links 2>/dev/null | grep 'root:' || echo nothing"

# What the node says of itself after all this.
check 'the node is as well as before' ' Ready ' kubectl get nodes
check 'and so is the server' '^ok$' kubectl get --raw /readyz
finish
