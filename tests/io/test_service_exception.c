/*
 * What nothing handles on a program's thread escapes from the system service that the program
 * called: bug check 0x3B. On a system thread, in a DPC and at an inaccessible system address it is
 * another.
 */
#include "io_test.h"

static void (*act)(void);
static volatile int value;
static int *volatile nowhere;

/* Accesses that are the processor's alone: sanitizers would object first, or look elsewhere. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))

UNCHECKED static void touch_nowhere(void) { value = *nowhere; }
static void raise_a_status(void) { ExRaiseStatus(STATUS_DATA_ERROR); }

static void touch_at_dispatch(void) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    touch_nowhere();
}

UNCHECKED static void touch_the_system(void) { value = *(volatile int *)0xffff800000000000; }

static VOID dpc_routine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    raise_a_status();
}

static void raise_in_a_dpc(void) {
    static KDPC dpc;
    KeInitializeDpc(&dpc, dpc_routine, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static VOID touch_routine(PDEVICE_OBJECT device, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    touch_nowhere();
}

static VOID raise_routine(PDEVICE_OBJECT device, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    raise_a_status();
}

static void in_a_work_item(PIO_WORKITEM_ROUTINE routine) {
    LARGE_INTEGER moment = {.QuadPart = -10000};
    IoQueueWorkItem(IoAllocateWorkItem(test_device), routine, DelayedWorkQueue, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
}
static void touch_in_a_work_item(void) { in_a_work_item(touch_routine); }
static void raise_in_a_work_item(void) { in_a_work_item(raise_routine); }

static NTSTATUS flush_irp(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    touch_nowhere();
    return test_complete(irp, STATUS_SUCCESS, 0);
}

/* The kernel's own call: the exception goes through that service, and through the program's. */
static void touch_below_a_zw_routine(void) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwOpenFile(&file, GENERIC_WRITE, &attributes, &iosb, 7, 0);
    ZwFlushBuffersFile(file, &iosb);
}

static NTSTATUS read_irp(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    act();
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void body(struct machine *m) {
    test_lower[IRP_MJ_READ] = read_irp;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = flush_irp;
    test_load(m);
    TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = test_open(m), .output_size = 4);
}

static void on_a_request(void (*what)(void), uint32_t code, uint64_t first) {
    act = what;
    test_expect_stop(body, code, first);
}

static void a_fault_in_a_service(void **state) {
    UNREFERENCED_PARAMETER(state);
    on_a_request(touch_nowhere, SYSTEM_SERVICE_EXCEPTION, (uint32_t)STATUS_ACCESS_VIOLATION);
    ULONG_PTR instruction = test_stopped.parameters[1];
    assert_in_range(instruction, (ULONG_PTR)touch_nowhere, (ULONG_PTR)touch_nowhere + 200);
    assert_int_not_equal(test_stopped.parameters[2], 0);
    assert_int_equal(test_stopped.parameters[3], 0);
    on_a_request(touch_below_a_zw_routine, SYSTEM_SERVICE_EXCEPTION,
                 (uint32_t)STATUS_ACCESS_VIOLATION);
}

static void a_status_raised_in_a_service(void **state) {
    UNREFERENCED_PARAMETER(state);
    on_a_request(raise_a_status, SYSTEM_SERVICE_EXCEPTION, (uint32_t)STATUS_DATA_ERROR);
    assert_int_not_equal(test_stopped.parameters[2], 0);
}

static void outside_of_services(void **state) {
    UNREFERENCED_PARAMETER(state);
    on_a_request(touch_in_a_work_item, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
                 (uint64_t)STATUS_ACCESS_VIOLATION);
    on_a_request(raise_in_a_work_item, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
                 (uint64_t)STATUS_DATA_ERROR);
    on_a_request(raise_in_a_dpc, KMODE_EXCEPTION_NOT_HANDLED, (uint64_t)STATUS_DATA_ERROR);
    on_a_request(touch_at_dispatch, DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0);
    on_a_request(touch_the_system, PAGE_FAULT_IN_NONPAGED_AREA, 0xffff800000000000);
}

static void starting_without_a_startio(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(DRIVER_IRQL_NOT_LESS_OR_EQUAL);
    IoStartPacket(test_device, irp, NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_in_a_service),
        cmocka_unit_test(a_status_raised_in_a_service),
        cmocka_unit_test(outside_of_services),
        wdmsim_unit_test(starting_without_a_startio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
