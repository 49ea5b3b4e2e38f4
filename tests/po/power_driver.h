/*
 * A function driver that owns its device's power policy as the documentation asks of one, a filter,
 * and what the tests of power share: a record of every power IRP that they see, in order.
 *
 * The driver works on devices of the PnP tree (service "ppo") and on stacks that a test builds by
 * hand. Its behaviour in a test is set by the fields of `policy` before or after its devices start.
 */
#ifndef POWER_DRIVER_H
#define POWER_DRIVER_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>

/* ---- what happened ---- */

enum power_point {
    AT_DOWN,     /* the function driver's dispatch routine */
    AT_UP,       /* its completion routine */
    AT_CALLBACK, /* its PowerCompletion routine */
    AT_FILTER,   /* the filter's dispatch routine */
    AT_DONE,     /* the driver completes a system IRP */
    AT_BUS,      /* a test's bus driver */
};

struct power_event {
    enum power_point point;
    PDEVICE_OBJECT device;
    PDEVICE_OBJECT pdo;
    UCHAR minor;
    bool system;
    int state;
    POWER_ACTION action;
    SYSTEM_POWER_STATE_CONTEXT context;
    NTSTATUS status;
    KIRQL irql;
    PIRP irp;
};

#define POWER_EVENTS 4096u
static struct power_event power_events[POWER_EVENTS];
static unsigned power_event_count;

static inline struct power_event *power_record(enum power_point point, PDEVICE_OBJECT device,
                                               PDEVICE_OBJECT pdo, PIRP irp) {
    static struct power_event spill;
    struct power_event *event =
        power_event_count < POWER_EVENTS ? &power_events[power_event_count++] : &spill;
    memset(event, 0, sizeof *event);
    event->point = point;
    event->device = device;
    event->pdo = pdo;
    event->irp = irp;
    event->irql = KeGetCurrentIrql();
    if (irp && irp->CurrentLocation <= irp->StackCount) {
        PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
        event->minor = stack->MinorFunction;
        if (event->minor == IRP_MN_WAIT_WAKE) {
            event->state = stack->Parameters.WaitWake.PowerState;
        } else {
            event->system = stack->Parameters.Power.Type == SystemPowerState;
            event->state = stack->Parameters.Power.State.SystemState;
            event->action = stack->Parameters.Power.ShutdownType;
            event->context = stack->Parameters.Power.SystemPowerStateContext;
        }
        event->status = irp->IoStatus.Status;
    }
    return event;
}

/* The n-th event (from 0) that fits; fields that are not asked for are -1. NULL: there is none. */
static inline const struct power_event *power_find(int point, PDEVICE_OBJECT pdo, int minor,
                                                   int system, int state, unsigned n) {
    for (unsigned i = 0; i < power_event_count; i++) {
        const struct power_event *e = &power_events[i];
        if ((point < 0 || (int)e->point == point) && (!pdo || e->pdo == pdo) &&
            (minor < 0 || e->minor == minor) && (system < 0 || e->system == system) &&
            (state < 0 || e->state == state) && n-- == 0)
            return e;
    }
    return NULL;
}

static inline unsigned power_count(int point, PDEVICE_OBJECT pdo, int minor, int system,
                                   int state) {
    unsigned n = 0;
    while (power_find(point, pdo, minor, system, state, n))
        n++;
    return n;
}

static inline void power_forget(void) { power_event_count = 0; }

/* ---- the drivers ---- */

struct power_device {
    bool filter;
    PDEVICE_OBJECT self, pdo, lower;
    DEVICE_CAPABILITIES capabilities;
    DEVICE_POWER_STATE d_state;
    IO_REMOVE_LOCK lock;
    PIRP system_irp; /* held while a device IRP answers it */
    PIRP wait_wake;  /* sent by us and not complete */
    NTSTATUS wake_status;
    unsigned wakes;   /* wait/wake IRPs that completed */
    bool woke_system; /* PoGetSystemWake said so */
    bool started, removed, queried;
    LIST_ENTRY held; /* IRPs that wait for D0 */
    unsigned hardware_changes;
};

