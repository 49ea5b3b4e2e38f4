/* Notification of images: a driver that is loaded. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    int loads;
    bool before_entry, system;
    HANDLE process;
    PVOID base;
} seen;
static VOID watch(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
    assert_non_null(name);
    seen.loads++;
    seen.process = process;
    seen.before_entry =
        wdmsim_driver_find(wdmsim_fixture.machine, "echo") == NULL ||
        !wdmsim_driver_is_loaded(wdmsim_driver_find(wdmsim_fixture.machine, "echo"));
    seen.system = info->SystemModeImage;
    seen.base = info->ImageBase;
    assert_true(info->ExtendedInfoPresent);
    assert_int_equal(CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo)->Size,
                     sizeof(IMAGE_INFO_EX));
}

static void a_driver_is_told_before_it_begins(struct machine *m) {
    PLOAD_IMAGE_NOTIFY_ROUTINE told = watch;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetLoadImageNotifyRoutine(told), STATUS_SUCCESS);
    struct wdmsim_driver *driver = wdmsim_load("echo");
    assert_int_equal(seen.loads, 1);
    assert_true(seen.before_entry);
    assert_true(seen.system);
    assert_null(seen.process); /* a driver belongs to no process */
    assert_non_null(seen.base);
    assert_int_equal(PsRemoveLoadImageNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(PsRemoveLoadImageNotifyRoutine(watch), STATUS_PROCEDURE_NOT_FOUND);
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    wdmsim_load("echo");
    assert_int_equal(seen.loads, 1);
}

static void flags_are_checked(struct machine *m) {
    (void)m;
    assert_int_equal(PsSetLoadImageNotifyRoutineEx(watch, 0x80), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(PsSetLoadImageNotifyRoutineEx(watch, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE),
                     STATUS_SUCCESS);
    assert_int_equal(PsRemoveLoadImageNotifyRoutine(watch), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_driver_is_told_before_it_begins),
        wdmsim_unit_test(flags_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
