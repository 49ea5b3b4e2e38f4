/*
 * The crew.
 *
 * Each scenario runs in a worker: this same program, started again by libuv with the command
 * "worker". A worker that crashes or hangs takes nothing with it. It has four pipes to its parent:
 * standard output and error, for whatever drivers and sanitizers print by themselves; descriptor 3
 * for the result as JSON; descriptor 4 for the trace. Workers run side by side, as many as --jobs
 * says, but everything is printed in the order of the files: the first unfinished one streams its
 * trace, the others keep theirs until it is their turn.
 *
 *     start_jobs → uv_spawn → read pipes, wait for the end → finish_job → print_ready → start_jobs
 * …
 *
 * Time limits are the host's time. At the limit the worker gets SIGTERM, upon which it reports
 * where it was (guard.c); two seconds later it is killed.
 */
#include "loop/crew.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "loop/work.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/perfetto.h"

#define GRACE_MS 2000
#define PIPES 4
enum pipe_id { PIPE_OUTPUT, PIPE_ERROR, PIPE_RESULT, PIPE_TRACE };

struct crew;

/* One end of a pipe and what came through it. */
struct stream {
    uv_pipe_t pipe;
    struct job *job;
    enum pipe_id id;
    struct text text;
};

struct job {
    struct crew *crew;
    const char *file;
    uv_process_t process;
    uv_timer_t timer;
    struct stream streams[PIPES];
    unsigned open_handles; /* of those above */
    bool started, late, done;
    int64_t exit_status;
    int exit_signal;
    uint64_t begin; /* host time, ns */
    struct result result;
};

struct crew {
    const struct options *options;
    uv_loop_t loop;
    uv_signal_t interrupts[2];
    struct job *jobs;
    unsigned count, next, running, printed, most;
    bool interrupted;
    FILE *trace;   /* NULL: none */
    FILE *reports; /* standard output, or standard error if the trace goes to that */
    char program[4096];
    char buffer[65536]; /* of whichever read is under way */
};

static void start_jobs(struct crew *crew);

/* ---- output --------------------------------------------------------------------------------- */

static void print_pass(FILE *out, const struct result *result) {
    fprintf(out, "PASS  %s   %s", text_string(&result->name), result->file);
    if (result->runs > 1) {
        fprintf(out, "   %" PRIu64 " runs", result->runs);
        if (result->distinct)
            fprintf(out, ", %" PRIu64 " seeds, %" PRIu64 " distinct traces", result->seeds,
                    result->distinct);
    }
    fputs("\n", out);
}

static void print_result(FILE *out, const struct options *options, const struct result *result) {
    if (result->outcome != OUTCOME_PASSED)
        fputs(text_string(&result->report), out);
    else if (!options->quiet)
        print_pass(out, result);
    fflush(out);
}

static void print_summary(FILE *out, const struct result *const *results, unsigned count) {
    unsigned passed = 0;
    for (unsigned i = 0; i < count; i++)
        passed += results[i]->outcome == OUTCOME_PASSED;
    fprintf(out, "%u passed, %u failed\n", passed, count - passed);
}

static void write_trace(struct crew *crew, struct text *text) {
    if (crew->trace && text->length)
        fwrite(text->data, 1, text->length, crew->trace);
    text_clear(text);
}

/* Prints what is finished, in order, and lets the first unfinished job stream its trace. */
static void print_ready(struct crew *crew) {
    while (crew->printed < crew->count) {
        struct job *job = &crew->jobs[crew->printed];
        write_trace(crew, &job->streams[PIPE_TRACE].text);
        if (!job->done)
            return;
        print_result(crew->reports, crew->options, &job->result);
        fputs(text_string(&job->streams[PIPE_OUTPUT].text), stderr);
        fputs(text_string(&job->streams[PIPE_ERROR].text), stderr);
        for (unsigned i = 0; i < PIPES; i++)
            text_free(&job->streams[i].text);
        crew->printed++;
    }
}

/* ---- the end of a job ----------------------------------------------------------------------- */

