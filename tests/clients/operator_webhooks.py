#!/usr/bin/env python3
"""The webhook configurations of an operator's manifests, on a server and off it again: what each says is there as it was said, and
what it leaves open is as the API says; written again as it is it stays what it was.

    operator_webhooks.py FILE…     files with other documents among them; prints how many webhooks there were, and what differs
"""
import json
import re
import subprocess
import sys
from pathlib import Path

KIND = re.compile(r"^kind: (Validating|Mutating)WebhookConfiguration\s*$", re.M)


def kubectl(*arguments, given=None):
    done = subprocess.run(("kubectl",) + arguments, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def filled_in(kind, webhook):
    """The webhook with what the API has for what it leaves open."""
    defaults = {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10, "namespaceSelector": {}, "objectSelector": {}}
    if kind.startswith("Mutating"):
        defaults["reinvocationPolicy"] = "Never"
    made = defaults | webhook
    if "service" in made["clientConfig"]:
        made["clientConfig"] = made["clientConfig"] | {"service": {"port": 443} | made["clientConfig"]["service"]}
    if "rules" in made:
        made["rules"] = [{"scope": "*"} | rule for rule in made["rules"]]
    return made


def differences(path, wanted, there):
    if isinstance(wanted, dict) and isinstance(there, dict):
        for key in sorted(wanted.keys() | there.keys()):
            yield from differences(f"{path}.{key}", wanted.get(key), there.get(key))
    elif isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        for number, (one, other) in enumerate(zip(wanted, there)):
            yield from differences(f"{path}[{number}]", one, other)
    elif wanted != there:
        yield f"{path}: {json.dumps(there)} and not {json.dumps(wanted)}"


def compare(document):
    """How many webhooks it has, once it has been there and is gone again."""
    said = json.loads(kubectl("create", "--dry-run=client", "-o", "json", "-f", "-", given=document))
    there = json.loads(kubectl("create", "-o", "json", "-f", "-", given=document))
    path = f"{said['kind'].lower()}/{said['metadata']['name']}"
    try:
        for what in ("labels", "annotations"):
            yield from differences(f"{path} {what}", said["metadata"].get(what, {}), there["metadata"].get(what, {}))
        yield from differences(path, [filled_in(said["kind"], hook) for hook in said.get("webhooks", [])], there.get("webhooks", []))
        again = json.loads(kubectl("replace", "-o", "json", "-f", "-", given=json.dumps(there)))
        yield from differences(f"{path}, written again", there, again)
        read = json.loads(kubectl("get", path, "-o", "json"))
        yield from differences(f"{path}, read", again, read)
    finally:
        kubectl("delete", path)
    yield len(there.get("webhooks", []))


def main():
    count, found = 0, []
    for file in sys.argv[1:]:
        for document in re.split(r"^---.*$", Path(file).read_text(), flags=re.M):
            if KIND.search(document):
                *different, webhooks = compare(document)
                found += different
                count += webhooks
    print(*found, f"{count} webhooks", sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
