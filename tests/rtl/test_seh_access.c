/* Check that an access violation tells a write from a read, whatever instruction it was, and where.
 */
#include "../threads.h"

#include <ntddk.h>

struct wide {
    ULONG64 words[4];
};

static ULONG_PTR wrote, address, rip, instruction;

static LONG look(PEXCEPTION_POINTERS pointers) {
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != STATUS_ACCESS_VIOLATION || record->NumberParameters < 2)
        return EXCEPTION_CONTINUE_SEARCH;
    wrote = record->ExceptionInformation[0];
    address = record->ExceptionInformation[1];
    instruction = (ULONG_PTR)record->ExceptionAddress;
    rip = pointers->ContextRecord->Rip;
    return EXCEPTION_EXECUTE_HANDLER;
}

/* What a statement that touches address 0x1000 did there. */
#define EXPECT(write, statement)                                                                   \
    do {                                                                                           \
        wrote = 2;                                                                                 \
        __try {                                                                                    \
            statement;                                                                             \
        } __except (look(GetExceptionInformation())) {                                             \
        }                                                                                          \
        assert_int_equal(wrote, write);                                                            \
        assert_int_equal(address & ~(ULONG_PTR)31, 0x1000);                                        \
        assert_int_equal(rip, instruction);                                                        \
    } while (0)

static volatile UCHAR *const bytes = (UCHAR *)0x1000;
static volatile ULONG *const numbers = (ULONG *)0x1000;
static volatile double *const doubles = (double *)0x1000;

/* Where what is read goes. */
static volatile double number;
static volatile LONG64 extended;
static struct wide here;

static void a_write_is_told(struct machine *m) {
    static struct wide zero;
    (void)m;
    EXPECT(1, bytes[0] = 1);
    EXPECT(1, *(volatile USHORT *)bytes = 1);
    EXPECT(1, numbers[0] = 1);
    EXPECT(1, *(volatile ULONG64 *)bytes = 1);
    EXPECT(1, doubles[0] = 1.5);
    EXPECT(1, *(volatile struct wide *)bytes = zero);
    EXPECT(1, __atomic_store_n(numbers, 1, __ATOMIC_SEQ_CST));
}

static void a_read_is_told(struct machine *m) {
    (void)m;
    EXPECT(0, (void)bytes[0]);
    EXPECT(0, (void)*(volatile USHORT *)bytes);
    EXPECT(0, (void)numbers[0]);
    EXPECT(0, (void)*(volatile ULONG64 *)bytes);
    EXPECT(0, extended = *(volatile LONG *)bytes);
    EXPECT(0, number = doubles[0]);
    EXPECT(0, here = *(volatile struct wide *)bytes);
    EXPECT(0, (void)__atomic_load_n(numbers, __ATOMIC_SEQ_CST));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_write_is_told),
        wdmsim_unit_test(a_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
