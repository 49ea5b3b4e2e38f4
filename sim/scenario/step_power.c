/* Steps about power: transitions of the system, wake signals, what comes from outside; and time. */
#include "scenario/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <wdmsim/pofx.h>
#include <wdmsim/power.h>

static bool is_quiet(void *context) { return !wdmsim_power_busy(context); }

static bool is_awake(void *context) {
    return !wdmsim_power_busy(context) && wdmsim_power_system(context) == 1;
}

/* ---- to sleep ------------------------------------------------------------------------------- */

static bool begin_down(struct run *run, enum wdmsim_power_goal goal, const struct number *critical,
                       const struct number *emergency, const struct number *loss) {
    unsigned flags = (critical->value ? WDMSIM_POWER_CRITICAL : 0u) |
                     (emergency->value ? WDMSIM_POWER_EMERGENCY : 0u) |
                     (loss->value ? WDMSIM_POWER_POWER_LOSS : 0u);
    return step_worked(run, wdmsim_power_down_begin(run->machine, goal, flags),
                       run_printf(run, "%s to begin", wdmsim_power_goal_name(goal)));
}

static bool check_count(struct run *run, const char *subject, const struct range *range,
                        uint64_t actual) {
    return !range->set || check_range(run, subject, range, actual, NULL);
}

/* A refusal that does not count (`critical`) is none unless the expectation says so. */
static bool check_transition(struct run *run, bool critical, const struct expect_power *expect) {
    static const struct expect_power nothing;
    struct wdmsim_power_result result;
    struct wdmsim_node_info info;
    wdmsim_power_last(run->machine, &result);
    if (!expect)
        expect = &nothing;
    const char *who = wdmsim_node_info(run->machine, result.refused_by, &info) == 0
                          ? run_printf(run, "%s", info.instance_path)
                          : run_printf(run, "device node %" PRIu32, result.refused_by);
    bool refusal = expect->refused.value || expect->by.device || expect->by.path;
    if (critical && !expect->refused.set && !refusal)
        result.refused = false;
    if (result.refused != refusal)
        return run_fail(run, "transition", result.refused ? "not to be refused" : "a refusal",
                        result.refused ? run_printf(run, "refused by %s: %s", who,
                                                    status_words(run, result.status))
                                       : "nobody refused");
    if ((expect->by.device || expect->by.path) &&
        device_node(run, &expect->by) != result.refused_by)
        return run_fail(run, "refusal", run_printf(run, "by %s", device_words(&expect->by)),
                        run_printf(run, "by %s", who));
    return check_count(run, "devices that were queried", &expect->queried, result.queried) &&
           check_count(run, "devices set to sleep", &expect->set_down, result.set_down) &&
           check_count(run, "devices set to S0", &expect->set_up, result.set_up) &&
           (!expect->status ||
            check_status(run, "status", result.status, expect->status, RULE_NONE));
}

static bool end_down(struct run *run, const struct number *within, bool only_begun, bool critical,
                     const struct expect_power *expect) {
    return only_begun ||
           (wait_until(run, is_quiet, run->machine, within, "the transition to be over") &&
            check_transition(run, critical, expect));
}

bool step_sleep_start(struct run *run, const struct step *step) {
    const struct step_sleep *sleep = &step->as.sleep;
    return begin_down(run, (enum wdmsim_power_goal)sleep->sleep.value, &sleep->critical,
                      &sleep->emergency, &sleep->power_loss);
}

bool step_sleep_finish(struct run *run, const struct step *step) {
    const struct step_sleep *sleep = &step->as.sleep;
    return end_down(run, &sleep->within, sleep->begin.value, sleep->critical.value, sleep->expect);
}

bool step_shutdown_start(struct run *run, const struct step *step) {
    const struct step_shutdown *down = &step->as.shutdown;
    return begin_down(run, (enum wdmsim_power_goal)down->shutdown.value, &down->critical,
                      &down->emergency, &down->power_loss);
}

bool step_shutdown_finish(struct run *run, const struct step *step) {
    const struct step_shutdown *down = &step->as.shutdown;
    return end_down(run, &down->within, down->begin.value, down->critical.value, down->expect);
}

