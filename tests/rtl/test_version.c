/* Check what the system says of its version, and comparisons with a wanted one. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void the_version_is_windows_11(struct machine *m) {
    (void)m;
    RTL_OSVERSIONINFOEXW info;
    memset(&info, 0xFF, sizeof info);
    info.dwOSVersionInfoSize = sizeof info;
    assert_int_equal(RtlGetVersion((PRTL_OSVERSIONINFOW)&info), STATUS_SUCCESS);
    assert_int_equal(info.dwMajorVersion, 10);
    assert_int_equal(info.dwMinorVersion, 0);
    assert_true(info.dwBuildNumber >= 22000);
    assert_int_equal(info.dwPlatformId, VER_PLATFORM_WIN32_NT);
    assert_int_equal(info.wProductType, VER_NT_WORKSTATION);
    assert_int_equal(info.wServicePackMajor, 0);
    assert_int_equal(info.szCSDVersion[0], 0);
}

static void the_short_form_leaves_the_rest_alone(struct machine *m) {
    (void)m;
    RTL_OSVERSIONINFOEXW info;
    memset(&info, 0x5A, sizeof info);
    info.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOW);
    assert_int_equal(RtlGetVersion((PRTL_OSVERSIONINFOW)&info), STATUS_SUCCESS);
    assert_int_equal(info.wProductType, 0x5A);
    info.dwOSVersionInfoSize = 12;
    assert_int_equal(RtlGetVersion((PRTL_OSVERSIONINFOW)&info), STATUS_INVALID_PARAMETER);
}

static NTSTATUS at_least(ULONG major, ULONG minor, USHORT pack) {
    RTL_OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted};
    ULONGLONG mask = 0;
    wanted.dwMajorVersion = major;
    wanted.dwMinorVersion = minor;
    wanted.wServicePackMajor = pack;
    VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(mask, VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL);
    return RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR,
                                mask);
}

static void a_higher_part_decides(struct machine *m) {
    (void)m;
    assert_int_equal(at_least(6, 3, 9), STATUS_SUCCESS);
    assert_int_equal(at_least(10, 0, 0), STATUS_SUCCESS);
    assert_int_equal(at_least(10, 0, 1), STATUS_REVISION_MISMATCH);
    assert_int_equal(at_least(10, 1, 0), STATUS_REVISION_MISMATCH);
    assert_int_equal(at_least(11, 0, 0), STATUS_REVISION_MISMATCH);
}

static void behind_an_equal_part_the_next_has_its_own_condition(struct machine *m) {
    (void)m;
    RTL_OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted};
    ULONGLONG mask = 0;
    wanted.dwMajorVersion = 10;
    wanted.dwMinorVersion = 3;
    VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_EQUAL);
    VER_SET_CONDITION(mask, VER_MINORVERSION, VER_LESS_EQUAL);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask),
                     STATUS_SUCCESS);
    wanted.dwMajorVersion = 9;
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask),
                     STATUS_REVISION_MISMATCH);
}

static void other_fields_are_compared_alone(struct machine *m) {
    (void)m;
    RTL_OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted};
    ULONGLONG mask = 0;
    wanted.wProductType = VER_NT_SERVER;
    wanted.dwBuildNumber = 22000;
    VER_SET_CONDITION(mask, VER_PRODUCT_TYPE, VER_EQUAL);
    VER_SET_CONDITION(mask, VER_BUILDNUMBER, VER_GREATER_EQUAL);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_BUILDNUMBER, mask), STATUS_SUCCESS);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_PRODUCT_TYPE, mask),
                     STATUS_REVISION_MISMATCH);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, 0, mask), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlVerifyVersionInfo(&wanted, VER_BUILDNUMBER, 0), STATUS_INVALID_PARAMETER);
}

static void ddi_versions_up_to_the_systems_are_available(struct machine *m) {
    (void)m;
    assert_true(RtlIsNtDdiVersionAvailable(NTDDI_VISTA));
    assert_true(RtlIsNtDdiVersionAvailable(NTDDI_WIN10));
    assert_false(RtlIsNtDdiVersionAvailable(0x0B000000));
    assert_true(RtlIsServicePackVersionInstalled(NTDDI_WIN10));
    assert_false(RtlIsServicePackVersionInstalled(0x06000100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_version_is_windows_11),
        wdmsim_unit_test(the_short_form_leaves_the_rest_alone),
        wdmsim_unit_test(a_higher_part_decides),
        wdmsim_unit_test(behind_an_equal_part_the_next_has_its_own_condition),
        wdmsim_unit_test(other_fields_are_compared_alone),
        wdmsim_unit_test(ddi_versions_up_to_the_systems_are_available),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
