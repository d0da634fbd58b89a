"""What extension_server.py's document has become in the server's own of OpenAPI v2, which is read from the input behind an answer's
status: the name that its ObjectMeta has there, when everything else is as it should be."""
import json
import sys

document = json.loads(sys.stdin.read().split(None, 1)[1])
paths, definitions = document["paths"], document["definitions"]


def named(schema):
    return schema["$ref"].removeprefix("#/definitions/")


get = paths["/apis/things.example.com/v1/namespaces/{namespace}/things"]["get"]
thing = definitions[named(get["responses"]["200"]["schema"])]
meta = named(thing["properties"]["metadata"])
assert definitions[meta]["description"] == "Things' own."
assert "uid" in definitions["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"]
others = [name for name in [*paths, *definitions] if "others.example.com" in name or "Unused" in name]
print(f"things.example.com: {meta},", f"and {others}" if others else "not others")
