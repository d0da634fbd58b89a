"""An API server behind another one: serves things.example.com/v1, and tells what it was asked by whom.

extension_server.py PORT CERTIFICATE KEY CLIENT_AUTHORITY
"""

import json
import ssl
import sys
import time

from https_service import Answering, serve

GROUP = "/apis/things.example.com/v1"
RESOURCES = {
    "kind": "APIResourceList",
    "apiVersion": "v1",
    "groupVersion": "things.example.com/v1",
    "resources": [
        {"name": "things", "singularName": "thing", "namespaced": True, "kind": "Thing", "verbs": ["get", "list", "watch", "create"], "shortNames": ["th"]},
        {"name": "things/status", "singularName": "", "namespaced": True, "kind": "Thing", "verbs": ["get"]},
    ],
}
# A definition that this server's own document has with other words, one that refers to it, and one that nothing leads to.
DOCUMENT = {
    "swagger": "2.0",
    "paths": {
        GROUP + "/namespaces/{namespace}/things": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/com.example.Thing"}}}}},
        "/apis/others.example.com/v1/": {"get": {}},
    },
    "definitions": {
        "com.example.Thing": {"type": "object", "properties": {"metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}}},
        "com.example.Unused": {"type": "object"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "description": "Things' own."},
    },
}


def thing(name, **more):
    return {"apiVersion": "things.example.com/v1", "kind": "Thing", "metadata": {"name": name, "namespace": "default"}, **more}


class Extension(Answering):
    content_type = "application/json"

    def answer(self, value, code=200):
        self.send(json.dumps(value).encode(), code)

    def asked(self, body=""):
        """What was asked: the request, whose certificate it came with, and for whom."""
        subject = dict(pair[0] for pair in self.connection.getpeercert().get("subject", []))
        remote = [f"{name}={value}" for name, value in self.headers.items() if name.lower().startswith("x-remote")]
        return {"request": f"{self.command} {self.path}", "by": subject.get("commonName"), "for": remote, "body": body}

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == GROUP:
            return self.answer(RESOURCES)
        if path == "/openapi/v3" + GROUP:
            return self.answer({"openapi": "3.0.0", "info": {"title": "things", "version": "1"}, "paths": {GROUP + "/": {}}})
        if path == "/openapi/v2":
            return self.answer(DOCUMENT)
        if path.endswith("/things") and "watch=" in query:
            return self.watch()
        if path.endswith("/things"):
            return self.answer({"apiVersion": "things.example.com/v1", "kind": "ThingList", "metadata": {"resourceVersion": "1"}, "items": [thing("one"), thing("two")]})
        if path.endswith("/things/teapot"):
            return self.answer({"apiVersion": "v1", "kind": "Status", "status": "Failure", "message": "I am a teapot", "code": 418}, 418)
        return self.answer(thing(path.rsplit("/", 1)[-1], asked=self.asked()))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer({**json.loads(body), "asked": self.asked(body.decode())}, 201)

    def watch(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(3000):
            event = json.dumps({"type": "ADDED", "object": thing("watched")}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            time.sleep(0.1)


serve(Extension, *sys.argv[1:5], clients=ssl.CERT_REQUIRED)
