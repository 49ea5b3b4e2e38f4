/*
 * Run-time library that ntifs.h adds: OEM strings and code pages, prefixes, heaps, compression.
 * PASSIVE_LEVEL unless noted.
 */
#ifndef WDMSIM_NT_RTL_FS_H
#define WDMSIM_NT_RTL_FS_H

#include "rtl.h"
#include "io_file.h"
#include "zw_fs.h"

EXTERN_C_START

typedef struct _CPTABLEINFO {
    USHORT CodePage;
    USHORT MaximumCharacterSize;
    USHORT DefaultChar;
    USHORT UniDefaultChar;
    USHORT TransDefaultChar;
    USHORT TransUniDefaultChar;
    USHORT DBCSCodePage;
    UCHAR LeadByte[12];
    PUSHORT MultiByteTable;
    PVOID WideCharTable;
    PUSHORT DBCSRanges;
    PUSHORT DBCSOffsets;
} CPTABLEINFO, *PCPTABLEINFO;
typedef struct _NLSTABLEINFO {
    CPTABLEINFO OemTableInfo;
    CPTABLEINFO AnsiTableInfo;
    PUSHORT UpperCaseTable;
    PUSHORT LowerCaseTable;
} NLSTABLEINFO, *PNLSTABLEINFO;
typedef struct _GENERATE_NAME_CONTEXT {
    USHORT Checksum;
    union {
        BOOLEAN CheckSumInserted;
        BOOLEAN ChecksumInserted;
    };
    UCHAR NameLength;
    WCHAR NameBuffer[8];
    ULONG ExtensionLength;
    WCHAR ExtensionBuffer[4];
    ULONG LastIndexValue;
} GENERATE_NAME_CONTEXT, *PGENERATE_NAME_CONTEXT;
typedef struct _UNICODE_PREFIX_TABLE_ENTRY {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    struct _UNICODE_PREFIX_TABLE_ENTRY *NextPrefixTree;
    struct _UNICODE_PREFIX_TABLE_ENTRY *CaseMatch;
    RTL_SPLAY_LINKS Links;
    PUNICODE_STRING Prefix;
} UNICODE_PREFIX_TABLE_ENTRY, *PUNICODE_PREFIX_TABLE_ENTRY;
typedef struct _UNICODE_PREFIX_TABLE {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    PUNICODE_PREFIX_TABLE_ENTRY NextPrefixTree;
    PUNICODE_PREFIX_TABLE_ENTRY LastNextEntry;
} UNICODE_PREFIX_TABLE, *PUNICODE_PREFIX_TABLE;
typedef struct _COMPRESSED_DATA_INFO {
    USHORT CompressionFormatAndEngine;
    UCHAR CompressionUnitShift;
    UCHAR ChunkShift;
    UCHAR ClusterShift;
    UCHAR Reserved;
    USHORT NumberOfChunks;
    ULONG CompressedChunkSizes[ANYSIZE_ARRAY];
} COMPRESSED_DATA_INFO, *PCOMPRESSED_DATA_INFO;
#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GROWABLE 0x00000002
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010
#define HEAP_CREATE_SEGMENT_HEAP 0x00000100
#define HEAP_CREATE_HARDENED 0x00000200
typedef NTSTATUS RTL_HEAP_COMMIT_ROUTINE(PVOID Base, PVOID *CommitAddress, PSIZE_T CommitSize);
typedef RTL_HEAP_COMMIT_ROUTINE *PRTL_HEAP_COMMIT_ROUTINE;
typedef struct _RTL_HEAP_PARAMETERS {
    ULONG Length;
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold;
    SIZE_T DeCommitTotalFreeThreshold;
    SIZE_T MaximumAllocationSize;
    SIZE_T VirtualMemoryThreshold;
    SIZE_T InitialCommit;
    SIZE_T InitialReserve;
    PRTL_HEAP_COMMIT_ROUTINE CommitRoutine;
    SIZE_T Reserved[2];
} RTL_HEAP_PARAMETERS, *PRTL_HEAP_PARAMETERS;

