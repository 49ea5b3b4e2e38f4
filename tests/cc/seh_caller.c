/*
 * The caller of the generated programs: a guarded block in another file, which takes whatever a
 * program raises and does not handle. Driver source.
 */
#include <wdm.h>

#include "seh_host.h"

static int caller_filter(unsigned int code, PEXCEPTION_POINTERS pointers) {
    if ((unsigned int)pointers->ExceptionRecord->ExceptionCode != code) {
        show("the record says %x ", (unsigned int)pointers->ExceptionRecord->ExceptionCode);
    }
    show("caller:%x ", code);
    return EXCEPTION_EXECUTE_HANDLER;
}

int seh_call(int (*run)(void), int *result, unsigned int *code) {
    __try {
        *result = run();
    } __except (caller_filter(GetExceptionCode(), GetExceptionInformation())) {
        *code = GetExceptionCode();
        return 0;
    }
    return 1;
}

void seh_raise(unsigned int code) { ExRaiseStatus((NTSTATUS)code); }
