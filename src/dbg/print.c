/*
 * Debugging support: what drivers print, the names of statuses, breakpoints, trace messages (WPP).
 *
 * Where the text goes. There is no debugger behind a machine; its trace takes that place. DbgPrint
 * and its relatives format with the kernel's own engine (rtl/format.h), cut the text at 512 bytes,
 * and record a MESSAGE event for each line, or part of one that later calls continue. Directives
 * for 16-bit text are allowed at PASSIVE_LEVEL alone; at a higher level they are the same violation
 * as calling a routine too high.
 *
 * What is shown. Every component has a mask with a bit per level; a level below 32 names a bit, a
 * higher one is a mask itself. A message is shown if its bits and the component's mask, or the mask
 * common to all, have one in common. At first the common mask shows errors (level 0), other masks
 * are empty, as documented; but DEFAULT, to which DbgPrint belongs, shows its first four levels, as
 * on a system set up for driver development (a judgement). Masks are the machine's state, made on
 * first use.
 */
#include <stdarg.h>
#include <string.h>

#include <wdmsim/debug.h>
#include <wdmsim/error.h>

#include "dbg/dbg.h"
#include "ki/gate.h"
#include "ki/trace.h"
#include "rtl/codepage.h"
#include "rtl/format.h"

#define DBG_COMMON_MASK 0x1u
#define DBG_DEFAULT_MASK 0xfu

/* ---- filters ---- */

struct dbg_part *dbg_part(struct machine *m) {
    if (!m->dbg) {
        m->dbg = ki_alloc(m, sizeof *m->dbg);
        m->dbg->common = DBG_COMMON_MASK;
        m->dbg->masks[DPFLTR_DEFAULT_ID] = DBG_DEFAULT_MASK;
    }
    return m->dbg;
}

static ULONG dbg_bits(ULONG level) { return level < 32 ? 1u << level : level; }

bool dbg_is_shown(struct machine *m, ULONG component, ULONG level) {
    if (component >= DBG_COMPONENTS)
        component = DPFLTR_DEFAULT_ID;
    const struct dbg_part *part = dbg_part(m);
    return (dbg_bits(level) & (part->common | part->masks[component])) != 0;
}

NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level) {
    if (ComponentId >= DBG_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    return dbg_is_shown(ki_self(), ComponentId, Level) ? TRUE : FALSE;
}

NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
    if (ComponentId >= DBG_COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    ULONG *mask = &dbg_part(ki_self())->masks[ComponentId];
    *mask = State ? *mask | dbg_bits(Level) : *mask & ~dbg_bits(Level);
    return STATUS_SUCCESS;
}

int wdmsim_debug_mask(struct machine *machine, uint32_t component, uint32_t mask) {
    struct dbg_part *part = dbg_part(machine);
    if (component == WDMSIM_DEBUG_COMMON)
        part->common = mask;
    else if (component < DBG_COMPONENTS)
        part->masks[component] = mask;
    else
        return WDMSIM_ERROR_INVALID;
    return 0;
}

/* ---- messages ---- */

/* `open`: the line goes on. */
static void dbg_line(struct machine *m, const char *text, size_t length, bool open) {
    char line[DBG_MESSAGE_LIMIT * 3 + 1];
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        const UCHAR *bytes = (const UCHAR *)text + at;
        BOOLEAN bad = FALSE;
        ULONG code;
        size_t taken = rtl_utf8_decode(bytes, length - at, &code, &bad);
        if (bad) {
            code = rtl_ansi_to_unicode(bytes[0]);
            taken = 1;
        }
        used += rtl_utf8_encode(code, line + used);
        at += taken;
    }
    line[used] = 0;
    KI_TRACE(m, MESSAGE, line, open);
}

void dbg_message(struct machine *m, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text);
        dbg_line(m, text, line && text[line - 1] == '\r' ? line - 1 : line, !newline);
        text += line + 1;
    }
}

static ULONG dbg_print(struct machine *m, enum ki_routine routine, const void *caller,
                       const char *prefix, ULONG component, ULONG level, const char *format,
                       va_list arguments) {
    if (!dbg_is_shown(m, component, level))
        return STATUS_SUCCESS;
    char text[DBG_MESSAGE_LIMIT];
    struct rtl_sink sink = {
        .buffer = text, .capacity = sizeof text, .utf8 = true, .no_floats = true};
    rtl_print(&sink, "%s", prefix);
    sink.converted = false;
    rtl_format(&sink, format, arguments);
    if (sink.converted && m->cpu->irql > PASSIVE_LEVEL)
        ki_check_irql(m, routine, PASSIVE_LEVEL, (void *)(ULONG_PTR)caller);
    dbg_message(m, text, sink.length < sizeof text ? sink.length : sizeof text);
    return STATUS_SUCCESS;
}

ULONG DbgPrint(PCSTR Format, ...) {
    KI_GATE(DbgPrint);
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = dbg_print(m, KI_ROUTINE_DbgPrint, __builtin_return_address(0), "",
                             DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
    KI_GATE(DbgPrintEx);
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = dbg_print(m, KI_ROUTINE_DbgPrintEx, __builtin_return_address(0), "", ComponentId,
                             Level, Format, arguments);
    va_end(arguments);
    return status;
}

/* No debugger, so nobody presses Control-C: prints, and returns FALSE. */
ULONG DbgPrintReturnControlC(PCSTR Format, ...) {
    KI_GATE(DbgPrint);
    va_list arguments;
    va_start(arguments, Format);
    dbg_print(m, KI_ROUTINE_DbgPrint, __builtin_return_address(0), "", DPFLTR_DEFAULT_ID,
              DPFLTR_INFO_LEVEL, Format, arguments);
    va_end(arguments);
    return FALSE;
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist) {
    KI_GATE(vDbgPrintEx);
    return dbg_print(m, KI_ROUTINE_vDbgPrintEx, __builtin_return_address(0), "", ComponentId, Level,
                     Format, arglist);
}

ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format,
                            va_list arglist) {
    KI_GATE(vDbgPrintExWithPrefix);
    return dbg_print(m, KI_ROUTINE_vDbgPrintExWithPrefix, __builtin_return_address(0), Prefix,
                     ComponentId, Level, Format, arglist);
}
