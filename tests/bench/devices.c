/*
 * Trees of devices: brought up and taken down by the PnP manager, put to sleep and woken.
 *
 * Every device has a function driver that does the least a driver may: it starts and goes with the
 * device below, and answers the system's power IRPs by device power IRPs of its own. A tree is as
 * deep as real ones: each device is a bus with up to ten others.
 */
#include <ntifs.h>

#include "bench.h"

#define FAN_OUT 10u

struct extension {
    PDEVICE_OBJECT pdo, lower;
};

static struct extension *extension_of(PDEVICE_OBJECT device) { return device->DeviceExtension; }

static NTSTATUS pass(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(extension_of(device)->lower, irp);
}

static NTSTATUS finish(PIRP irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* ---- the driver: PnP ---- */

static NTSTATUS add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct extension), NULL, FILE_DEVICE_UNKNOWN, 0,
                                     FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension_of(device)->pdo = pdo;
    extension_of(device)->lower = IoAttachDeviceToDeviceStack(device, pdo);
    device->Flags |= DO_POWER_PAGABLE;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS pnp(PDEVICE_OBJECT device, PIRP irp) {
    PDEVICE_OBJECT lower = extension_of(device)->lower;
    NTSTATUS status;
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(lower, irp);
        return finish(irp, irp->IoStatus.Status);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass(device, irp);
    case IRP_MN_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = pass(device, irp);
        IoDetachDevice(lower);
        IoDeleteDevice(device);
        return status;
    default:
        return pass(device, irp);
    }
}

/* ---- the driver: power ---- */

static VOID device_is_there(PDEVICE_OBJECT pdo, UCHAR minor, POWER_STATE state, PVOID context,
                            PIO_STATUS_BLOCK io_status) {
    UNREFERENCED_PARAMETER(pdo);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    finish(context, io_status->Status);
}

/* The devices below are ready for the system's state: now this one follows. */
static NTSTATUS system_irp_returned(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    bool working = stack->Parameters.Power.State.SystemState == PowerSystemWorking;
    POWER_STATE state = {.DeviceState = working ? PowerDeviceD0 : PowerDeviceD3};
    UNREFERENCED_PARAMETER(context);
    if (!NT_SUCCESS(irp->IoStatus.Status))
        return STATUS_CONTINUE_COMPLETION;
    if (!NT_SUCCESS(PoRequestPowerIrp(extension_of(device)->pdo, stack->MinorFunction, state,
                                      device_is_there, irp, NULL)))
        bench_fail("no power IRP");
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS power(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    bool change =
        stack->MinorFunction == IRP_MN_SET_POWER || stack->MinorFunction == IRP_MN_QUERY_POWER;
    if (!change || stack->Parameters.Power.Type != SystemPowerState)
        return pass(device, irp);
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, system_irp_returned, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(extension_of(device)->lower, irp);
    return STATUS_PENDING;
}

static VOID unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_PNP] = pnp;
    driver->MajorFunction[IRP_MJ_POWER] = power;
    driver->DriverExtension->AddDevice = add;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}

/* ---- trees ---- */

static void operate(struct machine *m, enum wdmsim_pnp_operation operation, uint32_t node) {
    struct wdmsim_pnp_result result;
    if (wdmsim_pnp(m, operation, node, &result) || result.status != STATUS_SUCCESS)
        bench_fail("a PnP operation fails");
}

static struct machine *machine_with_driver(void) {
    struct machine *m = bench_machine(1);
    if (wdmsim_service_define_entry(m, "bench", (wdmsim_driver_entry *)entry))
        bench_fail("no service");
    operate(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE); /* the root has been there for long */
    return m;
}

static void describe(struct wdmsim_device_description *device) {
    *device = (struct wdmsim_device_description)WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    device->device_id = "BENCH\\DEVICE";
    device->function = "bench";
}

