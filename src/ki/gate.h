/*
 * The gate: the one place where every routine that drivers call comes in.
 *
 * KI_GATE(KeSetEvent) is a load and a branch when the machine has nothing to do. When it has (a
 * pending interrupt, checks switched on, schedules explored …) the slow path delivers, preempts,
 * charges, checks and traces: one mechanism for what concerns all routines. A routine opens with it
 * before it touches anything, so that a switch to another processor there looks, to the driver,
 * like an instruction boundary.
 */
#ifndef KI_GATE_H
#define KI_GATE_H

#include "ki/machine.h"
#include "ki/routines.h"

enum ki_routine {
#define X(name, irql_min, irql_max, verifier_code) KI_ROUTINE_##name,
    KI_ROUTINE_LIST(X) KI_ROUTINE_LIST_UNLISTED(X)
#undef X
        KI_ROUTINES
};

struct ki_routine_rule {
    const char *name;
    UCHAR irql_min, irql_max;
    ULONG verifier_code;
};
extern const struct ki_routine_rule ki_routine_rules[KI_ROUTINES];

/* The rule's levels as constants, for the gate itself. */
enum {
#define X(name, irql_min, irql_max, verifier_code)                                                 \
    KI_LOWEST_##name = irql_min, KI_HIGHEST_##name = irql_max,
    KI_ROUTINE_LIST(X) KI_ROUTINE_LIST_UNLISTED(X)
#undef X
};

/* What the slow path does; `caller` is the address the routine returns to. */
void ki_gate_slow(struct machine *m, enum ki_routine routine, void *caller);

/* Whether the routine is called at a level that its rule forbids: two constants to compare with,
 * often none. */
static inline bool ki_gate_forbids(const struct machine *m, int lowest, int highest) {
    return (highest < HIGH_LEVEL && m->cpu->irql > highest) ||
           (lowest > 0 && m->cpu->irql < lowest);
}

/* Whether the gate has nothing to do: then the hottest routines take a short way without it. That
 * rules are checked is no reason for the slow path, a violation is. */
static inline bool ki_gate_is_open(const struct machine *m, int lowest, int highest) {
    return (m->attention & ~(ULONG)KI_ATTENTION_CHECK) == 0 && !ki_gate_forbids(m, lowest, highest);
}
#define KI_GATE_IS_OPEN(name) ki_gate_is_open(m, KI_LOWEST_##name, KI_HIGHEST_##name)

/* Declares `m`, the machine, in the routine. */
#define KI_GATE(name)                                                                              \
    struct machine *const m = ki_self();                                                           \
    do {                                                                                           \
        if (KI_UNLIKELY(!KI_GATE_IS_OPEN(name)))                                                   \
            ki_gate_slow(m, KI_ROUTINE_##name, __builtin_return_address(0));                       \
    } while (0)

/*
 * The IRQL rule of a routine whose limit depends on its arguments: bug check unless the IRQL is at
 * most `limit`.
 */
void ki_check_irql(struct machine *m, enum ki_routine routine, KIRQL limit, void *caller);
#define KI_CHECK_IRQL(name, limit)                                                                 \
    do {                                                                                           \
        if (KI_UNLIKELY(m->cpu->irql > (limit)))                                                   \
            ki_check_irql(m, KI_ROUTINE_##name, (limit), __builtin_return_address(0));             \
    } while (0)

#endif