/* ---- awake ---------------------------------------------------------------------------------- */

bool step_wake_start(struct run *run, const struct step *step) {
    (void)step;
    return step_worked(run, wdmsim_power_wake_begin(run->machine), "the system to be asleep");
}

bool step_wake_finish(struct run *run, const struct step *step) {
    const struct step_wake *wake = &step->as.wake;
    return wake->begin.value ||
           wait_until(run, is_awake, run->machine, &wake->within, "the system to be awake");
}

bool step_wake_signal_start(struct run *run, const struct step *step) {
    const struct step_wake_signal *signal = &step->as.wake_signal;
    uint32_t node = device_node(run, &signal->wake_signal);
    int error = wdmsim_power_signal_wake_begin(run->machine, node);
    bool lost = error == WDMSIM_ERROR_NOT_FOUND;
    if (lost != (signal->lost.value != 0))
        return run_fail(run, "wake signal", lost ? "somebody to be armed for it" : "to be lost",
                        lost ? "nobody is: it is lost" : "somebody was armed for it");
    return lost || step_worked(run, error, "the wake signal to be given");
}

bool step_wake_signal_finish(struct run *run, const struct step *step) {
    const struct step_wake_signal *signal = &step->as.wake_signal;
    return signal->begin.value || signal->lost.value ||
           wait_until(run, is_awake, run->machine, &signal->within, "the system to be awake");
}

/* ---- from outside --------------------------------------------------------------------------- */

bool step_lid_start(struct run *run, const struct step *step) {
    return step_worked(run, wdmsim_power_lid(run->machine, step->as.lid.lid.value != 0),
                       "the lid to move");
}

bool step_power_source_start(struct run *run, const struct step *step) {
    enum wdmsim_power_source source =
        (enum wdmsim_power_source)step->as.power_source.power_source.value;
    return step_worked(run, wdmsim_power_source(run->machine, source), "the source to change");
}

bool step_battery_start(struct run *run, const struct step *step) {
    unsigned percent = (unsigned)step->as.battery.battery.value;
    return step_worked(run, wdmsim_power_battery(run->machine, percent), "the battery to change");
}

bool step_display_start(struct run *run, const struct step *step) {
    unsigned state = (unsigned)step->as.display.display.value;
    return step_worked(run, wdmsim_power_display(run->machine, state), "the display to change");
}

bool step_presence_start(struct run *run, const struct step *step) {
    unsigned state = (unsigned)step->as.presence.presence.value;
    return step_worked(run, wdmsim_power_presence(run->machine, state), "the user to be noticed");
}

bool step_user_input_start(struct run *run, const struct step *step) {
    return !step->as.user_input.user_input.value ||
           step_worked(run, wdmsim_power_user_input(run->machine), "the input to be noticed");
}

/* struct _GUID as Windows has it: the first three groups are numbers, the rest is bytes. */
struct guid_bytes {
    uint32_t data1;
    uint16_t data2, data3;
    uint8_t data4[8];
};

static uint64_t hexadecimal(const char *p, unsigned digits) {
    char text[17] = "";
    memcpy(text, p, digits);
    return strtoull(text, NULL, 16);
}

static struct guid_bytes guid_of(const char *text) {
    struct guid_bytes guid = {.data1 = (uint32_t)hexadecimal(text, 8),
                              .data2 = (uint16_t)hexadecimal(text + 9, 4),
                              .data3 = (uint16_t)hexadecimal(text + 14, 4)};
    for (unsigned i = 0; i < 8; i++)
        guid.data4[i] = (uint8_t)hexadecimal(text + 19 + 2 * i + (i >= 2), 2);
    return guid;
}

bool step_set_power_start(struct run *run, const struct step *step) {
    const struct step_set_power *set = &step->as.set_power;
    struct guid_bytes guid = guid_of(set->set_power);
    return step_worked(run,
                       wdmsim_power_setting(run->machine, (const struct _GUID *)&guid,
                                            data_bytes(run, set->value), set->value->size),
                       "the setting to change");
}

