/* Fast I/O: routines that answer in the caller's context, without an IRP, and what they leave to
 * IRPs. */
#include "io_test.h"

static FAST_IO_DISPATCH table;
static ULONG irps, calls;
static struct {
    PFILE_OBJECT file;
    PDEVICE_OBJECT device, other;
    PETHREAD thread;
    BOOLEAN wait, fail, exclusive;
    LARGE_INTEGER offset, length;
    ULONG key, size;
} seen;

static NTSTATUS count_irp(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    irps++;
    return test_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS create_cached(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoGetCurrentIrpStackLocation(irp)->FileObject->PrivateCacheMap = &table;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void note(PFILE_OBJECT file, BOOLEAN wait, PDEVICE_OBJECT device) {
    calls++;
    seen.file = file;
    seen.wait = wait;
    seen.device = device;
    seen.thread = PsGetCurrentThread();
}

static BOOLEAN control(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG input_length,
                       PVOID output, ULONG output_length, ULONG code, PIO_STATUS_BLOCK iosb,
                       PDEVICE_OBJECT device) {
    note(file, wait, device);
    if (code != TEST_CODE(0x800, METHOD_BUFFERED))
        return FALSE;
    assert_int_equal(output_length, input_length);
    memcpy(output, input, input_length);
    iosb->Status = STATUS_BUFFER_OVERFLOW;
    iosb->Information = input_length;
    return TRUE;
}

/* Opens the device, which has the table then. */
static HANDLE begin(struct machine *m, bool synchronous) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    test_lower[IRP_MJ_READ] = test_lower[IRP_MJ_WRITE] = test_lower[IRP_MJ_DEVICE_CONTROL] =
        count_irp;
    test_lower[IRP_MJ_QUERY_INFORMATION] = test_lower[IRP_MJ_LOCK_CONTROL] = count_irp;
    test_load(m);
    table.SizeOfFastIoDispatch = sizeof table;
    test_driver->FastIoDispatch = &table;
    irps = calls = 0;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
                                  &iosb, NULL, 0, 0, FILE_OPEN,
                                  synchronous ? FILE_SYNCHRONOUS_IO_NONALERT : 0, NULL, 0),
                     STATUS_SUCCESS);
    return file;
}

static void end(HANDLE file) {
    ZwClose(file);
    memset(&table, 0, sizeof table);
}

static void a_control_needs_no_irp(struct machine *m) {
    table.FastIoDeviceControl = control;
    HANDLE file = begin(m, false), event;
    IO_STATUS_BLOCK iosb = {0};
    LONG before = -1;
    char in[] = "fast", out[sizeof in] = "";
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ZwDeviceIoControlFile(file, event, NULL, NULL, &iosb,
                                           TEST_CODE(0x800, METHOD_BUFFERED), in, sizeof in, out,
                                           sizeof out),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(calls, 1);
    assert_int_equal(irps, 0);
    assert_string_equal(out, "fast");
    assert_int_equal(iosb.Status, STATUS_BUFFER_OVERFLOW);
    assert_int_equal(iosb.Information, sizeof in);
    assert_ptr_equal(seen.device, test_device);
    assert_ptr_equal(seen.file->DeviceObject, test_device);
    assert_ptr_equal(seen.thread, PsGetCurrentThread());
    assert_false(seen.wait);
    ZwSetEvent(event, &before);
    assert_int_equal(before, 1);
    /* what the routine does not want becomes an IRP, */
    assert_int_equal(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb,
                                           TEST_CODE(0x801, METHOD_BUFFERED), in, sizeof in, out,
                                           sizeof out),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(calls, 2);
    assert_int_equal(irps, 1);
    /* and so does everything when the table is too short for the routine */
    table.SizeOfFastIoDispatch = FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl);
    ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, TEST_CODE(0x800, METHOD_BUFFERED), in,
                          sizeof in, out, sizeof out);
    assert_int_equal(calls, 2);
    assert_int_equal(irps, 2);
    ZwClose(event);
    end(file);
}

static BOOLEAN transfer(PFILE_OBJECT file, PLARGE_INTEGER offset, ULONG length, BOOLEAN wait,
                        ULONG key, PVOID buffer, PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, wait, device);
    seen.offset = *offset;
    seen.key = key;
    memset(buffer, 'x', length);
    iosb->Status = offset->QuadPart == 1000 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    iosb->Information = length;
    return TRUE;
}

/* Check that a cached file is read and written without an IRP; a failure is asked for again by IRP.
 */
