#!/bin/bash
# A folder of data that an earlier Cleat has written opens with every object, revision and token; one that a later Cleat
# has written is refused. fixtures/make_data.sh makes the folders.
build=${1:?usage: old_data_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/server.sh"
settings() {  # nothing moves, and what is encrypted is read
  nobody_is_missed
  printf '[controllers]\nenabled = []\n[schedulers]\nenabled = []\n'
  [ ! -e "$work/encryption.yaml" ] || printf '[server]\nencryption_config = "%s/encryption.yaml"\n' "$work"
}

cat >"$work/same.py" <<'P'
import json, sys
before, after = (json.load(open(name))["items"] for name in sys.argv[1:3])
for item in before + after:  # whether they say what they are has changed; that they are it is what was asked for
    item.pop("apiVersion", None), item.pop("kind", None)
name = lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"])
known = {name(item): item for item in after}
for item in before:
    if known.get(name(item)) != item:
        print("was", json.dumps(item), "is", json.dumps(known.get(name(item))))
        sys.exit("differs: " + "/".join(name(item)))
print(len(before), "as before")
P

cat >"$work/added.py" <<'P'
import collections, sqlite3, sys
file, last, newest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute(
    "select revision, key from log where revision > ? and revision <= ? order by revision", (last, newest)).fetchall()
if [revision for revision, _ in rows] != list(range(last + 1, newest + 1)):
    sys.exit(f"{last} then, {newest} now, and not all between them is in the log")
times = collections.Counter(key.removeprefix("/registry/") for _, key in rows)
parts = sum(1 for key in times if "/system:aggregate-to-" in key)
for key, count in times.items():
    resource, name = key.split("/", 1)
    if key == "configmaps/kube-system/extension-apiserver-authentication" and count == 1:
        continue  # whom other API servers believe: new like a role
    if resource not in [kind + ".rbac.authorization.k8s.io" for kind in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")]:
        sys.exit(f"{key} was written")
    together = resource.startswith("clusterroles.") and name in ("admin", "edit", "view")
    if count > 1 + (parts if together else 0):
        sys.exit(f"{key} was written {count} times")
print(len(rows), "more")
P
newest() {
  kubectl get --raw '/api/v1/namespaces/old/configmaps?limit=1' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["metadata"]["resourceVersion"])'
}

for archive in "$here"/fixtures/data/*.tar.gz; do
  name=$(basename "$archive" .tar.gz)
  rm -rf "$data" "$work/answers" "$work/token" "$work/encryption.yaml"
  tar -C "$work" -xzf "$archive"
  settings >"$work/still.toml"
  last=$(sqlite3 "$data/store/cleat.db" 'select max(revision) from log')
  start_server --config "$work/still.toml"
  for file in "$work"/answers/*; do
    path=/$(basename "$file" | sed 's#^api-v1-#api/v1/#; s#^apis-\(.*\)-\(v[0-9]*\)-#apis/\1/\2/#')
    check "$name: $path" 'as before$' bash -c "kubectl get --raw $path >'$work/now' && python3 '$work/same.py' '$file' '$work/now'"
  done
  # What this version's plugins may do, and its default roles, is what a newer version has to write: each role and binding that is
  # new or says something else, once. Roles that are put together of others are written once more for each of those.
  check "$name: revisions go on where they were" '^[0-9]+ more$' python3 "$work/added.py" "$data/store/cleat.db" "$last" \
    "$(newest)"
  check "$name: a token that was given then" 'system:serviceaccount:old:robot' whoami \
    kubectl --kubeconfig=/dev/null --server="https://127.0.0.1:$port" --certificate-authority="$data/pki/ca.crt" --token="$(cat "$work/token")"
  check "$name: what was applied then is still its applier's" '"one"' kubectl get configmap -n old applied --show-managed-fields -o json
  stop_server
  # Whoever has started once has nothing left to write.
  newest=$(sqlite3 -readonly "$data/store/cleat.db" 'select max(revision) from log')
  start_server --config "$work/still.toml"
  check "$name: the next start adds none" "^$newest\$" newest
  stop_server
  check "$name: not even at its end" "^$newest\$" sqlite3 -readonly "$data/store/cleat.db" 'select max(revision) from log'
done

sqlite3 "$data/store/cleat.db" "update meta set value = value + 1 where name = 'schema'"
version=$(sqlite3 "$data/store/cleat.db" "select value from meta where name = 'schema'")
check_fails 'data of a later Cleat is refused, with both versions' "schema version $version, this program knows version $((version - 1))" \
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port"
finish
