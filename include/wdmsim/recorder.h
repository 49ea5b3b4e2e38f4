/*
 * The in-flight recorder's logs: what a debugger would show of them with !rcdrkd.rcdrlogdump.
 *
 * Drivers make them (wpprecorder.h in include/ddk); they can be read while the driver has not
 * deleted them, after a bug check too.
 */
#ifndef WDMSIM_RECORDER_H
#define WDMSIM_RECORDER_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The messages of the newest log with this identifier ("Default": a driver's default log), a line
 * each, the oldest first, those of its error partition last. Returns the length it wanted, as
 * snprintf, or -1 without such a log. */
int wdmsim_show_recorder(struct machine *machine, const char *identifier, char *buffer,
                         size_t size);

#ifdef __cplusplus
}
#endif

#endif
