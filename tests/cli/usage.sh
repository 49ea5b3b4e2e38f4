#!/bin/sh
# Check that help and version tell the truth, and that a wrong command line is exit code 2.
. "$HERE/lib/common.sh"

expect_code 0 --help
for option in --seed --seeds --runs --processors --driver-path --trace --events --junit --timeout --jobs --quiet; do
    expect_line out "  $option"
done
for command in run check schema; do expect_line out "wdmsim $command"; done

# Every option that the help names is taken, and the version is the project's.
scenario empty.json ''
for option in --seed --seeds --runs --processors --jobs; do expect_code 0 run empty.json $option 1; done
expect_code 0 run empty.json --timeout 100
expect_code 0 run empty.json --trace trace.txt --events all --junit junit.xml --driver-path . --quiet
expect_code 0 --version
expect_line out "wdmsim $(sed -n 's/^project(wdmsim VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt")"

expect_code 2
expect_line err 'Usage: wdmsim run'
expect_code 2 rnu
expect_line err 'there is no command rnu; did you mean run?'
expect_code 2 run
expect_code 2 check
expect_code 2 run --sede 4 empty.json
expect_line err 'there is no option --sede; did you mean --seed?'
expect_code 2 run empty.json --seed
expect_line err '--seed wants a value'
expect_code 2 run empty.json --seed=x
expect_line err '--seed wants a number, not x'
expect_code 2 run empty.json --processors 65
expect_line err '--processors: 65 is out of range'
expect_code 2 run empty.json --events ki.nothing
expect_line err 'there is no event ki.nothing'
expect_code 2 run empty.json --quiet=yes
expect_code 2 run empty.json --trace no/such/directory/trace
expect_code 2 run empty.json --junit no/such/directory/junit.xml
expect_code 2 run -- --seed
expect_line out '--seed: error: No such file or directory'
