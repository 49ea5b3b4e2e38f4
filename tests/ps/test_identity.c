/* Identifiers of processes and threads, and what the Ps routines tell of them. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static void the_system_process_is_number_four(struct machine *m) {
    (void)m;
    assert_ptr_equal(PsGetCurrentProcess(), PsInitialSystemProcess);
    assert_ptr_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
    assert_ptr_equal(PsGetCurrentProcessId(), (HANDLE)4);
    assert_ptr_equal(PsGetProcessId(PsInitialSystemProcess), (HANDLE)4);
}

static void a_thread_knows_itself(struct machine *m) {
    PETHREAD thread = PsGetCurrentThread();
    (void)m;
    assert_ptr_equal(thread, (PETHREAD)KeGetCurrentThread());
    assert_ptr_equal(PsGetThreadId(thread), PsGetCurrentThreadId());
    assert_true((ULONG_PTR)PsGetCurrentThreadId() % 4 == 0 && PsGetCurrentThreadId() != NULL);
    assert_ptr_equal(PsGetThreadProcessId(thread), (HANDLE)4);
    assert_ptr_equal(PsGetThreadProcess(thread), PsInitialSystemProcess);
    assert_ptr_equal(IoThreadToProcess(thread), PsInitialSystemProcess);
    assert_true(IoIsSystemThread(thread));
    assert_null(PsGetCurrentThreadTeb());
}

static VOID ends_at_once(PVOID context) { (void)context; }

/* Check that an identifier finds its object, referenced, as long as there is one: an ended thread's
 * until its last reference goes. */
static void identifiers_find_their_objects(struct machine *m) {
    PETHREAD thread;
    PEPROCESS process;
    CLIENT_ID client;
    HANDLE handle;
    PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, &client, ends_at_once, NULL);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    assert_int_equal(PsLookupThreadByThreadId(client.UniqueThread, &thread), STATUS_SUCCESS);
    assert_true(PsIsThreadTerminating(thread));
    ZwClose(handle);
    ObDereferenceObject(thread);
    assert_int_equal(wdmsim_system_thread(m, (void (*)(void *))ends_at_once, NULL, NULL), 0);
    wdmsim_settle(
        m); /* a stack, and with it its thread, is given back when the next one needs it */
    assert_int_equal(PsLookupThreadByThreadId(client.UniqueThread, &thread),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PsLookupThreadByThreadId(PsGetCurrentThreadId(), &thread), STATUS_SUCCESS);
    assert_ptr_equal(thread, PsGetCurrentThread());
    ObDereferenceObject(thread);
    assert_int_equal(PsLookupProcessByProcessId((HANDLE)4, &process), STATUS_SUCCESS);
    assert_ptr_equal(process, PsInitialSystemProcess);
    ObDereferenceObject(process);
    assert_int_equal(PsLookupThreadByThreadId((HANDLE)4, &thread), STATUS_INVALID_PARAMETER);
    assert_int_equal(PsLookupProcessByProcessId(PsGetCurrentThreadId(), &process),
                     STATUS_INVALID_CID);
    assert_int_equal(PsLookupProcessByProcessId((HANDLE)0x77770, &process), STATUS_INVALID_CID);
}

static struct {
    HANDLE process, thread;
    BOOLEAN system, io_system;
    KPROCESSOR_MODE mode;
    NT_TIB *teb, *again, *attached;
    bool self;
    NTSTATUS terminate;
    HANDLE attached_process, attached_thread_process;
} user;

static void note_user(void *context) {
    (void)context;
    user.process = PsGetCurrentProcessId();
    user.thread = PsGetCurrentThreadId();
    user.system = PsIsSystemThread(PsGetCurrentThread());
    user.io_system = IoIsSystemThread(PsGetCurrentThread());
    user.mode = ExGetPreviousMode();
    user.terminate = PsTerminateSystemThread(STATUS_SUCCESS);
    user.teb = PsGetCurrentThreadTeb();
    user.again = PsGetCurrentThreadTeb();
    user.self = user.teb && user.teb->Self == user.teb;
    KAPC_STATE state;
    KeStackAttachProcess(PsInitialSystemProcess, &state);
    user.attached = PsGetCurrentThreadTeb();
    user.attached_process = PsGetCurrentProcessId();
    user.attached_thread_process = PsGetThreadProcessId(PsGetCurrentThread());
    KeUnstackDetachProcess(&state);
}

static void a_user_thread_is_told_apart(struct machine *m) {
    struct wdmsim_process *process;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    assert_int_equal(wdmsim_user_thread(m, process, note_user, NULL), 0);
    wdmsim_settle(m);
    assert_ptr_equal(user.process, PsGetProcessId((PEPROCESS)(void *)process));
    assert_ptr_not_equal(user.thread, PsGetCurrentThreadId());
    assert_false(user.system);
    assert_false(user.io_system);
    assert_int_equal(user.mode, UserMode);
    assert_int_equal(user.terminate, STATUS_INVALID_PARAMETER); /* it is no system thread */
}

