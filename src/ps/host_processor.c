/* A processor that is added while the machine runs (wdmsim/machine.h). */
#include <wdmsim/thread.h>

#include "ex/ex.h"
#include "ke/ke.h"
#include "ps/ps.h"

static void ps_processor_add(void *context) {
    struct machine *m = ki_self();
    uint32_t *result = context;
    unsigned index = m->processor_count;
    NTSTATUS status = ke_processor_starts(m, index);
    if (NT_SUCCESS(status)) {
        struct ki_processor *cpu = ki_processor_add(m);
        if (cpu)
            cpu->idle->process = cpu->idle->own_process = m->ps->idle;
        else
            status = STATUS_INSUFFICIENT_RESOURCES;
        ke_processor_ended(m, index, status);
        if (cpu)
            ex_callback_announce(L"\\Callback\\ProcessorAdd", NULL, NULL);
    }
    m->ps->adding_processor = false;
    if (result)
        *result = (uint32_t)status;
}

int wdmsim_processor_add(struct machine *machine, uint32_t *status) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (machine->processor_count == machine->processor_maximum || machine->ps->adding_processor)
        return WDMSIM_ERROR_BUSY;
    int error = wdmsim_system_thread(machine, ps_processor_add, status, NULL);
    if (error)
        return error;
    machine->ps->adding_processor = true;
    if (status)
        *status = (uint32_t)STATUS_PENDING;
    return 0;
}
