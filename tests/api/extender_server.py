#!/usr/bin/env python3
"""A scheduler extender: extender_server.py PORT FOLDER [CERT KEY [CLIENTS]]. It filters out nodes whose label `extender` is "no",
gives the node named in FOLDER/best 10 and all others 1, binds by kubectl's configuration where it is asked to, and appends what it was asked to
FOLDER/asked. Of room that could be made it agrees to what FOLDER/agrees says (`agreed`), which is none without that. While FOLDER/mode says "hang" it answers nothing, with "lie" it claims a node that there is not, with "error" it says
so."""
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import threading

port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
lock = threading.Lock()


def text(name):
    file = folder / name
    return file.read_text().strip() if file.exists() else ""


def note(line):
    with lock, open(folder / "asked", "a") as file:
        file.write(line + "\n")


def labels(node):
    return node["metadata"].get("labels", {})


def uids(args):
    """Who would have to go, by node."""
    if args["NodeNameToVictims"] is None:
        return {node: [pod["UID"] for pod in who["Pods"]] for node, who in args["NodeNameToMetaVictims"].items()}
    return {node: [pod["metadata"]["uid"] for pod in who["Pods"]] for node, who in args["NodeNameToVictims"].items()}


def agreed(offers, words):
    """To all; to all but one node; with nobody on a node; with somebody who is not there; to a certain pod on a node alone."""
    said = dict(offers) if words else {}
    match words:
        case ["but", node]:
            said.pop(node, None)
        case ["bare", node]:
            said[node] = []
        case ["odd"]:
            said = {node: ["odd"] for node in offers}
        case ["pod", node, uid]:
            said = {node: [uid]}
    return {node: {"Pods": [{"UID": uid} for uid in who], "NumPDBViolations": 0} for node, who in said.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        args = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        verb = self.path.rsplit("/", 1)[-1]
        mode = text("mode")
        if mode == "hang":
            threading.Event().wait(3600)
        if verb == "filter":
            answer = self.filter(args, mode)
        elif verb == "prioritize":
            names = args["NodeNames"] or [node["metadata"]["name"] for node in args["Nodes"]["items"]]
            note(f"prioritize {args['Pod']['metadata']['name'][:4]} of {len(names)}")
            answer = [{"Host": name, "Score": 10 if name == text("best") else 1} for name in names]
        elif verb == "bind":
            answer = self.bind(args)
        elif verb == "preempt":
            offers = uids(args)
            note("preempt " + json.dumps(sorted(offers)))
            answer = {"NodeNameToMetaVictims": agreed(offers, text("agrees").split())}
        else:
            answer = None
        body = json.dumps(answer).encode()
        self.send_response(200 if answer is not None else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def filter(self, args, mode):
        if args["NodeNames"] is not None:
            note(f"filter names {sorted(args['NodeNames'])}")
            return {"NodeNames": args["NodeNames"], "FailedNodes": {}, "Error": ""}
        nodes = args["Nodes"]["items"]
        note(f"filter {args['Pod']['spec']['containers'][0]['image']} of {len(nodes)}")
        if mode == "error":
            return {"Nodes": None, "NodeNames": None, "FailedNodes": None, "Error": "out of order"}
        left = [node for node in nodes if labels(node).get("extender") != "no"]
        if mode == "lie":
            left = [{"metadata": {"name": "nowhere"}}]
        failed = {node["metadata"]["name"]: "the extender says no" for node in nodes if node not in left}
        return {"Nodes": {"items": left}, "NodeNames": None, "FailedNodes": failed, "Error": ""}

    def bind(self, args):
        note(f"bind {args['PodName']} to {args['Node']}")
        binding = {
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": args["PodName"], "uid": args["PodUID"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": args["Node"]},
        }
        file = folder / "binding.json"
        file.write_text(json.dumps(binding))
        path = f"/api/v1/namespaces/{args['PodNamespace']}/pods/{args['PodName']}/binding"
        done = subprocess.run(["kubectl", "create", "--raw", path, "-f", str(file)], capture_output=True, text=True)
        return {"Error": "" if done.returncode == 0 else done.stderr}

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    if len(sys.argv) > 5:
        context.load_verify_locations(sys.argv[5])
        context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
