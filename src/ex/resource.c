/*
 * Executive resources: shared and exclusive, recursive, with owners that can be asked for
 * (wdm/nf-wdm-exacquireresourceexclusivelite and its neighbours).
 *
 * Owners. OwnerEntry is the exclusive owner, or one of the sharers; further sharers are in
 * OwnerTable, whose first entry holds its size. OwnerCount counts recursive acquisitions. Waiters
 * are records on their threads' stacks, one list for sharers and one for exclusive access, first
 * come first served. When the exclusive owner leaves, all waiting sharers get in; when the last
 * sharer leaves, the first thread that waits for exclusive access. Whoever releases makes the
 * grant.
 *
 * A waiter of higher priority lends its priority (up to 14) to the exclusive owner until that
 * releases, unless ExDisableResourceBoostLite was called.
 *
 * All resources are in one list of the machine. An initialized one is recognised by a mark in a
 * reserved field, so that a second initialization and the deletion of something else are seen.
 */
#include "ex/ex.h"
#include "ki/lock_log.h"
#include "mm/mm.h"

#define EX_RESOURCE_MARK 0x6372536552657845ull
#define EX_RESOURCE_TAG 0x54736552u /* "ResT" */
#define EX_RESOURCE_NO_BOOST 0x40   /* in Flag; not one of Windows' own */
#define EX_RESOURCE_BOOST 14

struct ex_resource_waiter {
    struct ex_resource_waiter *next;
    PKTHREAD thread;
    KEVENT granted;
};

/* ---- owners ---- */

static ERESOURCE_THREAD ex_self(struct machine *m) {
    return (ERESOURCE_THREAD)ki_current_thread(m);
}

static bool ex_is_exclusive(const ERESOURCE *resource) {
    return resource->Flag & ResourceOwnedExclusive;
}

/* The entry of an owner, or NULL. */
static POWNER_ENTRY ex_owner_find(PERESOURCE resource, ERESOURCE_THREAD owner) {
    if (resource->OwnerEntry.OwnerThread == owner)
        return &resource->OwnerEntry;
    ULONG size = resource->OwnerTable ? resource->OwnerTable[0].TableSize : 0;
    for (ULONG i = 1; i < size; i++) {
        if (resource->OwnerTable[i].OwnerThread == owner)
            return &resource->OwnerTable[i];
    }
    return NULL;
}

static POWNER_ENTRY ex_owner_table_grow(struct machine *m, PERESOURCE resource) {
    ULONG old = resource->OwnerTable ? resource->OwnerTable[0].TableSize : 0,
          size = old ? old * 2 : 4;
    POWNER_ENTRY table =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size * sizeof *table, EX_RESOURCE_TAG);
    if (!table)
        ki_bugcheck(m, NO_MORE_SYSTEM_PTES, 0, size, 0, 0,
                    "no memory is left for the owners of a resource");
    for (ULONG i = 1; i < old; i++)
        table[i] = resource->OwnerTable[i];
    table[0].TableSize = size;
    if (resource->OwnerTable)
        mm_pool_free(m, resource->OwnerTable, EX_RESOURCE_TAG);
    resource->OwnerTable = table;
    return &table[old ? old : 1];
}

/* A new owner, with a count of one. */
static void ex_owner_add(struct machine *m, PERESOURCE resource, ERESOURCE_THREAD owner) {
    POWNER_ENTRY entry = ex_owner_find(resource, 0);
    if (!entry)
        entry = ex_owner_table_grow(m, resource);
    *entry = (OWNER_ENTRY){.OwnerThread = owner};
    entry->OwnerCount = 1;
    resource->ActiveEntries++;
    resource->ActiveCount = 1;
}

static void ex_own_exclusive(struct machine *m, PERESOURCE resource, ERESOURCE_THREAD owner) {
    (void)m;
    resource->OwnerEntry = (OWNER_ENTRY){.OwnerThread = owner};
    resource->OwnerEntry.OwnerCount = 1;
    resource->ActiveEntries = 1;
    resource->ActiveCount = 1;
    resource->Flag |= ResourceOwnedExclusive;
}

/* ---- waiters ---- */

