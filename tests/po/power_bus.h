/*
 * A bus driver for tests: the function driver of a bus device (as power_driver.h has it) that
 * enumerates children and is their power's lower end.
 *
 * Children's wait/wake IRPs: one is held per child, and as long as any is, the bus keeps one of its
 * own on its parent stack. When that completes, the child whose signal it was (bus.signal) is found
 * and its IRP completed; if other children are armed the bus arms itself again. A child's D0 waits
 * until the bus itself is in D0.
 */
#ifndef POWER_BUS_H
#define POWER_BUS_H

#include "power_driver.h"

#define BUS_CHILDREN 4u

struct bus_child {
    struct power_device
        unused; /* so that both kinds of extension have their first part in common */
    bool is_child;
    unsigned number;
    PIRP wait_wake;
    PIRP waiting_d0; /* a D0 IRP that waits for the bus */
    DEVICE_POWER_STATE d_state;
};

static struct {
    struct power_device *fdo;
    PDEVICE_OBJECT children[BUS_CHILDREN];
    unsigned count;        /* children that are there */
    unsigned armed;        /* wait/wake IRPs held */
    PIRP own_wake;         /* on the parent's stack */
    unsigned own_requests; /* how many were sent in all */
    unsigned signal;       /* the child that signals next, ~0: none */
    bool pass_wake;        /* tell the child that it woke the system */
    bool fail_d0;          /* children have vanished: D0 fails */
} bus;

static inline struct bus_child *bus_child_of(PDEVICE_OBJECT pdo) { return pdo->DeviceExtension; }

/* ---- wait/wake of the children ---- */

static inline void bus_arm(void);

static inline void bus_child_wake(struct bus_child *child, NTSTATUS status, bool woke) {
    PIRP irp = child->wait_wake;
    if (!irp || !IoSetCancelRoutine(irp, NULL))
        return;
    child->wait_wake = NULL;
    bus.armed--;
    struct power_event *event =
        power_record(AT_BUS, bus.children[child->number], bus.children[child->number], NULL);
    event->minor = IRP_MN_WAIT_WAKE;
    event->status = status;
    if (woke)
        PoSetSystemWake(irp);
    power_finish(irp, status);
}

static inline VOID bus_woken(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                             PIO_STATUS_BLOCK iosb) {
    POWER_STATE working = {.DeviceState = PowerDeviceD0};
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(state);
    UNREFERENCED_PARAMETER(context);
    struct power_event *event = power_record(AT_CALLBACK, bus.fdo->self, bus.fdo->pdo, NULL);
    event->minor = minor;
    event->status = iosb->Status;
    bus.own_wake = NULL;
    if (!NT_SUCCESS(iosb->Status))
        return;
    PoRequestPowerIrp(bus.fdo->pdo, IRP_MN_SET_POWER, working, NULL, NULL, NULL);
    if (bus.signal < bus.count)
        bus_child_wake(bus_child_of(bus.children[bus.signal]), STATUS_SUCCESS, bus.pass_wake);
    bus.signal = ~0u;
    if (bus.armed)
        bus_arm();
}

static inline void bus_arm(void) {
    POWER_STATE state = {.SystemState = bus.fdo->capabilities.SystemWake};
    if (bus.own_wake)
        return;
    bus.own_requests++;
    PoRequestPowerIrp(bus.fdo->pdo, IRP_MN_WAIT_WAKE, state, bus_woken, NULL, &bus.own_wake);
}

static inline VOID bus_wake_cancelled(PDEVICE_OBJECT pdo, PIRP irp) {
    struct bus_child *child = bus_child_of(pdo);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    child->wait_wake = NULL;
    bool last = --bus.armed == 0;
    power_finish(irp, STATUS_CANCELLED);
    if (last && bus.own_wake)
        IoCancelIrp(bus.own_wake);
}

static inline NTSTATUS bus_wait_wake(struct bus_child *child, PIRP irp) {
    if (child->wait_wake)
        return power_finish(irp, STATUS_DEVICE_BUSY);
    IoMarkIrpPending(irp);
    child->wait_wake = irp;
    bus.armed++;
    IoSetCancelRoutine(irp, bus_wake_cancelled);
    bus_arm();
    return STATUS_PENDING;
}

/* ---- the children's states ---- */

/* The bus is in D0: so can be those who waited for it. */
static inline void bus_release_children(void) {
    for (unsigned i = 0; i < bus.count; i++) {
        struct bus_child *child = bus_child_of(bus.children[i]);
        PIRP irp = child->waiting_d0;
        if (!irp)
            continue;
        child->waiting_d0 = NULL;
        child->d_state = PowerDeviceD0;
        power_record(AT_BUS, bus.children[i], bus.children[i], irp);
        power_finish(irp, STATUS_SUCCESS);
    }
}

