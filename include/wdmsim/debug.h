/*
 * Which of a driver's messages are shown: the masks of DbgPrintEx, as a kernel debugger sets them
 * (Kd_IHVDRIVER_Mask and its kin). A message is shown if the bit of its level is in the mask of its
 * component or in the common one (Kd_WIN2000_Mask). At the start the common mask is 1, errors.
 */
#ifndef WDMSIM_DEBUG_H
#define WDMSIM_DEBUG_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WDMSIM_DEBUG_COMMON UINT32_MAX

/* Sets the mask of a component (DPFLTR_IHVDRIVER_ID …, or WDMSIM_DEBUG_COMMON). Returns 0 or INVALID: there is no such
 * component. */
int wdmsim_debug_mask(struct machine *machine, uint32_t component, uint32_t mask);

#ifdef __cplusplus
}
#endif
#endif
