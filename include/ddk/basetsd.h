/* Integer types of a stated or pointer width; here they are in nt/types.h. */
#ifndef WDMSIM_BASETSD_H
#define WDMSIM_BASETSD_H
#include "nt/types.h"
#endif
