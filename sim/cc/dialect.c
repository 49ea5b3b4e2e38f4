/*
 * MSVC's words and habits, one token after the other: calling conventions and pointer qualifiers
 * disappear, sized integer types and `__forceinline` get their equivalents, `__assume`, `__noop`
 * and
 * `__FUNCTION__` mean what they mean there. Inline functions of C are the one hard case: MSVC emits
 * them where they are needed and merges the copies, so they become `static inline`, or weak when
 * an earlier declaration already made them external.
 */
#include "cc.h"

#include <string.h>

static bool is_inline(uint16_t word) { return word >= CC_W_INLINE && word <= CC_W_FORCEINLINE2; }

static bool is_word(const struct cc_unit *unit, uint32_t token, uint16_t word) {
    return unit->tokens[token].kind == CC_IDENT && unit->tokens[token].word == word;
}

/* ---- inline ---- */

/* First token of the declaration that `token` stands in. */
static uint32_t declaration_begin(const struct cc_unit *unit, uint32_t token) {
    while (token > 0 && !cc_punct(unit, token - 1, ';') && !cc_punct(unit, token - 1, '}') &&
           !cc_punct(unit, token - 1, '{')) {
        token--;
    }
    return token;
}

/* The name in front of the first parameter list behind `token`, or CC_NONE. */
static uint32_t declared_name(const struct cc_unit *unit, uint32_t token) {
    for (uint32_t i = token + 1; i + 1 < unit->count && i < token + 64; i++) {
        if (cc_punct(unit, i, ';') || cc_punct(unit, i, '{') || cc_punct(unit, i, '=')) {
            break;
        }
        bool attribute = unit->tokens[i].word == CC_W_ATTRIBUTE ||
                         unit->tokens[i].word == CC_W_DECLSPEC ||
                         (cc_word_flags(unit->tokens[i].word) & CC_SPECIFIER) != 0;
        if (cc_punct(unit, i + 1, '(') && unit->tokens[i].kind == CC_IDENT && !attribute) {
            return i;
        }
        if (cc_punct(unit, i, '(') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
        }
    }
    return CC_NONE;
}

static bool same_spelling(const struct cc_unit *unit, uint32_t a, uint32_t b) {
    const struct cc_token *x = &unit->tokens[a], *y = &unit->tokens[b];
    return x->length == y->length &&
           memcmp(unit->text + x->start, unit->text + y->start, x->length) == 0;
}

/* Was the function declared before, and not as static or inline? */
static bool declared_external(const struct cc_unit *unit, uint32_t name, uint32_t before) {
    for (uint32_t i = 0; i + 1 < before; i++) {
        if (cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
        } else if (unit->tokens[i].kind == CC_IDENT && cc_punct(unit, i + 1, '(') &&
                   same_spelling(unit, i, name)) {
            for (uint32_t j = declaration_begin(unit, i); j < i; j++) {
                if (is_word(unit, j, CC_W_STATIC) || is_inline(unit->tokens[j].word)) {
                    return false;
                }
            }
            return true;
        }
    }
    return false;
}

static void inline_in_c(struct cc_unit *unit, uint32_t token) {
    uint32_t begin = declaration_begin(unit, token);
    uint32_t name = declared_name(unit, token);
    const char *text = "static __inline";
    for (uint32_t i = begin; i < unit->count && i < token + 16; i++) {
        if (cc_punct(unit, i, '(') || cc_punct(unit, i, ';')) {
            break;
        }
        if (is_word(unit, i, CC_W_STATIC)) {
            text = "__inline";
        } else if (is_word(unit, i, CC_W_EXTERN)) {
            cc_delete(unit, i, i);
        } else if (i < token && is_inline(unit->tokens[i].word)) {
            text = "";
        }
    }
    if (*text == 's' && name == CC_NONE) {
        text = ""; /* a variable: MSVC takes the word and forgets it */
    } else if (*text == 's' && declared_external(unit, name, begin)) {
        text = "__attribute__((__weak__))";
    }
    cc_replace(unit, token, text);
}

