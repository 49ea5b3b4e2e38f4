/* Bug checks that drivers raise themselves. */
#include "ke/ke.h"

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) {
    struct machine *m = ki_self();
    ki_bugcheck(m, BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
                BugCheckParameter4, "raised by %s",
                ki_address_name(m, __builtin_return_address(0)));
}

VOID KeBugCheck(ULONG BugCheckCode) {
    struct machine *m = ki_self();
    ki_bugcheck(m, BugCheckCode, 0, 0, 0, 0, "raised by %s",
                ki_address_name(m, __builtin_return_address(0)));
}

/* The checks of the list macros and __fastfail: no handler is searched, the code is parameter 1. */
VOID wdmsim_fast_fail(ULONG Code) {
    struct machine *m = ki_self();
    ki_bugcheck(m, KERNEL_SECURITY_CHECK_FAILURE, Code, 0, 0, 0, "%s: %s",
                ki_address_name(m, __builtin_return_address(0)),
                Code == 3 ? "a doubly linked list is corrupt" : "fast fail");
}
