/*
 * Bug checks: the machine stops, the process goes on.
 *
 * Whoever calls ki_bugcheck never gets control back. The record of what happened is made while the
 * failing stack is still there; then the OS thread returns to the host's stack for good and the
 * machine can only be looked at and destroyed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/bugcheck_names.h"
#include "ki/thread.h"
#include "ki/trace.h"

static const struct {
    ULONG code;
    const char *name;
} ki_bugcheck_names[] = {
#define X(name) {name, #name},
    KI_BUGCHECK_LIST(X)
#undef X
};

const char *wdmsim_bugcheck_name(uint32_t code) {
    for (size_t i = 0; i < KI_COUNT(ki_bugcheck_names); i++)
        if (ki_bugcheck_names[i].code == code)
            return ki_bugcheck_names[i].name;
    return NULL;
}

int64_t wdmsim_bugcheck_code(const char *name) {
    for (size_t i = 0; i < KI_COUNT(ki_bugcheck_names); i++)
        if (strcmp(ki_bugcheck_names[i].name, name) == 0)
            return ki_bugcheck_names[i].code;
    return WDMSIM_ERROR_NOT_FOUND;
}

_Noreturn void ki_assertion_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "wdmsim: internal error: %s:%d: %s\n", file, line, condition);
    abort();
}

_Noreturn void ki_no_memory(void) {
    fprintf(stderr, "wdmsim: the host has no memory left\n");
    exit(EXIT_FAILURE);
}

const char *ki_irql_name(unsigned irql) {
    static const char *const names[16] = {
        "PASSIVE", "APC",     "DISPATCH", "DIRQL 3",  "DIRQL 4",  "DIRQL 5", "DIRQL 6", "DIRQL 7",
        "DIRQL 8", "DIRQL 9", "DIRQL 10", "DIRQL 11", "DIRQL 12", "CLOCK",   "IPI",     "HIGH",
    };
    return irql < KI_COUNT(names) ? names[irql] : "an invalid IRQL";
}

/* Names are asked for again and again while tracing: a small direct-mapped cache of them. */
#define KI_NAME_CACHE 256u
struct ki_name_cache {
    const void *address;
    const char *name;
};

/* "driver.sys" -> "driver": the file's name without folder and ending. */
static void ki_image_name(const char *path, char *buffer, size_t size) {
    const char *slash = strrchr(path, '/');
    snprintf(buffer, size, "%s", slash ? slash + 1 : path);
    char *dot = strstr(buffer, ".sys");
    if (dot && dot[4] == 0)
        *dot = 0;
}

static const char *ki_address_name_new(struct machine *m, const void *address) {
    Dl_info info;
    char text[256], image[128];
    if (!dladdr(address, &info) || !info.dli_fname)
        return "an unknown address";
    ki_image_name(info.dli_fname, image, sizeof image);
    if (info.dli_sname) {
        uintptr_t offset = (uintptr_t)address - (uintptr_t)info.dli_saddr;
        snprintf(text, sizeof text, offset ? "%s!%s+%#lx" : "%s!%s", image, info.dli_sname,
                 (unsigned long)offset);
    } else {
        snprintf(text, sizeof text, "%s+%#lx", image,
                 (unsigned long)((uintptr_t)address - (uintptr_t)info.dli_fbase));
    }
    return ki_intern(m, text);
}

bool ki_in_image(const void *address) {
    Dl_info info;
    return dladdr(address, &info) != 0;
}

const char *ki_address_name(struct machine *m, const void *address) {
    if (!m->names)
        m->names = ki_alloc(m, KI_NAME_CACHE * sizeof *m->names);
    struct ki_name_cache *entry = &m->names[((uintptr_t)address >> 2) % KI_NAME_CACHE];
    if (entry->address != address) {
        entry->name = ki_address_name_new(m, address);
        entry->address = address;
    }
    return entry->name;
}

static void ki_frame_resolve(struct wdmsim_frame *frame) {
    Dl_info info;
    /* The address after a call may be the first of the next function; its predecessor never is. */
    if (!dladdr((void *)(frame->address - 1), &info) || !info.dli_fname)
        return;
    frame->image = info.dli_fname;
    frame->offset = frame->address - (uintptr_t)info.dli_fbase;
    if (info.dli_sname) {
        frame->symbol = info.dli_sname;
        frame->symbol_offset = frame->address - (uintptr_t)info.dli_saddr;
    }
}

unsigned ki_walk(const struct ki_fiber *fiber, void *frame_pointer, uintptr_t *addresses,
                 unsigned capacity) {
    uintptr_t at = (uintptr_t)frame_pointer;
    uintptr_t low = (uintptr_t)fiber->stack, high = low + fiber->stack_size;
    unsigned count = 0;
    while (count < capacity && at >= low && at + 2 * sizeof(uintptr_t) <= high &&
           at % sizeof(uintptr_t) == 0) {
        uintptr_t next = ((const uintptr_t *)at)[0], address = ((const uintptr_t *)at)[1];
        if (!address)
            break;
        addresses[count++] = address;
        if (next <= at)
            break;
        at = next;
    }
    return count;
}

