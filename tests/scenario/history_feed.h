/* A run that never was: events made by hand for the tests of the history and of the reports from
 * it. */
#ifndef HISTORY_FEED_H
#define HISTORY_FEED_H

#include "report/blockers.h"
#include "report/energy.h"
#include "report/history.h"
#include "report/history_spans.h"

#define MS 1000000ull

struct feed {
    struct history history;
    uint64_t now, sequence;
    uint32_t thread;
};

static inline void feed_event(struct feed *feed, int kind, const char *text, uint64_t a, uint64_t b,
                              uint64_t c, uint64_t d) {
    struct wdmsim_event event = {.time = feed->now,
                                 .sequence = ++feed->sequence,
                                 .kind = (uint16_t)kind,
                                 .thread = feed->thread,
                                 .arguments = {a, b, c, d},
                                 .text = text};
    history_event(&feed->history, &event);
}

#define FEED(feed, kind, text, a, b, c, d) feed_event(feed, WDMSIM_EVENT_##kind, text, a, b, c, d)

/* Device node 2, started, in D0, with a component that is active. */
static inline void feed_device(struct feed *feed) {
    FEED(feed, PNP_NODE, "ROOT\\GAUGE\\0000", 2, 0, 0, 0);
    FEED(feed, PNP_STATE, "started", 2, 0, 0, 0);
    FEED(feed, FX_CONDITION, "", 2, 0, 1, 0);
}

/* The component rests for `idle` ms in F1 and the device in D3; a read wakes it, which takes 3 ms.
 */
static inline void feed_cycle(struct feed *feed, uint32_t serial, uint64_t idle) {
    FEED(feed, FX_CONDITION, "", 2, 0, 0, 0);
    FEED(feed, FX_STATE, "", 2, 0, 0, 1);
    FEED(feed, POWER_DEVICE, "", 2, 0, 3, 0);
    feed->now += idle * MS;
    FEED(feed, THREAD_START, "Request", 100 + serial, 0, 0, 0);
    FEED(feed, REQUEST, "read", serial, 0, 0, 0);
    feed->thread = 100 + serial;
    FEED(feed, IRP_CALL, "\\Device\\Gauge0", serial, 3, 2, 0);
    feed->thread = 0;
    FEED(feed, FX_CALL, "device power required", 2, 0, 0, 0);
    feed->now += 3 * MS;
    FEED(feed, POWER_DEVICE, "", 2, 3, 0, 0);
    FEED(feed, FX_STATE, "", 2, 0, 1, 0);
    FEED(feed, FX_CONDITION, "", 2, 0, 1, 0);
    feed->now += 1 * MS;
    FEED(feed, IRP_COMPLETE, "", serial, 0, 0, 0);
    FEED(feed, REQUEST_END, "", serial, 0, 4, 0);
}

#endif
