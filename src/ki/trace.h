/*
 * Recording events; the stream itself is described in wdmsim/trace.h.
 */
#ifndef KI_TRACE_H
#define KI_TRACE_H

#include "ki/machine.h"

void ki_trace_record(struct machine *m, enum wdmsim_event_kind kind, const char *text, uint64_t a,
                     uint64_t b, uint64_t c, uint64_t d);

static inline bool ki_tracing(const struct machine *m, enum wdmsim_event_kind kind) {
    return KI_UNLIKELY(m->trace.mask >> kind & 1);
}

/* KI_TRACE(m, IRP_FREE, "", serial): text, then up to four integers; evaluated only when the kind
 * is recorded. */
#define KI_TRACE(m, kind, ...) KI_TRACE_N(m, kind, __VA_ARGS__, 0, 0, 0, 0, )
#define KI_TRACE_N(m, kind, text, a, b, c, d, ...)                                                 \
    do {                                                                                           \
        if (ki_tracing(m, WDMSIM_EVENT_##kind))                                                    \
            ki_trace_record(m, WDMSIM_EVENT_##kind, text, (uint64_t)(a), (uint64_t)(b),            \
                            (uint64_t)(c), (uint64_t)(d));                                         \
    } while (0)

/* A copy of a text that lives as long as the machine; equal texts share one. */
const char *ki_intern(struct machine *m, const char *text);
/* The same for a counted 16-bit string, as UTF-8; what is not representable becomes U+FFFD. */
const char *ki_intern_wide(struct machine *m, const WCHAR *text, size_t length);

void ki_trace_start(struct machine *m, unsigned slots);

#endif
