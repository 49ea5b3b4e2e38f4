/*
 * Platform extension plug-ins (PEP): drivers that know the platform better than the system does and
 * take its power management over for the devices and processors that they claim.
 *
 * How the parts work together. register.c takes plug-ins in and hands them the routines of kernel.c
 * (interrupts, halting, vetoes), work.c (work that a plug-in asks for) and core.c (resources of the
 * HAL). device.c is a `struct fx_plugin`: the power framework asks it, it asks the plug-in that
 * claimed the device; perf.c does the same for performance states. A claim is made when the
 * device's stack has been built and not yet started (PREPARE), and ends when the stack is gone
 * (ABANDON). processor.c offers the simulated processors, platform.c asks for what they share and
 * what it demands of devices, idle.c is called by a processor that has nothing to do, performance.c
 * plays the system's policy on the host's word. acpi.c is the ACPI namespace as far as plug-ins
 * serve it. This file sends: every notification goes through one table that says what the reference
 * promises about it.
 *
 * What a plug-in may not do. It refuses nothing that is mandatory (0xA0/0x605), writes only what is
 * its to write (0x705), answers with values that exist (0x706), returns at the level it was called
 * at.
 *
 * What is never sent: the notifications of older systems in which the plug-in chose idle states,
 * and those of ACPI low power idle tables, which this machine does not have. They stand in the
 * tables, so that the names are all there, with a size of 0.
 */
#include <stdio.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/processor.h"
#include "ki/trace.h"
#include "po/pep/pep.h"

struct pep_rule {
    const char *name;
    USHORT size; /* of the structure; 0: never sent */
    UCHAR mandatory;
    KIRQL limit;
    struct {
        USHORT at, size;
    } input[4]; /* parts that are the plug-in's only to read */
};

#define PEP_MANDATORY 1
#define PEP_FIELD(type, field)                                                                     \
    { FIELD_OFFSET(type, field), RTL_FIELD_SIZE(type, field) }
#define PEP_OF(id, type, must, level, ...) [id] = {#id, sizeof(type), must, level, {__VA_ARGS__}}
#define PEP_NEVER(id) [id] = {#id, 0, 0, 0, {{0, 0}}}

#define X_DEVICE(type) PEP_FIELD(type, DeviceHandle)
#define X_COMPONENT(type) X_DEVICE(type), PEP_FIELD(type, Component)
#define X_SET(type) X_COMPONENT(type), PEP_FIELD(type, Set)

