/*
 * Steps that are requests of a program: open, close, ioctl, read, write, flush, and what is done
 * about those that stay pending: cancel and wait.
 */
#include "scenario/run.h"

#include <string.h>

/* Where a request's buffers and names come from. */
struct request_source {
    unsigned file; /* 0: an open */
    unsigned process, event, as;
    const struct input_spec *in;
    const struct output_spec *out;
    struct number offset;
};

const uint8_t *data_bytes(struct run *run, const struct data *data) {
    if (!data->handle_count)
        return data->bytes;
    uint8_t *bytes = (uint8_t *)store_copy(&run->store, (const char *)data->bytes, data->size);
    for (unsigned i = 0; i < data->handle_count; i++) {
        uint64_t handle = run->slots[data->handles[i].name].handle;
        for (unsigned k = 0; k < 8; k++)
            bytes[data->handles[i].offset + k] = (uint8_t)(handle >> 8 * k);
    }
    return bytes;
}

static void set_input(struct run *run, struct wdmsim_request_parameters *parameters,
                      const struct input_spec *in) {
    parameters->input_size = in->size;
    parameters->raw_addresses |= in->raw;
    parameters->input_address = in->address;
    if (in->data)
        parameters->input = data_bytes(run, in->data);
}

static void set_output(struct run *run, struct wdmsim_request_parameters *parameters,
                       const struct output_spec *out) {
    parameters->output_size = out->size;
    parameters->raw_addresses |= out->raw;
    parameters->output_address = out->address;
    if (out->initial)
        parameters->output = data_bytes(run, out->initial);
}

/* Forgets the request that a name or a step stood for before. */
static void forget(struct run *run, struct wdmsim_request **request) {
    if (*request)
        wdmsim_request_free(run->machine, *request);
    *request = NULL;
}

static bool submit(struct run *run, const struct step *step,
                   struct wdmsim_request_parameters *parameters, unsigned as) {
    struct wdmsim_request **request = &run->requests[step->index];
    forget(run, request);
    int error = wdmsim_submit(run->machine, parameters, request);
    if (error) {
        *request = NULL;
        return run_fail(run, "request", "to be submitted", wdmsim_error_message(error));
    }
    if (!as)
        return true;
    struct slot *slot = &run->slots[as];
    forget(run, &slot->request);
    slot->request = *request;
    *request = NULL;
    return true;
}

static bool start(struct run *run, const struct step *step, enum wdmsim_operation operation,
                  uint32_t code, const struct request_source *source) {
    const struct slot *file = &run->slots[source->file];
    struct wdmsim_request_parameters parameters = {
        .operation = operation, .handle = file->handle, .code = code, .process = file->process};
    if (!file->handle)
        return run_fail(run, "file", run_printf(run, "%s to be open", run_name(run, source->file)),
                        "it never was");
    run->failure.device = file->path;
    if (source->process)
        parameters.process = run->slots[source->process].process;
    if (source->event)
        parameters.event = run->slots[source->event].handle;
    if (source->as)
        run->slots[source->as].device = file->path;
    parameters.offset = source->offset.set ? (int64_t)source->offset.value : -1;
    if (source->in)
        set_input(run, &parameters, source->in);
    if (source->out)
        set_output(run, &parameters, source->out);
    return submit(run, step, &parameters, source->as);
}

#define SOURCE(step) .process = (step)->process, .event = (step)->event, .as = (step)->as

bool step_ioctl_start(struct run *run, const struct step *step) {
    const struct step_ioctl *ioctl = &step->as.ioctl;
    struct request_source source = {
        .file = ioctl->file, SOURCE(ioctl), .in = &ioctl->in, .out = &ioctl->out};
    return start(run, step, WDMSIM_IOCTL, (uint32_t)ioctl->ioctl.value, &source);
}

bool step_read_start(struct run *run, const struct step *step) {
    const struct step_read *read = &step->as.read;
    struct request_source source = {
        .file = read->file, SOURCE(read), .out = &read->read, .offset = read->offset};
    return start(run, step, WDMSIM_READ, 0, &source);
}