/* Check that a user thread has one environment block, which it cannot reach from elsewhere. */
static void a_user_thread_has_an_environment_block(struct machine *m) {
    memset(&user, 0, sizeof user);
    assert_int_equal(wdmsim_user_thread(m, NULL, note_user, NULL), 0);
    wdmsim_settle(m);
    assert_non_null(user.teb);
    assert_true((ULONG_PTR)user.teb <= (ULONG_PTR)MM_HIGHEST_USER_ADDRESS);
    assert_ptr_equal(user.teb, user.again);
    assert_true(user.self);
    assert_null(user.attached);
    NT_TIB *first = user.teb;
    assert_int_equal(wdmsim_user_thread(m, NULL, note_user, NULL), 0);
    wdmsim_settle(m);
    assert_ptr_equal(user.teb, first); /* the ended thread's memory was given back */
}

/* Check that a thread stays its process's wherever it is attached. */
static void attaching_does_not_change_who_a_thread_is(struct machine *m) {
    memset(&user, 0, sizeof user);
    assert_int_equal(wdmsim_user_thread(m, NULL, note_user, NULL), 0);
    wdmsim_settle(m);
    assert_ptr_equal(user.attached_process, user.process);
    assert_ptr_equal(user.attached_thread_process, user.process);
}

static VOID ends(PVOID context) { (void)context; }

static void times_are_system_time(struct machine *m) {
    LARGE_INTEGER now, later;
    HANDLE handle;
    PETHREAD thread;
    struct wdmsim_process *process;
    KeQuerySystemTime(&now);
    assert_true(PsGetProcessCreateTimeQuadPart(PsInitialSystemProcess) <= now.QuadPart);
    assert_true(PsGetThreadCreateTime(PsGetCurrentThread()) <= now.QuadPart);
    wdmsim_advance(m, WDMSIM_S);
    KeQuerySystemTime(&later);
    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ends, NULL),
                     STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, (PVOID *)&thread, NULL);
    ZwClose(handle);
    LONGLONG born = PsGetThreadCreateTime(thread);
    assert_true(born >= later.QuadPart && born < later.QuadPart + 10000000);
    ObDereferenceObject(thread);
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    LONGLONG created = PsGetProcessCreateTimeQuadPart((PEPROCESS)(void *)process);
    assert_true(created >= later.QuadPart && created < later.QuadPart + 10000000);
    assert_int_equal(PsGetProcessExitTime().QuadPart, 0);
    wdmsim_set_system_time(m, later.QuadPart +
                                  100000000000); /* moments that were stay what they were */
    assert_int_equal(PsGetProcessCreateTimeQuadPart((PEPROCESS)(void *)process), created);
}

/* Check that start keys tell processes apart, and do not change. */
static void start_keys_are_unique(struct machine *m) {
    struct wdmsim_process *process;
    ULONGLONG key = PsGetProcessStartKey(PsInitialSystemProcess);
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    assert_true(key != PsGetProcessStartKey((PEPROCESS)(void *)process));
    assert_true(key == PsGetProcessStartKey(PsInitialSystemProcess));
}

static VOID note_identity(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    HANDLE *ids = context;
    (void)dpc, (void)argument1, (void)argument2;
    ids[0] = PsGetCurrentProcessId();
    ids[1] = PsGetCurrentThreadId();
    ids[2] = PsGetThreadId(PsGetCurrentThread());
}

/* Check that a DPC that interrupts nothing runs as the idle process, whose identifiers are 0. */
static void an_idle_processor_is_process_zero(struct machine *m) {
    HANDLE ids[3] = {(HANDLE)1, (HANDLE)1, (HANDLE)1};
    LARGE_INTEGER due = {.QuadPart = -10};
    KTIMER timer;
    KDPC dpc;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, note_identity, ids);
    KeSetTimer(&timer, due, &dpc);
    wdmsim_advance(m, WDMSIM_MS);
    assert_null(ids[0]);
    assert_null(ids[1]);
    assert_null(ids[2]);
}

static void the_version_is_known(struct machine *m) {
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    ULONG major = 0, minor = 99, build = 0;
    UNICODE_STRING pack = {8, 8, NULL};
    (void)m;
    RtlGetVersion(&version);
    assert_false(PsGetVersion(NULL, NULL, NULL, &pack));
    assert_int_equal(pack.Length, 0); /* no service pack */
    assert_false(PsGetVersion(&major, &minor, &build, NULL));
    assert_int_equal(major, version.dwMajorVersion);
    assert_int_equal(minor, version.dwMinorVersion);
    assert_int_equal(build, version.dwBuildNumber);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_system_process_is_number_four),
        wdmsim_unit_test(a_thread_knows_itself),
        wdmsim_unit_test(identifiers_find_their_objects),
        wdmsim_unit_test(a_user_thread_is_told_apart),
        wdmsim_unit_test(a_user_thread_has_an_environment_block),
        wdmsim_unit_test(attaching_does_not_change_who_a_thread_is),
        wdmsim_unit_test(times_are_system_time),
        wdmsim_unit_test(start_keys_are_unique),
        wdmsim_unit_test(an_idle_processor_is_process_zero),
        wdmsim_unit_test(the_version_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
