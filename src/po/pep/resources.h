/*
 * What resources.c reads of a firmware's resource bytes.
 */
#ifndef PO_PEP_RESOURCES_H
#define PO_PEP_RESOURCES_H

#include "po/pep/pep.h"

/* The drivers' descriptors of what such bytes describe: their number. `descriptors`: room for them,
 * or NULL. */
ULONG pep_translate_resources(const UCHAR *bytes, size_t size,
                              PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptors);

#endif
