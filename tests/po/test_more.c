/* The power sequence, I/O across a resume, and thermal cooling. */
#include <initguid.h>
#include <wdmguid.h>

#include <poclass.h>

#include "power_driver.h"

static NTSTATUS sequence(PDEVICE_OBJECT device, POWER_SEQUENCE *out) {
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = IRP_MN_POWER_SEQUENCE;
    stack->Parameters.PowerSequence.PowerSequence = out;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IO_STATUS_BLOCK iosb;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    IoQueueThreadIrp(irp);
    NTSTATUS status = IoCallDriver(device, irp);
    if (status != STATUS_PENDING)
        return status;
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return iosb.Status;
}

/* POW-081 */
static void pow_081_the_power_sequence_counts_up(struct machine *m) {
    struct wdmsim_power_hardware hardware = {.counts_power_sequence = true};
    POWER_SEQUENCE before = {0}, after = {0};
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT pdo = power_pdo(m, node);
    assert_int_equal(sequence(pdo, &before), STATUS_NOT_IMPLEMENTED);
    assert_int_equal(wdmsim_power_hardware(m, node, &hardware), 0);
    assert_int_equal(sequence(pdo, &before), STATUS_SUCCESS);
    power_set(m, pdo, PowerDeviceD2);
    power_set(m, pdo, PowerDeviceD0);
    assert_int_equal(sequence(pdo, &after), STATUS_SUCCESS);
    assert_int_equal(after.SequenceD1, before.SequenceD1 + 1);
    assert_int_equal(after.SequenceD2, before.SequenceD2 + 1);
    assert_int_equal(after.SequenceD3, before.SequenceD3);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    before = after;
    assert_int_equal(sequence(pdo, &after), STATUS_SUCCESS);
    assert_int_equal(after.SequenceD3, before.SequenceD3 + 1);
}

static NTSTATUS read_result;
static PIRP send_read(struct power_device *device) {
    static KEVENT event;
    static IO_STATUS_BLOCK iosb;
    LARGE_INTEGER offset = {.QuadPart = 0};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildSynchronousFsdRequest(IRP_MJ_READ, device->self, NULL, 0, &offset, &event, &iosb);
    iosb.Status = STATUS_PENDING;
    read_result = IoCallDriver(device->self, irp);
    if (read_result == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        read_result = iosb.Status;
    }
    return irp;
}

static bool read_over;
static VOID reader(PVOID context) {
    send_read(context);
    read_over = true;
}

/* POW-083 */
static void pow_083_io_before_d0_is_held_not_failed(struct machine *m) {
    power_begin(m);
    policy.hold_io = policy.late_d0 = true;
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    policy.slow = power_pdo(m, node);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    assert_int_equal(power_d(m, node), PowerDeviceD3);
    read_over = false;
    wdmsim_system_thread(m, reader, power_of(m, node), NULL);
    wdmsim_settle(m);
    assert_false(read_over);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_true(read_over);
    assert_int_equal(read_result, STATUS_SUCCESS);
}

/* ---- thermal ---- */

static ULONG passive_level;
static int active_level = -1, references;
static unsigned adds, queries_before_add, queries_before_start;
static bool added, started, slowly;

/* Time for somebody to ask while a driver is in the middle of something. */
static void take_a_second(void) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    if (slowly)
        KeDelayExecutionThread(KernelMode, FALSE, &second);
}

static VOID thermal_reference(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    references++;
}
static VOID thermal_dereference(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    references--;
}
static VOID cool_passively(PVOID context, ULONG percentage) {
    UNREFERENCED_PARAMETER(context);
    passive_level = percentage;
}
static VOID cool_actively(PVOID context, BOOLEAN engaged) {
    UNREFERENCED_PARAMETER(context);
    active_level = engaged;
}

