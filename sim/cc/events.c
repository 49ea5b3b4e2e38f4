/*
 * The header of an event manifest, as the message compiler makes it for kernel mode.
 *
 * For each provider: its GUID, the values of its channels, tasks, opcodes, keywords and levels, an
 * EVENT_DESCRIPTOR for each event, and EventRegisterPROVIDER(), EventUnregisterPROVIDER(),
 * EventEnabledEVENT() and EventWriteEVENT(Activity, data…), the latter with a parameter for each
 * field of the event's template. Fields are numbers, strings, pointers, GUIDs, times, SIDs and
 * binary data, alone or counted by an earlier field; structures inside a template are refused.
 */
#include "generate.h"
#include "xml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct manifest {
    const char *path;
    FILE *messages;
    struct cc_text *out;
    struct cc_element *provider;
    bool failed;
};

struct value {
    const char *name;
    unsigned number;
};

static void fail(struct manifest *manifest, const struct cc_element *element, const char *message) {
    if (manifest->messages) {
        fprintf(manifest->messages, "%s:%u: error: %s [wdmsim-cc]\n", manifest->path, element->line,
                message);
    }
    manifest->failed = true;
}

static const char *get(const struct cc_element *element, const char *name) {
    const char *value = cc_xml_attribute(element, name);
    return value ? value : "";
}

/* The group <name> of the provider, or NULL. */
static struct cc_element *group(const struct manifest *manifest, const char *name) {
    return cc_xml_named(manifest->provider->child, name);
}

static const char *identifier(const char *text) {
    char *result = cc_copy(text, strlen(text));
    for (char *c = result; *c; c++) {
        *c = isalnum((unsigned char)*c) ? *c : '_';
    }
    return result;
}

/* ---- values with names ---- */

/* A name the manifest declares itself, in <groups><…s><item name= value= symbol=>. */
static const struct cc_element *declared(const struct manifest *manifest, const char *groups,
                                         const char *name) {
    struct cc_element *list = group(manifest, groups);
    for (struct cc_element *e = list ? list->child : NULL; e; e = e->next) {
        if (strcasecmp(get(e, "name"), name) == 0 || strcasecmp(get(e, "chid"), name) == 0) {
            return e;
        }
    }
    return NULL;
}

static unsigned long long number_of(const char *text) { return strtoull(text, NULL, 0); }

static unsigned standard(const struct value *values, size_t count, const char *name, bool *found) {
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(values[i].name, name) == 0) {
            *found = true;
            return values[i].number;
        }
    }
    return 0;
}

static const struct value levels[] = {{"win:LogAlways", 0},     {"win:Critical", 1},
                                      {"win:Error", 2},         {"win:Warning", 3},
                                      {"win:Informational", 4}, {"win:Verbose", 5}};
static const struct value opcodes[] = {
    {"win:Info", 0},    {"win:Start", 1},     {"win:Stop", 2},     {"win:DC_Start", 3},
    {"win:DC_Stop", 4}, {"win:Extension", 5}, {"win:Reply", 6},    {"win:Resume", 7},
    {"win:Suspend", 8}, {"win:Send", 9},      {"win:Receive", 240}};
static const struct value channels[] = {
    {"TraceClassic", 0}, {"System", 8}, {"Application", 9}, {"Security", 10}};

/* The number that attribute `key` of an event stands for. */
static unsigned attribute_value(struct manifest *manifest, const struct cc_element *event,
                                const char *key, const char *groups, const struct value *values,
                                size_t count) {
    const char *name = get(event, key);
    bool found = !*name;
    unsigned number = found ? 0 : standard(values, count, name, &found);
    const struct cc_element *own = found ? NULL : declared(manifest, groups, name);
    if (own) {
        return (unsigned)number_of(get(own, "value"));
    }
    if (!found) {
        fail(manifest, event, cc_format("%s '%s' is declared nowhere", key, name));
    }
    return number;
}

