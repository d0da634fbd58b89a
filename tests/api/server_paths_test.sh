#!/bin/bash
# What the server says of itself: its health by name, its numbers, and where its tokens are checked.
build=${1:?usage: server_paths_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default

check 'nothing of the configuration by default is warned of' '^0$' eval 'grep -c "warn  config" "$work/log" || true'

# -- Health --
for path in /healthz /livez /readyz; do
  check "$path" '^200 ok$' request GET $path
  check "$path in full" "^200 \[\+\]ping ok.*\[\+\]store ok.*${path#/} check passed\$" request GET "$path?verbose"
  check "$path of one check" '^200 ok$' request GET $path/store
  check "$path without one" '^200 .*\[\+\]store excluded: ok' request GET "$path?verbose&exclude=store"
  check "$path without what there is not" '^200 warn: some health checks cannot be excluded: no matches for "nothing"' \
    request GET "$path?verbose&exclude=nothing"
  check "$path of the store by its other name" '^200 ok$' request GET $path/etcd
  check "$path without it" '^200 \[\+\]ping ok.*\[\+\]store excluded: ok' request GET "$path?verbose&exclude=etcd"
  check "$path of what there is not" '^404 ' request GET $path/nothing
done
check 'plugins are a part of being ready' '\[\+\]plugin-kinds-resource ok' request GET '/readyz?verbose'
check 'not of being alive' '^[^@]*$' eval 'request GET "/livez?verbose" | sed "s/plugin-/@/"'
check 'strangers may ask' '^ok$' curl -sS --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/livez"
for path in /healthz/ /livez/ /readyz/ /openapi/v2/ /openapi/v3/; do check "$path is nothing" '^404 ' request GET $path; done
check 'the index of documents is JSON, whatever is asked for' '^200 \{"paths":' accepting application/vnd.kubernetes.protobuf request GET /openapi/v3
check 'the checks are listed' '"/healthz/store".*"/livez/ping".*"/readyz/plugin-kinds-core"' request GET /
check 'checks are numbers too' '^200 .*kubernetes_healthcheck\{name="store",type="livez"\} 1.*kubernetes_healthcheck\{name="plugin-kinds-core",type="readyz"\} 1' \
  eval 'request GET /metrics/slis | tr "\n" " "'
check 'nobody keeps them' '^no-cache, private$' eval 'request GET /livez >/dev/null; sed -n "s/\r$//; s/^Cache-Control: //p" "$work/head"'
check 'the version' '"major": ?"1".*"minor": ?"37".*"gitVersion": ?"v1.37' request GET /version

# -- What programs that write clients go by --
check 'connections have the kind of their options' '"name":"pods/exec","singularName":"","namespaced":true,"kind":"PodExecOptions","verbs":\["create","get"\]' request GET /api/v1
check 'in every form' 'NodeProxyOptions.*ServiceProxyOptions' eval '{ accepting "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" request GET /api; request GET /openapi/v2 | grep -o ServiceProxyOptions | head -1; } | tr -d "\n"'
check 'operations by the names of Kubernetes' '^4$' eval 'request GET /openapi/v2 | grep -oE "(listCoreV1PodForAllNamespaces|connectCoreV1GetNamespacedPodExec|replaceAppsV1NamespacedDeploymentScale|readCoreV1NamespacedPodLog)\"" | wc -l'
meta=io.k8s.apimachinery.pkg.apis.meta.v1
document() {  # NAME EXPRESSION: of the document with the parameters that are described once put where they are referred to
  request GET "/openapi/$1" >/dev/null
  python3 - "$work/body" "$2" <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1]))
shared = d.get("parameters") or d.get("components", {}).get("parameters", {})
for path in d["paths"].values():
    for item in [path] + [each for each in path.values() if isinstance(each, dict)]:
        item["parameters"] = [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in item.get("parameters", [])]
print(eval(sys.argv[2]))
PYTHON
}
check 'what answers are made of is described, with its members' '^\[\]$' document v3/api/v1 \
  '[n for n in ("ListMeta", "Status", "StatusDetails", "StatusCause", "ShardInfo", "DeleteOptions") for s in [d["components"]["schemas"]["'$meta'." + n]] if not s.get("description") or any(not p.get("description") for p in s["properties"].values())]'
check 'what a log takes' '^container:string follow:boolean insecureSkipTLSVerifyBackend:boolean limitBytes:integer pretty:string previous:boolean sinceSeconds:integer stream:string tailLines:integer timestamps:boolean$' document v3/api/v1 \
  '" ".join(sorted(p["name"] + ":" + p["schema"]["type"] for p in d["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/log"]["parameters"] if p["in"] == "query"))'
