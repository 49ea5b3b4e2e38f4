/* Check that a stream beside the primary one does not count for the link, in whatever way its open
 * is counted. */
#include "io_test.h"

static PFILE_OBJECT file_object(void) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    return file;
}

static void checking_counts_as_removing_does(struct machine *m) {
    SHARE_ACCESS shared = {0};
    LINK_SHARE_ACCESS linked = {0};
    test_load(m);
    PFILE_OBJECT file = file_object();
    assert_int_equal(IoCheckLinkShareAccess(FILE_READ_DATA, FILE_SHARE_READ, file, &shared, &linked,
                                            IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS |
                                                IO_SHARE_ACCESS_NON_PRIMARY_STREAM),
                     STATUS_SUCCESS);
    assert_int_equal(shared.OpenCount, 1);
    assert_int_equal(linked.OpenCount, 0);
    IoRemoveLinkShareAccessEx(file, &shared, &linked, IO_SHARE_ACCESS_NON_PRIMARY_STREAM);
    assert_int_equal(shared.OpenCount, 0);
    assert_int_equal(linked.OpenCount, 0);
    ObDereferenceObject(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(checking_counts_as_removing_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