static const struct pep_rule pep_dpm_rules[] = {
    PEP_OF(PEP_DPM_PREPARE_DEVICE, PEP_PREPARE_DEVICE, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PREPARE_DEVICE, DeviceId)),
    PEP_OF(PEP_DPM_ABANDON_DEVICE, PEP_ABANDON_DEVICE, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_ABANDON_DEVICE, DeviceId)),
    PEP_OF(PEP_DPM_REGISTER_DEVICE, PEP_REGISTER_DEVICE_V2, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_REGISTER_DEVICE_V2, DeviceId),
           PEP_FIELD(PEP_REGISTER_DEVICE_V2, KernelHandle),
           PEP_FIELD(PEP_REGISTER_DEVICE_V2, Register)),
    PEP_OF(PEP_DPM_UNREGISTER_DEVICE, PEP_UNREGISTER_DEVICE, 0, PASSIVE_LEVEL,
           X_DEVICE(PEP_UNREGISTER_DEVICE)),
    PEP_OF(PEP_DPM_DEVICE_POWER_STATE, PEP_DEVICE_POWER_STATE, 0, PASSIVE_LEVEL,
           X_DEVICE(PEP_DEVICE_POWER_STATE), PEP_FIELD(PEP_DEVICE_POWER_STATE, PowerState),
           PEP_FIELD(PEP_DEVICE_POWER_STATE, Complete),
           PEP_FIELD(PEP_DEVICE_POWER_STATE, SystemTransition)),
    PEP_NEVER(PEP_DPM_COMPONENT_ACTIVE),
    PEP_OF(PEP_DPM_WORK, PEP_WORK, 0, PASSIVE_LEVEL, {0, 0}),
    PEP_OF(PEP_DPM_POWER_CONTROL_REQUEST, PEP_POWER_CONTROL_REQUEST, 0, DISPATCH_LEVEL,
           {0, FIELD_OFFSET(PEP_POWER_CONTROL_REQUEST, BytesReturned)}),
    PEP_OF(PEP_DPM_POWER_CONTROL_COMPLETE, PEP_POWER_CONTROL_COMPLETE, 0, DISPATCH_LEVEL,
           {0, FIELD_OFFSET(PEP_POWER_CONTROL_COMPLETE, Status) + sizeof(NTSTATUS)}),
    PEP_OF(PEP_DPM_SYSTEM_LATENCY_UPDATE, PEP_SYSTEM_LATENCY, 0, DISPATCH_LEVEL,
           PEP_FIELD(PEP_SYSTEM_LATENCY, Latency)),
    PEP_OF(PEP_DPM_DEVICE_STARTED, PEP_DEVICE_STARTED, 0, DISPATCH_LEVEL,
           X_DEVICE(PEP_DEVICE_STARTED)),
    PEP_OF(PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE, PEP_NOTIFY_COMPONENT_IDLE_STATE, PEP_MANDATORY,
           DISPATCH_LEVEL, X_COMPONENT(PEP_NOTIFY_COMPONENT_IDLE_STATE),
           PEP_FIELD(PEP_NOTIFY_COMPONENT_IDLE_STATE, IdleState),
           PEP_FIELD(PEP_NOTIFY_COMPONENT_IDLE_STATE, DriverNotified)),
    PEP_OF(PEP_DPM_REGISTER_DEBUGGER, PEP_REGISTER_DEBUGGER, 0, DISPATCH_LEVEL,
           X_DEVICE(PEP_REGISTER_DEBUGGER)),
    PEP_NEVER(PEP_DPM_LOW_POWER_EPOCH),
    PEP_OF(PEP_DPM_REGISTER_CRASHDUMP_DEVICE, PEP_REGISTER_CRASHDUMP_DEVICE, 0, HIGH_LEVEL,
           X_DEVICE(PEP_REGISTER_CRASHDUMP_DEVICE)),
    PEP_OF(PEP_DPM_DEVICE_IDLE_CONSTRAINTS, PEP_DEVICE_PLATFORM_CONSTRAINTS, 0, DISPATCH_LEVEL,
           {0, FIELD_OFFSET(PEP_DEVICE_PLATFORM_CONSTRAINTS, PlatformStateCount) + sizeof(ULONG)}),
    PEP_OF(PEP_DPM_COMPONENT_IDLE_CONSTRAINTS, PEP_COMPONENT_PLATFORM_CONSTRAINTS, 0,
           DISPATCH_LEVEL, X_COMPONENT(PEP_COMPONENT_PLATFORM_CONSTRAINTS),
           PEP_FIELD(PEP_COMPONENT_PLATFORM_CONSTRAINTS, MinimumFStates),
           PEP_FIELD(PEP_COMPONENT_PLATFORM_CONSTRAINTS, PlatformStateCount)),
    PEP_OF(PEP_DPM_QUERY_COMPONENT_PERF_CAPABILITIES, PEP_QUERY_COMPONENT_PERF_CAPABILITIES, 0,
           PASSIVE_LEVEL, X_COMPONENT(PEP_QUERY_COMPONENT_PERF_CAPABILITIES)),
    PEP_OF(PEP_DPM_QUERY_COMPONENT_PERF_SET, PEP_QUERY_COMPONENT_PERF_SET, 0, PASSIVE_LEVEL,
           X_SET(PEP_QUERY_COMPONENT_PERF_SET)),
    PEP_OF(PEP_DPM_QUERY_COMPONENT_PERF_SET_NAME, PEP_QUERY_COMPONENT_PERF_SET_NAME, 0,
           PASSIVE_LEVEL, X_SET(PEP_QUERY_COMPONENT_PERF_SET_NAME),
           PEP_FIELD(PEP_QUERY_COMPONENT_PERF_SET_NAME, Name)),
    PEP_OF(PEP_DPM_QUERY_COMPONENT_PERF_STATES, PEP_QUERY_COMPONENT_PERF_STATES, 0, PASSIVE_LEVEL,
           X_SET(PEP_QUERY_COMPONENT_PERF_STATES),
           PEP_FIELD(PEP_QUERY_COMPONENT_PERF_STATES, States)),
    PEP_OF(PEP_DPM_REGISTER_COMPONENT_PERF_STATES, PEP_REGISTER_COMPONENT_PERF_STATES, 0,
           PASSIVE_LEVEL, X_COMPONENT(PEP_REGISTER_COMPONENT_PERF_STATES),
           PEP_FIELD(PEP_REGISTER_COMPONENT_PERF_STATES, Flags),
           PEP_FIELD(PEP_REGISTER_COMPONENT_PERF_STATES, PerfStateInfo)),
    PEP_OF(PEP_DPM_REQUEST_COMPONENT_PERF_STATE, PEP_REQUEST_COMPONENT_PERF_STATE, 0, PASSIVE_LEVEL,
           X_COMPONENT(PEP_REQUEST_COMPONENT_PERF_STATE),
           PEP_FIELD(PEP_REQUEST_COMPONENT_PERF_STATE, PerfRequestsCount),
           PEP_FIELD(PEP_REQUEST_COMPONENT_PERF_STATE, PerfRequests)),
    PEP_OF(PEP_DPM_QUERY_CURRENT_COMPONENT_PERF_STATE, PEP_QUERY_CURRENT_COMPONENT_PERF_STATE, 0,
           PASSIVE_LEVEL, X_SET(PEP_QUERY_CURRENT_COMPONENT_PERF_STATE)),
    PEP_OF(PEP_DPM_QUERY_DEBUGGER_TRANSITION_REQUIREMENTS, PEP_DEBUGGER_TRANSITION_REQUIREMENTS, 0,
           DISPATCH_LEVEL,
           {0, FIELD_OFFSET(PEP_DEBUGGER_TRANSITION_REQUIREMENTS, PowerTransitionRequired) +
                   sizeof(PVOID)}),
    PEP_OF(PEP_DPM_QUERY_SOC_SUBSYSTEM_COUNT, PEP_QUERY_SOC_SUBSYSTEM_COUNT, 0, APC_LEVEL,
           PEP_FIELD(PEP_QUERY_SOC_SUBSYSTEM_COUNT, PlatformIdleStateIndex)),
    PEP_OF(PEP_DPM_QUERY_SOC_SUBSYSTEM, PEP_QUERY_SOC_SUBSYSTEM, PEP_MANDATORY, APC_LEVEL,
           PEP_FIELD(PEP_QUERY_SOC_SUBSYSTEM, PlatformIdleStateIndex),
           PEP_FIELD(PEP_QUERY_SOC_SUBSYSTEM, SubsystemIndex)),
    PEP_OF(PEP_DPM_RESET_SOC_SUBSYSTEM_ACCOUNTING, PEP_RESET_SOC_SUBSYSTEM_ACCOUNTING,
           PEP_MANDATORY, APC_LEVEL,
           PEP_FIELD(PEP_RESET_SOC_SUBSYSTEM_ACCOUNTING, PlatformIdleStateIndex)),
    PEP_OF(PEP_DPM_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME, PEP_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME,
           PEP_MANDATORY, APC_LEVEL,
           {0, FIELD_OFFSET(PEP_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME, BlockingTime)}),
    PEP_OF(PEP_DPM_QUERY_SOC_SUBSYSTEM_METADATA, PEP_QUERY_SOC_SUBSYSTEM_METADATA, PEP_MANDATORY,
           APC_LEVEL, {0, FIELD_OFFSET(PEP_QUERY_SOC_SUBSYSTEM_METADATA, Flags)},
           PEP_FIELD(PEP_QUERY_SOC_SUBSYSTEM_METADATA, MetadataCount)),
};

