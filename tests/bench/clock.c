/*
 * Thread switches, timers by the thousand and by the million, whole machines.
 */
#include <ntifs.h>

#include "bench.h"

#define TAG 0x68636e42 /* 'Bnch' */

/* ---- switches ---- */

static KEVENT ping, pong;
static volatile bool stop;

static VOID partner(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    for (;;) {
        KeWaitForSingleObject(&ping, Executive, KernelMode, FALSE, NULL);
        if (stop)
            break;
        KeSetEvent(&pong, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void start_thread(PKSTART_ROUTINE routine) {
    HANDLE thread;
    if (!NT_SUCCESS(
            PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, NULL)))
        bench_fail("no thread");
}

/* Two threads wake each other in turn; one switch with its set and wait. */
static double ping_pong(unsigned n) {
    KeInitializeEvent(&ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&pong, SynchronizationEvent, FALSE);
    stop = false;
    start_thread(partner);
    double start = bench_now();
    for (unsigned i = 0; i < n / 2; i++) {
        KeSetEvent(&ping, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&pong, Executive, KernelMode, FALSE, NULL);
    }
    double time = (bench_now() - start) / (n / 2 * 2);
    stop = true;
    KeSetEvent(&ping, IO_NO_INCREMENT, FALSE);
    return time;
}

static volatile unsigned turns;

static VOID yielder(PVOID context) {
    LARGE_INTEGER none = {.QuadPart = 0};
    UNREFERENCED_PARAMETER(context);
    while (!stop) {
        turns++;
        KeDelayExecutionThread(KernelMode, FALSE, &none);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Two threads of one priority give the processor to each other. */
static double yields(unsigned n) {
    LARGE_INTEGER none = {.QuadPart = 0};
    stop = false;
    turns = 0;
    start_thread(yielder);
    KeDelayExecutionThread(KernelMode, FALSE, &none);
    unsigned before = turns;
    double start = bench_now();
    for (unsigned i = 0; i < n / 2; i++)
        KeDelayExecutionThread(KernelMode, FALSE, &none);
    double time = (bench_now() - start) / (n / 2 * 2);
    if (turns - before < n / 2 - 1)
        bench_fail("a yield did not switch");
    stop = true;
    return time;
}

double clock_ping_pong(unsigned n) { return bench_on_machine(NULL, ping_pong, n < 2 ? 2 : n); }

double clock_yield(unsigned n) { return bench_on_machine(NULL, yields, n < 2 ? 2 : n); }

/* ---- timers ---- */

static unsigned armed;

/* Sets `armed` timers to all times of a second, lets half expire and cancels half. */
static void timer_round(PKTIMER timers, ULONG *seed) {
    LARGE_INTEGER half = {.QuadPart = -5000000};
    for (unsigned i = 0; i < armed; i++) {
        LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(RtlRandomEx(seed) % 10000000 + 1)};
        KeSetTimer(&timers[i], due, NULL);
    }
    KeDelayExecutionThread(KernelMode, FALSE, &half);
    for (unsigned i = 0; i < armed; i++)
        KeCancelTimer(&timers[i]);
}

/* Rounds of n timers in total, after a first one in which the machine takes the memory for them
 * from the host. */
static double run_timers(unsigned n) {
    PKTIMER timers = ExAllocatePool2(POOL_FLAG_NON_PAGED, armed * sizeof *timers, TAG);
    ULONG seed = 11;
    unsigned rounds = (n + armed - 1) / armed;
    if (!timers)
        bench_fail("no memory for timers");
    for (unsigned i = 0; i < armed; i++)
        KeInitializeTimer(&timers[i]);
    timer_round(timers, &seed);
    double start = bench_now();
    for (unsigned i = 0; i < rounds; i++)
        timer_round(timers, &seed);
    double time = (bench_now() - start) / ((double)rounds * armed);
    ExFreePoolWithTag(timers, TAG);
    return time;
}

double clock_timers_1000(unsigned n) {
    armed = 1000;
    return bench_on_machine(NULL, run_timers, n);
}

double clock_timers_1000000(unsigned n) {
    armed = n < 1000000 ? n : 1000000;
    return bench_on_machine(NULL, run_timers, n);
}

/* ---- machines ---- */

double clock_machine(unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        struct machine *m;
        struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
        if (wdmsim_machine_create(&config, &m))
            bench_fail("no machine");
        wdmsim_machine_destroy(m);
    }
    return (bench_now() - start) / n;
}
