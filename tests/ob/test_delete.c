/*
 * When an object's end happens. The objects are registry keys, whose deletion a registry callback
 * can see: it gives the context back that the callback attached.
 */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

#define TAG 0x54546167u

static LARGE_INTEGER cookie;
static int cleanups;
static KIRQL cleanup_irql;
static PETHREAD cleanup_thread;

static NTSTATUS watch(PVOID context, PVOID class, PVOID information) {
    (void)context;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR) class == RegNtPostOpenKeyEx) {
        PREG_POST_OPERATION_INFORMATION post = information;
        if (NT_SUCCESS(post->Status))
            CmSetCallbackObjectContext(post->Object, &cookie, &cleanups, NULL);
    }
    if ((REG_NOTIFY_CLASS)(ULONG_PTR) class == RegNtCallbackObjectContextCleanup) {
        cleanups++;
        cleanup_irql = KeGetCurrentIrql();
        cleanup_thread = PsGetCurrentThread();
    }
    return STATUS_SUCCESS;
}

/* An object with one reference, the test's. */
static PVOID key_object(void) {
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"1000");
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System");
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    PVOID object;
    cleanups = 0;
    assert_int_equal(CmRegisterCallbackEx(watch, &altitude, NULL, NULL, &cookie, NULL),
                     STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenKey(&handle, KEY_READ, &attributes), STATUS_SUCCESS);
    assert_int_equal(
        ObReferenceObjectByHandle(handle, 0, *CmKeyObjectType, KernelMode, &object, NULL),
        STATUS_SUCCESS);
    ZwClose(handle);
    assert_int_equal(cleanups, 0);
    return object;
}

static void the_last_reference_deletes_at_once_at_passive_level(struct machine *m) {
    (void)m;
    ObDereferenceObject(key_object());
    assert_int_equal(cleanups, 1);
    assert_ptr_equal(cleanup_thread, PsGetCurrentThread());
    CmUnRegisterCallback(cookie);
}

/* Check that a last reference dropped at DISPATCH_LEVEL deletes later, at PASSIVE_LEVEL in another
 * thread. */
static void above_passive_level_deletion_waits_for_a_worker(struct machine *m) {
    PVOID object = key_object();
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ObDereferenceObject(object);
    assert_int_equal(cleanups, 0);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(cleanups, 1);
    assert_int_equal(cleanup_irql, PASSIVE_LEVEL);
    assert_ptr_not_equal(cleanup_thread, PsGetCurrentThread());
    CmUnRegisterCallback(cookie);
}

/* Check that deletion can be asked to happen elsewhere, for a caller that holds a lock the deletion
 * needs. */
static void deferred_deletion_is_never_in_the_callers_context(struct machine *m) {
    ObDereferenceObjectDeferDelete(key_object());
    wdmsim_settle(m);
    assert_int_equal(cleanups, 1);
    assert_ptr_not_equal(cleanup_thread, PsGetCurrentThread());
    CmUnRegisterCallback(cookie);
    ObDereferenceObjectDeferDeleteWithTag(key_object(), TAG);
    wdmsim_settle(m);
    assert_int_equal(cleanups, 1);
    assert_ptr_not_equal(cleanup_thread, PsGetCurrentThread());
    CmUnRegisterCallback(cookie);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_last_reference_deletes_at_once_at_passive_level),
        wdmsim_unit_test(above_passive_level_deletion_waits_for_a_worker),
        wdmsim_unit_test(deferred_deletion_is_never_in_the_callers_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
