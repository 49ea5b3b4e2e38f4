/*
 * The trace ring and the texts of events (wdmsim/trace.h describes the stream).
 *
 * The ring is an array of 64-byte slots in the arena. An event takes one slot and, for a text
 * longer than the slot's own place, the following ones; an event never wraps around the end.
 * Writing overwrites the oldest events. Recording copies about 64 bytes; the words are made when
 * somebody reads.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/major_names.h"
#include "ki/processor.h"
#include "ki/thread.h"
#include "ki/trace.h"

#define KI_TRACE_SLOTS 4096u
#define KI_TEXT_LIMIT 1024u

struct ki_trace_slot {
    uint64_t time;
    uint64_t sequence;
    uint64_t arguments[4];
    uint32_t thread;
    uint16_t kind;
    uint16_t text_slots; /* following slots that hold the text */
    uint8_t processor, irql;
    uint8_t spare[6];
};
_Static_assert(sizeof(struct ki_trace_slot) == 64, "a slot is one cache line");

static const struct {
    const char *name, *format;
} ki_event_kinds[WDMSIM_EVENT_KINDS] = {
#define X(kind, name, format) {name, format},
    WDMSIM_EVENT_LIST(X)
#undef X
};
_Static_assert(WDMSIM_EVENT_KINDS <= 64, "the mask has a bit per kind");

/* Kinds that are recorded only when asked for: too many for a reader. */
#define KI_BIT(kind) WDMSIM_TRACE_BIT(WDMSIM_EVENT_##kind)
#define KI_QUIET_KINDS                                                                             \
    (KI_BIT(IRQL) | KI_BIT(CALL) | KI_BIT(SWITCH) | KI_BIT(PROCESSOR) | KI_BIT(POOL_ALLOC) |       \
     KI_BIT(POOL_FREE) | KI_BIT(SIGNAL))

static struct ki_trace_slot *ki_slot(const struct machine *m, uint32_t index) {
    return &m->trace.ring[index];
}

/* Drops the oldest event. */
static void ki_trace_drop(struct machine *m) {
    struct ki_tracer *trace = &m->trace;
    trace->tail += 1u + ki_slot(m, trace->tail)->text_slots;
    if (trace->tail >= trace->end)
        trace->tail = 0;
    trace->events--;
}

/* Room for `count` slots in a row at head, dropping old events that are in the way. */
static struct ki_trace_slot *ki_trace_room(struct machine *m, uint32_t count) {
    struct ki_tracer *trace = &m->trace;
    if (trace->head + count > trace->slots) {
        while (trace->events && trace->tail >= trace->head)
            ki_trace_drop(m);
        trace->end = trace->head;
        trace->head = 0;
    }
    while (trace->events && trace->tail >= trace->head && trace->tail < trace->head + count)
        ki_trace_drop(m);
    if (!trace->events)
        trace->tail = trace->head;
    struct ki_trace_slot *slot = ki_slot(m, trace->head);
    trace->head += count;
    if (trace->head > trace->end)
        trace->end = trace->head;
    trace->events++;
    return slot;
}

static void ki_event_of_slot(const struct ki_trace_slot *slot, struct wdmsim_event *event) {
    event->time = slot->time;
    event->sequence = slot->sequence;
    event->kind = slot->kind;
    event->processor = slot->processor;
    event->irql = slot->irql;
    event->thread = slot->thread;
    memcpy(event->arguments, slot->arguments, sizeof event->arguments);
    event->text = slot->text_slots ? (const char *)(slot + 1) : "";
}

void ki_trace_record(struct machine *m, enum wdmsim_event_kind kind, const char *text, uint64_t a,
                     uint64_t b, uint64_t c, uint64_t d) {
    size_t length = text ? strlen(text) : 0;
    if (length >= KI_TEXT_LIMIT)
        length = KI_TEXT_LIMIT - 1;
    uint32_t text_slots =
        length ? (uint32_t)((length + sizeof(struct ki_trace_slot)) / sizeof(struct ki_trace_slot))
               : 0;
    struct ki_trace_slot *slot = ki_trace_room(m, 1 + text_slots);
    *slot = (struct ki_trace_slot){
        .time = m->clock.now,
        .sequence = ++m->trace.sequence,
        .arguments = {a, b, c, d},
        .thread = m->running == &m->host ? 0 : m->cpu->thread->serial,
        .kind = (uint16_t)kind,
        .text_slots = (uint16_t)text_slots,
        .processor = m->cpu->number,
        .irql = m->cpu->irql,
    };
    if (length) {
        memcpy(slot + 1, text, length);
        ((char *)(slot + 1))[length] = 0;
    }
    if (m->trace.sink) {
        struct wdmsim_event event;
        ki_event_of_slot(slot, &event);
        m->trace.sink(m->trace.sink_context, &event);
    }
}

