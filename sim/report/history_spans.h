/*
 * Spans and marks of a history: IRPs and requests with their lives, callbacks and remarks with
 * their moments, and how long requests took.
 *
 * What a request waited for is judged by its device: the time from the request's arrival to the
 * last moment of its life at which the system came to S0, its device to D0, or a component of it to
 * F0 or to activity. A request whose device was on all the time waited for nothing.
 */
#ifndef SIM_REPORT_HISTORY_SPANS_H
#define SIM_REPORT_HISTORY_SPANS_H

#include "report/energy.h"
#include "report/history.h"

void spans_begin(struct history *history);
void spans_event(struct history *history, const struct wdmsim_event *event);
void spans_end(struct history *history);
/* Calls visit for what has not ended, in no certain order. */
void spans_open(const struct history *history,
                void (*visit)(void *context, const struct span *span), void *context);

#endif
