/* Rundown protection: the wait ends when the last one has left, and nobody enters after it began.
 */
#include "../threads.h"

static EX_RUNDOWN_REF ref;
static PEX_RUNDOWN_REF_CACHE_AWARE aware;
static LONG inside, refused, over;

static VOID use(PVOID context) {
    (void)context;
    if (!ExAcquireRundownProtection(&ref)) {
        refused++;
        return;
    }
    inside++;
    assert_false(over);
    KeStallExecutionProcessor(1);
    assert_false(over);
    inside--;
    ExReleaseRundownProtection(&ref);
}

static VOID run_down(PVOID context) {
    (void)context;
    ExWaitForRundownProtectionRelease(&ref);
    assert_int_equal(inside, 0);
    over = 1;
}

static void begin(void) {
    ExInitializeRundownProtection(&ref);
    inside = refused = over = 0;
}
static void check(void) {
    assert_true(over);
    assert_false(ExAcquireRundownProtection(&ref));
}

static void the_wait_is_for_those_inside(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {use, run_down, use},
                                             .begin = begin,
                                             .check = check};
    (void)state;
    assert_true(explore(&scenario) > 10);
}

static void after_it_began_nobody_enters(struct machine *m) {
    begin();
    assert_true(ExAcquireRundownProtectionEx(&ref, 3));
    PVOID thread = thread_start(run_down, NULL);
    wdmsim_settle(m);
    assert_false(over);
    assert_false(ExAcquireRundownProtection(&ref));
    assert_false(ExAcquireRundownProtectionEx(&ref, 2));
    ExReleaseRundownProtectionEx(&ref, 2);
    wdmsim_settle(m);
    assert_false(over);
    ExReleaseRundownProtection(&ref);
    thread_join(thread);
    assert_true(over);
    ExWaitForRundownProtectionRelease(&ref); /* returns at once */
    ExReInitializeRundownProtection(&ref);
    assert_true(ExAcquireRundownProtection(&ref));
    ExReleaseRundownProtection(&ref);
    ExRundownCompleted(&ref);
    assert_false(ExAcquireRundownProtection(&ref));
}

static VOID run_down_aware(PVOID context) {
    (void)context;
    ExWaitForRundownProtectionReleaseCacheAware(aware);
    over = 1;
}

static void the_cache_aware_form(struct machine *m) {
    over = 0;
    aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tseT');
    assert_true(ExAcquireRundownProtectionCacheAware(aware));
    assert_true(ExAcquireRundownProtectionCacheAwareEx(aware, 2));
    PVOID thread = thread_start(run_down_aware, NULL);
    wdmsim_settle(m);
    ExReleaseRundownProtectionCacheAwareEx(aware, 2);
    assert_false(ExAcquireRundownProtectionCacheAware(aware));
    assert_false(over);
    ExReleaseRundownProtectionCacheAware(aware);
    thread_join(thread);
    assert_true(over);
    ExReInitializeRundownProtectionCacheAware(aware);
    assert_true(ExAcquireRundownProtectionCacheAware(aware));
    ExReleaseRundownProtectionCacheAware(aware);
    ExRundownCompletedCacheAware(aware);
    assert_false(ExAcquireRundownProtectionCacheAware(aware));
    ExFreeCacheAwareRundownProtection(aware);

    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    aware = ExAllocatePoolWithTag(NonPagedPoolNx, size, 'tseT');
    ExInitializeRundownProtectionCacheAware(aware, size);
    assert_true(ExAcquireRundownProtectionCacheAware(aware));
    ExReleaseRundownProtectionCacheAware(aware);
    ExInitializeRundownProtectionCacheAwareEx(aware, 0);
    assert_true(ExAcquireRundownProtectionCacheAware(aware));
    wdmsim_expect_bugcheck(INVALID_RUNDOWN_PROTECTION_FLAGS);
    ExInitializeRundownProtectionCacheAwareEx(aware, 0x80);
}

static void the_cache_aware_form_is_freed(struct machine *m) {
    (void)m;
    aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tseT');
    ExFreeCacheAwareRundownProtection(aware);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* there is no such block any more */
    ExFreePoolWithTag(aware, 'tseT');
}

static void releasing_too_often(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(REFERENCE_BY_POINTER);
    ExReleaseRundownProtection(&ref);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_is_for_those_inside),
        wdmsim_unit_test(after_it_began_nobody_enters),
        wdmsim_unit_test(the_cache_aware_form),
        wdmsim_unit_test(the_cache_aware_form_is_freed),
        wdmsim_unit_test(releasing_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
