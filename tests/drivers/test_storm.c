/*
 * A storm: random requests, cancellations, PnP operations, power transitions and losses hit a tree
 * of the sample drivers, drawn from a seed, on one to four processors. Whatever came together, in
 * the end the system wakes, every operation has come to its end, no IRP is left in flight and, once
 * the devices are taken out, no memory either. None of it is a bug check: the drivers are correct.
 * The same once more with memory short: allocations of the drivers' fail.
 *
 * WDMSIM_STORM in the environment says how many seeds to try, WDMSIM_STORM_FIRST with which to
 * begin; with one seed each action is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <wdmsim/wdmsim.h>

enum { DEVICES = 4, HANDLES = 12, REQUESTS = 400, OPERATIONS = 200 };

static struct machine *machine;
static uint64_t state; /* of the generator, xorshift64* */
static uint32_t slots[DEVICES];
static struct wdmsim_request *opens[HANDLES]; /* whose handles are not closed yet */
static unsigned open_count;
static struct wdmsim_request *requests[REQUESTS];
static unsigned request_count;
static uint32_t operations[OPERATIONS];
static unsigned operation_count;
static bool told;     /* each action is printed */
static bool starving; /* memory is short: one in so many allocations … */
static unsigned hunger;
static unsigned refused; /* … fails */

static uint64_t draw(uint64_t below) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 2685821657736338717u >> 16) % below;
}

#define TELL(...) ((void)(told && printf(__VA_ARGS__)))

/* ---- the tree ---- */

static const char *const with_doorman[] = {"doorman", NULL};

static const struct wdmsim_device_description descriptions[DEVICES] = {
    {.device_id = "ROOT\\CHAINBUS", .function = "chainbus", .flags = WDMSIM_DEVICE_REMOVABLE},
    {.device_id = "ROOT\\GAUGE",
     .function = "gauge",
     .flags = WDMSIM_DEVICE_REMOVABLE | WDMSIM_DEVICE_SURPRISE_OK | WDMSIM_DEVICE_EJECTABLE |
              WDMSIM_DEVICE_WAKE_D3,
     .system_wake = 4,
     .device_wake = 4,
     .latencies = {0, 0, 50}},
    {.device_id = "ROOT\\GAUGE",
     .function = "gauge",
     .upper_filters = with_doorman,
     .flags = WDMSIM_DEVICE_REMOVABLE | WDMSIM_DEVICE_INRUSH},
    {.device_id = "ROOT\\TRIPLEX", .function = "triplex", .flags = WDMSIM_DEVICE_REMOVABLE},
};

static void build_the_tree(void) {
    static const struct wdmsim_installation link = {.id = "CHAINBUS\\Link", .function = "gauge"};
    static const char *const services[] = {"chainbus", "gauge", "doorman", "triplex"};
    for (unsigned i = 0; i < sizeof services / sizeof *services; i++)
        assert_int_equal(wdmsim_service_define(machine, services[i], services[i]), 0);
    wdmsim_driver_parameter_u32(machine, "gauge", "PowerUpMs", (uint32_t)draw(2) * 5);
    wdmsim_driver_parameter_u32(machine, "gauge", "Wake", (uint32_t)draw(2));
    wdmsim_driver_parameter_u32(machine, "doorman", "VetoRemove", (uint32_t)draw(2));
    wdmsim_driver_parameter_u32(machine, "doorman", "VetoStop", (uint32_t)draw(2));
    wdmsim_driver_parameter_u32(machine, "doorman", "VetoSystem", (uint32_t)draw(2));
    assert_int_equal(wdmsim_install(machine, &link), 0);
    for (unsigned i = 0; i < DEVICES; i++) {
        uint32_t node;
        struct wdmsim_node_info info;
        assert_int_equal(wdmsim_plug(machine, WDMSIM_ROOT_NODE, &descriptions[i], &node), 0);
        assert_int_equal(wdmsim_node_info(machine, node, &info), 0);
        slots[i] = info.slot;
        assert_int_equal(info.state, WDMSIM_NODE_STARTED);
    }
}

/* Any node of the tree but its root; 0 if there is none. */
static uint32_t any_node(void) {
    unsigned count = 0;
    uint32_t chosen = 0;
    for (uint32_t node = WDMSIM_ROOT_NODE; (node = wdmsim_node_next(machine, node));)
        if (draw(++count) == 0)
            chosen = node;
    return chosen;
}

/* ---- what a program does ---- */

static void submit(struct wdmsim_request_parameters *parameters) {
    if (request_count < REQUESTS &&
        wdmsim_submit(machine, parameters, &requests[request_count]) == 0)
        request_count++;
}

