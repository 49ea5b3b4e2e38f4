/* Comparing the machine with an "expect": devices, states of power, residency, energy, latency. */
#include "scenario/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>
#include <wdmsim/power.h>

#include "report/blockers.h"
#include "report/power.h"
#include "scenario/match.h"

/* ---- ranges --------------------------------------------------------------------------------- */

static const char *number_words(struct run *run, uint64_t value) {
    return run_printf(run, "%" PRIu64, value);
}

bool check_range(struct run *run, const char *subject, const struct range *range, uint64_t actual,
                 const char *(*words)(struct run *run, uint64_t value)) {
    if (!words)
        words = number_words;
    if (actual >= range->least && actual <= range->most)
        return true;
    const char *expected =
        range->least == range->most
            ? words(run, range->least)
            : run_printf(run, "%s to %s", words(run, range->least),
                         range->most == UINT64_MAX ? "any" : words(run, range->most));
    return run_fail(run, subject, expected, words(run, actual));
}

static const char *percent_words(struct run *run, uint64_t value) {
    return run_printf(run, "%" PRIu64 "%%", value);
}

static const char *joule_words(struct run *run, uint64_t nanojoules) {
    return run_printf(run, "%.9g J", (double)nanojoules / 1e9);
}

/* ---- devices -------------------------------------------------------------------------------- */

static const char *state_words(uint64_t state) {
    return state == STATE_ABSENT ? "absent" : wdmsim_node_state_name((enum wdmsim_node_state)state);
}

static const char *subject_of(struct run *run, const struct device_ref *device, const char *what) {
    return run_printf(run, "%s of %s", what, device_words(device));
}

static bool check_state(struct run *run, const struct device_ref *device,
                        const struct expect_device *expect, const struct wdmsim_node_info *info) {
    const char *actual = state_words(info->state);
    if (info->problem)
        actual = run_printf(run, "%s: %s%s%s", actual, wdmsim_node_problem_text(info->problem),
                            info->problem_status ? ", " : "",
                            info->problem_status ? status_words(run, info->problem_status) : "");
    if (expect->state.set && expect->state.value != info->state)
        return run_fail(run, subject_of(run, device, "PnP state"), state_words(expect->state.value),
                        actual);
    if (expect->problem.set && expect->problem.value != info->problem)
        return run_fail(run, subject_of(run, device, "problem"),
                        wdmsim_node_problem_text((enum wdmsim_node_problem)expect->problem.value),
                        actual);
    return true;
}

static const char *d_words(unsigned state) {
    static const char *const names[] = {"unknown", "D0", "D1", "D2", "D3", "D3cold"};
    return state < 6 ? names[state] : "?";
}

static bool check_device_power(struct run *run, const struct device_ref *device,
                               const struct expect_device *expect, uint32_t node) {
    struct wdmsim_power_device power = {0};
    if (!expect->power.set && !expect->armed.set)
        return true;
    wdmsim_power_device(run->machine, node, &power);
    unsigned actual = power.d_state == 4 && power.d3cold ? 5 : power.d_state;
    if (expect->power.set && expect->power.value != actual &&
        !(expect->power.value == 4 && actual == 5))
        return run_fail(run, subject_of(run, device, "device power state"),
                        d_words((unsigned)expect->power.value), d_words(actual));
    if (expect->armed.set && (expect->armed.value != 0) != power.armed)
        return run_fail(run, subject_of(run, device, "wake"),
                        expect->armed.value ? "armed" : "not armed",
                        power.armed ? "armed" : "not armed");
    return true;
}

static bool check_component(struct run *run, const struct device_ref *device, unsigned index,
                            const struct expect_component *expect, uint32_t node) {
    struct wdmsim_fx_component actual;
    const char *subject = run_printf(run, "component %u of %s", index, device_words(device));
    if (wdmsim_fx_component(run->machine, node, index, &actual))
        return run_fail(run, subject, "to be registered with PoFx", "there is none");
    if (expect->condition.set && expect->condition.value != actual.condition)
        return run_fail(run, subject,
                        wdmsim_fx_condition_name((enum wdmsim_fx_condition)expect->condition.value),
                        wdmsim_fx_condition_name(actual.condition));
    if (expect->F.set && expect->F.value != actual.state)
        return run_fail(run, subject, run_printf(run, "F%" PRIu64, expect->F.value),
                        run_printf(run, "F%u", actual.state));
    return (!expect->activations.set ||
            check_range(run, run_printf(run, "activations of %s", subject), &expect->activations,
                        actual.activations, NULL)) &&
           (!expect->changes.set || check_range(run, run_printf(run, "changes of %s", subject),
                                                &expect->changes, actual.changes, NULL));
}

