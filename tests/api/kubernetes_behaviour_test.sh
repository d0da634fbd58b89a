#!/bin/bash
# What Kubernetes 1.37 does where an API server easily does something else, each row as a client sees it.
build=${1:?usage: kubernetes_behaviour_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default
apps=/apis/apps/v1/namespaces/default

create() { request POST "$core/$1" "$2"; }
configmap() { printf '{"metadata":{"name":"%s"},"data":{"a":"%s"}}' "$1" "${2:-1}"; }
field() { kubectl get "$1" "$2" --show-managed-fields -o "jsonpath={$3}"; }
entries() {  # KIND NAME: MANAGER OPERATION SUBRESOURCE and the fields of each entry, a line each
  kubectl get "$1" "$2" --show-managed-fields -o json | python3 -c '
import json, sys
for e in json.load(sys.stdin)["metadata"].get("managedFields", [{"manager": "nobody"}]):
    print(e["manager"], e.get("operation", "-"), e.get("subresource", "-"), json.dumps(e.get("fieldsV1"), sort_keys=True))'
}
pod() {  # NAME [METADATA] [SPEC]
  printf '{"metadata":{"name":"%s"%s},"spec":{"containers":[{"name":"c","image":"i"}]%s}}' "$1" "${2:+,$2}" "${3:+,$3}"
}
deployment() {  # NAME REPLICAS
  printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"%s"},"spec":{"paused":true,"replicas":%s,' "$1" "$2"
  printf '"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}'
}

echo '# defaults: set before admission sees the object and before anybody owns its fields, and again after admission'
check 'a pod' '^201 ' create pods "$(pod defaulted)"
check 'who made it owns what was left out too' '^client Update - .*"f:dnsPolicy": \{\}.*"f:restartPolicy": \{\}' entries pod defaulted
spread='{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway","labelSelector":{"matchLabels":{"app":"a"}},"matchLabelKeys":["rev"]}'
check 'one with label keys' '^201 ' create pods "$(pod keyed '"labels":{"rev":"7"}' "\"topologySpreadConstraints\":[$spread]")"
check 'has them in its selector' '^\[\{"key":"rev","operator":"In","values":\["7"\]\}\]$' \
  field pod keyed '.spec.topologySpreadConstraints[0].labelSelector.matchExpressions'
check 'what admission adds has its defaults' '^420$' field pod defaulted '.spec.volumes[0].projected.defaultMode'

echo '# /status: metadata changes are kept, but for what the kind resets'
status_patch='{"metadata":{"annotations":{"by":"status"},"labels":{"l":"1"},"finalizers":["a.example/f"],"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u"}]},"spec":{"activeDeadlineSeconds":9},"status":{"message":"m"}}'
patch() { sending "application/${patch_type:-merge-patch}+json" request PATCH "$1" "$2"; }
check 'a patch of all' '^200 ' patch "$core/pods/defaulted/status?fieldManager=kubelet" "$status_patch"
check 'an annotation stays' '^status$' field pod defaulted .metadata.annotations.by
check 'and a finalizer' '^..a.example/f..$' field pod defaulted .metadata.finalizers
check 'the status is there' '^m$' field pod defaulted .status.message
check 'owners of a pod are no business of /status, nor is the spec' '^/$' field pod defaulted '.metadata.ownerReferences}/{.spec.activeDeadlineSeconds'
check 'its writer owns it there' '^kubelet Update status \{"f:metadata": \{"f:annotations".*"f:status": \{"f:message": \{\}\}' \
  eval 'entries pod defaulted | grep kubelet'
check 'but neither of those' '^0$' eval 'entries pod defaulted | grep kubelet | grep -c -e ownerReferences -e f:spec || true'
check 'a deployment' '^201 ' request POST "$apps/deployments" "$(deployment d 1)"
check 'its status with a label and an annotation' '^200 ' patch "$apps/deployments/d/status" '{"metadata":{"labels":{"x":"y"},"annotations":{"p":"q"}}}'
check 'keeps the annotation alone' '^q/$' field deployment d '.metadata.annotations.p}/{.metadata.labels.x'

echo '# /scale takes ownership, so that applying the old number conflicts'
apply() { sending application/apply-patch+yaml request PATCH "$1&fieldManager=$2" "$3"; }
check 'three are applied' '^201 ' apply "$apps/deployments/scaled?x=y" site "$(deployment scaled 3)"
check 'scaled to five' 'scaled' kubectl scale deployment scaled --replicas=5
check 'three again' '^409 .*conflict with \\"kubectl\\" with subresource \\"scale\\" using apps/v1: .spec.replicas' \
  apply "$apps/deployments/scaled?x=y" site "$(deployment scaled 3)"

