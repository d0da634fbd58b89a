"""Servers that are asked about tokens, requests and images, good and bad ones: review_server.py PORT CERTIFICATE KEY AUTHORITY FOLDER

What it does is said by the path; FOLDER/log has a line for each review: the path, as whom it was asked, the spec in JSON.
"""
import json
import ssl
import sys
import threading
import time

from https_service import Answering, serve


def token_status(spec):
    """good-NAME is NAME's, vault-NAME is as well but for vault alone, wrong-WHY is nobody's and says why."""
    kind, _, name = spec["token"].partition("-")
    user = {"username": name, "uid": "uid-" + name, "groups": ["reviewed"], "extra": {"by": ["webhook"]}}
    if kind == "good":
        return {"authenticated": True, "user": user}
    if kind == "vault":
        return {"authenticated": True, "user": user, "audiences": ["vault"]}
    if kind == "wrong":
        return {"authenticated": False, "error": name}
    if kind == "nameless":
        return {"authenticated": True, "user": {}}
    return {"authenticated": False}


def access_status(spec):
    """The user's name says what they may: allow-…, deny-…, none-…"""
    if spec["user"].startswith("allow-"):
        return {"allowed": True, "reason": "the webhook likes it"}
    if spec["user"].startswith("deny-"):
        return {"allowed": False, "denied": True, "reason": "the webhook minds"}
    return {"allowed": False, "reason": "the webhook has no opinion"}


def image_status(spec):
    bad = [each["image"] for each in spec["containers"] if "bad" in each["image"]]
    if not bad:
        return {"allowed": True, "auditAnnotations": {"checked": "yes"}}
    return {"allowed": False} if "silent" in bad[0] else {"allowed": False, "reason": bad[0] + " is bad"}


class Reviewer(Answering):
    lock = threading.Lock()
    failures = {}
    peers = set()

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        certificate = self.connection.getpeercert() or {}
        names = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
        who = names[0] if names else self.headers.get("Authorization", "nobody")
        path = self.path.split("?")[0]
        with self.lock:
            self.peers.add(self.client_address)
            with open(sys.argv[5] + "/log", "a") as log:
                log.write(f"{path} {who} {len(self.peers)} {json.dumps(review['spec'])}\n")
        status = {"TokenReview": token_status, "SubjectAccessReview": access_status,
                  "ImageReview": image_status}[review["kind"]](review["spec"])
        reply = {"apiVersion": review["apiVersion"], "kind": review["kind"], "status": status}
        if path == "/hang":
            time.sleep(60)
        elif path == "/slow":
            time.sleep(1)
        elif path == "/gigabyte":
            return self.pour(b"x" * 65536, 1 << 14, 0)
        elif path == "/drip":
            return self.pour(b" ", 600, 0.1)
        elif path == "/redirect":
            return self.send(b"", 307, [("Location", "/good")])
        elif path == "/error":
            return self.send(b"out of order", 500)
        elif path == "/unknown":
            return self.send(b"", 404)
        elif path == "/nonsense":
            return self.send(b"{]")
        elif path == "/another-kind":
            reply["kind"] = "Pod"
        elif path == "/no-status":
            del reply["status"]
        elif path == "/both":
            reply["status"] = {"allowed": True, "denied": True}
        elif path == "/flaky":
            with self.lock:
                count = self.failures[path] = self.failures.get(path, 0) + 1
            if count % 2:
                return self.send(b"busy", 503)
        return self.send(json.dumps(reply).encode())


serve(Reviewer, *sys.argv[1:5], clients=ssl.CERT_OPTIONAL)
