/* Trace files: collecting, hashing and writing lines, and the lines of text. See trace.h. */
#include "report/trace.h"

#include <stdlib.h>
#include <string.h>

#define FLUSH_SIZE 65536
#define LINE_SIZE 1024

void trace_begin(struct trace_writer *writer) {
    writer->hash = 14695981039346656037ull;
    writer->lines = 0;
}

static uint64_t hash_bytes(uint64_t hash, const char *data, size_t length) {
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)data[i]) * 1099511628211ull;
    return hash;
}

void trace_write(struct trace_writer *writer, const struct wdmsim_event *event) {
    size_t start = writer->pending.length;
    if (writer->json)
        trace_json_line(&writer->pending, event);
    else
        trace_text_line(&writer->pending, event);
    const char *line = writer->pending.data + start;
    size_t length = writer->pending.length - start;
    writer->hash = hash_bytes(writer->hash, line, length);
    writer->lines++;
    if (writer->keep)
        text_add(&writer->kept, line, length);
    if (writer->pending.length > FLUSH_SIZE)
        trace_flush(writer);
}

void trace_flush(struct trace_writer *writer) {
    if (writer->file && writer->pending.length) {
        fwrite(writer->pending.data, 1, writer->pending.length, writer->file);
        fflush(writer->file);
    }
    text_clear(&writer->pending);
}

void trace_end(struct trace_writer *writer) {
    trace_flush(writer);
    text_free(&writer->pending);
    text_free(&writer->kept);
}

/* A line as a function of the library writes it, whatever its length; line ends become spaces. */
static void add_line(struct text *out, int (*print)(const struct wdmsim_event *, char *, size_t),
                     const struct wdmsim_event *event) {
    char buffer[LINE_SIZE], *line = buffer;
    int length = print(event, buffer, sizeof buffer);
    if (length >= LINE_SIZE) {
        line = memory_grow(NULL, (size_t)length + 1);
        print(event, line, (size_t)length + 1);
    }
    size_t end = strlen(line);
    while (end && strchr("\r\n ", line[end - 1]))
        end--;
    for (size_t i = 0; i < end; i++)
        if (line[i] == '\r' || line[i] == '\n')
            line[i] = ' ';
    text_add(out, line, end);
    if (line != buffer)
        free(line);
}

void trace_text_line(struct text *out, const struct wdmsim_event *event) {
    add_line(out, wdmsim_event_line, event);
    text_puts(out, "\n");
}

void trace_words(const struct wdmsim_event *event, char *buffer, size_t size) {
    int length = snprintf(buffer, size, "%s ", wdmsim_event_name(event->kind));
    struct text text = {0};
    add_line(&text, wdmsim_event_text, event);
    if (length > 0 && (size_t)length < size)
        snprintf(buffer + length, size - (size_t)length, "%s", text_string(&text));
    text_free(&text);
}
