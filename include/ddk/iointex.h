/*
 * The extended interrupt routines for drivers that also run where the kernel lacks them; the
 * library's versions have the same shape. (iointex/nf-iointex-wdmlibioconnectinterruptex)
 */
#ifndef WDMSIM_IOINTEX_H
#define WDMSIM_IOINTEX_H

#include "wdm.h"

EXTERN_C_START

NTSTATUS WdmlibIoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters);
VOID WdmlibIoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters);
NTSTATUS WdmlibIoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity);

EXTERN_C_END

#endif
