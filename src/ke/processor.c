/*
 * Processors as drivers see them: numbers, counts, affinities. One group holds all of them.
 */
#include "ke/ke.h"

static KAFFINITY ke_active(const struct machine *m) {
    return m->processor_count == 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << m->processor_count) - 1;
}

static bool ke_is_group(USHORT group) { return group == 0 || group == ALL_PROCESSOR_GROUPS; }

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetCurrentProcessorNumberEx);
    if (ProcNumber)
        *ProcNumber = (PROCESSOR_NUMBER){.Group = 0, .Number = m->cpu->number};
    return m->cpu->number;
}

ULONG KeGetCurrentProcessorNumber(VOID) { return ki_self()->cpu->number; }

KAFFINITY KeQueryActiveProcessors(VOID) {
    KI_GATE(KeQueryActiveProcessors);
    return ke_active(m);
}

ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
    KI_GATE(KeQueryActiveProcessorCount);
    if (ActiveProcessors)
        *ActiveProcessors = ke_active(m);
    return m->processor_count;
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
    KI_GATE(KeQueryActiveProcessorCountEx);
    return ke_is_group(GroupNumber) ? m->processor_count : 0;
}

ULONG KeQueryMaximumProcessorCount(VOID) {
    KI_GATE(KeQueryMaximumProcessorCount);
    return m->processor_count;
}

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) {
    KI_GATE(KeQueryMaximumProcessorCountEx);
    return ke_is_group(GroupNumber) ? m->processor_count : 0;
}

USHORT KeQueryActiveGroupCount(VOID) { return 1; }

USHORT KeQueryMaximumGroupCount(VOID) { return 1; }

KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber) {
    KI_GATE(KeQueryGroupAffinity);
    return GroupNumber == 0 ? ke_active(m) : 0;
}

ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetProcessorIndexFromNumber);
    if (ProcNumber->Group != 0 || ProcNumber->Number >= m->processor_count)
        return INVALID_PROCESSOR_INDEX;
    return ProcNumber->Number;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeGetProcessorNumberFromIndex);
    if (ProcIndex >= m->processor_count)
        return STATUS_INVALID_PARAMETER;
    *ProcNumber = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

/* What KeSetSystemAffinityThread and its kin gave the calling thread, or 0. */
static KAFFINITY ke_system_affinity(struct machine *m) {
    const struct _KTHREAD *thread = ki_current_thread(m);
    return thread->system_affinity ? thread->affinity : 0;
}

/* Sets the calling thread's affinity and moves it at once. A mask without a processor, or with a
 * bit that is none, has no effect: false. */
static bool ke_set_affinity(struct machine *m, USHORT group, KAFFINITY affinity) {
    PKTHREAD thread = ki_current_thread(m);
    if (group != 0 || !affinity || (affinity & ~ke_active(m)))
        return false;
    thread->affinity = affinity;
    thread->system_affinity = TRUE;
    ki_apply_affinity(m, thread);
    ki_poll(m);
    return true;
}

/* Back to `affinity`, or to the user affinity if that is 0; nothing if none of the above was set.
 */
static void ke_revert_affinity(struct machine *m, USHORT group, KAFFINITY affinity) {
    PKTHREAD thread = ki_current_thread(m);
    if (!thread->system_affinity)
        return;
    if (affinity) {
        ke_set_affinity(m, group, affinity);
        return;
    }
    thread->affinity = thread->user_affinity;
    thread->system_affinity = FALSE;
    ki_apply_affinity(m, thread);
    ki_poll(m);
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity) {
    KI_GATE(KeSetSystemAffinityThread);
    ke_set_affinity(m, 0, Affinity);
}

KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
    KI_GATE(KeSetSystemAffinityThreadEx);
    KAFFINITY old = ke_system_affinity(m);
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
    KAFFINITY old = ke_system_affinity(m);
    bool done = ke_set_affinity(m, Affinity->Group, Affinity->Mask);
    if (PreviousAffinity)
        *PreviousAffinity = (GROUP_AFFINITY){.Mask = done ? old : 0, .Group = 0};
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
