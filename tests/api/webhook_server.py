"""Webhooks for webhooks_test.sh, good and bad ones: webhook_server.py PORT CERTIFICATE KEY LOG

What it does is said by the path. Every review that comes is a line of LOG: the path, then the request in JSON. What is
answered late is answered when GET /release/PATH has come, for all that ask for PATH, or when whoever asks has gone.
"""
import base64
import json
import select
import sys
import threading

from https_service import Answering, serve


def patch(*operations):
    return {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(operations).encode()).decode()}


def label(name, value, request):
    if not (request["object"] or {}).get("metadata", {}).get("labels"):
        return patch({"op": "add", "path": "/metadata/labels", "value": {name: value}})
    return patch({"op": "add", "path": "/metadata/labels/" + name, "value": value})


def convert(request, answer):
    """spec.color becomes spec.paint.color in v2, and back."""
    made = []
    for each in request["objects"]:
        each["apiVersion"] = request["desiredAPIVersion"]
        spec = each.setdefault("spec", {})
        if request["desiredAPIVersion"].endswith("/v2") and "color" in spec:
            spec["paint"] = {"color": spec.pop("color")}
        if request["desiredAPIVersion"].endswith("/v1") and "paint" in spec:
            spec["color"] = spec.pop("paint")["color"]
        spec["junk"] = "which no schema knows"
        each["metadata"].setdefault("labels", {})["converted"] = "yes"
        made.append(each)
    answer["convertedObjects"] = made
    answer["result"] = {"status": "Success"}


def spoil(converted, what):
    """What a conversion may not do to metadata, or what of it counts for nothing."""
    metadata = converted["metadata"]
    if what == "nothing":
        del converted["metadata"]
    elif what == "labels":
        metadata["labels"] = {"size": 7}
    elif what == "wronglabels":
        metadata["labels"] = {"size": "not so"}
    elif what == "rest":
        metadata.update(generation=77, finalizers=["example.com/f"], creationTimestamp=None, ownerReferences=[])
        metadata["annotations"] = {"made": "here"}
    else:
        metadata[what] = "another"


