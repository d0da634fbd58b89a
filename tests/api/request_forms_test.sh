#!/bin/bash
# What kube-apiserver 1.37 says to requests of a form that is rare or wrong: methods, headers, parameters, bodies and patches. Each
# row was compared with a kube-apiserver 1.37.2 that was asked the same.
build=${1:?usage: request_forms_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default
things=/apis/forms.test/v1/namespaces/default/things

create() { request POST "$core/$1" "$2"; }
said() { of_answer 'd["message"]'; }  # of the last answer
cat >"$work/things.yaml" <<'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.forms.test}
spec:
  group: forms.test
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, shortNames: [th]}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
YAML
kubectl create -f "$work/things.yaml" >/dev/null
until_true 20 kubectl get --raw "$things"
thing='{"apiVersion":"forms.test/v1","kind":"Thing","metadata":{"name":"one"}}'
check 'a config map' '^201 ' create configmaps '{"metadata":{"name":"map"},"data":{"k":"v"}}'
check 'a thing' '^201 ' request POST "$things" "$thing"
pod() { printf '{"metadata":{"name":"%s"%s},"spec":{"containers":[{"name":"c","image":"i"}]}}' "$1" "${2:+,$2}"; }
check 'a pod' '^201 ' create pods "$(pod still)"

echo '# methods'
not_allowed='the server does not allow this method on the requested resource'
# curl leaves a HEAD alone with its own option only.
head_of() { curl -sS -I --max-time 20 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -o /dev/null -w '%{http_code}' "https://127.0.0.1:$port$1"; }
while read -r code path; do check "HEAD $path" "^$code\$" head_of "$path"; done <<ROWS
405 $core/configmaps/map
405 $core/configmaps
405 $core/configmaps/none
405 $core/pods/still/log
405 /api/v1
405 /api
405 /version
405 /openid/v1/jwks
200 $things
200 $things/one
404 $things/none
200 /apis
200 /apis/apps
200 /apis/forms.test/v1
200 /healthz
200 /livez/ping
200 /readyz
200 /openapi/v2
200 /openapi/v3
200 /metrics
200 /
404 /nosuch
ROWS
while read -r code method path; do check "$method $path" "^$code " request "$method" "$path"; done <<ROWS
200 OPTIONS /healthz
200 OPTIONS /
200 POST /livez
200 PUT /apis
200 POST /openapi/v3
405 OPTIONS /version
405 OPTIONS /api/v1
405 POST /apis/apps/v1
405 OPTIONS $core/pods/still/log
405 POST $core/configmaps/map
404 POST /nosuch
405 POST /api/v1/watch/namespaces/default/configmaps
405 DELETE /api/v1/watch/namespaces/default/configmaps/map
ROWS
check 'what an old path of a watch was to delete is there' '^200 ' request GET "$core/configmaps/map"
check "a kind of users' own is named" '^405 .*"message":"create is not supported on resources of kind \\"things.forms.test\\"".*"group":"forms.test","kind":"things"' \
  request POST "$things/one" "$thing"

echo '# paths'
check 'a group that nobody serves' '^404 404 page not found' request GET /apis/none.test
check 'and a version of it' '^404 404 page not found' request GET /apis/none.test/v1
check 'and a resource' '^404 404 page not found' request GET /apis/none.test/v1/things
check 'a version of one that is served' '^404 .*"kind":"Status".*could not find the requested resource' request GET /apis/apps/v9
check 'a name that is none' "^400 .*Name parameter invalid: .*: may not be '\\.\\.'" request GET "$core/configmaps/%2e%2e"

echo '# parameters'
while IFS='|' read -r code words query; do
  check "$query" "^$code " request GET "$core/configmaps?$query"
  [ -z "$words" ] || check '  in words' "^$words\$" said
