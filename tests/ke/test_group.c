/* Processor groups: six processors in groups of four, of which eight can be. */
#include "../threads.h"

static const struct wdmsim_config grouped = {
    .processors = 6, .maximum_processors = 8, .group_size = 4, .flags = WDMSIM_CHECK_RULES};

static ULONG here(void) { return KeGetCurrentProcessorNumberEx(NULL); }

static void counts_and_masks_are_those_of_a_group(struct machine *m) {
    KAFFINITY active;
    (void)m;
    assert_int_equal(KeQueryActiveGroupCount(), 2);
    assert_int_equal(KeQueryMaximumGroupCount(), 2);
    assert_int_equal(KeQueryActiveProcessorCountEx(0), 4);
    assert_int_equal(KeQueryActiveProcessorCountEx(1), 2);
    assert_int_equal(KeQueryActiveProcessorCountEx(2), 0);
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 6);
    assert_int_equal(KeQueryMaximumProcessorCountEx(1), 4);
    assert_int_equal(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), 8);
    assert_int_equal(KeQueryGroupAffinity(0), 0xf);
    assert_int_equal(KeQueryGroupAffinity(1), 0x3);
    assert_int_equal(KeQueryGroupAffinity(2), 0);
    assert_int_equal(KeQueryGroupAffinity(ALL_PROCESSOR_GROUPS), 0);
    /* Without a group in the name: group 0. */
    assert_int_equal(KeQueryActiveProcessors(), 0xf);
    assert_int_equal(KeQueryActiveProcessorCount(&active), 4);
    assert_int_equal(active, 0xf);
    assert_int_equal(KeQueryMaximumProcessorCount(), 4);
}

