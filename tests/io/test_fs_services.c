/* Check the services that only file systems answer: which IRP each becomes, with what parameters,
 * and that the answer comes back. */
#include "io_test.h"

static IO_STACK_LOCATION seen;
static WCHAR seen_pattern[8];
static LARGE_INTEGER seen_lock;
static SID seen_sid;
static char seen_text[8];
static PIRP pended;

static NTSTATUS on_directory(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen = *IoGetCurrentIrpStackLocation(irp);
    PUNICODE_STRING pattern = seen.Parameters.QueryDirectory.FileName;
    memset(seen_pattern, 0, sizeof seen_pattern);
    if (pattern)
        memcpy(seen_pattern, pattern->Buffer, pattern->Length);
    memcpy(device->Flags & DO_BUFFERED_IO ? irp->AssociatedIrp.SystemBuffer : irp->UserBuffer,
           "entry", 6);
    return test_complete(irp, STATUS_SUCCESS, 6);
}

static NTSTATUS on_lock(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen = *IoGetCurrentIrpStackLocation(irp);
    seen_lock = *seen.Parameters.LockControl.Length;
    if (seen.MinorFunction == IRP_MN_LOCK && !(seen.Flags & SL_FAIL_IMMEDIATELY)) {
        IoMarkIrpPending(irp);
        pended = irp;
        return STATUS_PENDING;
    }
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_list(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen = *IoGetCurrentIrpStackLocation(irp);
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    if (seen.MajorFunction == IRP_MJ_SET_EA || seen.MajorFunction == IRP_MJ_SET_QUOTA) {
        memcpy(seen_text, buffer + 8, 3);
        return test_complete(irp, STATUS_SUCCESS, 0);
    }
    if (seen.MajorFunction == IRP_MJ_QUERY_QUOTA && seen.Parameters.QueryQuota.StartSid)
        memcpy(&seen_sid, seen.Parameters.QueryQuota.StartSid, sizeof seen_sid);
    if (seen.MajorFunction == IRP_MJ_QUERY_EA && seen.Parameters.QueryEa.EaList)
        memcpy(seen_text, seen.Parameters.QueryEa.EaList, 3);
    memcpy(buffer, "list", 5);
    return test_complete(irp, STATUS_SUCCESS, 5);
}

static NTSTATUS on_flush(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen = *IoGetCurrentIrpStackLocation(irp);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static HANDLE begin(struct machine *m, ULONG flags) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower\\dir");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    test_lower[IRP_MJ_DIRECTORY_CONTROL] = on_directory;
    test_lower[IRP_MJ_LOCK_CONTROL] = on_lock;
    test_lower[IRP_MJ_QUERY_EA] = test_lower[IRP_MJ_SET_EA] = on_list;
    test_lower[IRP_MJ_QUERY_QUOTA] = test_lower[IRP_MJ_SET_QUOTA] = on_list;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = on_flush;
    test_flags = flags;
    test_load(m);
    memset(&seen, 0, sizeof seen);
    memset(&seen_sid, 0, sizeof seen_sid);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenFile(&file, GENERIC_READ | GENERIC_WRITE, &attributes, &iosb, 0, 0),
                     STATUS_SUCCESS);
    return file;
}

