#!/bin/bash
# A server and two nodes, each in a network of its own (up.sh): pods and services across nodes, what a node's taint does,
# and a node that is drained.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
namespaces_left() { ip netns list 2>/dev/null | grep -c "cleat-$(printf %s "$cluster" | sha256sum | cut -c1-6)"; }

check_fails 'how many nodes is to be said' 'how many nodes' up start "$cluster"
check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2
check_fails 'a second one in the folder is refused' 'a cluster is in .* already' up start "$cluster" 2
check 'both are ready' 'node-1 +Ready.*node-2 +Ready' kubectl get nodes
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'nodes without images say so' '^IMAGE +ID +SIZE' "$CLEAT" image list --data-dir "$cluster/node-1"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"
check 'which each lists' 'cleat-demo:1 +sha256:' "$CLEAT" image list --data-dir "$cluster/node-2"

kubectl create deployment web --image=cleat-demo:1 --replicas=4 --port=8080 >/dev/null
kubectl expose deployment web --type=NodePort --port=80 --target-port=8080 >/dev/null
check 'a deployment rolls out' 'successfully rolled out' kubectl rollout status deployment/web --timeout=60s
check 'over both nodes' '^node-1 node-2 $' bash -c "bash '$here/up.sh' exec '$cluster' kubectl get pods \
  -o 'jsonpath={range .items[*]}{.spec.nodeName}{\"\\n\"}{end}' | sort -u | tr '\n' ' '"
pod_on() { kubectl get pods -o "jsonpath={.items[?(@.spec.nodeName==\"$1\")].metadata.name}" | cut -d ' ' -f 1; }
here_pod=$(pod_on node-1)
there_ip=$(kubectl get pod "$(pod_on node-2)" -o jsonpath='{.status.podIP}')
own_ip=$(kubectl get pod "$here_pod" -o jsonpath='{.status.podIP}')
check 'a pod reaches one on the other node' '^web-' kubectl exec "$here_pod" -- wget -qO- "http://$there_ip:8080"
kubectl exec "$(pod_on node-2)" -- sh -c \
  'mkdir -p /tmp/www/cgi-bin; printf "#!/bin/sh\necho; echo \$REMOTE_ADDR\n" >/tmp/www/cgi-bin/who; chmod 755 /tmp/www/cgi-bin/who'
check 'under its own address' "^(::ffff:)?\[?(::ffff:)?$own_ip" kubectl exec "$here_pod" -- wget -qO- "http://$there_ip:8080/cgi-bin/who"
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
port=$(kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}')
answering() { for _ in $(seq 1 30); do up exec "$cluster" curl -sS --noproxy '*' --max-time 5 "$1"; done | sort -u | grep -c .; }
eventually 'the service leads to the pods of both nodes' 15 '^4$' answering "http://$vip"
kubectl expose deployment web --name=balanced --type=LoadBalancer --port=8088 --target-port=8080 >/dev/null
eventually 'a load balancer is the nodes' 15 '^172.31.255.11 172.31.255.12$' kubectl get service balanced -o 'jsonpath={.status.loadBalancer.ingress[*].ip}'
eventually 'which lead to the pods of both' 15 '^4$' answering "http://172.31.255.12:8088"
eventually 'through the port of either node' 15 '^4$' answering "http://172.31.255.12:$port"
kubectl patch service balanced -p '{"spec":{"externalTrafficPolicy":"Local"}}' >/dev/null
check_port=$(kubectl get service balanced -o jsonpath='{.spec.healthCheckNodePort}')
health() { up exec "$cluster" curl -sS --noproxy '*' --max-time 5 -w ' %{http_code}' "http://$1:$check_port" | tr -d ' \n\t'; }
eventually 'with pods of its own alone each node says that it has some' 15 \
  '^\{"service":\{"namespace":"default","name":"balanced"\},"localEndpoints":[1-4],"serviceProxyHealthy":true\}200$' health 172.31.255.11