/* A worker that ended without a result, or badly after it had sent a good one. */
static void make_result(struct job *job) {
    struct result *result = &job->result;
    result->outcome = OUTCOME_CRASHED;
    result->error = !job->late;
    if (job->crew->interrupted)
        text_puts(&result->message, "interrupted");
    else if (job->late)
        text_printf(&result->message, "out of the host's time (%" PRIu64 " s)",
                    job->crew->options->timeout);
    else if (job->exit_signal)
        text_printf(&result->message, "the simulator was ended by signal %d (%s)", job->exit_signal,
                    strsignal(job->exit_signal));
    else
        text_printf(&result->message, "the simulator ended with exit code %" PRId64,
                    job->exit_status);
    const char *name = text_string(&result->name);
    text_printf(&result->report, "FAIL  %s%s%s\n      %s\n", name, *name ? "   " : "", job->file,
                text_string(&result->message));
}

/* When the process has ended and every pipe is read to its end. */
static void finish_job(struct job *job) {
    struct crew *crew = job->crew;
    bool whole = result_from_json(&job->result, text_string(&job->streams[PIPE_RESULT].text));
    /* A sanitizer speaks after the result has been sent. */
    bool bad_end = job->exit_status != 0 || job->exit_signal != 0;
    if (!whole || (job->result.outcome == OUTCOME_PASSED && bad_end))
        make_result(job);
    job->result.file = job->file;
    job->result.seconds = (double)(uv_hrtime() - job->begin) / 1e9;
    job->done = true;
    crew->running--;
    print_ready(crew);
    start_jobs(crew);
}

static void at_close(uv_handle_t *handle) {
    struct job *job = handle->data;
    if (--job->open_handles == 0)
        finish_job(job);
}

static void at_stream_close(uv_handle_t *handle) {
    struct stream *stream = handle->data;
    handle->data = stream->job;
    at_close(handle);
}

static void at_exit(uv_process_t *process, int64_t status, int term_signal) {
    struct job *job = process->data;
    job->exit_status = status;
    job->exit_signal = term_signal;
    uv_close((uv_handle_t *)process, at_close);
    uv_close((uv_handle_t *)&job->timer, at_close);
}

static void at_time_limit(uv_timer_t *timer) {
    struct job *job = timer->data;
    uv_process_kill(&job->process, job->late ? SIGKILL : SIGTERM);
    job->late = true;
    uv_timer_start(timer, at_time_limit, GRACE_MS, 0);
}

/* ---- starting a job ------------------------------------------------------------------------- */

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    struct stream *stream = handle->data;
    struct crew *crew = stream->job->crew;
    (void)size;
    *buffer = uv_buf_init(crew->buffer, sizeof crew->buffer);
}

static void take_bytes(uv_stream_t *handle, ssize_t length, const uv_buf_t *buffer) {
    struct stream *stream = handle->data;
    struct crew *crew = stream->job->crew;
    if (length > 0)
        text_add(&stream->text, buffer->base, (size_t)length);
    else if (length < 0)
        uv_close((uv_handle_t *)handle, at_stream_close);
    if (stream->id == PIPE_TRACE && stream->job == &crew->jobs[crew->printed])
        write_trace(crew, &stream->text);
}

static int spawn(struct job *job) {
    struct crew *crew = job->crew;
    struct store store = {0};
    char *arguments[OPTIONS_FOR_WORKER + 5] = {crew->program, "worker"};
    unsigned count = 2 + options_for_worker(crew->options, arguments + 2, &store);
    arguments[count++] = "--";
    arguments[count++] = (char *)job->file;
    uv_stdio_container_t stdio[PIPES + 1] = {{.flags = UV_IGNORE}};
    for (unsigned i = 0; i < PIPES; i++)
        stdio[i + 1] = (uv_stdio_container_t){.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
                                              .data.stream = (uv_stream_t *)&job->streams[i].pipe};
    uv_process_options_t options = {.exit_cb = at_exit,
                                    .file = crew->program,
                                    .args = arguments,
                                    .stdio_count = PIPES + 1,
                                    .stdio = stdio};
    int error = uv_spawn(&crew->loop, &job->process, &options);
    store_empty(&store);
    return error;
}

/* A worker that cannot even be started is as bad as one that crashes. */
static void start_failed(struct job *job, int error) {
    fprintf(stderr, "wdmsim: no worker could be started: %s\n", uv_strerror(error));
    uv_close((uv_handle_t *)&job->process, at_close);
    uv_close((uv_handle_t *)&job->timer, at_close);
    for (unsigned i = 0; i < PIPES; i++)
        uv_close((uv_handle_t *)&job->streams[i].pipe, at_stream_close);
    job->exit_status = OUTCOME_CRASHED;
}

