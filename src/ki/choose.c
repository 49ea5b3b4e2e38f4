/*
 * Choices and the strategies that answer them.
 *
 * A strategy is asked only when there is more than one alternative. RANDOM weighs kinds: preemption
 * at a gate and allocation failure are rare events, drawn from 16 numbers of which most mean
 * "alternative 0"; the rest is uniform. The generator is xorshift128+, seeded through splitmix64,
 * so neighbouring seeds give unrelated runs.
 */
#include <string.h>

#include "ki/choose.h"

static const char *const ki_choice_names[WDMSIM_CHOICE_KINDS] = {
#define X(name, text) #name,
    WDMSIM_CHOICE_LIST(X)
#undef X
};

const char *wdmsim_choice_name(enum wdmsim_choice_kind kind) {
    return (unsigned)kind < WDMSIM_CHOICE_KINDS ? ki_choice_names[kind] : NULL;
}

static uint64_t ki_splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint64_t ki_random(struct ki_chooser *chooser) {
    uint64_t a = chooser->random[0], b = chooser->random[1];
    chooser->random[0] = b;
    a ^= a << 23;
    chooser->random[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
    return chooser->random[1] + b;
}

static unsigned ki_choose_random(struct ki_chooser *chooser, enum wdmsim_choice_kind kind,
                                 unsigned n) {
    uint64_t random = ki_random(chooser);
    bool rare = kind == WDMSIM_CHOICE_PREEMPT || kind == WDMSIM_CHOICE_POOL;
    if (rare && (random & 15) != 0)
        return 0;
    return (unsigned)(((random >> 32) * n) >> 32);
}

static unsigned ki_choose_replay(struct ki_chooser *chooser, enum wdmsim_choice_kind kind,
                                 unsigned n) {
    if (chooser->replay_next >= chooser->replay_length) {
        chooser->diverged = true;
        return 0;
    }
    uint32_t entry = chooser->replay[chooser->replay_next++];
    unsigned answer = entry & 0xffff;
    if (entry >> 24 != (uint32_t)kind || answer >= n) {
        chooser->diverged = true;
        return 0;
    }
    return answer;
}

static void ki_choice_append(struct machine *m, enum wdmsim_choice_kind kind, unsigned n,
                             unsigned answer) {
    struct ki_chooser *chooser = &m->chooser;
    if (chooser->log_length == chooser->log_capacity) {
        /* The log's region has no other user, so what is taken follows what was taken before. */
        uint32_t *more = ki_region_take(m, KI_REGION_LOG, 65536);
        if (!more)
            ki_no_memory();
        if (!chooser->log)
            chooser->log = more;
        chooser->log_capacity += 65536 / sizeof *more;
    }
    chooser->log[chooser->log_length++] =
        (uint32_t)kind << 24 | (n > 255 ? 255u : n) << 16 | answer;
}

unsigned ki_choose_slow(struct machine *m, enum wdmsim_choice_kind kind, unsigned n) {
    struct ki_chooser *chooser = &m->chooser;
    unsigned answer = 0;
    if (n > 65535)
        n = 65535;
    switch (chooser->strategy) {
    case WDMSIM_STRATEGY_FIRST:
        break;
    case WDMSIM_STRATEGY_RANDOM:
        answer = ki_choose_random(chooser, kind, n);
        break;
    case WDMSIM_STRATEGY_REPLAY:
        answer = ki_choose_replay(chooser, kind, n);
        break;
    case WDMSIM_STRATEGY_ASK:
        answer = chooser->ask ? chooser->ask(chooser->ask_context, kind, n) : 0;
        KI_ASSERT(answer < n);
        break;
    }
    if (m->flags & WDMSIM_LOG_CHOICES)
        ki_choice_append(m, kind, n, answer);
    return answer;
}

unsigned wdmsim_choose(struct machine *machine, unsigned n) {
    return ki_choose(machine, WDMSIM_CHOICE_HOST, n ? n : 1);
}

void wdmsim_set_chooser(struct machine *machine, wdmsim_choose_fn *choose, void *context) {
    machine->chooser.ask = choose;
    machine->chooser.ask_context = context;
}

size_t wdmsim_choice_log(const struct machine *machine, const uint32_t **entries) {
    *entries = machine->chooser.log;
    return machine->chooser.log_length;
}

void ki_choose_start(struct machine *m, const struct wdmsim_config *config) {
    uint64_t state = config->seed;
    m->chooser.strategy = config->strategy;
    m->chooser.random[0] = ki_splitmix(&state);
    m->chooser.random[1] = ki_splitmix(&state);
    m->chooser.replay = config->replay;
    m->chooser.replay_length = config->replay_length;
    if (config->strategy != WDMSIM_STRATEGY_FIRST)
        m->attention |= KI_ATTENTION_EXPLORE;
}
