#!/bin/sh
# How many of a specification's numbered assertions have a passing test.
#
# A test names an assertion by its number, "PNP-012" in a comment or pnp_012 in a function's name. What passed
# is read from the log that ctest leaves in the build directory: run the suite first.
#
# Some cannot be tested of this system: what binds drivers alone, what is a permission that it does not use, what
# happens where it has nobody. The test that names one shows what there is to see. Those are told apart.
set -u

# ID reason
apart() {
    cat <<'TEXT'
POW-033 the power policy owner sends these IRPs; shown with the driver of the tests
POW-034 the power policy owner chooses the state; shown with the driver of the tests
POW-078 the sender of the query sends the set; shown with the driver of the tests
POW-083 the driver holds its I/O; shown with the driver of the tests, to which the system fails none
PNP-043 a permission: one worker starts a device before it looks for missing ones; shown for one that failed to start
PNP-079 nobody in user mode hears of devices here; shown: DEVICE_ENUMERATED precedes AddDevice
TEXT
}

usage() {
    cat <<'TEXT'
usage: tests/assertions.sh [--build DIR] [--list] SPECIFICATION…
  --build DIR  where ctest ran (default: build/debug)
  --list       every assertion with the tests that name it
Assertions are the lines "- ABC-123 …" of the files given. Those that cannot be tested of this system are listed with the reason.
The last line of the output is the result. Exit code 0: each has a passing test, 1: some have none.
TEXT
}

build=
list=no
root=$(cd "$(dirname "$0")/.." && pwd)
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?--build wants a directory} && shift ;;
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
build=${build:-$root/build/debug}
log=$build/Testing/Temporary/LastTest.log
if [ $# -eq 0 ]; then
    usage >&2
    exit 2
fi
if [ ! -f "$log" ]; then
    echo "no tests ran in $build" >&2
    exit 2
fi

# Four kinds of lines: "test NAME Passed", "names ID NAME", "apart ID REASON", "assertion ID".
{
    apart | sed 's/^/apart /'
    sed -n 's/^[0-9]*\/[0-9]* Testing: \(.*\)/name \1/p; s/^Test \(Passed\|Failed\)\..*/end \1/p' "$log" |
        awk '$1 == "name" { name = $2 } $1 == "end" { print "test", name, $2 }'
    (cd "$root/tests" && grep -oEH '\b[A-Z]{3}-[0-9]{3}\b|\b[a-z]{3}_[0-9]{3}_' */test_*.c) |
        sed 's|^\([a-z]*\)/test_\([a-z0-9_]*\)\.c:\([A-Za-z]*\)[-_]\([0-9]*\)_*$|names \3-\4 \1.\2|' |
        awk '{ $2 = toupper($2); print }' | sort -u
    sed -n 's/^- \([A-Z][A-Z][A-Z]-[0-9][0-9][0-9]\) .*/assertion \1/p' "$@"
} | awk -v list="$list" '
    $1 == "test" { passed[$2] = $3 == "Passed" }
    $1 == "names" {
        tests[$2] = tests[$2] " " $3
        if (passed[$3]) good[$2] = 1
    }
    $1 == "apart" {
        id = $2
        sub(/^apart [^ ]* /, "")
        reason[id] = $0
    }
    $1 == "assertion" {
        total++
        if (good[$2] && reason[$2]) {
            print $2 ": cannot be tested of this system: " reason[$2]
            others++
        } else if (good[$2]) covered++
        else print $2 ": " (tests[$2] ? "named by" tests[$2] ", which did not pass" : "no test names it")
        if (list == "yes") print $2 ":" tests[$2]
    }
    END {
        print covered + 0 " of " total + 0 " assertions have a passing test, " others + 0 " cannot be tested"
        exit covered + others < total
    }'
