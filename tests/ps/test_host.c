/* What a host program does with processes: events, user threads, the list of threads. The tests run
 * outside the machine. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct machine *new_machine(void) {
    struct machine *m;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    return m;
}

static void events_have_handles_and_states(void **unused) {
    struct machine *m = new_machine();
    (void)unused;
    uint64_t manual = wdmsim_event_create(m, NULL, true, false),
             automatic = wdmsim_event_create(m, NULL, false, true);
    assert_true(manual && automatic && manual != automatic);
    assert_int_equal(wdmsim_event_state(m, NULL, manual), 0);
    assert_int_equal(wdmsim_event_state(m, NULL, automatic), 1);
    assert_int_equal(wdmsim_event_set(m, NULL, manual, true), 0);
    assert_int_equal(wdmsim_event_set(m, NULL, automatic, false), 0);
    assert_int_equal(wdmsim_event_state(m, NULL, manual), 1);
    assert_int_equal(wdmsim_event_state(m, NULL, automatic), 0);
    assert_int_equal(wdmsim_event_state(m, NULL, 0x4444), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_event_set(m, NULL, 0x4444, true), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_machine_destroy(m);
}

static struct {
    HANDLE event;
    NTSTATUS status;
} waiter;

static void wait_for_event(void *context) {
    (void)context;
    waiter.status = ZwWaitForSingleObject(waiter.event, FALSE, NULL);
}

/* Check that setting an event from outside wakes who waits for it, when the machine runs. */
static void setting_an_event_wakes_its_waiter(void **unused) {
    struct machine *m = new_machine();
    (void)unused;
    waiter.event = (HANDLE)(ULONG_PTR)wdmsim_event_create(m, NULL, false, false);
    waiter.status = STATUS_PENDING;
    assert_int_equal(wdmsim_user_thread(m, NULL, wait_for_event, NULL), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(waiter.status, STATUS_PENDING);
    assert_int_equal(wdmsim_event_set(m, NULL, (uint64_t)(ULONG_PTR)waiter.event, true), 0);
    assert_int_equal(waiter.status, STATUS_PENDING);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(waiter.status, STATUS_SUCCESS);
    wdmsim_machine_destroy(m);
}

static void threads_are_listed_with_what_they_wait_for(void **unused) {
    struct machine *m = new_machine();
    char text[2048], small[8];
    (void)unused;
    waiter.event = (HANDLE)(ULONG_PTR)wdmsim_event_create(m, NULL, false, false);
    wdmsim_user_thread(m, NULL, wait_for_event, NULL);
    wdmsim_settle(m);
    int length = wdmsim_show_threads(m, text, sizeof text);
    assert_int_equal((size_t)length, strlen(text));
    assert_non_null(strstr(text, "app.exe, 1 handles"));
    assert_non_null(
        strstr(text, "User priority 8: waits for a synchronization event, kernel mode"));
    assert_int_equal(wdmsim_show_threads(m, small, sizeof small), length);
    assert_int_equal(strlen(small), sizeof small - 1);
    wdmsim_machine_destroy(m);
}

static void ended(void *context) { *(int *)context += 1; }

/* Check that a process that ends takes its events and threads with it, the default one, too. */
static void a_process_ends_for_good(void **unused) {
    struct machine *m = new_machine();
    int runs = 0;
    (void)unused;
    assert_true(wdmsim_event_create(m, NULL, true, true) != 0);
    assert_int_equal(wdmsim_process_exit(m, NULL), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(wdmsim_event_create(m, NULL, true, true), 0);
    assert_int_equal(wdmsim_user_thread(m, NULL, ended, &runs), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_process_exit(m, NULL), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(runs, 0);
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_handles_and_states),
        cmocka_unit_test(setting_an_event_wakes_its_waiter),
        cmocka_unit_test(threads_are_listed_with_what_they_wait_for),
        cmocka_unit_test(a_process_ends_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
