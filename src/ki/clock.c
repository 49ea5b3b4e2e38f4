/*
 * The virtual clock (clock.h has the structure).
 *
 * Time moves in two ways only: a processor spends some (a stall, a read of the clock, a charged cost), or all processors
 * are idle and it jumps to the next event. Device events run at once, on whatever stack moved the clock: they are hardware
 * and see no IRQL. Everything else that falls due becomes a request at DISPATCH_LEVEL to processor 0, as a clock interrupt
 * hands timer expiry on; that processor takes the due nodes off the heap when it gets there.
 *
 * The heap is 4-ary: half the levels of a binary one and four children in one and a half cache lines.
 */
#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/clock.h"
#include "ki/dispatch.h"
#include "ki/machine.h"
#include "ki/processor.h"
#include "ki/trace.h"

static inline bool ki_before(const struct ki_clock_entry *a, const struct ki_clock_entry *b)
{
    return a->due < b->due || (a->due == b->due && a->sequence < b->sequence);
}

static inline void ki_place(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry)
{
    clock->heap[at] = entry;
    entry.node->index = at + 1;
}

static void ki_sift_up(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (!ki_before(&entry, &clock->heap[parent]))
            break;
        ki_place(clock, at, clock->heap[parent]);
        at = parent;
    }
    ki_place(clock, at, entry);
}

static void ki_sift_down(struct ki_clock *clock, uint32_t at, struct ki_clock_entry entry)
{
    for (;;) {
        uint32_t first = at * 4 + 1, best = first;
        if (first >= clock->count)
            break;
        uint32_t last = first + 4 < clock->count ? first + 4 : clock->count;
        for (uint32_t child = first + 1; child < last; child++)
            if (ki_before(&clock->heap[child], &clock->heap[best]))
                best = child;
        if (!ki_before(&clock->heap[best], &entry))
            break;
        ki_place(clock, at, clock->heap[best]);
        at = best;
    }
    ki_place(clock, at, entry);
}

static void ki_clock_grow(struct machine *m)
{
    size_t size = 64 * 1024;
    /* The region has no other user, so the heap stays contiguous. */
    struct ki_clock_entry *more = ki_region_take(m, KI_REGION_CLOCK, size);
    if (!more)
        ki_no_memory();
    if (!m->clock.heap)
        m->clock.heap = more;
    char *end = (char *)more + size;
    m->clock.capacity = (uint32_t)((size_t)(end - (char *)m->clock.heap) / sizeof *more);
}

static inline void ki_clock_top_changed(struct ki_clock *clock)
{
    clock->next_due = clock->count ? clock->heap[0].due : UINT64_MAX;
}

/* Due work waits for processor 0. */
static void ki_clock_announce(struct machine *m)
{
    if (m->clock.next_due <= m->clock.now)
        ki_request(m, &m->processors[0], DISPATCH_LEVEL);
}

void ki_clock_insert(struct machine *m, struct ki_clock_node *node, enum ki_clock_kind kind, uint64_t due)
{
    struct ki_clock *clock = &m->clock;
    KI_ASSERT(node->index == 0);
    if (clock->count == clock->capacity)
        ki_clock_grow(m);
    node->kind = kind;
    node->due = due;
    struct ki_clock_entry entry = {.due = due, .sequence = ++clock->sequence, .node = node};
    ki_sift_up(clock, clock->count++, entry);
    if (due < clock->next_due) {
        clock->next_due = due;
        if (kind != KI_CLOCK_DEVICE)
            ki_clock_announce(m);
    }
}

bool ki_clock_remove(struct machine *m, struct ki_clock_node *node)
{
    struct ki_clock *clock = &m->clock;
    uint32_t at = node->index;
    if (at-- == 0)
        return false;
    KI_ASSERT(at < clock->count && clock->heap[at].node == node);
    node->index = 0;
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

bool ki_clock_holds(const struct machine *m, const struct ki_clock_node *node)
{
    uint32_t index = node->index;
    return index > 0 && index <= m->clock.count && m->clock.heap[index - 1].node == node;
}

/* Runs device events due now; they may schedule more. */
static void ki_clock_devices(struct machine *m)
{
    while (m->clock.next_due <= m->clock.now && m->clock.heap[0].node->kind == KI_CLOCK_DEVICE) {
        struct ki_clock_node *node = m->clock.heap[0].node;
        ki_clock_remove(m, node);
        ki_device_event_run(m, node);
    }
    ki_clock_announce(m);
}

/* Moves the clock to `target`, stopping on the way wherever something falls due. */
static void ki_clock_move(struct machine *m, uint64_t target)
{
    while (m->clock.next_due <= target && m->state == KI_STATE_RUNNING) {
        uint64_t due = m->clock.next_due;
        if (due > m->clock.now)
            m->clock.now = due;
        if (m->clock.heap[0].node->kind != KI_CLOCK_DEVICE)
            break; /* announced below; further device events wait behind it in due order */
        ki_clock_devices(m);
    }
    if (target > m->clock.now)
        m->clock.now = target;
    ki_clock_announce(m);
}

void ki_clock_spend(struct machine *m, uint64_t ns)
{
    ki_clock_move(m, m->clock.now + ns);
    if (m->cpu->in_dpc && KI_UNLIKELY(m->clock.now - m->cpu->dpc_start > KI_DPC_TIME_LIMIT))
        ki_dpc_overrun(m);
}

bool ki_clock_jump(struct machine *m)
{
    struct ki_clock *clock = &m->clock;
    if (clock->next_due > clock->limit)
        return false;
    if (clock->next_due > clock->now) {
        KI_TRACE(m, CLOCK, "", clock->next_due - clock->now);
        clock->now = clock->next_due;
    }
    ki_clock_devices(m);
    return true;
}

/* How many timers of the heap's top are due at the same instant: candidates of a choice, at most 16. */
static unsigned ki_clock_ties(const struct ki_clock *clock, uint32_t *ties)
{
    unsigned count = 0;
    uint64_t due = clock->heap[0].due;
    uint32_t stack[64];
    unsigned depth = 0;
    stack[depth++] = 0;
    while (depth && count < 16) {
        uint32_t at = stack[--depth];
        if (at >= clock->count || clock->heap[at].due != due || clock->heap[at].node->kind == KI_CLOCK_DEVICE)
            continue;
        ties[count++] = at;
        for (uint32_t child = at * 4 + 4; child > at * 4 && depth < KI_COUNT(stack); child--)
            stack[depth++] = child;
    }
    return count;
}

/* The order of alternatives must be the order of arming, with the top first. */
static void ki_sort_ties(const struct ki_clock *clock, uint32_t *ties, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        uint32_t tie = ties[i];
        unsigned j = i;
        for (; j > 0 && clock->heap[tie].sequence < clock->heap[ties[j - 1]].sequence; j--)
            ties[j] = ties[j - 1];
        ties[j] = tie;
    }
}

struct ki_clock_node *ki_clock_take_due(struct machine *m)
{
    struct ki_clock *clock = &m->clock;
    if (clock->next_due > clock->now)
        return NULL;
    if (clock->heap[0].node->kind == KI_CLOCK_DEVICE)
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
    struct ki_clock_node *node = clock->heap[at].node;
    if (KI_UNLIKELY(node->index != at + 1))
        ki_bugcheck(m, TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)node, 0, 0,
                    "a timer was overwritten or freed while it was set");
    ki_clock_remove(m, node);
    return node;
}

uint64_t wdmsim_time(const struct machine *machine)
{
    return machine->clock.now;
}
