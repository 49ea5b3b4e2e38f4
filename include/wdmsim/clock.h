/*
 * The calendar of a machine, which somebody may set: a user, a time server, a battery that ran out.
 *
 * Virtual time (wdmsim_time) only goes on; system time, which drivers read with KeQuerySystemTime,
 * is that plus an offset, and this changes the offset.
 */
#ifndef WDMSIM_CLOCK_H
#define WDMSIM_CLOCK_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The system time is `time` from now on, 100 ns units since 1601-01-01 UTC. Timers and time-outs
 * that drivers set to a moment of the calendar follow: those whose moment has passed expire.
 * Relative ones, interrupt time and the counters do not notice. Routines registered with
 * \Callback\SetSystemTime are called by a thread of the system when the machine runs next. INVALID:
 * negative. NO_MEMORY, STOPPED.
 */
int wdmsim_set_system_time(struct machine *machine, int64_t time);

#ifdef __cplusplus
}
#endif
#endif
