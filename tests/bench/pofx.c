/*
 * The power framework: a component that is used and left again and again, on a device of its own.
 *
 * A transition is one change between active and idle, with the change of the F state that belongs
 * to it: two callbacks into the driver, each completed at once. In the rows with device power every
 * idle component also makes the driver give up power, and every activation makes it power up again:
 * two transitions more, by way of a worker thread.
 */
#define PO_FX_VERSION 3
#include <ntifs.h>

#include "bench.h"

static POHANDLE handle;
static struct machine *machine;
static PDEVICE_OBJECT pdo;
static unsigned states_reached, powered_up;

static VOID active(PVOID context, ULONG component) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(component);
}

static VOID idle(PVOID context, ULONG component) {
    UNREFERENCED_PARAMETER(context);
    PoFxCompleteIdleCondition(handle, component);
}

static VOID state(PVOID context, ULONG component, ULONG number) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(number);
    states_reached++;
    PoFxCompleteIdleState(handle, component);
}

static VOID not_required(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxCompleteDevicePowerNotRequired(handle);
}

static VOID required(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    powered_up++;
    PoFxReportDevicePoweredOn(handle);
}

/* A device without drivers; the benchmark speaks for its function driver. */
static void plug(struct machine *m) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t node;
    description.device_id = "BENCH\\COMPONENT";
    description.flags = WDMSIM_DEVICE_RAW;
    if (wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &node))
        bench_fail("no device");
    pdo = wdmsim_node_pdo(m, node);
    machine = m;
}

static void plug_traced(struct machine *m) {
    plug(m);
    wdmsim_trace_mask(
        m, WDMSIM_TRACE_ALL &
               ~(WDMSIM_TRACE_BIT(WDMSIM_EVENT_IRQL) | WDMSIM_TRACE_BIT(WDMSIM_EVENT_CALL) |
                 WDMSIM_TRACE_BIT(WDMSIM_EVENT_SWITCH) | WDMSIM_TRACE_BIT(WDMSIM_EVENT_PROCESSOR) |
                 WDMSIM_TRACE_BIT(WDMSIM_EVENT_POOL_ALLOC) |
                 WDMSIM_TRACE_BIT(WDMSIM_EVENT_POOL_FREE) | WDMSIM_TRACE_BIT(WDMSIM_EVENT_SIGNAL)));
}

static void start(bool power) {
    PO_FX_COMPONENT_IDLE_STATE states[] = {{0, 0, 0}, {10, 10, 0}};
    PO_FX_DEVICE device = {.Version = PO_FX_VERSION_V3,
                           .ComponentActiveConditionCallback = active,
                           .ComponentIdleConditionCallback = idle,
                           .ComponentIdleStateCallback = state,
                           .ComponentCount = 1,
                           .Components = {{.IdleStateCount = 2, .IdleStates = states}}};
    if (power) {
        device.DevicePowerNotRequiredCallback = not_required;
        device.DevicePowerRequiredCallback = required;
    }
    if (PoFxRegisterDevice(pdo, &device, &handle))
        bench_fail("no registration");
    PoFxStartDevicePowerManagement(handle);
    wdmsim_settle(machine); /* the first worker thread is made when nothing else can run */
}

static double cycles(unsigned transitions, unsigned per_cycle, ULONG flags) {
    unsigned n = transitions / per_cycle + 1;
    states_reached = powered_up = 0;
    double begin = bench_now();
    for (unsigned i = 0; i < n; i++) {
        PoFxActivateComponent(handle, 0, flags);
        PoFxIdleComponent(handle, 0, flags);
    }
    double time = bench_now() - begin;
    if (states_reached < 2 * n || powered_up < (per_cycle - 2) / 2 * n)
        bench_fail("a transition did not happen");
    return time / (n * per_cycle);
}

static double components(unsigned n) {
    start(false);
    return cycles(n, 2, 0);
}

static double devices(unsigned n) {
    start(true);
    return cycles(n, 4, PO_FX_FLAG_BLOCKING);
}

double pofx_transition(unsigned n) { return bench_on_machine(plug, components, n); }

double pofx_transition_traced(unsigned n) { return bench_on_machine(plug_traced, components, n); }

double pofx_device(unsigned n) { return bench_on_machine(plug, devices, n); }

double pofx_device_traced(unsigned n) { return bench_on_machine(plug_traced, devices, n); }
