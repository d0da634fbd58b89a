#!/usr/bin/env python3
"""How many pods a second are placed through the real API and store, in the shapes of Kubernetes' own measurements.

    tests/bench/scheduler --live BUILD_DIR                                  cleat server with its scheduler, every row
    tests/bench/scheduler --live BUILD_DIR --nodes 500 --part 10            a quick look: a tenth of the pods
    tests/bench/scheduler --live BUILD_DIR --only basic,spread --sides cleat,attached,kube-scheduler

Sides: `cleat` (cleat server, its scheduler inside), `attached` (cleat server without one, `cleat attach` beside it),
`kube-scheduler` (the same with kube-scheduler beside it), `kubernetes` (kube-apiserver, etcd and kube-scheduler) and
`kubernetes-attached` (kube-apiserver and etcd, `cleat attach` beside them). The last three need the programs that
tests/bench/beside compiles, in FOLDER/bin.

A row is measured twice. Arriving: the scheduler is there, 16 writers create the pods as fast as they can, and the time is from
the first one made to the last one bound, so the making counts. Waiting: the pods are there before the scheduler begins, and the
time is from the first one bound to the last. Everything shares the machine's cores with the load. Nodes are objects without
anybody behind them; for the rows `deployment` they are those of plugins-contrib/hollow-nodes.
"""
import argparse
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def module(path):
    loader = importlib.machinery.SourceFileLoader("beside", str(path))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader("beside", loader))
    loader.exec_module(made)
    return made


beside = module(HERE.parent / "beside")
from placing_shapes import PRIORITIES, SHAPES, pod  # noqa: E402  (beside has put its folder into the path)

PODS = "/api/v1/namespaces/bench/pods"
NODES = "/api/v1/nodes"
CALM = beside.workloads.CALM


class CleatServer(beside.Cleat):
    def __init__(self, folder, build, scheduler):
        super().__init__(folder, build)
        self.scheduler, self.hollow = scheduler, None

    def launch_all(self):
        text = CALM + ("" if self.scheduler else "\n[schedulers]\nenabled = []\n")
        if self.hollow:
            names = subprocess.run(["python3", "-c", "import sys, tomllib; print(*tomllib.load(open(sys.argv[1], 'rb'))"
                                    "['controllers']['enabled'])", ROOT / "etc/cleat.toml"],
                                   capture_output=True, text=True, check=True).stdout.split()
            text += f"\n[controllers]\nenabled = {json.dumps(names + ['hollow-nodes'])}\n\n" + self.hollow
        (self.folder / "cleat.toml").write_text(text)
        self.launch(self.program, "server", "--data-dir", self.folder / "data", "--listen", f"127.0.0.1:{self.port}",
                    "--config", self.folder / "cleat.toml")

    def kubeconfig(self):
        return self.folder / "data/admin.kubeconfig"


class Kubernetes(beside.Kubernetes):
    scheduler = False

    def launch(self, *command):
        # There is nobody who would make service accounts, or take taints from nodes that are ready.
        if str(command[0]).endswith("kube-apiserver"):
            command += ("--disable-admission-plugins", "ServiceAccount,TaintNodesByCondition")
        super().launch(*command)


class Side:
    """A server, and what places its pods: inside it, or a program of its own."""

    def __init__(self, name, bench, folder):
        self.name, self.bench = name, bench
        build, programs = bench.options.cleat, bench.options.folder / "bin"
        self.beside = None
        if name.startswith("kubernetes"):
            self.server = Kubernetes(folder, programs)
        else:
            self.server = CleatServer(folder, build, False)
        self.command = {
            "cleat": None,
            "attached": [build / "bin/cleat", "attach", "--plugin", "scheduler-default", "--leader-elect=false", "--listen", "127.0.0.1:0"],
            "kubernetes-attached": [build / "bin/cleat", "attach", "--plugin", "scheduler-default", "--leader-elect=false",
                                    "--listen", "127.0.0.1:0"],
        }.get(name, [programs / "kube-scheduler", "--leader-elect=false", "--secure-port=0", "--kube-api-qps=20000",
                     "--kube-api-burst=20000"])

    def begin(self):
        self.server.start()
        self.server.introduce_load()

    def begin_placing(self):
        if self.command is None:
            self.server.stop()
            self.server.scheduler = True
            self.server.start()
            return
        log = open(self.server.folder / "scheduler.log", "a")
        self.beside = subprocess.Popen([*map(str, self.command), "--kubeconfig", str(self.server.kubeconfig())], stdout=log,
                                       stderr=subprocess.STDOUT, preexec_fn=beside.die_with_parent)

    def processor_seconds(self):
        return self.server.processor_seconds() + (beside_seconds(self.beside.pid) if self.beside else 0)

    def end(self):
        if self.beside:
            self.beside.kill()
            self.beside.wait()
        self.server.kill()