static unsigned ki_unwind_fiber(const struct ki_fiber *fiber, void *frame_pointer,
                                struct wdmsim_frame *frames, unsigned capacity) {
    uintptr_t addresses[WDMSIM_STOP_FRAMES];
    unsigned count = ki_walk(fiber, frame_pointer, addresses,
                             capacity < KI_COUNT(addresses) ? capacity : KI_COUNT(addresses));
    for (unsigned i = 0; i < count; i++) {
        frames[i] = (struct wdmsim_frame){.address = addresses[i]};
        ki_frame_resolve(&frames[i]);
    }
    return count;
}

unsigned ki_unwind(struct machine *m, void *frame_pointer, struct wdmsim_frame *frames,
                   unsigned capacity) {
    return m->running == &m->host ? 0
                                  : ki_unwind_fiber(m->running, frame_pointer, frames, capacity);
}

#define KI_DESCRIBED_FRAMES 4u

void ki_stack_describe(struct machine *m, const struct ki_fiber *fiber, char *buffer, size_t size) {
    struct wdmsim_frame frames[WDMSIM_STOP_FRAMES];
    struct wdmsim_frame own = {.address = (uintptr_t)ki_stack_describe + 1};
    unsigned count = ki_unwind_fiber(fiber, ki_fiber_frame(fiber), frames, WDMSIM_STOP_FRAMES);
    size_t used = 0;
    ki_frame_resolve(&own);
    buffer[0] = 0;
    for (unsigned i = 0, shown = 0; i < count && shown < KI_DESCRIBED_FRAMES; i++) {
        if (frames[i].image && own.image && !strcmp(frames[i].image, own.image))
            continue;
        int length = snprintf(buffer + used, size - used, "%s%s", shown++ ? " < " : "",
                              ki_address_name(m, (const void *)(frames[i].address - 1)));
        if (length < 0 || (size_t)length >= size - used)
            break;
        used += (size_t)length;
    }
}

/* The host goes on; the fiber never does. */
static _Noreturn void ki_leave_for_good(struct machine *m) {
    KI_ASSERT(m->running != &m->host);
    m->state = KI_STATE_STOPPED;
    m->running = &m->host;
    ki_fiber_leave(m, &m->host);
}

/* Fills the record, lets registered callbacks run, and leaves for the host. */
static _Noreturn void ki_stop(struct machine *m, ULONG code, void *frame_pointer,
                              const ULONG_PTR parameters[4], uintptr_t fault_address) {
    struct wdmsim_stop *stop = &m->stop;
    m->stopping = true; /* a second one, in a callback of this, leaves this record as it is */
    stop->code = code;
    for (unsigned i = 0; i < 4; i++)
        stop->parameters[i] = parameters[i];
    stop->name = wdmsim_bugcheck_name(code);
    if (!stop->name)
        stop->name = "UNKNOWN";
    stop->processor = m->cpu->number;
    stop->irql = m->cpu->irql;
    stop->thread = m->cpu->thread->serial;
    stop->time = m->clock.now;
    if (fault_address) {
        stop->frames[0] = (struct wdmsim_frame){.address = fault_address + 1};
        ki_frame_resolve(&stop->frames[0]);
        stop->frame_count = 1;
    }
    stop->frame_count += ki_unwind(m, frame_pointer, stop->frames + stop->frame_count,
                                   WDMSIM_STOP_FRAMES - stop->frame_count);
    KI_TRACE(m, BUGCHECK, stop->explanation, code, parameters[0], parameters[1]);
    if (m->on_bugcheck) {
        m->attention = 0;
        m->cpu->irql = HIGH_LEVEL;
        m->on_bugcheck(m);
    }
    ki_leave_for_good(m);
}

_Noreturn void ki_bugcheck(struct machine *m, ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                           ULONG_PTR p4, const char *format, ...) {
    if (m->stopping)
        ki_leave_for_good(m);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(m->stop.explanation, sizeof m->stop.explanation, format, arguments);
    va_end(arguments);
    ki_stop(m, code, __builtin_frame_address(0), (const ULONG_PTR[4]){p1, p2, p3, p4}, 0);
}

_Noreturn void ki_bugcheck_at(struct machine *m, ULONG code, const ULONG_PTR parameters[4],
                              uintptr_t address, void *frame_pointer, const char *explanation) {
    if (m->stopping)
        ki_leave_for_good(m);
    snprintf(m->stop.explanation, sizeof m->stop.explanation, "%s", explanation);
    ki_stop(m, code, frame_pointer, parameters, address);
}

const struct wdmsim_stop *wdmsim_machine_stop(const struct machine *machine) {
    return machine->state == KI_STATE_STOPPED ? &machine->stop : NULL;
}
