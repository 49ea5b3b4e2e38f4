/*
 * Resources of a device: from requirements to the lists that START carries.
 *
 * The requirements are the bus driver's, or what its firmware has set up;
 * FILTER_RESOURCE_REQUIREMENTS lets the drivers of the whole stack change them. Of the alternative
 * lists the first one that can be satisfied is taken; within a list each resource with its
 * alternatives, preferred ones first. What has been found becomes two lists that agree element by
 * element: raw, as the bus sees it, and translated, as the processor does. Only interrupts differ.
 *
 * An interrupt request number n arrives as vector 0x30 + n at one of the device IRQLs, which it
 * shares with every ninth other; from WDMSIM_FIRST_PIN on it is a pin of a GPIO controller, whose
 * interrupt is served at PASSIVE_LEVEL. A message has a vector of its own (all our choice: the
 * platform's business).
 *
 * wdm irp-mn-filter-resource-requirements, ns-wdm-_io_resource_descriptor,
 * kernel/using-interrupt-resource-descriptors
 */
#include <string.h>

#include "ki/group.h"
#include "pnp/internal.h"

enum { PNP_FIRST_IRQL = 3, PNP_IRQLS = 9, PNP_FIRST_VECTOR = 0x30, PNP_FIRST_MESSAGE = 0x1000 };

ULONG pnp_line_vector(ULONG line) { return PNP_FIRST_VECTOR + line; }

KIRQL pnp_line_irql(ULONG line) { return (KIRQL)(PNP_FIRST_IRQL + line % PNP_IRQLS); }

static KIRQL pnp_pin_irql(ULONG line) {
    return line < WDMSIM_FIRST_PIN ? pnp_line_irql(line) : PASSIVE_LEVEL;
}

/* ---- sizes and copies ---- */

size_t pnp_cm_size(const CM_RESOURCE_LIST *list) {
    const CM_FULL_RESOURCE_DESCRIPTOR *full = list->List;
    for (ULONG i = 0; i < list->Count; i++)
        full = (const void *)&full->PartialResourceList
                   .PartialDescriptors[full->PartialResourceList.Count];
    return (size_t)((const char *)full - (const char *)list);
}

CM_RESOURCE_LIST *pnp_cm_copy(struct machine *m, const CM_RESOURCE_LIST *list) {
    size_t size = pnp_cm_size(list);
    CM_RESOURCE_LIST *copy = mm_pool_allocate(m, PagedPool, size, PNP_TAG);
    if (copy)
        memcpy(copy, list, size);
    return copy;
}

IO_RESOURCE_REQUIREMENTS_LIST *pnp_io_copy(struct machine *m,
                                           const IO_RESOURCE_REQUIREMENTS_LIST *list) {
    IO_RESOURCE_REQUIREMENTS_LIST *copy = mm_pool_allocate(m, PagedPool, list->ListSize, PNP_TAG);
    if (copy)
        memcpy(copy, list, list->ListSize);
    return copy;
}

/* Lengths of large memory are counted in units. */
static unsigned pnp_large_shift(UCHAR type, USHORT flags) {
    if (type != CmResourceTypeMemoryLarge)
        return 0;
    return flags & CM_RESOURCE_MEMORY_LARGE_40 ? 8 : flags & CM_RESOURCE_MEMORY_LARGE_48 ? 16 : 32;
}

/* Exactly what the firmware set up. */
static void pnp_require_exactly(const CM_PARTIAL_RESOURCE_DESCRIPTOR *have,
                                IO_RESOURCE_DESCRIPTOR *want) {
    memset(want, 0, sizeof *want);
    want->Type = have->Type;
    want->ShareDisposition = have->ShareDisposition;
    want->Flags = have->Flags;
    switch (have->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
    case CmResourceTypeMemoryLarge:
        want->u.Memory.Length = have->u.Memory.Length; /* in the units of the flags */
        want->u.Memory.MinimumAddress = have->u.Memory.Start;
        want->u.Memory.MaximumAddress.QuadPart =
            have->u.Memory.Start.QuadPart +
            (LONGLONG)((uint64_t)have->u.Memory.Length
                       << pnp_large_shift(have->Type, have->Flags)) -
            1;
        break;
    case CmResourceTypeInterrupt:
        want->u.Interrupt.MinimumVector = want->u.Interrupt.MaximumVector =
            have->u.Interrupt.Vector;
        break;
    case CmResourceTypeDma:
        want->u.Dma.MinimumChannel = want->u.Dma.MaximumChannel = have->u.Dma.Channel;
        break;
    case CmResourceTypeBusNumber:
        want->u.BusNumber.Length = have->u.BusNumber.Length;
        want->u.BusNumber.MinBusNumber = have->u.BusNumber.Start;
        want->u.BusNumber.MaxBusNumber = have->u.BusNumber.Start + have->u.BusNumber.Length - 1;
        break;
    default:
        memcpy(want->u.DevicePrivate.Data, have->u.DevicePrivate.Data,
               sizeof want->u.DevicePrivate.Data);
    }
}

