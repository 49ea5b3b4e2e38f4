#!/bin/sh
# Check what a failed expectation says: position, step, expected, actual, device stack, events, replay.
. "$HERE/lib/common.sh"

cat >fail.json <<'END'
{
  "name": "echo of another kind",
  "steps": [
    { "load": "echo" },
    { "repeat": 2, "steps": [ { "note": "on the way" } ] },
    { "open": "\\\\.\\Echo", "as": "h" },
    { "ioctl": "0x222000", "file": "h", "in": { "u32": [1, 2] }, "out": 8,
      "expect": { "out": { "u32": [1, 3] } } }
  ]
}
END
expect_code 1 run fail.json --seed 5 --processors 2
cat >expected <<'END'
FAIL  echo of another kind   fail.json:7:5
      step 4  ioctl 0x222000 on h: output at byte 4
      expected 8 bytes: 01 00 00 00 03 00 00 00
      actual   8 bytes: 01 00 00 00 02 00 00 00
      stack of device \\.\Echo:
END
head -5 out | cmp -s - expected || fail 'the head of the report'
expect_line out '\Device\Echo'
expect_line out '      last events:'
expect_line out 'IRP_MJ_DEVICE_CONTROL'
expect_line out '      replay: wdmsim run fail.json --seed 5 --processors 2'
cp fail.json "it's fail.json"
expect_code 1 run "it's fail.json" --driver-path "$WDMSIM_DRIVER_PATH"
expect_line out "      replay: wdmsim run 'it'\\''s fail.json' --driver-path $WDMSIM_DRIVER_PATH"

# step_fails STEPS LINE...: steps behind an open handle h of echo that fail, with these lines.
step_fails() {
    scenario step.json '{ "load": "echo" }, { "open": "\\\\.\\Echo", "as": "h" }, '"$1"
    shift
    expect_code 1 run step.json
    for line in "$@"; do expect_line out "$line"; done
}

step_fails '{ "read": 4, "file": "h", "expect": { "status": "STATUS_PENDING" } }' \
    'step 3  read 4 on h: status' 'expected STATUS_PENDING' 'actual   STATUS_SUCCESS'
step_fails '{ "write": "abc", "file": "h", "expect": { "information": 4 } }' \
    'information' 'expected 4' 'actual   3'
step_fails '{ "open": "\\\\.\\Nothing" }' 'expected success' 'actual   STATUS_OBJECT_NAME_NOT_FOUND'
step_fails '{ "expect": { "drivers": { "echo": "unloaded" } } }' 'driver echo' 'actual   loaded'
step_fails '{ "create_event": "e" }, { "expect": { "events": { "e": "signaled" } } }' \
    'event e' 'expected signaled' 'actual   not signaled'
step_fails '{ "expect": { "bugcheck": "MULTIPLE_IRP_COMPLETE_REQUESTS" } }' 'actual   the machine runs'
step_fails '{ "note": "abc" }, { "expect": { "trace": ["host.note abc", "host.note abc"] } }' \
    'expected "host.note abc", after "host.note abc"'
step_fails '{ "note": "abc" }, { "expect": { "never": "note abc" } }' \
    'expected never "note abc"' 'actual   host.note abc'
step_fails '{ "note": "abc" }, { "expect": { "trace": "note abc" } }, { "expect": { "trace": "note abc" } }' \
    'step 5  expect: trace' 'no such event since the last expect step that looked'
step_fails '{ "read": 4, "file": "h", "as": "r" }, { "cancel": "r" }' \
    'expected r to be pending' 'actual   already done: STATUS_SUCCESS'
step_fails '{ "create_event": "e" }, { "wait": "e", "limit": "1.5ms" }' 'e to be set within 1.5 ms'
step_fails '{ "unload": "echo" }' 'expected unloaded' 'actual   busy'
step_fails '{ "repeat": 5, "steps": [ { "note": "x" }, { "read": 4, "file": "h", "expect": { "information": 9 } } ] }' \
    'step 3.2  read 4 on h (round 1 of 5): information'
step_fails '{ "interrupt": "0x99" }' 'a driver connected to vector 0x99'

# A device that is plugged in is not plugged in again.
printf '{ "name": "twice", "devices": [ { "name": "d", "id": "ROOT\\\\D", "traits": [ "raw" ] } ],\n  "steps": [ { "unplug": "d" }, { "plug": "d" }, { "plug": "d" } ] }' >twice.json
expect_code 1 run twice.json
expect_line out 'step 3  plug d'
expect_line out 'actual   it is plugged in already'

# What is left behind, and debug output.
misbehave leak.json 0x222008 ', { "close": "h" }, { "unload": "misbehaver" }, { "expect": { "leaks": 0 } }'
expect_code 1 run leak.json
expect_line out 'step 6  expect: leaks'
expect_line out 'expected 0'
expect_line out "tag 'Leak'"
misbehave print.json 0x22200c ', { "expect": { "output": ["printing <&>", "goodbye"] } }'
expect_code 1 run print.json
expect_line out 'debug output'
expect_line out 'expected "goodbye", after "printing <&>"'

# The scenario's own expectation stands at its place and sees the whole run.
printf '{ "name": "whole", "steps": [ { "note": "a" }, { "expect": { "trace": "note a" } } ],\n  "expect": { "trace": ["note a", "note b"] } }' >whole.json
expect_code 1 run whole.json
expect_line out 'FAIL  whole   whole.json:2:3'
expect_line out 'at the end  expect: trace'
