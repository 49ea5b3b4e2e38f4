/*
 * A table of identifiers, by spelling: which token of the unit a name was noted at.
 */
#include "cc.h"

#include <stdlib.h>
#include <string.h>

void cc_names_init(struct cc_names *names, const struct cc_unit *unit, uint32_t expected) {
    *names = (struct cc_names){.unit = unit, .size = 64};
    while (names->size < expected * 4) {
        names->size *= 2;
    }
    names->slots = cc_realloc(NULL, names->size * sizeof *names->slots);
    memset(names->slots, 0, names->size * sizeof *names->slots);
}

uint32_t *cc_names_find(const struct cc_names *names, uint32_t token) {
    const struct cc_unit *unit = names->unit;
    const struct cc_token *t = &unit->tokens[token];
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < t->length; i++) {
        hash = (hash ^ (unsigned char)unit->text[t->start + i]) * 16777619u;
    }
    hash ^= hash >> 15;
    for (uint32_t slot = hash & (names->size - 1);; slot = (slot + 1) & (names->size - 1)) {
        uint32_t *entry = &names->slots[slot];
        const struct cc_token *other = *entry ? &unit->tokens[*entry - 1] : NULL;
        if (!other || (other->length == t->length &&
                       memcmp(unit->text + other->start, unit->text + t->start, t->length) == 0)) {
            return entry;
        }
    }
}

void cc_names_free(struct cc_names *names) { free(names->slots); }
