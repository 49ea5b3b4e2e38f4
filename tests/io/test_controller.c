/* A controller serves one of its devices at a time. */
#include "io_test.h"

static PDEVICE_OBJECT devices[3];
static IRP irps[3]; /* what each is busy with */
static char story[16];
static IO_ALLOCATION_ACTION action;

static DRIVER_CONTROL use;
static IO_ALLOCATION_ACTION use(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context) {
    size_t length = strlen(story);
    assert_ptr_equal(irp, &irps[(PDEVICE_OBJECT *)context - devices]);
    assert_null(base); /* no map registers come with a controller */
    assert_ptr_equal(*(PDEVICE_OBJECT *)context, device);
    story[length] = (char)('0' + ((PDEVICE_OBJECT *)context - devices));
    story[length + 1] = 0;
    return action;
}

static PCONTROLLER_OBJECT prepare(struct machine *m) {
    test_load(m);
    story[0] = 0;
    for (unsigned i = 0; i < 3; i++) {
        IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &devices[i]);
        devices[i]->CurrentIrp = &irps[i];
    }
    return IoCreateController(32);
}

static void devices_wait_for_their_turn(struct machine *m) {
    KIRQL irql;
    PCONTROLLER_OBJECT controller = prepare(m);
    assert_int_equal(((PUCHAR)controller->ControllerExtension)[31], 0);
    action = KeepObject;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (unsigned i = 0; i < 3; i++)
        IoAllocateController(controller, devices[i], use, &devices[i]);
    assert_string_equal(story, "0");
    IoFreeController(controller);
    assert_string_equal(story, "01");
    action = DeallocateObject;
    IoFreeController(controller);
    assert_string_equal(story, "012");
    IoAllocateController(controller, devices[0], use, &devices[0]);
    assert_string_equal(story, "0120");
    KeLowerIrql(irql);
    ObReferenceObject(controller);
    IoDeleteController(controller);
    assert_int_equal(ObDereferenceObject(controller), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(devices_wait_for_their_turn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
