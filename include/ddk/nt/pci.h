/*
 * PCI configuration space: slot numbers, headers, capabilities, and the interfaces a PCI bus driver
 * offers.
 */
#ifndef WDMSIM_NT_PCI_H
#define WDMSIM_NT_PCI_H

#include "pnp_types.h"
#include "pci_codes.h"

EXTERN_C_START

typedef struct _PCI_SLOT_NUMBER {
    union {
        struct {
            ULONG DeviceNumber : 5;
            ULONG FunctionNumber : 3;
            ULONG Reserved : 24;
        } bits;
        ULONG AsULONG;
    } u;
} PCI_SLOT_NUMBER, *PPCI_SLOT_NUMBER;

/* The 64 bytes all functions have; PCI_COMMON_CONFIG adds the device-specific rest. */
#define WDMSIM_PCI_COMMON_HEADER                                                                   \
    USHORT VendorID;                                                                               \
    USHORT DeviceID;                                                                               \
    USHORT Command;                                                                                \
    USHORT Status;                                                                                 \
    UCHAR RevisionID;                                                                              \
    UCHAR ProgIf;                                                                                  \
    UCHAR SubClass;                                                                                \
    UCHAR BaseClass;                                                                               \
    UCHAR CacheLineSize;                                                                           \
    UCHAR LatencyTimer;                                                                            \
    UCHAR HeaderType;                                                                              \
    UCHAR BIST;                                                                                    \
    union {                                                                                        \
        struct {                                                                                   \
            ULONG BaseAddresses[PCI_TYPE0_ADDRESSES];                                              \
            ULONG CIS;                                                                             \
            USHORT SubVendorID;                                                                    \
            USHORT SubSystemID;                                                                    \
            ULONG ROMBaseAddress;                                                                  \
            UCHAR CapabilitiesPtr;                                                                 \
            UCHAR Reserved1[3];                                                                    \
            ULONG Reserved2;                                                                       \
            UCHAR InterruptLine;                                                                   \
            UCHAR InterruptPin;                                                                    \
            UCHAR MinimumGrant;                                                                    \
            UCHAR MaximumLatency;                                                                  \
        } type0;                                                                                   \
        struct {                                                                                   \
            ULONG BaseAddresses[PCI_TYPE1_ADDRESSES];                                              \
            UCHAR PrimaryBus;                                                                      \
            UCHAR SecondaryBus;                                                                    \
            UCHAR SubordinateBus;                                                                  \
            UCHAR SecondaryLatency;                                                                \
            UCHAR IOBase;                                                                          \
            UCHAR IOLimit;                                                                         \
            USHORT SecondaryStatus;                                                                \
            USHORT MemoryBase;                                                                     \
            USHORT MemoryLimit;                                                                    \
            USHORT PrefetchBase;                                                                   \
            USHORT PrefetchLimit;                                                                  \
            ULONG PrefetchBaseUpper32;                                                             \
            ULONG PrefetchLimitUpper32;                                                            \
            USHORT IOBaseUpper16;                                                                  \
            USHORT IOLimitUpper16;                                                                 \
            UCHAR CapabilitiesPtr;                                                                 \
            UCHAR Reserved1[3];                                                                    \
            ULONG ROMBaseAddress;                                                                  \
            UCHAR InterruptLine;                                                                   \
            UCHAR InterruptPin;                                                                    \
            USHORT BridgeControl;                                                                  \
        } type1;                                                                                   \
        struct {                                                                                   \
            ULONG SocketRegistersBaseAddress;                                                      \
            UCHAR CapabilitiesPtr;                                                                 \
            UCHAR Reserved;                                                                        \
            USHORT SecondaryStatus;                                                                \
            UCHAR PrimaryBus;                                                                      \
            UCHAR SecondaryBus;                                                                    \
            UCHAR SubordinateBus;                                                                  \
            UCHAR SecondaryLatency;                                                                \
            struct {                                                                               \
                ULONG Base;                                                                        \
                ULONG Limit;                                                                       \
            } Range[PCI_TYPE2_ADDRESSES - 1];                                                      \
            UCHAR InterruptLine;                                                                   \
            UCHAR InterruptPin;                                                                    \
            USHORT BridgeControl;                                                                  \
        } type2;                                                                                   \
    } u;

