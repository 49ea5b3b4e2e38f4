/*
 * Platform extension plug-ins under the name that older ones include.
 */
#ifndef WDMSIM_PEP_X_H
#define WDMSIM_PEP_X_H

#include "pepfx.h"

#endif
