/*
 * Plug and Play: unified device properties, devices without hardware, directories, standard
 * interfaces of bus drivers (bus access, D3cold, reset).
 */
#ifndef WDMSIM_NT_PNP_MORE_H
#define WDMSIM_NT_PNP_MORE_H

#include "../devpropdef.h"

EXTERN_C_START

#define PLUGPLAY_PROPERTY_PERSISTENT 0x00000001
NTKERNELAPI NTSTATUS IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey,
                                             LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size,
                                             PVOID Data);
NTKERNELAPI NTSTATUS IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey,
                                             LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                             PULONG RequiredSize, PDEVPROPTYPE Type);
NTKERNELAPI NTSTATUS IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                      const DEVPROPKEY *PropertyKey, LCID Lcid,
                                                      ULONG Flags, DEVPROPTYPE Type, ULONG Size,
                                                      PVOID Data);
NTKERNELAPI NTSTATUS IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                      const DEVPROPKEY *PropertyKey, LCID Lcid,
                                                      ULONG Flags, ULONG Size, PVOID Data,
                                                      PULONG RequiredSize, PDEVPROPTYPE Type);

typedef enum _DRIVER_REGKEY_TYPE {
    DriverRegKeyParameters,
    DriverRegKeyPersistentState,
    DriverRegKeySharedPersistentState
} DRIVER_REGKEY_TYPE,
    *PDRIVER_REGKEY_TYPE;
NTKERNELAPI NTSTATUS IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject,
                                             DRIVER_REGKEY_TYPE RegKeyType,
                                             ACCESS_MASK DesiredAccess, ULONG Flags,
                                             PHANDLE DriverRegKey);
typedef enum _DRIVER_DIRECTORY_TYPE {
    DriverDirectoryImage,
    DriverDirectoryData,
    DriverDirectorySharedData
} DRIVER_DIRECTORY_TYPE,
    *PDRIVER_DIRECTORY_TYPE;
NTKERNELAPI NTSTATUS IoGetDriverDirectory(PDRIVER_OBJECT DriverObject,
                                          DRIVER_DIRECTORY_TYPE DirectoryType, ULONG Flags,
                                          PHANDLE DriverDirectoryHandle);
typedef enum _DEVICE_DIRECTORY_TYPE { DeviceDirectoryData } DEVICE_DIRECTORY_TYPE;
typedef DEVICE_DIRECTORY_TYPE *PDEVICE_DIRECTORY_TYPE;
NTKERNELAPI NTSTATUS IoGetDeviceDirectory(PDEVICE_OBJECT PhysicalDeviceObject,
                                          DEVICE_DIRECTORY_TYPE DirectoryType, ULONG Flags,
                                          PVOID Reserved, PHANDLE DeviceDirectoryHandle);

NTKERNELAPI NTSTATUS IoReportDetectedDevice(PDRIVER_OBJECT DriverObject,
                                            INTERFACE_TYPE LegacyBusType, ULONG BusNumber,
                                            ULONG SlotNumber, PCM_RESOURCE_LIST ResourceList,
                                            PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements,
                                            BOOLEAN ResourceAssigned, PDEVICE_OBJECT *DeviceObject);
NTKERNELAPI NTSTATUS IoReportResourceForDetection(PDRIVER_OBJECT DriverObject,
                                                  PCM_RESOURCE_LIST DriverList,
                                                  ULONG DriverListSize, PDEVICE_OBJECT DeviceObject,
                                                  PCM_RESOURCE_LIST DeviceList,
                                                  ULONG DeviceListSize, PBOOLEAN ConflictDetected);
NTKERNELAPI NTSTATUS IoReportRootDevice(PDRIVER_OBJECT DriverObject);

/* ---- bus access (GUID_BUS_INTERFACE_STANDARD); SetBusData and GetBusData <= DISPATCH_LEVEL ----
 */

struct _DMA_ADAPTER;
struct _DEVICE_DESCRIPTION;
typedef BOOLEAN TRANSLATE_BUS_ADDRESS(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length,
                                      PULONG AddressSpace, PPHYSICAL_ADDRESS TranslatedAddress);
typedef TRANSLATE_BUS_ADDRESS *PTRANSLATE_BUS_ADDRESS;
typedef struct _DMA_ADAPTER *GET_DMA_ADAPTER(PVOID Context,
                                             struct _DEVICE_DESCRIPTION *DeviceDescriptor,
                                             PULONG NumberOfMapRegisters);
