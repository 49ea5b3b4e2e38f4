/* Performance states, with a plug-in that the test plays. */
#include "fx_inside.h"

#define DEVICE (int64_t)(ULONG_PTR) fx.handle

static PO_FX_PERF_STATE speeds[] = {{100, NULL}, {200, NULL}, {400, NULL}};
static struct {
    PO_FX_COMPONENT_PERF_INFO info;
    PO_FX_COMPONENT_PERF_SET second;
} sets;

static char words[256];
static PVOID told_context;
static BOOLEAN told;
static PKTHREAD teller;
static KIRQL told_irql;
static void (*in_callback)(void);

static PO_FX_COMPONENT_PERF_STATE_CALLBACK callback;
static VOID callback(PVOID context, ULONG component, BOOLEAN succeeded, PVOID request) {
    assert_ptr_equal(context, &fx);
    snprintf(words + strlen(words), sizeof words - strlen(words), "P%u:%u ", component, succeeded);
    told = succeeded;
    told_context = request;
    teller = KeGetCurrentThread();
    told_irql = KeGetCurrentIrql();
    if (in_callback)
        in_callback();
}

/* A set of three speeds, and a range from 10 to 20. */
static void describe_sets(void) {
    static WCHAR name[] = L"clock";
    memset(&sets, 0, sizeof sets);
    sets.info.PerfStateSetsCount = 2;
    PPO_FX_COMPONENT_PERF_SET set = sets.info.PerfStateSets;
    RtlInitUnicodeString(&set->Name, name);
    set->Unit = PoFxPerfStateUnitFrequency;
    set->Type = PoFxPerfStateTypeDiscrete;
    set->Discrete.Count = 3;
    set->Discrete.States = speeds;
    sets.second.Type = PoFxPerfStateTypeRange;
    sets.second.Range.Minimum = 10;
    sets.second.Range.Maximum = 20;
}

static NTSTATUS register_sets(ULONGLONG flags) {
    return PoFxRegisterComponentPerfStates(fx.handle, 0, flags, callback, &sets.info, NULL);
}

static ULONGLONG current(ULONG set) {
    ULONGLONG value = 0;
    assert_int_equal(PoFxQueryCurrentComponentPerfState(fx.handle, 0, 0, set, &value),
                     STATUS_SUCCESS);
    return value;
}

static void begin(void) {
    fx_begin_on(1, 2);
    describe_sets();
    words[0] = 0;
    in_callback = NULL;
}

static void change(ULONG flags, ULONG set, ULONGLONG value, PVOID context) {
    PO_FX_PERF_STATE_CHANGE perf = {.Set = set, .StateValue = value};
    PoFxIssueComponentPerfStateChange(fx.handle, flags, 0, &perf, context);
}

/* ---- without a plug-in ---- */

static void pfx_072_one_side_describes_the_sets(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PPO_FX_COMPONENT_PERF_INFO out;
    begin();
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, PO_FX_FLAG_PERF_PEP_OPTIONAL,
                                                     callback, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, 0, callback, &sets.info, &out),
                     STATUS_INVALID_PARAMETER);
    sets.info.PerfStateSetsCount = 0;
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
}

static void pfx_073_without_a_plug_in_it_must_be_optional(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PPO_FX_COMPONENT_PERF_INFO out;
    begin();
    assert_int_equal(register_sets(0), STATUS_NOT_IMPLEMENTED);
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, 0, callback, NULL, &out),
                     STATUS_NOT_IMPLEMENTED);
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_SUCCESS);
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
}

static void sets_that_contradict_themselves_are_refused(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_PERF_STATE falling[] = {{2, NULL}, {1, NULL}};
    begin();
    sets.second.Range.Maximum = 9;
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
    describe_sets();
    sets.info.PerfStateSets[0].Discrete.States = falling;
    sets.info.PerfStateSets[0].Discrete.Count = 2;
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
    sets.info.PerfStateSets[0].Discrete.Count = 0;
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
}

static void begin_optional(void) {
    begin();
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_SUCCESS);
    memset(&sets, 0xff, sizeof sets); /* it was copied */
}

