/*
 * The sink of a run's events: each goes to the journal, which expectations and the trace file read,
 * and into the history, which reports are made of. What events do not say (a device's parent, the
 * drivers of its stack) is asked of the machine when the event comes, for later it may be gone.
 */
#include "scenario/observe.h"

#include <stdio.h>
#include <string.h>

#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>

#include "report/blockers.h"

static void note_stack(struct run *run, struct node *node) {
    const char *driver;
    struct text text = {0};
    unsigned count = 0;
    while (wdmsim_node_driver(run->machine, node->serial, count))
        count++;
    while (count-- && (driver = wdmsim_node_driver(run->machine, node->serial, count)))
        text_printf(&text, "%s%s", driver, count ? "\n" : "");
    node->stack = history_word(&run->history, text_string(&text));
    text_free(&text);
}

static void note_node(struct run *run, const struct wdmsim_event *event) {
    struct wdmsim_node_info info;
    struct node *node = history_node(&run->history, (uint32_t)event->arguments[0]);
    if (!node || wdmsim_node_info(run->machine, node->serial, &info))
        return;
    node->parent = info.parent;
    if (*info.instance_path)
        node->name = history_word(&run->history, info.instance_path);
    if (event->kind == WDMSIM_EVENT_PNP_STATE && strcmp(event->text, "started") == 0)
        note_stack(run, node);
}

/* Asks who keeps the system from DRIPS, at events that may change that. */
static void note_blocker(struct run *run, const struct wdmsim_event *event) {
    struct wdmsim_fx_drips drips = {0};
    char name[300];
    const char *names[1] = {name};
    wdmsim_fx_drips(run->machine, &drips);
    bool blocked = drips.standby && !drips.drips && drips.blocker;
    const struct node *node = blocked ? history_node(&run->history, drips.blocker) : NULL;
    if (!blocked && !run->history.blocking_count)
        return;
    if (drips.blocking_component >= 0)
        snprintf(name, sizeof name, "%s component %d", node ? node->name : "",
                 drips.blocking_component);
    else
        snprintf(name, sizeof name, "%s", node ? node->name : "");
    blockers_set(&run->history, event->time, names, blocked ? 1 : 0);
}

static void measure(struct run *run, const struct wdmsim_event *event) {
    history_event(&run->history, event);
    switch (event->kind) {
    case WDMSIM_EVENT_PNP_NODE:
    case WDMSIM_EVENT_PNP_STATE:
        note_node(run, event);
        break;
    case WDMSIM_EVENT_FX_STATE:
    case WDMSIM_EVENT_FX_CONDITION:
    case WDMSIM_EVENT_FX_DEVICE:
    case WDMSIM_EVENT_POWER_DEVICE:
    case WDMSIM_EVENT_POWER_DRIPS:
    case WDMSIM_EVENT_POWER_SETTING:
    case WDMSIM_EVENT_POWER_ACTION:
        note_blocker(run, event);
        break;
    default:
        break;
    }
}

static void observe_event(void *context, const struct wdmsim_event *event) {
    struct run *run = context;
    if (journal_is_needed(&run->journal))
        journal_event(&run->journal, event);
    if (run->measured)
        measure(run, event);
}

/* Whether an expectation asks for sums of the history. */
static bool measures(const struct expect_spec *expect) {
    return expect->residency.count || expect->transitions.count || expect->energy.set ||
           expect->latency || expect->kept_from_drips_by.count;
}

static bool steps_measure(const struct step_list *steps) {
    for (unsigned i = 0; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if (step->kind == STEP_expect && measures(step->as.expect.expect))
            return true;
        if ((step->kind == STEP_repeat && steps_measure(&step->as.repeat.steps)) ||
            (step->kind == STEP_at && steps_measure(&step->as.at.steps)))
            return true;
    }
    return false;
}

void observe_begin(struct run *run) {
    const struct run_options *options = run->options;
    const struct scenario *scenario = run->scenario;
    run->measured = options->measure || options->keep || steps_measure(&scenario->steps) ||
                    (scenario->expect && measures(scenario->expect));
    if (run->measured)
        history_begin(&run->history, options->keep, &scenario->power);
    if (!run->measured && !journal_is_needed(&run->journal))
        return;
    run->lines = (struct lines){.sink = observe_event, .context = run};
    wdmsim_trace_sink(run->machine, lines_event, &run->lines);
}

void observe_flush(struct run *run) { lines_flush(&run->lines); }
