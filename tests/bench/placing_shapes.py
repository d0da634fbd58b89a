"""The shapes of Kubernetes' own measurements of its scheduler: what is there before, and which pods are placed then. Patterns of
objects have @N@ for their numbers, and @N%NODES@ for the number of a node.
"""
from dataclasses import dataclass


def pod(name, cpu, labels, **spec):
    container = {"name": "c", "image": "pause", "resources": {"requests": {"cpu": cpu, "memory": "500Mi"}}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name + "-@N@", "labels": labels | {"bench": name}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], **spec}}


def affinity(which, key, labels):
    term = {"topologyKey": key, "labelSelector": {"matchLabels": labels}}
    return {"affinity": {which: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def spread(labels):
    return {"topologySpreadConstraints": [{"maxSkew": 5, "topologyKey": "topology.kubernetes.io/zone",
                                           "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": labels}}]}


@dataclass
class Shape:
    before: int  # how many pods of `there` are on the nodes already
    there: dict | None
    count: int   # how many of `measured` are placed
    measured: dict
    aim: int     # a second

    def label(self):
        return self.measured["metadata"]["labels"]["bench"]


SHAPES = {
    "basic": Shape(1000, pod("before", "100m", {"app": "before"}, nodeName="node-@N%NODES@"),
                   10000, pod("basic", "100m", {"app": "basic"}), 10000),
    "anti-affinity": Shape(0, None, 2000, pod("apart", "100m", {"color": "green"}, **affinity(
        "podAntiAffinity", "kubernetes.io/hostname", {"color": "green"})), 3000),
    "affinity": Shape(0, None, 5000, pod("together", "100m", {"color": "blue"}, **affinity(
        "podAffinity", "topology.kubernetes.io/zone", {"color": "blue"})), 3000),
    "spread": Shape(0, None, 5000, pod("spread", "100m", {"color": "red"}, **spread({"color": "red"})), 5000),
    "preemption": Shape(20000, pod("low", "900m", {"app": "low"}, nodeName="node-@N%NODES@", priorityClassName="low"),
                        5000, pod("high", "3", {"app": "high"}, priorityClassName="high"), 1000),
}
# By name: pods that may be preempted, and those that do.
PRIORITIES = {"low": 1, "high": 1000}