echo '# the answer to a write of /scale has the revision that the write has made'
of_kind() {  # PLURAL: one of it, whose controller may write as well
  local selector='"matchLabels":{"app":"of-kind"}'
  [ "$1" != replicationcontrollers ] || selector='"app":"of-kind"'
  printf '{"metadata":{"name":"of-kind"},"spec":{"replicas":1,"selector":{%s},"template":{"metadata":{"labels":{"app":"of-kind"}},' "$selector"
  printf '"spec":{"containers":[{"name":"c","image":"i"}]}}}}'
}
written_at() {  # COLLECTION REPLICAS REVISION: what is told of the revision in the last answer, of all since that one
  local at; at=$(of_answer 'd["metadata"]["resourceVersion"]')
  request GET "$1?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=of-kind&resourceVersion=$3" >/dev/null
  python3 - "$work/body" "$at" "$2" <<'PY'
import json, sys
objects = [json.loads(line)["object"] for line in open(sys.argv[1])]
print(any(o["metadata"]["resourceVersion"] == sys.argv[2] and o["spec"]["replicas"] == int(sys.argv[3]) for o in objects))
PY
}
for collection in $apps/deployments $apps/replicasets $apps/statefulsets $core/replicationcontrollers; do
  check "one of ${collection##*/}" '^201 ' request POST $collection "$(of_kind "${collection##*/}")"
  since=$(of_answer 'd["metadata"]["resourceVersion"]')
  check 'patched' '^200 ' sending application/merge-patch+json request PATCH $collection/of-kind/scale '{"spec":{"replicas":0}}'
  check 'it is that revision' '^True$' written_at $collection 0 "$since"
  check 'put' '^200 ' request PUT $collection/of-kind/scale '{"metadata":{"name":"of-kind"},"spec":{"replicas":2}}'
  check 'and that one' '^True$' written_at $collection 2 "$since"
  check 'applied' '^200 ' apply "$collection/of-kind/scale?force=true" site '{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"of-kind"},"spec":{"replicas":3}}'
  check 'and that' '^True$' written_at $collection 3 "$since"
done

echo '# an apply that says what is there writes nothing'
same='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"same","annotations":{},"labels":{}},"data":{"k":"v"},"binaryData":{}}'
check 'applied' '^201 ' apply "$core/configmaps/same?x=y" site "$same"
before=$(field configmap same '.metadata.resourceVersion}{.metadata.managedFields')
until_true 3 eval '[ "$(date +%s)" -gt '"$(date +%s)"' ]'
check 'again' '^200 ' apply "$core/configmaps/same?x=y" site "$same"
check 'is as it was' '^same$' eval '[ "$(field configmap same ".metadata.resourceVersion}{.metadata.managedFields")" = "$before" ] && echo same'

echo '# a second DELETE can bring the end nearer, never push it away, and is no change of what is wanted'
kubectl create --raw "$core/pods" -f <(pod graceful '"finalizers":["a.example/f"]' '"nodeName":"none"') >/dev/null
times() { field pod graceful '.metadata.deletionTimestamp} {.metadata.deletionGracePeriodSeconds} {.metadata.generation'; }
check 'in sixty seconds' '^200 ' request DELETE "$core/pods/graceful?gracePeriodSeconds=60"
first=$(times)
check 'in ninety' '^200 ' request DELETE "$core/pods/graceful?gracePeriodSeconds=90"
check 'is none' '^same$' eval '[ "$(times)" = "$first" ] && echo same'
check 'nor is one without a number' '^same$' eval 'request DELETE "$core/pods/graceful" >/dev/null; [ "$(times)" = "$first" ] && echo same'
check 'nor is one of a pod that has failed meanwhile' '^same$' eval 'sending application/merge-patch+json request PATCH "$core/pods/graceful/status" "{\"status\":{\"phase\":\"Failed\"}}" >/dev/null; request DELETE "$core/pods/graceful" >/dev/null; [ "$(times)" = "$first" ] && echo same'
kubectl create --raw "$core/pods" -f <(pod failing '' '"nodeName":"none"') >/dev/null
check 'which its node ends' '^200 .*"deletionGracePeriodSeconds":60' eval 'request DELETE "$core/pods/failing?gracePeriodSeconds=60" >/dev/null; sending application/merge-patch+json request PATCH "$core/pods/failing/status" "{\"status\":{\"phase\":\"Succeeded\"}}" >/dev/null; request DELETE "$core/pods/failing" >/dev/null; request GET "$core/pods/failing"'
check 'or who does not wait for it' '^404 ' eval 'request DELETE "$core/pods/failing?gracePeriodSeconds=0" >/dev/null; request GET "$core/pods/failing"'
check 'in thirty' '^200 ' request DELETE "$core/pods/graceful?gracePeriodSeconds=30"
check 'counts from the first' '^sooner by 30, 30, same generation$' python3 -c '
import datetime, sys
(a, ga, na), (b, gb, nb) = sys.argv[1].split(), sys.argv[2].split()
at = datetime.datetime.fromisoformat
print("sooner by %d, %s, %s generation" % ((at(a) - at(b)).seconds, gb, "same" if na == nb else "another"))' "$first" "$(times)"

echo '# LIST with a limit and a revision is of exactly that revision'
for i in 1 2 3; do create configmaps "$(configmap "page-$i")" >/dev/null; done
at=$(request GET "$core/configmaps?limit=1" >/dev/null; of_answer 'd["metadata"]["resourceVersion"]')
check 'something comes' '^201 ' create configmaps "$(configmap aaa-later)"
listed() { request GET "$core/configmaps?$1" >/dev/null; of_answer '"%s %s" % (d["metadata"]["resourceVersion"], "aaa-later" in [i["metadata"]["name"] for i in d["items"]])'; }
check 'with a limit it is not there' "^$at False\$" listed "limit=2&resourceVersion=$at"
check 'without one it may be' '^[0-9]+ True$' listed "resourceVersion=$at"
check 'nor where newer ones are welcome' '^[0-9]+ True$' listed "limit=2&resourceVersion=$at&resourceVersionMatch=NotOlderThan"
check 'zero is any' '^[0-9]+ True$' listed "limit=2&resourceVersion=0"
check 'and no page' '^none$' of_answer 'd["metadata"].get("continue", "none")'

echo '# GET at a revision that is to come'
check 'times out' '^504 .*Too large resource version: 99999999, current: [0-9]+.*"reason":"Timeout".*"reason":"ResourceVersionTooLarge"' \
  request GET "$core/configmaps/same?resourceVersion=99999999"
check 'one that is past is met' '^200 ' request GET "$core/configmaps/same?resourceVersion=1"
check 'no number is none' '^400 ' request GET "$core/configmaps/same?resourceVersion=abc"

echo '# PUT of what is not there, and without a revision'
put() { request PUT "$1" "$2"; }
lease=/apis/coordination.k8s.io/v1/namespaces/default/leases
check 'creates a lease' '^201 ' put "$lease/l" '{"metadata":{"name":"l"},"spec":{"holderIdentity":"h"}}'
check 'but no config map' '^404 ' put "$core/configmaps/none" "$(configmap none)"
check 'which an update has to name a revision of' '^422 .*metadata.resourceVersion: Invalid value: 0: must be specified for an update' put "$lease/l" '{"metadata":{"name":"l"},"spec":{"holderIdentity":"i"}}'

echo '# POST: what is invalid is so also under a name that is taken'
check '422 first' '^422 .*spec.containers' create pods '{"metadata":{"name":"defaulted"},"spec":{"containers":[]}}'

echo '# metadata that does not change, by PUT and PATCH'
check 'deleted, it waits' '^200 ' request DELETE "$core/pods/defaulted?gracePeriodSeconds=0"
check 'a finalizer more' '^422 .*metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{\\"b.example/g\\"\}' \
  patch "$core/pods/defaulted" '{"metadata":{"finalizers":["a.example/f","b.example/g"]}}'
check 'one less is fine' '^200 ' patch "$core/pods/defaulted" '{"metadata":{"finalizers":null}}'
created=$(field configmap same '.metadata.creationTimestamp')
check 'another creationTimestamp is overlooked' "^200 .*\"creationTimestamp\":\"$created\"" patch "$core/configmaps/same" '{"metadata":{"creationTimestamp":"2001-01-01T00:00:00Z"}}'
check 'so is another generation, and a selfLink' '^200 ' patch "$core/configmaps/same" '{"metadata":{"generation":7,"selfLink":"/x"}}'
check 'which come to nothing' '^/$' field configmap same '.metadata.generation}/{.metadata.selfLink'
check 'another uid is none of a patch' '^422 .*metadata.uid: Invalid value: ..u..: field is immutable' patch "$core/configmaps/same" '{"metadata":{"uid":"u"}}'
check 'another name' '^400 .*the name of the object \(other\) does not match the name on the URL \(same\)' patch "$core/configmaps/same" '{"metadata":{"name":"other"}}'
check 'another namespace' '^400 .*does not match the namespace' patch "$core/configmaps/same" '{"metadata":{"namespace":"kube-system"}}'
check 'a deletionTimestamp' '^422 .*metadata.deletionTimestamp: Invalid value: .*: field is immutable' patch "$core/configmaps/same" '{"metadata":{"deletionTimestamp":"2001-01-01T00:00:00Z"}}'
check 'a deletionGracePeriodSeconds' '^422 .*metadata.deletionGracePeriodSeconds: Invalid value: 3: field is immutable' patch "$core/configmaps/same" '{"metadata":{"deletionGracePeriodSeconds":3}}'

echo '# duplicate keys'
twice='{"data":{"a":"1","a":"2"}}'
check 'in a strict patch' '^400|^422 .*duplicate field' patch "$core/configmaps/same?fieldValidation=Strict" "$twice"
check 'by default a warning' '^200 299 - "(json patch |json: )?duplicate field \\"data.a\\""' patch "$core/configmaps/same" "$twice"
yaml=$'metadata:\n  name: doubled\ndata:\n  a: one\n  a: two\n'
check 'in YAML a warning' '^201 299 - .*key \\"a\\" already set in map' sending application/yaml create configmaps "$yaml"
check 'strictly an error' '^400 .*already set in map' sending application/yaml create 'configmaps?fieldValidation=Strict' "${yaml/doubled/strict}"

echo '# numbers: 1.0 is no integer'
check 'in a body' '^400 .*json: cannot unmarshal number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32' \
  request POST "$apps/deployments" "$(deployment one 1.0)"
check 'nor is 1e0' '^400 .*cannot unmarshal number .* into' request POST "$apps/deployments" "$(deployment one 1e0)"
check 'in a merge patch' '^4(00|22) .*cannot unmarshal number 2.0' patch "$apps/deployments/d" '{"spec":{"replicas":2.0}}'
check 'a strategic one takes it' '^200 .*"replicas":2,' eval 'patch_type=strategic-merge-patch patch "$apps/deployments/d" "{\"spec\":{\"replicas\":2.0}}"'

echo '# DELETE answers with what was there, or that it is done'
check 'a config map' '^200 \{"kind":"Status".*"status":"Success"' request DELETE "$core/configmaps/page-1"
check 'a service account' '^200 \{.*"kind":"ServiceAccount"' eval 'kubectl create serviceaccount gone >/dev/null; request DELETE "$core/serviceaccounts/gone"'

echo '# who owns which field, of every write of every kind'
as_agent() { local agent=$1 method=$2 path=$3; curl -sS -o "$work/body" -w '%{http_code} ' --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" \
  --key "$data/pki/admin.key" -A "$agent" -X "$method" -H "Content-Type: ${content:-application/json}" --data-binary "$4" "https://127.0.0.1:$port$path"; cat "$work/body"; }
check 'a create by a program' '^201 ' as_agent 'maker/1.2 (linux/amd64) x' POST "$core/configmaps" "$(configmap owned)"
check 'is booked under its name' '^maker Update - \{"f:data": \{".": \{\}, "f:a": \{\}\}\}$' entries configmap owned
check 'an update by another' '^200 ' as_agent other PUT "$core/configmaps/owned" '{"metadata":{"name":"owned","labels":{"l":"1"}},"data":{"a":"2","b":"3"}}'
check 'owns what it changed' '(^|.)other Update - \{"f:data": \{"f:a": \{\}, "f:b": \{\}\}, "f:metadata": \{"f:labels": \{".": \{\}, "f:l": \{\}\}\}\}' entries configmap owned
check 'which the first does not any more' 'maker Update - \{"f:data": \{\}\}' entries configmap owned
check 'what goes away is nobody'"'"'s' '^200 ' as_agent other PUT "$core/configmaps/owned" '{"metadata":{"name":"owned"},"data":{"a":"2"}}'
check 'of all' 'other Update - \{"f:data": \{"f:a": \{\}\}\}' entries configmap owned
check 'an apply after a create conflicts' '^409 .*Apply failed with 1 conflict: conflict with \\"other\\" using v1: .data.a' \
  apply "$core/configmaps/owned?x=y" site '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned"},"data":{"a":"9"}}'
for i in $(seq 12); do content=application/merge-patch+json as_agent "updater-$i" PATCH "$core/configmaps/owned" "{\"data\":{\"k$i\":\"v\"}}" >/dev/null; done
check 'ten updaters are kept, the older ones in one' '^10 1 True$' python3 -c '
import sys, json
e = [x["manager"] for x in json.loads(sys.argv[1])["metadata"]["managedFields"]]
print(len(e), e.count("ancient-changes"), "updater-12" in e)' "$(kubectl get configmap owned --show-managed-fields -o json)"
check 'an empty entry forgets them' '^200 ' patch "$core/configmaps/owned" '{"metadata":{"managedFields":[{}]}}'
check 'all' '^nobody' entries configmap owned
check 'and what was there is nobody'"'"'s, before the first apply' '^409 .*conflict with \\"before-first-apply\\" using v1: .data.a' \
  apply "$core/configmaps/owned?x=y" site '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned"},"data":{"a":"9"}}'
check 'a lease too' '^client Update - \{"f:spec": \{"f:holderIdentity": \{\}\}\}$' entries lease l
check 'an event' '^201 ' create events '{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p","namespace":"default"},"reason":"R"}'
check 'too' '^client Update - .*"f:involvedObject"' entries event e
kubectl create namespace made >/dev/null
eventually 'what a plugin makes is the plugin'"'"'s' 20 'manager: controller-service-account.*operation: Update' \
  kubectl -n made get configmap kube-root-ca.crt --show-managed-fields -o yaml
check 'kubectl shows them' 'managedFields:.*manager: kubectl-create.*operation: Update' eval 'kubectl create configmap shown --from-literal=a=b >/dev/null; kubectl get configmap shown -o yaml --show-managed-fields'

echo '# what is valid and not meant is told of, and made'
twice='{"metadata":{"name":"twice"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"},{"name":"A","value":"2"}],
  "ports":[{"containerPort":80},{"containerPort":80}]}],"nodeSelector":{"beta.kubernetes.io/os":"linux"}}}'
