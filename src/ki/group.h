/*
 * Processor groups.
 *
 * Inside, a processor is its system-wide index and a set of them one 64-bit mask: the scheduler,
 * the DPC queues and the interrupts know no groups. Drivers see groups of a fixed size, filled in
 * the order of the index: the translation is at the edge, here. Processors that can be added later
 * have their index, and so their group, from the start.
 */
#ifndef KI_GROUP_H
#define KI_GROUP_H

#include "ki/machine.h"

/* The lowest `count` bits. */
static inline KAFFINITY ki_lowest_bits(unsigned count) {
    return count >= 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << count) - 1;
}

/* All processors that are there. */
static inline KAFFINITY ki_active_processors(const struct machine *m) {
    return ki_lowest_bits(m->processor_count);
}

static inline unsigned ki_group_size(const struct machine *m) { return 1u << m->group_shift; }
static inline USHORT ki_group_of(const struct machine *m, unsigned index) {
    return (USHORT)(index >> m->group_shift);
}
static inline UCHAR ki_number_in_group(const struct machine *m, unsigned index) {
    return (UCHAR)(index & (ki_group_size(m) - 1));
}

/* How many groups `processors` fill, the last one perhaps in part. */
static inline USHORT ki_group_count(const struct machine *m, unsigned processors) {
    return (USHORT)((processors + ki_group_size(m) - 1) >> m->group_shift);
}

/* How many of the first `processors` are in the group; ALL_PROCESSOR_GROUPS: all. */
static inline unsigned ki_group_share(const struct machine *m, USHORT group, unsigned processors) {
    unsigned first = (unsigned)group << m->group_shift;
    if (group == ALL_PROCESSOR_GROUPS)
        return processors;
    if (first >= processors)
        return 0;
    return processors - first < ki_group_size(m) ? processors - first : ki_group_size(m);
}

/* The group's processors that are there, numbered within it; 0: there is no such group. */
static inline KAFFINITY ki_group_active(const struct machine *m, USHORT group) {
    return group == ALL_PROCESSOR_GROUPS
               ? 0
               : ki_lowest_bits(ki_group_share(m, group, m->processor_count));
}

/* A mask within a group as a system-wide one. */
static inline KAFFINITY ki_group_to_system(const struct machine *m, USHORT group, KAFFINITY mask) {
    return mask << ((unsigned)group << m->group_shift);
}
/* The processors of a mask within a group that are there, system-wide. */
static inline KAFFINITY ki_group_there(const struct machine *m, USHORT group, KAFFINITY mask) {
    mask &= ki_group_active(m, group);
    return mask ? ki_group_to_system(m, group, mask) : 0;
}
/* The part of a system-wide mask that lies in a group. */
static inline KAFFINITY ki_group_part(const struct machine *m, USHORT group, KAFFINITY system) {
    return system >> ((unsigned)group << m->group_shift) & ki_lowest_bits(ki_group_size(m));
}

/* A system-wide mask as drivers see it: its part in the lowest group that it touches. */
static inline GROUP_AFFINITY ki_group_affinity(const struct machine *m, KAFFINITY system) {
    GROUP_AFFINITY affinity = {0};
    if (system) {
        affinity.Group = ki_group_of(m, (unsigned)__builtin_ctzll(system));
        affinity.Mask = ki_group_part(m, affinity.Group, system);
    }
    return affinity;
}

static inline PROCESSOR_NUMBER ki_processor_number(const struct machine *m, unsigned index) {
    return (PROCESSOR_NUMBER){.Group = ki_group_of(m, index),
                              .Number = ki_number_in_group(m, index)};
}

/* The index of a processor that is there, or INVALID_PROCESSOR_INDEX. */
static inline ULONG ki_processor_index(const struct machine *m, const PROCESSOR_NUMBER *number) {
    if (number->Reserved ||
        number->Number >= ki_group_share(m, number->Group, m->processor_count) ||
        number->Group == ALL_PROCESSOR_GROUPS)
        return INVALID_PROCESSOR_INDEX;
    return ((ULONG)number->Group << m->group_shift) + number->Number;
}

/* What a thread may use that nobody has restricted: its group, with processors yet to come. */
static inline KAFFINITY ki_group_reach(const struct machine *m, USHORT group) {
    return ki_group_to_system(m, group,
                              ki_lowest_bits(ki_group_share(m, group, m->processor_maximum)));
}

#endif
