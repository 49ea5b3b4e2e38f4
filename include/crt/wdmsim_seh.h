/*
 * What guarded blocks (__try) are made of: the interface between code that wdmsim-cc rewrote and
 * the run-time in src/rtl. Drivers do not include it; wdmsim-cc puts these declarations into every
 * translation unit that has a guarded block.
 *
 * A guarded block is a frame in its function's local variables, linked to the ones around it for as
 * long as the block runs. wdmsim_seh_enter returns 0 when the block begins, and again, with another
 * value and `phase`, when the run-time wants the filter evaluated, the __except block entered or
 * the
 * __finally block run. Everything is per thread of the machine: the chain's head is
 * `machine.seh`, which fibers, interrupts and DPCs save and restore.
 */
#ifndef WDMSIM_SEH_H
#define WDMSIM_SEH_H

struct _EXCEPTION_POINTERS;

enum wdmsim_seh_kind {
    WDMSIM_SEH_EXCEPT,
    WDMSIM_SEH_FINALLY,
    WDMSIM_SEH_SEARCH /* the run-time's own: a filter is being evaluated */
};

enum wdmsim_seh_state {
    WDMSIM_SEH_LINKED = 1, /* the block runs */
    WDMSIM_SEH_DONE,       /* it reached its end */
    WDMSIM_SEH_UNLINKED    /* no longer in the chain */
};

enum wdmsim_seh_phase { WDMSIM_SEH_GUARDING, WDMSIM_SEH_FILTERING, WDMSIM_SEH_HANDLING };

struct wdmsim_seh_frame {
    struct wdmsim_seh_frame *previous;       /* around this one */
    struct _EXCEPTION_POINTERS *information; /* GetExceptionInformation() */
    void *running;                           /* stack pointer of the run-time that waits */
    unsigned int code;                       /* GetExceptionCode() */
    unsigned char kind, state, phase;        /* the enumerations above */
    unsigned char abnormal;                  /* AbnormalTermination() */
    void *context[22];                       /* registers at wdmsim_seh_enter */
};

#ifdef __cplusplus
extern "C" {
#endif

/** Begins a guarded block: saves the registers and links the frame, whose `kind` is set. */
int wdmsim_seh_enter(struct wdmsim_seh_frame *frame) __attribute__((__returns_twice__));

/** Ends a guarded block, on every way out of it; runs its __finally block. */
void wdmsim_seh_exit(struct wdmsim_seh_frame *frame);

/** Leaves a __finally block by a jump out of it: what caused it to run is forgotten. */
void wdmsim_seh_abandon(struct wdmsim_seh_frame **frame);

/** The filter's answer: > 0 handles the exception, 0 goes on searching, < 0 continues where it
 *  was raised. */
void wdmsim_seh_filtered(struct wdmsim_seh_frame *frame, int answer) __attribute__((__noreturn__));

/** The end of a __finally block. */
void wdmsim_seh_finished(struct wdmsim_seh_frame *frame) __attribute__((__noreturn__));

/** Always 0, and no compiler knows it. */
extern const volatile unsigned char wdmsim_seh_zero;

#ifdef __cplusplus
}
#endif

#endif
