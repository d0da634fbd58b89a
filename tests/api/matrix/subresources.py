"""The subresources of a stored kind: /status and /scale are the same for every kind that has them, the rest is in the data."""
import json

from client import APPLY, JSON_PATCH, PROTOBUF, STRATEGIC, TABLE, Among, holds, merged
from stored import Stored


class Subresources(Stored):
    """Works on an object of its own."""

    def run(self):
        if not self.kind.subresources:
            return
        made = self.server.ask("POST", self.collection, self.body(self.name))
        if not self.answers(201, made, "create for its subresources"):
            return
        for name, verbs in self.kind.subresources.items():
            runner = {"status": self.status, "scale": self.scale}.get(name, self.special)
            self.refuse_verbs(name, verbs)
            runner(name, verbs)
        self.server.ask("DELETE", self.path, gracePeriodSeconds=0)
        self.check(self.is_gone(self.path), "is gone after its subresources were tried")

    def refuse_verbs(self, name, verbs):
        methods = {"GET": "get", "PUT": "update", "PATCH": "patch", "POST": "create", "DELETE": "delete"}
        # What is forwarded takes each method as it comes.
        if name in ("proxy", "exec", "attach", "portforward", "log"):
            return
        for method, verb in methods.items():
            if verb in verbs:
                continue
            answer = self.server.ask(method, f"{self.path}/{name}", {} if method in ("PUT", "PATCH", "POST") else None)
            self.answers(405, answer, f"/{name} with {method}")

    def status(self, name, verbs):
        path, status = f"{self.path}/status", self.data.get("status")
        self.check(sorted(verbs) == ["get", "patch", "update"], "/status has its three verbs", verbs)
        if ignored := self.data.get("takesNoStatus"):
            self.leaves("a status that is not taken", lambda _: self.server.patch(path, {"status": ignored}))
            return
        if not self.check(status, "there is a status for it in the data"):
            return
        got = self.server.get(path)
        self.check(got.status == 200 and got["kind"] == self.kind.kind, "/status shows the object", got)
        self.check(self.server.get(path, accept=TABLE)["kind"] == "Table", "also as a table")
        self.check(self.server.get(path, accept=PROTOBUF).body.startswith(b"k8s\0"), "also as protobuf")
        patch = {"status": status, "metadata": {"annotations": {"matrix/status": "yes"}, "labels": {"matrix-status": "yes"}}}
        dry = self.server.patch(path, patch, dryRun="All")
        self.check(dry.status == 200 and holds(dry["status"], status), "a dry run on /status shows it", dry)
        self.check(not holds(self.server.get(self.path)["status"], status), "and leaves no trace in the status")
        leaves = self.data.get("statusLeaves", [])
        seen = {**status, "conditions": Among(status["conditions"])} if self.data.get("sharedConditions") else status
        wanted = {"status": seen, "metadata": {k: v for k, v in patch["metadata"].items() if k not in leaves}}
        answer = self.changes("a patch of /status", lambda _: self.server.patch(path, patch), wanted)
        for field in leaves:
            self.check("matrix" not in str(answer["metadata." + field]), f"/status leaves the {field}", answer)
        # A merge patch takes away what a controller has put among the conditions, and the controller puts it back.
        for type in (STRATEGIC,) if self.data.get("sharedConditions") else (None, STRATEGIC):
            self.leaves("the same patch of /status", lambda _: self.server.patch(path, patch, **({"type": type} if type else {})))
        self.leaves("an update of /status with what is there", lambda now: self.server.ask("PUT", path, now))
        steps = [{"op": "test", "path": "/metadata/name", "value": self.name}]
        self.leaves("a JSON patch of /status", lambda _: self.server.patch(path, steps, type=JSON_PATCH))
        if self.data.get("change"):
            self.leaves("a wish written to /status", lambda _: self.server.patch(path, self.data["change"]))
        stale = merged(self.server.get(path).json, {"metadata": {"resourceVersion": "1"}})
        self.answers(409, self.server.ask("PUT", path, stale), "an update of /status from another revision")
        body = {"apiVersion": self.kind.api_version, "kind": self.kind.kind, "metadata": {"name": self.name}, "status": status}
        answer = self.server.ask("PATCH", path, body, type=APPLY, fieldManager="matrix", force="true")
        self.answers(200, answer, "apply on /status")
        owned = [each for each in answer["metadata.managedFields"] or [] if each.get("subresource") == "status"]
        self.check(owned, "owns the status through /status", answer)
        self.leaves("apply on /status again", lambda _: self.server.apply(path, body))

    def scale(self, name, verbs):
        path = f"{self.path}/scale"
        got = self.server.get(path)
        self.check(got["kind"] == "Scale" and got["apiVersion"] == "autoscaling/v1", "/scale shows a Scale", got)
        self.check(got["metadata.name"] == self.name and got["metadata.uid"], "that names its object", got)
        self.check(got["status.selector"], "and says which pods it means", got)
        count = got["spec.replicas"] or 0
        dry = self.server.patch(path, {"spec": {"replicas": count + 5}}, dryRun="All")
        self.check(dry.status == 200 and dry["spec.replicas"] == count + 5, "a dry run on /scale shows it", dry)
        self.check((self.server.get(path)["spec.replicas"] or 0) == count, "and leaves no trace in /scale")
        for what, act in (("a patch of /scale", lambda n: self.server.patch(path, {"spec": {"replicas": n}})),
                          ("an update of /scale", lambda n: self.server.ask(
                              "PUT", path, merged(self.server.get(path).json, {"spec": {"replicas": n}})))):
            count += 1
            before = self.server.get(self.path)["metadata.generation"]
            answer = act(count)
            while answer.status == 409:  # the controllers write to it as well
                answer = act(count)
            self.check(answer.status == 200 and answer["kind"] == "Scale" and answer["spec.replicas"] == count, what, answer)
            now = self.server.get(self.path)
            self.check(now["spec.replicas"] == count, f"{what} reaches the object", now)
            self.check(now["metadata.generation"] == before + 1, f"{what} raises the generation", now)
        answer = self.server.patch(path, {"spec": {"replicas": -1}})
        self.answers(422, answer, "a negative scale")

    def special(self, name, verbs):
        steps = self.data.get("subresources", {}).get(name)
        if not self.check(steps, f"there is something to ask /{name} in the data"):
            return
        for step in steps:
            self.step(name, step)

    def step(self, name, step):
        path, method = f"{self.path}/{name}" + step.get("query", ""), step["method"]
        body = step.get("body")
        if body is not None:
            body = json.loads(json.dumps(body).replace("$NAME", self.name))
            about = self.server.get(self.path).json
            if method == "PUT" and step.get("onObject"):
                body = merged(about, body)
            for key in ("apiVersion", "kind"):
                if method != "PATCH" and key not in body:
                    body = {**body, key: about[key]}
        answer = self.server.ask(method, path, body, **({"type": step["type"]} if "type" in step else {}))
        code = step.get("code", 200)
        if self.check(answer.status == code, f"{method} of /{name} answers {code}", answer) and "answer" in step:
            self.check(holds(answer.json, step["answer"]), f"{method} of /{name} does it", answer)
        if "object" in step:
            now = self.server.get(self.path)
            self.check(holds(now.json, step["object"]), f"{method} of /{name} changes the object", now)
