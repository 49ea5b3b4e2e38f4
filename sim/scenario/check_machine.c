/* Comparing the machine with an "expect": bug checks, states, trace, output, leaks. */
#include "scenario/run.h"

#include <inttypes.h>
#include <string.h>

#include "scenario/match.h"
#include "scenario/observe.h"

/* ---- bug checks ----------------------------------------------------------------------------- */

static const char *code_words(struct run *run, uint32_t code) {
    const char *name = wdmsim_bugcheck_name(code);
    return run_printf(run, "bug check 0x%08" PRIx32 "%s%s", code, name ? " " : "",
                      name ? name : "");
}

static bool check_parameters(struct run *run, const struct wdmsim_stop *stop,
                             const struct bugcheck_parameters *parameters) {
    for (unsigned i = 0; i < parameters->count; i++) {
        const struct number *expected = &parameters->values[i];
        if (expected->set && expected->value != stop->parameters[i])
            return run_fail(run, run_printf(run, "parameter %u of the bug check", i + 1),
                            run_printf(run, "0x%" PRIx64, expected->value),
                            run_printf(run, "0x%" PRIx64, stop->parameters[i]));
    }
    return true;
}

/* A stop for another reason than the expected one is as bad as an unexpected one. */
static bool check_bugcheck(struct run *run, const struct expected_bugcheck *expected) {
    const struct wdmsim_stop *stop = wdmsim_machine_stop(run->machine);
    uint32_t code = (uint32_t)expected->code.value;
    if (!stop)
        return run_fail(run, "bug check", code_words(run, code), "the machine runs");
    run->stop_expected = stop->code == code;
    if (!run->stop_expected) {
        run_fail(run, "bug check", code_words(run, code), code_words(run, stop->code));
        run->outcome = OUTCOME_CRASHED;
        return false;
    }
    if (!check_parameters(run, stop, &expected->parameters))
        return false;
    if (expected->explanation && !match_line(expected->explanation, stop->explanation))
        return run_fail(run, "explanation of the bug check", expected->explanation,
                        stop->explanation);
    return true;
}

/* ---- states --------------------------------------------------------------------------------- */

static bool check_requests(struct run *run, const struct expected_requests *requests) {
    for (unsigned i = 0; i < requests->count; i++) {
        const struct expected_request_state *state = &requests->list[i];
        const struct slot *slot = &run->slots[state->name];
        const char *subject = run_printf(run, "request %s", run_name(run, state->name));
        run->failure.device = slot->device;
        if (!slot->request)
            return run_fail(run, subject, "to be submitted", "it never was");
        if (!check_status(run, subject, wdmsim_request_status(slot->request), state->statuses,
                          RULE_NONE))
            return false;
    }
    run->failure.device = NULL;
    return true;
}

static bool check_events(struct run *run, const struct expected_events *events) {
    for (unsigned i = 0; i < events->count; i++) {
        const struct expected_event_state *state = &events->list[i];
        const struct slot *slot = &run->slots[state->name];
        int actual = wdmsim_event_state(run->machine, slot->process, slot->handle);
        const char *words = actual < 0 ? wdmsim_error_message(actual)
                            : actual   ? "signaled"
                                       : "not signaled";
        if (actual != (int)state->signaled)
            return run_fail(run, run_printf(run, "event %s", run_name(run, state->name)),
                            state->signaled ? "signaled" : "not signaled", words);
    }
    return true;
}

static bool check_drivers(struct run *run, const struct expected_drivers *drivers) {
    for (unsigned i = 0; i < drivers->count; i++) {
        const struct expected_driver_state *state = &drivers->list[i];
        struct wdmsim_driver *driver = wdmsim_driver_find(run->machine, state->driver->name);
        bool loaded = driver && wdmsim_driver_is_loaded(driver);
        if (loaded != state->loaded)
            return run_fail(run, run_printf(run, "driver %s", state->driver->name),
                            state->loaded ? "loaded" : "unloaded", loaded ? "loaded" : "unloaded");
    }
    return true;
}

/* ---- trace and output ----------------------------------------------------------------------- */

static bool missing(struct run *run, const char *subject, const struct patterns *patterns,
                    unsigned done, const char *what) {
    const char *after = done ? run_printf(run, ", after \"%s\"", patterns->list[done - 1]) : "";
    return run_fail(run, subject, run_printf(run, "\"%s\"%s", patterns->list[done], after), what);
}

static bool check_never(struct run *run, const struct patterns *never, const struct text *lines) {
    const char *p = text_string(lines), *end = p + lines->length;
    for (; p < end; p += strlen(p) + 1)
        for (unsigned i = 0; i < never->count; i++)
            if (match_line(never->list[i], p))
                return run_fail(run, "trace", run_printf(run, "never \"%s\"", never->list[i]),
                                run_printf(run, "%s", p));
    return true;
}

