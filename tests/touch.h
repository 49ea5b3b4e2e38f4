/*
 * What the host says of an address: touch() reads or writes one byte with the machine's fault
 * handling out of the way, since Windows has no exceptions for system addresses.
 */
#ifndef TESTS_TOUCH_H
#define TESTS_TOUCH_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static sigjmp_buf touch_faulted;

static inline void touch_handler(int number) { siglongjmp(touch_faulted, number); }

/* True if the byte can be read, or read and written. */
static inline bool touch(volatile char *p, bool write) {
    static const int signals[] = {SIGSEGV, SIGBUS};
    struct sigaction action, saved[2];
    bool reached = false;
    memset(&action, 0, sizeof action);
    action.sa_handler = touch_handler;
    action.sa_flags = SA_ONSTACK;
    for (int i = 0; i < 2; i++)
        sigaction(signals[i], &action, &saved[i]);
    if (sigsetjmp(touch_faulted, 1) == 0) {
        char value = *p;
        if (write)
            *p = value;
        reached = true;
    }
    for (int i = 0; i < 2; i++)
        sigaction(signals[i], &saved[i], NULL);
    return reached;
}

static inline bool can_read(volatile char *p) { return touch(p, false); }
static inline bool can_write(volatile char *p) { return touch(p, true); }

#endif
