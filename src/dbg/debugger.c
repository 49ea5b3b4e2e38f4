/*
 * Breakpoints, assertions, and the debugger.
 *
 * Unless it is configured with one, the simulated system was booted without a debugger: a
 * breakpoint is an exception (STATUS_BREAKPOINT) that a guarded block may handle, and otherwise a
 * bug check. A failed assertion is the same with STATUS_ASSERTION_FAILURE, and prints first. With a
 * debugger (WDMSIM_DEBUGGER) both are noted in the trace, and execution goes on, as if somebody
 * typed "g". Nobody answers a prompt in either case.
 */
#include <stdio.h>
#include <string.h>

#include "dbg/dbg.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ki/trace.h"
#include "nt/exception.h"
#include "rtl/rtl.h"

/* What KdDebuggerEnabled (0) and KdDebuggerNotPresent (1) point to. */
BOOLEAN *wdmsim_debugger_state(ULONG Which) {
    static const BOOLEAN states[2] = {FALSE, TRUE};
    bool attached = (ki_self()->flags & WDMSIM_DEBUGGER) != 0;
    return (BOOLEAN *)(ULONG_PTR)&states[Which ? !attached : attached];
}

/* Continues when a guarded block says so; without one around, the machine stops with `sentence`.
 * The caller of the routine with the given frame is who stands there. */
static void dbg_raise(struct machine *m, NTSTATUS status, ULONG_PTR information, void *caller,
                      void *frame, const char *sentence) {
    if (m->flags & WDMSIM_DEBUGGER) {
        KI_TRACE(m, BREAK, ki_address_name(m, caller), (ULONG)status);
        return;
    }
    EXCEPTION_RECORD record = {
        .ExceptionCode = status, .ExceptionAddress = caller, .NumberParameters = 1};
    record.ExceptionInformation[0] = information;
    rtl_raise(&record, frame, sentence);
}
#define DBG_RAISE(status, information, sentence)                                                   \
    dbg_raise(m, status, information, __builtin_return_address(0), __builtin_frame_address(0),     \
              sentence)

VOID DbgBreakPoint(VOID) {
    KI_GATE(DbgBreakPoint);
    DBG_RAISE(STATUS_BREAKPOINT, 0, "a breakpoint, and no debugger to handle it");
}

VOID DbgBreakPointWithStatus(ULONG Status) {
    KI_GATE(DbgBreakPointWithStatus);
    char sentence[96];
    snprintf(sentence, sizeof sentence,
             "a breakpoint with status 0x%x, and no debugger to handle it", Status);
    DBG_RAISE(STATUS_BREAKPOINT, Status, sentence);
}

static const char *dbg_file_name(const char *path) {
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    return name;
}

VOID DbgRaiseAssertionFailure(VOID) {
    KI_GATE(DbgRaiseAssertionFailure);
    DBG_RAISE(STATUS_ASSERTION_FAILURE, 0, "an assertion failed, and no debugger to handle it");
}

VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber,
               PSTR MutableMessage) {
    struct machine *m = ki_self();
    char sentence[DBG_MESSAGE_LIMIT];
    int length = snprintf(sentence, sizeof sentence, "assertion failed: %s%s%s, %s:%u\n",
                          MutableMessage ? MutableMessage : "", MutableMessage ? ": " : "",
                          (const char *)VoidFailedAssertion,
                          dbg_file_name((const char *)VoidFileName), LineNumber);
    dbg_message(m, sentence,
                (size_t)length < sizeof sentence ? (size_t)length : sizeof sentence - 1);
    sentence[strcspn(sentence, "\n")] = 0;
    DBG_RAISE(STATUS_ASSERTION_FAILURE, 0, sentence);
}

/* Shows the prompt; nobody answers, so no character arrives. */
ULONG DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length) {
    KI_GATE(DbgPrompt);
    UNREFERENCED_PARAMETER(Response);
    UNREFERENCED_PARAMETER(Length);
    dbg_message(m, Prompt, strnlen(Prompt, DBG_MESSAGE_LIMIT));
    return 0;
}

NTSTATUS KdDisableDebugger(VOID) {
    KI_GATE(KdDisableDebugger);
    return STATUS_DEBUGGER_INACTIVE;
}

NTSTATUS KdEnableDebugger(VOID) {
    KI_GATE(KdEnableDebugger);
    return STATUS_DEBUGGER_INACTIVE;
}

BOOLEAN KdRefreshDebuggerNotPresent(VOID) {
    KI_GATE(KdRefreshDebuggerNotPresent);
    return KD_DEBUGGER_NOT_PRESENT;
}

NTSTATUS KdChangeOption(KD_OPTION Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes,
                        PVOID OutBuffer, PULONG OutBufferNeeded) {
    KI_GATE(KdChangeOption);
    UNREFERENCED_PARAMETER(Option);
    UNREFERENCED_PARAMETER(InBufferBytes);
    UNREFERENCED_PARAMETER(InBuffer);
    UNREFERENCED_PARAMETER(OutBufferBytes);
    UNREFERENCED_PARAMETER(OutBuffer);
    UNREFERENCED_PARAMETER(OutBufferNeeded);
    return STATUS_DEBUGGER_INACTIVE;
}
