/*
 * IRPs through a stack of devices: a driver at the bottom that completes at once, filters above it.
 */
#include <ntifs.h>

#include "bench.h"

#define FILTERS 8

static struct machine *host;
static PDEVICE_OBJECT devices[FILTERS + 1];

struct extension {
    PDEVICE_OBJECT lower;
};

static NTSTATUS complete(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS skip(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(((struct extension *)device->DeviceExtension)->lower, irp);
}

static NTSTATUS completed(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS copy(PDEVICE_OBJECT device, PIRP irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, completed, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(((struct extension *)device->DeviceExtension)->lower, irp);
}

static PDEVICE_OBJECT new_device(PDRIVER_OBJECT driver) {
    PDEVICE_OBJECT device;
    if (!NT_SUCCESS(IoCreateDevice(driver, sizeof(struct extension), NULL, FILE_DEVICE_UNKNOWN, 0,
                                   FALSE, &device)))
        bench_fail("no device");
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return device;
}

static int bottom_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_READ] = complete;
    devices[0] = new_device(driver);
    return STATUS_SUCCESS;
}

/* IRP_MJ_READ is passed on, IRP_MJ_WRITE too, with a completion routine. */
static int filter_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_READ] = skip;
    driver->MajorFunction[IRP_MJ_WRITE] = copy;
    for (int i = 1; i <= FILTERS; i++) {
        devices[i] = new_device(driver);
        struct extension *extension = devices[i]->DeviceExtension;
        extension->lower = IoAttachDeviceToDeviceStack(devices[i], devices[i - 1]);
        if (extension->lower != devices[i - 1])
            bench_fail("a filter is not attached");
    }
    return STATUS_SUCCESS;
}

static void load(struct machine *m) {
    struct wdmsim_driver *driver;
    host = m;
    if (wdmsim_driver_load_entry(m, "bottom", (wdmsim_driver_entry *)bottom_entry, &driver) ||
        wdmsim_driver_load_entry(m, "filter", (wdmsim_driver_entry *)filter_entry, &driver))
        bench_fail("no driver");
    devices[0]->DriverObject->MajorFunction[IRP_MJ_WRITE] = complete;
}

static NTSTATUS take_back(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Allocated, sent to a device, taken back by a completion routine, freed. */
static double send(PDEVICE_OBJECT device, UCHAR major, unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
        IoGetNextIrpStackLocation(irp)->MajorFunction = major;
        IoSetCompletionRoutine(irp, take_back, NULL, TRUE, TRUE, TRUE);
        if (IoCallDriver(device, irp) != STATUS_SUCCESS)
            bench_fail("an IRP fails");
        IoFreeIrp(irp);
    }
    return (bench_now() - start) / n;
}

static double round_trip(unsigned n) {
    send(devices[0], IRP_MJ_READ, n / 10);
    return send(devices[0], IRP_MJ_READ, n);
}

/* The quickest of several parts of each, since a difference doubles what the host disturbs. */
static double filters(UCHAR major, unsigned n) {
    double with = 1e9, without = 1e9;
    for (unsigned part = 0; part < 10; part++) {
        double high = send(devices[FILTERS], major, n / 10 + 1);
        double low = send(devices[0], major, n / 10 + 1);
        with = high < with ? high : with;
        without = low < without ? low : without;
    }
    return (with - without) / FILTERS;
}

static double filters_skipping(unsigned n) { return filters(IRP_MJ_READ, n); }

static double filters_copying(unsigned n) { return filters(IRP_MJ_WRITE, n); }

double irp_round_trip(unsigned n) { return bench_on_machine(load, round_trip, n); }

double irp_filter(unsigned n) { return bench_on_machine(load, filters_skipping, n); }

double irp_filter_copying(unsigned n) { return bench_on_machine(load, filters_copying, n); }
