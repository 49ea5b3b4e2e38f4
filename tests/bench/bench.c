/*
 * wdmsim_bench: the costs of the machine's operations, beside a base measured in the same run
 * (--help says how to use it).
 *
 * Every row is measured several times, its two sides in turn, so that a busy host disturbs both.
 * The verdict goes by the minima, which such disturbance reaches least; how far the ratio of the
 * medians is off tells how much there was. Machines run with rule checks and trace off unless
 * asked otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_REPEAT 101u
#define MAX_TIME 15e9 /* ns: rows that take longer are not repeated further */

static const struct bench_row rows[] = {
    {"irp-round-trip", "an IRP allocated, sent to one driver, completed, freed", irp_round_trip,
     plain_calls_and_malloc, "2 calls + malloc/free", 3, 0, 200000, false},
    {"irp-filter", "a further filter that passes the IRP on", irp_filter, plain_call,
     "indirect call", 3, 5, 100000, false},
    {"irp-filter-copy", "the same with a completion routine", irp_filter_copying, plain_call,
     "indirect call", 0, 0, 100000, false},
    {"dpc", "a DPC queued and run", sync_dpc, plain_call, "indirect call", 6, 0, 200000, false},
    {"spin-lock", "a spin lock acquired and released", sync_spin_lock, plain_cas_lock,
     "CAS lock pair", 1.5, 0, 500000, false},
    {"spin-lock-floor", "the same beside two calls that do nothing", sync_spin_lock,
     plain_library_calls, "2 empty library calls", 0, 0, 500000, false},
    {"lookaside", "a block from a lookaside list and back", sync_lookaside, plain_malloc,
     "malloc/free", 0.5, 0, 500000, false},
    {"pool", "128 bytes of pool allocated and freed", sync_pool, plain_malloc, "malloc/free", 0, 0,
     500000, false},
    {"event-set-wait", "an event set and waited for", sync_event, plain_cas, "CAS", 5, 0, 500000,
     false},
    {"ioctl-64", "an IOCTL of a process, 64 bytes in and out", request_ioctl, plain_request,
     "plain-C request", 0, 300, 100000, false},
    {"ioctl-64-async", "the same through an asynchronous handle", request_ioctl_asynchronous,
     plain_request, "plain-C request", 0, 0, 100000, false},
    {"thread-switch", "a switch to another thread", clock_yield, plain_setjmp, "setjmp/longjmp", 4,
     0, 100000, false},
    {"event-ping-pong", "the same by an event set and waited for", clock_ping_pong, plain_setjmp,
     "setjmp/longjmp", 0, 0, 100000, false},
    {"timers-1000000", "a timer of a million set, then expired or cancelled", clock_timers_1000000,
     clock_timers_1000, "one of 1,000", 3, 0, 1000000, false},
    {"pofx", "a component that becomes active or idle", pofx_transition, NULL, "", 0, 1000, 200000,
     false},
    {"pofx-traced", "the same with the trace on", pofx_transition_traced, NULL, "", 0, 1e9 / 300000,
     200000, false},
    {"pofx-power", "the same with device power", pofx_device, NULL, "", 0, 1000, 200000, false},
    {"pofx-power-trace", "the same with the trace on", pofx_device_traced, NULL, "", 0,
     1e9 / 300000, 200000, false},
    {"machine", "a machine created and destroyed", clock_machine, NULL, "", 0, 100000, 200, false},
    {"pnp-1000", "a device of a tree of 1,000 plugged, started, removed", devices_pnp_1000,
     devices_pnp_100, "one of 100", 2, 0, 1000, false},
    {"pnp-10000", "the same in a tree of 10,000", devices_pnp_10000, devices_pnp_100, "one of 100",
     2, 0, 10000, false},
    {"plug-10000", "a device of 10,000 on one bus, plugged alone", devices_plug_10000,
     devices_plug_100, "one of 100", 0, 0, 10000, false},
    {"sleep-1000", "a device of a tree of 1,000 put to sleep and woken", devices_sleep_1000,
     devices_sleep_100, "one of 100", 2, 0, 10000, false},
    {"sleep-10000", "the same in a tree of 10,000", devices_sleep_10000, devices_sleep_100,
     "one of 100", 2, 0, 30000, false},
    {"processors-4", "DPC, spin lock, event on one of 4 processors", scale_processors_4,
     scale_processors_1, "on a single one", 3, 0, 100000, false},
    {"processors-16", "the same on one of 16", scale_processors_16, scale_processors_1,
     "on a single one", 3, 0, 100000, false},
    {"threads-10000", "a thread of 10,000 started, asleep, woken, ended", scale_threads_many,
     scale_threads_1000, "one of 1,000", 3, 0, 10000, false},
    {"threads-100000", "the same of 100,000", scale_threads_many, scale_threads_1000,
     "one of 1,000", 3, 0, 100000, false},
    {"threads-1000000", "the same of a million (takes 6 GB)", scale_threads_many,
     scale_threads_1000, "one of 1,000", 3, 0, 1000000, false},
    {"irps-1000000", "an IRP of a million pending, sent and completed", scale_irps_many,
     scale_irps_1000, "one of 1,000", 3, 0, 1000000, false},
    {"thread-memory", "memory of a thread that sleeps", scale_thread_memory, NULL, "", 0, 20 * 1024,
     10000, true},
    {"irp-memory", "memory of a pending IRP", scale_irp_memory, NULL, "", 0, 0, 100000, true},
};

