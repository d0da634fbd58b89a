"""Compares what expressions cost with what they cost in kube-apiserver 1.37.2:

    cel_costs.py URL CA CERTIFICATE KEY COSTS

A server says of costs only that they are too high. So each expression is evaluated N * N times, for two keys of the N that a ConfigMap has;
COSTS has the greatest N that Kubernetes lets through, and the expression, a line.
"""
import sys
import time

from cel_answers import Server, denied_by

MAPS = "/api/v1/namespaces/cel-costs/configmaps"


def asked(server, name, count):
    """What is said of a ConfigMap with so many keys."""
    keys = {f"k{number:04}": "x" for number in range(count - 1)}
    code, answer = server.ask("POST", MAPS + "?dryRun=All", {"metadata": {"name": name}, "data": keys | {"t": "some text here, 12 and 345"}})
    if code == 201:
        return "let through"
    return "too much" if "cost limit" in answer["message"] else answer["message"]


def verdict(server, name, most):
    for _ in range(100):
        if "in force" in asked(server, name, 1):
            return asked(server, name, most), asked(server, name, most + 1)
        time.sleep(0.1)
    return "not in force", "not in force"


def main():
    server = Server(*sys.argv[1:5])
    known = [line.rstrip("\n").split(" ", 1) for line in open(sys.argv[5], encoding="utf-8")]
    server.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "cel-costs"}})
    for number, (_, expression) in enumerate(known):
        code, answer = denied_by(server, f"cost-{number}", validations=[
            {"expression": "object.data.size() != 1", "message": "in force"},
            {"expression": f"object.data.all(k, object.data.all(j, {expression}))"}])
        if code != 201:
            print(expression, answer["message"])
    wrong = 0
    for number, (most, expression) in enumerate(known):
        found = verdict(server, f"cost-{number}", int(most))
        if found != ("let through", "too much"):
            wrong += 1
            print(most, expression, *found)
    print(f"{len(known)} expressions, {wrong} cost otherwise")


if __name__ == "__main__":
    main()
