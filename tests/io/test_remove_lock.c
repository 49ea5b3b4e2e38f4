/* Remove locks: removal waits for what is going on, and tags must match while rules are checked. */
#include "io_test.h"

static IO_REMOVE_LOCK lock;
static bool removed;

static void remove_device(void *context) {
    UNREFERENCED_PARAMETER(context);
    IoAcquireRemoveLock(&lock, remove_device);
    IoReleaseRemoveLockAndWait(&lock, remove_device);
    removed = true;
}

static void removal_waits_for_the_last_release(struct machine *m) {
    IoInitializeRemoveLock(&lock, 1, 0, 0);
    assert_int_equal(IoAcquireRemoveLock(&lock, &lock), STATUS_SUCCESS);
    assert_int_equal(IoAcquireRemoveLock(&lock, m), STATUS_SUCCESS);
    removed = false;
    wdmsim_system_thread(m, remove_device, NULL, NULL);
    wdmsim_settle(m);
    assert_false(removed);
    assert_int_equal(IoAcquireRemoveLock(&lock, NULL), STATUS_DELETE_PENDING);
    IoReleaseRemoveLock(&lock, m);
    wdmsim_settle(m);
    assert_false(removed);
    IoReleaseRemoveLock(&lock, &lock);
    wdmsim_settle(m);
    assert_true(removed);
}

static void wrong_tag_body(struct machine *m) {
    IoInitializeRemoveLock(&lock, 1, 0, 0);
    IoAcquireRemoveLock(&lock, m);
    IoReleaseRemoveLock(&lock, &lock);
}

static void a_release_needs_its_tag(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(wrong_tag_body, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD5);
}

static void wrong_last_tag_body(struct machine *m) {
    IoInitializeRemoveLock(&lock, 1, 0, 0);
    IoAcquireRemoveLock(&lock, m);
    IoReleaseRemoveLockAndWait(&lock, &lock);
}

static void the_last_release_needs_its_tag(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(wrong_last_tag_body, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD6);
}

static void acquire_raw_body(struct machine *m) {
    memset(&lock, 0, sizeof lock);
    IoAcquireRemoveLock(&lock, m);
}

static void release_raw_body(struct machine *m) {
    memset(&lock, 0x5a, sizeof lock);
    IoReleaseRemoveLock(&lock, m);
}

static void wait_raw_body(struct machine *m) {
    memset(&lock, 0, sizeof lock);
    IoReleaseRemoveLockAndWait(&lock, m);
}

static void using_a_lock_that_is_not_initialised(void **state) {
    static const struct {
        void (*body)(struct machine *m);
        const char *routine;
    } cases[] = {{acquire_raw_body, "called IoAcquireRemoveLock for the remove lock at 0x"},
                 {release_raw_body, "called IoReleaseRemoveLock for the remove lock at 0x"},
                 {wait_raw_body, "called IoReleaseRemoveLockAndWait for the remove lock at 0x"}};
    UNREFERENCED_PARAMETER(state);
    for (unsigned i = 0; i < ARRAYSIZE(cases); i++) {
        test_expect_stop(cases[i].body, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1002);
        assert_non_null(strstr(test_stopped.explanation, cases[i].routine));
        assert_int_equal(test_stopped.parameters[1], (ULONG_PTR)&lock);
    }
}

static void again_body(struct machine *m) {
    test_load(m);
    PIO_REMOVE_LOCK own = test_device->DeviceExtension;
    IoInitializeRemoveLock(own, 1, 0, 0);
    IoAcquireRemoveLock(own, m);
    IoReleaseRemoveLockAndWait(own, m);
    IoInitializeRemoveLock(own, 1, 0, 0);
}

/* The same for a lock in a pool block that lives on. */
static void again_in_pool_body(struct machine *m) {
    struct {
        char before[40];
        IO_REMOVE_LOCK lock;
    } *context = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *context, 'kcoL');
    IoInitializeRemoveLock(&context->lock, 1, 0, 0);
    IoAcquireRemoveLock(&context->lock, m);
    IoReleaseRemoveLockAndWait(&context->lock, m);
    memset(context, 0, sizeof *context);
    IoInitializeRemoveLock(&context->lock, 1, 0, 0);
}

static void a_removed_lock_is_not_initialised_again(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(again_body, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD7);
    test_expect_stop(again_in_pool_body, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD7);
}

/* Check that memory allocated anew where a removed lock was holds another lock in small blocks and
 * in ones of whole pages. */
static void a_lock_in_fresh_memory_is_another(struct machine *m) {
    static const size_t sizes[] = {40, 200, 1000, 3000, 9000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t at = sizes[i];
        char *last = NULL;
        bool same = false;
        /* Sanitizers and Valgrind keep freed blocks out of use for a while. */
        for (unsigned round = 0; round < 2000 && !same; round++) {
            char *context =
                ExAllocatePoolWithTag(NonPagedPoolNx, at + sizeof(IO_REMOVE_LOCK), 'kcoL');
            PIO_REMOVE_LOCK in = (PIO_REMOVE_LOCK)(void *)(context + at);
            same = context == last;
            if (!last)
                last = context;
            IoInitializeRemoveLock(in, 1, 0, 0);
            assert_int_equal(IoAcquireRemoveLock(in, m), STATUS_SUCCESS);
            IoReleaseRemoveLockAndWait(in, m);
            ExFreePool(context);
        }
        assert_true(same);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(removal_waits_for_the_last_release),
        cmocka_unit_test(a_release_needs_its_tag),
        cmocka_unit_test(the_last_release_needs_its_tag),
        cmocka_unit_test(using_a_lock_that_is_not_initialised),
        cmocka_unit_test(a_removed_lock_is_not_initialised_again),
        wdmsim_unit_test(a_lock_in_fresh_memory_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