static void ex_waiter_append(PVOID *list, struct ex_resource_waiter *waiter) {
    struct ex_resource_waiter **link = (struct ex_resource_waiter **)list;
    while (*link)
        link = &(*link)->next;
    *link = waiter;
}

static void ex_waiter_wake(struct machine *m, struct ex_resource_waiter *waiter) {
    waiter->granted.Header.SignalState = 1;
    ki_wait_test(m, &waiter->granted.Header, IO_NO_INCREMENT);
}

/* Every waiting sharer becomes an owner. */
static void ex_grant_shared(struct machine *m, PERESOURCE resource) {
    struct ex_resource_waiter *waiter = resource->SharedWaiters, *next;
    resource->SharedWaiters = NULL;
    resource->NumberOfSharedWaiters = 0;
    for (; waiter; waiter = next) {
        next = waiter->next;
        POWNER_ENTRY entry = ex_owner_find(resource, (ERESOURCE_THREAD)waiter->thread);
        if (entry)
            entry->OwnerCount++; /* it waited for an exclusive owner although it shares already */
        else
            ex_owner_add(m, resource, (ERESOURCE_THREAD)waiter->thread);
        ex_waiter_wake(m, waiter);
    }
}

static void ex_grant_exclusive(struct machine *m, PERESOURCE resource) {
    struct ex_resource_waiter *waiter = resource->ExclusiveWaiters;
    resource->ExclusiveWaiters = waiter->next;
    resource->NumberOfExclusiveWaiters--;
    ex_own_exclusive(m, resource, (ERESOURCE_THREAD)waiter->thread);
    ex_waiter_wake(m, waiter);
}

/* Lends the waiter's priority to the exclusive owner. */
static void ex_boost_owner(struct machine *m, PERESOURCE resource) {
    if (!ex_is_exclusive(resource) || (resource->Flag & EX_RESOURCE_NO_BOOST) ||
        (resource->OwnerEntry.OwnerThread & 3))
        return;
    PKTHREAD owner = (PKTHREAD)resource->OwnerEntry.OwnerThread;
    KPRIORITY wanted = ki_current_thread(m)->priority;
    wanted = wanted > EX_RESOURCE_BOOST ? EX_RESOURCE_BOOST : wanted;
    if (owner->priority >= wanted)
        return;
    resource->OwnerEntry.IoPriorityBoosted = 1;
    ki_set_priority(m, owner, wanted);
}

static void ex_unboost(struct machine *m, PERESOURCE resource) {
    if (KI_LIKELY(!resource->OwnerEntry.IoPriorityBoosted))
        return;
    PKTHREAD owner = (PKTHREAD)resource->OwnerEntry.OwnerThread;
    resource->OwnerEntry.IoPriorityBoosted = 0;
    ki_set_priority(m, owner, owner->base_priority);
}

static void ex_resource_wait(struct machine *m, PERESOURCE resource, bool exclusive) {
    struct ex_resource_waiter self = {.thread = ki_current_thread(m)};
    KeInitializeEvent(&self.granted, SynchronizationEvent, FALSE);
    resource->ContentionCount++;
    if (exclusive) {
        ex_waiter_append(&resource->ExclusiveWaiters, &self);
        resource->NumberOfExclusiveWaiters++;
    } else {
        ex_waiter_append(&resource->SharedWaiters, &self);
        resource->NumberOfSharedWaiters++;
    }
    ex_boost_owner(m, resource);
    KeWaitForSingleObject(&self.granted, WrResource, KernelMode, FALSE, NULL);
}

/* ---- rules ---- */

/* Normal kernel APCs must be off, except in system threads. */
static void ex_resource_check(struct machine *m, PERESOURCE resource, ULONG kind,
                              const void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    bool held_off = m->cpu->irql >= APC_LEVEL || thread->kernel_apc_disable ||
                    thread->special_apc_disable || thread->previous_mode == KernelMode;
    if (KI_LIKELY(held_off) || !(m->flags & WDMSIM_CHECK_RULES))
        return;
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, m->cpu->irql,
                (ULONG_PTR)thread->kernel_apc_disable, (ULONG_PTR)resource,
                "%s used a resource with normal kernel APCs enabled", ki_address_name(m, caller));
}

/* ---- acquiring ---- */

