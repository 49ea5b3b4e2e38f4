/*
 * Common buffers: memory that the processor and a device use at the same time; and DMA domains.
 *
 * A buffer is contiguous pages that the adapter's device reaches. The rest of its last page, which
 * nobody may touch, is filled with a pattern, and looked at when the buffer is freed. Every buffer
 * is remembered with its adapter until it is freed with exactly what was allocated.
 *
 * A domain is a set of adapters that see the same logical addresses. Each adapter begins in one of
 * its own and may join another's; as logical addresses are physical ones here, what a domain adds
 * is who is in it, and that a buffer of a domain must be in the reach of the adapter that allocates
 * it.
 *
 * wdm/nc-wdm-pallocate_common_buffer and its kin, -pfree_common_buffer,
 * -pcreate-common-buffer-from-mdl, -pget_dma_domain, -pjoin_dma_domain, -pleave_dma_domain
 */
#include "hal/buffer.h"

#define HAL_PATTERN 0xd6u
#define HAL_DOMAIN 0x446f6d6eu
#define HAL_LARGE_PAGE ((ULONG)PAGE_SIZE * 512)

/* ---- what lies behind a buffer ---- */

/* Out of bounds to everybody, address sanitizer included, but for these two. */
static KI_LOOKS_AT_FREED void hal_guard_write(char *buffer, ULONG length) {
    volatile unsigned char *guard = (volatile unsigned char *)buffer + length;
    for (; (uintptr_t)guard & (PAGE_SIZE - 1); guard++)
        *guard = HAL_PATTERN;
}

/* The first byte that was changed, or NULL. */
static KI_LOOKS_AT_FREED const volatile unsigned char *hal_guard_changed(const char *buffer,
                                                                         ULONG length) {
    const volatile unsigned char *guard = (const volatile unsigned char *)buffer + length;
    for (; (uintptr_t)guard & (PAGE_SIZE - 1); guard++)
        if (*guard != HAL_PATTERN)
            return guard;
    return NULL;
}

/* ---- buffers ---- */

struct hal_buffer *hal_buffer_create(struct machine *m, struct hal_adapter *adapter,
                                     const struct hal_wanted *wanted) {
    uint64_t highest = wanted->highest < adapter->highest ? wanted->highest : adapter->highest;
    ULONG align = wanted->flags & DOMAIN_COMMON_BUFFER_LARGE_PAGE ? HAL_LARGE_PAGE : PAGE_SIZE;
    if (!wanted->length)
        return NULL;
    struct hal_buffer *buffer =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *buffer, HAL_TAG, wanted->caller);
    char *address = buffer ? mm_contiguous_take(m, wanted->length, wanted->lowest, highest, align,
                                                wanted->caller)
                           : NULL;
    if (!address) {
        if (buffer)
            mm_pool_free(m, buffer, HAL_TAG);
        return NULL;
    }
    *buffer = (struct hal_buffer){.address = address,
                                  .logical = mm_physical_address(m, address),
                                  .length = wanted->length,
                                  .ours = true};
    hal_guard_write(address, wanted->length);
    InsertTailList(&adapter->buffers, &buffer->link);
    return buffer;
}

void hal_buffer_free(struct machine *m, const struct hal_adapter *adapter,
                     struct hal_buffer *buffer, const void *caller) {
    if (buffer->ours) {
        const volatile unsigned char *changed = hal_guard_changed(buffer->address, buffer->length);
        if (changed && hal_checks(m))
            hal_violation(m, HAL_GUARD_CHANGED, adapter, (ULONG_PTR)buffer->address,
                          (ULONG_PTR)changed, caller,
                          "freed a common buffer behind whose end something was written");
        mm_contiguous_give(m, buffer->address);
    }
    RemoveEntryList(&buffer->link);
    mm_pool_free(m, buffer, HAL_TAG);
}

bool hal_buffers_hold(const struct hal_adapter *adapter, uint64_t logical, uint64_t length) {
    for (LIST_ENTRY *link = adapter->buffers.Flink; link != &adapter->buffers; link = link->Flink) {
        const struct hal_buffer *buffer = CONTAINING_RECORD(link, struct hal_buffer, link);
        if (logical >= buffer->logical && logical + length <= buffer->logical + buffer->length)
            return true;
    }
    return false;
}

/* ---- allocating ---- */

static uint64_t hal_bound(const PHYSICAL_ADDRESS *bound, uint64_t otherwise) {
    return bound ? (uint64_t)bound->QuadPart : otherwise;
}

static PVOID hal_buffer_hand(const struct hal_buffer *buffer, PPHYSICAL_ADDRESS logical) {
    if (!buffer)
        return NULL;
    logical->QuadPart = (LONGLONG)buffer->logical;
    return buffer->address;
}

static bool hal_is_cache_type(const MEMORY_CACHING_TYPE *type) {
    return !type || *type == MmNonCached || *type == MmCached;
}

