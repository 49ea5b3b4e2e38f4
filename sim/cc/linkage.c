/*
 * Static functions that were declared without `static` before, which MSVC takes: the earlier
 * declarations become static as well, because in GCC's C the first one decides.
 *
 * One walk over the top level remembers where each name was first declared with a parameter list.
 */
#include "cc.h"

#include <stdlib.h>
#include <string.h>

struct names {
    struct cc_unit *unit;
    uint32_t *slots; /* token + 1 of a declared name, 0 = free */
    uint32_t size;
};

static uint32_t *find(const struct names *names, uint32_t token) {
    const struct cc_unit *unit = names->unit;
    const struct cc_token *t = &unit->tokens[token];
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < t->length; i++) {
        hash = (hash ^ (unsigned char)unit->text[t->start + i]) * 16777619u;
    }
    for (uint32_t slot = hash & (names->size - 1);; slot = (slot + 1) & (names->size - 1)) {
        uint32_t *entry = &names->slots[slot];
        const struct cc_token *other = *entry ? &unit->tokens[*entry - 1] : NULL;
        if (!other || (other->length == t->length &&
                       memcmp(unit->text + other->start, unit->text + t->start, t->length) == 0)) {
            return entry;
        }
    }
}

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
static void collect_static(struct names *names) {
    struct cc_unit *unit = names->unit;
    for (uint32_t i = 0; i < unit->function_count; i++) {
        const struct cc_function *function = &unit->functions[i];
        if (!unit->tokens[function->name].system &&
            says(unit, function->first, function->name, CC_W_STATIC)) {
            *find(names, function->name) = function->name + 1;
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
    struct names names = {.unit = unit, .size = 64};
    while (names.size < unit->function_count * 4) {
        names.size *= 2;
    }
    names.slots = cc_realloc(NULL, names.size * sizeof *names.slots);
    memset(names.slots, 0, names.size * sizeof *names.slots);
    collect_static(&names);
    for (uint32_t i = 0; i + 1 < unit->count; i++) {
        if (cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE) {
            i = unit->tokens[i].match;
            continue;
        }
        /* `T name(…);` and `ROUTINE_TYPE name;` both declare functions */
        bool declares = cc_punct(unit, i + 1, '(') || cc_punct(unit, i + 1, ';');
        if (unit->tokens[i].kind == CC_IDENT && declares && !unit->tokens[i].system) {
            uint32_t definition = *find(&names, i);
            if (definition && definition - 1 > i) {
                make_static(unit, i);
            }
        }
    }
    free(names.slots);
}