static void a_cached_file_is_read_and_written(struct machine *m) {
    test_lower[IRP_MJ_CREATE] = create_cached;
    table.FastIoRead = table.FastIoWrite = transfer;
    HANDLE file = begin(m, true);
    LARGE_INTEGER offset = {.QuadPart = 40};
    IO_STATUS_BLOCK iosb = {0};
    ULONG key = 7;
    char data[4] = "abc";
    assert_int_equal(ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 3, &offset, &key),
                     STATUS_SUCCESS);
    assert_memory_equal(data, "xxx", 4);
    assert_int_equal(iosb.Information, 3);
    assert_int_equal(seen.offset.QuadPart, 40);
    assert_int_equal(seen.key, 7);
    assert_true(seen.wait);
    assert_int_equal(ZwWriteFile(file, NULL, NULL, NULL, &iosb, data, 2, &offset, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 2);
    assert_int_equal(calls, 2);
    assert_int_equal(irps, 0);
    offset.QuadPart = 1000;
    assert_int_equal(ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 3, &offset, &key),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(irps, 1);
    end(file);
}

/* Check that only a synchronous file that has a cache goes the short way. */
static void an_uncached_file_gets_an_irp(struct machine *m) {
    table.FastIoRead = transfer;
    HANDLE file = begin(m, true);
    LARGE_INTEGER offset = {.QuadPart = 0};
    IO_STATUS_BLOCK iosb;
    char data[4];
    ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 3, &offset, NULL);
    assert_int_equal(calls, 0);
    assert_int_equal(irps, 1);
    end(file);
}

static void an_asynchronous_file_gets_an_irp(struct machine *m) {
    test_lower[IRP_MJ_CREATE] = create_cached;
    table.FastIoRead = transfer;
    HANDLE file = begin(m, false);
    LARGE_INTEGER offset = {.QuadPart = 0};
    IO_STATUS_BLOCK iosb;
    char data[4];
    ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 3, &offset, NULL);
    assert_int_equal(calls, 0);
    assert_int_equal(irps, 1);
    end(file);
}

static BOOLEAN basic(PFILE_OBJECT file, BOOLEAN wait, PFILE_BASIC_INFORMATION buffer,
                     PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, wait, device);
    buffer->FileAttributes = FILE_ATTRIBUTE_HIDDEN;
    *iosb = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = sizeof *buffer};
    return TRUE;
}
static BOOLEAN standard(PFILE_OBJECT file, BOOLEAN wait, PFILE_STANDARD_INFORMATION buffer,
                        PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, wait, device);
    buffer->NumberOfLinks = 3;
    *iosb = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = sizeof *buffer};
    return TRUE;
}
static BOOLEAN network(PFILE_OBJECT file, BOOLEAN wait, PFILE_NETWORK_OPEN_INFORMATION buffer,
                       PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, wait, device);
    buffer->FileAttributes = FILE_ATTRIBUTE_SYSTEM;
    *iosb = (IO_STATUS_BLOCK){.Status = STATUS_UNSUCCESSFUL};
    return TRUE;
}

static void questions_are_answered(struct machine *m) {
    table.FastIoQueryBasicInfo = basic;
    table.FastIoQueryStandardInfo = standard;
    table.FastIoQueryNetworkOpenInfo = network;
    HANDLE file = begin(m, true);
    FILE_BASIC_INFORMATION first;
    FILE_STANDARD_INFORMATION second;
    FILE_NETWORK_OPEN_INFORMATION third = {.FileAttributes = 5};
    FILE_INTERNAL_INFORMATION fourth;
    IO_STATUS_BLOCK iosb;
    assert_int_equal(
        ZwQueryInformationFile(file, &iosb, &first, sizeof first, FileBasicInformation),
        STATUS_SUCCESS);
    assert_int_equal(first.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(iosb.Information, sizeof first);
    assert_int_equal(
        ZwQueryInformationFile(file, &iosb, &second, sizeof second, FileStandardInformation),
        STATUS_SUCCESS);
    assert_int_equal(second.NumberOfLinks, 3);
    assert_int_equal(
        ZwQueryInformationFile(file, &iosb, &third, sizeof third, FileNetworkOpenInformation),
        STATUS_UNSUCCESSFUL);
    assert_int_equal(third.FileAttributes, 5); /* a failure gives nothing away */
    assert_int_equal(calls, 3);
    assert_int_equal(irps, 0);
    ZwQueryInformationFile(file, &iosb, &fourth, sizeof fourth, FileInternalInformation);
    assert_int_equal(irps, 1);
    end(file);
}

static BOOLEAN lock(PFILE_OBJECT file, PLARGE_INTEGER offset, PLARGE_INTEGER length,
                    PEPROCESS process, ULONG key, BOOLEAN fail, BOOLEAN exclusive,
                    PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, TRUE, device);
    assert_ptr_equal(process, PsGetCurrentProcess());
    seen.offset = *offset;
    seen.length = *length;
    seen.key = key;
    seen.fail = fail;
    seen.exclusive = exclusive;
    iosb->Status = STATUS_LOCK_NOT_GRANTED;
    return TRUE;
}
static BOOLEAN unlock(PFILE_OBJECT file, PLARGE_INTEGER offset, PLARGE_INTEGER length,
                      PEPROCESS process, ULONG key, PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
    note(file, TRUE, device);
    assert_ptr_equal(process, PsGetCurrentProcess());
    assert_int_equal(offset->QuadPart + length->QuadPart, 30);
    assert_int_equal(key, 9);
    iosb->Status = STATUS_RANGE_NOT_LOCKED;
    return TRUE;
}