PVOID hal_allocate_buffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress,
                          BOOLEAN CacheEnabled) {
    KI_GATE(AllocateCommonBuffer);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)CacheEnabled;
    const struct hal_wanted wanted = {.length = Length, .highest = UINT64_MAX, .caller = caller};
    return hal_buffer_hand(hal_buffer_create(m, adapter, &wanted), LogicalAddress);
}

PVOID hal_allocate_buffer_ex(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MaximumAddress,
                             ULONG Length, PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled,
                             ULONG PreferredNode) {
    KI_GATE(AllocateCommonBufferEx);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)CacheEnabled;
    (void)PreferredNode;
    const struct hal_wanted wanted = {
        .length = Length, .highest = hal_bound(MaximumAddress, UINT64_MAX), .caller = caller};
    return hal_buffer_hand(hal_buffer_create(m, adapter, &wanted), LogicalAddress);
}

PVOID hal_allocate_buffer_within(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MinimumAddress,
                                 PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, ULONG Flags,
                                 MEMORY_CACHING_TYPE *CacheType, ULONG PreferredNode,
                                 PPHYSICAL_ADDRESS LogicalAddress) {
    KI_GATE(AllocateCommonBufferWithBounds);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)PreferredNode;
    if (!hal_is_cache_type(CacheType))
        return NULL;
    const struct hal_wanted wanted = {.length = Length,
                                      .lowest = hal_bound(MinimumAddress, 0),
                                      .highest = hal_bound(MaximumAddress, UINT64_MAX),
                                      .flags = Flags,
                                      .caller = caller};
    return hal_buffer_hand(hal_buffer_create(m, adapter, &wanted), LogicalAddress);
}

VOID hal_free_buffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PHYSICAL_ADDRESS LogicalAddress,
                     PVOID VirtualAddress, BOOLEAN CacheEnabled) {
    KI_GATE(FreeCommonBuffer);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)CacheEnabled;
    for (LIST_ENTRY *link = adapter->buffers.Flink; link != &adapter->buffers; link = link->Flink) {
        struct hal_buffer *buffer = CONTAINING_RECORD(link, struct hal_buffer, link);
        if (buffer->in_vector || buffer->address != VirtualAddress || buffer->length != Length ||
            buffer->logical != (uint64_t)LogicalAddress.QuadPart)
            continue;
        hal_buffer_free(m, adapter, buffer, caller);
        return;
    }
    hal_violation(m, HAL_BUFFER_FREED_TWICE, adapter, (ULONG_PTR)VirtualAddress, Length, caller,
                  "freed a common buffer that the adapter does not have with these addresses and "
                  "length");
}

/* ---- from an MDL ---- */

struct hal_from_mdl {
    uint64_t lowest, highest, offset, length;
    ULONG given; /* bit per type of configuration */
    NTSTATUS status;
};

static void hal_from_mdl_configure(struct hal_from_mdl *from,
                                   const DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION *config) {
    if (config->ConfigType >= CommonBufferConfigTypeMax || from->given >> config->ConfigType & 1) {
        from->status = STATUS_INVALID_PARAMETER;
        return;
    }
    from->given |= 1u << config->ConfigType;
    if (config->ConfigType == CommonBufferConfigTypeLogicalAddressLimits) {
        from->lowest = (uint64_t)config->LogicalAddressLimits.MinimumAddress.QuadPart;
        from->highest = (uint64_t)config->LogicalAddressLimits.MaximumAddress.QuadPart;
    } else if (config->ConfigType == CommonBufferConfigTypeSubSection) {
        from->offset = config->SubSection.Offset;
        from->length = config->SubSection.Length;
    } else if (config->HardwareAccessType != CommonBufferHardwareAccessReadWrite) {
        from->status = STATUS_NOT_SUPPORTED; /* nothing here keeps a device from reading or writing
                                              */
    }
}

/* The address of the part that was asked for, if it can be a common buffer. */
static char *hal_from_mdl_check(const struct hal_adapter *adapter, PMDL mdl,
                                struct hal_from_mdl *from) {
    const CSHORT mapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
    struct hal_cursor cursor;
    bool part = from->given >> CommonBufferConfigTypeSubSection & 1;
    if ((!part && mdl->Next) || !hal_cursor_seek(&cursor, mdl, from->offset, from->length) ||
        cursor.mdl->ByteCount - cursor.at < from->length || !(cursor.mdl->MdlFlags & mapped) ||
        !from->length || (from->length & (PAGE_SIZE - 1)) ||
        ((cursor.mdl->ByteOffset + cursor.at) & (PAGE_SIZE - 1)))
        return NULL;
    const PFN_NUMBER *frames = MmGetMdlPfnArray(cursor.mdl) + (cursor.at >> PAGE_SHIFT);
    for (uint64_t i = 1; i < from->length >> PAGE_SHIFT; i++)
        if (frames[i] != frames[0] + i)
            return NULL;
    uint64_t start = (uint64_t)frames[0] << PAGE_SHIFT, last = start + from->length - 1;
    if (start < from->lowest || last > from->highest || last > adapter->highest)
        return NULL;
    return (char *)cursor.mdl->MappedSystemVa + cursor.at;
}