typedef struct _PCI_COMMON_HEADER {
    WDMSIM_PCI_COMMON_HEADER
} PCI_COMMON_HEADER, *PPCI_COMMON_HEADER;
typedef struct _PCI_COMMON_CONFIG {
    WDMSIM_PCI_COMMON_HEADER
    UCHAR DeviceSpecific[192];
} PCI_COMMON_CONFIG, *PPCI_COMMON_CONFIG;

#define PCI_CONFIGURATION_TYPE(PciData)                                                            \
    (((PPCI_COMMON_CONFIG)(PciData))->HeaderType & ~PCI_MULTIFUNCTION)
#define PCI_MULTIFUNCTION_DEVICE(PciData)                                                          \
    ((((PPCI_COMMON_CONFIG)(PciData))->HeaderType & PCI_MULTIFUNCTION) != 0)

typedef struct _PCI_CAPABILITIES_HEADER {
    UCHAR CapabilityID;
    UCHAR Next;
} PCI_CAPABILITIES_HEADER, *PPCI_CAPABILITIES_HEADER;

/* ---- MSI-X (GUID_MSIX_TABLE_CONFIG_INTERFACE) ---- */

typedef NTSTATUS PCI_MSIX_SET_ENTRY(PVOID Context, ULONG TableEntry, ULONG MessageNumber);
typedef PCI_MSIX_SET_ENTRY *PPCI_MSIX_SET_ENTRY;
typedef NTSTATUS PCI_MSIX_MASKUNMASK_ENTRY(PVOID Context, ULONG TableEntry);
typedef PCI_MSIX_MASKUNMASK_ENTRY *PPCI_MSIX_MASKUNMASK_ENTRY;
typedef NTSTATUS PCI_MSIX_GET_ENTRY(PVOID Context, ULONG TableEntry, PULONG MessageNumber,
                                    PBOOLEAN Masked);
typedef PCI_MSIX_GET_ENTRY *PPCI_MSIX_GET_ENTRY;
typedef NTSTATUS PCI_MSIX_GET_TABLE_SIZE(PVOID Context, PULONG TableSize);
typedef PCI_MSIX_GET_TABLE_SIZE *PPCI_MSIX_GET_TABLE_SIZE;
typedef struct _PCI_MSIX_TABLE_CONFIG_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PPCI_MSIX_SET_ENTRY SetTableEntry;
    PPCI_MSIX_MASKUNMASK_ENTRY MaskTableEntry;
    PPCI_MSIX_MASKUNMASK_ENTRY UnmaskTableEntry;
    PPCI_MSIX_GET_ENTRY GetTableEntry;
    PPCI_MSIX_GET_TABLE_SIZE GetTableSize;
} PCI_MSIX_TABLE_CONFIG_INTERFACE, *PPCI_MSIX_TABLE_CONFIG_INTERFACE;

/* ---- is a device there (GUID_PCI_DEVICE_PRESENT_INTERFACE) ---- */

typedef struct _PCI_DEVICE_PRESENCE_PARAMETERS {
    ULONG Size;
    ULONG Flags;
    USHORT VendorID;
    USHORT DeviceID;
    UCHAR RevisionID;
    USHORT SubVendorID;
    USHORT SubSystemID;
    UCHAR BaseClass;
    UCHAR SubClass;
    UCHAR ProgIf;
} PCI_DEVICE_PRESENCE_PARAMETERS, *PPCI_DEVICE_PRESENCE_PARAMETERS;
typedef BOOLEAN PCI_IS_DEVICE_PRESENT(USHORT VendorID, USHORT DeviceID, UCHAR RevisionID,
                                      USHORT SubVendorID, USHORT SubSystemID, ULONG Flags);
typedef PCI_IS_DEVICE_PRESENT *PPCI_IS_DEVICE_PRESENT;
typedef BOOLEAN PCI_IS_DEVICE_PRESENT_EX(PVOID Context, PPCI_DEVICE_PRESENCE_PARAMETERS Parameters);
typedef PCI_IS_DEVICE_PRESENT_EX *PPCI_IS_DEVICE_PRESENT_EX;
typedef struct _PCI_DEVICE_PRESENT_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PPCI_IS_DEVICE_PRESENT IsDevicePresent;
    PPCI_IS_DEVICE_PRESENT_EX IsDevicePresentEx;
} PCI_DEVICE_PRESENT_INTERFACE, *PPCI_DEVICE_PRESENT_INTERFACE;

EXTERN_C_END

#endif
