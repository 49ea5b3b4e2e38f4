/*
 * Unit-testing a dispatch routine: the driver is loaded, and its routine for one major function is called with an IRP the
 * test made, without any I/O manager in between.
 */
#include "../threads.h"

#include <echo/echo.h>

static UCHAR buffer[ECHO_MESSAGE_SIZE + 1];

/* An IRP as the I/O manager would send it for a buffered request; nobody is told of its completion but the event. */
static NTSTATUS notice(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    KeSetEvent((PKEVENT)context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS dispatch(PDRIVER_OBJECT driver, UCHAR major, ULONG length, ULONG_PTR *information)
{
    PDEVICE_OBJECT device = driver->DeviceObject;
    PIRP irp = IoAllocateIrp((CCHAR)(device->StackSize + 1), FALSE);
    KEVENT completed;
    KeInitializeEvent(&completed, NotificationEvent, FALSE);
    IoSetNextIrpStackLocation(irp);
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = major;
    next->DeviceObject = device;
    next->Parameters.Read.Length = length; /* Write.Length lies at the same place */
    irp->AssociatedIrp.SystemBuffer = buffer;
    IoSetCompletionRoutine(irp, notice, &completed, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    NTSTATUS returned = driver->MajorFunction[major](device, irp);
    assert_int_equal(KeReadStateEvent(&completed), 1);
    assert_int_equal(irp->IoStatus.Status, returned);
    *information = irp->IoStatus.Information;
    IoFreeIrp(irp);
    return returned;
}

static void what_is_written_is_read(struct machine *m)
{
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_load("echo"));
    ULONG_PTR information;
    (void)m;
    RtlCopyMemory(buffer, "hello", 5);
    assert_int_equal(dispatch(driver, IRP_MJ_WRITE, 5, &information), STATUS_SUCCESS);
    assert_int_equal(information, 5);
    RtlZeroMemory(buffer, sizeof buffer);
    assert_int_equal(dispatch(driver, IRP_MJ_READ, 100, &information), STATUS_SUCCESS);
    assert_int_equal(information, 5);
    assert_memory_equal(buffer, "hello", 5);
    assert_int_equal(dispatch(driver, IRP_MJ_READ, 2, &information), STATUS_SUCCESS);
    assert_int_equal(information, 2);
}

static void a_message_too_long_is_refused(struct machine *m)
{
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_load("echo"));
    ULONG_PTR information;
    (void)m;
    assert_int_equal(dispatch(driver, IRP_MJ_WRITE, ECHO_MESSAGE_SIZE, &information), STATUS_SUCCESS);
    assert_int_equal(dispatch(driver, IRP_MJ_WRITE, ECHO_MESSAGE_SIZE + 1, &information), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(information, 0);
}

static void a_fresh_machine_has_a_fresh_driver(struct machine *m)
{
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_load("echo"));
    ULONG_PTR information;
    (void)m;
    assert_int_equal(dispatch(driver, IRP_MJ_READ, 100, &information), STATUS_SUCCESS);
    assert_int_equal(information, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(what_is_written_is_read),
        wdmsim_unit_test(a_message_too_long_is_refused),
        wdmsim_unit_test(a_fresh_machine_has_a_fresh_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
