/*
 * Remove locks as a driver uses them around the removal of its device.
 */
#include "pnp_test.h"

#include "../threads.h"

static IO_REMOVE_LOCK lock;
static bool released, waited;
static char tag, second, other;

static VOID waiter(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    assert_int_equal(IoAcquireRemoveLock(&lock, &other), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWait(&lock, &other);
    assert_true(released);
    waited = true;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* PNP-073, PNP-074: of two holders, the first one's release is not enough. */
static void pnp_074_release_and_wait_returns_at_count_zero(struct machine *m) {
    LARGE_INTEGER moment = {.QuadPart = -10000};
    UNREFERENCED_PARAMETER(m);
    released = waited = false;
    IoInitializeRemoveLock(&lock, 'tset', 0, 0);
    assert_int_equal(IoAcquireRemoveLock(&lock, &tag), STATUS_SUCCESS);
    assert_int_equal(IoAcquireRemoveLock(&lock, &second), STATUS_SUCCESS);
    PVOID thread = thread_start(waiter, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_false(waited);
    assert_int_equal(IoAcquireRemoveLock(&lock, &tag), STATUS_DELETE_PENDING);
    IoReleaseRemoveLock(&lock, &second);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_false(waited);
    released = true;
    IoReleaseRemoveLock(&lock, &tag);
    thread_join(thread);
    assert_true(waited);
    assert_int_equal(IoAcquireRemoveLock(&lock, &tag), STATUS_DELETE_PENDING);
}

TEST_MAIN(wdmsim_unit_test(pnp_074_release_and_wait_returns_at_count_zero))
