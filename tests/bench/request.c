/*
 * Control requests of a user thread: 64 bytes in, 64 bytes out, completed at once by the driver.
 */
#include <ntifs.h>
#include <string.h>

#include "bench.h"

#define SIZE 64
#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static HANDLE handle;
static char *buffers;
static bool synchronous;

static NTSTATUS succeed(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = stack->MajorFunction == IRP_MJ_DEVICE_CONTROL ? SIZE : 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\bench");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    for (int i = 0; i <= IRP_MJ_DEVICE_CONTROL; i++)
        driver->MajorFunction[i] = succeed;
    driver->MajorFunction[IRP_MJ_CLEANUP] = succeed;
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

static void open_device(struct machine *m) {
    struct wdmsim_driver *driver;
    struct wdmsim_request *request;
    struct wdmsim_request_parameters open = {
        .operation = WDMSIM_OPEN, .path = "\\Device\\bench", .synchronous = synchronous};
    if (wdmsim_driver_load_entry(m, "bench", (wdmsim_driver_entry *)entry, &driver) ||
        wdmsim_submit(m, &open, &request) || wdmsim_wait(m, request, WDMSIM_S) ||
        wdmsim_request_status(request) != STATUS_SUCCESS)
        bench_fail("the device cannot be opened");
    handle = (HANDLE)wdmsim_request_handle(request);
    wdmsim_request_free(m, request);
    buffers = (char *)wdmsim_user_alloc(m, NULL, 4096);
}

static double controls(unsigned n) {
    char *input = buffers, *output = buffers + SIZE;
    PIO_STATUS_BLOCK status = (PIO_STATUS_BLOCK)(buffers + 2 * SIZE);
    memset(input, 'x', SIZE);
    double start = 0;
    for (unsigned i = 0; i < n + n / 10; i++) {
        if (i == n / 10)
            start = bench_now();
        if (NtDeviceIoControlFile(handle, NULL, NULL, NULL, status, IOCTL_ECHO, input, SIZE, output,
                                  SIZE) != STATUS_SUCCESS)
            bench_fail("a request fails");
    }
    double time = (bench_now() - start) / n;
    if (status->Information != SIZE || memcmp(input, output, SIZE) != 0)
        bench_fail("a request gave back other bytes");
    return time;
}

double request_ioctl(unsigned n) {
    synchronous = true;
    return bench_in_process(open_device, controls, n);
}

double request_ioctl_asynchronous(unsigned n) {
    synchronous = false;
    return bench_in_process(open_device, controls, n);
}
