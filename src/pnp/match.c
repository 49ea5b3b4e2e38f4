/*
 * What is installed for which device: hardware and compatible ids lead to a service and filters,
 * setup classes to more filters.
 *
 * A node's ids are tried in the order the bus driver gave them, hardware ids first, so the most
 * specific one wins. A device that the host described with drivers of its own needs no match.
 */
#include <string.h>

#include "pnp/internal.h"

/* Ids are ASCII; case does not matter. */
static uint32_t pnp_id_hash(uint32_t hash, unsigned c) {
    return (hash ^ (c >= 'a' && c <= 'z' ? c - 32 : c)) * 16777619u;
}

static bool pnp_id_equal(const char *id, const WCHAR *wide) {
    for (; *id && *wide; id++, wide++) {
        unsigned a = (uint8_t)*id, b = *wide;
        a = a >= 'a' && a <= 'z' ? a - 32 : a;
        b = b >= 'a' && b <= 'z' ? b - 32 : b;
        if (a != b)
            return false;
    }
    return !*id && !*wide;
}

void pnp_match_add(struct machine *m, const struct pnp_match *match) {
    struct pnp_match *copy = ki_alloc(m, sizeof *copy);
    uint32_t hash = 2166136261u;
    for (const char *c = match->id; *c; c++)
        hash = pnp_id_hash(hash, (uint8_t)*c);
    struct pnp_match **bucket = &m->pnp->matches[hash % KI_COUNT(m->pnp->matches)];
    *copy = *match;
    copy->next = *bucket;
    *bucket = copy;
}

static const struct pnp_match *pnp_match_of(struct machine *m, const WCHAR *id) {
    uint32_t hash = 2166136261u;
    for (const WCHAR *c = id; *c; c++)
        hash = pnp_id_hash(hash, *c);
    const struct pnp_match *match = m->pnp->matches[hash % KI_COUNT(m->pnp->matches)];
    while (match && !pnp_id_equal(match->id, id))
        match = match->next;
    return match;
}

static const struct pnp_match *pnp_match_list(struct machine *m, const WCHAR *ids) {
    const struct pnp_match *match = NULL;
    while (ids && *ids && !match) {
        match = pnp_match_of(m, ids);
        while (*ids)
            ids++;
        ids++;
    }
    return match;
}

void pnp_find_match(struct machine *m, struct pnp_node *node) {
    node->match = pnp_match_list(m, node->hardware_ids);
    if (!node->match)
        node->match = pnp_match_list(m, node->compatible_ids);
    if (!node->match && node->device_id)
        node->match = pnp_match_of(m, node->device_id);
    node->service = node->match ? node->match->service : NULL;
    if (node->slot && node->slot->drivers[PNP_FUNCTION])
        node->service = node->slot->drivers[PNP_FUNCTION][0];
    else if (!node->service && m->pnp->choose)
        m->pnp->choose(m, node);
}

/* ---- classes ---- */

const struct pnp_class *pnp_class_find(struct machine *m, const GUID *guid) {
    const struct pnp_class *class = m->pnp->classes;
    while (class && memcmp(&class->guid, guid, sizeof *guid) != 0)
        class = class->next;
    return class;
}

void pnp_class_add(struct machine *m, const struct pnp_class *class) {
    struct pnp_class *copy = ki_alloc(m, sizeof *copy);
    *copy = *class;
    copy->next = m->pnp->classes;
    m->pnp->classes = copy;
}
