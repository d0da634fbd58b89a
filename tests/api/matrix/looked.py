"""A kind that is never stored and can be looked at: a get and a list are all there is, and nothing of it has a revision."""
from client import PARTIAL, PROTOBUF, TABLE

YAML = "application/yaml"


def run_look(server, book, kind, data, namespace):
    collection = kind.path(namespace if kind.namespaced else None)

    def check(ok, what, detail=""):
        return book.check(ok, f"{kind.plural}: {what}", detail)

    def names(answer):
        return [item["metadata"]["name"] for item in answer["items"]]

    listed = server.get(collection)
    if not check(listed.status == 200 and listed["kind"] == kind.kind + "List", "a list", listed):
        return
    check(listed["metadata"] == {}, "the list has no revision", listed)
    check(names(listed) == data["names"], "the list has them all", listed)
    check(names(server.get(collection, limit=1)) == data["names"], "there are no pages of it", listed)
    check(server.get(collection, labelSelector="matrix=nothing")["items"] == [], "labels choose")
    check(server.get(collection, fieldSelector="metadata.name=matrix-nothing")["items"] == [], "names choose")
    check(server.get(collection, fieldSelector="spec.nothing=x").status == 400, "by a field that is none nothing is chosen")
    table = server.get(collection, accept=TABLE)
    check(table["kind"] == "Table" and len(table["rows"]) == len(data["names"]), "a list as a table", table)
    check([c["name"] for c in table["columnDefinitions"]] == data["columns"], "its columns", table)
    check(server.get(collection, accept=PROTOBUF).body.startswith(b"k8s\0"), "a list as protobuf")
    check(server.get(collection, accept=YAML).status == 200, "a list as YAML")
    if kind.namespaced:
        everywhere = server.get(kind.path(None))
        check(everywhere.status == 200 and everywhere["kind"] == kind.kind + "List", "a list of all namespaces", everywhere)
    missing = server.get(f"{collection}/matrix-nothing")
    check((missing.status, missing["reason"]) == (404, "NotFound"), "what is not there is not found", missing)
    for item in listed["items"]:
        name = item["metadata"]["name"]
        one = server.get(f"{collection}/{name}")
        check(one.status == 200 and one["kind"] == kind.kind, f"{name} by its name", one)
        check(one["metadata"].get("resourceVersion") is None, f"{name} has no revision", one)
        check(server.get(collection, fieldSelector=f"metadata.name={name}")["items"] == [item], f"{name} by a selector", one)
        check(server.get(f"{collection}/{name}", accept=TABLE)["kind"] == "Table", f"{name} as a table")
        partial = server.get(f"{collection}/{name}", accept=PARTIAL)
        check(partial["kind"] == "PartialObjectMetadata" and partial["metadata.name"] == name, f"the metadata of {name}", partial)
        check(server.get(f"{collection}/{name}", accept=PROTOBUF).body.startswith(b"k8s\0"), f"{name} as protobuf")
