/*
 * What a signal handler is given of the interrupted code: registers by one name on every host, and
 * a copy that lasts longer than the handler.
 *
 * To be included with _GNU_SOURCE, which some hosts want for the names of registers.
 */
#ifndef KI_SIGNAL_CONTEXT_H
#define KI_SIGNAL_CONTEXT_H

#include <signal.h>
#include <stdint.h>

/* Program counter, stack and frame pointer; AArch64 has a link register; x86 tells of a fault
 * whether it wrote. */
#if defined(__linux__) && defined(__x86_64__)
#define KI_PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
#define KI_SP(uc) ((uc)->uc_mcontext.gregs[REG_RSP])
#define KI_FP(uc) ((uc)->uc_mcontext.gregs[REG_RBP])
#define KI_IS_WRITE(uc) (((uc)->uc_mcontext.gregs[REG_ERR] & 2) != 0)
#elif defined(__linux__) && defined(__aarch64__)
#define KI_PC(uc) ((uc)->uc_mcontext.pc)
#define KI_SP(uc) ((uc)->uc_mcontext.sp)
#define KI_FP(uc) ((uc)->uc_mcontext.regs[29])
#define KI_LINK(uc) ((uc)->uc_mcontext.regs[30])
#elif defined(__APPLE__) && defined(__x86_64__)
#define KI_PC(uc) ((uc)->uc_mcontext->__ss.__rip)
#define KI_SP(uc) ((uc)->uc_mcontext->__ss.__rsp)
#define KI_FP(uc) ((uc)->uc_mcontext->__ss.__rbp)
#define KI_IS_WRITE(uc) (((uc)->uc_mcontext->__es.__err & 2) != 0)
#elif defined(__APPLE__) && defined(__aarch64__)
#define KI_PC(uc) ((uc)->uc_mcontext->__ss.__pc)
#define KI_SP(uc) ((uc)->uc_mcontext->__ss.__sp)
#define KI_FP(uc) ((uc)->uc_mcontext->__ss.__fp)
#define KI_LINK(uc) ((uc)->uc_mcontext->__ss.__lr)
#else
#error "signal_context.h does not know this host"
#endif
#define KI_SET(place, value) ((place) = (__typeof__(place))(value))

struct ki_signal_context {
    ucontext_t saved;
#if defined(__APPLE__)
    __typeof__(*((ucontext_t *)0)->uc_mcontext) registers; /* the host keeps them apart */
#endif
};

static inline void ki_signal_context_copy(struct ki_signal_context *to, const ucontext_t *from) {
    to->saved = *from;
#if defined(__APPLE__)
    to->registers = *from->uc_mcontext;
    to->saved.uc_mcontext = &to->registers;
#endif
}

#endif
