/*
 * Static functions that were declared without `static` before, which MSVC takes: the earlier
 * declarations become static as well, because in GCC's C the first one decides.
 *
 * One walk over the top level remembers where each name was first declared with a parameter list.
 */
#include "cc.h"

static uint32_t declaration_begin(const struct cc_unit *unit, uint32_t token) {
    while (token > 0 && !cc_punct(unit, token - 1, ';') && !cc_punct(unit, token - 1, '}')) {
        token--;
    }
    return token;
}

static bool says(const struct cc_unit *unit, uint32_t first, uint32_t end, uint16_t word) {
    for (uint32_t i = first; i < end; i++) {
        if (unit->tokens[i].kind == CC_IDENT && unit->tokens[i].word == word) {
            return true;
        }
    }
    return false;
}

/* All functions that are defined static, by name. */
static void collect_static(struct cc_unit *unit, struct cc_names *names) {
    for (uint32_t i = 0; i < unit->function_count; i++) {
        const struct cc_function *function = &unit->functions[i];
        if (!unit->tokens[function->name].system &&
            says(unit, function->first, function->name, CC_W_STATIC)) {
            *cc_names_find(names, function->name) = function->name + 1;
        }
    }
}

static void make_static(struct cc_unit *unit, uint32_t name) {
    uint32_t first = declaration_begin(unit, name);
    if (says(unit, first, name, CC_W_STATIC) || says(unit, first, name, CC_W_TYPEDEF) ||
        first == name) {
        return;
    }
    for (uint32_t i = first; i < name; i++) {
        if (unit->tokens[i].kind != CC_IDENT && !cc_punct(unit, i, '*')) {
            return; /* something that is no plain declaration */
        }
    }
    for (uint32_t i = first; i < name; i++) {
        if (unit->tokens[i].kind == CC_IDENT && unit->tokens[i].word == CC_W_EXTERN) {
            cc_replace(unit, i, "");
        }
    }
    cc_before(unit, first, "static ");
}

void cc_pass_linkage(struct cc_unit *unit) {
    if (unit->options.cplusplus || !unit->function_count) {
        return;
    }
    struct cc_names names;
    cc_names_init(&names, unit, unit->function_count);
    collect_static(unit, &names);
    for (uint32_t i = 0; i + 1 < unit->count; i++) {
        if (cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
            continue;
        }
        /* `T name(…);` and `ROUTINE_TYPE name;` both declare functions */
        bool declares = cc_punct(unit, i + 1, '(') || cc_punct(unit, i + 1, ';');
        if (unit->tokens[i].kind == CC_IDENT && declares && !unit->tokens[i].system) {
            uint32_t definition = *cc_names_find(&names, i);
            if (definition && definition - 1 > i) {
                make_static(unit, i);
            }
        }
    }
    cc_names_free(&names);
}
