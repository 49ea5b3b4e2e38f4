#!/bin/sh
# Builds the simulator and the sample drivers, runs a driver through a scenario and shows the result; then
# the same for a driver with a bug, which the simulated kernel must catch. Installs what is missing first.
# An argument is another scenario to run instead.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/setup.sh

preset=release
jobs=$(count_processors)
ensure_packages
say "building the simulator and the sample drivers"
build wdmsim_command samples

# show CODE SCENARIO: shows the command that runs it, runs it, and expects that exit code.
show() {
    say
    say "\$ build/$preset/bin/wdmsim run $2 --driver-path build/$preset/drivers"
    "build/$preset/bin/wdmsim" run "$2" --driver-path "build/$preset/drivers"
    status=$?
    say "(exit code $status)"
    [ $status -eq "$1" ] || fail "$2: exit code $status where $1 was expected"
}

if [ $# -gt 0 ]; then
    show 0 "$1"
    exit
fi
say "
A driver that works: scenarios/drivers/echo."
show 0 scenarios/echo.json
say "
A driver that completes an IRP which it still lets others cancel: scenarios/drivers/hastyreader."
show 3 scenarios/hastyreader.exit3.json
