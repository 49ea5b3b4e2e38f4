/*
 * DPCs, spin locks, events without contention, lookaside lists and pool.
 */
#include <ntifs.h>

#include "bench.h"

#define TAG 0x68636e42 /* 'Bnch' */
#define BLOCK_SIZE 128

static volatile unsigned dpcs;

static VOID count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    dpcs++;
}

static double queue_dpcs(unsigned n) {
    static KDPC dpc;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    dpcs = 0;
    double start = bench_now();
    for (unsigned i = 0; i < n; i++)
        KeInsertQueueDpc(&dpc, NULL, NULL);
    double time = (bench_now() - start) / n;
    if (dpcs != n)
        bench_fail("a DPC did not run at once");
    return time;
}

static double spin_lock_pairs(unsigned n) {
    static KSPIN_LOCK lock;
    KIRQL irql;
    KeInitializeSpinLock(&lock);
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        KeAcquireSpinLock(&lock, &irql);
        KeReleaseSpinLock(&lock, irql);
    }
    return (bench_now() - start) / n;
}

static double lookaside_pairs(unsigned n) {
    static NPAGED_LOOKASIDE_LIST list;
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, BLOCK_SIZE, TAG, 0);
    ExFreeToNPagedLookasideList(&list, ExAllocateFromNPagedLookasideList(&list));
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        PVOID block = ExAllocateFromNPagedLookasideList(&list);
        ExFreeToNPagedLookasideList(&list, block);
    }
    double time = (bench_now() - start) / n;
    ExDeleteNPagedLookasideList(&list);
    return time;
}

static double pool_pairs(unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++)
        ExFreePoolWithTag(
            ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, BLOCK_SIZE, TAG), TAG);
    return (bench_now() - start) / n;
}

static double event_pairs(unsigned n) {
    static KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    return (bench_now() - start) / n;
}

double sync_dpc(unsigned n) { return bench_on_machine(NULL, queue_dpcs, n); }

double sync_spin_lock(unsigned n) { return bench_on_machine(NULL, spin_lock_pairs, n); }

double sync_lookaside(unsigned n) { return bench_on_machine(NULL, lookaside_pairs, n); }

double sync_pool(unsigned n) { return bench_on_machine(NULL, pool_pairs, n); }

double sync_event(unsigned n) { return bench_on_machine(NULL, event_pairs, n); }
