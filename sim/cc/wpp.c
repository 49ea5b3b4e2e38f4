/*
 * Trace headers (*.tmh), which Windows' WPP preprocessor would have made.
 *
 * Configuration blocks (`// begin_wpp config` … `// end_wpp`) of the source and its headers name
 * the trace functions: `FUNC Name{FLAGS=X}(LEVEL, MSG, ...)`, with USEPREFIX and USESUFFIX adding
 * text and arguments. Each becomes a macro that calls
 *
 *   void wdmsim_trace_message(const char *file, int line, const char *function,
 *                             const char *flags_level, const char *format, ...);
 *
 * of the library, or, in source that is compiled with ENABLE_WPP_RECORDER, a function of
 * <wpprecorder.h> with the log before these arguments: the IFRLOG parameter of the trace function,
 * or the driver's default log. `flags_level` is a list like
 * "FLAGS=DBG_INIT LEVEL=TRACE_LEVEL_ERROR" with the
 * spelling the source used. `format` is the source's, `%!…!` forms included: STDPREFIX, FUNC, FILE,
 * LINE, LEVEL, FLAGS, COMPNAME and SUBCOMPNAME take no argument; GUID, CLSID, IID, LIBID, SID take
 * a pointer; every other name (STATUS, HRESULT, WINERROR, a CUSTOM_TYPE …) takes an int. Arguments
 * are evaluated and passed as the source wrote them. DoTraceMessage(FLAGS, MSG, ...)
 * and DoTraceLevelMessage(LEVEL, FLAGS, MSG, ...) always exist.
 */
#include "cc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *find(const char *from, const char *end, const char *what) {
    size_t size = strlen(what);
    for (; from + size <= end; from++) {
        from = memchr(from, what[0], (size_t)(end - from));
        if (!from || from + size > end) {
            return NULL;
        }
        if (memcmp(from, what, size) == 0) {
            return from;
        }
    }
    return NULL;
}

/* Copies the lines of one block without their comment marks. */
static void collect_block(struct cc_text *into, const char *at, const char *end) {
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        const char *line = at;
        while (line < newline && (isspace((unsigned char)*line) || *line == '/' || *line == '*')) {
            line++;
        }
        const char *last = newline;
        while (last > line && isspace((unsigned char)last[-1])) {
            last--;
        }
        cc_put(into, line, (size_t)(last - line));
        cc_puts(into, "\n");
        at = newline + 1;
    }
}

void cc_wpp_collect(struct cc_includes *includes, const char *text, size_t size) {
    const char *end = text + size;
    const char *begin = text;
    while ((begin = find(begin, end, "begin_wpp"))) {
        const char *body = memchr(begin, '\n', (size_t)(end - begin));
        const char *stop = body ? find(body, end, "end_wpp") : NULL;
        if (!stop) {
            return;
        }
        bool config = find(begin, body, "config") != NULL;
        while (stop > body && stop[-1] != '\n') {
            stop--;
        }
        if (config) {
            collect_block(&includes->wpp, body + 1, stop);
        }
        begin = stop + 1;
    }
}

/* ---- one configuration statement ---- */

struct trace_function {
    const char *name, *fixed;    /* "FLAGS=X LEVEL=Y" of the braces */
    struct cc_list parameters;   /* in order; "(" before the first of an inner list, ")" after it */
    const char *prefix, *suffix; /* string literals, "" = none */
    const char *prefix_args, *suffix_args; /* ", a, b" */
};

struct config {
    struct trace_function *functions;
    size_t count;
};

static const char *skip_space(const char *at) {
    while (isspace((unsigned char)*at)) {
        at++;
    }
    return at;
}

static const char *word(const char **at) {
    const char *start = *at = skip_space(*at);
    while (isalnum((unsigned char)**at) || **at == '_') {
        (*at)++;
    }
    return cc_copy(start, (size_t)(*at - start));
}

static struct trace_function *function_named(struct config *config, const char *name) {
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->functions[i].name, name) == 0) {
            return &config->functions[i];
        }
    }
    config->functions =
        cc_realloc(config->functions, (config->count + 1) * sizeof *config->functions);
    config->functions[config->count] = (struct trace_function){.name = name,
                                                               .fixed = "",
                                                               .prefix = "",
                                                               .suffix = "",
                                                               .prefix_args = "",
                                                               .suffix_args = ""};
    return &config->functions[config->count++];
}

