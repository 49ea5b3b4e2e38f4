#!/bin/sh
# Check that a scenario that cannot be read is exit code 2, with file, line and column of each error,
# and that `run` says the same as `check` and runs nothing.
. "$HERE/lib/common.sh"

# flaw TEXT ERROR...: the text as bad.json gives exactly these errors.
flaw() {
    printf '%s' "$1" >bad.json
    shift
    for line in "$@"; do printf 'bad.json:%s\n' "$line"; done >expected
    for command in check run; do
        expect_code 2 $command bad.json
        cmp -s out expected || { cat expected >&2; fail "$command: not these errors"; }
    done
}

flaw '' '1:1: error: the text ends where a value should stand'
flaw '{ "name": "x", "steps": [ ] ' "1:1: error: this '{' is never closed"
flaw '{
  // a comment
  "name": "x",
  "steps": [
    { "note": "a" },
  ]
}' '5:20: error: a comma with nothing behind it'
flaw '{ "name": "x", "steps": [] } x' '1:30: error: text behind the end of the scenario'
flaw '{ "name": "x", "steps": [], "steps": [] }' '1:29: error: "steps" stands here a second time'
flaw '{ "name": "x", /* é */ "stepps": [] }' \
    '1:1: error: a scenario needs "steps"' \
    '1:24: error: a scenario has no "stepps"; did you mean "steps"?'
flaw '{
  "name": 7,
  "machine": { "processors": 0 },
  "steps": [
    { "laod": "echo" },
    { "open": "\\\\.\\Echo", "as": "h" },
    { "read": 5, "fiel": "h" },
    { "advance": 10 },
    { "cancel": "h2" },
    { "read": "0x10", "file": "h", "expect": { "status": "STATUS_SUCCES" } }
  ]
}' '2:11: error: expected a text, found 7' \
    '3:30: error: 0 is out of range: 1 to 64' \
    '5:7: error: there is no step "laod"; did you mean "load"?' \
    '7:5: error: step "read" needs "file"' \
    '7:18: error: step "read" has no "fiel"; did you mean "file"?' \
    '8:18: error: expected a time such as "10ms", found 10' \
    '9:17: error: no step before this one names a request "h2"; did you mean "h"?' \
    '10:58: error: there is no status "STATUS_SUCCES"'
printf '{"name":"\377"}' >bytes.json
expect_code 2 check bytes.json
expect_line out 'bytes.json:1:10: error: not UTF-8 (byte 0xff)'
expect_code 2 check nothing.json
expect_line out 'nothing.json: error: No such file or directory'

# The samples are right, and one wrong file among right ones is found.
for file in "$SCENARIOS"/*.json; do expect_code 0 check "$file"; done
[ -s out ] && fail 'check of a good scenario prints something'
expect_code 2 check "$SCENARIOS"/echo.json bad.json "$SCENARIOS"/reader.json
exit 0
