/*
 * Tests that end in a bug check whose parameters count:
 *
 *     expect_stop(REFERENCE_BY_POINTER, type, object, 0, 0);
 *     ObDereferenceObject(object);
 *
 * in a body that stands in the table as stop_unit_test(body).
 */
#ifndef TESTS_STOP_H
#define TESTS_STOP_H

#include <wdmsim/cmocka.h>

#define ANY_PARAMETER UINT64_MAX

static struct {
    bool expected;
    uint64_t parameters[4];
} wanted_stop;

static inline void expect_stop(uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4) {
    wdmsim_expect_bugcheck(code);
    wanted_stop.expected = true;
    wanted_stop.parameters[0] = p1, wanted_stop.parameters[1] = p2;
    wanted_stop.parameters[2] = p3, wanted_stop.parameters[3] = p4;
}

static inline void judge_stop(void **state) {
    memset(&wanted_stop, 0, sizeof wanted_stop);
    wdmsim_fixture_run(state);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(wdmsim_fixture.machine);
    for (unsigned i = 0; stop && wanted_stop.expected && i < 4; i++)
        if (wanted_stop.parameters[i] != ANY_PARAMETER)
            assert_int_equal(stop->parameters[i], wanted_stop.parameters[i]);
}

#define stop_unit_test(body)                                                                       \
    {                                                                                              \
#body, judge_stop, NULL, wdmsim_fixture_teardown, (void *)&(const struct wdmsim_test) {    \
            body, NULL                                                                             \
        }                                                                                          \
    }

#endif
