/*
 * Check every safe sum, difference and product at the edges of its type: the exact result where the
 * type has it, else STATUS_INTEGER_OVERFLOW and the type's error value, all bits set.
 *
 * The exact result is computed as sign and magnitude in 128 bits.
 */
#include <ntddk.h>
#include <ntintsafe.h>
#include <wdmsim/cmocka.h>

struct exact {
    bool negative;
    unsigned __int128 magnitude;
};

static struct exact exact_of(__int128 value) {
    return (struct exact){value < 0, (unsigned __int128)(value < 0 ? -value : value)};
}

static struct exact exact_add(struct exact a, struct exact b) {
    if (a.negative == b.negative)
        return (struct exact){a.negative, a.magnitude + b.magnitude};
    if (a.magnitude < b.magnitude)
        return (struct exact){b.negative, b.magnitude - a.magnitude};
    return (struct exact){a.negative && a.magnitude != b.magnitude, a.magnitude - b.magnitude};
}

static struct exact exact_sub(struct exact a, struct exact b) {
    b.negative = !b.negative && b.magnitude != 0;
    return exact_add(a, b);
}

static struct exact exact_mult(struct exact a, struct exact b) {
    unsigned __int128 product = a.magnitude * b.magnitude;
    return (struct exact){a.negative != b.negative && product != 0, product};
}

/* Whether a type of so many bits has the value. */
static bool fits(struct exact value, unsigned bits, bool is_signed) {
    unsigned __int128 limit = (unsigned __int128)1 << (bits - is_signed);
    return value.negative ? is_signed && value.magnitude <= limit : value.magnitude < limit;
}

#define IS_SIGNED(Type) ((Type)-1 < (Type)1)
#define MOST(Type)                                                                                 \
    ((Type)((IS_SIGNED(Type) ? (Type)-1 ^ (Type)((ULONGLONG)1 << (8 * sizeof(Type) - 1))           \
                             : (Type)-1)))
#define LEAST(Type) ((Type)(IS_SIGNED(Type) ? (ULONGLONG)1 << (8 * sizeof(Type) - 1) : 0))

/* Tries one routine with all pairs of edges. */
#define OPERATION(Routine, Type, operation)                                                        \
    do {                                                                                           \
        const Type edges[] = {0,                                                                   \
                              1,                                                                   \
                              2,                                                                   \
                              3,                                                                   \
                              MOST(Type),                                                          \
                              MOST(Type) - 1,                                                      \
                              MOST(Type) / 2,                                                      \
                              MOST(Type) / 2 + 1,                                                  \
                              LEAST(Type),                                                         \
                              LEAST(Type) + 1,                                                     \
                              LEAST(Type) / 2,                                                     \
                              (Type)-1,                                                            \
                              (Type)-2};                                                           \
        for (size_t i = 0; i < ARRAYSIZE(edges) * ARRAYSIZE(edges); i++) {                         \
            Type a = edges[i / ARRAYSIZE(edges)], b = edges[i % ARRAYSIZE(edges)], result = 0x5a;  \
            struct exact expected = operation(exact_of(a), exact_of(b));                           \
            NTSTATUS status = Routine(a, b, &result);                                              \
            struct exact got = exact_of(result);                                                   \
            bool has = fits(expected, 8 * sizeof(Type), IS_SIGNED(Type));                          \
            judge(#Routine, (long long)a, (long long)b, has, status,                               \
                  got.magnitude == expected.magnitude && got.negative == expected.negative,        \
                  result == (Type)-1);                                                             \
        }                                                                                          \
    } while (0)

static void judge(const char *name, long long a, long long b, bool has, NTSTATUS status, bool same,
                  bool error) {
    if (has ? status != STATUS_SUCCESS || !same : status != STATUS_INTEGER_OVERFLOW || !error)
        fail_msg("%s(%lld, %lld): status 0x%08x, the result is %s", name, a, b, (unsigned)status,
                 same    ? "exact"
                 : error ? "the error value"
                         : "something else");
}

