/*
 * Check every safe integer conversion at every edge: the value is kept where the destination has
 * it, else the status is STATUS_INTEGER_OVERFLOW and the result the destination's error value (all
 * bits set; 0 of CHAR).
 *
 * The edges are the limits of all integer types with their neighbours. What fits is computed in 128
 * bits, by the limits of the destination's type alone.
 */
#include <ntddk.h>
#include <ntintsafe.h>
#include <wdmsim/cmocka.h>

typedef __int128 wide;

static const wide edges[] = {
    0,
    1,
    -1,
    2,
    0x7e,
    0x7f,
    0x80,
    0x81,
    0xfe,
    0xff,
    0x100,
    -0x7f,
    -0x80,
    -0x81,
    0x7ffe,
    0x7fff,
    0x8000,
    0xfffe,
    0xffff,
    0x10000,
    -0x7fff,
    -0x8000,
    -0x8001,
    0x7ffffffe,
    0x7fffffff,
    0x80000000u,
    0xfffffffeu,
    0xffffffffu,
    0x100000000LL,
    -0x7fffffffLL,
    -0x80000000LL,
    -0x80000001LL,
    0x7ffffffffffffffeLL,
    0x7fffffffffffffffLL,
    0x8000000000000000ULL,
    0xfffffffffffffffeULL,
    0xffffffffffffffffULL,
    -0x7fffffffffffffffLL,
    -0x7fffffffffffffffLL - 1,
};

#define IS_SIGNED(Type) ((Type)-1 < (Type)1)
#define LOWEST(Type) (IS_SIGNED(Type) ? -((wide)1 << (8 * sizeof(Type) - 1)) : (wide)0)
#define HIGHEST(Type) (((wide)1 << (8 * sizeof(Type) - IS_SIGNED(Type))) - 1)
#define HAS(Type, value) ((value) >= LOWEST(Type) && (value) <= HIGHEST(Type))

/* Tries one routine at all edges that its operand can have. */
#define CONVERSION(Routine, From, To, Error)                                                       \
    do {                                                                                           \
        for (size_t i = 0; i < ARRAYSIZE(edges); i++) {                                            \
            To result = 0x5a;                                                                      \
            if (!HAS(From, edges[i]))                                                              \
                continue;                                                                          \
            NTSTATUS status = Routine((From)edges[i], &result);                                    \
            judge(#Routine, edges[i], HAS(To, edges[i]), status, result == (To)edges[i],           \
                  result == (To)(Error));                                                          \
        }                                                                                          \
    } while (0)

static void judge(const char *name, wide edge, bool fits, NTSTATUS status, bool same, bool error) {
    if (fits ? status != STATUS_SUCCESS || !same : status != STATUS_INTEGER_OVERFLOW || !error)
        fail_msg("%s of %lld%s: status 0x%08x, the result is %s", name, (long long)edge,
                 edge > 0x7fffffffffffffffLL ? " (unsigned)" : "", (unsigned)status,
                 same    ? "the operand"
                 : error ? "the error value"
                         : "something else");
}

static void from_byte(struct machine *m) {
    (void)m;
    CONVERSION(RtlByteToChar, BYTE, CHAR, 0);
    CONVERSION(RtlByteToInt8, BYTE, INT8, -1);
}

static void from_int8(struct machine *m) {
    (void)m;
    CONVERSION(RtlInt8ToUChar, INT8, UCHAR, -1);
    CONVERSION(RtlInt8ToUInt, INT8, UINT, -1);
    CONVERSION(RtlInt8ToUInt8, INT8, UINT8, -1);
    CONVERSION(RtlInt8ToUIntPtr, INT8, UINT_PTR, -1);
    CONVERSION(RtlInt8ToULong, INT8, ULONG, -1);
    CONVERSION(RtlInt8ToULongLong, INT8, ULONGLONG, -1);
    CONVERSION(RtlInt8ToULongPtr, INT8, ULONG_PTR, -1);
    CONVERSION(RtlInt8ToUShort, INT8, USHORT, -1);
}

