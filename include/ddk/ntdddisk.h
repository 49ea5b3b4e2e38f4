/*
 * Disks: I/O controls, partition tables, geometry, caches.
 */
#ifndef WDMSIM_NTDDDISK_H
#define WDMSIM_NTDDDISK_H

#include "nt/io_file.h"
#include "nt/device_guids.h"

typedef enum _MEDIA_TYPE {
    Unknown = 0,
    F5_1Pt2_512 = 1,
    F3_1Pt44_512 = 2,
    F3_2Pt88_512 = 3,
    F3_20Pt8_512 = 4,
    F3_720_512 = 5,
    F5_360_512 = 6,
    F5_320_512 = 7,
    F5_320_1024 = 8,
    F5_180_512 = 9,
    F5_160_512 = 10,
    RemovableMedia = 11,
    FixedMedia = 12,
    F3_120M_512 = 13,
    F3_640_512 = 14,
    F5_640_512 = 15,
    F5_720_512 = 16,
    F3_1Pt2_512 = 17,
    F3_1Pt23_1024 = 18,
    F5_1Pt23_1024 = 19,
    F3_128Mb_512 = 20,
    F3_230Mb_512 = 21,
    F8_256_128 = 22,
    F3_200Mb_512 = 23,
    F3_240M_512 = 24,
    F3_32M_512 = 25
} MEDIA_TYPE,
    *PMEDIA_TYPE;

typedef enum _PARTITION_STYLE {
    PARTITION_STYLE_MBR = 0,
    PARTITION_STYLE_GPT = 1,
    PARTITION_STYLE_RAW = 2
} PARTITION_STYLE,
    *PPARTITION_STYLE;

typedef enum _DETECTION_TYPE {
    DetectNone = 0,
    DetectInt13 = 1,
    DetectExInt13 = 2
} DETECTION_TYPE,
    *PDETECTION_TYPE;

typedef enum _DISK_CACHE_RETENTION_PRIORITY {
    EqualPriority = 0,
    KeepPrefetchedData = 1,
    KeepReadData = 2
} DISK_CACHE_RETENTION_PRIORITY,
    *PDISK_CACHE_RETENTION_PRIORITY;

typedef enum _DISK_CACHE_STATE {
    DiskCacheNormal = 0,
    DiskCacheWriteThroughNotSupported = 1,
    DiskCacheModifyUnsuccessful = 2
} DISK_CACHE_STATE,
    *PDISK_CACHE_STATE;

typedef enum _DISK_SAN_POLICY {
    DiskSanPolicyUnknown = 0,
    DiskSanPolicyOnline = 1,
    DiskSanPolicyOfflineShared = 2,
    DiskSanPolicyOffline = 3
} DISK_SAN_POLICY,
    *PDISK_SAN_POLICY;

typedef enum _DISK_SNAPSHOT_STATE {
    DiskSnapshotNormalDisk = 0,
    DiskSnapshotSnapshotCheckRequired = 1,
    DiskSnapshotPreSnapshot = 2,
    DiskSnapshotSnapshotDisk = 3
} DISK_SNAPSHOT_STATE,
    *PDISK_SNAPSHOT_STATE;

typedef enum _BIN_TYPES { RequestSize = 0, RequestLocation = 1 } BIN_TYPES, *PBIN_TYPES;

typedef USHORT BAD_TRACK_NUMBER, *PBAD_TRACK_NUMBER;

typedef struct _BIN_RANGE {
    LARGE_INTEGER StartValue;
    LARGE_INTEGER Length;
} BIN_RANGE, *PBIN_RANGE;

typedef struct _BIN_COUNT {
    BIN_RANGE BinRange;
    ULONG BinCount;
} BIN_COUNT, *PBIN_COUNT;

typedef struct _BIN_RESULTS {
    ULONG NumberOfBins;
    BIN_COUNT BinCounts[1];
} BIN_RESULTS, *PBIN_RESULTS;

typedef struct _CREATE_DISK_GPT {
    GUID DiskId;
    ULONG MaxPartitionCount;
} CREATE_DISK_GPT, *PCREATE_DISK_GPT;

