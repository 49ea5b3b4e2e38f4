/*
 * What the tests of the power framework share: devices on the built-in bus with a function driver
 * that passes every IRP on, and framework callbacks that keep a log and complete what they are
 * asked for at once, unless the test wants to do that.
 *
 * The log is a text of words: "I0 " the idle condition callback of component 0, "A0 " the active
 * one, "S0:2 " the idle state callback for F2, "DPNR ", "DPR ", "DOWN ", "UP ".
 */
#ifndef FX_TEST_H
#define FX_TEST_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>
#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>

#define FX_MAX 8
#define MS 10000ull /* in 100 ns */

struct fx_test {
    POHANDLE handle;
    PDEVICE_OBJECT pdo;
    uint32_t node;
    char log[4096];
    size_t length;
    /* The test completes these itself. */
    bool hold_idle, hold_state, hold_dpnr, hold_dpr, hold_down, hold_up;
    bool hold_idle_of[FX_MAX]; /* the first for one component */
    bool pauses; /* at the begin and the end of callbacks about components others may move */
    /* More to do inside a callback, before it is completed. */
    void (*on_idle)(ULONG component), (*on_active)(ULONG component);
    void (*on_state)(ULONG component, ULONG state), (*on_dpnr)(void), (*on_dpr)(void);
    /* The rules every run keeps. */
    unsigned running[FX_MAX];
    bool active[FX_MAX];
    ULONG state[FX_MAX];
    bool power_told;        /* DPNR was the last of the two */
    const ULONG *providers; /* bit masks by component, or NULL */
    PKTHREAD thread;        /* of the last callback */
    KIRQL irql;
    unsigned depth; /* calls into the framework the test's thread is in */
    bool nested;    /* a callback came inside such a call */
};
static struct fx_test fx; /* the one most tests use */

static inline struct fx_test *fx_of(PVOID context) { return context; }
static inline struct machine *fx_machine(void) { return wdmsim_fixture.machine; }

static inline void fx_log(struct fx_test *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(t->log + t->length, sizeof t->log - t->length, format, arguments);
    va_end(arguments);
    if (t->length + (size_t)length < sizeof t->log)
        t->length += (size_t)length;
}

static inline void fx_pause(const struct fx_test *t) {
    if (t->pauses)
        KeGetCurrentProcessorNumberEx(NULL);
}

static inline void fx_enter_callback(struct fx_test *t, ULONG component) {
    assert_int_equal(t->running[component]++, 0);
    t->thread = KeGetCurrentThread();
    t->irql = KeGetCurrentIrql();
    t->nested |= t->depth != 0;
    fx_pause(t);
}

static inline void fx_leave_callback(struct fx_test *t, ULONG component) {
    fx_pause(t);
    assert_int_equal(t->running[component]--, 1);
}

static PO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK fx_active;
static PO_FX_COMPONENT_IDLE_CONDITION_CALLBACK fx_idle;
static PO_FX_COMPONENT_IDLE_STATE_CALLBACK fx_state;
static PO_FX_DEVICE_POWER_REQUIRED_CALLBACK fx_dpr;
static PO_FX_DEVICE_POWER_NOT_REQUIRED_CALLBACK fx_dpnr;
static inline PO_FX_DIRECTED_POWER_DOWN_CALLBACK fx_down;
static inline PO_FX_DIRECTED_POWER_UP_CALLBACK fx_up;

static inline struct wdmsim_fx_component fx_look(struct fx_test *t, ULONG component) {
    struct wdmsim_fx_component info;
    assert_int_equal(wdmsim_fx_component(fx_machine(), t->node, component, &info), 0);
    return info;
}

static VOID fx_active(PVOID context, ULONG component) {
    struct fx_test *t = fx_of(context);
    fx_enter_callback(t, component);
    fx_log(t, "A%u ", component);
    assert_false(t->active[component]);
    t->active[component] = true;
    /* In F0, as the driver was told and as the framework has it. */
    assert_int_equal(t->state[component], 0);
    assert_int_equal(fx_look(t, component).state, 0);
    assert_false(t->power_told);
    for (ULONG i = 0; t->providers && i < FX_MAX; i++) {
        if (!(t->providers[component] >> i & 1))
            continue;
        assert_int_equal(fx_look(t, i).condition, WDMSIM_FX_ACTIVE);
        assert_true(t->active[i] && !t->running[i]); /* and the driver knows */
    }
    if (t->on_active)
        t->on_active(component);
    fx_leave_callback(t, component);
}

