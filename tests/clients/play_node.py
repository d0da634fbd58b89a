#!/usr/bin/env python3
"""Plays the node for a server that has none: binds each pod and says that it runs, or that it has ended where it is to end.

    play_node.py [NODE]     until it is ended; asks with kubectl. Without a node it binds nothing: a scheduler does
"""
import json
import subprocess
import sys
import time


def kubectl(*arguments, given=None):
    return subprocess.run(("kubectl",) + arguments, capture_output=True, text=True, input=given, check=False)


def status(pod):
    ends = pod["spec"].get("restartPolicy") == "Never"
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    state = {"terminated": {"exitCode": 0, "finishedAt": now, "startedAt": now}} if ends else {"running": {"startedAt": now}}
    return {
        "phase": "Succeeded" if ends else "Running", "startTime": now, "podIP": "192.0.2.9", "podIPs": [{"ip": "192.0.2.9"}],
        "conditions": [{"type": kind, "status": "False" if ends and kind != "Initialized" else "True"}
                       for kind in ("Initialized", "ContainersReady", "Ready")],
        "containerStatuses": [{
            "name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, "ready": not ends,
            "state": state} for container in pod["spec"]["containers"]]}


def bind(pod, node):
    meta = pod["metadata"]
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
               "target": {"kind": "Node", "name": node}}
    kubectl("create", "--raw", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/binding", "-f", "-",
            given=json.dumps(binding))


def look(node):
    answer = kubectl("get", "pods", "-A", "-o", "json")
    for pod in json.loads(answer.stdout)["items"] if answer.returncode == 0 else []:
        meta = pod["metadata"]
        of = ("-n", meta["namespace"], "pod", meta["name"])
        if "deletionTimestamp" in meta:
            kubectl("delete", "--force", "--grace-period=0", "--wait=false", *of)
        elif pod["status"].get("phase", "Pending") == "Pending":
            if not pod["spec"].get("nodeName") and not node:
                continue
            if not pod["spec"].get("nodeName"):
                bind(pod, node)
            kubectl("patch", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status(pod)}), *of)


while True:
    look(sys.argv[1] if len(sys.argv) > 1 else "")
    time.sleep(0.2)
