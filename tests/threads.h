/*
 * What tests of several threads share: starting and joining kernel threads, and the exploration of schedules.
 *
 * explore() runs a scenario again and again on fresh machines until every schedule with at most `preemptions` forced
 * switches has been taken: depth-first over the machine's choices, which the strategy "ask" hands to the test. A scenario
 * is a table of actors, one thread each, over shared state that `begin` prepares and `check` judges when all have ended.
 */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include <ntddk.h>

#include <wdmsim/cmocka.h>

static inline PVOID thread_start(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE handle;
    PVOID thread;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context);
    assert_int_equal(status, STATUS_SUCCESS);
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL);
    assert_int_equal(status, STATUS_SUCCESS);
    ZwClose(handle);
    return thread;
}

static inline void thread_join(PVOID thread)
{
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
}

#define EXPLORE_ACTORS 4
#define EXPLORE_DEPTH 512

struct explored {
    unsigned processors;
    uint32_t flags; /* of the machine: WDMSIM_GUARD_POOL … */
    unsigned preemptions; /* bound on switches, and ways of the power managers, that nothing but a choice
                           * asked for */
    PKSTART_ROUTINE *actors[EXPLORE_ACTORS]; /* NULL ends the table */
    void (*begin)(void);
    void (*check)(void);
};

struct explorer {
    const struct explored *scenario;
    unsigned answers[EXPLORE_DEPTH], alternatives[EXPLORE_DEPTH];
    unsigned depth, next, forced;
    bool exploring;
};
static struct explorer explorer;

static inline unsigned explorer_choose(void *context, enum wdmsim_choice_kind kind, unsigned n)
{
    struct explorer *e = context;
    unsigned answer = 0;
    if (!e->exploring)
        return 0;
    bool preempt = kind == WDMSIM_CHOICE_PREEMPT || kind == WDMSIM_CHOICE_POWER;
    if (preempt && e->forced == e->scenario->preemptions)
        n = 1;
    assert_true(e->next < EXPLORE_DEPTH);
    if (e->next < e->depth) {
        assert_int_equal(n, e->alternatives[e->next]); /* the same way as last time, up to here */
        answer = e->answers[e->next];
    } else {
        e->answers[e->depth] = 0;
        e->alternatives[e->depth++] = n;
    }
    e->next++;
    e->forced += preempt && answer != 0;
    return answer;
}

/* Moves on to the next schedule; false when there is none. */
static inline bool explorer_advance(struct explorer *e)
{
    while (e->depth && e->answers[e->depth - 1] + 1 >= e->alternatives[e->depth - 1])
        e->depth--;
    if (!e->depth)
        return false;
    e->answers[e->depth - 1]++;
    return true;
}

static inline void explorer_body(struct machine *m)
{
    PVOID threads[EXPLORE_ACTORS];
    unsigned count = 0;
    wdmsim_fixture.machine = m;
    explorer.scenario->begin();
    for (; count < EXPLORE_ACTORS && explorer.scenario->actors[count]; count++)
        threads[count] = thread_start(explorer.scenario->actors[count], NULL);
    explorer.exploring = true;
    for (unsigned i = 0; i < count; i++)
        thread_join(threads[i]);
    explorer.exploring = false;
    explorer.scenario->check();
}

static inline void explorer_run_body(void *context)
{
    explorer_body((struct machine *)context);
}

static inline bool explorer_done(void *context)
{
    return *(bool *)context;
}

/* Runs one schedule; false if the machine stopped or hung, with the account in *stop. */
static inline const struct wdmsim_stop *explorer_once(struct machine **machine, bool *done)
{
    struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
    config.processors = explorer.scenario->processors;
    config.flags |= explorer.scenario->flags;
    config.strategy = WDMSIM_STRATEGY_ASK;
    explorer.next = explorer.forced = 0;
    explorer.exploring = false;
    assert_int_equal(wdmsim_machine_create(&config, machine), 0);
    wdmsim_trace_mask(*machine, WDMSIM_TRACE_NONE);
    wdmsim_set_chooser(*machine, explorer_choose, &explorer);
    assert_int_equal(wdmsim_system_thread(*machine, explorer_run_body, *machine, done), 0);
    wdmsim_run_until(*machine, explorer_done, done, WDMSIM_FOREVER);
    return wdmsim_machine_stop(*machine);
}

/* Explores all schedules; fails at the first that stops or hangs. Returns how many there were. */
static inline unsigned explore(const struct explored *scenario)
{
    unsigned schedules = 0;
    memset(&explorer, 0, sizeof explorer);
    explorer.scenario = scenario;
    do {
        struct machine *machine;
        bool done;
        const struct wdmsim_stop *stop = explorer_once(&machine, &done);
        if (stop)
            fail_msg("schedule %u: %s: %s", schedules, stop->name, stop->explanation);
        if (!done)
            fail_msg("schedule %u never ends", schedules);
        wdmsim_machine_destroy(machine);
        schedules++;
    } while (explorer_advance(&explorer));
    return schedules;
}

/* The same on every number of processors up to `most`. */
static inline unsigned explore_up_to(const struct explored *scenario, unsigned most)
{
    unsigned schedules = 0;
    for (unsigned processors = 1; processors <= most; processors++) {
        struct explored on = *scenario;
        on.processors = processors;
        schedules += explore(&on);
    }
    return schedules;
}

/* Explores until a schedule ends in the bug check `code`; false if none does. */
static inline bool explore_finds(const struct explored *scenario, uint32_t code)
{
    memset(&explorer, 0, sizeof explorer);
    explorer.scenario = scenario;
    do {
        struct machine *machine;
        bool done;
        const struct wdmsim_stop *stop = explorer_once(&machine, &done);
        bool found = stop && stop->code == code;
        wdmsim_machine_destroy(machine);
        if (found)
            return true;
    } while (explorer_advance(&explorer));
    return false;
}

#endif
