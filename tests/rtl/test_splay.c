/* Check splay links: order, splaying, deletion, neighbours. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define NODES 64
struct node {
    RTL_SPLAY_LINKS links;
    int key;
};
static struct node nodes[NODES];
static PRTL_SPLAY_LINKS root;

static int key_of(PRTL_SPLAY_LINKS links) {
    return CONTAINING_RECORD(links, struct node, links)->key;
}

static void insert(struct node *node) {
    RtlInitializeSplayLinks(&node->links);
    PRTL_SPLAY_LINKS at = root;
    while (at) {
        PRTL_SPLAY_LINKS next = node->key < key_of(at) ? RtlLeftChild(at) : RtlRightChild(at);
        if (next) {
            at = next;
            continue;
        }
        if (node->key < key_of(at))
            RtlInsertAsLeftChild(at, &node->links);
        else
            RtlInsertAsRightChild(at, &node->links);
        break;
    }
    root = at ? RtlSplay(&node->links) : &node->links;
}

static PRTL_SPLAY_LINKS lowest(void) {
    PRTL_SPLAY_LINKS at = root;
    while (at && RtlLeftChild(at))
        at = RtlLeftChild(at);
    return at;
}

/* The keys in order, and every parent right. */
static void check_order(int count) {
    int seen = 0, last = -1;
    for (PRTL_SPLAY_LINKS at = lowest(); at; at = RtlRealSuccessor(at)) {
        assert_true(key_of(at) > last);
        last = key_of(at);
        seen++;
        PRTL_SPLAY_LINKS before = RtlRealPredecessor(at);
        assert_true(before ? key_of(before) < key_of(at) : seen == 1);
        if (RtlLeftChild(at))
            assert_true(RtlIsLeftChild(RtlLeftChild(at)));
        if (RtlRightChild(at))
            assert_true(RtlIsRightChild(RtlRightChild(at)));
    }
    assert_int_equal(seen, count);
    if (root)
        assert_true(RtlIsRoot(root));
}

static void fill(void) {
    root = NULL;
    for (int i = 0; i < NODES; i++) {
        nodes[i].key = i * 37 % NODES;
        insert(&nodes[i]);
    }
}

static void nodes_keep_their_order(struct machine *m) {
    (void)m;
    fill();
    check_order(NODES);
}

static void splaying_makes_the_root(struct machine *m) {
    (void)m;
    fill();
    for (int i = 0; i < NODES; i += 5) {
        root = RtlSplay(&nodes[i].links);
        assert_ptr_equal(root, &nodes[i].links);
        check_order(NODES);
    }
}

static void deleting_keeps_the_rest(struct machine *m) {
    (void)m;
    fill();
    for (int i = 0; i < NODES; i++) {
        if (i & 1)
            root = RtlDelete(&nodes[i].links);
        else
            RtlDeleteNoSplay(&nodes[i].links, &root);
        check_order(NODES - 1 - i);
    }
    assert_null(root);
}

static void neighbours_within_a_subtree(struct machine *m) {
    (void)m;
    root = NULL;
    for (int i = 0; i < 3; i++)
        nodes[i].key = i;
    insert(&nodes[0]);
    insert(&nodes[2]);
    insert(&nodes[1]); /* the root, between the two */
    assert_ptr_equal(RtlSubtreePredecessor(root), &nodes[0].links);
    assert_ptr_equal(RtlSubtreeSuccessor(root), &nodes[2].links);
    assert_null(RtlSubtreeSuccessor(&nodes[2].links));
    assert_null(RtlRealSuccessor(&nodes[2].links));
    assert_null(RtlRealPredecessor(&nodes[0].links));
    assert_ptr_equal(RtlRealPredecessor(&nodes[2].links), &nodes[1].links);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(nodes_keep_their_order),
        wdmsim_unit_test(splaying_makes_the_root),
        wdmsim_unit_test(deleting_keeps_the_rest),
        wdmsim_unit_test(neighbours_within_a_subtree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
