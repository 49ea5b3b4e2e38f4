/*
 * chainbus: a bus driver whose children come and go.
 *
 * A program plugs children in and takes them out through \\.\ChainBus; each is a device
 * CHAINBUS\Link with its number as instance id. bus.c is the bus device, link.c a child, power.c the
 * power of both.
 */
#ifndef CHAINBUS_H
#define CHAINBUS_H

#include <ntddk.h>

#define CHAINBUS_TAG 'niaC'

/* A child's number in (ULONG). */
#define IOCTL_CHAINBUS_PLUG CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CHAINBUS_UNPLUG CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CHAINBUS_EJECT CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CHAINBUS_WAKE CTL_CODE(FILE_DEVICE_BUS_EXTENDER, 0x903, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _COMMON_EXTENSION {
    BOOLEAN IsBus;
    PDEVICE_OBJECT Self;
} COMMON_EXTENSION, *PCOMMON_EXTENSION;

typedef struct _BUS_EXTENSION {
    COMMON_EXTENSION Common;
    PDEVICE_OBJECT Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock;
    FAST_MUTEX Mutex;    /* guards the list */
    LIST_ENTRY Links;
    BOOLEAN Started, Gone;
    DEVICE_CAPABILITIES Capabilities;
    DEVICE_POWER_STATE DeviceState;
} BUS_EXTENSION, *PBUS_EXTENSION;

typedef struct _LINK_EXTENSION {
    COMMON_EXTENSION Common;
    LIST_ENTRY Entry;
    PBUS_EXTENSION Bus;
    ULONG Number;
    BOOLEAN Present;  /* it is plugged in */
    BOOLEAN Reported; /* in the last answer to BusRelations */
    BOOLEAN Started;  /* since its latest START_DEVICE there was no REMOVE_DEVICE */
    DEVICE_POWER_STATE DeviceState;
    PIRP WaitWakeIrp;
} LINK_EXTENSION, *PLINK_EXTENSION;

NTSTATUS ChainComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
NTSTATUS LinkPnp(PLINK_EXTENSION Link, PIRP Irp);
NTSTATUS LinkCreate(PBUS_EXTENSION Bus, ULONG Number);
VOID LinkDelete(PLINK_EXTENSION Link);
NTSTATUS BusPower(PBUS_EXTENSION Bus, PIRP Irp);
NTSTATUS LinkPower(PLINK_EXTENSION Link, PIRP Irp);
VOID LinkEndWaitWake(PLINK_EXTENSION Link, NTSTATUS Status);

#endif
