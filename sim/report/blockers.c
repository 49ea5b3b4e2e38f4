/* Who kept the system from DRIPS: see blockers.h. */
#include "report/blockers.h"

#include <stdlib.h>

struct blocking {
    struct blocker blocker;
    uint64_t since;
    bool now, named;
};

static struct blocking *get_blocking(struct history *history, const char *name) {
    const char *word = history_word(history, name);
    for (unsigned i = 0; i < history->blocking_count; i++)
        if (history->blocking[i].blocker.name == word)
            return &history->blocking[i];
    size_t count = history->blocking_count + 1;
    history->blocking = memory_grow(history->blocking, count * sizeof *history->blocking);
    struct blocking *one = &history->blocking[history->blocking_count++];
    *one = (struct blocking){.blocker = {.name = word}};
    return one;
}

void blockers_settle(struct history *history, uint64_t now) {
    for (unsigned i = 0; i < history->blocking_count; i++) {
        struct blocking *one = &history->blocking[i];
        if (one->now)
            one->blocker.time += now - one->since;
        one->since = now;
    }
}

void blockers_set(struct history *history, uint64_t now, const char *const *names, unsigned count) {
    blockers_settle(history, now);
    for (unsigned i = 0; i < history->blocking_count; i++)
        history->blocking[i].named = false;
    for (unsigned i = 0; i < count; i++)
        get_blocking(history, names[i])->named = true;
    for (unsigned i = 0; i < history->blocking_count; i++) {
        history->blocking[i].now = history->blocking[i].named;
        history->blocking[i].since = now;
    }
}

static int longest_first(const void *a, const void *b) {
    const struct blocker *x = a, *y = b;
    return (x->time < y->time) - (x->time > y->time);
}

unsigned blockers_list(const struct history *history, struct blocker *list, unsigned capacity) {
    unsigned count = 0;
    struct blocker *all = memory_grow(NULL, (history->blocking_count + 1) * sizeof *all);
    for (unsigned i = 0; i < history->blocking_count; i++)
        if (history->blocking[i].blocker.time)
            all[count++] = history->blocking[i].blocker;
    qsort(all, count, sizeof *all, longest_first);
    for (unsigned i = 0; i < count && i < capacity; i++)
        list[i] = all[i];
    free(all);
    return count < capacity ? count : capacity;
}

void blockers_end(struct history *history) { free(history->blocking); }
