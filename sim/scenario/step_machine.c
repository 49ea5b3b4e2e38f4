/* Steps about time, interrupts, events and processes. */
#include "scenario/run.h"

#include <inttypes.h>

/* Turns an error of the host API into a failure. */
static bool worked(struct run *run, int error, const char *expected) {
    return error >= 0 || run_fail(run, "step", expected, wdmsim_error_message(error));
}

/* A random amount is drawn in 2^16 steps between the two bounds. */
bool step_advance_start(struct run *run, const struct step *step) {
    const struct step_advance *advance = &step->as.advance;
    uint64_t time = advance->advance.value;
    if (advance->up_to.set && advance->up_to.value > time) {
        unsigned part = wdmsim_choose(run->machine, 0x10000);
        time += (uint64_t)((unsigned __int128)(advance->up_to.value - time) * part / 0xffff);
    }
    return worked(run, wdmsim_advance(run->machine, time), "time to pass");
}

bool step_set_time_start(struct run *run, const struct step *step) {
    int64_t time = (int64_t)step->as.set_time.set_time.value;
    return worked(run, wdmsim_set_system_time(run->machine, time), "a new system time");
}

static bool is_decided(void *context) { return *(const uint32_t *)context != STATUS_PENDING; }

/* The first one; the others follow when it is there. */
bool step_add_processors_start(struct run *run, const struct step *step) {
    int error = wdmsim_processor_add(run->machine, &run->operations[step->index]);
    if (error != WDMSIM_ERROR_BUSY)
        return worked(run, error, "another processor");
    return run_fail(run, "processor", "room for another one, and no other on its way",
                    wdmsim_error_message(error));
}

bool step_add_processors_finish(struct run *run, const struct step *step) {
    static const struct number within; /* the default */
    const struct step_add_processors *add = &step->as.add_processors;
    const struct statuses *expected = add->expect ? add->expect->status : NULL;
    uint32_t *status = &run->operations[step->index];
    for (uint64_t added = 1;; added++) {
        if (!wait_until(run, is_decided, status, &within, "the drivers to be done with it") ||
            !check_status(run, "status of the processor", *status, expected, RULE_SUCCESS))
            return false;
        if (added == add->add_processors.value)
            return true;
        if (!step_add_processors_start(run, step))
            return false;
    }
}

bool step_interrupt_start(struct run *run, const struct step *step) {
    uint64_t vector = step->as.interrupt.interrupt.value;
    int error = wdmsim_interrupt_raise(run->machine, (uint32_t)vector);
    if (error != WDMSIM_ERROR_NOT_FOUND)
        return worked(run, error, "an interrupt");
    return run_fail(run, "interrupt",
                    run_printf(run, "a driver connected to vector 0x%" PRIx64, vector), "none is");
}

/* The process that a step names, NULL for the machine's own. */
static struct wdmsim_process *process_of(struct run *run, unsigned name) {
    return name ? run->slots[name].process : NULL;
}

bool step_create_event_start(struct run *run, const struct step *step) {
    const struct step_create_event *create = &step->as.create_event;
    struct slot *slot = &run->slots[create->create_event];
    *slot = (struct slot){.process = process_of(run, create->process),
                          .manual_reset = create->manual_reset.value};
    slot->handle = wdmsim_event_create(run->machine, slot->process, create->manual_reset.value,
                                       create->signaled.value);
    return slot->handle || run_fail(run, "event", "a new event", "none could be created");
}

static bool set_event(struct run *run, unsigned name, bool signaled) {
    const struct slot *slot = &run->slots[name];
    return worked(run, wdmsim_event_set(run->machine, slot->process, slot->handle, signaled),
                  "the event to exist");
}

bool step_set_event_start(struct run *run, const struct step *step) {
    return set_event(run, step->as.set_event.set_event, true);
}

bool step_reset_event_start(struct run *run, const struct step *step) {
    return set_event(run, step->as.reset_event.reset_event, false);
}

bool step_create_process_start(struct run *run, const struct step *step) {
    unsigned name = step->as.create_process.create_process;
    run->slots[name] = (struct slot){0};
    return worked(
        run, wdmsim_process_create(run->machine, run_name(run, name), &run->slots[name].process),
        "a new process");
}

bool step_exit_process_start(struct run *run, const struct step *step) {
    struct slot *slot = &run->slots[step->as.exit_process.exit_process];
    return worked(run, wdmsim_process_exit(run->machine, slot->process), "the process to exist");
}

bool step_note_start(struct run *run, const struct step *step) {
    wdmsim_trace_note(run->machine, step->as.note.note);
    return true;
}
