/* Groups, nodes and the relations of processors; the callbacks that announce processors to drivers.
 */
#include "../threads.h"

static void one_group_and_one_node_hold_all_processors(struct machine *m) {
    GROUP_AFFINITY affinity;
    USHORT count;
    (void)m;
    assert_int_equal(KeQueryActiveGroupCount(), 1);
    assert_int_equal(KeQueryMaximumGroupCount(), 1);
    assert_int_equal(KeQueryGroupAffinity(0), 0xf);
    assert_int_equal(KeQueryGroupAffinity(1), 0);
    assert_int_equal(KeQueryMaximumProcessorCount(), 4);
    assert_int_equal(KeQueryMaximumProcessorCountEx(0), 4);
    assert_int_equal(KeQueryMaximumProcessorCountEx(1), 0);
    assert_int_equal(KeGetCurrentNodeNumber(), 0);
    assert_int_equal(KeQueryHighestNodeNumber(), 0);
    KeQueryNodeActiveAffinity(0, &affinity, &count);
    assert_int_equal(affinity.Mask, 0xf);
    assert_int_equal(count, 4);
    KeQueryNodeActiveAffinity(1, &affinity, &count);
    assert_int_equal(affinity.Mask, 0);
    assert_int_equal(count, 0);
    assert_int_equal(KeQueryNodeActiveProcessorCount(0), 4);
    assert_int_equal(KeQueryNodeMaximumProcessorCount(0), 4);
}