/* Those with a level of HIGH_LEVEL are sent with interrupts off, or from anywhere. */
static const struct pep_rule pep_ppm_rules[] = {
    PEP_OF(PEP_NOTIFY_PPM_QUERY_CAPABILITIES, PEP_PPM_QUERY_CAPABILITIES, 0, PASSIVE_LEVEL, {0, 0}),
    PEP_NEVER(PEP_NOTIFY_PPM_QUERY_IDLE_STATES),
    PEP_NEVER(PEP_NOTIFY_PPM_IDLE_SELECT),
    PEP_NEVER(PEP_NOTIFY_PPM_IDLE_CANCEL),
    PEP_OF(PEP_NOTIFY_PPM_IDLE_EXECUTE, PEP_PPM_IDLE_EXECUTE, 0, HIGH_LEVEL,
           PEP_FIELD(PEP_PPM_IDLE_EXECUTE, ProcessorState),
           PEP_FIELD(PEP_PPM_IDLE_EXECUTE, PlatformState)),
    PEP_OF(PEP_NOTIFY_PPM_IDLE_COMPLETE, PEP_PPM_IDLE_COMPLETE, 0, HIGH_LEVEL,
           PEP_FIELD(PEP_PPM_IDLE_COMPLETE, ProcessorState),
           PEP_FIELD(PEP_PPM_IDLE_COMPLETE, PlatformState)),
    PEP_OF(PEP_NOTIFY_PPM_IS_PROCESSOR_HALTED, PEP_PPM_IS_PROCESSOR_HALTED, 0, HIGH_LEVEL, {0, 0}),
    PEP_OF(PEP_NOTIFY_PPM_INITIATE_WAKE, PEP_PPM_INITIATE_WAKE, 0, HIGH_LEVEL, {0, 0}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_FEEDBACK_COUNTERS, PEP_PPM_QUERY_FEEDBACK_COUNTERS, 0,
           PASSIVE_LEVEL, PEP_FIELD(PEP_PPM_QUERY_FEEDBACK_COUNTERS, Count)),
    PEP_OF(PEP_NOTIFY_PPM_FEEDBACK_READ, PEP_PPM_FEEDBACK_READ, 0, HIGH_LEVEL,
           PEP_FIELD(PEP_PPM_FEEDBACK_READ, CounterIndex)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_PERF_CAPABILITIES, PEP_PPM_QUERY_PERF_CAPABILITIES, 0,
           PASSIVE_LEVEL, {0, 0}),
    PEP_OF(PEP_NOTIFY_PPM_PERF_CONSTRAINTS, PEP_PPM_PERF_CONSTRAINTS, 0, PASSIVE_LEVEL, {0, 0}),
    PEP_OF(PEP_NOTIFY_PPM_PERF_SET, PEP_PPM_PERF_SET, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_PERF_SET)}),
    PEP_OF(PEP_NOTIFY_PPM_PARK_SELECTION, PEP_PPM_PARK_SELECTION, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_PARK_SELECTION)}),
    PEP_OF(PEP_NOTIFY_PPM_CST_STATES, PEP_PPM_CST_STATES, 0, PASSIVE_LEVEL,
           {0, sizeof(PEP_PPM_CST_STATES)}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_PLATFORM_STATES, PEP_PPM_QUERY_PLATFORM_STATES, 0, PASSIVE_LEVEL,
           {0, 0}),
    PEP_NEVER(PEP_NOTIFY_PPM_QUERY_LP_SETTINGS),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_IDLE_STATES_V2, PEP_PPM_QUERY_IDLE_STATES_V2, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_IDLE_STATES_V2, Count)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE, PEP_PPM_QUERY_PLATFORM_STATE, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_PLATFORM_STATE, StateIndex),
           PEP_FIELD(PEP_PPM_QUERY_PLATFORM_STATE, State.DependencyArrayCount)),
    PEP_OF(PEP_NOTIFY_PPM_TEST_IDLE_STATE, PEP_PPM_TEST_IDLE_STATE, 0, HIGH_LEVEL,
           {0, FIELD_OFFSET(PEP_PPM_TEST_IDLE_STATE, VetoReason)}),
    PEP_OF(PEP_NOTIFY_PPM_IDLE_PRE_EXECUTE, PEP_PPM_IDLE_EXECUTE, 0, HIGH_LEVEL,
           PEP_FIELD(PEP_PPM_IDLE_EXECUTE, ProcessorState),
           PEP_FIELD(PEP_PPM_IDLE_EXECUTE, PlatformState)),
    PEP_OF(PEP_NOTIFY_PPM_UPDATE_PLATFORM_STATE, PEP_PPM_QUERY_PLATFORM_STATE, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_PLATFORM_STATE, StateIndex),
           PEP_FIELD(PEP_PPM_QUERY_PLATFORM_STATE, State.DependencyArrayCount)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE_RESIDENCIES, PEP_PPM_PLATFORM_STATE_RESIDENCIES, 0,
           HIGH_LEVEL, {0, sizeof(PEP_PPM_PLATFORM_STATE_RESIDENCIES)}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_VETO_REASONS, PEP_PPM_QUERY_VETO_REASONS, 0, PASSIVE_LEVEL, {0, 0}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_VETO_REASON, PEP_PPM_QUERY_VETO_REASON, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_VETO_REASON, VetoReason),
           PEP_FIELD(PEP_PPM_QUERY_VETO_REASON, Name)),
    [PEP_NOTIFY_PPM_ENUMERATE_BOOT_VETOES] =
        {"PEP_NOTIFY_PPM_ENUMERATE_BOOT_VETOES", 0, 0, PASSIVE_LEVEL, {{0, 0}}},
    PEP_OF(PEP_NOTIFY_PPM_QUERY_COORDINATED_STATE_NAME, PEP_PPM_QUERY_STATE_NAME, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_STATE_NAME, StateIndex),
           PEP_FIELD(PEP_PPM_QUERY_STATE_NAME, Name)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_PROCESSOR_STATE_NAME, PEP_PPM_QUERY_STATE_NAME, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_STATE_NAME, StateIndex),
           PEP_FIELD(PEP_PPM_QUERY_STATE_NAME, Name)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_COORDINATED_STATES, PEP_PPM_QUERY_COORDINATED_STATES, 0,
           PASSIVE_LEVEL, PEP_FIELD(PEP_PPM_QUERY_COORDINATED_STATES, Count)),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, PEP_PPM_QUERY_COORDINATED_DEPENDENCY, 0,
           PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_PPM_QUERY_COORDINATED_DEPENDENCY, DependencySizeUsed)}),
    PEP_OF(PEP_NOTIFY_PPM_PARK_SELECTION_V2, PEP_PPM_PARK_SELECTION_V2, 0, DISPATCH_LEVEL,
           {0, FIELD_OFFSET(PEP_PPM_PARK_SELECTION_V2, EvaluationType) + 1}),
    PEP_OF(PEP_NOTIFY_PPM_PARK_MASK, PEP_PPM_PARK_MASK, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_PARK_MASK)}),
    PEP_OF(PEP_NOTIFY_PPM_PERF_CHECK_COMPLETE, PEP_PPM_PERF_CHECK_COMPLETE, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_PERF_CHECK_COMPLETE)}),
    PEP_OF(PEP_NOTIFY_PPM_ENTER_SYSTEM_STATE, PEP_PPM_ENTER_SYSTEM_STATE, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_ENTER_SYSTEM_STATE)}),
    PEP_OF(PEP_NOTIFY_PPM_RESUME_FROM_SYSTEM_STATE, PEP_PPM_RESUME_FROM_SYSTEM_STATE, 0,
           DISPATCH_LEVEL, {0, sizeof(PEP_PPM_RESUME_FROM_SYSTEM_STATE)}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES, PEP_PPM_QUERY_DISCRETE_PERF_STATES, 0,
           PASSIVE_LEVEL, {0, sizeof(PEP_PPM_QUERY_DISCRETE_PERF_STATES)}),
    PEP_OF(PEP_NOTIFY_PPM_QUERY_DOMAIN_INFO, PEP_PPM_QUERY_DOMAIN_INFO, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_PPM_QUERY_DOMAIN_INFO, DomainId)),
    PEP_OF(PEP_NOTIFY_PPM_PERF_SET_STATE, PEP_PPM_PERF_SET_STATE, 0, DISPATCH_LEVEL,
           {0, sizeof(PEP_PPM_PERF_SET_STATE)}),
};

