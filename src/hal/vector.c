/*
 * Vectors of common buffers: many of one size, got and freed by index or together.
 *
 * The pages of these routines give parameters by name alone. The judgement here: every element is a
 * common buffer of its own between the two addresses; an index that is freed has no buffer any more
 * (NULL and 0); freeing the vector frees what is left.
 *
 * wdm/nc-wdm-pallocate_common_buffer_vector, -pget_common_buffer_from_vector_by_index,
 * -pfree_common_buffer_from_vector, -pfree_common_buffer_vector
 */
#include "hal/buffer.h"

#include <string.h>

struct _DMA_COMMON_BUFFER_VECTOR {
    struct hal_adapter *adapter;
    ULONG count;
    struct hal_buffer *buffer[]; /* NULL: freed */
};

static void hal_vector_free(struct machine *m, PDMA_COMMON_BUFFER_VECTOR vector,
                            const void *caller) {
    for (ULONG i = 0; i < vector->count; i++)
        if (vector->buffer[i])
            hal_buffer_free(m, vector->adapter, vector->buffer[i], caller);
    mm_pool_free(m, vector, HAL_TAG);
}

static bool hal_vector_fill(struct machine *m, PDMA_COMMON_BUFFER_VECTOR vector,
                            const struct hal_wanted *wanted) {
    for (ULONG i = 0; i < vector->count; i++) {
        vector->buffer[i] = hal_buffer_create(m, vector->adapter, wanted);
        if (!vector->buffer[i])
            return false;
        vector->buffer[i]->in_vector = true;
    }
    return true;
}

NTSTATUS hal_allocate_vector(PDMA_ADAPTER DmaAdapter, PHYSICAL_ADDRESS LowAddress,
                             PHYSICAL_ADDRESS HighAddress, MEMORY_CACHING_TYPE CacheType,
                             ULONG IdealNode, ULONG Flags, ULONG NumberOfElements,
                             ULONGLONG SizeOfElements, PDMA_COMMON_BUFFER_VECTOR *VectorOut) {
    KI_GATE(AllocateCommonBufferVector);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)IdealNode;
    *VectorOut = NULL;
    if (!NumberOfElements || !SizeOfElements || SizeOfElements > MAXULONG ||
        (CacheType != MmNonCached && CacheType != MmCached))
        return STATUS_INVALID_PARAMETER;
    size_t size = sizeof(struct _DMA_COMMON_BUFFER_VECTOR) +
                  (size_t)NumberOfElements * sizeof(struct hal_buffer *);
    PDMA_COMMON_BUFFER_VECTOR vector =
        mm_pool_allocate_for(m, NonPagedPoolNx, size, HAL_TAG, caller);
    if (!vector)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(vector, 0, size);
    vector->adapter = adapter;
    vector->count = NumberOfElements;
    const struct hal_wanted wanted = {.length = (ULONG)SizeOfElements,
                                      .lowest = (uint64_t)LowAddress.QuadPart,
                                      .highest = (uint64_t)HighAddress.QuadPart,
                                      .flags = Flags,
                                      .caller = caller};
    if (!hal_vector_fill(m, vector, &wanted)) {
        hal_vector_free(m, vector, caller);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *VectorOut = vector;
    return STATUS_SUCCESS;
}

VOID hal_get_from_vector(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector, ULONG Index,
                         PVOID *VirtualAddressOut, PPHYSICAL_ADDRESS LogicalAddressOut) {
    KI_GATE(GetCommonBufferFromVectorByIndex);
    hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    const struct hal_buffer *buffer = Index < Vector->count ? Vector->buffer[Index] : NULL;
    *VirtualAddressOut = buffer ? buffer->address : NULL;
    LogicalAddressOut->QuadPart = buffer ? (LONGLONG)buffer->logical : 0;
}

VOID hal_free_from_vector(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector, ULONG Index) {
    KI_GATE(FreeCommonBufferFromVector);
    const void *caller = __builtin_return_address(0);
    const struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    if (Index >= Vector->count || !Vector->buffer[Index])
        hal_violation(m, HAL_BUFFER_FREED_TWICE, adapter, (ULONG_PTR)Vector, Index, caller,
                      "freed a common buffer of a vector that has none at this index");
    hal_buffer_free(m, adapter, Vector->buffer[Index], caller);
    Vector->buffer[Index] = NULL;
}

VOID hal_free_vector(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector) {
    KI_GATE(FreeCommonBufferVector);
    const void *caller = __builtin_return_address(0);
    hal_adapter_of(m, DmaAdapter, caller);
    hal_vector_free(m, Vector, caller);
}
