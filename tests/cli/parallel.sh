#!/bin/sh
# Check that many scenarios run side by side and are reported in the order of the command line.
. "$HERE/lib/common.sh"

files=
for i in 1 2 3 4 5 6 7 8 9; do
    scenario s$i.json '{ "load": "misbehaver" }, { "note": "x" }'
    files="$files s$i.json"
    echo "PASS  s$i   s$i.json" >>expected
done
echo '9 passed, 0 failed' >>expected
for jobs in 1 4 9; do
    # shellcheck disable=SC2086
    expect_code 0 run $files --jobs $jobs
    cmp out expected || fail "--jobs $jobs: not in order"
done