static void open_a_device(void) {
    static const char *const paths[] = {"\\\\.\\ChainBus", "\\\\.\\Gauge0", "\\\\.\\Gauge1",
                                        "\\\\.\\Gauge2", "\\\\.\\Triplex0"};
    struct wdmsim_request_parameters open = {.operation = WDMSIM_OPEN, .path = paths[draw(5)]};
    TELL("open %s\n", open.path);
    if (open_count < HANDLES && wdmsim_submit(machine, &open, &opens[open_count]) == 0)
        open_count++;
}

/* 0: it is not open, or not yet. */
static uint64_t handle_of(unsigned number) { return wdmsim_request_handle(opens[number]); }

static void close_handle(unsigned number) {
    uint64_t handle = handle_of(number);
    if (handle)
        submit(&(struct wdmsim_request_parameters){.operation = WDMSIM_CLOSE, .handle = handle});
    wdmsim_request_free(machine, opens[number]);
    opens[number] = opens[--open_count];
}

static void close_a_handle(void) {
    unsigned number = open_count ? (unsigned)draw(open_count) : 0;
    if (!open_count || !wdmsim_request_done(opens[number]))
        return;
    TELL("close %#llx\n", (unsigned long long)handle_of(number));
    close_handle(number);
}

static void send_a_request(void) {
    /* Of a bus (plug, unplug, eject a child), of a triplex (work for a component), and a read. */
    static const uint32_t codes[] = {0x2a2400, 0x2a2404, 0x2a2408, 0x222400, 0};
    uint64_t handle = open_count ? handle_of((unsigned)draw(open_count)) : 0;
    if (!handle)
        return;
    uint32_t code = codes[draw(5)];
    uint32_t input[2] = {(uint32_t)draw(4), (uint32_t)draw(900) + 1};
    TELL("request %#x (%u, %u)\n", code, input[0], input[1]);
    submit(&(struct wdmsim_request_parameters){.operation = code ? WDMSIM_IOCTL : WDMSIM_READ,
                                               .handle = handle,
                                               .code = code,
                                               .input = input,
                                               .input_size = code == 0x222400 ? 8 : 4,
                                               .output_size = code ? 0 : 4});
}

static void cancel_a_request(void) {
    if (request_count)
        wdmsim_cancel(machine, requests[draw(request_count)]);
}

/* ---- what happens to the tree and the system ---- */

static void operate(void) {
    uint32_t node = any_node();
    enum wdmsim_pnp_operation operation = (enum wdmsim_pnp_operation)draw(WDMSIM_PNP_OPERATIONS);
    if (!node || operation_count == OPERATIONS)
        return;
    TELL("%s %u\n", wdmsim_pnp_operation_name(operation), node);
    if (wdmsim_pnp_begin(machine, operation, node, &operations[operation_count]) == 0)
        operation_count++;
}

/* One that is out is put in; one that is in is taken out, or changed before anybody looks. */
static void plug_or_unplug(void) {
    uint32_t node, slot = slots[draw(DEVICES)];
    bool out = wdmsim_unplug_silently(machine, slot) == 0, in = !out || draw(2);
    TELL("slot %u:%s%s\n", slot, out ? " unplug" : "", in ? " plug" : "");
    if (in)
        wdmsim_plug_again(machine, slot, &node);
    else
        wdmsim_pnp_begin(machine, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE, &node);
}

static void change_power(void) {
    enum wdmsim_power_goal goal = (enum wdmsim_power_goal)draw(5);
    uint32_t node;
    switch (draw(6)) {
    case 0:
    case 1:
        TELL("down to %s\n", wdmsim_power_goal_name(goal));
        wdmsim_power_down_begin(machine, goal, (unsigned)draw(4));
        break;
    case 2:
        TELL("wake\n");
        wdmsim_power_wake_begin(machine);
        break;
    case 3:
        node = any_node();
        TELL("wake signal of %u\n", node);
        wdmsim_power_signal_wake_begin(machine, node);
        break;
    case 4:
        TELL("standby\n");
        wdmsim_power_standby(machine, draw(2));
        break;
    default:
        wdmsim_power_source(machine, (enum wdmsim_power_source)draw(2));
    }
}

static void act(void) {
    static void (*const actions[])(void) = {
        open_a_device,  open_a_device,  send_a_request,   send_a_request, send_a_request,
        send_a_request, close_a_handle, cancel_a_request, operate,        operate,
        operate,        plug_or_unplug, plug_or_unplug,   change_power,   change_power};
    static const uint64_t spans[] = {0, 0, 50 * WDMSIM_US, WDMSIM_MS, 7 * WDMSIM_MS, WDMSIM_S};
    actions[draw(sizeof actions / sizeof *actions)]();
    uint64_t span = spans[draw(sizeof spans / sizeof *spans)];
    if (span || draw(2))
        wdmsim_advance(machine, span);
}

