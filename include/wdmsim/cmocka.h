/*
 * A CMocka fixture: every test gets a fresh machine, and its body runs as a kernel thread of it.
 *
 *     #include <wdm.h>
 *     #include <wdmsim/cmocka.h>
 *
 *     static void a_notification_event_stays_signaled(struct machine *m)
 *     {
 *         KEVENT event;
 *         KeInitializeEvent(&event, NotificationEvent, FALSE);
 *         KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
 *         assert_int_equal(KeReadStateEvent(&event), 1);
 *     }
 *
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = {wdmsim_unit_test(a_notification_event_stays_signaled)};
 *         return cmocka_run_group_tests(tests, NULL, NULL);
 *     }
 *
 * A bug check, or a body that waits for what can never happen, fails the test with the machine's own account of it. A test
 * that wants a bug check says so first: wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL).
 *
 * This header includes <cmocka.h> and what that needs; the library itself does not know CMocka.
 */
#ifndef WDMSIM_CMOCKA_H
#define WDMSIM_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <wdmsim/thread.h>
#include <wdmsim/wdmsim.h>

struct wdmsim_test {
    void (*body)(struct machine *machine);
    const struct wdmsim_config *config; /* NULL: one processor, rules checked */
};

/* An entry of a CMocka test table; for use inside a function. */
#define wdmsim_unit_test(body) wdmsim_unit_test_on(body, NULL)
#define wdmsim_unit_test_on(body, config)                                                          \
    {                                                                                              \
        #body, wdmsim_fixture_run, NULL, wdmsim_fixture_teardown,                                  \
            (void *)&(const struct wdmsim_test){body, config}                                      \
    }

struct wdmsim_fixture {
    const struct wdmsim_test *test;
    struct machine *machine;
    bool done;
    bool expects_bugcheck;
    uint32_t expected_code;
};
static struct wdmsim_fixture wdmsim_fixture;

/* The test passes if the machine stops at this bug check, and only then. */
static inline void wdmsim_expect_bugcheck(uint32_t code)
{
    wdmsim_fixture.expects_bugcheck = true;
    wdmsim_fixture.expected_code = code;
}

/* A driver that must load: finds NAME.sys, runs DriverEntry, fails the test unless it returns success. */
static inline struct wdmsim_driver *wdmsim_load(const char *name)
{
    struct wdmsim_driver *driver = NULL;
    int error = wdmsim_driver_load(wdmsim_fixture.machine, name, name, &driver);
    if (error)
        fail_msg("driver %s: %s %s", name, wdmsim_error_message(error), wdmsim_driver_error());
    if (!wdmsim_driver_is_loaded(driver))
        fail_msg("driver %s: DriverEntry returned 0x%08x", name, (unsigned)wdmsim_driver_status(driver));
    return driver;
}

static inline void wdmsim_fixture_body(void *context)
{
    (void)context;
    wdmsim_fixture.test->body(wdmsim_fixture.machine);
}

static inline bool wdmsim_fixture_done(void *context)
{
    (void)context;
    return wdmsim_fixture.done;
}

static inline void wdmsim_fixture_print_stop(const struct wdmsim_stop *stop)
{
    print_error("bug check 0x%x %s (0x%llx, 0x%llx, 0x%llx, 0x%llx): %s\n", (unsigned)stop->code, stop->name,
                (unsigned long long)stop->parameters[0], (unsigned long long)stop->parameters[1],
                (unsigned long long)stop->parameters[2], (unsigned long long)stop->parameters[3], stop->explanation);
    for (unsigned i = 0; i < stop->frame_count; i++) {
        const struct wdmsim_frame *frame = &stop->frames[i];
        print_error("    %s %s+0x%llx\n", frame->image ? frame->image : "?", frame->symbol ? frame->symbol : "",
                    (unsigned long long)(frame->symbol ? frame->symbol_offset : frame->offset));
    }
}

static inline void wdmsim_fixture_judge(struct wdmsim_fixture *fixture, int error)
{
    const struct wdmsim_stop *stop = wdmsim_machine_stop(fixture->machine);
    static char text[4096];
    if (stop && (!fixture->expects_bugcheck || stop->code != fixture->expected_code)) {
        wdmsim_fixture_print_stop(stop);
        fail_msg("unexpected bug check %s", stop->name);
    }
    if (!stop && fixture->expects_bugcheck)
        fail_msg("bug check %s did not happen", wdmsim_bugcheck_name(fixture->expected_code));
    if (!stop && error) {
        wdmsim_show_threads(fixture->machine, text, sizeof text);
        fail_msg("the test body never ends: %s\n%s", wdmsim_error_message(error), text);
    }
}

static inline void wdmsim_fixture_run(void **state)
{
    struct wdmsim_fixture *fixture = &wdmsim_fixture;
    int error;
    memset(fixture, 0, sizeof *fixture);
    fixture->test = (const struct wdmsim_test *)*state;
    error = wdmsim_machine_create(fixture->test->config, &fixture->machine);
    if (!error)
        error = wdmsim_system_thread(fixture->machine, wdmsim_fixture_body, NULL, &fixture->done);
    if (error)
        fail_msg("no machine: %s", wdmsim_error_message(error));
    error = wdmsim_run_until(fixture->machine, wdmsim_fixture_done, NULL, WDMSIM_FOREVER);
    wdmsim_fixture_judge(fixture, error);
}

static inline int wdmsim_fixture_teardown(void **state)
{
    (void)state;
    wdmsim_machine_destroy(wdmsim_fixture.machine);
    wdmsim_fixture.machine = NULL;
    return 0;
}

#endif
