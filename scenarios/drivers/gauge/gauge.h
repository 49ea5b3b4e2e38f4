/*
 * gauge: a function driver with Plug and Play and power handling in full.
 *
 * The device measures: a read waits for a measurement, which takes two milliseconds, and gets its
 * number. Reads that come while the device is stopped or sleeps wait in a cancel-safe queue; a device
 * that sleeps by itself is woken for them. gauge.c has Plug and Play, power.c power, queue.c the reads,
 * cooling.c the interface for thermal zones.
 *
 * Values of the service's Parameters key:
 *     PowerUpMs   how long the hardware takes to come to D0 (default 0)
 *     IdleSeconds after so long without reads it goes to D3 by itself (default 0: never)
 *     Wake        not 0: it is armed to wake the system
 */
#ifndef GAUGE_H
#define GAUGE_H

#include <ntddk.h>

#define GAUGE_TAG 'guaG'
#define GAUGE_MEASUREMENT_MS 2

/* Arms the device to wake the system, and disarms it; no data. */
#define IOCTL_GAUGE_ARM CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_GAUGE_DISARM CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef enum _GAUGE_PNP_STATE {
    GaugeNotStarted,
    GaugeStarted,
    GaugeStopPending,
    GaugeStopped,
    GaugeRemovePending,
    GaugeSurpriseRemoved
} GAUGE_PNP_STATE;

/* Who cancels a wait/wake IRP keeps it from its end for so long: it completes it then. */
typedef enum _GAUGE_WAIT_WAKE_STATE {
    GaugeWaitWakeOver,
    GaugeWaitWakePending,
    GaugeWaitWakeCanceling
} GAUGE_WAIT_WAKE_STATE;

typedef struct _GAUGE_EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock;
    UNICODE_STRING Link;
    WCHAR LinkBuffer[32];
    GAUGE_PNP_STATE State, PreviousState;
    ULONG PowerUpMs, IdleSeconds, Wake;

    /* Reads; QueueLock guards all of it. */
    IO_CSQ Queue;
    LIST_ENTRY QueueList;
    KSPIN_LOCK QueueLock;
    BOOLEAN Measuring; /* the timer runs for the first read */
    BOOLEAN Ready;     /* started, and in D0 */
    PIRP Current;
    ULONG Number;
    KTIMER Timer;
    KDPC TimerDpc;

    /* Power. */
    SYSTEM_POWER_STATE SystemState;
    DEVICE_POWER_STATE DeviceState;
    DEVICE_CAPABILITIES Capabilities;
    PULONG IdleCounter;
    LONG WakingUp;  /* a D0 IRP was requested for reads */
    PIRP PowerUpIrp; /* a D0 IRP that waits for the hardware */
    KTIMER PowerTimer;
    KDPC PowerDpc;
    LONG WaitWakeArmed; /* a wait/wake IRP was requested … */
    PIRP WaitWakeIrp;   /* … and is on its way, */
    LONG WaitWakeState; /* a GAUGE_WAIT_WAKE_STATE */
} GAUGE_EXTENSION, *PGAUGE_EXTENSION;

NTSTATUS GaugeComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* queue.c */
NTSTATUS GaugeQueueInitialize(PGAUGE_EXTENSION Extension);
DRIVER_DISPATCH GaugeRead, GaugeCleanup;
VOID GaugeSetReady(PGAUGE_EXTENSION Extension, BOOLEAN Ready);
VOID GaugeFailReads(PGAUGE_EXTENSION Extension);

/* cooling.c */
BOOLEAN GaugeQueryInterface(PGAUGE_EXTENSION Extension, PIRP Irp);

/* power.c */
VOID GaugePowerInitialize(PGAUGE_EXTENSION Extension);
DRIVER_DISPATCH GaugePower;
VOID GaugePowerStarted(PGAUGE_EXTENSION Extension);
VOID GaugePowerStopped(PGAUGE_EXTENSION Extension);
VOID GaugeWakeUp(PGAUGE_EXTENSION Extension);
NTSTATUS GaugeArm(PGAUGE_EXTENSION Extension);
VOID GaugeDisarm(PGAUGE_EXTENSION Extension);

#endif
