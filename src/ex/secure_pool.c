/*
 * Private and secure pools, and questions about pool blocks
 * (wdm/nf-wdm-excreatepool, …exsecurepoolupdate, …exsecurepoolvalidate, wdm/nf-wdm-exfreepool2).
 *
 * The contents of a block of a secure pool can be changed by ExSecurePoolUpdate alone; here its
 * pages are read-only to everybody, so that a driver's own write faults as it does when the
 * hypervisor guards them. A block is known by its pool, its address, its tag and the cookie its
 * owner chose. The documentation of the pools is thin; statuses are a judgement.
 */
#include <string.h>

#include "ex/ex.h"
#include "mm/pool.h"

#define EX_POOL_TAG 0x6c6f5073u /* "sPol" */

struct ex_pool {
    LIST_ENTRY link; /* in ex_part.pools */
    ULONG flags;
    LIST_ENTRY blocks;
};

struct ex_secure_block {
    LIST_ENTRY link;
    char *address;
    SIZE_T size;
    ULONG_PTR cookie;
    ULONG tag, flags;
};

/* NULL: there is no such pool, or no more. */
static struct ex_pool *ex_pool_of(struct machine *m, HANDLE handle) {
    for (LIST_ENTRY *link = m->ex->pools.Flink; link != &m->ex->pools; link = link->Flink)
        if (CONTAINING_RECORD(link, struct ex_pool, link) == handle)
            return handle;
    return NULL;
}

NTSTATUS ExCreatePool(ULONG Flags, ULONG_PTR Tag, POOL_CREATE_EXTENDED_PARAMS *Params,
                      HANDLE *PoolHandle) {
    KI_GATE(ExCreatePool);
    (void)Tag;
    if (!Flags || (Flags & ~(ULONG)POOL_CREATE_FLG_VALID_FLAGS) ||
        (Params && Params->Version != POOL_CREATE_PARAMS_VERSION))
        return STATUS_INVALID_PARAMETER;
    struct ex_pool *pool = mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *pool, EX_POOL_TAG,
                                                __builtin_return_address(0));
    if (!pool)
        return STATUS_INSUFFICIENT_RESOURCES;
    pool->flags = Flags;
    InsertTailList(&m->ex->pools, &pool->link);
    InitializeListHead(&pool->blocks);
    *PoolHandle = pool;
    return STATUS_SUCCESS;
}

static size_t ex_secure_pages(const struct ex_secure_block *block) {
    return (block->size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

static void ex_secure_protect(const struct ex_secure_block *block, bool writable) {
    ki_arena_protect(block->address, ex_secure_pages(block),
                     writable ? KI_ACCESS_ALL : KI_ACCESS_READ);
}

static void ex_secure_free(struct machine *m, struct ex_secure_block *block) {
    ex_secure_protect(block, true);
    RemoveEntryList(&block->link);
    mm_pages_give(m, &m->mm->area[0], mm_page_number(&m->mm->area[0], block->address));
    mm_pool_free(m, block, EX_POOL_TAG);
}

VOID ExDestroyPool(HANDLE PoolHandle) {
    KI_GATE(ExDestroyPool);
    struct ex_pool *pool = ex_pool_of(m, PoolHandle);
    if (!pool)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x99, (ULONG_PTR)PoolHandle, 0, 0,
                    "%s destroyed a pool that does not exist",
                    ki_address_name(m, __builtin_return_address(0)));
    while (!IsListEmpty(&pool->blocks))
        ex_secure_free(m, CONTAINING_RECORD(pool->blocks.Flink, struct ex_secure_block, link));
    RemoveEntryList(&pool->link);
    mm_pool_free(m, pool, EX_POOL_TAG);
}

void *ex_secure_allocate(struct machine *m, POOL_FLAGS flags, size_t size, ULONG tag,
                         const POOL_EXTENDED_PARAMS_SECURE_POOL *parameters, const void *caller) {
    struct ex_pool *pool = ex_pool_of(m, parameters->SecurePoolHandle);
    uint32_t pages = (uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE);
    (void)flags;
    if (!pool || !(pool->flags & POOL_CREATE_FLG_SECURE_POOL) || !size || size > MM_LARGEST || !tag)
        return NULL;
    struct ex_secure_block *block =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *block, EX_POOL_TAG, caller);
    if (!block)
        return NULL;
    uint32_t first = mm_pages_take(m, &m->mm->area[0], pages, MM_USE_PAGES);
    if (first == MM_NO_PAGE) {
        mm_pool_free(m, block, EX_POOL_TAG);
        return NULL;
    }
    *block = (struct ex_secure_block){.address = mm_page_address(&m->mm->area[0], first),
                                      .size = size,
                                      .cookie = parameters->Cookie,
                                      .tag = tag,
                                      .flags = parameters->SecurePoolFlags};
    InsertTailList(&pool->blocks, &block->link);
    mm_instrument_show(m, block->address, ex_secure_pages(block));
    memset(block->address, 0, ex_secure_pages(block));
    if (parameters->Buffer)
        memcpy(block->address, parameters->Buffer, size);
    ex_secure_protect(block, false);
    return block->address;
}

