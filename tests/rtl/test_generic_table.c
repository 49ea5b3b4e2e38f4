/* Check generic tables on splay trees: insertion, lookup, deletion, enumeration, failures. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define COUNT 100
static LONG allocated;
static BOOLEAN exhausted;

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare(struct _RTL_GENERIC_TABLE *table, PVOID first,
                                                 PVOID second) {
    LONG a = *(PLONG)first, b = *(PLONG)second;
    assert_ptr_equal(table->TableContext, &allocated);
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI allocate(struct _RTL_GENERIC_TABLE *table, CLONG size) {
    (void)table;
    if (exhausted)
        return NULL;
    allocated++;
    return ExAllocatePoolWithTag(PagedPool, size, 0x5461626c);
}

static VOID NTAPI release(struct _RTL_GENERIC_TABLE *table, PVOID buffer) {
    (void)table;
    allocated--;
    ExFreePoolWithTag(buffer, 0x5461626c);
}

static void start(PRTL_GENERIC_TABLE table) {
    allocated = 0;
    exhausted = FALSE;
    RtlInitializeGenericTable(table, compare, allocate, release, &allocated);
    for (LONG i = 0; i < COUNT; i++) {
        LONG key = i * 37 % COUNT;
        BOOLEAN is_new = FALSE;
        PLONG data = RtlInsertElementGenericTable(table, &key, sizeof key, &is_new);
        assert_non_null(data);
        assert_int_equal(*data, key);
        assert_true(is_new);
    }
}

static void empty(PRTL_GENERIC_TABLE table) {
    PVOID data;
    while ((data = RtlGetElementGenericTable(table, 0)) != NULL)
        assert_true(RtlDeleteElementGenericTable(table, data));
    assert_int_equal(allocated, 0);
    assert_true(RtlIsGenericTableEmpty(table));
}

static void elements_are_found_and_deleted(struct machine *m) {
    (void)m;
    RTL_GENERIC_TABLE table;
    start(&table);
    LONG key = 55, none = COUNT;
    assert_int_equal(RtlNumberGenericTableElements(&table), COUNT);
    assert_int_equal(*(PLONG)RtlLookupElementGenericTable(&table, &key), 55);
    assert_null(RtlLookupElementGenericTable(&table, &none));
    assert_true(RtlDeleteElementGenericTable(&table, &key));
    assert_false(RtlDeleteElementGenericTable(&table, &key));
    assert_null(RtlLookupElementGenericTable(&table, &key));
    assert_int_equal(RtlNumberGenericTableElements(&table), COUNT - 1);
    empty(&table);
}

static void an_equal_element_is_not_inserted(struct machine *m) {
    (void)m;
    RTL_GENERIC_TABLE table;
    start(&table);
    LONG key = 10;
    BOOLEAN is_new = TRUE;
    PVOID before = RtlLookupElementGenericTable(&table, &key);
    assert_ptr_equal(RtlInsertElementGenericTable(&table, &key, sizeof key, &is_new), before);
    assert_false(is_new);
    assert_int_equal(allocated, COUNT);
    empty(&table);
}

static void without_memory_nothing_is_inserted(struct machine *m) {
    (void)m;
    RTL_GENERIC_TABLE table;
    start(&table);
    LONG key = COUNT;
    BOOLEAN is_new = TRUE;
    exhausted = TRUE;
    assert_null(RtlInsertElementGenericTable(&table, &key, sizeof key, &is_new));
    assert_false(is_new);
    assert_null(RtlInsertElementGenericTable(&table, &key, 0xFFFFFFF0, NULL));
    assert_int_equal(RtlNumberGenericTableElements(&table), COUNT);
    assert_false(RtlIsGenericTableEmpty(&table));
    empty(&table);
}

static void enumerations_are_in_order(struct machine *m) {
    (void)m;
    RTL_GENERIC_TABLE table;
    start(&table);
    LONG expected = 0;
    PVOID restart = NULL;
    for (PLONG p = RtlEnumerateGenericTable(&table, TRUE); p;
         p = RtlEnumerateGenericTable(&table, FALSE))
        assert_int_equal(*p, expected++);
    assert_int_equal(expected, COUNT);
    expected = 0;
    for (PLONG p; (p = RtlEnumerateGenericTableWithoutSplaying(&table, &restart)) != NULL;)
        assert_int_equal(*p, expected++);
    assert_int_equal(expected, COUNT);
    empty(&table);
    assert_null(RtlEnumerateGenericTable(&table, TRUE));
}

static void elements_are_numbered_in_order_of_insertion(struct machine *m) {
    (void)m;
    RTL_GENERIC_TABLE table;
    ULONG seed = 3;
    start(&table);
    for (int i = 0; i < 500; i++) {
        ULONG at = RtlRandomEx(&seed) % COUNT;
        assert_int_equal(*(PLONG)RtlGetElementGenericTable(&table, at), at * 37 % COUNT);
    }
    assert_null(RtlGetElementGenericTable(&table, COUNT));
    LONG first = 0;
    RtlDeleteElementGenericTable(&table, &first);
    assert_int_equal(*(PLONG)RtlGetElementGenericTable(&table, 0), 37);
    empty(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(elements_are_found_and_deleted),
        wdmsim_unit_test(an_equal_element_is_not_inserted),
        wdmsim_unit_test(without_memory_nothing_is_inserted),
        wdmsim_unit_test(enumerations_are_in_order),
        wdmsim_unit_test(elements_are_numbered_in_order_of_insertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
