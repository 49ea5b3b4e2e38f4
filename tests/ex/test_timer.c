/* Ex timers: expiry, periods, cancelling, deletion with and without a callback in progress. */
#include "../threads.h"

static PEX_TIMER timer;
static unsigned fired, deleted;
static uint64_t times[8];
static struct machine *machine;

static EXT_CALLBACK note;
static VOID note(PEX_TIMER which, PVOID context) {
    assert_ptr_equal(which, timer);
    assert_ptr_equal(context, &fired);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    if (fired < 8)
        times[fired] = wdmsim_time(machine);
    fired++;
}

static EXT_DELETE_CALLBACK note_deletion;
static VOID note_deletion(PVOID context) {
    assert_ptr_equal(context, &deleted);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL); /* wherever the timer was deleted */
    deleted++;
}

static PEXT_DELETE_PARAMETERS parameters(void) {
    static EXT_DELETE_PARAMETERS values;
    memset(&values, 0xff, sizeof values);
    ExInitializeDeleteTimerParameters(&values);
    assert_int_equal(values.Version, 0);
    assert_int_equal(values.Reserved, 0);
    assert_null(values.DeleteCallback);
    assert_null(values.DeleteContext);
    values.DeleteCallback = note_deletion;
    values.DeleteContext = &deleted;
    return &values;
}

static void begin(struct machine *m, ULONG attributes) {
    machine = m;
    fired = deleted = 0;
    timer = ExAllocateTimer(note, &fired, attributes);
    assert_non_null(timer);
}

#define MS(n) ((n)*10000LL)

static void a_timer_fires_once_when_due(struct machine *m) {
    begin(m, 0);
    uint64_t start = wdmsim_time(m);
    assert_false(ExSetTimer(timer, -MS(5), 0, NULL));
    wdmsim_advance(m, 4 * WDMSIM_MS);
    assert_int_equal(fired, 0);
    wdmsim_advance(m, 100 * WDMSIM_MS);
    assert_int_equal(fired, 1);
    assert_int_equal(times[0] - start, 5 * WDMSIM_MS);
    assert_false(ExCancelTimer(timer, NULL));
    assert_false(ExDeleteTimer(timer, TRUE, TRUE, parameters()));
    assert_int_equal(deleted, 1);
}

