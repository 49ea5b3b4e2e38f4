/* Lives of IRPs and requests, moments of callbacks: see history_spans.h. */
#include "report/history_spans.h"

#include <stdlib.h>
#include <string.h>

/* A span without an end, in a table by its key. */
struct open_span {
    uint64_t key;    /* 0: free */
    uint32_t thread; /* of a request: the one that issues it */
    struct span span;
};

#define KEY_IRP 1ull
#define KEY_REQUEST 2ull
#define KEY_THREAD 3ull /* the request that a thread issues: a span without a life of its own */

static uint64_t make_key(uint64_t kind, uint64_t serial) { return kind << 32 | (uint32_t)serial; }

static size_t home(uint64_t key, size_t capacity) {
    return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & (capacity - 1);
}

static struct open_span *find_open(const struct history *history, uint64_t key) {
    if (!history->open_capacity)
        return NULL;
    size_t at = home(key, history->open_capacity);
    while (history->open[at].key && history->open[at].key != key)
        at = (at + 1) & (history->open_capacity - 1);
    return history->open[at].key ? &history->open[at] : NULL;
}

static void grow_open(struct history *history) {
    size_t old = history->open_capacity, capacity = old ? old * 2 : 64;
    struct open_span *before = history->open;
    history->open = memory_grow(NULL, capacity * sizeof *before);
    memset(history->open, 0, capacity * sizeof *before);
    history->open_capacity = capacity;
    for (size_t i = 0; i < old; i++) {
        if (!before[i].key)
            continue;
        size_t at = home(before[i].key, capacity);
        while (history->open[at].key)
            at = (at + 1) & (capacity - 1);
        history->open[at] = before[i];
    }
    free(before);
}

static struct open_span *add_open(struct history *history, uint64_t key) {
    struct open_span *open = find_open(history, key);
    if (open)
        return open;
    if (++history->open_count * 2 > history->open_capacity)
        grow_open(history);
    size_t at = home(key, history->open_capacity);
    while (history->open[at].key)
        at = (at + 1) & (history->open_capacity - 1);
    open = &history->open[at];
    *open = (struct open_span){.key = key};
    return open;
}

/* Takes an entry out and moves those behind it that could no longer be found. */
static void remove_open(struct history *history, struct open_span *open) {
    size_t mask = history->open_capacity - 1, hole = (size_t)(open - history->open);
    history->open_count--;
    for (size_t at = (hole + 1) & mask; history->open[at].key; at = (at + 1) & mask) {
        size_t want = home(history->open[at].key, history->open_capacity);
        if (((at - want) & mask) < ((at - hole) & mask))
            continue;
        history->open[hole] = history->open[at];
        hole = at;
    }
    history->open[hole].key = 0;
}

static void keep_span(struct history *history, const struct span *span) {
    if (history->keep)
        history->spans[history->span_count++ % HISTORY_SPANS] = *span;
}

/* ---- IRPs ----------------------------------------------------------------------------------- */

/* The first call begins an IRP's life; the request whose thread sends it goes to the same device.
 */
static void irp_call(struct history *history, const struct wdmsim_event *event) {
    uint32_t serial = (uint32_t)event->arguments[0];
    uint64_t key = make_key(KEY_IRP, serial);
    if (find_open(history, key))
        return;
    uint32_t node = event->arguments[2] ? (uint32_t)event->arguments[2] : HISTORY_NOBODY;
    struct open_span *open = add_open(history, key);
    open->span = (struct span){.begin = event->time,
                               .serial = serial,
                               .node = node,
                               .function = (uint16_t)event->arguments[1],
                               .target = history_word(history, event->text)};
    struct open_span *thread = find_open(history, make_key(KEY_THREAD, event->thread));
    struct open_span *request =
        thread ? find_open(history, make_key(KEY_REQUEST, thread->span.serial)) : NULL;
    if (request && request->span.node == HISTORY_NOBODY)
        request->span.node = node;
}

static void irp_complete(struct history *history, const struct wdmsim_event *event) {
    struct open_span *open = find_open(history, make_key(KEY_IRP, event->arguments[0]));
    if (!open)
        return;
    open->span.end = event->time;
    open->span.status = (uint32_t)event->arguments[1];
    keep_span(history, &open->span);
    remove_open(history, open);
}

/* Which device a power IRP is for is said apart. */
static void power_irp(struct history *history, const struct wdmsim_event *event) {
    struct open_span *open = find_open(history, make_key(KEY_IRP, event->arguments[0]));
    if (open)
        open->span.node = (uint32_t)event->arguments[1];
}

/* ---- requests ------------------------------------------------------------------------------- */

/* A request's thread is made just before the request is announced. */
static void request_begin(struct history *history, const struct wdmsim_event *event) {
    uint32_t serial = (uint32_t)event->arguments[0], thread = history->request_thread;
    struct open_span *open = add_open(history, make_key(KEY_REQUEST, serial));
    open->thread = thread;
    open->span = (struct span){.begin = event->time,
                               .serial = serial,
                               .node = HISTORY_NOBODY,
                               .is_request = true,
                               .target = history_word(history, event->text)};
    if (thread)
        add_open(history, make_key(KEY_THREAD, thread))->span.serial = serial;
    history->request_thread = 0;
}

