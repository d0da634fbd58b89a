#!/bin/sh
# new_plugin.sh CLEAT SDK INTO CMAKE_ARGUMENTS…: what somebody does who begins a plugin: `cleat plugin new`, build, test.
set -eu
cleat=$1 sdk=$2 into=$3
shift 3
rm -rf "$into"
"$cleat" plugin new says-hello "$into"
"$cleat" plugin new says-hello "$into" 2>&1 && { echo "a folder that was there has been taken"; exit 1; }
"$cleat" plugin new Says_Hello 2>&1 && { echo "a name that no plugin can have has been taken"; exit 1; }
if grep -rn -i 'my.\?plugin' "$into"; then echo "the template's own name is left"; exit 1; fi
cmake -G Ninja -S "$into" -B "$into/build" -DCMAKE_PREFIX_PATH="$sdk" -DCMAKE_BUILD_TYPE=Debug "$@" >/dev/null
cmake --build "$into/build"
ctest --test-dir "$into/build" --output-on-failure --no-tests=error
"$cleat" plugin show "$into/build/says-hello.so" | grep -q '^name *says-hello$'
