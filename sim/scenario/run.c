/*
 * Running a scenario.
 *
 * A step has two halves. The first starts something: submits a request, raises an interrupt, sets
 * an event. Then the machine settles: it runs until nothing can go on without the clock moving. The
 * second half looks at what came of it. A group that starts together does all its first halves,
 * lets the machine settle once, and then all its second halves; that is how a scenario makes a
 * race, and the seed decides who wins it. Virtual time passes in three places alone: "advance",
 * "wait" and an expectation's "within".
 *
 * A run ends in one of three ways. All steps are done. An expectation does not hold: the first one
 * is recorded (run_fail) and nothing further is done. Or the machine stops at a bug check: then
 * steps are skipped up to an expect step that names the bug check; if there is none, and the
 * scenario's own expectation does not name it either, the bug check was unexpected.
 */
#include "scenario/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/observe.h"

/* Those of the steps below that have a second half. */
static bool step_second_half(struct run *run, const struct step *step) {
    switch (step->kind) {
    case STEP_plug:
        return step_plug_finish(run, step);
    case STEP_sleep:
        return step_sleep_finish(run, step);
    case STEP_shutdown:
        return step_shutdown_finish(run, step);
    case STEP_wake:
        return step_wake_finish(run, step);
    case STEP_wake_signal:
        return step_wake_signal_finish(run, step);
    default:
        return true;
    }
}

const struct step_code step_codes[STEP_KINDS] = {
    [STEP_load] = {step_load_start, NULL},
    [STEP_unload] = {step_unload_start, NULL},
    [STEP_open] = {step_open_start, step_open_finish},
    [STEP_close] = {step_close_start, step_request_finish},
    [STEP_ioctl] = {step_ioctl_start, step_request_finish},
    [STEP_read] = {step_read_start, step_request_finish},
    [STEP_write] = {step_write_start, step_request_finish},
    [STEP_flush] = {step_flush_start, step_request_finish},
    [STEP_cancel] = {step_cancel_start, step_cancel_finish},
    [STEP_cancel_all] = {step_cancel_all_start, NULL},
    [STEP_end_thread] = {step_end_thread_start, step_end_thread_finish},
    [STEP_wait] = {step_wait_start, step_wait_finish},
    [STEP_advance] = {step_advance_start, NULL},
    [STEP_set_time] = {step_set_time_start, NULL},
    [STEP_add_processors] = {step_add_processors_start, step_add_processors_finish},
    [STEP_interrupt] = {step_interrupt_start, NULL},
    [STEP_create_event] = {step_create_event_start, NULL},
    [STEP_set_event] = {step_set_event_start, NULL},
    [STEP_reset_event] = {step_reset_event_start, NULL},
    [STEP_create_process] = {step_create_process_start, NULL},
    [STEP_exit_process] = {step_exit_process_start, NULL},
    [STEP_note] = {step_note_start, NULL},
    [STEP_together] = {step_together_start, step_together_finish},
    [STEP_repeat] = {step_repeat_start, NULL},
#define X(name, text) [STEP_##name] = {step_##name##_start, step_second_half},
    POWER_STEPS(X)
#undef X
#define X(name, text) [STEP_##name] = {step_pnp_start, step_pnp_finish},
        PNP_STEPS(X)
#undef X
            /* An expect step is neither started nor finished: do_steps looks at it, even after a
               stop. */
            [STEP_expect] = {NULL, NULL},
};

char *run_printf(struct run *run, const char *format, ...) {
    struct text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *copy = store_copy(&run->store, text_string(&text), text.length);
    text_free(&text);
    return copy;
}

bool run_fail(struct run *run, const char *subject, const char *expected, const char *actual) {
    bool looking = run->step ? run->step->kind == STEP_expect : !run->beginning;
    bool stopped = run->machine && wdmsim_machine_stop(run->machine);
    if (run->outcome != OUTCOME_PASSED || (stopped && !looking))
        return false; /* what a step missed because the machine stopped in it is no news */
    run->outcome = OUTCOME_FAILED;
    run->failure.step = run->step;
    run->failure.subject = subject;
    run->failure.expected = expected;
    run->failure.actual = actual;
    return false;
}

