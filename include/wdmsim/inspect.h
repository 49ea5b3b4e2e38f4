/*
 * Looking into a machine: device stacks, IRPs in flight, threads. For reports and for a person who debugs a failure.
 *
 * Each call writes text in the order of WinDbg's views (!devstack, !irp, !thread, !dpcs, !timer) with names and serial
 * numbers, never addresses. Returns the length it wanted, as snprintf.
 */
#ifndef WDMSIM_INSPECT_H
#define WDMSIM_INSPECT_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The stack of a named device ("\Device\echo" or "\\.\echo"), top first: one line per device object. */
int wdmsim_show_devstack(struct machine *machine, const char *device, char *buffer, size_t size);
/* Every IRP in flight: serial, age, function, whose dispatch routine holds it, pending and cancel state. */
int wdmsim_show_irps(struct machine *machine, char *buffer, size_t size);
/* Threads: serial, name, processor or what it waits for and since when. */
int wdmsim_show_threads(struct machine *machine, char *buffer, size_t size);
/* Drivers with their devices, links and open handles. */
int wdmsim_show_drivers(struct machine *machine, char *buffer, size_t size);

/* How many IRPs are in flight: sent to a driver and not completed. */
size_t wdmsim_irps_in_flight(const struct machine *machine);

#ifdef __cplusplus
}
#endif
#endif
