/* A change of the system time: the clock follows, drivers are told (wdmsim/clock.h). */
#include <wdmsim/clock.h>
#include <wdmsim/thread.h>

#include "ex/ex.h"
#include "ke/ke.h"

/* A thread of the system tells those who have registered. */
static void ps_time_announce(void *context) {
    (void)context;
    ex_callback_announce(L"\\Callback\\SetSystemTime", NULL, NULL); /* no page gives arguments */
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
