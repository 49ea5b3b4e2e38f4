/*
 * Reports of runs that did not pass.
 *
 * A report begins with what a person needs first: which scenario, where in its file, which step,
 * what was expected and what came. Then what the machine looked like: the device's stack, the IRPs
 * in flight, the last events. It ends with the command that does it again.
 */
#include "report/failure.h"

#include <inttypes.h>
#include <string.h>

#include "report/lines.h"
#include "report/symbol.h"

#define INDENT "      "
#define EVENTS_SHOWN 20

struct place report_place(const struct run *run) {
    if (run->step)
        return run->step->place;
    const struct scenario *scenario = run->scenario;
    return scenario->expect && run->machine ? scenario->at_end : scenario->place;
}

/* A word of a command line, quoted for a shell where it needs that. */
static void add_word(const char *word, struct text *out) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-";
    if (*word && !word[strspn(word, plain)]) {
        text_puts(out, word);
        return;
    }
    text_puts(out, "'");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            text_puts(out, "'\\''");
        else
            text_printf(out, "%c", *c);
    text_puts(out, "'");
}

void report_replay(const struct run *run, struct text *out) {
    const struct run_options *options = run->options;
    text_puts(out, "wdmsim run ");
    add_word(run->scenario->file, out);
    if (run->seeded)
        text_printf(out, " --seed %" PRIu64, run->seed);
    if (options->processors.set)
        text_printf(out, " --processors %" PRIu64, options->processors.value);
    if (options->driver_path) {
        text_puts(out, " --driver-path ");
        add_word(options->driver_path, out);
    }
}

static void add_head(const struct run *run, struct place place, struct text *out) {
    text_printf(out, "FAIL  %s   %s:%u:%u\n", run->scenario->name, run->scenario->file, place.line,
                place.column);
}

/* "step 4.2  read 16 on h (round 3 of 10)" */
static void add_step(const struct run *run, const struct step *step, const char *subject,
                     struct text *out) {
    if (step)
        text_printf(out, INDENT "step %s  %s", step->number, step->words);
    else if (run->beginning)
        text_puts(out, INDENT "before the first step");
    else
        text_puts(out, INDENT "at the end  expect");
    if (step && run->rounds)
        text_printf(out, " (round %" PRIu64 " of %" PRIu64 ")", run->round, run->rounds);
    if (subject)
        text_printf(out, ": %s", subject);
    text_puts(out, "\n");
}

/* The lines of a text that a function of the library prints, under a heading; nothing if it is
 * empty. */
static void add_view(struct text *out, const char *heading, const char *view) {
    if (!*view)
        return;
    text_printf(out, INDENT "%s:\n", heading);
    while (*view) {
        size_t length = strcspn(view, "\n");
        text_printf(out, INDENT "  %.*s\n", (int)length, view);
        view += length + (view[length] == '\n');
    }
}

#define VIEW_SIZE 16384

static void add_state(struct run *run, struct text *out) {
    char *view = store_take(&run->store, VIEW_SIZE);
    if (run->failure.device &&
        wdmsim_show_devstack(run->machine, run->failure.device, view, VIEW_SIZE) > 0)
        add_view(out, run_printf(run, "stack of device %s", run->failure.device), view);
    if (wdmsim_irps_in_flight(run->machine) && wdmsim_show_irps(run->machine, view, VIEW_SIZE) > 0)
        add_view(out, "IRPs in flight", view);
}

/* The last lines of the ring. */
struct tail {
    char lines[EVENTS_SHOWN][512];
    uint64_t count;
};

static void add_to_tail(void *context, const struct wdmsim_event *event) {
    struct tail *tail = context;
    if (event->kind == WDMSIM_EVENT_OBJECT_CREATE || event->kind == WDMSIM_EVENT_OBJECT_DELETE)
        return; /* true of every request, and they would push out what matters */
    char *line = tail->lines[tail->count++ % EVENTS_SHOWN];
    wdmsim_event_line(event, line, sizeof tail->lines[0]);
    line[strcspn(line, "\r\n")] = 0;
}

