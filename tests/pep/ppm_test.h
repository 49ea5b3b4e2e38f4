/*
 * What the tests of processors share: a plug-in that accepts every processor, with idle states,
 * platform states and performance as the test sets them up, and a log of its own of what processors
 * were told: "T1/- " a test of state 1 without a platform state, "X1/- " its execution (P: prepared
 * only), "C1/- " its completion, "H1 " whether processor 1 is halted, "W1 " its wake.
 */
#ifndef PPM_TEST_H
#define PPM_TEST_H

#include "pep_test.h"

#define PPM_MOST 4u

static struct {
    POHANDLE handles[PPM_MOST]; /* the kernel's, by number */
    ULONG accepted;
    char log[2048];
    bool logs;
    /* What it answers. */
    ULONG state_count;
    PEP_PROCESSOR_IDLE_STATE_V2 states[4];
    ULONG platform_count;
    ULONG reasons;
    ULONG veto;      /* of every test */
    bool refuses;    /* executions */
    bool halts;      /* it halts the processor itself */
    bool not_halted; /* its answer about others */
    bool performance, parking, v2_refused;
    ULONG discrete, counters;
    ULONG guaranteed;
    void (*platform)(PPEP_PPM_QUERY_PLATFORM_STATE query); /* fills in a platform state */
    bool coordinated;
    void (*states_of)(PPEP_PPM_QUERY_COORDINATED_STATES query);
    void (*dependency)(PPEP_PPM_QUERY_COORDINATED_DEPENDENCY query);
    pep_test_fn *first;     /* sees everything before */
    ULONG coordinated_told; /* states in the last execution or completion */
    ULONG first_told;
    ULONG executed_on;
} ppm;

/* The plug-in calls processor i by i + 1. */
static inline ULONG ppm_number(PEPHANDLE handle) { return (ULONG)(ULONG_PTR)handle - 1; }

static inline void ppm_log(const char *format, ...) {
    size_t length = strlen(ppm.log);
    va_list arguments;
    if (!ppm.logs)
        return;
    va_start(arguments, format);
    vsnprintf(ppm.log + length, sizeof ppm.log - length, format, arguments);
    va_end(arguments);
}

static inline const char *ppm_platform(ULONG state) {
    static char text[12];
    if (state == PEP_PLATFORM_IDLE_STATE_NONE)
        return "-";
    snprintf(text, sizeof text, "%u", (unsigned)state);
    return text;
}

static inline NTSTATUS ppm_halt(PVOID context) {
    (void)context;
    __halt();
    return STATUS_SUCCESS;
}

static inline BOOLEAN ppm_name(PPEP_PPM_QUERY_STATE_NAME query) {
    query->NameSize = 3;
    if (query->Name) {
        query->Name[0] = L'C';
        query->Name[1] = (WCHAR)(L'1' + query->StateIndex);
        query->Name[2] = 0;
    }
    return TRUE;
}