def beside_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Live(beside.Bench):
    def __init__(self, options, work):
        super().__init__(options, work)
        self.table = []

    def make(self, server, path, pattern, count):
        pattern = json.loads(json.dumps(pattern).replace("NODES@", f"{self.options.nodes}@"))
        return super().make(server, path, pattern, count) if count else None

    def note_row(self, row, side, value, unit, aim, remark=""):
        text = f"{value:,.0f}{unit}" if value >= 100 else f"{value:,.2f}{unit}"
        print(f"    {row:30} {side.name:20} {text:>12}   aim {aim}   {remark}", flush=True)
        self.table.append((row, side.name, text, aim))

    def prepare(self, name, folder):
        side = Side(name, self, folder)
        side.begin()
        for klass, value in PRIORITIES.items():
            side.server.ask("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": klass}, "value": value})
        self.make(side.server, NODES, beside.workloads.node(), self.options.nodes)
        return side

    def shape(self, row, name, arriving):
        shape = SHAPES[row]
        there, measured, aim = shape.there, shape.measured, shape.aim
        before, count = shape.before // self.options.part, shape.count // self.options.part
        side = self.prepare(name, self.work / f"{row}-{name}-{arriving}")
        try:
            self.make(side.server, PODS, there, before)
            selected = f"{PODS}?labelSelector=bench%3D{shape.label()}"
            bound = f"{selected}&fieldSelector=spec.nodeName%21%3D"
            if arriving:
                side.begin_placing()
                beside.workloads.until_it_places(self, side.server)
                watch = self.watch(side.server, bound, count)
                began = time.monotonic()
                spent = side.processor_seconds()
                made = self.make(side.server, PODS, measured, count)
            else:
                made = self.make(side.server, PODS, measured, count)
                watch = None if side.command is None else self.watch(side.server, bound, count)
                side.begin_placing()
                spent = side.processor_seconds()
                watch = watch or self.watch(side.server, bound, count, silence=5)
                began = None
            figures = json.loads(watch.communicate()[0])
            spent = side.processor_seconds() - spent
            began = began or figures["first_ms"] / 1000
            took = figures["last_ms"] / 1000 - began
            seen = int(figures["seen"])
            remark = f"{seen} of {count} bound in {took:.2f} s, {spent * 1e6 / max(1, seen):.0f} µs of processor time each"
            if arriving:
                remark += f", made at {made['rate']:,.0f}/s"
            elif seen < count:
                remark += " (the others before the watch was there)"
            self.note_row(f"{row}, {'arriving' if arriving else 'waiting'}", side, seen / max(took, 1e-9), "/s", f"{aim:,}/s", remark)
        finally:
            side.end()

    def departing(self, name):
        """Pods that are waiting, and one that goes: it helps nobody, and then one of them."""
        count = 10000 // self.options.part
        side = self.prepare(name, self.work / f"departing-{name}")
        try:
            self.make(side.server, PODS, pod("full", "3900m", {"app": "full"}, nodeName="node-@N@"), self.options.nodes)
            self.make(side.server, PODS, pod("small", "100m", {"app": "small"}, nodeName="node-@N@"), 1)
            self.make(side.server, PODS, pod("waits", "3", {"app": "waits"}), count)
            side.begin_placing()
            waiting = f"{PODS}?labelSelector=bench%3Dwaits"
            # All of them have been told why by then.
            quiet = self.watch(side.server, waiting, 0, "MODIFIED", seconds=60, silence=6)
            quiet.communicate()
            for victim, row, want in (("small-0", "departs, helping nobody", "nobody tried"), ("full-0", "departs, helping one", "one tried")):
                changed = self.watch(side.server, waiting, 0, "MODIFIED", seconds=3, silence=3)
                bound = self.watch(side.server, f"{waiting}&fieldSelector=spec.nodeName%21%3D", 0, seconds=3, silence=3)
                spent = side.processor_seconds()
                began = time.monotonic()
                side.server.ask("DELETE", f"{PODS}/{victim}")
                figures = json.loads(bound.communicate()[0])
                changes = json.loads(changed.communicate()[0])
                spent = side.processor_seconds() - spent
                took = figures["first_ms"] - began * 1000 if figures["seen"] else 0
                self.note_row(row, side, took, " ms", want, f"{figures['seen']:.0f} bound, {changes['seen']:.0f} changed, "
                              f"{spent * 1000:.0f} ms of processor time in all")
        finally:
            side.end()

    def deployment(self):
        """A Deployment on nodes that answer: until its pods are there, and a rolling update of it."""
        replicas = 10000 // self.options.part
        folder = self.work / "deployment"
        side = Side("cleat", self, folder)
        side.server.scheduler = True
        plugin = self.options.cleat / "tests/plugins-contrib/outside/hollow-nodes/hollow-nodes.so"
        if not plugin.exists():
            print(f"    deployment: SKIPPED, there is no {plugin} (test contrib_build)")
            return
        side.server.hollow = (f'[plugins.hollow-nodes]\npath = "{plugin}"\nnodes = {self.options.nodes}\nheartbeat = "10m"\n')
        try:
            side.begin()
            self.until(lambda: len(json.loads(side.server.ask("GET", NODES + "?limit=1")[1])["items"]) and
                       json.loads(side.server.ask("GET", NODES + "?limit=1")[1])["metadata"].get("remainingItemCount", 0)
                       >= self.options.nodes - 1, 120)
            of = beside.deployment(1)
            of["spec"] |= {"replicas": replicas, "paused": False}
            of["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100m", "memory": "500Mi"}}
            made = self.watch(side.server, PODS, replicas)
            bound = self.watch(side.server, PODS + "?fieldSelector=spec.nodeName%21%3D", replicas)
            began = time.monotonic()
            side.server.ask("POST", "/apis/apps/v1/namespaces/bench/deployments", of)
            for row, watch, aim in (("deployment, pods made", made, "3 s"), ("deployment, pods bound", bound, "-")):
                figures = json.loads(watch.communicate()[0])
                self.note_row(row, side, figures["last_ms"] / 1000 - began, " s", aim, f"{figures['seen']:.0f} of {replicas}")
            def counts():
                now = json.loads(side.server.ask("GET", beside.DEPLOYMENT)[1])
                seen = now["status"].get("observedGeneration") == now["metadata"]["generation"]
                return [now["status"].get(each) for each in ("updatedReplicas", "replicas", "availableReplicas")] if seen else []

            self.until(lambda: counts() == [replicas] * 3, 120)
            self.note_row("deployment, available", side, time.monotonic() - began, " s", "-")
            began = time.monotonic()
            patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}
            side.server.ask("PATCH", beside.DEPLOYMENT, patch, "application/strategic-merge-patch+json")
            rolled = self.until(lambda: counts() == [replicas] * 3, 300)
            self.note_row("deployment, rolling update", side, time.monotonic() - began, " s", "10 s", "" if rolled else "NOT DONE")
        finally:
            side.end()

    def until(self, done, seconds):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cleat", type=lambda text: Path(text).resolve(), metavar="BUILD_DIR")
    parser.add_argument("--folder", type=lambda text: Path(text).resolve(), default=ROOT / "build/beside",
                        help="where the others' programs are (build/beside), and all data while it runs")
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--part", type=int, default=1, metavar="N", help="only one in N of the pods")
    rows = [*SHAPES, "departing", "deployment"]
    parser.add_argument("--only", type=lambda text: text.split(","), default=rows, metavar="ROW,…", help=",".join(rows))
    parser.add_argument("--sides", type=lambda text: text.split(","), default=["cleat"])
    parser.add_argument("--how", type=lambda text: text.split(","), default=["arriving", "waiting"])
    options = parser.parse_args()
    for needed in ("bin/cleat", "tests/bench/load"):
        if not (options.cleat / needed).exists():
            parser.error(f"{options.cleat} has no {needed}: build it first")
    if set(options.sides) & {"kube-scheduler", "kubernetes", "kubernetes-attached"}:
        for needed in ("kube-scheduler", "kube-apiserver", "etcd"):
            if not (options.folder / "bin" / needed).exists():
                parser.error(f"{options.folder}/bin has no {needed}: tests/bench/beside compiles it")
    return options


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    options.folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    work = Path(tempfile.mkdtemp(prefix="live.", dir=options.folder))
    live = Live(options, work)
    try:
        live.limits("before")
        for row in options.only:
            for name in options.sides:
                if row == "departing":
                    live.departing(name)
                elif row == "deployment":
                    if name == "cleat":
                        live.deployment()
                else:
                    for how in options.how:
                        live.shape(row, name, how == "arriving")
        live.limits("after")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