static IO_RESOURCE_REQUIREMENTS_LIST *pnp_require_boot(struct machine *m,
                                                       const CM_RESOURCE_LIST *boot) {
    const CM_PARTIAL_RESOURCE_LIST *have = &boot->List[0].PartialResourceList;
    size_t size = FIELD_OFFSET(IO_RESOURCE_REQUIREMENTS_LIST, List[0].Descriptors) +
                  have->Count * sizeof(IO_RESOURCE_DESCRIPTOR);
    if (size < sizeof(IO_RESOURCE_REQUIREMENTS_LIST))
        size = sizeof(IO_RESOURCE_REQUIREMENTS_LIST);
    IO_RESOURCE_REQUIREMENTS_LIST *list = mm_pool_allocate_zeroed(m, PagedPool, size, PNP_TAG);
    if (!list)
        return NULL;
    list->ListSize = (ULONG)size;
    list->InterfaceType = boot->List[0].InterfaceType;
    list->BusNumber = boot->List[0].BusNumber;
    list->AlternativeLists = 1;
    list->List[0].Version = list->List[0].Revision = 1;
    list->List[0].Count = have->Count;
    for (ULONG i = 0; i < have->Count; i++)
        pnp_require_exactly(&have->PartialDescriptors[i], &list->List[0].Descriptors[i]);
    return list;
}

/* ---- what the drivers make of it ---- */

/* The list to satisfy, in pool; NULL: the device needs nothing. */
static IO_RESOURCE_REQUIREMENTS_LIST *pnp_filter(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_FILTER_RESOURCE_REQUIREMENTS};
    IO_RESOURCE_REQUIREMENTS_LIST *list = NULL;
    if (node->requirements)
        list = pnp_io_copy(m, node->requirements);
    else if (node->boot && node->boot->Count)
        list = pnp_require_boot(m, node->boot);
    IO_STATUS_BLOCK iosb = {.Information = (ULONG_PTR)list};
    stack.Parameters.FilterResourceRequirements.IoResourceRequirementList = list;
    /* A driver that replaces the list frees the one it found. */
    if (NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)) && iosb.Information)
        list = (IO_RESOURCE_REQUIREMENTS_LIST *)iosb.Information;
    return list;
}

/* ---- finding room ---- */

/* A resource as an arbiter understands it; false: it is not arbitrated, only handed through. */
static bool pnp_wish_of(const IO_RESOURCE_DESCRIPTOR *want, struct pnp_wish *wish) {
    *wish =
        (struct pnp_wish){.shared = want->ShareDisposition == CmResourceShareShared, .length = 1};
    switch (want->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
    case CmResourceTypeMemoryLarge:
        wish->space = want->Type == CmResourceTypePort ? PNP_PORTS : PNP_MEMORY;
        wish->minimum = (uint64_t)want->u.Memory.MinimumAddress.QuadPart;
        wish->maximum = (uint64_t)want->u.Memory.MaximumAddress.QuadPart;
        wish->length = want->u.Memory.Length;
        wish->alignment = want->u.Memory.Alignment;
        wish->length <<= pnp_large_shift(want->Type, want->Flags);
        wish->alignment <<= pnp_large_shift(want->Type, want->Flags);
        return wish->length != 0;
    case CmResourceTypeInterrupt:
        wish->space = PNP_LINES;
        wish->minimum = want->u.Interrupt.MinimumVector;
        wish->maximum = want->u.Interrupt.MaximumVector;
        if (want->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            wish->space = PNP_MESSAGES;
            wish->length = want->u.Interrupt.MaximumVector - want->u.Interrupt.MinimumVector + 1;
            wish->minimum = PNP_FIRST_MESSAGE;
            wish->maximum = 0xffffffff;
        }
        return true;
    case CmResourceTypeDma:
        wish->space = PNP_CHANNELS;
        wish->minimum = want->u.Dma.MinimumChannel;
        wish->maximum = want->u.Dma.MaximumChannel;
        return true;
    case CmResourceTypeBusNumber:
        wish->space = PNP_BUSES;
        wish->minimum = want->u.BusNumber.MinBusNumber;
        wish->maximum = want->u.BusNumber.MaxBusNumber;
        wish->length = want->u.BusNumber.Length;
        return wish->length != 0;
    default:
        return false;
    }
}

