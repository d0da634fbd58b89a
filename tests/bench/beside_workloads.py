"""The rows `workloads` and `placing` of tests/bench/beside: what a cluster does with pods and Deployments, on nodes without anybody
behind them. Kubernetes has its controller manager and its scheduler for it, with the rates of their requests raised beyond what they
reach.
"""
import json
import sys
import time

from placing_shapes import PRIORITIES, SHAPES

NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/bench/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/bench/deployments"
NODE_COUNT, POD_COUNT, REPLICAS = 300, 1500, 1000
# Nobody is missed at nodes that say nothing.
CALM = """
[plugins.controller-node-lifecycle]
node_monitor_grace_period = "10h"
node_startup_grace_period = "10h"

[plugins.controller-pod-gc]
quarantine = "10h"
"""


def node():
    amounts = {"cpu": "4", "memory": "32Gi", "pods": "110"}
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": "node-@N@", "labels": {"kubernetes.io/hostname": "node-@N@",
                                                        "topology.kubernetes.io/zone": "zone-@N%3@"}},
            "status": {"allocatable": amounts, "capacity": amounts,
                       "conditions": [{"type": "Ready", "status": "True", "reason": "Said", "message": "so"}]}}


def pod_spec():
    return {"containers": [{"name": "c", "image": "pause", "resources": {"requests": {"cpu": "100m", "memory": "500Mi"}}}],
            "terminationGracePeriodSeconds": 0}


def seconds_until_last(server, watch, began, count):
    figures = json.loads(watch.communicate()[0])
    if figures["seen"] < count:
        sys.exit(f"{server.name}: {figures['seen']:.0f} of {count} after two minutes")
    return figures["last_ms"] / 1000 - began


def until_it_places(bench, server):
    watch = bench.watch(server, f"{PODS}?fieldSelector=metadata.name%3Dfirst%2Cspec.nodeName%21%3D", 1)
    server.ask("POST", PODS, {"metadata": {"name": "first"}, "spec": pod_spec()})
    if not json.loads(watch.communicate()[0])["seen"]:
        sys.exit(f"{server.name}: a pod has no node after two minutes\n{server.last_words()}")


def measure(bench, server):
    server.start()
    server.start_parts()
    server.introduce_load()
    bench.make(server, NODES, node(), NODE_COUNT)
    until_it_places(bench, server)
    server.calm()  # what every cluster does about its nodes once is over then

    bound = "fieldSelector=spec.nodeName%21%3D"
    watch = bench.watch(server, f"{PODS}?labelSelector=app%3Dmade&{bound}", POD_COUNT)
    began, spent = time.monotonic(), server.processor_seconds()
    pattern = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "made-@N@", "labels": {"app": "made"}}, "spec": pod_spec()}
    bench.make(server, PODS, pattern, POD_COUNT)
    took = seconds_until_last(server, watch, began, POD_COUNT)
    spent = server.processor_seconds() - spent
    bench.note(server, f"{POD_COUNT:,} pods of 16 writers on {NODE_COUNT} nodes, made and bound", "/s", POD_COUNT / took, True)
    bench.note(server, "the same, processor time for each", "µs", spent * 1e6 / POD_COUNT, False)

    there = bench.watch(server, f"{PODS}?labelSelector=app%3Dshop", REPLICAS)
    placed = bench.watch(server, f"{PODS}?labelSelector=app%3Dshop&{bound}", REPLICAS)
    labels = {"app": "shop"}
    began = time.monotonic()
    server.ask("POST", DEPLOYMENTS, {
        "metadata": {"name": "shop"},
        "spec": {"replicas": REPLICAS, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod_spec()}}})
    for watch, what in ((there, "until its pods are there"), (placed, "until all are bound")):
        bench.note(server, f"a Deployment of {REPLICAS:,}, {what}", "s", seconds_until_last(server, watch, began, REPLICAS), False)
    bench.note(server, "resident with all that", "MB", server.resident_kb() / 1024, False)
    server.stop()


def place(bench, server, name):
    """One of the shapes of Kubernetes' own measurements: pods that are made while the scheduler is there, by 16 writers, from the first
    one made to the last one bound. One that does not come to its end is ended when nothing has been bound for 20 seconds, and counts with
    what was."""
    shape, nodes, part = SHAPES[name], bench.options.nodes, bench.options.part
    count = shape.count // part

    def pattern(of):
        return json.loads(json.dumps(of).replace("NODES@", f"{nodes}@"))

    server.start()
    server.start_parts()
    server.introduce_load()
    for klass, value in PRIORITIES.items():
        server.ask("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": klass}, "value": value})
    bench.make(server, NODES, node(), nodes)
    until_it_places(bench, server)
    if shape.before:
        bench.make(server, PODS, pattern(shape.there), shape.before // part)
    server.calm()
    watch = bench.watch(server, f"{PODS}?labelSelector=bench%3D{shape.label()}&fieldSelector=spec.nodeName%21%3D", count)
    began, spent = time.monotonic(), server.processor_seconds()
    bench.make(server, PODS, pattern(shape.measured), count)
    figures = json.loads(watch.communicate()[0])
    spent = server.processor_seconds() - spent
    seen = int(figures["seen"])
    if seen < count:
        print(f"    {server.name}: {name}: {seen} of {count:,} were bound")
    took = figures["last_ms"] / 1000 - began if seen else 1
    what = f"{name}: {count:,} pods on {nodes:,} nodes, made and bound"
    bench.note(server, what, "/s", seen / took, True)
    bench.note(server, f"{name}: processor time for each", "µs", spent * 1e6 / max(1, seen), False)
    server.stop()
