"""A stored kind through its verbs. What each verb must do is the same for every kind; the data says only what a kind looks like and
where Kubernetes treats it in its own way."""
import json
import time

from client import APPLY, JSON_PATCH, PARTIAL, PROTOBUF, STRATEGIC, TABLE, Watch, at, eventually, holds, merged

TRIES = 20  # controllers write to the same objects


class Stored:
    def __init__(self, server, book, kind, data, namespace):
        self.server, self.book, self.kind, self.data = server, book, kind, data
        self.collection = kind.path(namespace if kind.namespaced else None)
        self.namespace = namespace
        self.name, self.other = data.get("names", [f"matrix-{kind.plural}-a", f"matrix-{kind.plural}-b"])
        self.path = f"{self.collection}/{self.name}"

    def check(self, ok, what, detail=""):
        return self.book.check(ok, f"{self.kind.plural}: {what}", detail)

    def answers(self, code, answer, what):
        return self.check(answer.status == code, f"{what} answers {code}", answer)

    def body(self, name, **metadata):
        label, _, group = name.partition(".")
        body = json.loads(json.dumps(self.data["body"]).replace("$LABEL", label).replace("$GROUP", group))
        body.update(apiVersion=self.kind.api_version, kind=self.kind.kind)
        body["metadata"] = {**body.get("metadata", {}), "name": name, **metadata}
        return body

    def leaves(self, what, act):
        """`act(object)` succeeds and changes nothing, not even the revision."""
        for attempt in range(TRIES):
            before = self.server.get(self.path)
            answer = act(before.json)
            if answer.status == 409 and attempt + 1 < TRIES:
                continue
            if not self.answers(200, answer, what):
                return
            if answer.revision == before.revision:
                break
            # Somebody else may have written in between.
            time.sleep(0.1)
        self.check(answer.revision == before.revision, f"{what} leaves the revision", f"{before}\n{answer}")

    def changes(self, what, act, wanted, bumps=False):
        """`act(object)` brings about `wanted` and, if the kind counts them, a generation."""
        for attempt in range(TRIES):
            before = self.server.get(self.path)
            answer = act(before.json)
            if answer.status != 409:
                break
        if not self.answers(200, answer, what):
            return answer
        self.check(holds(answer.json, wanted), f"{what} does it", answer)
        self.check(answer.revision != before.revision, f"{what} changes the revision", answer)
        self.check(at(answer.json, "metadata.uid") == before["metadata.uid"], f"{what} leaves the uid", answer)
        steps = (answer["metadata.generation"] or 0) - (before["metadata.generation"] or 0)
        wants = 1 if bumps and self.data.get("generation") else 0
        self.check(steps == wants, f"{what} raises the generation by {wants}", f"{before['metadata.generation']}, then {answer}")
        read = self.server.get(self.path)
        self.check(holds(read.json, wanted), f"{what} is there when read again", read)
        return answer

    # -- the steps --

    def run(self):
        revision = self.server.get(self.collection)["metadata.resourceVersion"]
        if not self.check(revision, "the list has a revision"):
            return
        watch = Watch(self.server, self.collection, revision)
        try:
            if not self.create():
                return
            self.refuse()
            self.read()
            self.list()
            self.stream()
            self.update()
            self.patch()
            self.apply()
            self.desire()
            self.delete()
            self.watched(watch)
            self.delete_collection()
        finally:
            watch.close()

    def create(self):
        body = self.body(self.name)
        status = self.data.get("status")
        if status:
            body["status"] = status
        dry = self.server.ask("POST", self.collection, body, dryRun="All")
        if not self.answers(201, dry, "a dry run of a create"):
            return False
        self.check(dry["metadata.uid"], "a dry run shows what would be", dry)
        self.answers(404, self.server.get(self.path), "what was created dry")
        made = self.server.ask("POST", self.collection, body)
        if not self.answers(201, made, "create"):
            return False
        self.check(made["kind"] == self.kind.kind and made["apiVersion"] == self.kind.api_version, "says what it is", made)
        for field in ("uid", "creationTimestamp", "resourceVersion"):
            self.check(made["metadata." + field], f"a new object has its {field}", made)
        self.check(made["metadata.namespace"] == (self.namespace if self.kind.namespaced else None), "is where it was put", made)
        self.check(holds(made.json, {k: v for k, v in body.items() if k not in ("metadata", "status")}), "keeps what was sent", made)
        wanted = 1 if self.data.get("generation") else None
        self.check(made["metadata.generation"] == wanted, f"begins with the generation {wanted}", made)
        if status:
            kept = holds(made["status"], status)
            self.check(kept == self.data.get("statusOnCreate", False),
                       "keeps its first status" if not kept else "takes no status when it is created", made)
        self.answers(409, self.server.ask("POST", self.collection, self.body(self.name)), "a second create")
        if "names" not in self.data:
            nameless = merged(self.body(self.name), {"metadata": {"name": None, "generateName": "matrix-"}})
            named = self.server.ask("POST", self.collection, nameless, dryRun="All")
            self.check(named.status == 201 and len(named["metadata.name"] or "") == len("matrix-12345"), "is given a name", named)
        return True

    def refuse(self):
        unknown = {**self.body(self.other), "matrixUnknown": 1}
        answer = self.server.ask("POST", self.collection, unknown, fieldValidation="Strict")
        self.answers(400, answer, "an unknown field in a strict create")
        self.check('unknown field "matrixUnknown"' in str(answer["message"]), "which is named", answer)
        answer = self.server.ask("POST", self.collection, unknown, dryRun="All")
        self.check(r'unknown field \"matrixUnknown\"' in "".join(answer.headers.get_all("Warning") or []), "warns of an unknown field", answer)
        for wrong in ({"kind": "Matrix"}, {"apiVersion": "matrix/v1"}):
            self.answers(400, self.server.ask("POST", self.collection, {**self.body(self.other), **wrong}), f"a body with {wrong}")
        self.answers(400, self.server.ask("PUT", self.path, self.body(self.other)), "an update under another name")
        self.answers(400, self.server.ask("POST", self.collection, self.body(self.other, resourceVersion="1")),
                     "a create with a revision")
        self.answers(415, self.server.ask("POST", self.collection, self.body(self.other), type="text/plain"), "a body of no format")
        self.answers(406, self.server.get(self.path, accept="text/html"), "a read in no format")
        gone = self.server.ask("PUT", f"{self.collection}/{self.other}", self.body(self.other), dryRun="All")
        self.answers(201 if self.data.get("putCreates") else 404, gone, "an update of what is not there")
        self.answers(404, self.server.patch(f"{self.collection}/{self.other}", {"metadata": {}}), "a patch of what is not there")
        self.answers(404, self.server.ask("DELETE", f"{self.collection}/{self.other}"), "a delete of what is not there")

    def read(self):
        got = self.server.get(self.path)
        self.answers(200, got, "get")
        table = self.server.get(self.path, accept=TABLE)
        self.check(table["kind"] == "Table" and table["columnDefinitions.0.name"] in ("Name", "Last Seen"), "get as a table", table)
        self.check(len(table["rows.0.cells"] or []) == len(table["columnDefinitions"] or [0]), "a cell for each column", table)
        self.check(table["rows.0.object.metadata.name"] == self.name, "a row knows its object", table)
        partial = self.server.get(self.path, accept=PARTIAL)
        self.check(partial["kind"] == "PartialObjectMetadata" and partial["metadata.uid"] == got["metadata.uid"], "get metadata",
                   partial)
        binary = self.server.get(self.path, accept=PROTOBUF)
        self.check(binary.status == 200 and binary.body.startswith(b"k8s\0"), "get as protobuf", binary)
        self.answers(404, self.server.get(f"{self.collection}/matrix-nothing"), "get of nothing")

    def list(self):
        collections = [self.collection] + ([self.kind.path(None)] if self.kind.namespaced else [])
        for collection in collections:
            listed = self.server.get(collection)
            self.check(listed["kind"] == self.kind.kind + "List" and listed["apiVersion"] == self.kind.api_version, "list", listed)
            self.check(self.name in self.names(listed), "the list has it", listed)
        chosen = self.server.get(self.collection, fieldSelector=f"metadata.name={self.name}")
        self.check(self.names(chosen) == [self.name], "a field selector chooses it", chosen)
        self.check(self.names(self.server.get(self.collection, labelSelector="matrix=none")) == [], "a label selector does not")
        self.answers(400, self.server.get(self.collection, fieldSelector="spec.matrix=1"), "an unknown field selector")
        table = self.server.get(self.collection, accept=TABLE)
        self.check(table["kind"] == "Table" and len(table["rows"] or []) > 0, "list as a table", table)
        binary = self.server.get(self.collection, accept=PROTOBUF)
        self.check(binary.status == 200 and binary.body.startswith(b"k8s\0"), "list as protobuf", binary)
        seen, more = [], ""
        while True:
            page = self.server.get(self.collection, limit=1, **({"continue": more} if more else {}))
            seen += self.names(page)
            more = page["metadata.continue"]
            if page.status != 200 or not more:
                break
        self.check(self.name in seen and len(seen) == len(set(seen)), "pages of one each have everything once", seen)

    def stream(self):
        """The list as the beginning of a watch, which ends with a bookmark."""
        watch = Watch(self.server, self.collection, "", sendInitialEvents="true", resourceVersionMatch="NotOlderThan",
                      allowWatchBookmarks="true")
        watch.until(self.name, "ADDED")
        events = watch.until(None, "BOOKMARK")
        watch.close()
        self.check(self.name in [at(e, "object.metadata.name") for e in watch.events], "a watch begins with what is there")
        marks = [at(e, "object.metadata.annotations") for e in events]
        self.check({"k8s.io/initial-events-end": "true"} in marks, "and says where that ends", events)

    @staticmethod
    def names(listed):
        return [at(item, "metadata.name") for item in listed["items"] or []]

    def update(self):
        self.leaves("an update with what is there", lambda now: self.server.ask("PUT", self.path, now))

        def without(now):
            return self.server.ask("PUT", self.path, merged(now, {"metadata": {"resourceVersion": None}}))
        if self.data.get("needsRevision"):
            answer = without(self.server.get(self.path).json)
            self.answers(422, answer, "an update without a revision")
            self.check(at(answer.json, "details.causes.0.field") == "metadata.resourceVersion", "which is named", answer)
        else:
            self.leaves("an update without a revision", without)
        now = self.server.get(self.path).json
        for field, value in (("resourceVersion", "1"), ("uid", "00000000-0000-4000-8000-000000000000")):
            stale = merged(now, {"metadata": {field: value}})
            self.answers(409, self.server.ask("PUT", self.path, stale), f"an update of another {field}")
        label = {"metadata": {"labels": {"matrix": "put"}}}
        dry = self.server.ask("PUT", self.path, merged(self.server.get(self.path).json, label), dryRun="All")
        self.check(dry.status == 200 and holds(dry.json, label), "a dry run of an update shows it", dry)
        self.check(not holds(self.server.get(self.path).json, label), "and leaves no trace")
        self.changes("an update", lambda now: self.server.ask("PUT", self.path, merged(now, label)), label)

    def patch(self):
        labels = {"metadata": {"labels": {"matrix": "yes"}}}
        notes = {"metadata": {"annotations": {"matrix/note": "a"}}}
        more = {"metadata": {"annotations": {"matrix/note": "a", "matrix/more": "b"}}}
        steps = [{"op": "add", "path": "/metadata/annotations/matrix~1more", "value": "b"}]
        dry = self.server.patch(self.path, labels, dryRun="All")
        self.check(dry.status == 200 and holds(dry.json, labels), "a dry run of a patch shows it", dry)
        self.check(not holds(self.server.get(self.path).json, labels), "and leaves no trace")
        for what, patch, type, wanted in (("a label by merge patch", labels, None, labels),
                                          ("an annotation by strategic patch", notes, STRATEGIC, notes),
                                          ("an annotation by JSON patch", steps, JSON_PATCH, more)):
            def act(_):
                return self.server.patch(self.path, patch, **({"type": type} if type else {}))
            self.changes(what, act, wanted)
            self.leaves(what + " again", act)
        failing = [{"op": "test", "path": "/metadata/name", "value": "else"}]
        self.answers(422, self.server.patch(self.path, failing, type=JSON_PATCH), "a JSON patch whose test fails")
        self.answers(409, self.server.patch(self.path, {"metadata": {"resourceVersion": "1"}}), "a patch of another revision")
        self.answers(422, self.server.patch(self.path, {"matrixUnknown": 1}, fieldValidation="Strict"), "a strict patch")
        self.answers(415, self.server.patch(self.path, {}, type="text/plain"), "a patch of no format")

    def apply(self):
        label = {"matrix.applied": "yes"}
        self.answers(422, self.server.ask("PATCH", self.path, self.body(self.name), type=APPLY), "apply without a manager")
        body = self.body(self.name, labels=label)
        dry = self.server.apply(self.path, body, force="true", dryRun="All")
        self.check(dry.status == 200 and holds(dry["metadata.labels"], label), "a dry run of apply shows it", dry)
        self.check(not holds(self.server.get(self.path)["metadata.labels"], label), "and leaves no trace")
        wanted = {"metadata": {"labels": label}}
        answer = self.changes("apply", lambda _: self.server.apply(self.path, body, force="true"), wanted)
        owners = [(each["manager"], each["operation"]) for each in answer["metadata.managedFields"] or []]
        self.check(("matrix", "Apply") in owners, "apply owns its fields", owners)
        self.leaves("apply again", lambda _: self.server.apply(self.path, body))
        self.leaves("apply again with what says nothing", lambda _: self.server.apply(
            self.path, merged(body, {"metadata": {"annotations": {}}})))
        rival = self.body(self.name, labels={"matrix.applied": "no"})
        answer = self.server.apply(self.path, rival, manager="rival")
        self.answers(409, answer, "apply of another's field")
        self.check(".metadata.labels.matrix.applied" in str(answer.json), "which is named", answer)
        made = self.server.apply(f"{self.collection}/{self.other}", self.body(self.other, labels={"matrix": "yes"}))
        self.answers(201, made, "apply of something new")

    def desire(self):
        change = self.data.get("change")
        if change:
            self.changes("a change of what is wanted", lambda _: self.server.patch(self.path, change), change, bumps=True)
            self.leaves("the same change", lambda _: self.server.patch(self.path, change))
        status = self.data.get("status")
        if status:
            self.leaves("a status written to the object", lambda _: self.server.patch(self.path, {"status": status}))

    # -- the end --

    def is_gone(self, path):
        return eventually(30, lambda: self.server.get(path).status == 404)

    def delete(self):
        wrong = {"preconditions": {"uid": "00000000-0000-4000-8000-000000000000"}}
        self.answers(409, self.server.ask("DELETE", self.path, {"kind": "DeleteOptions", "apiVersion": "v1", **wrong}),
                     "a delete of another uid")
        self.answers(200, self.server.ask("DELETE", self.path, dryRun="All"), "a dry run of a delete")
        there = self.server.get(self.path)
        self.check(there.status == 200 and not there["metadata.deletionTimestamp"], "leaves it there", there)
        gone = self.server.ask("DELETE", self.path)
        self.answers(200, gone, "delete")
        if self.data.get("returnsDeleted") or self.data.get("orphans"):
            self.check(gone["kind"] == self.kind.kind and gone["metadata.name"] == self.name, "answers with the object", gone)
        else:
            self.check(gone["kind"] == "Status" and gone["status"] == "Success" and gone["details.name"] == self.name and
                       gone["details.uid"] == there["metadata.uid"], "answers with a Status that names it", gone)
        self.check(self.is_gone(self.path), "is gone after a delete")
        self.answers(404, self.server.ask("DELETE", self.path), "a second delete")

    def watched(self, watch):
        events = watch.until(self.name, "DELETED")
        types = [event["type"] for event in events]
        self.check(types[:1] == ["ADDED"] and types[-1:] == ["DELETED"] and "MODIFIED" in types, "a watch tells it all", types)
        revisions = [int(at(event, "object.metadata.resourceVersion") or 0) for event in events]
        self.check(revisions == sorted(set(revisions)) and 0 not in revisions, "in order, each with its revision", revisions)
        self.check(all(at(event, "object.kind") == self.kind.kind for event in events), "each says what it is", types)

    def delete_collection(self):
        if "deletecollection" not in self.kind.verbs:
            self.server.ask("DELETE", f"{self.collection}/{self.other}")
            self.check(self.is_gone(f"{self.collection}/{self.other}"), "the second is gone after a delete")
            return
        path = f"{self.collection}/{self.other}"
        dry = self.server.ask("DELETE", self.collection, labelSelector="matrix=yes", dryRun="All")
        self.answers(200, dry, "a dry run of deletecollection")
        self.answers(200, self.server.get(path), "what was deleted dry")
        self.answers(200, self.server.ask("DELETE", self.collection, labelSelector="matrix=none"), "deletecollection of none")
        self.answers(200, self.server.get(path), "what was not chosen")
        gone = self.server.ask("DELETE", self.collection, labelSelector="matrix=yes")
        self.answers(200, gone, "deletecollection")
        self.check(self.other in self.names(gone), "deletecollection answers with what it deleted", gone)
        self.check(self.is_gone(path), "all that was chosen is gone")