typedef GET_DMA_ADAPTER *PGET_DMA_ADAPTER;
typedef ULONG GET_SET_DEVICE_DATA(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset,
                                  ULONG Length);
typedef GET_SET_DEVICE_DATA *PGET_SET_DEVICE_DATA;
typedef struct _BUS_INTERFACE_STANDARD {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PTRANSLATE_BUS_ADDRESS TranslateBusAddress;
    PGET_DMA_ADAPTER GetDmaAdapter;
    PGET_SET_DEVICE_DATA SetBusData;
    PGET_SET_DEVICE_DATA GetBusData;
} BUS_INTERFACE_STANDARD, *PBUS_INTERFACE_STANDARD;

typedef VOID REENUMERATE_SELF(PVOID Context);
typedef REENUMERATE_SELF *PREENUMERATE_SELF;
typedef struct _REENUMERATE_SELF_INTERFACE_STANDARD {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PREENUMERATE_SELF SurpriseRemoveAndReenumerateSelf;
} REENUMERATE_SELF_INTERFACE_STANDARD, *PREENUMERATE_SELF_INTERFACE_STANDARD;

/* ---- D3cold (GUID_D3COLD_SUPPORT_INTERFACE) ---- */

#define D3COLD_SUPPORT_INTERFACE_VERSION 1
typedef enum _DEVICE_WAKE_DEPTH {
    DeviceWakeDepthNotWakeable,
    DeviceWakeDepthD0,
    DeviceWakeDepthD1,
    DeviceWakeDepthD2,
    DeviceWakeDepthD3hot,
    DeviceWakeDepthD3cold,
    DeviceWakeDepthMaximum
} DEVICE_WAKE_DEPTH,
    *PDEVICE_WAKE_DEPTH;
typedef enum _D3COLD_LAST_TRANSITION_STATUS {
    LastDStateTransitionStatusUnknown,
    LastDStateTransitionD3hot,
    LastDStateTransitionD3cold
} D3COLD_LAST_TRANSITION_STATUS,
    *PD3COLD_LAST_TRANSITION_STATUS;
typedef VOID SET_D3COLD_SUPPORT(PVOID Context, BOOLEAN D3ColdSupport);
typedef SET_D3COLD_SUPPORT *PSET_D3COLD_SUPPORT;
typedef NTSTATUS GET_IDLE_WAKE_INFO(PVOID Context, SYSTEM_POWER_STATE SystemPowerState,
                                    PDEVICE_WAKE_DEPTH DeepestWakeableDstate);
typedef GET_IDLE_WAKE_INFO *PGET_IDLE_WAKE_INFO;
typedef NTSTATUS GET_D3COLD_CAPABILITY(PVOID Context, PBOOLEAN D3ColdSupported);
typedef GET_D3COLD_CAPABILITY *PGET_D3COLD_CAPABILITY;
typedef VOID GET_D3COLD_LAST_TRANSITION_STATUS(PVOID Context,
                                               PD3COLD_LAST_TRANSITION_STATUS LastTransitionStatus);
typedef GET_D3COLD_LAST_TRANSITION_STATUS *PGET_D3COLD_LAST_TRANSITION_STATUS;
typedef NTSTATUS D3COLD_REQUEST_CORE_POWER_RAIL(PVOID Context, BOOLEAN CorePowerRailNeeded);
typedef D3COLD_REQUEST_CORE_POWER_RAIL *PD3COLD_REQUEST_CORE_POWER_RAIL;
typedef NTSTATUS D3COLD_REQUEST_AUX_POWER(PVOID Context, ULONG AuxPowerInMilliWatts,
                                          PULONG RetryInSeconds);
typedef D3COLD_REQUEST_AUX_POWER *PD3COLD_REQUEST_AUX_POWER;
typedef NTSTATUS D3COLD_REQUEST_PERST_DELAY(PVOID Context, ULONG DelayInMicroSeconds);
typedef D3COLD_REQUEST_PERST_DELAY *PD3COLD_REQUEST_PERST_DELAY;
typedef struct _D3COLD_SUPPORT_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PSET_D3COLD_SUPPORT SetD3ColdSupport;
    PGET_IDLE_WAKE_INFO GetIdleWakeInfo;
    PGET_D3COLD_CAPABILITY GetD3ColdCapability;
    PGET_D3COLD_CAPABILITY GetBusDriverD3ColdSupport;
    PGET_D3COLD_LAST_TRANSITION_STATUS GetLastTransitionStatus;
} D3COLD_SUPPORT_INTERFACE, *PD3COLD_SUPPORT_INTERFACE;

