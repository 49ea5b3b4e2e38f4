/* Check what a filter finds in the context record, and that what it changes there holds. */
#include "../threads.h"

#include <ntddk.h>

static ULONG_PTR seen_rip, seen_flags, seen_rsp;

static LONG look(PEXCEPTION_POINTERS pointers, LONG answer) {
    assert_non_null(pointers->ContextRecord);
    seen_rip = pointers->ContextRecord->Rip;
    seen_rsp = pointers->ContextRecord->Rsp;
    seen_flags = pointers->ContextRecord->ContextFlags;
    return answer;
}

static void a_raised_status_has_a_context(struct machine *m) {
    (void)m;
    PVOID address = NULL;
    __try {
        ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (address = GetExceptionInformation()->ExceptionRecord->ExceptionAddress,
                look(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        assert_int_equal((NTSTATUS)GetExceptionCode(), STATUS_NO_MEMORY);
    }
    assert_int_equal(seen_rip, (ULONG_PTR)address);
    assert_true(seen_rsp > (ULONG_PTR)&address - 0x10000 &&
                seen_rsp < (ULONG_PTR)&address + 0x10000);
}

static void an_exception_record_has_a_context(struct machine *m) {
    (void)m;
    EXCEPTION_RECORD record = {.ExceptionCode = STATUS_TIMEOUT};
    seen_rip = 0;
    __try {
        RtlRaiseException(&record);
    } __except (look(GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
        fail_msg("it was continued");
    }
    assert_true(seen_rip != 0);
    assert_int_equal(seen_rip, (ULONG_PTR)record.ExceptionAddress);
}

#if defined(__x86_64__) && defined(__linux__)

static LONG repair(PEXCEPTION_POINTERS pointers, ULONG *target) {
    PCONTEXT context = pointers->ContextRecord;
    look(pointers, 0);
    assert_int_equal(context->Rax, 0x10);
    assert_int_equal(context->Rcx, 0x1234);
    context->Rax = (ULONG_PTR)target;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void a_fault_has_its_registers(struct machine *m) {
    (void)m;
    ULONG target = 0;
    __try {
        __asm__ volatile("movl %%ecx, (%%rax)" : : "a"((PVOID)0x10), "c"(0x1234) : "memory");
    } __except (repair(GetExceptionInformation(), &target)) {
        fail_msg("it was continued");
    }
    assert_int_equal(target, 0x1234);
    assert_true(seen_flags & 3);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_raised_status_has_a_context),
        wdmsim_unit_test(an_exception_record_has_a_context),
#if defined(__x86_64__) && defined(__linux__)
        wdmsim_unit_test(a_fault_has_its_registers),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