static bool check_fx(struct run *run, const struct device_ref *device,
                     const struct expect_device *expect, uint32_t node) {
    struct wdmsim_fx_device fx = {0};
    bool known = wdmsim_fx_device(run->machine, node, &fx) == 0;
    if ((expect->required.set || expect->directed.set) && !known)
        return run_fail(run, subject_of(run, device, "PoFx"), "a registration", "none");
    bool required =
        fx.power != WDMSIM_FX_POWER_NOT_REQUIRED && fx.power != WDMSIM_FX_POWER_NOT_REQUIRED_CALLED;
    if (expect->required.set && (expect->required.value != 0) != required)
        return run_fail(run, subject_of(run, device, "PoFx power"),
                        expect->required.value ? "required" : "not required",
                        wdmsim_fx_power_name(fx.power));
    bool down = fx.directed == WDMSIM_FX_DIRECTED_DOWN;
    if (expect->directed.set && (expect->directed.value != 0) != down)
        return run_fail(run, subject_of(run, device, "PoFx direction"),
                        expect->directed.value ? "directed down" : "not directed",
                        wdmsim_fx_directed_name(fx.directed));
    for (unsigned i = 0; i < expect->components.count; i++)
        if (!check_component(run, device, i, &expect->components.list[i], node))
            return false;
    return true;
}

static bool check_stack(struct run *run, const struct device_ref *device,
                        const struct patterns *drivers, uint32_t node) {
    for (unsigned i = 0; drivers->count && i <= drivers->count; i++) {
        const char *actual = wdmsim_node_driver(run->machine, node, i);
        const char *expected = i < drivers->count ? drivers->list[i] : NULL;
        if (!actual != !expected || (actual && strcmp(actual, expected) != 0))
            return run_fail(run, run_printf(run, "driver %u of %s", i + 1, device_words(device)),
                            expected ? expected : "none", actual ? actual : "none");
    }
    return true;
}

bool check_device(struct run *run, const struct device_ref *device,
                  const struct expect_device *expect) {
    struct wdmsim_node_info info;
    uint32_t node = device_node(run, device);
    bool there = node && wdmsim_node_info(run->machine, node, &info) == 0;
    bool absent = expect->state.set && expect->state.value == STATE_ABSENT;
    if (!there)
        return absent ||
               run_fail(run, run_printf(run, "device %s", device_words(device)),
                        expect->state.set ? state_words(expect->state.value) : "there", "absent");
    return check_state(run, device, expect, &info) &&
           check_device_power(run, device, expect, node) && check_fx(run, device, expect, node) &&
           (!expect->children.set || check_range(run, subject_of(run, device, "children"),
                                                 &expect->children, info.children, NULL)) &&
           check_stack(run, device, &expect->drivers, node);
}

/* ---- the system ----------------------------------------------------------------------------- */

static bool check_system(struct run *run, const struct number *expected) {
    unsigned actual = wdmsim_power_system(run->machine);
    return !expected->set || expected->value == actual ||
           run_fail(run, "system power state", run_printf(run, "S%" PRIu64, expected->value - 1),
                    run_printf(run, "S%u", actual - 1));
}

static bool check_waking(struct run *run, const struct device_refs *expected) {
    uint32_t nodes[WDMSIM_WAKE_SOURCES];
    unsigned count = wdmsim_power_wake_sources(run->machine, nodes);
    for (unsigned i = 0; i < expected->count; i++) {
        uint32_t node = device_node(run, &expected->list[i]);
        bool found = false;
        for (unsigned k = 0; k < count; k++)
            found |= nodes[k] == node;
        if (!found)
            return run_fail(run, "wake", run_printf(run, "by %s", device_words(&expected->list[i])),
                            count ? "by another device" : "no device is known to have done it");
    }
    return true;
}

/* ---- the history ---------------------------------------------------------------------------- */

static const struct track *track_of(struct run *run, bool system, const struct device_ref *device,
                                    const struct state_key *key) {
    uint32_t node = system ? HISTORY_NOBODY : device_node(run, device);
    return history_track(&run->history, node, key->kind, key->component, key->set);
}