/* ---- the calm after it ---- */

static void expect_running(uint64_t seed) {
    const struct wdmsim_stop *stop = wdmsim_machine_stop(machine);
    if (stop)
        fail_msg("seed %llu: bug check %#x (%#llx, %#llx): %s", (unsigned long long)seed,
                 stop->code, (unsigned long long)stop->parameters[0],
                 (unsigned long long)stop->parameters[1], stop->explanation);
}

static void calm_down(void) {
    struct wdmsim_pnp_result result;
    assert_int_equal(wdmsim_advance(machine, 30 * WDMSIM_S), 0);
    wdmsim_power_standby(machine, false);
    if (wdmsim_power_system(machine) != 1)
        assert_int_equal(wdmsim_power_wake(machine), 0);
    assert_int_equal(wdmsim_settle(machine), 0);
    while (open_count)
        close_handle(0);
    for (unsigned i = 0; i < request_count; i++)
        wdmsim_cancel(machine, requests[i]);
    assert_int_equal(wdmsim_advance(machine, 30 * WDMSIM_S), 0);
    assert_false(wdmsim_power_busy(machine));
    for (unsigned i = 0; i < request_count; i++) {
        if (!wdmsim_request_done(requests[i]))
            fail_msg("request %u is still pending", wdmsim_request_serial(requests[i]));
        wdmsim_request_free(machine, requests[i]);
    }
    assert_int_equal(wdmsim_settle(machine), 0);
    for (unsigned i = 0; i < operation_count; i++)
        if (!wdmsim_pnp_done(machine, operations[i], &result))
            fail_msg("operation %u of %u never came to its end", i, operation_count);
}

static void expect_nothing_left(void) {
    uint32_t node;
    while ((node = wdmsim_node_next(machine, WDMSIM_ROOT_NODE))) {
        struct wdmsim_node_info info;
        assert_int_equal(wdmsim_unplug(machine, node), 0);
        if (wdmsim_node_info(machine, node, &info) == 0)
            fail_msg("device node %u, %s, is %s after it was taken out", node, info.instance_path,
                     wdmsim_node_state_name(info.state));
    }
    assert_int_equal(wdmsim_advance(machine, WDMSIM_S), 0);
    assert_int_equal(wdmsim_irps_in_flight(machine), 0);
    assert_int_equal(wdmsim_fx_reports(machine), 0);
    struct wdmsim_leak leaks[8];
    size_t count = wdmsim_leaks(machine, false, leaks, 8);
    for (size_t i = 0; i < count && i < 8; i++)
        printf("leaked: %s\n", leaks[i].detail);
    assert_int_equal(count, 0);
}

static unsigned choose(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    (void)context;
    switch (kind) {
    case WDMSIM_CHOICE_POOL:
        if (!starving || draw(hunger))
            return 0;
        refused++;
        return 1;
    case WDMSIM_CHOICE_PREEMPT:
        return draw(8) ? 0 : (unsigned)draw(n);
    default:
        return (unsigned)draw(n);
    }
}

static void storm(uint64_t seed, bool hungry) {
    struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
    state = seed * 0x9e3779b97f4a7c15u + 1;
    open_count = request_count = operation_count = 0;
    config.processors = 1 + (unsigned)draw(4);
    config.strategy = hungry ? WDMSIM_STRATEGY_ASK : WDMSIM_STRATEGY_RANDOM;
    config.seed = seed;
    config.flags |= hungry ? WDMSIM_FAIL_POOL : 0;
    assert_int_equal(wdmsim_machine_create(&config, &machine), 0);
    wdmsim_set_chooser(machine, choose, NULL);
    build_the_tree();
    starving = hungry;
    hunger = 2 + (unsigned)draw(12);
    for (unsigned i = (unsigned)draw(300) + 10; i && !wdmsim_machine_stop(machine); i--)
        act();
    starving = false;
    expect_running(seed);
    calm_down();
    expect_running(seed);
    expect_nothing_left();
    wdmsim_machine_destroy(machine);
}

static void storms(bool hungry) {
    const char *wanted = getenv("WDMSIM_STORM"), *first = getenv("WDMSIM_STORM_FIRST");
    uint64_t seeds = wanted ? strtoull(wanted, NULL, 0) : 200;
    uint64_t seed = first ? strtoull(first, NULL, 0) : 1;
    told = seeds == 1;
    for (uint64_t end = seed + seeds; seed < end; seed++)
        storm(seed, hungry);
}

static void every_storm_ends(void **unused) {
    (void)unused;
    storms(false);
}

static void every_storm_ends_when_memory_is_short(void **unused) {
    (void)unused;
    storms(true);
    assert_true(refused || told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_storm_ends),
        cmocka_unit_test(every_storm_ends_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