static const struct pep_rule pep_acpi_rules[] = {
    PEP_OF(PEP_NOTIFY_ACPI_PREPARE_DEVICE, PEP_ACPI_PREPARE_DEVICE, 0, PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_ACPI_PREPARE_DEVICE, DeviceAccepted)}),
    PEP_OF(PEP_NOTIFY_ACPI_ABANDON_DEVICE, PEP_ACPI_ABANDON_DEVICE, 0, PASSIVE_LEVEL,
           PEP_FIELD(PEP_ACPI_ABANDON_DEVICE, AcpiDeviceName)),
    PEP_OF(PEP_NOTIFY_ACPI_REGISTER_DEVICE, PEP_ACPI_REGISTER_DEVICE, 0, PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_ACPI_REGISTER_DEVICE, DeviceHandle)}),
    PEP_OF(PEP_NOTIFY_ACPI_UNREGISTER_DEVICE, PEP_ACPI_UNREGISTER_DEVICE, 0, PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_ACPI_UNREGISTER_DEVICE, InputFlags) + sizeof(ULONG)}),
    PEP_OF(PEP_NOTIFY_ACPI_ENUMERATE_DEVICE_NAMESPACE, PEP_ACPI_ENUMERATE_DEVICE_NAMESPACE,
           PEP_MANDATORY, PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_ACPI_ENUMERATE_DEVICE_NAMESPACE, Status)}),
    PEP_OF(PEP_NOTIFY_ACPI_QUERY_OBJECT_INFORMATION, PEP_ACPI_QUERY_OBJECT_INFORMATION, 0,
           PASSIVE_LEVEL, {0, FIELD_OFFSET(PEP_ACPI_QUERY_OBJECT_INFORMATION, ObjectFlags)}),
    PEP_OF(PEP_NOTIFY_ACPI_EVALUATE_CONTROL_METHOD, PEP_ACPI_EVALUATE_CONTROL_METHOD, 0,
           PASSIVE_LEVEL, {0, FIELD_OFFSET(PEP_ACPI_EVALUATE_CONTROL_METHOD, MethodStatus)},
           PEP_FIELD(PEP_ACPI_EVALUATE_CONTROL_METHOD, CompletionContext)),
    PEP_OF(PEP_NOTIFY_ACPI_QUERY_DEVICE_CONTROL_RESOURCES, PEP_ACPI_QUERY_DEVICE_CONTROL_RESOURCES,
           0, PASSIVE_LEVEL, {0, FIELD_OFFSET(PEP_ACPI_QUERY_DEVICE_CONTROL_RESOURCES, Status)}),
    PEP_OF(PEP_NOTIFY_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES,
           PEP_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES, 0, PASSIVE_LEVEL,
           {0, FIELD_OFFSET(PEP_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES, Status)}),
    PEP_OF(PEP_NOTIFY_ACPI_WORK, PEP_WORK, 0, PASSIVE_LEVEL, {0, 0}),
};

