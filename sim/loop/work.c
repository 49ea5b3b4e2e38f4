/*
 * Running one scenario in this process.
 *
 * With --seeds a scenario runs once for each seed; with --runs each of those runs is repeated, and
 * every repetition has to write the same trace, byte for byte. The first run that does not pass
 * ends the work.
 */
#include "loop/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/guard.h"
#include "report/failure.h"
#include "report/perfetto.h"
#include "report/power.h"
#include "report/timeline.h"

struct work {
    const struct options *options;
    const struct scenario *scenario;
    struct result *result;
    struct trace_writer writer;
    bool traced;       /* anybody looks at the trace */
    struct text first; /* the trace that repetitions are compared with */
    uint64_t *hashes;  /* of each seed's trace */
};

/* ---- comparing repetitions ------------------------------------------------------------------ */

/* The line that begins at or before an offset, without its end. */
static void line_at(const struct text *trace, size_t offset, const char **line, int *length) {
    const char *data = text_string(trace);
    while (offset > 0 && data[offset - 1] != '\n')
        offset--;
    *line = data + offset;
    *length = (int)strcspn(*line, "\n");
}

static void report_difference(struct work *work, struct run *run, uint64_t round) {
    const struct text *a = &work->first, *b = &work->writer.kept;
    size_t common = a->length < b->length ? a->length : b->length, at = 0;
    while (at < common && a->data[at] == b->data[at])
        at++;
    struct text *report = &work->result->report;
    const char *line;
    int length;
    text_printf(&work->result->message, "run %" PRIu64 " is not the same as the first", round);
    text_printf(report, "FAIL  %s   %s\n      run %" PRIu64 " is not the same as the first\n",
                run->scenario->name, run->scenario->file, round);
    line_at(a, at, &line, &length);
    text_printf(report, "      expected %.*s\n", length, line);
    line_at(b, at, &line, &length);
    text_printf(report, "      actual   %.*s\n      replay: ", length, line);
    report_replay(run, report);
    text_printf(report, " --runs %" PRIu64 "\n", work->options->runs);
    work->result->outcome = OUTCOME_FAILED;
}

static bool compare(struct work *work, struct run *run, uint64_t round) {
    struct text *kept = &work->writer.kept;
    if (round == 1) {
        struct text old = work->first;
        work->first = *kept;
        *kept = old;
        return true;
    }
    if (kept->length == work->first.length &&
        memcmp(text_string(kept), text_string(&work->first), kept->length) == 0)
        return true;
    report_difference(work, run, round);
    return false;
}

/* ---- runs ----------------------------------------------------------------------------------- */

static void take_failure(struct work *work, struct run *run) {
    struct result *result = work->result;
    result->outcome = run->outcome;
    report_run(run, &result->report);
    report_message(run, &result->message);
    result->place = report_place(run);
    result->error = !run->machine;
}

/* What is asked for besides the result; of several runs the last one's remains. */
static void describe(struct work *work, struct run *run) {
    const struct options *options = work->options;
    struct result *result = work->result;
    struct history *history = &run->history;
    if (!run->measured || !run->machine)
        return;
    text_clear(&result->timeline);
    text_clear(&result->perfetto);
    text_clear(&result->power);
    history_settle(history, wdmsim_time(run->machine));
    if (options->report)
        timeline_json(run, history, &result->timeline);
    if (options->perfetto)
        perfetto_events(history, run->scenario->name, &result->perfetto);
    if (options->power && options_json_power(options))
        power_json(history, run->scenario->name, &result->power);
    else if (options->power)
        power_text(history, run->scenario->name, &result->power);
}

/* One run; false if it did not pass. */
static bool run_once(struct work *work, const struct run_options *options, uint64_t round) {
    struct run run = {.scenario = work->scenario, .options = options};
    text_clear(&work->writer.kept);
    trace_begin(&work->writer);
    guard_watch(&run);
    run_begin(&run, work->scenario, options);
    bool passed = run_all(&run) == OUTCOME_PASSED;
    work->result->runs++;
    if (!passed)
        take_failure(work, &run);
    else if (work->writer.keep)
        passed = compare(work, &run, round);
    describe(work, &run);
    guard_watch(NULL);
    run_end(&run);
    return passed;
}