static void query_directory(struct machine *m, ULONG flags) {
    HANDLE file = begin(m, flags);
    UNICODE_STRING pattern = RTL_CONSTANT_STRING(L"*.txt");
    IO_STATUS_BLOCK iosb = {0};
    char buffer[64] = "";
    assert_int_equal(ZwQueryDirectoryFile(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer,
                                          FileDirectoryInformation, TRUE, &pattern, TRUE),
                     STATUS_SUCCESS);
    assert_string_equal(buffer, "entry");
    assert_int_equal(iosb.Information, 6);
    assert_int_equal(seen.MinorFunction, IRP_MN_QUERY_DIRECTORY);
    assert_int_equal(seen.Flags, SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY);
    assert_int_equal(seen.Parameters.QueryDirectory.Length, sizeof buffer);
    assert_int_equal(seen.Parameters.QueryDirectory.FileInformationClass, FileDirectoryInformation);
    assert_memory_equal(seen_pattern, L"*.txt", sizeof L"*.txt");
    assert_int_equal(NtQueryDirectoryFile(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer,
                                          FileNamesInformation, FALSE, NULL, FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(seen.Flags, 0);
    assert_null(seen.Parameters.QueryDirectory.FileName);
    ZwClose(file);
}

static void a_buffered_directory_query(struct machine *m) { query_directory(m, DO_BUFFERED_IO); }
static void an_unbuffered_directory_query(struct machine *m) { query_directory(m, 0); }

static void a_directory_query_with_flags(struct machine *m) {
    HANDLE file = begin(m, DO_BUFFERED_IO);
    IO_STATUS_BLOCK iosb;
    char buffer[64];
    assert_int_equal(ZwQueryDirectoryFileEx(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer,
                                            FileDirectoryInformation,
                                            SL_RETURN_ON_DISK_ENTRIES_ONLY, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(seen.Flags, SL_RETURN_ON_DISK_ENTRIES_ONLY);
    assert_int_equal(NtQueryDirectoryFileEx(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer,
                                            FileDirectoryInformation, 0x80, NULL),
                     STATUS_INVALID_PARAMETER);
    ZwClose(file);
}

static void locks_and_unlocks(struct machine *m) {
    HANDLE file = begin(m, 0);
    LARGE_INTEGER offset = {.QuadPart = 100}, length = {.QuadPart = 50};
    IO_STATUS_BLOCK iosb = {0};
    assert_int_equal(ZwLockFile(file, NULL, NULL, NULL, &iosb, &offset, &length, 7, TRUE, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(seen.MinorFunction, IRP_MN_LOCK);
    assert_int_equal(seen.Flags, SL_FAIL_IMMEDIATELY | SL_EXCLUSIVE_LOCK);
    assert_int_equal(seen.Parameters.LockControl.ByteOffset.QuadPart, 100);
    assert_int_equal(seen.Parameters.LockControl.Key, 7);
    assert_int_equal(seen_lock.QuadPart, 50);
    assert_int_equal(ZwUnlockFile(file, &iosb, &offset, &length, 7), STATUS_SUCCESS);
    assert_int_equal(seen.MinorFunction, IRP_MN_UNLOCK_SINGLE);
    assert_int_equal(NtUnlockFile(file, &iosb, &offset, &length, 8), STATUS_SUCCESS);
    assert_int_equal(seen.Parameters.LockControl.Key, 8);
    ZwClose(file);
}

/* A lock that is not free is waited for; the length is there until the driver is done. */
static void a_lock_can_pend(struct machine *m) {
    HANDLE file = begin(m, 0), event;
    LARGE_INTEGER offset = {.QuadPart = 0}, length = {.QuadPart = 1};
    IO_STATUS_BLOCK iosb = {0};
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(NtLockFile(file, event, NULL, NULL, &iosb, &offset, &length, 0, FALSE, FALSE),
                     STATUS_PENDING);
    length.QuadPart = 2;
    assert_int_equal(IoGetCurrentIrpStackLocation(pended)->Parameters.LockControl.Length->QuadPart,
                     1);
    test_complete(pended, STATUS_SUCCESS, 0);
    assert_int_equal(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    ZwClose(event);
    ZwClose(file);
}

static void extended_attributes(struct machine *m) {
    HANDLE file = begin(m, DO_BUFFERED_IO);
    IO_STATUS_BLOCK iosb = {0};
    ULONG64 list[4] = {0};
    PFILE_FULL_EA_INFORMATION entry = (PVOID)list;
    char buffer[32] = "";
    ULONG index = 3;
    assert_int_equal(
        ZwQueryEaFile(file, &iosb, buffer, sizeof buffer, TRUE, "abc", 4, &index, FALSE),
        STATUS_SUCCESS);
    assert_string_equal(buffer, "list");
    assert_memory_equal(seen_text, "abc", 3);
    assert_int_equal(seen.Flags, SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED);
    assert_int_equal(seen.Parameters.QueryEa.EaIndex, 3);
    assert_int_equal(seen.Parameters.QueryEa.EaListLength, 4);
    entry->EaNameLength = 2;
    memcpy(entry->EaName, "XY", 3);
    assert_int_equal(ZwSetEaFile(file, &iosb, list, 11), STATUS_SUCCESS);
    assert_memory_equal(seen_text, "XY", 3);
    entry->EaName[2] = 1;
    assert_int_equal(ZwSetEaFile(file, &iosb, list, 11), STATUS_EA_LIST_INCONSISTENT);
    ZwClose(file);
}

static void quotas(struct machine *m) {
    HANDLE file = begin(m, DO_BUFFERED_IO);
    IO_STATUS_BLOCK iosb = {0};
    FILE_QUOTA_INFORMATION entry = {.SidLength = 12, .Sid = {1, 1, {{0, 0, 0, 0, 0, 5}}, {18}}};
    ULONG64 buffer[8] = {0};
    const ULONG size = FIELD_OFFSET(FILE_QUOTA_INFORMATION, Sid) + 12;
    assert_int_equal(ZwQueryQuotaInformationFile(file, &iosb, buffer, sizeof buffer, FALSE, NULL, 0,
                                                 &entry.Sid, TRUE),
                     STATUS_SUCCESS);
    assert_string_equal((char *)buffer, "list");
    assert_int_equal(seen.Flags, SL_RESTART_SCAN);
    assert_int_equal(seen_sid.SubAuthority[0], 18);
    assert_null(seen.Parameters.QueryQuota.SidList);
    assert_int_equal(NtQueryQuotaInformationFile(file, &iosb, buffer, sizeof buffer, TRUE, buffer,
                                                 16, NULL, FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(seen.Parameters.QueryQuota.SidListLength, 16);
    entry.ChangeTime.QuadPart = 0x434241;
    assert_int_equal(ZwSetQuotaInformationFile(file, &iosb, &entry, size), STATUS_SUCCESS);
    assert_memory_equal(seen_text, "ABC", 3);
    entry.SidLength = 16;
    assert_int_equal(NtSetQuotaInformationFile(file, &iosb, &entry, size),
                     STATUS_QUOTA_LIST_INCONSISTENT);
    ZwClose(file);
}

static void a_flush_says_how(struct machine *m) {
    HANDLE file = begin(m, 0);
    IO_STATUS_BLOCK iosb;
    assert_int_equal(ZwFlushBuffersFileEx(file, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(seen.MajorFunction, IRP_MJ_FLUSH_BUFFERS);
    assert_int_equal(seen.MinorFunction, 0);
    NtFlushBuffersFileEx(file, FLUSH_FLAGS_FILE_DATA_ONLY, NULL, 0, &iosb);
    assert_int_equal(seen.MinorFunction, IRP_MN_FLUSH_DATA_ONLY);
    NtFlushBuffersFileEx(file, FLUSH_FLAGS_NO_SYNC, NULL, 0, &iosb);
    assert_int_equal(seen.MinorFunction, IRP_MN_FLUSH_NO_SYNC);
    NtFlushBuffersFileEx(file, FLUSH_FLAGS_FILE_DATA_SYNC_ONLY, NULL, 0, &iosb);
    assert_int_equal(seen.MinorFunction, IRP_MN_FLUSH_DATA_SYNC_ONLY);
    assert_int_equal(ZwFlushBuffersFileEx(file, 3, NULL, 0, &iosb), STATUS_INVALID_PARAMETER);
    assert_int_equal(ZwFlushBuffersFileEx(file, 0, &iosb, 8, &iosb), STATUS_INVALID_PARAMETER);
    ZwClose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_buffered_directory_query),
        wdmsim_unit_test(an_unbuffered_directory_query),
        wdmsim_unit_test(a_directory_query_with_flags),
        wdmsim_unit_test(locks_and_unlocks),
        wdmsim_unit_test(a_lock_can_pend),
        wdmsim_unit_test(extended_attributes),
        wdmsim_unit_test(quotas),
        wdmsim_unit_test(a_flush_says_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
