/*
 * Controller objects: one piece of hardware behind several devices, used by one of them at a time.
 *
 * ntddk/nf-ntddk-iocreatecontroller, -ioallocatecontroller, -iofreecontroller
 */
#include "io/io.h"

const struct ob_type io_controller_type = {
    .name = "Controller",
    .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                STANDARD_RIGHTS_ALL},
    .valid_access = STANDARD_RIGHTS_ALL,
    .wait_offset = OB_NO_WAIT,
};

PCONTROLLER_OBJECT IoCreateController(ULONG Size) {
    KI_GATE(IoCreateController);
    PCONTROLLER_OBJECT controller;
    if (mm_fails(m) || !NT_SUCCESS(ob_create(m, &io_controller_type, sizeof *controller + Size,
                                             (void **)&controller)))
        return NULL;
    controller->Type = IO_TYPE_CONTROLLER;
    controller->Size = (CSHORT)(sizeof *controller + Size);
    controller->ControllerExtension = controller + 1;
    KeInitializeDeviceQueue(&controller->DeviceWaitQueue);
    return controller;
}

VOID IoDeleteController(PCONTROLLER_OBJECT ControllerObject) {
    KI_GATE(IoDeleteController);
    ob_dereference(m, ControllerObject);
}

static IO_ALLOCATION_ACTION io_controller_run(PDEVICE_OBJECT device) {
    PWAIT_CONTEXT_BLOCK block = &device->Queue.Wcb;
    DRIVER_CONTROL *routine = block->DeviceRoutine;
    return routine(device, device->CurrentIrp, NULL, block->DeviceContext);
}

/* Hands the controller to the next device that waits, as long as each gives it back at once. */
static void io_controller_next(PCONTROLLER_OBJECT controller) {
    PKDEVICE_QUEUE_ENTRY entry;
    do {
        entry = KeRemoveDeviceQueue(&controller->DeviceWaitQueue);
        if (!entry)
            return;
    } while (io_controller_run(CONTAINING_RECORD(entry, DEVICE_OBJECT, Queue.Wcb.WaitQueueEntry)) ==
             DeallocateObject);
}

VOID IoAllocateController(PCONTROLLER_OBJECT ControllerObject, PDEVICE_OBJECT DeviceObject,
                          PDRIVER_CONTROL ExecutionRoutine, PVOID Context) {
    KI_GATE(IoAllocateController);
    (void)m;
    DeviceObject->Queue.Wcb.DeviceRoutine = ExecutionRoutine;
    DeviceObject->Queue.Wcb.DeviceContext = Context;
    if (KeInsertDeviceQueue(&ControllerObject->DeviceWaitQueue,
                            &DeviceObject->Queue.Wcb.WaitQueueEntry))
        return;
    if (io_controller_run(DeviceObject) == DeallocateObject)
        io_controller_next(ControllerObject);
}

VOID IoFreeController(PCONTROLLER_OBJECT ControllerObject) {
    KI_GATE(IoFreeController);
    (void)m;
    io_controller_next(ControllerObject);
}
