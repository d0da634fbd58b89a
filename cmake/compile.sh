#!/bin/sh
# Compiles through ccache: compile.sh CCACHE COMPILER ARGUMENT…
#
# ccache knows a precompiled header by the bytes of the file, which name the folder it was made in: no clone's objects would
# serve another. So a sum of the header's text, macros included and paths not, is put beside it, which ccache takes instead.
#
# A header that was precompiled is known again by its bytes, comments included, so with one that differs in a comment alone
# ccache must not serve the other.
case " $* " in *".gch "*) export CCACHE_COMMENTS=1 ;; esac
"$@" || exit
output=
for argument do
  [ "$previous" = -o ] && output=$argument
  previous=$argument
done
case $output in *.gch) ;; *) exit 0 ;; esac
shift
count=$#
skip=
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  [ -n "$skip" ] && { skip=; continue; }
  case $argument in
    -o | -MF | -MT | -MQ) skip=1 ;;
    -MD | -MMD | -c) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
"$@" -E -dD -P 2>/dev/null | sha256sum > "$output.sum"
