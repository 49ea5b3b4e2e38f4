#!/bin/sh
# Check trace files: text and JSON lines of the same events, standard output, order of the files.
. "$HERE/lib/common.sh"

misbehave one.json 0x22200c
misbehave two.json 0x22200c ', { "note": "the end \" of two" }'

expect_code 0 run one.json --trace one.txt
expect_line one.txt 'io.driver.load'
expect_line one.txt 'misbehaver: printing <&> today'
expect_code 0 run one.json --trace one.jsonl
[ "$(wc -l <one.txt)" -eq "$(wc -l <one.jsonl)" ] || fail 'as many lines of JSON as of text'
expect_line one.jsonl '"event":"dbg.print","text":"misbehaver: printing <&> today"}'
if command -v jq >/dev/null; then jq -e .time one.jsonl >/dev/null || fail 'not JSON lines'; fi

# On the standard output the trace is alone.
expect_code 0 run one.json --trace -
cmp out one.txt || fail 'the standard output is not the trace'
expect_line err 'PASS  one'

# Several files: their traces one after the other, whichever ends first.
expect_code 0 run two.json --trace two.txt
expect_line two.txt 'the end " of two'
cat one.txt two.txt one.txt >expected
expect_code 0 run one.json two.json one.json --jobs 3 --trace all.txt
cmp all.txt expected || fail 'not the traces in order'

# More events on demand, from the command line and from the scenario.
expect_no_line one.txt 'mm.pool.alloc'
expect_code 0 run one.json --events mm.pool.alloc --trace pool.txt
expect_line pool.txt 'mm.pool.alloc'
sed 's/"steps"/"machine": { "trace": ["mm.pool.alloc"] }, "steps"/' one.json >pool.json
expect_code 0 run pool.json --trace pool2.txt
cmp pool.txt pool2.txt || fail 'not the same events'

# A driver's messages can be masked out, or in.
sed 's/"steps"/"machine": { "messages": { "DEFAULT": 0 } }, "steps"/' one.json >quiet.json
expect_code 0 run quiet.json --trace quiet.txt
expect_no_line quiet.txt 'misbehaver: printing'