uint64_t wdmsim_trace_read(const struct machine *machine, uint64_t after, wdmsim_trace_fn *visit,
                           void *context) {
    const struct ki_tracer *trace = &machine->trace;
    uint32_t at = trace->tail;
    uint64_t last = after;
    for (uint32_t i = 0; i < trace->events; i++) {
        const struct ki_trace_slot *slot = ki_slot(machine, at);
        at += 1u + slot->text_slots;
        if (at >= trace->end && i + 1 < trace->events)
            at = 0;
        if (slot->sequence <= after)
            continue;
        struct wdmsim_event event;
        ki_event_of_slot(slot, &event);
        visit(context, &event);
        last = slot->sequence;
    }
    return last;
}

void wdmsim_trace_mask(struct machine *machine, uint64_t mask) {
    machine->trace.mask = mask;
    if (mask & KI_BIT(CALL))
        machine->attention |= KI_ATTENTION_TRACE;
    else
        machine->attention &= ~(ULONG)KI_ATTENTION_TRACE;
}

uint64_t wdmsim_trace_get_mask(const struct machine *machine) { return machine->trace.mask; }

void wdmsim_trace_sink(struct machine *machine, wdmsim_trace_fn *sink, void *context) {
    machine->trace.sink = sink;
    machine->trace.sink_context = context;
}

void wdmsim_trace_note(struct machine *machine, const char *text) { KI_TRACE(machine, NOTE, text); }

const char *wdmsim_event_name(enum wdmsim_event_kind kind) {
    return (unsigned)kind < WDMSIM_EVENT_KINDS ? ki_event_kinds[kind].name : NULL;
}

int wdmsim_event_kind(const char *name) {
    for (int i = 0; i < WDMSIM_EVENT_KINDS; i++)
        if (strcmp(ki_event_kinds[i].name, name) == 0)
            return i;
    return -1;
}

/* Appends to a bounded buffer while counting what an unbounded one would take. */
struct ki_writer {
    char *buffer;
    size_t size, length;
};

