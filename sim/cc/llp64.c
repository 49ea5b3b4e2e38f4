/*
 * The LLP64 data model: outside system headers `long` is 32 bits, and so are literals with L.
 *
 * `long` may stand anywhere among declaration specifiers (`int long unsigned`, `long const int`),
 * so the run of specifiers around it decides: two of them or a `double` stay; a lone one becomes
 * `int`, or nothing where `int` is there already. A literal loses its L; LL stays, i64 and ui64
 * become LL and ULL. A decimal literal without U in [2^31, 2^32) is unsigned, as MSVC has it.
 */
#include "cc.h"

#include <string.h>

static bool is_specifier(const struct cc_unit *unit, uint32_t token) {
    const struct cc_token *t = &unit->tokens[token];
    return t->kind == CC_IDENT && (cc_word_flags(t->word) & CC_SPECIFIER);
}

uint32_t cc_specifiers_begin(const struct cc_unit *unit, uint32_t token) {
    while (token > 0 && is_specifier(unit, token - 1)) {
        token--;
    }
    return token;
}

/* The first token behind the run. */
uint32_t cc_specifiers_end(const struct cc_unit *unit, uint32_t token) {
    while (is_specifier(unit, token)) {
        token++;
    }
    return token;
}

/* Rewrites the run of specifiers around `token`, a `long`; returns the run's end. */
static uint32_t rewrite_run(struct cc_unit *unit, uint32_t token) {
    uint32_t begin = cc_specifiers_begin(unit, token), end = cc_specifiers_end(unit, token);
    unsigned longs = 0;
    bool keep = false, has_int = false;
    for (uint32_t i = begin; i < end; i++) {
        uint16_t word = unit->tokens[i].word;
        longs += word == CC_W_LONG;
        keep |= word == CC_W_DOUBLE;
        has_int |= word == CC_W_INT;
    }
    if (longs == 1 && !keep) {
        cc_replace(unit, token, has_int ? "" : "int");
    }
    return end;
}

static bool is_float(const char *text, size_t size) {
    bool hex = size > 1 && text[0] == '0' && (text[1] | 32) == 'x';
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' || (!hex && (text[i] | 32) == 'e') || (hex && (text[i] | 32) == 'p')) {
            return true;
        }
    }
    return false;
}

/* Length of the digits of an integer literal: what follows is the suffix. */
static size_t digits_of(const char *text, size_t size) {
    bool hex = size > 1 && text[0] == '0' && (text[1] | 32) == 'x';
    bool binary = size > 1 && text[0] == '0' && (text[1] | 32) == 'b';
    size_t i = hex || binary ? 2 : 0;
    for (; i < size; i++) {
        char c = text[i], lower = (char)(c | 32);
        bool digit = (c >= '0' && c <= '9') || c == '\'' || (hex && lower >= 'a' && lower <= 'f');
        if (!digit) {
            break;
        }
    }
    return i;
}

static bool beyond_int(const char *text, size_t digits) {
    if (text[0] == '0') {
        return false; /* octal, hexadecimal and binary literals are unsigned there anyway */
    }
    unsigned long long value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] != '\'') {
            value = value * 10 + (unsigned)(text[i] - '0');
        }
        if (value > UINT32_MAX) {
            return false;
        }
    }
    return value > INT32_MAX;
}

/* The suffix that gives the host the width MSVC means; NULL = keep the literal. */
static const char *host_suffix(const char *suffix, size_t size, bool large) {
    char lower[8] = {0};
    if (size >= sizeof lower) {
        return NULL;
    }
    for (size_t i = 0; i < size; i++) {
        lower[i] = (char)(suffix[i] | (suffix[i] >= 'A' && suffix[i] <= 'Z' ? 32 : 0));
    }
    static const struct {
        const char *from, *to;
    } table[] = {{"l", ""},     {"ul", "U"},   {"lu", "U"},    {"i8", ""},
                 {"i16", ""},   {"i32", ""},   {"ui8", "U"},   {"ui16", "U"},
                 {"ui32", "U"}, {"i64", "LL"}, {"ui64", "ULL"}};
    if (size == 0) {
        return large ? "U" : NULL;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(lower, table[i].from) == 0) {
            return large && !*table[i].to ? "U" : table[i].to;
        }
    }
    return NULL;
}

static void rewrite_number(struct cc_unit *unit, uint32_t token) {
    const struct cc_token *t = &unit->tokens[token];
    const char *text = unit->text + t->start;
    if (t->length == 1) {
        return;
    }
    const struct cc_token *next = t + 1;
    bool sign = next->kind == CC_PUNCT && (text[t->length] == '+' || text[t->length] == '-');
    if (sign && (text[t->length - 1] | 32) == 'e' && next->start == t->start + t->length) {
        cc_after(unit, token, " "); /* 0x1e+1 is a sum, and the host's compiler must see one */
    }
    bool msvc_suffix = memchr(text, 'i', t->length) || memchr(text, 'I', t->length);
    if ((t->system && !msvc_suffix) || is_float(text, t->length)) {
        return;
    }
    size_t digits = digits_of(text, t->length);
    const char *suffix = host_suffix(text + digits, t->length - digits, beyond_int(text, digits));
    if (suffix) {
        cc_replace(unit, token, cc_format("%.*s%s", (int)digits, text, suffix));
    }
}

void cc_pass_llp64(struct cc_unit *unit) {
    for (uint32_t i = 0; i < unit->count; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (t->kind == CC_NUMBER && !t->replace) {
            rewrite_number(unit, i);
        } else if (t->kind == CC_IDENT && t->word == CC_W_LONG && !t->system) {
            i = rewrite_run(unit, i) - 1;
        }
    }
}
