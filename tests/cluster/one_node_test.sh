#!/bin/bash
# One node, end to end: a Deployment and a Service become running, reachable containers.
build=${1:?usage: one_node_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
# Whether a process with this command line is gone.
gone() { pgrep -f -- "$1" >/dev/null || echo -n gone; }

start_up
check 'an image comes in without a registry' 'imported docker.io/library/cleat-demo:1' import_demo_image
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

kubectl create deployment web --image=cleat-demo:1 --replicas=3 --port=8080 >/dev/null
kubectl expose deployment web --type=NodePort --port=80 --target-port=8080 >/dev/null
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'its pods run, each with an address' '(web-[^ ]+ +1/1 +Running +0 +[^ ]+ +10\.244\.[0-9.]+.*){3}' kubectl get pods -o wide
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
nodeport=$(kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}')
eventually 'the ClusterIP leads to all of them' 15 '^3$' answering "http://$vip"
check 'what the node uses is told' '[0-9]+m +[0-9]+% +[0-9]+Mi +[0-9]+%' kubectl top nodes
eventually 'and what its pods do' 40 'web-[^ ]+ +[a-z-]+ +[0-9]+m +[0-9]+Mi' kubectl top pods --containers -l app=web
eventually 'so does the node port' 15 '^3$' answering "http://127.0.0.1:$nodeport"
pod=$(kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}')

check 'logs' 'response:200' kubectl logs "$pod"
check 'exec' "(^|.)$pod" kubectl exec "$pod" -- hostname
check 'exec carries standard input' '^hello$' bash -c "echo hello | kubectl exec -i $pod -- cat"
check_fails 'and the exit code' 'exit code 3' kubectl exec "$pod" -- sh -c 'exit 3'
check 'a terminal' '/dev/pts/' bash -c "script -qec 'kubectl exec -it $pod -- tty' /dev/null"
check 'a pod reaches the service' '^web-' kubectl exec "$pod" -- wget -qO- "http://$vip/"
eventually 'which it finds by name' 15 "$vip" kubectl exec "$pod" -- nslookup web.default.svc.cluster.local
check 'so does who asks the server' '^web-' kubectl get --raw /api/v1/namespaces/default/services/http:web:80/proxy/
check 'or a pod by its name' "^$pod\$" kubectl get --raw "/api/v1/namespaces/default/pods/$pod:8080/proxy/"
check 'or the agent of its node' 'ok' kubectl get --raw "/api/v1/nodes/$(kubectl get pod "$pod" -o jsonpath='{.spec.nodeName}')/proxy/healthz"
check_fails 'there is no such port' 'no service port 81 found for service "web"' kubectl get --raw /api/v1/namespaces/default/services/web:81/proxy/
check 'describe shows what happened' 'Successfully assigned.*Created.*Started' kubectl describe pod "$pod"
check 'events' 'Scheduled.*' kubectl get events
check 'a service account is mounted' 'token' kubectl exec "$pod" -- ls /var/run/secrets/kubernetes.io/serviceaccount
timeout 20 kubectl logs -f "$pod" >"$work/follow" &
follower=$!
fetch "http://$(kubectl get pod "$pod" -o jsonpath='{.status.podIP}'):8080" >/dev/null
eventually 'logs -f follows' 10 'response:200' cat "$work/follow"
kill $follower 2>/dev/null
for websockets in true false; do  # otherwise SPDY
  export KUBECTL_REMOTE_COMMAND_WEBSOCKETS=$websockets KUBECTL_PORT_FORWARD_WEBSOCKETS=$websockets
  check "much output (WebSocket: $websockets)" '^3000000$' bash -c "kubectl exec $pod -- head -c 3000000 /dev/zero | wc -c"
  : >"$work/forward"  # of what the one before it said nothing is to be read
  timeout 20 kubectl port-forward "$pod" :8080 >"$work/forward" 2>&1 &
  forwarder=$!
  eventually 'a port is forwarded' 10 'Forwarding from 127.0.0.1:' cat "$work/forward"
  check 'and leads into the pod' "^$pod" fetch "http://$(grep -o '127.0.0.1:[0-9]*' "$work/forward")/"
  kill $forwarder 2>/dev/null
done
unset KUBECTL_REMOTE_COMMAND_WEBSOCKETS KUBECTL_PORT_FORWARD_WEBSOCKETS

timeout 60 kubectl get pods -w >"$work/watch" 2>&1 &
watcher=$!
check 'scaling up' 'scaled' kubectl scale deployment web --replicas=5
eventually 'makes pods' 30 '^5$' bash -c "kubectl get deployment web -o jsonpath='{.status.readyReplicas}'"
eventually 'that a watch shows coming' 10 'ContainerCreating.*Running' cat "$work/watch"
kubectl scale deployment web --replicas=2 >/dev/null
eventually 'scaling down takes them away' 45 '^2$' bash -c 'kubectl get pods -o name | wc -l'
kill $watcher 2>/dev/null
kubectl set image deployment/web cleat-demo=docker.io/library/cleat-demo:1 >/dev/null
check 'a new image rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=90s
check 'and is in the history' '2 ' kubectl rollout history deployment/web
kubectl run hub --image=index.docker.io/library/cleat-demo:1 --image-pull-policy=IfNotPresent >/dev/null
eventually 'an image is known by the other name of Docker Hub' 45 '1/1 +Running' kubectl get pod hub
check 'as it is present' 'already present on machine' kubectl describe pod hub
kubectl delete pod hub --wait=true --timeout=45s >/dev/null
eventually 'the old pods are gone' 45 '^2$' bash -c 'kubectl get pods -o name | wc -l'
check 'the service still answers' '^2$' answering "http://$vip"

kubectl run bad --image=nothing/here:1 --image-pull-policy=Never >/dev/null
eventually 'an image that must not be pulled' 20 'ErrImageNeverPull' kubectl get pod bad
kubectl run pull --image=127.0.0.1:1/nothing:1 >/dev/null
eventually 'an image that cannot be pulled' 40 'ErrImagePull|ImagePullBackOff' kubectl get pod pull
eventually 'is tried again with back-off' 60 'ImagePullBackOff' kubectl get pod pull
kubectl run crash --image=cleat-demo:1 --command -- sh -c 'echo oops; exit 1' >/dev/null
eventually 'a container that exits is restarted' 40 'crash +0/1 +[A-Za-z]+ +[1-9]' kubectl get pod crash
eventually 'with back-off' 60 'CrashLoopBackOff' kubectl get pod crash
check 'its last words' 'oops' kubectl logs crash --previous
kubectl delete pod bad pull crash --grace-period=1 >/dev/null

pod=$(kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}')
started() { kubectl get pod "$1" -o jsonpath='{.status.containerStatuses[0].containerID}'; }
before=$(started "$pod")
pkill -KILL -f "cleat-pause .*$pod"
eventually 'when the pause process dies, the containers are restarted' 30 '^different$' \
  bash -c "[ \"\$(kubectl get pod $pod -o jsonpath='{.status.containerStatuses[0].containerID}')\" != '$before' ] && echo -n different"
eventually 'and run again' 30 '1/1 +Running' kubectl get pod "$pod"

before=$(started "$pod")
other=$(kubectl get pods -l app=web -o jsonpath='{.items[1].metadata.name}')
stop_up -KILL
check 'kill -9 leaves the containers running' '^web-' fetch "http://$vip"
start_up
eventually 'the restarted node is ready' 30 ' Ready ' kubectl get nodes
check 'it has adopted the containers' "^$before\$" started "$pod"
check 'their restart count has not grown' "$pod +1/1 +Running" kubectl get pod "$pod"

# A pod that is deleted while nobody looks after it: only the server runs meanwhile.
stop_up -KILL
start_program 'is ready' server --listen "0.0.0.0:$port"
kubectl delete pod "$other" --grace-period=0 --force >/dev/null 2>&1
stop_up
start_up
eventually 'a pod deleted while the node was down is cleaned up' 60 '^gone$' \
  gone "cleat-pause .*$other"

kubectl delete deployment,service web --timeout=60s >/dev/null
eventually 'deleting takes everything away' 60 'No resources found' kubectl get pods
eventually 'down to the processes' 30 '^gone$' gone "conmon .*$data"
stop_up
tail -f "$data/admin.kubeconfig" >/dev/null &
reader=$!
bash "$here/../../etc/node-cleanup.sh" "$data"
check 'who only reads a file of the node is left alone' '^reading$' bash -c "kill $reader && echo reading"
wait $reader 2>/dev/null
left() {
  printf '%s ' "$(pgrep -fc -- "$data/")" "$(grep -c "$data" /proc/self/mounts)" \
    "$(ip -o link show cleat0 2>/dev/null | wc -l)" "$(iptables-save | grep -c 'KUBE-\|CLEAT-')"
}
check 'and nothing is left of the node' '^0 0 0 0 $' left
finish