/* Recursion, and a resource that nobody owns: true if that settled it. */
static bool ex_shared_at_once(struct machine *m, PERESOURCE resource) {
    POWNER_ENTRY mine;
    if (!resource->ActiveCount) {
        ex_owner_add(m, resource, ex_self(m));
        return true;
    }
    if (!ex_is_exclusive(resource) || !(mine = ex_owner_find(resource, ex_self(m))))
        return false;
    mine->OwnerCount++;
    return true;
}

static bool ex_acquire_shared(struct machine *m, PERESOURCE resource, bool wait, bool waiters_first,
                              bool recursion_first) {
    if (ex_shared_at_once(m, resource))
        return true;
    if (!ex_is_exclusive(resource)) {
        POWNER_ENTRY mine = ex_owner_find(resource, ex_self(m));
        bool pass = !waiters_first || !resource->ExclusiveWaiters || (mine && recursion_first);
        if (pass && mine)
            mine->OwnerCount++;
        if (pass && !mine)
            ex_owner_add(m, resource, ex_self(m));
        if (pass)
            return true;
    }
    if (!wait)
        return false;
    ex_resource_wait(m, resource, false);
    return true;
}

/* Only exclusive ownership is followed: sharers do not exclude each other, and may be many. */
static void ex_exclusive_taken(struct machine *m, PERESOURCE resource) {
    if (ki_locks_followed(m))
        ki_lock_taken(m, resource, KI_LOCK_RESOURCE);
}

static void ex_exclusive_dropped(struct machine *m, PERESOURCE resource) {
    if (ki_locks_followed(m))
        ki_lock_dropped(m, resource);
}

static bool ex_acquire_exclusive(struct machine *m, PERESOURCE resource, bool wait,
                                 const void *caller) {
    if (ki_locks_followed(m) && wait)
        ki_lock_wanted(m, resource, KI_LOCK_RESOURCE);
    if (!resource->ActiveCount) {
        ex_own_exclusive(m, resource, ex_self(m));
        ex_exclusive_taken(m, resource);
        return true;
    }
    POWNER_ENTRY mine = ex_owner_find(resource, ex_self(m));
    if (mine && ex_is_exclusive(resource)) {
        mine->OwnerCount++;
        return true;
    }
    if (!wait)
        return false;
    if (mine && (m->flags & WDMSIM_CHECK_RULES))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1000, (ULONG_PTR)resource, 0, 0,
                    "%s waits for exclusive access to a resource that its thread shares: it waits "
                    "for itself",
                    ki_address_name(m, caller));
    ex_resource_wait(m, resource, true);
    ex_exclusive_taken(m, resource);
    return true;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
    KI_GATE(ExAcquireResourceExclusiveLite);
    ex_resource_check(m, Resource, 0x37, __builtin_return_address(0));
    if (KI_UNLIKELY((uintptr_t)Resource & 7))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3d, 0, 0, (ULONG_PTR)Resource,
                    "%s acquired a resource that is not aligned to 8 bytes",
                    ki_address_name(m, __builtin_return_address(0)));
    return ex_acquire_exclusive(m, Resource, Wait, __builtin_return_address(0));
}

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) {
    KI_GATE(ExAcquireResourceSharedLite);
    ex_resource_check(m, Resource, 0x37, __builtin_return_address(0));
    return ex_acquire_shared(m, Resource, Wait, true, true);
}

BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) {
    KI_GATE(ExAcquireSharedStarveExclusive);
    ex_resource_check(m, Resource, 0x37, __builtin_return_address(0));
    return ex_acquire_shared(m, Resource, Wait, false, true);
}

BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait) {
    KI_GATE(ExAcquireSharedWaitForExclusive);
    ex_resource_check(m, Resource, 0x37, __builtin_return_address(0));
    return ex_acquire_shared(m, Resource, Wait, true, false);
}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
    KI_GATE(ExEnterCriticalRegionAndAcquireResourceExclusive);
    ki_current_thread(m)->kernel_apc_disable--;
    ex_acquire_exclusive(m, Resource, true, __builtin_return_address(0));
    return ki_current_thread(m);
}

PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
    KI_GATE(ExAcquireResourceSharedLite);
    ki_current_thread(m)->kernel_apc_disable--;
    ex_acquire_shared(m, Resource, true, true, true);
    return ki_current_thread(m);
}

