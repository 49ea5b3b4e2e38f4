/*
 * Callbacks of a bug check that are asked for more as long as they have some: parts of a driver's
 * own data, and ranges of pages to leave out of the dump. What they saw is looked at by the test
 * after the one whose machine stopped.
 */
#include "../threads.h"

#define PARTS 3

static KBUGCHECK_REASON_CALLBACK_RECORD parts_record, pages_record;
static KBUGCHECK_SECONDARY_DUMP_DATA_EX parts_seen[PARTS + 1];
static KBUGCHECK_REMOVE_PAGES pages_seen[PARTS + 1];
static unsigned parts, pages;
static char data[64];

static KBUGCHECK_REASON_CALLBACK_ROUTINE give_part, leave_out;

static VOID give_part(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record,
                      PVOID specific, ULONG length) {
    PKBUGCHECK_SECONDARY_DUMP_DATA_EX part = specific;
    if (reason != KbCallbackSecondaryMultiPartDumpData || record != &parts_record ||
        length != sizeof *part || parts > PARTS)
        return;
    parts_seen[parts++] = *part;
    memset(part->InBuffer, 'x', part->InBufferLength);
    part->Context = &data[parts];
    part->OutBuffer = data;
    part->OutBufferLength = sizeof data;
    part->Flags = KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS |
                  (parts < PARTS ? KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST : 0);
}

static VOID leave_out(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record,
                      PVOID specific, ULONG length) {
    PKBUGCHECK_REMOVE_PAGES range = specific;
    if (reason != KbCallbackRemovePages || record != &pages_record || length != sizeof *range ||
        pages > PARTS)
        return;
    pages_seen[pages++] = *range;
    range->Context = &data[pages];
    range->Address = (ULONG_PTR)data;
    range->Count = 1;
    range->Flags = KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS |
                   (pages < PARTS ? KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST : 0);
}

static void a_driver_stops_the_machine(struct machine *m) {
    (void)m;
    KeInitializeCallbackRecord(&parts_record);
    KeInitializeCallbackRecord(&pages_record);
    assert_true(KeRegisterBugCheckReasonCallback(
        &parts_record, give_part, KbCallbackSecondaryMultiPartDumpData, (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckReasonCallback(&pages_record, leave_out, KbCallbackRemovePages,
                                                 (PUCHAR) "test"));
    wdmsim_expect_bugcheck(MANUALLY_INITIATED_CRASH);
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

static void each_part_was_asked_for(struct machine *m) {
    (void)m;
    assert_int_equal(parts, PARTS);
    for (unsigned i = 0; i < PARTS; i++) {
        assert_int_equal(parts_seen[i].Flags, 0);
        assert_null(parts_seen[i].OutBuffer);
        assert_int_equal(parts_seen[i].BugCheckCode, MANUALLY_INITIATED_CRASH);
        assert_int_equal(parts_seen[i].BugCheckParameter4, 4);
        assert_true(parts_seen[i].MaximumAllowed >= parts_seen[i].InBufferLength);
        assert_ptr_equal(parts_seen[i].Context, i ? &data[i] : NULL);
    }
    assert_int_equal(parts_record.State, BufferFinished);
}

static void each_range_was_asked_for(struct machine *m) {
    (void)m;
    assert_int_equal(pages, PARTS);
    for (unsigned i = 0; i < PARTS; i++) {
        assert_int_equal(pages_seen[i].Flags, 0);
        assert_int_equal(pages_seen[i].BugCheckCode, MANUALLY_INITIATED_CRASH);
        assert_ptr_equal(pages_seen[i].Context, i ? &data[i] : NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_driver_stops_the_machine),
        wdmsim_unit_test(each_part_was_asked_for),
        wdmsim_unit_test(each_range_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
