/*
 * Finds the function definitions of a translation unit.
 *
 * A walk over the top level (and into namespaces, linkage blocks and C++ classes): a `{` behind a
 * parameter list opens a body, one behind `=` or a tag does not. Old-style definitions, whose
 * parameter declarations stand between the list and the body, are recognised in C.
 */
#include "cc.h"

struct walk {
    struct cc_unit *unit;
    uint32_t start; /* first token of the current declaration */
    uint32_t name;  /* the declared function's name, CC_NONE = none seen */
    bool tag, initializer, colon;
};

static bool is_name(const struct cc_unit *unit, uint32_t token) {
    static const char *const not_names[] = {
        "alignas",    "_Alignas", "decltype", "noexcept",       "throw",        "asm",
        "__typeof__", "typeof",   "__typeof", "_Static_assert", "static_assert"};
    const struct cc_token *t = &unit->tokens[token];
    if (t->kind != CC_IDENT || (cc_word_flags(t->word) & (CC_SPECIFIER | CC_TYPE))) {
        return false;
    }
    switch (t->word) {
    case CC_W_ATTRIBUTE:
    case CC_W_ATTRIBUTE2:
    case CC_W_DECLSPEC:
    case CC_W_DECLSPEC_OLD:
    case CC_W_ASM:
    case CC_W_ASM_OLD:
    case CC_W_PRAGMA:
    case CC_W_C_PRAGMA:
    case CC_W_SIZEOF:
        return false;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof not_names / sizeof *not_names; i++) {
        if (cc_is(unit, token, not_names[i])) {
            return false;
        }
    }
    return true;
}

/* A `(` at `open` on the declaration's top level: is the token before it the function's name? */
static uint32_t name_at(const struct walk *walk, uint32_t open) {
    const struct cc_unit *unit = walk->unit;
    if (open > walk->start && is_name(unit, open - 1)) {
        return open - 1;
    }
    if (open + 1 >= unit->count || !cc_punct(unit, open + 1, '*')) {
        return CC_NONE; /* only `T (*name(parameters))(…)` is looked into */
    }
    for (uint32_t i = open + 2; i < unit->tokens[open].match && i + 1 < unit->count; i++) {
        if (cc_punct(unit, i + 1, '(') && is_name(unit, i)) {
            return i;
        }
    }
    return CC_NONE;
}

/* The body's `{` of an old-style definition whose list ends at `close`, or CC_NONE. */
static uint32_t old_style_body(const struct cc_unit *unit, uint32_t close) {
    const struct cc_token *next = &unit->tokens[close + 1];
    if (unit->options.cplusplus || next->kind != CC_IDENT || next->word == CC_W_ATTRIBUTE ||
        next->word == CC_W_ASM || next->word == CC_W_ASM_OLD) {
        return CC_NONE;
    }
    for (uint32_t i = close + 1; i < unit->count && i < close + 400; i++) {
        if (cc_punct(unit, i, '{') || cc_punct(unit, i, '=') || cc_punct(unit, i, '}')) {
            return cc_punct(unit, i, '{') && cc_punct(unit, i - 1, ';') ? i : CC_NONE;
        }
        if ((cc_punct(unit, i, '(') || cc_punct(unit, i, '[')) &&
            unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
        }
    }
    return CC_NONE;
}

static const char *qualified_name(const struct cc_unit *unit, uint32_t name) {
    uint32_t first = name;
    while (first >= 3 && cc_punct(unit, first - 1, ':') && cc_punct(unit, first - 2, ':') &&
           unit->tokens[first - 3].kind == CC_IDENT) {
        first -= 3;
    }
    const char *result = cc_spelling(unit, first);
    for (uint32_t i = first + 3; i <= name; i += 3) {
        result = cc_format("%s::%s", result, cc_spelling(unit, i));
    }
    bool calls = unit->tokens[name].word == CC_W_OPERATOR && cc_punct(unit, name + 1, '(');
    for (uint32_t i = name + 1; unit->tokens[name].word == CC_W_OPERATOR && i < unit->count; i++) {
        if (cc_punct(unit, i, '(') && !(calls && i == name + 1)) {
            break;
        }
        bool word = unit->tokens[i].kind == CC_IDENT;
        result = cc_format("%s%s%s", result, word ? " " : "", cc_spelling(unit, i));
    }
    return result;
}

/* Where an attribute may stand: behind `public:`, `template <…>` and `extern "C"`. */
static uint32_t attribute_place(const struct cc_unit *unit, uint32_t first, uint32_t limit) {
    for (;;) {
        const struct cc_token *t = &unit->tokens[first];
        if (first + 1 >= limit || t->kind != CC_IDENT) {
            return first;
        }
        if (t->word == CC_W_TEMPLATE) {
            int depth = 0;
            do {
                first++;
                depth += cc_punct(unit, first, '<') - cc_punct(unit, first, '>');
            } while (first < limit && depth > 0);
            first++;
        } else if (t->word == CC_W_EXTERN && unit->tokens[first + 1].kind == CC_STRING) {
            first += 2;
        } else if (cc_punct(unit, first + 1, ':') && !cc_punct(unit, first + 2, ':')) {
            first += 2;
        } else {
            return first;
        }
    }
}