/* ---- resetting a device (GUID_DEVICE_RESET_INTERFACE_STANDARD) ---- */

#define DEVICE_RESET_INTERFACE_VERSION_1 1
#define DEVICE_RESET_INTERFACE_VERSION_2 2
#define DEVICE_RESET_INTERFACE_VERSION_3 3
#define DEVICE_RESET_INTERFACE_VERSION DEVICE_RESET_INTERFACE_VERSION_1
typedef enum _DEVICE_RESET_TYPE {
    FunctionLevelDeviceReset,
    PlatformLevelDeviceReset
} DEVICE_RESET_TYPE,
    *PDEVICE_RESET_TYPE;
typedef union _DEVICE_RESET_STATUS {
    struct {
        ULONGLONG bUpgradeToPldr : 1;
        ULONGLONG Reserved : 63;
    } u;
    ULONGLONG AsUlonglong;
} DEVICE_RESET_STATUS, *PDEVICE_RESET_STATUS;
typedef NTSTATUS DEVICE_RESET_HANDLER(PVOID InterfaceContext, DEVICE_RESET_TYPE ResetType,
                                      ULONG Flags, PVOID ResetParameters);
typedef DEVICE_RESET_HANDLER *PDEVICE_RESET_HANDLER;
typedef struct _DEVICE_BUS_SPECIFIC_RESET_INFO {
    GUID BusTypeGuid;
    ULONGLONG ResetTypeSupported;
} DEVICE_BUS_SPECIFIC_RESET_INFO, *PDEVICE_BUS_SPECIFIC_RESET_INFO;
typedef union _DEVICE_BUS_SPECIFIC_RESET_TYPE {
    struct {
        ULONGLONG FunctionLevelDeviceReset : 1;
        ULONGLONG PlatformLevelDeviceReset : 1;
        ULONGLONG SecondaryBusReset : 1;
        ULONGLONG Reserved : 61;
    } Pci;
    struct {
        ULONGLONG FunctionLevelDeviceReset : 1;
        ULONGLONG PlatformLevelDeviceReset : 1;
        ULONGLONG Reserved : 62;
    } Acpi;
    ULONGLONG AsULONGLONG;
} DEVICE_BUS_SPECIFIC_RESET_TYPE, *PDEVICE_BUS_SPECIFIC_RESET_TYPE;
typedef NTSTATUS DEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER(PVOID InterfaceContext,
                                                         PULONG ResetInfoCount,
                                                         PDEVICE_BUS_SPECIFIC_RESET_INFO ResetInfo);
typedef DEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER *PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER;
typedef NTSTATUS DEVICE_BUS_SPECIFIC_RESET_HANDLER(PVOID InterfaceContext, const GUID *BusType,
                                                   DEVICE_BUS_SPECIFIC_RESET_TYPE ResetTypeSelected,
                                                   PULONGLONG Flags, PVOID ResetParameters);
typedef DEVICE_BUS_SPECIFIC_RESET_HANDLER *PDEVICE_BUS_SPECIFIC_RESET_HANDLER;
typedef NTSTATUS GET_DEVICE_RESET_STATUS(PVOID InterfaceContext, BOOLEAN *IsResetting,
                                         DEVICE_BUS_SPECIFIC_RESET_TYPE *ResetTypeSelected,
                                         PULONGLONG Flags);
typedef GET_DEVICE_RESET_STATUS *PGET_DEVICE_RESET_STATUS;
typedef struct _DEVICE_RESET_INTERFACE_STANDARD {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PDEVICE_RESET_HANDLER DeviceReset;
    ULONG SupportedResetTypes;
    PVOID Reserved;
    PDEVICE_QUERY_BUS_SPECIFIC_RESET_HANDLER QueryBusSpecificResetInfo;
    PDEVICE_BUS_SPECIFIC_RESET_HANDLER DeviceBusSpecificReset;
    PGET_DEVICE_RESET_STATUS GetDeviceResetStatus;
} DEVICE_RESET_INTERFACE_STANDARD, *PDEVICE_RESET_INTERFACE_STANDARD;

/* ---- a device's location as text (GUID_PNP_LOCATION_INTERFACE) ---- */

typedef NTSTATUS (*PGET_LOCATION_STRING)(PVOID Context, PZZWSTR *LocationStrings);
typedef struct _PNP_LOCATION_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PGET_LOCATION_STRING GetLocationString;
} PNP_LOCATION_INTERFACE, *PPNP_LOCATION_INTERFACE;

EXTERN_C_END

#endif
