/*
 * A DPC routine on all processors at once: KeGenericCallDpc and its two helpers.
 *
 * These routines have no reference page: drivers that use them declare them themselves, in the form
 * kept here. The routine runs at DISPATCH_LEVEL, in a DPC on every processor but the caller's,
 * where it is called. Its first system argument is for KeSignalCallDpcDone, which each call of it
 * must reach; the second is for KeSignalCallDpcSynchronize, where all of them meet, as often as
 * they like.
 */
#include "ke/callback.h"
#include "ke/ke.h"

/* What is counted and waited for is no spin lock: no such word names a processor. */
#define KE_CALL_UNIT ((ULONG_PTR)KI_MAX_PROCESSORS + 1)

struct ke_call {
    ULONG_PTR left; /* processors that are not done, in units */
    ULONG arrived, total;
    ULONG phase;         /* of the meetings: the gate that the next ones come to */
    ULONG_PTR closed[2]; /* the gates; a unit while closed */
};

static KDPC *ke_call_dpcs(struct machine *m) {
    struct ke_part *ke = ke_part(m);
    if (!ke->call_dpcs) {
        ke->call_dpcs = ki_alloc(m, m->processor_maximum * sizeof *ke->call_dpcs);
        KeInitializeGuardedMutex(&ke->call_mutex);
    }
    return ke->call_dpcs;
}

static void ke_call_all(struct machine *m, KDPC *dpcs, PKDEFERRED_ROUTINE routine, PVOID context) {
    unsigned count = m->processor_count; /* who comes later has nothing to do with it */
    struct ke_call call = {
        .left = count * KE_CALL_UNIT, .total = count, .closed = {KE_CALL_UNIT, KE_CALL_UNIT}};
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    unsigned own = m->cpu->number;
    for (unsigned i = 0; i < count; i++) {
        KeInitializeDpc(&dpcs[i], routine, context);
        KeSetImportanceDpc(&dpcs[i], HighImportance);
        dpcs[i].Number = (USHORT)(KI_MAX_PROCESSORS + i);
        if (i != own)
            ki_dpc_insert(m, &dpcs[i], &call, &call);
    }
    routine(&dpcs[own], context, &call, &call);
    if (call.left)
        ki_spin(m, &call.left, ~(ULONG_PTR)0);
    ki_lower(m, irql);
}

VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context) {
    KI_GATE(KeGenericCallDpc);
    KDPC *dpcs = ke_call_dpcs(m);
    KeAcquireGuardedMutex(&m->ke->call_mutex);
    ke_call_all(m, dpcs, Routine, Context);
    KeReleaseGuardedMutex(&m->ke->call_mutex);
}

VOID KeSignalCallDpcDone(PVOID SystemArgument1) {
    KI_GATE(KeSignalCallDpcDone);
    (void)m;
    struct ke_call *call = SystemArgument1;
    call->left -= KE_CALL_UNIT;
}

/* TRUE for one of them, the last that came. */
LOGICAL KeSignalCallDpcSynchronize(PVOID SystemArgument2) {
    KI_GATE(KeSignalCallDpcSynchronize);
    struct ke_call *call = SystemArgument2;
    ULONG phase = call->phase;
    if (++call->arrived < call->total) {
        ki_spin(m, &call->closed[phase], ~(ULONG_PTR)0);
        return FALSE;
    }
    /* All have come here, so nobody is left at the other gate. */
    call->arrived = 0;
    call->phase = !phase;
    call->closed[!phase] = KE_CALL_UNIT;
    call->closed[phase] = 0;
    return TRUE;
}
