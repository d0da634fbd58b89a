"""Checks what docs/architecture.md and docs/style.md promise of the source tree: layers, a core without kinds and policies,
plugins on the SDK alone, headers that explain themselves, files and functions that fit into a head, one name for one thing,
one format, and nothing left unfinished. Prints each breach."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

root = Path(sys.argv[1])
LAYERS = ["base", "http", "object", "store", "bus", "gate", "host", "api", "app"]
KINDS = re.compile(r"\b(pods?|deployments?|replicasets?|daemonsets?|kubelet|iptables|rbac)\b", re.I)
# The kinds that the check kit's data names, and those that the core has written itself. Namespaces are not among them: they are
# a part of how paths are written, and which kind they are a plugin says (Kind::isNamespace).
POPULATION = root / "core/app/check/population.yaml"
KIND_NAMES = (set(re.findall(r"^kind: (\w+)", POPULATION.read_text(), re.M)) - {"Namespace"}) | {
    "Event", "Lease", "CertificateSigningRequest", "SelfSubjectAccessReview"}
# Such a name, or its plural, as all of a text or as a part of a path in one.
KIND_TEXT = re.compile(r'\\?"(?:[^"]*/)?(%s)(?:[/.][^"]*)?\\?"' % "|".join(
    KIND_NAMES | {re.sub("(?<=s)s$", "ses", re.sub("ys$", "ies", name.lower() + "s")) for name in KIND_NAMES}))
# Structs of the kinds themselves; the other two are what all kinds have, and what those without a struct of their own are.
KIND_HEADER = re.compile(r"#include <cleat/(?:schema|sdk)/kinds/(?!(?:meta|open)_v1\.)")
# Where the program speaks a protocol or a format of Kubernetes' that has a name in it, and what that is.
NAMES_ALLOWED = {
    "core/api/audit/audit_event.cpp": "the audit log's own format",
    "core/api/impersonation.cpp": "the rights that headers of impersonation take",
    "core/app/attach/attachment.cpp": "a client: the rights that its lease takes",
    "core/app/attach/leader_lease.cpp": "a client: leader election before a server elsewhere",
    "core/app/attach/rights.cpp": "a client: whether a server elsewhere lets plugins work",
    "core/app/check/role_checks.cpp": "the audit log's own format",
    "core/app/envtest/admission_names.cpp": "what kube-apiserver's flags call admission plugins",
    "core/app/envtest/api_server_flags.cpp": "what kube-apiserver's flags call authorizers",
    "core/app/join.cpp": "a client: a node's request for its certificate",
    "core/app/server.cpp": "the server's name in its certificate for nodes",
    "core/app/tokens.cpp": "a client: cleat token create",
    "core/store/encryption/encryption_config.cpp": "an example in the error about what is no resource",
}
# The one place that lists who starts threads.
THREADS = root / "core/base/executor.h"
THREAD_START = re.compile(r"\bstd::j?thread\s*(\w+\s*)?[({]|\bpthread_create\b|\bstd::async\b|\bthreads?_?\.emplace\w*\(\[")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bstub\b", re.I)
# g++ 12 runs nothing of a coroutine from such a loop on. Parentheses within the condition go two deep.
AWAIT_IN_CONDITION = re.compile(r"\bwhile \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?[!(]*\bco_await\b")
UNCHECKED_LOCK = re.compile(r"std::(\w*mutex|condition_variable\w*|lock_guard|unique_lock|scoped_lock|shared_lock)\b")
CLASS = re.compile(r"^(?:class|struct) (?:\[\[\w+\]\] )?(\w+)(?: final)?(?: :[^;]*)? \{", re.M)
MOST_LINES, MOST_IN_FUNCTION, MOST_COLUMNS = 400, 60, 120
FORMATTER = "clang-format-19"
SOURCES = ("core", "sdk", "plugins", "plugins-contrib", "tests")
# What CMake files had and need not have: a folder or a file that is there either is there or is an error.
LEFTOVERS = re.compile(r"if\((NOT )?EXISTS\b")
# What core and SDK both have, because it is one thing seen from the two sides of the ABI.
BOTH_SIDES = {
    "config", "kind", "log", "object", "quantity",
    "Config", "DeleteOptions", "ListOptions", "Object", "Outcome", "WriteOptions",
}


breaches = []
naming = set()


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
    if path.suffix == ".h" and not text.startswith(("//", "/*")):
        breach(path, 1, "a header opens with what the thing is for")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and path != Path(__file__):
            breach(path, number, "unfinished by its own words")
        if AWAIT_IN_CONDITION.search(line.split("//")[0]):
            breach(path, number, "a co_await in the condition of a loop, which g++ 12 makes wrong code of; name its value first")
        if UNCHECKED_LOCK.search(line) and path.name != "mutex.h":
            breach(path, number, "a lock that clang cannot check; cleat/sdk/mutex.h has one that it can")
        if parts[0] == "core":
            check_layers(path, number, line)
            if KIND_HEADER.match(line):
                breach(path, number, "the core includes the structs of a kind, which is a plugin's")
            code = re.sub(r"(^ *|  )//.*", "", line)
            if KINDS.search(code) or KIND_TEXT.search(code):
                naming.add("/".join(parts))
                if "/".join(parts) not in NAMES_ALLOWED:
                    breach(path, number, "the core names a kind or a policy")
        if parts[0] in ("plugins", "plugins-contrib", "sdk") and '#include "core/' in line:
            breach(path, number, "what builds on the SDK includes the core")


def functions(text):
    """Where each function begins, and how many lines it has: a brace opened where declarations stand, after parentheses."""
    text = re.sub(r'R"\((.*?)\)"|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\])\'|//[^\n]*|/\*.*?\*/|^ *#[^\n]*(\\\n[^\n]*)*',
                  lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S | re.M)
    scopes, begin = [], 0
    for place, letter in enumerate(text):
        if letter == "{":
            head = text[begin:place].strip()
            outside = all(kind == "scope" for kind, _ in scopes)
            if outside and re.match(r"(inline )?(namespace|extern|(template <.*> *)?(class|struct|enum|union))\b", head, re.S):
                scopes.append(("scope", 0))
            else:
                scopes.append(("function" if outside and "(" in head else "block", begin + len(text[begin:place]) -
                               len(text[begin:place].lstrip())))
            begin = place + 1
        elif letter == "}" and scopes:
            kind, start = scopes.pop()
            if kind == "function":
                yield text.count("\n", 0, start) + 1, text.count("\n", start, place) + 1
            begin = place + 1
        elif letter in ";":
            begin = place + 1


def check_shape(path):
    """Of every source, tests included."""
    text = path.read_text(errors="replace")
    count = text.count("\n")
    if count > MOST_LINES:
        breach(path, 1, f"{count} lines; is there more than one concept in it? (most: {MOST_LINES})")
    for line, length in functions(text):
        if length > MOST_IN_FUNCTION:
            breach(path, line, f"a function of {length} lines (most: {MOST_IN_FUNCTION})")
    if not formatted:
        return
    for number, line in enumerate(text.splitlines(), 1):
        # A text that is printed or compared stays in one piece.
        if len(re.sub(r'".*"', '""', line)) > MOST_COLUMNS or (len(line) > MOST_COLUMNS and '"' not in line):
            breach(path, number, f"{len(line)} columns (most: {MOST_COLUMNS})")


def check_names(paths):
    """One name, one thing: among the files of core and SDK, and among the classes that their headers define."""
    defined = {}
    for path in paths:
        parts = path.relative_to(root).parts
        if parts[0] == "core" or parts[:3] == ("sdk", "cpp", "cleat"):
            defined.setdefault(path.stem, set()).add(path.with_suffix(""))
            if path.suffix == ".h":
                for found in CLASS.finditer(path.read_text()):
                    defined.setdefault(found[1], set()).add(path)
    for name, places in sorted(defined.items()):
        first, *others = sorted(places)
        sides = {place.relative_to(root).parts[0] for place in places}
        allowed = name in BOTH_SIDES and len(sides) == len(places)
        if others and not allowed:
            breach(first, 1, f"the name {name} is also in {', '.join(str(other.relative_to(root)) for other in others)}")


def check_format(paths):
    if not formatted or not shutil.which(FORMATTER):
        return
    done = subprocess.run([FORMATTER, "--dry-run", *paths], capture_output=True, text=True)
    for place in sorted(set(re.findall(r"^(/\S+?):\d+:\d+: warning", done.stderr, re.M))):
        breach(Path(place), 1, f"not as {FORMATTER} -i leaves it")


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
# The format is checked from the commit on that brought the tree into it.
formatted = (root / ".git-blame-ignore-revs").is_file()
sources = [path for path in files if path.suffix in (".h", ".cpp", ".c") and path.relative_to(root).parts[0] in SOURCES]
for path in sources:
    check_shape(path)
    if path.relative_to(root).parts[0] != "tests":
        check_source(path)
for name in NAMES_ALLOWED.keys() - naming:
    breach(root / name, 1, f"names no kind and no policy any more, and {Path(__file__).name} allows it to")
check_names(sources)
check_format(sources)
check_threads([path for path in sources if path.relative_to(root).parts[0] != "tests"])
for path in files:
    if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
        for number, line in enumerate(path.read_text().splitlines(), 1):
            # In tests/ a folder's own CMakeLists.txt is what the rule by folder leaves out.
            if path != root / "tests/CMakeLists.txt" and LEFTOVERS.search(line):
                breach(path, number, "asks whether something of the tree is there")
    if path.name == "CMakeLists.txt" and path.parent.parent.name in ("plugins", "plugins-contrib"):
        check_plugin(path.parent)
for line in breaches:
    print(line)
print(f"{len(files)} files, {len(breaches)} breaches")
sys.exit(1 if breaches else 0)
