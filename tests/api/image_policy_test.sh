#!/bin/bash
# Images of pods, as a server of the operator's sees them.
build=${1:?usage: image_policy_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need openssl
. "$here/reviewers.sh"

settings() {  # PATH [MORE LINES OF imagePolicy]
  kubeconfig_of "$1" certificate "$work/hook"
  printf 'imagePolicy:\n  kubeConfigFile: hook\n  retryBackoff: 100\n%s' "${2:-}" >"$work/policy.yaml"
  cat >"$work/images.toml" <<TOML
[admission]
chain = ["admission-namespace-lifecycle", "admission-service-account", "admission-image-policy-webhook"]
[plugins.admission-image-policy-webhook]
config = "$work/policy.yaml"
TOML
}
pod() {  # NAME IMAGE [INIT_IMAGE] [OPTION…]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","annotations":{"my.image-policy.k8s.io/ticket":"7"}},"spec":{"containers":[{"name":"c","image":"%s"}]%s}}' \
    "$1" "$2" "${3:+,\"initContainers\":[{\"name\":\"i\",\"image\":\"$3\"\}]}" | kubectl create -f - "${@:4}"
}
settings good $'  allowTTL: 2\n  denyTTL: 2\n'
audited() {  # the audit log is kept
  cat >"$work/audit.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata, resources: [{group: "", resources: [pods]}]}]
YAML
  printf '[audit]\npolicy = "%s"\n[plugins.audit-log]\nfile = "%s"\n' "$work/audit.yaml" "$work/audit.log" >>"$work/images.toml"
}
audited
start_server --config "$work/images.toml"
until_true 20 kubectl get serviceaccount default

check 'a good image comes in' 'created' pod a good:1
eventually 'the audit log has what the backend says for it' 10 '"imagepolicywebhook.image-policy.k8s.io/checked":"yes"' cat "$work/audit.log"
check 'the backend was asked about it' '^/good cluster .*"containers": \[\{"image": "good:1"\}\], "annotations": \{"my.image-policy.k8s.io/ticket": "7"\}, "namespace": "default"' reviewed
check_fails 'a bad one does not' 'pods "b" is forbidden: image policy webhook backend denied one or more images: bad:1 is bad' pod b bad:1
check_fails 'nor where it begins' 'bad:2 is bad' pod b good:1 bad:2
check_fails 'nor without a reason' 'pods "b" is forbidden: one or more images rejected by webhook backend' pod b bad-silent:1
check_fails 'nor by another image later' 'bad:3 is bad' kubectl set image pod/a c=bad:3
check 'a good one later does' 'image updated' kubectl set image pod/a c=good:2
check_fails 'nor beside the others' 'bad:4 is bad' kubectl patch pod a --subresource=ephemeralcontainers --type=merge \
  -p '{"spec":{"ephemeralContainers":[{"name":"e","image":"bad:4"}]}}'
check_fails 'a dry run is asked about too' 'bad:5 is bad' pod d bad:5 '' --dry-run=server

# What was answered is kept, for a time.
forget
pod k1 good:kept >/dev/null; pod k2 good:kept >/dev/null; pod k3 bad:kept >/dev/null 2>&1; pod k4 bad:kept >/dev/null 2>&1
check 'a good image is asked about once' '^1$' count_of good:kept
check 'a bad one as well' '^1$' count_of bad:kept
eventually 'and again when that is old' 40 '^[2-9]' bash -c "kubectl label pod k1 n=\$RANDOM --overwrite >/dev/null; grep -c good:kept '$work/reviews/log'"
stop_server

settings flaky
start_server --config "$work/images.toml"
check 'a backend that fails is asked again' 'created' pod f good:1
stop_server

# Backends that are not as they should be.
while read -r bad says; do
  settings "$bad"
  start_server --config "$work/images.toml"
  check_fails "$bad: no image comes in" "pods \"x\" is forbidden: .*$says" pod x good:1
  stop_server
done <<'END'
gigabyte the answer is longer than 1048576 bytes
redirect unexpected redirect \(307\)
error an error on the server
nonsense json parse error
another-kind expected an answer of imagepolicy.k8s.io/v1alpha1, Kind=ImageReview, got imagepolicy.k8s.io/v1alpha1, Kind=Pod
hang context deadline exceeded
END
settings error $'  defaultAllow: true\n'
audited
start_server --config "$work/images.toml"
check 'unless the operator says so' 'created' pod y bad:1
eventually 'and of the image that came in unseen' 10 '"imagepolicywebhook.image-policy.k8s.io/failed-open":"true"' cat "$work/audit.log"
check 'which the log tells' 'image policy webhook, failing open: an error on the server' cat "$work/log"
stop_server

wrong() { complains "$1" "$2" "$work/images.toml"; }  # DESCRIPTION PATTERN
settings good $'  allowTtl: 5\n'
wrong 'an unknown field' 'policy.yaml:4: imagePolicy.allowTtl: unknown field'
settings good $'  denyTTL: 5000\n'
wrong 'a time that is too long' 'policy.yaml:4: imagePolicy.denyTTL: valid value is between 1s and 30m'
finish