static void periods_are_exact_below_a_millisecond(struct machine *m) {
    EXT_SET_PARAMETERS set;
    begin(m, EX_TIMER_HIGH_RESOLUTION);
    uint64_t start = wdmsim_time(m);
    memset(&set, 0xff, sizeof set);
    ExInitializeSetTimerParameters(&set);
    assert_int_equal(set.Version, 0);
    assert_int_equal(set.Reserved, 0);
    assert_int_equal(set.NoWakeTolerance, 0);
    ExSetTimer(timer, -MS(1), 2500, &set); /* 250 us */
    wdmsim_advance(m, 2 * WDMSIM_MS);
    assert_int_equal(fired, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(times[i] - start, WDMSIM_MS + i * 250 * WDMSIM_US);
    assert_true(ExCancelTimer(timer, NULL));
    wdmsim_advance(m, 2 * WDMSIM_MS);
    assert_int_equal(fired, 5);
    ExDeleteTimer(timer, TRUE, FALSE, NULL);
}

static void setting_again_replaces_the_first(struct machine *m) {
    begin(m, 0);
    ExSetTimer(timer, -MS(5), 0, NULL);
    assert_true(ExSetTimer(timer, -MS(50), 0, NULL));
    wdmsim_advance(m, 40 * WDMSIM_MS);
    assert_int_equal(fired, 0);
    wdmsim_advance(m, 40 * WDMSIM_MS);
    assert_int_equal(fired, 1);
    ExDeleteTimer(timer, TRUE, FALSE, NULL);
}

static void threads_wait_for_a_timer(struct machine *m) {
    LARGE_INTEGER none = {.QuadPart = 0};
    begin(m, 0);
    ExDeleteTimer(timer, FALSE, FALSE, NULL);
    for (unsigned notification = 0; notification < 2; notification++) {
        timer = ExAllocateTimer(NULL, NULL, notification ? EX_TIMER_NOTIFICATION : 0);
        ExSetTimer(timer, -MS(1), 0, NULL);
        assert_int_equal(KeWaitForSingleObject(timer, Executive, KernelMode, FALSE, NULL),
                         STATUS_SUCCESS);
        assert_int_equal(KeWaitForSingleObject(timer, Executive, KernelMode, FALSE, &none),
                         notification ? STATUS_SUCCESS : STATUS_TIMEOUT);
        ExDeleteTimer(timer, TRUE, TRUE, NULL);
    }
}

static void deletion_without_cancelling_comes_after_expiry(struct machine *m) {
    begin(m, 0);
    ExSetTimer(timer, -MS(5), 0, NULL);
    assert_false(ExDeleteTimer(timer, FALSE, FALSE, parameters()));
    assert_int_equal(deleted, 0);
    wdmsim_advance(m, 10 * WDMSIM_MS);
    assert_int_equal(fired, 1);
    assert_int_equal(deleted, 1);
}

static void cancelling_deletion_prevents_expiry(struct machine *m) {
    begin(m, 0);
    ExSetTimer(timer, -MS(5), MS(5), NULL);
    assert_true(ExDeleteTimer(timer, TRUE, TRUE, parameters()));
    assert_int_equal(deleted, 1);
    wdmsim_advance(m, 10 * WDMSIM_MS);
    assert_int_equal(fired, 0);
}

static VOID delete_itself(PEX_TIMER which, PVOID context) {
    (void)context;
    fired++;
    ExDeleteTimer(which, TRUE, FALSE, parameters());
    assert_int_equal(deleted, 0); /* not while the callback uses it */
}

static void a_callback_may_delete_its_timer(struct machine *m) {
    fired = deleted = 0;
    timer = ExAllocateTimer(delete_itself, NULL, 0);
    ExSetTimer(timer, -MS(1), MS(1), NULL);
    wdmsim_advance(m, 10 * WDMSIM_MS);
    assert_int_equal(fired, 1);
    assert_int_equal(deleted, 1);
}

/* On two processors: the deletion that waits returns when the callback has. */
static VOID stall(PEX_TIMER which, PVOID context) {
    (void)which;
    (void)context;
    fired++;
    KeStallExecutionProcessor(1);
    assert_int_equal(deleted, 0);
    fired++;
}
static VOID arm(PVOID context) {
    (void)context;
    ExSetTimer(timer, -1, 0, NULL);
    KeStallExecutionProcessor(1);
}
static VOID delete_and_wait(PVOID context) {
    (void)context;
    KeStallExecutionProcessor(1);
    ExDeleteTimer(timer, TRUE, TRUE, parameters());
    assert_int_equal(deleted, 1);
    assert_true(fired == 0 || fired == 2);
}
static VOID set_then_delete(PVOID context) {
    arm(context);
    delete_and_wait(context);
}
static VOID stay_busy(PVOID context) {
    (void)context;
    KeStallExecutionProcessor(2);
}
static void begin_race(void) {
    fired = deleted = 0;
    timer = ExAllocateTimer(stall, NULL, 0);
}
static void check_race(void) { assert_int_equal(deleted, 1); }

static void deletion_waits_for_the_callback(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {set_then_delete, stay_busy},
                                             .begin = begin_race,
                                             .check = check_race};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

static void deleting_with_wait_but_without_cancel(struct machine *m) {
    begin(m, 0);
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    ExDeleteTimer(timer, FALSE, TRUE, NULL);
}

static void attributes_that_exclude_each_other(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    ExAllocateTimer(note, NULL, EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE);
}

static void an_absolute_high_resolution_time(struct machine *m) {
    begin(m, EX_TIMER_HIGH_RESOLUTION);
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    ExSetTimer(timer, 1, 0, NULL);
}

static void a_tolerance_is_not_negative(struct machine *m) {
    EXT_SET_PARAMETERS set;
    begin(m, EX_TIMER_NO_WAKE);
    ExInitializeSetTimerParameters(&set);
    assert_int_equal(set.NoWakeTolerance, 0);
    set.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
    assert_false(ExSetTimer(timer, -MS(5), 0, &set));
    set.NoWakeTolerance = -2;
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    ExSetTimer(timer, -MS(5), 0, &set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_tolerance_is_not_negative),
        wdmsim_unit_test(a_timer_fires_once_when_due),
        wdmsim_unit_test(periods_are_exact_below_a_millisecond),
        wdmsim_unit_test(setting_again_replaces_the_first),
        wdmsim_unit_test(threads_wait_for_a_timer),
        wdmsim_unit_test(deletion_without_cancelling_comes_after_expiry),
        wdmsim_unit_test(cancelling_deletion_prevents_expiry),
        wdmsim_unit_test(a_callback_may_delete_its_timer),
        cmocka_unit_test(deletion_waits_for_the_callback),
        wdmsim_unit_test(deleting_with_wait_but_without_cancel),
        wdmsim_unit_test(attributes_that_exclude_each_other),
        wdmsim_unit_test(an_absolute_high_resolution_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
