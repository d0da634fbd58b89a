"""Checks what docs/architecture.md promises of the source tree: layers, a core without kinds and policies, plugins on the SDK
alone, headers that explain themselves, files that fit into a head, and nothing left unfinished. Prints each breach."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

root = Path(sys.argv[1])
LAYERS = ["base", "http", "object", "store", "bus", "gate", "host", "api", "app"]
KINDS = re.compile(r"\b(pods?|deployments?|replicasets?|daemonsets?|kubelet|iptables|rbac)\b", re.I)
# Where the program names what it starts by default, or the roles that its operator's commands speak to.
NAMES_ALLOWED = {"core/app"}
# The one place that lists who starts threads.
THREADS = root / "core/base/executor.h"
THREAD_START = re.compile(r"\bstd::j?thread\s*(\w+\s*)?[({]|\bpthread_create\b|\bstd::async\b|\bthreads?_?\.emplace\w*\(\[")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bstub\b", re.I)
UNCHECKED_LOCK = re.compile(r"std::(\w*mutex|condition_variable\w*|lock_guard|unique_lock|scoped_lock|shared_lock)\b")
MOST_LINES = 500

breaches = []


def breach(path, line, what):
    breaches.append(f"{path.relative_to(root)}:{line}: {what}")


def tracked():
    if not shutil.which("git"):
        return []
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True)
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    return [root / name for name in names if name and (root / name).is_file()]


def check_layers(path, number, line):
    included = re.match(r'#include "core/(\w+)/', line)
    folder = path.relative_to(root).parts[1]
    if included and LAYERS.index(included[1]) > LAYERS.index(folder):
        breach(path, number, f"core/{folder} includes core/{included[1]}, which stands above it")


def check_source(path):
    parts = path.relative_to(root).parts
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        breach(path, 1, f"{len(lines)} lines; is there more than one concept in it? (most: {MOST_LINES})")
    if path.suffix == ".h" and not text.startswith(("//", "/*")):
        breach(path, 1, "a header opens with what the thing is for")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and path != Path(__file__):
            breach(path, number, "unfinished by its own words")
        if UNCHECKED_LOCK.search(line) and path.name != "mutex.h":
            breach(path, number, "a lock that clang cannot check; cleat/sdk/mutex.h has one that it can")
        if parts[0] == "core":
            check_layers(path, number, line)
            folder = "/".join(parts[:2])
            code = line.split("//")[0]
            if folder not in NAMES_ALLOWED | {"core/api"} and KINDS.search(code):
                breach(path, number, "the core names a kind or a policy")
        if parts[0] in ("plugins", "plugins-contrib", "sdk") and '#include "core/' in line:
            breach(path, number, "what builds on the SDK includes the core")


def check_threads(paths):
    """Who starts a thread stands in the list, and who stands in the list starts one."""
    listed = {root / name: number for number, line in enumerate(THREADS.read_text().splitlines(), 1)
              for name in re.findall(r"^//   (\S+\.cpp)  ", line)}
    starting = set()
    for path in paths:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if THREAD_START.search(line.split("//")[0]):
                starting.add(path)
                if path not in listed:
                    breach(path, number, f"starts a thread that {THREADS.relative_to(root)} does not list")
    for path in listed.keys() - starting:
        breach(THREADS, listed[path], f"lists {path.relative_to(root)}, which starts no thread")


def check_plugin(folder):
    text = (folder / "CMakeLists.txt").read_text()
    if "cleat_add_plugin" in text and not (folder / "README.md").is_file():
        breach(folder / "CMakeLists.txt", 1, "a plugin's folder has a README.md")


files = tracked()
if not files:
    print("SKIPPED: this is no git checkout, or there is no git")
    sys.exit(77)
sources = [path for path in files if path.suffix in (".h", ".cpp", ".c") and
           path.relative_to(root).parts[0] in ("core", "sdk", "plugins", "plugins-contrib")]
for path in sources:
    check_source(path)
check_threads(sources)
for path in files:
    if path.name == "CMakeLists.txt" and path.parent.parent.name in ("plugins", "plugins-contrib"):
        check_plugin(path.parent)
for line in breaches:
    print(line)
print(f"{len(files)} files, {len(breaches)} breaches")
sys.exit(1 if breaches else 0)
