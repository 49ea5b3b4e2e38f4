/* Two processors that take two locks in different orders: found in every schedule, also in those in
 * which they do not meet. */
#include "locks.h"

static KSPIN_LOCK a, b;

static void nest(PKSPIN_LOCK outer, PKSPIN_LOCK inner) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(outer);
    KeAcquireSpinLockAtDpcLevel(inner);
    KeReleaseSpinLockFromDpcLevel(inner);
    KeReleaseSpinLock(outer, irql);
}

static VOID one_way(PVOID context) {
    (void)context;
    nest(&a, &b);
}

static VOID other_way(PVOID context) {
    (void)context;
    nest(&b, &a);
}

static void begin(void) {
    KeInitializeSpinLock(&a);
    KeInitializeSpinLock(&b);
}

static void nothing(void) {}

static void two_orders_are_found_in_every_schedule(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .flags = WDMSIM_CHECK_LOCKS,
                                             .preemptions = 2,
                                             .actors = {one_way, other_way},
                                             .begin = begin,
                                             .check = nothing};
    unsigned schedules = 0;
    (void)state;
    memset(&explorer, 0, sizeof explorer);
    explorer.scenario = &scenario;
    do {
        struct machine *machine;
        bool done;
        const struct wdmsim_stop *stop = explorer_once(&machine, &done);
        assert_non_null(stop);
        assert_int_equal(stop->code, DRIVER_VERIFIER_DETECTED_VIOLATION);
        assert_int_equal(stop->parameters[0], 0x1001);
        wdmsim_machine_destroy(machine);
        schedules++;
    } while (explorer_advance(&explorer));
    assert_true(schedules > 4);
}

static void one_order_is_no_finding_in_any_schedule(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .flags = WDMSIM_CHECK_LOCKS,
                                             .preemptions = 2,
                                             .actors = {one_way, one_way},
                                             .begin = begin,
                                             .check = nothing};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_are_found_in_every_schedule),
        cmocka_unit_test(one_order_is_no_finding_in_any_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