static struct {
    PDEVICE_OBJECT refuse_system, refuse_device; /* PDOs whose driver says no to queries */
    PDEVICE_OBJECT fail_set;                     /* whose driver fails the device set */
    PDEVICE_OBJECT fail_system;                  /* whose driver fails the system set */
    PDEVICE_OBJECT block_device;                 /* whose driver keeps the device set IRP */
    PDEVICE_OBJECT block_system;                 /* whose driver keeps the system set IRP */
    PDEVICE_OBJECT slow;            /* whose driver takes a second over each device set */
    bool wake;                      /* arm at the start, and again in each wake */
    bool wake_once;                 /* arm at the start only */
    bool late_d0;                   /* the system's S0 IRP completes before the device's D0 IRP */
    bool pageable;                  /* take DO_POWER_PAGABLE over from the lower device */
    bool no_requests;               /* leave system IRPs unanswered by device IRPs */
    bool hold_io;                   /* queue reads until D0 */
    DEVICE_POWER_STATE sleep_state; /* 0: as the capabilities say */
    PIRP blocked;
    PDEVICE_OBJECT related, relates_to; /* the first names the second in its power relations */
    void (*at_set)(struct power_device *device, PIRP irp); /* at each device set, on the way down */
    void (*at_down)(struct power_device *device, PIRP irp); /* at each power IRP */
} policy;

static inline struct power_device *power_device_of(PDEVICE_OBJECT device) {
    return device->DeviceExtension;
}

static inline NTSTATUS power_finish(PIRP irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static inline NTSTATUS power_pass(struct power_device *device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device->lower, irp);
}

/* ---- wait/wake ---- */

static inline REQUEST_POWER_COMPLETE power_wake_done;

static inline NTSTATUS power_arm(struct power_device *device) {
    POWER_STATE state = {.SystemState = device->capabilities.SystemWake};
    return PoRequestPowerIrp(device->pdo, IRP_MN_WAIT_WAKE, state, power_wake_done, device,
                             &device->wait_wake);
}

static inline VOID power_wake_done(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                   POWER_STATE PowerState, PVOID Context,
                                   PIO_STATUS_BLOCK IoStatus) {
    struct power_device *device = Context;
    POWER_STATE working = {.DeviceState = PowerDeviceD0};
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(PowerState);
    struct power_event *event = power_record(AT_CALLBACK, device->self, device->pdo, NULL);
    event->minor = MinorFunction;
    event->status = IoStatus->Status;
    device->wait_wake = NULL;
    device->wake_status = IoStatus->Status;
    if (!NT_SUCCESS(IoStatus->Status))
        return;
    device->wakes++;
    PoRequestPowerIrp(device->pdo, IRP_MN_SET_POWER, working, NULL, NULL, NULL);
    if (policy.wake)
        power_arm(device);
}

static inline VOID power_disarm(struct power_device *device) {
    PIRP irp = device->wait_wake;
    if (irp)
        IoCancelIrp(irp);
}

static inline NTSTATUS power_wait_wake_up(PDEVICE_OBJECT self, PIRP irp, PVOID context) {
    struct power_device *device = context;
    UNREFERENCED_PARAMETER(self);
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    power_record(AT_UP, device->self, device->pdo, irp);
    device->woke_system = PoGetSystemWake(irp);
    return STATUS_CONTINUE_COMPLETION;
}

/* ---- device IRPs ---- */

static inline NTSTATUS power_set_up(PDEVICE_OBJECT self, PIRP irp, PVOID context) {
    struct power_device *device = context;
    POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State;
    UNREFERENCED_PARAMETER(self);
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    power_record(AT_UP, device->self, device->pdo, irp);
    if (NT_SUCCESS(irp->IoStatus.Status) && state.DeviceState == PowerDeviceD0) {
        if (device->d_state != PowerDeviceD0)
            device->hardware_changes++;
        device->d_state = PowerDeviceD0;
        PoSetPowerState(device->self, DevicePowerState, state);
        while (!IsListEmpty(&device->held)) {
            PIRP held =
                CONTAINING_RECORD(RemoveHeadList(&device->held), IRP, Tail.Overlay.ListEntry);
            power_finish(held, STATUS_SUCCESS);
        }
    }
    IoReleaseRemoveLock(&device->lock, irp);
    return STATUS_CONTINUE_COMPLETION;
}

