#!/bin/bash
# Three Python clients as their registry has them: the Kubernetes project's own, kr8s, and an operator on kopf.
build=${1:?usage: python_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
python=$out/python/bin/python
need_python() {
  cmp -s "$here/python/requirements.txt" "$out/python/requirements.txt" && return
  rm -rf "$out/python"
  python3 -m venv "$out/python" >/dev/null 2>&1 || skip "this Python makes no virtual environments"
  "$out/python/bin/pip" install -q --disable-pip-version-check -r "$here/python/requirements.txt" >"$out/python.log" 2>&1 ||
    skip "pip cannot install $(tr '\n' ' ' <"$here/python/requirements.txt")"
  cp "$here/python/requirements.txt" "$out/python/requirements.txt"
}
need_python
. "$here/../api/server.sh"
start_server
export WORK=$work PYTHONDONTWRITEBYTECODE=1
for one in official_client kr8s_client kopf_client; do
  check "$one" ' checks, 0 failed' "$python" -W ignore "$here/python/$one.py"
done
finish
