#!/bin/sh
# Check a machine whose processors come in groups, and the step add_processors: drivers are told of
# each processor, before and after, and one that refuses keeps it out.
. "$HERE/lib/common.sh"

# machine MACHINE STEPS: a scenario with the census driver on such a machine.
machine() {
    scenario census.json "$2" ',
"machine": { '"$1"' }, "drivers": [ { "name": "census", "parameters": { "Limit": 5 } } ]'
}

load='{ "load": "census" },'

# Processors fill the groups one after the other.
machine '"processors": 2, "maximum_processors": 8, "group_size": 2' "$load"'
{ "add_processors": 3 }, { "unload": "census" }, { "add_processors": 3 }'
expect_code 0 run census.json --trace trace.txt
grep -o 'census: .*[0-9]' trace.txt >told
cat >expected <<'LINES'
census: 2, number 0 of group 1, is coming; 2 of 8
census: 2, number 0 of group 1, is there; 3 of 8
census: 3, number 1 of group 1, is coming; 3 of 8
census: 3, number 1 of group 1, is there; 4 of 8
census: 4, number 0 of group 2, is coming; 4 of 8
census: 4, number 0 of group 2, is there; 5 of 8
LINES
cmp told expected || fail "$(cat told)"

# Every run of it is the same, whatever is left to chance.
machine '"processors": 2, "maximum_processors": 6, "group_size": 4, "seed": 5' "$load"'
{ "together": [ { "add_processors": 2 }, { "note": "meanwhile" } ] }'
expect_code 0 run census.json --runs 3 --seeds 4

# One that is refused is not there; the next attempt is for the same one.
refused='{ "expect": { "status": "STATUS_INSUFFICIENT_RESOURCES" }, "add_processors": 1 }'
machine '"processors": 5, "maximum_processors": 6' "$load $refused, $refused"
expect_code 0 run census.json --trace trace.txt
expect_line trace.txt 'census: 5, number 5 of group 0, is coming; 5 of 6'
expect_no_line trace.txt 'is there'

# A refusal that nobody expects is a failure, and so is one that does not come.
machine '"processors": 5, "maximum_processors": 6' "$load"'{ "add_processors": 1 }'
expect_code 1 run census.json
expect_line out 'status of the processor'
expect_line out 'STATUS_INSUFFICIENT_RESOURCES'
machine '"processors": 4, "maximum_processors": 5' "$load $refused"
expect_code 1 run census.json
expect_line out 'status of the processor'

# There is no room for more than the maximum, which --processors raises.
machine '"maximum_processors": 2' '{ "add_processors": 2 }'
expect_code 1 run census.json
expect_line out 'room for another one'
machine '"maximum_processors": 2' "$load"'{ "note": "three" }'
expect_code 0 run census.json --processors 3

# What no machine can be.
machine '"group_size": 3' '{ "note": "none" }'
expect_code 2 run census.json
expect_line out 'expected a power of two up to 64, found 3'
machine '"processors": 4, "maximum_processors": 2' '{ "note": "none" }'
expect_code 2 run census.json
expect_line out 'fewer than the 4 that are there from the start'
