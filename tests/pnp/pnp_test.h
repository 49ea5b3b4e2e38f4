/*
 * What tests of the PnP manager share: one driver's code that serves in any role, and a log of what
 * it saw.
 *
 * The driver is defined as a service under several names ("function", "lower", "upper" …); each
 * device object knows the name it was made for. Every PnP IRP is logged as "name:MINOR" on its way
 * down, and as "name:MINOR+" where the driver handles it on the way up. A hook of the test may
 * complete an IRP instead. Test with test_expect("…") what happened since the last look.
 */
#ifndef PNP_TEST_H
#define PNP_TEST_H

#include <ntifs.h>

#include <wdmguid.h>

#include <wdmsim/cmocka.h>

struct test_device {
    char role[32];
    PDEVICE_OBJECT self, lower, pdo;
    IO_REMOVE_LOCK lock;
};

/* True: *status is what the IRP is completed with. Called on the way down. */
typedef bool test_hook_fn(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status);
static test_hook_fn *test_hook;
static char test_text[16384];
static NTSTATUS test_add_status, test_entry_status;
static const char *test_add_fails;   /* role whose AddDevice returns test_add_status */
static const char *test_unwilling;   /* role that attaches nothing */
static const char *test_entry_fails; /* role whose DriverEntry returns test_entry_status */
static bool test_named;              /* the function driver's device is \Device\function */
static ULONG test_entries, test_unloads;

static inline const char *test_minor(UCHAR minor) {
    static const char *const names[] = {
        "START",       "QUERY_REMOVE", "REMOVE",    "CANCEL_REMOVE", "STOP",         "QUERY_STOP",
        "CANCEL_STOP", "RELATIONS",    "INTERFACE", "CAPABILITIES",  "RESOURCES",    "REQUIREMENTS",
        "TEXT",        "FILTER",       "0E",        "READ_CONFIG",   "WRITE_CONFIG", "EJECT",
        "LOCK",        "ID",           "STATE",     "BUS",           "USAGE",        "SURPRISE",
        "18",          "ENUMERATED",
    };
    return minor < sizeof names / sizeof *names ? names[minor] : "?";
}

static inline void test_log(const char *role, const char *what, const char *more) {
    size_t at = strlen(test_text);
    snprintf(test_text + at, sizeof test_text - at, "%s%s:%s%s", at ? " " : "", role, what, more);
}

static inline void test_clear(void) { test_text[0] = 0; }

#define test_expect(text)                                                                          \
    do {                                                                                           \
        assert_string_equal(test_text, text);                                                      \
        test_clear();                                                                              \
    } while (0)

/* Keeps only the words of the log that contain a colon-separated minor in `list` ("START STOP"). */
static inline void test_only(const char *list) {
    static char kept[sizeof test_text];
    kept[0] = 0;
    for (char *word = strtok(test_text, " "); word; word = strtok(NULL, " ")) {
        char minor[32];
        const char *colon = strchr(word, ':');
        snprintf(minor, sizeof minor, "%s", colon ? colon + 1 : word);
        size_t length = strlen(minor);
        if (length && minor[length - 1] == '+')
            minor[--length] = 0;
        for (const char *at = list; (at = strstr(at, minor)) != NULL; at += length)
            if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' ')) {
                if (kept[0])
                    strcat(kept, " ");
                strcat(kept, word);
                break;
            }
    }
    strcpy(test_text, kept);
}

/* True if the log has the word. */
static inline bool test_saw(const char *word) {
    size_t length = strlen(word);
    for (const char *at = test_text; (at = strstr(at, word)) != NULL; at += length)
        if ((at == test_text || at[-1] == ' ') && (!at[length] || at[length] == ' '))
            return true;
    return false;
}

/* How often. */
static inline unsigned test_count(const char *word) {
    unsigned count = 0;
    size_t length = strlen(word);
    for (const char *at = test_text; (at = strstr(at, word)) != NULL; at += length)
        count += (at == test_text || at[-1] == ' ') && (!at[length] || at[length] == ' ');
    return count;
}

/* The first word comes before the second one. */
static inline bool test_order(const char *first, const char *second) {
    const char *a = strstr(test_text, first), *b = strstr(test_text, second);
    return a && b && a < b;
}