/* FUNC Name{KEY=VALUE, …}(PARAMETERS); `at` is behind FUNC. */
static void func_statement(struct config *config, const char *at) {
    struct trace_function *function = function_named(config, word(&at));
    at = skip_space(at);
    if (*at == '{') {
        const char *close = strchr(at, '}');
        if (!close) {
            return;
        }
        char *fixed = cc_copy(at + 1, (size_t)(close - at - 1));
        for (char *c = fixed; *c; c++) {
            *c = *c == ',' || isspace((unsigned char)*c) || *c == '"' ? ' ' : *c;
        }
        function->fixed = fixed;
        at = skip_space(close + 1);
    }
    function->parameters.count = 0;
    for (at += *at == '('; *at && *at != ';' && *at != '\n';) {
        at = skip_space(at);
        if (*at == '(' || *at == ')') {
            cc_add(&function->parameters, *at == '(' ? "(" : ")");
            at++;
        } else if (strncmp(at, "...", 3) == 0) {
            cc_add(&function->parameters, "...");
            at += 3;
        } else if (isalnum((unsigned char)*at) || *at == '_') {
            cc_add(&function->parameters, word(&at));
        } else {
            at += *at != '\0';
        }
    }
    while (function->parameters.count &&
           strcmp(function->parameters.items[function->parameters.count - 1], ")") == 0 &&
           !cc_list_has(&function->parameters, "(")) {
        function->parameters.count--;
    }
}

/* USEPREFIX (Name, "text", arguments); `at` is behind the keyword. */
static void affix_statement(struct config *config, const char *at, bool prefix) {
    at = skip_space(at);
    at += *at == '(';
    struct trace_function *function = function_named(config, word(&at));
    const char *open = strchr(at, '"');
    const char *close = open ? strchr(open + 1, '"') : NULL;
    const char *end = close ? strrchr(close, ')') : NULL;
    if (!end) {
        return;
    }
    const char *text = cc_copy(open, (size_t)(close + 1 - open));
    const char *arguments = cc_copy(close + 1, (size_t)(end - close - 1));
    *(prefix ? &function->prefix : &function->suffix) = text;
    *(prefix ? &function->prefix_args : &function->suffix_args) = arguments;
}

static void read_config(struct config *config, const char *text) {
    while (text && *text) {
        const char *newline = strchr(text, '\n');
        const char *line = newline ? cc_copy(text, (size_t)(newline - text)) : text;
        const char *rest = line;
        const char *keyword = word(&rest);
        if (strcmp(keyword, "FUNC") == 0) {
            func_statement(config, rest);
        } else if (strcmp(keyword, "USEPREFIX") == 0) {
            affix_statement(config, rest, true);
        } else if (strcmp(keyword, "USESUFFIX") == 0) {
            affix_statement(config, rest, false);
        }
        text = newline ? newline + 1 : NULL;
    }
}

/* ---- the generated text ---- */

static const char common_text[] =
    "#ifndef WDMSIM_WPP_COMMON\n"
    "#define WDMSIM_WPP_COMMON\n"
    "#ifdef __cplusplus\n"
    "extern \"C\"\n"
    "#endif\n"
    "void wdmsim_trace_message(const char *, int, const char *, const char *, const char *, ...);\n"
    "static __inline void wdmsim_wpp_ignore(int first, ...) { (void)first; }\n"
    "#define WDMSIM_WPP_STRIP(...) __VA_ARGS__\n"
    "#define WPP_SYSTEMCONTROL(...) wdmsim_wpp_ignore(0, ##__VA_ARGS__)\n"
    "#define WPP_SYSTEMCONTROL2(...) wdmsim_wpp_ignore(0, ##__VA_ARGS__)\n"
    "#if defined(ENABLE_WPP_RECORDER) && __has_include(<wpprecorder.h>)\n"
    "#include <wpprecorder.h>\n"
    "#define WDMSIM_WPP_SEND(LOG, ...) wdmsim_recorder_message(LOG, __VA_ARGS__)\n"
    "#define WDMSIM_WPP_DEFAULT_LOG wdmsim_recorder.Log\n"
    "#ifdef WPP_CONTROL_GUIDS\n"
    "#define WDMSIM_WPP_GUID(a, b, c, d, e) {0x##a, 0x##b, 0x##c, {0x##d >> 8, 0x##d & 255, \\\n"
    "    0x##e##ull >> 40, 0x##e##ull >> 32 & 255, 0x##e##ull >> 24 & 255, \\\n"
    "    0x##e##ull >> 16 & 255, 0x##e##ull >> 8 & 255, 0x##e##ull & 255}},\n"
    "#define WPP_DEFINE_CONTROL_GUID(NAME, GUID, ...) WDMSIM_WPP_GUID GUID\n"
    "static __inline const GUID *wdmsim_wpp_control(void) {\n"
    "    static const GUID guids[] = {WPP_CONTROL_GUIDS};\n"
    "    return guids;\n"
    "}\n"
    "#else\n"
    "#define wdmsim_wpp_control() ((const GUID *)0)\n"
    "#endif\n"
    "#define WPP_INIT_TRACING(...) \\\n"
    "    (wdmsim_wpp_ignore(0, ##__VA_ARGS__), wdmsim_recorder_start(wdmsim_wpp_control()))\n"
    "#define WPP_CLEANUP(...) (wdmsim_wpp_ignore(0, ##__VA_ARGS__), wdmsim_recorder_end())\n"
    "#else\n"
    "#define WDMSIM_WPP_SEND(LOG, ...) wdmsim_trace_message(__VA_ARGS__)\n"
    "#define WPP_INIT_TRACING(...) wdmsim_wpp_ignore(0, ##__VA_ARGS__)\n"
    "#define WPP_CLEANUP(...) wdmsim_wpp_ignore(0, ##__VA_ARGS__)\n"
    "#endif\n"
    "struct wdmsim_wpp_control { unsigned char Level; unsigned int Flags[1];\n"
    "    void *AutoLogContext; unsigned short AutoLogVerboseEnabled; };\n"
    "static const struct wdmsim_wpp_control wdmsim_wpp_everything =\n"
    "    {255, {0xFFFFFFFFu}, (void *)0, 1};\n"
    "#define WPP_CONTROL(BIT) wdmsim_wpp_everything\n"
    "#ifndef WPP_LEVEL_LOGGER\n"
    "#define WPP_LEVEL_LOGGER(FLAG)\n"
    "#endif\n"
    "#ifndef WPP_LEVEL_ENABLED\n"
    "#define WPP_LEVEL_ENABLED(FLAG) 1\n"
    "#endif\n"
    "#ifndef WPP_FLAG_ENABLED\n"
    "#define WPP_FLAG_ENABLED(FLAG) 1\n"
    "#endif\n"
    "#endif\n";

