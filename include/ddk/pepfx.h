/*
 * Platform extension plug-ins (PEP): drivers that manage a platform's power for the power
 * management framework. Only a table of contents; <pep_x.h> adds what older plug-ins use.
 */
#ifndef WDMSIM_PEPFX_H
#define WDMSIM_PEPFX_H

#include "wdm.h"
#include "nt/pep.h"
#include "nt/pep_guids.h"
#include "nt/pep_dpm.h"
#include "nt/pep_ppm.h"
#include "nt/pep_acpi.h"
#include "nt/pep_resources.h"
#include "nt/pep_old.h"
#include "nt/pep_register.h"

#endif
