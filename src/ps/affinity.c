/*
 * Affinity tokens: a thread's affinity over several groups, kept to return to. A machine has one
 * group, number 0. Pages: wdm/nf-wdm-psallocateaffinitytoken,
 * wdm/nf-wdm-pssetsystemmultiplegroupaffinitythread and their sisters.
 */
#include "ps/ps.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/internal.h"

#define PS_AFFINITY_TAG 0x66417350u /* "PsAf" */

struct _PAFFINITY_TOKEN {
    GROUP_AFFINITY previous;
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

/* At least one processor that is there, in the one group there is. */
NTSTATUS PsSetSystemMultipleGroupAffinityThread(PGROUP_AFFINITY GroupAffinities, USHORT GroupCount,
                                                PAFFINITY_TOKEN AffinityToken) {
    KI_GATE(PsSetSystemMultipleGroupAffinityThread);
    GROUP_AFFINITY affinity = {0, 0, {0, 0, 0}};
    KAFFINITY there =
        m->processor_count == 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << m->processor_count) - 1;
    for (USHORT i = 0; i < GroupCount; i++) {
        if (GroupAffinities[i].Group != 0)
            return STATUS_INVALID_PARAMETER;
        affinity.Mask |= GroupAffinities[i].Mask;
    }
    if (!affinity.Mask || affinity.Mask & ~there)
        return STATUS_INVALID_PARAMETER;
    KeSetSystemGroupAffinityThread(&affinity, AffinityToken->set ? NULL : &AffinityToken->previous);
    AffinityToken->set = true;
    return STATUS_SUCCESS;
}

VOID PsRevertToUserMultipleGroupAffinityThread(PAFFINITY_TOKEN AffinityToken) {
    KI_GATE(PsRevertToUserMultipleGroupAffinityThread);
    (void)m;
    if (!AffinityToken->set)
        return;
    KeRevertToUserGroupAffinityThread(&AffinityToken->previous);
    AffinityToken->set = false;
}