/*
 * Where a segment heap has its memory from: a kind of memory, or a driver's own routines. They are
 * called as ZwAllocateVirtualMemory, ZwFreeVirtualMemory and ZwQueryVirtualMemory would be, with
 * the process NtCurrentProcess(), at the IRQL of the heap routine (<= APC_LEVEL) and with the heap
 * locked, so they must not use that heap.
 */
typedef enum _RTL_MEMORY_TYPE {
    MemoryTypePaged,
    MemoryTypeNonPaged,
    MemoryType64KPage,
    MemoryTypeLargePage,
    MemoryTypeHugePage,
    MemoryTypeCustom,
    MemoryTypeMax
} RTL_MEMORY_TYPE,
    *PRTL_MEMORY_TYPE;
typedef enum _HEAP_MEMORY_INFO_CLASS { HeapMemoryBasicInformation } HEAP_MEMORY_INFO_CLASS;
typedef NTSTATUS ALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK(HANDLE CallbackContext, HANDLE ProcessHandle,
                                                     PVOID *BaseAddress, PSIZE_T RegionSize,
                                                     ULONG AllocationType, ULONG PageProtection,
                                                     PMEM_EXTENDED_PARAMETER ExtendedParameters,
                                                     ULONG ExtendedParameterCount);
typedef ALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK *PALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK;
typedef NTSTATUS FREE_VIRTUAL_MEMORY_EX_CALLBACK(HANDLE CallbackContext, HANDLE ProcessHandle,
                                                 PVOID *BaseAddress, PSIZE_T RegionSize,
                                                 ULONG FreeType);
typedef FREE_VIRTUAL_MEMORY_EX_CALLBACK *PFREE_VIRTUAL_MEMORY_EX_CALLBACK;
typedef NTSTATUS QUERY_VIRTUAL_MEMORY_CALLBACK(HANDLE CallbackContext, HANDLE ProcessHandle,
                                               PVOID BaseAddress,
                                               HEAP_MEMORY_INFO_CLASS MemoryInformationClass,
                                               PVOID MemoryInformation,
                                               SIZE_T MemoryInformationLength,
                                               PSIZE_T ReturnLength);
typedef QUERY_VIRTUAL_MEMORY_CALLBACK *PQUERY_VIRTUAL_MEMORY_CALLBACK;
typedef struct _RTL_SEGMENT_HEAP_VA_CALLBACKS {
    HANDLE CallbackContext;
    PALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK AllocateVirtualMemory;
    PFREE_VIRTUAL_MEMORY_EX_CALLBACK FreeVirtualMemory;
    PQUERY_VIRTUAL_MEMORY_CALLBACK QueryVirtualMemory;
} RTL_SEGMENT_HEAP_VA_CALLBACKS, *PRTL_SEGMENT_HEAP_VA_CALLBACKS;
#define RTL_SEGHEAP_MEM_SOURCE_ANY_NODE ((ULONG)-1)
typedef struct _RTL_SEGMENT_HEAP_MEMORY_SOURCE {
    ULONG Flags;
    ULONG MemoryTypeMask; /* 1 << RTL_MEMORY_TYPE */
    ULONG NumaNode;
    union {
        HANDLE PartitionHandle;
        PRTL_SEGMENT_HEAP_VA_CALLBACKS Callbacks;
    } DUMMYUNIONNAME;
    SIZE_T Reserved[2];
} RTL_SEGMENT_HEAP_MEMORY_SOURCE, *PRTL_SEGMENT_HEAP_MEMORY_SOURCE;
#define SEGMENT_HEAP_PARAMETERS_VERSION 3
#define SEGMENT_HEAP_FLG_USE_PAGE_HEAP 0x1
typedef struct _RTL_SEGMENT_HEAP_PARAMETERS {
    USHORT Version;
    USHORT Size;
    ULONG Flags;
    RTL_SEGMENT_HEAP_MEMORY_SOURCE MemorySource;
    SIZE_T Reserved[4];
} RTL_SEGMENT_HEAP_PARAMETERS, *PRTL_SEGMENT_HEAP_PARAMETERS;
#define RtlOemStringToUnicodeSize(STRING) ((ULONG)(((STRING)->Length + 1) * sizeof(WCHAR)))
#define RtlOemStringToCountedUnicodeSize(STRING)                                                   \
    ((ULONG)(RtlOemStringToUnicodeSize(STRING) - sizeof(WCHAR)))
