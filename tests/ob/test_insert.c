/* Check the last step of making an object: the reference of its creation becomes a handle's; the
 * functions behind the reference macros; what a handle knows of audits. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void inserting_trades_the_reference_for_a_handle(struct machine *m) {
    PVOID again = NULL, found;
    HANDLE handle = NULL;
    (void)m;
    PCONTROLLER_OBJECT controller = IoCreateController(8);
    assert_int_equal(ObInsertObject(controller, NULL, GENERIC_ALL, 1, &again, &handle),
                     STATUS_SUCCESS);
    assert_ptr_equal(again, controller);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &found, NULL),
                     STATUS_SUCCESS);
    assert_ptr_equal(found, controller);
    assert_int_equal(ObfDereferenceObject(found), 2);
    assert_int_equal(ObfReferenceObject(controller), 3);
    ObDereferenceObject(controller);
    ZwClose(handle);
    assert_int_equal(ObfReferenceObject(controller), 2);
    ObDereferenceObject(controller);
    ObDereferenceObject(again);
}

static void without_a_handle_the_reference_stays(struct machine *m) {
    (void)m;
    PCONTROLLER_OBJECT controller = IoCreateController(8);
    assert_int_equal(ObInsertObject(controller, NULL, 0, 0, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(ObfReferenceObject(controller), 2);
    ObDereferenceObject(controller);
    IoDeleteController(controller);
}

static void no_handle_is_audited(struct machine *m) {
    HANDLE handle;
    BOOLEAN audited = TRUE;
    (void)m;
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ObQueryObjectAuditingByHandle(handle, &audited), STATUS_SUCCESS);
    assert_false(audited);
    ZwClose(handle);
    assert_int_equal(ObQueryObjectAuditingByHandle((HANDLE)(ULONG_PTR)0x7770, &audited),
                     STATUS_INVALID_HANDLE);
}

static void a_thread_has_no_properties(struct machine *m) {
    (void)m;
    assert_int_equal(PsGetThreadProperty(PsGetCurrentThread(), 1, 0), 0);
}

/* The types of the callbacks around handle operations, as drivers declare them. */
static unsigned before, after;

static OB_PREOP_CALLBACK_STATUS on_before(PVOID context,
                                          POB_PRE_OPERATION_INFORMATION information) {
    (void)context;
    (void)information;
    before++;
    return OB_PREOP_SUCCESS;
}

static VOID on_after(PVOID context, POB_POST_OPERATION_INFORMATION information) {
    (void)context;
    (void)information;
    after++;
}

static void callbacks_by_their_types(struct machine *m) {
    POB_PRE_OPERATION_CALLBACK pre = on_before;
    POB_POST_OPERATION_CALLBACK post = on_after;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, pre, post};
    OB_CALLBACK_REGISTRATION registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = 1,
                                             .Altitude = RTL_CONSTANT_STRING(L"320000"),
                                             .OperationRegistration = &operation};
    PVOID handle;
    HANDLE process;
    (void)m;
    before = after = 0;
    assert_int_equal(ObRegisterCallbacks(&registration, &handle), STATUS_SUCCESS);
    assert_int_equal(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL,
                                           GENERIC_READ, *PsProcessType, KernelMode, &process),
                     STATUS_SUCCESS);
    ZwClose(process);
    assert_int_equal(before, 1);
    assert_int_equal(after, 1);
    ObUnRegisterCallbacks(handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(inserting_trades_the_reference_for_a_handle),
        wdmsim_unit_test(without_a_handle_the_reference_stays),
        wdmsim_unit_test(no_handle_is_audited),
        wdmsim_unit_test(a_thread_has_no_properties),
        wdmsim_unit_test(callbacks_by_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
