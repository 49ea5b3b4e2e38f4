/*
 * Device events: functions of the host's device models on the virtual clock, or at the end of some
 * number of delays that drivers make.
 *
 * They run on whatever stack moved the clock, below every processor; while one runs nothing else
 * does, so it may look at and change the machine (raise interrupts, schedule more events) but never
 * wait.
 */
#include "ki/clock.h"
#include "ki/machine.h"

struct ki_device_event {
    struct ki_clock_node node;
    uint64_t delays; /* not on the clock: due when machine.hooks.delays is this */
    int64_t id;
    void (*fn)(void *context);
    void *context;
    struct ki_device_event *next; /* free list, or the list of scheduled ones */
    struct ki_device_event **link;
};

static void ki_event_unlink(struct machine *m, struct ki_device_event *event) {
    *event->link = event->next;
    if (event->next)
        event->next->link = event->link;
    event->next = m->device_events_free;
    m->device_events_free = event;
}

static void ki_event_call(struct machine *m, struct ki_device_event *event) {
    void (*fn)(void *) = event->fn;
    void *context = event->context;
    ki_event_unlink(m, event);
    fn(context);
}

void ki_device_event_run(struct machine *m, struct ki_clock_node *node) {
    ki_event_call(m, CONTAINING_RECORD(node, struct ki_device_event, node));
}

static struct ki_device_event *ki_event_make(struct machine *m, void (*fn)(void *context),
                                             void *context) {
    struct ki_device_event *event = m->device_events_free;
    if (event)
        m->device_events_free = event->next;
    else
        event = ki_alloc(m, sizeof *event);
    event->delays = 0;
    event->id = ++m->next_device_event;
    event->fn = fn;
    event->context = context;
    event->next = m->device_events;
    event->link = &m->device_events;
    if (event->next)
        event->next->link = &event->next;
    m->device_events = event;
    return event;
}

int64_t wdmsim_schedule(struct machine *machine, uint64_t delay, void (*fn)(void *context),
                        void *context) {
    struct ki_device_event *event = ki_event_make(machine, fn, context);
    uint64_t now = machine->clock.now;
    ki_clock_insert(machine, &event->node, KI_CLOCK_DEVICE,
                    delay > KI_CLOCK_LAST - now ? KI_CLOCK_LAST : now + delay);
    return event->id;
}

int wdmsim_unschedule(struct machine *machine, int64_t id) {
    struct ki_device_event *event = machine->device_events;
    while (event && event->id != id)
        event = event->next;
    if (!event)
        return WDMSIM_ERROR_NOT_FOUND;
    if (event->delays)
        machine->hooks.delay_events--;
    else
        ki_clock_remove(machine, &event->node);
    ki_event_unlink(machine, event);
    return 0;
}

/* ---- events at the end of a delay ---- */

int64_t wdmsim_after_delays(struct machine *machine, uint64_t calls, void (*fn)(void *context),
                            void *context) {
    if (!calls || calls > UINT64_MAX - machine->hooks.delays)
        return WDMSIM_ERROR_INVALID;
    struct ki_device_event *event = ki_event_make(machine, fn, context);
    event->delays = machine->hooks.delays + calls;
    machine->hooks.delay_events++;
    return event->id;
}

/* The one with the lowest number, if several are due. */
static struct ki_device_event *ki_event_due_now(struct machine *m) {
    struct ki_device_event *first = NULL;
    for (struct ki_device_event *event = m->device_events; event; event = event->next)
        if (event->delays == m->hooks.delays && (!first || event->id < first->id))
            first = event;
    return first;
}

void ki_delay_events_run(struct machine *m) {
    struct ki_device_event *event;
    while ((event = ki_event_due_now(m)) != NULL) {
        m->hooks.delay_events--;
        ki_event_call(m, event);
    }
}
