/*
 * What the run-time library offers to the rest of src: the same computations as its exported
 * routines, without the gate, so that the kernel's own use is not taken for a driver's call.
 */
#ifndef RTL_RTL_H
#define RTL_RTL_H

#include "ki/machine.h"

/* Simple case mappings of one 16-bit unit (case.c). */
WCHAR rtl_upcase(WCHAR character);
WCHAR rtl_downcase(WCHAR character);

/* Below, equal to or above zero; lengths in 16-bit units. */
LONG rtl_compare_unicode(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length,
                         bool ignore_case);

/* The tag of strings that Rtl routines allocate and RtlFree…String gives back: 'Strg'. */
#define RTL_STRING_TAG 0x67727453u

/* Paged pool for a string of the driver whose code `caller` is in; NULL without memory. */
void *rtl_string_allocate(struct machine *m, size_t size, const void *caller);

/*
 * Raises the exception for the code at record->ExceptionAddress, which called the routine whose
 * frame is given. Returns when a filter lets it continue. `sentence` says, behind that code's name,
 * why the machine stops when nothing handles it; NULL: by the exception's name.
 */
void rtl_raise(struct _EXCEPTION_RECORD *record, void *frame_pointer, const char *sentence);

#endif
