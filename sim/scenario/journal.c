/* The sink that sees every event of a run: see journal.h. */
#include "scenario/journal.h"

#include <stdlib.h>
#include <string.h>

#include "report/lines.h"
#include "scenario/match.h"

static bool looks_at_trace(const struct step_list *steps) {
    for (unsigned i = 0; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if ((step->kind == STEP_repeat && looks_at_trace(&step->as.repeat.steps)) ||
            (step->kind == STEP_at && looks_at_trace(&step->as.at.steps)))
            return true;
        if (step->kind != STEP_expect)
            continue;
        const struct expect_spec *expect = step->as.expect.expect;
        if (expect->trace.count || expect->never.count || expect->output.count ||
            expect->counts.count)
            return true;
    }
    return false;
}

void journal_begin(struct journal *journal, const struct scenario *scenario,
                   struct trace_writer *writer) {
    *journal = (struct journal){.writer = writer, .window = looks_at_trace(&scenario->steps)};
    if (!scenario->expect)
        return;
    journal->trace.patterns = &scenario->expect->trace;
    journal->never = &scenario->expect->never;
    journal->keep_output = scenario->expect->output.count != 0;
    journal->counted = &scenario->expect->counts;
    size_t size = (journal->counted->count + 1) * sizeof *journal->counts;
    journal->counts = memset(memory_grow(NULL, size), 0, size);
}

bool journal_is_needed(const struct journal *journal) {
    return journal->writer || journal->window || journal->keep_output ||
           (journal->trace.patterns && journal->trace.patterns->count) ||
           (journal->never && journal->never->count) ||
           (journal->counted && journal->counted->count);
}

static void look(struct journal *journal, const char *line) {
    for (unsigned i = 0; journal->counted && i < journal->counted->count; i++)
        journal->counts[i] += match_line(journal->counted->list[i].pattern, line);
    struct progress *trace = &journal->trace;
    if (trace->patterns && trace->done < trace->patterns->count &&
        match_line(trace->patterns->list[trace->done], line))
        trace->done++;
    for (unsigned i = 0; journal->never && !journal->offender && i < journal->never->count; i++) {
        if (!match_line(journal->never->list[i], line))
            continue;
        journal->offended = journal->never->list[i];
        journal->offender = memory_grow(NULL, strlen(line) + 1);
        strcpy(journal->offender, line);
    }
}

static void add_output(struct text *output, const struct wdmsim_event *event) {
    text_puts(output, event->text);
    if (!lines_goes_on(event))
        text_puts(output, "\n");
}

void journal_event(void *context, const struct wdmsim_event *event) {
    struct journal *journal = context;
    char line[1024];
    if (journal->writer)
        trace_write(journal->writer, event);
    if (event->kind == WDMSIM_EVENT_MESSAGE && journal->window)
        add_output(&journal->output, event);
    if (event->kind == WDMSIM_EVENT_MESSAGE && journal->keep_output)
        add_output(&journal->whole_output, event);
    if (!journal->window && !journal->trace.patterns && !journal->never)
        return;
    trace_words(event, line, sizeof line);
    look(journal, line);
    if (journal->window)
        text_add(&journal->lines, line, strlen(line) + 1);
}

void journal_next_window(struct journal *journal) {
    text_clear(&journal->lines);
    text_clear(&journal->output);
}

void journal_end(struct journal *journal) {
    text_free(&journal->lines);
    text_free(&journal->output);
    text_free(&journal->whole_output);
    free(journal->offender);
    free(journal->counts);
}

unsigned journal_match(const struct patterns *patterns, const struct text *lines, char end) {
    unsigned done = 0;
    char line[1024];
    const char *p = text_string(lines), *behind = p + lines->length;
    while (p < behind && done < patterns->count) {
        const char *stop = memchr(p, end, (size_t)(behind - p));
        size_t length = (size_t)((stop ? stop : behind) - p);
        size_t kept = length < sizeof line ? length : sizeof line - 1;
        memcpy(line, p, kept);
        line[kept] = 0;
        done += match_line(patterns->list[done], line);
        p += length + 1;
    }
    return done;
}
