/*
 * Callbacks of a bug check, and what a driver prepares for its dump. What they did is looked at by
 * the test after the one whose machine stopped.
 */
#include "../threads.h"

static KBUGCHECK_CALLBACK_RECORD records[3];
static KBUGCHECK_REASON_CALLBACK_RECORD reasons[4];
static char order[8];
static KIRQL irql_seen;
static ULONG length_seen;
static KBUGCHECK_TRIAGE_DUMP_DATA triage_seen;
static ULONG pages_calls, code_seen;
static struct {
    KTRIAGE_DUMP_DATA_ARRAY head;
    KADDRESS_RANGE more[1];
} array;

static KBUGCHECK_CALLBACK_ROUTINE note;
static KBUGCHECK_REASON_CALLBACK_ROUTINE on_triage, on_pages, on_secondary;
static KBUGCHECK_SECONDARY_DUMP_DATA secondary_seen[2];
static unsigned secondary_calls;

static VOID note(PVOID buffer, ULONG length) {
    size_t at = strlen(order);
    order[at] = *(char *)buffer;
    order[at + 1] = 0;
    irql_seen = KeGetCurrentIrql();
    length_seen = length;
}

static VOID on_triage(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record,
                      PVOID data, ULONG length) {
    PKBUGCHECK_TRIAGE_DUMP_DATA triage = data;
    if (reason != KbCallbackTriageDumpData || record != &reasons[0] || length != sizeof *triage)
        return;
    strcat(order, "t");
    triage_seen = *triage;
    KeInitializeTriageDumpDataArray(&array.head, sizeof array);
    KeAddTriageDumpDataBlock(&array.head, &triage_seen, sizeof triage_seen);
    triage->DataArray = &array.head;
}

static VOID on_pages(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record,
                     PVOID data, ULONG length) {
    PKBUGCHECK_ADD_PAGES pages = data;
    if (reason != KbCallbackAddPages || record != &reasons[1] || length != sizeof *pages)
        return;
    code_seen = pages->BugCheckCode;
    if (++pages_calls < 3)
        pages->Flags =
            KB_ADD_PAGES_FLAG_VIRTUAL_ADDRESS | KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST;
}

static VOID on_secondary(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record,
                         PVOID data, ULONG length) {
    PKBUGCHECK_SECONDARY_DUMP_DATA secondary = data;
    if (reason != KbCallbackSecondaryDumpData || record != &reasons[3] ||
        length != sizeof *secondary || secondary_calls == 2)
        return;
    secondary_seen[secondary_calls++] = *secondary;
    if (secondary->OutBuffer)
        memset(secondary->OutBuffer, 'x', secondary->InBufferLength);
    secondary->OutBuffer = secondary->InBuffer;
    secondary->OutBufferLength = secondary->InBufferLength;
}

