/*
 * Mappings of a file's clusters to a volume's (map control blocks), and the cache of names that
 * lets a new file take over the identity of one just deleted. <= APC_LEVEL; the base routines leave
 * the synchronisation to the caller. (ntifs/nf-ntifs-fsrtlinitializelargemcb,
 * ntifs/ns-ntifs-tunnel)
 */
#ifndef WDMSIM_NT_FSRTL_MCB_H
#define WDMSIM_NT_FSRTL_MCB_H

#include "ex.h"
#include "io.h"
#include "rtl_ddk.h"

EXTERN_C_START

typedef ULONG VBN, *PVBN;
typedef ULONG LBN, *PLBN;

#define MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE 0x00000001
typedef struct _BASE_MCB {
    ULONG MaximumPairCount;
    ULONG PairCount;
    USHORT PoolType;
    USHORT Flags;
    PVOID Mapping;
} BASE_MCB, *PBASE_MCB;
typedef struct _LARGE_MCB {
    PKGUARDED_MUTEX GuardedMutex;
    BASE_MCB BaseMcb;
} LARGE_MCB, *PLARGE_MCB;

NTKERNELAPI VOID FsRtlInitializeBaseMcb(PBASE_MCB Mcb, POOL_TYPE PoolType);
NTKERNELAPI BOOLEAN FsRtlInitializeBaseMcbEx(PBASE_MCB Mcb, POOL_TYPE PoolType, USHORT Flags);
NTKERNELAPI VOID FsRtlUninitializeBaseMcb(PBASE_MCB Mcb);
NTKERNELAPI NTSTATUS FsRtlAddBaseMcbEntryEx(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn,
                                            LONGLONG SectorCount);
NTKERNELAPI BOOLEAN FsRtlRemoveBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount);
NTKERNELAPI BOOLEAN FsRtlLookupBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn,
                                            PLONGLONG SectorCountFromLbn, PLONGLONG StartingLbn,
                                            PLONGLONG SectorCountFromStartingLbn, PULONG Index);
NTKERNELAPI VOID FsRtlInitializeLargeMcb(PLARGE_MCB OpaqueMcb, POOL_TYPE PoolType);
NTKERNELAPI VOID FsRtlUninitializeLargeMcb(PLARGE_MCB OpaqueMcb);
NTKERNELAPI VOID FsRtlResetLargeMcb(PLARGE_MCB Mcb, BOOLEAN SelfSynchronized);
NTKERNELAPI VOID FsRtlTruncateLargeMcb(PLARGE_MCB OpaqueMcb, LONGLONG LargeVbn);
NTKERNELAPI BOOLEAN FsRtlAddLargeMcbEntry(PLARGE_MCB OpaqueMcb, LONGLONG LargeVbn,
                                          LONGLONG LargeLbn, LONGLONG LargeSectorCount);
NTKERNELAPI VOID FsRtlRemoveLargeMcbEntry(PLARGE_MCB OpaqueMcb, LONGLONG LargeVbn,
                                          LONGLONG LargeSectorCount);
NTKERNELAPI BOOLEAN FsRtlSplitLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount);
NTKERNELAPI BOOLEAN FsRtlLookupLargeMcbEntry(PLARGE_MCB OpaqueMcb, LONGLONG LargeVbn,
                                             PLONGLONG LargeLbn, PLONGLONG LargeSectorCount,
                                             PLONGLONG LargeStartingLbn,
                                             PLONGLONG LargeCountFromStartingLbn, PULONG Index);
NTKERNELAPI BOOLEAN FsRtlLookupLastLargeMcbEntry(PLARGE_MCB OpaqueMcb, PLONGLONG LargeVbn,
                                                 PLONGLONG LargeLbn);
NTKERNELAPI BOOLEAN FsRtlLookupLastLargeMcbEntryAndIndex(PLARGE_MCB OpaqueMcb, PLONGLONG LargeVbn,
                                                         PLONGLONG LargeLbn, PULONG Index);
NTKERNELAPI ULONG FsRtlNumberOfRunsInLargeMcb(PLARGE_MCB OpaqueMcb);
NTKERNELAPI BOOLEAN FsRtlGetNextLargeMcbEntry(PLARGE_MCB OpaqueMcb, ULONG RunIndex,
                                              PLONGLONG LargeVbn, PLONGLONG LargeLbn,
                                              PLONGLONG LargeSectorCount);

/* ---- the tunnel cache ---- */

typedef struct _TUNNEL {
    FAST_MUTEX Mutex;
    PRTL_SPLAY_LINKS Cache;
    LIST_ENTRY TimerQueue;
    USHORT NumEntries;
} TUNNEL, *PTUNNEL;
NTKERNELAPI VOID FsRtlInitializeTunnelCache(TUNNEL *Cache);
NTKERNELAPI VOID FsRtlAddToTunnelCache(TUNNEL *Cache, ULONGLONG DirectoryKey,
                                       PUNICODE_STRING ShortName, PUNICODE_STRING LongName,
                                       BOOLEAN KeyByShortName, ULONG DataLength, VOID *Data);
NTKERNELAPI BOOLEAN FsRtlFindInTunnelCache(TUNNEL *Cache, ULONGLONG DirKey, PUNICODE_STRING Name,
                                           PUNICODE_STRING ShortName, PUNICODE_STRING LongName,
                                           ULONG *DataLength, VOID *Data);
NTKERNELAPI VOID FsRtlDeleteKeyFromTunnelCache(TUNNEL *Cache, ULONGLONG DirKey);
NTKERNELAPI VOID FsRtlDeleteTunnelCache(TUNNEL *Cache);

EXTERN_C_END

#endif
