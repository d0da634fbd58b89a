"""Bodies and patches of custom objects that are made to cost."""
import json

from attacker import CRDS, THINGS, definition, nested, thing

MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY, YAML = "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/yaml"
DEEP = 10_000
DEEPER = "nested deeper than the limit of|deeper"

SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "properties": {
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "whole": {"type": "integer"}, "number": {"type": "number"}, "small": {"type": "integer", "format": "int32"},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "integer"}},
    "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
              "items": {"type": "object", "required": ["name"],
                        "properties": {"name": {"type": "string"}, "value": {"type": "integer", "default": 1}}}},
    "texts": {"type": "array", "items": {"type": "string", "pattern": "^(a+)+$"}}}}}}


def depth(a):
    a.case("arrays 10,000 deep", {400}, r"nested deeper than the limit of 100 at spec\.free\.a\[0\]\[0\]", "POST", THINGS, thing("deep", '{"free":{"a":' + nested("[", DEEP, "]") + "}}"))
    a.case("objects 10,000 deep", {400}, DEEPER, "POST", THINGS, thing("deep", '{"free":' + nested('{"a":', DEEP, "}", "1") + "}"))
    a.case("a flow of YAML 10,000 deep", {400}, "", "POST", THINGS, thing("deep", '{"free":{"a":' + nested("[", DEEP, "]") + "}}"), type=YAML)
    a.case("blocks of YAML 1,000 deep", {400}, "", "POST", THINGS,
           "spec:\n" + "".join(" " * (i + 1) + "a:\n" for i in range(1000)), type=YAML)
    a.case("a million aliases in YAML", {400}, "", "POST", THINGS, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(8)), type=YAML)
    a.case("3 MB of opening braces", {400}, "", "POST", THINGS, b"{" * 3_000_000)
    a.case("3 MB of objects that never end", {400}, DEEPER, "POST", THINGS, b'{"a":' * 600_000)
    a.case("3 MB of empty arrays", {400, 422}, "", "POST", THINGS, b"[" + b"[]," * 1_000_000 + b"[]]")
    a.case("more than 3 MiB", {413}, "limit", "POST", THINGS, b'"' + b"x" * (3 << 20) + b'"')


def names(a):
    keys = ",".join(f'"k{i}":{i}' for i in range(100_000))
    a.case("a hundred thousand keys where any may be", {201, 413}, "", "POST", THINGS, thing("keys", '{"free":{' + keys + "}}"), answer_bytes=8 << 20)
    a.case("a hundred thousand unknown fields, strictly", {400}, 'unknown field \\\\"spec.k0\\\\"', "POST", THINGS + "?fieldValidation=Strict",
           thing("unknown", "{" + keys + "}"))
    a.case("with warnings", {201}, "", "POST", THINGS + "?fieldValidation=Warn", thing("unknown", "{" + keys + "}"))
    twice = ",".join('"a":1' for _ in range(300_000))
    long = "k" * 1_000_000
    a.case("one name 300,000 times", {400}, 'duplicate field \\\\"spec.free.a\\\\"', "POST", THINGS + "?fieldValidation=Strict",
           thing("twice", '{"free":{' + twice + "}}"))
    a.case("below a name of a megabyte", {400}, "duplicate field", "POST", THINGS + "?fieldValidation=Strict",
           thing("twice", f'{{"free":{{"{long}":{{{twice}}}}}}}'), answer_bytes=8 << 20)
    a.case("many twice below a name of a megabyte", {400}, "duplicate field", "POST", THINGS + "?fieldValidation=Strict",
           thing("twice", f'{{"free":{{"{long}":{{{keys[:600_000].rsplit(",", 1)[0]},{keys[:600_000].rsplit(",", 1)[0]}}}}}}}'),
           answer_bytes=8 << 20)
    fields = ",".join(f'"f{i}":1' for i in range(50_000))
    for manager in "ab":
        a.case(f"conflicts below a name of a megabyte ({manager})", {201} if manager == "a" else {409}, "", "PATCH",
               f"{THINGS}/conflicts?fieldManager={manager}", thing("conflicts", f'{{"free":{{"{long}":{{{fields}}}}}}}'.replace(
                   ":1", ":1" if manager == "a" else ":2")), type=APPLY, answer_bytes=40 << 20)
    a.case("unknown ones of a megabyte", {400}, "unknown field", "POST", THINGS + "?fieldValidation=Strict",
           thing("long", f'{{"{long}":1,"{long}b":2}}'), answer_bytes=8 << 20)


