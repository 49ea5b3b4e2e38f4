/*
 * Batteries, thermal zones, buttons and other power devices: I/O controls and records.
 */
#ifndef WDMSIM_POCLASS_H
#define WDMSIM_POCLASS_H

#include "nt/io_file.h"
#include "nt/pnp_types.h"
#include "nt/poclass_guids.h"

typedef enum _BATTERY_QUERY_INFORMATION_LEVEL {
    BatteryInformation = 0,
    BatteryGranularityInformation = 1,
    BatteryTemperature = 2,
    BatteryEstimatedTime = 3,
    BatteryDeviceName = 4,
    BatteryManufactureDate = 5,
    BatteryManufactureName = 6,
    BatteryUniqueID = 7,
    BatterySerialNumber = 8
} BATTERY_QUERY_INFORMATION_LEVEL,
    *PBATTERY_QUERY_INFORMATION_LEVEL;

typedef enum _BATTERY_SET_INFORMATION_LEVEL {
    BatteryCriticalBias = 0,
    BatteryCharge = 1,
    BatteryDischarge = 2,
    BatteryChargingSource = 3
} BATTERY_SET_INFORMATION_LEVEL,
    *PBATTERY_SET_INFORMATION_LEVEL;

typedef enum _BATTERY_CHARGING_SOURCE_TYPE {
    BatteryChargingSourceType_None = 0,
    BatteryChargingSourceType_AC = 1,
    BatteryChargingSourceType_USB = 2,
    BatteryChargingSourceType_Wireless = 3
} BATTERY_CHARGING_SOURCE_TYPE,
    *PBATTERY_CHARGING_SOURCE_TYPE;

typedef enum _THERMAL_DEVICE_INTERFACE_FLAGS {
    ThermalDeviceFlagActiveCooling = 1,
    ThermalDeviceFlagPassiveCooling = 2
} THERMAL_DEVICE_INTERFACE_FLAGS,
    *PTHERMAL_DEVICE_INTERFACE_FLAGS;

typedef struct _BATTERY_STATUS {
    ULONG PowerState;
    ULONG Capacity;
    ULONG Voltage;
    union {
        LONG Current;
        LONG Rate;
    };
} BATTERY_STATUS, *PBATTERY_STATUS;

typedef struct _ACPI_REAL_TIME {
    USHORT Year;
    UCHAR Month;
    UCHAR Day;
    UCHAR Hour;
    UCHAR Minute;
    UCHAR Second;
    UCHAR Valid;
    USHORT Milliseconds;
    SHORT TimeZone;
    UCHAR DayLight;
    UCHAR Reserved1[3];
} ACPI_REAL_TIME, *PACPI_REAL_TIME;

typedef struct _BATTERY_CHARGING_SOURCE {
    BATTERY_CHARGING_SOURCE_TYPE Type;
    ULONG MaxCurrent;
} BATTERY_CHARGING_SOURCE, *PBATTERY_CHARGING_SOURCE;

typedef struct _BATTERY_INFORMATION {
    ULONG Capabilities;
    UCHAR Technology;
    UCHAR Reserved[3];
    UCHAR Chemistry[4];
    ULONG DesignedCapacity;
    ULONG FullChargedCapacity;
    ULONG DefaultAlert1;
    ULONG DefaultAlert2;
    ULONG CriticalBias;
    ULONG CycleCount;
} BATTERY_INFORMATION, *PBATTERY_INFORMATION;

typedef struct _BATTERY_MANUFACTURE_DATE {
    UCHAR Day;
    UCHAR Month;
    USHORT Year;
} BATTERY_MANUFACTURE_DATE, *PBATTERY_MANUFACTURE_DATE;

typedef struct _BATTERY_NOTIFY {
    ULONG PowerState;
    ULONG LowCapacity;
    ULONG HighCapacity;
} BATTERY_NOTIFY, *PBATTERY_NOTIFY;

typedef struct _BATTERY_QUERY_INFORMATION {
    ULONG BatteryTag;
    BATTERY_QUERY_INFORMATION_LEVEL InformationLevel;
    LONG AtRate;
} BATTERY_QUERY_INFORMATION, *PBATTERY_QUERY_INFORMATION;

typedef struct _BATTERY_SET_INFORMATION {
    ULONG BatteryTag;
    BATTERY_SET_INFORMATION_LEVEL InformationLevel;
    UCHAR Buffer[1];
} BATTERY_SET_INFORMATION, *PBATTERY_SET_INFORMATION;

typedef struct _BATTERY_WAIT_STATUS {
    ULONG BatteryTag;
    ULONG Timeout;
    ULONG PowerState;
    ULONG LowCapacity;
    ULONG HighCapacity;
} BATTERY_WAIT_STATUS, *PBATTERY_WAIT_STATUS;