typedef struct _CREATE_DISK_MBR {
    ULONG Signature;
} CREATE_DISK_MBR, *PCREATE_DISK_MBR;

typedef struct _CREATE_DISK {
    PARTITION_STYLE PartitionStyle;
    union {
        CREATE_DISK_GPT Gpt;
        CREATE_DISK_MBR Mbr;
    };
} CREATE_DISK, *PCREATE_DISK;

typedef struct _DISK_CACHE_INFORMATION {
    UCHAR ParametersSavable;
    UCHAR ReadCacheEnabled;
    UCHAR WriteCacheEnabled;
    DISK_CACHE_RETENTION_PRIORITY ReadRetentionPriority;
    DISK_CACHE_RETENTION_PRIORITY WriteRetentionPriority;
    USHORT DisablePrefetchTransferLength;
    UCHAR PrefetchScalar;
    union {
        struct {
            USHORT Minimum;
            USHORT Maximum;
        } BlockPrefetch;
        struct {
            USHORT Minimum;
            USHORT Maximum;
            USHORT MaximumBlocks;
        } ScalarPrefetch;
    };
} DISK_CACHE_INFORMATION, *PDISK_CACHE_INFORMATION;

typedef struct _DISK_CACHE_SETTING {
    ULONG Version;
    ULONG State;
    UCHAR IsPowerProtected;
} DISK_CACHE_SETTING, *PDISK_CACHE_SETTING;

typedef struct _DISK_CONTROLLER_NUMBER {
    ULONG ControllerNumber;
    ULONG DiskNumber;
} DISK_CONTROLLER_NUMBER, *PDISK_CONTROLLER_NUMBER;

typedef struct _DISK_COPY_DATA_PARAMETERS {
    LARGE_INTEGER SourceOffset;
    LARGE_INTEGER DestinationOffset;
    LARGE_INTEGER CopyLength;
    LARGE_INTEGER Reserved;
} DISK_COPY_DATA_PARAMETERS, *PDISK_COPY_DATA_PARAMETERS;

typedef struct _DISK_INT13_INFO {
    USHORT DriveSelect;
    ULONG MaxCylinders;
    USHORT SectorsPerTrack;
    USHORT MaxHeads;
    USHORT NumberDrives;
} DISK_INT13_INFO, *PDISK_INT13_INFO;

typedef struct _DISK_EX_INT13_INFO {
    USHORT ExBufferSize;
    USHORT ExFlags;
    ULONG ExCylinders;
    ULONG ExHeads;
    ULONG ExSectorsPerTrack;
    ULONGLONG ExSectorsPerDrive;
    USHORT ExSectorSize;
    USHORT ExReserved;
} DISK_EX_INT13_INFO, *PDISK_EX_INT13_INFO;

typedef struct _DISK_DETECTION_INFO {
    ULONG SizeOfDetectInfo;
    DETECTION_TYPE DetectionType;
    DISK_INT13_INFO Int13;
    DISK_EX_INT13_INFO ExInt13;
} DISK_DETECTION_INFO, *PDISK_DETECTION_INFO;

typedef struct _DISK_GEOMETRY {
    LARGE_INTEGER Cylinders;
    MEDIA_TYPE MediaType;
    ULONG TracksPerCylinder;
    ULONG SectorsPerTrack;
    ULONG BytesPerSector;
} DISK_GEOMETRY, *PDISK_GEOMETRY;

typedef struct _DISK_GEOMETRY_EX {
    DISK_GEOMETRY Geometry;
    LARGE_INTEGER DiskSize;
    UCHAR Data[1];
} DISK_GEOMETRY_EX, *PDISK_GEOMETRY_EX;

typedef struct _DISK_GROW_PARTITION {
    ULONG PartitionNumber;
    LARGE_INTEGER BytesToGrow;
} DISK_GROW_PARTITION, *PDISK_GROW_PARTITION;

