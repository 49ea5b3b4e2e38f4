#!/bin/sh
# Check what an unexpected bug check says: code, name, parameters, sentence, frames with source lines.
. "$HERE/lib/common.sh"

misbehave crash.json 0x222010
expect_code 3 run crash.json
expect_line out 'FAIL  crash   crash.json:5:1'
expect_line out 'step 3  ioctl 0x222010 on h'
expect_line out 'bug check 0x000000e2 MANUALLY_INITIATED_CRASH (0x1, 0x2, 0x3, 0x4)'
expect_line out 'on processor 0 at PASSIVE_LEVEL'
expect_line out 'IRPs in flight:'
expect_line out 'replay: wdmsim run crash.json'

# The frames: functions, and source lines where the driver has debug information and the host a tool.
# The bug check's caller is static and may be inlined.
expect_line out 'misbehaver!Misbehaver'
if command -v addr2line >/dev/null && command -v readelf >/dev/null &&
    readelf -S "${WDMSIM_DRIVER_PATH%%:*}/misbehaver.sys" | grep -q debug_line; then
    expect_line out 'misbehaver.c:'
fi

# Expected, it passes; another code or parameter does not.
expect='], "expect": { "bugcheck": { "code": "0xe2", "parameters": [1, null, "0x3"], "explanation": "*" } } }'
sed "s/^\] }/$expect/" crash.json >expected.json
expect_code 0 run expected.json
sed 's/"0xe2"/"IRQL_NOT_LESS_OR_EQUAL"/' expected.json >other.json
expect_code 3 run other.json
expect_line out 'at the end  expect: bug check'
expect_line out 'expected bug check 0x0000000a IRQL_NOT_LESS_OR_EQUAL'
expect_line out 'actual   bug check 0x000000e2 MANUALLY_INITIATED_CRASH'
sed 's/"0x3"/"0x7"/' expected.json >parameter.json
expect_code 1 run parameter.json
expect_line out 'parameter 3 of the bug check'
expect_line out 'actual   0x3'

# An expect step further on: the steps between are skipped, those behind it that cannot be are too.
misbehave later.json 0x222010 ', { "close": "h" }, { "expect": { "bugcheck": "MANUALLY_INITIATED_CRASH" } },
{ "expect": { "trace": "ki.bugcheck", "requests": {} } }, { "note": "never done" }'
expect_code 0 run later.json

# Under a sanitizer, which stops the process at them, the driver's own mistakes are not met here.
[ -n "${SANITIZE:-}" ] && exit 0

expect_code 3 run "$SCENARIOS/hastyreader.exit3.json"
expect_line out 'hastyreader.exit3.json:10:5'
expect_line out 'step 5  advance 1s'
expect_line out 'bug check 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS (0x'
expect_line out 'on processor 0 at DISPATCH_LEVEL'
expect_line out 'hastyreader!HastyTimeout'
expect_line out 'io.irp.cancel'

# A fault of the driver is a bug check too.
misbehave null_pointer.json 0x222004
expect_code 3 run null_pointer.json
expect_line out 'wrote to the inaccessible address'