check 'of a pod' '^201 299 - "spec.nodeSelector\[beta.kubernetes.io/os\]: deprecated since v1.14; use \\"kubernetes.io/os\\" instead" 299 - "spec.containers\[0\].env\[1\]: hides previous definition of \\"A\\", which may be dropped when using apply" 299 - "spec.containers\[0\].ports\[1\]: duplicate port definition with spec.containers\[0\].ports\[0\]" \{' \
  create pods "$twice"
check 'not when it changes' '^200 \{' patch "$core/pods/twice" '{"metadata":{"labels":{"a":"b"}}}'
old="$(deployment old 0 | sed 's|"containers"|"nodeSelector":{"beta.kubernetes.io/os":"linux"},&|')"
check 'of a workload' '^201 299 - "spec.template.spec.nodeSelector\[beta.kubernetes.io/os\]: deprecated since v1.14' request POST "$apps/deployments" "$old"
check 'when it changes' '^200 299 - "spec.template.spec.nodeSelector' patch "$apps/deployments/old" '{"spec":{"minReadySeconds":1}}'
check 'and not for a label' '^200 \{' patch "$apps/deployments/old" '{"metadata":{"labels":{"a":"b"}}}'
check 'of a service' '^201 299 - "spec.externalIPs is deprecated and may no longer be implemented in some clusters" \{' \
  create services '{"metadata":{"name":"outer"},"spec":{"ports":[{"port":80}],"externalIPs":["1.2.3.4"]}}'