/* The same for something that was assigned. */
bool pnp_wish_exact(const CM_PARTIAL_RESOURCE_DESCRIPTOR *have, struct pnp_wish *wish) {
    IO_RESOURCE_DESCRIPTOR want;
    if (have->Type == CmResourceTypeInterrupt && have->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
        *wish = (struct pnp_wish){.space = PNP_MESSAGES,
                                  .minimum = have->u.MessageInterrupt.Raw.Vector,
                                  .length = have->u.MessageInterrupt.Raw.MessageCount};
        wish->maximum = wish->minimum + wish->length - 1;
        return wish->length != 0;
    }
    pnp_require_exactly(have, &want);
    return pnp_wish_of(&want, wish);
}

void pnp_claim_assigned(struct machine *m, struct pnp_node *node) {
    const CM_PARTIAL_RESOURCE_LIST *list =
        node->raw ? &node->raw->List[0].PartialResourceList : NULL;
    struct pnp_wish wish;
    for (ULONG i = 0; list && i < list->Count; i++)
        if (pnp_wish_exact(&list->PartialDescriptors[i], &wish))
            pnp_claim(m, &wish, &node->claims);
}

/* What was chosen for one resource. */
struct pnp_choice {
    const IO_RESOURCE_DESCRIPTOR *want;
    const struct pnp_range *range; /* NULL: handed through */
};

static bool pnp_try(struct machine *m, const IO_RESOURCE_DESCRIPTOR *want, LIST_ENTRY *claims,
                    struct pnp_choice *choice) {
    struct pnp_wish wish;
    *choice = (struct pnp_choice){want, NULL};
    if (!pnp_wish_of(want, &wish))
        return true;
    choice->range = pnp_claim(m, &wish, claims);
    return choice->range != NULL;
}

/* One resource with its alternatives: `count` descriptors. */
static bool pnp_try_group(struct machine *m, const IO_RESOURCE_DESCRIPTOR *group, ULONG count,
                          LIST_ENTRY *claims, struct pnp_choice *choice) {
    for (int preferred = 1; preferred >= 0; preferred--)
        for (ULONG i = 0; i < count; i++)
            if (!!(group[i].Option & IO_RESOURCE_PREFERRED) == preferred &&
                pnp_try(m, &group[i], claims, choice))
                return true;
    return false;
}

/* How many were chosen, or -1: this list cannot be satisfied. */
static int pnp_try_list(struct machine *m, const IO_RESOURCE_LIST *list, LIST_ENTRY *claims,
                        struct pnp_choice *choices) {
    int chosen = 0;
    for (ULONG i = 0; i < list->Count;) {
        ULONG count = 1;
        while (i + count < list->Count &&
               list->Descriptors[i + count].Option & IO_RESOURCE_ALTERNATIVE)
            count++;
        if (list->Descriptors[i].Type == CmResourceTypeConfigData) {
            i++;
            continue;
        }
        if (!pnp_try_group(m, &list->Descriptors[i], count, claims, &choices[chosen])) {
            pnp_unclaim(m, claims);
            return -1;
        }
        chosen++;
        i += count;
    }
    return chosen;
}

/* ---- the lists of START ---- */

/*
 * The processors that a device may interrupt: those of group 0, unless its requirements specify
 * some of one group that are there. Only sources that define NT_PROCESSOR_GROUPS have a member for
 * the group: it is the upper half of what the others know as AffinityPolicy, and of Level.
 */
#define PNP_GROUP_SHIFT 16

static GROUP_AFFINITY pnp_interrupt_affinity(const struct machine *m,
                                             const IO_RESOURCE_DESCRIPTOR *want) {
    ULONG policy = (ULONG)want->u.Interrupt.AffinityPolicy;
    GROUP_AFFINITY affinity = {.Group = (USHORT)(policy >> PNP_GROUP_SHIFT)};
    if ((USHORT)policy == IrqPolicySpecifiedProcessors)
        affinity.Mask = want->u.Interrupt.TargetedProcessors & ki_group_active(m, affinity.Group);
    if (!affinity.Mask)
        affinity = (GROUP_AFFINITY){.Mask = ki_group_active(m, 0)};
    return affinity;
}

