/*
 * Locks that are held, and the order in which locks are taken.
 *
 * Held locks. One record each, in a list, with the thread, the processor and the innermost calls
 * outside of the library that acquired it. A spin lock belongs to a processor: what a DPC or an
 * interrupt routine acquires does not wait for the locks of the thread it interrupted, so only the
 * spin locks of the processor count there; a thread's acquisition comes after those it owns, too.
 *
 * The order. A node per lock that somebody has asked for; an edge from A to B says that somebody
 * waited, or would have, for B while holding A, and where. An acquisition whose edge would lead
 * back to its own beginning is a bug check even though nobody waits at this moment. Locks that are
 * initialised, or whose memory is freed, leave the graph: what lies at the address next is another
 * lock.
 *
 * Readers are ordered like writers: a writer that waits keeps new readers out, so two readers that
 * take two locks in different orders can block each other.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#if defined(__APPLE__)
#include <mach-o/getsect.h>
#include <mach-o/loader.h>
#else
#include <link.h>
#endif

#include "ki/bugcheck.h"
#include "ki/lock_log.h"
#include "ki/thread.h"

#define KI_LOCK_FRAMES 8u
#define KI_LOCK_BUCKETS 256u

struct ki_lock_site {
    unsigned count;
    uintptr_t frames[KI_LOCK_FRAMES];
};

struct ki_held_lock {
    struct ki_held_lock *next;
    const volatile void *lock;
    enum ki_lock_kind kind;
    struct ki_processor *processor;
    PKTHREAD thread;
    struct ki_lock_site site;
};

struct ki_lock_edge {
    struct ki_lock_edge *next; /* of the same first lock */
    struct ki_lock_node *to;
    uintptr_t held_at, taken_at; /* where the first was acquired, and the second */
};

struct ki_lock_node {
    struct ki_lock_node *next; /* of the same bucket */
    const volatile void *lock;
    enum ki_lock_kind kind;
    struct ki_lock_edge *edges;
    /* Of the latest search that came here: its number, from where, and who was reached next. */
    unsigned search;
    struct ki_lock_node *parent, *reached;
    const struct ki_lock_edge *via;
};

struct ki_lock_log {
    struct ki_held_lock *held, *free_held;
    struct ki_lock_node *nodes[KI_LOCK_BUCKETS], *free_nodes;
    struct ki_lock_edge *free_edges;
    unsigned search;
    uintptr_t library, library_end; /* the code of this library */
};

static const char *const ki_lock_names[] = {
    [KI_LOCK_SPIN] = "spin lock",
    [KI_LOCK_QUEUED] = "queued spin lock",
    [KI_LOCK_READER] = "reader-writer spin lock",
    [KI_LOCK_WRITER] = "reader-writer spin lock",
    [KI_LOCK_FAST_MUTEX] = "fast mutex",
    [KI_LOCK_GUARDED_MUTEX] = "guarded mutex",
    [KI_LOCK_MUTEX] = "mutex",
    [KI_LOCK_RESOURCE] = "resource",
};

/* Where this library's code lies. */
#if defined(__APPLE__)

static void ki_library_find(struct ki_lock_log *log) {
    Dl_info info;
    unsigned long size = 0;
    if (!dladdr((const void *)(uintptr_t)ki_library_find, &info))
        return;
    log->library =
        (uintptr_t)getsegmentdata((const struct mach_header_64 *)info.dli_fbase, "__TEXT", &size);
    log->library_end = log->library + size;
}

#else

static int ki_library_scan(struct dl_phdr_info *info, size_t size, void *context) {
    struct ki_lock_log *log = context;
    uintptr_t own = (uintptr_t)ki_library_scan;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (own < start || own - start >= info->dlpi_phdr[i].p_memsz)
            continue;
        log->library = start;
        log->library_end = start + info->dlpi_phdr[i].p_memsz;
        return 1;
    }
    return 0;
}

static void ki_library_find(struct ki_lock_log *log) { dl_iterate_phdr(ki_library_scan, log); }

#endif

