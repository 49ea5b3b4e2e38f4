/*
 * The virtual clock (clock.h has the structure).
 *
 * Time moves in two ways only: a processor spends some (a stall, a read of the clock, a charged
 * cost), or all processors are idle and it jumps to the next event. Device events run at once, on
 * whatever stack moved the clock: they are hardware and see no IRQL. Everything else that falls due
 * becomes a request at DISPATCH_LEVEL to processor 0, as a clock interrupt hands timer expiry on;
 * that processor takes the due nodes off the heap when it gets there.
 *
 * The heap is 4-ary: half the levels of a binary one, and four siblings are one cache line.
 */
#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/clock.h"
#include "ki/dispatch.h"
#include "ki/machine.h"
#include "ki/processor.h"
#include "ki/schedule.h"
#include "ki/trace.h"

static inline bool ki_before(const struct ki_clock_entry *a, const struct ki_clock_entry *b) {
    return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static inline uint32_t ki_slot_of(const struct ki_clock_entry *entry) {
    return (uint32_t)entry->order & (KI_CLOCK_SLOTS - 1);
}

static inline struct ki_clock_node *ki_node_at(const struct ki_clock *clock, uint32_t at) {
    return clock->slots.node[ki_slot_of(&clock->heap[at])];
}

static inline void ki_place(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry) {
    clock->heap[at] = entry;
    clock->slots.place[ki_slot_of(&entry)] = at;
}

static void ki_sift_up(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry) {
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (!ki_before(&entry, &clock->heap[parent]))
            break;
        ki_place(clock, at, clock->heap[parent]);
        at = parent;
    }
    ki_place(clock, at, entry);
}

/* The first of the siblings from `first` on. */
static inline uint32_t ki_earliest(const struct ki_clock *clock, uint32_t first) {
    uint32_t best = first, last = first + 4 < clock->count ? first + 4 : clock->count;
    for (uint32_t child = first + 1; child < last; child++)
        if (ki_before(&clock->heap[child], &clock->heap[best]))
            best = child;
    return best;
}

/* Whichever of four siblings is the earliest, its children are in one of these four lines. */
static inline void ki_prefetch_children(const struct ki_clock *clock, uint32_t first) {
    const struct ki_clock_entry *children = &clock->heap[(size_t)first * 4 + 1];
    for (unsigned i = 0; i < 4; i++)
        __builtin_prefetch(children + 4 * i);
}

/*
 * An entry rises to `at`, and has a way to go till it is due: what is needed then is fetched
 * meanwhile. On the heap's fourth level that is the slot, on the third the object that it stands
 * for.
 */
static inline void ki_prefetch_rising(const struct ki_clock *clock, uint32_t at,
                                      const struct ki_clock_entry *entry) {
    struct ki_clock_node **node = &clock->slots.node[ki_slot_of(entry)];
    if (at >= 21 && at < 85)
        __builtin_prefetch(node);
    else if (at >= 5 && at < 21)
        __builtin_prefetch(*node, 1);
}

static void ki_sift_down(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry) {
    for (;;) {
        uint32_t first = at * 4 + 1;
        if (first >= clock->count)
            break;
        ki_prefetch_children(clock, first);
        uint32_t best = ki_earliest(clock, first);
        if (!ki_before(&clock->heap[best], &entry))
            break;
        ki_prefetch_rising(clock, at, &clock->heap[best]);
        ki_place(clock, at, clock->heap[best]);
        at = best;
    }
    ki_place(clock, at, entry);
}

#define KI_CLOCK_STEP (64u * 1024u)

/* More of a region that has no other user, so that it stays contiguous. */
static char *ki_clock_take(struct machine *m, enum ki_region_kind region) {
    char *more = ki_region_take(m, region, KI_CLOCK_STEP);
    if (!more)
        ki_no_memory();
    return more;
}

static void ki_clock_grow(struct machine *m) {
    struct ki_clock *clock = &m->clock;
    char *more = ki_clock_take(m, KI_REGION_CLOCK);
    if (!clock->heap)
        clock->heap = (struct ki_clock_entry *)(void *)more + 3;
    clock->capacity =
        (uint32_t)((size_t)(more + KI_CLOCK_STEP - (char *)clock->heap) / sizeof *clock->heap);
}

