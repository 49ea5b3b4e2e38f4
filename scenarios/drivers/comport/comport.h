/*
 * comport: a serial port whose hardware is played, for drivers that sit on one.
 *
 * It answers the controls of ntddser.h that concern lines, settings, time-outs and received data,
 * and reads as serial ports do, with all kinds of read time-outs. What hangs on the cable is a
 * device that says who it is: each time DTR and RTS are both up it sends its text, as Plug and Play
 * devices for serial ports do. comport.c has Plug and Play and power, line.c the port itself.
 *
 * Values of the service's Parameters key:
 *     Attached   the text of the device on the cable at the start (default: there is none)
 *
 * The first port is \\.\COM1 and has that as PortName in its device's registry key.
 */
#ifndef COMPORT_H
#define COMPORT_H

#include <ntddk.h>
#include <ntddser.h>

#define COMPORT_TAG 'PmoC'
#define COMPORT_BUFFER 512

/* Puts a device on the cable, or none: the input is its text. */
#define IOCTL_COMPORT_ATTACH                                                                       \
    CTL_CODE(FILE_DEVICE_SERIAL_PORT, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _COMPORT_EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock;
    UNICODE_STRING Link; /* \DosDevices\COM1 */
    WCHAR LinkBuffer[32];
    BOOLEAN Gone;
    LONG Open;

    /* Lock guards what follows. */
    KSPIN_LOCK Lock;
    CHAR Attached[COMPORT_BUFFER];
    ULONG AttachedLength;
    UCHAR Input[COMPORT_BUFFER];
    ULONG InputLength;
    ULONG Lines; /* SERIAL_DTR_STATE, SERIAL_RTS_STATE */
    ULONG BaudRate;
    SERIAL_LINE_CONTROL LineControl;
    SERIAL_TIMEOUTS Timeouts;
    SERIAL_HANDFLOW HandFlow;
    LIST_ENTRY Reads; /* in the order they came; the first one gets what is received */
    IO_CSQ Queue;
    PIRP Timed; /* the read that the timer is for */
    ULONGLONG Deadline;
    KTIMER Timer;
    KDPC TimerDpc;

    DEVICE_POWER_STATE DeviceState;
} COMPORT_EXTENSION, *PCOMPORT_EXTENSION;

NTSTATUS ComportComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* line.c */
NTSTATUS ComportLineInitialize(PCOMPORT_EXTENSION Extension);
VOID ComportAttach(PCOMPORT_EXTENSION Extension, const CHAR *Text, ULONG Length);
NTSTATUS ComportControl(PCOMPORT_EXTENSION Extension, PIRP Irp, PULONG_PTR Information);
NTSTATUS ComportInternalControl(PCOMPORT_EXTENSION Extension, PIRP Irp, PULONG_PTR Information);
DRIVER_DISPATCH ComportRead;
VOID ComportEndReads(PCOMPORT_EXTENSION Extension, NTSTATUS Status);

/* power.c */
DRIVER_DISPATCH ComportPower;

#endif