/* A channel's number: given, a standard one's, or counted from 16 in the order of declaration. */
static unsigned channel_number(struct manifest *manifest, const struct cc_element *event) {
    const char *name = get(event, "channel");
    struct cc_element *list = group(manifest, "channels");
    unsigned next = 16;
    for (struct cc_element *e = list ? list->child : NULL; e && *name; e = e->next) {
        bool imported = strcasecmp(e->name, "importChannel") == 0, found = false;
        unsigned value = standard(channels, 4, get(e, "name"), &found);
        if (!found) {
            value = *get(e, "value") ? (unsigned)number_of(get(e, "value")) : next;
            next += !imported;
        }
        if (strcasecmp(get(e, "chid"), name) == 0 || strcasecmp(get(e, "name"), name) == 0) {
            return value;
        }
    }
    if (*name) {
        fail(manifest, event, cc_format("channel '%s' is declared nowhere", name));
    }
    return 0;
}

static unsigned long long keyword_mask(struct manifest *manifest, const struct cc_element *event) {
    unsigned long long mask = 0;
    for (const char *at = get(event, "keywords"); *at;) {
        size_t size = strcspn(at, " \t\r\n");
        if (size) {
            const char *name = cc_copy(at, size);
            const struct cc_element *own = declared(manifest, "keywords", name);
            if (own) {
                mask |= number_of(get(own, "mask"));
            } else if (strncasecmp(name, "win:", 4) != 0) {
                fail(manifest, event, cc_format("keyword '%s' is declared nowhere", name));
            }
        }
        at += size + (at[size] != '\0');
    }
    return mask;
}

static void define_group(struct manifest *manifest, const char *name, const char *key) {
    struct cc_element *list = group(manifest, name);
    for (struct cc_element *e = list ? list->child : NULL; e; e = e->next) {
        const char *symbol = get(e, "symbol"), *value = get(e, key);
        if (*symbol && *value) {
            cc_printf(manifest->out, "#define %s 0x%llx\n", symbol, number_of(value));
        }
    }
}

/* ---- templates ---- */

enum shape { NUMBER, WIDE, NARROW, BYTES, RECORD };

static const struct field_type {
    const char *name, *type;
    enum shape shape;
} field_types[] = {
    {"win:Int8", "CHAR", NUMBER},
    {"win:UInt8", "UCHAR", NUMBER},
    {"win:Int16", "SHORT", NUMBER},
    {"win:UInt16", "USHORT", NUMBER},
    {"win:Int32", "LONG", NUMBER},
    {"win:UInt32", "ULONG", NUMBER},
    {"win:Int64", "LONGLONG", NUMBER},
    {"win:UInt64", "ULONGLONG", NUMBER},
    {"win:HexInt32", "ULONG", NUMBER},
    {"win:HexInt64", "ULONGLONG", NUMBER},
    {"win:Float", "float", NUMBER},
    {"win:Double", "double", NUMBER},
    {"win:Boolean", "LONG", NUMBER},
    {"win:Pointer", "PVOID", NUMBER},
    {"win:UnicodeString", "PCWSTR", WIDE},
    {"win:AnsiString", "PCSTR", NARROW},
    {"win:Binary", "const UCHAR *", BYTES},
    {"win:GUID", "LPCGUID", RECORD},
    {"win:FILETIME", "const LARGE_INTEGER *", RECORD},
    {"win:SYSTEMTIME", "const TIME_FIELDS *", RECORD},
    {"win:SID", "PSID", BYTES},
};

static const struct field_type *type_of(struct manifest *manifest, const struct cc_element *data) {
    const char *name = get(data, "inType");
    for (size_t i = 0; i < sizeof field_types / sizeof *field_types; i++) {
        if (strcasecmp(field_types[i].name, name) == 0) {
            return &field_types[i];
        }
    }
    fail(manifest, data,
         strcasecmp(data->name, "data") == 0
             ? cc_format("the type '%s' of '%s' is not known", name, get(data, "name"))
             : cc_format("<%s> in a template is not understood", data->name));
    return &field_types[0];
}

static bool is_field(const struct cc_element *e) { return strcasecmp(e->name, "UserData") != 0; }

/* The size expression: a number or an earlier field's name. */
static const char *count_of(const char *text) {
    return isdigit((unsigned char)*text) ? text : cc_format("_%s", identifier(text));
}