static inline NTSTATUS power_device_set(struct power_device *device, PIRP irp) {
    POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State;
    if (policy.at_set)
        policy.at_set(device, irp);
    if (policy.block_device == device->pdo) {
        IoMarkIrpPending(irp);
        policy.blocked = irp;
        IoReleaseRemoveLock(&device->lock, irp);
        return STATUS_PENDING;
    }
    if (policy.fail_set == device->pdo) {
        IoReleaseRemoveLock(&device->lock, irp);
        return power_finish(irp, STATUS_UNSUCCESSFUL);
    }
    if (policy.slow == device->pdo) {
        LARGE_INTEGER second = {.QuadPart = -10000000};
        KeDelayExecutionThread(KernelMode, FALSE, &second);
    }
    if (state.DeviceState == PowerDeviceD0) {
        IoMarkIrpPending(irp);
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, power_set_up, device, TRUE, TRUE, TRUE);
        IoCallDriver(device->lower, irp);
        return STATUS_PENDING;
    }
    if (device->d_state != state.DeviceState) {
        device->hardware_changes++;
        PoSetPowerState(device->self, DevicePowerState, state);
        device->d_state = state.DeviceState;
    }
    NTSTATUS status = power_pass(device, irp);
    IoReleaseRemoveLock(&device->lock, irp);
    return status;
}

static inline NTSTATUS power_device_query(struct power_device *device, PIRP irp) {
    if (policy.refuse_device == device->pdo) {
        IoReleaseRemoveLock(&device->lock, irp);
        return power_finish(irp, STATUS_POWER_STATE_INVALID);
    }
    device->queried = true;
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = power_pass(device, irp);
    IoReleaseRemoveLock(&device->lock, irp);
    return status;
}

/* ---- system IRPs ---- */

static inline DEVICE_POWER_STATE power_state_for(const struct power_device *device,
                                                 SYSTEM_POWER_STATE state) {
    if (state == PowerSystemWorking)
        return PowerDeviceD0;
    if (policy.sleep_state)
        return policy.sleep_state;
    if (device->wait_wake && state <= device->capabilities.SystemWake &&
        device->capabilities.DeviceWake > device->capabilities.DeviceState[state])
        return device->capabilities.DeviceWake;
    if (device->wait_wake && state <= device->capabilities.SystemWake)
        return device->capabilities.DeviceState[state];
    return PowerDeviceD3;
}

