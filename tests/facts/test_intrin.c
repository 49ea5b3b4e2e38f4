/* Check the compiler's intrinsics that the headers give by their own means: interlocked operations
 * return the old or the new value as documented, bit operations the old bit, raw reads and writes
 * the value. */
#include <ntddk.h>
#include <wdmsim/cmocka.h>

static void interlocked_arithmetic_returns_the_result(struct machine *m) {
    (void)m;
    LONG volatile value = 5;
    assert_int_equal(InterlockedIncrement(&value), 6);
    assert_int_equal(InterlockedDecrement(&value), 5);
    assert_int_equal(InterlockedDecrement(&value), 4);
    assert_int_equal(InterlockedAdd(&value, -14), -10);
    value = MAXLONG;
    assert_int_equal(InterlockedIncrement(&value), (LONG)MINLONG);
}

static void exchanges_return_what_was_there(struct machine *m) {
    (void)m;
    LONG volatile value = 5;
    PVOID volatile pointer = NULL;
    assert_int_equal(InterlockedExchange(&value, 7), 5);
    assert_int_equal(InterlockedExchangeAdd(&value, 3), 7);
    assert_int_equal(value, 10);
    assert_int_equal(InterlockedCompareExchange(&value, 20, 9), 10);
    assert_int_equal(value, 10);
    assert_int_equal(InterlockedCompareExchange(&value, 20, 10), 10);
    assert_int_equal(value, 20);
    assert_null(InterlockedExchangePointer(&pointer, m));
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, NULL, &value), m);
    assert_ptr_equal(pointer, m);
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, NULL, m), m);
    assert_null(pointer);
}

static void interlocked_logic_returns_what_was_there(struct machine *m) {
    (void)m;
    LONG volatile value = 0x0f;
    assert_int_equal(InterlockedAnd(&value, 0x3c), 0x0f);
    assert_int_equal(InterlockedOr(&value, 0x81), 0x0c);
    assert_int_equal(InterlockedXor(&value, 0xff), 0x8d);
    assert_int_equal(value, 0x72);
}

static void bit_operations_return_the_old_bit(struct machine *m) {
    (void)m;
    LONG64 bits[2] = {0x8000000000000000LL, 0};
    assert_int_equal(_BitTest64(bits, 63), 1);
    assert_int_equal(_BitTest64(bits, 64), 0);
    assert_int_equal(_BitTestAndSet64(bits, 66), 0);
    assert_int_equal(bits[1], 4);
    assert_int_equal(_BitTestAndSet64(bits, 66), 1);
    assert_int_equal(_BitTestAndComplement64(bits, 66), 1);
    assert_int_equal(bits[1], 0);
    assert_int_equal(_BitTestAndComplement64(bits, 0), 0);
    assert_int_equal(_BitTestAndReset64(bits, 63), 1);
    assert_int_equal(_BitTestAndReset64(bits, 63), 0);
    assert_int_equal(bits[0], 1);
}

static void reads_and_writes_pass_the_value_on(struct machine *m) {
    (void)m;
    LONG value = 0;
    ULONG unsigned_value = 0;
    BOOLEAN flag = TRUE;
    WriteInt32Raw(&value, -1);
    assert_int_equal(ReadInt32Raw(&value), -1);
    WriteInt32NoFence(&value, -2);
    assert_int_equal(ReadInt32NoFence(&value), -2);
    WriteInt32Release(&value, -3);
    assert_int_equal(ReadInt32Acquire(&value), -3);
    WriteUInt32Raw(&unsigned_value, 0xffffffff);
    assert_int_equal(ReadUInt32Raw(&unsigned_value), 0xffffffff);
    WriteUInt32NoFence(&unsigned_value, 0xfffffffe);
    assert_int_equal(ReadUInt32NoFence(&unsigned_value), 0xfffffffe);
    WriteUInt32Release(&unsigned_value, 0xfffffffd);
    assert_int_equal(ReadUInt32Acquire(&unsigned_value), 0xfffffffd);
    assert_true(ReadBooleanRaw(&flag));
}

/* What the compiler knows of a variable must not survive a barrier: `seen` is read anew. */
static void barriers_keep_memory_accesses(struct machine *m) {
    (void)m;
    LONG value = 1;
    LONG volatile *alias = &value;
    LONG seen = value;
    *alias = 2;
    _ReadWriteBarrier();
    seen += value;
    BarrierAfterRead();
    assert_int_equal(seen, 3);
}

static void a_system_register_comes_apart_into_its_fields(struct machine *m) {
    (void)m;
    ULONG cntvct = ARM64_SYSREG(3, 3, 14, 0, 2); /* the virtual counter */
    assert_int_equal(cntvct, 0x5f02);
    assert_int_equal(ARM64_SYSREG_OP1(cntvct), 3);
    assert_int_equal(ARM64_SYSREG_CRN(cntvct), 14);
    assert_int_equal(ARM64_SYSREG_CRM(cntvct), 0);
    assert_int_equal(ARM64_SYSREG_OP2(cntvct), 2);
    assert_int_equal(ARM64_SYSREG_CRM(ARM64_SYSREG(3, 7, 15, 9, 7)), 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(interlocked_arithmetic_returns_the_result),
        wdmsim_unit_test(exchanges_return_what_was_there),
        wdmsim_unit_test(interlocked_logic_returns_what_was_there),
        wdmsim_unit_test(bit_operations_return_the_old_bit),
        wdmsim_unit_test(reads_and_writes_pass_the_value_on),
        wdmsim_unit_test(barriers_keep_memory_accesses),
        wdmsim_unit_test(a_system_register_comes_apart_into_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