static void inline_word(struct cc_unit *unit, uint32_t token) {
    if (unit->tokens[token].system) {
        return;
    }
    if (!unit->options.cplusplus) {
        inline_in_c(unit, token);
        return;
    }
    for (uint32_t i = cc_specifiers_begin(unit, token); i < token; i++) {
        if (is_inline(unit->tokens[i].word)) {
            cc_replace(unit, token, "");
            return;
        }
    }
    cc_replace(unit, token, "inline");
}

/* `static FORCEINLINE` says static twice when the macro says it too. */
static void repeated_static(struct cc_unit *unit, uint32_t token) {
    for (uint32_t i = cc_specifiers_begin(unit, token); i < token; i++) {
        if (is_word(unit, i, CC_W_STATIC)) {
            cc_replace(unit, token, "");
        }
    }
}

/* In `__volatile extern T x;` MSVC does not mind that the definition is not volatile. */
static void external_volatile(struct cc_unit *unit, uint32_t token) {
    uint32_t end = cc_specifiers_end(unit, token);
    for (uint32_t i = cc_specifiers_begin(unit, token); i < end; i++) {
        if (is_word(unit, i, CC_W_EXTERN)) {
            cc_replace(unit, token, "");
        }
    }
}

/* ---- words that look like functions ---- */

/* `word(arguments)` becomes `head arguments tail`; returns the last token. */
static uint32_t wrap_call(struct cc_unit *unit, uint32_t token, const char *head,
                          const char *tail) {
    uint32_t close = cc_punct(unit, token + 1, '(') ? unit->tokens[token + 1].match : CC_NONE;
    if (close == CC_NONE) {
        return CC_NONE;
    }
    cc_replace(unit, token, head);
    cc_after(unit, close, tail);
    return close;
}

static void assume(struct cc_unit *unit, uint32_t token) {
    bool zero = cc_punct(unit, token + 1, '(') && cc_is(unit, token + 2, "0") &&
                cc_punct(unit, token + 3, ')');
    if (zero) {
        cc_replace(unit, token, "__builtin_unreachable");
        cc_replace(unit, token + 2, "");
    } else if (wrap_call(unit, token, "((void)sizeof(!", "))") == CC_NONE) {
        cc_error(unit, token, "'__assume' without its condition");
    }
}

static void noop(struct cc_unit *unit, uint32_t token) {
    bool empty = cc_punct(unit, token + 1, '(') && cc_punct(unit, token + 2, ')');
    if (!cc_punct(unit, token + 1, '(')) {
        cc_replace(unit, token, "0");
    } else if (empty) {
        cc_replace(unit, token, "0*");
        cc_after(unit, token + 1, "0");
    } else if (wrap_call(unit, token, "(0*(int)sizeof((", ",0)))") == CC_NONE) {
        cc_error(unit, token, "'__noop' with an open parenthesis");
    }
}

static bool beside_string(const struct cc_unit *unit, uint32_t token) {
    return unit->tokens[token + 1].kind == CC_STRING ||
           (token > 0 && unit->tokens[token - 1].kind == CC_STRING);
}

/* __FUNCTION__ is a literal for MSVC: it may stand beside another one. */
static void function_name(struct cc_unit *unit, uint32_t token) {
    uint16_t word = unit->tokens[token].word;
    struct cc_function *function = cc_function_at(unit, token);
    if (!function || (word == CC_W_FUNCTION && !beside_string(unit, token))) {
        return;
    }
    const char *prefix = word == CC_W_FUNCTION_WIDE ? "L" : "";
    cc_replace(unit, token, cc_format("%s\"%s\"", prefix, cc_function_name(unit, function)));
}

