/* Notification of images: a driver that is loaded. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    int loads;
    bool before_entry, system, critical;
    ULONG properties;
    SIZE_T size;
    char name[64];
    UCHAR first[2];
    PEPROCESS context;
    HANDLE process;
    PVOID base;
} seen;
static VOID watch(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
    assert_non_null(name);
    seen.loads++;
    for (int i = 0; i < name->Length / 2 && i < 63; i++)
        seen.name[i] = (char)name->Buffer[i];
    seen.critical =
        KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled() && !KeAreAllApcsDisabled();
    seen.properties = info->Properties;
    seen.size = info->ImageSize;
    memcpy(seen.first, info->ImageBase, sizeof seen.first);
    seen.context = PsGetCurrentProcess();
    assert_int_equal(info->ImageSelector, 0);
    assert_int_equal(info->ImageSectionNumber, 0);
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
    assert_true(seen.critical);
    assert_int_equal(seen.size, wdmsim_driver_object(driver)->DriverSize);
    assert_ptr_equal(seen.base, wdmsim_driver_object(driver)->DriverStart);
    assert_non_null(strstr(seen.name, "echo"));
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

static bool told_first;
static void body(void *context) {
    (void)context;
    told_first = seen.loads == 1;
}

/* Check that the image of a program is told of once, in the new process before its code runs. */
static void a_program_is_told_in_its_process(struct machine *m) {
    struct wdmsim_process *process;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetLoadImageNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    assert_int_equal(wdmsim_user_thread(m, process, body, NULL), 0);
    wdmsim_settle(m);
    assert_true(told_first);
    assert_false(seen.system);
    assert_ptr_equal(seen.context, process);
    assert_ptr_equal(seen.process, PsGetProcessId((PEPROCESS)(void *)process));
    assert_true((ULONG_PTR)seen.base <= (ULONG_PTR)MM_HIGHEST_USER_ADDRESS);
    assert_int_equal(seen.size, PAGE_SIZE);
    assert_memory_equal(seen.first, "MZ", 2);
    assert_string_equal(seen.name, "\\??\\C:\\app.exe");
    assert_true(seen.critical);
    assert_int_equal(wdmsim_user_thread(m, process, body, NULL), 0);
    wdmsim_settle(m);
    assert_int_equal(seen.loads, 1);
    PsRemoveLoadImageNotifyRoutine(watch);
}

/* Check that there is room for 64 routines. */
static void the_number_of_routines_is_limited(struct machine *m) {
    (void)m;
    for (int i = 0; i < 64; i++)
        assert_int_equal(PsSetLoadImageNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(PsSetLoadImageNotifyRoutine(watch), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(PsSetLoadImageNotifyRoutineEx(watch, 0), STATUS_INSUFFICIENT_RESOURCES);
    for (int i = 0; i < 64; i++)
        assert_int_equal(PsRemoveLoadImageNotifyRoutine(watch), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_driver_is_told_before_it_begins),
        wdmsim_unit_test(flags_are_checked),
        wdmsim_unit_test(a_program_is_told_in_its_process),
        wdmsim_unit_test(the_number_of_routines_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