void ki_locks_start(struct machine *m) {
    m->locks = ki_alloc(m, sizeof *m->locks);
    ki_library_find(m->locks);
    m->attention |= KI_ATTENTION_LOCKS;
}

/* ---- where a lock was acquired ---- */

static void ki_site_record(struct machine *m, const struct ki_fiber *fiber, void *frame_pointer,
                           struct ki_lock_site *site) {
    const struct ki_lock_log *log = m->locks;
    uintptr_t frames[2 * KI_LOCK_FRAMES];
    unsigned first = 0, count = ki_walk(fiber, frame_pointer, frames, KI_COUNT(frames));
    while (first < count && frames[first] >= log->library && frames[first] < log->library_end)
        first++;
    if (first == count)
        first = 0; /* the program is linked with the library: no telling them apart */
    site->count = count - first < KI_LOCK_FRAMES ? count - first : KI_LOCK_FRAMES;
    memcpy(site->frames, frames + first, site->count * sizeof *frames);
}

static uintptr_t ki_site_first(const struct ki_lock_site *site) {
    return site->count ? site->frames[0] : 0;
}

static const char *ki_site_name(struct machine *m, uintptr_t address) {
    return address ? ki_address_name(m, (const void *)(address - 1)) : "the host program";
}

#define KI_LOCK_SHOWN 3u

static void ki_site_describe(struct machine *m, const struct ki_lock_site *site, char *buffer,
                             size_t size) {
    size_t used = 0;
    buffer[0] = 0;
    for (unsigned i = 0; i < site->count && i < KI_LOCK_SHOWN; i++) {
        int length = snprintf(buffer + used, size - used, "%s%s", i ? " < " : ", acquired at ",
                              ki_site_name(m, site->frames[i]));
        if (length < 0 || (size_t)length >= size - used)
            break;
        used += (size_t)length;
    }
}

/* ---- who holds what ---- */

static bool ki_lock_is_threads(enum ki_lock_kind kind) { return kind >= KI_LOCK_FAST_MUTEX; }

/* Whether the moving processor, or the thread that runs on it, waits with this lock held when it
 * waits. */
static bool ki_held_here(const struct machine *m, const struct ki_held_lock *held) {
    if (!ki_lock_is_threads(held->kind))
        return held->processor == m->cpu;
    return held->thread == m->cpu->thread && !m->cpu->in_dpc && m->cpu->irql <= DISPATCH_LEVEL;
}

/* The record of a lock: the caller's own if readers share it. */
static struct ki_held_lock **ki_held_find(struct machine *m, const volatile void *lock) {
    struct ki_held_lock **other = NULL;
    for (struct ki_held_lock **link = &m->locks->held; *link; link = &(*link)->next) {
        if ((*link)->lock != lock)
            continue;
        if ((*link)->kind != KI_LOCK_READER || (*link)->processor == m->cpu)
            return link;
        other = link;
    }
    return other;
}

void ki_lock_taken_by(struct machine *m, const volatile void *lock, enum ki_lock_kind kind,
                      PKTHREAD thread) {
    struct ki_lock_log *log = m->locks;
    struct ki_held_lock *held = log->free_held;
    if (held)
        log->free_held = held->next;
    else
        held = ki_alloc(m, sizeof *held);
    *held = (struct ki_held_lock){
        .next = log->held, .lock = lock, .kind = kind, .processor = m->cpu, .thread = thread};
    if (thread == m->cpu->thread)
        ki_site_record(m, m->running, __builtin_frame_address(0), &held->site);
    else
        ki_site_record(m, &thread->fiber, ki_fiber_frame(&thread->fiber), &held->site);
    log->held = held;
}

void ki_lock_taken(struct machine *m, const volatile void *lock, enum ki_lock_kind kind) {
    ki_lock_taken_by(m, lock, kind, m->cpu->thread);
}

static void ki_held_remove(struct machine *m, struct ki_held_lock **link) {
    struct ki_held_lock *held = *link;
    *link = held->next;
    held->next = m->locks->free_held;
    m->locks->free_held = held;
}

void ki_lock_dropped(struct machine *m, const volatile void *lock) {
    struct ki_held_lock **link = ki_held_find(m, lock);
    if (link)
        ki_held_remove(m, link);
}

