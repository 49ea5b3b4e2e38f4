/*
 * Who owns the processors' performance counters.
 *
 * The counters of all processors are one set, and have one owner at a time: what drivers that
 * program them ask for before they do. Sets of single counters, which newer systems hand out by
 * list, are not supported.
 *
 * ntddk/nf-ntddk-halallocatehardwarecounters, -halfreehardwarecounters
 */
#include "hal/hal.h"

NTSTATUS HalAllocateHardwareCounters(PGROUP_AFFINITY GroupAffinty, ULONG GroupCount,
                                     struct _PHYSICAL_COUNTER_RESOURCE_LIST *ResourceList,
                                     PHANDLE CounterSetHandle) {
    KI_GATE(HalAllocateHardwareCounters);
    struct hal_part *hal = m->hal;
    *CounterSetHandle = NULL;
    if (!GroupAffinty != !GroupCount)
        return STATUS_INVALID_PARAMETER;
    if (ResourceList)
        return STATUS_NOT_SUPPORTED;
    if (hal->counters_taken)
        return STATUS_INSUFFICIENT_RESOURCES;
    hal->counters_taken = true;
    *CounterSetHandle = (HANDLE)(ULONG_PTR)(++hal->counter_owners << 2);
    return STATUS_SUCCESS;
}

NTSTATUS HalFreeHardwareCounters(HANDLE CounterSetHandle) {
    KI_GATE(HalFreeHardwareCounters);
    struct hal_part *hal = m->hal;
    if (!hal->counters_taken || CounterSetHandle != (HANDLE)(ULONG_PTR)(hal->counter_owners << 2))
        return STATUS_INVALID_PARAMETER;
    hal->counters_taken = false;
    return STATUS_SUCCESS;
}
