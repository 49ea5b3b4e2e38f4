/* NUMA nodes and the relationship of logical processors: one node, one package with one die, one
 * core for each processor. Of caches nothing is told: the machine has none. */
#include "ke/ke.h"

static GROUP_AFFINITY ke_all(const struct machine *m) {
    return (GROUP_AFFINITY){.Mask = m->processor_count == 64
                                        ? ~(KAFFINITY)0
                                        : ((KAFFINITY)1 << m->processor_count) - 1};
}

USHORT KeGetCurrentNodeNumber(VOID) { return 0; }

USHORT KeQueryHighestNodeNumber(VOID) { return 0; }

VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count) {
    KI_GATE(KeQueryNodeActiveAffinity);
    if (Affinity)
        *Affinity = NodeNumber == 0 ? ke_all(m) : (GROUP_AFFINITY){0};
    if (Count)
        *Count = NodeNumber == 0 ? (USHORT)m->processor_count : 0;
}

NTSTATUS KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
                                    USHORT GroupAffinitiesCount, PUSHORT GroupAffinitiesRequired) {
    KI_GATE(KeQueryNodeActiveAffinity2);
    if (NodeNumber != 0)
        return STATUS_INVALID_PARAMETER;
    *GroupAffinitiesRequired = 1;
    if (GroupAffinitiesCount == 0)
        return STATUS_BUFFER_TOO_SMALL;
    GroupAffinities[0] = ke_all(m);
    return STATUS_SUCCESS;
}

ULONG KeQueryNodeActiveProcessorCount(USHORT NodeNumber) {
    KI_GATE(KeQueryNodeActiveProcessorCount);
    return NodeNumber == 0 ? m->processor_count : 0;
}

USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber) {
    KI_GATE(KeQueryNodeMaximumProcessorCount);
    return NodeNumber == 0 ? (USHORT)m->processor_count : 0;
}

/* One record of the answer. */
static void ke_relation_write(const struct machine *m,
                              PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record, ULONG size,
                              LOGICAL_PROCESSOR_RELATIONSHIP relation, unsigned number) {
    RtlZeroMemory(record, size);
    record->Relationship = relation;
    record->Size = size;
    switch (relation) {
    case RelationProcessorCore:
        record->Processor.GroupCount = 1;
        record->Processor.GroupMask[0].Mask = (KAFFINITY)1 << number;
        break;
    case RelationProcessorPackage:
    case RelationProcessorDie:
        record->Processor.GroupCount = 1;
        record->Processor.GroupMask[0] = ke_all(m);
        break;
    case RelationNumaNode:
        record->NumaNode.GroupMask = ke_all(m);
        break;
    default: /* RelationGroup */
        record->Group.MaximumGroupCount = record->Group.ActiveGroupCount = 1;
        record->Group.GroupInfo[0].MaximumProcessorCount =
            record->Group.GroupInfo[0].ActiveProcessorCount = (UCHAR)m->processor_count;
        record->Group.GroupInfo[0].ActiveProcessorMask = ke_all(m).Mask;
        break;
    }
}

static ULONG ke_relation_size(LOGICAL_PROCESSOR_RELATIONSHIP relation) {
    const ULONG head = FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor);
    switch (relation) {
    case RelationProcessorCore:
    case RelationProcessorPackage:
    case RelationProcessorDie:
        return head + sizeof(PROCESSOR_RELATIONSHIP);
    case RelationNumaNode:
        return head + sizeof(NUMA_NODE_RELATIONSHIP);
    default:
        return head + sizeof(GROUP_RELATIONSHIP);
    }
}

NTSTATUS KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
                                             LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                             PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
                                             PULONG Length) {
    static const LOGICAL_PROCESSOR_RELATIONSHIP known[] = {
        RelationProcessorCore, RelationProcessorPackage, RelationProcessorDie, RelationNumaNode,
        RelationGroup};
    KI_GATE(KeQueryLogicalProcessorRelationship);
    ULONG room = *Length, need = 0;
    if (RelationshipType == RelationNumaNodeEx)
        RelationshipType = RelationNumaNode; /* the same records: a node has one group */
    if (ProcessorNumber &&
        (ProcessorNumber->Group || ProcessorNumber->Number >= m->processor_count))
        return STATUS_INVALID_PARAMETER;
    for (unsigned k = 0; k < KI_COUNT(known); k++) {
        if (RelationshipType != RelationAll && RelationshipType != known[k])
            continue;
        ULONG size = ke_relation_size(known[k]);
        bool per_processor = known[k] == RelationProcessorCore;
        unsigned first = per_processor && ProcessorNumber ? ProcessorNumber->Number : 0;
        unsigned last = per_processor && !ProcessorNumber ? m->processor_count - 1 : first;
        for (unsigned i = first; i <= last; i++, need += size)
            if (need + size <= room && Information)
                ke_relation_write(m, (PVOID)((PUCHAR)Information + need), size, known[k], i);
    }
    *Length = need;
    if (need == 0)
        return STATUS_NOT_IMPLEMENTED;
    return need <= room && Information ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}
