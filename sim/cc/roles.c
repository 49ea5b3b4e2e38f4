/*
 * Functions defined with another pointer type than they were declared with: `PVOID` in a role type
 * (`DRIVER_NOTIFICATION_CALLBACK_ROUTINE Changed;`) or prototype, the real type in the definition.
 * MSVC warns and goes on, GCC and Clang refuse. The definition gets the declared type, and a local
 * variable of the type it wanted, at the opening brace.
 *
 * Only parameters of plain shape are looked at (names and stars), and only when one of the two
 * types is a pointer to void.
 */
#include "cc.h"

#include <string.h>

struct parameter {
    uint32_t first, name; /* type tokens [first, name) */
    bool plain;
};

enum { MAX_PARAMETERS = 16 };

static bool same_tokens(const struct cc_unit *unit, uint32_t a, uint32_t b) {
    const struct cc_token *x = &unit->tokens[a], *y = &unit->tokens[b];
    return x->kind == y->kind && x->length == y->length &&
           memcmp(unit->text + x->start, unit->text + y->start, x->length) == 0;
}

/* Splits (…) at `open`; a parameter of a declaration may have no name, then name == end. */
static unsigned parameters_of(const struct cc_unit *unit, uint32_t open, bool named,
                              struct parameter *parameters) {
    uint32_t close = unit->tokens[open].match, first = open + 1;
    unsigned count = 0;
    for (uint32_t i = open + 1; i <= close && count < MAX_PARAMETERS; i++) {
        if (i != close && !cc_punct(unit, i, ',')) {
            if (cc_punct(unit, i, '(') && unit->tokens[i].match < close) {
                i = unit->tokens[i].match;
            }
            continue;
        }
        struct parameter *p = &parameters[count++];
        *p = (struct parameter){.first = first, .name = i, .plain = i > first};
        for (uint32_t j = first; j < i; j++) {
            p->plain &= unit->tokens[j].kind == CC_IDENT || cc_punct(unit, j, '*');
        }
        bool last_is_name = p->plain && i - first >= 2 && unit->tokens[i - 1].kind == CC_IDENT &&
                            !(cc_word_flags(unit->tokens[i - 1].word) & CC_SPECIFIER);
        bool tag = i - first == 2 && unit->tokens[first].word == CC_W_STRUCT;
        if (last_is_name && !tag) {
            p->name = i - 1;
        } else if (named) {
            p->plain = false;
        }
        first = i + 1;
    }
    return count;
}

static bool is_void_pointer(const struct cc_unit *unit, const struct parameter *p) {
    uint32_t size = p->name - p->first;
    return (size == 1 && (cc_is(unit, p->first, "PVOID") || cc_is(unit, p->first, "LPVOID"))) ||
           (size == 2 && (cc_is(unit, p->first, "void") || cc_is(unit, p->first, "VOID")) &&
            cc_punct(unit, p->first + 1, '*'));
}

static bool is_pointer(const struct cc_unit *unit, const struct parameter *p) {
    const struct cc_token *first = &unit->tokens[p->first];
    return cc_punct(unit, p->name - 1, '*') ||
           (p->name - p->first == 1 && first->length > 1 && unit->text[first->start] == 'P');
}

static bool same_type(const struct cc_unit *unit, const struct parameter *a,
                      const struct parameter *b) {
    if (a->name - a->first != b->name - b->first) {
        return false;
    }
    for (uint32_t i = 0; i < a->name - a->first; i++) {
        if (!same_tokens(unit, a->first + i, b->first + i)) {
            return false;
        }
    }
    return true;
}

static uint32_t declaration_begin(const struct cc_unit *unit, uint32_t token) {
    while (token > 0 && !cc_punct(unit, token - 1, ';') && !cc_punct(unit, token - 1, '}')) {
        token--;
    }
    return token;
}

/* The `(` of the parameters of function type `type`, or CC_NONE. */
static uint32_t type_parameters(const struct cc_unit *unit, uint32_t type) {
    for (uint32_t i = 0; i + 2 < type; i++) {
        if (!same_tokens(unit, i, type)) {
            continue;
        }
        uint32_t open = cc_punct(unit, i + 1, ')') ? i + 2 : i + 1;
        if (cc_punct(unit, open, '(') && unit->tokens[open].match != CC_NONE &&
            unit->tokens[declaration_begin(unit, i)].word == CC_W_TYPEDEF) {
            return open;
        }
    }
    return CC_NONE;
}

/* The `(` of the parameters that a declaration of the name at `token` gives, or CC_NONE. */
static uint32_t declared_parameters(const struct cc_unit *unit, uint32_t token) {
    if (cc_punct(unit, token + 1, ';')) {
        return token > 0 && unit->tokens[token - 1].kind == CC_IDENT
                   ? type_parameters(unit, token - 1)
                   : CC_NONE;
    }
    return unit->tokens[token + 1].match != CC_NONE ? token + 1 : CC_NONE;
}

static const char *type_text(const struct cc_unit *unit, const struct parameter *p) {
    const char *text = "";
    for (uint32_t i = p->first; i < p->name; i++) {
        text = cc_format("%s%s ", text, cc_spelling(unit, i));
    }
    return text;
}

static void agree(struct cc_unit *unit, const struct cc_function *function,
                  const struct parameter *declared, const struct parameter *defined) {
    const char *name = cc_spelling(unit, defined->name);
    cc_delete(unit, defined->first, defined->name);
    cc_replace(unit, defined->name, cc_format("%s__declared_%s", type_text(unit, declared), name));
    cc_after(unit, function->open,
             cc_format(" %s%s = __declared_%s;", type_text(unit, defined), name, name));
}

/* Compares a definition with the declaration at `token`, which is before it. */
static void compare(struct cc_unit *unit, const struct cc_function *function, uint32_t token) {
    struct parameter declared[MAX_PARAMETERS], defined[MAX_PARAMETERS];
    uint32_t open = function->name + 1, before = declared_parameters(unit, token);
    if (before == CC_NONE || !cc_punct(unit, open, '(') || unit->tokens[open].match == CC_NONE) {
        return;
    }
    unsigned count = parameters_of(unit, open, true, defined);
    if (parameters_of(unit, before, false, declared) != count) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct parameter *a = &declared[i], *b = &defined[i];
        if (a->plain && b->plain && !same_type(unit, a, b) &&
            is_void_pointer(unit, a) != is_void_pointer(unit, b) && is_pointer(unit, a) &&
            is_pointer(unit, b)) {
            agree(unit, function, a, b);
        }
    }
}

void cc_pass_roles(struct cc_unit *unit) {
    if (unit->options.cplusplus || !unit->function_count) {
        return;
    }
    struct cc_names names;
    cc_names_init(&names, unit, unit->function_count);
    for (uint32_t f = 0; f < unit->function_count; f++) {
        if (!unit->tokens[unit->functions[f].name].system) {
            *cc_names_find(&names, unit->functions[f].name) = unit->functions[f].name + 1;
        }
    }
    for (uint32_t i = 1; i + 1 < unit->count; i++) {
        if (cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
            continue;
        }
        bool declares = cc_punct(unit, i + 1, '(') || cc_punct(unit, i + 1, ';');
        uint32_t name =
            unit->tokens[i].kind == CC_IDENT && declares ? *cc_names_find(&names, i) : 0;
        const struct cc_function *function = name ? cc_function_named(unit, name - 1) : NULL;
        if (function && i < function->first) {
            compare(unit, function, i);
            *cc_names_find(&names, i) = i + 1; /* the first declaration decides */
        }
    }
    cc_names_free(&names);
}
