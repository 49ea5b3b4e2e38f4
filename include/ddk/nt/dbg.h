/*
 * Debugging: printing, breakpoints, assertions. Printing is allowed at any IRQL up to DIRQL.
 * Checked drivers (DBG defined and not zero) have ASSERT and KdPrint; others lose them.
 */
#ifndef WDMSIM_NT_DBG_H
#define WDMSIM_NT_DBG_H

#include "types.h"
#include "../dpfilter.h"

EXTERN_C_START

ULONG DbgPrint(PCSTR Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG DbgPrintReturnControlC(PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list arglist);
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format,
                            va_list arglist);
ULONG DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length);
NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
VOID DbgBreakPoint(VOID);
VOID DbgBreakPointWithStatus(ULONG Status);
#define DBG_STATUS_CONTROL_C 1
#define DBG_STATUS_SYSRQ 2
#define DBG_STATUS_BUGCHECK_FIRST 3
#define DBG_STATUS_BUGCHECK_SECOND 4
#define DBG_STATUS_FATAL 5
#define DBG_STATUS_DEBUG_CONTROL 6
#define DBG_STATUS_WORKER 7

BOOLEAN *wdmsim_debugger_state(ULONG Which);
#define KdDebuggerEnabled (wdmsim_debugger_state(0))
#define KdDebuggerNotPresent (wdmsim_debugger_state(1))
#define KD_DEBUGGER_ENABLED (*KdDebuggerEnabled)
#define KD_DEBUGGER_NOT_PRESENT (*KdDebuggerNotPresent)
typedef enum _KD_OPTION { KD_OPTION_SET_BLOCK_ENABLE } KD_OPTION;
NTSTATUS KdDisableDebugger(VOID);
NTSTATUS KdEnableDebugger(VOID);
BOOLEAN KdRefreshDebuggerNotPresent(VOID);
NTSTATUS KdChangeOption(KD_OPTION Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes,
                        PVOID OutBuffer, PULONG OutBufferNeeded);

/* STATUS_ASSERTION_FAILURE, without a text: the assertion interrupt. Any IRQL. */
VOID DbgRaiseAssertionFailure(VOID);

/* A failed assertion of a checked driver; the machine reports it. */
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber,
               PSTR MutableMessage);

#if defined(DBG) && DBG
#define WDMSIM_ASSERT(exp, text, msg)                                                              \
    ((!(exp)) ? (RtlAssert((PVOID)(text), (PVOID)(__FILE__), __LINE__, (PSTR)(msg)), FALSE) : TRUE)
#define ASSERT(exp) ((void)WDMSIM_ASSERT(exp, #exp, NULL))
#define ASSERTMSG(msg, exp) ((void)WDMSIM_ASSERT(exp, #exp, msg))
#define RTL_SOFT_ASSERT(exp) ((void)WDMSIM_ASSERT(exp, #exp, NULL))
#define RTL_SOFT_ASSERTMSG(msg, exp) ((void)WDMSIM_ASSERT(exp, #exp, msg))
#define RTL_VERIFY(exp) WDMSIM_ASSERT(exp, #exp, NULL)
#define RTL_SOFT_VERIFY(exp) WDMSIM_ASSERT(exp, #exp, NULL)
#define NT_ASSERT(exp) ((void)WDMSIM_ASSERT(exp, #exp, NULL))
#define NT_ASSERTMSG(msg, exp) ((void)WDMSIM_ASSERT(exp, #exp, msg))
#define NT_VERIFY(exp) WDMSIM_ASSERT(exp, #exp, NULL)
#define KdPrint(_x_) DbgPrint _x_
#define KdPrintEx(_x_) DbgPrintEx _x_
#define vKdPrintEx(_x_) vDbgPrintEx _x_
#define KdBreakPoint() DbgBreakPoint()
#define KdBreakPointWithStatus(s) DbgBreakPointWithStatus(s)
#else
#define ASSERT(exp) ((void)0)
#define ASSERTMSG(msg, exp) ((void)0)
#define RTL_SOFT_ASSERT(exp) ((void)0)
#define RTL_SOFT_ASSERTMSG(msg, exp) ((void)0)
#define RTL_VERIFY(exp) ((exp) ? TRUE : FALSE)
#define RTL_SOFT_VERIFY(exp) ((exp) ? TRUE : FALSE)
#define NT_ASSERT(exp) ((void)0)
#define NT_ASSERTMSG(msg, exp) ((void)0)
#define NT_VERIFY(exp) ((exp) ? TRUE : FALSE)
#define KdPrint(_x_) ((void)0)
#define KdPrintEx(_x_) ((void)0)
#define vKdPrintEx(_x_) ((void)0)
#define KdBreakPoint() ((void)0)
#define KdBreakPointWithStatus(s) ((void)0)
#endif
#define NT_ASSUME(exp) NT_ASSERT(exp)
#define NT_FRE_ASSERT(exp)                                                                         \
    ((exp) ? (void)0 : RtlAssert((PVOID) #exp, (PVOID)__FILE__, __LINE__, NULL))

EXTERN_C_END

#endif
