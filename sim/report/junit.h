/* JUnit XML, the form in which CI systems take test results. */
#ifndef SIM_REPORT_JUNIT_H
#define SIM_REPORT_JUNIT_H

#include "loop/result.h"
#include "options.h"

/* Writes the file of --junit; false, with a message, if it cannot be written. */
bool junit_write(const struct options *options, const struct result *const *results,
                 unsigned count);

#endif