static void ranges_are_locked(struct machine *m) {
    table.FastIoLock = lock;
    table.FastIoUnlockSingle = unlock;
    HANDLE file = begin(m, false);
    LARGE_INTEGER offset = {.QuadPart = 10}, length = {.QuadPart = 20};
    IO_STATUS_BLOCK iosb;
    assert_int_equal(ZwLockFile(file, NULL, NULL, NULL, &iosb, &offset, &length, 9, TRUE, FALSE),
                     STATUS_LOCK_NOT_GRANTED);
    assert_int_equal(seen.offset.QuadPart, 10);
    assert_int_equal(seen.length.QuadPart, 20);
    assert_int_equal(seen.key, 9);
    assert_true(seen.fail);
    assert_false(seen.exclusive);
    assert_true(seen.file->LockOperation);
    assert_int_equal(ZwUnlockFile(file, &iosb, &offset, &length, 9), STATUS_RANGE_NOT_LOCKED);
    assert_int_equal(calls, 2);
    assert_int_equal(irps, 0);
    end(file);
}

static VOID detach(PDEVICE_OBJECT source, PDEVICE_OBJECT target) {
    calls++;
    seen.device = source;
    seen.other = target;
    IoDetachDevice(target);
    IoDeleteDevice(source);
}

static VOID unload_nothing(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

/* Check that a filter hears that the device below it is deleted, and can leave it then. */
static void a_filter_leaves_a_deleted_device(struct machine *m) {
    test_load(m);
    struct wdmsim_driver *upper = test_load_filter(m);
    PDRIVER_OBJECT driver = wdmsim_driver_object(upper);
    table = (FAST_IO_DISPATCH){.SizeOfFastIoDispatch = sizeof table, .FastIoDetachDevice = detach};
    driver->FastIoDispatch = &table;
    driver->DriverUnload = unload_nothing;
    calls = 0;
    IoDeleteDevice(test_device);
    assert_int_equal(calls, 1);
    assert_ptr_equal(seen.device, test_filter);
    assert_ptr_equal(seen.other, test_device);
    assert_null(test_driver->DeviceObject);
    assert_null(driver->DeviceObject);
    memset(&table, 0, sizeof table);
}

static BOOLEAN stay_raised(PFILE_OBJECT file, BOOLEAN wait, PVOID input, ULONG input_length,
                           PVOID output, ULONG output_length, ULONG code, PIO_STATUS_BLOCK iosb,
                           PDEVICE_OBJECT device) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(input);
    UNREFERENCED_PARAMETER(input_length);
    UNREFERENCED_PARAMETER(output);
    UNREFERENCED_PARAMETER(output_length);
    UNREFERENCED_PARAMETER(code);
    note(file, wait, device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    iosb->Status = STATUS_SUCCESS;
    return TRUE;
}

static void raised_body(struct machine *m) {
    table.FastIoDeviceControl = stay_raised;
    HANDLE file = begin(m, false);
    IO_STATUS_BLOCK iosb;
    ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, TEST_CODE(0x800, METHOD_BUFFERED), NULL, 0,
                          NULL, 0);
}

static void a_routine_restores_the_irql(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(raised_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x11);
    assert_int_equal(test_stopped.parameters[2], PASSIVE_LEVEL);
    assert_int_equal(test_stopped.parameters[3], DISPATCH_LEVEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_control_needs_no_irp),
        wdmsim_unit_test(a_cached_file_is_read_and_written),
        wdmsim_unit_test(an_uncached_file_gets_an_irp),
        wdmsim_unit_test(an_asynchronous_file_gets_an_irp),
        wdmsim_unit_test(questions_are_answered),
        wdmsim_unit_test(ranges_are_locked),
        wdmsim_unit_test(a_filter_leaves_a_deleted_device),
        cmocka_unit_test(a_routine_restores_the_irql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
