/*
 * Remove locks: a count of what is going on with a device, and an event for its end.
 *
 * The count starts at one; the last release of a lock that is being removed sets the event. While
 * rules are checked every acquisition is remembered with its tag, beside the lock, whose layout has
 * room for that only in checked drivers; a release without a matching acquisition is Driver
 * Verifier's bug check.
 *
 * wdm/nf-wdm-ioinitializeremovelock, -ioacquireremovelock, -ioreleaseremovelockandwait;
 * kernel/using-remove-locks
 */
#include <stdio.h>
#include <string.h>

#include "io/io.h"

/* An acquisition that was not released, or, with `lock_itself`, a lock that exists. */
struct io_held {
    struct io_held *next;
    PIO_REMOVE_LOCK lock;
    PVOID tag;
    const void *caller;
    bool lock_itself, removed;
    bool in_pool;        /* of a removed one: in a block that is marked until it is freed */
    uint64_t since;      /* of an acquisition, ns */
    ULONG minutes, high; /* of a lock: how long and how often it should be held at most; 0: any */
};

/* Locks of one page have one bucket, so those in freed memory are found without looking at all. */
static struct io_held **io_held_bucket(struct machine *m, const void *lock) {
    return &m->io->held[((ULONG_PTR)lock >> PAGE_SHIFT) % KI_COUNT(m->io->held)];
}

static struct io_held *io_held_add(struct machine *m, PIO_REMOVE_LOCK lock, PVOID tag,
                                   const void *caller, bool itself) {
    struct io_held *held = m->io->held_free;
    if (held)
        m->io->held_free = held->next;
    else
        held = ki_alloc(m, sizeof *held);
    struct io_held **bucket = io_held_bucket(m, lock);
    *held = (struct io_held){.next = *bucket,
                             .lock = lock,
                             .tag = tag,
                             .caller = caller,
                             .lock_itself = itself,
                             .since = m->clock.now};
    *bucket = held;
    return held;
}

static void io_held_drop(struct machine *m, struct io_held **link) {
    struct io_held *held = *link;
    *link = held->next;
    held->next = m->io->held_free;
    m->io->held_free = held;
}

static struct io_held *io_held_lock(struct machine *m, PIO_REMOVE_LOCK lock) {
    struct io_held *held = *io_held_bucket(m, lock);
    while (held && !(held->lock == lock && held->lock_itself))
        held = held->next;
    return held;
}

/* A lock that is held longer or more often than its driver expected works all the same: the trace
 * says so. (No bug check is documented for it.) */
static void io_held_message(struct machine *m, const struct io_held *held, uint64_t value,
                            const char *unit, ULONG limit) {
    char text[256];
    if (!ki_tracing(m, WDMSIM_EVENT_MESSAGE))
        return;
    snprintf(text, sizeof text,
             "the remove lock that %s acquired is held %llu %s, expected at most %u",
             ki_address_name(m, held->caller), (unsigned long long)value, unit, limit);
    KI_TRACE(m, MESSAGE, ki_intern(m, text));
}

#define IO_MINUTE (60 * 1000000000ull) /* ns */

static void io_held_check_time(struct machine *m, const struct io_held *held) {
    const struct io_held *known = io_held_lock(m, held->lock);
    uint64_t minutes = (m->clock.now - held->since) / IO_MINUTE;
    if (known && known->minutes && m->clock.now - held->since > known->minutes * IO_MINUTE)
        io_held_message(m, held, minutes, "minutes", known->minutes);
}

/* Takes one acquisition with the tag out of the record; false if there is none. */
static bool io_held_take(struct machine *m, PIO_REMOVE_LOCK lock, PVOID tag, PVOID *other) {
    *other = NULL;
    for (struct io_held **link = io_held_bucket(m, lock); *link; link = &(*link)->next) {
        struct io_held *held = *link;
        if (held->lock != lock || held->lock_itself)
            continue;
        *other = held->tag;
        if (held->tag == tag) {
            io_held_check_time(m, held);
            io_held_drop(m, link);
            return true;
        }
    }
    return false;
}

void io_remove_locks_forget(struct machine *m, const void *start, const void *end) {
    size_t pages = ((ULONG_PTR)end >> PAGE_SHIFT) - ((ULONG_PTR)start >> PAGE_SHIFT) + 1;
    for (size_t i = 0; i < pages && i < KI_COUNT(m->io->held); i++) {
        struct io_held **link = io_held_bucket(m, (const char *)start + i * PAGE_SIZE);
        while (*link) {
            if ((const void *)(*link)->lock >= start && (const void *)(*link)->lock < end)
                io_held_drop(m, link);
            else
                link = &(*link)->next;
        }
    }
}