/* ---- sending ---- */

#define PEP_INPUT_BYTES 64u /* of a structure, at most, that are looked at */

static void pep_check_input(struct machine *m, const struct pep_rule *rule, ULONG id,
                            PEPHANDLE handle, const UCHAR *before, const UCHAR *after) {
    for (unsigned i = 0; i < KI_COUNT(rule->input); i++)
        for (unsigned at = rule->input[i].at; at < rule->input[i].at + rule->input[i].size; at++)
            if (at < PEP_INPUT_BYTES && KI_UNLIKELY(before[at] != after[at]))
                ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x705, (ULONG_PTR)handle, id, at,
                            "the plug-in altered a field of %s that it may only read, at offset %u",
                            rule->name, at);
}

/* What is the same for all three kinds of notifications. */
struct pep_message {
    const struct pep_rule *rule;
    struct pep_plugin *plugin;
    PEPHANDLE handle;
    ULONG id, serial;
    void *data;
    bool passes_handle;
};

static BOOLEAN pep_deliver(struct pep_message *message, PVOID callback) {
    if (message->passes_handle) {
        PPEPCALLBACKNOTIFYPPM ppm = *(PPEPCALLBACKNOTIFYPPM *)callback;
        return ppm(message->handle, message->id, message->data);
    }
    PPEPCALLBACKNOTIFYDPM other = *(PPEPCALLBACKNOTIFYDPM *)callback;
    return other(message->id, message->data);
}

