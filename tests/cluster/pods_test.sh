#!/bin/bash
# What a node does for its pods beyond running them: streams as clients other than kubectl speak them, what containers say at
# their end, hooks, images as volumes, containers to debug with, and new sizes for running ones.
build=${1:?usage: pods_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
. "$here/../api/requests.sh"
need openssl

start_up
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

# A pod of one container: pod NAME SPEC-OF-THE-CONTAINER [MORE-OF-THE-SPEC], both in YAML's short form.
pod() {
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec: {containers: [{name: main, image: "cleat-demo:1", $2}], terminationGracePeriodSeconds: 2${3:+, $3}}
YAML
}
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=30s; }
of() { kubectl get pod "$1" -o jsonpath="{$2}"; }
pods=/api/v1/namespaces/default/pods
socket() { python3 "$here/websocket.py" "$KUBECONFIG" "$@"; }

pod web 'ports: [{containerPort: 8080}]' >/dev/null
check 'a pod runs' 'condition met' ready web
websocket_exec() { socket "$pods/web/exec?$1" "${@:2}"; }
check 'exec in the first protocol of all' "^protocol channel.k8s.io.b'.x01'.b'.x01hello.n'.closed\$" \
  websocket_exec 'command=echo&command=hello&stdout=1&stderr=1' channel.k8s.io
check 'which is the one without a name' "^protocol none.*b'.x01hello.n'" websocket_exec 'command=echo&command=hello&stdout=1' ''
check 'its failures are words' "b'.x03command terminated with non-zero exit code.*3'" \
  websocket_exec 'command=sh&command=-c&command=exit%203&stdout=1' channel.k8s.io
check 'exec in base64' "^protocol base64.channel.k8s.io.b'1'.b'1aGVsbG8K'.closed\$" \
  websocket_exec 'command=echo&command=hello&stdout=1' base64.channel.k8s.io
check 'exec with input' "b'.x01'.b'.x01hello'.nothing more" \
  websocket_exec 'command=cat&stdin=1&stdout=1' v4.channel.k8s.io '\x00hello'
check 'exec in base64 with input and a Status' "b'1aGVsbG8='" \
  websocket_exec 'command=head&command=-c&command=5&stdin=1&stdout=1' v4.base64.channel.k8s.io '0aGVsbG8='
check 'input can be closed' "b'.x015.n'.*Success" websocket_exec 'command=wc&command=-c&stdin=1&stdout=1' v5.channel.k8s.io \
  '\x00hello' '\xff\x00'
check 'a protocol that nobody speaks' '403' websocket_exec 'command=true&stdout=1' v9.channel.k8s.io
check 'a port is forwarded over channels' "b'.x00.x90.x1f'.b'.x01.x90.x1f'.b'.x00HTTP/1.1 200 OK.*web" \
  socket "$pods/web/portforward?ports=8080" v4.channel.k8s.io '\x00GET / HTTP/1.0\r\n\r\n'
check 'and in base64' "b'0kB8='.*b'0SFRUUC8xLj" socket "$pods/web/portforward?ports=8080" v4.base64.channel.k8s.io \
  "0$(printf 'GET / HTTP/1.0\r\n\r\n' | base64 -w0)"
# Whichever is first.
refused="b'.x03error forwarding port 81 to pod web" answered="b'.x00HTTP/1.1 200"
check 'two ports at once, of which one has no server' "$refused.*$answered|$answered.*$refused" \
  socket "$pods/web/portforward?ports=8080,81" v4.channel.k8s.io '\x00GET / HTTP/1.0\r\n\r\n'
check 'without ports there is nothing to forward' '400 .*is required' socket "$pods/web/portforward" v4.channel.k8s.io
check 'logs as messages' "^protocol binary.k8s.io.b''.b'.*response:200" socket "$pods/web/log" binary.k8s.io
check 'logs as text' "^protocol base64.binary.k8s.io.b''.b'[A-Za-z0-9+/=]+'.closed" \
  socket "$pods/web/log?tailLines=1" base64.binary.k8s.io
pod talk 'stdin: true, command: [sh, -c, "while read line; do echo got $line; done"]' >/dev/null
ready talk >/dev/null
check 'attach' "b'.x01got this" socket "$pods/talk/attach?stdin=1&stdout=1" v4.channel.k8s.io '\x00this\n'

