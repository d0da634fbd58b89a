"""How the matrix speaks to the server: requests over HTTPS with the administrator's certificate, watches, and the book of what was
checked."""
import base64
import http.client
import json
import os
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PROTOBUF = "application/vnd.kubernetes.protobuf"


class Book:
    """Counts checks and prints those that failed, with what was asked."""

    def __init__(self):
        self.checks = self.failures = 0

    def check(self, ok, what, detail=""):
        self.checks += 1
        if not ok:
            self.failures += 1
            print(f"FAIL  {what}" + (f"\n      {str(detail)[:1200]}" if detail != "" else ""), flush=True)
        return bool(ok)


class Answer:
    def __init__(self, request, status, headers, body):
        self.request, self.status, self.headers, self.body = request, status, headers, body
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None

    def __getitem__(self, path):
        """A member by its dotted path, or None."""
        return at(self.json, path)

    @property
    def revision(self):
        return self["metadata.resourceVersion"]

    def __str__(self):
        return f"{self.request}: {self.status} {self.body[:900].decode(errors='replace')}"


def at(value, path):
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


class Among(list):
    """What a list has to have, beside what others put there."""


def holds(value, wanted):
    """Whether `value` has all that `wanted` says."""
    if isinstance(wanted, Among):
        return isinstance(value, list) and all(any(holds(each, one) for each in value) for one in wanted)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(holds(value.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(holds, value, wanted))
    return value == wanted


def merged(value, patch):
    """A JSON merge patch, as RFC 7386 says."""
    if not isinstance(patch, dict):
        return patch
    out = dict(value) if isinstance(value, dict) else {}
    for name, member in patch.items():
        if member is None:
            out.pop(name, None)
        else:
            out[name] = merged(out.get(name), member)
    return out


class Server:
    def __init__(self):
        view = subprocess.run(["kubectl", "config", "view", "--raw", "--flatten", "-o", "json"], capture_output=True, check=True)
        config = json.loads(view.stdout)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.host = urllib.parse.urlsplit(cluster["server"]).netloc
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            for name in ("client-certificate-data", "client-key-data"):
                pair.write(base64.b64decode(user[name]).decode())
            pair.flush()
            self.tls.load_cert_chain(pair.name)
        self.connection = None

    def connect(self):
        return http.client.HTTPSConnection(self.host, context=self.tls, timeout=60)

    def ask(self, method, path, body=None, *, type=JSON, accept=JSON, **query):
        if query:
            path += ("&" if "?" in path else "?") + urllib.parse.urlencode(query)
        headers = {"Accept": accept, "User-Agent": "matrix/1"}
        content = None
        if body is not None:
            headers["Content-Type"] = type
            content = json.dumps(body)
        for attempt in (0, 1):
            self.connection = self.connection or self.connect()
            try:
                self.connection.request(method, path, content, headers)
                response = self.connection.getresponse()
                answer = Answer(f"{method} {path}", response.status, response.headers, response.read())
                break
            except (http.client.HTTPException, OSError):
                self.connection = None
                if attempt:
                    raise
        if answer.headers.get("Connection", "").lower() == "close":
            self.connection = None
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def patch(self, path, body, type=MERGE, **more):
        return self.ask("PATCH", path, body, type=type, **more)

    def apply(self, path, body, manager="matrix", **more):
        return self.ask("PATCH", path, body, type=APPLY, fieldManager=manager, **more)


class Watch:
    """The events of a collection, read on a thread of its own."""

    def __init__(self, server, path, revision, **query):
        self.events = []
        self.news = threading.Condition()
        self.connection = server.connect()
        query = urllib.parse.urlencode({"watch": 1, "timeoutSeconds": 300, "resourceVersion": revision, **query})
        self.connection.request("GET", f"{path}?{query}", headers={"Accept": JSON})
        self.response = self.connection.getresponse()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for line in self.response:
                with self.news:
                    self.events.append(json.loads(line))
                    self.news.notify_all()
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # it was closed

    def until(self, name, type, seconds=10):
        """Waits for an event about the object; the events about it so far."""
        until = time.monotonic() + seconds
        with self.news:
            while True:
                mine = [e for e in self.events if at(e, "object.metadata.name") == name]
                if any(e["type"] == type for e in mine):
                    return mine
                if not self.news.wait(until - time.monotonic()) and time.monotonic() >= until:
                    return mine

    def close(self):
        try:
            self.connection.sock.shutdown(2)
        except (OSError, AttributeError):
            pass


def eventually(seconds, condition):
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() >= until:
            return found
        time.sleep(0.1)
