/* Steps that ask the PnP manager to do something to a device, and waiting in general. */
#include "scenario/run.h"

#include <inttypes.h>

#include <wdmsim/pnp.h>

#define WAIT_DEFAULT (60 * WDMSIM_S)

bool step_worked(struct run *run, int error, const char *expected) {
    return error >= 0 || run_fail(run, "step", expected, wdmsim_error_message(error));
}

bool wait_until(struct run *run, bool (*condition)(void *context), void *context,
                const struct number *within, const char *what) {
    uint64_t limit = within->set ? within->value : WAIT_DEFAULT;
    int error = wdmsim_run_until(run->machine, condition, context, limit);
    if (error == WDMSIM_ERROR_TIMED_OUT)
        return run_fail(run, "time", run_printf(run, "%s within %s", what, time_words(run, limit)),
                        "it goes on");
    return error == 0;
}

bool pass_until(struct run *run, uint64_t time) {
    uint64_t now = wdmsim_time(run->machine);
    return time <= now || wdmsim_advance(run->machine, time - now) == 0;
}

/* ---- operations ----------------------------------------------------------------------------- */

struct operation {
    struct machine *machine;
    uint32_t id;
    struct wdmsim_pnp_result result;
};

static bool is_over(void *context) {
    struct operation *operation = context;
    return wdmsim_pnp_done(operation->machine, operation->id, &operation->result);
}

/* All these steps have the same members; those of one kind stand for all. */
static const struct step_start *pnp_of(const struct step *step) {
#define X(name, operation)                                                                         \
    _Static_assert(sizeof(struct step_##name) == sizeof(struct step_start),                        \
                   "steps of the PnP manager have the same members");
    PNP_OPERATIONS(X)
#undef X
    return &step->as.start;
}

static enum wdmsim_pnp_operation operation_of(enum step_kind kind) {
    switch (kind) {
#define X(name, operation)                                                                         \
    case STEP_##name:                                                                              \
        return WDMSIM_PNP_##operation;
        PNP_OPERATIONS(X)
#undef X
    default:
        return WDMSIM_PNP_OPERATIONS;
    }
}

bool step_pnp_start(struct run *run, const struct step *step) {
    const struct step_start *pnp = pnp_of(step);
    uint32_t node = device_node(run, &pnp->start);
    const char *name = device_words(&pnp->start);
    if (!node)
        return run_fail(run, "device", run_printf(run, "%s to be there", name), "it is not");
    int error = wdmsim_pnp_begin(run->machine, operation_of(step->kind), node,
                                 &run->operations[step->index]);
    return step_worked(run, error, run_printf(run, "to %s %s", step_kind_name(step->kind), name));
}

static const char *veto_words(enum wdmsim_veto veto) {
    static const char *const words[] = {[WDMSIM_VETO_NONE] = "nobody",
                                        [WDMSIM_VETO_DRIVER] = "driver",
                                        [WDMSIM_VETO_LISTENER] = "listener",
                                        [WDMSIM_VETO_HANDLE] = "handle",
                                        [WDMSIM_VETO_NOT_DISABLEABLE] = "not_disableable",
                                        [WDMSIM_VETO_LEGACY] = "state"};
    return words[veto];
}

static const char *node_words(struct run *run, uint32_t node) {
    struct wdmsim_node_info info;
    if (!node)
        return "none";
    if (wdmsim_node_info(run->machine, node, &info) || !*info.instance_path)
        return run_printf(run, "device node %" PRIu32, node);
    return run_printf(run, "%s", info.instance_path);
}

static bool check_result(struct run *run, const struct wdmsim_pnp_result *result,
                         const struct expect_pnp *expect) {
    static const struct expect_pnp nothing;
    if (!expect)
        expect = &nothing;
    if (expect->veto.set && expect->veto.value != result->veto)
        return run_fail(run, "veto", veto_words((enum wdmsim_veto)expect->veto.value),
                        run_printf(run, "%s (%s)", veto_words(result->veto),
                                   node_words(run, result->veto_node)));
    if ((expect->by.device || expect->by.path) &&
        device_node(run, &expect->by) != result->veto_node)
        return run_fail(run, "veto by", device_words(&expect->by),
                        node_words(run, result->veto_node));
    bool refusal = expect->veto.set && expect->veto.value != WDMSIM_VETO_NONE;
    if (!expect->veto.set && result->veto && !expect->status)
        return run_fail(run, "veto", "nobody",
                        run_printf(run, "%s (%s), %s", veto_words(result->veto),
                                   node_words(run, result->veto_node),
                                   status_words(run, result->status)));
    return check_status(run, "status", result->status, expect->status,
                        refusal ? RULE_NONE : RULE_SUCCESS);
}

bool step_pnp_finish(struct run *run, const struct step *step) {
    const struct step_start *pnp = pnp_of(step);
    struct operation operation = {.machine = run->machine, .id = run->operations[step->index]};
    if (pnp->begin.value)
        return true;
    return wait_until(run, is_over, &operation, &pnp->within,
                      run_printf(run, "%s of %s to be over", step_kind_name(step->kind),
                                 device_words(&pnp->start))) &&
           check_result(run, &operation.result, pnp->expect);
}

bool step_usage_start(struct run *run, const struct step *step) {
    const struct step_usage *usage = &step->as.usage;
    uint32_t status = 0, node = device_node(run, &usage->device);
    bool comes = !usage->in_path.set || usage->in_path.value;
    int error = wdmsim_device_usage(run->machine, node, (enum wdmsim_usage)usage->usage.value,
                                    comes, &status);
    return step_worked(run, error, "the drivers to be told") &&
           check_status(run, "status", status, usage->status, RULE_SUCCESS);
}
