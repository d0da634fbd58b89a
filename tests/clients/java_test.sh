#!/bin/bash
# fabric8's client, as Maven Central has it.
build=${1:?usage: java_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/tools.sh"
need_tool java javac mvn
mkdir -p "$out/java/classes"
if ! cmp -s "$here/java/pom.xml" "$out/java/pom.xml"; then
  mvn -B -q -f "$here/java/pom.xml" -Dmaven.repo.local="$out/java/repository" dependency:build-classpath \
    -Dmdep.outputFile="$out/java/classpath" >"$out/java.log" 2>&1 || skip "Maven cannot get the client"
  cp "$here/java/pom.xml" "$out/java/"
fi
javac -nowarn -d "$out/java/classes" -cp "$(cat "$out/java/classpath")" "$here/java/Client.java" 2>"$out/javac.log" ||
  { cat "$out/javac.log"; exit 1; }
. "$here/../api/server.sh"
start_server
check 'the client' ' checks, 0 failed' timeout 120 java -cp "$out/java/classes:$(cat "$out/java/classpath")" Client
finish