static void a_node_lists_its_groups(struct machine *m) {
    GROUP_AFFINITY affinity;
    USHORT required = 0;
    (void)m;
    assert_int_equal(KeQueryNodeActiveAffinity2(0, NULL, 0, &required), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(required, 1);
    assert_int_equal(KeQueryNodeActiveAffinity2(0, &affinity, 1, &required), STATUS_SUCCESS);
    assert_int_equal(affinity.Mask, 0xf);
    assert_int_equal(KeQueryNodeActiveAffinity2(1, &affinity, 1, &required),
                     STATUS_INVALID_PARAMETER);
}

static void relations_are_records_of_their_own_size(struct machine *m) {
    UCHAR buffer[1024];
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record = (PVOID)buffer;
    PROCESSOR_NUMBER second = {.Number = 1}, none = {.Number = 7};
    ULONG length = 0, cores = 0;
    (void)m;
    assert_int_equal(
        KeQueryLogicalProcessorRelationship(NULL, RelationProcessorCore, NULL, &length),
        STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(
        KeQueryLogicalProcessorRelationship(NULL, RelationProcessorCore, record, &length),
        STATUS_SUCCESS);
    for (ULONG at = 0; at < length; at += record->Size, cores++) {
        record = (PVOID)(buffer + at);
        assert_int_equal(record->Relationship, RelationProcessorCore);
        assert_int_equal(record->Processor.GroupMask[0].Mask, (KAFFINITY)1 << cores);
    }
    assert_int_equal(cores, 4);
    record = (PVOID)buffer;
    length = sizeof buffer;
    assert_int_equal(
        KeQueryLogicalProcessorRelationship(&second, RelationProcessorCore, record, &length),
        STATUS_SUCCESS);
    assert_int_equal(length, record->Size);
    assert_int_equal(record->Processor.GroupMask[0].Mask, 2);
    length = sizeof buffer;
    assert_int_equal(KeQueryLogicalProcessorRelationship(NULL, RelationGroup, record, &length),
                     STATUS_SUCCESS);
    assert_int_equal(record->Group.GroupInfo[0].ActiveProcessorCount, 4);
    assert_int_equal(KeQueryLogicalProcessorRelationship(&none, RelationGroup, record, &length),
                     STATUS_INVALID_PARAMETER);
}

static void a_die_is_a_package_and_a_node_has_one_group(struct machine *m) {
    UCHAR buffer[256];
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record = (PVOID)buffer;
    ULONG length = sizeof buffer;
    (void)m;
    assert_int_equal(
        KeQueryLogicalProcessorRelationship(NULL, RelationProcessorDie, record, &length),
        STATUS_SUCCESS);
    assert_int_equal(record->Relationship, RelationProcessorDie);
    assert_int_equal(record->Processor.GroupMask[0].Mask, 0xf);
    length = sizeof buffer;
    assert_int_equal(KeQueryLogicalProcessorRelationship(NULL, RelationNumaNodeEx, record, &length),
                     STATUS_SUCCESS);
    assert_int_equal(record->Relationship, RelationNumaNode);
    assert_int_equal(record->NumaNode.GroupMask.Mask, 0xf);
    length = 0;
    assert_int_equal(KeQueryLogicalProcessorRelationship(NULL, RelationAll, NULL, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_true(length > sizeof buffer / 2);
}

static void affinity_is_set_by_group(struct machine *m) {
    GROUP_AFFINITY third = {.Mask = 4}, first = {.Mask = 1}, outer, inner;
    (void)m;
    KeSetSystemGroupAffinityThread(&third, &outer);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 2);
    assert_int_equal(outer.Mask, 0);
    KeSetSystemGroupAffinityThread(&first, &inner);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 0);
    assert_int_equal(inner.Mask, 4);
    KeRevertToUserGroupAffinityThread(&inner);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 2);
    KeRevertToUserGroupAffinityThread(&outer);
}

static KEVENT go;
static ULONG woke_on;

static VOID wake(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    woke_on = KeGetCurrentProcessorNumberEx(NULL);
}

static void a_thread_prefers_its_ideal_processor(struct machine *m) {
    KeInitializeEvent(&go, SynchronizationEvent, FALSE);
    for (UCHAR ideal = 1; ideal < 4; ideal++) {
        PVOID thread = thread_start(wake, NULL);
        wdmsim_settle(m);
        assert_int_equal(KeSetIdealProcessorThread(thread, ideal), MAXIMUM_PROC_PER_GROUP);
        assert_int_equal(KeSetIdealProcessorThread(thread, 77),
                         ideal); /* there is no such: only asks */
        KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
        KeStallExecutionProcessor(10); /* this processor stays busy while the others move */
        thread_join(thread);
        assert_int_equal(woke_on, ideal);
    }
}

static ULONG started, completed, failed;
static ULONG refuses; /* the processor for which there is no memory */

static VOID on_change(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status) {
    ULONG bit = 1u << change->NtNumber;
    assert_ptr_equal(context, &started);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(change->ProcNumber.Number, change->NtNumber);
    if (change->State == KeProcessorAddStartNotify) {
        started |= bit;
        if (change->NtNumber == refuses)
            *status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (change->State == KeProcessorAddCompleteNotify) {
        completed |= bit;
    } else {
        failed |= bit;
    }
}

static void existing_processors_are_announced_on_request(struct machine *m) {
    (void)m;
    started = completed = failed = 0;
    refuses = MAXULONG;
    PVOID handle = KeRegisterProcessorChangeCallback(on_change, &started, 0);
    assert_non_null(handle);
    assert_int_equal(started, 0);
    KeDeregisterProcessorChangeCallback(handle);
    handle =
        KeRegisterProcessorChangeCallback(on_change, &started, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    assert_non_null(handle);
    assert_int_equal(started, 0xf);
    assert_int_equal(completed, 0xf);
    KeDeregisterProcessorChangeCallback(handle);
}

static void a_refusal_is_undone_for_those_before_it(struct machine *m) {
    (void)m;
    started = completed = failed = 0;
    refuses = 2;
    assert_null(
        KeRegisterProcessorChangeCallback(on_change, &started, KE_PROCESSOR_CHANGE_ADD_EXISTING));
    assert_int_equal(started, 7);
    assert_int_equal(completed, 0);
    assert_int_equal(failed, 3);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(one_group_and_one_node_hold_all_processors, &four),
        wdmsim_unit_test_on(a_node_lists_its_groups, &four),
        wdmsim_unit_test_on(relations_are_records_of_their_own_size, &four),
        wdmsim_unit_test_on(a_die_is_a_package_and_a_node_has_one_group, &four),
        wdmsim_unit_test_on(affinity_is_set_by_group, &four),
        wdmsim_unit_test_on(a_thread_prefers_its_ideal_processor, &four),
        wdmsim_unit_test_on(existing_processors_are_announced_on_request, &four),
        wdmsim_unit_test_on(a_refusal_is_undone_for_those_before_it, &four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
