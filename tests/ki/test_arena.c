/* What a machine leaves behind for the next one at its place: nothing. */
#include "../threads.h"

#include "ki/arena.h"
#include "ki/machine.h"

#define PAGES 256u

/* Fills pages of a region, its first and later ones; returns where they began. */
static unsigned char *soil(struct machine *m, enum ki_region_kind kind) {
    unsigned char *pages = ki_region_take(m, kind, PAGES * KI_PAGE_SIZE);
    assert_non_null(pages);
    memset(pages, 0xA5, PAGES * KI_PAGE_SIZE);
    return pages;
}

static void assert_clean(struct machine *m, enum ki_region_kind kind, const void *place) {
    unsigned char *pages = ki_region_take(m, kind, PAGES * KI_PAGE_SIZE);
    assert_ptr_equal(pages, place);
    for (size_t i = 0; i < PAGES * KI_PAGE_SIZE; i++)
        assert_int_equal(pages[i], 0);
}

static void a_region_is_zero_again(void **state) {
    static const enum ki_region_kind kinds[] = {KI_REGION_CONTROL, KI_REGION_NONPAGED,
                                                KI_REGION_PAGED, KI_REGION_STACK, KI_REGION_CLOCK};
    unsigned char *places[KI_COUNT(kinds)];
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    for (unsigned i = 0; i < KI_COUNT(kinds); i++)
        places[i] = soil(m, kinds[i]);
    wdmsim_machine_destroy(m);
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    for (unsigned i = 0; i < KI_COUNT(kinds); i++)
        assert_clean(m, kinds[i], places[i]);
    wdmsim_machine_destroy(m);
}

/* Machine-lifetime memory, within what is zeroed in place and far beyond it. */
static void allocations_are_zero_again(void **state) {
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct machine *m;
        assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
        for (unsigned i = 0; i < 400; i++) {
            unsigned char *bytes = ki_alloc(m, 1000);
            for (unsigned j = 0; j < 1000; j++)
                assert_int_equal(bytes[j], 0);
            memset(bytes, 0xA5, 1000);
        }
        wdmsim_machine_destroy(m);
    }
}

/* Pages that a machine made inaccessible are accessible to the next one. */
static void protection_does_not_last(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    char *page = ki_region_take(m, KI_REGION_NONPAGED, KI_PAGE_SIZE);
    ki_arena_protect(page, KI_PAGE_SIZE, KI_ACCESS_NONE);
    wdmsim_machine_destroy(m);
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    assert_ptr_equal(ki_region_take(m, KI_REGION_NONPAGED, KI_PAGE_SIZE), page);
    page[0] = 1;
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_is_zero_again),
        cmocka_unit_test(allocations_are_zero_again),
        cmocka_unit_test(protection_does_not_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
