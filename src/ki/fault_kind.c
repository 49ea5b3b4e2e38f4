/*
 * Which of NT's exceptions a host's signal is.
 *
 * Signals say less than processors do, so the instruction itself is asked where that matters. On
 * x86-64 a general protection fault is an access violation at address -1 (no canonical address, or
 * not aligned for an instruction that demands it) unless the instruction is a privileged one; and a
 * divide error is an overflow unless the divisor is zero. On AArch64 the instruction tells a store
 * from a load, a breakpoint from the compiler's check of a divisor, and a system register's access
 * from nonsense.
 *
 * Judgement: Windows' drivers are privileged, so an instruction such as `cli` in assembly language
 * does its work there. Here all code runs unprivileged: it is STATUS_PRIVILEGED_INSTRUCTION, as for
 * a program of Windows. The compiler's intrinsics for such instructions are served by the machine.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <string.h>

#include "ki/fault_kind.h"
#include "ki/signal_context.h"

#if defined(__linux__) && defined(__x86_64__)

/* ---- x86-64 ---- */

enum ki_trap {
    KI_TRAP_DEBUG = 1,
    KI_TRAP_STACK = 12,
    KI_TRAP_PROTECTION = 13,
    KI_TRAP_FLOAT = 16,
    KI_TRAP_ALIGNMENT = 17
};

/* Flags of the processor that hold for the interrupted code alone. */
#define KI_FLAG_TRAP 0x100
#define KI_FLAG_DIRECTION 0x400
#define KI_FLAG_ALIGNMENT 0x40000

/* An instruction up to the byte behind its opcode. */
struct ki_instruction {
    const uint8_t *next; /* the first byte that is not taken apart */
    unsigned opcode;     /* of two bytes: 0x0f in the upper one */
    unsigned rex;
    bool lock, word, segment; /* prefixes: lock, 16-bit operand, fs or gs */
};

static bool ki_is_prefix(uint8_t byte, struct ki_instruction *instruction) {
    switch (byte) {
    case 0xf0:
        return instruction->lock = true;
    case 0x66:
        return instruction->word = true;
    case 0x64:
    case 0x65:
        return instruction->segment = true;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x67:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return false;
    }
}

/* The processor has decoded it, so all bytes that belong to it can be read. */
static struct ki_instruction ki_decode(const ucontext_t *uc) {
    struct ki_instruction instruction = {.next = (const uint8_t *)KI_PC(uc)};
    while (ki_is_prefix(*instruction.next, &instruction))
        instruction.next++;
    if ((*instruction.next & 0xf0) == 0x40)
        instruction.rex = *instruction.next++;
    instruction.opcode = *instruction.next++;
    if (instruction.opcode == 0x0f)
        instruction.opcode = 0x0f00u | *instruction.next++;
    return instruction;
}

/* Instructions that fault for being privileged: ports, interrupts, halt; system registers, caches.
 */
static bool ki_is_privileged(const ucontext_t *uc) {
    struct ki_instruction instruction = ki_decode(uc);
    unsigned opcode = instruction.opcode, operation = *instruction.next >> 3 & 7;
    switch (opcode) {
    case 0xf4:   /* hlt */
    case 0xfa:   /* cli */
    case 0xfb:   /* sti */
    case 0x0f06: /* clts */
    case 0x0f08: /* invd */
    case 0x0f09: /* wbinvd */
    case 0x0f30: /* wrmsr */
    case 0x0f32: /* rdmsr */
    case 0x0f33: /* rdpmc */
    case 0x0f07: /* sysret */
    case 0x0f35: /* sysexit */
        return true;
    case 0x0f00: /* lldt, ltr */
        return operation == 2 || operation == 3;
    case 0x0f01: /* lgdt, lidt, lmsw, invlpg, and what has the place of a register: xsetbv, swapgs
                  */
        if (*instruction.next >= 0xc0 && operation != 6)
            return *instruction.next == 0xd1 || *instruction.next == 0xf8;
        return operation == 2 || operation == 3 || operation >= 6;
    default: /* in, out and their string forms; mov of control and debug registers */
        return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) ||
               (opcode >= 0xec && opcode <= 0xef) || (opcode >= 0x0f20 && opcode <= 0x0f23);
    }
}