static bool check_counts(struct run *run, const struct expected_counts *counts,
                         const struct text *lines) {
    for (unsigned i = 0; i < counts->count; i++) {
        const struct expected_count *expected = &counts->list[i];
        const char *p = text_string(lines), *end = p + lines->length;
        uint64_t count = 0;
        for (; p < end; p += strlen(p) + 1)
            count += match_line(expected->pattern, p);
        if (!check_range(run, run_printf(run, "events that match \"%s\"", expected->pattern),
                         &expected->count, count, NULL))
            return false;
    }
    return true;
}

static bool check_window(struct run *run, const struct expect_spec *expect) {
    struct journal *journal = &run->journal;
    unsigned done = journal_match(&expect->trace, &journal->lines, 0);
    if (done < expect->trace.count)
        return missing(run, "trace", &expect->trace, done,
                       "no such event since the last expect step that looked");
    if (!check_never(run, &expect->never, &journal->lines) ||
        !check_counts(run, &expect->counts, &journal->lines))
        return false;
    done = journal_match(&expect->output, &journal->output, '\n');
    if (done < expect->output.count)
        return missing(run, "debug output", &expect->output, done, "no such line");
    if (expect->trace.count || expect->never.count || expect->output.count || expect->counts.count)
        journal_next_window(journal);
    return true;
}

static bool check_whole(struct run *run, const struct expect_spec *expect) {
    struct journal *journal = &run->journal;
    if (journal->trace.done < expect->trace.count)
        return missing(run, "trace", &expect->trace, journal->trace.done,
                       "no such event in the whole run");
    if (journal->offender)
        return run_fail(run, "trace", run_printf(run, "never \"%s\"", journal->offended),
                        run_printf(run, "%s", journal->offender));
    for (unsigned i = 0; i < expect->counts.count; i++) {
        const struct expected_count *expected = &expect->counts.list[i];
        if (!check_range(run, run_printf(run, "events that match \"%s\"", expected->pattern),
                         &expected->count, journal->counts[i], NULL))
            return false;
    }
    unsigned done = journal_match(&expect->output, &journal->whole_output, '\n');
    if (done < expect->output.count)
        return missing(run, "debug output", &expect->output, done, "no such line");
    return true;
}

/* ---- what is left --------------------------------------------------------------------------- */

#define LEAKS_SHOWN 8

static bool check_leaks(struct run *run, uint64_t expected) {
    struct wdmsim_leak leaks[LEAKS_SHOWN];
    size_t found = wdmsim_leaks(run->machine, false, leaks, LEAKS_SHOWN);
    uint64_t count = found > LEAKS_SHOWN ? found - LEAKS_SHOWN : 0;
    struct text text = {0};
    for (size_t i = 0; i < found && i < LEAKS_SHOWN; i++) {
        const struct wdmsim_leak *leak = &leaks[i];
        count += leak->count;
        text_printf(&text, "; %" PRIu64 " %s", leak->count, leak->kind);
        if (*leak->tag)
            text_printf(&text, " tag '%s'", leak->tag);
        if (leak->bytes)
            text_printf(&text, ", %" PRIu64 " bytes", leak->bytes);
        if (*leak->owner)
            text_printf(&text, " of %s", leak->owner);
        if (*leak->detail)
            text_printf(&text, " (%s)", leak->detail);
    }
    if (count != expected)
        run_fail(run, "leaks", run_printf(run, "%" PRIu64, expected),
                 run_printf(run, "%" PRIu64 "%s", count, text_string(&text)));
    text_free(&text);
    return count == expected;
}

static bool check_irps(struct run *run, uint64_t expected) {
    size_t actual = wdmsim_irps_in_flight(run->machine);
    return actual == expected ||
           run_fail(run, "IRPs in flight", run_printf(run, "%" PRIu64, expected),
                    run_printf(run, "%zu", actual));
}

bool check_machine(struct run *run, const struct expect_spec *expect, bool whole) {
    run->failure.device = NULL;
    if (expect->bugcheck && !check_bugcheck(run, expect->bugcheck))
        return false;
    if (!check_requests(run, &expect->requests) || !check_events(run, &expect->events) ||
        !check_drivers(run, &expect->drivers) || !check_power(run, expect))
        return false;
    observe_flush(run);
    if (whole ? !check_whole(run, expect) : !check_window(run, expect))
        return false;
    if (expect->irps.set && !check_irps(run, expect->irps.value))
        return false;
    return !expect->leaks.set || check_leaks(run, expect->leaks.value);
}
