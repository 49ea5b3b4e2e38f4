/* Executive resources: sharing, exclusion, recursion, fairness, ownership, misuse. */
#include "../threads.h"

static ERESOURCE resource;
static LONG readers, writers, entered;

static VOID write_it(PVOID context) {
    (void)context;
    ExEnterCriticalRegionAndAcquireResourceExclusive(&resource);
    writers++;
    assert_true(writers == 1 && readers == 0);
    KeStallExecutionProcessor(1);
    writers--;
    entered++;
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
}

static VOID read_it(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    readers++;
    assert_int_equal(writers, 0);
    KeStallExecutionProcessor(1);
    readers--;
    entered++;
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
}

static VOID convert(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    assert_true(readers == 0 && writers == 0);
    ExConvertExclusiveToSharedLite(&resource);
    readers++;
    KeStallExecutionProcessor(1);
    assert_int_equal(writers, 0);
    readers--;
    entered++;
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
}

static void begin(void) {
    memset(&resource, 0, sizeof resource);
    ExInitializeResourceLite(&resource);
    readers = writers = entered = 0;
}
static void check_three(void) {
    assert_int_equal(entered, 3);
    assert_int_equal(resource.ActiveCount, 0);
    ExDeleteResourceLite(&resource);
}

static void writers_exclude_everybody(void **state) {
    static const struct explored mixed = {.processors = 2,
                                          .preemptions = 2,
                                          .actors = {write_it, read_it, write_it},
                                          .begin = begin,
                                          .check = check_three};
    static const struct explored converted = {.processors = 2,
                                              .preemptions = 2,
                                              .actors = {convert, read_it, write_it},
                                              .begin = begin,
                                              .check = check_three};
    (void)state;
    assert_true(explore(&mixed) > 10);
    assert_true(explore(&converted) > 10);
}

