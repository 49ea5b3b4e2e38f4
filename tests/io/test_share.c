/* Share access: which opens are compatible. */
#include "io_test.h"

static SHARE_ACCESS shared;
static LINK_SHARE_ACCESS linked;

static PFILE_OBJECT file_object(void) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device),
                     STATUS_SUCCESS);
    return file;
}

static void opens_are_compatible_or_not(struct machine *m) {
    static const struct {
        ACCESS_MASK first, second;
        ULONG first_share, second_share;
        NTSTATUS status;
    } rows[] = {
        {FILE_READ_DATA, FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_READ, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_READ_DATA, 0, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_READ_DATA, FILE_SHARE_READ, 0, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_WRITE_DATA, FILE_SHARE_READ, FILE_SHARE_READ,
         STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_WRITE_DATA, FILE_SHARE_WRITE, FILE_SHARE_READ, STATUS_SUCCESS},
        {FILE_WRITE_DATA, DELETE, FILE_SHARE_WRITE, FILE_SHARE_WRITE, STATUS_SHARING_VIOLATION},
        {FILE_WRITE_DATA, DELETE, FILE_SHARE_DELETE, FILE_SHARE_WRITE, STATUS_SUCCESS},
        {FILE_READ_ATTRIBUTES, FILE_WRITE_DATA, 0, 0, STATUS_SUCCESS},
        {FILE_WRITE_DATA, FILE_READ_ATTRIBUTES, 0, 0, STATUS_SUCCESS},
    };
    test_load(m);
    PFILE_OBJECT first = file_object(), second = file_object();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        IoSetShareAccess(rows[i].first, rows[i].first_share, first, &shared);
        assert_int_equal(
            IoCheckShareAccess(rows[i].second, rows[i].second_share, second, &shared, TRUE),
            rows[i].status);
    }
}

static void closing_gives_access_back(struct machine *m) {
    test_load(m);
    PFILE_OBJECT first = file_object(), second = file_object();
    IoSetShareAccess(FILE_WRITE_DATA, 0, first, &shared);
    assert_int_equal(shared.OpenCount, 1);
    assert_int_equal(IoCheckShareAccess(FILE_READ_DATA, 7, second, &shared, FALSE),
                     STATUS_SHARING_VIOLATION);
    IoRemoveShareAccess(first, &shared);
    assert_int_equal(shared.OpenCount, 0);
    assert_int_equal(IoCheckShareAccess(FILE_READ_DATA, 7, second, &shared, FALSE), STATUS_SUCCESS);
    assert_int_equal(shared.OpenCount, 0);
    IoUpdateShareAccess(second, &shared);
    assert_int_equal(shared.OpenCount, 1);
    assert_int_equal(shared.SharedWrite, 1);
}

/* Check that somebody without write permission cannot lock readers out. */
static void exclusive_reading_needs_write_permission(struct machine *m) {
    BOOLEAN permission = FALSE;
    test_load(m);
    PFILE_OBJECT first = file_object(), second = file_object();
    memset(&shared, 0, sizeof shared);
    IoSetShareAccessEx(FILE_READ_DATA, 0, first, &shared, &permission);
    assert_int_equal(shared.OpenCount, 1);
    assert_int_equal(shared.Readers, 1);
    assert_int_equal(shared.SharedRead, 1);
    assert_int_equal(IoCheckShareAccessEx(FILE_READ_DATA, 0, second, &shared, TRUE, &permission),
                     STATUS_SUCCESS);
    assert_int_equal(shared.Readers, 2);
}

/* Check that deletion is a matter of the link where there is one. */
static void links_share_deletion(struct machine *m) {
    test_load(m);
    PFILE_OBJECT first = file_object(), second = file_object();
    IoSetLinkShareAccess(DELETE, FILE_SHARE_READ, first, &shared, &linked, 0);
    assert_int_equal(linked.Deleters, 1);
    assert_int_equal(
        IoCheckLinkShareAccess(FILE_READ_DATA, FILE_SHARE_READ, second, &shared, &linked, 0),
        STATUS_SHARING_VIOLATION);
    memset(&linked, 0, sizeof linked);
    assert_int_equal(
        IoCheckLinkShareAccess(FILE_READ_DATA, FILE_SHARE_READ, second, &shared, &linked, 0),
        STATUS_SUCCESS);
    assert_int_equal(IoCheckLinkShareAccess(FILE_READ_DATA, FILE_SHARE_READ, second, &shared,
                                            &linked, IO_CHECK_SHARE_ACCESS_FORCE_USING_SCB),
                     STATUS_SHARING_VIOLATION);
    IoUpdateLinkShareAccess(second, &shared, &linked);
    assert_int_equal(linked.OpenCount, 1);
    IoRemoveLinkShareAccessEx(second, &shared, &linked, IO_SHARE_ACCESS_NON_PRIMARY_STREAM);
    assert_int_equal(linked.OpenCount, 1);
    IoUpdateLinkShareAccessEx(second, &shared, &linked, IO_SHARE_ACCESS_NON_PRIMARY_STREAM);
    IoRemoveLinkShareAccess(second, &shared, &linked);
    assert_int_equal(linked.OpenCount, 0);
    assert_int_equal(shared.OpenCount, 1);
}

static void sharing_can_be_ignored(struct machine *m) {
    test_load(m);
    PFILE_OBJECT first = file_object(), second = file_object();
    IoSetShareAccess(FILE_WRITE_DATA, 0, first, &shared);
    assert_false(IoIsFileObjectIgnoringSharing(second));
    IoSetFileObjectIgnoreSharing(second);
    assert_true(IoIsFileObjectIgnoringSharing(second));
    assert_int_equal(IoCheckShareAccess(FILE_READ_DATA, 0, second, &shared, TRUE), STATUS_SUCCESS);
    assert_true(IoIsFileOpenedExclusively(first));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(opens_are_compatible_or_not),
        wdmsim_unit_test(closing_gives_access_back),
        wdmsim_unit_test(exclusive_reading_needs_write_permission),
        wdmsim_unit_test(links_share_deletion),
        wdmsim_unit_test(sharing_can_be_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