static void add_events(struct run *run, struct text *out) {
    struct tail *tail = store_take(&run->store, sizeof *tail);
    struct lines lines = {.sink = add_to_tail, .context = tail};
    wdmsim_trace_read(run->machine, 0, lines_event, &lines);
    lines_flush(&lines);
    text_free(&lines.text);
    if (!tail->count)
        return;
    text_puts(out, INDENT "last events:\n");
    uint64_t first = tail->count > EVENTS_SHOWN ? tail->count - EVENTS_SHOWN : 0;
    for (uint64_t i = first; i < tail->count; i++)
        text_printf(out, INDENT "  %s\n", tail->lines[i % EVENTS_SHOWN]);
}

static void add_replay(const struct run *run, struct text *out) {
    if (run->machine && !wdmsim_machine_is_stable(run->machine))
        text_puts(out, INDENT "note: the machine's usual addresses were taken; in a replay others "
                              "may appear\n");
    text_puts(out, INDENT "replay: ");
    report_replay(run, out);
    text_puts(out, "\n");
}

/* ---- bug checks ----------------------------------------------------------------------------- */

static const char *irql_words(unsigned irql) {
    static const char *const names[16] = {
        [0] = "PASSIVE_LEVEL", [1] = "APC_LEVEL",  [2] = "DISPATCH_LEVEL",
        [13] = "CLOCK_LEVEL",  [14] = "IPI_LEVEL", [15] = "HIGH_LEVEL"};
    return irql < 16 && names[irql] ? names[irql] : "a device's IRQL";
}

static void add_stop(struct run *run, const struct wdmsim_stop *stop, struct text *out) {
    text_printf(out, INDENT "bug check 0x%08" PRIx32 " %s (0x%" PRIx64 ", 0x%" PRIx64, stop->code,
                stop->name ? stop->name : "", stop->parameters[0], stop->parameters[1]);
    text_printf(out, ", 0x%" PRIx64 ", 0x%" PRIx64 ")\n", stop->parameters[2], stop->parameters[3]);
    if (*stop->explanation)
        text_printf(out, INDENT "%s\n", stop->explanation);
    text_printf(out, INDENT "on processor %u at %s (%u), ", stop->processor, irql_words(stop->irql),
                stop->irql);
    if (stop->thread)
        text_printf(out, "thread %" PRIu32, stop->thread);
    else
        text_puts(out, "no thread");
    text_printf(out, ", %s after the start\n", time_words(run, stop->time));
    if (stop->frame_count)
        text_puts(out, INDENT "stack:\n");
    symbol_frames(stop->frames, stop->frame_count, INDENT "  ", out);
}

/* ---- the whole ------------------------------------------------------------------------------ */

void report_run(struct run *run, struct text *out) {
    const struct wdmsim_stop *stop = run->machine ? wdmsim_machine_stop(run->machine) : NULL;
    bool unexpected = run->outcome == OUTCOME_CRASHED;
    const struct failure *failure = &run->failure;
    if (unexpected && !failure->subject)
        run->step = run->stop_step;
    add_head(run, report_place(run), out);
    add_step(run, unexpected && !failure->subject ? run->stop_step : failure->step,
             failure->subject, out);
    if (failure->subject) {
        text_printf(out, INDENT "expected %s\n", failure->expected);
        text_printf(out, INDENT "actual   %s\n", failure->actual);
    }
    if (stop && unexpected)
        add_stop(run, stop, out);
    if (run->machine) {
        add_state(run, out);
        add_events(run, out);
    }
    add_replay(run, out);
}

void report_message(struct run *run, struct text *out) {
    const struct wdmsim_stop *stop = run->machine ? wdmsim_machine_stop(run->machine) : NULL;
    const struct failure *failure = &run->failure;
    if (failure->subject)
        text_printf(out, "%s: expected %s, actual %s", failure->subject, failure->expected,
                    failure->actual);
    else if (stop)
        text_printf(out, "bug check 0x%08" PRIx32 " %s: %s", stop->code,
                    stop->name ? stop->name : "", stop->explanation);
}

void report_interrupted(struct run *run, const char *what, const void *instruction,
                        struct text *out) {
    struct wdmsim_frame frame = symbol_here(instruction);
    add_head(run, report_place(run), out);
    add_step(run, run->step, NULL, out);
    text_printf(out, INDENT "%s\n", what);
    if (instruction)
        symbol_frames(&frame, 1, INDENT "at ", out);
    if (run->machine)
        add_events(run, out);
    add_replay(run, out);
}
