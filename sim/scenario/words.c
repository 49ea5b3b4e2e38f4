/*
 * The words of enumerations: how scenarios write what Windows has numbers for.
 */
#include "scenario/shape.h"

const struct word words_strategy[] = {{"first", 0}, {"random", 1}, {0}};

const struct word words_unload_result[] = {
    {"unloaded", UNLOAD_DONE}, {"busy", UNLOAD_BUSY}, {"refused", UNLOAD_REFUSED}, {0}};

const struct word words_disposition[] = {{"open", 1},      {"create", 2},       {"open_if", 3},
                                         {"overwrite", 4}, {"overwrite_if", 5}, {0}};

const struct word words_access[] = {{"read", 0x80000000},
                                    {"write", 0x40000000},
                                    {"read_write", 0xc0000000},
                                    {"GENERIC_READ", 0x80000000},
                                    {"GENERIC_WRITE", 0x40000000},
                                    {"GENERIC_EXECUTE", 0x20000000},
                                    {"GENERIC_ALL", 0x10000000},
                                    {"FILE_READ_DATA", 0x1},
                                    {"FILE_WRITE_DATA", 0x2},
                                    {"FILE_APPEND_DATA", 0x4},
                                    {"FILE_READ_ATTRIBUTES", 0x80},
                                    {"FILE_WRITE_ATTRIBUTES", 0x100},
                                    {"DELETE", 0x10000},
                                    {"READ_CONTROL", 0x20000},
                                    {"SYNCHRONIZE", 0x100000},
                                    {0}};

const struct word words_share[] = {{"none", 0}, {"read", 1}, {"write", 2}, {"delete", 4}, {0}};

const struct word words_ctl_method[] = {
    {"buffered", 0}, {"in_direct", 1}, {"out_direct", 2}, {"neither", 3}, {0}};

const struct word words_ctl_access[] = {
    {"any", 0}, {"read", 1}, {"write", 2}, {"read_write", 3}, {0}};

const struct word words_device_type[] = {{"FILE_DEVICE_BEEP", 0x01},
                                         {"FILE_DEVICE_CD_ROM", 0x02},
                                         {"FILE_DEVICE_CD_ROM_FILE_SYSTEM", 0x03},
                                         {"FILE_DEVICE_CONTROLLER", 0x04},
                                         {"FILE_DEVICE_DATALINK", 0x05},
                                         {"FILE_DEVICE_DFS", 0x06},
                                         {"FILE_DEVICE_DISK", 0x07},
                                         {"FILE_DEVICE_DISK_FILE_SYSTEM", 0x08},
                                         {"FILE_DEVICE_FILE_SYSTEM", 0x09},
                                         {"FILE_DEVICE_INPORT_PORT", 0x0a},
                                         {"FILE_DEVICE_KEYBOARD", 0x0b},
                                         {"FILE_DEVICE_MAILSLOT", 0x0c},
                                         {"FILE_DEVICE_MIDI_IN", 0x0d},
                                         {"FILE_DEVICE_MIDI_OUT", 0x0e},
                                         {"FILE_DEVICE_MOUSE", 0x0f},
                                         {"FILE_DEVICE_MULTI_UNC_PROVIDER", 0x10},
                                         {"FILE_DEVICE_NAMED_PIPE", 0x11},
                                         {"FILE_DEVICE_NETWORK", 0x12},
                                         {"FILE_DEVICE_NETWORK_BROWSER", 0x13},
                                         {"FILE_DEVICE_NETWORK_FILE_SYSTEM", 0x14},
                                         {"FILE_DEVICE_NULL", 0x15},
                                         {"FILE_DEVICE_PARALLEL_PORT", 0x16},
                                         {"FILE_DEVICE_PHYSICAL_NETCARD", 0x17},
                                         {"FILE_DEVICE_PRINTER", 0x18},
                                         {"FILE_DEVICE_SCANNER", 0x19},
                                         {"FILE_DEVICE_SERIAL_MOUSE_PORT", 0x1a},
                                         {"FILE_DEVICE_SERIAL_PORT", 0x1b},
                                         {"FILE_DEVICE_SCREEN", 0x1c},
                                         {"FILE_DEVICE_SOUND", 0x1d},
                                         {"FILE_DEVICE_STREAMS", 0x1e},
                                         {"FILE_DEVICE_TAPE", 0x1f},
                                         {"FILE_DEVICE_TAPE_FILE_SYSTEM", 0x20},
                                         {"FILE_DEVICE_TRANSPORT", 0x21},
                                         {"FILE_DEVICE_UNKNOWN", 0x22},
                                         {"FILE_DEVICE_VIDEO", 0x23},
                                         {"FILE_DEVICE_VIRTUAL_DISK", 0x24},
                                         {"FILE_DEVICE_WAVE_IN", 0x25},
                                         {"FILE_DEVICE_WAVE_OUT", 0x26},
                                         {"FILE_DEVICE_8042_PORT", 0x27},
                                         {"FILE_DEVICE_NETWORK_REDIRECTOR", 0x28},
                                         {"FILE_DEVICE_BATTERY", 0x29},
                                         {"FILE_DEVICE_BUS_EXTENDER", 0x2a},
                                         {"FILE_DEVICE_MODEM", 0x2b},
                                         {"FILE_DEVICE_VDM", 0x2c},
                                         {"FILE_DEVICE_MASS_STORAGE", 0x2d},
                                         {"FILE_DEVICE_SMB", 0x2e},
                                         {"FILE_DEVICE_KS", 0x2f},
                                         {"FILE_DEVICE_CHANGER", 0x30},
                                         {"FILE_DEVICE_SMARTCARD", 0x31},
                                         {"FILE_DEVICE_ACPI", 0x32},
                                         {"FILE_DEVICE_DVD", 0x33},
                                         {"FILE_DEVICE_FULLSCREEN_VIDEO", 0x34},
                                         {"FILE_DEVICE_DFS_FILE_SYSTEM", 0x35},
                                         {"FILE_DEVICE_DFS_VOLUME", 0x36},
                                         {"FILE_DEVICE_SERENUM", 0x37},
                                         {"FILE_DEVICE_TERMSRV", 0x38},
                                         {"FILE_DEVICE_KSEC", 0x39},
                                         {"FILE_DEVICE_FIPS", 0x3a},
                                         {"FILE_DEVICE_INFINIBAND", 0x3b},
                                         {"FILE_DEVICE_VMBUS", 0x3e},
                                         {"FILE_DEVICE_CRYPT_PROVIDER", 0x3f},
                                         {"FILE_DEVICE_WPD", 0x40},
                                         {"FILE_DEVICE_BLUETOOTH", 0x41},
                                         {"FILE_DEVICE_MT_COMPOSITE", 0x42},
                                         {"FILE_DEVICE_MT_TRANSPORT", 0x43},
                                         {"FILE_DEVICE_BIOMETRIC", 0x44},
                                         {"FILE_DEVICE_PMI", 0x45},
                                         {0}};