static uint64_t ki_register(const ucontext_t *uc, unsigned number) {
    static const unsigned char places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                             REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                             REG_R12, REG_R13, REG_R14, REG_R15};
    return (uint64_t)uc->uc_mcontext.gregs[places[number]];
}

/* Where the memory operand of an instruction without immediate operand lies; `next` is at its
 * ModRM byte. */
static const void *ki_operand_address(const ucontext_t *uc,
                                      const struct ki_instruction *instruction) {
    const uint8_t *at = instruction->next;
    unsigned mode = *at >> 6, base = *at & 7, high = (instruction->rex & 1) << 3;
    uint64_t address = 0;
    int32_t displacement = 0;
    int8_t small = 0;
    at++;
    if (base == 4) {
        unsigned index = (*at >> 3 & 7) | (instruction->rex & 2) << 2;
        if (index != 4)
            address = ki_register(uc, index) << (*at >> 6);
        base = *at++ & 7;
    } else if (base == 5 && mode == 0) {
        memcpy(&displacement, at, sizeof displacement);
        return at + sizeof displacement + displacement; /* relative to the next instruction */
    }
    if (base == 5 && mode == 0)
        mode = 2;
    else
        address += ki_register(uc, base | high);
    if (mode == 1)
        memcpy(&small, at, sizeof small);
    else if (mode == 2)
        memcpy(&displacement, at, sizeof displacement);
    return (const void *)(uintptr_t)(address + (uint64_t)(int64_t)(displacement + small));
}

/* A divide error is for a divisor of zero or for a quotient that does not fit. */
static NTSTATUS ki_divide_status(const ucontext_t *uc) {
    struct ki_instruction instruction = ki_decode(uc);
    if ((instruction.opcode != 0xf6 && instruction.opcode != 0xf7) || instruction.segment)
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    size_t size = instruction.rex & 8 ? 8 : instruction.word ? 2 : 4;
    if (instruction.opcode == 0xf6)
        size = 1;
    uint64_t divisor = 0;
    unsigned operand = *instruction.next & 7;
    if (*instruction.next < 0xc0)
        memcpy(&divisor, ki_operand_address(uc, &instruction), size);
    else if (size == 1 && !instruction.rex && operand >= 4) /* ah, ch, dh, bh */
        divisor = ki_register(uc, operand - 4) >> 8 & 0xff;
    else
        divisor = ki_register(uc, operand | (instruction.rex & 1) << 3) << (64 - 8 * size);
    return divisor ? STATUS_INTEGER_OVERFLOW : STATUS_INTEGER_DIVIDE_BY_ZERO;
}

/* Two kinds of floating-point exceptions that signals count among others. */
static NTSTATUS ki_float_status(NTSTATUS status, const ucontext_t *uc) {
    enum { DENORMAL = 2, UNDERFLOW = 16, STACK = 64 };
    const fpregset_t state = uc->uc_mcontext.fpregs;
    bool x87 = uc->uc_mcontext.gregs[REG_TRAPNO] == KI_TRAP_FLOAT;
    unsigned raised = x87 ? state->swd & ~state->cwd : state->mxcsr & ~(state->mxcsr >> 7);
    if (status == STATUS_FLOAT_UNDERFLOW && (raised & (DENORMAL | UNDERFLOW)) == DENORMAL)
        return STATUS_FLOAT_DENORMAL_OPERAND;
    if (status == STATUS_FLOAT_INVALID_OPERATION && x87 && state->swd & STACK)
        return STATUS_FLOAT_STACK_CHECK;
    return status;
}

