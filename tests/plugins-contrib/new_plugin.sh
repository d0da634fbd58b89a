#!/bin/sh
# new_plugin.sh CLEAT SDK INTO CMAKE_ARGUMENTS…: what somebody does who begins a plugin, of each role: `cleat plugin new`, build, test.
set -eu
cleat=$1 sdk=$2 into=$3
shift 3
rm -rf "$into"
mkdir -p "$into"
cd "$into"
"$cleat" plugin new says-hello "$into/says-hello"
"$cleat" plugin new says-hello "$into/says-hello" 2>&1 && { echo "a folder that was there has been taken"; exit 1; }
"$cleat" plugin new Says_Hello 2>&1 && { echo "a name that no plugin can have has been taken"; exit 1; }
"$cleat" plugin new --role juggler says-hello 2>&1 && { echo "a role that is none has been taken"; exit 1; }
rm -rf "$into/says-hello"
for role in $("$cleat" plugin new --help | sed -n 's/.*{\([a-z,-]*\)}.*/\1/p' | tr , ' '); do
  folder=$into/$role
  "$cleat" plugin new --role "$role" "says-$role" "$folder"
  if grep -rn -i 'my.\?plugin' "$folder"; then echo "the template's own name is left"; exit 1; fi
  if grep -rn -i 'c0ffee' "$folder"; then echo "the template's schema id is left"; exit 1; fi
  cmake -G Ninja -S "$folder" -B "$folder/build" -DCMAKE_PREFIX_PATH="$sdk" -DCMAKE_BUILD_TYPE=Debug "$@" >/dev/null
  cmake --build "$folder/build"
  ctest --test-dir "$folder/build" --output-on-failure --no-tests=error
  "$cleat" plugin show "$folder/build/says-$role.so" | grep -q "^name *says-$role\$"
  tried="${tried:-}$role "
done
[ "$tried" = "admission authenticator authorizer controller kinds network proxy scheduler " ] || { echo "tried only: $tried"; exit 1; }