bool step_write_start(struct run *run, const struct step *step) {
    const struct step_write *write = &step->as.write;
    struct request_source source = {
        .file = write->file, SOURCE(write), .in = &write->write, .offset = write->offset};
    return start(run, step, WDMSIM_WRITE, 0, &source);
}

bool step_flush_start(struct run *run, const struct step *step) {
    const struct step_flush *flush = &step->as.flush;
    struct request_source source = {.file = flush->flush, SOURCE(flush)};
    return start(run, step, WDMSIM_FLUSH, 0, &source);
}

bool step_close_start(struct run *run, const struct step *step) {
    struct request_source source = {.file = step->as.close.close};
    return start(run, step, WDMSIM_CLOSE, 0, &source);
}

bool step_open_start(struct run *run, const struct step *step) {
    const struct step_open *open = &step->as.open;
    struct wdmsim_request_parameters parameters = {
        .operation = WDMSIM_OPEN,
        .process = open->process ? run->slots[open->process].process : NULL,
        .path = open->open,
        .access = (uint32_t)open->access.value,
        .share = (uint32_t)open->share.value,
        .disposition = (uint32_t)open->disposition.value,
        .synchronous = open->synchronous.value,
    };
    run->failure.device = open->open;
    if (open->as) {
        struct slot *slot = &run->slots[open->as];
        slot->process = parameters.process;
        slot->path = slot->device = open->open;
        slot->handle = 0;
    }
    return submit(run, step, &parameters, open->as);
}

/* ---- the second halves ---------------------------------------------------------------------- */

/* The handle is known as soon as the open is done, whenever that is. */
static void take_handle(struct run *run, unsigned name) {
    struct slot *slot = &run->slots[name];
    if (run->scenario->names[name].kind == NAME_FILE && wdmsim_request_done(slot->request) &&
        (int32_t)wdmsim_request_status(slot->request) >= 0)
        slot->handle = wdmsim_request_handle(slot->request);
}

static bool finish(struct run *run, const struct step *step, unsigned as,
                   const struct expect_request *expect) {
    struct wdmsim_request *request = as ? run->slots[as].request : run->requests[step->index];
    bool good = check_request(run, request, expect, as ? RULE_SUCCESS_OR_PENDING : RULE_SUCCESS);
    if (!good)
        return false;
    if (as)
        take_handle(run, as);
    else
        forget(run, &run->requests[step->index]);
    return true;
}

bool step_open_finish(struct run *run, const struct step *step) {
    run->failure.device = step->as.open.open;
    return finish(run, step, step->as.open.as, step->as.open.expect);
}

bool step_request_finish(struct run *run, const struct step *step) {
    unsigned file = 0;
    switch (step->kind) {
#define X(kind, file_member, as_name)                                                              \
    case STEP_##kind:                                                                              \
        file = step->as.kind.file_member;                                                          \
        run->failure.device = run->slots[file].path;                                               \
        return finish(run, step, as_name, step->as.kind.expect);
        X(close, close, 0)
        X(ioctl, file, step->as.ioctl.as)
        X(read, file, step->as.read.as)
        X(write, file, step->as.write.as)
        X(flush, flush, step->as.flush.as)
#undef X
    default:
        return true;
    }
}

/* ---- pending requests ----------------------------------------------------------------------- */

/* The request a name stands for, or NULL with a failure if its step was never done. */
static struct wdmsim_request *request_of(struct run *run, unsigned name) {
    struct wdmsim_request *request = run->slots[name].request;
    run->failure.device = run->slots[name].device;
    if (!request)
        run_fail(run, "request", run_printf(run, "%s to be submitted", run_name(run, name)),
                 "it never was");
    return request;
}

/* What came of putting an end to a request. One that is done already is a failure unless the step
 * says how it ended. */
static bool ended(struct run *run, int error, unsigned name, const struct expect_request *expect) {
    if (error != WDMSIM_ERROR_NOT_FOUND || expect)
        return true;
    const struct wdmsim_request *request = run->slots[name].request;
    return run_fail(
        run, "request", run_printf(run, "%s to be pending", run_name(run, name)),
        run_printf(run, "already done: %s", status_words(run, wdmsim_request_status(request))));
}

