/*
 * Parts of a system on a chip that keep the platform from an idle state without the system's
 * knowledge: the plug-in counts for how long, the system asks. (kernel/dpm-notifications:
 * …SOC_SUBSYSTEM…)
 *
 * The subsystems of a platform state are asked for once, when the states are known, if the plug-in
 * counts for that state at all. The host asks for the times, and resets them.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/trace.h"
#include "po/pep/platform.h"

static void pep_subsystem_query(struct machine *m, ULONG state, ULONG index,
                                struct pep_subsystem *to) {
    PEP_QUERY_SOC_SUBSYSTEM query = {.PlatformIdleStateIndex = state, .SubsystemIndex = index};
    query.ParentName.Buffer = to->parent_text;
    query.ParentName.MaximumLength = sizeof to->parent_text;
    query.SubsystemName.Buffer = to->name_text;
    query.SubsystemName.MaximumLength = sizeof to->name_text;
    pep_dpm(m, m->pep->platform->plugin, NULL, PEP_DPM_QUERY_SOC_SUBSYSTEM, &query);
    if (query.ParentName.Length > sizeof to->parent_text ||
        query.SubsystemName.Length > sizeof to->name_text)
        pep_illegal(m, PEP_DPM_QUERY_SOC_SUBSYSTEM, "Name", index,
                    "a name longer than its buffer, of subsystem");
    to->handle = query.SubsystemHandle;
    to->parent = query.ParentName;
    to->name = query.SubsystemName;
    to->metadata = query.MetadataCount;
}

void pep_subsystems_query(struct machine *m) {
    struct pep_platform *platform = m->pep->platform;
    for (ULONG i = 0; i < platform->state_count; i++) {
        PEP_QUERY_SOC_SUBSYSTEM_COUNT query = {.PlatformIdleStateIndex = i};
        if (!pep_dpm(m, platform->plugin, NULL, PEP_DPM_QUERY_SOC_SUBSYSTEM_COUNT, &query))
            continue;
        if (!query.SubsystemCount)
            pep_illegal(m, PEP_DPM_QUERY_SOC_SUBSYSTEM_COUNT, "Coun", 0,
                        "a number of subsystems of");
        struct pep_subsystem *all =
            mm_pool_allocate_zeroed(m, NonPagedPoolNx, query.SubsystemCount * sizeof *all, PEP_TAG);
        if (!all)
            continue;
        for (ULONG j = 0; j < query.SubsystemCount; j++)
            pep_subsystem_query(m, i, j, &all[j]);
        platform->subsystems[i] = all;
        platform->subsystem_counts[i] = query.SubsystemCount;
    }
}

/* ---- for the host ---- */

struct pep_account {
    ULONG state;
    struct wdmsim_pep_subsystem *to;
    size_t capacity;
};

static const char *pep_wide(struct machine *m, const UNICODE_STRING *text) {
    return ki_intern_wide(m, text->Buffer, text->Length / sizeof(WCHAR));
}

#define PEP_TEXT_BYTES 128u /* of a key or a value */

/* The pairs of a subsystem; the first one is shown. */
static void pep_metadata(struct machine *m, ULONG state, const struct pep_subsystem *from,
                         struct wdmsim_pep_subsystem *to) {
    ULONG count = from->metadata;
    size_t head = FIELD_OFFSET(PEP_QUERY_SOC_SUBSYSTEM_METADATA, Metadata) + count * sizeof(PVOID);
    size_t each = sizeof(PEP_SOC_SUBSYSTEM_METADATA) + 2 * PEP_TEXT_BYTES;
    PEP_QUERY_SOC_SUBSYSTEM_METADATA *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, head + count * each, PEP_TAG);
    if (!query)
        return;
    query->PlatformIdleStateIndex = state;
    query->SubsystemHandle = from->handle;
    query->SubsystemName = &from->name;
    query->MetadataCount = count;
    for (ULONG i = 0; i < count; i++) {
        PEP_SOC_SUBSYSTEM_METADATA *pair = (void *)((char *)query + head + i * each);
        char *texts = (char *)(pair + 1);
        query->Metadata[i] = pair;
        pair->Key.Buffer = (PWCHAR)texts;
        pair->Value.Buffer = (PWCHAR)(texts + PEP_TEXT_BYTES);
        pair->Key.MaximumLength = pair->Value.MaximumLength = PEP_TEXT_BYTES;
    }
    pep_dpm(m, m->pep->platform->plugin, NULL, PEP_DPM_QUERY_SOC_SUBSYSTEM_METADATA, query);
    to->key = pep_wide(m, &query->Metadata[0]->Key);
    to->value = pep_wide(m, &query->Metadata[0]->Value);
    mm_pool_free(m, query, PEP_TAG);
}

static void pep_account_all(struct machine *m, void *context) {
    struct pep_account *account = context;
    struct pep_platform *platform = m->pep->platform;
    const struct pep_subsystem *all = platform->subsystems[account->state];
    for (ULONG i = 0; i < platform->subsystem_counts[account->state]; i++) {
        PEP_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME query = {.PlatformIdleStateIndex = account->state,
                                                       .SubsystemHandle = all[i].handle,
                                                       .SubsystemName = &all[i].name};
        struct wdmsim_pep_subsystem found = {.parent = pep_wide(m, &all[i].parent),
                                             .name = pep_wide(m, &all[i].name),
                                             .metadata = all[i].metadata,
                                             .key = "",
                                             .value = ""};
        pep_dpm(m, platform->plugin, NULL, PEP_DPM_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME, &query);
        found.blocking_time = query.BlockingTime;
        if (found.metadata)
            pep_metadata(m, account->state, &all[i], &found);
        if (i < account->capacity)
            account->to[i] = found;
    }
}

static bool pep_accounts_for(struct machine *m, uint32_t state) {
    const struct pep_platform *platform = m->pep->platform;
    return platform && state < platform->state_count && platform->subsystem_counts[state];
}

int wdmsim_pep_subsystems(struct machine *machine, uint32_t platform_state,
                          struct wdmsim_pep_subsystem *subsystems, size_t capacity) {
    struct pep_account account = {platform_state, subsystems, capacity};
    if (!pep_accounts_for(machine, platform_state))
        return WDMSIM_ERROR_NOT_FOUND;
    int error = pep_perform(machine, pep_account_all, &account);
    return error ? error : (int)machine->pep->platform->subsystem_counts[platform_state];
}

static void pep_reset(struct machine *m, void *context) {
    PEP_RESET_SOC_SUBSYSTEM_ACCOUNTING message = {.PlatformIdleStateIndex = *(ULONG *)context};
    pep_dpm(m, m->pep->platform->plugin, NULL, PEP_DPM_RESET_SOC_SUBSYSTEM_ACCOUNTING, &message);
}

int wdmsim_pep_reset_subsystems(struct machine *machine, uint32_t platform_state) {
    ULONG state = platform_state;
    if (!pep_accounts_for(machine, platform_state))
        return WDMSIM_ERROR_NOT_FOUND;
    return pep_perform(machine, pep_reset, &state);
}
