/*
 * The programs of the guarded-block suite: every way out of every place in every nesting of two
 * blocks, and random deeper ones.
 */
#include "seh_model.h"

#include <stdlib.h>

static struct program *programs;
static int program_count, program_capacity;
static int next_id;

/* Nodes live until the process ends, those of rejected programs too. */
static struct node_block {
    struct node_block *previous;
    struct node node;
} * nodes;

static struct node *new_node(enum node_kind kind) {
    struct node_block *block = calloc(1, sizeof *block);
    if (!block) {
        abort();
    }
    block->previous = nodes;
    nodes = block;
    struct node *node = &block->node;
    node->kind = kind;
    node->id = ++next_id;
    node->answer = 1;
    return node;
}

static struct node *mark(void) { return new_node(NODE_MARK); }

static struct node *leave_by(enum exit_kind kind, int pass) {
    struct node *node = new_node(NODE_EXIT);
    node->exit = kind;
    node->pass = pass;
    return node;
}

static struct node *list(struct node *a, struct node *b, struct node *c) {
    struct node *node = new_node(NODE_LIST);
    struct node *const parts[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        if (parts[i]) {
            node->parts[node->count++] = parts[i];
        }
    }
    return node;
}

static struct node *guarded(enum node_kind kind, struct node *body, struct node *second) {
    struct node *node = new_node(kind);
    node->parts[0] = body;
    node->parts[1] = second;
    node->count = 2;
    return node;
}

static bool leave_allowed(const struct node *node, bool inside) {
    if (node->kind == NODE_EXIT && node->exit == EXIT_LEAVE) {
        return inside;
    }
    for (int i = 0; i < node->count; i++) {
        bool body = i == 0 && (node->kind == NODE_EXCEPT || node->kind == NODE_FINALLY);
        if (!leave_allowed(node->parts[i], inside || body)) {
            return false;
        }
    }
    return true;
}

bool program_is_valid(const struct program *program) { return leave_allowed(program->root, false); }

static void add(struct node *root) {
    if (program_count == program_capacity) {
        program_capacity = program_capacity ? program_capacity * 2 : 256;
        programs = realloc(programs, (size_t)program_capacity * sizeof *programs);
        if (!programs) {
            abort();
        }
    }
    struct program program = {root, program_count};
    if (program_is_valid(&program)) {
        programs[program_count++] = program;
    }
}

enum place { IN_BODY, IN_SECOND, BEHIND, PLACES };

/* The inner statement, whose way out stands at `place` (not BEHIND: the caller's matter). */
static struct node *inner_block(enum node_kind kind, enum place place, enum exit_kind exit,
                                int pass, int answer) {
    struct node *body = list(mark(), NULL, NULL), *second = list(mark(), NULL, NULL);
    if (place == IN_BODY) {
        body = list(mark(), leave_by(exit, pass), mark());
    } else if (place == IN_SECOND) {
        second = list(mark(), leave_by(exit, pass), mark());
        if (kind == NODE_EXCEPT) {
            body = list(mark(), leave_by(EXIT_RAISE, 2), NULL);
        }
    }
    struct node *inner = guarded(kind, body, second);
    inner->answer = answer;
    return inner;
}

/* Inner statement in the outer one's body or second part. */
static void nest(enum node_kind outer, bool in_second, struct node *inner, struct node *behind,
                 int answer) {
    struct node *part = list(mark(), inner, behind ? list(behind, mark(), NULL) : mark());
    struct node *other = list(mark(), NULL, NULL);
    if (in_second && outer == NODE_EXCEPT) {
        other = list(mark(), leave_by(EXIT_RAISE, 2), NULL);
    }
    struct node *node = in_second ? guarded(outer, other, part) : guarded(outer, part, other);
    node->answer = answer;
    add(node);
}

static bool raises(enum exit_kind exit) { return exit >= EXIT_RAISE; }

static void nestings_of(enum node_kind outer, enum node_kind inner, bool in_second,
                        enum place place) {
    for (int exit = 0; exit < EXIT_KINDS; exit++) {
        int answers = raises((enum exit_kind)exit) ? 4 : 1;
        for (int a = 0; a < answers; a++) {
            int inner_answer = a & 1 ? 0 : 1, outer_answer = a & 2 ? 0 : 1;
            struct node *block = inner_block(inner, place, (enum exit_kind)exit, a & 1,
                                             place == IN_SECOND ? 1 : inner_answer);
            struct node *behind = place == BEHIND ? leave_by((enum exit_kind)exit, 0) : NULL;
            nest(outer, in_second, block, behind, in_second ? 1 : outer_answer);
        }
    }
}

static void all_nestings(void) {
    for (int outer = NODE_EXCEPT; outer <= NODE_FINALLY; outer++) {
        for (int inner = NODE_EXCEPT; inner <= NODE_FINALLY; inner++) {
            for (int second = 0; second < 2; second++) {
                for (int place = 0; place < PLACES; place++) {
                    nestings_of((enum node_kind)outer, (enum node_kind)inner, second,
                                (enum place)place);
                }
            }
        }
    }
}

/* ---- random programs ---- */

static unsigned long long random_state;

static int pick(int n) {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (int)((random_state >> 33) % (unsigned)n);
}

static struct node *random_node(int depth, bool leave) {
    int what = depth > 0 ? pick(10) : pick(3);
    if (what == 0) {
        return mark();
    }
    if (what <= 2) {
        enum exit_kind kind = (enum exit_kind)pick(EXIT_KINDS);
        return leave_by(kind == EXIT_LEAVE && !leave ? EXIT_RETURN : kind, pick(2));
    }
    if (what == 3 && program_count) {
        struct node *call = new_node(NODE_CALL);
        call->callee = pick(program_count);
        return call;
    }
    if (what <= 5) {
        return list(random_node(depth - 1, leave), random_node(depth - 1, leave), mark());
    }
    struct node *node = guarded(what & 1 ? NODE_EXCEPT : NODE_FINALLY, random_node(depth - 1, true),
                                list(mark(), random_node(depth - 1, leave), NULL));
    node->answer = pick(3) != 0;
    return node;
}

struct program *programs_all(int *count, unsigned random_count) {
    all_nestings();
    random_state = 20;
    for (unsigned i = 0; i < random_count; i++) {
        add(guarded(NODE_FINALLY, random_node(4, true), mark()));
    }
    *count = program_count;
    return programs;
}