static inline NTSTATUS bus_child_set(PDEVICE_OBJECT pdo, PIRP irp) {
    struct bus_child *child = bus_child_of(pdo);
    POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State;
    if (state.DeviceState == PowerDeviceD0 && bus.fail_d0) {
        IoInvalidateDeviceRelations(bus.fdo->pdo, BusRelations);
        return power_finish(irp, STATUS_NO_SUCH_DEVICE);
    }
    if (state.DeviceState == PowerDeviceD0 && bus.fdo->d_state != PowerDeviceD0) {
        IoMarkIrpPending(irp);
        child->waiting_d0 = irp;
        return STATUS_PENDING;
    }
    if (child->d_state != state.DeviceState)
        PoSetPowerState(pdo, DevicePowerState, state);
    child->d_state = state.DeviceState;
    power_record(AT_BUS, pdo, pdo, irp);
    return power_finish(irp, STATUS_SUCCESS);
}

static inline NTSTATUS bus_child_power(PDEVICE_OBJECT pdo, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    switch (stack->MinorFunction) {
    case IRP_MN_WAIT_WAKE:
        return bus_wait_wake(bus_child_of(pdo), irp);
    case IRP_MN_SET_POWER:
        if (stack->Parameters.Power.Type == DevicePowerState)
            return bus_child_set(pdo, irp);
        return power_finish(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_POWER:
        return power_finish(irp, STATUS_SUCCESS);
    default:
        return power_finish(irp, irp->IoStatus.Status);
    }
}

/* ---- the children's Plug and Play ---- */

static inline PWCHAR bus_text(const WCHAR *text, bool multi) {
    ULONG length = 0;
    while (text[length])
        length++;
    PWCHAR copy = ExAllocatePool2(POOL_FLAG_PAGED, (length + 2) * sizeof(WCHAR), 'suBT');
    UNREFERENCED_PARAMETER(multi);
    memcpy(copy, text, length * sizeof(WCHAR));
    return copy; /* the rest is zero */
}

static inline NTSTATUS bus_child_id(struct bus_child *child, PIRP irp, BUS_QUERY_ID_TYPE type) {
    WCHAR instance[] = L"0";
    instance[0] = (WCHAR)(L'0' + child->number);
    switch (type) {
    case BusQueryDeviceID:
    case BusQueryHardwareIDs:
        irp->IoStatus.Information = (ULONG_PTR)bus_text(L"PBUS\\CHILD", true);
        return power_finish(irp, STATUS_SUCCESS);
    case BusQueryInstanceID:
        irp->IoStatus.Information = (ULONG_PTR)bus_text(instance, false);
        return power_finish(irp, STATUS_SUCCESS);
    default:
        return power_finish(irp, irp->IoStatus.Status);
    }
}

static inline NTSTATUS bus_child_capabilities(PIRP irp, PDEVICE_CAPABILITIES out) {
    out->UniqueID = FALSE;
    out->SurpriseRemovalOK = TRUE;
    out->WakeFromD3 = TRUE;
    out->SystemWake = PowerSystemSleeping3;
    out->DeviceWake = PowerDeviceD3;
    out->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (int s = PowerSystemSleeping1; s <= PowerSystemShutdown; s++)
        out->DeviceState[s] = PowerDeviceD3;
    return power_finish(irp, STATUS_SUCCESS);
}

static inline NTSTATUS bus_child_pnp(PDEVICE_OBJECT pdo, PIRP irp) {
    struct bus_child *child = bus_child_of(pdo);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    POWER_STATE off = {.DeviceState = PowerDeviceD3};
    switch (stack->MinorFunction) {
    case IRP_MN_QUERY_ID:
        return bus_child_id(child, irp, stack->Parameters.QueryId.IdType);
    case IRP_MN_QUERY_CAPABILITIES:
        return bus_child_capabilities(irp, stack->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_START_DEVICE:
        child->d_state = PowerDeviceD0;
        return power_finish(irp, STATUS_SUCCESS);
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE:
        bus_child_wake(child, STATUS_NO_SUCH_DEVICE, false);
        if (child->waiting_d0) {
            PIRP waiting = child->waiting_d0;
            child->waiting_d0 = NULL;
            power_finish(waiting, STATUS_NO_SUCH_DEVICE);
        }
        PoSetPowerState(pdo, DevicePowerState, off);
        if (stack->MinorFunction == IRP_MN_REMOVE_DEVICE && child->number >= bus.count) {
            power_finish(irp, STATUS_SUCCESS);
            bus.children[child->number] = NULL;
            IoDeleteDevice(pdo);
            return STATUS_SUCCESS;
        }
        return power_finish(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return power_finish(irp, STATUS_SUCCESS);
    default:
        return power_finish(irp, irp->IoStatus.Status);
    }
}

/* ---- the bus ---- */

static inline NTSTATUS bus_relations(PDEVICE_OBJECT self, PIRP irp) {
    PDEVICE_RELATIONS relations = ExAllocatePool2(
        POOL_FLAG_PAGED, sizeof *relations + BUS_CHILDREN * sizeof(PDEVICE_OBJECT), 'suBT');
    relations->Count = bus.count;
    for (unsigned i = 0; i < bus.count; i++) {
        if (!bus.children[i]) {
            IoCreateDevice(self->DriverObject, sizeof(struct bus_child), NULL, FILE_DEVICE_UNKNOWN,
                           FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &bus.children[i]);
            struct bus_child *child = bus_child_of(bus.children[i]);
            memset(child, 0, sizeof *child);
            child->is_child = true;
            child->number = i;
            bus.children[i]->Flags |= DO_POWER_PAGABLE;
            bus.children[i]->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
        }
        ObReferenceObject(bus.children[i]);
        relations->Objects[i] = bus.children[i];
    }
    irp->IoStatus.Information = (ULONG_PTR)relations;
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(bus.fdo->lower, irp);
}

static inline bool bus_is_child(PDEVICE_OBJECT device) {
    for (unsigned i = 0; i < BUS_CHILDREN; i++)
        if (device == bus.children[i])
            return true;
    return false;
}

static inline NTSTATUS bus_pnp(PDEVICE_OBJECT self, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (bus_is_child(self))
        return bus_child_pnp(self, irp);
    if (stack->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS &&
        stack->Parameters.QueryDeviceRelations.Type == BusRelations)
        return bus_relations(self, irp);
    return power_pnp(self, irp);
}

static inline NTSTATUS bus_d0(PDEVICE_OBJECT self, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(self);
    NTSTATUS status = power_set_up(self, irp, context);
    if (NT_SUCCESS(irp->IoStatus.Status))
        bus_release_children();
    return status;
}

static inline NTSTATUS bus_power(PDEVICE_OBJECT self, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    struct power_device *device = power_device_of(self);
    if (bus_is_child(self))
        return bus_child_power(self, irp);
    if (stack->MinorFunction != IRP_MN_SET_POWER ||
        stack->Parameters.Power.Type != DevicePowerState ||
        stack->Parameters.Power.State.DeviceState != PowerDeviceD0 ||
        policy.block_device == device->pdo)
        return power_dispatch(self, irp);
    power_record(AT_DOWN, self, device->pdo, irp);
    IoAcquireRemoveLock(&device->lock, irp);
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, bus_d0, device, TRUE, TRUE, TRUE);
    IoCallDriver(device->lower, irp);
    return STATUS_PENDING;
}

static inline NTSTATUS bus_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    bus.fdo = power_attach(driver, pdo, false);
    return STATUS_SUCCESS;
}

static inline int bus_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    power_entry(driver, path);
    driver->MajorFunction[IRP_MJ_POWER] = bus_power;
    driver->MajorFunction[IRP_MJ_PNP] = bus_pnp;
    driver->DriverExtension->AddDevice = bus_add;
    return STATUS_SUCCESS;
}

