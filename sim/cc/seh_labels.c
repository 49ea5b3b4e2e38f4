/*
 * Jumps from outside into a guarded block, which MSVC refuses: a goto to a label inside, a case of
 * a switch around it. The block's frame would not be there, and GCC takes such a jump without a
 * word.
 */
#include "seh.h"

static bool is_word(const struct cc_unit *unit, uint32_t token, uint16_t word) {
    return unit->tokens[token].kind == CC_IDENT && unit->tokens[token].word == word;
}

static bool holds(const struct cc_region *region, uint32_t token) {
    return region->open < token && token < region->close;
}

/* A goto at `token`: the label may lie in no region that does not hold the goto as well. */
static void check_goto(struct cc_unit *unit, uint32_t token, const struct cc_region *regions,
                       uint32_t count) {
    uint32_t label = cc_label_place(unit, token + 1);
    for (uint32_t i = 0; label && i < count; i++) {
        if (holds(&regions[i], label) && !holds(&regions[i], token)) {
            cc_error(unit, token, "'goto %s' jumps into a block of '%s'",
                     cc_spelling(unit, token + 1), regions[i].word);
            return;
        }
    }
}

/* Does a switch statement inside the region hold the label at `token`? */
static bool has_switch(const struct cc_unit *unit, uint32_t token, const struct cc_region *region) {
    for (uint32_t i = token - 1; i > region->open; i--) {
        if (is_word(unit, i, CC_W_SWITCH) && cc_statement_end(unit, i) > token) {
            return true;
        }
    }
    return false;
}

/* A case or default at `token`; the innermost region counts. */
static void check_case(struct cc_unit *unit, uint32_t token, const struct cc_region *regions,
                       uint32_t count) {
    const struct cc_region *inner = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (holds(&regions[i], token) && (!inner || holds(inner, regions[i].open))) {
            inner = &regions[i];
        }
    }
    if (inner && !has_switch(unit, token, inner)) {
        cc_error(unit, token, "'%s' of a switch around this block of '%s'",
                 cc_spelling(unit, token), inner->word);
    }
}

void cc_refuse_jumps_inside(struct cc_unit *unit, const struct cc_function *function,
                            const struct cc_region *regions, uint32_t count) {
    for (uint32_t i = function->open + 1; count && i < function->close; i++) {
        if (is_word(unit, i, CC_W_GOTO)) {
            check_goto(unit, i, regions, count);
        } else if (is_word(unit, i, CC_W_CASE) ||
                   (is_word(unit, i, CC_W_DEFAULT) && cc_punct(unit, i + 1, ':'))) {
            check_case(unit, i, regions, count);
        } else if (cc_punct(unit, i, '(') && unit->tokens[i].match < function->close) {
            i = unit->tokens[i].match; /* `default:` of a generic selection is no label */
        }
    }
}
