/*
 * What the tests of the I/O manager share: a driver whose dispatch routines a test fills in, a
 * second one that attaches to it, and requests from the default process.
 *
 * The lower driver makes \Device\lower with the link \\.\lower, the upper one a filter on top of
 * it. Routines that a test leaves out complete with success (lower) or pass on (upper).
 */
#ifndef IO_TEST_H
#define IO_TEST_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>

#define TEST_MAJORS (IRP_MJ_MAXIMUM_FUNCTION + 1)
#define TEST_CODE(function, method) CTL_CODE(FILE_DEVICE_UNKNOWN, function, method, FILE_ANY_ACCESS)

static PDRIVER_DISPATCH test_lower[TEST_MAJORS], test_upper[TEST_MAJORS];
static PDEVICE_OBJECT test_device, test_filter, test_below;
static PDRIVER_OBJECT test_driver;
static ULONG test_flags; /* of the lower device: DO_BUFFERED_IO … */
static BOOLEAN test_exclusive;
static PDRIVER_STARTIO test_startio;

static inline NTSTATUS test_complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static inline NTSTATUS test_succeed(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static inline NTSTATUS test_pass(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(test_below, irp);
}

static inline VOID test_unload(PDRIVER_OBJECT driver) {
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\lower");
    if (driver == test_driver)
        IoDeleteSymbolicLink(&link);
    else
        IoDetachDevice(test_below);
    IoDeleteDevice(driver->DeviceObject);
}

static inline int test_lower_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\lower");
    UNREFERENCED_PARAMETER(path);
    NTSTATUS status =
        IoCreateDevice(driver, 64, &name, FILE_DEVICE_UNKNOWN, 0, test_exclusive, &test_device);
    if (!NT_SUCCESS(status))
        return status;
    test_device->Flags |= test_flags;
    for (unsigned i = 0; i < TEST_MAJORS; i++)
        driver->MajorFunction[i] = test_lower[i] ? test_lower[i] : test_succeed;
    driver->DriverUnload = test_unload;
    driver->DriverStartIo = test_startio;
    test_driver = driver;
    return IoCreateSymbolicLink(&link, &name);
}

static inline int test_upper_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    NTSTATUS status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &test_filter);
    if (!NT_SUCCESS(status))
        return status;
    test_below = IoAttachDeviceToDeviceStack(test_filter, test_device);
    if (!test_below)
        return STATUS_NO_SUCH_DEVICE;
    test_filter->Flags |= test_below->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
    for (unsigned i = 0; i < TEST_MAJORS; i++)
        driver->MajorFunction[i] = test_upper[i] ? test_upper[i] : test_pass;
    driver->DriverUnload = test_unload;
    return STATUS_SUCCESS;
}

static inline struct wdmsim_driver *test_load_entry(struct machine *m, const char *name,
                                                    int (*entry)(PDRIVER_OBJECT, PUNICODE_STRING)) {
    struct wdmsim_driver *driver = NULL;
    assert_int_equal(wdmsim_driver_load_entry(m, name, (wdmsim_driver_entry *)entry, &driver), 0);
    assert_int_equal(wdmsim_driver_status(driver), STATUS_SUCCESS);
    return driver;
}

/* Loads with what the test has set, which is forgotten then: the next test of the process starts
 * afresh. */
static inline struct wdmsim_driver *test_load(struct machine *m) {
    struct wdmsim_driver *driver = test_load_entry(m, "lower", test_lower_entry);
    memset(test_lower, 0, sizeof test_lower);
    test_flags = 0;
    test_exclusive = FALSE;
    test_startio = NULL;
    return driver;
}

static inline struct wdmsim_driver *test_load_filter(struct machine *m) {
    struct wdmsim_driver *driver = test_load_entry(m, "upper", test_upper_entry);
    memset(test_upper, 0, sizeof test_upper);
    return driver;
}

/* Submits and lets the machine settle; the request may still be pending. */
static inline struct wdmsim_request *
test_submit(struct machine *m, const struct wdmsim_request_parameters *parameters) {
    struct wdmsim_request *request = NULL;
    assert_int_equal(wdmsim_submit(m, parameters, &request), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    return request;
}

/* The same for a request that must be finished then. */
static inline struct wdmsim_request *test_run(struct machine *m,
                                              const struct wdmsim_request_parameters *parameters) {
    struct wdmsim_request *request = test_submit(m, parameters);
    assert_true(wdmsim_request_done(request));
    return request;
}

#define TEST_RUN(m, ...) test_run(m, &(struct wdmsim_request_parameters){__VA_ARGS__})
#define TEST_SUBMIT(m, ...) test_submit(m, &(struct wdmsim_request_parameters){__VA_ARGS__})

static inline uint64_t test_open_as(struct machine *m, bool synchronous, uint32_t access) {
    struct wdmsim_request *open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\lower",
                                           .synchronous = synchronous, .access = access);
    assert_int_equal(wdmsim_request_status(open), STATUS_SUCCESS);
    return wdmsim_request_handle(open);
}

static inline uint64_t test_open(struct machine *m) { return test_open_as(m, false, 0); }

static inline void test_close(struct machine *m, uint64_t handle) {
    assert_int_equal(
        wdmsim_request_status(TEST_RUN(m, .operation = WDMSIM_CLOSE, .handle = handle)),
        STATUS_SUCCESS);
}

/* ---- bug checks with their first parameter ---- */

static struct machine *test_machine;
static void (*test_body)(struct machine *m);

static inline void test_stop_thread(void *context) {
    UNREFERENCED_PARAMETER(context);
    test_body(test_machine);
}

static struct wdmsim_stop test_stopped;

/* Runs a body as a kernel thread of a machine of its own, which must stop at this bug check; it is
 * in test_stopped then. */
static inline void test_expect_stop(void (*body)(struct machine *m), uint32_t code,
                                    uint64_t first) {
    bool done;
    test_body = body;
    assert_int_equal(wdmsim_machine_create(NULL, &test_machine), 0);
    assert_int_equal(wdmsim_system_thread(test_machine, test_stop_thread, NULL, &done), 0);
    wdmsim_advance(test_machine, WDMSIM_S);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(test_machine);
    assert_non_null(stop);
    if (stop->code != code || stop->parameters[0] != first)
        wdmsim_fixture_print_stop(stop);
    assert_int_equal(stop->code, code);
    assert_int_equal(stop->parameters[0], first);
    test_stopped = *stop;
    wdmsim_machine_destroy(test_machine);
}

#endif
