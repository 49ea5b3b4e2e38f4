/*
 * The compiler's intrinsics that only a machine can answer.
 *
 * The time stamp counter is the virtual clock at 10 MHz steps of 100 ns times the nominal frequency
 * of 1 GHz, so a tick is a nanosecond; each reading lets a little time pass, and loops on it end.
 * CR8 is the IRQL. Control registers hold what 64-bit Windows runs with; CPUID describes a plain
 * processor, the same on every host. What it does not have (MSRs, other control registers) is the
 * exception of a privileged instruction, which drivers that look for such a register guard against.
 */
#include <stdio.h>
#include <string.h>

#include "ki/processor.h"
#include "nt/exception.h"
#include "rtl/rtl.h"

/* What a reading of the counter costs. */
#define RTL_READ_COST 25u

/* ---- time ---- */

ULONG64 wdmsim_rdtsc(VOID) {
    struct machine *m = ki_self();
    ki_clock_spend(m, RTL_READ_COST);
    return m->clock.now;
}

ULONG64 wdmsim_rdtscp(ULONG *Aux) {
    *Aux = ki_self()->cpu->number;
    return wdmsim_rdtsc();
}

VOID wdmsim_yield_processor(VOID) { ki_yield_processor(ki_self()); }

/* ---- registers ---- */

static _Noreturn void rtl_privileged(const char *what, ULONG number, void *caller, void *frame) {
    char sentence[64];
    EXCEPTION_RECORD record = {.ExceptionCode = STATUS_PRIVILEGED_INSTRUCTION,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = caller};
    snprintf(sentence, sizeof sentence, "the machine does not have %s %#x", what, number);
    rtl_raise(&record, frame, sentence);
    KI_UNREACHABLE();
}
#define RTL_PRIVILEGED(what, number)                                                               \
    rtl_privileged(what, number, __builtin_return_address(0), __builtin_frame_address(0))

ULONG64 wdmsim_readcr(ULONG Register) {
    switch (Register) {
    case 0: /* paging, write protection, numeric errors, protected mode */
        return 0x80050033;
    case 2: /* no page fault is in flight where a driver runs */
        return 0;
    case 3: /* the page directory of the current process: one per process, never zero */
        return 0x1ad000;
    case 4:
        return 0x3506f8;
    case 8:
        return ki_self()->cpu->irql;
    default:
        RTL_PRIVILEGED("control register", Register);
    }
}

VOID wdmsim_writecr(ULONG Register, ULONG64 Value) {
    struct machine *m = ki_self();
    if (Register != 8 || Value > HIGH_LEVEL)
        RTL_PRIVILEGED("control register", Register);
    if (Value > m->cpu->irql)
        ki_raise(m, (KIRQL)Value);
    else
        ki_lower(m, (KIRQL)Value);
}

ULONG64 wdmsim_readmsr(ULONG Register) { RTL_PRIVILEGED("MSR", Register); }

VOID wdmsim_writemsr(ULONG Register, ULONG64 Value) {
    UNREFERENCED_PARAMETER(Value);
    RTL_PRIVILEGED("MSR", Register);
}

/* ---- what the processor can do ---- */

VOID wdmsim_cpuid(int Info[4], int Leaf, int Subleaf) {
    struct machine *m = ki_self();
    UNREFERENCED_PARAMETER(Subleaf);
    memset(Info, 0, 4 * sizeof Info[0]);
    switch ((unsigned)Leaf) {
    case 0: /* highest leaf, and the vendor in EBX, EDX, ECX */
        Info[0] = 1;
        memcpy(&Info[1], "Wdms", 4);
        memcpy(&Info[3], "imSi", 4);
        memcpy(&Info[2], "mCPU", 4);
        break;
    case 1: /* family 6; the local APIC's number; SSE3, CMPXCHG16B, hypervisor; FPU to SSE2 */
        Info[0] = 0x00000600;
        Info[1] = (int)((unsigned)m->cpu->number << 24 | m->processor_count << 16);
        Info[2] = (int)0x80002001;
        Info[3] = 0x0782fbff;
        break;
    case 0x80000000:
        Info[0] = (int)0x80000001;
        break;
    case 0x80000001: /* LAHF; system call, no-execute, long mode */
        Info[2] = 0x1;
        Info[3] = 0x20100800;
        break;
    }
}

/* ---- the 16-byte exchange ---- */

/* Nothing else moves on the machine here, so plain accesses are atomic. */
UCHAR wdmsim_interlocked_compare_exchange128(LONG64 volatile *Destination, LONG64 ExchangeHigh,
                                             LONG64 ExchangeLow, LONG64 *ComparandResult) {
    LONG64 low = Destination[0], high = Destination[1];
    bool same = low == ComparandResult[0] && high == ComparandResult[1];
    if (same) {
        Destination[0] = ExchangeLow;
        Destination[1] = ExchangeHigh;
    }
    ComparandResult[0] = low;
    ComparandResult[1] = high;
    return same;
}