def texts(a):
    for what, bad in {"half a character": b"\xc3", "a surrogate": b"\xed\xa0\x80", "an overlong one": b"\xc0\xaf", "no UTF-8": b"\xff\xfe"}.items():
        a.case(f"{what} in a text", {400}, r"invalid UTF-8 in string literal at spec\.free\.a ", "POST", THINGS, thing("utf", '{"free":{"a":"@"}}').encode().replace(b"@", bad))
        a.case(f"{what} in a name", {400}, r"invalid UTF-8 in string literal at spec\.free ", "POST", THINGS, thing("utf", '{"free":{"@":1}}').encode().replace(b"@", bad))
    a.case("half a pair of surrogates, escaped", {400}, r"half of a surrogate pair in string literal at spec\.free\.a ", "POST", THINGS, thing("half", '{"free":{"a":"\\ud800"}}'))
    a.case("NUL in a name", {201, 400, 422}, "", "POST", THINGS, thing("nul", '{"free":{"a\\u0000b":"\\u0000"}}'))
    a.case("expressions that double", {201, 422}, "", "POST", THINGS, thing("double", json.dumps({"texts": ["a" * 100_000 + "!"]})))


def numbers(a):
    refused = {"1e999": "whole", "-1e999": "number", "1e400": "whole", "99999999999999999999": "whole", "1.5": "whole",
               "9223372036854775808": "whole", "NaN": "number", "Infinity": "number", "0x10": "whole", "01": "whole", "-": "whole",
               "1e": "number", "1e99999999999": "number"}
    for number, field in refused.items():
        a.case(f"{number} in {field}", {400, 422}, rf"spec\.{field}\b", "POST", THINGS, thing("number", f'{{"{field}":{number}}}'))
    a.case("1e999 anywhere", {400}, r"cannot unmarshal number 1e999 .* at spec\.free\.a\[0\]", "POST", THINGS, thing("number", '{"free":{"a":[1e999]}}'))
    for number in (".inf", "-.inf", ".nan", "1e999", "0x" + "f" * 1000, "1" * 100_000):
        a.case(f"{number[:20]} in YAML", {400, 422}, "", "POST", THINGS, f"metadata: {{name: number}}\nspec: {{number: {number}, whole: {number}}}", type=YAML)
    a.case("a million digits", {400, 422}, "", "POST", THINGS, thing("number", f'{{"whole":{"9" * 1_000_000}}}'))
    for number, kept in {"-0": "-?0", "1e3": "1000", "-0.0": "-?0", "1e-400": "0", "9007199254740993": "9007199254740993"}.items():
        a.case(f"{number} in number", {201}, f'"number":{kept}\\b', "POST", THINGS, thing(f"n{abs(hash(number))}", f'{{"number":{number}}}'))


def lists(a):
    count = 300_000
    ones, numbers = "1," * 999_999 + "1", ",".join(str(i) for i in range(count))
    a.case("a million times the same in a set", {422}, r"spec.set\[1\]: Duplicate value: 1", "POST", THINGS, thing("set", f'{{"set":[{ones}]}}'))
    a.case("a set of 300,000", {201, 413}, "", "POST", THINGS, thing("set", f'{{"set":[{numbers}]}}'), answer_bytes=12 << 20)
    parts = ",".join('{"name":"a"}' for _ in range(200_000))
    a.case("200,000 elements with one key", {422}, r"spec.parts\[1\]: Duplicate value", "POST", THINGS, thing("parts", f'{{"parts":[{parts}]}}'))
    parts = ",".join(f'{{"name":"{i}"}}' for i in range(100_000))
    a.case("100,000 elements with keys", {201, 413}, "", "POST", THINGS, thing("parts", f'{{"parts":[{parts}]}}'), answer_bytes=16 << 20)
    a.case("applied", {200, 201, 413}, "", "PATCH", THINGS + "/parts?fieldManager=a&force=true", thing("parts", f'{{"parts":[{parts}]}}'), type=APPLY,
           answer_bytes=16 << 20)
    a.case("without keys", {422}, r"spec.parts\[0\].name: Required value", "POST", THINGS, thing("bare", f'{{"parts":[{"{}," * 200_000}{{}}]}}'))
    a.case("300,000 texts where numbers belong", {422}, r"spec.numbers\[0\]: Invalid value", "POST", THINGS,
           thing("wrong", json.dumps({"numbers": ["a"] * 300_000})))
    a.empty()