# Ends: what a container leaves behind.
message() { of "$1" .status.containerStatuses[0].state.terminated.message; }
pod words 'command: [sh, -c, "echo -n DONE; exit 1"], terminationMessagePolicy: FallbackToLogsOnError' 'restartPolicy: Never' >/dev/null
eventually 'the log is the message of a container that failed' 20 '^DONE$' message words
pod fine 'command: [sh, -c, "echo DONE"], terminationMessagePolicy: FallbackToLogsOnError' 'restartPolicy: Never' >/dev/null
eventually 'and of no other' 20 'Succeeded:$' bash -c "kubectl get pod fine -o jsonpath='{.status.phase}:{.status.containerStatuses[0].state.terminated.message}'"
pod note 'command: [sh, -c, "echo -n DONE > /dev/termination-custom-log"], terminationMessagePath: /dev/termination-custom-log,
  securityContext: {runAsUser: 1000}' 'restartPolicy: Never' >/dev/null
eventually 'a user without privileges leaves a message where the pod says' 20 '^DONE$' message note

# Hooks.
target=$(of web .status.podIP)
secure=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 1 -subj /CN=nobody 2>/dev/null
python3 - "$secure" "$work/cert" "$work/key" 2>"$work/secure" <<'PYTHON' &
import http.server, ssl, sys
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
secure_server=$!
pod hooked "lifecycle: {postStart: {exec: {command: [sh, -c, 'wget -qO- http://$target:8080/?poststart > /tmp/hook']}},
  preStop: {httpGet: {host: '$target', port: 8080, path: '/index.html?prestop'}}}" >/dev/null
check 'a hook is a command in the container' '^web$' bash -c "kubectl wait --for=condition=Ready pod/hooked --timeout=30s >/dev/null; kubectl exec hooked -- cat /tmp/hook"
kubectl delete pod hooked >/dev/null
check 'or a request to another pod' '10.244.0.1.:[0-9]+: response:200' kubectl logs web
pod secured "lifecycle: {postStart: {httpGet: {scheme: HTTPS, host: 127.0.0.1, port: $secure, path: /poststart}}}" >/dev/null
check 'also over TLS, to whatever certificate, and whatever the answer' 'condition met' ready secured
check 'it has come' 'GET /poststart HTTP/1.1. 404' cat "$work/secure"
kill $secure_server
pod plain "lifecycle: {postStart: {httpGet: {scheme: HTTPS, host: '$target', port: 8080, path: '/index.html?plain'}}}" >/dev/null
check 'a server without TLS is asked without' 'condition met' ready plain
check 'which is said' 'LifecycleHTTPFallback.*retry with HTTP succeeded' kubectl describe pod plain
pod slow 'lifecycle: {preStop: {sleep: {seconds: 3}}}' 'terminationGracePeriodSeconds: 20' >/dev/null
ready slow >/dev/null
began=$SECONDS
kubectl delete pod slow >/dev/null
check 'or a sleep' '^[3-9]$' echo $((SECONDS - began))

# Images as volumes.
pod reader 'command: [sleep, "1000"], volumeMounts: [{name: image, mountPath: /image}, {name: image, mountPath: /part, subPath: etc}]' \
  'volumes: [{name: image, image: {reference: "cleat-demo:1"}}]' >/dev/null
check 'an image is a volume' 'condition met' ready reader
check 'with its files' 'web:x:1000' kubectl exec reader -- cat /image/etc/passwd
check 'or a folder of them' 'web:x:1000' kubectl exec reader -- cat /part/passwd
check_fails 'to be read only' 'Read-only file system' kubectl exec reader -- touch /image/etc/new
check_fails 'and not to be run' '[Pp]ermission denied' kubectl exec reader -- /image/bin/true
pod lost 'volumeMounts: [{name: image, mountPath: /image, subPath: nothing}]' 'volumes: [{name: image, image: {reference: "cleat-demo:1"}}]' >/dev/null
eventually 'a folder that the image does not have' 20 'cannot find nothing in the image.*CreateContainerError' of lost .status.containerStatuses[0].state.waiting
kubectl delete pod reader lost --grace-period=0 --force >/dev/null 2>&1

