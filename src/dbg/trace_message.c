/*
 * WPP trace messages: wdmsim_trace_message, which the generated *.tmh headers call.
 *
 * A format has the directives of printf and those of WPP, %!NAME!. Some stand for what is known of
 * the place (FUNC, FILE, LINE, LEVEL, FLAGS, COMPNAME, SUBCOMPNAME, STDPREFIX) and take no
 * argument; identifiers (GUID and its kin) take a pointer; all others take an int. `tags` is a list
 * such as "FLAGS=INIT LEVEL=TRACE_LEVEL_ERROR". The text becomes one TRACE_MESSAGE event.
 */
#include <stdarg.h>
#include <string.h>

#include "dbg/dbg.h"
#include "ki/trace.h"
#include "rtl/format.h"

/* Called from generated headers alone, which declare it themselves. */
void wdmsim_trace_message(const char *file, int line, const char *function, const char *tags,
                          const char *format, ...);

static bool dbg_is(const struct dbg_name *name, const char *text) {
    return strlen(text) == name->length && memcmp(name->text, text, name->length) == 0;
}

static bool dbg_is_any(const struct dbg_name *name, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (dbg_is(name, texts[i]))
            return true;
    return false;
}

struct dbg_name dbg_tag(const char *tags, const char *key) {
    size_t length = strlen(key);
    for (const char *at = tags; (at = strstr(at, key)) != NULL; at += length)
        if ((at == tags || at[-1] == ' ') && at[length] == '=')
            return (struct dbg_name){at + length + 1, strcspn(at + length + 1, " ")};
    return (struct dbg_name){"", 0};
}

static const char *dbg_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool dbg_write_place(struct rtl_sink *sink, const struct dbg_name *name,
                            const struct dbg_place *place) {
    static const char *const silent[] = {"STDPREFIX", "COMPNAME", "SUBCOMPNAME"};
    if (dbg_is(name, "FUNC")) {
        rtl_print(sink, "%s", place->function);
    } else if (dbg_is(name, "FILE")) {
        rtl_print(sink, "%s", dbg_base_name(place->file));
    } else if (dbg_is(name, "LINE")) {
        rtl_print(sink, "%d", place->line);
    } else if (dbg_is(name, "LEVEL") || dbg_is(name, "FLAGS")) {
        struct dbg_name value = dbg_tag(place->tags, dbg_is(name, "LEVEL") ? "LEVEL" : "FLAGS");
        rtl_print(sink, "%.*s", (int)value.length, value.text);
    } else {
        return dbg_is_any(name, silent, KI_COUNT(silent));
    }
    return true;
}

static void dbg_write_guid(struct rtl_sink *sink, const GUID *guid) {
    if (!guid) {
        rtl_print(sink, "(null)");
        return;
    }
    const UCHAR *d = guid->Data4;
    rtl_print(sink, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", guid->Data1, guid->Data2,
              guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
}

/* S-1-5-32…: revision, authority, sub-authorities. */
static void dbg_write_sid(struct rtl_sink *sink, const UCHAR *sid) {
    if (!sid) {
        rtl_print(sink, "(null)");
        return;
    }
    ULONGLONG authority = 0;
    for (unsigned i = 2; i < 8; i++)
        authority = authority << 8 | sid[i];
    rtl_print(sink, "S-%u-%I64u", sid[0], authority);
    for (unsigned i = 0; i < sid[1]; i++) {
        ULONG part;
        memcpy(&part, sid + 8 + i * sizeof part, sizeof part);
        rtl_print(sink, "-%u", part);
    }
}

static void dbg_write_number(struct rtl_sink *sink, const struct dbg_name *name, int value) {
    static const char *const statuses[] = {"STATUS", "status", "NTSTATUS"};
    static const char *const booleans[] = {"bool", "BOOLEAN", "boolean", "BOOL"};
    static const char *const hexadecimal[] = {"HRESULT", "hresult", "XULONG", "hex"};
    if (dbg_is_any(name, statuses, KI_COUNT(statuses))) {
        const char *text = wdmsim_status_name((ULONG)value);
        rtl_print(sink, "0x%08x(%s)", value, text ? text : "unknown");
    } else if (dbg_is_any(name, booleans, KI_COUNT(booleans))) {
        rtl_print(sink, "%s", value ? "TRUE" : "FALSE");
    } else if (dbg_is_any(name, hexadecimal, KI_COUNT(hexadecimal))) {
        rtl_print(sink, "0x%08x", value);
    } else {
        rtl_print(sink, "%d", value);
    }
}

/* format[at] is the exclamation mark behind a %. */
static size_t dbg_wpp_directive(struct rtl_sink *sink, const CHAR *format, size_t at,
                                struct rtl_arguments *arguments) {
    static const char *const identifiers[] = {"GUID", "guid", "CLSID", "IID", "LIBID"};
    const char *end = strchr(format + at + 1, '!');
    if (!end) {
        rtl_print(sink, "%s", "%!");
        return at + 1;
    }
    struct dbg_name name = {format + at + 1, (size_t)(end - (format + at + 1))};
    if (!dbg_write_place(sink, &name, sink->extension_context)) {
        if (dbg_is_any(&name, identifiers, KI_COUNT(identifiers)))
            dbg_write_guid(sink, va_arg(arguments->list, const GUID *));
        else if (dbg_is(&name, "SID") || dbg_is(&name, "sid"))
            dbg_write_sid(sink, va_arg(arguments->list, const UCHAR *));
        else
            dbg_write_number(sink, &name, va_arg(arguments->list, int));
    }
    return (size_t)(end - format) + 1;
}

size_t dbg_trace_text(const struct dbg_place *place, const char *format, va_list arguments,
                      char text[DBG_TRACE_LIMIT]) {
    struct rtl_sink sink = {.buffer = text,
                            .capacity = DBG_TRACE_LIMIT - 1,
                            .utf8 = true,
                            .extension = dbg_wpp_directive,
                            .extension_context = place};
    rtl_format(&sink, format, arguments);
    size_t length = sink.length < sink.capacity ? sink.length : sink.capacity;
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    text[length] = 0;
    return length;
}

void wdmsim_trace_message(const char *file, int line, const char *function, const char *tags,
                          const char *format, ...) {
    struct machine *m = ki_self();
    if (!ki_tracing(m, WDMSIM_EVENT_TRACE_MESSAGE))
        return;
    struct dbg_place place = {file, line, function, tags};
    char text[DBG_TRACE_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    dbg_trace_text(&place, format, arguments, text);
    va_end(arguments);
    KI_TRACE(m, TRACE_MESSAGE, text);
}
