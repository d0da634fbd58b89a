#!/bin/bash
# Server-side apply: who owns what, and what happens to it when somebody stops naming it.
build=${1:?usage: apply_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

apply() {  # MANAGER MANIFEST [OPTION]
  printf -- '---\n%s\n' "$2" | kubectl apply --server-side --field-manager="$1" ${3:-} -f -
}
owned() {  # MANAGER KIND NAME: the fields that are booked for it, of each entry in a line
  kubectl get "$2" "$3" --show-managed-fields -o json | python3 -c '
import json, sys
entries = [e for e in json.load(sys.stdin)["metadata"].get("managedFields", []) if e["manager"] == sys.argv[1]]
for e in entries:
    print(e["operation"], e.get("subresource", "-"), e["apiVersion"], json.dumps(e["fieldsV1"], sort_keys=True))
if not entries:
    print("nothing")' "$1"
}

# A number of replicas that goes from a file to somebody who scales.
deployment() {  # NAME REPLICAS
  printf '{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s}, spec: {paused: true, %s' "$1" "${2:+replicas: $2, }"
  printf 'selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}}}'
}
replicas() { kubectl get deployment "$1" -o 'jsonpath={.spec.replicas}'; }
check 'a site names two' 'serverside-applied' apply site "$(deployment scaled 2)"
check 'somebody scales to three' 'scaled' kubectl scale deployment scaled --replicas=3
check 'and is known to have done so' '^Update scale apps/v1 \{"f:spec": \{"f:replicas": \{\}\}\}' owned kubectl deployment scaled
check_fails 'the site cannot have two again' 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' \
  apply site "$(deployment scaled 2)"
check 'without the number it may apply' 'serverside-applied' apply site "$(deployment scaled)"
check 'and it stays' '^3$' replicas scaled
check 'it may name the one that is there' 'serverside-applied' apply site "$(deployment scaled 3)"
check 'or insist on another' 'serverside-applied' apply site "$(deployment scaled 4)" --force-conflicts
check 'which nobody else owns then' '^nothing$' owned kubectl deployment scaled
check 'nobody scales this one' 'serverside-applied' apply site "$(deployment alone 2)"
check 'without the number' 'serverside-applied' apply site "$(deployment alone)"
check 'the default comes back' '^1$' replicas alone

# The scale itself, applied.
scale=/apis/apps/v1/namespaces/default/deployments/alone/scale
applied_scale() { sending application/apply-patch+yaml request PATCH "$scale?fieldManager=$1" \
  "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: alone}, spec: {replicas: $2}}"; }
check 'a scaler applies five' '^200 .*"spec":\{"replicas":5\}' applied_scale scaler 5
check 'and owns it' '^Apply scale apps/v1 \{"f:spec": \{"f:replicas": \{\}\}\}' owned scaler deployment alone
check 'another one is refused' '^409 .*conflict with \\"scaler\\" with subresource \\"scale\\": .spec.replicas' applied_scale other 6
check 'it may say the same' '^200 ' applied_scale other 5
check_fails 'and so is who applies the deployment' 'conflicts? with "(scaler|other)" with subresource "scale"' apply site "$(deployment alone 2)"

# Elements of lists are known by their keys, one of which has a value when nobody says it.
service() { printf '{apiVersion: v1, kind: Service, metadata: {name: ports}, spec: {selector: {app: none}, ports: [%s]}}' "$1"; }
ports() { kubectl get service ports -o 'jsonpath={range .spec.ports[*]}{.name}/{.port}/{.protocol} {end}'; }
tcp='{name: web, port: 80}' udp='{name: dns, port: 80, protocol: UDP}'
check 'a port without a protocol' 'serverside-applied' apply site "$(service "$tcp")"
check 'is one of TCP' '^web/80/TCP $' ports
check 'also in what is booked' '"k:\{\\"port\\":80,\\"protocol\\":\\"TCP\\"\}"' owned site service ports
check 'another of the same number' 'serverside-applied' apply site "$(service "$tcp, $udp")"
check 'is beside it' '^web/80/TCP dns/80/UDP $' ports
check 'the protocol said' 'serverside-applied' apply site "$(service "{name: web, port: 80, protocol: TCP}, $udp")"
check 'they are the same two' '^web/80/TCP dns/80/UDP $' ports
check 'one less' 'serverside-applied' apply site "$(service "$tcp")"
check 'is one' '^web/80/TCP $' ports
check_fails 'twice the same is refused' 'failed to create typed patch object \(default/ports; /v1, Kind=Service\): .spec.ports: duplicate entries for key \[port=80,protocol="TCP"\]' apply site "$(service "$tcp, {name: other, port: 80, protocol: TCP}")"
pod='{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]}}'
check 'ports of a container as well' 'serverside-applied' apply site "$pod"
check 'by both keys' '"k:\{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"\}".*"k:\{\\"containerPort\\":80,\\"protocol\\":\\"UDP\\"\}"' owned site pod p

# What is said again is no change, also where it says nothing.
empty='{apiVersion: v1, kind: Pod, metadata: {name: empty, annotations: {}, labels: {}}, spec: {tolerations: [], nodeSelector: {}, hostNetwork: false, subdomain: "", containers: [{name: c, image: i, resources: {}, env: [], stdin: false}]}}'
version() { kubectl get pod empty -o 'jsonpath={.metadata.resourceVersion}'; }
check 'a pod with much that is empty' 'serverside-applied' apply site "$empty"
before=$(version)
sleep 1.1
check 'applied again' 'serverside-applied' apply site "$empty"
check 'is as it was' "^$before\$" version

# The status has owners of its own.
status_of() { sending application/apply-patch+yaml request PATCH "/api/v1/namespaces/default/pods/empty/status?fieldManager=$1&force=true" "$2"; }
check 'a status is applied' '^200 .*"message":"hello"' status_of watcher \
  '{apiVersion: v1, kind: Pod, metadata: {name: empty}, status: {message: hello, reason: Because}}'
check 'and booked' '^Apply status v1 .*"f:message": \{\}' owned watcher pod empty
check 'what is not said again' '^200 ' status_of watcher '{apiVersion: v1, kind: Pod, metadata: {name: empty}, status: {reason: Because}}'
check 'goes' '^/Because$' kubectl get pod empty -o 'jsonpath={.status.message}/{.status.reason}'
finish
