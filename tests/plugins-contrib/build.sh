#!/bin/sh
# build.sh SDK_BUILD PLUGINS INTO CMAKE_ARGUMENTS…: installs the SDK into INTO/cleat, then builds each folder of PLUGINS against it,
# in INTO/NAME.
set -eu
sdk=$1 plugins=$2 into=$3
shift 3
rm -rf "$into"
cmake --install "$sdk/.." --component sdk --prefix "$into/cleat" >/dev/null
for folder in "$plugins"/*/; do
  name=$(basename "$folder")
  cmake -G Ninja -S "$folder" -B "$into/$name" -DCMAKE_PREFIX_PATH="$into/cleat" -DCMAKE_BUILD_TYPE=Debug "$@" >/dev/null
  cmake --build "$into/$name"
done
