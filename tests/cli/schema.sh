#!/bin/sh
# Check that the schema that is shipped is the one the command prints.
. "$HERE/lib/common.sh"
expect_code 0 schema
cmp out "$SOURCE/sim/scenario/scenario.schema.json" || fail 'out of date: wdmsim schema > sim/scenario/scenario.schema.json'
