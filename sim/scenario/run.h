/*
 * Running a scenario: the machine it runs on, what its names stand for meanwhile, and how it ended.
 */
#ifndef SIM_SCENARIO_RUN_H
#define SIM_SCENARIO_RUN_H

#include <wdmsim/wdmsim.h>

#include "report/history.h"
#include "report/lines.h"
#include "scenario/journal.h"
#include "scenario/scenario.h"

#define STATUS_PENDING 0x103u

/* The command's exit codes. */
enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_UNREADABLE, OUTCOME_CRASHED };

/* What the command line says about one run. */
struct run_options {
    struct number seed;          /* instead of the scenario's */
    struct number processors;    /* likewise */
    uint64_t events;             /* trace events besides the scenario's */
    struct trace_writer *writer; /* where the trace goes, or NULL */
    bool measure;                /* keep the sums of the run's history … */
    bool keep;                   /* … and all that timelines show */
    const char *driver_path;     /* what the command was told, for a line that repeats the run */
};

/* What a name stands for. */
struct slot {
    struct wdmsim_request *request; /* of a request or an open */
    uint64_t handle;                /* of a file or event */
    struct wdmsim_process *process; /* the process itself, or the one that owns the handle */
    bool manual_reset;              /* of an event */
    const char *path;               /* of a file */
    const char *device;             /* of a request: the path of its file */
};

/* Where a described device is plugged in. */
struct socket {
    uint32_t slot; /* 0: it is not */
    uint32_t node; /* its device node, 0: not enumerated so far */
};

/* The expectation that did not hold. The texts live in the run's store. */
struct failure {
    const struct step *step; /* NULL: the scenario's own "expect" */
    const char *subject;     /* "status", "event done" … */
    const char *expected;
    const char *actual;
    const char *device; /* the path of the device it is about, or NULL */
};

struct run {
    const struct scenario *scenario;
    const struct run_options *options;
    struct store store;
    struct machine *machine;
    uint64_t seed;
    bool seeded; /* the strategy is random */
    unsigned processors;
    struct slot *slots;               /* by name */
    struct socket *sockets;           /* by device of the list */
    uint32_t *operations;             /* by step index: PnP operations that were begun; statuses
                                         of processors that are being added */
    uint64_t origin;                  /* what "at" counts from */
    struct wdmsim_request **requests; /* by step index: between a step's start and its end */
    struct lines lines;               /* in front of the journal and the history */
    struct journal journal;
    struct history history;
    bool measured;                /* the history is kept */
    const struct step *step;      /* the one that is being done, NULL before and after all */
    const struct step *stop_step; /* the one in which the machine stopped */
    uint64_t rounds, round;       /* of the innermost repeated group */
    bool beginning;               /* devices are being plugged in, no step is done so far */
    bool stop_expected;           /* an expectation has named the bug check */
    enum outcome outcome;
    struct failure failure;
};

/*
 * Runs a scenario to its end. The machine stays as it is until run_end, so that a report can look
 * into it.
 */
void run_begin(struct run *run, const struct scenario *scenario, const struct run_options *options);
enum outcome run_all(struct run *run);
void run_end(struct run *run);

/*
 * Records that an expectation did not hold; always false, so that a step can return it. The first
 * one counts.
 */
