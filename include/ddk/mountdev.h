/*
 * What the mount manager asks of a volume's driver: its name, its identifier, a drive letter it
 * would like. The numbers of the control codes are in no documentation page and stay undefined
 * here. (the pages of mountdev and mountmgr)
 */
#ifndef WDMSIM_MOUNTDEV_H
#define WDMSIM_MOUNTDEV_H

#include "ntdef.h"

typedef struct _MOUNTDEV_NAME {
    USHORT NameLength;
    WCHAR Name[1];
} MOUNTDEV_NAME, *PMOUNTDEV_NAME;
typedef struct _MOUNTDEV_UNIQUE_ID {
    USHORT UniqueIdLength;
    UCHAR UniqueId[1];
} MOUNTDEV_UNIQUE_ID, *PMOUNTDEV_UNIQUE_ID;
typedef struct _MOUNTDEV_SUGGESTED_LINK_NAME {
    BOOLEAN UseOnlyIfThereAreNoOtherLinks;
    USHORT NameLength;
    WCHAR Name[1];
} MOUNTDEV_SUGGESTED_LINK_NAME, *PMOUNTDEV_SUGGESTED_LINK_NAME;

#endif