static bool check_residency(struct run *run, const struct expected_residency *expected) {
    const struct expect_residency *expect = expected->expect;
    const struct track *track = track_of(run, expected->system, &expected->device, &expected->key);
    struct state_use use = {0};
    if (track)
        use = track_use(track, expected->key.state);
    uint64_t whole = track ? track_time(track) : 0;
    const char *subject =
        run_printf(run, "%s of %s", expected->words,
                   expected->system ? "the system" : device_words(&expected->device));
    unsigned __int128 part = (unsigned __int128)use.time * 100;
    return (!expect->time.set || check_range(run, run_printf(run, "time in %s", subject),
                                             &expect->time, use.time, time_words)) &&
           (!expect->percent.set ||
            check_range(run, run_printf(run, "share of %s", subject), &expect->percent,
                        whole ? (uint64_t)(part / whole) : 0, percent_words)) &&
           (!expect->entries.set || check_range(run, run_printf(run, "entries into %s", subject),
                                                &expect->entries, use.entries, NULL));
}

static bool check_moves(struct run *run, const struct expected_transition *expected) {
    const struct track *track = track_of(run, expected->system, &expected->device, &expected->from);
    uint64_t count = track ? track_moves(track, expected->from.state, expected->to.state) : 0;
    const char *whose = expected->system ? "the system" : device_words(&expected->device);
    return check_range(run, run_printf(run, "transitions %s of %s", expected->words, whose),
                       &expected->count, count, NULL);
}

static bool check_latency(struct run *run, const struct expect_latency *expect) {
    struct latency_summary latency;
    power_latency(&run->history, &latency);
    const struct {
        const char *subject;
        const struct range *range;
        uint64_t actual;
        bool time;
    } rows[] = {{"requests", &expect->requests, latency.count, false},
                {"requests that waited for power", &expect->delayed, latency.delayed, false},
                {"latency p50", &expect->p50, latency.p50, true},
                {"latency p99", &expect->p99, latency.p99, true},
                {"added latency p50", &expect->added_p50, latency.added_p50, true},
                {"added latency p99", &expect->added_p99, latency.added_p99, true}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].range->set && !check_range(run, rows[i].subject, rows[i].range, rows[i].actual,
                                               rows[i].time ? time_words : NULL))
            return false;
    return true;
}

static bool check_blockers(struct run *run, const struct patterns *patterns) {
    struct blocker blockers[64];
    unsigned count = blockers_list(&run->history, blockers, 64);
    for (unsigned i = 0; i < patterns->count; i++) {
        bool found = false;
        for (unsigned k = 0; k < count; k++)
            found |= match_line(patterns->list[i], blockers[k].name);
        if (!found)
            return run_fail(run, "kept from DRIPS by", patterns->list[i],
                            count ? blockers[0].name : "nobody");
    }
    return true;
}

static bool check_history(struct run *run, const struct expect_spec *expect) {
    if (!run->measured)
        return true;
    history_settle(&run->history, wdmsim_time(run->machine));
    for (unsigned i = 0; i < expect->residency.count; i++)
        if (!check_residency(run, &expect->residency.list[i]))
            return false;
    for (unsigned i = 0; i < expect->transitions.count; i++)
        if (!check_moves(run, &expect->transitions.list[i]))
            return false;
    if (expect->energy.set &&
        !check_range(run, "energy", &expect->energy,
                     (uint64_t)(energy_of_all(&run->history) / 1000000000u), joule_words))
        return false;
    return (!expect->latency || check_latency(run, expect->latency)) &&
           check_blockers(run, &expect->kept_from_drips_by);
}

bool check_power(struct run *run, const struct expect_spec *expect) {
    const char *last = "";
    for (unsigned i = 0; i < expect->devices.count; i++)
        if (!check_device(run, &expect->devices.list[i].device, expect->devices.list[i].expect))
            return false;
    if (!check_system(run, &expect->system) || !check_waking(run, &expect->waking) ||
        !check_history(run, expect))
        return false;
    uint32_t reports = wdmsim_power_reports(run->machine, &last);
    if (expect->power_reports.set &&
        !check_range(run, run_printf(run, "reports about power (%s)", last ? last : ""),
                     &expect->power_reports, reports, NULL))
        return false;
    return !expect->fx_reports.set || check_range(run, "reports about PoFx", &expect->fx_reports,
                                                  wdmsim_fx_reports(run->machine), NULL);
}
