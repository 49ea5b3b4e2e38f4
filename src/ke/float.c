/*
 * Floating-point and extended processor state.
 *
 * Registers that hold values are the compiler's: every call may change them, on a simulated
 * processor as on a real one. What outlives a call is the control state (rounding, precision,
 * exception masks), and that is what a driver sees again after a save, a computation of its own and
 * a restore. KFLOATING_SAVE has room for that and, in its highest bits, which no control state
 * uses, for the IRQL of the save. A KeSaveExtendedProcessorState keeps the whole legacy image
 * (FXSAVE on x86-64) besides; the machine's processor has no XSAVE, so there is nothing beyond it.
 * While anything is saved the running fiber takes its control state along when threads switch
 * (ki/fiber.c).
 */
#include <string.h>

#include "ke/ke.h"

/* What a fresh context begins with: all exceptions masked, round to nearest; the x87 at 53 bits as
 * 64-bit Windows has it. */
#if defined(__x86_64__)
#define KE_FLOAT_FRESH 0x027f1f80u
#else
#define KE_FLOAT_FRESH 0u
#endif

#define KE_XSTATE_TAG 0x76537358u /* "XsSv" */

#define KE_FLOAT_IRQL_SHIFT 30

/* Why a saved state cannot be restored: parameter 1 of INVALID_FLOATING_POINT_STATE. */
enum {
    KE_FLOAT_NOT_SAVED = 0,
    KE_FLOAT_OTHER_IRQL = 1,
    KE_FLOAT_OTHER_THREAD = 2,
};

NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave) {
    KI_GATE(KeSaveFloatingPointState);
    FloatSave->Dummy = ki_float_control() | (ULONG)m->cpu->irql << KE_FLOAT_IRQL_SHIFT;
    m->running->float_sections++;
    ki_set_float_control(KE_FLOAT_FRESH);
    return STATUS_SUCCESS;
}

NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave) {
    KI_GATE(KeRestoreFloatingPointState);
    if (KI_UNLIKELY(m->running->float_sections == 0))
        ki_bugcheck(m, INVALID_FLOATING_POINT_STATE, KE_FLOAT_NOT_SAVED, 0, m->cpu->irql, 0,
                    "%s restored a floating-point state that was not saved on this thread",
                    ki_address_name(m, __builtin_return_address(0)));
    ULONG irql = FloatSave->Dummy >> KE_FLOAT_IRQL_SHIFT;
    if (KI_UNLIKELY(irql != (m->cpu->irql & 3u)))
        ki_bugcheck(m, INVALID_FLOATING_POINT_STATE, KE_FLOAT_OTHER_IRQL, irql, m->cpu->irql, 0,
                    "%s restored at %s_LEVEL the floating-point state saved at %s_LEVEL",
                    ki_address_name(m, __builtin_return_address(0)), ki_irql_name(m->cpu->irql),
                    ki_irql_name(irql));
    ki_set_float_control(FloatSave->Dummy & ~(3u << KE_FLOAT_IRQL_SHIFT));
    m->running->float_sections--;
    return STATUS_SUCCESS;
}

/* ---- the processor's image ---- */

#if defined(__x86_64__)
#define KE_LEGACY_REGISTERS                                                                        \
    "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "xmm0", "xmm1", "xmm2",   \
        "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",         \
        "xmm13", "xmm14", "xmm15"

static void ke_image_save(PXSAVE_FORMAT image) { __asm__ volatile("fxsave64 %0" : "=m"(*image)); }

static void ke_image_load(const XSAVE_FORMAT *image) {
    __asm__ volatile("fxrstor64 %0" : : "m"(*image) : KE_LEGACY_REGISTERS);
}

