#!/bin/bash
# The Pod Security Standards as kubectl meets them: by the labels of a namespace, for pods, workloads and what is there already.
build=${1:?usage: pod_security_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
cat >"$work/server.toml" <<'TOML'
[plugins.admission-pod-security]
exempt_namespaces = ["trusted"]
exempt_users = ["installer"]
TOML
start_server --config "$work/server.toml"
label() { kubectl label --overwrite namespace "$@"; }
pod() {  # NAME SPEC-OF-THE-CONTAINER [SPEC-OF-THE-POD]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"%s}]}}' \
    "$1" "${3:+$3,}" "${2:+,$2}"
}
create() { local ns=$1; shift; pod "$@" | kubectl -n "$ns" create -f -; }
privileged='"securityContext":{"privileged":true}'
hardened='"securityContext":{"allowPrivilegeEscalation":false,"runAsNonRoot":true,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}}'

check 'namespaces' 'created' bash -c 'for n in shop trusted; do kubectl create namespace $n; done'
for ns in shop trusted; do eventually "with accounts: $ns" 10 'default' kubectl -n $ns get serviceaccounts; done
check 'without a label everything goes' '^pod/free created$' create shop free "$privileged"
check 'more is enforced' 'Warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest".*Warning: free: privileged.*labeled' \
  label shop pod-security.kubernetes.io/enforce=baseline
check_fails 'and at once' \
  'Error from server \(Forbidden\): error when creating "STDIN": pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\)' \
  create shop p "$privileged"
check_fails 'the ways out of a container are known' \
  'violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true, hostPID=true\), hostPath volumes \(volume "v"\), hostPort \(container "c" uses hostPort 80\)' \
  create shop p '"ports":[{"containerPort":80,"hostPort":80}]' '"hostNetwork":true,"hostPID":true,"volumes":[{"name":"v","hostPath":{"path":"/"}}]'
check_fails 'an unmasked /proc' 'procMount: Invalid value: "Unmasked": .hostUsers. must be false to use .Unmasked.' \
  create shop p '"securityContext":{"procMount":"Unmasked"}' '"hostUsers":true'
check 'but in a user namespace' 'created' create shop masked '"securityContext":{"procMount":"Unmasked"}' '"hostUsers":false'
check_fails 'a probe of somewhere else' 'probe or lifecycle host \(container "c" uses probe or lifecycle host "169.254.169.254"\)' \
  create shop p '"livenessProbe":{"httpGet":{"port":80,"host":"169.254.169.254"}}'
check 'an older version knows less' 'labeled' label shop pod-security.kubernetes.io/enforce-version=v1.30
check 'of that' 'created' create shop probing '"livenessProbe":{"httpGet":{"port":80,"host":"169.254.169.254"}}'
check 'and takes itself back' 'labeled' label shop pod-security.kubernetes.io/enforce-version-
check 'an ordinary pod is no worse for it' '^pod/plain created$' create shop plain ''
check 'a workload is warned of, since its pods are refused' \
  'Warning: would violate PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\).*deployment.apps/w created' \
  bash -c "printf '%s' '{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"w\"},\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},
    \"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",$privileged}]}}}}' | kubectl -n shop create -f -"
eventually 'which they are' 10 'FailedCreate.*violates PodSecurity "baseline:latest"' kubectl -n shop get events

check 'everything is asked for' 'labeled' label shop pod-security.kubernetes.io/enforce=restricted
check_fails 'in Kubernetes'"'"' words' \
  'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "c" must set securityContext.allowPrivilegeEscalation=false\), unrestricted capabilities \(container "c" must set securityContext.capabilities.drop=\["ALL"\]\), runAsNonRoot != true \(pod or container "c" must set securityContext.runAsNonRoot=true\), seccompProfile \(pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"\)' \
  create shop p ''
check 'a hardened pod comes in' '^pod/hard created$' create shop hard "$hardened"

