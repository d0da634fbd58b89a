#!/bin/sh
# Takes away what network-cni leaves on a node when no pod uses it any more: the bridge, and the netfilter chains of
# its own and of Debian's CNI plugins. Repeats without harm.
#
#   clean.sh [BRIDGE]      BRIDGE: cleat0
bridge=${1:-cleat0}
ip link delete "$bridge" 2>/dev/null
for table in nat filter; do
  rules=$(iptables -w 5 -t "$table" -S 2>/dev/null) || continue
  chains=$(echo "$rules" | sed -n 's/^-N \(CNI-[^ ]*\|CLEAT-POD-[^ ]*\)$/\1/p')
  # Whatever leads to them first, then their content, then they themselves.
  echo "$rules" | grep -E -- '^-A .* -j (CNI-|CLEAT-POD-)' | sed 's/^-A/-D/' | while read -r rule; do
    eval "iptables -w 5 -t $table $rule" 2>/dev/null
  done
  for chain in $chains; do iptables -w 5 -t "$table" -F "$chain"; done
  for chain in $chains; do iptables -w 5 -t "$table" -X "$chain"; done
done
exit 0