check 'with descriptions' 'Begin so many lines before the end' cat "$work/body"
check 'and answers' "^\\{'type': 'string'\\}$" of_answer 'd["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/log"]["get"]["responses"]["200"]["content"]["text/plain"]["schema"]'
connections() { document v2 '" ".join(k + "=" + ",".join(sorted(p["name"] for p in d["paths"]["/api/v1/" + k]["parameters"] if p["in"] == "query")) for k in ("namespaces/{namespace}/pods/{name}/exec", "namespaces/{namespace}/pods/{name}/attach", "namespaces/{namespace}/pods/{name}/portforward", "namespaces/{namespace}/pods/{name}/proxy", "namespaces/{namespace}/services/{name}/proxy/{path}", "nodes/{name}/proxy"))'; }
check 'other connections' 'exec=command,container,stderr,stdin,stdout,tty .*attach=container,stderr,stdin,stdout,tty .*portforward=ports .*pods/.name./proxy=path .*services/.name./proxy/.path.=path nodes/.name./proxy=path$' connections
check 'they answer texts of any type' "^\\['\\*/\\*'\\] \\{'type': 'string'\\}$" of_answer '"%s %s" % (lambda o: (o["produces"], o["responses"]["200"]["schema"]))(d["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/exec"]["post"])'
check 'who asks may say so by a token' "^\\{'BearerToken': \\[\\]\\} apiKey in header$" of_answer '"%s %s in %s" % (d["security"][0], d["securityDefinitions"]["BearerToken"]["type"], d["securityDefinitions"]["BearerToken"]["in"])'
check 'in version 3 too' '^authorization$' document v3/apis/apiextensions.k8s.io/v1 'd["components"]["securitySchemes"]["BearerToken"]["name"]'
check 'what may be one thing or another has no type' "^\\['description'\\] \\['description'\\] \\['description'\\] \\['description'\\]$" of_answer \
  '" ".join(str(list(d["components"]["schemas"]["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON" + n])) for n in ("", "SchemaPropsOrArray", "SchemaPropsOrBool", "SchemaPropsOrStringArray"))'
for version in v2 v3/api/v1; do
  check "$version: every parameter is described" '^\[\]$' document $version \
    '[(n, p["name"]) for n, path in d["paths"].items() for o in [path] + [o for o in path.values() if isinstance(o, dict)] for p in o["parameters"] if not p.get("description") and p.get("in") != "body"]'
  check "$version: the older way to watch" '^watchCoreV1NamespacedConfigMapList watchCoreV1NamespacedConfigMap watchCoreV1NodeList watchlist watch .*WatchEvent' document $version \
    '" ".join([d["paths"]["/api/v1/watch/" + n]["get"]["operationId"] for n in ("namespaces/{namespace}/configmaps", "namespaces/{namespace}/configmaps/{name}", "nodes")] + [d["paths"]["/api/v1/watch/" + n]["get"]["x-kubernetes-action"] for n in ("configmaps", "nodes/{name}")] + [json.dumps(d["paths"]["/api/v1/watch/pods"]["get"]["responses"]["200"])])'
done
check 'what there is to discover' '^getAPIVersions getAppsAPIGroup getAppsV1APIResources getCodeVersion getCoreAPIVersions getCoreV1APIResources$' document v2 \
  '" ".join(sorted(d["paths"][n]["get"]["operationId"] for n in ("/api/", "/api/v1/", "/apis/", "/apis/apps/", "/apis/apps/v1/", "/version/")))'
check 'dryRun of a patch stands where kubectl looks' 'dryRun' eval 'request GET /openapi/v2 >/dev/null; of_answer "[p.get(\"name\") for p in d[\"paths\"][\"/api/v1/namespaces/{namespace}/pods/{name}\"][\"patch\"][\"parameters\"]]"'
# What the answers are made of, against what they are.
described() {  # DOCUMENT DEFINITION PATH
  document "$1" "json.dumps(d['components']['schemas']['$2'])" >"$work/definition"
  request GET "$3" >/dev/null
  python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); d = json.load(open(sys.argv[2])); print([n for n in d if n not in s["properties"]], [n for n in s["required"] if n not in d])' "$work/definition" "$work/body"
}
for each in "v3/api $meta.APIVersions /api" "v3/apis $meta.APIGroupList /apis" "v3/apis/apps $meta.APIGroup /apis/apps" \
  "v3/apis/apps/v1 $meta.APIResourceList /apis/apps/v1" 'v3/version io.k8s.apimachinery.pkg.version.Info /version'; do
  check "what is answered is described: ${each##* }" '^\[\] \[\]$' described $each