echo '# what else a pod has to say and is told'
volumes='"volumes":[{"name":"files","emptyDir":{}},{"name":"settings","configMap":{"name":"c"}}]'
reads() { printf '{"metadata":{"name":"reads"},"spec":{%s,"containers":[{"name":"c","image":"i","env":[{"name":"A","valueFrom":{"fileKeyRef":{"volumeName":"%s","path":"a","key":"A"}}}]}]}}' "$volumes" "$1"; }
check 'a variable comes from a file of an emptyDir' '^201 ' create pods "$(reads files)"
check 'not of another volume' '^422 .*spec.containers\[0\].env\[0\].valueFrom.fileKeyRef.volumeName: Invalid value: \\"settings\\": referenced volume must be of type emptyDir' create pods "$(reads settings)"
check 'nor of none' '^422 .*spec.containers\[0\].env\[0\].valueFrom.fileKeyRef.volumeName: Not found: \\"none\\"' create pods "$(reads none)"
armored() {  # NAME ANNOTATION [CONTEXT] [CONTEXT OF THE POD]
  printf '{"metadata":{"name":"%s","annotations":{"container.apparmor.security.beta.kubernetes.io/c":"%s"}},"spec":{"securityContext":{%s},"containers":[{"name":"c","image":"i","securityContext":{%s}}]}}' "$1" "$2" "${4:-}" "${3:-}"
}
check 'an annotation about AppArmor becomes the field, which is warned of' \
  '^201 299 - "metadata.annotations\[container.apparmor.security.beta.kubernetes.io/c\]: deprecated since v1.30; use the \\"appArmorProfile\\" field instead" .*"securityContext":\{"appArmorProfile":\{"type":"Localhost","localhostProfile":"web"\}\}' \
  create pods "$(armored armored localhost/web)"
