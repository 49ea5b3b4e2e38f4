#!/bin/sh
# Check that one seed gives one trace, to the byte: in one process, in new ones, on one processor and
# on four; and that many seeds give different ones.
. "$HERE/lib/common.sh"

runs=1000 seeds=100
[ -n "${SANITIZE:-}" ] && runs=50 seeds=20

for processors in 1 4; do
    expect_code 0 run "$SCENARIOS/race.json" --seed 7 --processors $processors --runs $runs --events all --timeout 0
    expect_line out "$runs runs"
    for process in 1 2 3 4 5; do
        expect_code 0 run "$SCENARIOS/race.json" --seed 7 --processors $processors --events all --trace "trace.$processors.$process"
        cmp "trace.$processors.1" "trace.$processors.$process" || fail "process $process"
    done
    [ "$(wc -l <"trace.$processors.1")" -gt 100 ] || fail 'hardly any trace'
done

expect_code 0 run "$SCENARIOS/race.json" --seeds $seeds --processors 4 --timeout 0
distinct=$(sed -n 's/.* \([0-9]*\) distinct traces$/\1/p' out)
[ "${distinct:-0}" -gt 1 ] || fail "$seeds seeds gave ${distinct:-no} distinct traces"

# Two seeds that differ do so in new processes too.
expect_code 0 run "$SCENARIOS/race.json" --seeds $seeds --processors 4 --trace all.txt --timeout 0
[ "$(grep -c '^# reads, writes' all.txt)" -eq $seeds ] || fail 'a heading for each seed'
