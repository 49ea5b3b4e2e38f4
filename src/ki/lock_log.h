/*
 * What deadlock detection knows: who holds which lock, where it was acquired, and in what order
 * locks are taken (WDMSIM_CHECK_LOCKS).
 *
 * A routine that acquires calls ki_lock_wanted before it waits and ki_lock_taken when it has the
 * lock; one that tries calls the second only, because who does not wait cannot close a circle. A
 * release calls ki_lock_dropped. None of them does anything, or is called, while the instrument is
 * off.
 */
#ifndef KI_LOCK_LOG_H
#define KI_LOCK_LOG_H

#include "ki/machine.h"

enum ki_lock_kind {
    KI_LOCK_SPIN,
    KI_LOCK_QUEUED, /* a spin lock acquired through a handle */
    KI_LOCK_READER, /* a reader-writer spin lock */
    KI_LOCK_WRITER,
    KI_LOCK_FAST_MUTEX, /* from here on a thread owns it, before it is a processor */
    KI_LOCK_GUARDED_MUTEX,
    KI_LOCK_MUTEX,
    KI_LOCK_RESOURCE, /* exclusively */
};

static inline bool ki_locks_followed(const struct machine *m) {
    return KI_UNLIKELY(m->attention & KI_ATTENTION_LOCKS);
}

void ki_locks_start(struct machine *m);

/* `lock` is about to be acquired, with a wait if need be: a bug check if that breaks the order seen
 * so far. */
void ki_lock_wanted(struct machine *m, const volatile void *lock, enum ki_lock_kind kind);
/* The caller has it now; or a thread that sleeps, whom somebody else gave it. */
void ki_lock_taken(struct machine *m, const volatile void *lock, enum ki_lock_kind kind);
void ki_lock_taken_by(struct machine *m, const volatile void *lock, enum ki_lock_kind kind,
                      PKTHREAD thread);
/* The caller is about to release it: a bug check if it is not its own, or held by other means. */
void ki_lock_released(struct machine *m, const volatile void *lock, enum ki_lock_kind kind);
/* It is nobody's now, or a thing's that is no thread. */
void ki_lock_dropped(struct machine *m, const volatile void *lock);
/* A new lock at this place. */
void ki_lock_initialized(struct machine *m, const volatile void *lock, const void *caller);
/* A new event; a fast mutex has no initialization that could be seen but that of its event. */
void ki_lock_event_initialized(struct machine *m, const KEVENT *event, const void *caller);
/* Memory that is about to be freed; a lock in it that is held is a bug check. */
void ki_locks_freed(struct machine *m, const void *memory, size_t size, const void *caller);
/* A thread ends. */
void ki_locks_thread_ends(struct machine *m, PKTHREAD thread);

/* ", acquired at driver!inner < driver!outer" of a lock that is held and followed, or "". */
void ki_lock_site(struct machine *m, const volatile void *lock, char *buffer, size_t size);
/* "; it holds the spin lock at … acquired at …" of the first spin lock that the moving processor
 * holds, or "". */
void ki_locks_here(struct machine *m, char *buffer, size_t size);

#endif
