/*
 * NtPowerInformation and ZwPowerInformation: the one documented level tells whether the platform is
 * one that stays in S0 for low-power idle.
 *
 * wdm/nf-wdm-ntpowerinformation, ntddk/nf-ntddk-zwpowerinformation
 */
#include "po/po.h"

static NTSTATUS po_platform(struct machine *m, KPROCESSOR_MODE mode, PVOID out, ULONG size) {
    if (size < sizeof(POWER_PLATFORM_INFORMATION))
        return STATUS_BUFFER_TOO_SMALL;
    if (mode != KernelMode) {
        NTSTATUS status = mm_probe(m, out, sizeof(POWER_PLATFORM_INFORMATION), 1, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    ((PPOWER_PLATFORM_INFORMATION)out)->AoAc = m->po->modern;
    return STATUS_SUCCESS;
}

static NTSTATUS po_information(struct machine *m, KPROCESSOR_MODE mode,
                               POWER_INFORMATION_LEVEL level, const void *in, ULONG in_size,
                               PVOID out, ULONG out_size) {
    if (level != PlatformInformation)
        return STATUS_INVALID_PARAMETER;
    if (in || in_size || !out)
        return STATUS_INVALID_PARAMETER;
    return po_platform(m, mode, out, out_size);
}

NTSTATUS NtPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer,
                            ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
    KI_GATE(NtPowerInformation);
    return po_information(m, m->cpu->thread->previous_mode, InformationLevel, InputBuffer,
                          InputBufferLength, OutputBuffer, OutputBufferLength);
}

NTSTATUS ZwPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer,
                            ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
    KI_GATE(ZwPowerInformation);
    return po_information(m, KernelMode, InformationLevel, InputBuffer, InputBufferLength,
                          OutputBuffer, OutputBufferLength);
}
