/*
 * An interrupt that arrives while its connect routine still runs.
 *
 * The device is live before its driver is: it raises before anybody is connected, and the service
 * routine runs inside IoConnectInterrupt(Ex). What it finds then is what the driver prepared before
 * the call, and the interrupt object where the driver wanted it.
 */
#include "io_test.h"

static PKINTERRUPT object;
static unsigned early, late, before_object;
static bool connecting;

static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    assert_ptr_equal(context, &connecting);
    if (connecting)
        early++;
    else
        late++;
    before_object += object != interrupt;
    return TRUE;
}

static NTSTATUS connect(KINTERRUPT_MODE mode) {
    object = NULL;
    early = late = before_object = 0;
    connecting = true;
    NTSTATUS status =
        IoConnectInterrupt(&object, serve, &connecting, NULL, 0x51, 5, 5, mode, FALSE, 1, FALSE);
    connecting = false;
    return status;
}

static void an_edge_from_before_is_served_inside(struct machine *m) {
    assert_int_equal(wdmsim_interrupt_raise(m, 0x51), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(connect(Latched), STATUS_SUCCESS);
    assert_int_equal(early, 1);
    assert_int_equal(before_object, 0);
    wdmsim_settle(m);
    assert_int_equal(late, 0);
    IoDisconnectInterrupt(object);
}

/* A level that stays asserted is served again and again until the device lowers it. */
static KSERVICE_ROUTINE serve_level;
static BOOLEAN serve_level(PKINTERRUPT interrupt, PVOID context) {
    serve(interrupt, context);
    if (early == 3)
        wdmsim_interrupt_hold(wdmsim_fixture.machine, 0x51, false);
    return TRUE;
}

static void a_level_from_before_is_served_inside(struct machine *m) {
    wdmsim_interrupt_hold(m, 0x51, true);
    early = late = before_object = 0;
    connecting = true;
    assert_int_equal(IoConnectInterrupt(&object, serve_level, &connecting, NULL, 0x51, 5, 5,
                                        LevelSensitive, TRUE, 1, FALSE),
                     STATUS_SUCCESS);
    connecting = false;
    assert_int_equal(early, 3);
    wdmsim_settle(m);
    assert_int_equal(late, 0);
    IoDisconnectInterrupt(object);
}

static void a_connect_that_fails_serves_nothing(struct machine *m) {
    PKINTERRUPT owner;
    assert_int_equal(connect(Latched), STATUS_SUCCESS);
    owner = object;
    connecting = true;
    assert_int_equal(
        IoConnectInterrupt(&object, serve, &connecting, NULL, 0x51, 5, 5, Latched, FALSE, 1, FALSE),
        STATUS_INVALID_PARAMETER);
    connecting = false;
    assert_null(object);
    object = owner;
    assert_int_equal(wdmsim_interrupt_raise(m, 0x51), 0);
    wdmsim_settle(m);
    assert_int_equal(early, 0);
    assert_int_equal(late, 1);
    IoDisconnectInterrupt(owner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_edge_from_before_is_served_inside),
        wdmsim_unit_test(a_level_from_before_is_served_inside),
        wdmsim_unit_test(a_connect_that_fails_serves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