/* Who called the library. */
static const char *ki_lock_caller(struct machine *m) {
    struct ki_lock_site site;
    ki_site_record(m, m->running, __builtin_frame_address(0), &site);
    return ki_site_name(m, ki_site_first(&site));
}

static _Noreturn void ki_lock_not_owned(struct machine *m, const struct ki_held_lock *held) {
    char site[200];
    ki_site_describe(m, &held->site, site, sizeof site);
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1004, (ULONG_PTR)held->lock,
                (ULONG_PTR)held->thread, (ULONG_PTR)m->cpu->thread,
                "%s released the %s at %p on processor %u (thread %u); processor %u (thread %u) "
                "holds it%s",
                ki_lock_caller(m), ki_lock_names[held->kind], (const void *)held->lock,
                m->cpu->number, m->cpu->thread->serial, held->processor->number,
                held->thread->serial, site);
}

void ki_lock_released(struct machine *m, const volatile void *lock, enum ki_lock_kind kind) {
    struct ki_held_lock **link = ki_held_find(m, lock);
    if (!link)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1007, (ULONG_PTR)lock, 0, 0,
                    "%s released the %s at %p, which nobody holds", ki_lock_caller(m),
                    ki_lock_names[kind], (const void *)lock);
    const struct ki_held_lock *held = *link;
    if (ki_lock_is_threads(kind) ? held->thread != m->cpu->thread : held->processor != m->cpu)
        ki_lock_not_owned(m, held);
    if (held->kind != kind) {
        char site[200];
        ki_site_describe(m, &held->site, site, sizeof site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1009, (ULONG_PTR)lock, 0, 0,
                    "%s released the lock at %p as a %s; it is held as a %s%s", ki_lock_caller(m),
                    (const void *)lock, ki_lock_names[kind], ki_lock_names[held->kind], site);
    }
    ki_held_remove(m, link);
}

/* ---- the order ---- */

static struct ki_lock_node **ki_node_bucket(struct machine *m, const volatile void *lock) {
    return &m->locks->nodes[((uintptr_t)lock >> 3) * 0x9e3779b97f4a7c15ull >> 56];
}

static struct ki_lock_node *ki_node_get(struct machine *m, const volatile void *lock,
                                        enum ki_lock_kind kind) {
    struct ki_lock_log *log = m->locks;
    struct ki_lock_node **bucket = ki_node_bucket(m, lock), *node = *bucket;
    while (node && node->lock != lock)
        node = node->next;
    if (node)
        return node;
    node = log->free_nodes;
    if (node)
        log->free_nodes = node->next;
    else
        node = ki_alloc(m, sizeof *node);
    *node = (struct ki_lock_node){.next = *bucket, .lock = lock, .kind = kind};
    return *bucket = node;
}

static bool ki_edge_exists(const struct ki_lock_node *from, const struct ki_lock_node *to) {
    for (const struct ki_lock_edge *edge = from->edges; edge; edge = edge->next)
        if (edge->to == to)
            return true;
    return false;
}

/* Breadth first, so that the circle that is reported is a shortest one. */
static bool ki_path_exists(struct machine *m, struct ki_lock_node *from, struct ki_lock_node *to) {
    unsigned search = ++m->locks->search;
    struct ki_lock_node *last = from;
    from->search = search;
    from->reached = from->parent = NULL;
    for (struct ki_lock_node *node = from; node; node = node->reached) {
        for (const struct ki_lock_edge *edge = node->edges; edge; edge = edge->next) {
            struct ki_lock_node *next = edge->to;
            if (next->search == search)
                continue;
            next->search = search;
            next->parent = node;
            next->via = edge;
            next->reached = NULL;
            last->reached = next;
            last = next;
            if (next == to)
                return true;
        }
    }
    return false;
}

