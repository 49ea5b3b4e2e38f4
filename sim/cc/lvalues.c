/*
 * Casts on the left: `((PUCHAR)p)++`, `((ULONG *)p) += 2`, `(PCHAR)p = q;`, `&((PULONG)p)`. MSVC's
 * C takes them for the object itself seen with another type; here they become `*(T *)&object`. Only
 * a parenthesised type followed by a name, a member or an element is taken for a cast; everything
 * else stays.
 *
 * Also here: flexible arrays where C does not have them, in unions and as the only member.
 */
#include "cc.h"

#include <string.h>

/* `++`, `--`, `=` (not `==`) or `op=` at `token`. */
static bool assigns(const struct cc_unit *unit, uint32_t token) {
    char c = unit->tokens[token].kind == CC_PUNCT ? unit->text[unit->tokens[token].start] : '\0';
    char n =
        unit->tokens[token + 1].kind == CC_PUNCT ? unit->text[unit->tokens[token + 1].start] : '\0';
    bool adjacent = unit->tokens[token + 1].start == unit->tokens[token].start + 1;
    if ((c == '+' || c == '-') && n == c && adjacent) {
        return true;
    }
    if (c == '=') {
        return !(n == '=' && adjacent);
    }
    return c && strchr("+-*/%&|^", c) && n == '=' && adjacent;
}

/* Is [first, end) a type name as it stands in a cast? */
static bool is_type(const struct cc_unit *unit, uint32_t first, uint32_t end) {
    uint32_t names = 0, stars = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (t->kind == CC_IDENT) {
            names++;
            if (stars && !(cc_word_flags(t->word) & CC_SPECIFIER)) {
                return false;
            }
        } else if (cc_punct(unit, i, '*')) {
            stars++;
        } else {
            return false;
        }
    }
    bool built_in = names && (cc_word_flags(unit->tokens[first].word) & CC_TYPE);
    bool tagged = names == 2 && unit->tokens[first].word == CC_W_STRUCT;
    return names && (stars || built_in || tagged || names == 1);
}

/* The end of `name`, `name->member`, `name.member`, `name[index]` or `*name` at `token`; `token`
 * itself when it is nothing of these. */
static uint32_t object_end(const struct cc_unit *unit, uint32_t token) {
    uint32_t i = token;
    while (cc_punct(unit, i, '*')) {
        i++;
    }
    if (unit->tokens[i].kind != CC_IDENT) {
        return token;
    }
    for (i++;;) {
        if (cc_punct(unit, i, '[') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match + 1;
        } else if (cc_punct(unit, i, '.') && unit->tokens[i + 1].kind == CC_IDENT) {
            i += 2;
        } else if (cc_punct(unit, i, '-') && cc_punct(unit, i + 1, '>') &&
                   unit->tokens[i + 2].kind == CC_IDENT) {
            i += 3;
        } else {
            return i;
        }
    }
}

static void make_lvalue(struct cc_unit *unit, uint32_t open, uint32_t end) {
    uint32_t close = unit->tokens[open].match;
    cc_before(unit, open, "(*");
    cc_after(unit, open, "__typeof__(");
    cc_before(unit, close, ")*");
    cc_after(unit, close, "&(");
    cc_after(unit, end - 1, "))");
}

/* Is the expression that begins at `first` the operand of a unary '&'? */
static bool takes_address(const struct cc_unit *unit, uint32_t first) {
    if (first < 2 || !cc_punct(unit, first - 1, '&') || cc_punct(unit, first - 2, '&')) {
        return false;
    }
    const struct cc_token *before = &unit->tokens[first - 2];
    return before->kind == CC_PUNCT ? !strchr(")]}", unit->text[before->start])
                                    : before->word == CC_W_RETURN;
}

/* Is the parenthesis that opens at `first`, and ends in front of `last`, assigned to? */
static bool changed(const struct cc_unit *unit, uint32_t first, uint32_t last) {
    const struct cc_token *before = first > 0 ? &unit->tokens[first - 1] : NULL;
    bool call = before && before->kind == CC_IDENT && before->word != CC_W_RETURN;
    bool prefix = first > 1 && (cc_punct(unit, first - 1, '+') || cc_punct(unit, first - 1, '-')) &&
                  unit->tokens[first - 2].word == before->word &&
                  unit->tokens[first - 2].start + 1 == before->start;
    return !call && (prefix || assigns(unit, last));
}

/* A `(` that opens a cast at `open`: rewritten when the result is assigned to. */
static void cast(struct cc_unit *unit, uint32_t open) {
    uint32_t close = unit->tokens[open].match;
    if (close == CC_NONE || close == open + 1 || !is_type(unit, open + 1, close)) {
        return;
    }
    uint32_t end = object_end(unit, close + 1);
    if (end == close + 1) {
        return;
    }
    /* `(a) * b` may be a product, but not where it is changed or its address is taken */
    bool product = cc_punct(unit, close + 1, '*') && !cc_punct(unit, close - 1, '*');
    uint32_t first = open, last = end;
    while (first > 0 && cc_punct(unit, first - 1, '(') && unit->tokens[first - 1].match == last) {
        first--;
        last++;
    }
    bool statement = first == open && open > 0 && !product &&
                     (cc_punct(unit, open - 1, ';') || cc_punct(unit, open - 1, '{') ||
                      cc_punct(unit, open - 1, '}'));
    if (takes_address(unit, first) || (statement && assigns(unit, end)) ||
        (first < open && changed(unit, first, last))) {
        make_lvalue(unit, open, end);
    }
}

void cc_pass_lvalues(struct cc_unit *unit) {
    if (unit->options.cplusplus) {
        return;
    }
    for (uint32_t f = 0; f < unit->function_count; f++) {
        const struct cc_function *function = &unit->functions[f];
        if (unit->tokens[function->open].system) {
            continue;
        }
        for (uint32_t i = function->open; i < function->close; i++) {
            if (cc_punct(unit, i, '(')) {
                cast(unit, i);
            }
        }
    }
}

/* `name[];` in the body of a union, or as a structure's only member, becomes `name[0];`. */
static void flexible_members(struct cc_unit *unit, uint32_t open, bool in_union) {
    uint32_t close = unit->tokens[open].match, members = 0;
    for (uint32_t i = open + 1; i < close; i++) {
        if (cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
        } else if (cc_punct(unit, i, ';')) {
            members++;
        } else if (cc_punct(unit, i, '[') && cc_punct(unit, i + 1, ']') &&
                   cc_punct(unit, i + 2, ';') && (in_union || members == 0)) {
            cc_after(unit, i, "0");
        }
    }
}

void cc_pass_flexible(struct cc_unit *unit) {
    for (uint32_t i = 0; i + 3 < unit->count; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (t->kind != CC_IDENT || t->system || (t->word != CC_W_UNION && t->word != CC_W_STRUCT)) {
            continue;
        }
        uint32_t open = cc_punct(unit, i + 1, '{') ? i + 1 : i + 2;
        if (cc_punct(unit, open, '{') && unit->tokens[open].match != CC_NONE) {
            flexible_members(unit, open, t->word == CC_W_UNION);
        }
    }
}
