"""Looks over every product source with clang, which sees two things that g++ does not:

- what a mutex guards is touched only with the mutex held (-Wthread-safety; the annotations are in cleat/sdk/mutex.h);
- no Result is dropped, nor one that was only awaited (-Wunused-result).

    clang_check.py BUILD_FOLDER [PATTERN]      PATTERN: a regular expression on the sources' names

The commands are those of the build (compile_commands.json), translated; nothing is compiled into a file, but for the
precompiled headers, without which this takes several times as long. The last line says how many sources were looked at.
"""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CLANG = "clang++-19"
ROOT = Path(__file__).resolve().parents[2]
# Generated code and tests are not looked at.
PRODUCT = re.compile(r"(core|plugins)/|sdk/CMakeFiles/cleat_sdk\.dir/|sdk/cel/CMakeFiles/cleat_cel\.dir/")
FLAGS = [
    "-std=c++23", "-fsyntax-only", "-Wno-everything", "-Werror=thread-safety", "-Werror=unused-result",
    # What Debian's Cap'n Proto needs of clang.
    "-include", str(ROOT / "cmake/clang_capnp.h"),
]


def outputOf(command):
    return command[command.index("-o") + 1] if "-o" in command else ""


def translated(command):
    """The macros and folders of g++'s command, and the header that it begins with."""
    kept, header = [], None
    words = iter(command[1:])
    for word in words:
        if word.startswith(("-D", "-I")):
            kept.append(word)
        elif word == "-isystem":
            kept += [word, next(words)]
        elif word == "-include":
            header = next(words)
    return kept, header


def precompile(folder, header, options):
    output = folder / f"{abs(hash(header))}.pch"
    subprocess.run([CLANG, *FLAGS[:1], *FLAGS[2:], "-fpch-instantiate-templates", *options, "-x", "c++-header", header, "-o", output], check=True)
    return output


def check(source, options, directory):
    done = subprocess.run([CLANG, *FLAGS, *options, source], cwd=directory, capture_output=True, text=True)
    return source if done.returncode else None, done.stderr


def sampleIsFound(options):
    """The findings of samples/clang_findings.cpp are those that it announces."""
    sample = Path(__file__).with_name("samples") / "clang_findings.cpp"
    announced = {n for n, line in enumerate(sample.read_text().splitlines(), 1) if line.endswith("// finding")}
    _, output = check(str(sample), options, ROOT)
    found = {int(n) for n in re.findall(r"clang_findings\.cpp:(\d+):\d+: error", output)}
    if found != announced:
        print(f"{sample}: findings in lines {sorted(found)}, not in {sorted(announced)}\n{output}")
    return found == announced


def main(build, pattern):
    if not shutil.which(CLANG):
        print(f"SKIPPED: there is no {CLANG}")
        return 77
    works, headers = [], {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        command = entry.get("arguments") or shlex.split(entry["command"])
        if not PRODUCT.match(outputOf(command)) or not entry["file"].endswith((".cpp", ".cxx")):
            continue
        options, header = translated(command)
        if "cmake_pch" in outputOf(command):
            headers[header] = options
        elif "/precompiled_" not in entry["file"]:
            works.append((entry["file"], options, header, entry["directory"]))
    sdk = next(options for file, options, _, _ in works if "/cleat_sdk.dir/" in file or "/sdk/cpp/src/" in file)
    if not sampleIsFound(sdk):
        return 1
    works = [work for work in works if pattern.search(work[0])]
    # The SDK's own sources are built without one.
    plugins = next((header for header in headers if "precompiled_plugins" in header), None)
    works = [(file, options, header or plugins, folder) for file, options, header, folder in works]
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = {header for _, _, header, _ in works if header in headers}
        made = dict(zip(wanted, pool.map(lambda header: precompile(Path(scratch), header, headers[header]), wanted)))

        def run(work):
            file, options, header, folder = work
            begin = ["-include-pch", str(made[header])] if header in made else []
            return check(file, begin + options, folder)

        bad = 0
        for source, output in pool.map(run, works):
            print(output, end="")
            bad += source is not None
    print(f"{len(works)} sources, {bad} with findings")
    return 1 if bad or not works else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")))
