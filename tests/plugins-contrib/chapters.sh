#!/bin/bash
# chapters.sh CLEAT CHAPTERS SDK INTO COMPILER FLAGS…: compiles all code of docs/sdk, as it stands there, against the installed SDK:
# C++ in two units, without making code of it; the plugin in C as it is, which then has to keep what its role promises.
set -euo pipefail
cleat=$1 chapters=$2 sdk=$3 into=$4 compiler=$5
shift 5
rm -rf "$into"
mkdir -p "$into"
# A page's blocks are one namespace, with its includes in front of all. One that specializes a template of the SDK cannot be in a
# namespace, and is a unit of its own.
for page in "$chapters"/*.md; do
  name=$(basename "$page" .md | tr - _)
  awk -v base="$into/$name" '
    /^```(cpp|c|capnp)$/ { kind = substr($0, 4); next }
    /^```/ { kind = ""; next }
    kind == "cpp" && /^#include/ { print > (base ".includes"); next }
    kind == "cpp" { print > (base ".blocks") }
    kind == "c" { print > (base ".c") }
    kind == "capnp" { print > (base ".capnp") }' "$page"
  [ -e "$into/$name.blocks" ] || continue
  if grep -q '^template <>' "$into/$name.blocks"; then
    cat "$into/$name.includes" "$into/$name.blocks" >"$into/$name.cpp"
  else
    cat "$into/$name.includes" >>"$into/includes"
    { echo "#define cleat_plugin_v1 cleat_plugin_v1_$name"
      echo "namespace page_$name {"
      echo "#line 1 \"$name.blocks\""
      cat "$into/$name.blocks"
      echo "}  // namespace page_$name"
      echo "#undef cleat_plugin_v1"; } >>"$into/blocks"
    pages="${pages:-} $name"
  fi
done
sort -u "$into/includes" | cat - "$into/blocks" >"$into/all.cpp"
cp "$into/kinds.capnp" "$into/book.capnp"
capnp compile -I"$sdk/share/cleat/schema" --src-prefix="$into" -oc++:"$into" "$into/book.capnp"
for unit in all kinds; do
  "$compiler" -std=c++23 -fsyntax-only -O0 -Wall -Wextra -Werror -I"$sdk/include" -I"$sdk/include/cleat/schema" -I"$into" "$@" "$into/$unit.cpp" &
  units="${units:-} $!"
done
for unit in $units; do wait "$unit"; done
cc -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I"$sdk/include" "$into/c.c" -o "$into/authz-night.so"
"$cleat" plugin check --brief --calls 500 "$into/authz-night.so"
echo "compiled:$pages kinds c"
