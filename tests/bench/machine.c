/*
 * The machines on which the rows' operations run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static bool checked;

void bench_check_rules(void) { checked = true; }

_Noreturn void bench_fail(const char *what) {
    fprintf(stderr, "wdmsim_bench: %s\n", what);
    exit(EXIT_FAILURE);
}

static double (*bench_body)(unsigned n);
static unsigned bench_n;
static double bench_result;
static bool bench_done;

static void bench_thread(void *context) {
    (void)context;
    bench_result = bench_body(bench_n);
    bench_done = true;
}

static bool bench_is_done(void *context) {
    (void)context;
    return bench_done;
}

struct machine *bench_machine(unsigned processors) {
    struct wdmsim_config config = {.processors = processors,
                                   .flags = checked ? WDMSIM_CHECK_RULES : 0};
    struct machine *m;
    if (wdmsim_machine_create(&config, &m))
        bench_fail("no machine");
    wdmsim_trace_mask(m, WDMSIM_TRACE_NONE);
    return m;
}

static double bench_run(void (*prepare)(struct machine *m), double (*body)(unsigned n), unsigned n,
                        bool user, unsigned processors) {
    struct machine *m = bench_machine(processors);
    if (prepare)
        prepare(m);
    bench_body = body;
    bench_n = n;
    bench_done = false;
    int error = user ? wdmsim_user_thread(m, NULL, bench_thread, NULL)
                     : wdmsim_system_thread(m, bench_thread, NULL, NULL);
    if (!error)
        error = wdmsim_run_until(m, bench_is_done, NULL, WDMSIM_FOREVER);
    if (wdmsim_machine_stop(m))
        bench_fail(wdmsim_machine_stop(m)->explanation);
    if (error)
        bench_fail(wdmsim_error_message(error));
    wdmsim_machine_destroy(m);
    return bench_result;
}

double bench_on_machine(void (*prepare)(struct machine *m), double (*body)(unsigned n),
                        unsigned n) {
    return bench_run(prepare, body, n, false, 1);
}

double bench_in_process(void (*prepare)(struct machine *m), double (*body)(unsigned n),
                        unsigned n) {
    return bench_run(prepare, body, n, true, 1);
}

double bench_on_processors(unsigned processors, double (*body)(unsigned n), unsigned n) {
    return bench_run(NULL, body, n, false, processors);
}
