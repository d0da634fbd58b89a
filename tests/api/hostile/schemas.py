"""Definitions of custom kinds that are made to cost, and what their objects then cost."""
import threading

from attacker import CRDS, GROUP, definition, nested, thing

MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DEEPER = "nested deeper|deeper than"
TEXT = {"type": "string"}
AT = r"spec.validation.openAPIV3Schema"


def of(properties):
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


def tower(levels, inside):
    for _ in range(levels):
        inside = {"type": "object", "properties": {"a": inside}}
    return inside


def branches(keyword, width, levels):
    """Alternatives of alternatives."""
    if levels == 0:
        return {"not": {"required": ["a"]}}
    return {keyword: [branches(keyword, width, levels - 1)] * width}


def refused(a):
    def refuse(what, codes, words, schema, **more):
        body = schema if isinstance(schema, str) else definition("evils", schema, **more)
        if a.case(what, codes, words, "POST", CRDS, body, answer_bytes=8 << 20).status == 201:
            a.undefine("evils")

    raw = '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"evils.hostile.example.com"},' \
          '"spec":{"group":"hostile.example.com","scope":"Namespaced","names":{"plural":"evils","kind":"Evil"},"versions":[{"name":"v1",' \
          '"served":true,"storage":true,"schema":{"openAPIV3Schema":@}}]}}'
    refuse("a schema 10,000 deep", {400}, DEEPER, raw.replace("@", nested('{"type":"object","properties":{"a":', 10_000, "}}", '{"type":"string"}')))
    refuse("a schema 70 deep", {400, 422}, "deeper", tower(70, TEXT))
    refuse("a schema that refers to itself", {422}, AT + r".*\$ref", of({"a": {"$ref": "#/properties/spec"}}))
    refuse("one that refers in a circle", {422}, r"\$ref", of({"a": {"$ref": "#/properties/spec/properties/b"},
                                                                "b": {"$ref": "#/properties/spec/properties/a"}}))
    for keyword in ("allOf", "anyOf", "oneOf"):
        refuse(f"{keyword} of {keyword}, 4 wide and 9 deep", {400, 413, 422}, "", of({"a": {"type": "object", **branches(keyword, 4, 9)}}))
        refuse(f"{keyword} of 60,000", {201, 413, 422}, "", of({"a": {"type": "object", keyword: [{"minProperties": 1}] * 60_000}}))
    refuse("more parts than may be", {422}, "must not have more than 100000 parts", of({"a": {"type": "string", "enum": [str(i) for i in range(110_000)]}}))
    refuse("a text of 3 MB", {201, 413, 422}, "", of({"a": {"type": "string", "description": "x" * 2_900_000}}))
    for expression in ("(((a{100}){100}){100}){100}", "(?:a{1000}){1000}", "[\\\\pL]{1000}" * 10, "(" * 5000, "a**", "(?=a)", "\\\\C", "[z-a]",
                       "x" * 100_000, "(((((((((((x{2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}"):
        refuse(f"the expression {expression[:30]}", {201, 422}, "", raw.replace("@", f'{{"type":"object","properties":{{"a":{{"type":"string","pattern":"{expression}"}}}}}}'))
    many = {f"p{i}": {"type": "string", "pattern": f"^\\pL{{{900 + i % 90}}}x{i}$"} for i in range(300)}
    refuse("many expressions that are large", {422}, "regular expressions of the schema are too large together", of(many))
    refuse("one that is large, 4,000 times", {201, 413, 422}, "", of({f"p{i}": {"type": "string", "pattern": "\\pL{900}"} for i in range(4000)}))
    long = "k" * 1_000_000
    refuse("60,000 mistakes below a name of a megabyte", {422}, "names longer than", of({long: {"type": "object", "properties": {
        f"p{i}": {} for i in range(60_000)}}}))
    refuse("60,000 mistakes", {422}, "Required value", of({f"p{i}": {} for i in range(60_000)}))
    ruled = lambda rule: of({"a": {"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": [{"rule": rule}]}})
    again = lambda first, each: "[" + first + "]" + "".join(f".map(v{i}, {each.replace('@', f'v{i}')})" for i in range(30))
    refuse("a rule of 10,000 parentheses", {422}, "recursion limit exceeded", ruled("(" * 10_000 + "true" + ")" * 10_000))
    refuse("a rule that is long", {422}, "recursion limit|size exceeds limit", ruled("1" + " + 1" * 30_000 + " > 0"))
    refuse("a rule of loops in loops", {422}, "exceeds budget by factor of more than 100x", ruled("self.all(a, self.all(b, self.all(c, a + b + c > 0)))"))
    refuse("a rule whose list doubles 30 times", {201, 422}, "", ruled(again("self", "@ + @") + ".size() >= 0"))
    refuse("a rule whose type doubles 30 times", {422}, "type is too complex", ruled(again("1", "{@: @}") + ".size() >= 0"))
    refuse("1,000 rules that are wrong", {422}, "undeclared reference", of({"a": {**TEXT, "x-kubernetes-validations": [{"rule": "x" * 1000}] * 1000}}))
    refuse("numbers beyond range", {400}, "", raw.replace("@", '{"type":"object","properties":{"a":{"type":"number","maximum":1e999}}}'))
    refuse("a default that is too deep", {400, 422}, "", raw.replace("@", '{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":'
           '{"a":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"default":' + nested('{"a":', 5000, "}", "{}") + "}}}"))
    refuse("5,000 columns", {201, 422}, "", {"type": "object"}, columns=[{"name": f"c{i}", "type": "string", "jsonPath": ".spec..a"} for i in range(5000)])
    refuse("2,000 versions", {201, 422}, "", {"type": "object"}, more_versions=[
        {"name": f"v{i}", "served": True, "storage": False, "schema": {"openAPIV3Schema": {"type": "object"}}} for i in range(2, 2000)])