PVOID ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource) {
    KI_GATE(ExAcquireSharedWaitForExclusive);
    ki_current_thread(m)->kernel_apc_disable--;
    ex_acquire_shared(m, Resource, true, true, false);
    return ki_current_thread(m);
}

/* ---- releasing ---- */

static void ex_release(struct machine *m, PERESOURCE resource, ERESOURCE_THREAD owner,
                       const void *caller) {
    POWNER_ENTRY entry = owner && resource->ActiveCount ? ex_owner_find(resource, owner) : NULL;
    if (KI_UNLIKELY(!entry))
        ki_bugcheck(m, RESOURCE_NOT_OWNED, (ULONG_PTR)resource, owner,
                    (ULONG_PTR)resource->OwnerTable, 0,
                    "%s released a resource for an owner that does not have it",
                    ki_address_name(m, caller));
    if (--entry->OwnerCount != 0)
        return;
    if (entry == &resource->OwnerEntry)
        ex_unboost(m, resource);
    *entry = (OWNER_ENTRY){0};
    if (--resource->ActiveEntries != 0)
        return;
    bool was_exclusive = ex_is_exclusive(resource);
    if (was_exclusive)
        ex_exclusive_dropped(m, resource);
    resource->ActiveCount = 0;
    resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    if (resource->SharedWaiters && (was_exclusive || !resource->ExclusiveWaiters))
        ex_grant_shared(m, resource);
    else if (resource->ExclusiveWaiters)
        ex_grant_exclusive(m, resource);
    ki_poll(m);
}

VOID ExReleaseResourceLite(PERESOURCE Resource) {
    KI_GATE(ExReleaseResourceLite);
    ex_resource_check(m, Resource, 0x38, __builtin_return_address(0));
    ex_release(m, Resource, ex_self(m), __builtin_return_address(0));
}

VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId) {
    KI_GATE(ExReleaseResourceForThreadLite);
    ex_resource_check(m, Resource, 0x38, __builtin_return_address(0));
    ex_release(m, Resource, ResourceThreadId, __builtin_return_address(0));
}

VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
    KI_GATE(ExReleaseResourceAndLeaveCriticalRegion);
    ex_release(m, Resource, ex_self(m), __builtin_return_address(0));
    if (++ki_current_thread(m)->kernel_apc_disable == 0)
        ki_apc_poll(m);
}

VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
    KI_GATE(ExConvertExclusiveToSharedLite);
    if (KI_UNLIKELY(!ex_is_exclusive(Resource) || Resource->OwnerEntry.OwnerThread != ex_self(m)))
        ki_bugcheck(m, RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, ex_self(m),
                    (ULONG_PTR)Resource->OwnerTable, 0,
                    "%s converted a resource that its thread does not own exclusively",
                    ki_address_name(m, __builtin_return_address(0)));
    ex_unboost(m, Resource);
    ex_exclusive_dropped(m, Resource);
    Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    if (Resource->SharedWaiters)
        ex_grant_shared(m, Resource);
    ki_poll(m);
}

static void ex_set_owner(struct machine *m, PERESOURCE resource, PVOID owner, const void *caller) {
    POWNER_ENTRY entry = ex_owner_find(resource, ex_self(m));
    if (KI_UNLIKELY(!entry || !resource->ActiveCount))
        ki_bugcheck(
            m, RESOURCE_NOT_OWNED, (ULONG_PTR)resource, ex_self(m), (ULONG_PTR)resource->OwnerTable,
            0, "%s gave away a resource that its thread does not own", ki_address_name(m, caller));
    if (entry == &resource->OwnerEntry)
        ex_unboost(m, resource);
    POWNER_ENTRY other =
        ex_is_exclusive(resource) ? NULL : ex_owner_find(resource, (ERESOURCE_THREAD)owner);
    if (other) {
        other->OwnerCount += entry->OwnerCount;
        *entry = (OWNER_ENTRY){0};
        resource->ActiveEntries--;
    } else {
        ex_exclusive_dropped(m, resource); /* it is not this thread's from here on */
        entry->OwnerThread = (ERESOURCE_THREAD)owner;
    }
}

VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer) {
    KI_GATE(ExSetResourceOwnerPointer);
    ex_set_owner(m, Resource, OwnerPointer, __builtin_return_address(0));
}

VOID ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags) {
    KI_GATE(ExSetResourceOwnerPointerEx);
    (void)Flags; /* whose priority to boost: owners that are not threads are never boosted */
    ex_set_owner(m, Resource, OwnerPointer, __builtin_return_address(0));
}

/* ---- questions ---- */

ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource) {
    KI_GATE(ExGetExclusiveWaiterCount);
    (void)m;
    return Resource->NumberOfExclusiveWaiters;
}

ULONG ExGetSharedWaiterCount(PERESOURCE Resource) {
    KI_GATE(ExGetSharedWaiterCount);
    (void)m;
    return Resource->NumberOfSharedWaiters;
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
    KI_GATE(ExIsResourceAcquiredExclusiveLite);
    return ex_is_exclusive(Resource) && Resource->OwnerEntry.OwnerThread == ex_self(m);
}

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
    KI_GATE(ExIsResourceAcquiredSharedLite);
    POWNER_ENTRY entry = Resource->ActiveCount ? ex_owner_find(Resource, ex_self(m)) : NULL;
    return entry ? entry->OwnerCount : 0;
}

VOID ExDisableResourceBoostLite(PERESOURCE Resource) {
    KI_GATE(ExDisableResourceBoostLite);
    (void)m;
    Resource->Flag |= EX_RESOURCE_NO_BOOST;
}

/* ---- life ---- */

static PVOID ex_resource_mark(const ERESOURCE *resource) {
    return (PVOID)(ULONG_PTR)(EX_RESOURCE_MARK ^ (ULONG_PTR)resource);
}

static bool ex_resource_is_known(struct machine *m, const ERESOURCE *resource) {
    if (resource->Reserved2 != ex_resource_mark(resource))
        return false;
    for (PLIST_ENTRY link = m->ex->resources.Flink; link != &m->ex->resources; link = link->Flink) {
        if (link == &resource->SystemResourcesList)
            return true;
    }
    return false;
}

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) {
    KI_GATE(ExInitializeResourceLite);
    if (KI_UNLIKELY(ex_resource_is_known(m, Resource)))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xd0, (ULONG_PTR)Resource, 0, 0,
                    "%s initialized a resource that is in use",
                    ki_address_name(m, __builtin_return_address(0)));
    if (ki_locks_followed(m))
        ki_lock_initialized(m, Resource, __builtin_return_address(0));
    *Resource = (ERESOURCE){.Reserved2 = ex_resource_mark(Resource)};
    InsertTailList(&m->ex->resources, &Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource) {
    KI_GATE(ExReinitializeResourceLite);
    ex_exclusive_dropped(m, Resource); /* its owners are forgotten, whoever they are */
    if (ki_locks_followed(m))
        ki_lock_initialized(m, Resource, __builtin_return_address(0));
    POWNER_ENTRY table = Resource->OwnerTable;
    ULONG size = table ? table[0].TableSize : 0;
    for (ULONG i = 1; i < size; i++)
        table[i] = (OWNER_ENTRY){0};
    LIST_ENTRY link = Resource->SystemResourcesList;
    *Resource = (ERESOURCE){
        .SystemResourcesList = link, .OwnerTable = table, .Reserved2 = ex_resource_mark(Resource)};
    return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) {
    KI_GATE(ExDeleteResourceLite);
    if (KI_UNLIKELY(Resource->Reserved2 != ex_resource_mark(Resource)))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xd1, (ULONG_PTR)Resource, 0, 0,
                    "%s deleted a resource that is not initialized",
                    ki_address_name(m, __builtin_return_address(0)));
    if (ki_locks_followed(m))
        ki_locks_freed(m, Resource, sizeof *Resource, __builtin_return_address(0));
    RemoveEntryList(&Resource->SystemResourcesList);
    if (Resource->OwnerTable)
        mm_pool_free(m, Resource->OwnerTable, EX_RESOURCE_TAG);
    Resource->OwnerTable = NULL;
    Resource->Reserved2 = NULL;
    return STATUS_SUCCESS;
}