done
check 'a group that there is not' '^404' request GET /openapi/v3/apis/nothing
# The groups as kube-apiserver has them, whichever way they are asked for.
groups='apiregistration.k8s.io apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling batch certificates.k8s.io networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io admissionregistration.k8s.io apiextensions.k8s.io scheduling.k8s.io coordination.k8s.io node.k8s.io discovery.k8s.io resource.k8s.io flowcontrol.apiserver.k8s.io storagemigration.k8s.io metrics.k8s.io'
groups_of() { request GET /apis >/dev/null; of_answer "' '.join($1)"; }  # EXPRESSION
check 'groups in the order of Kubernetes' "^$groups\$" groups_of 'g["name"] for g in d["groups"]'
check 'also with what is in them' "^$groups\$" \
  accepting 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' groups_of 'g["metadata"]["name"] for g in d["items"]'
check 'which is JSON where YAML is asked for, too' "^$groups\$" \
  accepting 'application/yaml;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' groups_of 'g["metadata"]["name"] for g in d["items"]'
check 'and nothing else' '^406' accepting 'application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' request GET /apis
# Which values a field may have.
values() {  # DOCUMENT TYPE FIELD
  request GET "/openapi/$1" >/dev/null
  of_answer "(lambda f: f.get('items', f).get('enum'))((d.get('definitions') or d['components']['schemas'])['io.k8s.api.$2']['properties']['$3'])"
}
for document in v2 v3/api/v1; do
  check "the values of a field, in $document" "^\['SCTP', 'TCP', 'UDP'\]\$" values $document core.v1.ContainerPort protocol
  check 'and of what is in a list' "^\['', 'IPv4', 'IPv6'\]\$" values $document core.v1.ServiceSpec ipFamilies
done
check 'of how many fields' '^106$' eval 'request GET /openapi/v2 | grep -o "\"enum\":\[" | wc -l'
check 'explained' 'ENUM:.*Always.*Never.*OnFailure.*DESCRIPTION' kubectl explain pod.spec.restartPolicy
# In protobuf, which is looked through as far as its names.
as_protobuf() {  # VERSION DOCUMENT
  accepting "application/com.github.proto-openapi.spec.$1.v1.0+protobuf" request GET "/openapi/$2" >/dev/null
  sed -n 's/\r$//; s/^[Cc]ontent-[Tt]ype: //p' "$work/head"
  python3 - "$work/body" <<'PYTHON'
import sys
def fields(data):
    at, found = 0, []
    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]; at += 1
            value |= (byte & 127) << shift; shift += 7
            if byte < 128: return value
    while at < len(data):
        tag = varint()
        size = varint()
        assert tag & 7 == 2 and at + size <= len(data), (tag, size)
        found.append((tag >> 3, data[at:at + size])); at += size
    return found
document = fields(open(sys.argv[1], "rb").read())
print(document[0][1].decode())
for number, value in document:
    if number == (4 if document[0][1][:1] == b"3" else 8):
        print(sorted(fields(path)[0][1].decode() for _, path in fields(value))[:2])
PYTHON
}
check 'version 3 in protobuf' "^application/com.github.proto-openapi.spec.v3.v1.0\+protobuf
3.0.0
\['/apis/apps/v1/', '/apis/apps/v1/controllerrevisions'\]" as_protobuf v3 v3/apis/apps/v1
kubectl apply -f - >/dev/null <<<'---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: kites.example.com}, spec: {group: example.com, scope: Namespaced,
  names: {plural: kites, kind: Kite}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {
  text: {type: string, minLength: -1, maxLength: 5}, list: {type: array, minItems: -7, items: {type: string}}, number: {type: number, minimum: -0.5, default: 9223372036854775807}}}}}}}]}}'