const char *run_name(const struct run *run, unsigned name) {
    return run->scenario->names[name].text;
}

const char *time_words(struct run *run, uint64_t time) {
    static const struct {
        uint64_t length;
        const char *name;
    } units[] = {{WDMSIM_S, "s"}, {WDMSIM_MS, "ms"}, {WDMSIM_US, "us"}, {1, "ns"}};
    unsigned i = 0;
    while (i < 3 && time < units[i].length)
        i++;
    uint64_t billionths = time % units[i].length * (WDMSIM_S / units[i].length);
    char *words = run_printf(run, "%" PRIu64 ".%09" PRIu64, time / units[i].length, billionths);
    char *end = words + strlen(words);
    while (end[-1] == '0')
        *--end = 0;
    if (end[-1] == '.')
        *--end = 0;
    return run_printf(run, "%s %s", words, units[i].name);
}

static struct wdmsim_config configuration(struct run *run) {
    static const struct machine_spec none;
    const struct machine_spec *machine = run->scenario->machine ? run->scenario->machine : &none;
    const struct run_options *options = run->options;
    struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
    struct number seed = options->seed.set ? options->seed : machine->seed;
    run->processors = options->processors.set   ? (unsigned)options->processors.value
                      : machine->processors.set ? (unsigned)machine->processors.value
                                                : 1;
    run->seed = seed.value;
    run->seeded =
        options->seed.set || (machine->strategy.set ? machine->strategy.value != 0 : seed.set);
    config.processors = run->processors;
    if (machine->maximum_processors.value > run->processors)
        config.maximum_processors = (unsigned)machine->maximum_processors.value;
    config.group_size = (unsigned)machine->group_size.value;
    config.strategy = run->seeded ? WDMSIM_STRATEGY_RANDOM : WDMSIM_STRATEGY_FIRST;
    config.seed = seed.value;
    config.boot_time = (int64_t)machine->boot_time.value;
    if (machine->check_rules.set && !machine->check_rules.value)
        config.flags &= ~WDMSIM_CHECK_RULES;
    config.flags |= machine->guard_pool.value ? WDMSIM_GUARD_POOL : 0;
    config.flags |= machine->guard_exact.value ? WDMSIM_GUARD_EXACT : 0;
    config.flags |= machine->guard_paged.value ? WDMSIM_GUARD_PAGED : 0;
    config.flags |= machine->check_locks.value ? WDMSIM_CHECK_LOCKS : 0;
    config.flags |= machine->debugger.value ? WDMSIM_DEBUGGER : 0;
    config.flags |= machine->fail_pool.value ? WDMSIM_FAIL_POOL : 0;
    return config;
}

void run_begin(struct run *run, const struct scenario *scenario,
               const struct run_options *options) {
    *run = (struct run){.scenario = scenario, .options = options};
    run->slots = store_take(&run->store, (scenario->name_count + 1) * sizeof *run->slots);
    run->sockets = store_take(&run->store, (scenario->devices.count + 1) * sizeof *run->sockets);
    run->operations = store_take(&run->store, (scenario->step_count + 1) * sizeof *run->operations);
    run->requests = store_take(&run->store, (scenario->step_count + 1) * sizeof *run->requests);
    journal_begin(&run->journal, scenario, options->writer);
    struct wdmsim_config config = configuration(run);
    int error = wdmsim_machine_create(&config, &run->machine);
    if (error) {
        run->machine = NULL;
        run_fail(run, "machine", "a machine", wdmsim_error_message(error));
        return;
    }
    if (scenario->machine)
        for (unsigned i = 0; i < scenario->machine->messages.count; i++)
            wdmsim_debug_mask(run->machine, scenario->machine->messages.list[i].component,
                              scenario->machine->messages.list[i].mask);
    uint64_t more = options->events | (scenario->machine ? scenario->machine->trace.value : 0);
    wdmsim_trace_mask(run->machine, wdmsim_trace_get_mask(run->machine) | more);
    observe_begin(run);
}

