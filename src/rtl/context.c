/*
 * CONTEXT records for exceptions.
 *
 * A filter finds the integer registers, the instruction pointer and the flags of a fault on x86-64,
 * and what it changes there holds when it continues. Of a raised exception, and of a fault on
 * other processors, it finds where and on which frame that was, and of these only the instruction
 * pointer can be changed: ContextFlags says what is valid.
 * Vector registers are not in the record; continuing restores them unchanged.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* names of registers */
#endif
#include <string.h>

#include "ki/signal_context.h"
#include "rtl/context.h"

#define RTL_CONTEXT_AMD64 0x00100000u
#define RTL_CONTEXT_CONTROL (RTL_CONTEXT_AMD64 | 1u)
#define RTL_CONTEXT_INTEGER (RTL_CONTEXT_AMD64 | 2u)

void rtl_context_of_caller(CONTEXT *context, const void *address, const void *frame) {
    memset(context, 0, sizeof *context);
    context->ContextFlags = RTL_CONTEXT_CONTROL;
    context->Rip = (ULONG_PTR)address;
    context->Rbp = *(const ULONG_PTR *)frame;
    context->Rsp = (ULONG_PTR)frame + 2 * sizeof(ULONG_PTR);
}

#if defined(__linux__) && defined(__x86_64__)

/* Each register of the record and its place among the signal's. */
#define RTL_CONTEXT_REGISTERS(X)                                                                   \
    X(Rax, REG_RAX)                                                                                \
    X(Rcx, REG_RCX)                                                                                \
    X(Rdx, REG_RDX)                                                                                \
    X(Rbx, REG_RBX)                                                                                \
    X(Rsp, REG_RSP)                                                                                \
    X(Rbp, REG_RBP)                                                                                \
    X(Rsi, REG_RSI)                                                                                \
    X(Rdi, REG_RDI)                                                                                \
    X(R8, REG_R8)                                                                                  \
    X(R9, REG_R9)                                                                                  \
    X(R10, REG_R10)                                                                                \
    X(R11, REG_R11)                                                                                \
    X(R12, REG_R12)                                                                                \
    X(R13, REG_R13)                                                                                \
    X(R14, REG_R14)                                                                                \
    X(R15, REG_R15)                                                                                \
    X(Rip, REG_RIP)

void rtl_context_of_fault(CONTEXT *context, const ucontext_t *fault) {
    const greg_t *registers = fault->uc_mcontext.gregs;
    memset(context, 0, sizeof *context);
    context->ContextFlags = RTL_CONTEXT_CONTROL | RTL_CONTEXT_INTEGER;
    context->EFlags = (ULONG)registers[REG_EFL];
#define X(name, index) context->name = (ULONG64)registers[index];
    RTL_CONTEXT_REGISTERS(X)
#undef X
}

void rtl_context_restore(const CONTEXT *context, ucontext_t *fault) {
    greg_t *registers = fault->uc_mcontext.gregs;
#define X(name, index) registers[index] = (greg_t)context->name;
    RTL_CONTEXT_REGISTERS(X)
#undef X
}

#else

void rtl_context_of_fault(CONTEXT *context, const ucontext_t *fault) {
    memset(context, 0, sizeof *context);
    context->ContextFlags = RTL_CONTEXT_CONTROL;
    context->Rip = (ULONG64)KI_PC(fault);
    context->Rsp = (ULONG64)KI_SP(fault);
    context->Rbp = (ULONG64)KI_FP(fault);
}

/* The frame is the interrupted code's, whatever it keeps there. */
void rtl_context_restore(const CONTEXT *context, ucontext_t *fault) {
    KI_SET(KI_PC(fault), context->Rip);
}

#endif
