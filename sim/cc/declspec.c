/*
 * `__declspec(…)`: every form that drivers use, as GCC attributes, or as nothing.
 *
 * Most specifiers may stand where GCC takes attributes: at the start of a declaration, between its
 * specifiers, behind `struct`. The exception is alignment in front of a structure's definition
 * (`__declspec(align(16)) struct S {…}`, also behind `typedef`): MSVC gives it to the type, GCC
 * would give it to the declared name, so it moves behind the `struct` keyword.
 */
#include "cc.h"

#include <string.h>

enum action { DROP, ATTRIBUTE, WITH_ARGUMENT, ALIGN, THREAD, UNSUPPORTED };

static const struct {
    const char *name;
    enum action action;
    const char *text;
} forms[] = {
    {"align", ALIGN, NULL},
    {"allocate", DROP, NULL},
    {"allocator", DROP, NULL},
    {"appdomain", DROP, NULL},
    {"code_seg", DROP, NULL},
    {"cpu_dispatch", DROP, NULL},
    {"deprecated", WITH_ARGUMENT, "__deprecated__"},
    {"dllexport", ATTRIBUTE, "__visibility__(\"default\")"},
    {"dllimport", DROP, NULL},
    {"empty_bases", DROP, NULL},
    {"guard", DROP, NULL},
    {"hybrid_patchable", DROP, NULL},
    {"implementation_key", DROP, NULL},
    {"intrin_type", DROP, NULL},
    {"jitintrinsic", DROP, NULL},
    {"naked", UNSUPPORTED, NULL},
    {"no_init_all", DROP, NULL},
    {"no_sanitize_address", ATTRIBUTE, "__no_sanitize_address__"},
    {"noalias", DROP, NULL},
    {"noinline", ATTRIBUTE, "__noinline__"},
    {"noreturn", ATTRIBUTE, "__noreturn__"},
    {"nothrow", ATTRIBUTE, "__nothrow__"},
    {"novtable", DROP, NULL},
    {"process", DROP, NULL},
    {"property", UNSUPPORTED, NULL},
    {"restrict", DROP, NULL},
    {"safebuffers", DROP, NULL},
    {"selectany", ATTRIBUTE, "__weak__"},
    {"spectre", DROP, NULL},
    {"strict_gs_check", DROP, NULL},
    {"thread", THREAD, NULL},
    {"uuid", DROP, NULL},
};

/* The spelling of tokens first … last with single spaces. */
static const char *spell(const struct cc_unit *unit, uint32_t first, uint32_t last) {
    const char *result = "";
    for (uint32_t i = first; i <= last; i++) {
        result = cc_format("%s%s%s", result, *result ? " " : "", cc_spelling(unit, i));
    }
    return result;
}

/* The `struct`, `union` or `class` that a declspec ending at `close` stands in front of, when its
 * body follows; CC_NONE otherwise. */
static uint32_t following_tag(const struct cc_unit *unit, uint32_t close) {
    uint32_t tag = close + 1;
    while (unit->tokens[tag].kind == CC_IDENT &&
           (cc_word_flags(unit->tokens[tag].word) & CC_SPECIFIER) != 0 &&
           (cc_word_flags(unit->tokens[tag].word) & CC_TYPE) == 0) {
        tag++;
    }
    uint16_t word = unit->tokens[tag].kind == CC_IDENT ? unit->tokens[tag].word : CC_W_NONE;
    if (word != CC_W_STRUCT && word != CC_W_UNION && word != CC_W_CLASS) {
        return CC_NONE;
    }
    for (uint32_t i = tag + 1; i < unit->count && i < tag + 64; i++) {
        if (cc_punct(unit, i, '{')) {
            return tag;
        }
        if (cc_punct(unit, i, ';') || cc_punct(unit, i, '*') || cc_punct(unit, i, '=') ||
            cc_punct(unit, i, ',') || cc_punct(unit, i, ')')) {
            break;
        }
        if (cc_punct(unit, i, '(') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
        }
    }
    return CC_NONE;
}

static void align(struct cc_unit *unit, uint32_t token, uint32_t open, uint32_t close,
                  struct cc_text *out) {
    if (open == CC_NONE) {
        cc_error(unit, token, "'__declspec(align)' without its number");
        return;
    }
    const char *attribute = cc_format("__attribute__((__aligned__(%s)))",
                                      spell(unit, open + 1, unit->tokens[open].match - 1));
    uint32_t tag = following_tag(unit, close);
    if (tag != CC_NONE) {
        cc_after(unit, tag, cc_format(" %s", attribute));
    } else {
        cc_printf(out, "%s ", attribute);
    }
}

static enum action find_form(struct cc_unit *unit, uint32_t token, const char **text) {
    const char *name = cc_spelling(unit, token);
    size_t length = strlen(name);
    if (length > 4 && strncmp(name, "__", 2) == 0 && strcmp(name + length - 2, "__") == 0) {
        name = cc_copy(name + 2, length - 4);
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].name, name) == 0) {
            *text = forms[i].text;
            return forms[i].action;
        }
    }
    cc_error(unit, token, "unknown '__declspec(%s)'", name);
    return DROP;
}

/* One specifier at `item`, whose arguments open at `open` (or CC_NONE). */
static void one_form(struct cc_unit *unit, uint32_t item, uint32_t open, uint32_t close,
                     struct cc_text *out) {
    const char *text = NULL;
    switch (find_form(unit, item, &text)) {
    case DROP:
        break;
    case ATTRIBUTE:
        cc_printf(out, "__attribute__((%s)) ", text);
        break;
    case WITH_ARGUMENT:
        cc_printf(out, "__attribute__((%s%s)) ", text,
                  open == CC_NONE ? "" : spell(unit, open, unit->tokens[open].match));
        break;
    case ALIGN:
        align(unit, item, open, close, out);
        break;
    case THREAD:
        cc_puts(out, unit->options.cplusplus ? "thread_local " : "_Thread_local ");
        break;
    case UNSUPPORTED:
        cc_error(unit, item, "'__declspec(%s)' has no equivalent here", cc_spelling(unit, item));
        break;
    }
}

uint32_t cc_declspec(struct cc_unit *unit, uint32_t token) {
    uint32_t close = cc_punct(unit, token + 1, '(') ? unit->tokens[token + 1].match : CC_NONE;
    if (close == CC_NONE) {
        cc_error(unit, token, "'__declspec' without its parentheses");
        return token;
    }
    struct cc_text out = {0};
    cc_delete(unit, token, close);
    for (uint32_t i = token + 2; i < close; i++) {
        if (cc_punct(unit, i, ',')) {
            continue;
        }
        if (unit->tokens[i].kind != CC_IDENT) {
            cc_error(unit, i, "'%s' in '__declspec'", cc_spelling(unit, i));
            break;
        }
        bool argument = cc_punct(unit, i + 1, '(') && unit->tokens[i + 1].match != CC_NONE;
        one_form(unit, i, argument ? i + 1 : CC_NONE, close, &out);
        i = argument ? unit->tokens[i + 1].match : i;
    }
    if (out.size) {
        cc_replace(unit, token, cc_copy(out.data, out.size));
    }
    cc_text_free(&out);
    return close;
}
