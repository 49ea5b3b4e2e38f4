/*
 * Enumerations, which are always plain `int` for MSVC.
 *
 * GCC and Clang choose unsigned int where no enumerator is negative, so comparisons with -1 and
 * bit-fields of the type would differ. In C a further enumerator of -1 settles the type, in C++ the
 * fixed underlying type does; initialisers that may not fit become (int)(…).
 *
 * MSVC also takes `enum tag` in a declaration before the enumeration is defined. Such a use becomes
 * `int`, and `typedef enum tag {…} name` of a tag that was used early declares `name` as int, so
 * that all its declarations agree.
 */
#include "cc.h"

#include <stdlib.h>
#include <string.h>

struct tag {
    uint32_t name; /* token of the definition's tag */
    bool early;    /* used before it */
};

struct enums {
    struct cc_unit *unit;
    struct tag *tags; /* hash table, name 0 = free */
    uint32_t size, count;
    unsigned settled;
};

static bool is_enum(const struct cc_unit *unit, uint32_t token) {
    const struct cc_token *t = &unit->tokens[token];
    return t->kind == CC_IDENT && t->word == CC_W_ENUM && !t->system;
}

/* The tag's token behind `enum` and attributes, or CC_NONE; *brace is the body or CC_NONE. */
static uint32_t tag_of(const struct cc_unit *unit, uint32_t token, uint32_t *brace) {
    uint32_t i = token + 1;
    while (unit->tokens[i].word == CC_W_ATTRIBUTE || unit->tokens[i].word == CC_W_DECLSPEC) {
        if (!cc_punct(unit, i + 1, '(') || unit->tokens[i + 1].match == CC_NONE) {
            break;
        }
        i = unit->tokens[i + 1].match + 1;
    }
    uint32_t name = CC_NONE;
    if (unit->tokens[i].kind == CC_IDENT && unit->tokens[i].word != CC_W_CLASS &&
        unit->tokens[i].word != CC_W_STRUCT) {
        name = i++;
    }
    *brace = cc_punct(unit, i, '{') && unit->tokens[i].match != CC_NONE ? i : CC_NONE;
    return name;
}

static struct tag *find_tag(struct enums *enums, uint32_t name) {
    const struct cc_unit *unit = enums->unit;
    const struct cc_token *t = &unit->tokens[name];
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < t->length; i++) {
        hash = (hash ^ (unsigned char)unit->text[t->start + i]) * 16777619u;
    }
    for (uint32_t slot = hash % enums->size;; slot = (slot + 1) % enums->size) {
        struct tag *tag = &enums->tags[slot];
        const struct cc_token *other = &unit->tokens[tag->name];
        if (!tag->name ||
            (other->length == t->length &&
             memcmp(unit->text + other->start, unit->text + t->start, t->length) == 0)) {
            return tag;
        }
    }
}

static void collect(struct enums *enums) {
    struct cc_unit *unit = enums->unit;
    uint32_t definitions = 0;
    for (uint32_t i = 0; i < unit->count; i++) {
        definitions += is_enum(unit, i);
    }
    enums->size = definitions * 2 + 16;
    enums->tags = cc_realloc(NULL, enums->size * sizeof *enums->tags);
    memset(enums->tags, 0, enums->size * sizeof *enums->tags);
    for (uint32_t i = 0; i < unit->count; i++) {
        uint32_t brace;
        uint32_t name = is_enum(unit, i) ? tag_of(unit, i, &brace) : CC_NONE;
        if (name != CC_NONE && brace != CC_NONE) {
            struct tag *tag = find_tag(enums, name);
            tag->name = tag->name ? tag->name : name;
        }
    }
}

/* May the initialiser be anything but a value of int? Small plain numbers cannot. */
static bool may_be_large(const struct cc_unit *unit, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        const struct cc_token *t = &unit->tokens[i];
        const char *text = unit->text + t->start;
        if (t->kind == CC_IDENT || t->kind == CC_CHAR || cc_punct(unit, i, '<')) {
            return true;
        }
        if (t->kind == CC_NUMBER &&
            (t->length > 9 || strpbrk(cc_spelling(unit, i), "uUlLiI") || text[0] == '.')) {
            return true;
        }
    }
    return false;
}

static void wrap_initialisers(struct cc_unit *unit, uint32_t open, uint32_t close) {
    uint32_t value = CC_NONE;
    for (uint32_t i = open + 1; i <= close; i++) {
        if (value != CC_NONE && (i == close || cc_punct(unit, i, ','))) {
            if (i > value && may_be_large(unit, value, i)) {
                cc_before(unit, value, "(int)(");
                cc_after(unit, i - 1, ")");
            }
            value = CC_NONE;
        } else if (cc_punct(unit, i, '=') && value == CC_NONE) {
            value = i + 1;
        } else if ((cc_punct(unit, i, '(') || cc_punct(unit, i, '{')) &&
                   unit->tokens[i].match < close) {
            i = unit->tokens[i].match;
        }
    }
}

static void definition(struct enums *enums, uint32_t token, uint32_t name, uint32_t open) {
    struct cc_unit *unit = enums->unit;
    uint32_t close = unit->tokens[open].match;
    if (close == open + 1) {
        return;
    }
    wrap_initialisers(unit, open, close);
    if (unit->options.cplusplus) {
        cc_before(unit, open, ": int ");
        return;
    }
    cc_before(unit, close,
              cc_format("%s __wdmsim_int%u = -1 ", cc_punct(unit, close - 1, ',') ? "" : ",",
                        ++enums->settled));
    bool early = name != CC_NONE && find_tag(enums, name)->early;
    if (early && token > 0 && unit->tokens[token - 1].word == CC_W_TYPEDEF) {
        cc_replace(unit, token - 1, "");
        cc_after(unit, close, "; typedef int");
    }
}

/* `enum tag` without a body. */
static void reference(struct enums *enums, uint32_t token, uint32_t name) {
    struct cc_unit *unit = enums->unit;
    struct tag *tag = find_tag(enums, name);
    if (unit->options.cplusplus) {
        if (cc_punct(unit, name + 1, ';') &&
            (token == 0 || unit->tokens[token - 1].kind == CC_PUNCT)) {
            cc_after(unit, name, " : int");
        }
        return;
    }
    if (tag->name && tag->name < token) {
        return;
    }
    if (cc_punct(unit, name + 1, ';')) {
        cc_delete(unit, token, name); /* nothing but a forward declaration */
        tag->early |= tag->name != 0;
        return;
    }
    tag->early = true;
    if (!tag->name) {
        return; /* never defined here: perhaps in a system header */
    }
    cc_delete(unit, token, name);
    cc_replace(unit, token, "int");
}

void cc_pass_enums(struct cc_unit *unit) {
    struct enums enums = {.unit = unit};
    collect(&enums);
    for (uint32_t i = 0; i < unit->count; i++) {
        uint32_t brace;
        if (!is_enum(unit, i)) {
            continue;
        }
        uint32_t name = tag_of(unit, i, &brace);
        if (brace != CC_NONE) {
            definition(&enums, i, name, brace);
        } else if (name != CC_NONE) {
            reference(&enums, i, name);
        }
    }
    free(enums.tags);
}
