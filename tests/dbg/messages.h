/*
 * What the tests of printing share: the texts that a machine's trace holds, event by event.
 */
#ifndef TESTS_DBG_MESSAGES_H
#define TESTS_DBG_MESSAGES_H

#include <ntifs.h>
#include <wdmsim/cmocka.h>

struct messages {
    enum wdmsim_event_kind kind;
    unsigned count;
    char text[16][1100];
};

static inline void messages_visit(void *context, const struct wdmsim_event *event) {
    struct messages *messages = context;
    if (event->kind == messages->kind && messages->count < 16)
        strncpy(messages->text[messages->count++], event->text, 1099);
}

/* All messages of a kind so far; lives until the next call. */
static inline const struct messages *messages_read(struct machine *m, enum wdmsim_event_kind kind) {
    static struct messages messages;
    memset(&messages, 0, sizeof messages);
    messages.kind = kind;
    wdmsim_trace_read(m, 0, messages_visit, &messages);
    return &messages;
}

/* The last message that the drivers printed. */
static inline const char *messages_last(struct machine *m) {
    const struct messages *messages = messages_read(m, WDMSIM_EVENT_MESSAGE);
    assert_true(messages->count > 0);
    return messages->text[messages->count - 1];
}

#endif
