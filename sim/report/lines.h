/*
 * Debug output as a debugger shows it.
 *
 * A message without a line end is an event of its own, and so is what continues it. On its way to
 * those who read, pieces that follow each other become one event: that of the first, with all of
 * the text. Any other event between two pieces comes between them here, too; the first part then
 * says that its line goes on.
 */
#ifndef SIM_REPORT_LINES_H
#define SIM_REPORT_LINES_H

#include <wdmsim/trace.h>

#include "memory.h"

struct lines {
    wdmsim_trace_fn *sink; /* who reads */
    void *context;
    struct wdmsim_event first; /* of the pieces that wait, if `waiting` */
    bool waiting;
    struct text text;
};

/* A sink in front of the one that reads; its context is the struct lines. */
void lines_event(void *lines, const struct wdmsim_event *event);
/* Hands on what waits: before somebody looks, and at the end. */
void lines_flush(struct lines *lines);

static inline bool lines_goes_on(const struct wdmsim_event *event) {
    return event->kind == WDMSIM_EVENT_MESSAGE && event->arguments[0];
}

#endif
