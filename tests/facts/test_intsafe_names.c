/* Check the other names of the safe integer routines: each takes the types that it names. */
#include <ntddk.h>
#include <ntintsafe.h>
#include <wdmsim/cmocka.h>

/* `fits` is converted, `more` is not. */
#define CONVERTS(Name, From, To, fits, more)                                                       \
    do {                                                                                           \
        To result = 1;                                                                             \
        assert_int_equal(Name((From)(fits), &result), STATUS_SUCCESS);                             \
        assert_true(result == (To)(fits));                                                         \
        assert_int_equal(Name((From)(more), &result), STATUS_INTEGER_OVERFLOW);                    \
    } while (0)

#define COMPUTES(Name, Type, left, right, expected)                                                \
    do {                                                                                           \
        Type result = 0;                                                                           \
        assert_int_equal(Name((Type)(left), (Type)(right), &result), expected);                    \
    } while (0)

static void types_are_named_by_their_width(struct machine *m) {
    (void)m;
    CONVERTS(RtlInt8ToUInt16, INT8, UINT16, 5, -1);
    CONVERTS(RtlInt8ToUInt32, INT8, UINT32, 127, -1);
    CONVERTS(RtlInt8ToUInt64, INT8, UINT64, 127, -1);
    CONVERTS(RtlInt16ToInt8, INT16, INT8, -128, 128);
    CONVERTS(RtlInt16ToByte, INT16, BYTE, 255, 256);
    CONVERTS(RtlInt16ToUInt32, INT16, UINT32, 32767, -1);
    CONVERTS(RtlInt32ToInt16, INT32, INT16, -32768, 32768);
    CONVERTS(RtlInt32ToUInt64, INT32, UINT64, MAXLONG, -1);
    CONVERTS(RtlInt64ToInt32, INT64, INT32, -2147483648ll, 2147483648ll);
    CONVERTS(RtlInt64ToUInt16, INT64, UINT16, 65535, 65536);
    CONVERTS(RtlInt64ToUInt64, INT64, UINT64, MAXLONGLONG, -1);
    CONVERTS(RtlLong64ToUInt32, LONG64, UINT32, 4294967295ll, 4294967296ll);
    CONVERTS(RtlUInt64ToInt64, UINT64, INT64, MAXLONGLONG, MAXULONGLONG);
    CONVERTS(RtlULong64ToLong64, ULONG64, LONG64, MAXLONGLONG, MAXULONGLONG);
    CONVERTS(RtlLongToDWord64, LONG, ULONGLONG, MAXLONG, -1);
}

static void sizes_and_differences_of_pointers(struct machine *m) {
    (void)m;
    CONVERTS(RtlPtrdiffTToInt, ptrdiff_t, INT, -1, 2147483648ll);
    CONVERTS(RtlPtrdiffTToSizeT, ptrdiff_t, size_t, 7, -1);
    CONVERTS(RtlSSIZETToUInt64, SSIZE_T, UINT64, 7, -1);
    CONVERTS(RtlSSIZETToSIZET, SSIZE_T, SIZE_T, MAXLONGLONG, -1);
    CONVERTS(RtlSizeTToInt32, size_t, INT32, MAXLONG, 2147483648ull);
    CONVERTS(RtlIntToSIZET, INT, SIZE_T, MAXLONG, -1);
    CONVERTS(RtlInt64ToUIntPtr, INT64, UINT_PTR, MAXLONGLONG, -1);
    CONVERTS(RtlIntPtrToDWordPtr, INT_PTR, DWORD_PTR, 1, -1);
}

static void sums_and_products(struct machine *m) {
    (void)m;
    COMPUTES(RtlInt16Add, INT16, 32766, 1, STATUS_SUCCESS);
    COMPUTES(RtlInt16Add, INT16, 32767, 1, STATUS_INTEGER_OVERFLOW);
    COMPUTES(RtlLong32Mult, LONG32, 65536, 32768, STATUS_INTEGER_OVERFLOW);
    COMPUTES(RtlLong64Sub, LONG64, MINLONGLONG, 1, STATUS_INTEGER_OVERFLOW);
    COMPUTES(RtlULong64Mult, ULONG64, 1ull << 32, 1ull << 32, STATUS_INTEGER_OVERFLOW);
    COMPUTES(RtlDWord64Sub, ULONG64, 0, 1, STATUS_INTEGER_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(types_are_named_by_their_width),
        wdmsim_unit_test(sizes_and_differences_of_pointers),
        wdmsim_unit_test(sums_and_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
