#!/bin/bash
# Takes away everything that a node leaves on its machine when `cleat` has stopped: containers go on running by design,
# and so do the netfilter rules. Afterwards no process, mount, namespace, interface, cgroup, rule or file of it is left;
# what belongs to a node with another data folder stays as it is.
#
#   etc/node-cleanup.sh DATA_DIR
#   etc/node-cleanup.sh --who      prints the data folder of the node that has this machine, if one has
set -u
umask 077
usage="usage: node-cleanup.sh DATA_DIR | --who"
[ "$(id -u)" = 0 ] || { echo "node-cleanup.sh: must be root" >&2; exit 1; }
# Lock and record of the node in this network namespace: core/app/node_lock.h.
own=/run/cleat/node-$(stat -L -c %i /proc/self/ns/net)
owner_in() { head -n 1 "$1" 2>/dev/null; }
at_work() { ! flock -n "$1" true; }
if [ "${1:?$usage}" = --who ]; then
  owner=$(owner_in "$own")
  if [ -n "$owner" ] && { at_work "$own" || [ -n "$(find "$owner" -mindepth 1 -print -quit 2>/dev/null)" ]; }; then
    echo "$owner"
  fi
  exit 0
fi
data=$(realpath -m "$1")
[ "$data" != / ] || exit 1
for record in /run/cleat/node-*; do
  if [ "$(owner_in "$record")" = "$data" ] && at_work "$record"; then
    echo "node-cleanup.sh: the node with its data in $data is at work: stop it first" >&2
    exit 1
  fi
done

# The network is ours to clean if the last node in it was this one, or none. Held locked, so that meanwhile none starts.
network_is_ours=
mkdir -p /run/cleat
while exec 9>>"$own" && flock -n 9; do
  [ /proc/self/fd/9 -ef "$own" ] || continue
  case $(owner_in "$own") in ""|"$data") network_is_ours=1 ;; *) exec 9>&- ;; esac
  break
done

# Ours with the folder on their command line (somebody who only reads a file there is none of them).
ours() {
  local file pid argument
  for file in $(grep -lsF -- "$data/" /proc/[0-9]*/cmdline); do
    pid=${file//[!0-9]/}
    case $(cat "/proc/$pid/comm" 2>/dev/null) in cleat*|conmon|runc|crun|skopeo) ;; *) continue ;; esac
    while IFS= read -r -d '' argument; do
      case $argument in "$data"/*|*[=:]"$data"/*) echo "$pid"; break ;; esac
    done 2>/dev/null <"$file"
  done
}
# The pods' cgroups: as the runtime has noted them, and where the pods' pause processes and monitors are.
runtimes=$(find "$data" -name images -prune -o -name run_dir -path '*runtime-oci*' -printf '%h\n' 2>/dev/null)
groups_of_pods() {
  { for runtime in $runtimes; do
      cat "$runtime"/sandboxes/*/sandbox.json 2>/dev/null | grep -o '"cgroupParent":"[^"]*"' | cut -d '"' -f 4
    done
    for pid in $(ours); do
      sed -n -E 's|^[^:]*:[^:]*:(/.*)/cleat-[0-9a-f]{12}$|\1|p' "/proc/$pid/cgroup" 2>/dev/null
    done
  } | grep -E '^/[^/]+/[^/]' | grep -v -F /../ | sort -u
}
hierarchies=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts)
folders_of() { for hierarchy in $hierarchies; do for group in $1; do echo "$hierarchy$group"; done; done; }
pids_of() {
  { ours
    for folder in $(folders_of "$1"); do find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null; done
  } | sort -un
}
# conmon and pause first, then what they held; a few rounds, because some are just starting others.
groups=""
for _ in $(seq 1 50); do
  groups=$({ printf '%s\n' "$groups"; groups_of_pods; } | sort -u)
  pids=$(pids_of "$groups")
  [ -n "$pids" ] || break
  # shellcheck disable=SC2086
  kill -9 $pids 2>/dev/null
  sleep 0.1
done

# The cgroups of all pods of a node, as the agent has noted it; not one that another node here has its pods in as well.
roots_in() {
  find "$1" -name images -prune -o -name cgroup_root -path '*agent*' -exec cat {} + 2>/dev/null |
    grep -E '^(/[A-Za-z0-9._-]+)+$' | grep -v -F /..
}
roots_of_others() {
  local record owner
  for record in /run/cleat/node-*; do
    owner=$(owner_in "$record")
    case $owner in ""|"$data") ;; *) roots_in "$owner" ;; esac
  done
}
roots=$(roots_in "$data" | grep -v -x -F -- "$(roots_of_others)")
rundirs=$(
  for runtime in $runtimes; do cat "$runtime/run_dir"; done
  for note in /run/cleat/*/data_dir; do case $(cat "$note" 2>/dev/null) in "$data"/*) dirname "$note" ;; esac; done
)
for folder in $data $rundirs; do
  for mount in $(awk -v root="$folder/" 'index($2 "/", root) == 1 { print $2 }' /proc/self/mounts | sort -r); do
    umount -l "$mount" 2>/dev/null
  done
done
for hierarchy in $hierarchies; do
  for group in $groups; do
    find "$hierarchy$group" -depth -type d -exec rmdir {} + 2>/dev/null
    # And those above that no other pod is in.
    while group=${group%/*} && [ -n "$group" ]; do rmdir "$hierarchy$group" 2>/dev/null || break; done
  done
  # What the agent has made for pods to be in, where none is.
  for root in $roots; do
    for group in "$root/burstable" "$root/besteffort" "$root"; do rmdir "$hierarchy$group" 2>/dev/null; done
  done
done
if [ -n "$network_is_ours" ]; then
  ip link delete cleat0 2>/dev/null
  nft delete table netdev cleat-pods 2>/dev/null
  for iptables in iptables ip6tables; do
    for table in nat filter; do
      rules=$($iptables-save -t $table 2>/dev/null) || continue
      case $rules in *KUBE-*|*CLEAT-*|*CNI-*) ;; *) continue ;; esac
      printf '%s\n' "$rules" | grep -v -E 'KUBE-|CLEAT-|CNI-' | $iptables-restore -T $table
    done
  done
fi
for folder in $rundirs $data; do rm -rf --one-file-system "$folder"; done
for record in /run/cleat/node-*; do [ "$(owner_in "$record")" != "$data" ] || rm -f "$record"; done
[ -z "$network_is_ours" ] || rm -f "$own"
rmdir /run/cleat 2>/dev/null
exit 0
