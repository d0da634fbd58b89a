"""Looks over every product source with g++ 12: the language of the tree is what both compilers take, and vendors have this one.

    gcc_check.py BUILD_FOLDER [PATTERN]      PATTERN: a regular expression on the sources' names

The commands are those of the build with clang (compile_commands.json), translated; nothing is compiled into a file, but for the
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

GCC = "g++"
# Generated code and tests are not looked at.
PRODUCT = re.compile(r"(core|plugins)/|sdk/CMakeFiles/cleat_sdk\.dir/|sdk/cel/CMakeFiles/cleat_cel\.dir/")
FLAGS = [
    "-std=c++23", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers",
    # Said of a coroutine's frame whose fields are lambdas, in sources that are compiled together.
    "-Wno-subobject-linkage",
    "-Wno-unknown-pragmas",
    "--param=ggc-min-expand=200", "--param=ggc-min-heapsize=400000",
]


def outputOf(command):
    return command[command.index("-o") + 1] if "-o" in command else ""


def translated(command):
    """The macros and folders of clang's command, and the precompiled header that it begins with."""
    kept, header = [], None
    words = iter(word for word in command[1:] if word != "-Xclang")
    for word in words:
        if word.startswith(("-D", "-I")):
            kept.append(word)
        elif word == "-isystem":
            kept += [word, next(words)]
        elif word == "-include":
            included = next(words)
            header = included if included.endswith("/cmake_pch.hxx") else header
    return kept, header


def precompile(folder, header, options):
    """The name to include it by."""
    name = folder / f"{abs(hash(header))}.h"
    subprocess.run([GCC, *FLAGS, *options, "-x", "c++-header", header, "-o", f"{name}.gch"], check=True)
    return str(name)


def check(source, options, directory):
    done = subprocess.run([GCC, *FLAGS, "-fsyntax-only", *options, source], cwd=directory, capture_output=True, text=True)
    return source if done.returncode else None, done.stderr


def worksOf(build, pattern):
    """What there is to look at (file, options, header, folder), and the options of each precompiled header."""
    works, headers = [], {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        command = entry.get("arguments") or shlex.split(entry["command"])
        if not PRODUCT.match(outputOf(command)) or not entry["file"].endswith((".cpp", ".cxx")):
            continue
        options, header = translated(command)
        if "cmake_pch" in outputOf(command):
            headers[header] = options
        elif "/precompiled_" not in entry["file"] and pattern.search(entry["file"]):
            works.append((entry["file"], options, header, entry["directory"]))
    return works, headers


def main(build, pattern):
    if not shutil.which(GCC):
        print(f"SKIPPED: there is no {GCC}")
        return 77
    works, headers = worksOf(build, pattern)
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = {header for _, _, header, _ in works if header in headers}
        made = dict(zip(wanted, pool.map(lambda header: precompile(Path(scratch), header, headers[header]), wanted)))

        def run(work):
            file, options, header, folder = work
            begin = ["-include", made[header]] if header in made else []
            return check(file, begin + options, folder)

        bad = 0
        for source, output in pool.map(run, works):
            print(output, end="")
            bad += source is not None
    print(f"{len(works)} sources, {bad} with findings")
    return 1 if bad or not works else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), re.compile(sys.argv[2] if len(sys.argv) > 2 else "")))