static void add_function(struct walk *walk, uint32_t open) {
    struct cc_unit *unit = walk->unit;
    if (unit->function_count == unit->function_capacity) {
        unit->function_capacity = unit->function_capacity ? unit->function_capacity * 2 : 128;
        unit->functions =
            cc_realloc(unit->functions, unit->function_capacity * sizeof *unit->functions);
    }
    unit->functions[unit->function_count++] =
        (struct cc_function){.first = attribute_place(unit, walk->start, walk->name),
                             .name = walk->name,
                             .open = open,
                             .close = unit->tokens[open].match};
}

static void restart(struct walk *walk, uint32_t start) {
    *walk = (struct walk){.unit = walk->unit, .start = start, .name = CC_NONE};
}

/* A `{` at the declaration's top level; returns the token to go on behind. */
static uint32_t open_brace(struct walk *walk, uint32_t open) {
    struct cc_unit *unit = walk->unit;
    uint32_t close = unit->tokens[open].match;
    uint16_t first = unit->tokens[walk->start].word;
    bool linkage = unit->tokens[walk->start].kind == CC_IDENT &&
                   (first == CC_W_NAMESPACE || cc_is(unit, walk->start, "inline") ||
                    (first == CC_W_EXTERN && unit->tokens[walk->start + 1].kind == CC_STRING &&
                     walk->start + 2 == open));
    if (close == CC_NONE) {
        restart(walk, open + 1);
        return open;
    }
    if (walk->name != CC_NONE && !walk->initializer) {
        const struct cc_token *previous = &unit->tokens[open - 1];
        if (walk->colon && (previous->kind == CC_IDENT || cc_punct(unit, open - 1, '>'))) {
            return close; /* member{value} in a constructor's list */
        }
        add_function(walk, open);
        restart(walk, close + 1);
        return close;
    }
    bool class_body = walk->tag && unit->options.cplusplus && !walk->initializer;
    if ((linkage && !walk->initializer && walk->name == CC_NONE) || class_body) {
        restart(walk, open + 1);
        return open;
    }
    return close;
}

/* A `(` at the declaration's top level; returns the token to go on behind. */
static uint32_t open_parenthesis(struct walk *walk, uint32_t open) {
    struct cc_unit *unit = walk->unit;
    uint32_t close = unit->tokens[open].match;
    if (close == CC_NONE) {
        return open;
    }
    if (walk->name == CC_NONE && !walk->initializer) {
        walk->name = name_at(walk, open);
        uint32_t body = walk->name == CC_NONE ? CC_NONE : old_style_body(unit, close);
        if (body != CC_NONE && unit->tokens[body].match != CC_NONE) {
            add_function(walk, body);
            close = unit->tokens[body].match;
            restart(walk, close + 1);
        }
    }
    return close;
}

/* `operator` at `token` with its symbol or type; returns their last token. */
static uint32_t operator_name(struct walk *walk, uint32_t token) {
    const struct cc_unit *unit = walk->unit;
    uint32_t i = token + 1;
    if (cc_punct(unit, i, '(') && unit->tokens[i].match == i + 1) {
        i += 2; /* the call operator */
    }
    for (; i + 1 < unit->count && i < token + 40; i++) {
        if (cc_punct(unit, i, '(')) {
            walk->name = walk->initializer ? walk->name : token;
            return i - 1;
        }
        if (cc_punct(unit, i, ';') || cc_punct(unit, i, '{') || cc_punct(unit, i, '}')) {
            break;
        }
    }
    return token;
}

void cc_find_functions(struct cc_unit *unit) {
    struct walk walk = {.unit = unit};
    restart(&walk, 0);
    for (uint32_t i = 0; i + 1 < unit->count; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (unit->options.cplusplus && t->kind == CC_IDENT && t->word == CC_W_OPERATOR) {
            i = operator_name(&walk, i);
        } else if (t->kind == CC_IDENT) {
            walk.tag |= t->word == CC_W_STRUCT || t->word == CC_W_CLASS || t->word == CC_W_UNION;
            walk.tag &= t->word != CC_W_ENUM;
        } else if (t->kind != CC_PUNCT) {
            continue;
        } else if (cc_punct(unit, i, ';') || cc_punct(unit, i, '}')) {
            restart(&walk, i + 1);
        } else if (cc_punct(unit, i, '(')) {
            i = open_parenthesis(&walk, i);
        } else if (cc_punct(unit, i, '[') && t->match != CC_NONE) {
            i = t->match;
        } else if (cc_punct(unit, i, '=')) {
            walk.initializer = true;
        } else if (cc_punct(unit, i, ':') && walk.name != CC_NONE) {
            walk.colon = true;
        } else if (cc_punct(unit, i, '{')) {
            i = open_brace(&walk, i);
        }
    }
}

const char *cc_function_name(const struct cc_unit *unit, struct cc_function *function) {
    if (!function->qualified) {
        function->qualified = qualified_name(unit, function->name);
    }
    return function->qualified;
}

struct cc_function *cc_function_at(const struct cc_unit *unit, uint32_t token) {
    uint32_t low = 0, high = unit->function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (unit->functions[middle].close < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool inside = low < unit->function_count && unit->functions[low].open <= token;
    return inside ? &unit->functions[low] : NULL;
}

struct cc_function *cc_function_named(const struct cc_unit *unit, uint32_t token) {
    uint32_t low = 0, high = unit->function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (unit->functions[middle].name < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < unit->function_count && unit->functions[low].name == token;
    return found ? &unit->functions[low] : NULL;
}
