# How processes that are built with a sanitizer behave in a test. Sourced with the build's folder as $1. Reports go to files
# in $1/reports: many a process is a child whose standard error nobody reads.
rm -rf "$1/reports"
mkdir -p "$1/reports"
common=log_path=$1/reports/report:halt_on_error=1
# What LeakSanitizer takes to know of the memory of thread-local variables of libraries is wrong with this libc when a block lies
# at one place of a page (then it ends with a fatal error of its own): their blocks are ordinary memory to it.
export ASAN_OPTIONS=$common:intercept_tls_get_addr=0:detect_leaks=1:detect_stack_use_after_return=1:check_initialization_order=1:strict_string_checks=1
export UBSAN_OPTIONS=$common:print_stacktrace=1
export TSAN_OPTIONS=$common:second_deadlock_stack=1:detect_deadlocks=1:suppressions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/tsan.supp
# Coroutines that go on one after the other give their stack back only where the compiler makes tail calls of it, which it does
# not around what a sanitizer adds. (This is the size of threads' stacks, too.)
ulimit -s 262144
