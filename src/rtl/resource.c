/*
 * Memory and port ranges in resource descriptors, also those longer than 32 bits can say.
 *
 * A long range is a "large" memory resource: its length and alignment are kept without their low 8,
 * 16 or 32 bits, which must be zero, and a flag says which. The smallest form that fits is taken.
 * The forms differ in name alone, not in layout, so one place is read and written.
 */
#include "ki/machine.h"

#define RTL_LARGE_FLAGS                                                                            \
    (CM_RESOURCE_MEMORY_LARGE_40 | CM_RESOURCE_MEMORY_LARGE_48 | CM_RESOURCE_MEMORY_LARGE_64)

struct rtl_range_form {
    UCHAR type;
    USHORT flag;
    unsigned shift;
};

/* False if the values cannot be kept; `type` is what the caller asked for. */
static bool rtl_range_form(UCHAR type, ULONGLONG length, ULONGLONG alignment,
                           struct rtl_range_form *form) {
    static const struct rtl_range_form large[] = {
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40, 8},
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_48, 16},
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_64, 32},
    };
    if (length <= MAXULONG && alignment <= MAXULONG) {
        *form = (struct rtl_range_form){
            type == CmResourceTypePort ? CmResourceTypePort : CmResourceTypeMemory, 0, 0};
        return true;
    }
    if (type == CmResourceTypePort)
        return false;
    for (size_t i = 0; i < KI_COUNT(large); i++) {
        ULONGLONG low = (1ull << large[i].shift) - 1, high = (1ull << 32) << large[i].shift;
        bool fits = large[i].shift == 32 || (length < high && alignment < high);
        if (fits && !((length | alignment) & low)) {
            *form = large[i];
            return true;
        }
    }
    return false;
}

static bool rtl_is_range(UCHAR type) {
    return type == CmResourceTypeMemory || type == CmResourceTypeMemoryLarge ||
           type == CmResourceTypePort;
}

static unsigned rtl_range_shift(UCHAR type, USHORT flags) {
    if (type != CmResourceTypeMemoryLarge)
        return 0;
    return flags & CM_RESOURCE_MEMORY_LARGE_40   ? 8
           : flags & CM_RESOURCE_MEMORY_LARGE_48 ? 16
           : flags & CM_RESOURCE_MEMORY_LARGE_64 ? 32
                                                 : 0;
}

NTSTATUS RtlIoEncodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length,
                                  ULONGLONG Alignment, ULONGLONG MinimumAddress,
                                  ULONGLONG MaximumAddress) {
    struct rtl_range_form form;
    if (!rtl_is_range(Type) || MinimumAddress > MaximumAddress)
        return STATUS_INVALID_PARAMETER;
    if (!rtl_range_form(Type, Length, Alignment, &form))
        return STATUS_UNSUCCESSFUL;
    Descriptor->Type = form.type;
    Descriptor->Flags = (USHORT)((Descriptor->Flags & ~RTL_LARGE_FLAGS) | form.flag);
    Descriptor->u.Memory.Length = (ULONG)(Length >> form.shift);
    Descriptor->u.Memory.Alignment = (ULONG)(Alignment >> form.shift);
    Descriptor->u.Memory.MinimumAddress.QuadPart = (LONGLONG)MinimumAddress;
    Descriptor->u.Memory.MaximumAddress.QuadPart = (LONGLONG)MaximumAddress;
    return STATUS_SUCCESS;
}

ULONGLONG RtlIoDecodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Alignment,
                                   PULONGLONG MinimumAddress, PULONGLONG MaximumAddress) {
    unsigned shift = rtl_range_shift(Descriptor->Type, Descriptor->Flags);
    if (Alignment)
        *Alignment = (ULONGLONG)Descriptor->u.Memory.Alignment << shift;
    if (MinimumAddress)
        *MinimumAddress = (ULONGLONG)Descriptor->u.Memory.MinimumAddress.QuadPart;
    if (MaximumAddress)
        *MaximumAddress = (ULONGLONG)Descriptor->u.Memory.MaximumAddress.QuadPart;
    return (ULONGLONG)Descriptor->u.Memory.Length << shift;
}

NTSTATUS RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type,
                                  ULONGLONG Length, ULONGLONG Start) {
    struct rtl_range_form form;
    if (!rtl_is_range(Type))
        return STATUS_INVALID_PARAMETER;
    if (!rtl_range_form(Type, Length, 0, &form))
        return STATUS_UNSUCCESSFUL;
    Descriptor->Type = form.type;
    Descriptor->Flags = (USHORT)((Descriptor->Flags & ~RTL_LARGE_FLAGS) | form.flag);
    Descriptor->u.Memory.Start.QuadPart = (LONGLONG)Start;
    Descriptor->u.Memory.Length = (ULONG)(Length >> form.shift);
    return STATUS_SUCCESS;
}

ULONGLONG RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Start) {
    if (Start)
        *Start = (ULONGLONG)Descriptor->u.Memory.Start.QuadPart;
    return (ULONGLONG)Descriptor->u.Memory.Length
           << rtl_range_shift(Descriptor->Type, Descriptor->Flags);
}
