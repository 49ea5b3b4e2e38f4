/* Check the run-time library's macros and the functions behind them: sizes of conversions, empty
 * strings, fills, comparison in constant time, links of trees. */
#include "wide.h"

static void sizes_of_conversions(struct machine *m) {
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"abc");
    ANSI_STRING narrow = RTL_CONSTANT_STRING("abc");
    (void)m;
    assert_int_equal(RtlxUnicodeStringToAnsiSize(&wide), 4);
    assert_int_equal(RtlxUnicodeStringToOemSize(&wide), 4);
    assert_int_equal(RtlUnicodeStringToOemSize(&wide), 4);
    assert_int_equal(RtlUnicodeStringToCountedOemSize(&wide), 3);
    assert_int_equal(RtlxOemStringToUnicodeSize(&narrow), 8);
    assert_int_equal(RtlOemStringToUnicodeSize(&narrow), 8);
    assert_int_equal(RtlOemStringToCountedUnicodeSize(&narrow), 6);
}

static void an_empty_string_has_room(struct machine *m) {
    char room[12];
    ANSI_STRING narrow;
    (void)m;
    RtlInitEmptyAnsiString(&narrow, room, sizeof room);
    assert_int_equal(narrow.Length, 0);
    assert_int_equal(narrow.MaximumLength, sizeof room);
    assert_ptr_equal(narrow.Buffer, room);
}

static void a_pointer_sized_number_as_text(struct machine *m) {
    WCHAR room[20];
    UNICODE_STRING text = {0, sizeof room, room};
    (void)m;
    assert_int_equal(RtlIntPtrToUnicodeString(0x123456789abULL, 16, &text), STATUS_SUCCESS);
    assert_int_equal(text.Length, 22);
    assert_memory_equal(room, L"123456789AB", 22);
}

static void memory_of_quadwords(struct machine *m) {
    ULONG64 words[4] = {0};
    (void)m;
    RtlFillMemoryUlonglong(words, 24, 0x1122334455667788ULL);
    assert_int_equal(words[0], 0x1122334455667788ULL);
    assert_int_equal(words[2], 0x1122334455667788ULL);
    assert_int_equal(words[3], 0);
    ULONG64 next = 5;
    RtlFillMemoryUlonglong(words, 16, next++); /* taken once */
    assert_int_equal(words[1], 5);
    assert_int_equal(next, 6);
}

static void comparison_in_constant_time(struct machine *m) {
    (void)m;
    assert_true(RtlConstantTimeEqualMemory("secret", "secret", 6));
    assert_false(RtlConstantTimeEqualMemory("secret", "secres", 6));
    assert_false(RtlConstantTimeEqualMemory("Xecret", "secret", 6));
    assert_true(RtlConstantTimeEqualMemory("Xecret", "Yecret", 0));
}

static void links_know_their_parent(struct machine *m) {
    RTL_SPLAY_LINKS root, child;
    (void)m;
    RtlInitializeSplayLinks(&root);
    RtlInitializeSplayLinks(&child);
    assert_ptr_equal(RtlParent(&root), &root);
    RtlInsertAsLeftChild(&root, &child);
    assert_ptr_equal(RtlParent(&child), &root);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare(PRTL_AVL_TABLE table, PVOID a, PVOID b) {
    (void)table;
    int x = *(int *)a, y = *(int *)b;
    return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI allocate(PRTL_AVL_TABLE table, CLONG size) {
    (void)table;
    return ExAllocatePool2(POOL_FLAG_PAGED, size, 'lvaR');
}

static VOID NTAPI release(PRTL_AVL_TABLE table, PVOID memory) {
    (void)table;
    ExFreePoolWithTag(memory, 'lvaR');
}

static void an_element_is_looked_up(struct machine *m) {
    RTL_AVL_TABLE table;
    int value = 7, other = 8;
    (void)m;
    RtlInitializeGenericTableAvl(&table, compare, allocate, release, NULL);
    int *stored = RtlInsertElementGenericTableAvl(&table, &value, sizeof value, NULL);
    assert_ptr_equal(RtlLookupElementGenericTableAvl(&table, &value), stored);
    assert_null(RtlLookupElementGenericTableAvl(&table, &other));
    RtlDeleteElementGenericTableAvl(&table, &value);
    assert_null(RtlLookupElementGenericTableAvl(&table, &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(sizes_of_conversions),
        wdmsim_unit_test(an_empty_string_has_room),
        wdmsim_unit_test(a_pointer_sized_number_as_text),
        wdmsim_unit_test(memory_of_quadwords),
        wdmsim_unit_test(comparison_in_constant_time),
        wdmsim_unit_test(links_know_their_parent),
        wdmsim_unit_test(an_element_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