static void ki_slots_grow(struct machine *m) {
    struct ki_clock_slots *slots = &m->clock.slots;
    uint32_t more = KI_CLOCK_STEP / sizeof *slots->place;
    KI_ASSERT(slots->capacity + more <= KI_CLOCK_SLOTS);
    char *places = ki_clock_take(m, KI_REGION_CLOCK_PLACES);
    if (!slots->place)
        slots->place = (uint32_t *)(void *)places;
    for (size_t done = 0; done < more * sizeof *slots->node; done += KI_CLOCK_STEP) {
        char *nodes = ki_clock_take(m, KI_REGION_CLOCK_NODES);
        if (!slots->node)
            slots->node = (struct ki_clock_node **)(void *)nodes;
    }
    slots->capacity += more;
}

static uint32_t ki_slot_for(struct machine *m, struct ki_clock_node *node) {
    struct ki_clock_slots *slots = &m->clock.slots;
    uint32_t slot;
    if (slots->free) {
        slot = slots->free - 1;
        slots->free = slots->place[slot];
    } else {
        if (slots->used == slots->capacity)
            ki_slots_grow(m);
        slot = slots->used++;
    }
    slots->node[slot] = node;
    return slot;
}

static void ki_slot_release(struct ki_clock_slots *slots, uint32_t slot) {
    slots->node[slot] = NULL;
    slots->place[slot] = slots->free;
    slots->free = slot + 1;
}

static inline void ki_clock_top_changed(struct ki_clock *clock) {
    clock->next_due =
        clock->count && clock->heap[0].due <= KI_CLOCK_LAST ? clock->heap[0].due : UINT64_MAX;
}

/* Due work waits for processor 0. */
static void ki_clock_announce(struct machine *m) {
    if (m->clock.next_due <= m->clock.now)
        ki_request(m, &m->processors[0], DISPATCH_LEVEL);
}

void ki_clock_insert(struct machine *m, struct ki_clock_node *node, enum ki_clock_kind kind,
                     uint64_t due) {
    struct ki_clock *clock = &m->clock;
    KI_ASSERT(node->slot == 0);
    if (clock->count == clock->capacity)
        ki_clock_grow(m);
    uint32_t slot = ki_slot_for(m, node);
    node->slot = slot + 1;
    node->kind = (uint16_t)kind;
    node->absolute = false;
    node->due = due;
    struct ki_clock_entry entry = {.due = due,
                                   .order = ++clock->sequence << KI_CLOCK_SLOT_BITS | slot};
    ki_sift_up(clock, clock->count++, entry);
    if (due < clock->next_due) {
        clock->next_due = due;
        if (kind != KI_CLOCK_DEVICE)
            ki_clock_announce(m);
    }
}

bool ki_clock_remove(struct machine *m, struct ki_clock_node *node) {
    struct ki_clock *clock = &m->clock;
    uint32_t slot = node->slot;
    if (slot-- == 0)
        return false;
    KI_ASSERT(slot < clock->slots.used && clock->slots.node[slot] == node);
    uint32_t at = clock->slots.place[slot];
    node->slot = 0;
    ki_slot_release(&clock->slots, slot);
    struct ki_clock_entry last = clock->heap[--clock->count];
    if (at < clock->count) {
        if (at > 0 && ki_before(&last, &clock->heap[(at - 1) / 4]))
            ki_sift_up(clock, at, last);
        else
            ki_sift_down(clock, at, last);
    }
    ki_clock_top_changed(clock);
    return true;
}

/* ---- the system's sleep ---- */

/* Entries anywhere in the heap have changed. */
static void ki_clock_reorder(struct ki_clock *clock) {
    for (uint32_t at = clock->count < 2 ? 0 : (clock->count - 2) / 4 + 1; at-- > 0;)
        ki_sift_down(clock, at, clock->heap[at]);
    ki_clock_top_changed(clock);
}

