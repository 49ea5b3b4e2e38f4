/*
 * Kernel threads of the host's own: test bodies and models that want to wait like driver code does.
 */
#ifndef WDMSIM_THREAD_H
#define WDMSIM_THREAD_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Starts body(context) as a thread of the system process at PASSIVE_LEVEL; it runs when the machine does. `*done` becomes
 * true when it has returned (NULL: nobody asks). NO_MEMORY.
 */
int wdmsim_system_thread(struct machine *machine, void (*body)(void *context), void *context, bool *done);

#ifdef __cplusplus
}
#endif
#endif