eventually 'so does the other' 15 '"localEndpoints":[1-4],.*200$' health 172.31.255.12
from_a_pod() { kubectl exec "$here_pod" -- sh -c "for i in \$(seq 1 15); do wget -qO- http://$vip; done" | sort -u | grep -c .; }
eventually 'a pod gets to several of them' 15 '^[234]$' from_a_pod
kubectl patch service web -p '{"spec":{"sessionAffinity":"ClientIP"}}' >/dev/null
eventually 'and comes back to the same one with session affinity' 20 '^1$' from_a_pod
check 'so does who comes through a node port' '^1$' answering "http://172.31.255.12:$port"
kubectl patch service web -p '{"spec":{"sessionAffinity":"None"}}' >/dev/null
eventually 'until that is taken back' 20 '^[234]$' from_a_pod
check 'a command runs on the node that has the pod' '^web-' kubectl exec "$(pod_on node-2)" -- hostname

kubectl run tolerant --image=cleat-demo:1 --overrides='{"spec":{"nodeName":"node-2","terminationGracePeriodSeconds":1,
  "tolerations":[{"key":"broken","operator":"Exists","effect":"NoExecute"}]}}' >/dev/null
kubectl run brief --image=cleat-demo:1 --overrides='{"spec":{"nodeName":"node-2","terminationGracePeriodSeconds":1,
  "tolerations":[{"key":"broken","operator":"Exists","effect":"NoExecute","tolerationSeconds":3600}]}}' >/dev/null
kubectl wait --for=condition=Ready pod/tolerant pod/brief --timeout=60s >/dev/null
kubectl taint node node-2 broken=yes:NoExecute >/dev/null
on_second() { kubectl get pods -o 'jsonpath={range .items[?(@.spec.nodeName=="node-2")]}{.metadata.name} {end}'; }
eventually 'a taint takes away the pods that do not tolerate it' 60 '^(tolerant brief |brief tolerant )$' on_second
check 'and tells of it' 'TaintManagerEviction +pod/web-.*Marking for deletion Pod default/web-' kubectl get events
eventually 'their work goes on elsewhere' 60 '4/4' kubectl get deployment web
kubectl taint node node-2 broken- >/dev/null
eventually 'one that may stay for a time only stays when the taint goes' 20 'Cancelling deletion of Pod default/brief' kubectl get events

echo 'from here' >"$work/note"
check 'a file is copied into a pod' '^$' kubectl cp "$work/note" "$here_pod:/tmp/note"
fetched() { kubectl cp "$here_pod:/tmp/note" "$work/back" >/dev/null && cat "$work/back"; }
check 'and out of it' '^from here$' fetched

# One node is emptied while a budget holds, and the other takes its pods over.
kubectl create poddisruptionbudget web --selector=app=web --min-available=2 >/dev/null
check_fails 'a node with pods that nobody makes again is not drained' \
  'cannot delete.* Pods .*declare no controller .*default/brief, default/tolerant' kubectl drain node-2 --timeout=10s
check 'it has been cordoned, and is no more' 'node/node-2 uncordoned' kubectl uncordon node-2
drained() { kubectl drain node-1 --timeout=120s 2>&1 | tr '\n' ' '; }
check 'one with others is, a few at a time' "would violate the pod's disruption budget.*node/node-1 drained" drained
check 'and has none of them any more' '^$' kubectl get pods --field-selector=spec.nodeName=node-1 -o name
check 'all run on the other' '4/4' kubectl get deployment web
eventually 'load balancers hear of it' 15 '"localEndpoints":0,.*503$' health 172.31.255.11
check 'and of those there' '"localEndpoints":4,.*200$' health 172.31.255.12
check 'it may have some again' 'uncordoned' kubectl uncordon node-1

check 'it is taken away' 'nothing is left' up stop "$cluster"
check 'without a trace of its networks' '^0$' bash -c "$(declare -f namespaces_left); cluster='$cluster' namespaces_left || true"
check 'and of its mounts' '^0$' bash -c "grep -c -F '$cluster' /proc/self/mounts || true"
finish
