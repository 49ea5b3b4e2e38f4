#!/bin/sh
# Does a test notice when a routine does nothing?
#
# Each routine that the library exports and a test calls is replaced, alone, by one that does nothing and returns
# a constant: a library with that one name is loaded before ours. The library calls itself directly, so that only
# the tests and their drivers meet the replacement. The CMocka programs that call the name then run one after
# another, those with the fewest routines first, until one fails, crashes or hangs. A routine that no program
# misses has no test of its effect.
#
# What is no function of the library (macros, inline functions) cannot be replaced so.
set -u

usage() {
    cat <<'TEXT'
usage: tests/effects.sh [--build DIR] [--value N] [--list] [ROUTINE…]
  --build DIR  where the tests were built, without sanitizers (default: build/debug)
  --value N    what the replacement returns (default: 0, which is STATUS_SUCCESS, FALSE and NULL)
  --list       every routine with the program that missed it
Without names: every function that the library exports and a test calls.
The last line of the output is the result. Exit code 0: each routine was missed, 1: some were not.
TEXT
}

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/debug
value=0
list=no
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "${2:?--build wants a directory}" && pwd) && shift ;;
    --value) value=${2:?--value wants a number} && shift ;;
    --list) list=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    -*)
        usage >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done
library=$build/lib/libwdmsim.so
if [ ! -f "$library" ] || [ ! -f "$build/tests/CTestTestfile.cmake" ]; then
    echo "no tests with a shared library in $build" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM
# Most shells have it; where one has not, core files are left where the machine leaves them.
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null

# programs: "PROGRAM DRIVER_PATH" for each test that ctest runs without arguments.
find "$build/tests" -name CTestTestfile.cmake -exec cat {} + |
    sed -n 's/^add_test([^"]* "\([^" ]*\)")$/program \1/p
        s/^set_tests_properties(.* ENVIRONMENT "WDMSIM_DRIVER_PATH=\([^" ]*\)" .*/path \1/p' |
    awk '$1 == "program" { program = $2 } $1 == "path" && program { print program, $2; program = "" }' >"$work/programs"

# undefined FILE…: the names that files take from libraries.
undefined() { nm -D --undefined-only "$@" 2>/dev/null | sed -n 's/.* U \([A-Za-z_0-9]*\)$/\1/p'; }

nm -D --defined-only "$library" | sed -n 's/.* T \([A-Za-z_0-9]*\)$/\1/p' | sort -u >"$work/exports"
# calls: "ROUTINE NUMBER PROGRAM DRIVER_PATH", NUMBER being how many routines the program and its own drivers call.
while read -r program path; do
    drivers=$(printf '%s\n' "$path" | tr : '\n' | sed "\|^$build/drivers\$|d; s|\$|/*.sys|")
    # The patterns are to be expanded.
    # shellcheck disable=SC2086
    undefined "$program" $drivers | sort -u | comm -12 - "$work/exports" >"$work/names"
    awk -v number="$(wc -l <"$work/names")" -v program="$program" -v path="$path" \
        '{ print $1, number, program, path }' "$work/names"
done <"$work/programs" | sort -k1,1 -k2,2n >"$work/calls"

# runs PROGRAM DRIVER_PATH [LIBRARY]: whether the program passes, with that library loaded before all others.
runs() {
    (cd "$(dirname "$1")" && WDMSIM_DRIVER_PATH=$2 timeout -k 1 20 env LD_PRELOAD="${3:-}" "$1") >/dev/null 2>&1
}

# passes PROGRAM DRIVER_PATH: the same without a replacement, remembered. Only such a program can miss anything.
passes() {
    if ! grep -qF "$1 " "$work/alone"; then
        if runs "$1" "$2"; then
            echo "$1 yes" >>"$work/alone"
        else
            echo "$1 no" >>"$work/alone"
            echo "does not pass by itself: $1" >&2
        fi
    fi
    grep -qxF "$1 yes" "$work/alone"
}
: >"$work/alone"

if [ $# -gt 0 ]; then
    printf '%s\n' "$@" | sort -u >"$work/wanted"
else
    cut -d ' ' -f 1 "$work/calls" | sort -u >"$work/wanted"
fi
missed=0
unnoticed=0
while read -r name; do
    printf 'long long %s(void) { return %s; }\n' "$name" "$value" |
        ${CC:-cc} -w -O1 -fno-builtin -shared -fPIC -nostdlib -x c -o "$work/empty.so" - || exit 2
    who=
    while read -r _ _ program path; do
        [ -n "$program" ] || continue
        grep -qxF "$program no" "$work/alone" && continue
        runs "$program" "$path" "$work/empty.so" && continue
        passes "$program" "$path" || continue
        who=$(basename "$program")
        break
    done <<TEXT
$(grep "^$name " "$work/calls")
TEXT
    if [ -n "$who" ]; then
        missed=$((missed + 1))
        [ $list = no ] || echo "$name: $who"
    else
        unnoticed=$((unnoticed + 1))
        echo "$name: no test misses it, called by$(sed -n "s|^$name .*/\([^ /]*\) .*| \1|p" "$work/calls" | tr -d '\n')"
    fi
done <"$work/wanted"
echo "$missed of $((missed + unnoticed)) routines are missed when they do nothing and return $value"
[ $unnoticed -eq 0 ]