# Ways around it.
check_fails 'a new image of an old pod' 'pods "plain" is forbidden: violates PodSecurity "restricted:latest"' \
  kubectl -n shop set image pod/plain c=other
check 'its labels may change' 'labeled' kubectl -n shop label pod plain a=b
debugger='"ephemeralContainers":[{"name":"d","image":"i","securityContext":{"privileged":true}}]'
check_fails 'an ephemeral container by a patch' 'violates PodSecurity "restricted:latest": privileged \(container "d" must not' \
  kubectl -n shop patch pod hard --subresource=ephemeralcontainers -p "{\"spec\":{$debugger}}"
check 'by a whole body that calls the pod what it is not' '^403 .*violates PodSecurity .*privileged \(container \\"d\\" must not' \
  request PUT /api/v1/namespaces/shop/pods/plain/ephemeralcontainers \
  "$(pod plain "$hardened" "\"securityContext\":{\"runAsNonRoot\":true},$debugger")"
check 'a plain one of a pod that is not hardened' '^403 .*pod or containers \\"c\\", \\"d\\" must set securityContext.runAsNonRoot=true' \
  sending application/strategic-merge-patch+json request PATCH /api/v1/namespaces/shop/pods/plain/ephemeralcontainers \
  '{"spec":{"ephemeralContainers":[{"name":"d","image":"i"}]}}'
check_fails 'an update that is applied' 'violates PodSecurity "restricted:latest"' bash -c \
  "printf '%s' '$(pod plain '"image":"other"')' | sed 's/\"image\":\"i\",//' | kubectl -n shop apply --server-side --force-conflicts -f -"
check 'the status is nobody'"'"'s business here' 'patched' kubectl -n shop patch pod free --subresource=status -p '{"status":{"phase":"Running"}}'
check 'a hardened ephemeral container comes in' 'patched' kubectl -n shop patch pod hard --subresource=ephemeralcontainers \
  -p "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"d\",\"image\":\"i\",$hardened}]}}"

# Warned and written down only.
check 'nothing is enforced' 'labeled' label shop pod-security.kubernetes.io/enforce=privileged pod-security.kubernetes.io/warn=baseline \
  pod-security.kubernetes.io/audit=baseline
check 'but told' 'Warning: would violate PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\).*pod/warned created' \
  create shop warned "$privileged"
eventually 'and written down' 5 'audit: .*pods shop/warned: would violate PodSecurity "baseline:latest"' cat "$work/log"
check 'an ephemeral container is warned of' 'Warning: would violate PodSecurity "baseline:latest": privileged' kubectl -n shop patch pod plain \
  --subresource=ephemeralcontainers -p "{\"spec\":{$debugger}}"

# Labels that are none, and those who are exempt.
check_fails 'a level that is none' \
  'Namespace "shop" is invalid: metadata.labels\[pod-security.kubernetes.io/enforce\]: Invalid value: "strict": must be one of privileged, baseline, restricted' \
  label shop pod-security.kubernetes.io/enforce=strict
check_fails 'a version that is none' 'pod-security.kubernetes.io/warn-version\]: Invalid value: "1.30": must be "latest" or "v1.x"' \
  label shop pod-security.kubernetes.io/warn-version=1.30
check 'labels of an exempt namespace' 'Warning: namespace "trusted" is exempt from Pod Security, and the policy \(enforce=restricted:latest\) will be ignored' \
  label trusted pod-security.kubernetes.io/enforce=restricted
check 'are in vain' 'created' create trusted p "$privileged"
check 'enforced again' 'labeled' label shop pod-security.kubernetes.io/enforce=baseline
check 'who may write pods' 'created' kubectl -n shop create rolebinding installer --clusterrole=edit --user=installer
eventually 'and is exempt' 5 'created' bash -c "printf '%s' '$(pod installed "$privileged")' | kubectl -n shop --as=installer create -f -"
finish