bool step_cancel_start(struct run *run, const struct step *step) {
    const struct step_cancel *cancel = &step->as.cancel;
    struct wdmsim_request *request = request_of(run, cancel->cancel);
    return request &&
           ended(run, wdmsim_cancel(run->machine, request), cancel->cancel, cancel->expect);
}

/* How a request ended that a step put an end to, if the step says. */
static bool finish_ended(struct run *run, unsigned name, const struct expect_request *expect) {
    if (!check_request(run, run->slots[name].request, expect, RULE_NONE))
        return false;
    take_handle(run, name);
    return true;
}

bool step_cancel_finish(struct run *run, const struct step *step) {
    return finish_ended(run, step->as.cancel.cancel, step->as.cancel.expect);
}

bool step_cancel_all_start(struct run *run, const struct step *step) {
    const struct step_cancel_all *cancel = &step->as.cancel_all;
    const struct slot *file = &run->slots[cancel->cancel_all];
    run->failure.device = file->path;
    if (!file->handle)
        return run_fail(run, "file",
                        run_printf(run, "%s to be open", run_name(run, cancel->cancel_all)),
                        "it never was");
    struct wdmsim_process *process =
        cancel->process ? run->slots[cancel->process].process : file->process;
    int error = wdmsim_cancel_all(run->machine, process, file->handle);
    return !error || run_fail(run, "file", "its process to run", wdmsim_error_message(error));
}

bool step_end_thread_start(struct run *run, const struct step *step) {
    const struct step_end_thread *end = &step->as.end_thread;
    struct wdmsim_request *request = request_of(run, end->end_thread);
    return request && ended(run, wdmsim_request_end_thread(run->machine, request), end->end_thread,
                            end->expect);
}

bool step_end_thread_finish(struct run *run, const struct step *step) {
    return finish_ended(run, step->as.end_thread.end_thread, step->as.end_thread.expect);
}

#define WAIT_DEFAULT (60 * WDMSIM_S)

struct event_wait {
    struct machine *machine;
    const struct slot *slot;
};

static bool event_is_set(void *context) {
    const struct event_wait *wait = context;
    return wdmsim_event_state(wait->machine, wait->slot->process, wait->slot->handle) == 1;
}

/* As WaitForSingleObject does, which takes the signal of an event that resets itself. */
static bool wait_for_event(struct run *run, unsigned name, uint64_t limit) {
    const struct slot *slot = &run->slots[name];
    struct event_wait wait = {run->machine, slot};
    int error = wdmsim_run_until(run->machine, event_is_set, &wait, limit);
    if (error == WDMSIM_ERROR_TIMED_OUT)
        return run_fail(
            run, "event",
            run_printf(run, "%s to be set within %s", run_name(run, name), time_words(run, limit)),
            "not signaled");
    if (!error && !slot->manual_reset)
        wdmsim_event_set(run->machine, slot->process, slot->handle, false);
    return true;
}

static bool wait_for_request(struct run *run, unsigned name, uint64_t limit) {
    struct wdmsim_request *request = request_of(run, name);
    if (!request)
        return false;
    if (wdmsim_wait(run->machine, request, limit) != WDMSIM_ERROR_TIMED_OUT)
        return true;
    return run_fail(
        run, "request",
        run_printf(run, "%s to be done within %s", run_name(run, name), time_words(run, limit)),
        "still pending");
}

static bool is_event(const struct run *run, unsigned name) {
    return run->scenario->names[name].kind == NAME_EVENT;
}

bool step_wait_start(struct run *run, const struct step *step) {
    unsigned name = step->as.wait.wait;
    uint64_t limit = step->as.wait.limit.set ? step->as.wait.limit.value : WAIT_DEFAULT;
    return is_event(run, name) ? wait_for_event(run, name, limit)
                               : wait_for_request(run, name, limit);
}

bool step_wait_finish(struct run *run, const struct step *step) {
    unsigned name = step->as.wait.wait;
    if (is_event(run, name))
        return true;
    if (!check_request(run, run->slots[name].request, step->as.wait.expect, RULE_SUCCESS))
        return false;
    take_handle(run, name);
    return true;
}