KI_LOOKS_AT_FREED void ki_clock_freeze(struct machine *m) {
    struct ki_clock *clock = &m->clock;
    KI_ASSERT(!clock->asleep);
    clock->asleep = true;
    clock->asleep_since = clock->now;
    for (uint32_t at = 0; at < clock->count; at++) {
        const struct ki_clock_node *node = ki_node_at(clock, at);
        if (node->kind == KI_CLOCK_TIMER || node->kind == KI_CLOCK_TIMEOUT)
            clock->heap[at].due |= KI_CLOCK_FROZEN;
    }
    ki_clock_reorder(clock);
}

/* A timer that was freed or overwritten keeps what is in its place; take_due finds that out. */
KI_LOOKS_AT_FREED static void ki_clock_put_off(struct ki_clock *clock, uint32_t at, uint64_t span) {
    struct ki_clock_entry *entry = &clock->heap[at];
    struct ki_clock_node *node = ki_node_at(clock, at);
    entry->due &= ~KI_CLOCK_FROZEN;
    if (node->absolute)
        return;
    entry->due = span > KI_CLOCK_LAST - entry->due ? KI_CLOCK_LAST : entry->due + span;
    if (node->slot == ki_slot_of(entry) + 1)
        node->due = entry->due;
}

void ki_clock_thaw(struct machine *m) {
    struct ki_clock *clock = &m->clock;
    uint64_t span = clock->now - clock->asleep_since;
    KI_ASSERT(clock->asleep);
    clock->asleep = false;
    clock->slept += span;
    for (uint32_t at = 0; at < clock->count; at++)
        if (clock->heap[at].due & KI_CLOCK_FROZEN)
            ki_clock_put_off(clock, at, span);
    ki_clock_reorder(clock);
    ki_clock_announce(m);
}

/* ---- a change of the calendar ---- */

static uint64_t ki_clock_shifted(uint64_t due, bool earlier, uint64_t span) {
    if (earlier)
        return due > span ? due - span : 0;
    return KI_CLOCK_LAST - due > span ? due + span : KI_CLOCK_LAST;
}

/* As in ki_clock_put_off, an entry's node may be no more. */
KI_LOOKS_AT_FREED static void ki_clock_shift_entry(struct ki_clock *clock, uint32_t at,
                                                   bool earlier, uint64_t span) {
    struct ki_clock_entry *entry = &clock->heap[at];
    struct ki_clock_node *node = ki_node_at(clock, at);
    if (node->slot != ki_slot_of(entry) + 1 || !node->absolute)
        return;
    node->due = ki_clock_shifted(entry->due & ~KI_CLOCK_FROZEN, earlier, span);
    entry->due = node->due | (entry->due & KI_CLOCK_FROZEN);
}

void ki_clock_shift(struct machine *m, int64_t change) {
    struct ki_clock *clock = &m->clock;
    uint64_t units = change < 0 ? (uint64_t)0 - (uint64_t)change : (uint64_t)change;
    uint64_t span = units > KI_CLOCK_LAST / 100 ? KI_CLOCK_LAST : units * 100;
    for (uint32_t at = 0; at < clock->count; at++)
        ki_clock_shift_entry(clock, at, change > 0, span);
    ki_clock_reorder(clock);
    ki_clock_announce(m);
}

bool ki_clock_holds(const struct machine *m, const struct ki_clock_node *node) {
    uint32_t slot = node->slot;
    return slot > 0 && slot <= m->clock.slots.used && m->clock.slots.node[slot - 1] == node;
}

/* Runs device events due now; they may schedule more. */
static void ki_clock_devices(struct machine *m) {
    while (m->clock.next_due <= m->clock.now && ki_node_at(&m->clock, 0)->kind == KI_CLOCK_DEVICE) {
        struct ki_clock_node *node = ki_node_at(&m->clock, 0);
        ki_clock_remove(m, node);
        ki_device_event_run(m, node);
    }
    ki_clock_announce(m);
}