static void pfx_074_every_request_has_its_callback(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin_optional();
    assert_int_equal(current(0), 0);
    assert_int_equal(current(1), 10);
    change(0, 0, 2, &sets);
    assert_string_equal(words, "P0:1 ");
    assert_ptr_equal(told_context, &sets);
    assert_int_equal(current(0), 2);
    change(PO_FX_FLAG_BLOCKING, 1, 15, NULL);
    assert_string_equal(words, "P0:1 P0:1 ");
    assert_ptr_equal(teller, KeGetCurrentThread());
    assert_null(told_context);
    assert_int_equal(current(1), 15);
    change(PO_FX_FLAG_ASYNC_ONLY, 0, 1, words);
    wdmsim_settle(m);
    assert_string_equal(words, "P0:1 P0:1 P0:1 ");
    assert_ptr_not_equal(teller, KeGetCurrentThread());
    assert_ptr_equal(told_context, words);
    assert_int_equal(current(0), 1);
}

/* Fails by its callback, that is. */
static void pfx_074_a_request_that_makes_no_sense_fails(struct machine *m) {
    PO_FX_PERF_STATE_CHANGE twice[] = {{.Set = 0, .StateIndex = 1}, {.Set = 0, .StateIndex = 2}};
    begin_optional();
    change(0, 0, 3, words);
    assert_ptr_equal(told_context, words);
    change(0, 1, 9, NULL);
    change(0, 2, 0, NULL);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 2, twice, twice);
    assert_ptr_equal(told_context, twice);
    wdmsim_settle(m);
    assert_string_equal(words, "P0:0 P0:0 P0:0 P0:0 ");
    assert_int_equal(current(0), 0);
    assert_int_equal(fx_reports("does not have"), 4);
}

static void pfx_075_states_are_registered_first(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin();
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61b, DEVICE, 0, -1);
    change(0, 0, 0, NULL);
}

static void pfx_076_one_request_at_a_time(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql;
    begin_optional();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    change(PO_FX_FLAG_ASYNC_ONLY, 0, 0, (PVOID)0x1234);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61d, DEVICE, 0, 0x1234);
    change(PO_FX_FLAG_ASYNC_ONLY, 1, 10, (PVOID)0x5678);
}

static void request_again(void) {
    in_callback = NULL;
    change(0, 0, 2, NULL);
}

static void the_next_may_be_made_in_the_callback(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin_optional();
    in_callback = request_again;
    change(0, 0, 1, NULL);
    assert_string_equal(words, "P0:1 P0:1 ");
    assert_int_equal(current(0), 2);
}

static void pfx_077_no_more_changes_than_sets(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_PERF_STATE_CHANGE changes[3] = {{.Set = 0}};
    begin_optional();
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61c, DEVICE, 0, 0);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 3, changes, NULL);
}

static void pfx_079_nor_with_several_changes(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_PERF_STATE_CHANGE perf = {.Set = 1, .StateValue = 11};
    KIRQL irql;
    begin_optional();
    KeRaiseIrql(APC_LEVEL, &irql);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, PO_FX_FLAG_BLOCKING, 0, 1, &perf, NULL);
    assert_string_equal(words, "P0:1 ");
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 1, &perf, NULL);
    assert_string_equal(words, "P0:1 P0:1 ");
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, PO_FX_FLAG_BLOCKING, 0, 1, &perf, NULL);
}

static void pfx_079_nobody_blocks_at_dispatch_level(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql;
    begin_optional();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    change(PO_FX_FLAG_BLOCKING, 0, 0, NULL);
}

static void pfx_080_a_query_names_a_set(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    ULONGLONG value;
    begin_optional();
    assert_int_equal(PoFxQueryCurrentComponentPerfState(fx.handle, 0, 0, 2, &value),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PoFxQueryCurrentComponentPerfState(fx.handle, 0, 1, 0, &value),
                     STATUS_INVALID_PARAMETER);
}

static void version_1_has_no_performance_states(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    PO_FX_DEVICE_V1 d = {.Version = PO_FX_VERSION_V1,
                         .ComponentCount = 1,
                         .DeviceContext = &fx,
                         .Components = {{.IdleStateCount = 1, .IdleStates = fx_states}}};
    assert_int_equal(PoFxRegisterDevice(fx.pdo, (PPO_FX_DEVICE)(void *)&d, &fx.handle),
                     STATUS_SUCCESS);
    describe_sets();
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_PEP_OPTIONAL), STATUS_INVALID_PARAMETER);
}

/* ---- with one ---- */

static enum fx_answer answer;
static unsigned queries, asked;
static ULONGLONG parked;
static KIRQL asked_irql;

static bool own(struct machine *m, struct fx_device *d) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    return true;
}

