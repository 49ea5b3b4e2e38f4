/*
 * Arbiters: who has which ports, memory, interrupt lines, messages, DMA channels and bus numbers.
 *
 * A space is a tree of ranges that do not overlap (a treap, ordered by address, so that finding and
 * inserting cost O(log n)). A wish gets the lowest place that is free; where nothing is free, a
 * wish that may share joins a range whose users all may. Wishes of one shape come in great numbers,
 * so the place where the last search for such a shape ended is remembered, until something below it
 * becomes free.
 */
#include "pnp/internal.h"

enum { PNP_HINTS = 8 };

/* Below `next` there is no room for wishes of this shape. */
struct pnp_hint {
    uint64_t minimum, length, alignment, next;
};
struct pnp_tree {
    struct pnp_range *root;
    struct pnp_hint hints[PNP_HINTS];
    unsigned next_hint;
};
struct pnp_arbiters {
    struct pnp_tree spaces[PNP_SPACES];
    uint32_t made; /* ranges; the source of the treap's priorities */
};

static struct pnp_tree *pnp_tree(struct machine *m, enum pnp_space space) {
    if (!m->pnp->arbiters)
        m->pnp->arbiters = ki_alloc(m, sizeof *m->pnp->arbiters);
    return &m->pnp->arbiters->spaces[space];
}

/* ---- the tree ---- */

/* The last range that begins at or before an address. */
static struct pnp_range *pnp_floor(const struct pnp_tree *tree, uint64_t address) {
    struct pnp_range *found = NULL;
    for (struct pnp_range *r = tree->root; r;) {
        if (r->first > address) {
            r = r->left;
        } else {
            found = r;
            r = r->right;
        }
    }
    return found;
}

/* Splits what begins before `first` from the rest. */
static void pnp_split(struct pnp_range *root, uint64_t first, struct pnp_range **below,
                      struct pnp_range **above) {
    while (root) {
        if (root->first < first) {
            *below = root;
            below = &root->right;
            root = root->right;
        } else {
            *above = root;
            above = &root->left;
            root = root->left;
        }
    }
    *below = *above = NULL;
}

static void pnp_tree_insert(struct pnp_tree *tree, struct pnp_range *range) {
    struct pnp_range **link = &tree->root;
    while (*link && (*link)->priority >= range->priority)
        link = range->first < (*link)->first ? &(*link)->left : &(*link)->right;
    pnp_split(*link, range->first, &range->left, &range->right);
    *link = range;
}

static struct pnp_range *pnp_join(struct pnp_range *below, struct pnp_range *above) {
    struct pnp_range *root = NULL, **link = &root;
    while (below && above) {
        if (below->priority >= above->priority) {
            *link = below;
            link = &below->right;
            below = below->right;
        } else {
            *link = above;
            link = &above->left;
            above = above->left;
        }
    }
    *link = below ? below : above;
    return root;
}

static void pnp_tree_remove(struct pnp_tree *tree, struct pnp_range *range) {
    struct pnp_range **link = &tree->root;
    while (*link != range)
        link = range->first < (*link)->first ? &(*link)->left : &(*link)->right;
    *link = pnp_join(range->left, range->right);
}

bool pnp_is_taken(struct machine *m, enum pnp_space space, uint64_t first, uint64_t last) {
    const struct pnp_range *range = pnp_floor(pnp_tree(m, space), last);
    return range && range->last >= first;
}

/* ---- searching ---- */

static uint64_t pnp_align(uint64_t address, uint64_t alignment) {
    uint64_t rest = alignment > 1 ? address % alignment : 0;
    return rest ? address + (alignment - rest) : address;
}

static struct pnp_hint *pnp_hint(struct pnp_tree *tree, const struct pnp_wish *wish) {
    for (unsigned i = 0; i < PNP_HINTS; i++) {
        struct pnp_hint *hint = &tree->hints[i];
        if (hint->length == wish->length && hint->minimum == wish->minimum &&
            hint->alignment == wish->alignment)
            return hint;
    }
    struct pnp_hint *hint = &tree->hints[tree->next_hint++ % PNP_HINTS];
    *hint = (struct pnp_hint){wish->minimum, wish->length, wish->alignment, wish->minimum};
    return hint;
}