static inline NTSTATUS test_complete(PIRP irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static inline NTSTATUS test_pass(struct test_device *device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device->lower, irp);
}

static inline NTSTATUS test_remove(struct test_device *device, PIRP irp) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = test_pass(device, irp);
    IoDetachDevice(device->lower);
    IoDeleteDevice(device->self);
    return status;
}

static inline NTSTATUS test_on_the_way_up(struct test_device *device, PIRP irp, UCHAR minor) {
    if (!IoForwardIrpSynchronously(device->lower, irp))
        return test_complete(irp, STATUS_UNSUCCESSFUL);
    test_log(device->role, test_minor(minor), "+");
    return test_complete(irp, irp->IoStatus.Status);
}

static NTSTATUS test_pnp(PDEVICE_OBJECT object, PIRP irp) {
    struct test_device *device = object->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status = STATUS_SUCCESS;
    test_log(device->role, test_minor(minor), "");
    if (test_hook && test_hook(device, irp, minor, &status))
        return test_complete(irp, status);
    switch (minor) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return test_on_the_way_up(device, irp, minor);
    case IRP_MN_REMOVE_DEVICE:
        return test_remove(device, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return test_pass(device, irp);
    default:
        return test_pass(device, irp);
    }
}

static NTSTATUS test_other(PDEVICE_OBJECT object, PIRP irp) {
    return test_pass(object->DeviceExtension, irp);
}

static NTSTATUS test_file(PDEVICE_OBJECT object, PIRP irp) {
    UNREFERENCED_PARAMETER(object);
    irp->IoStatus.Information = 0;
    return test_complete(irp, STATUS_SUCCESS);
}

static NTSTATUS test_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\function");
    PUNICODE_STRING service = &driver->DriverExtension->ServiceKeyName;
    PDEVICE_OBJECT object;
    char role[32] = "";
    for (USHORT i = 0; i < service->Length / sizeof(WCHAR) && i < sizeof role - 1u; i++)
        role[i] = (char)service->Buffer[i];
    test_log(role, "ADD", "");
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (test_unwilling && strcmp(role, test_unwilling) == 0)
        return STATUS_SUCCESS;
    if (test_add_fails && strcmp(role, test_add_fails) == 0)
        return test_add_status;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct test_device),
                                     test_named && strcmp(role, "function") == 0 ? &name : NULL,
                                     FILE_DEVICE_UNKNOWN, 0, FALSE, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct test_device *device = object->DeviceExtension;
    memcpy(device->role, role, sizeof role);
    device->self = object;
    device->pdo = pdo;
    device->lower = IoAttachDeviceToDeviceStack(object, pdo);
    assert_non_null(device->lower);
    object->Flags |= device->lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    object->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID test_unload(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    test_unloads++;
}

static int test_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    test_entries++;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = test_other;
    driver->MajorFunction[IRP_MJ_PNP] = test_pnp;
    driver->MajorFunction[IRP_MJ_CREATE] = test_file;
    driver->MajorFunction[IRP_MJ_CLEANUP] = test_file;
    driver->MajorFunction[IRP_MJ_CLOSE] = test_file;
    driver->DriverExtension->AddDevice = test_add;
    driver->DriverUnload = test_unload;
    if (test_entry_fails &&
        driver->DriverExtension->ServiceKeyName.Buffer[0] == (WCHAR)test_entry_fails[0])
        return test_entry_status;
    return STATUS_SUCCESS;
}

static inline void test_service(struct machine *m, const char *name) {
    assert_int_equal(wdmsim_service_define_entry(m, name, (wdmsim_driver_entry *)test_entry), 0);
}

/* Forgets what an earlier test left, and defines the services that tests use. */
static inline void test_begin(struct machine *m) {
    static const char *const names[] = {"function", "lower", "upper", "busfilter", "other"};
    test_clear();
    test_hook = NULL;
    test_add_fails = test_unwilling = test_entry_fails = NULL;
    test_named = false;
    test_entries = test_unloads = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        test_service(m, names[i]);
}

