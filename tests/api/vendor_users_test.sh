#!/bin/bash
# A vendor's authenticator that knows users by a file, built out of tree against the installed SDK, confined in a process of its own.
build=${1:?usage: vendor_users_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need openssl
plugin=$(realpath "$build")/tests/plugins-contrib/outside/users-file/authn-users-file.so
[ -e "$plugin" ] || { echo "SKIPPED: authn-users-file has not been built (test contrib_build)"; exit 77; }
users=$work/users
mkdir "$users"
user() { echo "$1:$(openssl passwd -6 "$2")${3:+:$3}"; }  # NAME PASSWORD [GROUPS]
{ echo '# people'; user jane 'open: sesame' developers,operators; user joe secret; } >"$users/file"
chmod -R a+rX "$users"
cat >"$work/cleat.toml" <<TOML
[controllers]
enabled = ["controller-bootstrap"]
[authn]
chain = ["...", "authn-users-file"]

[plugins.authn-users-file]
path = "$plugin"
file = "$users/file"
visible_files = ["$users"]
TOML
start_server --config "$work/cleat.toml"
who() { whoami kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$port" --certificate-authority "$data/pki/ca.crt" --token "$1"; }
check 'it runs in a process of its own' 'authn-users-file +1.0.0 +beta +authenticator +running +yes' "$cleat" plugin list --data-dir "$data"
check 'who knows the password is known, with the groups' '"username":"jane","groups":\["developers","operators","system:authenticated"\]' who 'jane:open: sesame'
check 'so is who has no groups' '"username":"joe"' who joe:secret
for token in joe:Secret joe: joe :secret jane:secret nobody:secret; do
  check_fails "not by $token" 'Unauthorized|must be logged in' who "$token"
done
{ user joe other ops; } >"$users/new" && chmod a+r "$users/new" && mv "$users/new" "$users/file"
check 'another password counts from the next request on' '"groups":\["ops",' who joe:other
check_fails 'the old one does not' 'Unauthorized|must be logged in' who joe:secret
check_fails 'nor is who was taken out known' 'Unauthorized|must be logged in' who 'jane:open: sesame'
echo 'joe:plain' >"$users/file"
check 'with a file that is wrong those of before go on' '"username":"joe"' who joe:other
check 'and the operator is told' 'line 1: its hash is none that' "$cleat" plugin list --data-dir "$data"
{ user jane new; } >"$users/file"
check 'until it is right again' '"username":"jane"' who jane:new
check_fails 'and the operator is told nothing more' '^$' bash -c "'$cleat' plugin list --data-dir '$data' | grep 'goes on with'"
finish