typedef struct _DISK_HISTOGRAM {
    LARGE_INTEGER DiskSize;
    LARGE_INTEGER Start;
    LARGE_INTEGER End;
    LARGE_INTEGER Average;
    LARGE_INTEGER AverageRead;
    LARGE_INTEGER AverageWrite;
    ULONG Granularity;
    ULONG Size;
    ULONG ReadCount;
    ULONG WriteCount;
    struct _HISTOGRAM_BUCKET *Histogram;
} DISK_HISTOGRAM, *PDISK_HISTOGRAM;

typedef struct _DISK_LOGGING {
    UCHAR Function;
    PVOID BufferAddress;
    ULONG BufferSize;
} DISK_LOGGING, *PDISK_LOGGING;

#pragma pack(push, 4)
typedef struct _DISK_PARTITION_INFO {
    ULONG SizeOfPartitionInfo;
    PARTITION_STYLE PartitionStyle;
    union {
        struct {
            GUID DiskId;
        } Gpt;
        struct {
            ULONG Signature;
            ULONG CheckSum;
        } Mbr;
    };
} DISK_PARTITION_INFO, *PDISK_PARTITION_INFO;
#pragma pack(pop)

typedef struct _DISK_PERFORMANCE {
    LARGE_INTEGER BytesRead;
    LARGE_INTEGER BytesWritten;
    LARGE_INTEGER ReadTime;
    LARGE_INTEGER WriteTime;
    LARGE_INTEGER IdleTime;
    ULONG ReadCount;
    ULONG WriteCount;
    ULONG QueueDepth;
    ULONG SplitCount;
    LARGE_INTEGER QueryTime;
    ULONG StorageDeviceNumber;
    WCHAR StorageManagerName[8];
} DISK_PERFORMANCE, *PDISK_PERFORMANCE;

typedef struct _DISK_RECORD {
    LARGE_INTEGER ByteOffset;
    LARGE_INTEGER StartTime;
    LARGE_INTEGER EndTime;
    PVOID VirtualAddress;
    ULONG NumberOfBytes;
    UCHAR DeviceNumber;
    UCHAR ReadRequest;
} DISK_RECORD, *PDISK_RECORD;

typedef struct _DISK_SAN_SETTINGS {
    ULONG Version;
    DISK_SAN_POLICY SanPolicy;
} DISK_SAN_SETTINGS, *PDISK_SAN_SETTINGS;

typedef struct _DISK_SNAPSHOT_INFO {
    ULONG Version;
    ULONG State;
    GUID SnapshotSetId;
    GUID SnapshotId;
    GUID LunId;
    LARGE_INTEGER CreationTimeStamp;
    ULONG ImportCount;
    ULONG Flags;
    ULONG AdditionalDataSize;
    UCHAR AdditionalData[1];
} DISK_SNAPSHOT_INFO, *PDISK_SNAPSHOT_INFO;

#pragma pack(push, 1)
typedef struct _DRIVERSTATUS {
    UCHAR bDriverError;
    UCHAR bIDEError;
    USHORT bReserved;
    ULONG dwReserved[2];
} DRIVERSTATUS, *PDRIVERSTATUS;
#pragma pack(pop)

typedef struct _PARTITION_INFORMATION {
    LARGE_INTEGER StartingOffset;
    LARGE_INTEGER PartitionLength;
    ULONG HiddenSectors;
    ULONG PartitionNumber;
    UCHAR PartitionType;
    UCHAR BootIndicator;
    UCHAR RecognizedPartition;
    UCHAR RewritePartition;
} PARTITION_INFORMATION, *PPARTITION_INFORMATION;

typedef struct _DRIVE_LAYOUT_INFORMATION {
    ULONG PartitionCount;
    ULONG Signature;
    PARTITION_INFORMATION PartitionEntry[1];
} DRIVE_LAYOUT_INFORMATION, *PDRIVE_LAYOUT_INFORMATION;

typedef struct _DRIVE_LAYOUT_INFORMATION_GPT {
    GUID DiskId;
    LARGE_INTEGER StartingUsableOffset;
    LARGE_INTEGER UsableLength;
    ULONG MaxPartitionCount;
} DRIVE_LAYOUT_INFORMATION_GPT, *PDRIVE_LAYOUT_INFORMATION_GPT;