static VOID fx_idle(PVOID context, ULONG component) {
    struct fx_test *t = fx_of(context);
    fx_enter_callback(t, component);
    fx_log(t, "I%u ", component);
    assert_true(t->active[component]);
    t->active[component] = false;
    if (t->on_idle)
        t->on_idle(component);
    if (!t->hold_idle && !t->hold_idle_of[component])
        PoFxCompleteIdleCondition(t->handle, component);
    fx_leave_callback(t, component);
}

static VOID fx_state(PVOID context, ULONG component, ULONG state) {
    struct fx_test *t = fx_of(context);
    fx_enter_callback(t, component);
    fx_log(t, "S%u:%u ", component, state);
    assert_false(t->active[component]);
    assert_true(!t->state[component] || !state); /* never from low to low */
    if (t->on_state)
        t->on_state(component, state);
    t->state[component] = state;
    if (!t->hold_state)
        PoFxCompleteIdleState(t->handle, component);
    fx_leave_callback(t, component);
}

static VOID fx_dpnr(PVOID context) {
    struct fx_test *t = fx_of(context);
    fx_log(t, "DPNR ");
    assert_false(t->power_told);
    t->power_told = true;
    if (t->on_dpnr)
        t->on_dpnr();
    if (!t->hold_dpnr)
        PoFxCompleteDevicePowerNotRequired(t->handle);
}

static VOID fx_dpr(PVOID context) {
    struct fx_test *t = fx_of(context);
    fx_log(t, "DPR ");
    assert_true(t->power_told);
    t->power_told = false;
    if (t->on_dpr)
        t->on_dpr();
    if (!t->hold_dpr)
        PoFxReportDevicePoweredOn(t->handle);
}

static inline VOID fx_down(PVOID context, ULONG flags) {
    struct fx_test *t = fx_of(context);
    assert_int_equal(flags, 0);
    fx_log(t, "DOWN ");
    if (!t->hold_down)
        PoFxCompleteDirectedPowerDown(t->handle);
}

static inline VOID fx_up(PVOID context, ULONG flags) {
    struct fx_test *t = fx_of(context);
    assert_int_equal(flags, 0);
    fx_log(t, "UP ");
    if (!t->hold_up)
        PoFxReportDevicePoweredOn(t->handle);
}

/* ---- devices ---- */

static PDEVICE_OBJECT fx_added; /* the PDO that a stack was built on last */
static bool fx_power_fails;     /* set-power IRPs for D0 fail */
static void (*fx_on_add)(PDEVICE_OBJECT pdo);

struct fx_stack {
    PDEVICE_OBJECT below;
};

static inline NTSTATUS fx_pass(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(((struct fx_stack *)device->DeviceExtension)->below, irp);
}

static inline NTSTATUS fx_pnp(PDEVICE_OBJECT device, PIRP irp) {
    PDEVICE_OBJECT below = ((struct fx_stack *)device->DeviceExtension)->below;
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(below, irp);
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return fx_pass(device, irp);
    case IRP_MN_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        fx_pass(device, irp);
        IoDetachDevice(below);
        IoDeleteDevice(device);
        return STATUS_SUCCESS;
    default:
        return fx_pass(device, irp);
    }
}

static inline NTSTATUS fx_power(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (!fx_power_fails || stack->MinorFunction != IRP_MN_SET_POWER ||
        stack->Parameters.Power.Type != DevicePowerState ||
        stack->Parameters.Power.State.DeviceState != PowerDeviceD0)
        return fx_pass(device, irp);
    irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_UNSUCCESSFUL;
}

