#!/bin/sh
# Check what an unexpected bug check says: code, name, parameters, sentence, frames with source lines.
. "$HERE/lib/common.sh"

expect_code 3 run "$SCENARIOS/hastyreader.exit3.json"
expect_line out 'hastyreader.exit3.json:10:5'
expect_line out 'step 5  advance 1s'
expect_line out 'bug check 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS (0x'
expect_line out 'on processor 0 at DISPATCH_LEVEL'
expect_line out 'hastyreader!HastyTimeout'
expect_line out 'io.irp.cancel'
expect_line out 'replay: wdmsim run'
if command -v addr2line >/dev/null || command -v llvm-symbolizer >/dev/null || command -v atos >/dev/null; then
    case $("$WDMSIM" run "$SCENARIOS/hastyreader.exit3.json") in
    *'hastyreader.c:'*) ;;
    *) [ "${BUILD_TYPE:-}" = Release ] || fail 'no source line in the frames' ;;
    esac
fi

# Expected, it passes; another code or parameter does not.
expect_code 0 run "$SCENARIOS/hastyreader.json"
sed 's/"MULTIPLE_IRP_COMPLETE_REQUESTS"/"IRQL_NOT_LESS_OR_EQUAL"/' "$SCENARIOS/hastyreader.json" >other.json
expect_code 3 run other.json
expect_line out 'expected bug check 0x0000000a IRQL_NOT_LESS_OR_EQUAL'
expect_line out 'actual   bug check 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS'
sed 's/"MULTIPLE_IRP_COMPLETE_REQUESTS"/{ "code": "0x44", "parameters": [7] }/' "$SCENARIOS/hastyreader.json" >parameter.json
expect_code 1 run parameter.json
expect_line out 'parameter 1 of the bug check'
sed 's/"MULTIPLE_IRP_COMPLETE_REQUESTS"/{ "code": "0x44", "parameters": [null, null] }/' "$SCENARIOS/hastyreader.json" >null.json
expect_code 0 run null.json

# A fault of the driver is a bug check too.
misbehave null_pointer.json 0x222004
expect_code 3 run null_pointer.json
expect_line out 'misbehaver!MisbehaverNullPointer'
