"""Asks a server what expressions come to in a ValidatingAdmissionPolicy, and compares with what kube-apiserver 1.37.2 answered:

    cel_answers.py URL CA CERTIFICATE KEY ANSWERS            compares, and prints what differs
    cel_answers.py URL CA CERTIFICATE KEY ANSWERS --record   writes down what this server answers to the same expressions

ANSWERS has a JSON object a line: `expression`, and either `refused` (what is said of the policy) or `answer` (what is said of an object
that it denies: the value as `%s` writes it, or why there is none).
"""
import http.client
import json
import re
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

GROUP = "/apis/admissionregistration.k8s.io/v1/"
POLICIES, BINDINGS = GROUP + "validatingadmissionpolicies", GROUP + "validatingadmissionpolicybindings"
MAPS = "/api/v1/namespaces/cel-answers/configmaps"
DATA = {"a": "b", "n": "12", "empty": "", "u": "äöü😀"}


class Server:
    def __init__(self, url, ca, certificate, key):
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(certificate, key)
        parts = urlsplit(url)
        self.client = http.client.HTTPSConnection(parts.hostname, parts.port, context=context, timeout=30)

    def ask(self, method, path, body=None):
        self.client.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        reply = self.client.getresponse()
        return reply.status, json.loads(reply.read())


def denied_by(server, name, **spec):
    """A policy of that name, of ConfigMaps of that name alone, and its binding. What is said of the policy."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"], "resourceNames": [name]}
    said = server.ask("POST", POLICIES, {"metadata": {"name": name}, "spec": {"matchConstraints": {"resourceRules": [rule]}, **spec}})
    if said[0] == 201:
        server.ask("POST", BINDINGS, {"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}})
    return said


def answer(server, name):
    """Of the policy that is bound, as soon as it is in force."""
    for _ in range(100):
        code, status = server.ask("POST", MAPS + "?dryRun=All", {"metadata": {"name": name, "labels": {"a": "b"}}, "data": DATA})
        if code != 201:
            return re.sub(r".*? denied request: ", "", status["message"], count=1, flags=re.S).replace(name, "NAME")
        time.sleep(0.1)
    return "not denied"


def answers(server, prefix, expressions):
    server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "cel-answers"}})
    found = []
    for number, expression in enumerate(expressions):
        code, status = denied_by(server, f"{prefix}-{number}", variables=[{"name": "v", "expression": expression}], validations=[
            {"expression": "dyn(variables.v) == 'never'", "messageExpression": "'%s'.format([variables.v])"}])
        found.append({"expression": expression})
        if code != 201:
            found[-1]["refused"] = "\n".join(c["message"] for c in status["details"]["causes"])
    for number, each in enumerate(found):
        if "refused" not in each:
            each["answer"] = answer(server, f"{prefix}-{number}")
    return found


def main():
    server = Server(*sys.argv[1:5])
    known = [json.loads(line) for line in open(sys.argv[5], encoding="utf-8")]
    found = answers(server, Path(sys.argv[5]).stem, [each["expression"] for each in known])
    if "--record" in sys.argv:
        with open(sys.argv[5], "w", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in found)
        return
    wrong = [(was, now) for was, now in zip(known, found) if was != now]
    for was, now in wrong:
        print(was["expression"], "\n  Kubernetes:", was.get("refused", was.get("answer")), "\n  here:      ", now.get("refused", now.get("answer")))
    print(f"{len(known)} expressions, {len(wrong)} answered otherwise")


if __name__ == "__main__":
    main()
