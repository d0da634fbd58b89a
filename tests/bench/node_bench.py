"""Measures a real node from outside: how soon a server is ready, how long a pod takes to run, and what an idle node costs.

    tests/bench/node_bench.py BUILD_DIR      as root; takes about a minute and a half

Each figure stands beside what the machine itself takes for the like: starting a process, starting a bare runc container.
"""
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

build = Path(sys.argv[1]).resolve()
source = Path(__file__).resolve().parents[2]
cleat = build / "bin" / "cleat"
work = Path(tempfile.mkdtemp(prefix="cleat-bench."))
data = work / "data"
PODS = 20
IDLE_SECONDS = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(arguments, sign, limit=60):
    log = open(work / "log", "w")
    began = time.monotonic()
    process = subprocess.Popen([cleat, *arguments], stdout=log, stderr=subprocess.STDOUT)
    while sign not in (work / "log").read_text():
        if process.poll() is not None or time.monotonic() > began + limit:
            sys.exit((work / "log").read_text())
        time.sleep(0.002)
    return process, time.monotonic() - began


def stop(process):
    process.terminate()
    process.wait(30)


def kubectl(*arguments):
    return subprocess.run(["kubectl", *arguments], capture_output=True, text=True)


def milliseconds(values):
    values = sorted(values)
    return f"p50 {statistics.median(values) * 1000:.0f} ms, p90 {values[int(len(values) * 0.9)] * 1000:.0f} ms"


def measure_starts():
    times = []
    for i in range(5):
        folder = work / f"empty{i}"
        server, took = start(["server", "--data-dir", folder, "--listen", f"127.0.0.1:{free_port()}"], "is ready")
        times.append(took)
        stop(server)
    began = time.monotonic()
    for _ in range(20):
        subprocess.run(["/bin/true"])
    print(f"cleat server, start to ready, empty: {milliseconds(times)}")
    print(f"    the machine: starting /bin/true {(time.monotonic() - began) / 20 * 1000:.1f} ms")


class Watcher:
    """Notes when each step of each pod becomes visible to a client that watches."""

    def __init__(self):
        self.pods = {}
        self.process = subprocess.Popen(["kubectl", "get", "pods", "-w", "-o", "json", "--output-watch-events"],
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        text, decoder = "", json.JSONDecoder()
        for line in self.process.stdout:
            text += line
            try:
                event, end = decoder.raw_decode(text)
            except ValueError:
                continue
            text = text[end:].lstrip()
            self.note(event["object"], time.monotonic())

    def note(self, pod, now):
        steps = self.pods.setdefault(pod["metadata"]["name"], {})
        steps.setdefault("created", now)
        if pod["spec"].get("nodeName"):
            steps.setdefault("bound", now)
        if pod.get("status", {}).get("phase") == "Running":
            steps.setdefault("running", now)


def measure_pods():
    watcher = Watcher()
    time.sleep(1)
    for i in range(PODS):
        kubectl("run", f"bench{i}", "--image=cleat-demo:1", "--restart=Never")
        limit = time.monotonic() + 30
        while "running" not in watcher.pods.get(f"bench{i}", {}) and time.monotonic() < limit:
            time.sleep(0.005)
    watcher.process.kill()
    pods = [steps for steps in watcher.pods.values() if "running" in steps]
    print(f"pod create to Running, image present, {len(pods)} pods: "
          f"{milliseconds([p['running'] - p['created'] for p in pods])}")
    print(f"    of which until bound: {milliseconds([p['bound'] - p['created'] for p in pods])}")
    print(f"    and sandbox, network and container: {milliseconds([p['running'] - p['bound'] for p in pods])}")
    kubectl("delete", "pods", "--all", "--grace-period=1")


def measure_idle(process):
    kubectl("create", "deployment", "idle", "--image=cleat-demo:1", "--replicas=3")
    kubectl("rollout", "status", "deployment/idle", "--timeout=60s")
    time.sleep(10)
    ticks = lambda: sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    before = ticks()
    time.sleep(IDLE_SECONDS)
    share = (ticks() - before) / os.sysconf("SC_CLK_TCK") / IDLE_SECONDS * 100
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    print(f"idle, three pods: {int(status['VmRSS'].split()[0]) / 1000:.1f} MB resident "
          f"({int(status['RssAnon'].split()[0]) / 1000:.1f} MB of it its own), {share:.2f}% of a core")


def main():
    os.environ["KUBECONFIG"] = str(data / "admin.kubeconfig")
    os.environ["HOME"] = str(work)
    up = None
    try:
        measure_starts()
        up, _ = start(["up", "--data-dir", data, "--listen", f"0.0.0.0:{free_port()}"], "is at work")
        subprocess.run(["sh", source / "etc/demo-image.sh", work / "demo.tar"], check=True)
        subprocess.run([cleat, "image", "import", work / "demo.tar", "--data-dir", data], check=True, capture_output=True)
        measure_pods()
        measure_idle(up)
    finally:
        if up:
            stop(up)
        subprocess.run(["bash", source / "etc/node-cleanup.sh", data])
        subprocess.run(["rm", "-rf", work])


main()
