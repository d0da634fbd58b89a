#!/bin/bash
# The disk of a node's images, filled up: unused images go, those first that have not been used for longest, and no more of
# them than it takes; what is in use stays, and a disk that nothing can be taken from is told of.
build=${1:?usage: image_disk_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"

# A disk of 400 MiB, for images alone.
disk=$data/agent/plugins/runtime-oci/images
mkdir -p "$disk"
mount -t tmpfs -o size=400m,mode=700 cleat-images "$disk" || { echo "SKIPPED: nothing can be mounted here"; exit 77; }
leave() {
  local code=$?
  stop_up || { code=1; failures=1; }
  bash "$here/../../etc/node-cleanup.sh" "$data"
  ! mountpoint -q "$disk" || umount -l "$disk"
  (exit $code)
  clean_up
}
trap leave EXIT
cat >"$work/cleat.toml" <<'TOML'
[plugins.agent]
image_gc_high_threshold_percent = 75
image_gc_low_threshold_percent = 70
image_gc_period = "1s"
image_minimum_gc_age = "0s"
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
. "$here/hostile/image.sh"
node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
image_of() {  # NAME MEGABYTES
  head -c "$2M" /dev/urandom >"$work/layer/weight"
  image_from "$1" ''
}
pod() {  # NAME
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: "$1:1", imagePullPolicy: Never}]}
YAML
  kubectl wait --for=condition=Ready "pod/$1" --timeout=30s
}
images() { "$cleat" image list --data-dir "$data"; }
has() { images | grep -qE "(^|[ /])$1(:| +)1( |$)" && echo here || echo gone; }
percent() { df --output=pcent "$disk" | tr -dc 0-9; }
at_most() { [ "$(percent)" -le "$1" ] && echo "no more than $1%"; }
two_looks() { read -r -t 3 <> <(:); }  # of the agent, once a second
fill() { head -c "$1M" /dev/zero >"$disk/.filler"; }  # what is none of the images'

for each in kept:20 first:30 second:30; do image_of "${each%:*}:1" "${each#*:}"; done
check 'an image is used' 'condition met' pod kept
for each in first second; do
  check "another was ($each)" 'condition met' pod $each
  two_looks
  kubectl delete pod $each --now >/dev/null
  two_looks
done
check 'while the disk has room nothing goes' '^here here here$' echo "$(has kept) $(has first) $(has second)"
check 'it is not full' 'no more' at_most 74

fill 140
eventually 'when it fills up what has not been used for longest goes' 15 '^gone$' has first
two_looks
check 'and no more than it takes' '^here$' has second
check 'which is until the lower threshold' 'no more' at_most 70
check 'nobody is told of a shortage' '^No resources found' kubectl get events --field-selector reason=FreeDiskSpaceFailed
fill 290
eventually 'when that is not enough the next one goes too' 15 '^gone$' has second
eventually 'and what then still is too much is told of' 15 \
  "Warning +FreeDiskSpaceFailed +node/$node +Insufficient free disk space on the node.s image filesystem \([0-9]+% of 400.0 MiB used\)" \
  kubectl get events --field-selector reason=FreeDiskSpaceFailed
eventually 'also that it stays so' 15 'Warning +ImageGCFailed ' kubectl get events --field-selector reason=ImageGCFailed
check 'what is in use stays all the same' '^here$' has kept
check 'and at work' '^there$' kubectl exec kept -- echo there
fill 0
image_of third:1 5
check 'once there is room, others come' 'condition met' pod third
kubectl delete pod third --now >/dev/null
fill 1000 2>/dev/null
eventually 'and from a disk without a byte left one can be taken as well' 15 '^gone$' has third
check 'but never what is in use' '^here$' has kept
finish