struct macro {
    struct cc_text parameters, tags;
    const char *message;   /* the format's expression, NULL = none */
    const char *log;       /* of the in-flight recorder */
    const char *arguments; /* ", ##__VA_ARGS__" or "" */
};

static void add_parameter(struct macro *macro, const char *name) {
    cc_printf(&macro->parameters, "%s%s", macro->parameters.size ? ", " : "", name);
    if (strcmp(name, "MSG") != 0 && strcmp(name, "...") != 0) {
        cc_printf(&macro->tags, " \" %s=\" #%s", name, name);
    }
}

static struct macro macro_of(const struct trace_function *function) {
    struct macro macro = {.arguments = "", .log = "WDMSIM_WPP_DEFAULT_LOG"};
    bool inner = false;
    for (size_t i = 0; i < function->parameters.count; i++) {
        const char *name = function->parameters.items[i];
        if (strcmp(name, "(") == 0) {
            inner = true;
            add_parameter(&macro, "MSG");
            macro.message = "WDMSIM_WPP_STRIP MSG";
        } else if (strcmp(name, ")") == 0) {
            inner = false;
        } else if (!inner) {
            add_parameter(&macro, name);
            macro.message = strcmp(name, "MSG") == 0 ? "MSG" : macro.message;
            macro.log = strcmp(name, "IFRLOG") == 0 ? "IFRLOG" : macro.log;
            macro.arguments = strcmp(name, "...") == 0 ? ", ##__VA_ARGS__" : macro.arguments;
        }
    }
    return macro;
}

static void write_function(struct cc_text *out, const struct trace_function *function) {
    if (!function->parameters.count) {
        return; /* only a USEPREFIX of a function that another header declares */
    }
    struct macro macro = macro_of(function);
    bool inner = macro.message && strchr(macro.message, ' ');
    cc_printf(out, "#undef %s\n#define %s(%s) \\\n", function->name, function->name,
              macro.parameters.data ? macro.parameters.data : "");
    cc_printf(out, "    WDMSIM_WPP_SEND(%s, __FILE__, __LINE__, __FUNCTION__, \"%s\"%s, ",
              macro.log, function->fixed, macro.tags.data ? macro.tags.data : "");
    if (inner) {
        cc_printf(out, "%s)\n", macro.message);
    } else {
        const char *empty =
            !*function->prefix && !macro.message && !*function->suffix ? "\"\"" : "";
        cc_printf(out, "%s%s %s %s%s%s%s)\n", empty, function->prefix,
                  macro.message ? macro.message : "", function->suffix, function->prefix_args,
                  macro.arguments, function->suffix_args);
    }
    cc_text_free(&macro.parameters);
    cc_text_free(&macro.tags);
}

void cc_wpp_write(struct cc_includes *includes) {
    if (!includes->tmh.count) {
        return;
    }
    struct config config = {0};
    func_statement(&config, "DoTraceMessage(FLAGS, MSG, ...)");
    func_statement(&config, "DoTraceLevelMessage(LEVEL, FLAGS, MSG, ...)");
    read_config(&config, includes->wpp.data);
    struct cc_text out = {0};
    cc_puts(&out, common_text);
    for (size_t i = 0; i < config.count; i++) {
        write_function(&out, &config.functions[i]);
        cc_list_free(&config.functions[i].parameters);
    }
    for (size_t i = 0; i < includes->tmh.count; i++) {
        cc_write_private(includes, includes->tmh.items[i], out.data);
    }
    cc_text_free(&out);
    free(config.functions);
}
