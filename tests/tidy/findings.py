"""The build with clang finds what it is trusted to find: in samples/clang_findings.cpp exactly the lines that announce it.

    findings.py BUILD_FOLDER

Those are what a mutex guards touched without it (the annotations are in cleat/sdk/mutex.h), and a Result dropped, awaited or not.
The command is the build's own for the SDK, so that a flag that goes missing there is missed here.
"""
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path


def main(build):
    sample = Path(__file__).with_name("samples") / "clang_findings.cpp"
    announced = {n for n, line in enumerate(sample.read_text().splitlines(), 1) if line.endswith("// finding")}
    entries = json.loads((build / "compile_commands.json").read_text())
    entry = next(each for each in entries if "/cleat_sdk.dir/" in each["command"] and each["file"].endswith((".cpp", ".cxx")))
    command = shlex.split(entry["command"])
    compiler = next(n for n, word in enumerate(command) if Path(word).name.startswith("clang++"))
    command = [*command[compiler:command.index("-o")], "-fsyntax-only", "-ferror-limit=0", str(sample)]
    output = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True).stderr
    found = {int(n) for n in re.findall(r"clang_findings\.cpp:(\d+):\d+: error", output)}
    if found == announced:
        print(f"all {len(found)} findings, and no others")
        return 0
    print(f"{sample}: findings in lines {sorted(found)}, not in {sorted(announced)}\n{output}")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
