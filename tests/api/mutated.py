"""Sends objects that are a little wrong, or a little other than people write them: for each kind a right object (tests/api/matrix) with
parts of the fixture of its kind, which has every field, put into it, and with values changed for others at random. Whatever comes, the
server answers, and not with its own fault; what it takes can be read, is the same after it was written back as it is, and can be deleted.

`mutated.py FIXTURES [PLURAL…]`; MUTATED_SEED and MUTATED_COUNT choose other mutations, or more of them a kind.
"""
import copy
import json
import os
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "matrix"))
from client import Book, Server, eventually  # noqa: E402

NAMESPACE = "mutated"
SEED = int(os.environ.get("MUTATED_SEED", "37"))
COUNT = int(os.environ.get("MUTATED_COUNT", "100"))
# What is put in place of a value.
ODD = [None, "", "x", "0", "-1", " ", "a b", "ä", "\u0001", "x" * 300, "10Gi", "1e9999", "50%", "2026-02-30T00:00:00Z", "None", "*", "::1", "::/0", 0, 1, -1,
       2**31, -2**31 - 1, 2**63 - 1, 2**63, 1.5, True, False, [], {}, [None], [{}], {"": ""}, {"a": None}, {"a b": "c"}]
# These rule over what is written after them, so they are only tried, and so is what others wait for.
TRIED = {"admissionregistration.k8s.io", "apiregistration.k8s.io", "flowcontrol.apiserver.k8s.io"}


class Kind:
    def __init__(self, version, resource, body, fixture):
        self.version, self.kind, self.plural, self.fixture = version, resource["kind"], resource["name"], fixture
        self.body = {"apiVersion": version, "kind": self.kind, **body}
        self.stored = "get" in resource["verbs"]
        self.dry = version.partition("/")[0] in TRIED or self.plural in ("namespaces", "customresourcedefinitions")
        root = ("/apis/" if "/" in version else "/api/") + version
        self.path = f"{root}/namespaces/{NAMESPACE}/{self.plural}" if resource["namespaced"] else f"{root}/{self.plural}"


def spots(value, path=()):
    """The paths of everything in a value, the names, identities and owners of objects left out."""
    if isinstance(value, dict):
        for name, member in value.items():
            if path or name not in ("apiVersion", "kind", "metadata"):
                yield path + (name,)
                yield from spots(member, path + (name,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield path + (index,)
            yield from spots(member, path + (index,))


def parent_of(value, path):
    for step in path[:-1]:
        value = value[step]
    return value


def mutate(chance, kind):
    body = copy.deepcopy(kind.body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if kind.fixture and chance.random() < 0.5:
            put_in(chance, body, kind.fixture)
            continue
        places = list(spots(body))
        if not places:
            continue
        path = chance.choice(places)
        parent, last = parent_of(body, path), path[-1]
        how = chance.randrange(4)
        if how == 0:
            parent.pop(last)
        elif how == 1 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        else:
            parent[last] = copy.deepcopy(chance.choice(ODD))
    return body


def put_in(chance, body, fixture):
    """A part of the fixture at its place in the object, where that has one."""
    path = chance.choice(list(spots(fixture)))
    for depth, step in enumerate(path):
        inside = isinstance(body, dict) if isinstance(step, str) else isinstance(body, list)
        if not inside:
            return
        here = step in body if isinstance(step, str) else step < len(body)
        if here and depth + 1 < len(path):
            body, fixture = body[step], fixture[step]
            continue
        if isinstance(step, str):
            body[step] = copy.deepcopy(fixture[step])
        else:
            body.append(copy.deepcopy(fixture[step]))
        return


class Run:
    def __init__(self, server, book):
        self.server, self.book, self.sent, self.taken = server, book, 0, 0

    def ask(self, method, path, about, body=None, **query):
        """An answer that is the client's fault or none's; None where it is not."""
        try:
            answer = self.server.ask(method, path, body, **query)
        except OSError as error:
            self.book.check(False, f"the server answers {method} {path}", f"{error}: {about}")
            return None
        self.book.check(answer.status < 500, f"{method} {path} is not the server's fault", f"{answer}\n      {about}")
        return answer

    def run(self, kind, chance):
        for number in range(COUNT):
            body = mutate(chance, kind)
            if kind.stored:
                body["metadata"] = {**body.get("metadata", {}), "name": kind.body.get("metadata", {}).get("name", f"mutated-{number}")}
            about = json.dumps(body)[:1500]
            self.sent += 1
            made = self.ask("POST", kind.path, about, body, **({"dryRun": "All"} if kind.dry else {}))
            if made and made.status == 201 and kind.stored and not kind.dry:
                self.taken += 1
                self.keep(kind, f"{kind.path}/{made['metadata.name']}", about)

    def keep(self, kind, path, about):
        read = self.ask("GET", path, about)
        if not self.book.check(read and read.status == 200, f"{path} can be read", f"{read}\n      {about}"):
            return

        last = None

        def unchanged():
            # Controllers write as well, so what has changed meanwhile is read again.
            nonlocal last
            now = self.server.get(path)
            last = self.ask("PUT", path, about, now.json)
            return last is None or last.status not in (200, 409) or last.revision == now.revision

        same = eventually(10, unchanged) and last and last.status == 200
        self.book.check(same, f"{path} is the same after it was written as it is", f"{last}\n      {about}")
        gone = self.ask("DELETE", path, about, gracePeriodSeconds=0, propagationPolicy="Background")
        self.book.check(gone and gone.status in (200, 202), f"{path} can be deleted", f"{gone}\n      {about}")


def kinds_of(server, fixtures, wanted):
    bodies = {}
    for file in sorted((HERE / "matrix").glob("*.json")):
        bodies.update(json.loads(file.read_text()))
    for key in sorted(bodies):
        version, _, plural = key.rpartition("/")
        listed = server.get(("/apis/" if "/" in version else "/api/") + version)["resources"] or []
        resource = next((each for each in listed if each["name"] == plural and "create" in each["verbs"]), None)
        if resource is None or "body" not in bodies[key] or (wanted and plural not in wanted):
            continue
        text = json.dumps(bodies[key]["body"]).replace("$LABEL", "mutated").replace("$GROUP", "example.com")
        file = fixtures / f"{version.replace('/', '.') if '/' in version else 'core.' + version}.{resource['kind']}.json"
        body = json.loads(text)
        if "names" in bodies[key]:
            body.setdefault("metadata", {})["name"] = bodies[key]["names"][0]
        yield Kind(version, resource, body, json.loads(file.read_text()) if file.exists() else None)


def main(fixtures, wanted):
    server, book = Server(), Book()
    run = Run(server, book)
    server.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    eventually(20, lambda: server.get(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default").status == 200)
    for kind in kinds_of(server, Path(fixtures), wanted):
        # Each kind has its own sequence, so that a run of one of them is the same as in a run of all.
        run.run(kind, random.Random(f"{SEED} {kind.version}/{kind.plural}"))
    book.check(server.get("/readyz").status == 200, "the server is ready after all of it")
    print(f"seed {SEED}: {run.sent} sent, {run.taken} taken")
    print(f"{book.checks} checks, {book.failures} failed")
    return 1 if book.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