/* The caller wants `want` with `held` held, and a path leads from `want` to `held`. */
static _Noreturn void ki_order_broken(struct machine *m, const struct ki_lock_node *want,
                                      const struct ki_held_lock *held,
                                      const struct ki_lock_node *node,
                                      const struct ki_lock_site *site) {
    char before[400] = "";
    size_t used = 0;
    for (; node->parent && used < sizeof before; node = node->parent)
        used +=
            (size_t)snprintf(before + used, sizeof before - used,
                             "; %p was acquired at %s while %p was held from %s",
                             (const void *)node->lock, ki_site_name(m, node->via->taken_at),
                             (const void *)node->parent->lock, ki_site_name(m, node->via->held_at));
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)want->lock, 0, 0,
                "lock order: %s acquires the %s at %p while it holds the %s at %p from %s%s",
                ki_site_name(m, ki_site_first(site)), ki_lock_names[want->kind],
                (const void *)want->lock, ki_lock_names[held->kind], (const void *)held->lock,
                ki_site_name(m, ki_site_first(&held->site)), before);
}

static void ki_edge_add(struct machine *m, struct ki_lock_node *from, struct ki_lock_node *to,
                        uintptr_t held_at, uintptr_t taken_at) {
    struct ki_lock_edge *edge = m->locks->free_edges;
    if (edge)
        m->locks->free_edges = edge->next;
    else
        edge = ki_alloc(m, sizeof *edge);
    *edge = (struct ki_lock_edge){
        .next = from->edges, .to = to, .held_at = held_at, .taken_at = taken_at};
    from->edges = edge;
}

static void ki_order_check(struct machine *m, struct ki_lock_node *want,
                           const struct ki_held_lock *held) {
    struct ki_lock_node *first = ki_node_get(m, held->lock, held->kind);
    if (ki_edge_exists(first, want))
        return;
    struct ki_lock_site site;
    ki_site_record(m, m->running, __builtin_frame_address(0), &site);
    if (ki_path_exists(m, want, first))
        ki_order_broken(m, want, held, first, &site);
    ki_edge_add(m, first, want, ki_site_first(&held->site), ki_site_first(&site));
}

static bool ki_is_word(enum ki_lock_kind kind) {
    return kind == KI_LOCK_SPIN || kind == KI_LOCK_QUEUED;
}

void ki_lock_wanted(struct machine *m, const volatile void *lock, enum ki_lock_kind kind) {
    struct ki_lock_node *want = ki_node_get(m, lock, kind);
    if (KI_UNLIKELY(want->kind != kind) && ki_is_word(kind) && ki_is_word(want->kind)) {
        struct ki_lock_site site;
        ki_site_record(m, m->running, __builtin_frame_address(0), &site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1008, (ULONG_PTR)lock, 0, 0,
                    "%s acquires the lock at %p as a %s; it was used as a %s before",
                    ki_site_name(m, ki_site_first(&site)), (const void *)lock, ki_lock_names[kind],
                    ki_lock_names[want->kind]);
    }
    for (const struct ki_held_lock *held = m->locks->held; held; held = held->next)
        if (held->lock == lock && ki_held_here(m, held))
            return; /* recursion: the lock's own rule */
    for (const struct ki_held_lock *held = m->locks->held; held; held = held->next)
        if (ki_held_here(m, held))
            ki_order_check(m, want, held);
}

/* ---- the end of a lock ---- */

static void ki_edges_free(struct machine *m, struct ki_lock_edge **link,
                          const struct ki_lock_node *to) {
    while (*link) {
        struct ki_lock_edge *edge = *link;
        if (to && edge->to != to) {
            link = &edge->next;
            continue;
        }
        *link = edge->next;
        edge->next = m->locks->free_edges;
        m->locks->free_edges = edge;
    }
}

static void ki_node_remove(struct machine *m, struct ki_lock_node **link) {
    struct ki_lock_node *node = *link;
    *link = node->next;
    ki_edges_free(m, &node->edges, NULL);
    for (unsigned i = 0; i < KI_LOCK_BUCKETS; i++)
        for (struct ki_lock_node *other = m->locks->nodes[i]; other; other = other->next)
            ki_edges_free(m, &other->edges, node);
    node->next = m->locks->free_nodes;
    m->locks->free_nodes = node;
}

