/*
 * The version of the simulated system: Windows 11, version 22H2, a workstation without service
 * pack.
 *
 * A comparison mask (VerSetConditionMask) has three bits per field of OSVERSIONINFOEXW. Version
 * numbers are compared as one number: a lower part counts only while the higher ones are equal.
 */
#include "ki/gate.h"

#define RTL_MAJOR 10u
#define RTL_MINOR 0u
#define RTL_BUILD 22621u
#define RTL_NTDDI 0x0A00000Cu /* NTDDI_WIN10_NI */
#define RTL_SUITE 0x0100u     /* single-user terminal services */

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation) {
    KI_GATE(RtlGetVersion);
    ULONG size = lpVersionInformation->dwOSVersionInfoSize;
    if (size != sizeof(RTL_OSVERSIONINFOW) && size != sizeof(RTL_OSVERSIONINFOEXW))
        return STATUS_INVALID_PARAMETER;
    lpVersionInformation->dwMajorVersion = RTL_MAJOR;
    lpVersionInformation->dwMinorVersion = RTL_MINOR;
    lpVersionInformation->dwBuildNumber = RTL_BUILD;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    lpVersionInformation->szCSDVersion[0] = 0;
    if (size == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)lpVersionInformation;
        extended->wServicePackMajor = 0;
        extended->wServicePackMinor = 0;
        extended->wSuiteMask = RTL_SUITE;
        extended->wProductType = VER_NT_WORKSTATION;
        extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

/* The condition of one field: the place of its bits is the place of its type bit. */
static unsigned rtl_condition(ULONGLONG mask, ULONG type) {
    return (unsigned)(mask >> (__builtin_ctz(type) * VER_NUM_BITS_PER_CONDITION_MASK)) &
           VER_CONDITION_MASK;
}

ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition) {
    if (!TypeMask)
        return 0;
    /* Of several types the one with the highest bit counts. */
    unsigned place = (31u - (unsigned)__builtin_clz(TypeMask)) * VER_NUM_BITS_PER_CONDITION_MASK;
    return ConditionMask | (ULONGLONG)(Condition & VER_CONDITION_MASK) << place;
}

static bool rtl_compare(ULONG actual, ULONG wanted, unsigned condition) {
    switch (condition) {
    case VER_EQUAL:
        return actual == wanted;
    case VER_GREATER:
        return actual > wanted;
    case VER_GREATER_EQUAL:
        return actual >= wanted;
    case VER_LESS:
        return actual < wanted;
    case VER_LESS_EQUAL:
        return actual <= wanted;
    default:
        return false;
    }
}

struct rtl_version_part {
    ULONG type;
    ULONG actual, wanted;
};

/*
 * Major, minor, service pack: the first part that differs decides, with the condition of the first
 * part that takes part and is not asked to be equal.
 */
static bool rtl_versions_match(const struct rtl_version_part *parts, size_t count, ULONG types,
                               ULONGLONG mask) {
    unsigned condition = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(types & parts[i].type))
            continue;
        unsigned own = rtl_condition(mask, parts[i].type);
        if (!condition || condition == VER_EQUAL)
            condition = own;
        if (parts[i].actual != parts[i].wanted)
            return rtl_compare(parts[i].actual, parts[i].wanted, condition);
    }
    return !condition || rtl_compare(0, 0, condition);
}

static bool rtl_suites_match(ULONG wanted, unsigned condition) {
    if (condition == VER_AND)
        return (wanted & RTL_SUITE) == wanted;
    return condition == VER_OR && (wanted & RTL_SUITE) != 0;
}

NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask,
                              ULONGLONG ConditionMask) {
    KI_GATE(RtlVerifyVersionInfo);
    const RTL_OSVERSIONINFOEXW *wanted = VersionInfo;
    if (!TypeMask || !ConditionMask)
        return STATUS_INVALID_PARAMETER;
    const struct rtl_version_part parts[] = {
        {VER_MAJORVERSION, RTL_MAJOR, wanted->dwMajorVersion},
        {VER_MINORVERSION, RTL_MINOR, wanted->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, 0, wanted->wServicePackMajor},
        {VER_SERVICEPACKMINOR, 0, wanted->wServicePackMinor},
    };
    if (!rtl_versions_match(parts, KI_COUNT(parts), TypeMask, ConditionMask))
        return STATUS_REVISION_MISMATCH;
    if ((TypeMask & VER_BUILDNUMBER) && !rtl_compare(RTL_BUILD, wanted->dwBuildNumber,
                                                     rtl_condition(ConditionMask, VER_BUILDNUMBER)))
        return STATUS_REVISION_MISMATCH;
    if ((TypeMask & VER_PLATFORMID) && !rtl_compare(VER_PLATFORM_WIN32_NT, wanted->dwPlatformId,
                                                    rtl_condition(ConditionMask, VER_PLATFORMID)))
        return STATUS_REVISION_MISMATCH;
    if ((TypeMask & VER_PRODUCT_TYPE) &&
        !rtl_compare(VER_NT_WORKSTATION, wanted->wProductType,
                     rtl_condition(ConditionMask, VER_PRODUCT_TYPE)))
        return STATUS_REVISION_MISMATCH;
    if ((TypeMask & VER_SUITENAME) &&
        !rtl_suites_match(wanted->wSuiteMask, rtl_condition(ConditionMask, VER_SUITENAME)))
        return STATUS_REVISION_MISMATCH;
    return STATUS_SUCCESS;
}

/* NTDDI versions: the system in the high bytes, service pack in the second lowest. */
BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version) {
    KI_GATE(RtlIsNtDdiVersionAvailable);
    return Version <= RTL_NTDDI;
}

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version) {
    KI_GATE(RtlIsServicePackVersionInstalled);
    /* Asked of this very system, which has none; other systems' packs are not here. */
    return (Version & 0xffff0000u) == (RTL_NTDDI & 0xffff0000u) && (Version & 0x0000ff00u) == 0;
}

/* The processor of the machine has no XSAVE, so nothing is enabled beyond what every x64 one has.
 */
ULONG64 RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask) {
    KI_GATE(RtlGetEnabledExtendedFeatures);
    UNREFERENCED_PARAMETER(FeatureMask);
    return 0;
}

BOOLEAN RtlIsStateSeparationEnabled(VOID) {
    KI_GATE(RtlIsStateSeparationEnabled);
    return FALSE;
}
