/*
 * Breakpoints, assertions, and the debugger.
 *
 * Unless it is configured with one, the simulated system was booted without a debugger: a
 * breakpoint is an exception (STATUS_BREAKPOINT) that a guarded block may handle, and otherwise a
 * bug check. A failed assertion is the same with STATUS_ASSERTION_FAILURE, and prints first. With a
 * debugger (WDMSIM_DEBUGGER) both are noted in the trace, and execution goes on, as if somebody
 * typed "g", unless the debugger is disabled. Nobody answers a prompt in either case.
 */
#include <stdio.h>
#include <string.h>

#include "dbg/dbg.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ki/trace.h"
#include "nt/exception.h"
#include "rtl/rtl.h"

/* The machine's flag is clear while the debugger is disabled. */
static bool dbg_is_attached(const struct machine *m) { return (m->flags & WDMSIM_DEBUGGER) != 0; }

static bool dbg_is_configured(struct machine *m) {
    return dbg_is_attached(m) || dbg_part(m)->debugger_disabled;
}

/* What KdDebuggerEnabled (0) and KdDebuggerNotPresent (1) point to. */
BOOLEAN *wdmsim_debugger_state(ULONG Which) {
    static const BOOLEAN states[2] = {FALSE, TRUE};
    bool attached = dbg_is_attached(ki_self());
    return (BOOLEAN *)(ULONG_PTR)&states[Which ? !attached : attached];
}

/* Continues when a guarded block says so; without one around, the machine stops with `sentence`.
 * The caller of the routine with the given frame is who stands there. */
static void dbg_raise(struct machine *m, NTSTATUS status, ULONG_PTR information, void *caller,
                      void *frame, const char *sentence) {
    if (dbg_is_attached(m)) {
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

static NTSTATUS dbg_disable(struct machine *m, BOOLEAN disabled) {
    if (!dbg_is_configured(m))
        return STATUS_DEBUGGER_INACTIVE;
    if (dbg_part(m)->block_enable)
        return STATUS_ACCESS_DENIED;
    dbg_part(m)->debugger_disabled = disabled;
    m->flags = disabled ? m->flags & ~(ULONG)WDMSIM_DEBUGGER : m->flags | WDMSIM_DEBUGGER;
    return STATUS_SUCCESS;
}

NTSTATUS KdDisableDebugger(VOID) {
    KI_GATE(KdDisableDebugger);
    return dbg_disable(m, TRUE);
}

NTSTATUS KdEnableDebugger(VOID) {
    KI_GATE(KdEnableDebugger);
    return dbg_disable(m, FALSE);
}

BOOLEAN KdRefreshDebuggerNotPresent(VOID) {
    KI_GATE(KdRefreshDebuggerNotPresent);
    return KD_DEBUGGER_NOT_PRESENT;
}

/* In KdBlockEnable. */
#define KD_BLOCK_FOR_EVER 0x80

NTSTATUS KdChangeOption(KD_OPTION Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes,
                        PVOID OutBuffer, PULONG OutBufferNeeded) {
    KI_GATE(KdChangeOption);
    if (!dbg_is_configured(m))
        return STATUS_DEBUGGER_INACTIVE;
    if (Option != KD_OPTION_SET_BLOCK_ENABLE)
        return STATUS_INVALID_INFO_CLASS;
    if (InBufferBytes != sizeof(BOOLEAN) || OutBufferBytes || OutBuffer)
        return STATUS_INVALID_PARAMETER;
    if (dbg_part(m)->block_enable & KD_BLOCK_FOR_EVER)
        return STATUS_ACCESS_DENIED;
    dbg_part(m)->block_enable = *(const BOOLEAN *)InBuffer;
    if (OutBufferNeeded)
        *OutBufferNeeded = 0;
    return STATUS_SUCCESS;
}
