"""Servers that are asked about tokens, requests and images, good and bad ones: review_server.py PORT CERTIFICATE KEY AUTHORITY FOLDER

What it does is said by the path; FOLDER/log has a line for each review: the path, as whom it was asked, the spec in JSON.
"""
import http.server
import json
import ssl
import sys
import threading
import time


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


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Who goes away, or does not trust this server, is no news."""


class Reviewer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    failures = {}
    peers = set()

    def log_message(self, *_):
        pass

    def send(self, body, code=200, headers=()):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pour(self, piece, count, pause):
        """A gigabyte as it comes, or few bytes over a long time."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(piece) * count))
        self.end_headers()
        try:
            for _ in range(count):
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass
        self.close_connection = True

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


server = Server(("127.0.0.1", int(sys.argv[1])), Reviewer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
context.load_verify_locations(sys.argv[4])
context.verify_mode = ssl.CERT_OPTIONAL
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
