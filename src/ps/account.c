/*
 * What processes are charged for: pool quota, cycles, disk transfers; and the version of the
 * system.
 *
 * Pages: ntifs/nf-ntifs-pschargepoolquota, wdm/nf-wdm-psquerytotalcycletimeprocess,
 * ntifs/nf-ntifs-psupdatediskcounters, wdm/nf-wdm-psgetversion. A process may have PS_POOL_QUOTA
 * bytes of each kind of pool on its account; how much Windows grants depends on the machine, so the
 * figure is ours.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/gate.h"
#include "ps/internal.h"

#define PS_POOL_QUOTA ((SIZE_T)1 << 30)

/* The account of a pool type: bit 0 of POOL_TYPE is set for paged pool. */
static SIZE_T *ps_account(PEPROCESS process, POOL_TYPE type) {
    return &process->pool_charge[type & 1];
}

VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
    KI_GATE(PsChargePoolQuota);
    (void)m;
    SIZE_T *account = ps_account(Process, PoolType);
    if (Amount > PS_POOL_QUOTA - *account)
        ExRaiseStatus(STATUS_QUOTA_EXCEEDED);
    *account += Amount;
}

VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
    KI_GATE(PsReturnPoolQuota);
    (void)m;
    SIZE_T *account = ps_account(Process, PoolType);
    if (Amount > *account)
        ExRaiseStatus(STATUS_QUOTA_EXCEEDED);
    *account -= Amount;
}

/* A cycle is a nanosecond of virtual time, as for threads. */
ULONG64 PsQueryTotalCycleTimeProcess(PEPROCESS Process, PULONG64 CycleTimeStamp) {
    KI_GATE(PsQueryTotalCycleTimeProcess);
    uint64_t total = Process->ended_run_time;
    for (LIST_ENTRY *link = Process->threads.Flink; link != &Process->threads; link = link->Flink) {
        const struct _KTHREAD *thread =
            &CONTAINING_RECORD(link, struct _ETHREAD, process_link)->tcb;
        total += thread->run_time;
        if (thread->state == KI_THREAD_RUNNING)
            total += m->clock.now - thread->run_start;
    }
    *CycleTimeStamp = m->clock.now;
    return total;
}

BOOLEAN PsIsDiskCountersEnabled(VOID) {
    KI_GATE(PsIsDiskCountersEnabled);
    (void)m;
    return TRUE;
}

VOID PsUpdateDiskCounters(PEPROCESS Process, ULONG64 BytesRead, ULONG64 BytesWritten,
                          ULONG ReadOperationCount, ULONG WriteOperationCount,
                          ULONG FlushOperationCount) {
    KI_GATE(PsUpdateDiskCounters);
    (void)m;
    Process->disk_bytes[0] += BytesRead;
    Process->disk_bytes[1] += BytesWritten;
    Process->disk_operations[0] += ReadOperationCount;
    Process->disk_operations[1] += WriteOperationCount;
    Process->disk_operations[2] += FlushOperationCount;
}

/* FALSE: a free build, not a checked one. */
BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                     PUNICODE_STRING CSDVersion) {
    KI_GATE(PsGetVersion);
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    (void)m;
    RtlGetVersion(&version);
    if (MajorVersion)
        *MajorVersion = version.dwMajorVersion;
    if (MinorVersion)
        *MinorVersion = version.dwMinorVersion;
    if (BuildNumber)
        *BuildNumber = version.dwBuildNumber;
    if (CSDVersion)
        CSDVersion->Length = 0;
    return FALSE;
}
