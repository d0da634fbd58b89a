#!/bin/bash
# A plugin that decides about requests is replaced again and again while they come: each is decided by one of the two, and none fails.
build=${1:?usage: plugin_swap_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
for next in a b; do cp "$build/fixtures/admission-trouble.so" "$work/$next.so"; done
cat >"$work/creates.py" <<'PY'
import http.client, json, signal, ssl, sys, threading
data, port, begun = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=data + "/pki/ca.crt")
context.load_cert_chain(data + "/pki/admin.crt", data + "/pki/admin.key")
answered, answers, ended = threading.Condition(), {}, threading.Event()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

def create(who):
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    number = 0
    while not ended.is_set():
        number += 1
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{who}-{number}"},
               "spec": {"containers": [{"name": "c", "image": "i"}]}}
        connection.request("POST", "/api/v1/namespaces/default/pods", json.dumps(pod), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        with answered:
            said = body.get("message", "") if answer.status != 403 else "refused" if "nothing is allowed" in body["message"] else body["message"]
            answers[f"{answer.status} {said}"] = answers.get(f"{answer.status} {said}", 0) + 1
            answered.notify()

threads = [threading.Thread(target=create, args=[who]) for who in range(4)]
for thread in threads: thread.start()
with answered: answered.wait_for(lambda: sum(answers.values()) >= 20, 20)
open(begun, "w").close()
signal.sigwait([signal.SIGTERM])
ended.set()
for thread in threads: thread.join()
for said, times in sorted(answers.items()): print(said, times)
PY
swaps() {  # how often
  local i
  for i in $(seq "$1"); do
    "$cleat" plugin swap admission-trouble "$work/$([ $((i % 2)) = 0 ] && echo a || echo b).so" --data-dir "$data" || return
  done
}
for isolation in process none; do
  cat >"$work/cleat.toml" <<TOML
[controllers]
enabled = ["controller-bootstrap", "controller-namespace", "controller-service-account"]
[schedulers]
enabled = []
[admission]
chain = ["...", "admission-trouble"]
[plugins.admission-trouble]
path = "$work/a.so"
isolation = "$isolation"
mode = "deny"
TOML
  rm -f "$work/begun"
  start_server --config "$work/cleat.toml"
  until_true 20 kubectl get serviceaccount default
  python3 "$work/creates.py" "$data" "$port" "$work/begun" >"$work/answers" 2>&1 &
  creates=$!
  until_true 20 test -e "$work/begun"
  check "it is replaced twelve times ($isolation)" '(now runs from .*){12}' swaps 12
  kill $creates
  wait $creates
  check 'every request that came meanwhile has been decided by it, and as it decides' '^403 refused [0-9]{2,}$' cat "$work/answers"
  check 'which has not failed once' 'cleat_plugin_call_errors_total\{plugin="admission-trouble"\} 0' kubectl get --raw /metrics
  check 'no version of it is left beside the last' '^1$' bash -c "'$cleat' plugin list --data-dir '$data' | grep -c '^admission-trouble '"
  stop_server
done

# The same version twice, built from other sources: a file that is exchanged where it is, and the plugin swapped for it.
attacks=$data/plugins/hostile
mkdir -p "$attacks"
echo 'read /nothing' >"$attacks/attacks"
sees() { eventually "$1" 10 "hostile: $2" cat "$work/log"; }
become() {  # WORDS: what it says in the end, as long as those that it has
  sed "s/that was all/$1/" "$build/fixtures/hostile.so" >"$work/new.so"
  mv "$work/new.so" "$work/hostile.so"
}
for isolation in process none; do
  become 'that was all'
  printf '[schedulers]\nenabled = ["hostile"]\n[plugins.hostile]\npath = "%s"\nisolation = "%s"\n' "$work/hostile.so" "$isolation" >"$work/cleat.toml"
  HOME=$attacks start_server --config "$work/cleat.toml"
  sees "a plugin runs ($isolation)" 'that was all'
  for words in 'that was one' 'that was two'; do
    become "$words"
    check 'its file is exchanged, and it is swapped for it' 'hostile now runs from' \
      "$cleat" plugin swap hostile "$work/hostile.so" --data-dir "$data"
    sees 'what runs then is what the file is' "$words"
  done
  stop_server
done
finish