def built_in(a):
    """The same of kinds that the server brings itself."""
    maps, pods = "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/pods"
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    labels = {f"k{i}": "!!" for i in range(100_000)}
    a.case("a hundred thousand wrong labels", {422}, r"metadata.labels: Invalid value: ..!!..: a valid label must be", "POST", maps,
           {"metadata": {"name": "labels", "labels": labels}}, answer_bytes=8 << 20)
    a.case("nine hundred thousand containers without a name", {413, 422}, "", "POST", pods,
           '{"metadata":{"name":"many"},"spec":{"containers":[' + "{}," * 900_000 + "{}]}}", answer_bytes=8 << 20)
    env = [{"name": "A", "value": "1"}] * 60_000
    a.case("60,000 variables of one name", {201}, "", "POST", pods + "?dryRun=All",
           {"metadata": {"name": "many"}, "spec": {"containers": [{"name": "c", "image": "i", "env": env}]}}, answer_bytes=12 << 20)
    for number in ("99999999999", "-1e999", "1e400", "1.5", "NaN"):
        a.case(f"{number} replicas", {400}, r"spec\.replicas\b", "POST", deployments, f'{{"metadata":{{"name":"n"}},"spec":{{"replicas":{number}}}}}')
    a.case("no UTF-8", {400}, r"invalid UTF-8 in string literal at data\.a ", "POST", maps, b'{"metadata":{"name":"utf"},"data":{"a":"\xff"}}')
    a.case("names twice, strictly", {400}, r'duplicate field \\"metadata.name\\", duplicate field \\"data.a\\"', "POST",
           maps + "?fieldValidation=Strict", b'{"metadata":{"name":"x","name":"y"},"data":{"a":"1","a":"2"}}')
    a.case("templates 2,000 deep", {400}, DEEPER, "POST", deployments,
           '{"metadata":{"name":"n"},"spec":' + nested('{"template":', 2000, "}", "1") + "}")


def managed(a):
    def entry(fields, manager="m", operation="Update"):
        return f'{{"manager":"{manager}","operation":"{operation}","apiVersion":"hostile.example.com/v1","fieldsType":"FieldsV1","fieldsV1":{fields}}}'

    def with_entries(name, *entries):
        return thing(name, metadata=f',"managedFields":[{",".join(entries)}]')

    a.case("fields nested 10,000 deep", {400}, DEEPER, "POST", THINGS, with_entries("managed", entry(nested('{"f:a":', DEEP, "}", "{}"))))
    for i, (what, fields) in enumerate({"nested 90 deep": nested('{"f:a":', 90, "}", "{}"), "a text": '"x"', "a number": "7", "a list": "[]",
                                        "no steps": '{"x":{}}', "an unreadable key": '{"k:{":{}}', "a huge index": '{"i:99999999999999999999":{}}',
                                        "null": "null", "values": '{"f:a":1}'}.items()):
        a.case(f"fields that are {what}", {201, 400, 422}, "", "POST", THINGS, with_entries(f"managed-{i}", entry(fields)))
        a.case("and are written again", {200, 404}, "", "PATCH", f"{THINGS}/managed-{i}", {"spec": {"whole": 1}}, type=MERGE)
        a.case("and applied", {200, 201}, "", "PATCH", f"{THINGS}/managed-{i}?fieldManager=x&force=true",
               thing(f"managed-{i}", '{"whole":2}'), type=APPLY)
    a.case("a manager of a megabyte", {201}, "", "POST", THINGS, with_entries("manager", entry('{"f:spec":{}}', "m" * 1_000_000)))
    many = ",".join(f'"f:k{i}":{{}}' for i in range(200_000))
    a.case("fields of 2 MB", {201, 400, 413, 422}, "", "POST", THINGS, with_entries("fields", entry("{" + many + "}")), answer_bytes=8 << 20)
    crowd = [entry('{"f:spec":{"f:whole":{}}}', f"m{i}", "Apply") for i in range(10_000)]
    a.case("ten thousand appliers", {201, 400, 413, 422}, "", "POST", THINGS, with_entries("crowd", *crowd), answer_bytes=8 << 20)
    a.case("and one more", {200, 409, 413, 422}, "", "PATCH", f"{THINGS}/crowd?fieldManager=more", thing("crowd", '{"whole":9}'), type=APPLY,
           answer_bytes=8 << 20)
    crowd = [entry('{"f:spec":{"f:whole":{}}}', f"m{i}") for i in range(10_000)]
    a.case("ten thousand updaters", {201, 400, 413, 422}, "", "POST", THINGS, with_entries("updaters", *crowd), answer_bytes=8 << 20)
    kept = a.send("GET", f"{THINGS}/updaters")["metadata.managedFields"] or []
    a.book.check(len(kept) <= 11, "of ten thousand updaters as many are kept as Kubernetes keeps", len(kept))
    for i in range(200):
        a.send("PATCH", f"{THINGS}/appliers?fieldManager=m{i}", thing("appliers", f'{{"free":{{"k{i}":1}}}}'), type=APPLY)
    a.case("two hundred appliers", {200}, "m199", "GET", f"{THINGS}/appliers")
    a.empty()


