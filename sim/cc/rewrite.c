/*
 * All passes over one translation unit, and the few declarations that rewritten code refers to.
 */
#include "cc.h"

/*
 * include/crt/wdmsim_seh.h in one line; the test of the run-time compares the two.
 */
static const char seh_prelude[] =
    "struct wdmsim_seh_frame { struct wdmsim_seh_frame *previous; "
    "struct _EXCEPTION_POINTERS *information; void *running; unsigned int code; "
    "unsigned char kind, state, phase, abnormal; void *context[22]; }; "
    "int wdmsim_seh_enter(struct wdmsim_seh_frame *) __attribute__((__returns_twice__)); "
    "void wdmsim_seh_exit(struct wdmsim_seh_frame *); "
    "void wdmsim_seh_abandon(struct wdmsim_seh_frame **); "
    "void wdmsim_seh_filtered(struct wdmsim_seh_frame *, int) __attribute__((__noreturn__)); "
    "void wdmsim_seh_finished(struct wdmsim_seh_frame *) __attribute__((__noreturn__)); "
    "extern const volatile unsigned char wdmsim_seh_zero; ";

/* Declarations go on the line of the first token, in front of its other edits: no line moves. */
static void add_prelude(struct cc_unit *unit) {
    const char *text = "";
    if (unit->uses_seh) {
        text = cc_format("struct _EXCEPTION_POINTERS; %s", seh_prelude);
    }
    if (unit->uses_breakpoint) {
        text = cc_format("%svoid DbgBreakPoint(void); ", text);
    }
    if (*text) {
        struct cc_token *first = &unit->tokens[0];
        first->before = cc_format(unit->options.cplusplus ? "extern \"C\" { %s} %s" : "%s%s", text,
                                  first->before ? first->before : "");
    }
}

bool cc_rewrite(struct cc_unit *unit, const char *text, size_t size, struct cc_text *out) {
    if (size >= UINT32_MAX) {
        cc_die("a translation unit of 4 GB or more");
    }
    cc_lex(unit, text, size);
    cc_find_functions(unit);
    cc_pass_pragma(unit);
    cc_pass_dialect(unit);
    cc_check_packing(unit);
    cc_pass_seh(unit);
    cc_pass_enums(unit);
    cc_pass_lvalues(unit);
    cc_pass_flexible(unit);
    cc_pass_linkage(unit);
    cc_pass_roles(unit);
    cc_pass_llp64(unit);
    add_prelude(unit);
    cc_emit(unit, out);
    return unit->errors == 0;
}