static NTSTATUS take_sets(struct machine *m, struct fx_device *d, ULONG component,
                          const PO_FX_COMPONENT_PERF_INFO *in, PPO_FX_COMPONENT_PERF_INFO *out) {
    UNREFERENCED_PARAMETER(component);
    if (!in) {
        *out = fx_device_allocate(m, d, sizeof sets);
        memcpy(*out, &sets, sizeof sets);
    }
    return STATUS_SUCCESS;
}

static enum fx_answer take_request(struct machine *m, struct fx_device *d, ULONG component,
                                   ULONG count, const PO_FX_PERF_STATE_CHANGE *changes) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    UNREFERENCED_PARAMETER(component);
    UNREFERENCED_PARAMETER(count);
    UNREFERENCED_PARAMETER(changes);
    asked++;
    asked_irql = KeGetCurrentIrql();
    return answer;
}

static bool say(struct machine *m, struct fx_device *d, ULONG component, ULONG set,
                ULONGLONG *value) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    UNREFERENCED_PARAMETER(component);
    queries++;
    *value = parked;
    return set == 0;
}

static void begin_owned(struct machine *m) {
    static const struct fx_plugin plugin = {.name = "test",
                                            .register_device = own,
                                            .perf_register = take_sets,
                                            .perf_request = take_request,
                                            .perf_query = say};
    fx_plugin_add(m, &plugin);
    begin();
    answer = FX_DONE;
    queries = asked = 0;
    parked = 0;
}

/* From the framework's record: above PASSIVE_LEVEL the plug-in is not asked. */
static void expect_recorded(ULONGLONG first, ULONGLONG second) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(current(0), first);
    assert_int_equal(current(1), second);
    KeLowerIrql(irql);
}

static void pfx_078_what_the_plug_in_denies_changes_nothing(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_PERF_STATE_CHANGE both[] = {{.Set = 0, .StateIndex = 1}, {.Set = 1, .StateValue = 20}};
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    answer = FX_DENIED;
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 2, both, NULL);
    assert_string_equal(words, "P0:0 ");
    expect_recorded(0, 10);
    answer = FX_DONE;
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 2, both, NULL);
    assert_string_equal(words, "P0:0 P0:1 ");
    expect_recorded(1, 20);
    answer = FX_DENIED;
    both[0].StateIndex = 2;
    both[1].StateValue = 15;
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, 0, 0, 2, both, NULL);
    change(PO_FX_FLAG_BLOCKING, 0, 0, NULL);
    assert_string_equal(words, "P0:0 P0:1 P0:0 P0:0 ");
    expect_recorded(1, 20);
}

/* With every answer of the plug-in, however the request is made. */
static void pfx_074_one_callback_whatever_the_plug_in_answers(struct machine *m) {
    static const enum fx_answer answers[] = {FX_DONE, FX_DENIED, FX_LATER};
    static const ULONG flags[] = {0, PO_FX_FLAG_ASYNC_ONLY};
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    for (unsigned i = 0; i < 6; i++) {
        words[0] = 0;
        answer = answers[i / 2];
        change(flags[i % 2], 0, 1, &words[i]);
        wdmsim_settle(m);
        if (answer == FX_LATER) {
            assert_string_equal(words, "");
            assert_true(fx_plugin_perf_done(m, fx_device_of(fx.pdo), 0, false));
            wdmsim_settle(m);
        }
        assert_string_equal(words, answer == FX_DONE ? "P0:1 " : "P0:0 ");
        assert_ptr_equal(told_context, &words[i]);
    }
}

static VOID answer_later(PVOID context) {
    struct machine *m = context;
    wdmsim_settle(m);
    assert_string_equal(words, "");
    assert_true(fx_plugin_perf_done(m, fx_device_of(fx.pdo), 0, true));
}

static void pfx_074_who_blocks_gets_it_on_his_own_thread(struct machine *m) {
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    answer = FX_LATER;
    wdmsim_system_thread(m, answer_later, m, NULL);
    change(PO_FX_FLAG_BLOCKING, 0, 1, &queries);
    assert_string_equal(words, "P0:1 ");
    assert_ptr_equal(told_context, &queries);
    assert_ptr_equal(teller, KeGetCurrentThread());
    wdmsim_settle(m);
    assert_string_equal(words, "P0:1 ");
}

static void the_plug_in_may_answer_later(struct machine *m) {
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    answer = FX_LATER;
    change(0, 1, 12, NULL);
    wdmsim_settle(m);
    assert_string_equal(words, "");
    assert_true(fx_plugin_perf_done(m, fx_device_of(fx.pdo), 0, true));
    wdmsim_settle(m);
    assert_string_equal(words, "P0:1 ");
    assert_int_equal(current(1), 12);
    assert_false(fx_plugin_perf_done(m, fx_device_of(fx.pdo), 0, true));
}

