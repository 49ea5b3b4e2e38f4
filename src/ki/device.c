/*
 * Device events: functions of the host's device models on the virtual clock.
 *
 * They run on whatever stack moved the clock, below every processor; while one runs nothing else
 * does, so it may look at and change the machine (raise interrupts, schedule more events) but never
 * wait.
 */
#include "ki/clock.h"
#include "ki/machine.h"

struct ki_device_event {
    struct ki_clock_node node;
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

void ki_device_event_run(struct machine *m, struct ki_clock_node *node) {
    struct ki_device_event *event = CONTAINING_RECORD(node, struct ki_device_event, node);
    void (*fn)(void *) = event->fn;
    void *context = event->context;
    ki_event_unlink(m, event);
    fn(context);
}

int64_t wdmsim_schedule(struct machine *machine, uint64_t delay, void (*fn)(void *context),
                        void *context) {
    struct ki_device_event *event = machine->device_events_free;
    if (event)
        machine->device_events_free = event->next;
    else
        event = ki_alloc(machine, sizeof *event);
    event->id = ++machine->next_device_event;
    event->fn = fn;
    event->context = context;
    event->next = machine->device_events;
    event->link = &machine->device_events;
    if (event->next)
        event->next->link = &event->next;
    machine->device_events = event;
    uint64_t now = machine->clock.now;
    ki_clock_insert(machine, &event->node, KI_CLOCK_DEVICE,
                    delay > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + delay);
    return event->id;
}

int wdmsim_unschedule(struct machine *machine, int64_t id) {
    struct ki_device_event *event = machine->device_events;
    while (event && event->id != id)
        event = event->next;
    if (!event)
        return WDMSIM_ERROR_NOT_FOUND;
    ki_clock_remove(machine, &event->node);
    ki_event_unlink(machine, event);
    return 0;
}
