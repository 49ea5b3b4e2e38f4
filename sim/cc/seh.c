/*
 * Structured exception handling: __try with __except or __finally, __leave, and the three
 * functions that ask about an exception.
 *
 * Nothing is moved or repeated; text is put in between, so lines stay where they are.
 *
 *   __try B __except (F) H     { struct wdmsim_seh_frame N __attribute__((cleanup(exit)));
 *                                if (enter(&N) == 0) { B leave: N.state = done; }
 *                                else if (N.phase == filter) filtered(&N, (F)); else H }
 *   __try B __finally E        { … the same …
 *                                else { frame *guard cleanup(abandon) = &N; E finished(&N); } }
 *
 * The frame is a local variable with a cleanup function, so each way out of B (falling off its end,
 * return, break, continue, goto) unlinks it, innermost first, without any of them being rewritten.
 * For a __finally that cleanup function lets E run: the run-time (src/rtl/seh.c) returns a second
 * time from `enter`, with the frame pointer of the function but a stack pointer below everything
 * that is in use. `finished` goes back to where E was called from. The filter expression runs the
 * same way during the search, before anything is unwound, so it sees the function's locals while
 * the frames of the fault are intact. A jump out of E goes through `abandon`, which puts the stack
 * pointer back where the function had it.
 *
 * For this the function's locals must be in its frame, addressed by the frame pointer, at every
 * instruction that may fault: the function alone is compiled without optimisation, is never
 * inlined, and takes zero bytes of dynamic stack so that compilers do not address by stack pointer.
 * `register` is dropped in it.
 *
 * Clang remembers where a jump through cleanups goes in one variable per function, which guarded
 * blocks inside a __finally block would overwrite while the jump that runs it is under way. For
 * Clang these inner ones have no cleanup function; their ends are called by name (seh_exits.c).
 * Guarding a block costs saving the registers; nothing else happens
 * unless something is raised.
 */
#include "cc.h"
#include "seh.h"

#include <stdlib.h>

enum { NO_FRAME = 0 };

/* What the words mean at a place: numbers of frames, NO_FRAME = not allowed there. */
struct place {
    unsigned leave, code, information, abnormal;
    uint32_t leave_start; /* the token that opened the block that __leave leaves */
    bool *leave_used;
    bool in_finally;                    /* inside a __finally block */
    bool in_filter;                     /* inside a filter expression */
    const struct cc_crossing *crossing; /* scopes whose ends must be called by name */
};

struct seh {
    struct cc_unit *unit;
    unsigned frames;           /* numbered from 1 in a unit */
    struct cc_region *regions; /* of the function at hand */
    uint32_t region_count, region_capacity;
};

static void range(struct seh *seh, uint32_t first, uint32_t end, struct place place);

static bool next_is(const struct cc_unit *unit, uint32_t token, char c) {
    return cc_punct(unit, token + 1, c) && unit->tokens[token + 1].match != CC_NONE;
}

/* Plain `try`, `except` … are the words of old headers, in C alone. */
static uint16_t seh_word(const struct cc_unit *unit, uint32_t token) {
    const struct cc_token *t = &unit->tokens[token];
    bool c = !unit->options.cplusplus;
    switch (t->kind == CC_IDENT ? t->word : CC_W_NONE) {
    case CC_W_TRY:
    case CC_W_TRY_OLD:
        return CC_W_TRY;
    case CC_W_TRY_PLAIN:
        return c && cc_punct(unit, token + 1, '{') ? CC_W_TRY : CC_W_NONE;
    case CC_W_EXCEPT:
    case CC_W_EXCEPT_OLD:
        return CC_W_EXCEPT;
    case CC_W_EXCEPT_PLAIN:
        return c && cc_punct(unit, token + 1, '(') && token && cc_punct(unit, token - 1, '}')
                   ? CC_W_EXCEPT
                   : CC_W_NONE;
    case CC_W_FINALLY:
    case CC_W_FINALLY_OLD:
        return CC_W_FINALLY;
    case CC_W_FINALLY_PLAIN:
        return c && cc_punct(unit, token + 1, '{') && token && cc_punct(unit, token - 1, '}')
                   ? CC_W_FINALLY
                   : CC_W_NONE;
    case CC_W_LEAVE:
    case CC_W_LEAVE_OLD:
        return CC_W_LEAVE;
    case CC_W_LEAVE_PLAIN:
        return c && cc_punct(unit, token + 1, ';') ? CC_W_LEAVE : CC_W_NONE;
    default:
        return CC_W_NONE;
    }
}

