/*
 * The calling thread's stack: its limits, and back traces.
 *
 * DPCs and interrupt routines run on the stack of what they interrupt, so there is one stack to ask
 * about: the running fiber's. In a KeExpandKernelStackAndCallout that is the callout's; the ones
 * below it count only in IoWithinStackLimits. Back traces follow frame pointers; code without them
 * ends a trace.
 */
#include "ki/bugcheck.h"
#include "ki/gate.h"

#define RTL_MAXIMUM_FRAMES 128u

static ULONG_PTR rtl_stack_low(const struct machine *m) { return (ULONG_PTR)m->running->stack; }

static ULONG_PTR rtl_stack_high(const struct machine *m) {
    return (ULONG_PTR)m->running->stack + m->running->stack_size;
}

VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
    KI_GATE(IoGetStackLimits);
    *LowLimit = rtl_stack_low(m);
    *HighLimit = rtl_stack_high(m);
}

PVOID IoGetInitialStack(VOID) {
    KI_GATE(IoGetInitialStack);
    return (PVOID)rtl_stack_high(m);
}

ULONG IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize) {
    KI_GATE(IoWithinStackLimits);
    return ki_on_stack(m, RegionStart, RegionSize);
}

/* ---- back traces ---- */

/* Return addresses of the calls on the stack, the innermost first, from a frame on. */
static ULONG rtl_walk(struct machine *m, const void *frame_pointer, ULONG skip, PVOID *frames,
                      ULONG capacity) {
    ULONG_PTR at = (ULONG_PTR)frame_pointer;
    ULONG_PTR low = rtl_stack_low(m), high = rtl_stack_high(m);
    ULONG count = 0;
    for (ULONG depth = 0; count < capacity && depth < skip + RTL_MAXIMUM_FRAMES; depth++) {
        if (at < low || at + 2 * sizeof at > high || at % sizeof at)
            break;
        const ULONG_PTR *frame = (const ULONG_PTR *)at;
        if (!frame[1])
            break;
        if (depth >= skip)
            frames[count++] = (PVOID)frame[1];
        if (frame[0] <= at)
            break;
        at = frame[0];
    }
    return count;
}

USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                PULONG BackTraceHash) {
    struct machine *m = ki_self();
    ULONG_PTR hash = 0;
    ULONG room = FramesToCapture < MAXUSHORT ? FramesToCapture : MAXUSHORT;
    ULONG count = rtl_walk(m, __builtin_frame_address(0), FramesToSkip, BackTrace, room);
    for (ULONG i = 0; i < count; i++)
        hash += (ULONG_PTR)BackTrace[i];
    if (BackTraceHash)
        *BackTraceHash = (ULONG)hash;
    return (USHORT)count;
}

ULONG RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags) {
    KI_GATE(RtlWalkFrameChain);
    UNREFERENCED_PARAMETER(Flags);
    return rtl_walk(m, __builtin_frame_address(0), 0, Callers, Count);
}

VOID RtlGetCallersAddress(PVOID *CallersAddress, PVOID *CallersCaller) {
    struct machine *m = ki_self();
    PVOID frames[3] = {NULL, NULL, NULL};
    rtl_walk(m, __builtin_frame_address(0), 0, frames, 3);
    *CallersAddress = frames[1]; /* who called the routine that asks */
    *CallersCaller = frames[2];
}