static NTSTATUS ki_refine(NTSTATUS status, const ucontext_t *uc) {
    if ((uint64_t)KI_PC(uc) >> 47)
        return status; /* jumped to what is no address */
    switch (status) {
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
        return ki_divide_status(uc);
    case STATUS_FLOAT_UNDERFLOW:
    case STATUS_FLOAT_INVALID_OPERATION:
        return ki_float_status(status, uc);
    case STATUS_ILLEGAL_INSTRUCTION:
        return ki_decode(uc).lock ? STATUS_INVALID_LOCK_SEQUENCE : status;
    case STATUS_BREAKPOINT:
        return uc->uc_mcontext.gregs[REG_TRAPNO] == KI_TRAP_DEBUG ? STATUS_SINGLE_STEP : status;
    case STATUS_ACCESS_VIOLATION:
        return uc->uc_mcontext.gregs[REG_TRAPNO] == KI_TRAP_PROTECTION && ki_is_privileged(uc)
                   ? STATUS_PRIVILEGED_INSTRUCTION
                   : status;
    default:
        return status;
    }
}

/* The address is not told of a fault that has nothing to do with pages. */
static bool ki_address_is_known(const ucontext_t *uc) {
    greg_t trap = uc->uc_mcontext.gregs[REG_TRAPNO];
    return trap != KI_TRAP_PROTECTION && trap != KI_TRAP_STACK;
}

void ki_fault_calm(ucontext_t *uc) {
    uc->uc_mcontext.gregs[REG_EFL] &= ~(KI_FLAG_TRAP | KI_FLAG_DIRECTION | KI_FLAG_ALIGNMENT);
    if (uc->uc_mcontext.gregs[REG_TRAPNO] == KI_TRAP_FLOAT)
        uc->uc_mcontext.fpregs->swd &= 0x7f00; /* what is pending would come again */
}

#elif defined(__aarch64__)

/* ---- AArch64 ---- */

static uint32_t ki_word(const ucontext_t *uc) { return *(const uint32_t *)(uintptr_t)KI_PC(uc); }

/* A division by zero gives zero on this processor. wdmsim-cc has compilers look for it; these are
 * the breakpoints of GCC and of Clang. */
static bool ki_is_division(uint32_t word) { return word == 0xd4207d00 || word == 0xd42aa060; }

/* Whether an instruction that touches memory writes it: hosts do not tell what the fault was. The
 * two bits that are looked at first divide loads and stores into groups; in most of them bit 22 is
 * set for loads. */
static bool ki_is_store(uint32_t word) {
    unsigned operation = word >> 22 & 3;
    bool vector = word & 0x04000000;
    if ((word & 0xffffffe0) == 0xd50b7420)
        return true; /* dc zva */
    if ((word & 0x0a000000) != 0x08000000)
        return false;
    switch (word >> 28 & 3) {
    case 0: /* exclusive and ordered ones, compare and swap, vector structures */
        if ((word & 0x3f200000) == 0x08200000 && ((word & 0x00800000) || !(word & 0x80000000)))
            return true;
        return !(operation & 1);
    case 1: /* literals; ordered ones with an offset */
        return (word & 0x01000000) && operation == 0;
    case 2: /* pairs */
        return !(operation & 1);
    default: /* one register; atomic operations, but for one that loads alone */
        if ((word & 0x3b200c00) == 0x38200000 && !vector)
            return (word & 0x3ffffc00) != 0x38bfc000;
        return operation == 0 || (vector && operation == 2);
    }
}

#define KI_IS_WRITE(uc) ki_is_store(ki_word(uc))

/* Accesses of system registers and their kin, calls of a hypervisor or monitor, halt, returns from
 * exceptions. */
