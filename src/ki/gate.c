/*
 * The gate's slow path: what happens on entry to a routine while the machine wants attention.
 *
 * The order is fixed. First the rule of the routine, because a violation is the caller's and its
 * stack must be intact; then the schedule (another processor may move, and change everything,
 * before this routine begins); then what is pending here.
 */
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ki/processor.h"
#include "ki/thread.h"
#include "ki/trace.h"

const struct ki_routine_rule ki_routine_rules[KI_ROUTINES] = {
#define X(name, irql_min, irql_max, verifier_code) {#name, irql_min, irql_max, verifier_code},
    KI_ROUTINE_LIST(X) KI_ROUTINE_LIST_UNLISTED(X)
#undef X
};

static _Noreturn void ki_irql_violation(struct machine *m, enum ki_routine routine, unsigned limit,
                                        const char *relation, void *caller) {
    const struct ki_routine_rule *rule = &ki_routine_rules[routine];
    KIRQL irql = m->cpu->irql;
    const char *where = ki_address_name(m, caller);
    if (rule->verifier_code)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, rule->verifier_code, (ULONG_PTR)caller,
                    irql, 0, "%s called %s at %s_LEVEL; it is allowed at %s_LEVEL%s", where,
                    rule->name, ki_irql_name(irql), ki_irql_name(limit), relation);
    ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)caller, irql, 8, (ULONG_PTR)caller,
                "%s called %s at %s_LEVEL; it is allowed at %s_LEVEL%s", where, rule->name,
                ki_irql_name(irql), ki_irql_name(limit), relation);
}

void ki_check_irql(struct machine *m, enum ki_routine routine, KIRQL limit, void *caller) {
    if (m->cpu->irql > limit && (m->flags & WDMSIM_CHECK_RULES))
        ki_irql_violation(m, routine, limit, " and below", caller);
}

void ki_gate_slow(struct machine *m, enum ki_routine routine, void *caller) {
    ULONG attention = m->attention;
    if (m->running == &m->host)
        return; /* the host prepares the machine: no processor moves */
    if (attention & KI_ATTENTION_CHECK) {
        const struct ki_routine_rule *rule = &ki_routine_rules[routine];
        KIRQL irql = m->cpu->irql;
        if (KI_UNLIKELY(irql > rule->irql_max))
            ki_irql_violation(m, routine, rule->irql_max, rule->irql_max ? " and below" : "",
                              caller);
        if (KI_UNLIKELY(irql < rule->irql_min))
            ki_irql_violation(m, routine, rule->irql_min, " and above", caller);
    }
    if (attention & KI_ATTENTION_TRACE)
        KI_TRACE(m, CALL, ki_routine_rules[routine].name);
    if (attention & KI_ATTENTION_EXPLORE)
        ki_explore(m);
    if (attention & KI_ATTENTION_PENDING) {
        ki_poll(m);
        if (!m->cpu->pending)
            m->attention &= ~(ULONG)KI_ATTENTION_PENDING;
    }
}