static inline NTSTATUS fx_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    PDEVICE_OBJECT device;
    assert_int_equal(IoCreateDevice(driver, sizeof(struct fx_stack), NULL, FILE_DEVICE_UNKNOWN, 0,
                                    FALSE, &device),
                     STATUS_SUCCESS);
    ((struct fx_stack *)device->DeviceExtension)->below = IoAttachDeviceToDeviceStack(device, pdo);
    device->Flags |= DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    fx_added = pdo;
    if (fx_on_add)
        fx_on_add(pdo);
    return STATUS_SUCCESS;
}

static inline VOID fx_unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static inline int fx_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->DriverExtension->AddDevice = fx_add;
    driver->DriverUnload = fx_unload;
    driver->MajorFunction[IRP_MJ_PNP] = fx_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = fx_power;
    return STATUS_SUCCESS;
}

/* A started device below another one (NULL: below the root). */
static inline PDEVICE_OBJECT fx_plug(PDEVICE_OBJECT parent) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    struct machine *m = fx_machine();
    uint32_t bus = parent ? wdmsim_node_of_device(m, parent) : WDMSIM_ROOT_NODE;
    description.device_id = "TEST\\DEVICE";
    description.function = "fx";
    fx_added = NULL;
    assert_int_equal(wdmsim_plug(m, bus, &description, NULL), 0);
    assert_non_null(fx_added);
    return fx_added;
}

static inline VOID fx_d_irp_done(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                 PVOID context, PIO_STATUS_BLOCK status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    UNREFERENCED_PARAMETER(status);
    *(bool *)context = true;
}

/* The device goes there: a D-IRP, up to its end. */
static inline void fx_go_to(struct fx_test *t, DEVICE_POWER_STATE state) {
    POWER_STATE power = {.DeviceState = state};
    bool done = false;
    assert_int_equal(PoRequestPowerIrp(t->pdo, IRP_MN_SET_POWER, power, fx_d_irp_done, &done, NULL),
                     STATUS_PENDING);
    wdmsim_settle(fx_machine());
    assert_true(done);
}

/* ---- registrations ---- */

/* F0, F1 (0.5 ms, pays off after 1 ms), F2 (10 ms, after 1 s): the table of the specification. */
static PO_FX_COMPONENT_IDLE_STATE fx_states[] = {
    {0, 0, PO_FX_UNKNOWN_POWER}, {500, 10000, 100}, {100000, 10000000, 1}};

/* A registration of version 3 with room for components, all like the one above with `count` states
 * (0: one). No directed callbacks. */
struct fx_description {
    PO_FX_DEVICE_V3 device;
    PO_FX_COMPONENT_V2 more[FX_MAX - 1];
};
/* One of its components: the array's declared length is one. */
static inline PPO_FX_COMPONENT_V2 fx_part(struct fx_description *d, ULONG component) {
    return (PPO_FX_COMPONENT_V2)(PVOID)((char *)d +
                                        offsetof(struct fx_description, device.Components)) +
           component;
}
static inline struct fx_description fx_describe(struct fx_test *t, ULONG components, ULONG states) {
    struct fx_description d = {.device = {.Version = PO_FX_VERSION_V3,
                                          .ComponentActiveConditionCallback = fx_active,
                                          .ComponentIdleConditionCallback = fx_idle,
                                          .ComponentIdleStateCallback = fx_state,
                                          .DevicePowerRequiredCallback = fx_dpr,
                                          .DevicePowerNotRequiredCallback = fx_dpnr,
                                          .DeviceContext = t,
                                          .ComponentCount = components}};
    PPO_FX_COMPONENT_V2 all = d.device.Components; /* which go on in d.more */
    for (ULONG i = 0; i < components; i++) {
        all[i].IdleStateCount = states ? states : 1;
        all[i].IdleStates = fx_states;
        all[i].DeepestWakeableIdleState = states > 1 ? 1 : 0;
    }
    return d;
}

static inline NTSTATUS fx_try(struct fx_test *t, struct fx_description *d) {
    return PoFxRegisterDevice(t->pdo, (PPO_FX_DEVICE)(void *)&d->device, &t->handle);
}