static NTSTATUS ki_refine(NTSTATUS status, const ucontext_t *uc) {
    if (status == STATUS_BREAKPOINT && ki_is_division(ki_word(uc)))
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    if (status != STATUS_ILLEGAL_INSTRUCTION)
        return status;
    uint32_t word = ki_word(uc), call = word & 0xffe0001f;
    bool privileged = word >> 24 == 0xd5 || call == 0xd4000002 || call == 0xd4000003 ||
                      call == 0xd4400000 || word == 0xd69f03e0;
    return privileged ? STATUS_PRIVILEGED_INSTRUCTION : status;
}

static bool ki_address_is_known(const ucontext_t *uc) {
    (void)uc;
    return true;
}

void ki_fault_calm(ucontext_t *uc) { (void)uc; }

#else

/* ---- other hosts ---- */

static NTSTATUS ki_refine(NTSTATUS status, const ucontext_t *uc) {
    (void)uc;
    return status;
}

static bool ki_address_is_known(const ucontext_t *uc) {
    (void)uc;
    return true;
}

void ki_fault_calm(ucontext_t *uc) { (void)uc; }

#endif

/* ---- all ---- */

static NTSTATUS ki_arithmetic_status(int code) {
    switch (code) {
    case FPE_INTDIV:
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    case FPE_INTOVF:
        return STATUS_INTEGER_OVERFLOW;
    case FPE_FLTDIV:
        return STATUS_FLOAT_DIVIDE_BY_ZERO;
    case FPE_FLTOVF:
        return STATUS_FLOAT_OVERFLOW;
    case FPE_FLTUND:
        return STATUS_FLOAT_UNDERFLOW;
    case FPE_FLTRES:
        return STATUS_FLOAT_INEXACT_RESULT;
    default:
        return STATUS_FLOAT_INVALID_OPERATION;
    }
}

static NTSTATUS ki_signal_status(int signal_number, const siginfo_t *info) {
    switch (signal_number) {
    case SIGFPE:
        return ki_arithmetic_status(info->si_code);
    case SIGILL:
        return STATUS_ILLEGAL_INSTRUCTION;
    case SIGTRAP:
        return STATUS_BREAKPOINT;
#ifndef __APPLE__ /* says so of every address that may not be touched */
    case SIGBUS:
        return info->si_code == BUS_ADRALN ? STATUS_DATATYPE_MISALIGNMENT : STATUS_ACCESS_VIOLATION;
#endif
    default:
        return STATUS_ACCESS_VIOLATION;
    }
}

void ki_fault_classify(int signal_number, const siginfo_t *info, const ucontext_t *uc,
                       struct ki_fault *fault) {
    fault->instruction = (uintptr_t)KI_PC(uc);
    fault->address = (uintptr_t)info->si_addr;
    fault->status = ki_signal_status(signal_number, info);
    /* Where an address was executed there is no instruction to ask. */
    bool executed =
        fault->status == STATUS_ACCESS_VIOLATION && fault->address == fault->instruction;
    if (!executed)
        fault->status = ki_refine(fault->status, uc);
    if (fault->status == STATUS_ACCESS_VIOLATION && !ki_address_is_known(uc))
        fault->address = UINTPTR_MAX;
    else if (fault->status == STATUS_ACCESS_VIOLATION && !executed)
        fault->write = KI_IS_WRITE(uc);
#if defined(__x86_64__) /* a breakpoint of one byte, which the processor has passed */
    if (fault->status == STATUS_BREAKPOINT)
        fault->instruction -= KI_BREAKPOINT_SIZE;
#endif
}

uintptr_t ki_return_address(const ucontext_t *uc, uintptr_t stack, size_t size, uintptr_t unknown) {
#if defined(__x86_64__)
    uintptr_t top = (uintptr_t)KI_SP(uc);
    if (top < stack || top + sizeof top > stack + size)
        return unknown;
    return *(const uintptr_t *)top;
#else
    (void)stack, (void)size, (void)unknown;
    return (uintptr_t)KI_LINK(uc);
#endif
}