bool run_fail(struct run *run, const char *subject, const char *expected, const char *actual);
char *run_printf(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- for the steps -------------------------------------------------------------------------- */

/* Each step is started; the machine settles; then it is finished. Either may be NULL. */
struct step_code {
    bool (*start)(struct run *run, const struct step *step);
    bool (*finish)(struct run *run, const struct step *step);
};
extern const struct step_code step_codes[STEP_KINDS];

bool step_load_start(struct run *run, const struct step *step);
bool step_unload_start(struct run *run, const struct step *step);
bool step_open_start(struct run *run, const struct step *step);
bool step_open_finish(struct run *run, const struct step *step);
bool step_close_start(struct run *run, const struct step *step);
bool step_ioctl_start(struct run *run, const struct step *step);
bool step_read_start(struct run *run, const struct step *step);
bool step_write_start(struct run *run, const struct step *step);
bool step_flush_start(struct run *run, const struct step *step);
bool step_request_finish(struct run *run, const struct step *step);
bool step_cancel_start(struct run *run, const struct step *step);
bool step_cancel_finish(struct run *run, const struct step *step);
bool step_cancel_all_start(struct run *run, const struct step *step);
bool step_end_thread_start(struct run *run, const struct step *step);
bool step_end_thread_finish(struct run *run, const struct step *step);
bool step_wait_start(struct run *run, const struct step *step);
bool step_wait_finish(struct run *run, const struct step *step);
bool step_advance_start(struct run *run, const struct step *step);
bool step_set_time_start(struct run *run, const struct step *step);
bool step_add_processors_start(struct run *run, const struct step *step);
bool step_add_processors_finish(struct run *run, const struct step *step);
bool step_interrupt_start(struct run *run, const struct step *step);
bool step_create_event_start(struct run *run, const struct step *step);
bool step_set_event_start(struct run *run, const struct step *step);
bool step_reset_event_start(struct run *run, const struct step *step);
bool step_create_process_start(struct run *run, const struct step *step);
bool step_exit_process_start(struct run *run, const struct step *step);
bool step_note_start(struct run *run, const struct step *step);
bool step_together_start(struct run *run, const struct step *step);
bool step_together_finish(struct run *run, const struct step *step);
bool step_repeat_start(struct run *run, const struct step *step);
#define X(name, text) bool step_##name##_start(struct run *run, const struct step *step);
POWER_STEPS(X)
#undef X
bool step_plug_finish(struct run *run, const struct step *step);
bool step_pnp_start(struct run *run, const struct step *step);
bool step_pnp_finish(struct run *run, const struct step *step);
bool step_sleep_finish(struct run *run, const struct step *step);
bool step_shutdown_finish(struct run *run, const struct step *step);
bool step_wake_finish(struct run *run, const struct step *step);
bool step_wake_signal_finish(struct run *run, const struct step *step);
bool do_steps(struct run *run, const struct step_list *steps);

/* Where a driver's image is; its registry parameters, written: step_driver.c. */
const char *driver_image(struct run *run, const struct driver_spec *driver);
int driver_parameters(struct run *run, const struct driver_spec *driver);

/* Drivers, packages and devices that are there from the beginning. */
bool world_begin(struct run *run);
/* The node of a device, 0: it has none. */
uint32_t device_node(struct run *run, const struct device_ref *device);
const char *device_words(const struct device_ref *device);
bool check_device(struct run *run, const struct device_ref *device,
                  const struct expect_device *expect);
bool check_range(struct run *run, const char *subject, const struct range *range, uint64_t actual,
                 const char *(*words)(struct run *run, uint64_t value));
bool check_power(struct run *run, const struct expect_spec *expect);
/* Lets time pass until a condition holds; false with a failure if it does not within the limit. */
bool wait_until(struct run *run, bool (*condition)(void *context), void *context,
                const struct number *within, const char *what);
/* Lets time pass up to a moment; false if the machine has stopped. */
bool pass_until(struct run *run, uint64_t time);
/* An error of the host API is a failure of the step. */
bool step_worked(struct run *run, int error, const char *expected);

/* What a request step expects where it does not say. */
enum request_rule { RULE_SUCCESS, RULE_SUCCESS_OR_PENDING, RULE_NONE };

/* Checks a request against an expectation, letting time pass if that has "within". */
bool check_request(struct run *run, struct wdmsim_request *request,
                   const struct expect_request *expect, enum request_rule rule);
bool check_status(struct run *run, const char *subject, uint32_t status,
                  const struct statuses *expected, enum request_rule rule);
/* Looks at the machine; `whole`: the scenario's own expectation. */
bool check_machine(struct run *run, const struct expect_spec *expect, bool whole);

/* "STATUS_PENDING", or "0xc0000bad" for one without a name. */
const char *status_words(struct run *run, uint32_t status);
/* "1.5 ms". */
const char *time_words(struct run *run, uint64_t time);

/* The bytes of data with the values of handles filled in; lives in the run's store. */
const uint8_t *data_bytes(struct run *run, const struct data *data);
const char *run_name(const struct run *run, unsigned name);

#endif