/* Notes the block that opens at `open`, behind the word at `token` (CC_NONE: a nested function). */
static void add_region(struct seh *seh, uint32_t token, uint32_t open) {
    if (seh->region_count == seh->region_capacity) {
        seh->region_capacity = seh->region_capacity ? seh->region_capacity * 2 : 16;
        seh->regions = cc_realloc(seh->regions, seh->region_capacity * sizeof *seh->regions);
    }
    seh->regions[seh->region_count++] = (struct cc_region){
        .open = open,
        .close = seh->unit->tokens[open].match,
        .word = token == CC_NONE ? NULL : cc_spelling(seh->unit, token),
        .finally = token != CC_NONE && seh_word(seh->unit, token) == CC_W_FINALLY};
}

/* `GetExceptionCode()` and its like, at `token`. */
static void question(struct seh *seh, uint32_t token, unsigned frame, const char *member,
                     const char *where) {
    struct cc_unit *unit = seh->unit;
    if (!cc_punct(unit, token + 1, '(')) {
        return;
    }
    if (!cc_punct(unit, token + 2, ')')) {
        cc_error(unit, token, "'%s' takes no argument", cc_spelling(unit, token));
        return;
    }
    if (frame == NO_FRAME) {
        cc_error(unit, token, "'%s' outside %s", cc_spelling(unit, token), where);
        return;
    }
    cc_delete(unit, token, token + 2);
    cc_replace(unit, token, cc_format("(__seh%u.%s)", frame, member));
}

/* An identifier outside guarded blocks may be called exception_code or abnormal_termination. */
static bool plain_spelling(uint16_t word) {
    return word == CC_W_GET_CODE4 || word == CC_W_GET_INFO4 || word == CC_W_ABNORMAL4;
}

static void questions(struct seh *seh, uint32_t token, const struct place *place) {
    uint16_t word = seh->unit->tokens[token].word;
    if (word >= CC_W_GET_CODE && word <= CC_W_GET_CODE4) {
        if (place->code || !plain_spelling(word)) {
            question(seh, token, place->code, "code", "a filter or an __except block");
        }
    } else if (word >= CC_W_GET_INFO && word <= CC_W_GET_INFO4) {
        if (place->information || !plain_spelling(word)) {
            question(seh, token, place->information, "information", "a filter");
        }
    } else if (word >= CC_W_ABNORMAL && word <= CC_W_ABNORMAL4) {
        if (place->abnormal || !plain_spelling(word)) {
            question(seh, token, place->abnormal, "abnormal", "a __finally block");
        }
    }
}

static void leave(struct seh *seh, uint32_t token, const struct place *place) {
    if (place->leave == NO_FRAME) {
        cc_error(seh->unit, token, "'%s' outside a __try block", cc_spelling(seh->unit, token));
        return;
    }
    *place->leave_used = true;
    const char *calls = cc_crossing_calls(place->crossing, place->leave_start);
    cc_replace(seh->unit, token, cc_format("goto __seh%u_leave", place->leave));
    if (*calls) {
        cc_replace(seh->unit, token, cc_format("{ %sgoto __seh%u_leave", calls, place->leave));
        cc_after(seh->unit, token + 1, " }");
    }
}

/* `__except (F) { H }` at `token`; returns its last token. */
static uint32_t except_part(struct seh *seh, uint32_t token, unsigned frame, struct place place) {
    struct cc_unit *unit = seh->unit;
    uint32_t close = next_is(unit, token, '(') ? unit->tokens[token + 1].match : CC_NONE;
    if (close == CC_NONE || close == token + 2) {
        cc_error(unit, token, "'%s' without its filter expression", cc_spelling(unit, token));
        return token;
    }
    if (!next_is(unit, close, '{')) {
        cc_error(unit, token, "'%s' without its block", cc_spelling(unit, token));
        return close;
    }
    uint32_t end = unit->tokens[close + 1].match;
    add_region(seh, token, close + 1);
    cc_replace(
        unit, token,
        cc_format("else if (__seh%u.phase == 1) wdmsim_seh_filtered(&__seh%u, ", frame, frame));
    cc_after(unit, close, "); else");
    cc_after(unit, end, " }");
    struct place filter = place, handler = place;
    filter.leave = NO_FRAME;
    filter.in_filter = true;
    filter.code = filter.information = handler.code = frame;
    range(seh, token + 2, close, filter);
    range(seh, close + 2, end, handler);
    return end;
}

