#!/bin/bash
# Ingresses, their classes and network policies as kubectl meets them, and where the addresses of services come from.
build=${1:?usage: ingress_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
group=/apis/networking.k8s.io/v1
ingresses=$group/namespaces/default/ingresses
policies=$group/namespaces/default/networkpolicies
backend='"service":{"name":"web","port":{"number":80}}'
ingress() { printf '{"metadata":{"name":"%s"%s},"spec":{"defaultBackend":{%s}%s}}' "$1" "${3:+,$3}" "$backend" "${2:+,$2}"; }
class() {  # NAME DEFAULT
  printf '{"metadata":{"name":"%s","annotations":{"ingressclass.kubernetes.io/is-default-class":"%s"}},"spec":{"controller":"example.com/%s"}}' "$1" "$2" "$1"
}
merge() { sending application/merge-patch+json request PATCH "$1" "$2"; }

echo '# discovery'
check 'kubectl knows the kinds' \
  'ingressclasses +networking.k8s.io/v1 +false +IngressClass.*ingresses +ing +networking.k8s.io/v1 +true +Ingress.*ipaddresses +ip +networking.k8s.io/v1 +false +IPAddress.*networkpolicies +netpol +networking.k8s.io/v1 +true +NetworkPolicy.*servicecidrs +networking.k8s.io/v1 +false +ServiceCIDR' \
  kubectl api-resources --api-group=networking.k8s.io
check 'and what they are made of' 'paths.*backend.*service.*port.*number.*pathType' kubectl explain ingress.spec.rules.http --recursive

echo '# classes'
check 'without a class there is no default' '^201 .*"spec":\{"defaultBackend"' request POST $ingresses "$(ingress none)"
check 'one' '^201 .*"generation":1' request POST $group/ingressclasses "$(class first true)"
check 'that is the default' 'first \(default\) +example.com/first +<none>' kubectl get ingressclass
given() { request POST "$ingresses?dryRun=All" "$(ingress probe)"; }
eventually 'an ingress without a class gets it' 10 '^201 .*"ingressClassName":"first"' given
check 'one with a class keeps it' '^201 .*"ingressClassName":"other"' request POST $ingresses "$(ingress named '"ingressClassName":"other"')"
check 'so does one with an annotation, which is old' \
  "^201 299 - \"annotation \\\\\"kubernetes.io/ingress.class\\\\\" is deprecated, please use 'spec.ingressClassName' instead\" .*\"spec\":\{\"defaultBackend\"" \
  request POST $ingresses "$(ingress annotated '' '"annotations":{"kubernetes.io/ingress.class":"old"}')"
check 'another default of the same second or later' '^201 ' request POST $group/ingressclasses "$(class second true)"
newest() { kubectl get ingressclass -o 'jsonpath={range .items[*]}{.metadata.creationTimestamp} {.metadata.name}{"\n"}{end}' | sort -k1,1r -k2,2 | awk '{print $2; exit}'; }
eventually 'the newest counts' 10 '^same$' bash -c "$(declare -f newest); [ \"\$(newest)\" = \"\$(kubectl create ingress probe --default-backend=web:80 --dry-run=server -o 'jsonpath={.spec.ingressClassName}')\" ] && echo same"
check 'its controller is fixed' '^422 .*field is immutable.*"field":"spec.controller"' merge $group/ingressclasses/first '{"spec":{"controller":"a/b"}}'

echo '# ingresses'
check 'made by kubectl' 'created' kubectl create ingress web --class=first --rule='a.example/x*=web:80,tls=cert' --rule='b.example/=web:http'
check 'get' 'web +first +a.example,b.example +80, 443' kubectl get ingress web
check 'describe' 'Host +Path +Backends.*a.example.*/x +web:80' kubectl describe ingress web
check 'its status' '^200 .*"status":\{"loadBalancer":\{"ingress":\[\{"ip":"192.0.2.1"' merge $ingresses/web/status '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}'
check 'is shown' '192.0.2.1 +80, 443' kubectl get ing web
check 'and left alone by the object' '^200 .*"ip":"192.0.2.1"' merge $ingresses/web '{"status":null}'
check 'edited' 'ingress.networking.k8s.io/web edited' env KUBE_EDITOR='sed -i s/b.example/c.example/' kubectl edit ingress web
check 'generation' '^2$' kubectl get ingress web -o 'jsonpath={.metadata.generation}'
check 'what is wrong is told all at once' \
  '^422 .*Ingress.networking.k8s.io .*"field":"spec.rules\[0\].http.paths\[0\].path".*"field":"spec.rules\[0\].http.paths\[0\].backend"' \
  request POST $ingresses '{"metadata":{"name":"x"},"spec":{"rules":[{"http":{"paths":[{"pathType":"Exact","path":"a","backend":{}}]}}]}}'
check 'deleted' 'deleted' kubectl delete ingress web

echo '# policies'
check 'filled in' '^201 .*"ports":\[\{"protocol":"TCP","port":80\}\].*"policyTypes":\["Ingress"\]' request POST $policies \
  '{"metadata":{"name":"p"},"spec":{"podSelector":{"matchLabels":{"a":"b"}},"ingress":[{"ports":[{"port":80}],"from":[{"namespaceSelector":{}}]}]}}'
check 'get' 'p +a=b' kubectl get netpol
check 'describe' 'PodSelector: +a=b.*Allowing ingress traffic.*To Port: 80/TCP' kubectl describe networkpolicy p
check 'applied by two' 'serverside-applied' bash -c "printf -- '---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {policyTypes: [Ingress, Egress]}}' | kubectl apply --server-side --force-conflicts -f -"
check 'a range with host bits' '^422 .*must not have bits set beyond the prefix length.*"field":"spec.egress\[0\].to\[0\].ipBlock.cidr"' \
  merge $policies/p '{"spec":{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.1/8"}}]}]}}'

echo '# addresses of services'
check 'the range that the server was started with' 'kubernetes +10.96.0.0/16' kubectl get servicecidrs
check 'is ready' '^True NetworkReady$' kubectl get servicecidr kubernetes -o 'jsonpath={.status.conditions[0].status} {.status.conditions[0].reason}'
check 'another one' '^201 ' request POST $group/servicecidrs '{"metadata":{"name":"more"},"spec":{"cidrs":["10.97.0.0/24"]}}'
check 'grows by the other family' '^200 .*"cidrs":\["10.97.0.0/24","2001:db8::/108"\]' merge $group/servicecidrs/more '{"spec":{"cidrs":["10.97.0.0/24","2001:db8::/108"]}}'
check 'and not otherwise' '^422 .*"field":"spec.cidrs\[1\]"' merge $group/servicecidrs/more '{"spec":{"cidrs":["10.97.0.0/24","2001:db8:1::/108"]}}'


echo '# roles'
for role in view edit; do kubectl create rolebinding $role --clusterrole=$role --user=$role >/dev/null; done
for kind in ingresses networkpolicies; do
  check "who may view sees $kind" '^yes' kubectl auth can-i list $kind.networking.k8s.io --as=view
  check_fails "and does not make $kind" '^no' kubectl auth can-i create $kind.networking.k8s.io --as=view
  check "who may edit makes $kind" '^yes' kubectl auth can-i create $kind.networking.k8s.io --as=edit
done
finish
