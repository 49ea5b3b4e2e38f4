/*
 * A bus master as a whole: a model of its hardware, its driver, and programs that read and write.
 *
 * The copy engine is plugged in with registers and an interrupt line. Its model takes elements
 * through its registers, moves the data some time later by logical address, and holds its interrupt
 * until the driver has cleared it.
 */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#include "engine.h"

struct model {
    struct machine *machine;
    uint32_t node, vector;
    uint64_t address;
    uint32_t length, status, command;
    struct {
        uint64_t address;
        uint32_t length;
    } elements[32];
    unsigned count, most;
    char memory[ENGINE_MEMORY];
};
static struct model model;

/* The data of one command has arrived: a byte takes a nanosecond. */
static void model_finish(void *context) {
    struct model *engine = context;
    size_t at = 0;
    int error = 0;
    for (unsigned i = 0; i < engine->count && !error; i++) {
        uint64_t address = engine->elements[i].address;
        size_t length = engine->elements[i].length;
        error = engine->command == ENGINE_READ
                    ? wdmsim_dma_write(engine->machine, address, engine->memory + at, length)
                    : wdmsim_dma_read(engine->machine, address, engine->memory + at, length);
        at += length;
    }
    engine->most = engine->count > engine->most ? engine->count : engine->most;
    engine->count = 0;
    engine->status = error ? ENGINE_FAILED : ENGINE_DONE;
    wdmsim_interrupt_hold(engine->machine, engine->vector, true);
}

static void model_command(struct model *engine, uint32_t command) {
    uint64_t bytes = 0;
    if (command == ENGINE_PUSH) {
        engine->elements[engine->count].address = engine->address;
        engine->elements[engine->count++].length = engine->length;
        return;
    }
    for (unsigned i = 0; i < engine->count; i++)
        bytes += engine->elements[i].length;
    engine->command = command;
    wdmsim_schedule(engine->machine, bytes * WDMSIM_NS, model_finish, engine);
}

static uint64_t model_read(void *context, uint64_t offset, unsigned width) {
    const struct model *engine = context;
    (void)width;
    return offset == ENGINE_STATUS ? engine->status : 0;
}

static void model_write(void *context, uint64_t offset, unsigned width, uint64_t value) {
    struct model *engine = context;
    (void)width;
    if (offset == ENGINE_ADDRESS)
        engine->address = value;
    else if (offset == ENGINE_LENGTH)
        engine->length = (uint32_t)value;
    else if (offset == ENGINE_COMMAND)
        model_command(engine, (uint32_t)value);
    else if (offset == ENGINE_STATUS) {
        engine->status &= ~(uint32_t)value;
        wdmsim_interrupt_hold(engine->machine, engine->vector, engine->status != 0);
    }
}

#define MEMORY_BASE 0xd0000000u

/* Plugs the engine in and opens it. */
static uint64_t plug(struct machine *m, uint32_t width, bool scatter_gather) {
    static const struct wdmsim_resource resources[] = {
        {.kind = WDMSIM_RESOURCE_MEMORY,
         .minimum = MEMORY_BASE,
         .maximum = MEMORY_BASE + 4095,
         .length = 4096},
        {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 5, .maximum = 5}};
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    const struct wdmsim_registers registers = {.base = MEMORY_BASE,
                                               .size = ENGINE_SIZE,
                                               .read = model_read,
                                               .write = model_write,
                                               .context = &model};
    struct wdmsim_assigned assigned;
    memset(&model, 0, sizeof model);
    model.machine = m;
    description.device_id = "TEST\\ENGINE";
    description.function = "engine";
    description.resources = resources;
    description.resource_count = 2;
    assert_int_equal(wdmsim_registers_add(m, &registers), 0);
    wdmsim_driver_parameter_u32(m, "engine", "Width", width);
    wdmsim_driver_parameter_u32(m, "engine", "ScatterGather", scatter_gather);
    assert_int_equal(wdmsim_service_define(m, "engine", "engine"), 0);
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &model.node), 0);
    assert_int_equal(wdmsim_node_resource(m, model.node, 1, &assigned), 0);
    model.vector = assigned.vector;
    struct wdmsim_request_parameters open = {.operation = WDMSIM_OPEN, .path = "\\Device\\engine"};
    struct wdmsim_request *request;
    assert_int_equal(wdmsim_submit(m, &open, &request), 0);
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    return wdmsim_request_handle(request);
}

static struct wdmsim_request *begin(struct machine *m, uint64_t handle, const void *data,
                                    size_t size) {
    struct wdmsim_request_parameters parameters = {.operation = data ? WDMSIM_WRITE : WDMSIM_READ,
                                                   .handle = handle,
                                                   .input = data,
                                                   .input_size = data ? size : 0,
                                                   .output_size = data ? 0 : size};
    struct wdmsim_request *request;
    assert_int_equal(wdmsim_submit(m, &parameters, &request), 0);
    return request;
}

static void end(struct machine *m, struct wdmsim_request *request, size_t size) {
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_int_equal(wdmsim_request_information(request), size);
}

static char data[40000];
static void fill(void) {
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 256);
}

/* What a program writes comes back to it, whatever the device can address. */
static void round_trip(struct machine *m, uint32_t width, bool scatter_gather) {
    uint64_t handle = plug(m, width, scatter_gather);
    size_t size;
    fill();
    wdmsim_dma_guard(m, true);
    end(m, begin(m, handle, data, sizeof data), sizeof data);
    assert_memory_equal(model.memory, data, sizeof data);
    struct wdmsim_request *request = begin(m, handle, NULL, sizeof data);
    end(m, request, sizeof data);
    const void *output = wdmsim_request_output(request, &size);
    assert_memory_equal(output, data, sizeof data);
}

static void data_goes_to_a_device_of_64_bits_and_comes_back(struct machine *m) {
    round_trip(m, 64, true);
}

/* User memory lies beyond 4 GiB: all of it goes through map registers. */
static void data_goes_to_a_device_of_32_bits_and_comes_back(struct machine *m) {
    round_trip(m, 32, true);
}

static void a_device_without_scatter_gather_gets_one_element(struct machine *m) {
    round_trip(m, 32, false);
    assert_int_equal(model.most, 1);
}

static void transfers_take_their_turn_and_their_time(struct machine *m) {
    uint64_t handle = plug(m, 32, true), begun = wdmsim_time(m);
    struct wdmsim_request *first, *second;
    size_t size;
    fill();
    first = begin(m, handle, data, 10000);
    second = begin(m, handle, NULL, 10000);
    wdmsim_advance(m, 15 * WDMSIM_US);
    assert_true(wdmsim_request_done(first));
    assert_false(wdmsim_request_done(second));
    end(m, second, 10000);
    assert_true(wdmsim_time(m) - begun >= 20 * WDMSIM_US);
    assert_memory_equal(wdmsim_request_output(second, &size), data, 10000);
}

static void the_device_goes(struct machine *m) {
    plug(m, 32, true);
    assert_int_equal(wdmsim_unplug(m, model.node), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(data_goes_to_a_device_of_64_bits_and_comes_back),
        wdmsim_unit_test(data_goes_to_a_device_of_32_bits_and_comes_back),
        wdmsim_unit_test(a_device_without_scatter_gather_gets_one_element),
        wdmsim_unit_test(transfers_take_their_turn_and_their_time),
        wdmsim_unit_test(the_device_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
