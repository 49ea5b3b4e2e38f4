/*
 * The in-flight recorder's logs (wpprecorder.h): which there are, and how messages get into them.
 *
 * A log, or either partition of one, is text: whole lines, the oldest first, and zeros to its end.
 * A line that does not fit makes room by taking the oldest ones out. What a driver writes to a log
 * that is not in the machine's list has been deleted: the bug check for memory that was freed.
 */
#include <wpprecorder.h>

#include <stdio.h>
#include <string.h>

#include <wdmsim/recorder.h>

#include "dbg/dbg.h"
#include "ki/bugcheck.h"
#include "ki/trace.h"

VOID wdmsim_recorder_add(RECORDER_LOG Log) {
    struct dbg_part *part = dbg_part(ki_self());
    Log->Next = part->logs;
    part->logs = Log;
}

/* The link that leads to a log of the machine, or NULL. */
static struct RECORDER_LOG__ **dbg_log_link(struct machine *m, const struct RECORDER_LOG__ *log) {
    for (struct RECORDER_LOG__ **link = &dbg_part(m)->logs; *link; link = &(*link)->Next)
        if (*link == log)
            return link;
    return NULL;
}

static _Noreturn void dbg_log_is_gone(struct machine *m, const void *log, void *caller) {
    ki_bugcheck(m, PAGE_FAULT_IN_FREED_SPECIAL_POOL, (ULONG_PTR)log, 1, (ULONG_PTR)caller, 0,
                "%s uses a recorder log that is not there (any more)", ki_address_name(m, caller));
}

VOID wdmsim_recorder_remove(RECORDER_LOG Log) {
    struct machine *m = ki_self();
    struct RECORDER_LOG__ **link = dbg_log_link(m, Log);
    if (!link)
        dbg_log_is_gone(m, Log, __builtin_return_address(0));
    *link = Log->Next;
}

/* ---- text ---- */

/* Appends a line of which `length` bytes are given, the newline not among them. */
static void dbg_keep(CHAR *text, size_t size, const char *line, size_t length) {
    if (length + 1 > size)
        return;
    size_t used = strnlen(text, size), gone = 0;
    while (used - gone + length + 1 > size)
        gone = (size_t)((char *)memchr(text + gone, '\n', used - gone) + 1 - text);
    memmove(text, text + gone, used - gone);
    memset(text + used - gone, 0, gone);
    memcpy(text + used - gone, line, length);
    text[used - gone + length] = '\n';
}

static bool dbg_spelled(struct dbg_name name, const char *part) {
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= name.length; at++)
        if (memcmp(name.text + at, part, length) == 0)
            return true;
    return false;
}

static void dbg_record(struct machine *m, RECORDER_LOG log, const char *tags, const char *text) {
    struct dbg_name level = dbg_tag(tags, "LEVEL");
    char line[DBG_TRACE_LIMIT + 32];
    if (dbg_spelled(level, "VERBOSE"))
        return;
    bool error = dbg_spelled(level, "ERROR") || dbg_spelled(level, "CRITICAL") ||
                 dbg_spelled(level, "FATAL");
    size_t general = log->Size - log->ErrorSize;
    line[0] = 0;
    if (log->Digits)
        snprintf(line, sizeof line, "%lld.%0*lld ", (long long)(m->clock.now / 1000000000),
                 (int)log->Digits,
                 (long long)(m->clock.now % 1000000000 / (log->Digits == 7 ? 100 : 1000000)));
    strcat(line, text);
    for (char *newline = line; (newline = strchr(newline, '\n')) != NULL;)
        *newline = ' ';
    if (error && log->ErrorSize)
        dbg_keep(log->Text + general, log->ErrorSize, line, strlen(line));
    else
        dbg_keep(log->Text, general, line, strlen(line));
}

VOID wdmsim_recorder_message(RECORDER_LOG Log, const char *File, int Line, const char *Function,
                             const char *Tags, const char *Format, ...) {
    struct machine *m = ki_self();
    struct dbg_place place = {File, Line, Function, Tags};
    char text[DBG_TRACE_LIMIT];
    if (!Log && !ki_tracing(m, WDMSIM_EVENT_TRACE_MESSAGE))
        return;
    if (Log && !dbg_log_link(m, Log))
        dbg_log_is_gone(m, Log, __builtin_return_address(0));
    va_list arguments;
    va_start(arguments, Format);
    dbg_trace_text(&place, Format, arguments, text);
    va_end(arguments);
    KI_TRACE(m, TRACE_MESSAGE, text);
    if (Log)
        dbg_record(m, Log, Tags, text);
}

/* ---- for the host ---- */

int wdmsim_show_recorder(struct machine *m, const char *identifier, char *buffer, size_t size) {
    const struct RECORDER_LOG__ *log = m->dbg ? m->dbg->logs : NULL;
    while (log && strcmp(log->Identifier, identifier) != 0)
        log = log->Next;
    if (!log)
        return -1;
    size_t general = log->Size - log->ErrorSize;
    return snprintf(buffer, size, "%.*s%.*s", (int)strnlen(log->Text, general), log->Text,
                    (int)strnlen(log->Text + general, log->ErrorSize), log->Text + general);
}
