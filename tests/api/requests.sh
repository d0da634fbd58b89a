# Requests of a test's own, beside kubectl: sourced after server.sh, once the server is up.
#
#   check 'a name is made up' '^201 .*"name":"web-[a-z0-9]{5}"' request POST /api/v1/namespaces/default/configmaps '{…}'
#
# `request` writes the status, the warnings and the body in one line. In front of it, `bearer TOKEN` makes it somebody's other than the
# administrator's, `sending TYPE` names the body's type, `accepting TYPE` what is to come back, and `calling_itself AGENT` who asks.
request() {  # METHOD PATH [BODY]
  local who=(--cert "$data/pki/admin.crt" --key "$data/pki/admin.key") body=()
  [ -z "${token:-}" ] || who=(-H "Authorization: Bearer $token")
  [ -z "${agent:-}" ] || who+=(-A "$agent")
  [ -z "${3:-}" ] || body=(-H "Content-Type: ${content:-application/json}" --data-binary "$3")
  curl -sS -g --max-time 20 --cacert "$data/pki/ca.crt" "${who[@]}" -X "$1" -D "$work/head" -o "$work/body" -w '%{http_code} ' \
    -H "Accept: ${accept:-application/json}" "${body[@]}" "https://127.0.0.1:$port$2" || return
  sed -n 's/\r$//; s/^[Ww]arning: //p' "$work/head" | tr '\n' ' '
  cat "$work/body"
}
bearer() { local token=$1; shift; "$@"; }
accepting() { local accept=$1; shift; "$@"; }
calling_itself() { local agent=$1; shift; "$@"; }
sending() { local content=$1; shift; "$@"; }
status() { request "$@" | head -c 3; }  # of the same: the status alone
of_answer() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/body" "$1"; }
