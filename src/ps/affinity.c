/*
 * Affinity tokens: a thread's affinity over several groups, kept to return to. Pages:
 * wdm/nf-wdm-psallocateaffinitytoken, wdm/nf-wdm-pssetsystemmultiplegroupaffinitythread and their
 * sisters.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "mm/mm.h"
#include "ps/internal.h"

#define PS_AFFINITY_TAG 0x66417350u /* "PsAf" */

struct _PAFFINITY_TOKEN {
    KAFFINITY previous; /* system-wide; 0: the thread's own */
    bool set;
};

NTSTATUS PsAllocateAffinityToken(PAFFINITY_TOKEN *AffinityToken) {
    KI_GATE(PsAllocateAffinityToken);
    PAFFINITY_TOKEN token = mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *token, PS_AFFINITY_TAG,
                                                 __builtin_return_address(0));
    if (!token)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(token, 0, sizeof *token);
    *AffinityToken = token;
    return STATUS_SUCCESS;
}

VOID PsFreeAffinityToken(PAFFINITY_TOKEN AffinityToken) {
    KI_GATE(PsFreeAffinityToken);
    mm_pool_free(m, AffinityToken, PS_AFFINITY_TAG);
}

/* At least one processor that is there, in groups that are; one of them may be named twice. */
NTSTATUS PsSetSystemMultipleGroupAffinityThread(PGROUP_AFFINITY GroupAffinities, USHORT GroupCount,
                                                PAFFINITY_TOKEN AffinityToken) {
    KI_GATE(PsSetSystemMultipleGroupAffinityThread);
    KAFFINITY affinity = 0;
    for (USHORT i = 0; i < GroupCount; i++) {
        KAFFINITY part = ke_affinity_of(m, GroupAffinities[i].Group, GroupAffinities[i].Mask);
        if (!part)
            return STATUS_INVALID_PARAMETER;
        affinity |= part;
    }
    if (!affinity)
        return STATUS_INVALID_PARAMETER;
    if (!AffinityToken->set)
        AffinityToken->previous = ke_system_affinity(m);
    AffinityToken->set = true;
    ke_set_system_affinity(m, affinity);
    return STATUS_SUCCESS;
}

VOID PsRevertToUserMultipleGroupAffinityThread(PAFFINITY_TOKEN AffinityToken) {
    KI_GATE(PsRevertToUserMultipleGroupAffinityThread);
    if (!AffinityToken->set)
        return;
    AffinityToken->set = false;
    ke_restore_affinity(m, AffinityToken->previous);
}