static void from_int_ptr(struct machine *m) {
    (void)m;
    CONVERSION(RtlIntPtrToChar, INT_PTR, CHAR, 0);
    CONVERSION(RtlIntPtrToInt, INT_PTR, INT, -1);
    CONVERSION(RtlIntPtrToInt8, INT_PTR, INT8, -1);
    CONVERSION(RtlIntPtrToLong, INT_PTR, LONG, -1);
    CONVERSION(RtlIntPtrToLongPtr, INT_PTR, LONG_PTR, -1);
    CONVERSION(RtlIntPtrToShort, INT_PTR, SHORT, -1);
    CONVERSION(RtlIntPtrToUChar, INT_PTR, UCHAR, -1);
    CONVERSION(RtlIntPtrToUInt, INT_PTR, UINT, -1);
    CONVERSION(RtlIntPtrToUInt8, INT_PTR, UINT8, -1);
    CONVERSION(RtlIntPtrToUIntPtr, INT_PTR, UINT_PTR, -1);
    CONVERSION(RtlIntPtrToULong, INT_PTR, ULONG, -1);
    CONVERSION(RtlIntPtrToULongLong, INT_PTR, ULONGLONG, -1);
    CONVERSION(RtlIntPtrToULongPtr, INT_PTR, ULONG_PTR, -1);
    CONVERSION(RtlIntPtrToUShort, INT_PTR, USHORT, -1);
}

static void from_int(struct machine *m) {
    (void)m;
    CONVERSION(RtlIntToChar, INT, CHAR, 0);
    CONVERSION(RtlIntToInt8, INT, INT8, -1);
    CONVERSION(RtlIntToShort, INT, SHORT, -1);
    CONVERSION(RtlIntToUChar, INT, UCHAR, -1);
    CONVERSION(RtlIntToUInt, INT, UINT, -1);
    CONVERSION(RtlIntToUInt8, INT, UINT8, -1);
    CONVERSION(RtlIntToULong, INT, ULONG, -1);
    CONVERSION(RtlIntToULongLong, INT, ULONGLONG, -1);
    CONVERSION(RtlIntToUShort, INT, USHORT, -1);
}

static void from_long_long(struct machine *m) {
    (void)m;
    CONVERSION(RtlLongLongToChar, LONGLONG, CHAR, 0);
    CONVERSION(RtlLongLongToInt, LONGLONG, INT, -1);
    CONVERSION(RtlLongLongToInt8, LONGLONG, INT8, -1);
    CONVERSION(RtlLongLongToIntPtr, LONGLONG, INT_PTR, -1);
    CONVERSION(RtlLongLongToLong, LONGLONG, LONG, -1);
    CONVERSION(RtlLongLongToLongPtr, LONGLONG, LONG_PTR, -1);
    CONVERSION(RtlLongLongToShort, LONGLONG, SHORT, -1);
    CONVERSION(RtlLongLongToUChar, LONGLONG, UCHAR, -1);
    CONVERSION(RtlLongLongToUInt, LONGLONG, UINT, -1);
    CONVERSION(RtlLongLongToUInt8, LONGLONG, UINT8, -1);
    CONVERSION(RtlLongLongToULong, LONGLONG, ULONG, -1);
    CONVERSION(RtlLongLongToULongLong, LONGLONG, ULONGLONG, -1);
    CONVERSION(RtlLongLongToUShort, LONGLONG, USHORT, -1);
}

static void from_long_ptr(struct machine *m) {
    (void)m;
    CONVERSION(RtlLongPtrToChar, LONG_PTR, CHAR, 0);
    CONVERSION(RtlLongPtrToInt, LONG_PTR, INT, -1);
    CONVERSION(RtlLongPtrToInt8, LONG_PTR, INT8, -1);
    CONVERSION(RtlLongPtrToIntPtr, LONG_PTR, INT_PTR, -1);
    CONVERSION(RtlLongPtrToLong, LONG_PTR, LONG, -1);
    CONVERSION(RtlLongPtrToShort, LONG_PTR, SHORT, -1);
    CONVERSION(RtlLongPtrToUChar, LONG_PTR, UCHAR, -1);
    CONVERSION(RtlLongPtrToUInt, LONG_PTR, UINT, -1);
    CONVERSION(RtlLongPtrToUInt8, LONG_PTR, UINT8, -1);
    CONVERSION(RtlLongPtrToUIntPtr, LONG_PTR, UINT_PTR, -1);
    CONVERSION(RtlLongPtrToULong, LONG_PTR, ULONG, -1);
    CONVERSION(RtlLongPtrToULongLong, LONG_PTR, ULONGLONG, -1);
    CONVERSION(RtlLongPtrToULongPtr, LONG_PTR, ULONG_PTR, -1);
    CONVERSION(RtlLongPtrToUShort, LONG_PTR, USHORT, -1);
}