static void pnp_give_interrupt(struct machine *m, const struct pnp_choice *choice,
                               CM_PARTIAL_RESOURCE_DESCRIPTOR *raw,
                               CM_PARTIAL_RESOURCE_DESCRIPTOR *translated) {
    ULONG first = (ULONG)choice->range->first;
    GROUP_AFFINITY affinity = pnp_interrupt_affinity(m, choice->want);
    ULONG group = (ULONG)affinity.Group << PNP_GROUP_SHIFT;
    if (choice->want->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
        raw->u.MessageInterrupt.Raw.MessageCount =
            (USHORT)(choice->range->last - choice->range->first + 1);
        raw->u.MessageInterrupt.Raw.Vector = first;
        raw->u.MessageInterrupt.Raw.Reserved = affinity.Group; /* the name without groups */
        raw->u.MessageInterrupt.Raw.Affinity = affinity.Mask;
        translated->u.MessageInterrupt.Translated.Level = group | pnp_line_irql(first);
        translated->u.MessageInterrupt.Translated.Vector = first;
        translated->u.MessageInterrupt.Translated.Affinity = affinity.Mask;
        return;
    }
    raw->u.Interrupt.Level = group | first;
    raw->u.Interrupt.Vector = first;
    raw->u.Interrupt.Affinity = affinity.Mask;
    translated->u.Interrupt.Level = group | pnp_pin_irql(first);
    translated->u.Interrupt.Vector = pnp_line_vector(first);
    translated->u.Interrupt.Affinity = affinity.Mask;
}

static void pnp_give(struct machine *m, const struct pnp_choice *choice,
                     CM_PARTIAL_RESOURCE_DESCRIPTOR *raw,
                     CM_PARTIAL_RESOURCE_DESCRIPTOR *translated) {
    const IO_RESOURCE_DESCRIPTOR *want = choice->want;
    const struct pnp_range *range = choice->range;
    raw->Type = want->Type;
    raw->ShareDisposition = want->ShareDisposition;
    raw->Flags = want->Flags;
    *translated = *raw;
    switch (range ? want->Type : CmResourceTypeNull) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
    case CmResourceTypeMemoryLarge:
        raw->u.Memory.Start.QuadPart = (LONGLONG)range->first;
        raw->u.Memory.Length = want->u.Memory.Length; /* in the units of the flags */
        *translated = *raw;
        break;
    case CmResourceTypeInterrupt:
        pnp_give_interrupt(m, choice, raw, translated);
        break;
    case CmResourceTypeDma:
        raw->u.Dma.Channel = (ULONG)range->first;
        *translated = *raw;
        break;
    case CmResourceTypeBusNumber:
        raw->u.BusNumber.Start = (ULONG)range->first;
        raw->u.BusNumber.Length = want->u.BusNumber.Length;
        *translated = *raw;
        break;
    default:
        memcpy(raw->u.DevicePrivate.Data, want->u.DevicePrivate.Data,
               sizeof raw->u.DevicePrivate.Data);
        *translated = *raw;
    }
}

static CM_RESOURCE_LIST *pnp_cm_new(struct machine *m, const IO_RESOURCE_REQUIREMENTS_LIST *from,
                                    ULONG count) {
    size_t size = FIELD_OFFSET(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) +
                  count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    if (size < sizeof(CM_RESOURCE_LIST))
        size = sizeof(CM_RESOURCE_LIST);
    CM_RESOURCE_LIST *list = mm_pool_allocate_zeroed(m, PagedPool, size, PNP_TAG);
    if (!list)
        return NULL;
    list->Count = 1;
    list->List[0].InterfaceType = from->InterfaceType;
    list->List[0].BusNumber = from->BusNumber;
    list->List[0].PartialResourceList.Version = 1;
    list->List[0].PartialResourceList.Revision = 1;
    list->List[0].PartialResourceList.Count = count;
    return list;
}