#define RtlUnicodeStringToOemSize(STRING)                                                          \
    ((ULONG)(((STRING)->Length + sizeof(WCHAR)) / sizeof(WCHAR)))
#define RtlUnicodeStringToCountedOemSize(STRING) ((ULONG)(RtlUnicodeStringToOemSize(STRING) - 1))

NTSYSAPI BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI VOID RtlFreeOemString(POEM_STRING OemString);
NTSYSAPI NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString,
                                              PCOEM_STRING SourceString,
                                              BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString,
                                                     PCOEM_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString,
                                              PCUNICODE_STRING SourceString,
                                              BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                     PCUNICODE_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString,
                                                    PCUNICODE_STRING SourceString,
                                                    BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                           PCUNICODE_STRING SourceString,
                                                           BOOLEAN AllocateDestinationString);
NTSYSAPI ULONG RtlxOemStringToUnicodeSize(PCOEM_STRING OemString);
NTSYSAPI ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString);
NTSYSAPI NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                         PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                         ULONG BytesInMultiByteString);
NTSYSAPI NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString,
                                            const CHAR *MultiByteString,
                                            ULONG BytesInMultiByteString);
NTSYSAPI NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                         PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                         ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                            ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString,
                                               ULONG MaxBytesInMultiByteString,
                                               PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                               ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlOemToUnicodeN(PWSTR UnicodeString, ULONG MaxBytesInUnicodeString,
                                   PULONG BytesInUnicodeString, PCCH OemString,
                                   ULONG BytesInOemString);
NTSYSAPI NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString,
                                   PULONG BytesInOemString, PCWCH UnicodeString,
                                   ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString,
                                         PULONG BytesInOemString, PCWCH UnicodeString,
                                         ULONG BytesInUnicodeString);
NTSYSAPI VOID RtlInitCodePageTable(PUSHORT TableBase, PCPTABLEINFO CodePageTable);
NTSYSAPI NTSTATUS RtlCustomCPToUnicodeN(PCPTABLEINFO CustomCP, PWCH UnicodeString,
                                        ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                                        PCH CustomCPString, ULONG BytesInCustomCPString);
NTSYSAPI NTSTATUS RtlUnicodeToCustomCPN(PCPTABLEINFO CustomCP, PCH CustomCPString,
                                        ULONG MaxBytesInCustomCPString,
                                        PULONG BytesInCustomCPString, PWCH UnicodeString,
                                        ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeToCustomCPN(PCPTABLEINFO CustomCP, PCH CustomCPString,
                                              ULONG MaxBytesInCustomCPString,
                                              PULONG BytesInCustomCPString, PWCH UnicodeString,
                                              ULONG BytesInUnicodeString);
NTSYSAPI BOOLEAN RtlIsValidOemCharacter(PWCHAR Char);
NTSYSAPI BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName,
                                        PBOOLEAN NameContainsSpaces);
NTSYSAPI NTSTATUS RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters,
                                       PGENERATE_NAME_CONTEXT Context, PUNICODE_STRING Name8dot3);
NTSYSAPI VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable);
NTSYSAPI BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix,
                                        PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                     PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                                          PUNICODE_STRING FullName,
                                                          ULONG CaseInsensitiveIndex);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                                          BOOLEAN Restart);
NTSYSAPI ULONG RtlNtStatusToDosError(NTSTATUS Status);
NTSYSAPI ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);

/* ---- heaps; <= APC_LEVEL ---- */

/* Parameters: an RTL_HEAP_PARAMETERS, with HEAP_CREATE_SEGMENT_HEAP an RTL_SEGMENT_HEAP_PARAMETERS.
 */
NTSYSAPI PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize,
                             PVOID Lock, PVOID Parameters);
NTSYSAPI PVOID RtlDestroyHeap(PVOID HeapHandle);
NTSYSAPI PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
NTSYSAPI LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* ---- compression ---- */

NTSYSAPI NTSTATUS RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine,
                                                 PULONG CompressBufferWorkSpaceSize,
                                                 PULONG CompressFragmentWorkSpaceSize);