NTSTATUS hal_create_buffer_from_mdl(PDMA_ADAPTER DmaAdapter, PMDL Mdl,
                                    PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION ExtendedConfigs,
                                    ULONG ExtendedConfigsCount, PPHYSICAL_ADDRESS LogicalAddress) {
    KI_GATE(CreateCommonBufferFromMdl);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_from_mdl from = {.highest = UINT64_MAX, .length = Mdl->ByteCount};
    for (ULONG i = 0; i < ExtendedConfigsCount; i++)
        hal_from_mdl_configure(&from, &ExtendedConfigs[i]);
    if (from.status)
        return from.status;
    char *address = hal_from_mdl_check(adapter, Mdl, &from);
    if (!address)
        return STATUS_INVALID_PARAMETER;
    struct hal_buffer *buffer =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *buffer, HAL_TAG, caller);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    *buffer = (struct hal_buffer){.address = address,
                                  .logical = mm_physical_address(m, address),
                                  .length = (ULONG)from.length};
    InsertTailList(&adapter->buffers, &buffer->link);
    LogicalAddress->QuadPart = (LONGLONG)buffer->logical;
    return STATUS_SUCCESS;
}

/* ---- domains ---- */

struct hal_domain *hal_domain_create(struct machine *m, struct hal_adapter *owner,
                                     const void *caller) {
    struct hal_domain *domain =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *domain, HAL_TAG, caller);
    if (!domain)
        return NULL;
    *domain = (struct hal_domain){.signature = HAL_DOMAIN, .members = 1, .owner = owner};
    InsertTailList(&m->hal->domains, &domain->link);
    return domain;
}

static void hal_domain_put(struct machine *m, struct hal_domain *domain) {
    if (--domain->members)
        return;
    RemoveEntryList(&domain->link);
    mm_pool_free(m, domain, HAL_TAG);
}

/* The adapter goes: it leaves the domain that it joined, and its own. */
void hal_domain_leave(struct machine *m, struct hal_adapter *adapter) {
    if (adapter->domain != adapter->own_domain)
        hal_domain_put(m, adapter->domain);
    adapter->own_domain->owner = NULL;
    hal_domain_put(m, adapter->own_domain);
}

/* The domain with a handle, which is its address; NULL if there is none. */
static struct hal_domain *hal_domain_of(struct machine *m, HANDLE handle) {
    LIST_ENTRY *head = &m->hal->domains;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct hal_domain *domain = CONTAINING_RECORD(link, struct hal_domain, link);
        if (domain == handle)
            return domain;
    }
    return NULL;
}

HANDLE hal_get_domain(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(GetDmaDomain);
    return hal_adapter_of(m, DmaAdapter, __builtin_return_address(0))->domain;
}

NTSTATUS hal_join_domain(PDMA_ADAPTER DmaAdapter, HANDLE DomainHandle) {
    KI_GATE(JoinDmaDomain);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    struct hal_domain *domain = hal_domain_of(m, DomainHandle);
    if (!domain)
        return STATUS_INVALID_HANDLE;
    if (adapter->domain != adapter->own_domain || domain == adapter->own_domain ||
        !IsListEmpty(&adapter->maps))
        return STATUS_INVALID_DEVICE_STATE;
    domain->members++;
    adapter->domain = domain;
    return STATUS_SUCCESS;
}

NTSTATUS hal_leave_domain(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(LeaveDmaDomain);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    if (adapter->domain == adapter->own_domain || !IsListEmpty(&adapter->maps))
        return STATUS_INVALID_DEVICE_STATE;
    hal_domain_put(m, adapter->domain);
    adapter->domain = adapter->own_domain;
    return STATUS_SUCCESS;
}

NTSTATUS hal_allocate_domain_buffer(PDMA_ADAPTER DmaAdapter, HANDLE DomainHandle,
                                    PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, ULONG Flags,
                                    MEMORY_CACHING_TYPE *CacheType, ULONG PreferredNode,
                                    PPHYSICAL_ADDRESS LogicalAddress, PVOID *VirtualAddress) {
    KI_GATE(AllocateDomainCommonBuffer);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    (void)PreferredNode;
    const struct hal_domain *domain = hal_domain_of(m, DomainHandle);
    if (!domain)
        return STATUS_INVALID_HANDLE;
    if (!Length || !hal_is_cache_type(CacheType) || domain != adapter->domain)
        return STATUS_INVALID_PARAMETER;
    const struct hal_wanted wanted = {.length = Length,
                                      .highest = hal_bound(MaximumAddress, UINT64_MAX),
                                      .flags = Flags,
                                      .caller = caller};
    *VirtualAddress = hal_buffer_hand(hal_buffer_create(m, adapter, &wanted), LogicalAddress);
    return *VirtualAddress ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
