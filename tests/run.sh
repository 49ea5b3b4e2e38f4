#!/bin/sh
# Builds everything and runs the whole test suite. Installs what is missing first.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/setup.sh

usage() {
    cat <<'TEXT'
usage: tests/run.sh [option…]
  --preset NAME   debug (the default), release, asan or clang; see CMakePresets.json
  --filter REGEX  only the tests whose name matches
  --label REGEX   only the tests of these components (the folders of tests/; also scenario, valgrind)
  --exclude REGEX not the tests of these components
  --valgrind      run the fiber and I/O tests under Valgrind as well
  --jobs N        how many processes to use (default: one for each processor)
  --no-install    do not install packages; say what is missing
  --show          print the commands that build and run this configuration, and run nothing
  --help          this text
The last line of the output is the result: N passed, N failed. Exit code 0: all passed, 1: some failed,
2: could not build.
TEXT
}

need_value() { [ $# -ge 2 ] || fail "$1 wants a value (see --help)"; }

filter=
label=
exclude=
show=no
while [ $# -gt 0 ]; do
    case $1 in
    --preset) need_value "$@" && preset=$2 && shift ;;
    --filter) need_value "$@" && filter=$2 && shift ;;
    --label) need_value "$@" && label=$2 && shift ;;
    --exclude) need_value "$@" && exclude=$2 && shift ;;
    --jobs) need_value "$@" && jobs=$2 && shift ;;
    --valgrind) with_valgrind=yes ;;
    --no-install) install=no ;;
    --show) show=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    *) fail "unknown option $1 (see --help)" ;;
    esac
    shift
done
case $preset in
debug | release | asan | clang) ;;
*) fail "unknown preset $preset: debug, release, asan or clang" ;;
esac
jobs=${jobs:-$(count_processors)}

# The arguments of ctest; "$@" keeps patterns with blanks whole.
set -- --preset "$preset" --parallel "$jobs"
[ -z "$filter" ] || set -- "$@" --tests-regex "$filter"
[ -z "$label" ] || set -- "$@" --label-regex "$label"
[ -z "$exclude" ] || set -- "$@" --label-exclude "$exclude"

if [ $show = yes ]; then
    say "cmake --preset $preset$(configure_options)"
    say "cmake --build --preset $preset --parallel $jobs"
    printf 'ctest'
    for word; do
        case $word in
        *[!A-Za-z0-9_.:/=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    echo
    exit 0
fi

ensure_packages
say "building the preset $preset"
build

results=$(pwd)/build/$preset.tests
ctest "$@" --output-log "$results"
status=$?

# Each test has one line: "  3/40 Test #12: name ....   Passed    0.01 sec".
line='^ *[0-9]+/[0-9]+ +Test +#[0-9]+: '
total=$(grep -cE "$line" "$results")
passed=$(grep -cE "$line.* Passed " "$results")
# A test says itself that something it needs is not on this machine.
skipped=$(grep -cE "$line.*\*\*\*Skipped " "$results")
failed=$((total - passed - skipped))
[ "$total" -gt 0 ] || fail "no test matches"
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    fail "ctest failed with exit code $status"
fi
[ "$skipped" -eq 0 ] || say "skipped: $skipped, for want of something on this machine"
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
