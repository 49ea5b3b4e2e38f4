/*
 * What becomes of an exception, raised or a fault, that no guarded block handles.
 *
 * On a program's thread all the kernel's and the drivers' code is part of a system service, whose
 * own handler says SYSTEM_SERVICE_EXCEPTION; a thread of the system has one around its routine that
 * says SYSTEM_THREAD_EXCEPTION_NOT_HANDLED. Neither is asked about code that only borrows a
 * thread's stack, DPCs and interrupts, nor across the start of an expanded stack (a judgement: the
 * search for handlers ends with a stack): there it is KMODE_EXCEPTION_NOT_HANDLED.
 *
 * Codes are NTSTATUS and so sign-extended, except in the service's bug check.
 */
#include "ki/bugcheck.h"
#include "ki/exception.h"
#include "ki/thread.h"

static bool ki_exception_on_borrowed_stack(const struct machine *m) {
    return !m->cpu->thread || m->cpu->in_dpc || m->cpu->irql > DISPATCH_LEVEL ||
           m->cpu->thread->expansions;
}

_Noreturn void ki_exception_unhandled(struct machine *m, const EXCEPTION_RECORD *record,
                                      const CONTEXT *context, uintptr_t place, void *frame_pointer,
                                      const char *sentence) {
    ULONG_PTR code = (ULONG_PTR)(LONG_PTR)record->ExceptionCode;
    ULONG_PTR address = (ULONG_PTR)record->ExceptionAddress;
    if (ki_exception_on_borrowed_stack(m)) {
        ULONG count = record->NumberParameters;
        const ULONG_PTR parameters[4] = {code, address,
                                         count > 0 ? record->ExceptionInformation[0] : 0,
                                         count > 1 ? record->ExceptionInformation[1] : 0};
        ki_bugcheck_at(m, KMODE_EXCEPTION_NOT_HANDLED, parameters, place, frame_pointer, sentence);
    }
    CONTEXT *registers = ki_alloc(m, sizeof *registers);
    *registers = *context;
    if (m->cpu->thread->user) {
        const ULONG_PTR parameters[4] = {(ULONG)code, address, (ULONG_PTR)registers, 0};
        ki_bugcheck_at(m, SYSTEM_SERVICE_EXCEPTION, parameters, place, frame_pointer, sentence);
    }
    EXCEPTION_RECORD *kept = ki_alloc(m, sizeof *kept);
    *kept = *record;
    const ULONG_PTR parameters[4] = {code, address, (ULONG_PTR)kept, (ULONG_PTR)registers};
    ki_bugcheck_at(m, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, parameters, place, frame_pointer,
                   sentence);
}
