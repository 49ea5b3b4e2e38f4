/*
 * Processors as drivers see them: numbers, groups, counts, affinities (ki/group.h).
 *
 * The routines without a group in their name speak of group 0, as on Windows since 7. A thread that
 * PsSetSystemMultipleGroupAffinityThread spreads over several groups counts as one of the lowest.
 */
#include "ke/ke.h"
#include "ki/group.h"

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetCurrentProcessorNumberEx);
    if (ProcNumber)
        *ProcNumber = ki_processor_number(m, m->cpu->number);
    return m->cpu->number;
}

/* In other groups too a number below those of group 0, which is full if there are others. */
ULONG KeGetCurrentProcessorNumber(VOID) {
    struct machine *m = ki_self();
    return ki_number_in_group(m, m->cpu->number);
}

KAFFINITY KeQueryActiveProcessors(VOID) {
    KI_GATE(KeQueryActiveProcessors);
    return ki_group_active(m, 0);
}

ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
    KI_GATE(KeQueryActiveProcessorCount);
    if (ActiveProcessors)
        *ActiveProcessors = ki_group_active(m, 0);
    return ki_group_share(m, 0, m->processor_count);
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
    KI_GATE(KeQueryActiveProcessorCountEx);
    return ki_group_share(m, GroupNumber, m->processor_count);
}

ULONG KeQueryMaximumProcessorCount(VOID) {
    KI_GATE(KeQueryMaximumProcessorCount);
    return ki_group_share(m, 0, m->processor_maximum);
}

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) {
    KI_GATE(KeQueryMaximumProcessorCountEx);
    return ki_group_share(m, GroupNumber, m->processor_maximum);
}

USHORT KeQueryActiveGroupCount(VOID) {
    const struct machine *m = ki_self();
    return ki_group_count(m, m->processor_count);
}

USHORT KeQueryMaximumGroupCount(VOID) {
    const struct machine *m = ki_self();
    return ki_group_count(m, m->processor_maximum);
}

KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber) {
    KI_GATE(KeQueryGroupAffinity);
    return ki_group_active(m, GroupNumber);
}

ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetProcessorIndexFromNumber);
    return ki_processor_index(m, ProcNumber);
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetProcessorNumberFromIndex);
    if (ProcIndex >= m->processor_count)
        return STATUS_INVALID_PARAMETER;
    *ProcNumber = ki_processor_number(m, ProcIndex);
    return STATUS_SUCCESS;
}

KAFFINITY ke_system_affinity(struct machine *m) {
    const struct _KTHREAD *thread = ki_current_thread(m);
    return thread->system_affinity ? thread->affinity : 0;
}

void ke_set_system_affinity(struct machine *m, KAFFINITY affinity) {
    PKTHREAD thread = ki_current_thread(m);
    thread->affinity = affinity;
    thread->system_affinity = TRUE;
    ki_apply_affinity(m, thread);
    ki_poll(m);
}

void ke_restore_affinity(struct machine *m, KAFFINITY affinity) {
    PKTHREAD thread = ki_current_thread(m);
    if (affinity) {
        ke_set_system_affinity(m, affinity);
        return;
    }
    thread->affinity = thread->user_affinity;
    thread->system_affinity = FALSE;
    ki_apply_affinity(m, thread);
    ki_poll(m);
}

KAFFINITY ke_affinity_of(const struct machine *m, USHORT group, KAFFINITY mask) {
    KAFFINITY possible = ki_lowest_bits(ki_group_share(m, group, m->processor_maximum));
    return mask & ~possible ? 0 : ki_group_there(m, group, mask);
}

/* Moves the calling thread at once. A mask that is not valid has no effect: false. */
static bool ke_set_affinity(struct machine *m, USHORT group, KAFFINITY affinity) {
    KAFFINITY there = ke_affinity_of(m, group, affinity);
    if (there)
        ke_set_system_affinity(m, there);
    return there != 0;
}

/* Back to `affinity`, or to the user affinity if that is 0; nothing if none of the above was set.
 */
static void ke_revert_affinity(struct machine *m, USHORT group, KAFFINITY affinity) {
    if (!ki_current_thread(m)->system_affinity)
        return;
    if (affinity)
        ke_set_affinity(m, group, affinity);
    else
        ke_restore_affinity(m, 0);
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity) {
    KI_GATE(KeSetSystemAffinityThread);
    ke_set_affinity(m, 0, Affinity);
}

KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
    KI_GATE(KeSetSystemAffinityThreadEx);
    KAFFINITY old = ki_group_affinity(m, ke_system_affinity(m)).Mask;
    ke_set_affinity(m, 0, Affinity);
    return old;
}

VOID KeRevertToUserAffinityThread(VOID) {
    KI_GATE(KeRevertToUserAffinityThread);
    ke_revert_affinity(m, 0, 0);
}

VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity) {
    KI_GATE(KeRevertToUserAffinityThreadEx);
    ke_revert_affinity(m, 0, Affinity);
}

VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity) {
    KI_GATE(KeSetSystemGroupAffinityThread);
    GROUP_AFFINITY old = ki_group_affinity(m, ke_system_affinity(m));
    bool done = ke_set_affinity(m, Affinity->Group, Affinity->Mask);
    if (PreviousAffinity)
        *PreviousAffinity = done ? old : (GROUP_AFFINITY){0};
}

VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity) {
    KI_GATE(KeRevertToUserGroupAffinityThread);
    ke_revert_affinity(m, PreviousAffinity->Group, PreviousAffinity->Mask);
}

/* A KIPI_BROADCAST_WORKER runs at IPI_LEVEL on every processor in turn, as seen by what it asks for
 * the processor number or IRQL. All of it happens on the caller's stack, so that no other processor
 * can move while the worker stands for another one (ki_is_broadcasting). */
ULONG_PTR KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context) {
    KI_GATE(KeIpiGenericCall);
    struct ki_processor *own = m->cpu;
    ULONG_PTR result = 0;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        KIRQL irql = cpu->irql;
        m->cpu = cpu;
        ki_set_irql(m, IPI_LEVEL);
        ULONG_PTR one = BroadcastFunction(Context);
        ki_set_irql(m, irql);
        if (cpu == own)
            result = one;
    }
    m->cpu = own;
    ki_poll(m);
    return result;
}