check 'not where the pod says the same' '^201 \{.*"containers":\[\{"name":"c",.*"imagePullPolicy":"Always","securityContext":\{\},"terminationMessagePolicy"' create pods "$(armored alike unconfined '' '"appArmorProfile":{"type":"Unconfined"}')"
check 'both cannot say different things' '^422 .*spec.containers\[0\].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match' \
  create pods "$(armored both unconfined '"appArmorProfile":{"type":"RuntimeDefault"}')"
check 'nor name different profiles' '^422 .*appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match' \
  create pods "$(armored both localhost/a '"appArmorProfile":{"type":"Localhost","localhostProfile":"b"}')"
check 'a disk of Azure has its defaults in a pod too' '^201 .*"azureDisk":\{"diskName":"d","diskURI":"https://x/d","cachingMode":"ReadWrite","fsType":"ext4","readOnly":false,"kind":"Shared"\}' \
  create pods '{"metadata":{"name":"disk"},"spec":{"volumes":[{"name":"v","azureDisk":{"diskName":"d","diskURI":"https://x/d"}}],"containers":[{"name":"c","image":"i"}]}}'

echo '# an empty value of a selector is a value'
for name in none a b; do
  value=${name#none}
  create configmaps "{\"metadata\":{\"name\":\"tier-$name\",\"labels\":{\"tiers\":\"1\",\"tier\":\"$value\"}}}" >/dev/null
done
check 'in a list' '^configmap/tier-b$' kubectl get configmaps -l 'tiers,tier notin (a,)' -o name
check 'and the other way' '^configmap/tier-a configmap/tier-none $' \
  bash -c "kubectl get configmaps -l 'tiers,tier in (,a)' -o name | tr '\n' ' '"
watched() { request GET "$core/configmaps?watch=1&resourceVersion=0&timeoutSeconds=1&labelSelector=$1" | grep -o '"name":"tier-[a-z]*"'; }
check 'in a watch' '^"name":"tier-b"$' watched 'tiers,tier%20notin%20(a,)'

echo '# fields of features that Kubernetes has off are left out of what is new'
alpha='{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGUSR1"},"volumeMounts":[{"name":"v","mountPath":"/v","bindMountOptions":["noexec"]}]}'
volumes='{"name":"v","secret":{"secretName":"s","defaultUser":5,"items":[{"key":"k","path":"p","user":6}]}}'
responders='"evictionResponders":[{"name":"example.com/e","priority":1}]'
check 'such a pod is taken' '^201 ' \
  create pods "{\"metadata\":{\"name\":\"alpha\"},\"spec\":{$responders,\"containers\":[$alpha],\"volumes\":[$volumes]}}"
check 'without them' '^;;;/v;p;$' kubectl get pod alpha -o \
  'jsonpath={.spec.evictionResponders};{.spec.containers[0].lifecycle};{.spec.containers[0].volumeMounts[0].bindMountOptions};{.spec.containers[0].volumeMounts[0].mountPath};{.spec.volumes[0].secret.items[0].path};{.spec.volumes[0].secret.defaultUser}{.spec.volumes[0].secret.items[0].user}'
check 'so is such a node' '^201 ' \
  request POST /api/v1/nodes '{"metadata":{"name":"alpha"},"spec":{"podPreemptionPolicy":{"disableResizePreemption":["x"]}}}'
check 'without it' '^;$' kubectl get node alpha -o 'jsonpath={.spec.podPreemptionPolicy};'

echo '# patches leave an object its name and its kind'
nameless='^400 .*the name of the object .patched based on URL. was undeterminable: name must be provided'
create configmaps "$(configmap patched)" >/dev/null
patched() { sending "application/$1" request PATCH "$core/configmaps/patched" "$2"; }
check 'a merge' "$nameless" patched merge-patch+json '{"metadata":null}'
check 'of less' "$nameless" patched merge-patch+json '{"metadata":{"name":null}}'
check 'a strategic one' "$nameless" patched strategic-merge-patch+json '{"$patch":"delete"}'
check 'that replaces all' "$nameless" patched strategic-merge-patch+json '{"$patch":"replace","data":{}}'
check 'operations' "$nameless" patched json-patch+json '[{"op":"remove","path":"/metadata/name"}]'
check 'another version' '^422 .*no kind .*ConfigMap.* is registered for version .*v2' patched merge-patch+json '{"apiVersion":"v2"}'
check 'what is no operation' '^422 .*the server rejected our request due to an error in our request' patched json-patch+json '[{"op":"foo","path":"/x"}]'
check 'and one without a path' '^422 .*the server rejected our request' patched json-patch+json '[{"op":"add"}]'
check 'it is as it was' '^1$' kubectl get configmap patched -o 'jsonpath={.data.a}'

echo '# words'
address() { request POST "/apis/networking.k8s.io/v1/ipaddresses?dryRun=All" '{"metadata":{"name":"'"$1"'"},"spec":{"parentRef":{"resource":"services","namespace":"a","name":"b"}}}'; }
check 'an address by its name' '^201 ' address 2001:db8::1
check 'what is none' '^422 .*is invalid: metadata.name: Invalid value: ..x..: must be a valid IP address, \(e.g. 10.9.8.7 or 2001:db8::ffff\)","reason"' address x
check 'one that is longer than it has to be' '^422 .*: must be in canonical form \(..2001:db8::..\)","reason"' address 2001:db8::0
check 'with leading zeros' '^422 .*: must not have leading 0s","reason"' address 010.0.0.1
check 'of two families' '^422 .*: must not be an IPv4-mapped IPv6 address","reason"' address ::ffff:1.2.3.4
check 'of a selector that goes on' "^400 .*\"message\":\"found '=', expected: ',' or 'end of string'\"" request GET "$core/configmaps?labelSelector=a=b=c"
check 'one that does not end' "^400 .*unable to parse requirement: found '', expected: ',', '\)' or identifier" request GET "$core/configmaps?labelSelector=a%20in%20("
check 'a revision that is none' '^400 .*"invalid resource version: resourceVersion: Invalid value: .*abc' request GET "$core/configmaps?resourceVersion=abc"
check 'a watch goes on from no page' '^422 .*resourceVersionMatch is forbidden when continue is provided' request GET "$core/configmaps?watch=1&continue=x"
check 'another namespace' '^400 .*the namespace of the provided object does not match the namespace sent on the request' request PUT "$core/configmaps/patched" '{"metadata":{"name":"patched","namespace":"x"}}'
check 'a connection is no dry run' '^400 .*dryRun is not supported' request POST "$core/pods/none/exec?dryRun=All&command=ls"
check 'a review of nothing' '^422 .*"message":"\.authorization\.k8s\.io .* is invalid: spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"' \
  request POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews '{"spec":{}}'
check 'one with a name' '^422 .*metadata: Invalid value: \{..name..:..x..\}: must be empty' \
  request POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews '{"metadata":{"name":"x"},"spec":{"nonResourceAttributes":{"path":"/","verb":"get"}}}'
check 'a binding without a name' '^400 .*Name parameter required' create bindings '{"apiVersion":"v1","kind":"Binding","target":{"kind":"Node","name":"n"}}'
check 'what the server goes for' '"emulationMinor": ?"37".*"minCompatibilityMinor": ?"36"' eval 'request GET /version | tr -d "\n"'

echo '# tables and bare metadata in the version that is asked for'
older='v=v1beta1;g=meta.k8s.io'
check 'a table' '^200 \{"kind":"Table","apiVersion":"meta.k8s.io/v1beta1",.*"object":\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1"' \
  accepting "application/json;as=Table;$older" request GET "$core/configmaps?limit=1"
check 'metadata' '^200 \{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1beta1",.*"items":\[\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1"' \
  accepting "application/json;as=PartialObjectMetadataList;$older" request GET "$core/configmaps?limit=1"
check 'events' '^200 \{"type":"ADDED","object":\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1".*"BOOKMARK","object":\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1"' \
  eval 'accepting "application/json;as=PartialObjectMetadata;$older" request GET "$core/configmaps?watch=1&timeoutSeconds=1&allowWatchBookmarks=true" | tr -d "\n"'
check 'the newer one first' '"apiVersion":"meta.k8s.io/v1",' accepting "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;$older" request GET "$core/configmaps?limit=1"

echo '# bindings'
binding() { printf '{"apiVersion":"v1","kind":"Binding","metadata":{"name":"%s"%s},"target":{"kind":"Node","name":"%s"}}' "$1" "${3:-}" "${2:-n1}"; }
for name in one two three; do create pods "$(pod $name)" >/dev/null; done
success='^201 \{"kind":"Status","apiVersion":"v1","metadata":\{\},"status":"Success","code":201\}'
check 'of the older sort answer a Status' "$success" create bindings "$(binding one)"
check 'and bind' '^n1$' kubectl get pod one -o 'jsonpath={.spec.nodeName}'
check 'those of a pod too' "$success" create pods/two/binding "$(binding two)"
check 'in protobuf as well' '^201 .*Success' accepting application/vnd.kubernetes.protobuf create bindings "$(binding three n1)"
check 'once' '^409 .*pod one is already assigned to node \\"n1\\"' create bindings "$(binding one n2)"
check 'a pod that is there' '^404 .*pods \\"none\\" not found' create bindings "$(binding none)"
create pods "$(pod four)" >/dev/null
uid=$(kubectl get pod four -o 'jsonpath={.metadata.uid}') revision=$(kubectl get pod four -o 'jsonpath={.metadata.resourceVersion}')
check 'of another uid no pod is meant' '^409 .*UID in precondition: x, UID in object meta: ' create pods/four/binding "$(binding four n1 ',"uid":"x"')"
check 'nor of another revision' "^409 .*ResourceVersion in precondition: $((revision + 1)), ResourceVersion in object meta: $revision" \
  create pods/four/binding "$(binding four n1 ',"resourceVersion":"'$((revision + 1))'"')"
check 'nor by another name' '^400 .*name in URL does not match name in Binding object' create pods/four/binding "$(binding one)"
check 'nor to what cannot be a node' '^422 .*target.name: Invalid value: \\"No_Node\\": a lowercase RFC 1123 subdomain' create pods/four/binding "$(binding four No_Node)"
check 'the one that is meant is' "$success" create pods/four/binding "$(binding four n1 ',"uid":"'"$uid"'","resourceVersion":"'"$revision"'"')"
check 'a log since two times' '^422 .*at most one of .sinceTime. or .sinceSeconds. may be' request GET "$core/pods/one/log?sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z"
check 'an eviction by another name' '^400 .*name in URL does not match name in Eviction object' create pods/one/eviction '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"two"}}'
check 'answers a Status' "$success" create pods/one/eviction '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"one"}}'

echo '# tokens that are asked for'
account_uid=$(kubectl get serviceaccount default -o 'jsonpath={.metadata.uid}')
token_for() { create serviceaccounts/default/token '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":{'"$1"'},"spec":{}}'; }
check 'say whose they are, and are bound to nothing else' "^201 .*\"uid\":\"$account_uid\".*\"spec\":\{\"audiences\":\[[^]]*\],\"expirationSeconds\":3600\}" token_for ''
check 'are for that account' '^201 ' token_for '"uid":"'"$account_uid"'"'
check 'and for no other of its name' "^409 .*the UID in the token request \(x\) does not match the UID of the service account \($account_uid\)" token_for '"uid":"x"'

echo '# a collection is deleted as it was, where that is asked for'
for name in then now; do create configmaps "{\"metadata\":{\"name\":\"$name\",\"labels\":{\"old\":\"yes\"}}}" >/dev/null; [ $name = now ] || was=$(kubectl get configmap then -o 'jsonpath={.metadata.resourceVersion}'); done
collection="$core/configmaps?labelSelector=old%3Dyes"
check 'what has come since stays' '^200 .*"name":"then"' request DELETE "$collection&resourceVersion=$was&resourceVersionMatch=Exact"
check 'of both' '^now$' kubectl get configmaps -l old=yes -o 'jsonpath={.items[*].metadata.name}'
check 'one of the future there is not' '^504 .*Too large resource version' request DELETE "$collection&resourceVersion=999999&resourceVersionMatch=Exact"
for name in a b c; do create configmaps "{\"metadata\":{\"name\":\"paged-$name\",\"labels\":{\"old\":\"yes\"}}}" >/dev/null; done
request GET "$collection&limit=2" >/dev/null
check 'the rest of a list is what is behind its page' '^200 ' request DELETE "$collection&continue=$(of_answer 'd["metadata"]["continue"]')"
check 'and its page stays' '^now paged-a$' kubectl get configmaps -l old=yes -o 'jsonpath={.items[*].metadata.name}'
check 'a token that is none' '^400 .*continue key is not valid' request DELETE "$collection&continue=x"

echo '# a watch from a revision that is gone answers, and says so in an event'
# What changed stays for five minutes, but no more than 64 MiB of it.
printf '{"metadata":{"name":"large"},"data":{"k":"%s"}}' "$(head -c 900000 /dev/zero | tr '\0' x)" >"$work/large"
request POST "$core/configmaps" @"$work/large" >/dev/null
for i in $(seq 90); do sed "s/x/$((i % 10))/" "$work/large" >"$work/larger"; request PUT "$core/configmaps/large" @"$work/larger" >/dev/null; done
check 'an ERROR event' '^200 \{"type":"ERROR","object":\{.*"reason":"Expired".*"code":410' \
  request GET "$core/configmaps?watch=1&resourceVersion=1&timeoutSeconds=3"

finish