/* ---- the table ---- */

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* "3.0x", "300 ns", "3.0x or 5 ns", or nothing. */
static void target(const struct bench_row *row, char text[32]) {
    const char *unit = row->bytes ? "B" : "ns";
    text[0] = 0;
    if (row->ratio != 0)
        snprintf(text, 32, row->limit != 0 ? "%.1fx or %.0f %s" : "%.1fx", row->ratio, row->limit,
                 unit);
    else if (row->limit != 0)
        snprintf(text, 32, "%.0f %s", row->limit, unit);
}

static const char *verdict(const struct bench_row *row, double simulated, double ratio) {
    if (row->ratio == 0 && row->limit == 0)
        return "";
    bool met =
        (row->ratio != 0 && ratio <= row->ratio) || (row->limit != 0 && simulated <= row->limit);
    return met ? "met" : "MISSED";
}

static void print_row(const struct bench_row *row, double *simulated, double *base, unsigned repeat,
                      bool smoke) {
    const char *unit = row->bytes ? "B" : "ns";
    char limit[32], measured[32], beside[32] = "", ratios[32] = "";
    double ratio = 0;
    qsort(simulated, repeat, sizeof *simulated, compare);
    qsort(base, repeat, sizeof *base, compare);
    target(row, limit);
    snprintf(measured, sizeof measured, "%.1f %s", simulated[0], unit);
    if (row->base) {
        ratio = simulated[0] / base[0];
        snprintf(beside, sizeof beside, "%.2f %s", base[0], unit);
        snprintf(ratios, sizeof ratios, "%.2fx (%.2fx)", ratio,
                 simulated[repeat / 2] / base[repeat / 2]);
    }
    printf("%-16s %12s %12s  %-22s %-16s %-12s %s\n", row->name, measured, beside, row->base_what,
           ratios, limit, smoke ? "" : verdict(row, simulated[0], ratio));
    fflush(stdout);
}

static void run_row(const struct bench_row *row, unsigned repeat, bool smoke) {
    double simulated[MAX_REPEAT], base[MAX_REPEAT] = {0};
    double start = bench_now();
    unsigned n = smoke ? row->iterations / 100 + 1 : row->iterations, done = 0;
    if (row->bytes)
        repeat = 1;
    do {
        simulated[done] = row->simulated(n);
        if (row->base)
            base[done] = row->base(n);
    } while (++done < repeat && bench_now() - start < MAX_TIME);
    print_row(row, simulated, base, done, smoke);
}

static bool wanted(const struct bench_row *row, char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strstr(row->name, names[i]))
            return true;
    return count == 0;
}

static void help(void) {
    char limit[32];
    puts(
        "wdmsim_bench [--smoke] [--checked] [--repeat N] [name...]\n\n"
        "Measures what operations of the machine cost, beside a base that is measured in the same\n"
        "run: plain C, or the same operation in a small machine. Each row shows the least cost of\n"
        "N repetitions (11), the base's, their ratio (and that of the medians), and the target.\n"
        "Figures of an optimised build are meant. Names select the rows that contain one of them.\n"
        "\n"
        "  --smoke     runs every row quickly; its figures mean nothing\n"
        "  --checked   machines check the rules of the routines, as they do by default\n"
        "  --repeat N  1 to 101\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        target(&rows[i], limit);
        printf("  %-16s %-54s %-22s %s\n", rows[i].name, rows[i].what, rows[i].base_what, limit);
    }
    exit(EXIT_SUCCESS);
}

int main(int argc, char **argv) {
    unsigned repeat = 11;
    bool smoke = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "--help") == 0) {
            help();
        } else if (strcmp(argv[first], "--smoke") == 0) {
            smoke = true;
            repeat = 2;
        } else if (strcmp(argv[first], "--checked") == 0) {
            bench_check_rules();
        } else if (strcmp(argv[first], "--repeat") == 0 && first + 1 < argc) {
            repeat = (unsigned)atoi(argv[++first]);
        } else {
            bench_fail("unknown option; see --help");
        }
    }
    if (repeat < 1 || repeat > MAX_REPEAT)
        bench_fail("--repeat takes 1 to 101");
    printf("%-16s %12s %12s  %-22s %-16s %-12s\n", "operation", "simulated", "base", "which is",
           "ratio (median)", "target");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (wanted(&rows[i], argv + first, argc - first))
            run_row(&rows[i], repeat, smoke);
    return 0;
}