/* One EventDataDescCreate for the field. */
static void write_field(struct manifest *manifest, const struct cc_element *data, unsigned index) {
    const struct field_type *type = type_of(manifest, data);
    const char *name = identifier(get(data, "name"));
    const char *length = get(data, "length"), *count = get(data, "count");
    const char *size, *pointer = cc_format("_%s", name);
    if (type->shape == NUMBER && *count) {
        size = cc_format("sizeof(%s) * (%s)", type->type, count_of(count));
    } else if (type->shape == NUMBER) {
        pointer = cc_format("&_%s", name);
        size = cc_format("sizeof(%s)", type->type);
    } else if (type->shape == RECORD) {
        size = cc_format("sizeof(*_%s)", name);
    } else if (strcasecmp(type->name, "win:SID") == 0) {
        size = cc_format("8 + 4 * ((const UCHAR *)_%s)[1]", name);
    } else if (*length) {
        size = cc_format("(%s)%s", count_of(length), type->shape == WIDE ? " * 2" : "");
    } else if (type->shape == BYTES) {
        fail(manifest, data, cc_format("binary field '%s' without a length", name));
        size = "0";
    } else {
        bool wide = type->shape == WIDE;
        pointer = cc_format("(_%s ? _%s : %s)", name, name, wide ? "L\"NULL\"" : "\"NULL\"");
        size = cc_format("(%s(%s) + 1)%s", wide ? "wcslen" : "strlen", pointer, wide ? " * 2" : "");
    }
    cc_printf(manifest->out, " EventDataDescCreate(&_data[%u], %s, (ULONG)(%s));", index, pointer,
              size);
}

static const struct cc_element *template_of(struct manifest *manifest,
                                            const struct cc_element *event) {
    const char *name = get(event, "template");
    struct cc_element *list = group(manifest, "templates");
    for (struct cc_element *e = list && *name ? list->child : NULL; e; e = e->next) {
        if (strcasecmp(get(e, "tid"), name) == 0) {
            return e;
        }
    }
    if (*name) {
        fail(manifest, event, cc_format("template '%s' is declared nowhere", name));
    }
    return NULL;
}

/* ---- events ---- */

static void write_writer(struct manifest *manifest, const struct cc_element *event,
                         const char *symbol, const char *provider) {
    const struct cc_element *template = template_of(manifest, event);
    const struct cc_element *first = template ? template->child : NULL;
    unsigned count = 0;
    cc_printf(manifest->out, "static __inline ULONG wdmsim_write_%s(LPCGUID _activity", symbol);
    for (const struct cc_element *e = first; e; e = e->next) {
        if (is_field(e)) {
            const struct field_type *type = type_of(manifest, e);
            bool counted = *get(e, "count") && type->shape == NUMBER;
            cc_printf(manifest->out, ", %s%s_%s", type->type, counted ? " *" : " ",
                      identifier(get(e, "name")));
            count++;
        }
    }
    cc_printf(manifest->out, ") { EVENT_DATA_DESCRIPTOR _data[%u];", count ? count : 1);
    unsigned index = 0;
    for (const struct cc_element *e = first; e; e = e->next) {
        if (is_field(e)) {
            write_field(manifest, e, index++);
        }
    }
    cc_printf(manifest->out,
              " (void)_data; return (ULONG)EtwWrite(%sHandle, &%s, _activity, %u, %s); }\n",
              provider, symbol, count, count ? "_data" : "NULL");
    cc_printf(manifest->out,
              "#define EventEnabled%s() EtwEventEnabled(%sHandle, &%s)\n"
              "#define EventWrite%s(...) (EventEnabled%s() ? wdmsim_write_%s(__VA_ARGS__) : 0u)\n",
              symbol, provider, symbol, symbol, symbol, symbol);
}

