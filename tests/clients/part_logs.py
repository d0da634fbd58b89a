#!/usr/bin/env python3
"""What Kubernetes' own programs complained of on one server and on another, beside each other.

    part_logs.py OURS THEIRS     folders with manager.log and scheduler.log, as kubernetes_parts_test.sh leaves them

Lines are the same when they differ only in which object, which number and which time. Lost races are shown and not judged: that
something is gone, is there or was changed meanwhile is a right answer, and which of a program's tasks gets it is chance. So is whether the
pods of a namespace that goes end, by the clock, in the time that they are given, where the machine stood still. Ends with 1 where there
are other errors that only OURS have.
"""
import re
import sys
from pathlib import Path

HEAD = re.compile(r"^([EWF])\d{4} [\d:.]+ +\d+ ([\w.-]+\.go):\d+\] (.*)")
# What tells one occurrence from another, the particular before the general.
ALIKE = [
    (re.compile(r' event="&Event\{.*'), ""),
    (re.compile(r' (key|queueKey|PVC|pod|node|podCIDRs|logger)=(\[?"[^"]*"\]?|\S+)'), ""),
    (re.compile(r"unable to get metrics for resource cpu: .*"), "unable to get metrics for resource cpu"),
    (re.compile(r'\\"[^"]*\\"'), "NAME"),
    (re.compile(r"\b(default|work-\d+)/[a-z0-9-]+"), "NAME"),
    (re.compile(r"\bnamespace work-\d+"), "namespace NAME"),
    (re.compile(r"group resource [\w.]+"), "group resource RESOURCE"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"https?://127\.0\.0\.1:\d+"), "SERVER"),
    (re.compile(r"\d+"), "N"),
]
RACE = re.compile(r"not as new as written|object has been modified|NAME not found|already exists|is being terminated|being deleted"
                  r"|node updates may not change podCIDR|unexpected items still remain")


def complaints(folder, name):
    """By level, file and words: how often, and the first as it is."""
    found = {}
    for line in (folder / f"{name}.log").read_text(errors="replace").splitlines():
        match = HEAD.match(line)
        if not match:
            continue
        words = match[3]
        for pattern, instead in ALIKE:
            words = pattern.sub(instead, words)
        key = (match[1], match[2], words)
        count, first = found.get(key, (0, line))
        found[key] = (count + 1, first)
    return found


def kind_of(key):
    return "lost races" if RACE.search(key[2]) else "warnings" if key[0] == "W" else "errors"


def show(name, ours, theirs):
    """How many kinds of errors are only ours."""
    only = 0
    for kind in ("errors", "warnings", "lost races"):
        keys = [key for key in {**ours, **theirs} if kind_of(key) == kind]
        print(f"\n{name}: {kind}, {len(keys)} kinds (here : on kube-apiserver)")
        for key in sorted(keys, key=lambda key: (key in ours and key in theirs, key not in ours)):
            print(f"  {ours.get(key, (0,))[0]:5} : {theirs.get(key, (0,))[0]:<5} {key[0]} {key[1]} {key[2][:400]}")
            if key not in theirs:
                print(f"                first: {ours[key][1][:900]}")
                only += kind == "errors"
    return only


def main():
    here, there = map(Path, sys.argv[1:3])
    only = sum(show(name, complaints(here, name), complaints(there, name)) for name in ("manager", "scheduler"))
    print(f"\n{only} kinds of errors are only here")
    return only > 0


if __name__ == "__main__":
    sys.exit(main())