bool step_idle_policy_start(struct run *run, const struct step *step) {
    const struct step_idle_policy *policy = &step->as.idle_policy;
    return step_worked(run,
                       wdmsim_power_idle_policy(run->machine,
                                                (uint32_t)(policy->ac.value / WDMSIM_S),
                                                (uint32_t)(policy->dc.value / WDMSIM_S),
                                                (enum wdmsim_power_goal)policy->idle_policy.value),
                       "the policy to change");
}

bool step_standby_start(struct run *run, const struct step *step) {
    return step_worked(run, wdmsim_power_standby(run->machine, step->as.standby.standby.value != 0),
                       "standby to change");
}

bool step_activators_start(struct run *run, const struct step *step) {
    wdmsim_fx_activators(run->machine, step->as.activators.activators.value != 0);
    return true;
}

bool step_drips_constraint_start(struct run *run, const struct step *step) {
    const struct step_drips_constraint *constraint = &step->as.drips_constraint;
    uint32_t node = device_node(run, &constraint->drips_constraint);
    int error = 0;
    if (constraint->D.set)
        error = wdmsim_fx_d_constraint(
            run->machine, node, (unsigned)(constraint->D.value > 4 ? 3 : constraint->D.value - 1));
    if (!error && constraint->F.set)
        error = wdmsim_fx_f_constraint(run->machine, node, (unsigned)constraint->component.value,
                                       (unsigned)constraint->F.value);
    return step_worked(run, error,
                       run_printf(run, "%s to be registered with PoFx",
                                  device_words(&constraint->drips_constraint)));
}

bool step_direct_start(struct run *run, const struct step *step) {
    const struct step_direct *direct = &step->as.direct;
    return step_worked(
        run,
        wdmsim_fx_direct(run->machine, device_node(run, &direct->direct), direct->down.value != 0),
        "a driver that takes part in directed power management");
}

/* In units of 100 ns. */
static const uint64_t *hint_of(const struct number *time, uint64_t *hint) {
    *hint = time->value / 100;
    return time->set ? hint : NULL;
}

bool step_activity_start(struct run *run, const struct step *step) {
    const struct step_activity *activity = &step->as.activity;
    uint32_t node = device_node(run, &activity->activity);
    unsigned component = (unsigned)activity->component.value;
    uint64_t latency, residency;
    bool armed = activity->armed.value != 0;
    struct wdmsim_fx_hints hints = {.latency = hint_of(&activity->latency, &latency),
                                    .residency = hint_of(&activity->residency, &residency),
                                    .wake = activity->armed.set ? &armed : NULL};
    int error = wdmsim_fx_hints(run->machine, node, component, &hints);
    if (error == WDMSIM_ERROR_NOT_FOUND && activity->if_present.value)
        return true;
    if (!error && activity->F.set)
        error = wdmsim_fx_choose(run->machine, node, component, (int)activity->F.value);
    if (!error && activity->active.set)
        error = wdmsim_fx_activity(run->machine, node, component, activity->active.value != 0);
    return step_worked(run, error,
                       run_printf(run, "%s to have component %u and that F state",
                                  device_words(&activity->activity), component));
}

bool step_cool_start(struct run *run, const struct step *step) {
    const struct step_cool *cool = &step->as.cool;
    return step_worked(
        run,
        wdmsim_power_cool(run->machine, device_node(run, &cool->cool),
                          cool->percentage.set ? (uint32_t)cool->percentage.value : ~0u,
                          cool->active.set ? cool->active.value != 0 : -1),
        "a driver with a cooling interface");
}

/* ---- time ----------------------------------------------------------------------------------- */

bool step_at_start(struct run *run, const struct step *step) {
    uint64_t origin = run->origin;
    if (!pass_until(run, origin + step->as.at.at.value))
        return true;
    run->origin = wdmsim_time(run->machine);
    if (!do_steps(run, &step->as.at.steps))
        return false;
    run->origin = origin;
    run->step = step;
    return true;
}

bool step_replay_start(struct run *run, const struct step *step) {
    uint64_t origin = run->origin;
    run->origin = wdmsim_time(run->machine);
    if (!do_steps(run, &step->as.replay.replay))
        return false;
    run->origin = origin;
    run->step = step;
    return true;
}
