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

#ifdef __cplusplus
}
#endif
#endif