#pragma pack(push, 1)
typedef struct _PCC_HEADER {
    ULONG Signature;
    USHORT HeaderLength;
    UCHAR MajorVersion;
    UCHAR MinorVersion;
    struct {
        union {
            ULONG AsULong;
            struct {
                ULONG SciDoorbell : 1;
                ULONG Reserved : 31;
            };
        };
    } SupportedFeatures;
    struct {
        union {
            USHORT AsUShort;
            struct {
                ULONG CommandCode : 8;
                ULONG ReservedZ : 7;
                ULONG SciDoorbell : 1;
            };
        };
    } Command;
    struct {
        union {
            USHORT AsUShort;
            struct {
                ULONG CommandComplete : 1;
                ULONG SciReceived : 1;
                ULONG Error : 1;
                ULONG Reserved : 13;
            };
        };
    } Status;
    ULONG Latency;
    ULONG MinimumCommandInterval;
    ULONG MaximumCommandInterval;
    ULONG NominalFrequency;
    ULONG MinimumFrequency;
    ULONG MinimumUnthrottledFrequency;
} PCC_HEADER, *PPCC_HEADER;
#pragma pack(pop)

typedef struct _PCC_INPUT_BUFFER {
    UCHAR ControlEnabled;
    union {
        struct {
            UCHAR ReservedZ[3];
        } GetAverageFrequency;
        struct {
            UCHAR DesiredFrequency;
            UCHAR ReservedZ[2];
        } SetDesiredFrequency;
    };
} PCC_INPUT_BUFFER, *PPCC_INPUT_BUFFER;

#pragma pack(push, 1)
typedef union _PCC_OUTPUT_BUFFER {
    struct {
        UCHAR AverageFrequency;
        UCHAR FrequencyLimit;
        USHORT Reserved;
    } GetAverageFrequency;
    struct {
        ULONG Reserved;
    } SetDesiredFrequency;
} PCC_OUTPUT_BUFFER, *PPCC_OUTPUT_BUFFER;
#pragma pack(pop)

typedef struct _PROCESSOR_OBJECT_INFO {
    ULONG PhysicalID;
    ULONG PBlkAddress;
    UCHAR PBlkLength;
} PROCESSOR_OBJECT_INFO, *PPROCESSOR_OBJECT_INFO;

typedef struct _PROCESSOR_OBJECT_INFO_EX {
    ULONG PhysicalID;
    ULONG PBlkAddress;
    UCHAR PBlkLength;
    ULONG InitialApicId;
} PROCESSOR_OBJECT_INFO_EX, *PPROCESSOR_OBJECT_INFO_EX;

typedef struct _PROCESSOR_PCC_INTERFACE_STANDARD {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PVOID PccRingDoorbell;
    struct _PCC_HEADER *PccHeader;
    ULONG PccHeaderLength;
} PROCESSOR_PCC_INTERFACE_STANDARD, *PPROCESSOR_PCC_INTERFACE_STANDARD;

typedef struct _THERMAL_COOLING_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    ULONG Flags;
    PVOID ActiveCooling;
    PVOID PassiveCooling;
} THERMAL_COOLING_INTERFACE, *PTHERMAL_COOLING_INTERFACE;

typedef struct _THERMAL_DEVICE_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    ULONG Flags;
    PVOID ActiveCooling;
    PVOID PassiveCooling;
} THERMAL_DEVICE_INTERFACE, *PTHERMAL_DEVICE_INTERFACE;

typedef struct _THERMAL_INFORMATION {
    ULONG ThermalStamp;
    ULONG ThermalConstant1;
    ULONG ThermalConstant2;
    KAFFINITY Processors;
    ULONG SamplingPeriod;
    ULONG CurrentTemperature;
    ULONG PassiveTripPoint;
    ULONG CriticalTripPoint;
    UCHAR ActiveTripPointCount;
    ULONG ActiveTripPoint[10];
} THERMAL_INFORMATION, *PTHERMAL_INFORMATION;

typedef struct _THERMAL_INFORMATION_EX {
    ULONG ThermalStamp;
    ULONG ThermalConstant1;
    ULONG ThermalConstant2;
    KAFFINITY Processors;
    ULONG SamplingPeriod;
    ULONG CurrentTemperature;
    ULONG PassiveTripPoint;
    ULONG CriticalTripPoint;
    UCHAR ActiveTripPointCount;
    ULONG ActiveTripPoint[10];
    ULONG S4TransitionTripPoint;
} THERMAL_INFORMATION_EX, *PTHERMAL_INFORMATION_EX;

typedef struct _THERMAL_WAIT_READ {
    ULONG Timeout;
    ULONG LowTemperature;
    ULONG HighTemperature;
} THERMAL_WAIT_READ, *PTHERMAL_WAIT_READ;

