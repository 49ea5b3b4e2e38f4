/*
 * Auxiliary kernel library: loaded modules, bug check data, firmware tables. PASSIVE_LEVEL unless
 * noted.
 */
#ifndef WDMSIM_AUX_KLIB_H
#define WDMSIM_AUX_KLIB_H

#include "wdm.h"

#define AUX_KLIB_MODULE_PATH_LEN 256

typedef struct _AUX_MODULE_BASIC_INFO {
    PVOID ImageBase;
} AUX_MODULE_BASIC_INFO, *PAUX_MODULE_BASIC_INFO;

typedef struct _AUX_MODULE_EXTENDED_INFO {
    AUX_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;
    UCHAR FullPathName[AUX_KLIB_MODULE_PATH_LEN];
} AUX_MODULE_EXTENDED_INFO, *PAUX_MODULE_EXTENDED_INFO;

typedef struct _KBUGCHECK_DATA {
    ULONG BugCheckDataSize;
    ULONG BugCheckCode;
    ULONG_PTR Parameter1;
    ULONG_PTR Parameter2;
    ULONG_PTR Parameter3;
    ULONG_PTR Parameter4;
} KBUGCHECK_DATA, *PKBUGCHECK_DATA;

EXTERN_C_START

NTSTATUS AuxKlibInitialize(VOID);
NTSTATUS AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo);
NTSTATUS AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData);
PVOID AuxKlibGetImageExportDirectory(PVOID ImageBase);
NTSTATUS AuxKlibGetSystemFirmwareTable(ULONG FirmwareTableProviderSignature, ULONG FirmwareTableID,
                                       PVOID FirmwareTableBuffer, ULONG BufferLength,
                                       PULONG ReturnLength);
NTSTATUS AuxKlibEnumerateSystemFirmwareTables(ULONG FirmwareTableProviderSignature,
                                              PVOID FirmwareTableBuffer, ULONG BufferLength,
                                              PULONG ReturnLength);

EXTERN_C_END

#endif
