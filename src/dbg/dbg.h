/*
 * The debugger's side of the kernel: what a message is, and which ones are shown.
 */
#ifndef DBG_DBG_H
#define DBG_DBG_H

#include <stdarg.h>

#include "ki/machine.h"

#define DBG_COMPONENTS 256u

/* The component's state, made on first use. */
struct dbg_part {
    ULONG common; /* filter mask common to all */
    ULONG masks[DBG_COMPONENTS];
    struct RECORDER_LOG__ *logs; /* of the in-flight recorder, the newest first */
    BOOLEAN debugger_disabled;   /* by KdDisableDebugger */
    UCHAR block_enable;          /* KdBlockEnable */
};
struct dbg_part *dbg_part(struct machine *m);

/* Bytes of text that one call can send (wdm/nf-wdm-dbgprintex). */
#define DBG_MESSAGE_LIMIT 512u

/* Records a text as MESSAGE events, one for each line, the last perhaps unfinished; bytes that are
 * not UTF-8 are taken as ANSI.
 */
void dbg_message(struct machine *m, const char *text, size_t length);

/* True if a message of this component and level is shown. */
bool dbg_is_shown(struct machine *m, ULONG component, ULONG level);

/* Bytes of text that a trace message can have, with its end. */
#define DBG_TRACE_LIMIT 1024u

/* Where a trace message comes from; tags as in trace_message.c. */
struct dbg_place {
    const char *file;
    int line;
    const char *function;
    const char *tags;
};

/* The text of a trace message, without newlines at its end; returns its length. */
size_t dbg_trace_text(const struct dbg_place *place, const char *format, va_list arguments,
                      char text[DBG_TRACE_LIMIT]);

/* A part of a text that has no end of its own. */
struct dbg_name {
    const char *text;
    size_t length;
};

/* The value of one of the tags, up to the next blank; empty without. */
struct dbg_name dbg_tag(const char *tags, const char *key);

#endif