typedef struct _DRIVE_LAYOUT_INFORMATION_MBR {
    ULONG Signature;
} DRIVE_LAYOUT_INFORMATION_MBR, *PDRIVE_LAYOUT_INFORMATION_MBR;

typedef struct _PARTITION_INFORMATION_GPT {
    GUID PartitionType;
    GUID PartitionId;
    ULONGLONG Attributes;
    WCHAR Name[36];
} PARTITION_INFORMATION_GPT, *PPARTITION_INFORMATION_GPT;

typedef struct _PARTITION_INFORMATION_MBR {
    UCHAR PartitionType;
    UCHAR BootIndicator;
    UCHAR RecognizedPartition;
    ULONG HiddenSectors;
    GUID PartitionId;
} PARTITION_INFORMATION_MBR, *PPARTITION_INFORMATION_MBR;

typedef struct _PARTITION_INFORMATION_EX {
    PARTITION_STYLE PartitionStyle;
    LARGE_INTEGER StartingOffset;
    LARGE_INTEGER PartitionLength;
    ULONG PartitionNumber;
    UCHAR RewritePartition;
    union {
        PARTITION_INFORMATION_GPT Gpt;
        PARTITION_INFORMATION_MBR Mbr;
    };
} PARTITION_INFORMATION_EX, *PPARTITION_INFORMATION_EX;

typedef struct _DRIVE_LAYOUT_INFORMATION_EX {
    PARTITION_STYLE PartitionStyle;
    ULONG PartitionCount;
    union {
        DRIVE_LAYOUT_INFORMATION_GPT Gpt;
        DRIVE_LAYOUT_INFORMATION_MBR Mbr;
    };
    PARTITION_INFORMATION_EX PartitionEntry[1];
} DRIVE_LAYOUT_INFORMATION_EX, *PDRIVE_LAYOUT_INFORMATION_EX;

typedef struct _FORMAT_EX_PARAMETERS {
    MEDIA_TYPE MediaType;
    ULONG StartCylinderNumber;
    ULONG EndCylinderNumber;
    ULONG StartHeadNumber;
    ULONG EndHeadNumber;
    USHORT FormatGapLength;
    USHORT SectorsPerTrack;
    USHORT SectorNumber[1];
} FORMAT_EX_PARAMETERS, *PFORMAT_EX_PARAMETERS;

typedef struct _FORMAT_PARAMETERS {
    MEDIA_TYPE MediaType;
    ULONG StartCylinderNumber;
    ULONG EndCylinderNumber;
    ULONG StartHeadNumber;
    ULONG EndHeadNumber;
} FORMAT_PARAMETERS, *PFORMAT_PARAMETERS;

#pragma pack(push, 1)
typedef struct _GETVERSIONINPARAMS {
    UCHAR bVersion;
    UCHAR bRevision;
    UCHAR bReserved;
    UCHAR bIDEDeviceMap;
    ULONG fCapabilities;
    ULONG dwReserved[4];
} GETVERSIONINPARAMS, *PGETVERSIONINPARAMS;
#pragma pack(pop)

typedef struct _GET_DISK_ATTRIBUTES {
    ULONG Version;
    ULONG Reserved1;
    ULONGLONG Attributes;
} GET_DISK_ATTRIBUTES, *PGET_DISK_ATTRIBUTES;

typedef struct _GET_LENGTH_INFORMATION {
    LARGE_INTEGER Length;
} GET_LENGTH_INFORMATION, *PGET_LENGTH_INFORMATION;

typedef struct _GET_PARTITION_ATTRIBUTES {
    ULONG Version;
    ULONG Reserved1;
    ULONGLONG Attributes;
} GET_PARTITION_ATTRIBUTES, *PGET_PARTITION_ATTRIBUTES;

typedef struct _HISTOGRAM_BUCKET {
    ULONG Reads;
    ULONG Writes;
} HISTOGRAM_BUCKET, *PHISTOGRAM_BUCKET;

