/*
 * NUMA nodes and the relationship of logical processors: one node, one package with one die, one
 * core for each processor; all but the core may span processor groups. The primary group of the
 * node is group 0, none has more processors. Of caches nothing is told: the machine has none.
 */
#include "ke/ke.h"
#include "ki/group.h"

static GROUP_AFFINITY ke_group(const struct machine *m, USHORT group) {
    return (GROUP_AFFINITY){.Mask = ki_group_active(m, group), .Group = group};
}

/* Writes the affinities of all groups, and tells how many they are. */
static USHORT ke_groups(const struct machine *m, GROUP_AFFINITY *list) {
    USHORT count = ki_group_count(m, m->processor_count);
    for (USHORT i = 0; i < count; i++)
        list[i] = ke_group(m, i);
    return count;
}

USHORT KeGetCurrentNodeNumber(VOID) { return 0; }

USHORT KeQueryHighestNodeNumber(VOID) { return 0; }

VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count) {
    KI_GATE(KeQueryNodeActiveAffinity);
    if (Affinity)
        *Affinity = NodeNumber == 0 ? ke_group(m, 0) : (GROUP_AFFINITY){0};
    if (Count)
        *Count = NodeNumber == 0 ? (USHORT)ki_group_share(m, 0, m->processor_count) : 0;
}

NTSTATUS KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
                                    USHORT GroupAffinitiesCount, PUSHORT GroupAffinitiesRequired) {
    KI_GATE(KeQueryNodeActiveAffinity2);
    if (NodeNumber != 0)
        return STATUS_INVALID_PARAMETER;
    *GroupAffinitiesRequired = ki_group_count(m, m->processor_count);
    if (GroupAffinitiesCount < *GroupAffinitiesRequired)
        return STATUS_BUFFER_TOO_SMALL;
    ke_groups(m, GroupAffinities);
    return STATUS_SUCCESS;
}

ULONG KeQueryNodeActiveProcessorCount(USHORT NodeNumber) {
    KI_GATE(KeQueryNodeActiveProcessorCount);
    return NodeNumber == 0 ? m->processor_count : 0;
}

USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber) {
    KI_GATE(KeQueryNodeMaximumProcessorCount);
    return NodeNumber == 0 ? (USHORT)m->processor_maximum : 0;
}

/* What a record is about. */
struct ke_relation {
    LOGICAL_PROCESSOR_RELATIONSHIP kind;
    unsigned processor; /* of a core; and of a node in one group, whose group that is */
    bool spans;         /* a node over all its groups */
};

/* One record of the answer. */
static void ke_relation_write(const struct machine *m,
                              PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record, ULONG size,
                              const struct ke_relation *relation) {
    USHORT groups = ki_group_count(m, m->processor_maximum);
    RtlZeroMemory(record, size);
    record->Relationship = relation->kind;
    record->Size = size;
    switch (relation->kind) {
    case RelationProcessorCore:
        record->Processor.GroupCount = 1;
        record->Processor.GroupMask[0] = ki_group_affinity(m, (KAFFINITY)1 << relation->processor);
        break;
    case RelationProcessorPackage:
    case RelationProcessorDie:
        record->Processor.GroupCount = ke_groups(m, record->Processor.GroupMask);
        break;
    case RelationNumaNode:
        record->NumaNode.GroupCount = 1;
        if (relation->spans)
            record->NumaNode.GroupCount = ke_groups(m, record->NumaNode.GroupMasks);
        else
            record->NumaNode.GroupMask = ke_group(m, ki_group_of(m, relation->processor));
        break;
    default: /* RelationGroup */
        record->Group.MaximumGroupCount = groups;
        record->Group.ActiveGroupCount = ki_group_count(m, m->processor_count);
        PROCESSOR_GROUP_INFO *info = record->Group.GroupInfo;
        for (USHORT i = 0; i < groups; i++, info++) {
            info->MaximumProcessorCount = (UCHAR)ki_group_share(m, i, m->processor_maximum);
            info->ActiveProcessorCount = (UCHAR)ki_group_share(m, i, m->processor_count);
            info->ActiveProcessorMask = ki_group_active(m, i);
        }
        break;
    }
}

static ULONG ke_relation_size(const struct machine *m, const struct ke_relation *relation) {
    const ULONG head = FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor);
    ULONG more = (ULONG)ki_group_count(m, m->processor_count) - 1; /* than one group */
    switch (relation->kind) {
    case RelationProcessorCore:
        return head + sizeof(PROCESSOR_RELATIONSHIP);
    case RelationProcessorPackage:
    case RelationProcessorDie:
        return head + sizeof(PROCESSOR_RELATIONSHIP) + more * sizeof(GROUP_AFFINITY);
    case RelationNumaNode:
        return head + sizeof(NUMA_NODE_RELATIONSHIP) +
               (relation->spans ? more * sizeof(GROUP_AFFINITY) : 0);
    default:
        more = (ULONG)ki_group_count(m, m->processor_maximum) - 1;
        return head + sizeof(GROUP_RELATIONSHIP) + more * sizeof(PROCESSOR_GROUP_INFO);
    }
}

/* As since Windows Server 2022: a node has its primary group, or the asked processor's, alone,
 * unless all of a node is asked for. */
NTSTATUS KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
                                             LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                             PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
                                             PULONG Length) {
    static const LOGICAL_PROCESSOR_RELATIONSHIP known[] = {
        RelationProcessorCore, RelationProcessorPackage, RelationProcessorDie, RelationNumaNode,
        RelationGroup};
    KI_GATE(KeQueryLogicalProcessorRelationship);
    ULONG room = *Length, need = 0;
    ULONG asked = ProcessorNumber ? ki_processor_index(m, ProcessorNumber) : 0;
    if (asked == INVALID_PROCESSOR_INDEX)
        return STATUS_INVALID_PARAMETER;
    bool spans = RelationshipType == RelationAll || RelationshipType == RelationNumaNodeEx;
    if (RelationshipType == RelationNumaNodeEx)
        RelationshipType = RelationNumaNode;
    for (unsigned k = 0; k < KI_COUNT(known); k++) {
        if (RelationshipType != RelationAll && RelationshipType != known[k])
            continue;
        struct ke_relation relation = {known[k], asked, spans};
        ULONG size = ke_relation_size(m, &relation);
        unsigned last =
            known[k] == RelationProcessorCore && !ProcessorNumber ? m->processor_count - 1 : asked;
        for (; relation.processor <= last; relation.processor++, need += size)
            if (need + size <= room && Information)
                ke_relation_write(m, (PVOID)((PUCHAR)Information + need), size, &relation);
    }
    *Length = need;
    if (need == 0)
        return STATUS_NOT_IMPLEMENTED;
    return need <= room && Information ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}
