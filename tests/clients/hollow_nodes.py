#!/usr/bin/env python3
"""Nodes with nobody on them, all from one process: each says that it is alive, says of its pods that they run, or that they have
ended where they are to end, and lets go of those that are deleted. Which pods are whose is left to a scheduler.

    hollow_nodes.py [--silent FOLDER] NODE…     until it is ended; whom to ask says kubectl's configuration

A node of which there is a file in FOLDER has gone: it says nothing any more and does nothing, until that is removed. Nodes that are
not there are made, with a label `disk` that says which of them it is: d1, d2, …
"""
import argparse
import base64
import http.client
import itertools
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
MERGE = "application/merge-patch+json"
BEAT = 10
OWN_CONDITIONS = ("Initialized", "ContainersReady", "Ready")
CAPACITY = {"cpu": "4", "memory": "8Gi", "pods": "110"}


def now(form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime())


class Api:
    """A server to ask, over one kept connection for each thread."""

    def __init__(self):
        view = json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "--minify", "-o", "json"], check=True,
                                         capture_output=True).stdout)
        cluster, user = view["clusters"][0]["cluster"], view["users"][0]["user"]
        self.host = cluster["server"].removeprefix("https://").rstrip("/")
        with tempfile.TemporaryDirectory() as folder:
            self.trust = ssl.create_default_context(cafile=self.file(folder, cluster, "certificate-authority"))
            self.trust.load_cert_chain(self.file(folder, user, "client-certificate"), self.file(folder, user, "client-key"))
        self.kept = threading.local()

    @staticmethod
    def file(folder, holder, what):
        if what in holder:
            return holder[what]
        path = Path(folder, what)
        path.write_bytes(base64.b64decode(holder[what + "-data"]))
        return path

    def connect(self, timeout):
        return http.client.HTTPSConnection(self.host, context=self.trust, timeout=timeout)

    def ask(self, method, path, body=None, content="application/json"):
        for last in (False, True):
            connection = getattr(self.kept, "connection", None)
            if not connection:
                connection = self.kept.connection = self.connect(30)
            try:
                connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": content})
                answer = connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith(b"{") else {}
            except (OSError, http.client.HTTPException):
                connection.close()
                self.kept.connection = None
                if last:
                    raise
        return None

    def watch(self, path):
        """Each event, until the server ends it."""
        connection = self.connect(120)
        try:
            connection.request("GET", path)
            for line in connection.getresponse():
                yield json.loads(line)
        finally:
            connection.close()


class Nodes:
    def __init__(self, api, names, silent):
        self.api, self.names, self.silent = api, names, silent
        self.gone = set()
        self.addresses = (f"10.200.{n // 250 % 250}.{n % 250 + 1}" for n in itertools.count())

    def is_there(self, name):
        return name in self.names and not (self.silent and (self.silent / name).exists())

    def beat(self):
        for number, name in enumerate(self.names, 1):
            if not self.is_there(name):
                continue
            code, node = self.api.ask("GET", f"/api/v1/nodes/{name}")
            if code == 404:
                _, node = self.api.ask("POST", "/api/v1/nodes", {"metadata": {"name": name, "labels": {
                    "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "disk": f"d{number}"}}})
            if not is_ready(node):
                self.api.ask("PATCH", f"/api/v1/nodes/{name}/status", {"status": node_status(number)}, MERGE)
            lease = {"spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now("%Y-%m-%dT%H:%M:%S.000000Z")}}
            if self.api.ask("PATCH", f"{LEASES}/{name}", lease, MERGE)[0] == 404:
                self.api.ask("POST", LEASES, {"metadata": {"name": name}, **lease})

    def keep_alive(self):
        while True:
            try:
                self.beat()
            except (OSError, http.client.HTTPException) as error:
                print("heartbeat:", error, flush=True)
            # One that has come back says so soon.
            for _ in range(BEAT):
                time.sleep(1)
                if any(self.has_returned(name) for name in self.names):
                    break

    def has_returned(self, name):
        """Whether it is there, and was gone when this was asked before."""
        there, was_gone = self.is_there(name), name in self.gone
        (self.gone.discard if there else self.gone.add)(name)
        return there and was_gone

    def see(self, pod):
        meta, path = pod["metadata"], f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if not self.is_there(pod["spec"].get("nodeName")):
            return
        if "deletionTimestamp" in meta:
            self.api.ask("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}})
        elif pod["status"].get("phase", "Pending") == "Pending" or is_missed(pod):
            status = pod_status(pod, pod["status"].get("podIP") or next(self.addresses))
            self.api.ask("PATCH", path + "/status", {"metadata": {"uid": meta["uid"]}, "status": status}, MERGE)

    def run_pods(self):
        """Lists and watches. A watch is short, so that what a node left while it was gone is seen again."""
        while True:
            try:
                _, pods = self.api.ask("GET", "/api/v1/pods?resourceVersion=0")
                for pod in pods.get("items", []):
                    self.see(pod)
                at = pods.get("metadata", {}).get("resourceVersion", "0")
                for event in self.api.watch(f"/api/v1/pods?watch=1&timeoutSeconds=20&resourceVersion={at}"):
                    if event["type"] in ("ADDED", "MODIFIED"):
                        self.see(event["object"])
            except (OSError, http.client.HTTPException, ValueError) as error:
                print("pods:", error, flush=True)
                time.sleep(1)


def is_ready(of):
    return any(each["type"] == "Ready" and each["status"] == "True" for each in of.get("status", {}).get("conditions", []))


def is_missed(pod):
    """It runs, and others say that it is not ready, because its node was away."""
    return pod["status"].get("phase") == "Running" and not is_ready(pod)


def node_status(number):
    return {"capacity": CAPACITY, "allocatable": CAPACITY,
            "addresses": [{"type": "InternalIP", "address": f"192.0.2.{number}"}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "hollow",
                            "lastHeartbeatTime": now(), "lastTransitionTime": now()}]}


def pod_status(pod, address):
    ends = pod["spec"].get("restartPolicy") == "Never"
    ended = {"exitCode": 0, "reason": "Completed", "finishedAt": now(), "startedAt": now()}
    state = {"terminated": ended} if ends else {"running": {"startedAt": now()}}
    return {
        "phase": "Succeeded" if ends else "Running", "startTime": now(), "podIP": address, "podIPs": [{"ip": address}],
        "conditions": [each for each in pod["status"].get("conditions", []) if each["type"] not in OWN_CONDITIONS] +
        [{"type": kind, "status": "False" if ends and kind != "Initialized" else "True", "lastTransitionTime": now(),
          **({"reason": "PodCompleted"} if ends else {})} for kind in OWN_CONDITIONS],
        "containerStatuses": [{"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0,
                               "ready": not ends, "started": not ends, "state": state} for container in pod["spec"]["containers"]]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--silent", type=Path, metavar="FOLDER")
    parser.add_argument("nodes", nargs="+", metavar="NODE")
    options = parser.parse_args()
    nodes = Nodes(Api(), options.nodes, options.silent)
    threading.Thread(target=nodes.keep_alive, daemon=True).start()
    try:
        nodes.run_pods()
    except KeyboardInterrupt:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