static inline uint32_t test_plug_under(struct machine *m, uint32_t parent,
                                       const struct wdmsim_device_description *description) {
    struct wdmsim_device_description device = *description;
    uint32_t node = 0;
    if (!device.device_id)
        device.device_id = "TEST\\DEVICE";
    device.address = device.ui_number = ~0u;
    assert_int_equal(wdmsim_plug(m, parent, &device, &node), 0);
    return node;
}

#define TEST_DEVICE(...)                                                                           \
    &(struct wdmsim_device_description) { __VA_ARGS__ }
#define TEST_PLUG(m, ...) test_plug_under(m, WDMSIM_ROOT_NODE, TEST_DEVICE(__VA_ARGS__))
#define TEST_LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline struct wdmsim_node_info test_info(struct machine *m, uint32_t node) {
    struct wdmsim_node_info info = {0};
    if (wdmsim_node_info(m, node, &info))
        info.state = WDMSIM_NODE_DELETED;
    return info;
}
#define test_state(m, node) (test_info(m, node).state)
#define test_problem(m, node) (test_info(m, node).problem)

/* Does it; the status. */
static inline NTSTATUS test_do(struct machine *m, enum wdmsim_pnp_operation operation,
                               uint32_t node) {
    struct wdmsim_pnp_result result = {0};
    assert_int_equal(wdmsim_pnp(m, operation, node, &result), 0);
    return (NTSTATUS)result.status;
}

static inline enum wdmsim_veto test_veto(struct machine *m, enum wdmsim_pnp_operation operation,
                                         uint32_t node) {
    struct wdmsim_pnp_result result = {0};
    assert_int_equal(wdmsim_pnp(m, operation, node, &result), 0);
    assert_false(NT_SUCCESS((NTSTATUS)result.status));
    return result.veto;
}

/* Opens the function driver's named device as a program does; 0 and *status if that fails. */
static inline uint64_t test_open(struct machine *m, NTSTATUS *status) {
    struct wdmsim_request *request = NULL;
    struct wdmsim_request_parameters open = {.operation = WDMSIM_OPEN,
                                             .path = "\\Device\\function"};
    assert_int_equal(wdmsim_submit(m, &open, &request), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_true(wdmsim_request_done(request));
    *status = (NTSTATUS)wdmsim_request_status(request);
    return wdmsim_request_handle(request);
}

static inline void test_close(struct machine *m, uint64_t handle) {
    struct wdmsim_request *request = NULL;
    struct wdmsim_request_parameters close = {.operation = WDMSIM_CLOSE, .handle = handle};
    assert_int_equal(wdmsim_submit(m, &close, &request), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_true(wdmsim_request_done(request));
}

/* ---- bug checks with their parameters ---- */

static struct machine *test_machine;
static void (*test_body)(struct machine *m);

static inline void test_stop_thread(void *context) {
    UNREFERENCED_PARAMETER(context);
    test_body(test_machine);
}

/* Runs a body as a kernel thread of a machine of its own, which must stop at this bug check. */
static inline const struct wdmsim_stop *test_stop(void (*body)(struct machine *m), uint32_t code,
                                                  uint64_t first) {
    bool done;
    test_body = body;
    assert_int_equal(wdmsim_machine_create(NULL, &test_machine), 0);
    assert_int_equal(wdmsim_system_thread(test_machine, test_stop_thread, NULL, &done), 0);
    wdmsim_advance(test_machine, 3600 * WDMSIM_S);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(test_machine);
    assert_non_null(stop);
    if (stop->code != code || stop->parameters[0] != first)
        wdmsim_fixture_print_stop(stop);
    assert_int_equal(stop->code, code);
    assert_int_equal(stop->parameters[0], first);
    return stop;
}

/* How many device objects there are; the root's is one of them. */
static inline size_t test_devices(struct machine *m) {
    struct wdmsim_leak leaks[64];
    size_t count = wdmsim_leaks(m, true, leaks, 64), devices = 0;
    for (size_t i = 0; i < count && i < 64; i++)
        if (strcmp(leaks[i].kind, "device") == 0)
            devices += leaks[i].count;
    return devices;
}

/* The test's main function: a table of bodies. */
#define TEST_MAIN(...)                                                                             \
    int main(void) {                                                                               \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
