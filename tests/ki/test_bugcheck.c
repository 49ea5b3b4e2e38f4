/* Bug checks are results: code, parameters, words, and a machine that can be looked at and
 * destroyed. */
#include "../threads.h"

static bool never(void *context) {
    (void)context;
    return false;
}

static void die(void *context) {
    (void)context;
    KeBugCheckEx(0xDEADBEE, 1, 2, 3, 4);
}

static const struct wdmsim_stop *stop_of(struct machine *m, void (*body)(void *)) {
    assert_int_equal(wdmsim_system_thread(m, body, NULL, NULL), 0);
    assert_int_equal(wdmsim_run_until(m, never, NULL, WDMSIM_FOREVER), WDMSIM_ERROR_STOPPED);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
    assert_non_null(stop);
    return stop;
}

static void the_record_tells_what_happened(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    assert_null(wdmsim_machine_stop(m));
    const struct wdmsim_stop *stop = stop_of(m, die);
    assert_int_equal(stop->code, 0xDEADBEE);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(stop->parameters[i], i + 1);
    assert_true(stop->frame_count >= 2);
    assert_int_equal(stop->irql, PASSIVE_LEVEL);
    assert_true(stop->thread != 0);
    assert_int_equal(wdmsim_settle(m), WDMSIM_ERROR_STOPPED);
    assert_int_equal(wdmsim_advance(m, 1), WDMSIM_ERROR_STOPPED);
    wdmsim_machine_destroy(m);
}

static void read_null(void *context) {
    (void)context;
    (void)*(volatile int *)(ULONG_PTR)0x10;
}

static void write_null_at_dispatch(void *context) {
    KIRQL irql;
    (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    *(volatile int *)(ULONG_PTR)0x10 = 1;
}

static volatile int zero;

/* On x86 the processor finds the fault, elsewhere a sanitizer's check. */
#if defined(__x86_64__)
#define WITHOUT_CHECKS __attribute__((no_sanitize("undefined")))
#else
#define WITHOUT_CHECKS
#endif

WITHOUT_CHECKS static void divide(void *context) {
    (void)context;
    zero = 1234 / zero;
}

static int recurse(volatile char *above, int depth) {
    volatile char room[4096];
    room[0] = *above;
    room[4095] = (char)depth;
    return depth > 1000000 ? room[0] : recurse(room, depth + 1) + room[4095];
}

static void overflow(void *context) {
    char start = 0;
    (void)context;
    zero = recurse(&start, 0);
}

static void (*volatile nowhere)(void) = (void (*)(void))(ULONG_PTR)0x1000;

static void jump(void *context) {
    KIRQL irql;
    (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    nowhere();
}

#if defined(__x86_64__) /* others tell the address */
static void read_malformed(void *context) {
    KIRQL irql;
    (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (void)*(volatile int *)(ULONG_PTR)0x1234567812345678;
}
#endif

static void illegal(void *context) {
    (void)context;
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#else
    __asm__ volatile(".inst 0");
#endif
}

static void privileged(void *context) {
    (void)context;
#if defined(__x86_64__)
    __asm__ volatile("cli");
#else
    __asm__ volatile("msr daifset, #2");
#endif
}

static void privileged_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc, (void)argument1, (void)argument2;
    privileged(context);
}

static void privileged_in_dpc(void *context) {
    static KDPC dpc;
    KeInitializeDpc(&dpc, privileged_dpc, context);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

/* Check where it happened, that the code is sign-extended, and that the records say the same. */
static void check_thread_exception(const struct wdmsim_stop *stop, ULONG_PTR body) {
    const EXCEPTION_RECORD *record = (const EXCEPTION_RECORD *)(ULONG_PTR)stop->parameters[2];
    const CONTEXT *context = (const CONTEXT *)(ULONG_PTR)stop->parameters[3];
    assert_in_range(stop->parameters[1] - body, 0, 1000);
    assert_int_equal(stop->parameters[0] >> 32, 0xffffffff);
    assert_int_equal((uint32_t)record->ExceptionCode, (uint32_t)stop->parameters[0]);
    assert_ptr_equal(record->ExceptionAddress, stop->parameters[1]);
    assert_int_equal(context->Rip, stop->parameters[1]);
}

static void faults_are_the_bug_checks_of_windows(void **state) {
    static const struct {
        void (*body)(void *);
        uint32_t code;
        uint64_t parameter;
    } cases[] = {
        {read_null, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_ACCESS_VIOLATION},
        {write_null_at_dispatch, DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0x10},
        {divide, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_INTEGER_DIVIDE_BY_ZERO},
        {overflow, UNEXPECTED_KERNEL_MODE_TRAP, 8},
        {jump, DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0x1000},
#if defined(__x86_64__)
        {read_malformed, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_ACCESS_VIOLATION},
#endif
        {illegal, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_ILLEGAL_INSTRUCTION},
        {privileged, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_PRIVILEGED_INSTRUCTION},
        {privileged_in_dpc, KMODE_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_PRIVILEGED_INSTRUCTION},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct machine *m;
        assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
        const struct wdmsim_stop *stop = stop_of(m, cases[i].body);
        assert_int_equal(stop->code, cases[i].code);
        assert_int_equal((uint32_t)stop->parameters[0], cases[i].parameter);
        assert_non_null(stop->frames[0].image);
        if (stop->code == SYSTEM_THREAD_EXCEPTION_NOT_HANDLED)
            check_thread_exception(stop, (ULONG_PTR)cases[i].body);
        if (cases[i].body == jump) {
            assert_int_equal(stop->parameters[2], 8);
            assert_in_range(stop->frames[0].address - (ULONG_PTR)jump, 0, 1000);
        }
        wdmsim_machine_destroy(m);
    }
}

static void names_of_codes_go_both_ways(void **state) {
    (void)state;
    assert_string_equal(wdmsim_bugcheck_name(0x44), "MULTIPLE_IRP_COMPLETE_REQUESTS");
    assert_int_equal(wdmsim_bugcheck_code("DRIVER_POWER_STATE_FAILURE"), 0x9F);
    assert_null(wdmsim_bugcheck_name(0xDEADBEE));
    assert_int_equal(wdmsim_bugcheck_code("NO_SUCH_THING"), WDMSIM_ERROR_NOT_FOUND);
}

static void machines_do_not_remember_each_other(void **state) {
    struct machine *a, *b;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &a), 0);
    wdmsim_machine_destroy(a);
    assert_int_equal(wdmsim_machine_create(NULL, &b), 0);
    assert_ptr_equal(a, b); /* the same slot, at the same address */
    assert_int_equal(wdmsim_time(b), 0);
    assert_null(wdmsim_machine_stop(b));
    wdmsim_machine_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_tells_what_happened),
        cmocka_unit_test(faults_are_the_bug_checks_of_windows),
        cmocka_unit_test(names_of_codes_go_both_ways),
        cmocka_unit_test(machines_do_not_remember_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
