/* A change of the system time: the clock follows, drivers are told (wdmsim/clock.h). */
#include <wdmsim/clock.h>
#include <wdmsim/thread.h>

#include "ke/ke.h"
#include "ob/ob.h"

/* A thread of the system tells those who have registered. */
static void ps_time_announce(void *context) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    (void)context;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ExCreateCallback(&object, &attributes, FALSE, TRUE)))
        return;
    ExNotifyCallback(object, NULL, NULL);
    ObDereferenceObject(object);
}

int wdmsim_set_system_time(struct machine *machine, int64_t time) {
    if (time < 0)
        return WDMSIM_ERROR_INVALID;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    int64_t change = time - ki_system_time(machine);
    machine->boot_time += change;
    ki_clock_shift(machine, change);
    return wdmsim_system_thread(machine, ps_time_announce, NULL, NULL);
}