void run_end(struct run *run) {
    wdmsim_machine_destroy(run->machine);
    text_free(&run->lines.text);
    journal_end(&run->journal);
    if (run->measured)
        history_end(&run->history);
    store_empty(&run->store);
}

/* ---- steps ---------------------------------------------------------------------------------- */

/* Takes note of a stop. True while the machine can go on. */
static bool goes_on(struct run *run) {
    if (!wdmsim_machine_stop(run->machine))
        return true;
    if (!run->stop_step)
        run->stop_step = run->step;
    return false;
}

static bool do_step(struct run *run, const struct step *step) {
    const struct step_code *code = &step_codes[step->kind];
    if (code->start && !code->start(run, step))
        return goes_on(run) ? false : true;
    if (!goes_on(run))
        return true;
    wdmsim_settle(run->machine);
    if (!goes_on(run) || !code->finish)
        return true;
    bool good = code->finish(run, step);
    return goes_on(run) ? good : true;
}

/* False when an expectation failed. After a stop only expect steps are done. */
bool do_steps(struct run *run, const struct step_list *steps) {
    for (unsigned i = 0; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        bool stopped = wdmsim_machine_stop(run->machine) != NULL;
        if (stopped && step->kind != STEP_expect)
            continue;
        if (stopped && !run->stop_expected && !step->as.expect.expect->bugcheck)
            continue;
        run->step = step;
        run->failure.device = NULL;
        bool good = step->kind == STEP_expect ? check_machine(run, step->as.expect.expect, false)
                                              : do_step(run, step);
        if (!good)
            return false;
    }
    return true;
}

bool step_repeat_start(struct run *run, const struct step *step) {
    uint64_t rounds = run->rounds, round = run->round;
    run->rounds = step->as.repeat.repeat.value;
    uint64_t origin = run->origin, begin = wdmsim_time(run->machine);
    uint64_t every = step->as.repeat.every.value;
    for (run->round = 1; run->round <= run->rounds; run->round++) {
        if (every && !pass_until(run, begin + (run->round - 1) * every))
            break;
        run->origin = wdmsim_time(run->machine);
        if (!do_steps(run, &step->as.repeat.steps))
            return false;
        if (wdmsim_machine_stop(run->machine))
            break;
    }
    run->origin = origin;
    run->rounds = rounds;
    run->round = round;
    run->step = step;
    return true;
}

bool step_together_start(struct run *run, const struct step *step) {
    const struct step_list *steps = &step->as.together.together;
    for (unsigned i = 0; i < steps->count; i++) {
        run->step = &steps->list[i];
        if (!step_codes[run->step->kind].start(run, run->step))
            return false;
    }
    run->step = step;
    return true;
}

bool step_together_finish(struct run *run, const struct step *step) {
    const struct step_list *steps = &step->as.together.together;
    for (unsigned i = 0; i < steps->count; i++) {
        run->step = &steps->list[i];
        const struct step_code *code = &step_codes[run->step->kind];
        if (code->finish && !code->finish(run, run->step))
            return false;
    }
    run->step = step;
    return true;
}

static enum outcome run_steps(struct run *run) {
    const struct scenario *scenario = run->scenario;
    if (!run->machine)
        return run->outcome;
    run->beginning = true;
    bool ready = world_begin(run);
    if (!ready && !wdmsim_machine_stop(run->machine))
        return run->outcome;
    run->beginning = false;
    if (!do_steps(run, &scenario->steps))
        return run->outcome;
    bool stopped = wdmsim_machine_stop(run->machine) != NULL;
    run->step = NULL;
    if (stopped && !run->stop_expected && !(scenario->expect && scenario->expect->bugcheck))
        return run->outcome = OUTCOME_CRASHED;
    if (scenario->expect)
        check_machine(run, scenario->expect, true);
    return run->outcome;
}

enum outcome run_all(struct run *run) {
    enum outcome outcome = run_steps(run);
    observe_flush(run);
    return outcome;
}
