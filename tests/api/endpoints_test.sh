#!/bin/bash
# Which addresses stand behind a service, in Endpoints and in slices. There is no node: what one would tell of its pods is
# written by hand.
build=${1:?usage: endpoints_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
printf '[server]\nservice_cidr = "10.96.0.0/16,fd00:10::/112"\n%s\n' "$(nobody_is_missed)" >"$work/site.toml"
start_server --config "$work/site.toml"
until_true 20 kubectl get serviceaccount default

make() { printf -- '---\n%s\n' "$@" | kubectl create -f -; }
pods=/api/v1/namespaces/default/pods
pod() {  # NAME LABEL PORTS: on the node
  make "{apiVersion: v1, kind: Pod, metadata: {name: $1, labels: {app: $2}}, spec: {nodeName: node-1, containers: [{name: c, image: i, ports: [$3]}]}}"
}
tell() {  # POD ADDRESS READY: what a node says
  sending application/merge-patch+json request PATCH "$pods/$1/status" \
    "{\"status\":{\"phase\":\"Running\",\"podIP\":\"$2\",\"podIPs\":[{\"ip\":\"$2\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"$3\"}]}}"
}
ready_since() {  # POD TIME READY
  sending application/merge-patch+json request PATCH "$pods/$1/status" \
    "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"$3\",\"lastTransitionTime\":\"$2\"}]}}"
}
due() {  # SERVICE: since when its Endpoints and its slice have been due to change
  local said='{.metadata.annotations.endpoints\.kubernetes\.io/last-change-trigger-time}'
  echo "$(kubectl get endpoints "$1" -o "jsonpath=$said" 2>/dev/null)" \
    "$(kubectl get endpointslices -l "kubernetes.io/service-name=$1" -o "jsonpath={range .items[*]}$said{end}")"
}
endpoints() {  # SERVICE: READY|NOT-READY
  # Whoever reads them is warned that there is a newer form.
  kubectl get endpoints "$1" -o 'jsonpath={.subsets[*].addresses[*].ip}|{.subsets[*].notReadyAddresses[*].ip}' 2>/dev/null
}
conditions() {  # SERVICE: READY/SERVING/TERMINATING of each
  kubectl get endpointslices -l "kubernetes.io/service-name=$1" -o \
    'jsonpath={range .items[*].endpoints[*]}{.conditions.ready}/{.conditions.serving}/{.conditions.terminating} {end}'
}
with_ports() {  # SERVICE: "POD=NAME:PORT…" of each endpoint in the slices, sorted
  kubectl get endpointslices -l "kubernetes.io/service-name=$1" -o json | python3 -c '
import json, sys
print(" ".join(sorted("%s=%s" % (e["targetRef"]["name"], ",".join("%s:%s" % (p["name"], p["port"]) for p in s["ports"] or []))
                      for s in json.load(sys.stdin)["items"] for e in s["endpoints"] or [])))'
}
subsets() {  # the same of Endpoints
  kubectl get endpoints "$1" -o json 2>/dev/null | python3 -c '
import json, sys
print(" ".join(sorted("%s=%s" % (a["targetRef"]["name"], ",".join("%s:%s" % (p["name"], p["port"]) for p in s["ports"]))
                      for s in json.load(sys.stdin).get("subsets", []) for a in s["addresses"])))'
}
by_port() {  # "NAME:PORT,…=ADDRESS,…" of each subset
  kubectl get endpoints "$1" -o json 2>/dev/null | python3 -c '
import json, sys
print(" ".join(sorted("%s=%s" % (",".join("%s:%s" % (p["name"], p["port"]) for p in s["ports"]), ",".join(a["ip"] for a in s["addresses"]))
                      for s in json.load(sys.stdin).get("subsets", []))))'
}
publish() { kubectl patch service views --type=merge -p "{\"spec\":{\"publishNotReadyAddresses\":$1}}"; }

# A pod in its conditions.
check 'a node and a service' 'service/views created' make '{apiVersion: v1, kind: Node, metadata: {name: node-1}}' \
  '{apiVersion: v1, kind: Service, metadata: {name: views}, spec: {selector: {app: views}, ports: [{name: web, port: 80, targetPort: 8080}]}}'
check 'a pod' 'created' pod views views ''
check 'that runs and is not ready' '^200' tell views 10.1.0.1 False
eventually 'is behind it, not ready' 10 '^\|10\.1\.0\.1$' endpoints views
eventually 'in slices as well' 10 '^false/false/false $' conditions views
check 'published in any state' 'patched' publish true
eventually 'its address is one of all' 10 '^10\.1\.0\.1\|$' endpoints views
eventually 'ready for who looks, but not serving' 10 '^true/false/false $' conditions views
check 'no longer' 'patched' publish false
eventually 'it is as before' 10 '^\|10\.1\.0\.1$' endpoints views
eventually 'in slices as well' 10 '^false/false/false $' conditions views
check 'ready' '^200' tell views 10.1.0.1 True
eventually 'it is one' 10 '^10\.1\.0\.1\|$' endpoints views
eventually 'in slices as well' 10 '^true/true/false $' conditions views
check 'since it became so' '^200' ready_since views 2126-05-01T12:00:00Z False
eventually 'both say since when it was due' 10 '^2126-05-01T12:00:00Z 2126-05-01T12:00:00Z$' due views
check 'and back' '^200' ready_since views 2126-05-01T12:00:07Z True
eventually 'it is due later' 10 '^2126-05-01T12:00:07Z 2126-05-01T12:00:07Z$' due views
check 'on its way out' 'deleted' kubectl delete pod views --wait=false
eventually 'it serves to the end, but is not ready' 10 '^false/true/true $' conditions views
eventually 'and stands in no list of addresses' 10 '^\|$' endpoints views
check 'published in any state' 'patched' publish true
eventually 'it is ready even so' 10 '^true/true/true $' conditions views

# Both families.
by_family() {  # SERVICE: the addresses of each
  kubectl get endpointslices -l "kubernetes.io/service-name=$1" -o 'jsonpath={range .items[*]}{.addressType}={.endpoints[*].addresses[*]}{"\n"}{end}' | sort | tr '\n' ' '
}
dual='{apiVersion: v1, kind: Service, metadata: {name: dual}, spec: {clusterIP: None, ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4], selector: {app: dual}, ports: [{port: 80}]}}'
eventually 'a service of both' 20 'created' make "$dual"
eventually 'has an empty slice of each' 10 '^IPv4= IPv6= $' by_family dual
check 'a pod' 'created' pod dual dual ''
check 'that has both' '^200' sending application/merge-patch+json request PATCH "$pods/dual/status" \
  '{"status":{"phase":"Running","podIP":"10.1.0.7","podIPs":[{"ip":"10.1.0.7"},{"ip":"fd00::7"}],"conditions":[{"type":"Ready","status":"True"}]}}'
eventually 'is in both' 10 '^IPv4=10\.1\.0\.7 IPv6=fd00::7 $' by_family dual
eventually 'and in Endpoints with its address of the first' 10 '^fd00::7\|$' endpoints dual
check 'a service of nobody' 'created' make '{apiVersion: v1, kind: Service, metadata: {name: by-hand}, spec: {ports: [{port: 80}]}}'
check 'and who is behind it' 'created' make \
  '{apiVersion: v1, kind: Endpoints, metadata: {name: by-hand}, subsets: [{addresses: [{ip: 192.0.2.1}, {ip: "2001:db8::1"}], ports: [{port: 80}]}]}'
eventually 'are mirrored by family' 10 '^IPv4=192\.0\.2\.1 IPv6=2001:db8::1 $' by_family by-hand

# Zones.
zone_node() {  # NAME ZONE
  make "{apiVersion: v1, kind: Node, metadata: {name: $1, labels: {topology.kubernetes.io/zone: $2}}, status: {allocatable: {cpu: '4'}, conditions: [{type: Ready, status: 'True'}]}}"
}
zone_pod() {  # NAME NODE
  make "{apiVersion: v1, kind: Pod, metadata: {name: $1, labels: {app: zones}}, spec: {nodeName: $2, containers: [{name: c, image: i}]}}"
}
hints() { kubectl get endpointslices -l kubernetes.io/service-name=zones -o 'jsonpath={range .items[*].endpoints[*]}{.zone}>{.hints.forZones[*].name} {end}' | tr ' ' '\n' | sort | tr '\n' ' '; }
told() { kubectl get events --field-selector involvedObject.name=zones -o 'jsonpath={range .items[*]}{.source.component} {.type} {.reason}: {.message}{"\n"}{end}'; }
check 'a service for each zone' 'created' make \
  '{apiVersion: v1, kind: Service, metadata: {name: zones, annotations: {service.kubernetes.io/topology-mode: Auto}}, spec: {selector: {app: zones}, ports: [{port: 80}]}}'
eventually 'of which there are none' 10 'endpoint-slice-controller Warning TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4' told
check 'a node in one' 'created' zone_node east-1 east
check 'and one in another' 'created' zone_node west-1 west
last=0
for name in zones-a zones-b; do
  check 'a pod' 'created' zone_pod $name east-1
  check 'is ready' '^200' tell $name 10.2.0.$((++last)) True
done
eventually 'each zone has one' 10 '^ ?east>east east>west $' hints
eventually 'which is told' 10 'endpoint-slice-controller Normal TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4' told
check 'the annotation goes' 'annotated' kubectl annotate service zones service.kubernetes.io/topology-mode-
eventually 'and the hints with it' 10 '^ ?east> east> $' hints
eventually 'which is told' 10 'Warning TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4' told

# A target port by its name is each pod's own.
check 'a service of a name' 'created' make \
  '{apiVersion: v1, kind: Service, metadata: {name: mixed}, spec: {selector: {app: mixed}, ports: [{name: front, port: 80, targetPort: web}]}}'
check 'a pod' 'created' pod old mixed '{name: web, containerPort: 8081}'
check 'another number' 'created' pod new mixed '{name: admin, containerPort: 9000}, {name: web, containerPort: 8082}'
check 'another protocol' 'created' pod udp mixed '{name: web, containerPort: 8083, protocol: UDP}'
check 'no such name' 'created' pod none mixed ''
last=1
for name in old new udp none; do
  last=$((last + 1))
  check "$name is ready" '^200' tell $name 10.1.0.$last True
done
eventually 'each has its own number, if it has one' 10 '^new=front:8082 old=front:8081$' subsets mixed
eventually 'in slices as well' 10 '^new=front:8082 (none= )?old=front:8081( udp=)?$' with_ports mixed
check 'a port beside it that all have' 'patched' kubectl patch service mixed --type=json \
  -p '[{"op":"add","path":"/spec/ports/-","value":{"name":"dns","port":53,"protocol":"UDP"}}]'
eventually 'stands once, with all addresses' 10 \
  '^dns:53=10\.1\.0\.2,10\.1\.0\.3,10\.1\.0\.4,10\.1\.0\.5 front:8081=10\.1\.0\.2 front:8082=10\.1\.0\.3$' by_port mixed
check 'it goes' 'patched' kubectl patch service mixed --type=json -p '[{"op":"remove","path":"/spec/ports/1"}]'
check 'a number instead' 'patched' kubectl patch service mixed --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":7}]'
eventually 'is all of theirs' 10 '^new=front:7 none=front:7 old=front:7 udp=front:7$' with_ports mixed
eventually 'in Endpoints as well' 10 '^new=front:7 none=front:7 old=front:7 udp=front:7$' subsets mixed

# Endpoints that somebody makes by hand are mirrored.
mirror() {  # "ADDRESS READY NAME:PORT/PROTOCOL TYPE" of each
  kubectl get endpointslices -l 'kubernetes.io/service-name=outside,endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io' -o json | python3 -c '
import json, sys
print("[%s]" % "; ".join(sorted("%s %s %s %s" % (",".join(e["addresses"]), e["conditions"]["ready"],
    ",".join("%s:%s/%s" % (p["name"], p["port"], p["protocol"]) for p in s["ports"]), s["addressType"])
    for s in json.load(sys.stdin)["items"] for e in s["endpoints"])))'
}
by_hand() { kubectl patch endpoints outside --type=merge -p "$1"; }
check 'a service without a selector, and its endpoints' 'endpoints/outside created' make \
  '{apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {ports: [{name: web, port: 80, targetPort: 8080}]}}' \
  '{apiVersion: v1, kind: Endpoints, metadata: {name: outside, labels: {a: b}}, subsets: [{addresses: [{ip: 192.0.2.10}, {ip: "2001:db8::1"}], notReadyAddresses: [{ip: 192.0.2.11}], ports: [{name: web, port: 8080}]}]}'
check 'whoever reads them is told of the slices' 'Warning: v1 Endpoints is deprecated in v1.33' kubectl get endpoints outside
eventually 'stand in slices, one of each family' 10 \
  '^\[192\.0\.2\.10 True web:8080/TCP IPv4; 192\.0\.2\.11 False web:8080/TCP IPv4; 2001:db8::1 True web:8080/TCP IPv6\]$' mirror
check 'which are theirs' '^Endpoints/outside b $' kubectl get endpointslices -l kubernetes.io/service-name=outside -o \
  'jsonpath={.items[0].metadata.ownerReferences[0].kind}/{.items[0].metadata.ownerReferences[0].name} {.items[0].metadata.labels.a} '
check 'they change' 'patched' by_hand '{"subsets":[{"addresses":[{"ip":"192.0.2.12"}],"ports":[{"name":"web","port":9090}]}]}'
eventually 'and so do the slices' 10 '^\[192\.0\.2\.12 True web:9090/TCP IPv4\]$' mirror
check 'they say that they are not to be mirrored' 'labeled' kubectl label endpoints outside endpointslice.kubernetes.io/skip-mirror=true
eventually 'and are not' 10 '^\[\]$' mirror
check 'or do not say so' 'labeled' kubectl label endpoints outside endpointslice.kubernetes.io/skip-mirror-
eventually 'and are' 10 '^\[192\.0\.2\.12 True web:9090/TCP IPv4\]$' mirror
check 'the service gets a selector' 'patched' kubectl patch service outside --type=merge -p '{"spec":{"selector":{"app":"nobody"}}}'
eventually 'the mirror goes' 10 '^\[\]$' mirror
eventually 'and the addresses with it' 10 '^\|$' endpoints outside

# Who is to be preferred.
hints() { kubectl get endpointslices -l kubernetes.io/service-name=near -o 'jsonpath={range .items[*].endpoints[*]}{.zone} {.hints.forZones[*].name} {.hints.forNodes[*].name};{end}'; }
distribution() { kubectl patch service near --type=merge -p "{\"spec\":{\"trafficDistribution\":$1}}"; }
kubectl label node node-1 topology.kubernetes.io/zone=north >/dev/null
check 'a service that prefers what is near' 'service/near created' make \
  '{apiVersion: v1, kind: Service, metadata: {name: near}, spec: {selector: {app: near}, trafficDistribution: PreferSameZone, ports: [{port: 80}]}}'
pod near near '' >/dev/null
tell near 10.1.0.77 True >/dev/null
eventually 'has endpoints for their zone' 10 '^north north ;$' hints
check 'on the same node' 'patched' distribution '"PreferSameNode"'
eventually 'they say the node as well' 10 '^north north node-1;$' hints
check 'as before 1.34' 'patched' distribution '"PreferClose"'
eventually 'it is the zone' 10 '^north north ;$' hints
check 'none' 'patched' distribution null
eventually 'there are no hints' 10 '^north  ;$' hints
finish
