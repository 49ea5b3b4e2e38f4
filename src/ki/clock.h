/*
 * The virtual clock and the queue of everything that will happen on it.
 *
 * An event is a small node inside the object that wants it (a KTIMER's list entry, a thread's
 * time-out, a device model's event); the queue is a 4-ary heap of (due, order of arming) outside
 * the objects, so that arming and cancelling cost O(log n) and equal due times keep the order of
 * arming. Between the two stands a small number, the node's slot: as entries move in the heap only
 * a dense table of places is written, not the objects all over memory.
 */
#ifndef KI_CLOCK_H
#define KI_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

enum ki_clock_kind {
    KI_CLOCK_IDLE = 0, /* not queued */
    KI_CLOCK_TIMER,    /* a KTIMER; handled by its processor at DISPATCH_LEVEL */
    KI_CLOCK_TIMEOUT,  /* a thread's wait; likewise */
    KI_CLOCK_DEVICE,   /* a device model's or the host's; below all processors */
    KI_CLOCK_HOST, /* a thread that speaks for the host passes time; not asleep with the system */
    KI_CLOCK_KINDS
};

/* 16 bytes: fits the place of a LIST_ENTRY. */
struct ki_clock_node {
    uint32_t slot; /* its slot + 1; 0 when not queued */
    uint16_t kind;
    uint16_t absolute; /* a moment of the calendar: the system's sleep does not put it off */
    uint64_t due;      /* ns */
};

/* `order` is the number of the arming, then the slot in the low KI_CLOCK_SLOT_BITS. */
struct ki_clock_entry {
    uint64_t due;
    uint64_t order;
};
/* The last moment there is. Entries that are frozen while the system sleeps have a higher bit set,
 * so they stand behind all others and in the same order among themselves. */
#define KI_CLOCK_LAST ((uint64_t)INT64_MAX)
#define KI_CLOCK_FROZEN (KI_CLOCK_LAST + 1)
#define KI_CLOCK_SLOT_BITS 26
#define KI_CLOCK_SLOTS (1u << KI_CLOCK_SLOT_BITS)

/* What a slot stands for. While it is free `place` is the next free slot + 1. */
struct ki_clock_slots {
    struct ki_clock_node **node;
    uint32_t *place; /* in the heap */
    uint32_t used, capacity, free;
};

struct ki_clock {
    uint64_t now;      /* ns since the machine started */
    uint64_t next_due; /* of the heap's top, UINT64_MAX when empty */
    uint64_t limit;    /* the host lets time pass up to here */
    uint64_t slept;    /* how long the system has slept so far */
    uint64_t asleep_since;
    bool asleep;
    uint64_t sequence;
    struct ki_clock_entry
        *heap; /* its second entry begins a cache line, as every group of four siblings does then */
    uint32_t count;
    uint32_t capacity;
    struct ki_clock_slots slots;
};

static inline bool ki_clock_is_queued(const struct ki_clock_node *node) { return node->slot != 0; }

/* `due` <= KI_CLOCK_LAST. The node is relative; the caller may call it absolute afterwards. */
void ki_clock_insert(struct machine *m, struct ki_clock_node *node, enum ki_clock_kind kind,
                     uint64_t due);
/* True if it was queued. */
bool ki_clock_remove(struct machine *m, struct ki_clock_node *node);

/* True if the node is in the queue, at the place it names; safe on uninitialised memory. */
bool ki_clock_holds(const struct machine *m, const struct ki_clock_node *node);

/*
 * The clock moves by what a processor does (a stall, a read of the clock, a charged cost). Runs
 * device events that fall due on the way and makes due timers pending.
 */
void ki_clock_spend(struct machine *m, uint64_t ns);
/* All processors idle: jumps to the next event within the limit. False if there is none. */
bool ki_clock_jump(struct machine *m);

/*
 * The system falls asleep and wakes: timers and time-outs stand still meanwhile. Afterwards a
 * relative one has as long to go as it had before, an absolute one that has passed is due. What is
 * armed while the system sleeps runs: only hardware and the host do that.
 */
void ki_clock_freeze(struct machine *m);
void ki_clock_thaw(struct machine *m);

/* The calendar is put forward by `change`, 100 ns units (negative: back): what is absolute falls
 * due that much earlier. */
void ki_clock_shift(struct machine *m, int64_t change);

/* Time without the system's sleep, ns. */
static inline uint64_t ki_clock_awake(const struct ki_clock *clock) {
    return (clock->asleep ? clock->asleep_since : clock->now) - clock->slept;
}

/* The node of heap entry `at` < clock.count: in no order but that the first comes first. */
struct ki_clock_node *ki_clock_due_at(const struct machine *m, uint32_t at);

/* Takes the next due node of kind TIMER, TIMEOUT or HOST; NULL when none is due. Equal times are
 * a choice. */
struct ki_clock_node *ki_clock_take_due(struct machine *m);

/* A due device event: calls its function. In device.c. */
void ki_device_event_run(struct machine *m, struct ki_clock_node *node);
/* Calls the functions of the device events that are due at the end of this delay. */
void ki_delay_events_run(struct machine *m);

#endif
