/*
 * The JSON of a scenario: cJSON's tree, and for each of its nodes the place in the text.
 */
#ifndef SIM_SCENARIO_TREE_H
#define SIM_SCENARIO_TREE_H

#include <cjson/cJSON.h>

#include "scenario/source.h"

/* Arrays and objects inside each other: deeper texts are refused. */
#define TREE_DEPTH_LIMIT 32

/* Where one value stands: offsets into the source. */
struct tree_entry {
    const cJSON *node;
    size_t key;   /* of the member's name; that of the value if it is not a member */
    size_t value; /* of the value's first byte */
    size_t end;   /* behind the value */
};

struct tree {
    const struct source *source;
    struct store *store;
    cJSON *root;
    struct tree_entry *entries; /* sorted by node */
    size_t count;
};

/*
 * Parses a source. False, with problems, if it is not strict JSON or an object names a key twice.
 * What the tree holds besides cJSON's nodes lives in the store.
 */
bool tree_parse(struct tree *tree, const struct source *source, struct store *store,
                struct problems *problems);
void tree_free(struct tree *tree);

const struct tree_entry *tree_entry(const struct tree *tree, const cJSON *node);
struct place tree_place(const struct tree *tree, const cJSON *node);
struct place tree_key_place(const struct tree *tree, const cJSON *node);
/* The value as the author wrote it, at most `limit` bytes, on one line. */
char *tree_words(const struct tree *tree, const cJSON *node, size_t limit);

/*
 * The bytes of a string value, which unlike cJSON's own may contain zero characters. Terminated;
 * lives in the tree's store.
 */
char *tree_bytes(const struct tree *tree, const cJSON *node, size_t *length);

/*
 * The strict grammar, apart from cJSON: fills `entries` with the values in the order of the text,
 * and returns their number, 0 with a problem if the text is not JSON. Used by tree_parse.
 */
size_t scan_json(const struct source *source, struct tree_entry **entries, struct store *store,
                 struct problems *problems);

#endif