static void an_index_is_a_group_and_a_number(struct machine *m) {
    PROCESSOR_NUMBER number;
    (void)m;
    for (ULONG i = 0; i < 6; i++) {
        assert_int_equal(KeGetProcessorNumberFromIndex(i, &number), STATUS_SUCCESS);
        assert_int_equal(number.Group, i / 4);
        assert_int_equal(number.Number, i % 4);
        assert_int_equal(number.Reserved, 0);
        assert_int_equal(KeGetProcessorIndexFromNumber(&number), i);
    }
    assert_int_equal(KeGetProcessorNumberFromIndex(6, &number), STATUS_INVALID_PARAMETER);
    static PROCESSOR_NUMBER wrong[] = {{.Group = 1, .Number = 2},
                                       {.Group = 0, .Number = 4},
                                       {.Group = 2, .Number = 0},
                                       {.Group = ALL_PROCESSOR_GROUPS, .Number = 1},
                                       {.Group = 0, .Number = 0, .Reserved = 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(KeGetProcessorIndexFromNumber(&wrong[i]), INVALID_PROCESSOR_INDEX);
}

static void a_thread_is_in_one_group_until_it_moves(struct machine *m) {
    GROUP_AFFINITY wanted = {.Group = 1, .Mask = 2}, previous = {.Mask = 77};
    PROCESSOR_NUMBER number;
    (void)m;
    assert_true(here() < 4);
    KeSetSystemGroupAffinityThread(&wanted, &previous);
    assert_int_equal(previous.Mask, 0); /* it was the thread's own */
    assert_int_equal(KeGetCurrentProcessorNumberEx(&number), 5);
    assert_int_equal(number.Group, 1);
    assert_int_equal(number.Number, 1);
    assert_int_equal(KeGetCurrentProcessorNumber(), 1); /* for those who know no groups */
    wanted = (GROUP_AFFINITY){.Group = 0, .Mask = 4};
    KeSetSystemGroupAffinityThread(&wanted, &previous);
    assert_int_equal(here(), 2);
    assert_int_equal(previous.Group, 1);
    assert_int_equal(previous.Mask, 2);
    KeRevertToUserGroupAffinityThread(&previous);
    assert_int_equal(here(), 5);
    assert_int_equal(KeSetSystemAffinityThreadEx(8), 2); /* the mask, not the group */
    assert_int_equal(here(), 3);                         /* of group 0 */
    KeRevertToUserAffinityThreadEx(0);
    assert_true(here() < 4);
}

static void what_cannot_be_has_no_effect(struct machine *m) {
    static GROUP_AFFINITY wrong[] = {
        {.Group = 2, .Mask = 1},  {.Group = 1, .Mask = 0x10},
        {.Group = 1, .Mask = 0},  {.Group = 1, .Mask = 4}, /* may come, but is not there */
        {.Group = 77, .Mask = 0}, {.Group = ALL_PROCESSOR_GROUPS, .Mask = 1}};
    GROUP_AFFINITY right = {.Group = 1, .Mask = 1}, previous;
    (void)m;
    KeSetSystemGroupAffinityThread(&right, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        previous = (GROUP_AFFINITY){.Group = 7, .Mask = 7};
        KeSetSystemGroupAffinityThread(&wrong[i], &previous);
        assert_int_equal(previous.Group, 0);
        assert_int_equal(previous.Mask, 0);
        assert_int_equal(here(), 4);
    }
    right.Mask = 0xe; /* one is there, two may come */
    KeSetSystemGroupAffinityThread(&right, NULL);
    assert_int_equal(here(), 5);
    KeSetSystemGroupAffinityThread(&right, &previous);
    assert_int_equal(previous.Mask, 2); /* without those */
}

static ULONG where_a_thread_ran;

static VOID note_where(PVOID context) {
    (void)context;
    where_a_thread_ran = here();
}

static void a_new_thread_is_in_the_group_of_its_maker(struct machine *m) {
    GROUP_AFFINITY other = {.Group = 1, .Mask = 3};
    (void)m;
    KeSetSystemGroupAffinityThread(&other, NULL); /* which is not the group that it belongs to */
    thread_join(thread_start(note_where, NULL));
    assert_true(where_a_thread_ran < 4);
}

static ULONG groups_seen;

static void note_group(void *context) {
    PROCESSOR_NUMBER number;
    (void)context;
    KeGetCurrentProcessorNumberEx(&number);
    groups_seen |= 1u << number.Group;
}

static void processes_take_turns_in_the_groups(struct machine *m) {
    for (unsigned i = 0; i < 2; i++) {
        struct wdmsim_process *process;
        groups_seen = 0;
        assert_int_equal(wdmsim_process_create(m, NULL, &process), 0);
        assert_int_equal(wdmsim_user_thread(m, process, note_group, NULL), 0);
        wdmsim_settle(m);
        assert_int_equal(groups_seen, i == 0 ? 2 : 1); /* group 0 has the first process already */
    }
}

static KDEFERRED_ROUTINE note_processor;
static ULONG ran_on;

static VOID note_processor(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    ran_on = here();
}

static void a_dpc_goes_where_group_and_number_say(struct machine *m) {
    PROCESSOR_NUMBER number = {.Group = 1, .Number = 1};
    KDPC dpc;
    KeInitializeDpc(&dpc, note_processor, NULL);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(ran_on, 5);
    number.Number = 2;
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
    KeSetTargetProcessorDpc(&dpc, 4); /* group 0 has no such one: the target stays */
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(ran_on, 5);
    KeSetTargetProcessorDpc(&dpc, 3);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(ran_on, 3);
}

static KIPI_BROADCAST_WORKER mark;

static ULONG_PTR mark(ULONG_PTR context) {
    *(ULONG *)context |= 1u << here();
    return 0;
}

static void a_broadcast_reaches_all_groups(struct machine *m) {
    ULONG seen = 0;
    (void)m;
    KeIpiGenericCall(mark, (ULONG_PTR)&seen);
    assert_int_equal(seen, 0x3f);
}

static void a_token_spans_groups_and_leads_back(struct machine *m) {
    GROUP_AFFINITY both[] = {{.Group = 0, .Mask = 8}, {.Group = 1, .Mask = 1}};
    GROUP_AFFINITY before = {.Group = 1, .Mask = 2};
    PAFFINITY_TOKEN token;
    (void)m;
    KeSetSystemGroupAffinityThread(&before, NULL);
    assert_int_equal(PsAllocateAffinityToken(&token), STATUS_SUCCESS);
    assert_int_equal(PsSetSystemMultipleGroupAffinityThread(both, 2, token), STATUS_SUCCESS);
    assert_true(here() == 3 || here() == 4);
    both[1].Mask = 4;
    assert_int_equal(PsSetSystemMultipleGroupAffinityThread(both, 2, token),
                     STATUS_INVALID_PARAMETER);
    PsRevertToUserMultipleGroupAffinityThread(token);
    assert_int_equal(here(), 5);
    PsFreeAffinityToken(token);
}

static void the_node_spans_the_groups(struct machine *m) {
    GROUP_AFFINITY affinity[2];
    USHORT count;
    (void)m;
    KeQueryNodeActiveAffinity(0, &affinity[0], &count);
    assert_int_equal(affinity[0].Group, 0);
    assert_int_equal(affinity[0].Mask, 0xf);
    assert_int_equal(count, 4);
    assert_int_equal(KeQueryNodeActiveAffinity2(0, affinity, 1, &count), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    assert_int_equal(KeQueryNodeActiveAffinity2(0, affinity, 2, &count), STATUS_SUCCESS);
    assert_int_equal(affinity[1].Group, 1);
    assert_int_equal(affinity[1].Mask, 3);
    assert_int_equal(KeQueryNodeActiveProcessorCount(0), 6);
    assert_int_equal(KeQueryNodeMaximumProcessorCount(0), 8);
}

/* Asks for what is one record. */
static void relate(PPROCESSOR_NUMBER number, LOGICAL_PROCESSOR_RELATIONSHIP kind,
                   PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record, ULONG size) {
    ULONG length = size;
    memset(record, 0xcc, size);
    assert_int_equal(KeQueryLogicalProcessorRelationship(number, kind, record, &length),
                     STATUS_SUCCESS);
    assert_int_equal(record->Size, length);
}

static void relations_name_their_groups(struct machine *m) {
    PROCESSOR_NUMBER last = {.Group = 1, .Number = 1};
    union {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record;
        UCHAR bytes[1024];
    } u;
    (void)m;
    relate(&last, RelationProcessorCore, &u.record, sizeof u);
    assert_int_equal(u.record.Processor.GroupMask[0].Group, 1);
    assert_int_equal(u.record.Processor.GroupMask[0].Mask, 2);
    relate(NULL, RelationProcessorPackage, &u.record, sizeof u);
    assert_int_equal(u.record.Processor.GroupCount, 2);
    const GROUP_AFFINITY *masks = u.record.Processor.GroupMask;
    assert_int_equal(masks[1].Group, 1);
    assert_int_equal(masks[1].Mask, 3);
    relate(NULL, RelationNumaNode, &u.record, sizeof u);
    assert_int_equal(u.record.NumaNode.GroupCount, 1);
    assert_int_equal(u.record.NumaNode.GroupMask.Mask, 0xf);
    relate(&last, RelationNumaNode, &u.record, sizeof u);
    assert_int_equal(u.record.NumaNode.GroupMask.Group, 1);
    relate(NULL, RelationNumaNodeEx, &u.record, sizeof u);
    assert_int_equal(u.record.NumaNode.GroupCount, 2);
    masks = u.record.NumaNode.GroupMasks;
    assert_int_equal(masks[1].Mask, 3);
    relate(NULL, RelationGroup, &u.record, sizeof u);
    assert_int_equal(u.record.Group.ActiveGroupCount, 2);
    const PROCESSOR_GROUP_INFO *groups = u.record.Group.GroupInfo;
    assert_int_equal(groups[1].MaximumProcessorCount, 4);
    assert_int_equal(groups[1].ActiveProcessorCount, 2);
    assert_int_equal(groups[1].ActiveProcessorMask, 3);
}

static KSERVICE_ROUTINE claim;
static ULONG interrupted;

static BOOLEAN claim(PKINTERRUPT interrupt, PVOID context) {
    (void)interrupt, (void)context;
    interrupted = here();
    return TRUE;
}

static void an_interrupt_comes_in_its_group(struct machine *m) {
    PKINTERRUPT interrupt;
    GROUP_AFFINITY affinity;
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_FULLY_SPECIFIED_GROUP};
    p.FullySpecified.InterruptObject = &interrupt;
    p.FullySpecified.ServiceRoutine = claim;
    p.FullySpecified.Vector = 0x51;
    p.FullySpecified.Irql = p.FullySpecified.SynchronizeIrql = 5;
    p.FullySpecified.InterruptMode = Latched;
    p.FullySpecified.ProcessorEnableMask = 2;
    p.FullySpecified.Group = 2;
    assert_int_equal(IoConnectInterruptEx(&p), STATUS_INVALID_PARAMETER);
    p.FullySpecified.Group = 1;
    assert_int_equal(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    assert_int_equal(wdmsim_interrupt_raise(m, 0x51), 0);
    wdmsim_settle(m);
    assert_int_equal(interrupted, 5);
    assert_int_equal(IoGetAffinityInterrupt(interrupt, &affinity), STATUS_SUCCESS);
    assert_int_equal(affinity.Group, 1);
    assert_int_equal(affinity.Mask, 2);
    IO_DISCONNECT_INTERRUPT_PARAMETERS done = {.Version = CONNECT_FULLY_SPECIFIED_GROUP,
                                               .ConnectionContext.InterruptObject = interrupt};
    IoDisconnectInterruptEx(&done);
}

static void the_ideal_processor_is_one_of_the_group(struct machine *m) {
    GROUP_AFFINITY other = {.Group = 1, .Mask = 3};
    (void)m;
    KeSetSystemGroupAffinityThread(&other, NULL);
    assert_int_equal(KeSetIdealProcessorThread(KeGetCurrentThread(), 1), MAXIMUM_PROC_PER_GROUP);
    assert_int_equal(KeSetIdealProcessorThread(KeGetCurrentThread(), 2), 1); /* there is none */
    LARGE_INTEGER moment = {.QuadPart = -10};
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_int_equal(here(), 5);
}

static void sizes_that_are_none_are_refused(void **state) {
    static const struct wdmsim_config wrong[] = {
        {.processors = 4, .group_size = 3},
        {.processors = 4, .group_size = 128},
        {.processors = 4, .maximum_processors = 3},
        {.processors = 4, .maximum_processors = 65},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct machine *m;
        assert_int_equal(wdmsim_machine_create(&wrong[i], &m), WDMSIM_ERROR_INVALID);
    }
}

/* Group and number of all processors of the largest machine. */
static void sixty_four_groups_of_one(struct machine *m) {
    (void)m;
    assert_int_equal(KeQueryActiveGroupCount(), 64);
    assert_int_equal(KeQueryActiveProcessorCount(NULL), 1);
    GROUP_AFFINITY last = {.Group = 63, .Mask = 1};
    KeSetSystemGroupAffinityThread(&last, NULL);
    assert_int_equal(here(), 63);
    assert_int_equal(KeGetCurrentProcessorNumber(), 0);
}

static void one_group_of_sixty_four(struct machine *m) {
    (void)m;
    assert_int_equal(KeQueryActiveGroupCount(), 1);
    assert_int_equal(KeQueryGroupAffinity(0), ~(KAFFINITY)0);
    GROUP_AFFINITY last = {.Mask = (KAFFINITY)1 << 63};
    KeSetSystemGroupAffinityThread(&last, NULL);
    assert_int_equal(here(), 63);
}

int main(void) {
    static const struct wdmsim_config ones = {
        .processors = 64, .group_size = 1, .flags = WDMSIM_CHECK_RULES};
    static const struct wdmsim_config whole = {.processors = 64, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(counts_and_masks_are_those_of_a_group, &grouped),
        wdmsim_unit_test_on(an_index_is_a_group_and_a_number, &grouped),
        wdmsim_unit_test_on(a_thread_is_in_one_group_until_it_moves, &grouped),
        wdmsim_unit_test_on(what_cannot_be_has_no_effect, &grouped),
        wdmsim_unit_test_on(a_new_thread_is_in_the_group_of_its_maker, &grouped),
        wdmsim_unit_test_on(processes_take_turns_in_the_groups, &grouped),
        wdmsim_unit_test_on(a_dpc_goes_where_group_and_number_say, &grouped),
        wdmsim_unit_test_on(a_broadcast_reaches_all_groups, &grouped),
        wdmsim_unit_test_on(a_token_spans_groups_and_leads_back, &grouped),
        wdmsim_unit_test_on(the_node_spans_the_groups, &grouped),
        wdmsim_unit_test_on(relations_name_their_groups, &grouped),
        wdmsim_unit_test_on(an_interrupt_comes_in_its_group, &grouped),
        wdmsim_unit_test_on(the_ideal_processor_is_one_of_the_group, &grouped),
        cmocka_unit_test(sizes_that_are_none_are_refused),
        wdmsim_unit_test_on(sixty_four_groups_of_one, &ones),
        wdmsim_unit_test_on(one_group_of_sixty_four, &whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
