/* The one-second timer of a device. */
#include "io_test.h"

static unsigned ticks;
static KIRQL seen_irql;

static IO_TIMER_ROUTINE tick;
static VOID tick(PDEVICE_OBJECT device, PVOID context) {
    assert_ptr_equal(device, test_device);
    ticks += *(unsigned *)context;
    seen_irql = KeGetCurrentIrql();
}

static void it_ticks_once_a_second_while_started(struct machine *m) {
    unsigned one = 1;
    test_load(m);
    assert_int_equal(IoInitializeTimer(test_device, tick, &one), STATUS_SUCCESS);
    ticks = 0;
    wdmsim_advance(m, 3 * WDMSIM_S);
    assert_int_equal(ticks, 0);
    IoStartTimer(test_device);
    wdmsim_advance(m, 3 * WDMSIM_S + WDMSIM_S / 2);
    assert_int_equal(ticks, 3);
    assert_int_equal(seen_irql, DISPATCH_LEVEL);
    IoStopTimer(test_device);
    wdmsim_advance(m, 3 * WDMSIM_S);
    assert_int_equal(ticks, 3);
}

static void setting_it_up_twice_body(struct machine *m) {
    unsigned one = 1;
    test_load(m);
    IoInitializeTimer(test_device, tick, &one);
    IoInitializeTimer(test_device, tick, &one);
}

static void setting_it_up_twice(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(setting_it_up_twice_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x0A);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(it_ticks_once_a_second_while_started),
        cmocka_unit_test(setting_it_up_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