static void start_job(struct job *job) {
    struct crew *crew = job->crew;
    for (unsigned i = 0; i < PIPES; i++) {
        struct stream *stream = &job->streams[i];
        *stream = (struct stream){.job = job, .id = (enum pipe_id)i};
        uv_pipe_init(&crew->loop, &stream->pipe, 0);
        stream->pipe.data = stream;
    }
    uv_timer_init(&crew->loop, &job->timer);
    job->process.data = job->timer.data = job;
    job->open_handles = PIPES + 2;
    job->started = true;
    job->begin = uv_hrtime();
    crew->running++;
    int error = spawn(job);
    if (error) {
        start_failed(job, error);
        return;
    }
    for (unsigned i = 0; i < PIPES; i++)
        uv_read_start((uv_stream_t *)&job->streams[i].pipe, give_buffer, take_bytes);
    if (crew->options->timeout)
        uv_timer_start(&job->timer, at_time_limit, crew->options->timeout * 1000, 0);
}

static void start_jobs(struct crew *crew) {
    while (!crew->interrupted && crew->next < crew->count && crew->running < crew->most)
        start_job(&crew->jobs[crew->next++]);
    if (crew->running == 0)
        for (unsigned i = 0; i < 2; i++)
            if (!uv_is_closing((uv_handle_t *)&crew->interrupts[i]))
                uv_close((uv_handle_t *)&crew->interrupts[i], NULL);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void at_interrupt(uv_signal_t *handle, int number) {
    struct crew *crew = handle->data;
    (void)number;
    crew->interrupted = true;
    for (unsigned i = 0; i < crew->next; i++)
        if (crew->jobs[i].started && !crew->jobs[i].done)
            uv_process_kill(&crew->jobs[i].process, SIGKILL);
}

static FILE *open_trace(const struct options *options) {
    if (!options->trace || strcmp(options->trace, "-") == 0)
        return options->trace ? stdout : NULL;
    FILE *file = fopen(options->trace, "wb");
    if (!file)
        fprintf(stderr, "wdmsim: %s: %s\n", options->trace, strerror(errno));
    return file;
}

/* The text that each result has for one of the files below. */
enum product { PRODUCT_TIMELINE, PRODUCT_PERFETTO, PRODUCT_POWER };

static const struct text *product_of(const struct result *result, enum product product) {
    return product == PRODUCT_TIMELINE   ? &result->timeline
           : product == PRODUCT_PERFETTO ? &result->perfetto
                                         : &result->power;
}

static bool write_power(const struct options *options, const struct text *const *texts,
                        unsigned count) {
    bool json = options_json_power(options), standard = strcmp(options->power, "-") == 0;
    FILE *file = standard ? stdout : fopen(options->power, "wb");
    if (!file) {
        fprintf(stderr, "wdmsim: %s: %s\n", options->power, strerror(errno));
        return false;
    }
    fputs(json ? "[" : "", file);
    for (unsigned i = 0, written = 0; i < count; i++) {
        if (json && texts[i]->length)
            fputs(written++ ? ",\n" : "\n", file);
        fputs(text_string(texts[i]), file);
    }
    fputs(json ? "\n]\n" : "", file);
    bool good = fflush(file) == 0 && !ferror(file);
    return standard ? good : fclose(file) == 0 && good;
}

static bool write_product(const struct options *options, enum product product,
                          const struct result *const *results, unsigned count) {
    const struct text **texts = memory_grow(NULL, count * sizeof *texts);
    for (unsigned i = 0; i < count; i++)
        texts[i] = product_of(results[i], product);
    bool good = product == PRODUCT_TIMELINE   ? html_write(options->report, texts, count)
                : product == PRODUCT_PERFETTO ? perfetto_write(options->perfetto, texts, count)
                                              : write_power(options, texts, count);
    free(texts);
    return good;
}

static bool write_products(const struct options *options, const struct result *const *results,
                           unsigned count) {
    bool good = true;
    if (options->report)
        good = write_product(options, PRODUCT_TIMELINE, results, count);
    if (options->perfetto)
        good = write_product(options, PRODUCT_PERFETTO, results, count) && good;
    if (options->power)
        good = write_product(options, PRODUCT_POWER, results, count) && good;
    return good;
}

/* The summary, the files of results and the exit code. */
static int conclude(const struct options *options, FILE *reports,
                    const struct result *const *results, unsigned count) {
    int code = OUTCOME_PASSED;
    for (unsigned i = 0; i < count; i++)
        if ((int)results[i]->outcome > code)
            code = (int)results[i]->outcome;
    if (!options->quiet && count > 1)
        print_summary(reports, results, count);
    bool good = write_products(options, results, count);
    if (options->junit)
        good = junit_write(options, results, count) && good;
    return good || code > OUTCOME_UNREADABLE ? code : OUTCOME_UNREADABLE;
}

static bool crew_begin(struct crew *crew, const struct options *options) {
    size_t size = sizeof crew->program;
    *crew = (struct crew){.options = options, .count = options->file_count};
    crew->trace = open_trace(options);
    if (options->trace && !crew->trace)
        return false;
    crew->reports = crew->trace == stdout ? stderr : stdout;
    crew->most = options->jobs.set ? (unsigned)options->jobs.value : uv_available_parallelism();
    if (uv_exepath(crew->program, &size) || uv_loop_init(&crew->loop)) {
        fputs("wdmsim: no event loop on this host\n", stderr);
        return false;
    }
    static const int signals[2] = {SIGINT, SIGTERM};
    for (unsigned i = 0; i < 2; i++) {
        uv_signal_init(&crew->loop, &crew->interrupts[i]);
        crew->interrupts[i].data = crew;
        uv_signal_start(&crew->interrupts[i], at_interrupt, signals[i]);
        uv_unref((uv_handle_t *)&crew->interrupts[i]);
    }
    crew->jobs = memory_grow(NULL, crew->count * sizeof *crew->jobs);
    memset(crew->jobs, 0, crew->count * sizeof *crew->jobs);
    for (unsigned i = 0; i < crew->count; i++) {
        crew->jobs[i].crew = crew;
        crew->jobs[i].file = options->files[i];
    }
    return true;
}

static int close_trace(FILE *trace, const struct options *options, int code) {
    bool good = !trace || (!ferror(trace) && fflush(trace) == 0);
    if (trace && trace != stdout)
        good = fclose(trace) == 0 && good;
    if (!good)
        fprintf(stderr, "wdmsim: %s: not all of the trace could be written\n", options->trace);
    return good || code > OUTCOME_UNREADABLE ? code : OUTCOME_UNREADABLE;
}

static int crew_end(struct crew *crew) {
    const struct options *options = crew->options;
    const struct result **results = memory_grow(NULL, crew->count * sizeof *results);
    for (unsigned i = 0; i < crew->count; i++)
        results[i] = &crew->jobs[i].result;
    int code = crew->interrupted ? 130 : conclude(options, crew->reports, results, crew->count);
    code = close_trace(crew->trace, options, code);
    for (unsigned i = 0; i < crew->count; i++)
        result_free(&crew->jobs[i].result);
    free(results);
    free(crew->jobs);
    uv_loop_close(&crew->loop);
    free(crew);
    return code;
}

int crew_run(const struct options *options) {
    struct crew *crew = memory_grow(NULL, sizeof *crew);
    if (!crew_begin(crew, options)) {
        free(crew);
        return OUTCOME_UNREADABLE;
    }
    start_jobs(crew);
    uv_run(&crew->loop, UV_RUN_DEFAULT);
    return crew_end(crew);
}

int crew_run_here(const struct options *options) {
    unsigned count = options->file_count;
    FILE *trace = open_trace(options), *reports = trace == stdout ? stderr : stdout;
    if (options->trace && !trace)
        return OUTCOME_UNREADABLE;
    struct result *list = memory_grow(NULL, count * sizeof *list);
    const struct result **results = memory_grow(NULL, count * sizeof *results);
    for (unsigned i = 0; i < count; i++) {
        uint64_t begin = uv_hrtime();
        work(options->files[i], options, trace, &list[i]);
        list[i].seconds = (double)(uv_hrtime() - begin) / 1e9;
        results[i] = &list[i];
        print_result(reports, options, &list[i]);
    }
    int code = close_trace(trace, options, conclude(options, reports, results, count));
    for (unsigned i = 0; i < count; i++)
        result_free(&list[i]);
    free(results);
    free(list);
    return code;
}