static void write_event(struct manifest *manifest, const struct cc_element *event,
                        const char *provider) {
    const char *value = get(event, "value");
    const char *symbol = *get(event, "symbol")
                             ? identifier(get(event, "symbol"))
                             : cc_format("%s_event_%s", provider, identifier(value));
    if (!*value) {
        fail(manifest, event, "an event without a value");
    }
    cc_printf(
        manifest->out,
        "__declspec(selectany) WDMSIM_EVENT_CONST EVENT_DESCRIPTOR %s = {0x%llx, 0x%llx, 0x%x, "
        "0x%x, 0x%x, 0x%x, 0x%llxULL};\n#define %s_value 0x%llx\n",
        symbol, number_of(value), number_of(get(event, "version")), channel_number(manifest, event),
        attribute_value(manifest, event, "level", "levels", levels, 6),
        attribute_value(manifest, event, "opcode", "opcodes", opcodes, 11),
        attribute_value(manifest, event, "task", "tasks", NULL, 0), keyword_mask(manifest, event),
        symbol, number_of(value));
    write_writer(manifest, event, symbol, provider);
}

/* `{b5a0bda9-50fe-…}` as an initialiser; NULL when it is no GUID. */
static const char *guid_initialiser(const char *text) {
    unsigned a, b, c, d[8];
    int used = 0;
    int read = sscanf(text, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", &a, &b, &c, &d[0], &d[1],
                      &d[2], &d[3], &d[4], &d[5], &d[6], &d[7], &used);
    if (read != 11 || !used) {
        return NULL;
    }
    return cc_format("{0x%x, 0x%x, 0x%x, {0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x}}", a, b,
                     c, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
}

static void write_provider(struct manifest *manifest, struct cc_element *provider) {
    const char *name = identifier(get(provider, "name"));
    const char *symbol = *get(provider, "symbol") ? get(provider, "symbol") : name;
    const char *guid = guid_initialiser(get(provider, "guid"));
    manifest->provider = provider;
    if (!guid) {
        fail(manifest, provider, cc_format("'%s' is no GUID", get(provider, "guid")));
        return;
    }
    cc_printf(manifest->out,
              "__declspec(selectany) WDMSIM_EVENT_CONST GUID %s = %s;\n"
              "__declspec(selectany) REGHANDLE %sHandle = 0;\n"
              "#define EventRegister%s() ((ULONG)EtwRegister(&%s, NULL, NULL, &%sHandle))\n"
              "static __inline ULONG wdmsim_unregister_%s(void) { NTSTATUS _status = "
              "EtwUnregister(%sHandle); %sHandle = 0; return (ULONG)_status; }\n"
              "#define EventUnregister%s() wdmsim_unregister_%s()\n",
              symbol, guid, name, name, symbol, name, name, name, name, name, name);
    define_group(manifest, "channels", "value");
    define_group(manifest, "levels", "value");
    define_group(manifest, "tasks", "value");
    define_group(manifest, "opcodes", "value");
    define_group(manifest, "keywords", "mask");
    struct cc_element *events = group(manifest, "events");
    for (struct cc_element *e = events ? events->child : NULL; e; e = e->next) {
        if (strcasecmp(e->name, "event") == 0) {
            write_event(manifest, e, name);
        }
    }
}

bool cc_event_header(const char *path, struct cc_text *out, FILE *messages) {
    struct cc_element *root = cc_xml_read(path, messages);
    struct manifest manifest = {.path = path, .messages = messages, .out = out};
    struct cc_element *at = root ? cc_xml_named(root->child, "instrumentation") : NULL;
    at = at ? cc_xml_named(at->child, "events") : NULL;
    if (!at) {
        if (root) {
            fail(&manifest, root, "no <instrumentation> with <events> in it");
        }
        return false;
    }
    cc_puts(out, "#pragma once\n#include <wdm.h>\n#ifdef __cplusplus\nextern \"C\" {\n"
                 "#define WDMSIM_EVENT_CONST extern const\n#else\n"
                 "#define WDMSIM_EVENT_CONST const\n#endif\n");
    for (struct cc_element *p = at->child; p; p = p->next) {
        if (strcasecmp(p->name, "provider") == 0) {
            write_provider(&manifest, p);
        }
    }
    cc_puts(out, "#ifdef __cplusplus\n}\n#endif\n");
    return !manifest.failed;
}