/* Moves the clock to `target`, stopping on the way wherever something falls due. */
static void ki_clock_move(struct machine *m, uint64_t target) {
    while (m->clock.next_due <= target && m->state == KI_STATE_RUNNING) {
        uint64_t due = m->clock.next_due;
        if (due > m->clock.now)
            m->clock.now = due;
        if (ki_node_at(&m->clock, 0)->kind != KI_CLOCK_DEVICE)
            break; /* announced below; further device events wait behind it in due order */
        ki_clock_devices(m);
    }
    if (target > m->clock.now)
        m->clock.now = target;
    ki_clock_announce(m);
}

void ki_clock_spend(struct machine *m, uint64_t ns) {
    struct ki_processor *cpu = m->cpu;
    uint64_t before = m->clock.now;
    ki_clock_move(m, before + ns);
    if (cpu->irql >= DISPATCH_LEVEL)
        ki_dpc_watch(m, ns);
    else
        cpu->high_time = 0;
    if (KI_UNLIKELY(cpu->dpc_count) && before / KI_TICK != m->clock.now / KI_TICK)
        ki_request(m, cpu, DISPATCH_LEVEL);
    if (KI_UNLIKELY(m->clock.now - cpu->thread->run_start >= KI_SLICE))
        ki_slice_end(m);
}

bool ki_clock_jump(struct machine *m) {
    struct ki_clock *clock = &m->clock;
    if (clock->next_due > clock->limit || clock->next_due == UINT64_MAX)
        return false;
    if (clock->next_due > clock->now) {
        KI_TRACE(m, CLOCK, "", clock->next_due - clock->now);
        clock->now = clock->next_due;
    }
    ki_clock_devices(m);
    return true;
}

/* How many timers of the heap's top are due at the same instant: candidates of a choice, at
 * most 16. */
static unsigned ki_clock_ties(const struct ki_clock *clock, uint32_t *ties) {
    unsigned count = 0;
    uint64_t due = clock->heap[0].due;
    uint32_t stack[64];
    unsigned depth = 0;
    stack[depth++] = 0;
    while (depth && count < 16) {
        uint32_t at = stack[--depth];
        if (at >= clock->count || clock->heap[at].due != due ||
            ki_node_at(clock, at)->kind == KI_CLOCK_DEVICE)
            continue;
        ties[count++] = at;
        for (uint32_t child = at * 4 + 4; child > at * 4 && depth < KI_COUNT(stack); child--)
            stack[depth++] = child;
    }
    return count;
}

/* The order of alternatives must be the order of arming, with the top first. */
static void ki_sort_ties(const struct ki_clock *clock, uint32_t *ties, unsigned count) {
    for (unsigned i = 1; i < count; i++) {
        uint32_t tie = ties[i];
        unsigned j = i;
        for (; j > 0 && clock->heap[tie].order < clock->heap[ties[j - 1]].order; j--)
            ties[j] = ties[j - 1];
        ties[j] = tie;
    }
}

struct ki_clock_node *ki_clock_due_at(const struct machine *m, uint32_t at) {
    return ki_node_at(&m->clock, at);
}

struct ki_clock_node *ki_clock_take_due(struct machine *m) {
    struct ki_clock *clock = &m->clock;
    if (clock->next_due > clock->now)
        return NULL;
    if (ki_node_at(clock, 0)->kind == KI_CLOCK_DEVICE)
        ki_clock_devices(m);
    if (clock->next_due > clock->now)
        return NULL;
    uint32_t at = 0;
    if (m->attention & KI_ATTENTION_EXPLORE) {
        uint32_t ties[16];
        unsigned count = ki_clock_ties(clock, ties);
        ki_sort_ties(clock, ties, count);
        at = ties[ki_choose(m, WDMSIM_CHOICE_TIMER, count)];
    }
    struct ki_clock_node *node = ki_node_at(clock, at);
    if (KI_UNLIKELY(node->slot != ki_slot_of(&clock->heap[at]) + 1))
        ki_bugcheck(m, TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)node, 0, 0,
                    "a timer was overwritten or freed while it was set");
    ki_clock_remove(m, node);
    return node;
}

uint64_t wdmsim_time(const struct machine *machine) { return machine->clock.now; }