static void add_latency(struct history *history, const struct span *span) {
    const struct node *node = history_node(history, span->node);
    uint64_t on = history->system.powered_on;
    if (node && node->powered_on > on)
        on = node->powered_on;
    if (history->latency_count == history->latency_capacity) {
        history->latency_capacity = history->latency_capacity ? history->latency_capacity * 2 : 256;
        history->latencies =
            memory_grow(history->latencies, history->latency_capacity * sizeof *history->latencies);
    }
    struct latency *latency = &history->latencies[history->latency_count++];
    latency->whole = span->end - span->begin;
    latency->added = on > span->begin ? on - span->begin : 0;
}

static void request_end(struct history *history, const struct wdmsim_event *event) {
    struct open_span *open = find_open(history, make_key(KEY_REQUEST, event->arguments[0]));
    if (!open)
        return;
    struct span span = open->span;
    uint32_t thread = open->thread;
    span.end = event->time;
    span.status = (uint32_t)event->arguments[1];
    add_latency(history, &span);
    keep_span(history, &span);
    remove_open(history, open);
    open = thread ? find_open(history, make_key(KEY_THREAD, thread)) : NULL;
    if (open)
        remove_open(history, open);
}

/* ---- marks ---------------------------------------------------------------------------------- */

static void add_mark(struct history *history, const struct wdmsim_event *event, uint32_t node) {
    if (!history->keep)
        return;
    char text[400];
    size_t length = strcspn(event->text, "\r\n");
    if (length >= sizeof text)
        length = sizeof text - 1;
    memcpy(text, event->text, length);
    text[length] = 0;
    if (!length)
        wdmsim_event_text(event, text, sizeof text);
    history->marks[history->mark_count++ % HISTORY_MARKS] =
        (struct mark){.time = event->time,
                      .node = node,
                      .kind = event->kind,
                      .text = history_word(history, text)};
}

static void whole_mark(struct history *history, const struct wdmsim_event *event) {
    char text[400];
    struct wdmsim_event whole = *event;
    wdmsim_event_text(event, text, sizeof text);
    whole.text = text;
    add_mark(history, &whole, HISTORY_NOBODY);
}

void spans_event(struct history *history, const struct wdmsim_event *event) {
    switch (event->kind) {
    case WDMSIM_EVENT_IRP_CALL:
        irp_call(history, event);
        break;
    case WDMSIM_EVENT_IRP_COMPLETE:
        irp_complete(history, event);
        break;
    case WDMSIM_EVENT_THREAD_START:
        if (strcmp(event->text, "Request") == 0)
            history->request_thread = (uint32_t)event->arguments[0];
        break;
    case WDMSIM_EVENT_REQUEST:
        request_begin(history, event);
        break;
    case WDMSIM_EVENT_REQUEST_END:
        request_end(history, event);
        break;
    case WDMSIM_EVENT_POWER_IRP:
        power_irp(history, event);
        add_mark(history, event, (uint32_t)event->arguments[1]);
        break;
    case WDMSIM_EVENT_POWER_WAKE:
    case WDMSIM_EVENT_FX_DEVICE:
    case WDMSIM_EVENT_FX_CALL:
        add_mark(history, event, (uint32_t)event->arguments[0]);
        break;
    case WDMSIM_EVENT_POWER_SETTING:
    case WDMSIM_EVENT_POWER_REQUEST:
    case WDMSIM_EVENT_BUGCHECK:
        whole_mark(history, event);
        break;
    case WDMSIM_EVENT_MESSAGE:
    case WDMSIM_EVENT_NOTE:
    case WDMSIM_EVENT_PNP_NOTIFY:
    case WDMSIM_EVENT_POWER_ACTION:
    case WDMSIM_EVENT_PEP_NOTIFY:
        add_mark(history, event, HISTORY_NOBODY);
        break;
    default:
        break;
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

void spans_begin(struct history *history) {
    history->spans = memory_grow(NULL, HISTORY_SPANS * sizeof *history->spans);
    history->marks = memory_grow(NULL, HISTORY_MARKS * sizeof *history->marks);
}

void spans_end(struct history *history) {
    free(history->spans);
    free(history->marks);
    free(history->open);
    free(history->latencies);
}

void spans_open(const struct history *history,
                void (*visit)(void *context, const struct span *span), void *context) {
    for (size_t i = 0; i < history->open_capacity; i++)
        if (history->open[i].key && history->open[i].key >> 32 != KEY_THREAD)
            visit(context, &history->open[i].span);
}

const struct span *history_span(const struct history *history, uint64_t n) {
    uint64_t lost = history->span_count > HISTORY_SPANS ? history->span_count - HISTORY_SPANS : 0;
    return lost + n < history->span_count ? &history->spans[(lost + n) % HISTORY_SPANS] : NULL;
}

const struct mark *history_mark(const struct history *history, uint64_t n) {
    uint64_t lost = history->mark_count > HISTORY_MARKS ? history->mark_count - HISTORY_MARKS : 0;
    return lost + n < history->mark_count ? &history->marks[(lost + n) % HISTORY_MARKS] : NULL;
}