typedef struct _IDEREGS {
    UCHAR bFeaturesReg;
    UCHAR bSectorCountReg;
    UCHAR bSectorNumberReg;
    UCHAR bCylLowReg;
    UCHAR bCylHighReg;
    UCHAR bDriveHeadReg;
    UCHAR bCommandReg;
    UCHAR bReserved;
} IDEREGS, *PIDEREGS;

typedef struct _MAPPED_ADDRESS {
    struct _MAPPED_ADDRESS *NextMappedAddress;
    PVOID MappedAddress;
    ULONG NumberOfBytes;
    LARGE_INTEGER IoAddress;
    ULONG BusNumber;
} MAPPED_ADDRESS, *PMAPPED_ADDRESS;

typedef struct _PERF_BIN {
    ULONG NumberOfBins;
    BIN_TYPES TypeOfBin;
    BIN_RANGE BinsRanges[1];
} PERF_BIN, *PPERF_BIN;

typedef struct _REASSIGN_BLOCKS {
    USHORT Reserved;
    USHORT Count;
    ULONG BlockNumber[1];
} REASSIGN_BLOCKS, *PREASSIGN_BLOCKS;

#pragma pack(push, 1)
typedef struct _REASSIGN_BLOCKS_EX {
    USHORT Reserved;
    USHORT Count;
    LARGE_INTEGER BlockNumber[1];
} REASSIGN_BLOCKS_EX, *PREASSIGN_BLOCKS_EX;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct _SENDCMDINPARAMS {
    ULONG cBufferSize;
    IDEREGS irDriveRegs;
    UCHAR bDriveNumber;
    UCHAR bReserved[3];
    ULONG dwReserved[4];
    UCHAR bBuffer[1];
} SENDCMDINPARAMS, *PSENDCMDINPARAMS;
#pragma pack(pop)

#pragma pack(push, 1)
typedef struct _SENDCMDOUTPARAMS {
    ULONG cBufferSize;
    DRIVERSTATUS DriverStatus;
    UCHAR bBuffer[1];
} SENDCMDOUTPARAMS, *PSENDCMDOUTPARAMS;
#pragma pack(pop)

typedef struct _SET_DISK_ATTRIBUTES {
    ULONG Version;
    UCHAR Persist;
    UCHAR RelinquishOwnership;
    USHORT Reserved1;
    ULONGLONG Attributes;
    ULONGLONG AttributesMask;
    GUID Owner;
} SET_DISK_ATTRIBUTES, *PSET_DISK_ATTRIBUTES;

typedef struct _SET_PARTITION_ATTRIBUTES {
    ULONG Version;
    UCHAR Persist;
    UCHAR Reserved1[3];
    ULONGLONG Attributes;
    ULONGLONG AttributesMask;
} SET_PARTITION_ATTRIBUTES, *PSET_PARTITION_ATTRIBUTES;

typedef struct _SET_PARTITION_INFORMATION {
    UCHAR PartitionType;
} SET_PARTITION_INFORMATION, *PSET_PARTITION_INFORMATION;

typedef struct _SET_PARTITION_INFORMATION_GPT {
    GUID PartitionType;
    GUID PartitionId;
    ULONGLONG Attributes;
    WCHAR Name[36];
} SET_PARTITION_INFORMATION_GPT, *PSET_PARTITION_INFORMATION_GPT;

typedef struct _SET_PARTITION_INFORMATION_MBR {
    UCHAR PartitionType;
} SET_PARTITION_INFORMATION_MBR, *PSET_PARTITION_INFORMATION_MBR;

typedef struct _SET_PARTITION_INFORMATION_EX {
    PARTITION_STYLE PartitionStyle;
    union {
        SET_PARTITION_INFORMATION_GPT Gpt;
        SET_PARTITION_INFORMATION_MBR Mbr;
    };
} SET_PARTITION_INFORMATION_EX, *PSET_PARTITION_INFORMATION_EX;

typedef struct _VERIFY_INFORMATION {
    LARGE_INTEGER StartingOffset;
    ULONG Length;
} VERIFY_INFORMATION, *PVERIFY_INFORMATION;

#include "nt/ntdddisk_codes.h"

#endif
