/*
 * Clocks as drivers read them. Every reading lets a little virtual time pass (ke_polled), so that a
 * loop that polls a clock ends. The performance counter runs at 10 MHz; the tick is 15.625 ms. All
 * but the unbiased interrupt time include the time that the system slept; for the tick count and
 * the performance counter that is a judgement, for the docs are silent.
 */
#include "ke/ke.h"

#define KE_TIME_INCREMENT 156250u /* 100 ns units per tick */
#define KE_COUNTER_FREQUENCY 10000000

static ULONGLONG ke_interrupt_time(struct machine *m) {
    ke_polled(m);
    return ki_interrupt_time_at(m->clock.now);
}

VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) {
    KI_GATE(KeQuerySystemTime);
    ke_polled(m);
    CurrentTime->QuadPart = ki_system_time(m);
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) {
    KI_GATE(KeQuerySystemTimePrecise);
    ke_polled(m);
    CurrentTime->QuadPart = ki_system_time(m);
}

ULONGLONG KeQueryInterruptTime(VOID) {
    KI_GATE(KeQueryInterruptTime);
    return ke_interrupt_time(m);
}

ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp) {
    KI_GATE(KeQueryInterruptTimePrecise);
    *QpcTimeStamp = ke_interrupt_time(m);
    return *QpcTimeStamp;
}

/* Unbiased time leaves out the time that the system slept. */
ULONGLONG KeQueryUnbiasedInterruptTime(VOID) {
    KI_GATE(KeQueryUnbiasedInterruptTime);
    ke_polled(m);
    return ki_interrupt_time_at(ki_clock_awake(&m->clock));
}

ULONGLONG KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp) {
    KI_GATE(KeQueryUnbiasedInterruptTimePrecise);
    *QpcTimeStamp = ke_interrupt_time(m);
    return ki_interrupt_time_at(ki_clock_awake(&m->clock));
}

ULONG KeQueryTimeIncrement(VOID) { return KE_TIME_INCREMENT; }

VOID wdmsim_query_tick_count(PLARGE_INTEGER TickCount) {
    KI_GATE(KeQueryTickCount);
    TickCount->QuadPart = (LONGLONG)(ke_interrupt_time(m) / KE_TIME_INCREMENT);
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
    KI_GATE(KeQueryPerformanceCounter);
    LARGE_INTEGER counter;
    counter.QuadPart = (LONGLONG)ke_interrupt_time(m);
    if (PerformanceFrequency)
        PerformanceFrequency->QuadPart = KE_COUNTER_FREQUENCY;
    return counter;
}

VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
    KI_GATE(KeStallExecutionProcessor);
    ki_clock_spend(m, MicroSeconds * WDMSIM_US);
    ke_delay_ended(m);
    ki_yield_processor(m);
    ki_poll(m);
}

/* There is no auxiliary counter besides the performance counter. */
NTSTATUS KeQueryAuxiliaryCounterFrequency(PULONG64 AuxiliaryCounterFrequency) {
    KI_GATE(KeQueryAuxiliaryCounterFrequency);
    (void)m;
    (void)AuxiliaryCounterFrequency;
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64 AuxiliaryCounterValue,
                                                       PULONG64 PerformanceCounterValue,
                                                       PULONG64 ConversionError) {
    KI_GATE(KeConvertAuxiliaryCounterToPerformanceCounter);
    (void)m;
    (void)AuxiliaryCounterValue;
    (void)PerformanceCounterValue;
    (void)ConversionError;
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64 PerformanceCounterValue,
                                                       PULONG64 AuxiliaryCounterValue,
                                                       PULONG64 ConversionError) {
    KI_GATE(KeConvertPerformanceCounterToAuxiliaryCounter);
    (void)m;
    (void)PerformanceCounterValue;
    (void)AuxiliaryCounterValue;
    (void)ConversionError;
    return STATUS_NOT_SUPPORTED;
}