# Containers to debug with.
kubectl debug web --image=cleat-demo:1 --target=main --container=look -- sh -c 'ps; sleep 1000' >/dev/null 2>&1
eventually 'a container joins a running pod' 20 'startedAt' of web .status.ephemeralContainerStatuses[0].state.running
check 'and sees the processes of another' 'httpd' kubectl logs web -c look
check 'exec into it' 'hello' kubectl exec web -c look -- echo hello
check 'the pod does not notice' 'web +1/1 +Running +0 ' kubectl get pod web
check 'but for its generation' '^2 2$' of web '.metadata.generation} {.status.observedGeneration'
kubectl debug web --image=cleat-demo:1 --container=short -- sh -c 'exit 4' >/dev/null 2>&1
eventually 'one that ends is not started again' 20 '^4 0$' of web \
  '.status.ephemeralContainerStatuses[?(@.name=="short")].state.terminated.exitCode} {.status.ephemeralContainerStatuses[?(@.name=="short")].restartCount'

# New sizes.
pod sized 'command: [sleep, "1000"], resources: {requests: {cpu: 20m, memory: 30Mi}, limits: {cpu: 100m, memory: 40Mi}},
  resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]' >/dev/null
ready sized >/dev/null
resize() {  # POD RESOURCES
  sending application/strategic-merge-patch+json request PATCH "$pods/$1/resize" \
    "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":$2}]}}" | head -c 3
}
group() {  # POD FILE-OF-V1 FILE-OF-V2: what the kernel has for its container
  local id name
  id=$(of "$1" .status.containerStatuses[0].containerID)
  for name in "$2" "$3"; do find /sys/fs/cgroup -path "*/${id##*/}/$name" -exec cat {} + 2>/dev/null; done | head -1
}
actual() { of "$1" ".status.containerStatuses[0].resources"; }
before=$(group sized cpu.cfs_quota_us cpu.max)
check 'a pod has what it asks for' '^10000' echo "$before"
check 'its size is changed' '^200$' resize sized '{"requests":{"cpu":"30m"},"limits":{"cpu":"200m"}}'
eventually 'a container has its new size' 20 '"cpu":"200m"' actual sized
check 'without a restart' '^0$' of sized .status.containerStatuses[0].restartCount
check 'by the kernel' '^20000' group sized cpu.cfs_quota_us cpu.max
check 'which is said' 'ResizeStarted.*ResizeCompleted' kubectl describe pod sized
resize sized '{"limits":{"memory":"50Mi"}}' >/dev/null
eventually 'with a restart where the pod says so' 20 '^1 50Mi$' of sized '.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].resources.limits.memory'
check 'by the kernel too' '^52428800' group sized memory.limit_in_bytes memory.max
check 'more than the node has is refused' '^403$' resize sized '{"requests":{"cpu":"1000"},"limits":{"cpu":"1000"}}'
pod neighbour 'command: [sleep, "1000"], resources: {requests: {cpu: 20m}}' >/dev/null
ready neighbour >/dev/null
all=$(kubectl get nodes -o 'jsonpath={.items[0].status.allocatable.cpu}')
check 'all of it is not' '^200$' resize sized "{\"requests\":{\"cpu\":\"$all\"},\"limits\":{\"cpu\":\"$all\"}}"
eventually 'where others have some of it this waits' 20 'PodResizePending.*Deferred|Deferred.*PodResizePending' of sized .status.conditions
check 'and is not there' '"cpu":"200m"' actual sized
check 'as its generation says' '^4$' of sized .status.observedGeneration
check 'until less is asked for' '^200$' resize sized '{"requests":{"cpu":"30m"},"limits":{"cpu":"200m"}}'

# What the node refuses.
kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: tuned}
spec: {containers: [{name: main, image: "cleat-demo:1"}], securityContext: {sysctls: [{name: kernel.msgmax, value: "10000"}]}}
YAML
eventually 'a sysctl that others would feel' 20 'Failed SysctlForbidden' of tuned '.status.phase} {.status.reason'

kubectl delete pods --all --grace-period=1 >/dev/null
eventually 'all of it goes away' 40 'No resources found' kubectl get pods
eventually 'down to the mounts' 20 '^0$' bash -c "grep -c '$data' /proc/self/mounts || true"
finish
