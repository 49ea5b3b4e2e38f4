/* A buffered control request: input and output through one system buffer, copied in and out by the I/O manager. */
#include <wdm.h>

#include <wdmsim/cmocka.h>

#define IOCTL_UPPER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static NTSTATUS open_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.DeviceIoControl.InputBufferLength;
    UNREFERENCED_PARAMETER(device);
    for (ULONG i = 0; i < length; i++)
        buffer[i] = (char)(buffer[i] - 32);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = length;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\upper");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\upper");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\upper");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    driver->MajorFunction[IRP_MJ_CREATE] = open_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = open_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    return IoCreateSymbolicLink(&link, &name);
}

static struct wdmsim_request *run(struct machine *m, const struct wdmsim_request_parameters *parameters)
{
    struct wdmsim_request *request;
    assert_int_equal(wdmsim_submit(m, parameters, &request), 0);
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    return request;
}

/* Check that the input arrives, the output comes back, and the driver can be unloaded after the close. */
static void the_buffer_travels_both_ways(struct machine *m)
{
    struct wdmsim_driver *driver;
    size_t size;
    assert_int_equal(wdmsim_driver_load_entry(m, "upper", (wdmsim_driver_entry *)entry, &driver), 0);
    assert_true(wdmsim_driver_is_loaded(driver));
    struct wdmsim_request *open =
        run(m, &(struct wdmsim_request_parameters){.operation = WDMSIM_OPEN, .path = "\\\\.\\upper"});
    assert_int_equal(wdmsim_request_status(open), STATUS_SUCCESS);
    uint64_t handle = wdmsim_request_handle(open);
    assert_true(handle != 0);
    struct wdmsim_request *control_request =
        run(m, &(struct wdmsim_request_parameters){.operation = WDMSIM_IOCTL, .handle = handle, .code = IOCTL_UPPER,
                                                   .input = "driver", .input_size = 6, .output_size = 8});
    assert_int_equal(wdmsim_request_status(control_request), STATUS_SUCCESS);
    assert_int_equal(wdmsim_request_information(control_request), 6);
    assert_memory_equal(wdmsim_request_output(control_request, &size), "DRIVER\0\0", 8);
    assert_int_equal(wdmsim_driver_unload(m, driver), WDMSIM_ERROR_BUSY);
    struct wdmsim_request *close =
        run(m, &(struct wdmsim_request_parameters){.operation = WDMSIM_CLOSE, .handle = handle});
    assert_int_equal(wdmsim_request_status(close), STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_false(wdmsim_driver_is_loaded(driver));
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
    assert_int_equal(wdmsim_leaks(m, false, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {wdmsim_unit_test(the_buffer_travels_both_ways)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
