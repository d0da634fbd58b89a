#!/bin/sh
# Compiles through ccache: compile.sh CCACHE COMPILER ARGUMENT…
#
# ccache knows a precompiled header by the bytes of the file, which name the folder it was made in: no clone's objects would
# serve another. So a sum of the headers in it, macros included and paths not, is put beside it, which ccache takes instead. It is
# of the files as they are: compilers tell by their bytes, comments too, which of them they have already. The precompiled header
# itself is made anew in each clone: another's would name, and depend on, the other's files.
output=
for argument do
  [ "$previous" = -o ] && output=$argument
  previous=$argument
done
case $output in *.gch | *.pch) shift ;; *) exec "$@" ;; esac
"$@" || exit
count=$#
skip=
before=
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  [ -n "$skip" ] && { skip=; continue; }
  case $argument in
    -o | -MF | -MT | -MQ) skip=1 ;;
    -MD | -MMD | -c) ;;
    -Xclang) before=$argument; continue ;;
    -emit-pch) ;;
    *) set -- "$@" $before "$argument" ;;
  esac
  before=
done
{
  "$@" -E -dM -P
  "$@" -M | tr -d '\\' | tr ' ' '\n' | grep -v -e ':$' -e '/cmake_pch\.' -e '^$' | xargs cat
} 2>/dev/null | sha256sum > "$output.sum"