/* Forgets an earlier machine (`fx`, which comes first); `t` gets a device of its own. */
static inline void fx_fresh(struct fx_test *t, PDEVICE_OBJECT parent) {
    memset(t, 0, sizeof *t);
    if (t == &fx) {
        fx_power_fails = false;
        fx_on_add = NULL;
        assert_int_equal(wdmsim_service_define_entry(fx_machine(), "fx", fx_entry), 0);
    }
    t->pdo = fx_plug(parent);
    t->node = wdmsim_node_of_device(fx_machine(), t->pdo);
    for (ULONG i = 0; i < FX_MAX; i++)
        t->active[i] = true;
}

/* Registered, not started. */
static inline void fx_register(struct fx_test *t, struct fx_description *d) {
    assert_int_equal(fx_try(t, d), STATUS_SUCCESS);
}

/* A started device with components of `states` F states whose machine has settled; the log is
 * empty, every component idle, and power not required. */
static inline void fx_start_device(struct fx_test *t, struct fx_description *d) {
    fx_register(t, d);
    PoFxStartDevicePowerManagement(t->handle);
    wdmsim_settle(fx_machine());
}
static inline void fx_clear(struct fx_test *t) {
    t->log[t->length = 0] = 0;
    t->nested = false;
}
static inline void fx_begin(ULONG components, ULONG states) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, components, states);
    fx_start_device(&fx, &d);
    fx_clear(&fx);
}
/* The same without device callbacks: the device stays in D0. */
static inline void fx_begin_on(ULONG components, ULONG states) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, components, states);
    d.device.DevicePowerNotRequiredCallback = NULL;
    d.device.DevicePowerRequiredCallback = NULL;
    fx_start_device(&fx, &d);
    fx_clear(&fx);
}

#define fx_expect(text)                                                                            \
    do {                                                                                           \
        wdmsim_settle(fx_machine());                                                               \
        assert_string_equal(fx.log, text);                                                         \
        fx_clear(&fx);                                                                             \
    } while (0)
/* The same without letting anything run first. */
#define fx_expect_now(text)                                                                        \
    do {                                                                                           \
        assert_string_equal(fx.log, text);                                                         \
        fx_clear(&fx);                                                                             \
    } while (0)

static inline struct wdmsim_fx_device fx_look_device(struct fx_test *t) {
    struct wdmsim_fx_device info;
    assert_int_equal(wdmsim_fx_device(fx_machine(), t->node, &info), 0);
    return info;
}

/* A call into the framework during which no callback may come. */
#define FX_NOT_INSIDE(call)                                                                        \
    do {                                                                                           \
        fx.depth++;                                                                                \
        call;                                                                                      \
        fx.depth--;                                                                                \
    } while (0)

/* How many of the machine's reports contain the text. */
static inline unsigned fx_reports(const char *text) {
    unsigned count = 0;
    struct wdmsim_fx_report report;
    for (uint64_t i = 0; i < wdmsim_fx_reports(fx_machine()); i++)
        if (!wdmsim_fx_report(fx_machine(), i, &report) && strstr(report.text, text))
            count++;
    return count;
}

/* The bug check expected, with parameters judged after the machine has stopped. */
static struct {
    uint32_t code;
    int64_t p[4]; /* -1: any */
} fx_stop;
static inline void fx_expect_stop(uint32_t code, int64_t p1, int64_t p2, int64_t p3, int64_t p4) {
    wdmsim_expect_bugcheck(code);
    fx_stop.code = code;
    fx_stop.p[0] = p1, fx_stop.p[1] = p2, fx_stop.p[2] = p3, fx_stop.p[3] = p4;
}
static inline void fx_judge_stop(void **state) {
    memset(&fx_stop, 0, sizeof fx_stop);
    wdmsim_fixture_run(state);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(wdmsim_fixture.machine);
    for (unsigned i = 0; stop && fx_stop.code && i < 4; i++)
        if (fx_stop.p[i] != -1)
            assert_int_equal(stop->parameters[i], (uint64_t)fx_stop.p[i]);
}
/* An entry of a test table whose bug check's parameters count. */
#define fx_unit_test(body)                                                                         \
    {                                                                                              \
#body, fx_judge_stop, NULL, wdmsim_fixture_teardown, (void *)&(const struct wdmsim_test) { \
            body, NULL                                                                             \
        }                                                                                          \
    }

#endif
