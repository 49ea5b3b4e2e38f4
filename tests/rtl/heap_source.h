/*
 * Memory of a test's own for segment heaps: a row of pages with the three routines that a source
 * needs. It keeps its own account of what is reserved and committed, fails the test when the heap
 * breaks a rule of virtual memory, and can be told to fail.
 */
#ifndef TESTS_HEAP_SOURCE_H
#define TESTS_HEAP_SOURCE_H

#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define SOURCE_PAGES 1024u
#define SOURCE_CONTEXT ((HANDLE)0x5eed)

struct source {
    ULONG region[SOURCE_PAGES]; /* number of the region a page is reserved for, 0: none */
    BOOLEAN committed[SOURCE_PAGES];
    ULONG regions, live;                          /* reserved ever, and now */
    ULONG allocations, frees, queries;            /* calls */
    ULONG fail_allocation, fail_free, fail_query; /* the how-manieth call fails, from 1 */
    SIZE_T shorter;                               /* how much less the next reservation is */
    MEMORY_BASIC_INFORMATION lie;                 /* State and Protect that are told if not 0 */
    ULONG lie_pages;
    ULONG node_count;
    MEM_EXTENDED_PARAMETER node;
    ULONG types; /* of allocation that were seen */
};
static struct source source;
static DECLSPEC_ALIGN(4096) UCHAR source_memory[SOURCE_PAGES * PAGE_SIZE];

static inline ULONG source_page(PVOID address) {
    SIZE_T offset = (SIZE_T)((UCHAR *)address - source_memory);
    assert_true(offset < sizeof source_memory);
    assert_int_equal(offset % PAGE_SIZE, 0);
    return (ULONG)(offset / PAGE_SIZE);
}

static inline ULONG source_room(ULONG count) {
    for (ULONG first = 0, free = 0, i = 0; i < SOURCE_PAGES; i++) {
        free = source.region[i] ? 0 : free + 1;
        first = i + 1 - free;
        if (free == count)
            return first;
    }
    return SOURCE_PAGES;
}

static inline NTSTATUS source_reserve(PVOID *base, PSIZE_T size) {
    ULONG count = (ULONG)(*size / PAGE_SIZE), first = source_room(count);
    assert_null(*base);
    assert_int_equal(*size % PAGE_SIZE, 0);
    if (first == SOURCE_PAGES)
        return STATUS_NO_MEMORY;
    source.regions++;
    source.live++;
    for (ULONG i = 0; i < count; i++)
        source.region[first + i] = source.regions;
    *base = source_memory + (SIZE_T)first * PAGE_SIZE;
    *size -= source.shorter;
    return STATUS_SUCCESS;
}

static ALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK source_allocate;
static NTSTATUS source_allocate(HANDLE CallbackContext, HANDLE ProcessHandle, PVOID *BaseAddress,
                                PSIZE_T RegionSize, ULONG AllocationType, ULONG PageProtection,
                                PMEM_EXTENDED_PARAMETER ExtendedParameters,
                                ULONG ExtendedParameterCount) {
    assert_ptr_equal(CallbackContext, SOURCE_CONTEXT);
    assert_ptr_equal(ProcessHandle, NtCurrentProcess());
    assert_int_equal(PageProtection, PAGE_READWRITE);
    assert_int_equal(AllocationType & ~(ULONG)(MEM_RESERVE | MEM_COMMIT), 0);
    source.types |= AllocationType == (MEM_RESERVE | MEM_COMMIT) ? 4 : AllocationType >> 12;
    source.node_count = ExtendedParameterCount;
    if (ExtendedParameterCount)
        source.node = *ExtendedParameters;
    else
        assert_null(ExtendedParameters);
    if (++source.allocations == source.fail_allocation)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (AllocationType & MEM_RESERVE) {
        NTSTATUS status = source_reserve(BaseAddress, RegionSize);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (AllocationType & MEM_COMMIT) {
        ULONG first = source_page(*BaseAddress);
        for (ULONG i = 0; i < *RegionSize / PAGE_SIZE; i++) {
            assert_int_equal(source.region[first + i], source.region[first]);
            assert_int_not_equal(source.region[first + i], 0);
            source.committed[first + i] = TRUE;
        }
    }
    return STATUS_SUCCESS;
}

static FREE_VIRTUAL_MEMORY_EX_CALLBACK source_free;
static NTSTATUS source_free(HANDLE CallbackContext, HANDLE ProcessHandle, PVOID *BaseAddress,
                            PSIZE_T RegionSize, ULONG FreeType) {
    ULONG page = source_page(*BaseAddress), region = source.region[page];
    assert_ptr_equal(CallbackContext, SOURCE_CONTEXT);
    assert_ptr_equal(ProcessHandle, NtCurrentProcess());
    assert_int_equal(FreeType, MEM_RELEASE);
    assert_int_equal(*RegionSize, 0);
    if (++source.frees == source.fail_free)
        return STATUS_UNABLE_TO_FREE_VM;
    assert_int_not_equal(region, 0); /* not twice */
    assert_true(page == 0 || source.region[page - 1] != region);
    for (; page < SOURCE_PAGES && source.region[page] == region; page++) {
        source.region[page] = 0;
        source.committed[page] = FALSE;
    }
    source.live--;
    return STATUS_SUCCESS;
}

static QUERY_VIRTUAL_MEMORY_CALLBACK source_query;
static NTSTATUS source_query(HANDLE CallbackContext, HANDLE ProcessHandle, PVOID BaseAddress,
                             HEAP_MEMORY_INFO_CLASS MemoryInformationClass, PVOID MemoryInformation,
                             SIZE_T MemoryInformationLength, PSIZE_T ReturnLength) {
    PMEMORY_BASIC_INFORMATION info = MemoryInformation;
    ULONG page = source_page(BaseAddress), count = 0;
    assert_ptr_equal(CallbackContext, SOURCE_CONTEXT);
    assert_ptr_equal(ProcessHandle, NtCurrentProcess());
    assert_int_equal(MemoryInformationClass, HeapMemoryBasicInformation);
    assert_true(MemoryInformationLength >= sizeof *info);
    if (++source.queries == source.fail_query)
        return STATUS_INVALID_ADDRESS;
    while (page + count < SOURCE_PAGES && source.committed[page + count] &&
           source.region[page + count] == source.region[page])
        count++;
    memset(info, 0, sizeof *info);
    info->BaseAddress = BaseAddress;
    info->RegionSize = (SIZE_T)(count - source.lie_pages) * PAGE_SIZE;
    info->State = source.lie.State ? source.lie.State : MEM_COMMIT;
    info->Protect = source.lie.Protect ? source.lie.Protect : PAGE_READWRITE;
    *ReturnLength = sizeof *info;
    return STATUS_SUCCESS;
}

static RTL_SEGMENT_HEAP_VA_CALLBACKS source_routines = {SOURCE_CONTEXT, source_allocate,
                                                        source_free, source_query};

static inline RTL_SEGMENT_HEAP_PARAMETERS source_parameters(void) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.Version = SEGMENT_HEAP_PARAMETERS_VERSION;
    parameters.Size = sizeof parameters;
    parameters.MemorySource.MemoryTypeMask = 1u << MemoryTypeCustom;
    parameters.MemorySource.NumaNode = RTL_SEGHEAP_MEM_SOURCE_ANY_NODE;
    parameters.MemorySource.Callbacks = &source_routines;
    return parameters;
}

static inline PVOID source_heap(void) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters = source_parameters();
    return RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP, NULL, 0, 0, NULL, &parameters);
}

static inline void source_reset(void) { memset(&source, 0, sizeof source); }

#endif
