# kubectl without a user of its own, for tests that bring the credentials. Sourced once a server is up:
#
#   check 'a token is enough' 'pods' as --token="$token" get pods
cat >"$work/kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$data/pki/ca.crt"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
users: [{name: u, user: {}}]
YAML
as() { kubectl --kubeconfig="$work/kubeconfig" "$@"; }
