/*
 * Jumps from outside into a guarded block, which MSVC refuses: a goto to a label inside, a case of
 * a switch around it. The block's frame would not be there, and GCC takes such a jump without a
 * word. Jumps out of a __finally block are taken, with the warning that MSVC gives: they drop the
 * exception that is on its way.
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
        if (regions[i].word && holds(&regions[i], label) && !holds(&regions[i], token)) {
            cc_error(unit, token, "'goto %s' jumps into a block of '%s'",
                     cc_spelling(unit, token + 1), regions[i].word);
            return;
        }
    }
}

static bool is_loop(const struct cc_unit *unit, uint32_t token) {
    return is_word(unit, token, CC_W_FOR) || is_word(unit, token, CC_W_WHILE) ||
           is_word(unit, token, CC_W_DO);
}

/* Does a switch statement, or a loop, inside the region hold the word at `token`? */
static bool has_around(const struct cc_unit *unit, uint32_t token, const struct cc_region *region,
                       bool switches, bool loops) {
    for (uint32_t i = token - 1; i > region->open; i--) {
        bool wanted = (switches && is_word(unit, i, CC_W_SWITCH)) || (loops && is_loop(unit, i));
        if (wanted && cc_statement_end(unit, i) > token) {
            return true;
        }
    }
    return false;
}

/* The innermost region that holds the token; NULL = none. */
static const struct cc_region *region_around(uint32_t token, const struct cc_region *regions,
                                             uint32_t count) {
    const struct cc_region *inner = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (holds(&regions[i], token) && (!inner || holds(inner, regions[i].open))) {
            inner = &regions[i];
        }
    }
    return inner;
}

/* A case or default at `token`; the innermost region counts. */
static void check_case(struct cc_unit *unit, uint32_t token, const struct cc_region *regions,
                       uint32_t count) {
    const struct cc_region *inner = region_around(token, regions, count);
    if (inner && inner->word && !has_around(unit, token, inner, true, false)) {
        cc_error(unit, token, "'%s' of a switch around this block of '%s'",
                 cc_spelling(unit, token), inner->word);
    }
}

static bool jumps(const struct cc_unit *unit, uint32_t token) {
    return is_word(unit, token, CC_W_RETURN) || is_word(unit, token, CC_W_BREAK) ||
           is_word(unit, token, CC_W_CONTINUE) || is_word(unit, token, CC_W_GOTO);
}

/* Does the jump at `token` end outside the region, which holds it? */
static bool leaves(const struct cc_unit *unit, uint32_t token, const struct cc_region *region) {
    switch (unit->tokens[token].word) {
    case CC_W_BREAK:
        return !has_around(unit, token, region, true, true);
    case CC_W_CONTINUE:
        return !has_around(unit, token, region, false, true);
    case CC_W_GOTO:
        return !holds(region, cc_label_place(unit, token + 1));
    default:
        return true;
    }
}

/* What happens at `token` inside a nested function stays there. */
static void check_finally(struct cc_unit *unit, uint32_t token, const struct cc_region *regions,
                          uint32_t count) {
    const struct cc_region *region =
        jumps(unit, token) ? region_around(token, regions, count) : NULL;
    while (region && region->word) {
        if (region->finally && leaves(unit, token, region)) {
            cc_warn_at(unit, unit->tokens[token].start, "'%s' jumps out of a block of '%s'",
                       cc_spelling(unit, token), region->word);
            return;
        }
        region = region_around(region->open, regions, count);
    }
}

void cc_check_jumps(struct cc_unit *unit, const struct cc_function *function,
                    const struct cc_region *regions, uint32_t count) {
    for (uint32_t i = function->open + 1; count && i < function->close; i++) {
        check_finally(unit, i, regions, count);
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