def patches(a):
    a.send("POST", THINGS, thing("patched", '{"free":{"a":{}},"numbers":[' + ",".join(["1"] * 300_000) + "]}"))
    path = f"{THINGS}/patched?fieldManager=hostile"

    def patch(what, codes, words, body, type=JSON_PATCH, **more):
        return a.case(what, codes, words, "PATCH", path, body, type=type, answer_bytes=8 << 20, **more)

    patch("a path of 10,000 steps", {422}, "missing|deeper", [{"op": "add", "path": "/spec/free" + "/a" * DEEP, "value": 1}])
    patch("a path of 10,000 steps that is tested", {422}, "", [{"op": "test", "path": "/spec/free" + "/a" * DEEP, "value": 1}])
    patch("a value 10,000 deep", {400}, DEEPER, f'[{{"op":"add","path":"/spec/free/a","value":{nested("[", DEEP, "]")}}}]')
    patch("10,001 operations", {413}, "10000|10,000|10001", [{"op": "test", "path": "/kind", "value": "Thing"}] * 10_001)
    patch("10,000 elements in front of 300,000", {200, 413, 422}, "", [{"op": "add", "path": "/spec/numbers/0", "value": 1}] * 10_000)
    patch("copies that double", {422}, "copy", [{"op": "copy", "from": "/spec/free", "path": f"/spec/free/b{i}"} for i in range(60)])
    patch("a list compared 10,000 times", {200, 422}, "", [{"op": "test", "path": "/spec/numbers", "value": None}] * 10_000)
    patch("moved 10,000 times", {200, 422}, "", [{"op": "move", "from": "/spec/numbers", "path": "/spec/numbers"}] * 10_000)
    patch("a merge 10,000 deep", {400}, DEEPER, '{"spec":{"free":' + nested('{"a":', DEEP, "}", "1") + "}}", type=MERGE)
    patch("a strategic one", {415}, "", {"spec": {"whole": 1}}, type=STRATEGIC)
    patch("one applied 10,000 deep", {400}, DEEPER, thing("patched", '{"free":' + nested('{"a":', DEEP, "}", "1") + "}"), type=APPLY)
    patch("one applied that is all aliases", {400}, "", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(8)), type=APPLY)
    a.empty()


def at_the_limit(a):
    """What may just be written can be read again, also from the disk: the script asks for these after a restart."""
    a.send("POST", THINGS, thing("limit", '{"free":{"a":{}}}'))
    at, levels = "/spec/free/a", 4  # the object, spec, free, a
    more = 50  # at a time, and one at a time near the limit
    while levels < 600:
        value = json.loads(nested('{"a":', more - 1, "}", "{}"))
        answer = a.send("PATCH", f"{THINGS}/limit", [{"op": "add", "path": at + "/a", "value": value}], type=JSON_PATCH)
        if answer.status == 200:
            at, levels = at + "/a" * more, levels + more
        elif more == 1:
            break
        else:
            more = 1
    a.book.check(answer.status == 422 and "deeper" in str(answer), "nesting has a limit for patches", answer)
    print(f"      {levels} levels were taken")
    a.case("it is read again", {200}, '"a":\\{"a":', "GET", f"{THINGS}/limit")
    a.case("and written", {200}, "", "PATCH", f"{THINGS}/limit", {"spec": {"whole": 5}}, type=MERGE)


def queries(a):
    long = "x" * (1 << 20)
    for what in ("labelSelector", "fieldSelector", "continue", "resourceVersion", "limit", "fieldManager", "timeoutSeconds"):
        a.case(f"{what} of a megabyte", {400, 413, 414, 431, 0}, "", "GET", f"{THINGS}?{what}={long}")
    many = ",".join(f"k{i}=v" for i in range(1500))
    a.case("a selector of 1,500 parts", {200, 400, 414, 431}, "", "GET", f"{THINGS}?labelSelector={many}")
    a.case("a continue token that is none", {400}, "continue", "GET", f"{THINGS}?limit=1&continue=" + "A" * 4000)


def run(a):
    a.send("POST", CRDS, definition("things", SCHEMA))
    a.served("things")
    for part in (depth, names, texts, numbers, lists, built_in, managed, patches, queries):
        part(a)
        a.empty()
    at_the_limit(a)
