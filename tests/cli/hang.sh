#!/bin/sh
# Check that a driver that loops without calling the kernel does not hang the command, and is named.
. "$HERE/lib/common.sh"

misbehave loop.json 0x222000
misbehave pass.json 0x22200c
begin=$(date +%s)
expect_code 3 run loop.json pass.json --timeout 4
[ $(($(date +%s) - begin)) -lt 30 ] || fail 'it took too long'
expect_line out 'FAIL  loop   loop.json:5:1'
expect_line out 'step 3  ioctl 0x222000 on h'
expect_line out "out of the host's time"
expect_line out 'at misbehaver!Misbehaver'
expect_line out 'PASS  pass   pass.json'
