/* Check exceptions that the kernel raises for a driver, the singly linked list's functions behind
 * their macros, and what a resource calls its owner. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static NTSTATUS caught(VOID (*raise)(VOID)) {
    __try {
        raise();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static VOID raise_access(VOID) { ExRaiseAccessViolation(); }
static VOID raise_alignment(VOID) { ExRaiseDatatypeMisalignment(); }

static void exceptions_have_their_codes(struct machine *m) {
    (void)m;
    assert_int_equal(caught(raise_access), STATUS_ACCESS_VIOLATION);
    assert_int_equal(caught(raise_alignment), STATUS_DATATYPE_MISALIGNMENT);
}

static void an_unhandled_one_is_a_bug_check(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    ExRaiseAccessViolation();
}

static void a_list_is_last_in_first_out(struct machine *m) {
    static SLIST_HEADER head;
    static DECLSPEC_ALIGN(16) SLIST_ENTRY entries[2];
    (void)m;
    InitializeSListHead(&head);
    assert_null(ExpInterlockedPopEntrySList(&head));
    assert_null(ExpInterlockedPushEntrySList(&head, &entries[0]));
    assert_ptr_equal(ExpInterlockedPushEntrySList(&head, &entries[1]), &entries[0]);
    assert_int_equal(ExQueryDepthSList(&head), 2);
    assert_ptr_equal(ExpInterlockedPopEntrySList(&head), &entries[1]);
    assert_ptr_equal(ExpInterlockedPopEntrySList(&head), &entries[0]);
    assert_null(ExpInterlockedPopEntrySList(&head));
}

/* The owner that a resource notes is the thread, and the resource can be released for it. */
static void a_resource_is_owned_by_the_thread(struct machine *m) {
    ERESOURCE resource;
    (void)m;
    ExInitializeResourceLite(&resource);
    assert_ptr_equal(ExGetCurrentResourceThread(), PsGetCurrentThread());
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    assert_true(ExIsResourceAcquiredExclusiveLite(&resource));
    ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread());
    assert_false(ExIsResourceAcquiredExclusiveLite(&resource));
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&resource);
}

/* Nonpaged pool becomes non-executable for a driver that asks at its start: here it always is, so
 * nothing changes; and there is no address translation service to initialize. */
static void what_changes_nothing(struct machine *m) {
    POOL_TYPE before = NonPagedPoolNx;
    (void)m;
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    PVOID block = ExAllocatePoolWithTag(before, 32, 'txEd');
    assert_non_null(block);
    ExFreePoolWithTag(block, 'txEd');
    assert_int_equal(ExInitializeDeviceAts(NULL), STATUS_NOT_SUPPORTED);
    assert_true(ExVerifySuite(SingleUserTS));
    assert_false(ExVerifySuite(DataCenter));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(exceptions_have_their_codes),
        wdmsim_unit_test(an_unhandled_one_is_a_bug_check),
        wdmsim_unit_test(a_list_is_last_in_first_out),
        wdmsim_unit_test(a_resource_is_owned_by_the_thread),
        wdmsim_unit_test(what_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
