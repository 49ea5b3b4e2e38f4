/*
 * Power types under a name of their own.
 */
#ifndef WDMSIM_NTPOAPI_H
#define WDMSIM_NTPOAPI_H

#include "wdm.h"

#endif
