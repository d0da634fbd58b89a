#!/bin/bash
# Callers with tokens of OpenID Connect providers, good and bad ones.
build=${1:?usage: oidc_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl python3

# An authority, an issuer on loopback, and keys of three types.
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@" 2>/dev/null; }
certificate -subj /CN=login -keyout "$work/ca.key" -out "$work/ca.crt"
certificate -subj /CN=other -keyout "$work/other.key" -out "$work/other.crt"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=issuer -keyout "$work/issuer.key" -out "$work/issuer.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost\n' >"$work/names"
openssl x509 -req -in "$work/issuer.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$work/names" -out "$work/issuer.crt" 2>/dev/null
for key in k1 k2 k3 stranger; do openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out "$work/$key" 2>/dev/null; done
for curve in 256 384 521; do openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-$curve -out "$work/e$curve" 2>/dev/null; done
issuer() { python3 "$here/oidc_issuer.py" "$@"; }
mkdir "$work/provider"
publish() { issuer jwks "$@" >"$work/keys.new" && mv "$work/keys.new" "$work/provider/keys.json"; }
publish "$work/k1=k1" "$work/e256=e256" "$work/e384=e384" "$work/e521=e521"
issuerPort=$(free_port)
# The program itself, so that it is what ends with the test.
python3 "$here/oidc_issuer.py" serve $issuerPort "$work/issuer.crt" "$work/issuer.key" "$work/provider" &
provider=$!
trap 'code=$?; kill $provider 2>/dev/null; (exit $code); clean_up' EXIT
until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$issuerPort"
url=https://localhost:$issuerPort
indented() { sed 's/^/      /' "$1"; }

entry() {  # ISSUER [MORE LINES OF THE ISSUER] [AUTHORITY]
  printf -- '- issuer:\n    url: %s/%s\n    audiences: [cluster, backup]\n    audienceMatchPolicy: MatchAny\n%s    certificateAuthority: |\n%s\n  claimMappings:\n    username: {claim: sub, prefix: "%s:"}\n' \
    "$url" "$1" "${2:-}" "$(indented "${3:-$work/ca.crt}")" "$1"
}
head=$'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n'
{
  printf '%s' "$head"
  entry good
  cat <<'YAML'
    groups: {expression: "claims.?roles.orValue([])"}
    uid: {claim: sub}
    extra: [{key: example.com/tenant, valueExpression: "claims.?tenant.orValue('')"}]
  claimValidationRules:
  - {expression: "claims.exp - claims.iat <= 86400", message: tokens are good for a day at most}
  - {claim: hd, requiredValue: example.com}
  userValidationRules:
  - {expression: "!user.username.startsWith('good:system:')", message: that name is reserved}
YAML
  entry other "    discoveryURL: $url/other/found-elsewhere"$'\n'
  for bad in hang gigabyte redirect lies drip; do entry $bad; done
  entry untrusted '' "$work/other.crt"
  entry loud
  echo '    groups: {expression: "claims.roles.filter(a, claims.roles.all(b, claims.roles.all(c, claims.roles.all(d, a + b + c != d))))"}'
} >"$work/authentication.yaml"
cat >"$work/oidc.toml" <<TOML
[authn]
chain = ["authn-x509", "authn-token", "authn-service-account", "authn-oidc"]

[plugins.authn-oidc]
config = "$work/authentication.yaml"
TOML
start_server --config "$work/oidc.toml"
. "$here/../bare_client.sh"

# claims ISSUER SUBJECT [MORE]: in MORE what stands before comes again
claims() {
  python3 -c 'import json, sys, time
now = int(time.time())
claims = {"iss": sys.argv[1], "sub": sys.argv[2], "aud": "cluster", "iat": now, "exp": now + 3600, "hd": "example.com"}
claims.update(json.loads(sys.argv[3]))
print(json.dumps({k: v for k, v in claims.items() if v is not None}))' "$url/$1" "$2" "${3:-{\}}"
}
token() { issuer token "$work/$1" "$2" "$1" "$3"; }  # KEY ALGORITHM CLAIMS
jane=$(token k1 RS256 "$(claims good jane '{"roles":["dev","ops"],"tenant":"blue"}')")
review() {
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s"%s}}' "$1" "${2:-}" |
    kubectl create --validate=false -f - -o 'jsonpath={.status}'
}

# Who it is.
eventually 'a token says who the caller is' 20 \
  '"username":"good:jane","uid":"jane","groups":\["dev","ops","system:authenticated"\],"extra":\{"example.com/tenant":\["blue"\]\}' \
  whoami as --token="$jane"
check 'and nothing of what they may' '^403 .*User \\"good:jane\\" cannot list resource \\"pods\\"' bearer "$jane" request GET /api/v1/namespaces/default/pods
check 'their group is given something' 'created' kubectl create clusterrolebinding devs --clusterrole=view --group=dev
eventually 'which they may then' 5 '^200' bearer "$jane" request GET /api/v1/namespaces/default/pods
for algorithm in RS384 RS512 PS256 PS384 PS512; do
  check "$algorithm is taken" 'good:jane' whoami as --token="$(token k1 $algorithm "$(claims good jane)")"
done
check 'ES256 is taken' 'good:jane' whoami as --token="$(token e256 ES256 "$(claims good jane)")"
check 'ES384 is taken' 'good:jane' whoami as --token="$(token e384 ES384 "$(claims good jane)")"
check 'ES512 is taken' 'good:jane' whoami as --token="$(token e521 ES512 "$(claims good jane)")"
check 'one of several audiences is enough' 'good:jane' whoami as --token="$(token k1 RS256 "$(claims good jane '{"aud":["x","backup"]}')")"
check 'discovery may be elsewhere' 'other:joe' whoami as --token="$(token k1 RS256 "$(claims other joe)")"
check 'no group is none' '"groups":\["system:authenticated"\]' whoami as --token="$(token k1 RS256 "$(claims good jim)")"
check 'a review knows the token' '"audiences":\["https[^"]*"\],"authenticated":true' review "$jane"
check 'but not for others' '"error":"' review "$jane" ',"audiences":["vault"]'

# Who it is not.
refused() {  # DESCRIPTION WORDS TOKEN
  check "$1: 401" '^401 ' bearer "$3" request GET /api
  check "$1: a review says why" "$2" review "$3"
}
refused 'an old token' 'oidc: verify token: oidc: token is expired \(Token Expiry: 2' "$(token k1 RS256 "$(claims good jane '{"exp":1700000000}')")"
refused 'one of tomorrow' 'before the nbf \(not before\) time' "$(token k1 RS256 "$(claims good jane '{"nbf":9000000000,"exp":9000000001}')")"
refused 'one without an end' 'the token has no expiry' "$(token k1 RS256 "$(claims good jane '{"exp":null}')")"
refused 'one for another' 'oidc: expected audience in \[\\?"cluster\\?" \\?"backup\\?"\] got \[\\?"x\\?"\]' "$(token k1 RS256 "$(claims good jane '{"aud":"x"}')")"
refused 'one of another issuer' 'invalid bearer token' "$(token k1 RS256 "$(claims good jane '{"iss":"https://evil.example"}')")"
refused 'one of another key' 'failed to verify id token signature' "$(issuer token "$work/stranger" RS256 k1 "$(claims good jane)")"
refused 'one without a signature' 'signed with unsupported algorithm' "$(token k1 none "$(claims good jane)")"
refused 'one whose claims were changed' 'failed to verify id token signature' "${jane%%.*}.$(claims good root | base64 -w0 | tr '+/' '-_' | tr -d =).${jane##*.}"
refused 'one that a rule is against' 'tokens are good for a day at most' "$(token k1 RS256 "$(claims good jane '{"iat":0}')")"
refused 'one without a claim' 'oidc: required claim hd not present in ID token' "$(token k1 RS256 "$(claims good jane '{"hd":null}')")"
refused 'one with another value' 'value does not match. Got = x, want = example.com' "$(token k1 RS256 "$(claims good jane '{"hd":"x"}')")"
refused 'a name that is reserved' 'that name is reserved' "$(token k1 RS256 "$(claims good system:admin)")"
refused 'a name that is none' 'parse username claims' "$(token k1 RS256 "$(claims good jane '{"sub":7}')")"

# A rule that explodes is stopped.
loud=$(token k1 RS256 "$(claims loud jane "$(python3 -c 'import json; print(json.dumps({"roles": [f"r{n}" for n in range(150)]}))')")")
begun=$SECONDS
refused 'one that costs too much' 'actual cost limit exceeded' "$loud"
check 'which does not take long' '^[0-4]$' echo $((SECONDS - begun))
check 'where there is less of it, it is known' '"groups":\["a","system:authenticated"\]' whoami as --token="$(token k1 RS256 "$(claims loud jane '{"roles":["a"]}')")"

# Issuers that are not as they should be cost their own tokens and nobody else's.
for bad in gigabyte redirect lies untrusted; do
  check "$bad: nobody is known" '^401 ' bearer "$(token k1 RS256 "$(claims $bad jane)")" request GET /api
done
eventually 'the log says that one redirects' 15 'redirect.*: unexpected redirect \(302\)' cat "$work/log"
eventually 'that one has no end' 15 'gigabyte.*: the answer is longer than 1048576 bytes' cat "$work/log"
eventually 'that one lies' 15 'oidc: issuer did not match the issuer returned by provider, expected "https[^"]*/lies" got "https[^"]*/good"' cat "$work/log"
eventually 'that one is not trusted' 15 'untrusted.*certificate signed by unknown authority' cat "$work/log"
eventually 'that one hangs' 30 '/hang/.*: context deadline exceeded' cat "$work/log"
eventually 'and one all but hangs' 30 '/drip/.*: context deadline exceeded' cat "$work/log"
for _ in 1 2 3 4 5 6 7 8; do bearer "$(token k1 RS256 "$(claims hang jane)")" status GET /api >>"$work/hanging" & waiting+=($!); done
before=$SECONDS
check 'meanwhile others come in' '^200' bearer "$jane" request GET /api
check 'at once' '^[0-3]$' echo $((SECONDS - before))
wait "${waiting[@]}"
check 'and those are told' '^(401){8}$' cat "$work/hanging"
check 'the server is no larger for it' 'small' bash -c "[ \$(awk '/VmRSS/ {print \$2}' /proc/$program/status) -lt 400000 ] && echo small"

# Keys that rotate.
publish "$work/k2=k2"
eventually 'a new key is found when a token is signed by it' 5 'good:jane' whoami as --token="$(token k2 RS256 "$(claims good jane)")"
refused 'one of the key that is gone' 'failed to verify id token signature' "$(token k1 RS256 "$(claims good jane '{"n":1}')")"
asked() { grep -c '^/good/keys' "$work/provider/log"; }
before=$(asked)
python3 - "$port" "$(token k3 RS256 "$(claims good jane)")" >"$work/burst" <<'PY'
import http.client, ssl, sys, time
start, answers = time.time(), set()
for i in range(60):
    connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=ssl._create_unverified_context())
    connection.request("GET", "/api", headers={"Authorization": "Bearer " + sys.argv[2][:-8] + "A" * (i % 4 + 4)})
    answers.add(connection.getresponse().status)