static inline void power_system_finish(struct power_device *device, PIRP irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    struct power_event *event = power_record(AT_DONE, device->self, device->pdo, irp);
    event->status = status;
    device->system_irp = NULL;
    IoReleaseRemoveLock(&device->lock, irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

/* A query is followed by a set in every case: the queried state, or the present one. */
static inline VOID power_query_done(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                    POWER_STATE PowerState, PVOID Context,
                                    PIO_STATUS_BLOCK IoStatus) {
    PIRP irp = Context;
    struct power_device *device = power_device_of(IoGetCurrentIrpStackLocation(irp)->DeviceObject);
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(PowerState);
    if (!NT_SUCCESS(IoStatus->Status)) {
        POWER_STATE present = {.DeviceState = device->d_state};
        PoRequestPowerIrp(device->pdo, IRP_MN_SET_POWER, present, NULL, NULL, NULL);
    }
    power_system_finish(device, irp, IoStatus->Status);
}

static inline VOID power_set_done(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                  POWER_STATE PowerState, PVOID Context,
                                  PIO_STATUS_BLOCK IoStatus) {
    struct power_device *device = power_device_of(DeviceObject);
    PIRP irp = Context;
    struct power_event *event = power_record(AT_CALLBACK, device->self, device->pdo, NULL);
    event->minor = MinorFunction;
    event->state = PowerState.DeviceState;
    event->status = IoStatus->Status;
    if (irp)
        power_system_finish(device, irp, STATUS_SUCCESS);
}

static inline NTSTATUS power_system_up(PDEVICE_OBJECT self, PIRP irp, PVOID context) {
    struct power_device *device = context;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    SYSTEM_POWER_STATE state = stack->Parameters.Power.State.SystemState;
    POWER_STATE target = {.DeviceState = power_state_for(device, state)};
    UCHAR minor = stack->MinorFunction;
    UNREFERENCED_PARAMETER(self);
    power_record(AT_UP, device->self, device->pdo, irp);
    if (!NT_SUCCESS(irp->IoStatus.Status) ||
        (minor == IRP_MN_SET_POWER && target.DeviceState == PowerDeviceD3 &&
         device->d_state == PowerDeviceD3)) {
        IoReleaseRemoveLock(&device->lock, irp);
        return STATUS_CONTINUE_COMPLETION;
    }
    device->system_irp = irp;
    bool early = policy.late_d0 && state == PowerSystemWorking && minor == IRP_MN_SET_POWER;
    NTSTATUS status = PoRequestPowerIrp(
        device->self, minor, target, minor == IRP_MN_SET_POWER ? power_set_done : power_query_done,
        early ? NULL : irp, NULL);
    if (status != STATUS_PENDING)
        power_system_finish(device, irp, status);
    else if (early)
        power_system_finish(device, irp, STATUS_SUCCESS);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static inline NTSTATUS power_system(struct power_device *device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MinorFunction == IRP_MN_QUERY_POWER) {
        if (policy.refuse_system == device->pdo) {
            IoReleaseRemoveLock(&device->lock, irp);
            return power_finish(irp, STATUS_POWER_STATE_INVALID);
        }
        irp->IoStatus.Status = STATUS_SUCCESS;
    } else if (policy.block_system == device->pdo) {
        IoMarkIrpPending(irp);
        policy.blocked = irp;
        return STATUS_PENDING;
    } else if (policy.fail_system == device->pdo) {
        IoReleaseRemoveLock(&device->lock, irp);
        return power_finish(irp, STATUS_UNSUCCESSFUL);
    }
    if (policy.no_requests) {
        NTSTATUS status = power_pass(device, irp);
        IoReleaseRemoveLock(&device->lock, irp);
        return status;
    }
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, power_system_up, device, TRUE, TRUE, TRUE);
    IoCallDriver(device->lower, irp);
    return STATUS_PENDING;
}

static inline NTSTATUS power_dispatch(PDEVICE_OBJECT self, PIRP irp) {
    struct power_device *device = power_device_of(self);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    power_record(device->filter ? AT_FILTER : AT_DOWN, self, device->pdo, irp);
    if (device->filter)
        return power_pass(device, irp);
    if (policy.at_down)
        policy.at_down(device, irp);
    NTSTATUS status = IoAcquireRemoveLock(&device->lock, irp);
    if (!NT_SUCCESS(status))
        return power_finish(irp, status);
    switch (stack->MinorFunction) {
    case IRP_MN_SET_POWER:
    case IRP_MN_QUERY_POWER:
        if (stack->Parameters.Power.Type == SystemPowerState)
            return power_system(device, irp);
        return stack->MinorFunction == IRP_MN_SET_POWER ? power_device_set(device, irp)
                                                        : power_device_query(device, irp);
    case IRP_MN_WAIT_WAKE:
        IoReleaseRemoveLock(&device->lock, irp);
        IoMarkIrpPending(irp);
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, power_wait_wake_up, device, TRUE, TRUE, TRUE);
        IoCallDriver(device->lower, irp);
        return STATUS_PENDING;
    default:
        IoReleaseRemoveLock(&device->lock, irp);
        return power_pass(device, irp);
    }
}

/* ---- Plug and Play ---- */

