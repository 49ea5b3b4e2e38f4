#!/bin/sh
# Check that a device says with which resources firmware has set it up, if it has.
. "$HERE/lib/common.sh"

# plug FIELDS: the answer to IRP_MN_QUERY_RESOURCES of a device with a port of these fields.
plug() {
    cat >plug.json <<TEXT
{ "name": "plug", "steps": [ { "plug": "card", "expect": { "problem": "no_driver" } } ],
  "devices": [ { "name": "card", "id": "TEST\\\\Card", "plugged": false,
                 "resources": [ { "kind": "port", "at": "0x300", "up_to": "0x3ff", "length": 8$1 } ] } ] }
TEXT
    expect_code 0 run plug.json --trace plug.txt
    grep -A 1 'IRP_MJ_PNP minor 0x0a' plug.txt >answer.txt
}

plug ', "boot": true'
expect_line answer.txt 'STATUS_SUCCESS information'
expect_no_line answer.txt 'information 0'
plug ''
expect_line answer.txt 'STATUS_NOT_SUPPORTED information 0'
