/* Check that the longest prefix of a path is found, at component boundaries, with case as asked. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static UNICODE_PREFIX_TABLE table;
static UNICODE_PREFIX_TABLE_ENTRY entries[4];
static UNICODE_STRING names[4] = {
    RTL_CONSTANT_STRING(L"\\a"),
    RTL_CONSTANT_STRING(L"\\a\\bc"),
    RTL_CONSTANT_STRING(L"\\"),
    RTL_CONSTANT_STRING(L"\\A"),
};

static void start(void) {
    RtlInitializeUnicodePrefix(&table);
    for (int i = 0; i < 4; i++)
        assert_true(RtlInsertUnicodePrefix(&table, &names[i], &entries[i]));
}

/* The number of the entry found, -1 for none. */
static int find(PCWSTR path, ULONG insensitive) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    PUNICODE_PREFIX_TABLE_ENTRY entry = RtlFindUnicodePrefix(&table, &name, insensitive);
    return entry ? (int)(entry - entries) : -1;
}

static void the_longest_prefix_wins(struct machine *m) {
    (void)m;
    start();
    assert_int_equal(find(L"\\a\\bc\\d", 100), 1);
    assert_int_equal(find(L"\\a\\bc", 100), 1);
    assert_int_equal(find(L"\\a\\b", 100), 0);
    assert_int_equal(find(L"\\z", 100), 2);
    assert_int_equal(find(L"x", 100), -1);
}

static void a_prefix_ends_with_a_component(struct machine *m) {
    (void)m;
    start();
    assert_int_equal(find(L"\\ab", 100), 2);
    assert_int_equal(find(L"\\a\\bcd", 100), 0);
}

static void case_counts_before_the_index(struct machine *m) {
    (void)m;
    start();
    assert_int_equal(find(L"\\A\\x", 100), 3);
    assert_int_equal(find(L"\\A\\BC", 100), 3);
    assert_int_equal(find(L"\\A\\BC", 0), 1);
    assert_int_equal(find(L"\\a\\BC", 2), 1);
}

static void the_same_prefix_is_refused(struct machine *m) {
    (void)m;
    UNICODE_PREFIX_TABLE_ENTRY other;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\a\\bc");
    start();
    assert_false(RtlInsertUnicodePrefix(&table, &name, &other));
}

static void entries_are_enumerated_and_removed(struct machine *m) {
    (void)m;
    unsigned seen = 0;
    start();
    for (PUNICODE_PREFIX_TABLE_ENTRY e = RtlNextUnicodePrefix(&table, TRUE); e;
         e = RtlNextUnicodePrefix(&table, FALSE)) {
        assert_false(seen >> (e - entries) & 1);
        seen |= 1u << (e - entries);
        RtlRemoveUnicodePrefix(&table, e);
    }
    assert_int_equal(seen, 15);
    assert_int_equal(find(L"\\a", 0), -1);
    assert_null(RtlNextUnicodePrefix(&table, TRUE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_longest_prefix_wins),
        wdmsim_unit_test(a_prefix_ends_with_a_component),
        wdmsim_unit_test(case_counts_before_the_index),
        wdmsim_unit_test(the_same_prefix_is_refused),
        wdmsim_unit_test(entries_are_enumerated_and_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