static BOOLEAN pep_send(struct machine *m, struct pep_message *message, PVOID callback) {
    const struct pep_rule *rule = message->rule;
    UCHAR before[PEP_INPUT_BYTES] = {0};
    size_t size = rule->size < sizeof before ? rule->size : sizeof before;
    KIRQL irql = m->cpu->irql;
    void *seh = m->seh;
    KI_ASSERT(irql <= rule->limit);
    if (message->data)
        memcpy(before, message->data, size);
    m->seh = NULL;
    BOOLEAN accepted = pep_deliver(message, callback);
    m->seh = seh;
    KI_TRACE(m, PEP_NOTIFY, rule->name, message->serial, message->id, accepted);
    if (KI_UNLIKELY(m->cpu->irql != irql))
        ki_bugcheck(m, IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(m, irql, KI_UNEXPECTED_CALLOUT), 0,
                    0, 0, "the plug-in %s was told %s at %s and returned at %s",
                    message->plugin->name, rule->name, ki_irql_name(irql),
                    ki_irql_name(m->cpu->irql));
    if (message->data)
        pep_check_input(m, rule, message->id, message->handle, before, message->data);
    if (KI_UNLIKELY(!accepted && rule->mandatory))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x605, message->id, (ULONG_PTR)message->plugin, 0,
                    "the plug-in %s refused %s", message->plugin->name, rule->name);
    return accepted;
}

