/*
 * What the tests of the power framework share: device nodes made by hand, and a driver whose
 * callbacks keep a log and complete what they are asked for at once, unless the test wants to do
 * that.
 *
 * The log is a text of words: "I0 " the idle condition callback of component 0, "A0 " the active
 * one, "S0:2 " the idle state callback for F2, "DPNR ", "DPR ", "DOWN ", "UP ".
 */
#ifndef FX_TEST_H
#define FX_TEST_H

#include <ntifs.h>

#include <wdmsim/cmocka.h>
#include <wdmsim/pofx.h>

#include "po/fx/fx.h"

#define FX_MAX 8
#define MS 10000ull /* in 100 ns */

struct fx_test {
    POHANDLE handle;
    PDEVICE_OBJECT pdo;
    char log[4096];
    size_t length;
    /* The test completes these itself. */
    bool hold_idle, hold_state, hold_dpnr, hold_dpr, hold_down, hold_up;
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
static struct fx_test fx, *fx_all[4]; /* `fx` is the one most tests use */

static inline struct fx_test *fx_of(PVOID context) { return context; }

static inline void fx_log(struct fx_test *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(t->log + t->length, sizeof t->log - t->length, format, arguments);
    va_end(arguments);
    if (t->length + (size_t)length < sizeof t->log)
        t->length += (size_t)length;
}

static inline void fx_enter_callback(struct fx_test *t, ULONG component) {
    assert_int_equal(t->running[component]++, 0);
    t->thread = KeGetCurrentThread();
    t->irql = KeGetCurrentIrql();
    t->nested |= t->depth != 0;
}

static PO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK fx_active;
static PO_FX_COMPONENT_IDLE_CONDITION_CALLBACK fx_idle;
static PO_FX_COMPONENT_IDLE_STATE_CALLBACK fx_state;
static PO_FX_DEVICE_POWER_REQUIRED_CALLBACK fx_dpr;
static PO_FX_DEVICE_POWER_NOT_REQUIRED_CALLBACK fx_dpnr;
static inline PO_FX_DIRECTED_POWER_DOWN_CALLBACK fx_down;
static inline PO_FX_DIRECTED_POWER_UP_CALLBACK fx_up;

static VOID fx_active(PVOID context, ULONG component) {
    struct fx_test *t = fx_of(context);
    struct wdmsim_fx_component info;
    fx_enter_callback(t, component);
    fx_log(t, "A%u ", component);
    assert_false(t->active[component]);
    t->active[component] = true;
    assert_int_equal(t->state[component], 0);
    assert_false(t->power_told);
    for (ULONG i = 0; t->providers && i < FX_MAX; i++) {
        if (!(t->providers[component] >> i & 1))
            continue;
        assert_int_equal(wdmsim_fx_component(ki_self(), pnp_node_of(t->pdo)->serial, i, &info), 0);
        assert_int_equal(info.condition, WDMSIM_FX_ACTIVE);
    }
    if (t->on_active)
        t->on_active(component);
    t->running[component]--;
}

static VOID fx_idle(PVOID context, ULONG component) {
    struct fx_test *t = fx_of(context);
    fx_enter_callback(t, component);
    fx_log(t, "I%u ", component);
    assert_true(t->active[component]);
    t->active[component] = false;
    if (t->on_idle)
        t->on_idle(component);
    if (!t->hold_idle)
        PoFxCompleteIdleCondition(t->handle, component);
    t->running[component]--;
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
    t->running[component]--;
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

/* ---- nodes and registrations ---- */

static inline int fx_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    return IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fx.pdo);
}

static PDRIVER_OBJECT fx_driver;

/* A started device node below another one (NULL: none). */
static inline PDEVICE_OBJECT fx_node(PDEVICE_OBJECT parent) {
    static uint32_t serial;
    PDEVICE_OBJECT pdo;
    struct pnp_node *node;
    if (!fx_driver) {
        struct wdmsim_driver *driver;
        serial = 1;
        assert_int_equal(wdmsim_driver_load_entry(wdmsim_fixture.machine, "fx", fx_entry, &driver),
                         0);
        fx_driver = fx.pdo->DriverObject;
    }
    assert_int_equal(IoCreateDevice(fx_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo),
                     STATUS_SUCCESS);
    node = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *node, 'txF');
    InitializeListHead(&node->children);
    node->serial = ++serial;
    node->references = 1;
    node->state = WDMSIM_NODE_STARTED;
    node->pdo = pdo;
    if (parent) {
        node->parent = pnp_node_of(parent);
        InsertTailList(&node->parent->children, &node->sibling);
        node->parent->child_count++;
    }
    io_device_of(pdo)->node = node;
    return pdo;
}

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

/* Forgets an earlier machine; `t` gets a node of its own. */
static inline void fx_fresh(struct fx_test *t, PDEVICE_OBJECT parent) {
    if (t == &fx) {
        memset(&fx, 0, sizeof fx);
        memset(fx_all, 0, sizeof fx_all);
        fx_driver = NULL;
    } else {
        memset(t, 0, sizeof *t);
    }
    t->pdo = fx_node(parent);
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
    wdmsim_settle(ki_self());
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
        wdmsim_settle(ki_self());                                                                  \
        assert_string_equal(fx.log, text);                                                         \
        fx_clear(&fx);                                                                             \
    } while (0)
/* The same without letting anything run first. */
#define fx_expect_now(text)                                                                        \
    do {                                                                                           \
        assert_string_equal(fx.log, text);                                                         \
        fx_clear(&fx);                                                                             \
    } while (0)

static inline struct wdmsim_fx_component fx_look(struct fx_test *t, ULONG component) {
    struct wdmsim_fx_component info;
    assert_int_equal(wdmsim_fx_component(ki_self(), pnp_node_of(t->pdo)->serial, component, &info),
                     0);
    return info;
}
static inline struct wdmsim_fx_device fx_look_device(struct fx_test *t) {
    struct wdmsim_fx_device info;
    assert_int_equal(wdmsim_fx_device(ki_self(), pnp_node_of(t->pdo)->serial, &info), 0);
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
    for (uint64_t i = 0; i < wdmsim_fx_reports(ki_self()); i++)
        if (!wdmsim_fx_report(ki_self(), i, &report) && strstr(report.text, text))
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