eventually 'that of a kind with odd bounds, too' 10 "^application/com.github.proto-openapi.spec.v3.v1.0\+protobuf
3.0.0
\['/apis/example.com/v1/', '/apis/example.com/v1/kites'\]" as_protobuf v3 v3/apis/example.com/v1
check 'version 2 too' "^application/com.github.proto-openapi.spec.v2.v1.0\+protobuf
2.0
\['/api/', '/api/v1/'\]" as_protobuf v2 v2
compressed() { accepted=$1; curl -sS -g --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" ${accepted:+-H "Accept-Encoding: $accepted"} -D "$work/head" -o "$work/packed" "https://127.0.0.1:$port$2"; }
packed() {  # PATH: how it comes, and whether it is what comes plainly
  compressed 'deflate, gzip' "$1"
  sed -n 's/\r$//; s/^[Cc]ontent-[Ee]ncoding: /as /p' "$work/head"
  gzip -dc <"$work/packed" >"$work/unpacked"
  compressed '' "$1"
  grep -qi '^content-encoding' "$work/head" || cmp "$work/packed" "$work/unpacked" && echo the same, plain
}
for path in /openapi/v2 /openapi/v3 /openapi/v3/apis/apps/v1; do
  check "$path comes compressed to whoever takes it so" '^as gzip
the same, plain$' packed $path
done

# -- Numbers --
for i in 1 2 3; do request POST "$core/configmaps" '{"metadata":{"generateName":"m-"}}' >/dev/null; done
request GET "$core/configmaps?labelSelector=a" >/dev/null
request GET "$core/configmaps/none" >/dev/null
request GET "$core/configmaps?watch=1&timeoutSeconds=1" >/dev/null
metric() { request GET /metrics >/dev/null; grep -E "^$1" "$work/body"; }
labels='dry_run="",group="",resource="configmaps"'
check 'requests are counted' " 3$" metric "apiserver_request_total.code=\"201\",component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\""
check 'lists apart from gets' ' [1-9]' metric "apiserver_request_total.code=\"200\",component=\"apiserver\",$labels,scope=\"namespace\",subresource=\"\",verb=\"LIST\""
check 'by code' ' 1$' metric "apiserver_request_total.code=\"404\",component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"GET\""
check 'watches when they end' ' 1$' metric "apiserver_request_total.code=\"200\",component=\"apiserver\",$labels,scope=\"namespace\",subresource=\"\",verb=\"WATCH\""
check 'and what they were sent' ' [3-9][0-9]*$' metric 'apiserver_watch_events_total.group="",resource="configmaps",version="v1"'
check 'how large each was' 'le="1024". [3-9].*le="2048".*le="131072".*le="\+Inf". [3-9]' metric 'apiserver_watch_events_sizes.*group="",resource="configmaps",version="v1"'
check 'how long they took' 'le="0.005".*le="60".*le="\+Inf"' metric "apiserver_request_duration_seconds_bucket.component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"POST\""
check 'how large the answers to lists are' 'le="1000".*le="1000000000".*le="\+Inf"\} [1-9]' metric "apiserver_response_sizes_bucket.component=\"apiserver\",group=\"\",resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"LIST\""
check 'not to writes' '^0$' bash -c "grep -c 'apiserver_response_sizes.*verb=\"POST\"' '$work/body' || true"
check 'and as objectives count it' 'le="0.005".*le="60".*le="\+Inf"' metric "apiserver_request_sli_duration_seconds_bucket.component=\"apiserver\",group=\"\",resource=\"configmaps\",scope=\"resource\",subresource=\"\",verb=\"POST\""
check 'who was asked who they are' '^authentication_attempts.result="success". [1-9]' metric 'authentication_attempts.result="success"'
check 'how long certificates are good' 'le="86400". 0.*le="31104000". .*le="\+Inf". [1-9].*_sum [1-9].*_count [1-9]' metric apiserver_client_certificate_expiration_seconds
check 'those in hand' 'request_kind="mutating". 0.*request_kind="readOnly". 0' metric apiserver_current_inflight_requests
check 'those that last' '^apiserver_longrunning_requests' metric 'apiserver_longrunning_requests.*verb="WATCH"'
check 'how long the store takes' 'le="0.005".*le="60".*le="\+Inf"} [1-9]' metric 'etcd_request_duration_seconds_bucket.operation="create",group="",resource="configmaps"'
failures_told() { kubectl get --raw /metrics | grep -c '^etcd_request_errors_total.* [1-9]' || true; }
check 'a refusal is no failure of it' '^0$' failures_told
check 'and how often it is asked' ' [1-9][0-9]*$' metric 'etcd_requests_total.operation="create",group="",resource="configmaps"'
check 'how large it is' ' [1-9][0-9]{4,}$' metric 'apiserver_storage_size_bytes.storage_cluster_id="etcd-0"'
check 'what is stored' ' [1-9][0-9]*' metric 'apiserver_storage_objects.resource="configmaps"'
check 'of other groups by their names' ' 0$' metric 'apiserver_storage_objects.resource="deployments.apps"'
check 'what is stored, as it is newer' ' 0$' metric 'apiserver_resource_objects.group="apps",resource="deployments"'
check 'health too' ' [0-9]+$' metric 'apiserver_request_total.*subresource="/livez",verb="GET"'
for name in process_cpu_seconds_total process_resident_memory_bytes process_virtual_memory_bytes process_open_fds process_max_fds process_start_time_seconds; do
  check "$name" "^$name [0-9.e+]+$" metric $name
done
check 'which build it is' 'major="1",minor="37"' metric kubernetes_build_info
check 'nothing that is deprecated was asked for' '^none$' eval 'metric apiserver_requested_deprecated_apis || echo none'
request GET "$core/endpoints" >/dev/null
check 'until it is' '^apiserver_requested_deprecated_apis.group="",removed_release="",resource="endpoints",subresource="",version="v1". 1$' metric apiserver_requested_deprecated_apis
failed_handshakes() { metric apiserver_tls_handshake_errors_total | grep -o '[0-9]*$'; }
before=$(failed_handshakes)
curl -sS --max-time 5 "http://127.0.0.1:$port/" >/dev/null 2>&1
more_failed() { [ "$(failed_handshakes)" -gt "$before" ] && echo more; }
eventually 'handshakes that fail' 10 '^more$' more_failed
check 'unknown kinds make no numbers' '^none$' eval 'request GET /apis/x.example.com/v1/things >/dev/null; metric ".*x.example.com" || echo none'

# -- Where tokens are checked --
check 'the issuer tells of itself' '^200 \{"issuer":"https://kubernetes.default.svc.*","jwks_uri":"https://[^"]*/openid/v1/jwks","response_types_supported":\["id_token"\],"subject_types_supported":\["public"\],"id_token_signing_alg_values_supported":\["ES256"\]\}$' \
  request GET /.well-known/openid-configuration
check 'for an hour' '[Cc]ache-[Cc]ontrol: public, max-age=3600' cat "$work/head"
check 'as JSON' '[Cc]ontent-[Tt]ype: application/json' cat "$work/head"
check 'and of its keys' '^200 \{"keys":\[\{"use":"sig","kid":"[^"]+","alg":"ES256","kty":"EC","crv":"P-256","x":"[^"]{43}","y":"[^"]{43}"\}\]\}$' request GET /openid/v1/jwks
check 'in their own type' '[Cc]ontent-[Tt]ype: application/jwk-set\+json' cat "$work/head"
cp "$work/body" "$work/jwks"
token_of default default >"$work/token"
check 'with which a token is checked' '^good$' python3 - "$work/token" "$work/jwks" <<'P'
import base64, hashlib, json, sys
bits = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
token = open(sys.argv[1]).read().strip()
head, body, sign = token.split(".")
keys = {k["kid"]: k for k in json.load(open(sys.argv[2]))["keys"]}
key = keys[json.loads(bits(head))["kid"]]
# The curve P-256 (FIPS 186-4), point by point.
p = 2**256 - 2**224 + 2**192 + 2**96 - 1
n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
g = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
def add(a, b):
    if a is None or b is None: return a or b
    if a[0] == b[0] and (a[1] + b[1]) % p == 0: return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p
def times(k, point):
    out = None
    for bit in bin(k)[2:]:
        out = add(out, out)
        if bit == "1": out = add(out, point)
    return out
point = tuple(int.from_bytes(bits(key[c]), "big") for c in "xy")
raw = bits(sign)
r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
w, digest = pow(s, -1, n), int.from_bytes(hashlib.sha256((head + "." + body).encode()).digest(), "big")
sum = add(times(digest * w % n, g), times(r * w % n, point))
print("good" if len(raw) == 64 and sum[0] % n == r else "bad")
P
account=$(cat "$work/token")
eventually 'service accounts may read it' 10 '^200 ' bearer "$account" request GET /openid/v1/jwks
check 'strangers may not' '^403 $' curl -sS -o /dev/null -w '%{http_code} ' --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/openid/v1/jwks"
check 'there is nothing beside it' '^404 ' request GET /openid/v1/other

# -- A key of RSA, as clusters had it before, and as whoever brings their own may have it --
stop_server
openssl genrsa -out "$data/pki/sa.key" 2048 2>/dev/null
openssl rsa -in "$data/pki/sa.key" -pubout -out "$data/pki/sa.pub" 2>/dev/null
start_server
check 'a key of RSA stays what it is' '"id_token_signing_alg_values_supported":\["RS256"\]' request GET /.well-known/openid-configuration
check 'and is published as one' '^200 \{"keys":\[\{"use":"sig","kid":"[^"]+","alg":"RS256","kty":"RSA","n":"[^"]+","e":"AQAB"\}\]\}$' request GET /openid/v1/jwks
check 'tokens of the other key are good no longer' '^401 ' bearer "$account" request GET /openid/v1/jwks
check 'those of this one are' '^200 ' bearer "$(token_of default default)" request GET /openid/v1/jwks
finish