/* All locks in a range are forgotten. */
static void ki_nodes_remove(struct machine *m, uintptr_t start, size_t size) {
    for (unsigned i = 0; i < KI_LOCK_BUCKETS; i++) {
        struct ki_lock_node **link = &m->locks->nodes[i];
        while (*link)
            if ((uintptr_t)(*link)->lock - start < size)
                ki_node_remove(m, link);
            else
                link = &(*link)->next;
    }
}

void ki_lock_initialized(struct machine *m, const volatile void *lock, const void *caller) {
    struct ki_held_lock **held = ki_held_find(m, lock);
    struct ki_lock_node **link = ki_node_bucket(m, lock);
    if (held) {
        char site[200];
        ki_site_describe(m, &(*held)->site, site, sizeof site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1005, (ULONG_PTR)lock, 0, 0,
                    "%s initialized the %s at %p, which thread %u holds%s",
                    ki_address_name(m, caller), ki_lock_names[(*held)->kind], (const void *)lock,
                    (*held)->thread->serial, site);
    }
    while (*link && (*link)->lock != lock)
        link = &(*link)->next;
    if (*link)
        ki_node_remove(m, link);
}

void ki_lock_event_initialized(struct machine *m, const KEVENT *event, const void *caller) {
    const FAST_MUTEX *mutex = CONTAINING_RECORD(event, FAST_MUTEX, Event);
    struct ki_held_lock **held = ki_held_find(m, mutex);
    const struct ki_lock_node *node = *ki_node_bucket(m, mutex);
    while (node && node->lock != mutex)
        node = node->next;
    if (held ? (*held)->kind == KI_LOCK_FAST_MUTEX : node && node->kind == KI_LOCK_FAST_MUTEX)
        ki_lock_initialized(m, mutex, caller);
}

void ki_locks_freed(struct machine *m, const void *memory, size_t size, const void *caller) {
    for (const struct ki_held_lock *held = m->locks->held; held; held = held->next) {
        if ((uintptr_t)held->lock - (uintptr_t)memory >= size)
            continue;
        char site[200];
        ki_site_describe(m, &held->site, site, sizeof site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x100B, (ULONG_PTR)held->lock,
                    (ULONG_PTR)held->thread, 0, "%s freed the %s at %p, which thread %u holds%s",
                    caller ? ki_address_name(m, caller) : "the kernel", ki_lock_names[held->kind],
                    (const void *)held->lock, held->thread->serial, site);
    }
    ki_nodes_remove(m, (uintptr_t)memory, size);
}

/* A resource may be released for its owner by somebody else later, and a kernel mutex has a bug
 * check of its own. */
void ki_locks_thread_ends(struct machine *m, PKTHREAD thread) {
    for (const struct ki_held_lock *held = m->locks->held; held; held = held->next) {
        if (held->thread != thread ||
            (held->kind != KI_LOCK_FAST_MUTEX && held->kind != KI_LOCK_GUARDED_MUTEX))
            continue;
        char site[200];
        ki_site_describe(m, &held->site, site, sizeof site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x100A, (ULONG_PTR)thread, 0, 0,
                    "thread %u (%s) ended while it owned the %s at %p%s", thread->serial,
                    thread->name, ki_lock_names[held->kind], (const void *)held->lock, site);
    }
}

/* ---- for the reports of others ---- */

void ki_lock_site(struct machine *m, const volatile void *lock, char *buffer, size_t size) {
    struct ki_held_lock **link = m->locks ? ki_held_find(m, lock) : NULL;
    buffer[0] = 0;
    if (link)
        ki_site_describe(m, &(*link)->site, buffer, size);
}

void ki_locks_here(struct machine *m, char *buffer, size_t size) {
    buffer[0] = 0;
    if (!m->locks)
        return;
    for (const struct ki_held_lock *held = m->locks->held; held; held = held->next) {
        if (ki_lock_is_threads(held->kind) || held->processor != m->cpu)
            continue;
        char site[200];
        ki_site_describe(m, &held->site, site, sizeof site);
        snprintf(buffer, size, "; it holds the %s at %p%s", ki_lock_names[held->kind],
                 (const void *)held->lock, site);
        return;
    }
}
