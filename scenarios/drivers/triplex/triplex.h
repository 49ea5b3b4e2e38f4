/*
 * triplex: a function driver whose device has three components, each with power states of its own.
 *
 *     0  the core     F0 F1
 *     1  the radio    F0 F1 F2 F3; can wake from F1
 *     2  the engine   F0 F1 F2; needs the core (a dependency), has three speeds (a P-state set)
 *
 * Work for a component is a request that activates the component, takes its time once the component is
 * active, and lets it rest again. triplex.c has Plug and Play, work.c the requests, power.c the
 * callbacks of the power framework and power IRPs.
 */
#ifndef TRIPLEX_H
#define TRIPLEX_H

#define PO_FX_VERSION PO_FX_VERSION_V3
#include <ntddk.h>

#define TRIPLEX_TAG 'lpiT'
#define TRIPLEX_COMPONENTS 3
#define TRIPLEX_ENGINE 2

/* In: component, microseconds (ULONG each). */
#define IOCTL_TRIPLEX_WORK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: component, milliseconds that it may take to become active (ULONG each); 0: any time. */
#define IOCTL_TRIPLEX_LATENCY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: component, milliseconds that it is expected to rest (ULONG each). */
#define IOCTL_TRIPLEX_RESIDENCY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: component, whether it must be able to wake (ULONG each). */
#define IOCTL_TRIPLEX_WAKE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x903, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: 0, the engine's speed (ULONG each). */
#define IOCTL_TRIPLEX_SPEED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x904, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: 0, milliseconds without work until the device is switched off (ULONG each). */
#define IOCTL_TRIPLEX_TIMEOUT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x905, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _TRIPLEX_EXTENSION TRIPLEX_EXTENSION, *PTRIPLEX_EXTENSION;

typedef struct _TRIPLEX_COMPONENT {
    PTRIPLEX_EXTENSION Device;
    ULONG Index;
    BOOLEAN Active;
    PIRP Current; /* work that goes on */
    KTIMER Timer;
    KDPC Dpc;
    ULONG State; /* as the framework last said */
} TRIPLEX_COMPONENT, *PTRIPLEX_COMPONENT;

struct _TRIPLEX_EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock;
    POHANDLE Fx;
    EX_RUNDOWN_REF FxUsers; /* who calls the framework with the handle, which ends before it does */
    BOOLEAN HasSpeeds, Gone;
    TRIPLEX_COMPONENT Components[TRIPLEX_COMPONENTS];

    IO_CSQ Queue; /* work that waits, for any component */
    LIST_ENTRY QueueList;
    KSPIN_LOCK Lock;

    SYSTEM_POWER_STATE SystemState;
    DEVICE_POWER_STATE DeviceState;
};

NTSTATUS TriplexComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* work.c */
NTSTATUS TriplexWorkInitialize(PTRIPLEX_EXTENSION Extension);
DRIVER_DISPATCH TriplexControl, TriplexCleanup;
VOID TriplexStartNext(PTRIPLEX_COMPONENT Component);
VOID TriplexFailWork(PTRIPLEX_EXTENSION Extension);

/* power.c */
NTSTATUS TriplexRegister(PTRIPLEX_EXTENSION Extension);
VOID TriplexUnregister(PTRIPLEX_EXTENSION Extension);
DRIVER_DISPATCH TriplexPower;

#endif
