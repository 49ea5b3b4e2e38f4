/*
 * Routines that a plug-in is handed: interrupts, halting a processor, requests by number. Vetoes
 * and updates of idle states are in vetoes.c, core devices in core.c, work in work.c.
 * (pepfx/nc-pepfx-pofxcallback…)
 */
#include "ki/bugcheck.h"
#include "ki/interrupt.h"
#include "po/pep/pep.h"

/*
 * Every line that a driver has connected. Lines have no second controller behind them here, so no
 * source is secondary; a plug-in's handle restricts nothing. The level of the caller is kept
 * throughout.
 */
NTSTATUS pep_enumerate_interrupts(POHANDLE PluginHandle, ULONG EnumerateFlags,
                                  PO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK *Callback,
                                  PVOID CallbackContext,
                                  PPEP_UNMASKED_INTERRUPT_INFORMATION InterruptInformation) {
    struct machine *m = ki_self();
    PPEP_UNMASKED_INTERRUPT_INFORMATION information = InterruptInformation;
    if (!Callback || !information || EnumerateFlags ||
        information->Version != PEP_UNMASKED_INTERRUPT_INFORMATION_V1 ||
        information->Size != sizeof *information ||
        (PluginHandle && !pep_is_plugin(m, PluginHandle)))
        return STATUS_INVALID_PARAMETER;
    for (const struct ki_interrupt_line *line = m->lines; line; line = line->next) {
        if (IsListEmpty(&line->interrupts))
            continue;
        information->Flags.AsUSHORT = 0;
        information->Mode = line->mode;
        information->Polarity = InterruptPolarityUnknown;
        information->Gsiv = line->vector;
        information->PinNumber = 0;
        information->DeviceHandle = NULL;
        if (!Callback(CallbackContext, information))
            break;
    }
    return STATUS_SUCCESS;
}

NTSTATUS pep_request_interrupt(ULONG Gsiv) {
    struct machine *m = ki_self();
    for (const struct ki_interrupt_line *line = m->lines; line; line = line->next)
        if (line->vector == Gsiv && !IsListEmpty(&line->interrupts)) {
            wdmsim_interrupt_raise(m, Gsiv);
            return STATUS_SUCCESS;
        }
    return STATUS_INVALID_PARAMETER;
}

#define PEP_HALT_FLAGS                                                                             \
    (PROCESSOR_HALT_CACHE_FLUSH_OVERRIDE | PROCESSOR_HALT_CACHE_COHERENT |                         \
     PROCESSOR_HALT_CONTEXT_RETAINED | PROCESSOR_HALT_RETURN_NOT_SAFE)

static bool pep_halt_is_legal(ULONG flags) {
    bool coherent = flags & PROCESSOR_HALT_CACHE_COHERENT;
    bool override = flags & PROCESSOR_HALT_CACHE_FLUSH_OVERRIDE;
    bool retained = flags & PROCESSOR_HALT_CONTEXT_RETAINED;
    if (flags & ~(ULONG)PEP_HALT_FLAGS)
        return false; /* PROCESSOR_HALT_VIA_PSCI_CPU_SUSPEND is for Arm */
    if (retained && flags & PROCESSOR_HALT_RETURN_NOT_SAFE)
        return false;
    return coherent != override && (!coherent || retained);
}

/*
 * There is nothing to save, so that this is a call of Halt with a judgement on its return: from a
 * state that loses the processor's context nobody returns by himself.
 */
NTSTATUS pep_processor_halt(ULONG Flags, PVOID Context, PROCESSOR_HALT_ROUTINE *Halt) {
    struct machine *m = ki_self();
    if (!Halt || !pep_halt_is_legal(Flags))
        return STATUS_INVALID_PARAMETER;
    uint64_t before = m->cpu->halts;
    NTSTATUS status = Halt(Context);
    if (Flags & PROCESSOR_HALT_CONTEXT_RETAINED)
        return status;
    if (m->cpu->halts != before)
        return STATUS_SUCCESS; /* it slept, and the system brought it back */
    if (Flags & PROCESSOR_HALT_RETURN_NOT_SAFE)
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x702, PEP_PROCESSOR_IDLE_STATE_UNKNOWN, 0,
                    (ULONG_PTR)m->cpu,
                    "a halt routine returned from a state from which it must not return");
    return STATUS_UNSUCCESSFUL;
}

/* The only request with a documented number is the conversion of resource descriptors. */
NTSTATUS pep_request_common(ULONG RequestId, PVOID Data) {
    if (RequestId != PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES)
        return STATUS_NOT_SUPPORTED;
    return Data ? pep_convert_resources(Data) : STATUS_INVALID_PARAMETER;
}
