/*
 * What belongs to the processor itself: caches, the interrupt flag and the halt instruction,
 * counters for thread profiling, and whether it is time to give the processor away.
 */
#include "ke/callback.h"
#include "ke/ke.h"

/* Of x64: two threads that write to different lines of it do not slow each other down. */
#define KE_CACHE_LINE 64u

ULONG KeGetRecommendedSharedDataAlignment(VOID) { return KE_CACHE_LINE; }

/*
 * The simulated processors and devices see one coherent memory, so no stale line exists that would
 * have to go; what a caller can rely on is that everything written before is in memory. The result
 * means nothing to callers.
 */
BOOLEAN KeInvalidateAllCaches(VOID) {
    KI_GATE(KeInvalidateAllCaches);
    (void)m;
    __sync_synchronize();
    return TRUE;
}

/* ---- the interrupt flag: _disable, _enable, __halt ---- */

VOID wdmsim_set_interrupts(BOOLEAN Enable) {
    struct machine *m = ki_self();
    if (m->cpu->interrupts_off == !Enable)
        return;
    ki_set_interrupts(m, m->cpu, Enable);
    ki_poll(m);
}

/* With interrupts off a real processor would never go on, and its clock interrupt be missed by the
 * others. */
VOID wdmsim_halt(VOID) {
    struct machine *m = ki_self();
    if (m->cpu->interrupts_off && m->cpu->idling) {
        ki_halt_masked(m); /* the way into an idle state ends like this */
        return;
    }
    if (m->cpu->interrupts_off)
        ki_bugcheck(m, CLOCK_WATCHDOG_TIMEOUT, 1, 0, (ULONG_PTR)m->cpu, m->cpu->number,
                    "%s halted processor %u while its interrupts were disabled",
                    ki_address_name(m, __builtin_return_address(0)), m->cpu->number);
    ki_halt(m);
}

/* ---- giving way ---- */

/* A DPC routine that has run for longer should leave the rest for later. */
#define KE_DPC_SHARE KI_TICK

/* Advice for a loop at DISPATCH_LEVEL: something waits for a lower IRQL, or the DPC has had its
 * share. */
LOGICAL KeShouldYieldProcessor(VOID) {
    KI_GATE(KeShouldYieldProcessor);
    ke_polled(m);
    const struct ki_processor *cpu = m->cpu;
    if (cpu->pending || cpu->dpc_count)
        return TRUE;
    return cpu->in_dpc && m->clock.now - cpu->dpc_start > KE_DPC_SHARE;
}

/* ---- counters for thread profiling ---- */

NTSTATUS KeSetHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG Count) {
    KI_GATE(KeSetHardwareCounterConfiguration);
    struct ke_part *ke = ke_part(m);
    if (Count > MAX_HW_COUNTERS)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < Count; i++)
        if (CounterArray[i].Type != PMCCounter)
            return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < Count; i++)
        ke->counters[i] = CounterArray[i];
    ke->counter_count = Count;
    return STATUS_SUCCESS;
}

NTSTATUS KeQueryHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG MaximumCount,
                                             PULONG Count) {
    KI_GATE(KeQueryHardwareCounterConfiguration);
    const struct ke_part *ke = ke_part(m);
    *Count = ke->counter_count;
    if (MaximumCount < ke->counter_count)
        return STATUS_BUFFER_TOO_SMALL;
    for (ULONG i = 0; i < ke->counter_count; i++)
        CounterArray[i] = ke->counters[i];
    return STATUS_SUCCESS;
}