static void acquisition_is_recursive(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    assert_true(ExAcquireResourceExclusiveLite(&resource, TRUE));
    assert_true(ExAcquireResourceExclusiveLite(&resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(&resource, FALSE)); /* stays exclusive */
    assert_true(ExIsResourceAcquiredExclusiveLite(&resource));
    assert_int_equal(ExIsResourceAcquiredSharedLite(&resource), 3);
    for (unsigned i = 0; i < 3; i++)
        ExReleaseResourceLite(&resource);
    assert_false(ExIsResourceAcquiredExclusiveLite(&resource));
    assert_int_equal(ExIsResourceAcquiredLite(&resource), 0);
    assert_true(ExAcquireResourceSharedLite(&resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(&resource, FALSE));
    assert_false(ExAcquireResourceExclusiveLite(&resource, FALSE));
    assert_int_equal(ExIsResourceAcquiredSharedLite(&resource), 2);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&resource);
}

static BOOLEAN answers[3];
static VOID try_shared(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    answers[0] = ExAcquireResourceSharedLite(&resource, FALSE);
    answers[1] = ExAcquireSharedStarveExclusive(&resource, FALSE);
    if (answers[0])
        ExReleaseResourceLite(&resource);
    if (answers[1])
        ExReleaseResourceLite(&resource);
    answers[2] = ExAcquireSharedWaitForExclusive(&resource, FALSE);
    if (answers[2])
        ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
}

/* While a thread waits for exclusive access, new sharers wait, unless they come to starve it. */
static void who_waits_for_exclusive_access_comes_first(struct machine *m) {
    begin();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    PVOID sharer = thread_start(try_shared, NULL);
    thread_join(sharer);
    assert_true(answers[0] && answers[1] && answers[2]);
    PVOID writer = thread_start(write_it, NULL);
    wdmsim_settle(m);
    assert_int_equal(ExGetExclusiveWaiterCount(&resource), 1);
    sharer = thread_start(try_shared, NULL);
    thread_join(sharer);
    assert_false(answers[0]);
    assert_true(answers[1]);
    assert_false(answers[2]);
    assert_true(
        ExAcquireResourceSharedLite(&resource, FALSE)); /* an owner recurses past the waiter */
    assert_false(ExAcquireSharedWaitForExclusive(&resource, FALSE)); /* unless it wants to wait */
    ExReleaseResourceLite(&resource);
    assert_int_equal(entered, 0);
    ExReleaseResourceLite(&resource);
    thread_join(writer);
    assert_int_equal(entered, 1);
    KeLeaveCriticalRegion();
}

static void an_exclusive_owner_is_followed_by_all_sharers(struct machine *m) {
    PVOID threads[4];
    begin();
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    for (unsigned i = 0; i < 4; i++)
        threads[i] = thread_start(i ? read_it : write_it, NULL);
    wdmsim_settle(m);
    assert_int_equal(ExGetSharedWaiterCount(&resource), 3);
    assert_int_equal(ExGetExclusiveWaiterCount(&resource), 1);
    ExReleaseResourceLite(&resource);
    for (unsigned i = 0; i < 4; i++)
        thread_join(threads[i]);
    assert_int_equal(entered, 4);
    assert_int_equal(resource.ContentionCount, 4);
    KeLeaveCriticalRegion();
}

static PVOID owner_name;
static VOID release_for(PVOID context) {
    KeEnterCriticalRegion();
    ExReleaseResourceForThreadLite(&resource, (ERESOURCE_THREAD)context);
    KeLeaveCriticalRegion();
}

static void ownership_can_be_given_to_a_pointer(struct machine *m) {
    static ULONG64 object;
    (void)m;
    owner_name = (PVOID)((ULONG_PTR)&object | 3);
    begin();
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExSetResourceOwnerPointer(&resource, owner_name);
    assert_false(ExIsResourceAcquiredExclusiveLite(&resource));
    thread_join(thread_start(release_for, owner_name));
    assert_int_equal(resource.ActiveCount, 0);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExSetResourceOwnerPointerEx(&resource, (PVOID)((ULONG_PTR)KeGetCurrentThread() | 3),
                                FLAG_OWNER_POINTER_IS_THREAD);
    ExReleaseResourceForThreadLite(&resource, (ULONG_PTR)KeGetCurrentThread() | 3);
    assert_int_equal(resource.ActiveCount, 0);
    KeLeaveCriticalRegion();
}

static VOID wait_high(PVOID context) {
    (void)context;
    KeSetPriorityThread(KeGetCurrentThread(), 12);
    write_it(NULL);
}

static void a_waiter_lends_its_priority(struct machine *m) {
    begin();
    KPRIORITY own = KeQueryPriorityThread(KeGetCurrentThread());
    KeEnterCriticalRegion();
    for (unsigned round = 0; round < 2; round++) {
        if (round)
            ExDisableResourceBoostLite(&resource);
        ExAcquireResourceExclusiveLite(&resource, TRUE);
        PVOID waiter = thread_start(wait_high, NULL);
        wdmsim_settle(m);
        assert_int_equal(KeQueryPriorityThread(KeGetCurrentThread()), round ? own : 12);
        ExReleaseResourceLite(&resource);
        assert_int_equal(KeQueryPriorityThread(KeGetCurrentThread()), own);
        thread_join(waiter);
    }
    KeLeaveCriticalRegion();
}

static void many_threads_share(struct machine *m) {
    PVOID threads[20];
    begin();
    for (unsigned i = 0; i < 20; i++)
        threads[i] = thread_start(read_it, NULL);
    wdmsim_settle(m);
    for (unsigned i = 0; i < 20; i++)
        thread_join(threads[i]);
    assert_int_equal(entered, 20);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    assert_int_equal(ExReinitializeResourceLite(&resource), STATUS_SUCCESS);
    assert_false(ExIsResourceAcquiredExclusiveLite(&resource));
    assert_true(ExAcquireResourceSharedLite(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
    assert_int_equal(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
}

/* ---- errors ---- */

static void releasing_what_is_not_owned(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    wdmsim_expect_bugcheck(RESOURCE_NOT_OWNED);
    ExReleaseResourceLite(&resource);
}

static void converting_what_is_not_exclusive(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    wdmsim_expect_bugcheck(RESOURCE_NOT_OWNED);
    ExConvertExclusiveToSharedLite(&resource);
}

static void a_sharer_waits_for_itself(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
}

static void initializing_twice(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExInitializeResourceLite(&resource);
}

static void deleting_what_is_not_initialized(struct machine *m) {
    (void)m;
    memset(&resource, 0, sizeof resource);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExDeleteResourceLite(&resource);
}

static void acquire_as_user(void *context) {
    (void)context;
    ExAcquireResourceSharedLite(&resource, TRUE);
}

static void apcs_must_be_off_in_user_threads(struct machine *m) {
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    wdmsim_user_thread(m, NULL, acquire_as_user, NULL);
    wdmsim_settle(m);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writers_exclude_everybody),
        wdmsim_unit_test(acquisition_is_recursive),
        wdmsim_unit_test(who_waits_for_exclusive_access_comes_first),
        wdmsim_unit_test(an_exclusive_owner_is_followed_by_all_sharers),
        wdmsim_unit_test(ownership_can_be_given_to_a_pointer),
        wdmsim_unit_test(a_waiter_lends_its_priority),
        wdmsim_unit_test_on(many_threads_share, &four),
        wdmsim_unit_test(releasing_what_is_not_owned),
        wdmsim_unit_test(converting_what_is_not_exclusive),
        wdmsim_unit_test(a_sharer_waits_for_itself),
        wdmsim_unit_test(initializing_twice),
        wdmsim_unit_test(deleting_what_is_not_initialized),
        wdmsim_unit_test(apcs_must_be_off_in_user_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
