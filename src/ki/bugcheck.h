/*
 * Bug checks: the result of a machine that a driver broke.
 */
#ifndef KI_BUGCHECK_H
#define KI_BUGCHECK_H

#include "ki/machine.h"

/*
 * Stops the machine and gives control to the host for good. `format` explains in a sentence what
 * happened, in names of routines, drivers and objects.
 */
_Noreturn void ki_bugcheck(struct machine *m, ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                           ULONG_PTR p4, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* The same for a failure elsewhere than in the caller: at an instruction with its frame pointer. */
_Noreturn void ki_bugcheck_at(struct machine *m, ULONG code, const ULONG_PTR parameters[4],
                              uintptr_t address, void *frame_pointer, const char *explanation);

/* Parameter 1 of IRQL_UNEXPECTED_VALUE: the present level, the expected one, and who was called. */
enum { KI_UNEXPECTED_APC = 0, KI_UNEXPECTED_CALLOUT = 2, KI_UNEXPECTED_SERVICE = 3 };
#define KI_UNEXPECTED_IRQL(m, expected, who)                                                       \
    ((ULONG_PTR)(m)->cpu->irql << 16 | (ULONG_PTR)(expected) << 8 | (ULONG_PTR)(who))

/* A name for a code address, "driver!function" or "driver+0x1234"; lives as long as the machine. */
const char *ki_address_name(struct machine *m, const void *address);

/* Does the address lie in an image that is loaded: a driver, the program, a library? */
bool ki_in_image(const void *address);

/* "DISPATCH_LEVEL", "DIRQL 5" … */
const char *ki_irql_name(unsigned irql);

/* Fills frames from the calling stack, innermost first, by frame pointers within the running fiber.
 */
unsigned ki_unwind(struct machine *m, void *frame_pointer, struct wdmsim_frame *frames,
                   unsigned capacity);

/* Likewise of any fiber, addresses only. */
unsigned ki_walk(const struct ki_fiber *fiber, void *frame_pointer, uintptr_t *addresses,
                 unsigned capacity);

/* Names of the routines in which a fiber stands that does not run, "driver!inner < driver!outer":
 * the innermost ones that are not the library's. Empty where the host does not tell. */
void ki_stack_describe(struct machine *m, const struct ki_fiber *fiber, char *buffer, size_t size);

/*
 * Host signals that mean a fault of driver code: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP.
 * Called for every machine; a fault outside any machine's fibers goes to the handler that was there
 * before. A guarded block of the driver gets the first chance (ki_fault_filter), then it is a bug
 * check.
 */
void ki_faults_install(void);

/* A fault as driver code sees it. */
struct ki_fault {
    NTSTATUS status;       /* STATUS_ACCESS_VIOLATION … */
    uintptr_t instruction; /* address of the faulting instruction */
    uintptr_t address;     /* accessed, for access violations */
    bool write;
    void *frame_pointer, *stack_pointer;
    void *context; /* the host's ucontext_t */
};
/* Offered every fault before it becomes a bug check; does not return if a guarded block handles it.
 * Set by src/rtl. */
extern void (*ki_fault_filter)(struct machine *m, const struct ki_fault *fault);
/* Fills in the exception record and the context of a fault. Set by src/rtl. */
extern void (*ki_fault_record)(const struct ki_fault *fault, struct _EXCEPTION_RECORD *record,
                               CONTEXT *context);

#endif