/* The seed that the first run has, whether it uses it or not. */
static uint64_t first_seed(const struct work *work) {
    const struct machine_spec *machine = work->scenario->machine;
    return work->options->seed.set ? work->options->seed.value : machine ? machine->seed.value : 0;
}

/* All runs with one seed. */
static bool run_seed(struct work *work, uint64_t index, FILE *trace) {
    const struct options *options = work->options;
    uint64_t seed = first_seed(work) + index;
    struct run_options run_options = {.seed = options->seed,
                                      .processors = options->processors,
                                      .events = options->event_mask,
                                      .measure = options->power != NULL,
                                      .keep = options->report || options->perfetto,
                                      .driver_path = options->driver_path,
                                      .writer = work->traced ? &work->writer : NULL};
    if (options->seeds > 1)
        run_options.seed = (struct number){true, seed};
    if (trace && options->seeds > 1)
        trace_heading(&work->writer, work->scenario->name, work->scenario->file, seed);
    for (uint64_t round = 1; round <= options->runs; round++) {
        work->writer.file = round == 1 ? trace : NULL;
        bool passed = run_once(work, &run_options, round);
        trace_flush(&work->writer);
        if (!passed)
            return false;
    }
    work->hashes[index] = work->writer.hash;
    work->result->seeds++;
    return true;
}

static int compare_hashes(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static uint64_t count_distinct(uint64_t *hashes, uint64_t count) {
    uint64_t distinct = count != 0;
    qsort(hashes, (size_t)count, sizeof *hashes, compare_hashes);
    for (uint64_t i = 1; i < count; i++)
        distinct += hashes[i] != hashes[i - 1];
    return distinct;
}

static void run_seeds(struct work *work, FILE *trace) {
    const struct options *options = work->options;
    work->writer.json = options_json_trace(options);
    work->writer.keep = options->runs > 1;
    work->traced = trace || options->runs > 1 || options->seeds > 1;
    work->hashes = memory_grow(NULL, (size_t)options->seeds * sizeof *work->hashes);
    uint64_t index = 0;
    while (index < options->seeds && run_seed(work, index, trace))
        index++;
    if (options->seeds > 1)
        work->result->distinct = count_distinct(work->hashes, work->result->seeds);
    free(work->hashes);
    text_free(&work->first);
    trace_end(&work->writer);
}

static void take_problems(struct problems *problems, const char *file, struct result *result) {
    result->outcome = OUTCOME_UNREADABLE;
    result->error = true;
    problem_print(problems, file, &result->report);
    result->place = problems->list[0].place;
    text_puts(&result->message, problems->list[0].message);
}

void work(const char *file, const struct options *options, FILE *trace, struct result *result) {
    struct problems problems = {0};
    struct scenario *scenario = scenario_read(file, &problems);
    *result = (struct result){.file = file};
    if (!scenario) {
        take_problems(&problems, file, result);
    } else {
        struct work one = {.options = options, .scenario = scenario, .result = result};
        text_puts(&result->name, scenario->name);
        result->place = scenario->place;
        if (options->driver_path)
            wdmsim_driver_path(options->driver_path);
        guard_result(result, &one.writer);
        run_seeds(&one, trace);
        guard_result(NULL, NULL);
    }
    problem_free(&problems);
    scenario_free(scenario);
}

/* ---- in a worker ---------------------------------------------------------------------------- */

static void send_result(const struct result *result) {
    struct text json = {0};
    result_to_json(result, &json);
    for (size_t sent = 0; sent < json.length;) {
        ssize_t length = write(WORKER_RESULT, json.data + sent, json.length - sent);
        if (length <= 0)
            break;
        sent += (size_t)length;
    }
    text_free(&json);
}

int work_as_worker(const struct options *options) {
    struct result result;
    guard_install(send_result);
    FILE *trace = options->trace ? fdopen(WORKER_TRACE, "wb") : NULL;
    work(options->files[0], options, trace, &result);
    if (trace)
        fclose(trace);
    send_result(&result);
    int code = (int)result.outcome;
    result_free(&result);
    return code;
}
