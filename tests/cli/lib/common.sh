#!/bin/sh
# What every script of this folder begins with: checks that say what went wrong, and scenarios.
# shellcheck shell=sh
set -u
: "${WDMSIM:?}" "${SCENARIOS:?}" "${HERE:?}"
rm -rf ./*

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    [ -f out ] && sed 's/^/  out: /' out >&2
    [ -f err ] && sed 's/^/  err: /' err >&2
    exit 1
}

# expect_code CODE ARGUMENT...: runs the command, its output into the files out and err.
expect_code() {
    expected=$1
    shift
    "$WDMSIM" "$@" >out 2>err
    code=$?
    [ $code -eq "$expected" ] || fail "wdmsim $*: exit code $code, expected $expected"
}

# expect_line FILE TEXT: the file has a line that contains the text.
expect_line() {
    grep -F -q -e "$2" "$1" || fail "nothing in $1 says: $2"
}

expect_no_line() {
    if grep -F -q -e "$2" "$1"; then fail "something in $1 says: $2"; fi
}

# scenario FILE STEPS [MORE]: writes a scenario with steps, its name that of the file.
scenario() {
    printf '{ "name": "%s",\n"steps": [\n%s\n]%s }\n' "${1%.json}" "$2" "${3:-}" >"$1"
}

# A scenario with the misbehaver driver: FILE CONTROL-CODE [STEPS BEHIND].
misbehave() {
    scenario "$1" '{ "load": "misbehaver" },
{ "open": "\\\\.\\Misbehaver", "as": "h" },
{ "ioctl": "'"$2"'", "file": "h" }'"${3:-}"
}
