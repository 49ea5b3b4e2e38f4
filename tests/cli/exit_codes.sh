#!/bin/sh
# Check the exit codes, and that several files give the highest.
. "$HERE/lib/common.sh"

misbehave pass.json 0x22200c
misbehave fail.json 0x222000 ', { "note": "not reached" }'
sed 's/0x222000/0x222ffc/' fail.json >wrong.json
printf '{' >unreadable.json
misbehave crash.json 0x222010

expect_code 0 run pass.json
expect_line out 'PASS  pass   pass.json'
expect_code 1 run wrong.json
expect_code 2 run unreadable.json
expect_code 3 run crash.json
expect_code 1 run pass.json wrong.json pass.json
expect_code 2 run wrong.json unreadable.json pass.json
expect_code 3 run crash.json unreadable.json wrong.json
expect_line out '0 passed, 3 failed'

# The same in the command's own process.
expect_code 0 run --jobs 0 pass.json
expect_code 1 run --jobs 0 wrong.json pass.json
expect_code 2 run --jobs 0 unreadable.json
expect_code 3 run --jobs 0 crash.json

# A driver that is not there is an expectation that fails.
scenario nowhere.json '{ "load": "no_such_driver" }'
expect_code 1 run nowhere.json
expect_line out 'expected no_such_driver to be loaded'

# Quiet: failures only.
expect_code 1 run --quiet pass.json wrong.json
expect_no_line out "PASS  "
expect_line out FAIL
