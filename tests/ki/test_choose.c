/* Choices: same seed, same run; other seed, other run; a replayed log is the run it came from. */
#include "../threads.h"

#define TRACE_SIZE (1u << 20)

static KSPIN_LOCK lock;
static KEVENT events[2];

static VOID player(PVOID context) {
    ULONG me = (ULONG)(ULONG_PTR)context;
    KIRQL irql;
    for (int i = 0; i < 8; i++) {
        KeAcquireSpinLock(&lock, &irql);
        KeStallExecutionProcessor(1);
        KeReleaseSpinLock(&lock, irql);
        KeSetEvent(&events[me & 1], IO_NO_INCREMENT, FALSE);
        if (i % 3 == 0) {
            LARGE_INTEGER due = {.QuadPart = -10};
            KeWaitForSingleObject(&events[~me & 1], Executive, KernelMode, FALSE, &due);
        }
    }
}

static void play(void *context) {
    PVOID threads[3];
    (void)context;
    KeInitializeSpinLock(&lock);
    KeInitializeEvent(&events[0], SynchronizationEvent, FALSE);
    KeInitializeEvent(&events[1], SynchronizationEvent, FALSE);
    for (ULONG_PTR i = 0; i < 3; i++)
        threads[i] = thread_start(player, (PVOID)i);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
}

struct text {
    char *data;
    size_t length;
};

static void collect(void *context, const struct wdmsim_event *event) {
    struct text *text = context;
    text->length +=
        (size_t)wdmsim_event_line(event, text->data + text->length, TRACE_SIZE - text->length);
    text->data[text->length++] = '\n';
    assert_true(text->length < TRACE_SIZE - 1024);
}

static bool is_done(void *context) { return *(bool *)context; }

/* Plays once; the text of the trace is the caller's to free. The machine is left for the caller to
 * look at. */
static struct machine *play_once(const struct wdmsim_config *config, struct text *text) {
    struct machine *m;
    bool done;
    text->data = malloc(TRACE_SIZE);
    text->length = 0;
    assert_int_equal(wdmsim_machine_create(config, &m), 0);
    wdmsim_trace_mask(m, WDMSIM_TRACE_ALL);
    wdmsim_trace_sink(m, collect, text);
    assert_int_equal(wdmsim_system_thread(m, play, NULL, &done), 0);
    assert_int_equal(wdmsim_run_until(m, is_done, &done, WDMSIM_FOREVER), 0);
    text->data[text->length] = 0;
    return m;
}

static void a_seed_determines_the_run(void **state) {
    struct wdmsim_config config = {
        .processors = 4, .strategy = WDMSIM_STRATEGY_RANDOM, .flags = WDMSIM_CHECK_RULES};
    unsigned different = 0;
    (void)state;
    for (config.seed = 1; config.seed <= 10; config.seed++) {
        struct text a, b;
        wdmsim_machine_destroy(play_once(&config, &a));
        wdmsim_machine_destroy(play_once(&config, &b));
        assert_string_equal(a.data, b.data);
        config.seed += 100;
        struct text c;
        wdmsim_machine_destroy(play_once(&config, &c));
        config.seed -= 100;
        different += strcmp(a.data, c.data) != 0;
        free(a.data);
        free(b.data);
        free(c.data);
    }
    assert_true(different > 5);
}

static void a_replayed_log_is_the_same_run(void **state) {
    struct wdmsim_config config = {.processors = 4,
                                   .strategy = WDMSIM_STRATEGY_RANDOM,
                                   .seed = 42,
                                   .flags = WDMSIM_CHECK_RULES | WDMSIM_LOG_CHOICES};
    struct text original, replayed;
    const uint32_t *entries;
    (void)state;
    struct machine *m = play_once(&config, &original);
    size_t length = wdmsim_choice_log(m, &entries);
    assert_true(length > 10);
    uint32_t *log = malloc(length * sizeof *log);
    memcpy(log, entries, length * sizeof *log);
    wdmsim_machine_destroy(m);

    config.strategy = WDMSIM_STRATEGY_REPLAY;
    config.replay = log;
    config.replay_length = length;
    m = play_once(&config, &replayed);
    assert_string_equal(original.data, replayed.data);
    assert_int_equal(wdmsim_choice_log(m, &entries), length);
    assert_memory_equal(entries, log, length * sizeof *log);
    wdmsim_machine_destroy(m);
    free(log);
    free(original.data);
    free(replayed.data);
}

static void the_first_strategy_needs_no_seed(void **state) {
    struct wdmsim_config config = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    struct text a, b;
    (void)state;
    wdmsim_machine_destroy(play_once(&config, &a));
    config.seed = 99;
    wdmsim_machine_destroy(play_once(&config, &b));
    assert_string_equal(a.data, b.data);
    free(a.data);
    free(b.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_determines_the_run),
        cmocka_unit_test(a_replayed_log_is_the_same_run),
        cmocka_unit_test(the_first_strategy_needs_no_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
