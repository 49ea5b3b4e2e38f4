/*
 * Thermal zones: the host asks a driver for its cooling interface, as the ACPI driver does for a
 * device that belongs to a zone, and uses it.
 *
 * The percentage of passive cooling is handed over unchanged: the pages name it a level of cooling
 * and leave its direction open.
 *
 * kernel/device-level-thermal-management
 */
#include <initguid.h>
#include <wdmguid.h>

#include <poclass.h>

#include "po/po.h"

typedef VOID po_active_cooling(PVOID Context, BOOLEAN Engaged);
typedef VOID po_passive_cooling(PVOID Context, ULONG Percentage);

struct po_cooling {
    WORK_QUEUE_ITEM work;
    struct machine *m;
    uint32_t node, percentage;
    int active;
    int error;
    bool done;
};

static void po_cool_with(const THERMAL_COOLING_INTERFACE *interface,
                         const struct po_cooling *cooling) {
    if (cooling->percentage != ~0u && interface->PassiveCooling)
        ((po_passive_cooling *)(ULONG_PTR)interface->PassiveCooling)(interface->Context,
                                                                     cooling->percentage);
    if (cooling->active >= 0 && interface->ActiveCooling)
        ((po_active_cooling *)(ULONG_PTR)interface->ActiveCooling)(interface->Context,
                                                                   cooling->active != 0);
    if (interface->InterfaceDereference)
        interface->InterfaceDereference(interface->Context);
}

static int po_cool(struct machine *m, const struct po_cooling *cooling) {
    struct pnp_node *pnp = pnp_node_find(m, cooling->node);
    THERMAL_COOLING_INTERFACE interface = {0};
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_INTERFACE};
    IO_STATUS_BLOCK iosb = {0};
    if (!pnp || !pnp_has_stack(pnp)) /* never before AddDevice has returned */
        return WDMSIM_ERROR_NOT_FOUND;
    stack.Parameters.QueryInterface.InterfaceType = &GUID_THERMAL_COOLING_INTERFACE;
    stack.Parameters.QueryInterface.Size = sizeof interface;
    stack.Parameters.QueryInterface.Version = THERMAL_COOLING_INTERFACE_VERSION;
    stack.Parameters.QueryInterface.Interface = (PINTERFACE)(PVOID)&interface;
    if (!NT_SUCCESS(pnp_send(m, io_top_of(pnp->pdo), &stack, &iosb)))
        return WDMSIM_ERROR_NOT_FOUND;
    po_cool_with(&interface, cooling);
    return 0;
}

static WORKER_THREAD_ROUTINE po_cool_work;
static VOID po_cool_work(PVOID Parameter) {
    struct po_cooling *cooling = Parameter;
    cooling->error = po_cool(cooling->m, cooling);
    cooling->done = true;
}

int wdmsim_power_cool(struct machine *machine, uint32_t node, uint32_t percentage, int active) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    struct po_cooling *cooling = mm_pool_allocate(machine, NonPagedPoolNx, sizeof *cooling, PO_TAG);
    if (!cooling)
        return WDMSIM_ERROR_NO_MEMORY;
    *cooling =
        (struct po_cooling){.m = machine, .node = node, .percentage = percentage, .active = active};
    ExInitializeWorkItem(&cooling->work, po_cool_work, cooling);
    ex_queue_work(machine, &cooling->work, DelayedWorkQueue);
    int error = wdmsim_settle(machine);
    if (error)
        return error;
    if (!cooling->done)
        return WDMSIM_ERROR_TIMED_OUT; /* the driver sits on it; so its memory stays */
    error = cooling->error;
    mm_pool_free(machine, cooling, PO_TAG);
    return error;
}
