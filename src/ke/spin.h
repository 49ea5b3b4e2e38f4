/*
 * A driver's spin locks, and those that the kernel takes on its behalf: as ke_spin_acquire, and
 * followed if the machine follows locks.
 */
#ifndef KE_SPIN_H
#define KE_SPIN_H

#include "ke/ke.h"
#include "ki/lock_log.h"

static inline void ke_spin_take(struct machine *m, PKSPIN_LOCK lock, enum ki_lock_kind kind) {
    if (ki_locks_followed(m))
        ki_lock_wanted(m, lock, kind);
    ke_spin_acquire(m, lock);
    if (ki_locks_followed(m))
        ki_lock_taken(m, lock, kind);
}

static inline void ke_spin_give(struct machine *m, PKSPIN_LOCK lock) {
    if (ki_locks_followed(m))
        ki_lock_dropped(m, lock);
    *lock = 0;
}

#endif