/* What the device can do, asked of the stack below. */
static inline void power_ask_capabilities(struct power_device *device) {
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    memset(&device->capabilities, 0, sizeof device->capabilities);
    device->capabilities.Size = sizeof device->capabilities;
    device->capabilities.Version = 1;
    device->capabilities.Address = device->capabilities.UINumber = ~0u;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device->lower, NULL, 0, NULL, &event, &iosb);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    stack->Parameters.DeviceCapabilities.Capabilities = &device->capabilities;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (IoCallDriver(device->lower, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

static inline void power_start(struct power_device *device) {
    power_ask_capabilities(device);
    POWER_STATE state = {.DeviceState = PowerDeviceD0};
    device->started = true;
    device->d_state = PowerDeviceD0;
    PoSetPowerState(device->self, DevicePowerState, state);
    if (policy.wake || policy.wake_once)
        power_arm(device);
}

static inline NTSTATUS power_pnp(PDEVICE_OBJECT self, PIRP irp) {
    struct power_device *device = power_device_of(self);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status;
    if (device->filter) {
        UCHAR minor = stack->MinorFunction;
        status = power_pass(device, irp);
        if (minor == IRP_MN_REMOVE_DEVICE) {
            IoDetachDevice(device->lower);
            IoDeleteDevice(self);
        }
        return status;
    }
    if (stack->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS &&
        stack->Parameters.QueryDeviceRelations.Type == PowerRelations &&
        policy.related == device->pdo) {
        PDEVICE_RELATIONS relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *relations, 'rwoP');
        relations->Count = 1;
        ObReferenceObject(policy.relates_to);
        relations->Objects[0] = policy.relates_to;
        irp->IoStatus.Information = (ULONG_PTR)relations;
        irp->IoStatus.Status = STATUS_SUCCESS;
    }
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        if (!IoForwardIrpSynchronously(device->lower, irp))
            return power_finish(irp, STATUS_UNSUCCESSFUL);
        status = irp->IoStatus.Status;
        if (NT_SUCCESS(status))
            power_start(device);
        return power_finish(irp, status);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        power_disarm(device);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return power_pass(device, irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return power_pass(device, irp);
    case IRP_MN_REMOVE_DEVICE:
        power_disarm(device);
        device->removed = true;
        IoAcquireRemoveLock(&device->lock, irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = power_pass(device, irp);
        IoReleaseRemoveLockAndWait(&device->lock, irp);
        IoDetachDevice(device->lower);
        IoDeleteDevice(self);
        return status;
    default:
        return power_pass(device, irp);
    }
}

static inline NTSTATUS power_read(PDEVICE_OBJECT self, PIRP irp) {
    struct power_device *device = power_device_of(self);
    if (!policy.hold_io || device->d_state == PowerDeviceD0)
        return power_finish(irp, STATUS_SUCCESS);
    IoMarkIrpPending(irp);
    InsertTailList(&device->held, &irp->Tail.Overlay.ListEntry);
    return STATUS_PENDING;
}

static inline NTSTATUS power_open(PDEVICE_OBJECT self, PIRP irp) {
    UNREFERENCED_PARAMETER(self);
    return power_finish(irp, STATUS_SUCCESS);
}

/* Puts an object of ours onto a stack. */
static inline struct power_device *power_attach(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo,
                                                bool filter) {
    PDEVICE_OBJECT self;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct power_device), NULL, FILE_DEVICE_UNKNOWN,
                                     0, FALSE, &self);
    if (!NT_SUCCESS(status))
        return NULL;
    struct power_device *device = power_device_of(self);
    memset(device, 0, sizeof *device);
    InitializeListHead(&device->held);
    IoInitializeRemoveLock(&device->lock, 0, 0, 0);
    device->filter = filter;
    device->self = self;
    device->pdo = pdo;
    device->lower = IoAttachDeviceToDeviceStack(self, pdo);
    self->Flags |= device->lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    self->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return device;
}

static inline NTSTATUS power_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    return power_attach(driver, pdo, false) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static inline NTSTATUS power_add_filter(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    return power_attach(driver, pdo, true) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static inline VOID power_unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static inline void power_fill(PDRIVER_OBJECT driver) {
    driver->MajorFunction[IRP_MJ_POWER] = power_dispatch;
    driver->MajorFunction[IRP_MJ_PNP] = power_pnp;
    driver->MajorFunction[IRP_MJ_READ] = power_read;
    driver->MajorFunction[IRP_MJ_CREATE] = power_open;
    driver->MajorFunction[IRP_MJ_CLEANUP] = power_open;
    driver->MajorFunction[IRP_MJ_CLOSE] = power_open;
    driver->DriverUnload = power_unload;
}

static inline int power_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    power_fill(driver);
    driver->DriverExtension->AddDevice = power_add;
    return STATUS_SUCCESS;
}

static inline int power_filter_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    power_fill(driver);
    driver->DriverExtension->AddDevice = power_add_filter;
    return STATUS_SUCCESS;
}

/* ---- fixtures ---- */

static inline void power_begin(struct machine *m) {
    memset(&policy, 0, sizeof policy);
    power_forget();
    assert_int_equal(wdmsim_service_define_entry(m, "ppo", (wdmsim_driver_entry *)power_entry), 0);
    assert_int_equal(
        wdmsim_service_define_entry(m, "pfilter", (wdmsim_driver_entry *)power_filter_entry), 0);
}