/* The lowest free place; false if there is none. */
static bool pnp_find_free(struct pnp_tree *tree, const struct pnp_wish *wish, uint64_t *place) {
    struct pnp_hint *hint = pnp_hint(tree, wish);
    uint64_t at = pnp_align(hint->next, wish->alignment);
    while (at <= wish->maximum && wish->length - 1 <= wish->maximum - at) {
        const struct pnp_range *range = pnp_floor(tree, at + wish->length - 1);
        hint->next = at;
        if (!range || range->last < at) {
            *place = at;
            return true;
        }
        if (range->last == UINT64_MAX)
            return false;
        at = pnp_align(range->last + 1, wish->alignment);
    }
    return false;
}

/* The lowest range that can be shared and has the right size; ranges within the wish's bounds are
 * few where sharing happens. */
static struct pnp_range *pnp_find_shared(const struct pnp_tree *tree, const struct pnp_wish *wish) {
    uint64_t at = wish->maximum;
    struct pnp_range *found = NULL;
    for (;;) {
        struct pnp_range *range = pnp_floor(tree, at);
        if (!range || range->first < wish->minimum)
            return found;
        if (range->shared && range->last - range->first == wish->length - 1)
            found = range;
        if (range->first == 0)
            return found;
        at = range->first - 1;
    }
}

static struct pnp_range *pnp_range_new(struct machine *m, struct pnp_tree *tree,
                                       const struct pnp_wish *wish, uint64_t place) {
    struct pnp_range *range = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *range, PNP_TAG);
    if (!range)
        return NULL;
    range->first = place;
    range->last = place + wish->length - 1;
    range->shared = wish->shared;
    range->space = wish->space;
    range->priority = ++m->pnp->arbiters->made * 2654435761u;
    range->priority ^= range->priority >> 15;
    pnp_tree_insert(tree, range);
    return range;
}

struct pnp_range *pnp_claim(struct machine *m, const struct pnp_wish *wish, LIST_ENTRY *claims) {
    struct pnp_tree *tree = pnp_tree(m, wish->space);
    struct pnp_range *range = NULL;
    uint64_t place;
    struct pnp_claim *claim = mm_pool_allocate(m, NonPagedPoolNx, sizeof *claim, PNP_TAG);
    if (!claim)
        return NULL;
    if (pnp_find_free(tree, wish, &place))
        range = pnp_range_new(m, tree, wish, place);
    else if (wish->shared)
        range = pnp_find_shared(tree, wish);
    if (!range) {
        pnp_free(m, claim);
        return NULL;
    }
    range->users++;
    claim->range = range;
    InsertTailList(claims, &claim->link);
    return range;
}

static void pnp_range_release(struct machine *m, struct pnp_range *range) {
    struct pnp_tree *tree = pnp_tree(m, range->space);
    if (--range->users)
        return;
    for (unsigned i = 0; i < PNP_HINTS; i++)
        if (tree->hints[i].next >= range->first)
            tree->hints[i].next = tree->hints[i].minimum;
        else if (tree->hints[i].next + tree->hints[i].length > range->first)
            tree->hints[i].next = tree->hints[i].minimum;
    pnp_tree_remove(tree, range);
    pnp_free(m, range);
}

void pnp_unclaim(struct machine *m, LIST_ENTRY *claims) {
    while (!IsListEmpty(claims)) {
        struct pnp_claim *claim = CONTAINING_RECORD(RemoveHeadList(claims), struct pnp_claim, link);
        pnp_range_release(m, claim->range);
        pnp_free(m, claim);
    }
}

void pnp_claims_move(LIST_ENTRY *from, LIST_ENTRY *to) {
    while (!IsListEmpty(from))
        InsertTailList(to, RemoveHeadList(from));
}