def things(plural):
    return f"/apis/{GROUP}/v1/namespaces/default/{plural}"


def taken(a):
    """What may be, and must not cost much."""
    a.define("wides", of({f"p{i}": {**TEXT, "default": "x"} for i in range(10_000)}))
    a.case("an object of 10,000 properties by default", {201}, '"p9999":"x"', "POST", things("wides"), thing("wide", kind="Wide"))
    a.case("applied", {200}, "", "PATCH", things("wides") + "/wide?fieldManager=a&force=true", thing("wide", '{"p1":"y"}', kind="Wide"), type=APPLY)
    items = {"type": "array", "items": {"type": "object", "properties": {"p": {**TEXT, "default": "x" * 10_000}}}}
    a.define("bombs", of({"list": items}))
    a.case("large defaults, 200,000 times", {413}, "", "POST", things("bombs"), thing("bomb", '{"list":[' + "{}," * 200_000 + "{}]}", kind="Bomb"))
    alternatives = [{"required": [f"x{i}"]} for i in range(20_000)]
    a.define("slows", of({"list": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True,
                                                              "anyOf": alternatives}}}))
    a.case("200,000 elements by 20,000 alternatives", {422}, "too many steps", "POST", things("slows"),
           thing("slow", '{"list":[' + "{}," * 200_000 + "{}]}", kind="Slow"))
    a.define("patterns", of({"list": {"type": "array", "items": {**TEXT, "pattern": "^((a|b)*c(a|b){400}|x{900})+$"}}}))
    text = '"' + "ab" * 500_000 + '"'
    a.case("a megabyte by a large expression", {422}, "spec.list|too many steps", "POST", things("patterns"),
           thing("pattern", f'{{"list":[{text},{text}]}}', kind="Pattern"))
    columns = [{"name": f"c{i}", "type": "string", "jsonPath": ".spec" + "..a" * 8} for i in range(20)]
    a.define("tables", {"type": "object", "x-kubernetes-preserve-unknown-fields": True}, columns=columns)
    for i in range(5):
        a.send("POST", things("tables"), thing(f"t{i}", nested('{"a":', 80, "}", "[" + ",".join(['{"a":1}'] * 200) + "]"), kind="Table"))
    a.case("columns that descend and descend", {200}, "", "GET", things("tables"), accept=TABLE, answer_bytes=8 << 20)
    a.define("longs", of({"map": {"type": "object", "additionalProperties": {"type": "array", "items": {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True, "anyOf": alternatives[:10_000], "oneOf": alternatives[10_000:]}}}}))
    a.case("alternatives below a name of a megabyte", {422}, "too many steps", "POST", things("longs"),
           thing("long", f'{{"map":{{"{"k" * 1_000_000}":[{"{}," * 1000}{{}}]}}}}', kind="Long"), answer_bytes=8 << 20)
    a.undefine("wides", "bombs", "slows", "patterns", "tables", "longs")


