#!/bin/bash
# own.sh BUILD: every plugin that is installed with the program keeps what its roles promise.
set -u
build=${1:?usage: own.sh BUILD}
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
# What some do not start without. Nobody listens at the port of the webhooks, which are refused at once.
cat >"$work/rules.jsonl" <<'END'
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"jane","namespace":"*","resource":"*","apiGroup":"*"}}
END
cat >"$work/webhook.kubeconfig" <<'END'
apiVersion: v1
kind: Config
clusters: [{name: w, cluster: {server: "https://127.0.0.1:1/"}}]
users: [{name: w, user: {token: t}}]
contexts: [{name: w, context: {cluster: w, user: w}}]
current-context: w
END
mkdir "$work/manifests"
echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}' >"$work/manifests/a.yaml"
cat >"$work/cleat.toml" <<END
[kinds]
enabled = ["...", "kinds-scheduling-beta"]
[plugins.addon-manifests]
folders = ["$work/manifests"]
[plugins.admission-event-rate-limit]
limits = ["Server qps=100000 burst=100000"]
[plugins.admission-image-policy-webhook]
kubeconfig = "$work/webhook.kubeconfig"
retry_backoff = "1ms"
[plugins.authn-webhook]
kubeconfig = "$work/webhook.kubeconfig"
timeout = "1s"
retry_backoff = "1ms"
[plugins.authz-webhook]
kubeconfig = "$work/webhook.kubeconfig"
timeout = "1s"
[plugins.authz-abac]
policy_file = "$work/rules.jsonl"
[plugins.audit-webhook]
url = "https://127.0.0.1:1/"
END
# The agent is a node and nothing else: without the name of one it does not start, and a cluster of checks has none. Of it
# the file alone is looked at.
"$build/bin/cleat" plugin check --brief --without-running "$build/plugins/agent.so" || failed=1
"$build/bin/cleat" plugin check --brief --jobs 12 --calls 1000 --config "$work/cleat.toml" \
  $(printf '%s\n' "$build"/plugins/*.so | grep -v /agent.so) || failed=1
exit "${failed:-0}"
