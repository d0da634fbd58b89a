"""Sends one wrong object for each rule of a kind, and compares all that the server finds in it: fields, reasons and words, in order.

The data, in tests/api/rules/*.json under "apiVersion/plural":
  body    a right object, without apiVersion, kind and name
  wrong   what is wrong, each with its `causes` ("field: message"): `new` is a merge patch over the body of a new object, `change`
          one over an object that is there (made of the body with the patch `from`), sent to its subresource `at` if there is one,
          `status` one over its status (which was `had`); UID and NAME stand for those of the object, NAME also in what is sent
  right   the same, without causes: it is taken; with `warnings`, those that come with it

`rules.py FILE` takes what the plugins' own tests have written there (CLEAT_RULES_FILE), an object a line with what is found in it: the
server has to find all of that, in that order; it may find more, which is the core's.

With RULES_RECORD=1 it prints the data with the causes that the server gives, to look at.
"""
import json
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "matrix"))
from client import Book, Server, eventually, merged  # noqa: E402

NAMESPACE = "rules"
UID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REASONS = {"Required value": "FieldValueRequired", "Invalid value": "FieldValueInvalid", "Unsupported value": "FieldValueNotSupported",
           "Forbidden": "FieldValueForbidden", "Duplicate value": "FieldValueDuplicate", "Too long": "FieldValueTooLong",
           "Too many": "FieldValueTooMany", "Not found": "FieldValueNotFound"}


class Rules:
    def __init__(self, server, book, key, data):
        self.server, self.book, self.key, self.data = server, book, key, data
        self.version, _, plural = key.rpartition("/")
        root = ("/apis/" if "/" in self.version else "/api/") + self.version
        listed = server.get(root)["resources"]
        about = next(each for each in listed if each["name"] == plural)
        self.kind = about["kind"]
        self.collection = f"{root}/namespaces/{NAMESPACE}/{plural}" if about["namespaced"] else f"{root}/{plural}"
        self.count = 0

    def body(self, patch):
        self.count += 1
        body = {"apiVersion": self.version, "kind": self.kind, "metadata": {"name": f"rule-{self.count}"}}
        body = merged(merged(body, self.data["body"]), patch or {})
        return json.loads(json.dumps(body).replace("NAME", f"rule-{self.count}"))

    def send(self, case):
        """The answer to the case's request, and the warnings that came with it."""
        if "new" in case:
            return self.server.ask("POST", self.collection, self.body(case["new"]), dryRun="All")
        made = self.server.ask("POST", self.collection, self.body(case.get("from")))
        if not self.book.check(made.status == 201, f"{self.key}: made, to be changed", made):
            return made
        path = f"{self.collection}/{made['metadata.name']}"
        if "had" in case:
            had = self.update(path, "/status", {"status": case["had"]})
            self.book.check(had.status == 200, f"{self.key}: has a status, to be changed", had)
        if "status" in case:
            answer = self.update(path, "/status", {"status": case["status"]})
        else:
            answer = self.update(path, f"/{case['at']}" if "at" in case else "", case["change"])
        self.server.ask("DELETE", path, propagationPolicy="Background", gracePeriodSeconds=0)
        return answer

    def update(self, path, subresource, patch):
        while True:
            answer = self.server.ask("PUT", path + subresource, merged(self.server.get(path).json, patch))
            if answer.status != 409:  # the controllers write to it as well
                return answer

    def anonymous(self, text):
        """What is another one in each run goes by a word, and what shows two states, behind a line break, is left out."""
        text = text.partition("\n")[0]
        return UID.sub("UID", text).replace(f"rule-{self.count}", "NAME")

    def wrong(self, case):
        answer = self.send(case)
        causes = answer["details.causes"] or []
        found = [self.anonymous(f"{each.get('field', '')}: {each['message']}") for each in causes]
        if os.environ.get("RULES_RECORD"):
            case["causes"] = found if answer.status == 422 else [str(answer)]
            return
        what = f"{self.key}: {json.dumps({k: v for k, v in case.items() if k != 'causes'})[:300]}"
        self.book.check(answer.status == 422 and found == case["causes"], what, f"{answer.status} {json.dumps(found, indent=1)}")
        for each in causes:
            reason = next((r for words, r in REASONS.items() if each["message"].startswith(words)), None)
            if each["message"].partition("in body must be of type")[1]:
                reason = "FieldValueTypeInvalid"
            self.book.check(each["reason"] == reason, f"{what}: the reason of {each.get('field', '')}", each)

    def right(self, case):
        answer = self.send(case)
        said = [each.split(" ", 2)[2][1:-1].replace('\\"', '"') for each in answer.headers.get_all("Warning") or []]
        if os.environ.get("RULES_RECORD"):
            if said:
                case["warnings"] = said
            if answer.status not in (200, 201):
                case["REFUSED"] = str(answer)
            return
        what = f"{self.key}: {json.dumps(case)[:300]}"
        self.book.check(answer.status in (200, 201), what, answer)
        self.book.check(said == case.get("warnings", []), f"{what}: its warnings", said)

    def run(self):
        for case in self.data["wrong"]:
            self.wrong(case)
        for case in self.data.get("right", []):
            self.right(case)


