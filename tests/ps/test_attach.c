/* Attaching to another process. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static PEPROCESS new_process(struct machine *m) {
    struct wdmsim_process *process;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    return (PEPROCESS)(void *)process;
}

/* Check that user memory is the attached process's. */
static void a_thread_sees_the_other_process(struct machine *m) {
    PEPROCESS process = new_process(m);
    uint64_t address = wdmsim_user_alloc(m, (struct wdmsim_process *)(void *)process, 64);
    ULONG value = 7;
    KAPC_STATE state;
    PMDL mdl;
    assert_true(address != 0);
    wdmsim_user_write(m, (struct wdmsim_process *)(void *)process, address, &value, sizeof value);
    KeStackAttachProcess(process, &state);
    assert_ptr_equal(PsGetCurrentProcess(), process);
    assert_ptr_equal(PsGetCurrentProcessId(), (HANDLE)4); /* whose thread it is does not change */
    assert_null(PsGetCurrentThreadTeb());
    ProbeForRead((PVOID)(ULONG_PTR)address, 64, 1);
    assert_int_equal(*(const ULONG *)(ULONG_PTR)address, 7);
    mdl = IoAllocateMdl((PVOID)(ULONG_PTR)address, 64, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    KeUnstackDetachProcess(&state);
    assert_ptr_equal(PsGetCurrentProcess(), PsInitialSystemProcess);
}

static void attachments_stack(struct machine *m) {
    PEPROCESS first = new_process(m), second = new_process(m);
    KAPC_STATE outer, inner, same;
    KeStackAttachProcess(first, &outer);
    KeStackAttachProcess(second, &inner);
    KeStackAttachProcess(second, &same);
    KeUnstackDetachProcess(&same);
    assert_ptr_equal(PsGetCurrentProcess(), second);
    KeUnstackDetachProcess(&inner);
    assert_ptr_equal(PsGetCurrentProcess(), first);
    KeUnstackDetachProcess(&outer);
    assert_ptr_equal(PsGetCurrentProcess(), PsInitialSystemProcess);
}

static void the_plain_form_attaches_once(struct machine *m) {
    PEPROCESS process = new_process(m);
    KeAttachProcess(process);
    assert_ptr_equal(PsGetCurrentProcess(), process);
    KeDetachProcess();
    assert_ptr_equal(PsGetCurrentProcess(), PsInitialSystemProcess);
    KeAttachProcess(process);
    wdmsim_expect_bugcheck(INVALID_PROCESS_ATTACH_ATTEMPT);
    KeAttachProcess(new_process(m));
}

static void detaching_needs_an_attachment(struct machine *m) {
    KAPC_STATE state;
    PEPROCESS process = new_process(m);
    KeStackAttachProcess(process, &state);
    KeUnstackDetachProcess(&state);
    wdmsim_expect_bugcheck(INVALID_PROCESS_ATTACH_ATTEMPT);
    KeUnstackDetachProcess(&state);
}

static VOID ends_attached(PVOID context) { KeAttachProcess(context); }

static void a_thread_must_detach_before_it_ends(struct machine *m) {
    HANDLE handle;
    wdmsim_expect_bugcheck(INVALID_PROCESS_ATTACH_ATTEMPT);
    PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, NULL, ends_attached, new_process(m));
    ZwWaitForSingleObject(handle, FALSE, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_thread_sees_the_other_process),
        wdmsim_unit_test(attachments_stack),
        wdmsim_unit_test(the_plain_form_attaches_once),
        wdmsim_unit_test(detaching_needs_an_attachment),
        wdmsim_unit_test(a_thread_must_detach_before_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
