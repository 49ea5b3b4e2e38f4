/* Shutdown notification: who is told, and which of the two chances comes first. */
#include "io_test.h"

static PDEVICE_OBJECT devices[3];
static char told[8];

/* The device's number, from its extension, as it is told. */
static NTSTATUS on_shutdown(PDEVICE_OBJECT device, PIRP irp) {
    size_t length = strlen(told);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    told[length] = *(const char *)device->DeviceExtension;
    told[length + 1] = 0;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void begin(struct machine *m) {
    test_lower[IRP_MJ_SHUTDOWN] = on_shutdown;
    test_load(m);
    memset(told, 0, sizeof told);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(
            IoCreateDevice(test_driver, 1, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &devices[i]),
            STATUS_SUCCESS);
        *(char *)devices[i]->DeviceExtension = (char)('a' + i);
        devices[i]->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
}

static void shut_down(struct machine *m) {
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SHUTDOWN, 0, NULL), 0);
}

/* Check that the last chance comes after every first one, whoever registered earlier. */
static void the_last_chance_comes_last(struct machine *m) {
    begin(m);
    assert_int_equal(IoRegisterLastChanceShutdownNotification(devices[0]), STATUS_SUCCESS);
    assert_int_equal(IoRegisterShutdownNotification(devices[1]), STATUS_SUCCESS);
    assert_int_equal(IoRegisterLastChanceShutdownNotification(devices[2]), STATUS_SUCCESS);
    shut_down(m);
    assert_int_equal(strlen(told), 3);
    assert_int_equal(told[0], 'b');
}

static void who_is_unregistered_is_not_told(struct machine *m) {
    begin(m);
    assert_int_equal(IoRegisterShutdownNotification(devices[0]), STATUS_SUCCESS);
    assert_int_equal(IoRegisterShutdownNotification(devices[1]), STATUS_SUCCESS);
    assert_int_equal(IoRegisterLastChanceShutdownNotification(devices[2]), STATUS_SUCCESS);
    IoUnregisterShutdownNotification(devices[0]);
    IoUnregisterShutdownNotification(devices[2]);
    shut_down(m);
    assert_string_equal(told, "b");
}

/* Check that a device that goes away takes its registrations with it. */
static void a_deleted_device_is_not_told(struct machine *m) {
    begin(m);
    assert_int_equal(IoRegisterShutdownNotification(devices[0]), STATUS_SUCCESS);
    assert_int_equal(IoRegisterShutdownNotification(devices[1]), STATUS_SUCCESS);
    IoDeleteDevice(devices[1]);
    shut_down(m);
    assert_string_equal(told, "a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_last_chance_comes_last),
        wdmsim_unit_test(who_is_unregistered_is_not_told),
        wdmsim_unit_test(a_deleted_device_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