/* The `__try` of libstdc++, followed by its __catch: without exceptions, a block like any other. */
static void host_try(struct cc_unit *unit, uint32_t token) {
    uint32_t end = cc_punct(unit, token + 1, '{') ? unit->tokens[token + 1].match : CC_NONE;
    if (unit->options.cplusplus && unit->tokens[token].system && end != CC_NONE &&
        is_word(unit, end + 1, CC_W_IF)) {
        cc_replace(unit, token, "if (true)");
    }
}

/* ---- pointers of 32 bits ---- */

/* `T * __ptr32` is 4 bytes wide: an unsigned int, which cannot be followed by mistake. */
static void pointer32(struct cc_unit *unit, uint32_t token) {
    uint32_t first = token;
    if (token < 2 || !cc_punct(unit, token - 1, '*')) {
        cc_error(unit, token, "'__ptr32' that does not follow 'type *'");
        return;
    }
    first = token - 2;
    while (first > 0 && unit->tokens[first - 1].kind == CC_IDENT &&
           (cc_word_flags(unit->tokens[first - 1].word) & CC_STORAGE) == 0 &&
           ((cc_word_flags(unit->tokens[first].word) & CC_SPECIFIER) != 0 ||
            (cc_word_flags(unit->tokens[first - 1].word) & CC_SPECIFIER) != 0 ||
            unit->tokens[first - 1].word == CC_W_STRUCT)) {
        first--;
    }
    cc_delete(unit, first, token);
    cc_replace(unit, token, "unsigned int");
}

/* ---- literals and lists ---- */

/* `L#x` leaves `L "x"` behind. */
static void wide_prefix(struct cc_unit *unit, uint32_t token) {
    const struct cc_token *next = &unit->tokens[token + 1];
    if (next->kind != CC_STRING && next->kind != CC_CHAR) {
        return;
    }
    cc_replace(unit, token, "");
    if (unit->text[next->start] == '"' || unit->text[next->start] == '\'') {
        cc_before(unit, token + 1, "L");
    }
}

/* `#@x`, which shadow.c spelled __wdmsim_char(#x): the string's text as a character. */
static uint32_t charize(struct cc_unit *unit, uint32_t token) {
    const struct cc_token *string = &unit->tokens[token + 2];
    if (!cc_punct(unit, token + 1, '(') || string->kind != CC_STRING || string->length < 3 ||
        string->length > 6) {
        cc_error(unit, token, "'#@' of something that is no character");
        return token;
    }
    const char *text = unit->text + string->start + 1;
    const char *escape = *text == '\'' ? "\\" : "";
    cc_delete(unit, token, token + 3);
    cc_replace(unit, token, cc_format("'%s%.*s'", escape, (int)string->length - 2, text));
    return token + 3;
}

