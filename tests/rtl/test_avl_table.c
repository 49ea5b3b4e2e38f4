/* Check generic tables on AVL trees: balance through every change, lookup, enumeration, failures.
 */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define KEYS 300
static LONG allocated;
static BOOLEAN exhausted;

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare(struct _RTL_AVL_TABLE *table, PVOID first,
                                                 PVOID second) {
    LONG a = *(PLONG)first, b = *(PLONG)second;
    if (table->TableContext) { /* tens are one key */
        a /= 10;
        b /= 10;
    }
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI allocate(struct _RTL_AVL_TABLE *table, CLONG size) {
    (void)table;
    if (exhausted)
        return NULL;
    allocated++;
    return ExAllocatePoolWithTag(NonPagedPoolNx, size, 0x5441766c);
}

static VOID NTAPI release(struct _RTL_AVL_TABLE *table, PVOID buffer) {
    (void)table;
    allocated--;
    ExFreePoolWithTag(buffer, 0x5441766c);
}

static void start(PRTL_AVL_TABLE table) {
    allocated = 0;
    exhausted = FALSE;
    RtlInitializeGenericTableAvl(table, compare, allocate, release, NULL);
}

static PLONG insert(PRTL_AVL_TABLE table, LONG key) {
    BOOLEAN is_new = FALSE;
    PLONG data = RtlInsertElementGenericTableAvl(table, &key, sizeof key, &is_new);
    assert_true(is_new);
    return data;
}

/* Depth of a subtree whose balances and parents are right. */
static int depth(PRTL_BALANCED_LINKS links) {
    if (!links)
        return 0;
    if (links->LeftChild)
        assert_ptr_equal(links->LeftChild->Parent, links);
    if (links->RightChild)
        assert_ptr_equal(links->RightChild->Parent, links);
    int left = depth(links->LeftChild), right = depth(links->RightChild);
    assert_int_equal((signed char)links->Balance, right - left);
    assert_true(links->Balance >= -1 && links->Balance <= 1);
    return 1 + (left > right ? left : right);
}

static void check(PRTL_AVL_TABLE table, LONG count) {
    LONG seen = 0, last = -1;
    PVOID restart = NULL;
    assert_int_equal(depth(table->BalancedRoot.RightChild), table->DepthOfTree);
    for (PLONG p; (p = RtlEnumerateGenericTableWithoutSplayingAvl(table, &restart)) != NULL;
         seen++) {
        assert_true(*p > last);
        last = *p;
    }
    assert_int_equal(seen, count);
    assert_int_equal(RtlNumberGenericTableElementsAvl(table), count);
}

static void the_tree_stays_balanced(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    BOOLEAN present[KEYS] = {0};
    LONG count = 0;
    ULONG seed = 5;
    start(&table);
    for (int i = 0; i < 6000; i++) {
        LONG key = (LONG)(RtlRandomEx(&seed) % KEYS);
        if (present[key]) {
            assert_true(RtlDeleteElementGenericTableAvl(&table, &key));
            count--;
        } else {
            assert_int_equal(*insert(&table, key), key);
            count++;
        }
        present[key] = !present[key];
        assert_int_equal(RtlIsGenericTableEmptyAvl(&table), count == 0);
        if (i % 20 == 0)
            check(&table, count);
    }
    for (LONG key = 0; key < KEYS; key++)
        assert_int_equal(RtlDeleteElementGenericTableAvl(&table, &key), present[key]);
    assert_true(RtlIsGenericTableEmptyAvl(&table));
    assert_int_equal(table.DepthOfTree, 0);
    assert_int_equal(allocated, 0);
}

static void ascending_keys_make_a_shallow_tree(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    start(&table);
    for (LONG key = 0; key < 255; key++)
        insert(&table, key);
    assert_true(table.DepthOfTree <= 9);
    check(&table, 255);
}

static void user_data_lies_behind_the_links(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    start(&table);
    PLONG data = insert(&table, 1);
    assert_ptr_equal((char *)data,
                     (char *)table.BalancedRoot.RightChild + sizeof(RTL_BALANCED_LINKS));
}

static void a_found_or_unallocatable_element_is_not_inserted(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    LONG key = 4, other = 5;
    BOOLEAN is_new = TRUE;
    start(&table);
    PLONG data = insert(&table, 4);
    assert_ptr_equal(RtlInsertElementGenericTableAvl(&table, &key, sizeof key, &is_new), data);
    assert_false(is_new);
    exhausted = TRUE;
    is_new = TRUE;
    assert_null(RtlInsertElementGenericTableAvl(&table, &other, sizeof other, &is_new));
    assert_false(is_new);
    check(&table, 1);
}

static void a_search_result_serves_the_insertion(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    PVOID near = &table;
    TABLE_SEARCH_RESULT where;
    LONG key = 20;
    start(&table);
    assert_null(RtlLookupElementGenericTableFullAvl(&table, &key, &near, &where));
    assert_int_equal(where, TableEmptyTree);
    assert_ptr_equal(near, &table);
    insert(&table, 10);
    assert_null(RtlLookupElementGenericTableFullAvl(&table, &key, &near, &where));
    assert_int_equal(where, TableInsertAsRight);
    PLONG data = RtlInsertElementGenericTableFullAvl(&table, &key, sizeof key, NULL, near, where);
    assert_int_equal(*data, 20);
    assert_ptr_equal(RtlLookupElementGenericTableFullAvl(&table, &key, &near, &where), data);
    assert_int_equal(where, TableFoundNode);
    check(&table, 2);
}

static void deleting_during_an_enumeration_goes_on_behind(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    LONG expected = 0;
    start(&table);
    for (LONG key = 0; key < 50; key++)
        insert(&table, key);
    for (PLONG p = RtlEnumerateGenericTableAvl(&table, TRUE); p;
         p = RtlEnumerateGenericTableAvl(&table, FALSE)) {
        LONG key = *p;
        assert_int_equal(key, expected++);
        if (key % 3)
            RtlDeleteElementGenericTableAvl(&table, &key);
    }
    assert_int_equal(expected, 50);
    check(&table, 17);
}

static NTSTATUS NTAPI even(struct _RTL_AVL_TABLE *table, PVOID data, PVOID context) {
    (void)table;
    LONG key = *(PLONG)data;
    if (key > *(PLONG)context)
        return STATUS_NO_MORE_MATCHES;
    return key % 2 ? STATUS_NO_MATCH : STATUS_SUCCESS;
}

static void a_directory_survives_changes(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    PVOID restart = NULL;
    ULONG deletes = 0;
    LONG limit = 30, key = 0, expected = 0;
    start(&table);
    for (LONG i = 0; i < 50; i++)
        insert(&table, i);
    for (;; expected += 2) {
        PLONG p = RtlEnumerateGenericTableLikeADirectory(&table, even, &limit, restart != NULL,
                                                         &restart, &deletes, &key);
        if (!p)
            break;
        assert_int_equal(*p, expected);
        key = *p;
        if (key == 10) {
            LONG gone = 10;
            RtlDeleteElementGenericTableAvl(&table, &gone);
        }
    }
    assert_int_equal(expected, 32);
}

static void the_first_of_equal_elements_is_found(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    PVOID restart;
    LONG key = 25, none = 900;
    start(&table);
    for (LONG i = 0; i < 50; i++)
        insert(&table, i);
    table.TableContext = &table;
    PLONG first = RtlLookupFirstMatchingElementGenericTableAvl(&table, &key, &restart);
    assert_int_equal(*first, 20);
    assert_int_equal(*(PLONG)RtlEnumerateGenericTableWithoutSplayingAvl(&table, &restart), 21);
    assert_null(RtlLookupFirstMatchingElementGenericTableAvl(&table, &none, &restart));
    assert_null(restart);
}

static void elements_are_numbered_in_order(struct machine *m) {
    (void)m;
    RTL_AVL_TABLE table;
    ULONG seed = 9;
    start(&table);
    for (LONG i = 0; i < 100; i++)
        insert(&table, i * 37 % 100);
    for (int i = 0; i < 300; i++) {
        ULONG at = RtlRandomEx(&seed) % 100;
        assert_int_equal(*(PLONG)RtlGetElementGenericTableAvl(&table, at), at);
    }
    assert_null(RtlGetElementGenericTableAvl(&table, 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_tree_stays_balanced),
        wdmsim_unit_test(ascending_keys_make_a_shallow_tree),
        wdmsim_unit_test(user_data_lies_behind_the_links),
        wdmsim_unit_test(a_found_or_unallocatable_element_is_not_inserted),
        wdmsim_unit_test(a_search_result_serves_the_insertion),
        wdmsim_unit_test(deleting_during_an_enumeration_goes_on_behind),
        wdmsim_unit_test(a_directory_survives_changes),
        wdmsim_unit_test(the_first_of_equal_elements_is_found),
        wdmsim_unit_test(elements_are_numbered_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