BOOLEAN pep_dpm(struct machine *m, struct pep_plugin *plugin, struct pep_device *d, ULONG id,
                void *data) {
    struct pep_message message = {
        &pep_dpm_rules[id], plugin, d ? d->handle : NULL, id, d ? d->serial : 0, data, false};
    return plugin->dpm && pep_send(m, &message, &plugin->dpm);
}

BOOLEAN pep_dpm_at_dispatch(struct machine *m, struct pep_device *d, ULONG id, void *data) {
    KIRQL irql = m->cpu->irql;
    if (irql < DISPATCH_LEVEL)
        ki_raise(m, DISPATCH_LEVEL);
    BOOLEAN accepted = pep_dpm(m, d->plugin, d, id, data);
    if (irql < DISPATCH_LEVEL)
        ki_lower(m, irql);
    return accepted;
}

BOOLEAN pep_ppm(struct machine *m, struct pep_plugin *plugin, struct pep_device *d, ULONG id,
                void *data) {
    struct pep_message message = {
        &pep_ppm_rules[id], plugin, d ? d->handle : NULL, id, 0, data, true};
    return plugin->ppm && pep_send(m, &message, &plugin->ppm);
}

BOOLEAN pep_acpi(struct machine *m, struct pep_plugin *plugin, ULONG id, void *data) {
    struct pep_message message = {&pep_acpi_rules[id], plugin, NULL, id, 0, data, false};
    return plugin->acpi && pep_send(m, &message, &plugin->acpi);
}

void pep_illegal(struct machine *m, ULONG id, const char *tag, ULONG_PTR value, const char *what) {
    ULONG code;
    memcpy(&code, tag, sizeof code);
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x706, id, code, value,
                "a plug-in answered notification %#x with %s %llu, which is no legal value",
                (unsigned)id, what, (unsigned long long)value);
}

/* ---- handles ---- */

struct pep_device *pep_device_of(struct machine *m, POHANDLE handle) {
    struct pep_part *pep = m->pep;
    for (PLIST_ENTRY link = pep->devices.Flink; link != &pep->devices; link = link->Flink) {
        struct pep_device *d = CONTAINING_RECORD(link, struct pep_device, link);
        if (pep_handle(d) == handle)
            return d;
    }
    return NULL;
}

struct pep_device *pep_device_by_node(struct machine *m, ULONG serial) {
    struct pep_part *pep = m->pep;
    for (PLIST_ENTRY link = pep->devices.Flink; link != &pep->devices; link = link->Flink) {
        struct pep_device *d = CONTAINING_RECORD(link, struct pep_device, link);
        if (d->fx && d->serial == serial)
            return d;
    }
    return NULL;
}

bool pep_is_plugin(struct machine *m, POHANDLE handle) {
    struct pep_part *pep = m->pep;
    for (unsigned i = 0; i < pep->plugin_count; i++)
        if (pep->plugins[i] == (void *)handle)
            return true;
    return false;
}

/* ---- for the host ---- */

struct pep_host_call {
    WORK_QUEUE_ITEM item;
    pep_call *fn;
    void *context;
    struct machine *m;
    bool done;
};

static WORKER_THREAD_ROUTINE pep_host_work;
static VOID pep_host_work(PVOID context) {
    struct pep_host_call *call = context;
    call->fn(call->m, call->context);
    call->done = true;
}

static bool pep_host_done(void *context) { return ((struct pep_host_call *)context)->done; }

int pep_perform(struct machine *m, pep_call *fn, void *context) {
    if (m->running != &m->host) {
        fn(m, context);
        return 0;
    }
    struct pep_host_call *call = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *call, PEP_TAG);
    if (!call)
        return WDMSIM_ERROR_NO_MEMORY;
    call->fn = fn;
    call->context = context;
    call->m = m;
    ExInitializeWorkItem(&call->item, pep_host_work, call);
    ex_queue_work(m, &call->item, DelayedWorkQueue);
    int error = wdmsim_run_until(m, pep_host_done, call, WDMSIM_FOREVER);
    if (!error)
        mm_pool_free(m, call, PEP_TAG);
    return error;
}

void pep_start(struct machine *m) {
    struct pep_part *pep = m->pep = ki_alloc(m, sizeof *pep);
    InitializeListHead(&pep->devices);
    pnp_observe(m, pep_device_observe);
}