static uint32_t bus_node, bus_nodes[BUS_CHILDREN];

/* A bus with children, each with the function driver. */
static inline void bus_begin(struct machine *m, unsigned children) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    struct wdmsim_installation child = {.id = "PBUS\\CHILD", .function = "ppo"};
    static const uint8_t states[6] = {1, 4, 4, 4, 4, 4};
    power_begin(m);
    memset(&bus, 0, sizeof bus);
    bus.signal = ~0u;
    bus.count = children;
    assert_int_equal(wdmsim_service_define_entry(m, "pbus", (wdmsim_driver_entry *)bus_entry), 0);
    assert_int_equal(wdmsim_install(m, &child), 0);
    description.device_id = "TEST\\BUS";
    description.function = "pbus";
    description.flags = WDMSIM_DEVICE_WAKE_D3;
    description.system_wake = 4;
    description.device_wake = 4;
    memcpy(description.device_states, states, sizeof states);
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &bus_node), 0);
    for (unsigned i = 0; i < children; i++) {
        assert_non_null(bus.children[i]);
        bus_nodes[i] = wdmsim_node_of_device(m, bus.children[i]);
        struct wdmsim_node_info info;
        assert_int_equal(wdmsim_node_info(m, bus_nodes[i], &info), 0);
        assert_int_equal(info.state, WDMSIM_NODE_STARTED);
    }
    power_forget();
}

#endif