class Webhook(Answering):
    content_type = "application/json"
    lock = threading.Lock()
    peers = set()
    crowds = {}  # by path: how many are there, and who tells that they are enough
    released = {}  # by path

    def gather(self, path, enough):
        with self.lock:
            crowd = self.crowds.setdefault(path, [0, threading.Event()])
            crowd[0] += 1
            if crowd[0] == enough:
                crowd[1].set()
        crowd[1].wait(30)

    def release(self, path):
        with self.lock:
            return self.released.setdefault(path, threading.Event())

    def asker_goes(self, seconds):
        """Whether whoever asks goes away within that time, or says something else."""
        gone = bool(select.select([self.connection], [], [], seconds)[0])
        self.close_connection = self.close_connection or gone
        return gone

    def note(self, line):
        with self.lock, open(sys.argv[4], "a") as log:
            log.write(line + "\n")

    def do_GET(self):
        self.release(self.path.removeprefix("/release")).set()
        return self.send(b"{}")

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0]
        request = review["request"] if "request" in review else review["spec"]  # of an authorizer
        with self.lock:
            self.peers.add(self.client_address)
            peers = len(self.peers)
        self.note(path + " " + json.dumps({**request, "connections": peers}))
        if path == "/slow-review":
            self.release(path).wait(30)
            return self.send(json.dumps({**review, "status": {"allowed": False}}).encode())
        answer = {"uid": request["uid"], "allowed": True}
        reply = {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": answer}
        if path == "/deny":
            answer.update(allowed=False, status={"code": 403, "reason": "Forbidden", "message": "not on my watch"})
        elif path == "/deny-warned":
            answer.update(allowed=False, status={"message": "told you"}, warnings=["mind the gap", "and the step"])
        elif path == "/deny-silently":
            answer.update(allowed=False)
        elif path == "/warn":
            answer.update(warnings=["mind the gap"], auditAnnotations={"seen": "yes"})
        elif path == "/warn-at-length":
            answer.update(warnings=["x" * 300])
        elif path == "/warn-much":
            answer.update(warnings=[f"{number:02}" + "é" * 300 for number in range(20)])
        elif path.startswith("/label/"):
            answer.update(label(path.split("/")[2], "yes", request))
        elif path.startswith("/set/"):  # MEMBER/VALUE
            _, _, member, value = path.split("/")
            answer.update(patch({"op": "add", "path": "/" + member, "value": [int(value)] if value.isdigit() else value}))
        elif path == "/beta":  # as webhooks of that form could answer
            if review["apiVersion"] == "admission.k8s.io/v1beta1":
                answer.update(label("beta", "yes", request))
                del answer["uid"], answer["patchType"]
        elif path == "/count":
            count = int((request["object"]["metadata"].get("labels") or {}).get("count", "0")) + 1
            answer.update(label("count", str(count), request))
        elif path == "/sidecar":
            if all(each["name"] != "side" for each in request["object"]["spec"]["containers"]):
                answer.update(patch({"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": "i"}}))
        elif path == "/size":  # a part of an object that defaults are for
            answer.update(patch({"op": "add", "path": "/spec/size", "value": {}}))
        elif path == "/rename":
            answer.update(patch({"op": "add", "path": "/metadata/name", "value": "mine"}))
        elif path == "/prefix":
            answer.update(patch({"op": "replace", "path": "/metadata/generateName", "value": "other-"}))
        elif path == "/move":
            answer.update(patch({"op": "add", "path": "/metadata/namespace", "value": "kube-public"}))
        elif path == "/defaulter":  # what comes of an object that a Go program has written anew
            answer.update(patch({"op": "add", "path": "/metadata/creationTimestamp", "value": None},
                                {"op": "add", "path": "/metadata/generation", "value": 7},
                                {"op": "add", "path": "/metadata/labels/defaulted", "value": "yes"},
                                {"op": "add", "path": "/status", "value": {}}))
        elif path == "/phase":
            answer.update(patch({"op": "add", "path": "/status", "value": {"phase": "Hooked"}}))
        elif path == "/patch-nonsense":
            answer.update(patch({"op": "replace", "path": "/data", "value": 7}))
        elif path == "/patch-missing":
            answer.update(patch({"op": "remove", "path": "/data/absent"}))
        elif path == "/patch-undecodable":
            answer.update(patchType="JSONPatch", patch=base64.b64encode(b'{"op":"add"}').decode())
        elif path == "/deny-undecodable":
            answer.update(allowed=False, status={"message": "no"}, patchType="JSONPatch", patch=base64.b64encode(b"{").decode())
        elif path == "/wrong-uid":
            answer.update(uid="another")
        elif path == "/no-response":
            del reply["response"]
        elif path == "/untyped-patch":
            answer.update(patch=base64.b64encode(b"[]").decode())
        elif path == "/error":
            return self.send(b"out of order", 500)
        elif path == "/redirect":
            return self.send(b"", 307, [("Location", "/label/redirected")])
        elif path == "/hang":
            if self.asker_goes(30):
                return None
        elif path.startswith("/gather/"):  # COUNT: none is answered before so many are there
            self.gather(path, int(path.split("/")[2]))
        elif path == "/late":
            self.release(path).wait(30)
        elif path == "/nonsense":
            return self.send(b"{]")
        elif path == "/gigabyte":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 30))
            self.end_headers()
            try:
                for _ in range(1 << 14):
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True
            return None
        elif path == "/flood":  # without an end, and as fast as it is taken
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for _ in range(1 << 14):
                    self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            except OSError:
                self.close_connection = True
            return None
        elif path == "/hang-up":  # answers, and is gone
            self.close_connection = True
        elif path == "/half":  # a part of an answer at once, which is a line of LOG too, the rest later
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:50])
            self.note("/half-sent")
            self.release(path).wait(30)
            self.wfile.write(body[50:])
            return None
        elif path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                for _ in range(300):
                    self.wfile.write(b" ")
                    if self.asker_goes(0.1):
                        break
            except OSError:
                self.close_connection = True
            return None
        elif path == "/convert":
            convert(request, answer)
        elif path.startswith("/convert-badly/"):
            convert(request, answer)
            for each in answer["convertedObjects"]:
                spoil(each, path.split("/")[2])
        elif path == "/convert-not":
            answer["result"] = {"status": "Failure", "message": "cannot be converted"}
        return self.send(json.dumps(reply).encode())


serve(Webhook, *sys.argv[1:4])