static void ki_write(struct ki_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void ki_write(struct ki_writer *w, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = w->length < w->size ? w->size - w->length : 0;
    int wanted = vsnprintf(room ? w->buffer + w->length : NULL, room, format, arguments);
    va_end(arguments);
    w->length += (size_t)wanted;
}

static void ki_write_status(struct ki_writer *w, uint32_t status) {
    const char *name = wdmsim_status_name(status);
    if (name)
        ki_write(w, "%s", name);
    else
        ki_write(w, "0x%08x", status);
}

static void ki_write_function(struct ki_writer *w, unsigned major, unsigned minor) {
    const char *name = ki_major_name(major);
    if (name)
        ki_write(w, "IRP_MJ_%s", name);
    else
        ki_write(w, "major 0x%02x", major);
    if (minor)
        ki_write(w, " minor 0x%02x", minor);
}

static void ki_write_span(struct ki_writer *w, uint64_t ns) {
    if (ns == UINT64_MAX)
        ki_write(w, "never");
    else if (ns >= WDMSIM_S)
        ki_write(w, "%llu.%09llu s", (unsigned long long)(ns / WDMSIM_S),
                 (unsigned long long)(ns % WDMSIM_S));
    else if (ns >= WDMSIM_MS)
        ki_write(w, "%llu.%06llu ms", (unsigned long long)(ns / WDMSIM_MS),
                 (unsigned long long)(ns % WDMSIM_MS));
    else
        ki_write(w, "%llu ns", (unsigned long long)ns);
}

static void ki_write_directive(struct ki_writer *w, char directive, uint64_t value) {
    unsigned long long v = value;
    switch (directive) {
    case 'u':
        ki_write(w, "%llu", v);
        break;
    case 'i':
        ki_write(w, "%lld", (long long)v);
        break;
    case 'x':
        ki_write(w, "0x%llx", v);
        break;
    case 'S':
        ki_write_status(w, (uint32_t)v);
        break;
    case 'j':
        ki_write_function(w, value & 0xff, value >> 8 & 0xff);
        break;
    case 'l':
        ki_write(w, "%s", ki_irql_name((unsigned)v));
        break;
    case 't':
        ki_write(w, "thread %llu", v);
        break;
    case 'p':
        ki_write_span(w, value);
        break;
    case 'b': {
        const char *name = wdmsim_bugcheck_name((uint32_t)v);
        ki_write(w, "0x%llx %s", v, name ? name : "");
        break;
    }
    default:
        KI_UNREACHABLE();
    }
}

static void ki_write_event(struct ki_writer *w, const struct wdmsim_event *event) {
    unsigned next = 0;
    for (const char *f = ki_event_kinds[event->kind].format; *f; f++) {
        if (*f != '%')
            ki_write(w, "%c", *f);
        else if (*++f == 's')
            ki_write(w, "%s", event->text);
        else
            ki_write_directive(w, *f, event->arguments[next++]);
    }
}

int wdmsim_event_text(const struct wdmsim_event *event, char *buffer, size_t size) {
    struct ki_writer w = {buffer, size, 0};
    if (size)
        buffer[0] = 0;
    ki_write_event(&w, event);
    return (int)w.length;
}

int wdmsim_event_line(const struct wdmsim_event *event, char *buffer, size_t size) {
    struct ki_writer w = {buffer, size, 0};
    ki_write(&w, "+%llu.%09llu s  cpu%u %-8s ", (unsigned long long)(event->time / WDMSIM_S),
             (unsigned long long)(event->time % WDMSIM_S), event->processor,
             ki_irql_name(event->irql));
    if (event->thread)
        ki_write(&w, "thread %-3u ", event->thread);
    else
        ki_write(&w, "%-10s ", "");
    ki_write(&w, " %-17s ", ki_event_kinds[event->kind].name);
    ki_write_event(&w, event);
    return (int)w.length;
}

/* Interned texts: a chained hash table in the arena. */
#define KI_INTERN_BUCKETS 1024u
struct ki_interned {
    struct ki_interned *next;
    char text[];
};

const char *ki_intern(struct machine *m, const char *text) {
    uint32_t hash = 2166136261u;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    struct ki_interned **bucket = &m->interned[hash % KI_INTERN_BUCKETS];
    for (struct ki_interned *entry = *bucket; entry; entry = entry->next)
        if (strcmp(entry->text, text) == 0)
            return entry->text;
    size_t size = strlen(text) + 1;
    struct ki_interned *entry = ki_alloc(m, sizeof *entry + size);
    memcpy(entry->text, text, size);
    entry->next = *bucket;
    *bucket = entry;
    return entry->text;
}

/* Writes one code point as UTF-8; returns the bytes written. */
static size_t ki_utf8(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[extra] | c >> (6 * extra));
    for (size_t i = 1; i <= extra; i++)
        out[i] = (char)(0x80 | (c >> (6 * (extra - i)) & 0x3f));
    return extra + 1;
}

const char *ki_intern_wide(struct machine *m, const WCHAR *text, size_t length) {
    char buffer[KI_TEXT_LIMIT];
    size_t used = 0;
    for (size_t i = 0; i < length && used + 4 < sizeof buffer; i++) {
        uint32_t c = text[i];
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < length && (text[i + 1] & 0xfc00) == 0xdc00)
            c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] & 0x3ff);
        else if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd;
        used += ki_utf8(buffer + used, c);
    }
    buffer[used] = 0;
    return ki_intern(m, buffer);
}

void ki_trace_start(struct machine *m, unsigned slots) {
    struct ki_tracer *trace = &m->trace;
    trace->slots = slots ? slots : KI_TRACE_SLOTS;
    if (trace->slots < 64)
        trace->slots = 64; /* the longest event must fit several times */
    trace->ring = ki_region_take(m, KI_REGION_CONTROL, trace->slots * sizeof *trace->ring);
    if (!trace->ring)
        ki_no_memory();
    trace->mask = WDMSIM_TRACE_ALL & ~KI_QUIET_KINDS;
    m->interned = ki_alloc(m, KI_INTERN_BUCKETS * sizeof(struct ki_interned *));
}