/* The node's lists from what was chosen. */
static NTSTATUS pnp_make_lists(struct machine *m, struct pnp_node *node,
                               const IO_RESOURCE_REQUIREMENTS_LIST *from,
                               const struct pnp_choice *choices, ULONG count) {
    CM_RESOURCE_LIST *raw = NULL, *translated = NULL;
    if (count) {
        raw = pnp_cm_new(m, from, count);
        translated = pnp_cm_new(m, from, count);
        if (!raw || !translated) {
            pnp_free(m, raw);
            pnp_free(m, translated);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    for (ULONG i = 0; i < count; i++)
        pnp_give(m, &choices[i], &raw->List[0].PartialResourceList.PartialDescriptors[i],
                 &translated->List[0].PartialResourceList.PartialDescriptors[i]);
    pnp_free(m, node->raw);
    pnp_free(m, node->translated);
    node->raw = raw;
    node->translated = translated;
    return STATUS_SUCCESS;
}

static ULONG pnp_longest(const IO_RESOURCE_REQUIREMENTS_LIST *requirements) {
    const IO_RESOURCE_LIST *list = requirements->List;
    ULONG longest = 0;
    for (ULONG i = 0; i < requirements->AlternativeLists; i++) {
        longest = list->Count > longest ? list->Count : longest;
        list = (const void *)&list->Descriptors[list->Count];
    }
    return longest;
}

static NTSTATUS pnp_satisfy(struct machine *m, struct pnp_node *node,
                            const IO_RESOURCE_REQUIREMENTS_LIST *requirements, LIST_ENTRY *claims) {
    ULONG longest = pnp_longest(requirements);
    const IO_RESOURCE_LIST *list = requirements->List;
    struct pnp_choice *choices =
        mm_pool_allocate(m, PagedPool, (longest + 1) * sizeof *choices, PNP_TAG);
    NTSTATUS status = choices ? STATUS_CONFLICTING_ADDRESSES : STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; choices && i < requirements->AlternativeLists; i++) {
        int count = pnp_try_list(m, list, claims, choices);
        if (count >= 0) {
            status = pnp_make_lists(m, node, requirements, choices, (ULONG)count);
            break;
        }
        list = (const void *)&list->Descriptors[list->Count];
    }
    pnp_free(m, choices);
    if (!NT_SUCCESS(status))
        pnp_unclaim(m, claims);
    return status;
}

NTSTATUS pnp_assign(struct machine *m, struct pnp_node *node, bool keep) {
    NTSTATUS status = STATUS_SUCCESS;
    LIST_ENTRY claims;
    InitializeListHead(&claims);
    IO_RESOURCE_REQUIREMENTS_LIST *requirements = pnp_filter(m, node);
    if (!keep)
        pnp_unclaim(m, &node->claims);
    if (requirements && requirements->AlternativeLists) {
        status = pnp_satisfy(m, node, requirements, &claims);
        if (!NT_SUCCESS(status) && keep) {
            /* There is no other place: the present ones may serve again. */
            pnp_unclaim(m, &node->claims);
            status = pnp_satisfy(m, node, requirements, &claims);
        }
    } else {
        status = pnp_make_lists(m, node, NULL, NULL, 0);
    }
    pnp_free(m, requirements);
    pnp_unclaim(m, &node->claims);
    pnp_claims_move(&claims, &node->claims);
    return status;
}

void pnp_unassign(struct machine *m, struct pnp_node *node) {
    pnp_unclaim(m, &node->claims);
    pnp_free(m, node->raw);
    pnp_free(m, node->translated);
    node->raw = node->translated = NULL;
}

/* ---- for IoConnectInterruptEx ---- */

unsigned pnp_device_interrupts(struct machine *m, PDEVICE_OBJECT device, bool message,
                               struct io_interrupt_resource *resources, unsigned capacity) {
    const struct pnp_node *node = pnp_node_of_stack(device);
    unsigned count = 0;
    if (!node || !node->translated)
        return 0;
    const CM_PARTIAL_RESOURCE_LIST *raw = &node->raw->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_LIST *list = &node->translated->List[0].PartialResourceList;
    for (ULONG i = 0; i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &list->PartialDescriptors[i];
        bool is_message = d->Flags & CM_RESOURCE_INTERRUPT_MESSAGE;
        if (d->Type != CmResourceTypeInterrupt || is_message != message)
            continue;
        ULONG messages =
            is_message ? raw->PartialDescriptors[i].u.MessageInterrupt.Raw.MessageCount : 1;
        for (ULONG j = 0; j < messages && count < capacity; j++)
            resources[count++] = (struct io_interrupt_resource){
                .vector = d->u.Interrupt.Vector + j,
                .irql = (KIRQL)d->u.Interrupt.Level,
                .mode = d->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
                .share = d->ShareDisposition == CmResourceShareShared,
                .affinity = ki_group_there(m, (USHORT)(d->u.Interrupt.Level >> PNP_GROUP_SHIFT),
                                           d->u.Interrupt.Affinity)};
    }
    return count;
}
