#!/bin/bash
# What reading makes of objects beside their text (protobuf, messages) is made at most once, and goes when nobody wants it any more:
# seen by the server's own memory and processor time.
build=${1:?usage: renditions_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
maps=/api/v1/namespaces/default/configmaps
protobuf=application/vnd.kubernetes.protobuf
megabytes() { request GET /metrics >/dev/null; awk '$1 == "process_resident_memory_bytes" {printf "%d\n", $2 / 1048576}' "$work/body"; }
milliseconds() { request GET /metrics >/dev/null; awk '$1 == "process_cpu_seconds_total" {printf "%d\n", $2 * 1000}' "$work/body"; }
page() { accepting $protobuf request GET "$maps?labelSelector=big%3Dyes" | wc -c; }

# 80 MB in 400 objects, which nobody has read yet after a start.
values=$(python3 -c 'print(",".join("\"k%d\":\"%s\"" % (i, "x" * 100) for i in range(1800)))')
for i in $(seq 400); do
  printf '{"metadata":{"name":"big-%s","labels":{"big":"yes"}},"data":{%s}}' "$i" "$values" >"$work/big"
  request POST $maps @"$work/big" >/dev/null
done
stop_server
start_server
until_true 20 kubectl get serviceaccount default
# Told every few milliseconds of how much there is: what a request leaves behind for a moment is no matter.
before=$(megabytes)
began=$(milliseconds)
bytes=$(page)
first=$(($(milliseconds) - began))
made=$(megabytes)
echo "# $bytes bytes of protobuf: $before MB before, $made MB with what was made of them, in $first ms of processor time"
check 'all of them are in protobuf' '^8[0-9]{7}$' echo "$bytes"
check 'what was made of them is kept' '^kept$' eval '[ $((made - before)) -gt 80 ] && echo kept'
began=$(milliseconds)
again=$(for i in 1 2 3; do page; done)
later=$((($(milliseconds) - began) / 3))
echo "# $later ms each time after that"
check 'who reads again gets the same' "^$bytes $bytes $bytes\$" echo $again
check 'which is not made again' '^less$' eval '[ $later -lt $((first * 3 / 4)) ] && echo less'
# Rounds are half a minute apart, and what was wanted since the last one is left to the next.
eventually 'it goes when nobody wants it any more' 100 '^gone$' eval '[ $(($(megabytes) - before)) -lt 40 ] && echo gone'
check 'and is made again when somebody does' "^$bytes\$" page
check 'in JSON it never went' '^400$' bash -c "kubectl get configmaps -l big=yes -o name | wc -l"
finish
