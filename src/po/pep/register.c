/*
 * Taking plug-ins in. There is no way back: what was registered stays until the machine ends.
 * (pepfx/nf-pepfx-pofxregisterplugin, -pofxregisterpluginex,
 * pep_x/ns-pep_x-_pep_kernel_information_…)
 *
 * Judgements. A second registration of the same callback, and an unknown flag, are
 * STATUS_INVALID_PARAMETER. The page of PoFxRegisterPlugin demands AcceptDeviceNotification; the
 * guide to ACPI services describes plug-ins with AcceptAcpiNotification alone, so that one of the
 * two will do.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "po/pep/pep.h"

/* The part of PEP_INFORMATION that version 2 has. */
#define PEP_INFORMATION_SIZE_V2 FIELD_OFFSET(PEP_INFORMATION, AcceptAcpiNotification)

/* Where each version of PEP_KERNEL_INFORMATION ends for the framework. */
static const USHORT pep_kernel_sizes[] = {
    [PEP_KERNEL_INFORMATION_V1] = FIELD_OFFSET(PEP_KERNEL_INFORMATION_STRUCT_V3, ProcessorIdleVeto),
    [PEP_KERNEL_INFORMATION_V2] = FIELD_OFFSET(PEP_KERNEL_INFORMATION_STRUCT_V3, RequestCommon),
    [PEP_KERNEL_INFORMATION_V3] = sizeof(PEP_KERNEL_INFORMATION_STRUCT_V3),
};

static NTSTATUS pep_check(const PEP_INFORMATION *information, ULONGLONG flags,
                          const PEP_KERNEL_INFORMATION_STRUCT_V3 *kernel) {
    if (!information || !kernel || flags & ~(ULONGLONG)PEP_FLAG_WORKER_CONCURRENCY)
        return STATUS_INVALID_PARAMETER;
    if (information->Version != PEP_INFORMATION_V3 && information->Version != PEP_INFORMATION_V2)
        return STATUS_INVALID_PEP_INFO_VERSION;
    bool acpi = information->Version == PEP_INFORMATION_V3;
    if (information->Size < (acpi ? sizeof *information : PEP_INFORMATION_SIZE_V2))
        return STATUS_INVALID_PARAMETER;
    if (kernel->Version < PEP_KERNEL_INFORMATION_V1 ||
        kernel->Version > PEP_KERNEL_INFORMATION_V3 ||
        kernel->Size < pep_kernel_sizes[kernel->Version])
        return STATUS_INVALID_PARAMETER;
    if (!information->AcceptDeviceNotification && !(acpi && information->AcceptAcpiNotification))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static bool pep_is_registered(const struct pep_part *pep, const PEP_INFORMATION *information) {
    for (unsigned i = 0; i < pep->plugin_count; i++)
        if (information->AcceptDeviceNotification
                ? pep->plugins[i]->dpm == information->AcceptDeviceNotification
                : pep->plugins[i]->acpi == information->AcceptAcpiNotification)
            return true;
    return false;
}

/* Everything but the caller's Version and Size, as far as its version goes. */
static void pep_fill_kernel(PEP_KERNEL_INFORMATION_STRUCT_V3 *kernel, struct pep_plugin *plugin) {
    PEP_KERNEL_INFORMATION_STRUCT_V3 all = {
        .Version = kernel->Version,
        .Size = kernel->Size,
        .Plugin = (POHANDLE)(void *)plugin,
        .RequestWorker = pep_request_worker,
        .EnumerateUnmaskedInterrupts = pep_enumerate_interrupts,
        .ProcessorHalt = pep_processor_halt,
        .RequestInterrupt = pep_request_interrupt,
        .TransitionCriticalResource = pep_critical_resource,
        .ProcessorIdleVeto = pep_processor_veto,
        .PlatformIdleVeto = pep_platform_veto,
        .UpdateProcessorIdleState = pep_update_processor,
        .UpdatePlatformIdleState = pep_update_platform,
        .RequestCommon = pep_request_common,
    };
    memcpy(kernel, &all, pep_kernel_sizes[kernel->Version]);
}

static NTSTATUS pep_register(struct machine *m, const PEP_INFORMATION *information, ULONGLONG flags,
                             PEP_KERNEL_INFORMATION_STRUCT_V3 *kernel, const void *caller) {
    struct pep_part *pep = m->pep;
    NTSTATUS status = pep_check(information, flags, kernel);
    if (!NT_SUCCESS(status))
        return status;
    if (pep_is_registered(pep, information))
        return STATUS_INVALID_PARAMETER;
    struct pep_plugin *plugin = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *plugin, PEP_TAG);
    if (!plugin)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (pep->plugin_count == PEP_PLUGINS) {
        mm_pool_free(m, plugin, PEP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    plugin->signature = PEP_PLUGIN_SIGNATURE;
    plugin->flags = flags;
    plugin->dpm = information->AcceptDeviceNotification;
    plugin->ppm = information->AcceptProcessorNotification;
    if (information->Version == PEP_INFORMATION_V3)
        plugin->acpi = information->AcceptAcpiNotification;
    plugin->name = ki_address_name(m, caller);
    pep_work_start(plugin);
    if (!pep->plugin_count)
        fx_plugin_add(m, &pep_fx_plugin);
    pep->plugins[pep->plugin_count++] = plugin;
    pep_fill_kernel(kernel, plugin);
    if (plugin->ppm && plugin->dpm)
        pep_processors_offer(m);
    return STATUS_SUCCESS;
}

NTSTATUS PoFxRegisterPlugin(PPEP_INFORMATION PepInformation,
                            PPEP_KERNEL_INFORMATION KernelInformation) {
    KI_GATE(PoFxRegisterPlugin);
    return pep_register(m, PepInformation, 0, KernelInformation, __builtin_return_address(0));
}

NTSTATUS PoFxRegisterPluginEx(PPEP_INFORMATION PepInformation, ULONGLONG Flags,
                              PPEP_KERNEL_INFORMATION KernelInformation) {
    KI_GATE(PoFxRegisterPluginEx);
    return pep_register(m, PepInformation, Flags, KernelInformation, __builtin_return_address(0));
}
