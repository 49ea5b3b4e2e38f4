/* Debug output, pieces of a line put together: see lines.h. */
#include "report/lines.h"

#define LINE_MOST 4096 /* bytes that wait; a driver may never end its line */

void lines_flush(struct lines *lines) {
    if (!lines->waiting)
        return;
    lines->waiting = false;
    lines->first.text = text_string(&lines->text);
    lines->sink(lines->context, &lines->first);
    text_clear(&lines->text);
}

void lines_event(void *context, const struct wdmsim_event *event) {
    struct lines *lines = context;
    bool message = event->kind == WDMSIM_EVENT_MESSAGE;
    if (!message)
        lines_flush(lines);
    if (!message || (!lines->waiting && !lines_goes_on(event))) {
        lines->sink(lines->context, event);
        return;
    }
    if (!lines->waiting)
        lines->first = *event;
    lines->waiting = true;
    lines->first.arguments[0] = event->arguments[0];
    text_puts(&lines->text, event->text);
    if (!lines_goes_on(event) || lines->text.length >= LINE_MOST)
        lines_flush(lines);
}