typedef struct _WAKE_ALARM_INFORMATION {
    ULONG TimerIdentifier;
    ULONG Timeout;
} WAKE_ALARM_INFORMATION, *PWAKE_ALARM_INFORMATION;

#define ACPI_TIME_ADJUST_DAYLIGHT 0x00000001
#define ACPI_TIME_IN_DAYLIGHT 0x00000002
#define ACPI_TIME_ZONE_UNKNOWN 0x000007FF
#define ACTIVE_COOLING 0x00000000
#define BATTERY_CAPACITY_RELATIVE 0x40000000
#define BATTERY_CHARGING 0x00000004
#define BATTERY_CLASS_MINOR_VERSION 0x00000000
#define BATTERY_CLASS_MAJOR_VERSION 0x00000001
#define BATTERY_CRITICAL 0x00000008
#define BATTERY_DISCHARGING 0x00000002
#define BATTERY_IS_SHORT_TERM 0x20000000
#define BATTERY_POWER_ON_LINE 0x00000001
#define BATTERY_SEALED 0x10000000
#define BATTERY_SET_CHARGE_SUPPORTED 0x00000001
#define BATTERY_SET_DISCHARGE_SUPPORTED 0x00000002
#define BATTERY_SET_CHARGINGSOURCE_SUPPORTED 0x00000004
#define BATTERY_SET_RESUME_SUPPORTED 0x00000004
#define BATTERY_SYSTEM_BATTERY 0x80000000
#define BATTERY_TAG_INVALID 0x00000000
#define BATTERY_UNKNOWN_CURRENT 0xFFFFFFFF
#define IOCTL_ACPI_GET_REAL_TIME 0x00294210
#define IOCTL_ACPI_SET_REAL_TIME 0x00298214
#define IOCTL_BATTERY_QUERY_TAG 0x00294040
#define IOCTL_BATTERY_QUERY_INFORMATION 0x00294044
#define IOCTL_BATTERY_QUERY_STATUS 0x0029404C
#define IOCTL_BATTERY_SET_INFORMATION 0x00298048
#define IOCTL_GET_SYS_BUTTON_CAPS 0x00294140
#define IOCTL_GET_SYS_BUTTON_EVENT 0x00294144
#define IOCTL_GET_PROCESSOR_OBJ_INFO 0x00294180
#define IOCTL_GET_WAKE_ALARM_VALUE 0x0029C208
#define IOCTL_GET_WAKE_ALARM_POLICY 0x0029C20C
#define IOCTL_NOTIFY_SWITCH_EVENT 0x00294100
#define IOCTL_QUERY_LID 0x002940C0
#define IOCTL_RUN_ACTIVE_COOLING_METHOD 0x00298088
#define IOCTL_SET_SYS_MESSAGE_INDICATOR 0x002981C0
#define IOCTL_SET_WAKE_ALARM_VALUE 0x00298200
#define IOCTL_SET_WAKE_ALARM_POLICY 0x00298204
#define IOCTL_THERMAL_QUERY_INFORMATION 0x00294080
#define IOCTL_THERMAL_READ_TEMPERATURE 0x00294090
#define IOCTL_THERMAL_SET_COOLING_POLICY 0x00298084
#define IOCTL_THERMAL_SET_PASSIVE_LIMIT 0x0029808C
#define MAX_ACTIVE_COOLING_LEVELS 0x0000000A
#define MAX_BATTERY_STRING_SIZE 0x00000080
#define PASSIVE_COOLING 0x00000001
#define PROCESSOR_PCC_COMMAND_GET_AVERAGE_FREQUENCY 0x00000000
#define PROCESSOR_PCC_COMMAND_SET_DESIRED_FREQUENCY 0x00000001
#define PROCESSOR_PCC_INTERFACE_STANDARD_VERSION 0x00000001
#define SYS_BUTTON_POWER 0x00000001
#define SYS_BUTTON_SLEEP 0x00000002
#define SYS_BUTTON_LID 0x00000004
#define SYS_BUTTON_LID_OPEN 0x00010000
#define SYS_BUTTON_LID_CLOSED 0x00020000
#define SYS_BUTTON_LID_STATE_MASK 0x00030000
#define SYS_BUTTON_LID_INITIAL 0x00040000
#define SYS_BUTTON_LID_CHANGED 0x00080000
#define SYS_BUTTON_WAKE 0x80000000
#define THERMAL_COOLING_INTERFACE_VERSION 0x00000001
#define THERMAL_DEVICE_INTERFACE_VERSION 0x00000001
#define UNKNOWN_CAPACITY 0xFFFFFFFF
#define UNKNOWN_CURRENT 0xFFFFFFFF
#define UNKNOWN_RATE 0xFFFFFFFF
#define UNKNOWN_VOLTAGE 0xFFFFFFFF

#endif