NTSYSAPI NTSTATUS RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer,
                                    ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                    ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                    PULONG FinalCompressedSize, PVOID WorkSpace);
NTSYSAPI NTSTATUS RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                      ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                      ULONG CompressedBufferSize, PULONG FinalUncompressedSize);
NTSYSAPI NTSTATUS RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                        ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                        ULONG CompressedBufferSize, PULONG FinalUncompressedSize,
                                        PVOID WorkSpace);
NTSYSAPI NTSTATUS RtlDecompressBufferEx2(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                         ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                         ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                         PULONG FinalUncompressedSize, PVOID WorkSpace);
NTSYSAPI NTSTATUS RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                        ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                        ULONG CompressedBufferSize, ULONG FragmentOffset,
                                        PULONG FinalUncompressedSize, PVOID WorkSpace);
NTSYSAPI NTSTATUS RtlDecompressFragmentEx(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                          ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                          ULONG CompressedBufferSize, ULONG FragmentOffset,
                                          ULONG UncompressedChunkSize, PULONG FinalUncompressedSize,
                                          PVOID WorkSpace);
NTSYSAPI NTSTATUS RtlDescribeChunk(USHORT CompressionFormat, PUCHAR *CompressedBuffer,
                                   PUCHAR EndOfCompressedBufferPlus1, PUCHAR *ChunkBuffer,
                                   PULONG ChunkSize);
NTSYSAPI NTSTATUS RtlReserveChunk(USHORT CompressionFormat, PUCHAR *CompressedBuffer,
                                  PUCHAR EndOfCompressedBufferPlus1, PUCHAR *ChunkBuffer,
                                  ULONG ChunkSize);
NTSYSAPI NTSTATUS RtlDecompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                                      PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                                      PUCHAR CompressedTail, ULONG CompressedTailSize,
                                      PCOMPRESSED_DATA_INFO CompressedDataInfo);
NTSYSAPI NTSTATUS RtlCompressChunks(PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                                    PUCHAR CompressedBuffer, ULONG CompressedBufferSize,
                                    PCOMPRESSED_DATA_INFO CompressedDataInfo,
                                    ULONG CompressedDataInfoLength, PVOID WorkSpace);

/* ---- placeholders, packages and volumes ---- */

NTSYSAPI BOOLEAN RtlIsPartialPlaceholder(ULONG FileAttributes, ULONG ReparseTag);
NTSYSAPI BOOLEAN RtlIsCloudFilesPlaceholder(ULONG FileAttributes, ULONG ReparseTag);
NTSYSAPI NTSTATUS RtlIsPartialPlaceholderFileHandle(HANDLE FileHandle,
                                                    PBOOLEAN IsPartialPlaceholder);
NTSYSAPI NTSTATUS RtlIsPartialPlaceholderFileInfo(const VOID *InfoBuffer,
                                                  FILE_INFORMATION_CLASS InfoClass,
                                                  PBOOLEAN IsPartialPlaceholder);
NTSYSAPI CHAR RtlQueryThreadPlaceholderCompatibilityMode(VOID);
NTSYSAPI CHAR RtlSetThreadPlaceholderCompatibilityMode(CHAR Mode);
NTSYSAPI CHAR RtlQueryProcessPlaceholderCompatibilityMode(VOID);
NTSYSAPI CHAR RtlSetProcessPlaceholderCompatibilityMode(CHAR Mode);
NTSYSAPI NTSTATUS RtlQueryPackageIdentity(PVOID TokenObject, PWSTR PackageFullName,
                                          PSIZE_T PackageSize, PWSTR AppId, PSIZE_T AppIdSize,
                                          PBOOLEAN Packaged);
NTSYSAPI NTSTATUS RtlQueryPackageIdentityEx(PVOID TokenObject, PWSTR PackageFullName,
                                            PSIZE_T PackageSize, PWSTR AppId, PSIZE_T AppIdSize,
                                            LPGUID DynamicId, PULONG64 Flags);
NTSYSAPI NTSTATUS RtlCreateSystemVolumeInformationFolder(PCUNICODE_STRING VolumeRootPath);

EXTERN_C_END

#endif