static BOOLEAN ppm_idle(PEPHANDLE handle, ULONG id, PVOID data) {
    PPEP_PPM_TEST_IDLE_STATE test = data;
    PPEP_PPM_IDLE_EXECUTE_V2 execute = data;
    PPEP_PPM_IDLE_COMPLETE_V2 complete = data;
    switch (id) {
    case PEP_NOTIFY_PPM_TEST_IDLE_STATE:
        assert_int_not_equal(
            test->ProcessorState + (test->PlatformState != PEP_PLATFORM_IDLE_STATE_NONE), 0);
        ppm_log("T%u/%s ", test->ProcessorState, ppm_platform(test->PlatformState));
        test->VetoReason = ppm.veto;
        return TRUE;
    case PEP_NOTIFY_PPM_IDLE_PRE_EXECUTE:
    case PEP_NOTIFY_PPM_IDLE_EXECUTE:
        assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
        ppm_log("%s%u/%s ", id == PEP_NOTIFY_PPM_IDLE_EXECUTE ? "X" : "P", execute->ProcessorState,
                ppm_platform(execute->PlatformState));
        if (ppm.coordinated && execute->CoordinatedStateCount) {
            ppm.coordinated_told = execute->CoordinatedStateCount;
            ppm.first_told = execute->CoordinatedStates[0];
        }
        if (ppm.refuses)
            execute->Status = STATUS_DEVICE_BUSY;
        else if (ppm.halts)
            pep.kernel.ProcessorHalt(
                PROCESSOR_HALT_CACHE_COHERENT | PROCESSOR_HALT_CONTEXT_RETAINED, NULL, ppm_halt);
        return TRUE;
    case PEP_NOTIFY_PPM_IDLE_COMPLETE:
        assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
        ppm_log("C%u/%s ", complete->ProcessorState, ppm_platform(complete->PlatformState));
        return TRUE;
    case PEP_NOTIFY_PPM_IS_PROCESSOR_HALTED:
        assert_int_not_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
        ppm_log("H%u ", ppm_number(handle));
        ((PPEP_PPM_IS_PROCESSOR_HALTED)data)->Halted = !ppm.not_halted;
        return TRUE;
    case PEP_NOTIFY_PPM_INITIATE_WAKE:
        assert_int_not_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
        ppm_log("W%u ", ppm_number(handle));
        return TRUE;
    default:
        return FALSE;
    }
}

static BOOLEAN ppm_performance(ULONG id, PVOID data) {
    PPEP_PPM_QUERY_PERF_CAPABILITIES capabilities = data;
    PPEP_PPM_QUERY_DISCRETE_PERF_STATES discrete = data;
    PPEP_PPM_QUERY_FEEDBACK_COUNTERS counters = data;
    switch (id) {
    case PEP_NOTIFY_PPM_QUERY_PERF_CAPABILITIES:
        *capabilities = (PEP_PPM_QUERY_PERF_CAPABILITIES){400, 300, 200, 100, 7, PPM_MOST};
        return TRUE;
    case PEP_NOTIFY_PPM_PERF_CONSTRAINTS:
        ((PPEP_PPM_PERF_CONSTRAINTS)data)->GuaranteedPerformanceLimit = ppm.guaranteed;
        ((PPEP_PPM_PERF_CONSTRAINTS)data)->LimitReasons = PERFORMANCE_LIMIT_THERMAL;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES:
        for (ULONG i = 0; i < discrete->Count; i++)
            discrete->States[i].Performance = 400 - 100 * i;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_DOMAIN_INFO:
        ((PPEP_PPM_QUERY_DOMAIN_INFO)data)->CoordinationType = PROCESSOR_DOMAIN_COORDIANTION_SW_ANY;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_FEEDBACK_COUNTERS:
        for (ULONG i = 0; i < counters->Count; i++) {
            counters->Counters[i].Affinitized = 1;
            counters->Counters[i].Type =
                i ? PROCESSOR_FEEDBACK_TYPE_RELATIVE : PROCESSOR_FEEDBACK_TYPE_INSTANTANEOUS;
        }
        return TRUE;
    default:
        return FALSE;
    }
}

