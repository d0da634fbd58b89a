"""Runs every served kind through every verb of a running server, as discovery lists them. A kind that is served and has no minimal
object in tests/api/matrix/*.json fails by name, so that a new kind is tried without being asked for.

The data of a kind, under "apiVersion/plural":
  body            what is created, without apiVersion, kind and name; $LABEL is the name up to its first dot, $GROUP what follows
  names           two names, where not every name will do
  change          a merge patch that changes what is wanted (absent: nothing of it may change)
  generation      whether metadata.generation counts such changes
  status          what is written to /status; statusLeaves: fields of metadata that /status leaves alone
  takesNoStatus   what is written to /status in vain
  subresources    requests for subresources other than status and scale; $NAME is the object's name
  answer, code    of a kind that is only answered: what comes back
  columns         of a kind that can only be looked at, the columns of its table; `names` are all there are
  orphans         whether a delete first leaves what the object owns, and answers with the object that waits for it
  statusOnCreate, putCreates, needsRevision, returnsDeleted: where Kubernetes treats the kind in its own way
"""
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent / "matrix"
sys.path.insert(0, str(HERE))
from client import Book, Server, at, eventually, holds  # noqa: E402
from looked import run_look  # noqa: E402
from reviews import run_review  # noqa: E402
from stored import Stored  # noqa: E402
from subresources import Subresources  # noqa: E402

NAMESPACE = "matrix"
ALL_VERBS = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Kind:
    def __init__(self, api_version, resource):
        self.api_version, self.kind, self.plural = api_version, resource["kind"], resource["name"]
        self.namespaced, self.verbs = resource["namespaced"], resource["verbs"]
        self.subresources = {}
        self.key = f"{api_version}/{self.plural}"

    @property
    def stored(self):
        return "get" in self.verbs

    @property
    def looked(self):
        return self.stored and "create" not in self.verbs

    def path(self, namespace):
        root = "/apis/" if "/" in self.api_version else "/api/"
        return root + self.api_version + (f"/namespaces/{namespace}" if namespace else "") + "/" + self.plural


def discover(server, book):
    """The kinds, from the documents of each group version."""
    versions = list(server.get("/api")["versions"])
    for group in server.get("/apis")["groups"]:
        one = server.get("/apis/" + group["name"])
        book.check(one["preferredVersion"] in one["versions"], f"the group {group['name']} prefers one of its versions", one)
        book.check(holds(group, {k: v for k, v in one.json.items() if k in group}), f"/apis says the same of {group['name']}", one)
        versions += [each["groupVersion"] for each in group["versions"]]
    kinds = []
    for version in versions:
        listed = server.get(("/apis/" if "/" in version else "/api/") + version)
        if not book.check(listed["groupVersion"] == version, f"discovery of {version}", listed):
            continue
        here = {r["name"]: Kind(version, r) for r in listed["resources"] if "/" not in r["name"]}
        for resource in listed["resources"]:
            name, _, subresource = resource["name"].partition("/")
            if subresource:
                here[name].subresources[subresource] = resource["verbs"]
        kinds += here.values()
    return kinds


def check_aggregated(server, book, kinds):
    """The one document says what the many say."""
    said = {}
    for path in ("/api", "/apis"):
        answer = server.get(path, accept=AGGREGATED)
        book.check(answer["kind"] == "APIGroupDiscoveryList" and answer["apiVersion"] == "apidiscovery.k8s.io/v2",
                   f"{path} in one document", answer)
        for group in answer["items"] or []:
            for version in group["versions"]:
                name = group["metadata"].get("name", "")
                prefix = (name + "/" if name else "") + version["version"]
                for resource in version["resources"]:
                    subresources = {s["subresource"]: s["verbs"] for s in resource.get("subresources", [])}
                    said[f"{prefix}/{resource['resource']}"] = (resource["responseKind"]["kind"], resource["scope"] == "Namespaced",
                                                               resource["verbs"], subresources)
    known = {k.key: (k.kind, k.namespaced, k.verbs, k.subresources) for k in kinds}
    book.check(said == known, "both forms of discovery say the same", {k for k in said.keys() | known if said.get(k) != known.get(k)})
    first = AGGREGATED + ";profile=nopeer," + AGGREGATED + ",application/json"
    answer = server.get("/apis", accept=first)
    book.check(answer["kind"] == "APIGroupDiscoveryList", "a client that first asks for what there is not gets the next", answer)


def refuse_verbs(server, book, kind):
    """What discovery does not list is not allowed."""
    collection = kind.path(NAMESPACE if kind.namespaced else None)
    named = f"{collection}/matrix-nothing"
    requests = {"create": ("POST", collection), "list": ("GET", collection), "deletecollection": ("DELETE", collection),
                "watch": ("GET", collection + "?watch=1"), "get": ("GET", named), "update": ("PUT", named),
                "patch": ("PATCH", named), "delete": ("DELETE", named)}
    book.check(set(kind.verbs) <= ALL_VERBS and kind.verbs == sorted(kind.verbs), f"{kind.plural}: known verbs, sorted", kind.verbs)
    named_verbs = {"get", "update", "patch", "delete"}
    for verb in sorted(ALL_VERBS - set(kind.verbs)):
        method, path = requests[verb]
        # Where no verb takes a name there are no names.
        wanted = (404, "NotFound") if verb in named_verbs and not named_verbs & set(kind.verbs) else (405, "MethodNotAllowed")
        answer = server.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
        book.check((answer.status, answer["reason"]) == wanted, f"{kind.plural}: {verb} is {wanted[1]}", answer)


def make_namespace(server):
    server.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"
    return eventually(20, lambda: server.get(account).status == 200)


def main(wanted):
    server, book = Server(), Book()
    data = {}
    for file in sorted(HERE.glob("*.json")):
        data.update(json.loads(file.read_text()))
    kinds = discover(server, book)
    check_aggregated(server, book, kinds)
    book.check(make_namespace(server), "there is a namespace with its service account")
    for kind in kinds:
        if wanted and kind.plural not in wanted:
            continue
        refuse_verbs(server, book, kind)
        about = data.get(kind.key)
        if not book.check(about, f"{kind.key}: there is a minimal object in tests/api/matrix"):
            continue
        if not kind.stored:
            run_review(server, book, kind, about, NAMESPACE)
            continue
        if kind.looked:
            run_look(server, book, kind, about, NAMESPACE)
            continue
        for part in (Stored, Subresources):
            try:
                part(server, book, kind, about, NAMESPACE).run()
            except Exception as error:  # noqa: BLE001: the other kinds are tried all the same
                book.check(False, f"{kind.plural}: {part.__name__} ended early", repr(error))
    print(f"{len(kinds)} kinds, {book.checks} checks, {book.failures} failed")
    return 1 if book.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
