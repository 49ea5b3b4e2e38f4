/*
 * Trace files: events as lines of text, or as lines of JSON where the file's name ends in .jsonl.
 *
 * Nothing in a line depends on the host, its clock or its addresses, so two runs that make the same
 * choices write the same bytes.
 */
#ifndef SIM_REPORT_TRACE_H
#define SIM_REPORT_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <wdmsim/trace.h>

#include "memory.h"

struct trace_writer {
    FILE *file; /* NULL: nowhere */
    bool json;
    bool keep; /* the whole trace in `kept`, for comparing the next run with it */
    struct text kept;
    struct text pending; /* not yet in the file */
    uint64_t hash;       /* of all lines */
    uint64_t lines;
};

/* The writer of the run that happens, for the handler of a fatal signal. */
void trace_begin(struct trace_writer *writer);
void trace_write(struct trace_writer *writer, const struct wdmsim_event *event);
void trace_flush(struct trace_writer *writer);
void trace_end(struct trace_writer *writer);

/* Appends one line with its end. */
void trace_text_line(struct text *out, const struct wdmsim_event *event);
void trace_json_line(struct text *out, const struct wdmsim_event *event);
/* A line that says which run follows, where a file has several. */
void trace_heading(struct trace_writer *writer, const char *scenario, const char *file,
                   uint64_t seed);

/* "name text" without a line end, as patterns see it. */
void trace_words(const struct wdmsim_event *event, char *buffer, size_t size);

#endif
