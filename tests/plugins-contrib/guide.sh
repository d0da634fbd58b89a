#!/bin/sh
# guide.sh CLEAT GUIDE SDK INTO CMAKE_ARGUMENTS…: builds and tests the plugin that docs/writing-a-plugin.md shows, out of the page, and
# compiles what it shows in C.
set -eu
cleat=$1 guide=$2 sdk=$3 into=$4
shift 4
rm -rf "$into"
mkdir -p "$into"
# A block of code belongs to the file that the text before it names: "`small_pods.cpp`:".
awk -v into="$into" '
  /`[A-Za-z_]+\.(cpp|txt)`:$/ { name = $0; sub(/`:$/, "", name); sub(/.*`/, "", name); next }
  /^```[a-z]+$/ && name != "" { file = into "/" name; next }
  /^```$/ { if (file != "") close(file); file = name = ""; next }
  file != "" { print > file }' "$guide"
awk '/^```c$/ { shown = 1; next } /^```/ { shown = 0 } shown' "$guide" >"$into/shown.c"
for file in CMakeLists.txt small_pods.cpp small_pods_test.cpp shown.c; do
  [ -s "$into/$file" ] || { echo "$guide shows no $file"; exit 1; }
done
# Beside the plugin, which is all of the folder that is C++.
cc -fsyntax-only -Wall -Wextra -Werror -I"$sdk/include" "$into/shown.c"
rm "$into/shown.c"
cmake -G Ninja -S "$into" -B "$into/build" -DCMAKE_PREFIX_PATH="$sdk" -DCMAKE_BUILD_TYPE=Debug "$@" >/dev/null
cmake --build "$into/build"
ctest --test-dir "$into/build" --output-on-failure --no-tests=error
"$cleat" plugin show "$into/build/admission-small-pods.so" | grep -q '^max_containers int = "3"'