static NTSTATUS thermal_pnp(PDEVICE_OBJECT self, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MinorFunction == IRP_MN_START_DEVICE) {
        take_a_second();
        started = true;
    }
    if (stack->MinorFunction != IRP_MN_QUERY_INTERFACE ||
        !IsEqualGUID(stack->Parameters.QueryInterface.InterfaceType,
                     &GUID_THERMAL_COOLING_INTERFACE))
        return power_pnp(self, irp);
    queries_before_add += !added;
    queries_before_start += !started;
    THERMAL_COOLING_INTERFACE *interface = (PVOID)stack->Parameters.QueryInterface.Interface;
    interface->Size = sizeof *interface;
    interface->Version = THERMAL_COOLING_INTERFACE_VERSION;
    interface->InterfaceReference = thermal_reference;
    interface->InterfaceDereference = thermal_dereference;
    interface->PassiveCooling = (PVOID)(ULONG_PTR)cool_passively;
    interface->ActiveCooling = (PVOID)(ULONG_PTR)cool_actively;
    thermal_reference(NULL);
    return power_finish(irp, STATUS_SUCCESS);
}

static NTSTATUS thermal_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    adds++;
    NTSTATUS status = power_add(driver, pdo);
    take_a_second();
    added = true;
    return status;
}

static int thermal_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    power_entry(driver, path);
    driver->MajorFunction[IRP_MJ_PNP] = thermal_pnp;
    driver->DriverExtension->AddDevice = thermal_add;
    return STATUS_SUCCESS;
}

static uint32_t thermal_node;

static void plug_thermal(struct machine *m) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    description.device_id = "TEST\\THERMAL";
    description.function = "thermal";
    assert_int_equal(
        wdmsim_service_define_entry(m, "thermal", (wdmsim_driver_entry *)thermal_entry), 0);
    added = started = slowly = false;
    queries_before_add = queries_before_start = 0;
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &thermal_node), 0);
}

/* POW-084 */
static void pow_084_the_cooling_interface_is_asked_for_after_add_device(struct machine *m) {
    power_begin(m);
    passive_level = 0;
    active_level = -1;
    references = 0;
    plug_thermal(m);
    assert_int_equal(wdmsim_power_cool(m, thermal_node, 40, 1), 0);
    assert_int_equal(passive_level, 40);
    assert_int_equal(active_level, 1);
    assert_int_equal(references, 0);
    assert_int_equal(wdmsim_power_cool(m, thermal_node, ~0u, 0), 0);
    assert_int_equal(passive_level, 40);
    assert_int_equal(active_level, 0);
    assert_int_equal(queries_before_add, 0);
    /* Not without a stack, and not while AddDevice builds it; but before it is started. */
    struct wdmsim_pnp_result result;
    uint32_t operation;
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_DISABLE, thermal_node, &result), 0);
    added = started = false;
    slowly = true;
    assert_int_equal(wdmsim_power_cool(m, thermal_node, 10, -1), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_pnp_begin(m, WDMSIM_PNP_ENABLE, thermal_node, &operation), 0);
    wdmsim_settle(m);
    assert_int_equal(adds, 2);
    assert_false(added);
    assert_int_equal(wdmsim_power_cool(m, thermal_node, 10, -1), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_advance(m, 1500 * WDMSIM_MS);
    assert_true(added && !started);
    assert_int_equal(wdmsim_power_cool(m, thermal_node, 10, -1), 0);
    assert_int_equal(passive_level, 10);
    assert_int_equal(queries_before_start, 1);
    assert_int_equal(queries_before_add, 0);
    wdmsim_advance(m, WDMSIM_S);
    assert_true(started);
}

static void a_stack_without_the_interface_says_so(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    assert_int_equal(wdmsim_power_cool(m, node, 50, -1), WDMSIM_ERROR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_081_the_power_sequence_counts_up),
        wdmsim_unit_test(pow_083_io_before_d0_is_held_not_failed),
        wdmsim_unit_test(pow_084_the_cooling_interface_is_asked_for_after_add_device),
        wdmsim_unit_test(a_stack_without_the_interface_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
