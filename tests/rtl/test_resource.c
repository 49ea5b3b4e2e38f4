/* Check that ranges go into resource descriptors and come out again, long ones included. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void short_ranges_keep_their_type(struct machine *m) {
    (void)m;
    IO_RESOURCE_DESCRIPTOR io = {.Flags = CM_RESOURCE_MEMORY_LARGE_64};
    ULONGLONG alignment, low, high;
    assert_int_equal(RtlIoEncodeMemIoResource(&io, CmResourceTypePort, 8, 4, 0x300, 0x3FF), 0);
    assert_int_equal(io.Type, CmResourceTypePort);
    assert_int_equal(io.Flags, 0);
    assert_int_equal(io.u.Port.Length, 8);
    assert_true(RtlIoDecodeMemIoResource(&io, &alignment, &low, &high) == 8);
    assert_true(alignment == 4 && low == 0x300 && high == 0x3FF);
    assert_true(RtlIoDecodeMemIoResource(&io, NULL, NULL, NULL) == 8);
}

static void long_ranges_take_the_smallest_form(struct machine *m) {
    (void)m;
    static const struct {
        ULONGLONG length;
        USHORT flag;
        ULONG kept;
    } rows[] = {
        {0x100000000ull, CM_RESOURCE_MEMORY_LARGE_40, 0x1000000},
        {0xFFFFFFFF00ull, CM_RESOURCE_MEMORY_LARGE_40, 0xFFFFFFFF},
        {0x10000000000ull, CM_RESOURCE_MEMORY_LARGE_48, 0x1000000},
        {0x1000000000000ull, CM_RESOURCE_MEMORY_LARGE_64, 0x10000},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        CM_PARTIAL_RESOURCE_DESCRIPTOR cm = {0};
        ULONGLONG start;
        assert_int_equal(
            RtlCmEncodeMemIoResource(&cm, CmResourceTypeMemory, rows[i].length, 0x123456789000ull),
            0);
        assert_int_equal(cm.Type, CmResourceTypeMemoryLarge);
        assert_int_equal(cm.Flags, rows[i].flag);
        assert_int_equal(cm.u.Memory40.Length40, rows[i].kept);
        assert_true(RtlCmDecodeMemIoResource(&cm, &start) == rows[i].length);
        assert_true(start == 0x123456789000ull);
    }
}

static void what_does_not_fit_is_refused(struct machine *m) {
    (void)m;
    IO_RESOURCE_DESCRIPTOR io = {0};
    CM_PARTIAL_RESOURCE_DESCRIPTOR cm = {0};
    assert_int_equal(RtlCmEncodeMemIoResource(&cm, CmResourceTypeMemory, 0x100000001ull, 0),
                     STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlCmEncodeMemIoResource(&cm, CmResourceTypePort, 0x100000000ull, 0),
                     STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlCmEncodeMemIoResource(&cm, CmResourceTypeInterrupt, 1, 0),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        RtlIoEncodeMemIoResource(&io, CmResourceTypeMemory, 0x100000000ull, 1, 0, ~0ull),
        STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlIoEncodeMemIoResource(&io, CmResourceTypeMemory, 1, 1, 5, 4),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(io.Type, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(short_ranges_keep_their_type),
        wdmsim_unit_test(long_ranges_take_the_smallest_form),
        wdmsim_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