done <<'ROWS'
400|strconv.ParseInt: parsing "99999999999999999999": value out of range|limit=99999999999999999999
400|invalid timeout specified in the request URL - time: invalid duration "x"|timeout=x
400|invalid timeout specified in the request URL - time: missing unit in duration "5"|timeout=5
400|invalid timeout specified in the request URL - time: unknown unit "d" in duration "1d"|timeout=1d
200||timeout=1.5s
400|"" is not a known field selector: only "metadata.name", "metadata.namespace"|fieldSelector=%3Dx
400|invalid field selector: invalid escape sequence: \\|fieldSelector=metadata.name%3Da%5C
400|invalid field selector: invalid escape sequence: \\q|fieldSelector=metadata.name%3Da%5Cq
400|invalid field selector: unescaped character in value: 61|fieldSelector=metadata.name%3Dx%3Dy
400|unable to parse requirement: found '', expected: ',' or '\)'|labelSelector=l+in+(a
400|found ',', expected: identifier after ','|labelSelector=a,,b
400|unable to parse requirement: found '=', expected: identifier|labelSelector=a%3D%3D%3Db
400|unable to parse requirement: found '\(', expected: identifier|labelSelector=a%3D(b)
400|unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty|labelSelector=/a
400|unable to parse requirement: <nil>: Invalid value: "a/": name part must be non-empty; name part must consist of .*|labelSelector=a/
400|unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist of .* with an optional DNS subdomain prefix and '/' \(e.g. 'example.com/MyName'\)|labelSelector=a/b/c
400|invalid resource version: resourceVersion: Invalid value: "18446744073709551616": strconv.ParseUint: parsing "18446744073709551616": value out of range|resourceVersion=18446744073709551616
400|specifying resource version is not allowed when using continue|resourceVersion=abc&continue=x
ROWS
check 'a timeout is one everywhere' '^400 .*invalid timeout' request GET '/version?timeout=x'
check 'of one object as well' '^400 .*invalid timeout' request GET "$core/configmaps/map?timeout=x"
check 'which has it in time' '^200 .*"name":"map"' request GET "$core/configmaps/map?timeout=5s"
check 'none at all, or less, is no limit' '^200 .*"name":"map"' request GET "$core/configmaps/map?timeout=0s"
check 'nor is less' '^200 .*"name":"map"' request GET "$core/configmaps/map?timeout=-1s"
check 'to a watch it means nothing, whatever it says' '^200 .*"type":"ADDED"' request GET "$core/configmaps?watch=true&timeoutSeconds=1&timeout=x"
lasted() { local began=$SECONDS; request GET "$core/configmaps?watch=true&$1" >/dev/null; echo $((SECONDS - began)); }
check 'which lasts as long as it was asked to' '^[2-4]$' lasted 'timeoutSeconds=2&timeout=500ms'
check 'an export' '^400 .*the export parameter, deprecated since v1.14, is no longer supported' request GET "$core/configmaps/map?export=true"
check 'a watch that is asked for without a value' '"type":"ADDED"' request GET "$core/configmaps?watch=&timeoutSeconds=1"
check 'what is in a table' "^400 .*Unable to convert to Table as requested: includeObject: Invalid value: .*: must be 'Metadata', 'Object', 'None', or empty" \
  accepting 'application/json;as=Table;v=v1;g=meta.k8s.io' request GET "$core/configmaps?includeObject=x"

echo '# what is to come back'
as() { accepting "application/json;as=$1;v=v1;g=meta.k8s.io" "${@:2}"; }
check 'metadata of a list asked for as of an object' '^406 .*you requested PartialObjectMetadata, but the requested object is a list \(\*core.ConfigMapList\)' \
  as PartialObjectMetadata request GET "$core/configmaps"
check 'and of an object as of a list' '^406 .*you requested PartialObjectMetadataList, but the requested object is not a list \(\*core.ConfigMap\)' \
  as PartialObjectMetadataList request GET "$core/configmaps/map"
check 'each as what it is' '^200 .*"kind":"PartialObjectMetadata"' as PartialObjectMetadata request GET "$core/configmaps/map"
check 'and the list' '^200 .*"kind":"PartialObjectMetadataList"' as PartialObjectMetadataList request GET "$core/configmaps"
available='^406: Not Acceptable\\n\\nAvailable representations: application/json'
not_acceptable() { accepting text/html request GET "$1" >/dev/null; of_answer 'str(d["code"]) + ": " + repr(d["message"])'; }
check 'a page' "^406: '406: Not Acceptable.*representations: application/json, application/yaml, application/vnd.kubernetes.protobuf'" not_acceptable "$core/configmaps/map"
check 'a page of what may be watched' "protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'" not_acceptable "$core/configmaps"
check "a page of users' own kinds" "^406: 'only the following media types are accepted: application/json" not_acceptable "$things"
check 'a page of discovery' "^406: '406: Not Acceptable" not_acceptable /api/v1
check 'a page of the version' "representations: application/json'" not_acceptable /version
bookmark() { as Table request GET "$core/configmaps?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true" | grep BOOKMARK; }
check 'the bookmark of a watch of tables is one' '"object":\{"kind":"Table".*"columnDefinitions":null,"rows":\[\{"cells":\["","",""\],"object":\{"kind":"PartialObjectMetadata".*initial-events-end' bookmark
check "items of lists of users' own kinds say what they are" '"items":\[\{"apiVersion":"forms.test/v1","kind":"Thing","metadata"' request GET "$things"
check 'others do not' '"items":\[\{"metadata"' request GET "$core/configmaps"
check 'a scale has columns of its own' 'NAME +DESIRED +AVAILABLE +AGE' eval 'kubectl create deployment web --image=i --replicas=0 >/dev/null; kubectl get deployment web --subresource=scale'
check 'so have definitions' 'NAME +SCOPE +VERSIONS +CREATED AT +GROUP +KIND +SHORTNAMES +ESTABLISHED.things.forms.test +Namespaced +v1\(storage\),v2 +[^ ]+ +forms.test +Thing +th +true' \
  eval 'kubectl get crd -o wide | tr "\n" "."'

echo '# discovery says which version is stored'
hash_of() { request GET "$1" >/dev/null; of_answer "[r.get('storageVersionHash') for r in d['resources'] if r['name'] == '$2']"; }
check 'of config maps' "^\['qFsyl6wFWjQ='\]$" hash_of /api/v1 configmaps
check 'of deployments' "^\['8aSe\+NMegvE='\]$" hash_of /apis/apps/v1 deployments
check 'of autoscalers it is the second' "^\['qwQve8ut294='\]$" hash_of /apis/autoscaling/v1 horizontalpodautoscalers
check 'of what is not stored there is none' '^\[None\]$' hash_of /apis/authorization.k8s.io/v1 selfsubjectaccessreviews
check 'nor of subresources' '^\[None\]$' hash_of /api/v1 pods/status
check "of users' own kinds in each version that of the stored one" "^same$" eval '[ "$(hash_of /apis/forms.test/v1 things)" = "$(hash_of /apis/forms.test/v2 things)" ] && echo same'

echo '# bodies'
unrecognized='the object provided is unrecognized \(must be of type ConfigMap\)'
while IFS='|' read -r code words body; do
  check "a body: $body" "^$code " create 'configmaps?dryRun=All' "$body"
  check '  in words' "$words" said
done <<ROWS
400|$unrecognized: couldn't get version/kind; json parse error: unexpected end of JSON input \({\)$|{
400|json parse error: unexpected end of JSON input at data.a \({"data":{"a":"x\)$|{"data":{"a":"x
400|json parse error: invalid character 'x' in literal true \(expecting 'e'\) at data.list\[1\].b \(|{"data":{"list":[1,{"b":trux}]}}
400|json parse error: invalid character '"' after object key at data.a \(|{"data":{"a" "x"}}
400|json parse error: invalid character '"' after object key:value pair at data.a \(|{"data":{"a":"x" "b":"y"}}
400|json parse error: invalid character '}' looking for beginning of object key string at data \(|{"data":{"a":"x",}}
400|json parse error: invalid character 'g' in .u hexadecimal character escape at data.a \(|{"data":{"a":"\u12g4"}}
400|^ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number 1e999 into Go value of type float64 at data.a$|{"data":{"a":1e999}}
400|$unrecognized: couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct .* \(5b5d\)$|[]
400|$unrecognized: couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string|{"kind":1}
422|metadata.name: Required value|null
400|^Secret in version "v1" cannot be handled as a ConfigMap: converting \(v1.Secret\) to \(core.ConfigMap\): unknown conversion$|{"apiVersion":"v1","kind":"Secret"}
400|: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"$|{"apiVersion":"v2","kind":"ConfigMap"}
400|: unexpected GroupVersion string: a/b/c \({"apiVersion":"a/b/c","kind":" ...\)$|{"apiVersion":"a/b/c","kind":"ConfigMap"}
400|parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006" \(metadata.creationTimestamp\)$|{"metadata":{"name":"x","creationTimestamp":"x"}}
400|cannot parse "13-01T00:00:00Z" as "01" \(metadata.creationTimestamp\)$|{"metadata":{"name":"x","creationTimestamp":"2020-13-01T00:00:00Z"}}
400|: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string$|{"metadata":{"name":"x","creationTimestamp":1}}
422|metadata.ownerReferences\[0\]: Invalid value: {"apiVersion":"v1","kind":"Event","name":"x","uid":"u"}: /v1, Kind=Event is disallowed|{"metadata":{"name":"x","ownerReferences":[{"apiVersion":"v1","kind":"Event","name":"x","uid":"u"}]}}
ROWS
while IFS='|' read -r code words body; do
  check "a thing: $body" "^$code " request POST "$things?dryRun=All" "$body"
  check '  in words' "$words" said
done <<'ROWS'
400|must be of type Thing\): Object 'Kind' is missing in '{"metadata":{"name":"x"}}' \({"metadata":{"name":"x"}}\)$|{"metadata":{"name":"x"}}
400|^the API version in the data \(\) does not match the expected API version \(forms.test/v1\)$|{"kind":"Thing"}
400|^the API version in the data \(forms.test/v2\) does not match the expected API version \(forms.test/v1\)$|{"apiVersion":"forms.test/v2","kind":"Thing"}
422|^Other.forms.test "x" is invalid: kind: Invalid value: "Other": must be Thing$|{"apiVersion":"forms.test/v1","kind":"Other","metadata":{"name":"x"}}
ROWS
twice='{"apiVersion":"v1","kind":"Pod","name":"a","uid":"b"}'
check 'an owner that is named twice is named once' '^201 299 - ".metadata.ownerReferences contains duplicate entries; .* duplicate UID\(s\) observed: b" .*"ownerReferences":\[\{[^]{]*\}\]' \
  create 'configmaps?dryRun=All' "{\"metadata\":{\"name\":\"x\",\"ownerReferences\":[$twice,$twice]}}"
check 'by a patch as well' '^200 299 - ".*duplicate UID\(s\) observed: b" .*"ownerReferences":\[\{[^]{]*\}\]' \
  sending application/merge-patch+json request PATCH "$core/configmaps/map?dryRun=All" "{\"metadata\":{\"ownerReferences\":[$twice,$twice]}}"
check 'a scale without a name' '^400 .*the name of the object \(web based on URL\) was undeterminable: name must be provided' \
  request PUT /apis/apps/v1/namespaces/default/deployments/web/scale '{}'
check 'what an update has to name a revision of goes by its resource' '^422 .*"message":"things.forms.test \\"one\\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update".*"kind":"things"' \
  request PUT "$things/one" "$thing"

check 'but one that means another object is told that' '^409 .*Precondition failed: UID in precondition: u, UID in object meta' \
  request PUT "$things/one" '{"apiVersion":"forms.test/v1","kind":"Thing","metadata":{"name":"one","uid":"u"}}'
check 'an eviction with an odd policy' '^422 .*DeleteOptions.meta.k8s.io ..*propagationPolicy: Unsupported value: ..Odd' \
  request POST "$core/pods/still/eviction?dryRun=All" '{"metadata":{"name":"still"},"deleteOptions":{"propagationPolicy":"Odd"}}'

echo '# patches'
patch() { sending "application/$1" request PATCH "$core/configmaps/map?dryRun=All" "$2"; }
rejected='^the server rejected our request due to an error in our request$'
while IFS='|' read -r code type words body; do
  check "$type: $body" "^$code " patch "$type" "$body"
  [ -z "$words" ] || check '  in words' "$words" said
done <<ROWS
400|json-patch+json|^invalid JSON patch: json parse error: unexpected end of JSON input$|{
400|json-patch+json|^error decoding patch: json: cannot unmarshal object into Go value of type \[\]handlers.jsonPatchOp$|{}
400|json-patch+json|^error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string$|[{"op":1,"path":"/data/k"}]
422|json-patch+json|$rejected|[{"op":"test","path":"/data/k","value":"w"}]
422|json-patch+json|$rejected|[{"op":"remove","path":"/data/none"}]
422|json-patch+json|$rejected|[{"op":"odd","path":"/data/k"}]
200|json-patch+json||null
200|json-patch+json||[{"op":"replace","path":"/data/none","value":"1"}]
200|json-patch+json||[{"op":"copy","from":"/data/none","path":"/data/x"}]
400|merge-patch+json|^invalid JSON patch: json parse error: invalid character 'o' in literal null \(expecting 'u'\)$|not JSON
400|merge-patch+json|^invalid JSON patch: json parse error: invalid character 'x' in literal false \(expecting 'l'\) at data.a$|{"data":{"a":fax}}
400|merge-patch+json|^error decoding patch: json: cannot unmarshal number 1e999 into Go value of type float64 at data.a$|{"data":{"a":1e999}}
400|strategic-merge-patch+json|^json: cannot unmarshal number 1e999 into Go value of type float64 at data.a$|{"data":{"a":1e999}}
400|merge-patch+json|^Invalid JSON Patch$|null
400|merge-patch+json|^error decoding patch: json: cannot unmarshal array into Go value of type map\[string\]interface \{\}$|[]
422|merge-patch+json|converting \(v1.Pod\) to \(core.ConfigMap\): unknown conversion$|{"kind":"Pod"}
422|merge-patch+json|no kind "ConfigMap" is registered for version "v2" in scheme|{"apiVersion":"v2"}
400|strategic-merge-patch+json|^json: cannot unmarshal string into Go value of type map\[string\]interface \{\}$|"x"
200|strategic-merge-patch+json||null
400|strategic-merge-patch+json|^unknown patch type: odd in map: map\[\\\$patch:odd\]$|{"data":{"\$patch":"odd"}}
415|nonsense|^415: Unsupported Media Type$|{}
ROWS
check 'a copy of what is not there is empty' '"data":\{"k":"v","x":""\}' patch json-patch+json '[{"op":"copy","from":"/data/none","path":"/data/x"}]'
patch_thing() { sending application/merge-patch+json request PATCH "$things/one?dryRun=All" "$1"; }
check 'a thing that is to be another' '^422 .*"message":"Other.forms.test \\"one\\" is invalid: kind: Invalid value: \\"Other\\": must be Thing"' patch_thing '{"kind":"Other"}'
check 'or in another version' '^422 .*"message":"Thing.forms.test \\"one\\" is invalid: apiVersion: Invalid value: \\"forms.test/v2\\": must be forms.test/v1"' patch_thing '{"apiVersion":"forms.test/v2"}'
check "a strategic patch of users' own kinds" '^415 .*the body of the request was in an unknown format - accepted media types include: application/json-patch\+json, application/merge-patch\+json, application/apply-patch\+yaml' \
  sending application/strategic-merge-patch+json request PATCH "$things/one" '{}'
check 'elements without their key' '^422 .*map: map\[image:x\] does not contain declared merge key: name' \
  sending application/strategic-merge-patch+json request PATCH "$core/pods/still?dryRun=All" '{"spec":{"containers":[{"image":"x"}]}}'

echo '# deletions'
delete() { request DELETE "$core/$1?dryRun=All" "${2:-}"; }
check 'a policy without a value' '^422 .*propagationPolicy: Unsupported value: ..\\"' request DELETE "$core/configmaps/map?dryRun=All&propagationPolicy="
check 'a uid in the query' '^409 .*the UID in the precondition \(x\) does not match the UID in record' request DELETE "$core/configmaps/map?dryRun=All&uid=x"
check 'a revision in the query' '^409 .*the ResourceVersion in the precondition \(1\) does not match' request DELETE "$core/configmaps/map?dryRun=All&resourceVersion=1"
check 'null is no options' '^200 ' delete configmaps/map null
check 'another kind' '^400 .*no kind \\"Pod\\" is registered for version \\"v1\\" in scheme' delete configmaps/map '{"kind":"Pod","apiVersion":"v1"}'
check 'no JSON' "^400 .*couldn't get version/kind; json parse error: unexpected end of JSON input" delete configmaps/map '{'
check 'with the field' "^400 .*couldn't get version/kind; json parse error: invalid character '}' in literal true .expecting 'e'. at orphanDependents" \
  delete configmaps/map '{"orphanDependents":tru}'
check 'a pod that goes at once is shown as it went' '^200 .*"name":"still".*"generation":2,.*"deletionTimestamp":"[^"]+","deletionGracePeriodSeconds":0' \
  request DELETE "$core/pods/still?gracePeriodSeconds=0"
check 'it has gone' '^404 ' request GET "$core/pods/still"
check 'one that waits for a finalizer' '^201 ' create configmaps '{"metadata":{"name":"held","finalizers":["a.test/f"]}}'
check 'is marked' '^200 .*"deletionTimestamp"' request DELETE "$core/configmaps/held"
check 'what takes the last one away is answered with what it wrote' '^200 .*"name":"held".*"data":\{"last":"word"\}' \
  request PUT "$core/configmaps/held" '{"metadata":{"name":"held"},"data":{"last":"word"}}'
check 'and it has gone' '^404 ' request GET "$core/configmaps/held"

echo '# a collection that is deleted page by page'
for n in 1 2 3; do create configmaps "{\"metadata\":{\"name\":\"page-$n\",\"labels\":{\"page\":\"\"}}}" >/dev/null; done
page() { request DELETE "$core/configmaps?labelSelector=page&limit=2$1" >/dev/null; of_answer '" ".join(i["metadata"]["name"] for i in d["items"]) + " " + d["metadata"].get("continue", "none")'; }
check 'two of three' '^page-1 page-2 [^ ]{4,}$' page
check 'are gone' '^page-3$' eval 'kubectl get configmaps -l page -o "jsonpath={.items[*].metadata.name}"'
check 'the last' '^page-3 none$' page
for n in 1 2 3; do create configmaps "{\"metadata\":{\"name\":\"page-$n\",\"labels\":{\"page\":\"\"}}}" >/dev/null; done
rest=$(page '&dryRun=All' | cut -d' ' -f3)
check 'the token leads to the rest' '^page-3 none$' page "&continue=$rest"

echo '# logs'
create pods "$(pod unbound)" >/dev/null
logs() { request GET "$core/pods/unbound/log$1"; }
check 'of a pod that has no node there are none' '^204 $' logs ''
while IFS='|' read -r code words query; do check "$query" "^$code .*$words" logs "?$query"; done <<'ROWS'
422|PodLogOptions ..unbound.. is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0|tailLines=-1
422|limitBytes: Invalid value: 0: must be greater than 0|limitBytes=0
422|at most one of `sinceTime` or `sinceSeconds` may be specified|sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z
422|stream: Forbidden: may not be specified|stream=Stdout
400|strconv.ParseInt: parsing ..x..: invalid syntax|tailLines=x
400|parsing time ..x.. as .*: cannot parse ..x.. as ..2006|sinceTime=x
400|container none is not valid for pod unbound|container=none
ROWS
finish
