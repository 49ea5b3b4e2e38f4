#!/bin/sh
# Check that debug output is shown in lines, however many calls print one: in expectations, traces,
# the last events of a failure, and the page.
. "$HERE/lib/common.sh"

line='misbehaver: bytes 00 01 02 03 04 05 06 07'
last='misbehaver: the last word'

misbehave pieces.json 0x222014 ', { "expect": { "output": ["'"$line"'", "'"$last"'"] } },
{ "expect": { "never": "dbg.print" } }'
expect_code 0 run pieces.json --trace pieces.txt --report pieces.html
[ "$(grep -c dbg.print pieces.txt)" -eq 2 ] || fail 'not two lines in the trace'
expect_line pieces.txt "$line"
expect_line pieces.txt "$last"
expect_line pieces.html "$line"
expect_code 0 run pieces.json --trace pieces.jsonl
expect_line pieces.jsonl "\"text\":\"$line\"}"

# What the scenario's own expectation sees at the end, and the events that a failure shows.
misbehave whole.json 0x222014
sed 's/\] }$/], "expect": { "output": ["'"$line"'", "'"$last"'", "and more"] } }/' whole.json >more.json
expect_code 1 run more.json
expect_line out "expected \"and more\", after \"$last\""
expect_line out "$line"

# Something else that happens ends the line in the trace, not in the output.
misbehave apart.json 0x222014 ', { "ioctl": "0x222014", "file": "h" },
{ "expect": { "output": "'"${last}$line"'" } }'
expect_code 0 run apart.json --trace apart.txt
[ "$(grep -c dbg.print apart.txt)" -eq 4 ] || fail 'not four lines in the trace'
