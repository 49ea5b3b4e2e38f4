/*
 * Callbacks that come and go while a processor is added: nobody misses one, hears of half of its
 * coming, or is called once he has deregistered.
 */
#include "../threads.h"

static const struct wdmsim_config room = {
    .processors = 2, .maximum_processors = 6, .flags = WDMSIM_CHECK_RULES};

/* What a callback has heard of, a bit per processor. */
struct listener {
    PVOID handle;
    ULONG started, completed;
    bool gone;                       /* it is not to be called any more */
    LONGLONG delay;                  /* of its start callback, 100 ns */
    struct listener *drops, *brings; /* whom it deregisters and registers at a start */
};

static PROCESSOR_CALLBACK_FUNCTION listen;
static ULONG coming; /* a callback of a start is running for these */

static void join(struct listener *listener) {
    listener->gone = false;
    listener->handle =
        KeRegisterProcessorChangeCallback(listen, listener, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    assert_non_null(listener->handle);
}

static void leave(struct listener *listener) {
    KeDeregisterProcessorChangeCallback(listener->handle);
    listener->gone = true;
}

static void on_start(struct listener *listener, ULONG bit) {
    LARGE_INTEGER delay = {.QuadPart = -listener->delay};
    assert_int_equal(listener->started & bit, 0);
    listener->started |= bit;
    coming |= bit;
    if (listener->delay)
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
    if (listener->drops)
        leave(listener->drops);
    if (listener->brings)
        join(listener->brings);
    listener->drops = listener->brings = NULL;
    coming &= ~bit;
}

static VOID listen(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status) {
    struct listener *listener = context;
    ULONG bit = 1u << change->NtNumber;
    (void)status;
    assert_false(listener->gone);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (change->State == KeProcessorAddStartNotify) {
        on_start(listener, bit);
    } else {
        assert_int_equal(change->State, KeProcessorAddCompleteNotify);
        assert_int_not_equal(listener->started & bit, 0);
        assert_int_equal(listener->completed & bit, 0);
        listener->completed |= bit;
    }
}

static void expect(const struct listener *listener, ULONG processors) {
    assert_int_equal(listener->started, processors);
    assert_int_equal(listener->completed, processors);
}

/* The second is registered last, so it is told first, and takes its time. */
static void a_listener_leaves_while_another_one_is_told(struct machine *m) {
    struct listener first = {0}, second = {0};
    uint32_t status;
    join(&first);
    join(&second);
    second.delay = 10000;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_settle(m);
    assert_int_equal(coming, 4);
    leave(&first); /* waits until the processor is there, or not */
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(coming, 0);
    expect(&second, 7);
    expect(&first, 7);
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_advance(m, WDMSIM_S);
    expect(&first, 7);
    expect(&second, 0xf);
    leave(&second);
}

static void one_who_joins_then_hears_of_all(struct machine *m) {
    struct listener first = {0}, late = {0};
    uint32_t status;
    join(&first);
    first.delay = 10000;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_settle(m);
    assert_int_equal(coming, 4);
    join(&late);
    expect(&late, 7);
    expect(&first, 7);
    leave(&late);
    leave(&first);
}

static void a_callback_may_drop_itself_and_others(struct machine *m) {
    struct listener first = {0}, second = {0}, third = {0};
    uint32_t status;
    join(&first);
    join(&second);
    join(&third);
    third.drops = &second; /* the next one to be told */
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_settle(m);
    assert_int_equal(status, STATUS_SUCCESS);
    expect(&first, 7);
    expect(&second, 3);
    expect(&third, 7);
    third.drops = &third;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_settle(m);
    assert_int_equal(third.started, 0xf);
    assert_int_equal(third.completed, 7); /* it does not want to know */
    expect(&first, 0xf);
    leave(&first);
}

static void a_callback_may_bring_another_one(struct machine *m) {
    struct listener first = {0}, other = {0};
    uint32_t status;
    join(&first);
    first.brings = &other;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    wdmsim_settle(m);
    expect(&first, 7);
    expect(&other, 7); /* two that were there, and the one that comes */
    leave(&first);
    leave(&other);
}

/* ---- with chance ---- */

static struct listener brief, lasting;

static VOID come_and_go(PVOID context) {
    (void)context;
    join(&brief);
    leave(&brief);
}

static VOID come(PVOID context) {
    (void)context;
    join(&lasting);
}

static uint32_t outcome;

static bool is_decided(void *context) {
    (void)context;
    return outcome != (uint32_t)STATUS_PENDING;
}

static void race(void *context) {
    struct machine *m = context;
    PVOID threads[] = {thread_start(come_and_go, NULL), thread_start(come, NULL)};
    LARGE_INTEGER pause = {.QuadPart = -100000ll * wdmsim_choose(m, 10)};
    KeDelayExecutionThread(KernelMode, FALSE, &pause);
    assert_int_equal(wdmsim_processor_add(m, &outcome), 0);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    assert_int_equal(wdmsim_run_until(m, is_decided, NULL, WDMSIM_S), 0);
    assert_int_equal(brief.started, brief.completed);
    assert_int_equal(brief.started & 3, 3);
    expect(&lasting, 7);
    leave(&lasting);
}

static bool is_done(void *context) { return *(const bool *)context; }

static void two_listeners_race_with_a_processor(void **state) {
    unsigned heard = 0, seeds = 200;
    (void)state;
    for (unsigned seed = 0; seed < seeds; seed++) {
        struct wdmsim_config config = room;
        struct machine *machine;
        bool done;
        config.strategy = WDMSIM_STRATEGY_RANDOM;
        config.seed = seed;
        memset(&brief, 0, sizeof brief);
        memset(&lasting, 0, sizeof lasting);
        brief.delay = lasting.delay = 1;
        assert_int_equal(wdmsim_machine_create(&config, &machine), 0);
        assert_int_equal(wdmsim_system_thread(machine, race, machine, &done), 0);
        assert_int_equal(wdmsim_run_until(machine, is_done, &done, WDMSIM_FOREVER), 0);
        heard += brief.started == 7;
        wdmsim_machine_destroy(machine);
    }
    assert_in_range(heard, 1, seeds - 1); /* both orders */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(a_listener_leaves_while_another_one_is_told, &room),
        wdmsim_unit_test_on(one_who_joins_then_hears_of_all, &room),
        wdmsim_unit_test_on(a_callback_may_drop_itself_and_others, &room),
        wdmsim_unit_test_on(a_callback_may_bring_another_one, &room),
        cmocka_unit_test(two_listeners_race_with_a_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