/* A device of the tree with the function driver, started. `flags`: WDMSIM_DEVICE_ … */
static inline uint32_t power_plug_with(struct machine *m, uint32_t parent, uint32_t flags,
                                       unsigned system_wake, unsigned device_wake) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t node = 0;
    description.device_id = "TEST\\POWER";
    description.flags = flags;
    description.function = "ppo";
    description.system_wake = (uint8_t)system_wake;
    description.device_wake = (uint8_t)device_wake;
    static const uint8_t states[6] = {1, 4, 4, 4, 4, 4};
    memcpy(description.device_states, states, sizeof states);
    assert_int_equal(wdmsim_plug(m, parent, &description, &node), 0);
    struct wdmsim_node_info info;
    assert_int_equal(wdmsim_node_info(m, node, &info), 0);
    assert_int_equal(info.state, WDMSIM_NODE_STARTED);
    return node;
}

static inline uint32_t power_plug(struct machine *m, uint32_t parent) {
    return power_plug_with(m, parent, WDMSIM_DEVICE_D1 | WDMSIM_DEVICE_D2, 0, 0);
}

static inline PDEVICE_OBJECT power_pdo(struct machine *m, uint32_t node) {
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    assert_non_null(pdo);
    return pdo;
}

static inline struct power_device *power_of(struct machine *m, uint32_t node) {
    PDEVICE_OBJECT device = power_pdo(m, node);
    while (device->AttachedDevice)
        device = device->AttachedDevice;
    return power_device_of(device);
}

static inline unsigned power_d(struct machine *m, uint32_t node) {
    struct wdmsim_power_device device;
    assert_int_equal(wdmsim_power_device(m, node, &device), 0);
    return device.d_state;
}

/* A request and the account of its completion. */
struct power_request {
    unsigned calls;
    NTSTATUS status;
    UCHAR minor;
    POWER_STATE state;
    PDEVICE_OBJECT device;
    KIRQL irql;
};

static inline VOID power_request_done(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                      POWER_STATE PowerState, PVOID Context,
                                      PIO_STATUS_BLOCK IoStatus) {
    struct power_request *request = Context;
    request->calls++;
    request->status = IoStatus->Status;
    request->minor = MinorFunction;
    request->state = PowerState;
    request->device = DeviceObject;
    request->irql = KeGetCurrentIrql();
}

static inline NTSTATUS power_ask(PDEVICE_OBJECT device, UCHAR minor, DEVICE_POWER_STATE state,
                                 struct power_request *request) {
    POWER_STATE to = {.DeviceState = state};
    memset(request, 0, sizeof *request);
    return PoRequestPowerIrp(device, minor, to, power_request_done, request, NULL);
}

static inline void power_set(struct machine *m, PDEVICE_OBJECT device, DEVICE_POWER_STATE state) {
    struct power_request request;
    assert_int_equal(power_ask(device, IRP_MN_SET_POWER, state, &request), STATUS_PENDING);
    wdmsim_settle(m);
    assert_int_equal(request.calls, 1);
    assert_int_equal(request.status, STATUS_SUCCESS);
}

/* ---- bug checks with their parameters ---- */

static struct machine *power_machine;
static void (*power_body)(struct machine *m);

static inline void power_stop_thread(void *context) {
    UNREFERENCED_PARAMETER(context);
    power_body(power_machine);
}

/* Runs a body as a kernel thread of a machine of its own, which must stop at this bug check within
 * an hour; the machine is the caller's to destroy. */
static inline const struct wdmsim_stop *power_expect_stop(void (*body)(struct machine *m),
                                                          uint32_t code, uint64_t first) {
    bool done;
    power_body = body;
    assert_int_equal(wdmsim_machine_create(NULL, &power_machine), 0);
    assert_int_equal(wdmsim_system_thread(power_machine, power_stop_thread, NULL, &done), 0);
    wdmsim_advance(power_machine, 3600 * WDMSIM_S);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(power_machine);
    assert_non_null(stop);
    if (stop->code != code || stop->parameters[0] != first)
        wdmsim_fixture_print_stop(stop);
    assert_int_equal(stop->code, code);
    assert_int_equal(stop->parameters[0], first);
    return stop;
}

#endif
