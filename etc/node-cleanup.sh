#!/bin/bash
# Takes away everything that a node leaves on its machine when `cleat` has stopped: containers go on running by design,
# and so do the netfilter rules. Afterwards no process, mount, namespace, interface, cgroup, rule or file is left.
#
#   etc/node-cleanup.sh DATA_DIR
set -u
data=$(realpath -m "${1:?usage: node-cleanup.sh DATA_DIR}")
[ "$(id -u)" = 0 ] || { echo "node-cleanup.sh: must be root" >&2; exit 1; }
[ "$data" != / ] || exit 1

# Ours with the folder on their command line (somebody who only reads a file there is none of them), and all in our cgroups.
ours() {
  for pid in $(pgrep -f -- "$data/"); do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in cleat*|conmon|runc|crun|skopeo) echo "$pid" ;; esac
  done
}
pids_of() {
  { ours
    find /sys/fs/cgroup -path '*/cleat/*' -name cgroup.procs -exec cat {} + 2>/dev/null; } | sort -un
}
# conmon and pause first, then what they held; a few rounds, because some are just starting others.
for _ in $(seq 1 50); do
  pids=$(pids_of)
  [ -n "$pids" ] || break
  # shellcheck disable=SC2086
  kill -9 $pids 2>/dev/null
  sleep 0.1
done

rundirs=""
while read -r file; do rundirs="$rundirs $(cat "$file")"; done < <(find "$data" -name run_dir -path '*runtime-oci*' 2>/dev/null)
for folder in $data $rundirs; do
  for mount in $(awk -v root="$folder/" 'index($2 "/", root) == 1 { print $2 }' /proc/self/mounts | sort -r); do
    umount -l "$mount" 2>/dev/null
  done
done
find /sys/fs/cgroup -depth -type d \( -path '*/cleat/*' -o -name cleat \) -exec rmdir {} + 2>/dev/null
ip link delete cleat0 2>/dev/null
for table in nat filter; do
  rules=$(iptables-save -t $table 2>/dev/null) || continue
  case $rules in *KUBE-*|*CLEAT-*|*CNI-*) ;; *) continue ;; esac
  printf '%s\n' "$rules" | grep -v -E 'KUBE-|CLEAT-|CNI-' | iptables-restore -T $table
done
for folder in $rundirs $data; do rm -rf --one-file-system "$folder"; done
rmdir /run/cleat 2>/dev/null
exit 0