static struct ex_secure_block *ex_secure_find(struct machine *m, HANDLE handle, const void *address,
                                              ULONG tag, ULONG_PTR cookie) {
    struct ex_pool *pool = ex_pool_of(m, handle);
    for (PLIST_ENTRY link = pool ? pool->blocks.Flink : NULL; link && link != &pool->blocks;
         link = link->Flink) {
        struct ex_secure_block *block = CONTAINING_RECORD(link, struct ex_secure_block, link);
        if (block->address == address)
            return block->tag == tag && block->cookie == cookie ? block : NULL;
    }
    return NULL;
}

NTSTATUS ExSecurePoolUpdate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie,
                            SIZE_T Offset, SIZE_T Size, PVOID Buffer) {
    KI_GATE(ExSecurePoolUpdate);
    struct ex_secure_block *block = ex_secure_find(m, SecurePoolHandle, Allocation, Tag, Cookie);
    if (!block || Offset > block->size || Size > block->size - Offset)
        return STATUS_INVALID_PARAMETER;
    if (!(block->flags & SECURE_POOL_FLAGS_MODIFIABLE))
        return STATUS_ACCESS_DENIED;
    ex_secure_protect(block, true);
    memcpy(block->address + Offset, Buffer, Size);
    ex_secure_protect(block, false);
    return STATUS_SUCCESS;
}

ULONG ExSecurePoolValidate(HANDLE SecurePoolHandle, ULONG Tag, PVOID Allocation, ULONG_PTR Cookie) {
    KI_GATE(ExSecurePoolValidate);
    return ex_secure_find(m, SecurePoolHandle, Allocation, Tag, Cookie) != NULL;
}

/* A block of a secure pool, named by the parameters of its allocation. */
static void ex_free_secure(struct machine *m, void *p, ULONG tag,
                           const POOL_EXTENDED_PARAMS_SECURE_POOL *parameters, const void *caller) {
    struct ex_secure_block *block =
        ex_secure_find(m, parameters->SecurePoolHandle, p, tag, parameters->Cookie);
    if (!block || !(block->flags & SECURE_POOL_FLAGS_FREEABLE))
        ki_bugcheck(
            m, BAD_POOL_CALLER, 0x99, (ULONG_PTR)p, tag, 0,
            "%s freed a block of a secure pool that is not there, not its own or not freeable",
            ki_address_name(m, caller));
    ex_secure_free(m, block);
}

VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                 ULONG ExtendedParametersCount) {
    KI_GATE(ExFreePool2);
    KI_CHECK_IRQL(ExFreePool2, DISPATCH_LEVEL);
    const void *caller = __builtin_return_address(0);
    for (ULONG i = 0; i < ExtendedParametersCount; i++) {
        if (ExtendedParameters[i].Type == PoolExtendedParameterSecurePool) {
            ex_free_secure(m, P, Tag, ExtendedParameters[i].SecurePoolParams, caller);
            return;
        }
    }
    mm_block_free(m, P, Tag, caller);
}

SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged) {
    KI_GATE(ExQueryPoolBlockSize);
    *QuotaCharged = mm_pool_is_charged(m, PoolBlock);
    return mm_pool_size(m, PoolBlock);
}
