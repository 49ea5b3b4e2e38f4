/*
 * Hardware as the host plays it: interrupt lines, events on the clock.
 *
 * Device models live below the processors: their functions run at no IRQL, between two instructions of the machine. They
 * may raise interrupts and schedule further events; they must not wait.
 */
#ifndef WDMSIM_DEVICE_H
#define WDMSIM_DEVICE_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One interrupt request of a vector: an edge of a latched line, or a level that goes away when a routine has claimed it. It
 * is delivered to a processor whose IRQL allows it, at the next opportunity; while nobody is connected it is remembered, and
 * NOT_FOUND says so.
 */
int wdmsim_interrupt_raise(struct machine *machine, uint32_t vector);

/*
 * A device asserts a level-sensitive line, or stops to: while it is asserted and claimed the interrupt comes again, until
 * the service routine has made the device lower it.
 */
int wdmsim_interrupt_hold(struct machine *machine, uint32_t vector, bool asserted);

/* The vector that a connected interrupt object listens to: what a driver got from IoConnectInterrupt(Ex), or the object of a
 * message in the table it got. */
struct _KINTERRUPT;
uint32_t wdmsim_interrupt_vector(const struct _KINTERRUPT *interrupt);

/* A non-maskable interrupt: 0 if a registered callback claimed it, else NOT_FOUND. From a thread of the machine. */
int wdmsim_nmi_raise(struct machine *machine);

/* What came of a bound exception. */
enum wdmsim_bound {
    WDMSIM_BOUND_UNHANDLED, /* no registered callback took it: it goes on to the program's own handlers */
    WDMSIM_BOUND_HANDLED,   /* one did: the program continues */
    WDMSIM_BOUND_ERROR,     /* one failed: the program is to be ended */
};
/*
 * A user-mode program failed the processor's bounds check: asks the callbacks of KeRegisterBoundCallback, the last registered
 * first. Returns an enum wdmsim_bound. From a thread of the machine.
 */
int wdmsim_bound_raise(struct machine *machine);

/* Calls fn(context) after `delay` ns of virtual time. Returns an id > 0 or an error. */
int64_t wdmsim_schedule(struct machine *machine, uint64_t delay, void (*fn)(void *context), void *context);
int wdmsim_unschedule(struct machine *machine, int64_t id);

/*
 * Calls fn(context) as the `calls`th call of KeStallExecutionProcessor or KeDelayExecutionThread from now on ends, before it
 * returns: a device that becomes ready while a driver polls it. Calls of all drivers and threads count, those of the kernel
 * itself do not. Returns an id > 0, for wdmsim_unschedule too, or INVALID for 0 calls.
 */
int64_t wdmsim_after_delays(struct machine *machine, uint64_t calls, void (*fn)(void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
