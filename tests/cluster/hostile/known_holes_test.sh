#!/bin/bash
# Holes that others have had (README.md names them), tried against this node.
build=${1:?usage: known_holes_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"

# A runc of the test's own, so that an attack that succeeds destroys no more than that.
cp "$(command -v runc)" "$work/runc"
cat >"$work/cleat.toml" <<TOML
[plugins.runtime-oci]
runtime = "$work/runc"
TOML
start_up --config "$work/cleat.toml"
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

# CVE-2019-5736: who is told to start itself starts runc, and another process of the container overwrites what that runs from.
digest() { sha256sum <"$work/runc" | cut -d' ' -f1; }
whole=$(digest)
libraries() {  # what runc needs to start, as it lies here
  local each
  for each in $(ldd "$work/runc" | grep -oE '/[^ ]+'); do
    mkdir -p "$work/layer$(dirname "$each")"
    cp -L "$each" "$work/layer$each"
  done
}
libraries
mkdir -p "$work/layer/bin"
printf '#!/proc/self/exe\n' >"$work/layer/bin/sh"
chmod 755 "$work/layer/bin/sh"
cat >"$work/layer/overwrite" <<'SH'
#!/bin/busybox sh
# Holds the program of whatever is not this image's own, and writes to it as soon as it runs no more.
echo ready
while :; do
  for process in /proc/[0-9]*; do
    [ "$process/exe" -ef /bin/busybox ] && continue
    { command exec 9<"$process/exe"; } 2>/dev/null || continue
    echo "caught $(readlink "$process/exe") of $(wc -c <&9) bytes"
    for try in 1 2 3 4 5 6 7 8 9 10; do
      { echo '#!/bin/true' >/proc/self/fd/9; } 2>/tmp/why && echo written && break
      sleep 0.05
    done
    echo "not written: $(cat /tmp/why)"
    exec 9<&-
  done
done
SH
chmod 755 "$work/layer/overwrite"
image_from exec:1 ''
image=exec:1 pod overwriter 'command: [/overwrite]' >/dev/null
eventually 'a container waits for whoever comes' 20 'ready' said overwriter
for _ in 1 2 3 4 5 6 7 8; do kubectl exec overwriter -- /bin/sh >/dev/null 2>&1; done
eventually 'who comes is runc' 10 'caught [^ ]*(runc|memfd|/)[^ ]* of [0-9]{7,} bytes' said overwriter
check 'and cannot be written to' '^nothing$' bash -c "kubectl logs overwriter | grep -x written || echo nothing"
libraries
image_from itself:1 ',"Entrypoint":["/proc/self/exe"]'
image=itself:1 pod itself 'args: ["--version"]' 'restartPolicy: Never' >/dev/null
eventually 'a container whose program is runc ends, or does not start' 20 'Succeeded|Failed|RunContainerError|CreateContainerError' \
  of itself '.status.phase} {.status.containerStatuses[0].state.waiting.reason'
check 'runc is as it was' "^$whole\$" digest
pod after "$(command_of 'sleep 1000')" >/dev/null
check 'and starts others' 'condition met' kubectl wait --for=condition=Ready pod/after --timeout=30s
check 'and goes into them' '^there$' kubectl exec after -- echo there
kubectl delete pod overwriter itself after --wait=false >/dev/null

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