static void register_all(void) {
    static char names[] = "abc";
    order[0] = 0;
    pages_calls = 0;
    for (int i = 0; i < 3; i++) {
        KeInitializeCallbackRecord(&records[i]);
        assert_true(KeRegisterBugCheckCallback(&records[i], note, &names[i], (ULONG)i + 1,
                                               (PUCHAR) "test"));
        assert_false(KeRegisterBugCheckCallback(&records[i], note, &names[i], 1, (PUCHAR) "test"));
    }
    assert_true(KeDeregisterBugCheckCallback(&records[1]));
    assert_false(KeDeregisterBugCheckCallback(&records[1]));
    for (int i = 0; i < 4; i++)
        KeInitializeCallbackRecord(&reasons[i]);
    secondary_calls = 0;
    assert_false(KeRegisterBugCheckReasonCallback(&reasons[3], on_secondary, KbCallbackInvalid,
                                                  (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckReasonCallback(&reasons[3], on_secondary,
                                                 KbCallbackSecondaryDumpData, (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckReasonCallback(&reasons[0], on_triage, KbCallbackTriageDumpData,
                                                 (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckReasonCallback(&reasons[1], on_pages, KbCallbackAddPages,
                                                 (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckReasonCallback(&reasons[2], on_pages, KbCallbackAddPages,
                                                 (PUCHAR) "test"));
    assert_true(KeDeregisterBugCheckReasonCallback(&reasons[2]));
    assert_false(KeDeregisterBugCheckReasonCallback(&reasons[2]));
}

static void a_driver_stops_the_machine(struct machine *m) {
    (void)m;
    register_all();
    wdmsim_expect_bugcheck(MANUALLY_INITIATED_CRASH);
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

static void its_callbacks_have_run_the_last_registered_first(struct machine *m) {
    (void)m;
    assert_string_equal(order, "tca"); /* the others come when the dump is written */
    assert_int_equal(irql_seen, HIGH_LEVEL);
    assert_int_equal(length_seen, 1);
    assert_int_equal(records[0].State, BufferFinished);
    assert_int_equal(records[1].State, BufferEmpty);
}

static void its_reason_callbacks_have_seen_the_bug_check(struct machine *m) {
    (void)m;
    assert_int_equal(triage_seen.BugCheckCode, MANUALLY_INITIATED_CRASH);
    assert_int_equal(triage_seen.BugCheckParameter4, 4);
    assert_int_equal(triage_seen.Flags, KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE);
    assert_int_equal(array.head.NumBlocksUsed, 1);
    assert_int_equal(pages_calls, 3);
    assert_int_equal(code_seen, MANUALLY_INITIATED_CRASH);
    assert_int_equal(secondary_calls, 2); /* for the size, for the data */
    assert_null(secondary_seen[0].OutBuffer);
    assert_ptr_equal(secondary_seen[1].OutBuffer, secondary_seen[1].InBuffer);
    assert_true(secondary_seen[1].InBufferLength > 0);
    assert_true(secondary_seen[1].MaximumAllowed >= secondary_seen[1].InBufferLength);
}

static void a_bug_check_needs_no_parameters(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(NO_USER_MODE_CONTEXT);
    KeBugCheck(NO_USER_MODE_CONTEXT);
}

static void a_triage_array_fills(struct machine *m) {
    char blocks[3][8];
    (void)m;
    assert_int_equal(
        KeInitializeTriageDumpDataArray(&array.head, FIELD_OFFSET(KTRIAGE_DUMP_DATA_ARRAY, Blocks)),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(KeInitializeTriageDumpDataArray(&array.head, sizeof array), STATUS_SUCCESS);
    assert_int_equal(array.head.NumBlocksTotal, 2);
    assert_int_equal(KeAddTriageDumpDataBlock(&array.head, blocks[0], 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(KeAddTriageDumpDataBlock(&array.head, blocks[0], 8), STATUS_SUCCESS);
    assert_int_equal(KeAddTriageDumpDataBlock(&array.head, blocks[0], 8),
                     STATUS_SUCCESS); /* is there */
    assert_int_equal(KeAddTriageDumpDataBlock(&array.head, blocks[1], 8), STATUS_SUCCESS);
    assert_int_equal(KeAddTriageDumpDataBlock(&array.head, blocks[2], 8),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(array.head.NumBlocksUsed, 2);
    assert_int_equal(array.head.DataSize, 16);
    assert_ptr_equal(array.head.Blocks[0].Address, blocks[0]);
}

static void a_dump_header_tells_of_the_machine(struct machine *m) {
    static ULONG header[2048];
    ULONG needed = 0;
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    (void)m;
    assert_int_equal(KeInitializeCrashDumpHeader(DUMP_TYPE_FULL, 0, header, 100, &needed),
                     STATUS_INVALID_PARAMETER_4);
    assert_int_equal(needed, sizeof header);
    assert_int_equal(KeInitializeCrashDumpHeader(DUMP_TYPE_FULL, 1, header, needed, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(KeInitializeCrashDumpHeader(DUMP_TYPE_FULL, 0, header, needed, NULL),
                     STATUS_SUCCESS);
    RtlGetVersion(&version);
    assert_memory_equal(header, "PAGEDU64", 8);
    assert_int_equal(header[3], version.dwBuildNumber);
    assert_int_equal(header[0x30 / 4], 0x8664);
    assert_int_equal(header[0x34 / 4], 1);
    assert_int_equal(header[0xf98 / 4], DUMP_TYPE_FULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_driver_stops_the_machine),
        wdmsim_unit_test(its_callbacks_have_run_the_last_registered_first),
        wdmsim_unit_test(its_reason_callbacks_have_seen_the_bug_check),
        wdmsim_unit_test(a_bug_check_needs_no_parameters),
        wdmsim_unit_test(a_triage_array_fills),
        wdmsim_unit_test(a_dump_header_tells_of_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
