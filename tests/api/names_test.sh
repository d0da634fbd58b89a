#!/bin/bash
# Names that clients choose, and names that the server makes up.
build=${1:?usage: names_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server

core=/api/v1/namespaces/default
letters() { printf "%$1s" '' | tr ' ' "${2:-a}"; }
make() {  # PATH KIND GENERATE-NAME [MORE]
  local group=v1
  case $1 in /apis/*) group=$(cut -d/ -f3,4 <<<"$1") ;; esac
  request POST "$1" "{\"apiVersion\":\"$group\",\"kind\":\"$2\",\"metadata\":{\"generateName\":\"$3\"${4:-}}}"
}

check 'a name is what was asked for and five letters' '^201 .*"name":"web-[b-df-hj-np-tv-z2-9]{5}"' make $core/configmaps ConfigMap web-
check 'another each time' '^201 ' make $core/configmaps ConfigMap web-
check 'which makes two' '^2$' bash -c 'kubectl get configmaps -o name | grep -c web-'
check 'a name that is given is taken' '^201 .*"name":"given".*"generateName":"web-"' make $core/configmaps ConfigMap web- ',"name":"given"'
check 'of a long one 58 characters stay' "^201 .*\"name\":\"$(letters 58)[a-z0-9]{5}\"" make $core/configmaps ConfigMap "$(letters 252)-"
check 'as many as a name may have, and a dash' '^201 ' make $core/configmaps ConfigMap "$(letters 253)-"
check 'and no more' '^422 .*metadata.generateName: Invalid value: .*: must be no more than 253 characters' \
  make $core/configmaps ConfigMap "$(letters 254)-"
check 'it is a name itself' '^422 .*\[metadata.generateName: Invalid value: \\"Web-\\": a lowercase RFC 1123 subdomain.*, metadata.name: Invalid value: \\"Web-' \
  make $core/configmaps ConfigMap Web-
check 'also where it is not needed' '^422 .*metadata.generateName: Invalid value: \\"Web-\\"' \
  make $core/configmaps ConfigMap Web- ',"name":"given-too"'
check 'none at all is told of' '^422 .*metadata.name: Required value: name or generateName is required' make $core/configmaps ConfigMap ''

# Each kind by its own rule.
check 'a namespace is a label of 63' '^422 .*metadata.generateName: Invalid value: \\"a+\\": must be no more than 63 characters' \
  make '/api/v1/namespaces?dryRun=All' Namespace "$(letters 64)"
check 'that ends in letters' "^201 .*\"name\":\"$(letters 58)[a-z0-9]{5}\"" make '/api/v1/namespaces?dryRun=All' Namespace "$(letters 63)-"
check 'without dots' '^422 .*metadata.generateName: Invalid value: \\"a.b-\\": must not contain dots' make /api/v1/namespaces Namespace a.b-
check 'a config map may have them' '^201 ' make $core/configmaps ConfigMap a.b-
service() { make "$core/services?dryRun=All" Service "$1" '},"spec":{"ports":[{"port":80}]'; }
check 'a service is such a label too' '^422 .*metadata.generateName: Invalid value' service a.b-
check 'which may begin with a digit' '^201 .*"name":"1st-[a-z0-9]{5}"' service 1st-
check 'a role may have any name but a path' '^201 .*"name":"Has:Colons_[a-z0-9]{5}"' \
  make /apis/rbac.authorization.k8s.io/v1/namespaces/default/roles Role Has:Colons_
check 'with no slash' "^422 .*metadata.generateName: Invalid value: .*may not contain '/'" \
  make /apis/rbac.authorization.k8s.io/v1/namespaces/default/roles Role a/b-

# A name that is taken.
check 'a name is there once' '^409 .*configmaps \\"given\\" already exists"' \
  request POST $core/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"given"}}'
check 'what is wrong as well is told first' '^422 .*metadata.labels: Invalid value' \
  request POST $core/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"given","labels":{"a":"/"}}}'
check 'all of it at once' '^422 .*metadata.name: Invalid value: \\"A_\\".*metadata.labels: Invalid value' \
  request POST $core/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A_","labels":{"a":"/"}}}'
check 'one that waits for its end' '^201' request POST $core/configmaps \
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ending","finalizers":["example.com/hold"]}}'
check 'has not gone' '^200' request DELETE $core/configmaps/ending
check 'and says so' '^409 .*object is being deleted: configmaps \\"ending\\" already exists"' \
  request POST $core/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ending"}}'
finish