/* Windows' code page 1252, 0x80 to 0x9F. */
static const uint16_t code_page[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

static bool is_utf8(const unsigned char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t length = text[i] < 0x80   ? 1
                        : text[i] < 0xC2 ? 0
                        : text[i] < 0xE0 ? 2
                        : text[i] < 0xF0 ? 3
                        : text[i] < 0xF5 ? 4
                                         : 0;
        if (!length || i + length > size) {
            return false;
        }
        for (size_t j = 1; j < length; j++) {
            if ((text[i + j] & 0xC0) != 0x80) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

/* A wide literal whose bytes are no UTF-8 is in the Western European code page. */
static void wide_bytes(struct cc_unit *unit, uint32_t token) {
    const struct cc_token *t = &unit->tokens[token];
    const unsigned char *text = (const unsigned char *)unit->text + t->start;
    bool wide = text[0] == 'L' || (token > 0 && unit->tokens[token - 1].word == CC_W_WIDE);
    if (!wide || is_utf8(text, t->length)) {
        return;
    }
    struct cc_text out = {0};
    for (uint32_t i = 0; i < t->length; i++) {
        if (text[i] < 0x80) {
            cc_put(&out, (const char *)&text[i], 1);
        } else {
            unsigned c = text[i] < 0xA0 ? code_page[text[i] - 0x80] : text[i];
            cc_printf(&out, c < 0xA0 ? "\\x%x" : "\\u%04x", c);
        }
    }
    cc_replace(unit, token, cc_copy(out.data, out.size));
    cc_text_free(&out);
}

static void assembler(struct cc_unit *unit, uint32_t token) {
    static const char *const gcc_forms[] = {"(", "volatile", "__volatile__", "goto", "inline"};
    for (size_t i = 0; i < sizeof gcc_forms / sizeof *gcc_forms; i++) {
        if (cc_is(unit, token + 1, gcc_forms[i])) {
            return;
        }
    }
    cc_error(unit, token, "MSVC's inline assembler does not exist for x64");
}

static const char *sized_type(uint16_t word) {
    switch (word) {
    case CC_W_INT8:
    case CC_W_INT8_OLD:
        return "char";
    case CC_W_INT16:
    case CC_W_INT16_OLD:
        return "short";
    case CC_W_INT32:
    case CC_W_INT32_OLD:
        return "int";
    case CC_W_INT64:
    case CC_W_INT64_OLD:
        return "long long";
    case CC_W_WCHAR_T:
        return "wchar_t";
    default:
        return NULL;
    }
}

/* One identifier with a meaning; returns the last token dealt with. */
static uint32_t dialect_word(struct cc_unit *unit, uint32_t token) {
    uint16_t word = unit->tokens[token].word;
    if (cc_word_flags(word) & CC_DROP) {
        cc_replace(unit, token, "");
        return token;
    }
    if (is_inline(word)) {
        inline_word(unit, token);
        return token;
    }
    switch (word) {
    case CC_W_DECLSPEC:
    case CC_W_DECLSPEC_OLD:
        return cc_declspec(unit, token);
    case CC_W_PRAGMA:
    case CC_W_PRAGMA_OLD:
        return cc_pragma_operator(unit, token);
    case CC_W_STATIC:
        repeated_static(unit, token);
        break;
    case CC_W_TRY:
        host_try(unit, token);
        break;
    case CC_W_VOLATILE3:
        external_volatile(unit, token);
        break;
    case CC_W_ASSUME:
        assume(unit, token);
        break;
    case CC_W_NOOP:
    case CC_W_ANNOTATION: /* strings for the debugger's symbol file */
        noop(unit, token);
        break;
    case CC_W_DEBUGBREAK:
        cc_replace(unit, token, "DbgBreakPoint");
        unit->uses_breakpoint = true;
        break;
    case CC_W_FUNCTION:
    case CC_W_FUNCTION_WIDE:
    case CC_W_FUNCSIG:
    case CC_W_FUNCDNAME:
        function_name(unit, token);
        break;
    case CC_W_PTR32:
    case CC_W_PTR32_OLD:
        pointer32(unit, token);
        break;
    case CC_W_CHARIZE:
        return charize(unit, token);
    case CC_W_WIDE:
        wide_prefix(unit, token);
        break;
    case CC_W_ASM_OLD:
    case CC_W_ASM_OLDER:
        assembler(unit, token);
        break;
    default:
        if (sized_type(word)) {
            cc_replace(unit, token, sized_type(word));
        }
        break;
    }
    return token;
}

void cc_pass_dialect(struct cc_unit *unit) {
    for (uint32_t i = 0; i + 1 < unit->count; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (t->kind == CC_IDENT) {
            if (t->word != CC_W_NONE) {
                i = dialect_word(unit, i);
            }
        } else if (cc_punct(unit, i, ',') && cc_punct(unit, i + 1, ')') && !t->system) {
            cc_replace(unit, i, ""); /* what an empty __VA_ARGS__ left behind */
        } else if (t->kind == CC_STRING || t->kind == CC_CHAR) {
            wide_bytes(unit, i);
        }
    }
}
