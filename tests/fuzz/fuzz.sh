#!/bin/bash
# Builds the fuzz targets with clang and runs each for some seconds, from its corpus here and from what it found before, which
# is kept in build/fuzz/found. What breaks one is left in build/fuzz/broken.
#
#   fuzz.sh SECONDS [TARGET…]      fuzz.sh 120 json apply
set -uo pipefail
seconds=${1:?usage: fuzz.sh SECONDS [TARGET…]}
shift
cd "$(dirname "$0")/../.."
. etc/packages.sh
cleat_packages="$cleat_packages clang-19 libclang-rt-19-dev"
cleat_install_packages || exit 1
[ $# -gt 0 ] || set -- $(basename -s _fuzz.cpp -a tests/fuzz/*_fuzz.cpp)
cmake --preset fuzz >/dev/null && cmake --build build/fuzz --target $(printf '%s_fuzz ' "$@") || exit 1
mkdir -p build/fuzz/broken
failed=0
for target in "$@"; do
  found=build/fuzz/found/$target
  mkdir -p "$found"
  seeds=tests/fuzz/corpus/$target
  if build/fuzz/tests/fuzz/${target}_fuzz -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=16384 \
      -print_final_stats=1 -artifact_prefix=build/fuzz/broken/$target- "$found" "$seeds" >"build/fuzz/$target.log" 2>&1; then
    echo "ok    $target: $(sed -n 's/stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs," \
      "$(find "$found" -type f | wc -l) found"
  else
    failed=$((failed + 1))
    echo "FAIL  $target"
    grep -v '^#' "build/fuzz/$target.log" | tail -n 40
  fi
done
echo "$# targets, $failed failed"
[ $failed = 0 ]
