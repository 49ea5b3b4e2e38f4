/* Check doubly and singly linked lists, and that a corrupt one stops the machine. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

struct item {
    int value;
    LIST_ENTRY link;
};

static int value_of(PLIST_ENTRY entry) {
    return CONTAINING_RECORD(entry, struct item, link)->value;
}

static void entries_come_out_in_order(struct machine *m) {
    (void)m;
    LIST_ENTRY head;
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    InitializeListHead(&head);
    assert_true(IsListEmpty(&head));
    InsertTailList(&head, &b.link);
    InsertTailList(&head, &c.link);
    InsertHeadList(&head, &a.link);
    assert_int_equal(value_of(RemoveHeadList(&head)), 1);
    assert_int_equal(value_of(RemoveTailList(&head)), 3);
    assert_false(IsListEmpty(&head));
    assert_true(RemoveEntryList(&b.link));
    assert_true(IsListEmpty(&head));
}

static void removing_from_an_empty_list_gives_its_head(struct machine *m) {
    (void)m;
    LIST_ENTRY head;
    InitializeListHead(&head);
    assert_ptr_equal(RemoveHeadList(&head), &head);
}

static void removing_one_of_several_leaves_a_list(struct machine *m) {
    (void)m;
    LIST_ENTRY head;
    struct item a = {.value = 1}, b = {.value = 2};
    InitializeListHead(&head);
    InsertTailList(&head, &a.link);
    InsertTailList(&head, &b.link);
    assert_false(RemoveEntryList(&a.link));
    assert_int_equal(value_of(head.Flink), 2);
}

/* AppendTailList takes a list without a head: its first entry. */
static void lists_are_joined(struct machine *m) {
    (void)m;
    LIST_ENTRY head, other;
    struct item items[4] = {{.value = 0}, {.value = 1}, {.value = 2}, {.value = 3}};
    InitializeListHead(&head);
    InitializeListHead(&other);
    InsertTailList(&head, &items[0].link);
    InsertTailList(&head, &items[1].link);
    InsertTailList(&other, &items[2].link);
    InsertTailList(&other, &items[3].link);
    PLIST_ENTRY rest = other.Flink;
    RemoveEntryList(&other);
    AppendTailList(&head, rest);
    for (int i = 0; i < 4; i++)
        assert_int_equal(value_of(RemoveHeadList(&head)), i);
    assert_true(IsListEmpty(&head));
}

static void a_stack_of_single_entries(struct machine *m) {
    (void)m;
    SINGLE_LIST_ENTRY head = {NULL}, a, b;
    assert_null(PopEntryList(&head));
    PushEntryList(&head, &a);
    PushEntryList(&head, &b);
    assert_ptr_equal(PopEntryList(&head), &b);
    assert_ptr_equal(PopEntryList(&head), &a);
    assert_null(PopEntryList(&head));
}

static void removing_twice_is_a_bug_check(struct machine *m) {
    (void)m;
    LIST_ENTRY head;
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    wdmsim_expect_bugcheck(KERNEL_SECURITY_CHECK_FAILURE);
    InitializeListHead(&head);
    InsertTailList(&head, &a.link);
    InsertTailList(&head, &b.link);
    InsertTailList(&head, &c.link);
    RemoveEntryList(&b.link);
    RemoveEntryList(&b.link);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(entries_come_out_in_order),
        wdmsim_unit_test(removing_from_an_empty_list_gives_its_head),
        wdmsim_unit_test(removing_one_of_several_leaves_a_list),
        wdmsim_unit_test(lists_are_joined),
        wdmsim_unit_test(a_stack_of_single_entries),
        wdmsim_unit_test(removing_twice_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
