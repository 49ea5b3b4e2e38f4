#!/bin/sh
# Check that the step set_time sets the system time: drivers are told, timers for a date follow, and
# relative ones do not.
. "$HERE/lib/common.sh"

# steps STEPS: runs them behind the load of the calendar driver.
steps() {
    scenario calendar.json '{ "load": "calendar" },
'"$1"
    expect_code 0 run calendar.json --trace trace.txt
}

steps '{ "advance": "1800s" }'
expect_no_line trace.txt 'calendar:'

steps '{ "set_time": "2026-01-31T23:59:50Z" }, { "advance": "5s" }'
expect_line trace.txt 'calendar: set to 2026-01-31 23:59'
expect_no_line trace.txt 'calendar: February'

steps '{ "set_time": "2026-01-31T23:59:50Z" }, { "advance": "20s" }'
expect_line trace.txt 'calendar: February'
expect_no_line trace.txt 'calendar: an hour'

# Past its date the timer expires at once; put back, it waits for the date to come again.
steps '{ "set_time": "2026-06-01T12:00:00Z" }'
expect_line trace.txt 'calendar: February'
steps '{ "set_time": "2025-12-31T23:00:00Z" }, { "advance": "2h" }'
expect_line trace.txt 'calendar: an hour'
expect_no_line trace.txt 'calendar: February'

# It may race with other steps.
steps '{ "together": [ { "set_time": "2026-02-01T00:00:00Z" }, { "note": "now" } ] }'
expect_line trace.txt 'calendar: February'

# A date is what it takes.
scenario wrong.json '{ "set_time": "noon" }'
expect_code 2 run wrong.json
expect_line out 'wrong.json:3:15: error: expected a date'