print(sorted(answers), "with", time.time() - start, "seconds")
PY
check 'tokens of unknown keys are refused' '^\[401\]' cat "$work/burst"
# Once a second at most, and once when it began.
most=$(python3 -c 'import sys; print(int(float(sys.argv[1].split()[-2])) + 3)' "$(cat "$work/burst")")
check 'and do not make the server ask each time' 'few' bash -c "[ $(($(asked) - before)) -le $most ] && echo few"

# A changed file counts at once; a wrong one does not.
sed 's/prefix: "good:"/prefix: "better:"/; s/good:system/better:system/' "$work/authentication.yaml" >"$work/changed"
cp "$work/authentication.yaml" "$work/first"
cp "$work/changed" "$work/authentication.yaml"
now=$(token k2 RS256 "$(claims good jane '{"n":2}')")
eventually 'a changed file counts' 5 'better:jane' whoami as --token="$now"
sed 's/audiences: \[cluster/audience: [cluster/' "$work/changed" >"$work/authentication.yaml"
again=$(token k2 RS256 "$(claims good jane '{"n":3}')")
check 'a wrong one does not' 'better:jane' whoami as --token="$again"
eventually 'and is told with line and field' 5 "authentication.yaml:6: jwt\[0\].issuer.audience: unknown field" "$cleat" plugin list --data-dir "$data"
cp "$work/first" "$work/authentication.yaml"
eventually 'mended, it counts again' 5 'good:jane' whoami as --token="$(token k2 RS256 "$(claims good jane '{"n":4}')")"
stop_server