/* Words that a GNU statement expression might hide in a filter. */
static bool leaves(const struct cc_unit *unit, uint32_t token) {
    uint16_t word = unit->tokens[token].word;
    return word == CC_W_RETURN || word == CC_W_GOTO;
}

/* Are scopes at this place ended by name? */
static bool called_by_name(const struct cc_unit *unit, const struct place *place) {
    return unit->options.clang && place->in_finally;
}

/* `__finally { E }` at `token`; returns its last token. */
static uint32_t finally_part(struct seh *seh, uint32_t token, unsigned frame, struct place place) {
    struct cc_unit *unit = seh->unit;
    if (!next_is(unit, token, '{')) {
        cc_error(unit, token, "'%s' without its block", cc_spelling(unit, token));
        return token;
    }
    uint32_t end = unit->tokens[token + 1].match;
    bool by_name = called_by_name(unit, &place);
    add_region(seh, token, token + 1);
    cc_replace(
        unit, token,
        cc_format("else { struct wdmsim_seh_frame *__seh%u_guard __attribute__((__unused__%s)) = "
                  "&__seh%u;",
                  frame, by_name ? "" : ", __cleanup__(wdmsim_seh_abandon)", frame));
    cc_after(unit, end, cc_format(" wdmsim_seh_finished(&__seh%u); } }", frame));
    struct cc_crossing crossing = {place.crossing, token, frame, true};
    place.crossing = by_name ? &crossing : NULL;
    place.abnormal = frame;
    place.in_finally = true;
    range(seh, token + 2, end, place);
    return end;
}

/* A whole guarded statement, `token` on __try; returns its last token. */
static uint32_t guarded_statement(struct seh *seh, uint32_t token, struct place place) {
    struct cc_unit *unit = seh->unit;
    if (!next_is(unit, token, '{')) {
        cc_error(unit, token, "'%s' without its block", cc_spelling(unit, token));
        return token;
    }
    uint32_t end = unit->tokens[token + 1].match;
    uint16_t word = seh_word(unit, end + 1);
    if (word != CC_W_EXCEPT && word != CC_W_FINALLY) {
        cc_error(unit, token, "'%s' without __except or __finally behind its block",
                 cc_spelling(unit, token));
        return end;
    }
    add_region(seh, token, token + 1);
    unsigned frame = ++seh->frames;
    bool leave_used = false;
    bool by_name = called_by_name(unit, &place);
    struct cc_crossing crossing = {place.crossing, token, frame, false};
    struct place body = place;
    body.leave = frame;
    body.leave_start = token;
    body.leave_used = &leave_used;
    body.crossing = by_name ? &crossing : NULL;
    cc_replace(unit, token,
               cc_format("{ struct wdmsim_seh_frame __seh%u%s; __seh%u.kind = %d; "
                         "if (wdmsim_seh_enter(&__seh%u) == 0) {",
                         frame, by_name ? "" : " __attribute__((__cleanup__(wdmsim_seh_exit)))",
                         frame, word == CC_W_FINALLY, frame));
    range(seh, token + 2, end, body);
    if (leave_used) {
        cc_after(unit, end, cc_format(" __seh%u_leave:;", frame));
    }
    cc_after(unit, end, cc_format(" __seh%u.state = 2;", frame));
    cc_after(unit, end, by_name ? cc_format(" wdmsim_seh_exit(&__seh%u); }", frame) : " }");
    return word == CC_W_EXCEPT ? except_part(seh, end + 1, frame, place)
                               : finally_part(seh, end + 1, frame, place);
}

/* The function keeps its locals in its frame (see above). */
static void keep_locals(struct cc_unit *unit, uint32_t place, const char *parameters,
                        uint32_t open) {
    cc_before(unit, place,
              cc_format("%s%s", parameters,
                        unit->options.clang
                            ? "__attribute__((__noinline__, __optnone__)) "
                            : "__attribute__((__noinline__, __noclone__, "
                              "__optimize__(\"O0\", \"no-omit-frame-pointer\"))) "));
    cc_after(unit, open,
             " void *__seh_anchor = __builtin_alloca(wdmsim_seh_zero); (void)__seh_anchor;");
}

