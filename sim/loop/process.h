/* Running a program of the host and reading what it prints. */
#ifndef SIM_LOOP_PROCESS_H
#define SIM_LOOP_PROCESS_H

#include <stdbool.h>

#include "memory.h"

/*
 * Runs a program, found on the path, until it ends, and appends its standard output. False if there
 * is no such program or it fails, and after ten seconds.
 */
bool process_output(char **arguments, struct text *output);

#endif
