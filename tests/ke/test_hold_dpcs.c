/* DPCs in the host's hand: every one queued is seen, held back ones wait, and they run one by one.
 */
#include "../threads.h"

static KDPC dpcs[3];
static char ran[8];
static struct {
    unsigned count;
    PKDPC dpc;
    char routine[64];
    PVOID context, arguments[2];
    unsigned processor;
    bool threaded;
} seen;

static KDEFERRED_ROUTINE note;
static VOID note(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    size_t length = strlen(ran);
    (void)dpc;
    (void)argument1;
    (void)argument2;
    ran[length] = *(const char *)context;
    ran[length + 1] = 0;
}

static void prepare(void) {
    static const char names[] = "abc";
    memset(ran, 0, sizeof ran);
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < 3; i++)
        KeInitializeDpc(&dpcs[i], note, (PVOID)&names[i]);
}

static void queue_all(void) {
    for (int i = 0; i < 3; i++)
        assert_true(KeInsertQueueDpc(&dpcs[i], NULL, NULL));
}

static void see(void *context, const struct wdmsim_dpc *dpc) {
    assert_ptr_equal(context, &seen);
    seen.count++;
    seen.dpc = dpc->dpc;
    snprintf(seen.routine, sizeof seen.routine, "%s", dpc->routine);
    seen.context = dpc->context;
    memcpy(seen.arguments, dpc->arguments, sizeof seen.arguments);
    seen.processor = dpc->processor;
    seen.threaded = dpc->threaded;
}

static void every_queued_dpc_is_seen(struct machine *m) {
    prepare();
    wdmsim_observe_dpcs(m, see, &seen);
    KeInsertQueueDpc(&dpcs[1], &dpcs[0], &dpcs[2]);
    assert_int_equal(seen.count, 1);
    assert_ptr_equal(seen.dpc, &dpcs[1]);
    assert_true(strlen(seen.routine) > 0);
    assert_ptr_equal(seen.context, dpcs[1].DeferredContext);
    assert_ptr_equal(seen.arguments[0], &dpcs[0]);
    assert_ptr_equal(seen.arguments[1], &dpcs[2]);
    assert_false(seen.threaded);
    assert_string_equal(ran, "b");
    KeInitializeThreadedDpc(&dpcs[0], note, dpcs[0].DeferredContext);
    KeSetTargetProcessorDpc(&dpcs[0], 1);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.processor, 1);
    assert_true(seen.threaded);
    wdmsim_observe_dpcs(m, NULL, NULL);
    KeInsertQueueDpc(&dpcs[2], NULL, NULL);
    assert_int_equal(seen.count, 2);
}

/* Check that the DPC of a timer is one of them. */
static void a_timers_dpc_is_seen(struct machine *m) {
    KTIMER timer;
    LARGE_INTEGER due = {.QuadPart = -10000};
    prepare();
    wdmsim_observe_dpcs(m, see, &seen);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, &dpcs[0]);
    assert_int_equal(seen.count, 0);
    wdmsim_advance(m, WDMSIM_MS);
    assert_int_equal(seen.count, 1);
    assert_ptr_equal(seen.dpc, &dpcs[0]);
}

static void held_dpcs_run_one_by_one(struct machine *m) {
    prepare();
    wdmsim_hold_dpcs(m, true);
    queue_all();
    wdmsim_settle(m);
    assert_string_equal(ran, "");
    assert_false(KeInsertQueueDpc(&dpcs[0], NULL, NULL)); /* it is queued */
    assert_int_equal(wdmsim_run_dpc(m, NULL), 0);
    assert_string_equal(ran, "a");
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[2]), 0);
    assert_string_equal(ran, "ac");
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[2]), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_run_dpc(m, NULL), 0);
    assert_string_equal(ran, "acb");
    assert_int_equal(wdmsim_run_dpc(m, NULL), WDMSIM_ERROR_NOT_FOUND);
}

static void a_removed_dpc_is_not_held(struct machine *m) {
    prepare();
    wdmsim_hold_dpcs(m, true);
    queue_all();
    assert_true(KeRemoveQueueDpc(&dpcs[0]));
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[0]), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_run_dpc(m, NULL), 0);
    assert_string_equal(ran, "b");
}

static void letting_go_runs_the_rest_in_order(struct machine *m) {
    prepare();
    wdmsim_hold_dpcs(m, true);
    queue_all();
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[1]), 0);
    wdmsim_hold_dpcs(m, false);
    wdmsim_settle(m);
    assert_string_equal(ran, "bac");
}

/* Check that a flush keeps its promise to the driver, and that the next DPC is held again. */
static void a_flush_runs_what_is_held(struct machine *m) {
    prepare();
    KeSetTargetProcessorDpc(&dpcs[1], 1);
    KeInitializeThreadedDpc(&dpcs[2], note, dpcs[2].DeferredContext);
    wdmsim_hold_dpcs(m, true);
    queue_all();
    KeFlushQueuedDpcs();
    assert_int_equal(strlen(ran), 3);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(strlen(ran), 3);
}

static KDEFERRED_ROUTINE where;
static VOID where(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)argument1;
    (void)argument2;
    *(ULONG *)context = KeGetCurrentProcessorNumberEx(NULL);
}

/* Check that a DPC runs where it is queued, also a threaded one, and no other with it. */
static void it_runs_on_its_processor(struct machine *m) {
    ULONG normal = 99, threaded = 99;
    prepare();
    KeInitializeDpc(&dpcs[0], where, &normal);
    KeSetTargetProcessorDpc(&dpcs[0], 1);
    KeInitializeThreadedDpc(&dpcs[1], where, &threaded);
    KeSetTargetProcessorDpc(&dpcs[1], 1);
    wdmsim_hold_dpcs(m, true);
    queue_all();
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[1]), 0);
    assert_int_equal(threaded, 1);
    assert_int_equal(normal, 99);
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[0]), 0);
    assert_int_equal(normal, 1);
    assert_string_equal(ran, "");
}

/* Check that the host program can do it too, between two calls that run the machine. */
static void queue_from_host(void *context) {
    (void)context;
    queue_all();
}

static void the_host_program_runs_one(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    prepare();
    wdmsim_hold_dpcs(m, true);
    assert_int_equal(wdmsim_system_thread(m, queue_from_host, NULL, NULL), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_string_equal(ran, "");
    assert_int_equal(wdmsim_run_dpc(m, &dpcs[1]), 0);
    assert_string_equal(ran, "b");
    wdmsim_hold_dpcs(m, false);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_string_equal(ran, "bac");
    wdmsim_machine_destroy(m);
}

int main(void) {
    static const struct wdmsim_config two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(every_queued_dpc_is_seen, &two),
        wdmsim_unit_test(a_timers_dpc_is_seen),
        wdmsim_unit_test(held_dpcs_run_one_by_one),
        wdmsim_unit_test(a_removed_dpc_is_not_held),
        wdmsim_unit_test(letting_go_runs_the_rest_in_order),
        wdmsim_unit_test_on(a_flush_runs_what_is_held, &two),
        wdmsim_unit_test_on(it_runs_on_its_processor, &two),
        cmocka_unit_test(the_host_program_runs_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
