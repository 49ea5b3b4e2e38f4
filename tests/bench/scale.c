/*
 * What grows with a machine: processors that take turns, threads and IRPs by the thousand and more,
 * and the memory that each of them takes.
 */
#include <ntifs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

/* Bytes of memory that the process has in use. (A long has 32 bits here and 64 in fscanf.) */
static double resident(void) {
    long long pages = 0;
#if defined(__linux__)
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %lld", &pages) != 1)
        bench_fail("cannot read /proc/self/statm");
    fclose(file);
#endif
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void start_thread(PKSTART_ROUTINE *routine, PVOID context) {
    HANDLE handle;
    if (!NT_SUCCESS(
            PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context)))
        bench_fail("no thread");
    ZwClose(handle);
}

/* ---- processors ---- */

static unsigned processors, rounds;
static LONG running;
static KEVENT all_done;

/* A thread of a processor: queues a DPC there, takes a lock that all share, sets an event. */
static KSPIN_LOCK shared;
static volatile LONG dpcs;

static KDEFERRED_ROUTINE count;
static VOID count(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    dpcs++;
}

static KSTART_ROUTINE worker;
static VOID worker(PVOID Context) {
    KDPC dpc;
    KEVENT event;
    KIRQL irql;
    KeSetSystemAffinityThread((KAFFINITY)1 << (ULONG_PTR)Context);
    KeInitializeDpc(&dpc, count, NULL);
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    for (unsigned i = 0; i < rounds; i++) {
        KeInsertQueueDpc(&dpc, NULL, NULL);
        KeAcquireSpinLock(&shared, &irql);
        KeReleaseSpinLock(&shared, irql);
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        YieldProcessor();
    }
    if (InterlockedDecrement(&running) == 0)
        KeSetEvent(&all_done, IO_NO_INCREMENT, FALSE);
}

static double run_workers(unsigned n) {
    rounds = n / processors + 1;
    running = (LONG)processors;
    KeInitializeSpinLock(&shared);
    KeInitializeEvent(&all_done, NotificationEvent, FALSE);
    for (unsigned i = 0; i < processors; i++)
        start_thread(worker, (PVOID)(ULONG_PTR)i);
    double start = bench_now();
    KeWaitForSingleObject(&all_done, Executive, KernelMode, FALSE, NULL);
    return (bench_now() - start) / ((double)rounds * processors);
}

static double on_processors(unsigned number, unsigned n) {
    processors = number;
    return bench_on_processors(number, run_workers, n);
}

double scale_processors_1(unsigned n) { return on_processors(1, n); }
double scale_processors_4(unsigned n) { return on_processors(4, n); }
double scale_processors_16(unsigned n) { return on_processors(16, n); }

/* ---- threads ---- */

static unsigned waiting;
static KEVENT go;
static double used;

static KSTART_ROUTINE sleeper;
static VOID sleeper(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    if (InterlockedDecrement(&running) == 0)
        KeSetEvent(&all_done, IO_NO_INCREMENT, FALSE);
}

/*
 * `waiting` threads at a time: started, asleep on one event, woken, ended; n in total, after a
 * first round in which the machine takes the memory for them from the host.
 */
static double run_threads(unsigned n) {
    LARGE_INTEGER soon = {.QuadPart = -10000};
    unsigned last = (n + waiting - 1) / waiting;
    double start = 0;
    used = resident();
    for (unsigned round = 0; round <= last; round++) {
        if (round == 1)
            start = bench_now();
        running = (LONG)waiting;
        KeInitializeEvent(&go, NotificationEvent, FALSE);
        KeInitializeEvent(&all_done, NotificationEvent, FALSE);
        for (unsigned i = 0; i < waiting; i++)
            start_thread(sleeper, NULL);
        KeDelayExecutionThread(KernelMode, FALSE, &soon);
        if (round == 0)
            used = (resident() - used) / waiting;
        KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&all_done, Executive, KernelMode, FALSE, NULL);
    }
    return (bench_now() - start) / ((double)last * waiting);
}

static double with_threads(unsigned number, unsigned n) {
    waiting = number < n ? number : n;
    return bench_on_machine(NULL, run_threads, n);
}

double scale_threads_1000(unsigned n) { return with_threads(1000, n); }
double scale_threads_many(unsigned n) { return with_threads(n, n); }

double scale_thread_memory(unsigned n) {
    with_threads(n, n);
    return used;
}

/* ---- IRPs in flight ---- */

static PDEVICE_OBJECT device;
static unsigned flying;

static NTSTATUS keep(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
}

static int keeper_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_READ] = keep;
    if (!NT_SUCCESS(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)))
        bench_fail("no device");
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static void load_keeper(struct machine *m) {
    struct wdmsim_driver *driver;
    if (wdmsim_driver_load_entry(m, "keeper", (wdmsim_driver_entry *)keeper_entry, &driver))
        bench_fail("no driver");
}

static NTSTATUS take_back(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void send(PIRP *slot) {
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (!irp)
        bench_fail("no memory for IRPs");
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, take_back, NULL, TRUE, TRUE, TRUE);
    if (IoCallDriver(device, irp) != STATUS_PENDING)
        bench_fail("an IRP is not pending");
    *slot = irp;
}

static void finish(PIRP irp) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoFreeIrp(irp);
}

/* `flying` IRPs at a time: sent, all pending, completed; n in total after a first round, as above.
 */
static double run_irps(unsigned n) {
    PIRP *irps = calloc(flying, sizeof *irps);
    unsigned last = (n + flying - 1) / flying;
    if (!irps)
        bench_fail("no memory for IRPs");
    double start = 0;
    used = resident();
    for (unsigned round = 0; round <= last; round++) {
        if (round == 1)
            start = bench_now();
        for (unsigned i = 0; i < flying; i++)
            send(&irps[i]);
        if (round == 0)
            used = (resident() - used) / flying - (double)sizeof *irps;
        for (unsigned i = 0; i < flying; i++)
            finish(irps[i]);
    }
    double time = (bench_now() - start) / ((double)last * flying);
    free(irps);
    return time;
}

static double with_irps(unsigned number, unsigned n) {
    flying = number < n ? number : n;
    return bench_on_machine(load_keeper, run_irps, n);
}

double scale_irps_1000(unsigned n) { return with_irps(1000, n); }
double scale_irps_many(unsigned n) { return with_irps(n, n); }

double scale_irp_memory(unsigned n) {
    with_irps(n, n);
    return used;
}
