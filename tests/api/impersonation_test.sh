#!/bin/bash
# Requests in another user's name: what is asked for, and who may.
build=${1:?usage: impersonation_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
. "$here/../bare_client.sh"
until_true 20 kubectl -n default get serviceaccount default

# What becomes of the words.
check 'a name' '"username":"bob","groups":\["system:authenticated"\]' whoami kubectl --as=bob
check 'groups' '"username":"bob","groups":\["g","h","system:authenticated"\]' whoami kubectl --as=bob --as-group=g --as-group=h
check 'one that says it itself' '"username":"bob","groups":\["system:authenticated"\]' whoami kubectl --as=bob --as-group=system:authenticated
check 'a uid' '"username":"bob","uid":"7"' whoami kubectl --as=bob --as-uid=7
who() {  # HEADER…
  local header headers=()
  for header in "$@"; do headers+=(-H "$header"); done
  curl -sS --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -H 'Content-Type: application/json' "${headers[@]}" \
    -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' "https://127.0.0.1:$port/apis/authentication.k8s.io/v1/selfsubjectreviews" -w ' %{http_code}'
}
check 'more about the user' '"extra":\{"a%zz":\["q"\],"foo/bar":\["x","y"\]\}' \
  who 'Impersonate-User: bob' 'Impersonate-Extra-Foo%2FBar: x' 'Impersonate-Extra-Foo%2FBar: y' 'Impersonate-Extra-A%zz: q'
check 'an account is in its groups' '"groups":\["system:serviceaccounts","system:serviceaccounts:ns1","system:authenticated"\]' whoami kubectl --as=system:serviceaccount:ns1:sa1
check 'unless others are said' '"groups":\["g","system:authenticated"\]' whoami kubectl --as=system:serviceaccount:ns1:sa1 --as-group=g
check 'a node by its name is one of the nodes' '"username":"system:node:n9","groups":\["system:nodes","system:authenticated"\]' whoami kubectl --as=system:node:n9
check 'unless others are said, too' '"groups":\["g","system:authenticated"\]' whoami kubectl --as=system:node:n9 --as-group=g
check 'of two names the first counts' '"username":"bob"' who 'Impersonate-User: bob' 'Impersonate-User: joe'
check 'of two uids as well' '"uid":"1"' who 'Impersonate-User: bob' 'Impersonate-Uid: 1' 'Impersonate-Uid: 2'
check 'an empty name is none' '"username":"[^"]*admin' who 'Impersonate-User;'
check 'an unknown word is none' '"username":"bob"' who 'Impersonate-User: bob' 'Impersonate-Foo: x'
check 'the anonymous may little' 'User \\"system:anonymous\\" cannot create resource \\"selfsubjectreviews\\".* 403$' who 'Impersonate-User: system:anonymous'
check 'who is not authenticated as well' 'User \\"bob\\" cannot create resource.* 403$' who 'Impersonate-User: bob' 'Impersonate-Group: system:unauthenticated'
check 'groups without a name' 'requested \\u0026user.DefaultInfo\{Name:\\"\\", UID:\\"\\", Groups:\[\]string\{\\"g\\"\}, Extra:map\[string\]\[\]string\(nil\)\} without impersonating a user name.* 400$|requested &user.DefaultInfo\{Name:\\"\\", UID:\\"\\", Groups:\[\]string\{\\"g\\"\}, Extra:map\[string\]\[\]string\(nil\)\} without impersonating a user name.* 400$' who 'Impersonate-Group: g'
check 'a uid without a name' 'UID:\\"5\\", Groups:\[\]string\(nil\).* 400$' who 'Impersonate-Uid: 5'
check 'more without a name' 'Extra:map\[string\]\[\]string\{\\"foo\\":\[\]string\{\\"x\\"\}\}\}.* 400$' who 'Impersonate-Extra-Foo: x'

# Who may. Jane is an account, since certificates take longer.
kubectl create serviceaccount jane >/dev/null
jane=$(token_of default jane)
is=system:serviceaccount:default:jane
may_not() {  # DESCRIPTION WORDS OPTION…: listing config maps
  check_fails "$1" "$2" as --token="$jane" -n default get configmaps "${@:3}"
}
# grant RULE…: "GROUP RESOURCES VERBS [NAMES]" is all that Jane may.
grant() {
  local rule json=
  for rule in "$@"; do
    read -r group resources verbs names <<<"$rule"
    [ "$group" = - ] && group=
    json+="${json:+,}{\"apiGroups\":[\"$group\"],\"resources\":[\"${resources//,/\",\"}\"],\"verbs\":[\"${verbs//,/\",\"}\"]${names:+,\"resourceNames\":[\"${names//,/\",\"}\"]}}"
  done
  kubectl apply -f - >/dev/null <<<"{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"jane\"},\"rules\":[$json]}"
}
grant '- nothing get'
kubectl create clusterrolebinding jane --clusterrole=jane --serviceaccount=default:jane >/dev/null
eventual() {  # as may_not, after what was granted has come through
  eventually "$1" 5 "$2" as --token="$jane" -n default get configmaps "${@:3}"
}
cannot="is forbidden: User \"$is\" cannot"
on="configmaps $cannot impersonate-on"
list=' resource "configmaps" in API group "" in the namespace "default"'
may_not 'nobody, without being allowed it' "$on:user-info:list$list" --as=bob
may_not 'no account' "$on:serviceaccount:list$list" --as=system:serviceaccount:a:b
may_not 'no node' "$on:arbitrary-node:list$list" --as=system:node:n2
may_not 'an account with groups is no mode of its own' "serviceaccounts \"b\" $cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"a\"" \
  --as=system:serviceaccount:a:b --as-group=g
may_not 'a node with groups neither' "users \"system:node:n2\" $cannot impersonate resource \"users\"" --as=system:node:n2 --as-group=g
check_fails 'a path is asked about as one' "cannot impersonate-on:user-info:get path \"/metrics\"" as --token="$jane" --as=bob get --raw /metrics
check_fails 'a subresource as one' "pods \"p\" $cannot impersonate-on:user-info:get resource \"pods/log\"" as --token="$jane" --as=bob get --raw /api/v1/namespaces/default/pods/p/log

# The constrained way: on what, and whom.
bob='configmaps is forbidden: User "bob" cannot list'
grant '- configmaps impersonate-on:user-info:list'
eventual 'on that, but whom?' "users.authentication.k8s.io \"bob\" $cannot impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\" at the cluster scope" --as=bob
grant '- configmaps impersonate-on:user-info:list' 'authentication.k8s.io users impersonate:user-info bob'
eventual 'both' "$bob" --as=bob
may_not 'nobody else' 'users.authentication.k8s.io "joe" is forbidden' --as=joe
check_fails 'and nothing else' 'impersonate-on:user-info:get' as --token="$jane" -n default --as=bob get configmap x
check_fails 'nor elsewhere' 'secrets is forbidden.*impersonate-on:user-info:list' as --token="$jane" -n default --as=bob get secrets
may_not 'no groups with it' "groups.authentication.k8s.io \"g\" $cannot impersonate:user-info" --as=bob --as-group=g
may_not 'no uid' "uids.authentication.k8s.io \"7\" $cannot impersonate:user-info" --as=bob --as-uid=7
grant '- configmaps impersonate-on:user-info:list' 'authentication.k8s.io users,groups,uids impersonate:user-info' 'authentication.k8s.io userextras/a.io/b impersonate:user-info v1'
eventual 'with all of them' "$bob" --as=bob --as-group=g --as-uid=7
may_not 'never as masters' 'groups.authentication.k8s.io "system:masters" is forbidden.*: impersonating the system:masters group is not allowed' --as=bob --as-group=system:masters
extra() { curl -sS --cacert "$data/pki/ca.crt" -H "Authorization: Bearer $jane" -H 'Impersonate-User: bob' -H "$1" "https://127.0.0.1:$port/api/v1/namespaces/default/configmaps"; }
check 'more about them, by key and value' 'User \\"bob\\" cannot list' extra 'Impersonate-Extra-a.io%2fb: v1'
check 'another value not' 'userextras.authentication.k8s.io \\"v2\\" is forbidden: .* cannot impersonate:user-info resource \\"userextras/a.io/b\\"' extra 'Impersonate-Extra-a.io%2fb: v2'
check 'nor a key without a domain' 'impersonating an invalid key in extra is not allowed: extra.key: Invalid value: \\"foo\\": must be a domain-prefixed path' extra 'Impersonate-Extra-Foo: x'
may_not 'that is for no node' "$on:arbitrary-node:list" --as=system:node:n2
grant '- configmaps impersonate-on:arbitrary-node:list' 'authentication.k8s.io nodes impersonate:arbitrary-node n2'
eventual 'a node' 'configmaps is forbidden: User "system:node:n2" cannot list' --as=system:node:n2
may_not 'that one' "nodes.authentication.k8s.io \"n3\" $cannot impersonate:arbitrary-node resource \"nodes\"" --as=system:node:n3
grant '- configmaps impersonate-on:serviceaccount:list' 'authentication.k8s.io serviceaccounts impersonate:serviceaccount b'
eventual 'an account' 'configmaps is forbidden: User "system:serviceaccount:a:b" cannot list' --as=system:serviceaccount:a:b
may_not 'that one' "serviceaccounts.authentication.k8s.io \"c\" $cannot impersonate:serviceaccount resource \"serviceaccounts\" in API group \"authentication.k8s.io\" in the namespace \"a\"" --as=system:serviceaccount:a:c
grant 'authentication.k8s.io selfsubjectreviews impersonate-on:arbitrary-node:create,impersonate-on:serviceaccount:create' 'authentication.k8s.io nodes impersonate:arbitrary-node' 'authentication.k8s.io serviceaccounts impersonate:serviceaccount'
eventually 'a node taken on this way is one of the nodes' 5 '"username":"system:node:n4","groups":\["system:nodes","system:authenticated"\]' whoami as --token="$jane" --as=system:node:n4
check 'an account is in its groups' '"groups":\["system:serviceaccounts","system:serviceaccounts:x","system:authenticated"\]' whoami as --token="$jane" --as=system:serviceaccount:x:y

# The node that a pod is on.
kubectl create -f - >/dev/null <<<'{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}'
kubectl create -f - >/dev/null <<<'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"nodeName":"n1","serviceAccountName":"jane","containers":[{"name":"c","image":"i"}]}}'
grant '- configmaps impersonate-on:associated-node:list'
account=$jane
jane=$(token_of default jane '{"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"p"}}')
eventual 'on that, but which node?' "nodes.authentication.k8s.io \"\\*\" $cannot impersonate:associated-node resource \"nodes\" in API group \"authentication.k8s.io\" at the cluster scope" --as=system:node:n1
grant '- configmaps impersonate-on:associated-node:list' 'authentication.k8s.io nodes impersonate:associated-node'
eventual 'its own' 'configmaps is forbidden: User "system:node:n1" cannot list' --as=system:node:n1
may_not 'no other' "$on:arbitrary-node:list" --as=system:node:n2
jane=$account
may_not 'and nobody without a pod there' "$on:arbitrary-node:list" --as=system:node:n1

# The plain way, which looks at nothing but whom.
grant '- users impersonate bob'
eventual 'a name' "$bob" --as=bob
may_not 'nobody else' "$on:user-info:list" --as=joe
may_not 'no groups' "$on:user-info:list" --as=bob --as-group=g
grant '- users,groups,serviceaccounts impersonate' 'authentication.k8s.io uids,userextras/scopes impersonate'
eventual 'groups' "$bob" --as=bob --as-group=g --as-uid=7
check 'more about them' 'User \\"bob\\" cannot list' extra 'Impersonate-Extra-Scopes: x'
check 'by its key' 'impersonate-on:user-info:list' extra 'Impersonate-Extra-Other: x'
check 'masters too' 'NAME|No resources' as --token="$jane" -n default get configmaps --as=bob --as-group=system:masters
may_not 'a node with groups' 'configmaps is forbidden: User "system:node:n2" cannot list' --as=system:node:n2 --as-group=system:nodes
may_not 'an account' 'configmaps is forbidden: User "system:serviceaccount:a:b" cannot list' --as=system:serviceaccount:a:b
check 'an editor takes on accounts of the namespace' 'created' kubectl -n default create rolebinding e --clusterrole=edit --serviceaccount=default:jane
grant '- nothing get'
eventually 'that one edits' 5 '^yes' as --token="$jane" auth can-i create pods -n default
eventual 'so does this' 'configmaps is forbidden: User "system:serviceaccount:default:default" cannot list' --as=system:serviceaccount:default:default
may_not 'of no other' "$on:serviceaccount:list" --as=system:serviceaccount:kube-system:default
finish
