#!/bin/sh
# Check the JUnit file: one case for each scenario, failures and errors apart, text escaped.
. "$HERE/lib/common.sh"

misbehave pass.json 0x22200c
misbehave fail.json 0x22200c ', { "expect": { "output": "no <&> \"text\"" } }'
misbehave crash.json 0x222010
printf '{' >unreadable.json
expect_code 3 run pass.json fail.json crash.json unreadable.json --junit junit.xml
expect_line junit.xml '<testsuite name="wdmsim" tests="4" failures="2" errors="1"'
expect_line junit.xml '<testcase classname="pass" name="pass"'
expect_line junit.xml 'file="fail.json" line="5"'
expect_line junit.xml 'expected &quot;no &lt;&amp;&gt;'
expect_line junit.xml '<error message="this '
expect_line junit.xml 'replay: wdmsim run fail.json'
[ "$(grep -c '<testcase ' junit.xml)" -eq 4 ] || fail 'four cases'
[ "$(grep -c '<failure ' junit.xml)" -eq 2 ] || fail 'two failures'
if command -v xmllint >/dev/null; then xmllint --noout junit.xml || fail 'not XML'; fi
