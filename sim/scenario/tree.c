/*
 * cJSON's tree with positions.
 *
 * The scanner lists the values in the order of the text; a walk over cJSON's tree in the same order
 * gives each node its entry. The entries are then sorted by node, so that a position is a binary
 * search away and cJSON's nodes stay as they are.
 */
#include "scenario/tree.h"

#include <stdlib.h>
#include <string.h>

static int compare_nodes(const void *a, const void *b) {
    const struct tree_entry *x = a, *y = b;
    return (x->node > y->node) - (x->node < y->node);
}

/* Gives the nodes below and with `node` their entries; returns the number used, 0 if they run out.
 */
static size_t pair(struct tree *tree, const cJSON *node, size_t next) {
    if (next >= tree->count)
        return 0;
    tree->entries[next++].node = node;
    for (const cJSON *child = node->child; child; child = child->next) {
        next = pair(tree, child, next);
        if (!next)
            return 0;
    }
    return next;
}

static int compare_keys(const void *a, const void *b) {
    const cJSON *const *x = a, *const *y = b;
    int order = strcmp((*x)->string, (*y)->string);
    return order ? order : (*x > *y) - (*x < *y);
}

static void check_keys(struct tree *tree, const cJSON *object, struct problems *problems) {
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    const cJSON **members = memory_grow(NULL, count * sizeof *members);
    for (const cJSON *child = object->child; child; child = child->next)
        members[i++] = child;
    qsort(members, count, sizeof *members, compare_keys);
    for (i = 1; i < count; i++) {
        if (strcmp(members[i - 1]->string, members[i]->string) != 0)
            continue;
        struct place one = tree_key_place(tree, members[i - 1]);
        struct place other = tree_key_place(tree, members[i]);
        bool later = other.line > one.line || (other.line == one.line && other.column > one.column);
        problem_add(problems, later ? other : one, "\"%s\" stands here a second time",
                    members[i]->string);
    }
    free(members);
}

static void check_objects(struct tree *tree, const cJSON *node, struct problems *problems) {
    if (cJSON_IsObject(node))
        check_keys(tree, node, problems);
    for (const cJSON *child = node->child; child; child = child->next)
        check_objects(tree, child, problems);
}

bool tree_parse(struct tree *tree, const struct source *source, struct store *store,
                struct problems *problems) {
    unsigned before = problems->count;
    *tree = (struct tree){.source = source, .store = store};
    tree->count = scan_json(source, &tree->entries, store, problems);
    if (!tree->count)
        return false;
    const char *end = source->data;
    tree->root = cJSON_ParseWithLengthOpts(source->data, source->size + 1, &end, 1);
    if (!tree->root) {
        problem_add(problems, source_place(source, (size_t)(end - source->data)), "not valid JSON");
        return false;
    }
    if (pair(tree, tree->root, 0) != tree->count) {
        problem_add(problems, (struct place){1, 1}, "the text and its tree do not agree");
        return false;
    }
    qsort(tree->entries, tree->count, sizeof *tree->entries, compare_nodes);
    check_objects(tree, tree->root, problems);
    return problems->count == before;
}

void tree_free(struct tree *tree) {
    cJSON_Delete(tree->root);
    tree->root = NULL;
}

const struct tree_entry *tree_entry(const struct tree *tree, const cJSON *node) {
    struct tree_entry key = {.node = node};
    return bsearch(&key, tree->entries, tree->count, sizeof key, compare_nodes);
}

struct place tree_place(const struct tree *tree, const cJSON *node) {
    return source_place(tree->source, tree_entry(tree, node)->value);
}

struct place tree_key_place(const struct tree *tree, const cJSON *node) {
    return source_place(tree->source, tree_entry(tree, node)->key);
}

char *tree_words(const struct tree *tree, const cJSON *node, size_t limit) {
    const struct tree_entry *entry = tree_entry(tree, node);
    const char *p = tree->source->data + entry->value, *end = tree->source->data + entry->end;
    struct text text = {0};
    bool quoted = false;
    for (; p < end; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (quoted && *p == '\\')
            text_add(&text, p++, 1);
        if (quoted || !strchr(" \t\r\n", *p))
            text_add(&text, p, 1);
        else if (text.length && text.data[text.length - 1] != ' ')
            text_add(&text, " ", 1);
    }
    if (text.length > limit) {
        size_t cut = limit;
        while (cut > 0 && ((unsigned char)text.data[cut] & 0xc0) == 0x80)
            cut--;
        text.length = cut;
        text_puts(&text, "…");
    }
    char *copy = store_copy(tree->store, text_string(&text), text.length);
    text_free(&text);
    return copy;
}

static char *put_utf8(char *to, unsigned long code) {
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xe0 | code >> 12);
        } else {
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

static unsigned long hex_unit(const char *digits) {
    char copy[5] = {digits[0], digits[1], digits[2], digits[3], 0};
    return strtoul(copy, NULL, 16);
}

/* The escape at p, which the scanner has found good. Returns what stands behind it. */
static const char *put_escape(const char *p, char **to) {
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, p[1]);
    if (p[1] != 'u') {
        *(*to)++ = letter ? meanings[letter - letters] : p[1];
        return p + 2;
    }
    unsigned long code = hex_unit(p + 2);
    p += 6;
    if (code >= 0xd800 && code < 0xdc00) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex_unit(p + 2) - 0xdc00);
        p += 6;
    }
    *to = put_utf8(*to, code);
    return p;
}

char *tree_bytes(const struct tree *tree, const cJSON *node, size_t *length) {
    const struct tree_entry *entry = tree_entry(tree, node);
    const char *p = tree->source->data + entry->value + 1;
    const char *end = tree->source->data + entry->end - 1;
    char *bytes = store_take(tree->store, (size_t)(end - p) + 1), *to = bytes;
    while (p < end) {
        if (*p == '\\')
            p = put_escape(p, &to);
        else
            *to++ = *p++;
    }
    *length = (size_t)(to - bytes);
    return bytes;
}
