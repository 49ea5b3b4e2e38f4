/*
 * Codes with which a platform extension plug-in asks the framework itself.
 * Included again after <initguid.h>, it defines what it only declared before.
 */
#include "../guiddef.h"

#if !defined(WDMSIM_NT_PEP_GUIDS_H) ||                                                             \
    (defined(INITGUID) && !defined(WDMSIM_NT_PEP_GUIDS_H_DEFINED))
#undef WDMSIM_NT_PEP_GUIDS_H
#define WDMSIM_NT_PEP_GUIDS_H
#ifdef INITGUID
#define WDMSIM_NT_PEP_GUIDS_H_DEFINED
#endif

DEFINE_GUID(PEP_PPM_POWER_CONTROL_QUERY_PARKING_PAGE, 0x38bd8901, 0xab20, 0x4908, 0xab, 0xaa, 0xac,
            0x34, 0x67, 0x4b, 0xdf, 0xf3);
DEFINE_GUID(GUID_PPM_PERF_CONSTRAINT_CHANGE, 0x29181fa1, 0x4bf3, 0x4c2e, 0xb3, 0x14, 0xa6, 0xd2,
            0x26, 0x32, 0x2b, 0x00);

#endif