static void sums(struct machine *m) {
    (void)m;
    OPERATION(RtlDWordPtrAdd, DWORD_PTR, exact_add);
    OPERATION(RtlInt8Add, INT8, exact_add);
    OPERATION(RtlIntAdd, INT, exact_add);
    OPERATION(RtlIntPtrAdd, INT_PTR, exact_add);
    OPERATION(RtlLongAdd, LONG, exact_add);
    OPERATION(RtlLongLongAdd, LONGLONG, exact_add);
    OPERATION(RtlLongPtrAdd, LONG_PTR, exact_add);
    OPERATION(RtlPtrdiffTAdd, ptrdiff_t, exact_add);
    OPERATION(RtlShortAdd, SHORT, exact_add);
    OPERATION(RtlSizeTAdd, SIZE_T, exact_add);
    OPERATION(RtlSSIZETAdd, SSIZE_T, exact_add);
    OPERATION(RtlUInt8Add, UINT8, exact_add);
    OPERATION(RtlUIntAdd, UINT, exact_add);
    OPERATION(RtlUIntPtrAdd, UINT_PTR, exact_add);
    OPERATION(RtlULongAdd, ULONG, exact_add);
    OPERATION(RtlULongLongAdd, ULONGLONG, exact_add);
    OPERATION(RtlULongPtrAdd, ULONG_PTR, exact_add);
    OPERATION(RtlUShortAdd, USHORT, exact_add);
}

static void differences(struct machine *m) {
    (void)m;
    OPERATION(RtlDWordPtrSub, DWORD_PTR, exact_sub);
    OPERATION(RtlInt8Sub, INT8, exact_sub);
    OPERATION(RtlIntPtrSub, INT_PTR, exact_sub);
    OPERATION(RtlIntSub, INT, exact_sub);
    OPERATION(RtlLongLongSub, LONGLONG, exact_sub);
    OPERATION(RtlLongPtrSub, LONG_PTR, exact_sub);
    OPERATION(RtlLongSub, LONG, exact_sub);
    OPERATION(RtlPtrdiffTSub, ptrdiff_t, exact_sub);
    OPERATION(RtlShortSub, SHORT, exact_sub);
    OPERATION(RtlSizeTSub, SIZE_T, exact_sub);
    OPERATION(RtlSSIZETSub, SSIZE_T, exact_sub);
    OPERATION(RtlUInt8Sub, UINT8, exact_sub);
    OPERATION(RtlUIntPtrSub, UINT_PTR, exact_sub);
    OPERATION(RtlUIntSub, UINT, exact_sub);
    OPERATION(RtlULongLongSub, ULONGLONG, exact_sub);
    OPERATION(RtlULongPtrSub, ULONG_PTR, exact_sub);
    OPERATION(RtlULongSub, ULONG, exact_sub);
    OPERATION(RtlUShortSub, USHORT, exact_sub);
}

static void products(struct machine *m) {
    (void)m;
    OPERATION(RtlDWordPtrMult, DWORD_PTR, exact_mult);
    OPERATION(RtlInt8Mult, INT8, exact_mult);
    OPERATION(RtlIntMult, INT, exact_mult);
    OPERATION(RtlIntPtrMult, INT_PTR, exact_mult);
    OPERATION(RtlLongLongMult, LONGLONG, exact_mult);
    OPERATION(RtlLongMult, LONG, exact_mult);
    OPERATION(RtlLongPtrMult, LONG_PTR, exact_mult);
    OPERATION(RtlPtrdiffTMult, ptrdiff_t, exact_mult);
    OPERATION(RtlShortMult, SHORT, exact_mult);
    OPERATION(RtlSizeTMult, SIZE_T, exact_mult);
    OPERATION(RtlSSIZETMult, SSIZE_T, exact_mult);
    OPERATION(RtlUInt8Mult, UINT8, exact_mult);
    OPERATION(RtlUIntMult, UINT, exact_mult);
    OPERATION(RtlUIntPtrMult, UINT_PTR, exact_mult);
    OPERATION(RtlULongLongMult, ULONGLONG, exact_mult);
    OPERATION(RtlULongMult, ULONG, exact_mult);
    OPERATION(RtlULongPtrMult, ULONG_PTR, exact_mult);
    OPERATION(RtlUShortMult, USHORT, exact_mult);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(sums),
        wdmsim_unit_test(differences),
        wdmsim_unit_test(products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
