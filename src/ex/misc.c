/*
 * Small services of the executive: modes, time zones, processor features, UUIDs, clock resolution.
 */
#include "ex/ex.h"

void ex_start(struct machine *m) {
    m->ex = ki_alloc(m, sizeof *m->ex);
    InitializeListHead(&m->ex->lookasides);
    InitializeListHead(&m->ex->resources);
    InitializeListHead(&m->ex->pools);
    ex_callback_start(m);
}

KPROCESSOR_MODE ExGetPreviousMode(VOID) {
    KI_GATE(ExGetPreviousMode);
    return ki_current_thread(m)->previous_mode;
}

VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) {
    KI_GATE(ExSystemTimeToLocalTime);
    LocalTime->QuadPart = SystemTime->QuadPart - m->ex->time_zone_bias;
}

VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) {
    KI_GATE(ExLocalTimeToSystemTime);
    SystemTime->QuadPart = LocalTime->QuadPart + m->ex->time_zone_bias;
}

/* The processor is the same on every host: what all x64 processors that run Windows 10 have. */
BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature) {
    KI_GATE(ExIsProcessorFeaturePresent);
    (void)m;
    switch (ProcessorFeature) {
    case PF_COMPARE_EXCHANGE_DOUBLE:
    case PF_MMX_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_RDTSC_INSTRUCTION_AVAILABLE:
    case PF_PAE_ENABLED:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_NX_ENABLED:
    case PF_SSE3_INSTRUCTIONS_AVAILABLE:
    case PF_COMPARE_EXCHANGE128:
    case PF_XSAVE_ENABLED:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Time-based (version 1): the machine's clock, a count, and a fixed locally administered node;
 * repeats from run to run. */
NTSTATUS ExUuidCreate(UUID *Uuid) {
    KI_GATE(ExUuidCreate);
    static const UCHAR node[6] = {0x02, 'w', 'd', 'm', 's', 'm'};
    const int64_t gregorian =
        0x01b21dd213814000ll - 0x019db1ded53e8000ll; /* 1582 to 1601, 100 ns */
    uint64_t time = (uint64_t)(ki_system_time(m) + gregorian) + m->ex->uuids++;
    Uuid->Data1 = (ULONG)time;
    Uuid->Data2 = (USHORT)(time >> 32);
    Uuid->Data3 = (USHORT)((time >> 48 & 0x0fff) | 0x1000);
    Uuid->Data4[0] = (UCHAR)(0x80 | (m->ex->uuids >> 24 & 0x3f));
    Uuid->Data4[1] = (UCHAR)(m->ex->uuids >> 16);
    for (unsigned i = 0; i < sizeof node; i++)
        Uuid->Data4[2 + i] = node[i];
    return STATUS_SUCCESS;
}

/* The one suite that RtlGetVersion tells of, too: terminal services for a single user. */
BOOLEAN ExVerifySuite(SUITE_TYPE SuiteType) {
    KI_GATE(ExVerifySuite);
    (void)m;
    return SuiteType == SingleUserTS;
}

BOOLEAN ExIsSoftBoot(VOID) {
    KI_GATE(ExIsSoftBoot);
    (void)m;
    return FALSE; /* a machine always starts from nothing */
}

/* No device of the machine can translate addresses by itself. */
NTSTATUS ExInitializeDeviceAts(struct _DEVICE_OBJECT *DeviceObject) {
    KI_GATE(ExInitializeDeviceAts);
    (void)m;
    (void)DeviceObject;
    return STATUS_NOT_SUPPORTED;
}

/* ---- resolution of the system clock ---- */

#define EX_RESOLUTION_DEFAULT 156250u /* 100 ns: 15.625 ms */
#define EX_RESOLUTION_FINEST 5000u

static ULONG ex_resolution(const struct machine *m) {
    return m->ex->timer_resolution ? m->ex->timer_resolution : EX_RESOLUTION_DEFAULT;
}

/* Requests are remembered and answered; timers of the virtual clock are exact at any resolution. */
ULONG ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution) {
    KI_GATE(ExSetTimerResolution);
    struct ex_part *ex = m->ex;
    if (!SetResolution) {
        if (ex->timer_resolution_users && --ex->timer_resolution_users == 0)
            ex->timer_resolution = 0;
        return ex_resolution(m);
    }
    ex->timer_resolution_users++;
    ULONG wanted = DesiredTime < EX_RESOLUTION_FINEST ? EX_RESOLUTION_FINEST : DesiredTime;
    if (wanted < ex_resolution(m))
        ex->timer_resolution = wanted;
    return ex_resolution(m);
}

VOID ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime) {
    KI_GATE(ExQueryTimerResolution);
    *MaximumTime = EX_RESOLUTION_DEFAULT;
    *MinimumTime = EX_RESOLUTION_FINEST;
    *CurrentTime = ex_resolution(m);
}
