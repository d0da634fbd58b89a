"""What the hostile cases share: requests with whatever bytes, what each cost, and the server's memory."""
import http.client
import json
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "matrix"))
from client import JSON, Answer, Book, Server  # noqa: E402

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "hostile.example.com"
THINGS = f"/apis/{GROUP}/v1/namespaces/default/things"
# Of the server's processors. Generous, since a sanitizer may be at work: what explodes takes hours.
MOST_SECONDS = 30


http.client._MAXHEADERS = 1000  # a client of its own would take them as well


class Attacker:
    def __init__(self, pid):
        self.server, self.book, self.pid = Server(), Book(), pid

    def send(self, method, path, body=None, type=JSON, accept=JSON):
        """One request on a connection of its own, whatever becomes of the connection."""
        connection = self.server.connect()
        connection.timeout = 150
        content = body if isinstance(body, bytes | None) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = {"Accept": accept, "User-Agent": "attacker/1", **({"Content-Type": type} if content is not None else {})}
        name = f"{method} {path[:200]}"
        try:
            try:
                connection.request(method, path, content, headers)
            except OSError:
                pass  # it has answered before all was sent
            response = connection.getresponse()
            return Answer(name, response.status, response.headers, response.read())
        except (http.client.HTTPException, OSError) as error:
            return Answer(name, 0, {}, repr(error).encode())
        finally:
            connection.close()

    def case(self, what, codes, pattern, method, path, body=None, seconds=MOST_SECONDS, megabytes=700, answer_bytes=1 << 20, **more):
        """The request must get one of the codes, the words, within the time and the memory, and not too long an answer."""
        before = self.peak_anew()
        began = self.processor_seconds()
        answer = self.send(method, path, body, **more)
        took = self.processor_seconds() - began
        grown = self.peak() - before
        text = answer.body.decode(errors="replace")
        size = len(answer.body) + sum(len(k) + len(v) for k, v in answer.headers.items())
        wrong = []
        if answer.status not in codes:
            wrong.append(f"status {answer.status}")
        if not re.search(pattern, text, re.S):
            wrong.append(f"no words like {pattern}")
        if took > seconds:
            wrong.append(f"took {took:.1f} s")
        if grown > megabytes:
            wrong.append(f"took {grown} MB")
        if size > answer_bytes:
            wrong.append(f"an answer of {size} bytes")
        self.book.check(not wrong, f"{what}: {', '.join(wrong)}", answer)
        print(f"{'ok   ' if not wrong else '     '} {what}: {answer.status}, {took * 1000:.0f} ms, {grown} MB more", flush=True)
        return answer

    def processor_seconds(self):
        """What all threads have had so far, so that it does not matter who else is at work on the machine."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) // 1024
        raise OSError(f"the server has no {name}")

    def resident(self):
        return self.memory("VmRSS")

    def peak(self):
        return self.memory("VmHWM")

    def peak_anew(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        return self.resident()

    def settled(self, most, seconds=40):
        """Waits for the resident memory to come back below so many megabytes."""
        until = time.monotonic() + seconds
        while self.resident() > most and time.monotonic() < until:
            self.send("GET", "/readyz")
            time.sleep(0.5)
        return self.resident()

    def until(self, what, condition, seconds=MOST_SECONDS):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return self.book.check(False, what)
            time.sleep(0.1)
        return self.book.check(True, what)

    def define(self, plural, schema, **more):
        """A custom kind, and that it is served."""
        self.server.ask("POST", CRDS, definition(plural, schema, **more))
        self.served(plural)

    def served(self, plural):
        self.until(f"{plural} are served", lambda: self.send("GET", f"/apis/{GROUP}/v1/{plural}").status == 200)

    def undefine(self, *plurals):
        for plural in plurals:
            self.send("DELETE", f"{CRDS}/{plural}.{GROUP}")
        for plural in plurals:
            self.until(f"{plural} are gone", lambda plural=plural: self.send("GET", f"{CRDS}/{plural}.{GROUP}").status == 404)

    def empty(self, path=THINGS):
        self.server.ask("DELETE", path)


def definition(plural, schema, *, columns=(), more_versions=()):
    kind = plural[:-1].capitalize()
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}}
    if columns:
        version["additionalPrinterColumns"] = list(columns)
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{GROUP}"},
            "spec": {"group": GROUP, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
                     "versions": [version, *more_versions]}}


def thing(name, spec="{}", metadata="", kind="Thing"):
    """As text, so that it can be as odd as it likes."""
    return f'{{"apiVersion":"{GROUP}/v1","kind":"{kind}","metadata":{{"name":"{name}"{metadata}}},"spec":{spec}}}'


def nested(opening, count, closing, inside=""):
    return opening * count + inside + closing * count
