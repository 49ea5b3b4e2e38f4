/*
 * The benchmark's parts: rows, machines to run them on, and plain C to compare with.
 *
 * A row has a simulated operation and, if there is something to compare it with, a base: both are
 * functions that repeat their operation n times and return the nanoseconds that one takes, or the
 * bytes.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <time.h>

#include <wdmsim/wdmsim.h>

typedef double bench_measure(unsigned n);

struct bench_row {
    const char *name;
    const char *what; /* that is measured */
    bench_measure *simulated;
    bench_measure *base; /* or NULL */
    const char *base_what;
    /* The targets, 0: none. With both it is enough to meet one of them. */
    double ratio; /* to the base, at most */
    double limit; /* at most, in ns or bytes */
    unsigned iterations;
    bool bytes;
};

/* Nanoseconds of processor time: other programs on a busy host do not count. */
static inline double bench_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* A fresh machine that records no trace. */
struct machine *bench_machine(unsigned processors);
/*
 * Runs prepare(m), then body(n) as a system thread of such a machine, and
 * gives what body returns. `prepare` may be NULL.
 */
double bench_on_machine(void (*prepare)(struct machine *m), double (*body)(unsigned n), unsigned n);
/* The same with body on a user thread of the default process. */
double bench_in_process(void (*prepare)(struct machine *m), double (*body)(unsigned n), unsigned n);
/* On a machine with several processors. */
double bench_on_processors(unsigned processors, double (*body)(unsigned n), unsigned n);
/* Machines made from now on check the rules of the routines, as the default configuration does. */
void bench_check_rules(void);
/* Ends the program: something that is no matter of speed went wrong. */
_Noreturn void bench_fail(const char *what);

/* ---- plain C (plain.c) ---- */

bench_measure plain_call, plain_library_calls, plain_calls_and_malloc, plain_cas, plain_cas_lock,
    plain_malloc, plain_setjmp, plain_request;

/* ---- simulated (irp.c, sync.c, clock.c, request.c, pofx.c) ---- */

bench_measure irp_round_trip, irp_filter, irp_filter_copying;
bench_measure sync_dpc, sync_spin_lock, sync_lookaside, sync_event, sync_pool;
bench_measure clock_yield, clock_ping_pong, clock_timers_1000, clock_timers_1000000, clock_machine;
bench_measure request_ioctl, request_ioctl_asynchronous;
bench_measure pofx_transition, pofx_transition_traced, pofx_device, pofx_device_traced;

/* ---- trees of devices (devices.c) ---- */

bench_measure devices_pnp_100, devices_pnp_1000, devices_pnp_10000;
bench_measure devices_sleep_100, devices_sleep_1000, devices_sleep_10000;
bench_measure devices_plug_100, devices_plug_10000;

/* ---- what grows (scale.c); the last two give bytes ---- */

bench_measure scale_processors_1, scale_processors_4, scale_processors_16;
bench_measure scale_threads_1000, scale_threads_many, scale_irps_1000, scale_irps_many;
bench_measure scale_thread_memory, scale_irp_memory;

#endif