static void from_long(struct machine *m) {
    (void)m;
    CONVERSION(RtlLongToChar, LONG, CHAR, 0);
    CONVERSION(RtlLongToInt, LONG, INT, -1);
    CONVERSION(RtlLongToInt8, LONG, INT8, -1);
    CONVERSION(RtlLongToIntPtr, LONG, INT_PTR, -1);
    CONVERSION(RtlLongToShort, LONG, SHORT, -1);
    CONVERSION(RtlLongToUChar, LONG, UCHAR, -1);
    CONVERSION(RtlLongToUInt, LONG, UINT, -1);
    CONVERSION(RtlLongToUInt8, LONG, UINT8, -1);
    CONVERSION(RtlLongToUIntPtr, LONG, UINT_PTR, -1);
    CONVERSION(RtlLongToULong, LONG, ULONG, -1);
    CONVERSION(RtlLongToULongLong, LONG, ULONGLONG, -1);
    CONVERSION(RtlLongToULongPtr, LONG, ULONG_PTR, -1);
    CONVERSION(RtlLongToUShort, LONG, USHORT, -1);
}

static void from_short(struct machine *m) {
    (void)m;
    CONVERSION(RtlShortToChar, SHORT, CHAR, 0);
    CONVERSION(RtlShortToDWordPtr, SHORT, DWORD_PTR, -1);
    CONVERSION(RtlShortToInt8, SHORT, INT8, -1);
    CONVERSION(RtlShortToUChar, SHORT, UCHAR, -1);
    CONVERSION(RtlShortToUInt, SHORT, UINT, -1);
    CONVERSION(RtlShortToUInt8, SHORT, UINT8, -1);
    CONVERSION(RtlShortToUIntPtr, SHORT, UINT_PTR, -1);
    CONVERSION(RtlShortToULong, SHORT, ULONG, -1);
    CONVERSION(RtlShortToULongLong, SHORT, ULONGLONG, -1);
    CONVERSION(RtlShortToULongPtr, SHORT, ULONG_PTR, -1);
    CONVERSION(RtlShortToUShort, SHORT, USHORT, -1);
}

static void from_uint8(struct machine *m) {
    (void)m;
    CONVERSION(RtlUInt8ToChar, UINT8, CHAR, 0);
    CONVERSION(RtlUInt8ToInt8, UINT8, INT8, -1);
}

static void from_uint_ptr(struct machine *m) {
    (void)m;
    CONVERSION(RtlUIntPtrToChar, UINT_PTR, CHAR, 0);
    CONVERSION(RtlUIntPtrToInt, UINT_PTR, INT, -1);
    CONVERSION(RtlUIntPtrToInt16, UINT_PTR, INT16, -1);
    CONVERSION(RtlUIntPtrToInt8, UINT_PTR, INT8, -1);
    CONVERSION(RtlUIntPtrToIntPtr, UINT_PTR, INT_PTR, -1);
    CONVERSION(RtlUIntPtrToLong, UINT_PTR, LONG, -1);
    CONVERSION(RtlUIntPtrToLongLong, UINT_PTR, LONGLONG, -1);
    CONVERSION(RtlUIntPtrToLongPtr, UINT_PTR, LONG_PTR, -1);
    CONVERSION(RtlUIntPtrToShort, UINT_PTR, SHORT, -1);
    CONVERSION(RtlUIntPtrToUChar, UINT_PTR, UCHAR, -1);
    CONVERSION(RtlUIntPtrToUInt, UINT_PTR, UINT, -1);
    CONVERSION(RtlUIntPtrToUInt16, UINT_PTR, UINT16, -1);
    CONVERSION(RtlUIntPtrToUInt8, UINT_PTR, UINT8, -1);
    CONVERSION(RtlUIntPtrToULong, UINT_PTR, ULONG, -1);
    CONVERSION(RtlUIntPtrToUShort, UINT_PTR, USHORT, -1);
}

static void from_uint(struct machine *m) {
    (void)m;
    CONVERSION(RtlUIntToChar, UINT, CHAR, 0);
    CONVERSION(RtlUIntToInt, UINT, INT, -1);
    CONVERSION(RtlUIntToInt8, UINT, INT8, -1);
    CONVERSION(RtlUIntToIntPtr, UINT, INT_PTR, -1);
    CONVERSION(RtlUIntToLong, UINT, LONG, -1);
    CONVERSION(RtlUIntToLongPtr, UINT, LONG_PTR, -1);
    CONVERSION(RtlUIntToShort, UINT, SHORT, -1);
    CONVERSION(RtlUIntToUChar, UINT, UCHAR, -1);
    CONVERSION(RtlUIntToUInt8, UINT, UINT8, -1);
    CONVERSION(RtlUIntToUShort, UINT, USHORT, -1);
}