/* Nodes are numbered as they come, from the root's number on: so are the buses. */
static void plug_tree(struct machine *m, unsigned devices) {
    struct wdmsim_device_description device;
    uint32_t bus = WDMSIM_ROOT_NODE;
    describe(&device);
    for (unsigned plugged = 0; plugged < devices; bus++) {
        for (unsigned i = 0; i < FAN_OUT && plugged < devices; i++, plugged++)
            if (wdmsim_plug_silently(m, bus, &device, NULL))
                bench_fail("no device");
        operate(m, WDMSIM_PNP_ENUMERATE, bus);
    }
    struct wdmsim_node_info last;
    if (wdmsim_node_info(m, WDMSIM_ROOT_NODE + devices, &last) || last.state != WDMSIM_NODE_STARTED)
        bench_fail("a device is not started");
}

/* Takes the tree down from its top; the devices themselves stay. */
static void remove_tree(struct machine *m, unsigned devices) {
    for (uint32_t top = WDMSIM_ROOT_NODE + 1; top <= FAN_OUT + 1 && top <= devices + 1; top++)
        operate(m, WDMSIM_PNP_REMOVE, top);
    struct wdmsim_node_info last;
    if (wdmsim_node_info(m, WDMSIM_ROOT_NODE + devices, &last) == 0 &&
        last.state != WDMSIM_NODE_REMOVED)
        bench_fail("a device is not removed");
}

/* ---- the rows: nanoseconds per device; `n` devices in all, in trees of `size` ---- */

static double start_and_remove(unsigned size, unsigned n) {
    double time = 0;
    unsigned trees = (n + size - 1) / size;
    for (unsigned i = 0; i < trees; i++) {
        struct machine *m = machine_with_driver();
        double start = bench_now();
        plug_tree(m, size);
        remove_tree(m, size);
        time += bench_now() - start;
        wdmsim_machine_destroy(m);
    }
    return time / ((double)trees * size);
}

static double sleep_and_wake(unsigned size, unsigned n) {
    unsigned rounds = (n + size - 1) / size;
    struct wdmsim_power_result result;
    struct machine *m = machine_with_driver();
    plug_tree(m, size);
    double start = 0;
    for (unsigned i = 0; i <= rounds; i++) {
        if (i == 1) /* from here on the machine has the memory that all these IRPs need */
            start = bench_now();
        if (wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, &result) || result.refused ||
            wdmsim_power_wake(m))
            bench_fail("the system does not sleep and wake");
        wdmsim_power_last(m, &result);
        if (result.set_down < size || result.set_up < size)
            bench_fail("a device had no part in the sleep");
    }
    double time = bench_now() - start;
    wdmsim_machine_destroy(m);
    return time / ((double)rounds * size);
}

/* Devices that come one by one, all on one bus. */
static double plug_singly(unsigned size, unsigned n) {
    struct wdmsim_device_description device;
    double time = 0;
    unsigned buses = (n + size - 1) / size;
    describe(&device);
    for (unsigned i = 0; i < buses; i++) {
        struct machine *m = machine_with_driver();
        double start = bench_now();
        for (unsigned plugged = 0; plugged < size; plugged++)
            if (wdmsim_plug(m, WDMSIM_ROOT_NODE, &device, NULL))
                bench_fail("no device");
        time += bench_now() - start;
        wdmsim_machine_destroy(m);
    }
    return time / ((double)buses * size);
}

double devices_pnp_100(unsigned n) { return start_and_remove(100, n); }
double devices_pnp_1000(unsigned n) { return start_and_remove(1000, n); }
double devices_pnp_10000(unsigned n) { return start_and_remove(10000, n); }
double devices_sleep_100(unsigned n) { return sleep_and_wake(100, n); }
double devices_sleep_1000(unsigned n) { return sleep_and_wake(1000, n); }
double devices_sleep_10000(unsigned n) { return sleep_and_wake(10000, n); }
double devices_plug_100(unsigned n) { return plug_singly(100, n); }
double devices_plug_10000(unsigned n) { return plug_singly(10000, n); }
