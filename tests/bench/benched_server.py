"""A `cleat server` of a benchmark's own on loopback, its administrator's requests, and the loads of tests/bench/load.

    server = BenchedServer(build, settings="[schedulers]\\nenabled = []\\n")     # nothing runs yet
    server.tell_limits()
    server.start()
    server.make_token()                                # the loads are made by a service account
    server.request("POST", "/api/v1/namespaces", {"metadata": {"name": "a"}})
    figures = server.load("create", "/api/v1/namespaces/a/configmaps", "--count", 1000)
    server.close()                                     # its data as well

Whatever fails ends the benchmark with what the server or its log says. Nothing is left of it when the benchmark ends.
"""
import atexit
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CLUSTER_ROLE_BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
SERVICE_ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BenchedServer:
    def __init__(self, build, settings=""):
        self.build = Path(build).resolve()
        self.work = Path(tempfile.mkdtemp(prefix="cleat-bench."))
        self.data = self.work / "data"
        self.port = free_port()
        self.settings = self.work / "server.toml"
        self.settings.write_text(settings)
        self.process = None
        self.kept = threading.local()
        atexit.register(self.discard)

    def start(self):
        """Returns the seconds until it says that it is ready."""
        began = time.monotonic()
        self.kept = threading.local()
        self.process = subprocess.Popen([self.build / "bin/cleat", "server", "--config", self.settings, "--data-dir", self.data,
                                         "--listen", f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        self.said = []
        limit = threading.Timer(60, self.process.kill)
        limit.start()
        for line in self.process.stdout:
            self.said.append(line)
            if "is ready" in line:
                break
        else:
            sys.exit("".join(self.said))
        limit.cancel()
        threading.Thread(target=self.said.extend, args=(self.process.stdout,), daemon=True).start()
        return time.monotonic() - began

    def stop(self):
        self.process.terminate()
        if self.process.wait(60) != 0:
            sys.exit(f"the server ended with {self.process.returncode}: {''.join(self.said)[-2000:]}")

    def close(self):
        self.stop()
        self.discard()

    def discard(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def trust(self):
        """As the administrator, whose certificate the server has made."""
        context = ssl.create_default_context(cafile=self.data / "pki/ca.crt")
        context.load_cert_chain(self.data / "pki/admin.crt", self.data / "pki/admin.key")
        return context

    def request(self, method, path, body=None):
        """Over a connection that each thread keeps."""
        if not hasattr(self.kept, "connection"):
            self.kept.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trust(), timeout=60)
        connection = self.kept.connection
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {content.decode()[:500]}")
        return json.loads(content)

    def make_token(self):
        """Of a service account that may do everything."""
        self.request("POST", CLUSTER_ROLE_BINDINGS,
                     {"metadata": {"name": "bench"},
                      "subjects": [{"kind": "ServiceAccount", "name": "bench", "namespace": "default"}],
                      "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}})
        self.request("POST", SERVICE_ACCOUNTS, {"metadata": {"name": "bench"}})
        answer = self.request("POST", f"{SERVICE_ACCOUNTS}/bench/token",
                              {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 36000}})
        (self.work / "token").write_text(answer["status"]["token"])

    def load(self, command, path, *options):
        program = [self.build / "tests/bench/load", "--json", command, "--port", self.port, "--token", self.work / "token", "--ca",
                   self.data / "pki/ca.crt", "--path", path, *options]
        return json.loads(subprocess.run(list(map(str, program)), check=True, text=True, stdout=subprocess.PIPE).stdout)

    def limits(self):
        program = [self.build / "tests/bench/load", "--json", "limits", "--folder", self.work]
        return json.loads(subprocess.run(program, check=True, text=True, stdout=subprocess.PIPE).stdout)

    def tell_limits(self):
        print("the machine: " + "  ".join(f"{name} {figure:.0f}" for name, figure in self.limits().items()), flush=True)

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def calm(self):
        """Its processor time once it has no more to do."""
        before = self.processor_seconds()
        while True:
            time.sleep(0.5)
            now = self.processor_seconds()
            if now - before < 0.03:
                return now
            before = now

    def resident_kb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0
