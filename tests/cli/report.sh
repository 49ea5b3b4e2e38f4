#!/bin/sh
# Check the files of timelines: the page (in a browser, if one is there), the Perfetto trace, the power
# report as text and JSON, each of one scenario and of several, also of one that fails.
. "$HERE/lib/common.sh"

expect_code 0 run "$SCENARIOS/suspend.json" --report page.html --perfetto trace.json --power power.txt
expect_line page.html '<script type="application/json" id="data">{"version"'
expect_line page.html 'ROOT\\GAUGE\\0000'
if grep -E -q 'https?://|src=|@import|<link' page.html; then fail 'the page fetches something'; fi
expect_line trace.json '"traceEvents":['
expect_line trace.json '"name":"ROOT\\GAUGE\\0000"'
expect_line power.txt 'ROOT\GAUGE\0000'
expect_line power.txt 'waited for power: added p50'

# The same again gives the same bytes.
expect_code 0 run "$SCENARIOS/suspend.json" --report again.html --perfetto again.json --power again.txt
cmp page.html again.html || fail 'two runs, two pages'
cmp trace.json again.json || fail 'two runs, two traces'
cmp power.txt again.txt || fail 'two runs, two power reports'

# Several scenarios in one file, one of them failing; power alone on the standard output.
sed 's/"S0 -> S3": 1,/"S0 -> S3": 2,/' "$SCENARIOS/suspend.json" >fails.json
expect_code 1 run fails.json "$SCENARIOS/drips.json" --report both.html --perfetto both.json --power both-power.json
expect_line both.html '"outcome":"failed"'
expect_line both.html 'transitions S0 -'
expect_line both.json '"pid":100002'
expect_line both.json '"pid":200002'
expect_line both-power.json '"blockers":[{"name":"ROOT\\TRIPLEX\\0000 component 1"'
expect_code 0 run "$SCENARIOS/drips.json" --quiet --power -
# The figures as they come out on paper: 11 s of 2 W, 40 s of 4 mW, 10 s of a radio's 250 mW; of three opens,
# settings and closes at once and ten seconds of work.
expect_line out ': 51 s, 24.66 J, on average 483.5 mW'
expect_line out 'requests: 4, latency p50 0 s, p99 10 s; 0 waited for power'
expect_line out 'DRIPS: 78.43% of the run, entered 2 times'
expect_line out 'kept from DRIPS by:'
expect_line out 'ROOT\TRIPLEX\0000 component 1 for 10 s'
if command -v jq >/dev/null; then
    for file in trace.json both.json both-power.json; do jq -e . $file >/dev/null || fail "$file is not JSON"; done
fi
expect_code 2 run "$SCENARIOS/drips.json" --report /nowhere/at/all.html
expect_code 2 run "$SCENARIOS/drips.json" --report ''

# The page in a browser: with the keyboard, with a pointer, on a phone, dark and light; and how fast the
# biggest scenario's page opens.
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || exit 0
command -v node >/dev/null || exit 0
node -e 'process.exit(typeof WebSocket === "function" || +process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || exit 0
expect_code 0 run "$SCENARIOS/cycles.json" --report big.html --timeout 0
[ "$(wc -c <big.html)" -lt 5242880 ] || fail 'the page of the biggest scenario is larger than 5 MB'
node "$HERE/lib/browse.js" "$CHROMIUM" "$PWD/both.html" "$PWD/big.html" >browse.txt 2>&1 || {
    cat browse.txt >&2
    fail 'the page in the browser'
}
