/*
 * What drivers prepare for crash dumps: arrays of memory blocks for a triage dump, and the header
 * of a full one.
 *
 * The header is the 64-bit format that debuggers read, 8 KiB long. It is filled with what the
 * machine knows of itself at the call; what it has not (a page directory, lists of modules and
 * processes in NT's layout, an exception) stays filled with the pattern that stands for unknown.
 * Memory is not described either, as simulated memory has no physical image to append.
 */
#include <string.h>

#include "ke/ke.h"

/* ---- triage dumps ---- */

NTSTATUS KeInitializeTriageDumpDataArray(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray,
                                         ULONG Size) {
    KI_GATE(KeInitializeTriageDumpDataArray);
    (void)m;
    const ULONG head = FIELD_OFFSET(KTRIAGE_DUMP_DATA_ARRAY, Blocks);
    if (Size < head + sizeof(KADDRESS_RANGE))
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(KtriageDumpDataArray, Size);
    InitializeListHead(&KtriageDumpDataArray->List);
    KtriageDumpDataArray->NumBlocksTotal = (Size - head) / sizeof(KADDRESS_RANGE);
    KtriageDumpDataArray->MaxDataSize = MAXULONG;
    return STATUS_SUCCESS;
}

/* The page leaves the failures open; these are judgements. A block that is there already is not
 * added twice. */
NTSTATUS KeAddTriageDumpDataBlock(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, PVOID Address,
                                  SIZE_T Size) {
    KI_GATE(KeAddTriageDumpDataBlock);
    (void)m;
    PKTRIAGE_DUMP_DATA_ARRAY array = KtriageDumpDataArray;
    if (Size == 0 || !Address)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < array->NumBlocksUsed; i++)
        if (array->Blocks[i].Address == Address && array->Blocks[i].Size >= Size)
            return STATUS_SUCCESS;
    if (array->NumBlocksUsed == array->NumBlocksTotal ||
        Size > array->MaxDataSize - array->DataSize)
        return STATUS_INSUFFICIENT_RESOURCES;
    array->Blocks[array->NumBlocksUsed++] = (KADDRESS_RANGE){.Address = Address, .Size = Size};
    array->DataSize += (ULONG)Size;
    return STATUS_SUCCESS;
}

/* ---- the header of a full dump ---- */

#define KE_DUMP_HEADER_SIZE 8192u
#define KE_DUMP_UNKNOWN 0x45474150u /* "PAGE" over and over */
#define KE_MACHINE_AMD64 0x8664u
#define KE_BUILD 22621u /* as RtlGetVersion tells it */

struct ke_dump_header {
    ULONG signature; /* "PAGE" */
    ULONG valid;     /* "DU64" */
    ULONG major, minor;
    ULONG64 directory_table_base;
    ULONG64 pfn_database;
    ULONG64 loaded_modules;
    ULONG64 active_processes;
    ULONG machine;
    ULONG processors;
    ULONG bugcheck;
    ULONG padding;
    ULONG64 bugcheck_parameters[4];
    UCHAR version_user[32];
    ULONG64 debugger_data;
    UCHAR physical_memory[704];
    UCHAR context[3000];
    UCHAR exception[152];
    ULONG dump_type;
    ULONG padding2;
    ULONG64 required_space;
    ULONG64 system_time;
    UCHAR comment[128];
    ULONG64 up_time;
};
_Static_assert(FIELD_OFFSET(struct ke_dump_header, physical_memory) == 0x88,
               "offset of the memory description");
_Static_assert(FIELD_OFFSET(struct ke_dump_header, context) == 0x348, "offset of the context");
_Static_assert(FIELD_OFFSET(struct ke_dump_header, exception) == 0xf00, "offset of the exception");
_Static_assert(FIELD_OFFSET(struct ke_dump_header, dump_type) == 0xf98, "offset of the dump type");
_Static_assert(FIELD_OFFSET(struct ke_dump_header, up_time) == 0x1030, "offset of the up time");

static void ke_dump_fill(const struct machine *m, PVOID buffer) {
    struct ke_dump_header *header = buffer;
    for (ULONG i = 0; i < KE_DUMP_HEADER_SIZE / sizeof(ULONG); i++)
        ((PULONG)buffer)[i] = KE_DUMP_UNKNOWN;
    memcpy(&header->valid, "DU64", sizeof header->valid);
    header->major = 15; /* a free build */
    header->minor = KE_BUILD;
    header->machine = KE_MACHINE_AMD64;
    header->processors = m->processor_count;
    header->bugcheck = m->stop.code;
    for (unsigned i = 0; i < KI_COUNT(header->bugcheck_parameters); i++)
        header->bugcheck_parameters[i] = m->stop.parameters[i];
    memset(header->version_user, 0, sizeof header->version_user);
    memset(header->comment, 0, sizeof header->comment);
    header->dump_type = DUMP_TYPE_FULL;
    header->required_space = KE_DUMP_HEADER_SIZE;
    header->system_time = (ULONG64)ki_system_time(m);
    header->up_time = ki_interrupt_time_at(m->clock.now);
}

NTSTATUS KeInitializeCrashDumpHeader(ULONG DumpType, ULONG Flags, PVOID Buffer, ULONG BufferSize,
                                     PULONG BufferNeeded) {
    KI_GATE(KeInitializeCrashDumpHeader);
    if (BufferNeeded)
        *BufferNeeded = KE_DUMP_HEADER_SIZE;
    if (DumpType != DUMP_TYPE_FULL || Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (BufferSize < KE_DUMP_HEADER_SIZE)
        return STATUS_INVALID_PARAMETER_4;
    ke_dump_fill(m, Buffer);
    return STATUS_SUCCESS;
}