/* DS-55: the plug-in is asked at PASSIVE_LEVEL, wherever the request was made. */
static void it_is_asked_at_passive_level(struct machine *m) {
    KIRQL irql;
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    change(0, 0, 1, NULL);
    assert_int_equal(asked, 0);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(asked, 1);
    assert_int_equal(asked_irql, PASSIVE_LEVEL);
    assert_string_equal(words, "P0:1 ");
    KeRaiseIrql(APC_LEVEL, &irql);
    change(PO_FX_FLAG_BLOCKING, 0, 2, NULL);
    assert_int_equal(told_irql, APC_LEVEL);
    assert_ptr_equal(teller, KeGetCurrentThread());
    KeLowerIrql(irql);
    assert_int_equal(asked_irql, PASSIVE_LEVEL);
}

static void the_plug_in_may_describe_the_sets(struct machine *m) {
    PPO_FX_COMPONENT_PERF_INFO out = NULL;
    begin_owned(m);
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, PO_FX_FLAG_PERF_PEP_OPTIONAL,
                                                     callback, NULL, &out),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, 0, callback, NULL, &out),
                     STATUS_SUCCESS);
    assert_int_equal(out->PerfStateSetsCount, 2);
    change(0, 1, 11, NULL);
    assert_string_equal(words, "P0:1 ");
}

static void bad_sets_of_a_plug_in_are_its_offence(struct machine *m) {
    PPO_FX_COMPONENT_PERF_INFO out = NULL;
    begin_owned(m);
    sets.second.Range.Maximum = 1;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61a, -1, DEVICE, -1);
    PoFxRegisterComponentPerfStates(fx.handle, 0, 0, callback, NULL, &out);
}

static void pfx_081_the_plug_in_is_asked_when_f0_is_reached(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin_owned(m);
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_QUERY_ON_F0), STATUS_SUCCESS);
    queries = 0;
    parked = 2;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(queries, 2); /* of each set */
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(current(0), 2); /* from the record */
    KeLowerIrql(irql);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(queries, 2);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(queries, 4);
}

static void pfx_081_without_the_flag_it_is_not_asked(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin_owned(m);
    assert_int_equal(register_sets(0), STATUS_SUCCESS);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(queries, 0);
}

static void on_all_idle_states_it_is_asked_at_each(struct machine *m) {
    KIRQL irql;
    begin_owned(m);
    assert_int_equal(register_sets(PO_FX_FLAG_PERF_QUERY_ON_ALL_IDLE_STATES), STATUS_SUCCESS);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(queries, 2);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PoFxIdleComponent(fx.handle, 0, 0);
    assert_int_equal(queries, 2);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(queries, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_072_one_side_describes_the_sets),
        fx_unit_test(pfx_073_without_a_plug_in_it_must_be_optional),
        fx_unit_test(sets_that_contradict_themselves_are_refused),
        fx_unit_test(pfx_074_every_request_has_its_callback),
        fx_unit_test(pfx_074_a_request_that_makes_no_sense_fails),
        fx_unit_test(pfx_075_states_are_registered_first),
        fx_unit_test(pfx_076_one_request_at_a_time),
        fx_unit_test(the_next_may_be_made_in_the_callback),
        fx_unit_test(pfx_077_no_more_changes_than_sets),
        fx_unit_test(pfx_079_nobody_blocks_at_dispatch_level),
        fx_unit_test(pfx_079_nor_with_several_changes),
        fx_unit_test(pfx_080_a_query_names_a_set),
        fx_unit_test(version_1_has_no_performance_states),
        fx_unit_test(pfx_078_what_the_plug_in_denies_changes_nothing),
        fx_unit_test(pfx_074_one_callback_whatever_the_plug_in_answers),
        fx_unit_test(pfx_074_who_blocks_gets_it_on_his_own_thread),
        fx_unit_test(the_plug_in_may_answer_later),
        fx_unit_test(it_is_asked_at_passive_level),
        fx_unit_test(the_plug_in_may_describe_the_sets),
        fx_unit_test(bad_sets_of_a_plug_in_are_its_offence),
        fx_unit_test(pfx_081_the_plug_in_is_asked_when_f0_is_reached),
        fx_unit_test(pfx_081_without_the_flag_it_is_not_asked),
        fx_unit_test(on_all_idle_states_it_is_asked_at_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