# Found where a list is there and empty, which what is written down does not say.
UNTOLD = {"spec.behavior.scaleDown.policies"}


def without_empty(value):
    """Cap'n Proto's texts and structs that are not there look like empty ones in what the tests write down."""
    if isinstance(value, list):
        return [without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: without_empty(member) for name, member in value.items()}
    return {name: member for name, member in kept.items() if member not in ("", {}, None)}


def written_down(server, book, file):
    """Sends what a plugin's tests have sent to the plugin alone."""
    roots = {}
    for line in sorted(set(Path(file).read_text().splitlines())):
        case = json.loads(line)
        version, plural, body = case["object"]["apiVersion"], case["resource"], case["object"]
        root = ("/apis/" if "/" in version else "/api/") + version
        if root not in roots:
            roots[root] = {each["name"]: each for each in server.get(root).json["resources"]}
        about = roots[root].get(plural)
        # A create begins without a status.
        if about is None or "create" not in about["verbs"] or all(each.startswith("status.") for each in case["findings"]):
            continue
        body["metadata"].pop("namespace", None)
        collection = f"{root}/namespaces/{NAMESPACE}/{plural}" if about["namespaced"] else f"{root}/{plural}"
        for sent in (body, without_empty(body)):
            answer = server.ask("POST", collection, sent, dryRun="All")
            found = [f"{each.get('field', '')}: {each['message']}" for each in answer["details.causes"] or []]
            rest = iter(found)
            # Each is looked for behind the one before; what is said twice is told once.
            wanted = [each for each in dict.fromkeys(case["findings"]) if each.partition(":")[0] not in UNTOLD]
            told = answer.status == 422 and all(any(each == one for one in rest) for each in wanted)
            if told:
                break
        book.check(told, f"{version}/{plural}: {json.dumps(body)[:400]}\n      wanted {json.dumps(case['findings'])[:600]}",
                   f"{answer.status} {json.dumps(found)[:600] if found else answer}")


def main(wanted):
    server, book = Server(), Book()
    server.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    eventually(20, lambda: server.get(f"/api/v1/namespaces/{NAMESPACE}").status == 200)
    if wanted and Path(wanted[0]).is_file():
        written_down(server, book, wanted[0])
        print(f"{book.checks} checks, {book.failures} failed")
        return 1 if book.failures else 0
    # A kind may stand in several files.
    for file in sorted((HERE / "rules").glob("*.json")):
        data = {k: v for k, v in json.loads(file.read_text()).items() if not wanted or k.rpartition("/")[2] in wanted}
        for key, about in data.items():
            Rules(server, book, key, about).run()
        if os.environ.get("RULES_RECORD"):
            print(json.dumps(data, indent=1))
    print(f"{book.checks} checks, {book.failures} failed")
    return 1 if book.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