/* Is a guarded statement among the tokens? */
static bool has_guarded_statement(const struct cc_unit *unit, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        if (unit->tokens[i].kind == CC_IDENT && seh_word(unit, i) == CC_W_TRY) {
            return true;
        }
    }
    return false;
}

/* The lambda or local class that begins at `token`; returns its last token, or `token`. */
static uint32_t nested_functions(struct seh *seh, uint32_t token, uint32_t end,
                                 struct place place) {
    struct cc_nested nested;
    if (!cc_nested_function(seh->unit, token, end, &nested)) {
        return token;
    }
    range(seh, token + 1, nested.open, place);
    do {
        add_region(seh, CC_NONE, nested.open);
        if (has_guarded_statement(seh->unit, nested.open, nested.close)) {
            keep_locals(seh->unit, nested.place, nested.parameters, nested.open);
        }
        range(seh, nested.open + 1, nested.close, (struct place){0});
    } while (cc_next_member(seh->unit, &nested));
    return nested.end ? nested.end : nested.close;
}

static void range(struct seh *seh, uint32_t first, uint32_t end, struct place place) {
    for (uint32_t i = first; i < end; i++) {
        uint32_t last = nested_functions(seh, i, end, place);
        if (last != i || seh->unit->tokens[i].kind != CC_IDENT) {
            i = last;
            continue;
        }
        if (place.in_filter && leaves(seh->unit, i)) {
            cc_error(seh->unit, i, "'%s' in a filter expression", cc_spelling(seh->unit, i));
        }
        switch (seh_word(seh->unit, i)) {
        case CC_W_TRY:
            i = guarded_statement(seh, i, place);
            break;
        case CC_W_LEAVE:
            leave(seh, i, &place);
            break;
        case CC_W_EXCEPT:
        case CC_W_FINALLY:
            cc_error(seh->unit, i, "'%s' without its __try block", cc_spelling(seh->unit, i));
            break;
        default:
            if (place.crossing) {
                cc_jump(seh->unit, i, place.crossing);
            }
            questions(seh, i, &place);
            break;
        }
    }
}

static void prepare_function(struct cc_unit *unit, const struct cc_function *function) {
    keep_locals(unit, function->first, "", function->open);
    for (uint32_t i = function->first; i < function->close; i++) {
        if (unit->tokens[i].kind == CC_IDENT && unit->tokens[i].word == CC_W_REGISTER) {
            cc_replace(unit, i, "");
        }
    }
    unit->uses_seh = true;
}

/* Is there anything in the function's tokens for this pass? */
static bool has_guarded_block(const struct cc_unit *unit, const struct cc_function *function,
                              bool *questions_only) {
    bool found = false;
    *questions_only = true;
    for (uint32_t i = function->open; i < function->close; i++) {
        if (unit->tokens[i].kind == CC_IDENT && unit->tokens[i].word >= CC_W_TRY_PLAIN &&
            unit->tokens[i].word <= CC_W_ABNORMAL4) {
            found = true;
            *questions_only &= seh_word(unit, i) != CC_W_TRY;
        }
    }
    return found;
}

/* Guarded statements outside every function that was recognised are not passed on silently. */
static void stray_words(struct cc_unit *unit) {
    for (uint32_t i = 0; i < unit->count; i++) {
        const struct cc_token *t = &unit->tokens[i];
        bool ours =
            t->kind == CC_IDENT && !t->system && seh_word(unit, i) != CC_W_NONE && !t->replace;
        if (ours && !cc_function_at(unit, i)) {
            cc_error(unit, i, "'%s' outside a function, or in one whose braces do not match",
                     cc_spelling(unit, i));
        }
    }
}

void cc_pass_seh(struct cc_unit *unit) {
    struct seh seh = {.unit = unit};
    if (!unit->guards) {
        return;
    }
    for (uint32_t i = 0; i < unit->function_count; i++) {
        const struct cc_function *function = &unit->functions[i];
        bool questions_only;
        if (unit->tokens[function->name].system || /* which has its own use for such names */
            !has_guarded_block(unit, function, &questions_only)) {
            continue;
        }
        if (!questions_only) {
            prepare_function(unit, function);
        }
        seh.region_count = 0;
        range(&seh, function->open + 1, function->close, (struct place){0});
        cc_check_jumps(unit, function, seh.regions, seh.region_count);
    }
    free(seh.regions);
    stray_words(unit);
}