class Crowd:
    """Threads that ask until they are told to stop; what they were answered."""

    def __init__(self, a, *asks):
        self.stop, self.statuses, self.texts = threading.Event(), set(), set()
        self.threads = [threading.Thread(target=self.run, args=(a, ask)) for ask in asks]
        for thread in self.threads:
            thread.start()

    def run(self, a, ask):
        while not self.stop.is_set():
            answer = ask()
            self.statuses.add(answer.status)
            if answer.status not in (200, 201, 404, 409):
                self.texts.add(str(answer)[:300])

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def replaced(a):
    """A kind that is replaced while it is read, listed, watched and written."""
    def schema(i):
        return of({**{f"q{j}": {**TEXT, "description": "x" * 200} for j in range(2_000)}, f"p{i}": {**TEXT, "default": str(i)}})

    a.define("movings", schema(0))
    path = things("movings")
    for i in range(20):
        a.send("POST", path, thing(f"m{i}", kind="Moving"))
    before = a.peak_anew()
    count = [0]

    def write():
        count[0] += 1
        return a.send("PATCH", f"{path}/m{count[0] % 20}", {"metadata": {"labels": {"n": str(count[0])}}}, type=MERGE)

    crowd = Crowd(a, lambda: a.send("GET", path), lambda: a.send("GET", f"{path}/m1"), write,
                  lambda: a.send("GET", f"{path}?watch=1&timeoutSeconds=1"))
    for i in range(1, 101):
        at = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": schema(i)}]
        answer = a.send("PATCH", f"{CRDS}/movings.{GROUP}", at, type="application/json-patch+json")
        if answer.status != 200:
            a.book.check(False, "a definition is replaced", answer)
    crowd.end()
    a.book.check(crowd.statuses <= {200, 201, 409}, "nobody is disturbed by a hundred replacements", (crowd.statuses, crowd.texts))
    a.until("the last schema holds", lambda: '"p100":"100"' in a.send("GET", f"{path}/m1").body.decode())
    print(f"ok    a hundred replacements with {count[0]} writes: {a.peak() - before} MB more, then {a.settled(before + 60, 10) - before}", flush=True)


def pinned(a):
    """Objects that were each written by a schema of their own: the store keeps those as long as its past, at most."""
    def schema(i):
        return of({**{f"q{j}": TEXT for j in range(20_000)}, f"p{i}": TEXT})

    a.define("pinneds", schema(0))
    before = a.resident()
    for i in range(1, 41):
        at = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": schema(i)}]
        a.send("PATCH", f"{CRDS}/pinneds.{GROUP}", at, type="application/json-patch+json")
        # It is pruned until the schema is the one that holds.
        a.until("the next schema holds", lambda i=i: a.send("POST", things("pinneds") + "?fieldValidation=Strict", thing(
            f"o{i}", f'{{"p{i}":"x"}}', kind="Pinned")).status == 201)
    grown = a.resident() - before
    print(f"ok    forty schemas with an object each: {grown} MB more", flush=True)
    a.book.check(grown < 350, f"forty schemas with an object each: {grown} MB more")
    a.undefine("pinneds")


def deleted(a):
    """A kind that is deleted while its objects are created."""
    count = [0]

    def create():
        count[0] += 1
        return a.send("POST", things("movings"), thing(f"late{count[0]}", kind="Moving"))

    crowd = Crowd(a, create, lambda: a.send("GET", things("movings")), lambda: a.send("GET", things("movings") + "?watch=1&timeoutSeconds=1"))
    a.send("DELETE", f"{CRDS}/movings.{GROUP}")
    a.until("a kind is deleted under creates", lambda: a.send("GET", f"{CRDS}/movings.{GROUP}").status == 404)
    crowd.end()
    a.book.check(crowd.statuses <= {200, 201, 403, 404, 405, 409}, "creates and lists end with the kind", (crowd.statuses, crowd.texts))
    a.define("movings", of({"p": TEXT}))
    left = a.send("GET", things("movings"))
    a.book.check(left["items"] == [], "and nothing of it comes back", left)
    a.send("DELETE", f"{CRDS}/movings.{GROUP}")


def thousand(a, count=1000):
    before = a.peak_anew()
    for i in range(count):
        answer = a.server.ask("POST", CRDS, definition(f"kind{i}s", of({"a": TEXT, "b": {"type": "integer"}})))
        if answer.status != 201:
            a.book.check(False, f"definition {i}", answer)
            break

    def served():
        return len(a.send("GET", f"/apis/{GROUP}/v1")["resources"] or []) >= 2 * count

    a.until(f"{count} kinds are served", served, 120)
    print(f"ok    {count} kinds: {a.resident() - before} MB more", flush=True)
    a.case("a list of all definitions", {200}, "", "GET", CRDS, answer_bytes=64 << 20)
    a.case("all schemas of the group", {200}, "", "GET", f"/openapi/v3/apis/{GROUP}/v1", answer_bytes=64 << 20)
    a.case("all schemas", {200}, "", "GET", "/openapi/v2", answer_bytes=64 << 20)
    # A crowded machine may need more than the time of one request.
    for _ in range(5):
        if a.case("all go", {200, 504}, "", "DELETE", CRDS, seconds=120, answer_bytes=64 << 20).status == 200:
            break
    a.until("they are gone", lambda: a.send("GET", CRDS)["items"] == [], 120)
    a.until("and not served", lambda: a.send("GET", f"/apis/{GROUP}/v1").status == 404, 60)


def run(a):
    for part in (refused, taken, replaced, deleted, pinned, thousand):
        part(a)
