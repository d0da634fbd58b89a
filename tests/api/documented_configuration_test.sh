#!/bin/bash
# What the pages and READMEs show of the configuration is read by the program, and the settings of plugins in it are ones that they have.
build=${1:?usage: documented_configuration_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/blocks.py" <<'PY'
import concurrent.futures, glob, os, re, subprocess, sys, tomllib
root, build, work = sys.argv[1:4]
cleat, any_plugin = build + "/bin/cleat", build + "/plugins/admission-always-admit.so"
host_keys = {"path", "isolation", "memory_limit", "cpu_limit", "pids_limit", "network_access", "visible_files", "grants"}


def run(*words):
    made = subprocess.run([cleat, "plugin", *words], capture_output=True, text=True)
    return made.stdout + made.stderr


# Code that says it is TOML, and what is indented and begins with a section.
def blocks(page):
    text = open(page).read()
    found = re.findall(r"^```toml\n(.*?)^```", text, re.S | re.M)
    indented = []
    for line in re.sub(r"^```.*?^```", "", text, flags=re.S | re.M).split("\n") + ["end"]:
        if line.startswith("    ") or (not line and indented):
            indented.append(line[4:])
            continue
        if re.match(r"\[+[a-z_]+[].]", "\n".join(indented).strip()): found.append("\n".join(indented) + "\n")
        indented = []
    return found


settings = {}
for file in glob.glob(build + "/plugins/*.so") + glob.glob(build + "/fixtures/*.so") + glob.glob(build + "/tests/plugins-contrib/outside/*/*.so"):
    shown = run("show", file)
    if "\nsettings\n" in shown: settings[re.search(r"^name +(\S+)", shown, re.M)[1]] = set(re.findall(r"^(\w+) \w+ = ", shown.split("\nsettings\n")[1], re.M))


def wrong(number, page, block):
    file = f"{work}/{number}.toml"
    open(file, "w").write(block)
    said = [line for line in run("check", "--without-running", "--config", file, any_plugin).split("\n") if file in line]
    if said: return said
    tables = tomllib.loads(block).get("plugins", {})
    return [f"plugins.{name}.{key}: it has no such setting" for name, table in tables.items() if name in settings and isinstance(table, dict)
            for key in table.keys() - host_keys - settings[name]]


pages = [page for places in ("README.md", "docs/*.md", "docs/sdk/*.md", "plugins/*/README.md", "plugins-contrib/*/README.md", "sdk/template/*/README.md")
         for page in glob.glob(f"{root}/{places}")]
shown = [(page, block) for page in sorted(pages) for block in blocks(page)]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for (page, block), mistakes in zip(shown, pool.map(lambda one: wrong(one[0], *one[1]), enumerate(shown))):
        for mistake in mistakes: print(f"{os.path.relpath(page, root)}: {mistake}")
print(len(shown), "pieces of configuration,", len(settings), "plugins")
PY
check 'each piece of configuration in the pages is one' '^[0-9]{3} pieces of configuration, [0-9]{3} plugins$' \
  python3 "$work/blocks.py" "$here/../.." "$build" "$work"
finish