static void from_ulong_long(struct machine *m) {
    (void)m;
    CONVERSION(RtlULongLongToChar, ULONGLONG, CHAR, 0);
    CONVERSION(RtlULongLongToInt, ULONGLONG, INT, -1);
    CONVERSION(RtlULongLongToInt8, ULONGLONG, INT8, -1);
    CONVERSION(RtlULongLongToLong, ULONGLONG, LONG, -1);
    CONVERSION(RtlULongLongToLongLong, ULONGLONG, LONGLONG, -1);
    CONVERSION(RtlULongLongToLongPtr, ULONGLONG, LONG_PTR, -1);
    CONVERSION(RtlULongLongToShort, ULONGLONG, SHORT, -1);
    CONVERSION(RtlULongLongToUChar, ULONGLONG, UCHAR, -1);
    CONVERSION(RtlULongLongToUInt, ULONGLONG, UINT, -1);
    CONVERSION(RtlULongLongToUInt8, ULONGLONG, UINT8, -1);
    CONVERSION(RtlULongLongToUIntPtr, ULONGLONG, UINT_PTR, -1);
    CONVERSION(RtlULongLongToULong, ULONGLONG, ULONG, -1);
    CONVERSION(RtlULongLongToULongPtr, ULONGLONG, ULONG_PTR, -1);
    CONVERSION(RtlULongLongToUShort, ULONGLONG, USHORT, -1);
}

static void from_ulong_ptr(struct machine *m) {
    (void)m;
    CONVERSION(RtlULongPtrToChar, ULONG_PTR, CHAR, 0);
    CONVERSION(RtlULongPtrToInt, ULONG_PTR, INT, -1);
    CONVERSION(RtlULongPtrToInt8, ULONG_PTR, INT8, -1);
    CONVERSION(RtlULongPtrToIntPtr, ULONG_PTR, INT_PTR, -1);
    CONVERSION(RtlULongPtrToLong, ULONG_PTR, LONG, -1);
    CONVERSION(RtlULongPtrToLongLong, ULONG_PTR, LONGLONG, -1);
    CONVERSION(RtlULongPtrToLongPtr, ULONG_PTR, LONG_PTR, -1);
    CONVERSION(RtlULongPtrToShort, ULONG_PTR, SHORT, -1);
    CONVERSION(RtlULongPtrToUChar, ULONG_PTR, UCHAR, -1);
    CONVERSION(RtlULongPtrToUInt, ULONG_PTR, UINT, -1);
    CONVERSION(RtlULongPtrToUInt8, ULONG_PTR, UINT8, -1);
    CONVERSION(RtlULongPtrToUIntPtr, ULONG_PTR, UINT_PTR, -1);
    CONVERSION(RtlULongPtrToULong, ULONG_PTR, ULONG, -1);
    CONVERSION(RtlULongPtrToUShort, ULONG_PTR, USHORT, -1);
}

static void from_ulong(struct machine *m) {
    (void)m;
    CONVERSION(RtlULongToChar, ULONG, CHAR, 0);
    CONVERSION(RtlULongToInt, ULONG, INT, -1);
    CONVERSION(RtlULongToInt8, ULONG, INT8, -1);
    CONVERSION(RtlULongToIntPtr, ULONG, INT_PTR, -1);
    CONVERSION(RtlULongToLong, ULONG, LONG, -1);
    CONVERSION(RtlULongToLongPtr, ULONG, LONG_PTR, -1);
    CONVERSION(RtlULongToShort, ULONG, SHORT, -1);
    CONVERSION(RtlULongToUChar, ULONG, UCHAR, -1);
    CONVERSION(RtlULongToUInt, ULONG, UINT, -1);
    CONVERSION(RtlULongToUInt8, ULONG, UINT8, -1);
    CONVERSION(RtlULongToUIntPtr, ULONG, UINT_PTR, -1);
    CONVERSION(RtlULongToUShort, ULONG, USHORT, -1);
}

static void from_ushort(struct machine *m) {
    (void)m;
    CONVERSION(RtlUShortToChar, USHORT, CHAR, 0);
    CONVERSION(RtlUShortToInt8, USHORT, INT8, -1);
    CONVERSION(RtlUShortToShort, USHORT, SHORT, -1);
    CONVERSION(RtlUShortToUChar, USHORT, UCHAR, -1);
    CONVERSION(RtlUShortToUInt8, USHORT, UINT8, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(from_byte),      wdmsim_unit_test(from_int8),
        wdmsim_unit_test(from_int_ptr),   wdmsim_unit_test(from_int),
        wdmsim_unit_test(from_long_long), wdmsim_unit_test(from_long_ptr),
        wdmsim_unit_test(from_long),      wdmsim_unit_test(from_short),
        wdmsim_unit_test(from_uint8),     wdmsim_unit_test(from_uint_ptr),
        wdmsim_unit_test(from_uint),      wdmsim_unit_test(from_ulong_long),
        wdmsim_unit_test(from_ulong_ptr), wdmsim_unit_test(from_ulong),
        wdmsim_unit_test(from_ushort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
