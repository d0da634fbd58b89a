#!/bin/bash
# Attacks over the network: a pod that pretends to be its neighbour, the node or a router, packets for the node's own loopback
# services, services and endpoints that take over what is not theirs.
build=${1:?usage: network_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need nsenter

start_up
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
pod() {  # NAME [MORE-OF-THE-CONTAINER]
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $1}}
spec: {containers: [{name: main, image: "cleat-demo:1", ports: [{containerPort: 8080}]${2:+, $2}}], terminationGracePeriodSeconds: 0}
YAML
}
pod attacker 'securityContext: {capabilities: {add: [NET_ADMIN, NET_RAW]}}'
pod victim
pod witness 'securityContext: {capabilities: {add: [NET_RAW]}}'
for name in attacker victim witness; do
  check "$name runs" 'condition met' kubectl wait --for=condition=Ready "pod/$name" --timeout=40s
done
address() { kubectl get pod "$1" -o 'jsonpath={.status.podIP}'; }
in_pod() { kubectl exec "$1" -- sh -c "$2"; }
victim=$(address victim)
gateway=$(ip -4 -o address show cleat0 | awk '{print $4}' | cut -d/ -f1)

# Somebody else's address.
check 'a pod reaches its neighbour' '1 packets received' in_pod attacker "ping -c1 -W2 $victim"
check 'a pod that may can give itself an address' '^0' in_pod attacker "ip address add 10.244.0.250/24 dev eth0; echo \$?"
check 'but nothing bears it' '0 packets received' bash -c "kubectl exec attacker -- ping -c1 -W1 -I 10.244.0.250 $victim; true"
check 'nor does it answer for it' 'Received 0' bash -c "kubectl exec witness -- arping -c2 -w2 -I eth0 10.244.0.250; true"
check 'the address of the gateway, who is asked for names' '^0' in_pod attacker "ip address add $gateway/24 dev eth0; echo \$?"
bridge_mac=$(cat /sys/class/net/cleat0/address)
answers() {  # who says that he has the gateway's address
  kubectl exec witness -- arping -c3 -w3 -I eth0 "$gateway" | grep -o '\[[0-9a-f:]*\]' | sort -u | tr -d '\n'
}
check 'is answered by the gateway alone' "^\[$bridge_mac\]\$" answers
check 'another Ethernet address' '0 packets received' bash -c \
  "kubectl exec attacker -- sh -c 'ip link set eth0 down; ip link set eth0 address 02:00:00:00:00:99; ip link set eth0 up; ping -c1 -W1 $victim'; true"
check 'the victim notices nothing' 'victim' fetch "http://$victim:8080/"

# The process of a pod that is in its network.
inside() {
  local pid
  for pid in $(pgrep -x cleat-pause); do
    nsenter -t "$pid" -n ip -4 -o address show eth0 2>/dev/null | grep -q " $(address "$1")/" && { echo "$pid"; return; }
  done
}

# Pretending to be a router (CVE-2020-10749).
cat >"$work/advertise.py" <<'PY'
# Says to all neighbours that it is the router for everything.
import socket, struct
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
mac = link.getsockname()[4]
source = socket.inet_pton(socket.AF_INET6, "fe80::bad")
target = socket.inet_pton(socket.AF_INET6, "ff02::1")
body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\x01\x01" + mac
pseudo = source + target + struct.pack("!IHBB", len(body), 0, 0, 58) + body
total = sum(struct.unpack("!%dH" % (len(pseudo) // 2), pseudo))
total = (total >> 16) + (total & 0xffff)
body = body[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + body[4:]
link.send(b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + source + target + body)
PY
check 'a pod says that it is the router' 'said' bash -c "nsenter -t $(inside witness) -n python3 $work/advertise.py && echo said"
read -r -t 1 <> <(:)
check 'its neighbour does not hear it' '^none$' bash -c \
  "nsenter -t $(inside victim) -n ip -6 route show default | grep . || echo none"

# The node's loopback services, which node ports at 127.0.0.1 could open to neighbours (CVE-2020-8558).
cat >"$work/knock.py" <<'PY'
# Sends a UDP packet for 127.0.0.1 to the given Ethernet address, as a neighbour of the node could.
import socket, struct, sys
interface, mac, source, port = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), sys.argv[3], int(sys.argv[4])
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((interface, 0))
own = link.getsockname()[4]
payload = b"knock!"
udp = struct.pack("!HHHH", 4444, port, 8 + len(payload), 0) + payload
head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 7, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton("127.0.0.1"))
head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
link.send(mac + own + b"\x08\x00" + head + udp)
PY
pid=$(inside witness)
knock() {  # TO: whether a packet from the pod reaches a socket that is bound to that address
  python3 - "$1" "$pid" "$bridge_mac" "$(address witness)" "$work/knock.py" <<'PY'
import socket, subprocess, sys
bound, pid, mac, source, script = sys.argv[1:]
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((bound, 0))
server.settimeout(2)
subprocess.run(["nsenter", "-t", pid, "-n", "python3", script, "eth0", mac, source, str(server.getsockname()[1])], check=True)
try:
    print("received", server.recv(100))
except TimeoutError:
    print("nothing came")
PY
}
check 'a packet of a pod for the loopback address' 'nothing came' knock 127.0.0.1
check 'is not taken on another address either' 'nothing came' knock 0.0.0.0

# Services and endpoints that point where they must not (CVE-2020-8554, CVE-2021-25737).
kubectl expose pod victim --port 80 --target-port 8080 >/dev/null
ip=$(kubectl get service victim -o 'jsonpath={.spec.clusterIP}')
eventually 'a service' 20 'victim' fetch "http://$ip/"
kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: thief}
spec: {selector: {app: witness}, externalIPs: [$ip], ports: [{port: 80, targetPort: 8080}]}
YAML
until_true 10 bash -c "iptables-save -t nat | grep -q thief"
check 'keeps its address from one that claims it as external' 'victim' fetch "http://$ip/"
for target in 127.0.0.1 169.254.169.254; do
  check_fails "endpoints at $target" 'may not be in the (loopback|link-local) range' kubectl create -f - <<YAML
apiVersion: v1
kind: Endpoints
metadata: {name: inward}
subsets: [{addresses: [{ip: $target}], ports: [{port: 80}]}]
YAML
  check_fails "slices at $target" 'may not be in the (loopback|link-local) range' kubectl create -f - <<YAML
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: inward}
addressType: IPv4
endpoints: [{addresses: [$target]}]
ports: [{port: 80}]
YAML
done
finish
