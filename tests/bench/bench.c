/*
 * wdmsim_bench: the costs of the machine's operations, beside plain C measured in the same run.
 *
 *     wdmsim_bench [--smoke] [--checked] [--repeat N] [name…]
 *
 * Every row is measured several times, its two sides in turn, so that a busy host disturbs both.
 * The table shows the minimum of each side, their ratio, and the ratio of the medians; the target
 * and whether it is met. Machines run with rule checks and trace off; --checked leaves the checks
 * on, as the default configuration has them. With names, only the rows whose name contains one of
 * them run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_REPEAT 101u

bool bench_checked;

static const struct bench_row rows[] = {
    {"irp-round-trip", irp_round_trip, plain_calls_and_malloc, "2 calls + malloc/free", 3, 0,
     200000},
    {"irp-filter", irp_filter, plain_call, "indirect call", 3, 5, 100000},
    {"irp-filter-copy", irp_filter_copying, plain_call, "indirect call", 0, 0, 100000},
    {"dpc", sync_dpc, plain_call, "indirect call", 6, 0, 200000},
    {"spin-lock", sync_spin_lock, plain_cas_lock, "CAS lock pair", 1.5, 0, 500000},
    {"lookaside", sync_lookaside, plain_malloc, "malloc/free", 0.5, 0, 500000},
    {"pool", sync_pool, plain_malloc, "malloc/free", 0, 0, 500000},
    {"event-set-wait", sync_event, plain_cas, "CAS", 5, 0, 500000},
    {"ioctl-64", request_ioctl, plain_request, "plain-C request", 300.0 / 43.0, 300, 100000},
    {"ioctl-64-async", request_ioctl_asynchronous, plain_request, "plain-C request", 0, 0, 100000},
    {"thread-switch", clock_yield, plain_setjmp, "setjmp/longjmp", 4, 0, 100000},
    {"event-ping-pong", clock_ping_pong, plain_setjmp, "setjmp/longjmp", 0, 0, 100000},
    {"timers-1000000", clock_timers_1000000, clock_timers_1000, "one of 1,000 timers", 3, 0,
     1000000},
    {"pofx", pofx_transition, NULL, "", 1000, 0, 200000},
    {"pofx-traced", pofx_transition_traced, NULL, "", 1e9 / 300000, 0, 200000},
    {"pofx-power", pofx_device, NULL, "", 1000, 0, 200000},
    {"pofx-power-trace", pofx_device_traced, NULL, "", 1e9 / 300000, 0, 200000},
    {"machine", clock_machine, NULL, "", 100000, 0, 200},
    {"processors-4", scale_processors_4, scale_processors_1, "on one processor", 3, 0, 100000},
    {"processors-16", scale_processors_16, scale_processors_1, "on one processor", 3, 0, 100000},
    {"threads-10000", scale_threads_many, scale_threads_1000, "one of 1,000 threads", 3, 0, 10000},
    {"threads-100000", scale_threads_many, scale_threads_1000, "one of 1,000 threads", 3, 0,
     100000},
    {"irps-1000000", scale_irps_many, scale_irps_1000, "one of 1,000 IRPs", 3, 0, 1000000},
};

/* The same with bytes instead of nanoseconds. */
static const struct bench_row memory_rows[] = {
    {"thread-memory", scale_thread_memory, NULL, "", 20 * 1024, 0, 10000},
    {"irp-memory", scale_irp_memory, NULL, "", 0, 0, 100000},
};

_Noreturn void bench_fail(const char *what) {
    fprintf(stderr, "wdmsim_bench: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- machines ---- */

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

static double bench_run(void (*prepare)(struct machine *m), double (*body)(unsigned n), unsigned n,
                        bool user, unsigned processors) {
    struct wdmsim_config config = {.processors = processors,
                                   .flags = bench_checked ? WDMSIM_CHECK_RULES : 0};
    struct machine *m;
    if (wdmsim_machine_create(&config, &m))
        bench_fail("no machine");
    wdmsim_trace_mask(m, WDMSIM_TRACE_NONE);
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

/* ---- the table ---- */

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static const char *verdict(const struct bench_row *row, double time, double ratio) {
    if (row->limit == 0)
        return "";
    if (row->limit_ns != 0 && time <= row->limit_ns)
        return "met";
    return (row->plain ? ratio : time) <= row->limit ? "met" : "MISSED";
}

static void print_row(const struct bench_row *row, double *simulated, double *plain,
                      unsigned repeat) {
    qsort(simulated, repeat, sizeof *simulated, compare);
    qsort(plain, repeat, sizeof *plain, compare);
    double ratio = row->plain ? simulated[0] / plain[0] : 0;
    char target[32] = "";
    if (row->limit != 0 && row->plain)
        snprintf(target, sizeof target, "%.2fx", row->limit);
    else if (row->limit != 0)
        snprintf(target, sizeof target, "%.0f ns", row->limit);
    printf("%-16s %10.1f ns", row->name, simulated[0]);
    if (row->plain)
        printf(" %8.2f ns  %-22s %7.2fx (median %.2fx)", plain[0], row->plain_name, ratio,
               simulated[repeat / 2] / plain[repeat / 2]);
    else
        printf(" %11s  %-22s %8s (median %.1f ns)", "", "", "", simulated[repeat / 2]);
    printf("  %-9s %s\n", target, verdict(row, simulated[0], ratio));
    fflush(stdout);
}

static void run_row(const struct bench_row *row, unsigned repeat, bool smoke) {
    double simulated[MAX_REPEAT], plain[MAX_REPEAT] = {0};
    unsigned n = smoke ? row->iterations / 100 + 1 : row->iterations;
    for (unsigned i = 0; i < repeat; i++) {
        simulated[i] = row->simulated(n);
        if (row->plain)
            plain[i] = row->plain(n);
    }
    print_row(row, simulated, plain, repeat);
}

static void run_memory_row(const struct bench_row *row, bool smoke) {
    double bytes = row->simulated(smoke ? row->iterations / 10 : row->iterations);
    printf("%-16s %10.0f bytes", row->name, bytes);
    if (row->limit != 0)
        printf(" %50s %.0f bytes %s", "", row->limit, bytes <= row->limit ? "met" : "MISSED");
    printf("\n");
}

static bool wanted(const struct bench_row *row, char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strstr(row->name, names[i]))
            return true;
    return count == 0;
}

int main(int argc, char **argv) {
    unsigned repeat = 11;
    bool smoke = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "--smoke") == 0) {
            smoke = true;
            repeat = 2;
        } else if (strcmp(argv[first], "--checked") == 0) {
            bench_checked = true;
        } else if (strcmp(argv[first], "--repeat") == 0 && first + 1 < argc) {
            repeat = (unsigned)atoi(argv[++first]);
        } else {
            bench_fail("usage: wdmsim_bench [--smoke] [--checked] [--repeat N] [name...]");
        }
    }
    if (repeat < 1 || repeat > MAX_REPEAT)
        bench_fail("--repeat takes 1 to 101");
    printf("%-16s %13s %11s  %-22s %8s\n", "operation", "simulated", "plain", "plain C", "ratio");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (wanted(&rows[i], argv + first, argc - first))
            run_row(&rows[i], repeat, smoke);
    for (size_t i = 0; i < COUNT(memory_rows); i++)
        if (wanted(&memory_rows[i], argv + first, argc - first))
            run_memory_row(&memory_rows[i], smoke);
    return 0;
}
