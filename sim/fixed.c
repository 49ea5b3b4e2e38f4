/*
 * Addresses that are the same in every run.
 *
 * Machines lie at fixed addresses, but driver images lie where the host's loader puts them, and an
 * address in a driver may reach its debug output. Linux has a flag for it that a process sets for
 * the programs it executes; workers inherit it. An environment variable keeps a host that takes the
 * flag and randomises all the same from starting us for ever; set beforehand, it also keeps us from
 * leaving a debugger or checker that runs this process.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fixed.h"

#include <stdlib.h>

#ifdef __linux__

#include <sys/personality.h>
#include <unistd.h>

#define GUARD "WDMSIM_FIXED_ADDRESSES"

void fixed_addresses(char **arguments) {
    int now = personality(0xffffffff);
    if (now < 0 || (now & ADDR_NO_RANDOMIZE) || getenv(GUARD))
        return;
    if (personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0 || setenv(GUARD, "1", 1) != 0)
        return;
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = 0;
        execv(program, arguments);
    }
    /* Here the host did not let us: go on as we are. */
    personality((unsigned long)now);
}

#else

void fixed_addresses(char **arguments) { (void)arguments; }

#endif