static BOOLEAN ppm_query(ULONG id, PVOID data) {
    PPEP_PPM_QUERY_CAPABILITIES capabilities = data;
    PPEP_PPM_QUERY_IDLE_STATES_V2 states = data;
    PPEP_PPM_QUERY_VETO_REASON reason = data;
    switch (id) {
    case PEP_NOTIFY_PPM_QUERY_CAPABILITIES:
        capabilities->IdleStateCount = ppm.state_count;
        capabilities->PerformanceStatesSupported = ppm.performance;
        capabilities->ParkingSupported = ppm.parking;
        capabilities->DiscretePerformanceStateCount = (UCHAR)ppm.discrete;
        capabilities->FeedbackCounterCount = ppm.counters;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_IDLE_STATES_V2:
        memcpy(states->IdleStates, ppm.states, states->Count * sizeof ppm.states[0]);
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_PROCESSOR_STATE_NAME:
    case PEP_NOTIFY_PPM_QUERY_COORDINATED_STATE_NAME:
        return ppm_name(data);
    case PEP_NOTIFY_PPM_QUERY_VETO_REASONS:
        ((PPEP_PPM_QUERY_VETO_REASONS)data)->VetoReasonCount = ppm.reasons;
        return ppm.reasons != 0;
    case PEP_NOTIFY_PPM_QUERY_VETO_REASON:
        reason->NameSize = 2;
        if (reason->Name)
            reason->Name[0] = (WCHAR)(L'a' + reason->VetoReason - 1), reason->Name[1] = 0;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_PLATFORM_STATES:
        ((PPEP_PPM_QUERY_PLATFORM_STATES)data)->PlatformStateCount = ppm.platform_count;
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE:
        ppm.platform(data);
        return TRUE;
    case PEP_NOTIFY_PPM_QUERY_COORDINATED_STATES:
        if (ppm.coordinated)
            ppm.states_of(data);
        return ppm.coordinated;
    case PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY:
        ppm.dependency(data);
        return TRUE;
    default:
        return ppm_performance(id, data);
    }
}

static inline bool ppm_answer(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    if (ppm.first && ppm.first(handle, id, data, answer))
        return true;
    *answer = ppm_idle(handle, id, data) || ppm_query(id, data);
    return true;
}

/* Processors are registered like devices; the number is the last character of the name. */
static inline bool ppm_register(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_REGISTER_DEVICE reg = data;
    PCUNICODE_STRING name = ((PPEP_PREPARE_DEVICE)data)->DeviceId;
    (void)handle;
    if (id == PEP_DPM_PREPARE_DEVICE && name->Buffer[0] == L'A') {
        ((PPEP_PREPARE_DEVICE)data)->DeviceAccepted = TRUE;
        return (*answer = TRUE);
    }
    if (id != PEP_DPM_REGISTER_DEVICE || name->Buffer[0] != L'A')
        return false;
    ULONG number = name->Buffer[name->Length / sizeof(WCHAR) - 1] - L'0';
    ppm.handles[number] = reg->KernelHandle;
    ppm.accepted++;
    reg->DeviceHandle = (PEPHANDLE)(ULONG_PTR)(number + 1);
    reg->DeviceAccepted = PepDeviceAccepted;
    return (*answer = TRUE);
}

/* Three idle states: always; pays off after 1 ms; after 100 ms. */
static inline void ppm_fresh(void) {
    memset(&ppm, 0, sizeof ppm);
    pep_fresh();
    pep.information.AcceptProcessorNotification = pep_test_ppm;
    pep.dpm = ppm_register;
    pep.ppm = ppm_answer;
    ppm.state_count = 3;
    for (ULONG i = 0; i < 4; i++) {
        ppm.states[i].Interruptible = ppm.states[i].CacheCoherent = 1;
        ppm.states[i].Latency = 10 * i;
    }
    ppm.states[1].BreakEvenDuration = 10000;
    ppm.states[2].BreakEvenDuration = ppm.states[3].BreakEvenDuration = 1000000;
    ppm.guaranteed = 250;
    ppm.halts = true;
}
/* Registers it and lets everything be asked; the log is empty and on. */
static inline void ppm_begin(struct machine *m) {
    pep_register_plugin();
    wdmsim_settle(m);
    ppm.log[0] = 0;
    ppm.logs = true;
}
#define ppm_expect(text)                                                                           \
    do {                                                                                           \
        assert_string_equal(ppm.log, text);                                                        \
        ppm.log[0] = 0;                                                                            \
    } while (0)

static const struct wdmsim_config ppm_two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};

/* The test's thread sleeps: ns of virtual time. */
static inline void ppm_sleep(uint64_t ns) {
    LARGE_INTEGER interval = {.QuadPart = -(LONGLONG)(ns / 100)};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

#endif
