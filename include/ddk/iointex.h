/*
 * The extended interrupt routines for drivers that also run where the kernel lacks them: included
 * behind wdm.h or ntddk.h, it makes the routines' names mean the library's versions, which take the
 * same parameters. (kernel/using-ioconnectinterruptex-prior-to-windows-vista)
 */
#ifndef WDMSIM_IOINTEX_H
#define WDMSIM_IOINTEX_H

#include "wdm.h"

#define IoConnectInterruptEx WdmlibIoConnectInterruptEx
#define IoDisconnectInterruptEx WdmlibIoDisconnectInterruptEx
#define IoGetAffinityInterrupt WdmlibIoGetAffinityInterrupt

#endif