/* The parts of `from` that the mask names; MXCSR belongs to SSE. */
static void ke_image_merge(PXSAVE_FORMAT image, const XSAVE_FORMAT *from, ULONG64 mask) {
    if (mask & XSTATE_MASK_LEGACY_FLOATING_POINT) {
        memcpy(image, from, FIELD_OFFSET(XSAVE_FORMAT, MxCsr));
        memcpy(image->FloatRegisters, from->FloatRegisters, sizeof image->FloatRegisters);
    }
    if (mask & XSTATE_MASK_LEGACY_SSE) {
        image->MxCsr = from->MxCsr;
        memcpy(image->XmmRegisters, from->XmmRegisters, sizeof image->XmmRegisters);
    }
}
#else
/* Elsewhere the vector registers are partly a caller's own, which a restore must not touch: the
 * control word is the state. */
static void ke_image_save(PXSAVE_FORMAT image) { image->MxCsr = ki_float_control(); }

static void ke_image_load(const XSAVE_FORMAT *image) { ki_set_float_control(image->MxCsr); }

static void ke_image_merge(PXSAVE_FORMAT image, const XSAVE_FORMAT *from, ULONG64 mask) {
    if (mask & XSTATE_MASK_LEGACY)
        image->MxCsr = from->MxCsr;
}
#endif

/* The mask must name enabled features only (RtlGetEnabledExtendedFeatures): the legacy ones every
 * processor has. */
NTSTATUS KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave) {
    KI_GATE(KeSaveExtendedProcessorState);
    if (Mask & ~XSTATE_MASK_LEGACY)
        return STATUS_NOT_SUPPORTED;
    PXSAVE_AREA area = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *area, KE_XSTATE_TAG);
    if (!area)
        return STATUS_INSUFFICIENT_RESOURCES;
    PKTHREAD thread = ki_current_thread(m);
    ke_image_save(&area->LegacyState);
    area->Header.Mask = Mask;
    *XStateSave = (XSTATE_SAVE){
        .Prev = thread->saved_state,
        .Thread = thread,
        .Level = m->cpu->irql,
        .XStateContext = {.Mask = Mask, .Length = sizeof *area, .Area = area, .Buffer = area},
    };
    thread->saved_state = XStateSave;
    m->running->float_sections++;
    return STATUS_SUCCESS;
}

/* Saves and restores nest, in one thread, each pair at one IRQL. */
static void ke_xstate_check(struct machine *m, const XSTATE_SAVE *save, void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    if (KI_LIKELY(thread->saved_state == save && save->Thread == thread &&
                  save->Level == m->cpu->irql))
        return;
    if (save->Thread != thread)
        ki_bugcheck(m, INVALID_FLOATING_POINT_STATE, KE_FLOAT_OTHER_THREAD, (ULONG_PTR)save->Thread,
                    (ULONG_PTR)thread, 0, "%s restored the processor state of another thread",
                    ki_address_name(m, caller));
    if (save->Level != m->cpu->irql)
        ki_bugcheck(m, INVALID_FLOATING_POINT_STATE, KE_FLOAT_OTHER_IRQL, save->Level, m->cpu->irql,
                    0, "%s restored at %s_LEVEL the processor state saved at %s_LEVEL",
                    ki_address_name(m, caller), ki_irql_name(m->cpu->irql),
                    ki_irql_name(save->Level));
    ki_bugcheck(m, INVALID_FLOATING_POINT_STATE, KE_FLOAT_NOT_SAVED, 0, m->cpu->irql, 0,
                "%s restored a processor state that is not the last one saved",
                ki_address_name(m, caller));
}

VOID KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave) {
    KI_GATE(KeRestoreExtendedProcessorState);
    ke_xstate_check(m, XStateSave, __builtin_return_address(0));
    PXSAVE_AREA area = XStateSave->XStateContext.Area;
    DECLSPEC_ALIGN(16) XSAVE_FORMAT image;
    ki_current_thread(m)->saved_state = XStateSave->Prev;
    m->running->float_sections--;
    ke_image_save(&image);
    ke_image_merge(&image, &area->LegacyState, XStateSave->XStateContext.Mask);
    ExFreePoolWithTag(area, KE_XSTATE_TAG);
    ke_image_load(&image);
}
