/* Check safe integers: overflow is a status and an error value, never a wrapped result. */
#include <ntddk.h>
#include <ntintsafe.h>
#include <wdmsim/cmocka.h>

static void sums_and_products_stop_at_the_limit(struct machine *m) {
    (void)m;
    ULONG u;
    LONG l;
    LONGLONG ll;
    size_t size;
    assert_int_equal(RtlULongAdd(0xfffffffe, 1, &u), STATUS_SUCCESS);
    assert_int_equal(u, 0xffffffff);
    assert_int_equal(RtlULongAdd(0xffffffff, 1, &u), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(u, 0xffffffff);
    assert_int_equal(RtlULongSub(1, 2, &u), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(RtlLongSub(LONG_MIN, 1, &l), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(l, -1);
    assert_int_equal(RtlLongLongMult(0x4000000000000000LL, 2, &ll), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(RtlSizeTMult(0x100000000ULL, 0x100000000ULL, &size), STATUS_INTEGER_OVERFLOW);
}

static void conversions_keep_the_value_or_fail(struct machine *m) {
    (void)m;
    UCHAR uc;
    USHORT us;
    LONG l;
    ULONG u;
    assert_int_equal(RtlIntToUChar(255, &uc), STATUS_SUCCESS);
    assert_int_equal(uc, 255);
    assert_int_equal(RtlIntToUChar(-1, &uc), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(uc, 0xff);
    assert_int_equal(RtlULongToUShort(65536, &us), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(RtlLongLongToLong(-5, &l), STATUS_SUCCESS);
    assert_int_equal(l, -5);
    assert_int_equal(RtlULongLongToLong(0x80000000ULL, &l), STATUS_INTEGER_OVERFLOW);
    assert_int_equal(l, -1);
    assert_int_equal(RtlULongPtrToULong(0x100000000ULL, &u), STATUS_INTEGER_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(sums_and_products_stop_at_the_limit),
        wdmsim_unit_test(conversions_keep_the_value_or_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
