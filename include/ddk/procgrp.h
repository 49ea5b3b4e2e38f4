/*
 * Processor groups for drivers that also run on Windows without them.
 */
#ifndef WDMSIM_PROCGRP_H
#define WDMSIM_PROCGRP_H

#include "wdm.h"

EXTERN_C_START

/* Once, in DriverEntry; PASSIVE_LEVEL. (procgrp/nf-procgrp-wdmlibprocgrpinitialize) */
VOID WdmlibProcgrpInitialize(VOID);

EXTERN_C_END

#endif
