/*
 * The words of enumerations: how scenarios write what Windows has numbers for.
 */
#include "scenario/shape.h"

#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>
#include <wdmsim/power.h>

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

/* ---- devices and power ---------------------------------------------------------------------- */

const struct word words_traits[] = {{"removable", WDMSIM_DEVICE_REMOVABLE},
                                    {"ejectable", WDMSIM_DEVICE_EJECTABLE},
                                    {"surprise_ok", WDMSIM_DEVICE_SURPRISE_OK},
                                    {"raw", WDMSIM_DEVICE_RAW},
                                    {"not_unique", WDMSIM_DEVICE_NOT_UNIQUE},
                                    {"lockable", WDMSIM_DEVICE_LOCKABLE},
                                    {"hardware_disabled", WDMSIM_DEVICE_DISABLED},
                                    {"D1", WDMSIM_DEVICE_D1},
                                    {"D2", WDMSIM_DEVICE_D2},
                                    {"wake_from_D0", WDMSIM_DEVICE_WAKE_D0},
                                    {"wake_from_D1", WDMSIM_DEVICE_WAKE_D1},
                                    {"wake_from_D2", WDMSIM_DEVICE_WAKE_D2},
                                    {"wake_from_D3", WDMSIM_DEVICE_WAKE_D3},
                                    {"no_display", WDMSIM_DEVICE_NO_DISPLAY},
                                    {"inrush", WDMSIM_DEVICE_INRUSH},
                                    {"not_pageable", WDMSIM_DEVICE_NOT_PAGEABLE},
                                    {0}};

const struct word words_system_state[] = {{"S0", 1}, {"S1", 2}, {"S2", 3}, {"S3", 4},
                                          {"S4", 5}, {"S5", 6}, {0}};

/* D3cold is a D3 that has lost its power. */
const struct word words_device_power[] = {{"D0", 1}, {"D1", 2},     {"D2", 3},
                                          {"D3", 4}, {"D3cold", 5}, {0}};

const struct word words_resource_kind[] = {{"port", WDMSIM_RESOURCE_PORT},
                                           {"memory", WDMSIM_RESOURCE_MEMORY},
                                           {"interrupt", WDMSIM_RESOURCE_INTERRUPT},
                                           {"message", WDMSIM_RESOURCE_MESSAGE},
                                           {"dma", WDMSIM_RESOURCE_DMA},
                                           {"bus_number", WDMSIM_RESOURCE_BUS_NUMBER},
                                           {0}};

const struct word words_veto[] = {{"nobody", WDMSIM_VETO_NONE},
                                  {"driver", WDMSIM_VETO_DRIVER},
                                  {"listener", WDMSIM_VETO_LISTENER},
                                  {"handle", WDMSIM_VETO_HANDLE},
                                  {"not_disableable", WDMSIM_VETO_NOT_DISABLEABLE},
                                  {"state", WDMSIM_VETO_LEGACY},
                                  {0}};

const struct word words_usage[] = {{"paging", WDMSIM_USAGE_PAGING},
                                   {"hibernation", WDMSIM_USAGE_HIBERNATION},
                                   {"dump", WDMSIM_USAGE_DUMP},
                                   {0}};

const struct word words_sleep_state[] = {
    {"S1", WDMSIM_POWER_SLEEP1},    {"S2", WDMSIM_POWER_SLEEP2},
    {"S3", WDMSIM_POWER_SLEEP3},    {"hybrid", WDMSIM_POWER_HYBRID_SLEEP},
    {"S4", WDMSIM_POWER_HIBERNATE}, {0}};

const struct word words_shutdown[] = {{"off", WDMSIM_POWER_SHUTDOWN_OFF},
                                      {"shutdown", WDMSIM_POWER_SHUTDOWN},
                                      {"restart", WDMSIM_POWER_SHUTDOWN_RESET},
                                      {"hybrid", WDMSIM_POWER_HYBRID_SHUTDOWN},
                                      {0}};

const struct word words_wake_source[] = {{"button", 0}, {"timer", 1}, {0}};
const struct word words_lid[] = {{"closed", 0}, {"open", 1}, {0}};
const struct word words_power_source[] = {
    {"ac", WDMSIM_SOURCE_AC}, {"battery", WDMSIM_SOURCE_BATTERY}, {"hot", WDMSIM_SOURCE_HOT}, {0}};
const struct word words_display[] = {{"off", 0}, {"on", 1}, {"dimmed", 2}, {0}};
const struct word words_presence[] = {{"present", 0}, {"inactive", 2}, {0}};
const struct word words_standby[] = {{"exit", 0}, {"enter", 1}, {0}};

const struct word words_node_state[] = {{"absent", STATE_ABSENT},
#define X(name, value, text) {text, value},
                                        WDMSIM_NODE_STATE_LIST(X)
#undef X
                                            {0}};

const struct word words_problem[] = {{"none", WDMSIM_PROBLEM_NONE},
                                     {"failed_start", WDMSIM_PROBLEM_FAILED_START},
                                     {"no_resources", WDMSIM_PROBLEM_NO_RESOURCES},
                                     {"need_restart", WDMSIM_PROBLEM_NEED_RESTART},
                                     {"will_be_removed", WDMSIM_PROBLEM_WILL_BE_REMOVED},
                                     {"disabled", WDMSIM_PROBLEM_DISABLED},
                                     {"not_present", WDMSIM_PROBLEM_NOT_PRESENT},
                                     {"no_driver", WDMSIM_PROBLEM_NO_DRIVER},
                                     {"hardware_disabled", WDMSIM_PROBLEM_HARDWARE_DISABLED},
                                     {"failed_add", WDMSIM_PROBLEM_FAILED_ADD},
                                     {"failed_load", WDMSIM_PROBLEM_FAILED_LOAD},
                                     {"reported_failure", WDMSIM_PROBLEM_REPORTED_FAILURE},
                                     {"held_for_eject", WDMSIM_PROBLEM_HELD_FOR_EJECT},
                                     {0}};

const struct word words_fx_condition[] = {
#define X(name, text) {text, WDMSIM_FX_##name},
    WDMSIM_FX_CONDITION_LIST(X)
#undef X
        {0}};