/* Removed, and not freed since: what a driver allocates anew where a lock was is another lock. */
static bool io_held_is_over(struct machine *m, const struct io_held *known) {
    return known && known->removed && (!known->in_pool || mm_pool_is_marked(m, known->lock));
}

VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                              ULONG HighWatermark, ULONG RemlockSize) {
    KI_GATE(IoInitializeRemoveLock);
    (void)AllocateTag; /* of records that a checked system keeps; ours are not in pool */
    if (m->flags & WDMSIM_CHECK_RULES) {
        struct io_held *known = io_held_lock(m, Lock);
        if (io_held_is_over(m, known))
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD7, (ULONG_PTR)known,
                        (ULONG_PTR)Lock, 0,
                        "%s initialised a remove lock again after its device was removed",
                        ki_address_name(m, IO_CALLER()));
        io_remove_locks_forget(m, Lock, (char *)Lock + 1);
        struct io_held *itself = io_held_add(m, Lock, NULL, IO_CALLER(), true);
        itself->minutes = MaxLockedMinutes;
        itself->high = HighWatermark;
    }
    memset(Lock, 0, RemlockSize);
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

/*
 * A lock that was never initialised seems to work until its event is set, in zeroed memory: that is
 * an access violation in the kernel. While rules are checked its first use says so. Judgement:
 * Driver Verifier's code for locks of other kinds, it has none for these.
 */
static void io_remove_lock_check(struct machine *m, const IO_REMOVE_LOCK *lock, const char *routine,
                                 const void *caller) {
    const DISPATCHER_HEADER *event = &lock->Common.RemoveEvent.Header;
    if (!(m->flags & WDMSIM_CHECK_RULES) ||
        KI_LIKELY(event->Type == EventSynchronizationObject && event->WaitListHead.Flink))
        return;
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1002, (ULONG_PTR)lock, 0, 0,
                "%s called %s for the remove lock at %#llx, which IoInitializeRemoveLock has not "
                "initialised",
                ki_address_name(m, caller), routine, (unsigned long long)(ULONG_PTR)lock);
}

static void io_remove_lock_drop(PIO_REMOVE_LOCK lock) {
    if (--lock->Common.IoCount == 0)
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                               ULONG RemlockSize) {
    KI_GATE(IoAcquireRemoveLock);
    (void)File;
    (void)Line;
    (void)RemlockSize;
    io_remove_lock_check(m, RemoveLock, "IoAcquireRemoveLock", IO_CALLER());
    if (RemoveLock->Common.Removed)
        return STATUS_DELETE_PENDING;
    RemoveLock->Common.IoCount++;
    if (m->flags & WDMSIM_CHECK_RULES) {
        const struct io_held *known = io_held_lock(m, RemoveLock);
        const struct io_held *held = io_held_add(m, RemoveLock, Tag, IO_CALLER(), false);
        ULONG times = (ULONG)RemoveLock->Common.IoCount - 1;
        if (KI_UNLIKELY(known && known->high && times > known->high))
            io_held_message(m, held, times, "times", known->high);
    }
    return STATUS_SUCCESS;
}

VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
    KI_GATE(IoReleaseRemoveLock);
    PVOID other;
    (void)RemlockSize;
    io_remove_lock_check(m, RemoveLock, "IoReleaseRemoveLock", IO_CALLER());
    if (m->flags & WDMSIM_CHECK_RULES && !io_held_take(m, RemoveLock, Tag, &other))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD5, (ULONG_PTR)RemoveLock,
                    (ULONG_PTR)Tag, 0,
                    "%s released a remove lock with a tag that nobody acquired it with",
                    ki_address_name(m, IO_CALLER()));
    io_remove_lock_drop(RemoveLock);
}

VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
    KI_GATE(IoReleaseRemoveLockAndWait);
    PVOID other;
    (void)RemlockSize;
    io_remove_lock_check(m, RemoveLock, "IoReleaseRemoveLockAndWait", IO_CALLER());
    if (m->flags & WDMSIM_CHECK_RULES) {
        if (!io_held_take(m, RemoveLock, Tag, &other))
            ki_bugcheck(
                m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD6, (ULONG_PTR)RemoveLock, (ULONG_PTR)Tag,
                (ULONG_PTR)other,
                "%s released a remove lock for removal with a tag that nobody acquired it with",
                ki_address_name(m, IO_CALLER()));
        struct io_held *known = io_held_lock(m, RemoveLock);
        if (known) {
            known->removed = true;
            known->in_pool = mm_pool_mark(m, RemoveLock);
        }
    }
    RemoveLock->Common.Removed = TRUE;
    RemoveLock->Common.IoCount--; /* the count of its initialisation */
    if (--RemoveLock->Common.IoCount > 0)
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