# One issuer by settings alone, as in kube-apiserver's flags.
cat >"$work/flags.toml" <<TOML
[authn]
chain = ["authn-x509", "authn-token", "authn-service-account", "authn-oidc"]

[plugins.authn-oidc]
issuer_url = "$url/good"
client_id = "cluster"
ca_file = "$work/ca.crt"
username_claim = "sub"
groups_claim = "roles"
groups_prefix = "oidc:"
required_claims = ["hd=example.com"]
TOML
start_server --config "$work/flags.toml"
eventually 'settings say one issuer' 10 "\"username\":\"$url/good#jane\".*\"oidc:dev\"" whoami as --token="$(token k2 RS256 "$(claims good jane '{"roles":["dev"]}')")"
refused 'a claim that is required' 'required claim hd' "$(token k2 RS256 "$(claims good jane '{"hd":null}')")"
refused 'another algorithm than RS256' 'signed with unsupported algorithm, expected \[\\?"RS256\\?"\] got \\?"PS256\\?"' "$(token k2 PS256 "$(claims good jane)")"
stop_server

# Nobody comes in by a file that is wrong: the server says so.
wrong() {  # DESCRIPTION WORDS TOML LINE…
  printf '%s\n' '[authn]' 'chain = ["authn-x509", "authn-oidc"]' '[plugins.authn-oidc]' "${@:3}" >"$work/wrong.toml"
  complains "$1" "$2" "$work/wrong.toml"
}
printf '%s' "$head" >"$work/wrong.yaml"
printf -- '- issuer: {url: "https://a.example", audiences: [c]}\n  claimMappings: {username: {expression: "claims.sub +"}}\n' >>"$work/wrong.yaml"
wrong 'wrong CEL' 'wrong.yaml:5: jwt\[0\].claimMappings.username.expression: Invalid value: "claims.sub \+": compilation failed: ERROR' "config = \"$work/wrong.yaml\""
printf '%s' "$head" >"$work/wrong.yaml"
printf -- '- issuer: {url: "https://a.example", audiences: [c]}\n  claimMappings: {username: {expression: "claims.sub"}, uid: {expression: "string(int(\x27x\x27))"}}\n' >>"$work/wrong.yaml"
wrong 'what nobody can evaluate' "wrong.yaml:5: jwt\[0\].claimMappings.uid.expression: Internal error: program instantiation failed: type conversion error from 'string' to 'int'" "config = \"$work/wrong.yaml\""
wrong 'a file that is not there' 'absent.yaml' "config = \"$work/absent.yaml\""
wrong 'both' 'config and issuer_url exclude each other' "config = \"$work/first\"" 'issuer_url = "https://a.example"' 'client_id = "c"'
wrong 'a setting that there is none of' 'issuer_uri' 'issuer_uri = "https://a.example"'
finish
