/*
 * The rest of the C run-time: random numbers of the machine, conversions by the ANSI code page,
 * sorting and searching with a context.
 */
#include "stdlib.h" /* the drivers': this file implements it */

#include "ki/machine.h"
#include "rtl/codepage.h"

#include "wdmsim_crt.h"

/* ---- random numbers ---- */

struct rtl_part {
    ULONG random;
};

static struct rtl_part *crt_part(void) {
    struct machine *m = ki_self();
    if (!m->rtl) {
        m->rtl = ki_alloc(m, sizeof *m->rtl);
        m->rtl->random = 1;
    }
    return m->rtl;
}

void wdmsim_crt_srand(unsigned int seed) { crt_part()->random = seed; }

int wdmsim_crt_rand(void) {
    struct rtl_part *part = crt_part();
    part->random = part->random * 214013u + 2531011u;
    return (int)(part->random >> 16 & 0x7fff);
}

/* ---- conversions; (size_t)-1 and -1 never happen with a code page of single bytes ---- */

size_t wdmsim_crt_wcstombs(char *destination, const wchar_t *source, size_t count) {
    size_t length = 0;
    if (!destination)
        count = SIZE_MAX;
    for (; length < count; length++) {
        if (destination)
            destination[length] = (char)rtl_unicode_to_ansi(source[length]);
        if (!source[length])
            break;
    }
    return length;
}

size_t wdmsim_crt_mbstowcs(wchar_t *destination, const char *source, size_t count) {
    size_t length = 0;
    if (!destination)
        count = SIZE_MAX;
    for (; length < count; length++) {
        if (destination)
            destination[length] = rtl_ansi_to_unicode((UCHAR)source[length]);
        if (!source[length])
            break;
    }
    return length;
}

int wdmsim_crt_wctomb(char *destination, wchar_t character) {
    if (!destination)
        return 0;
    *destination = (char)rtl_unicode_to_ansi(character);
    return 1;
}

int wdmsim_crt_mbtowc(wchar_t *destination, const char *source, size_t count) {
    if (!source || !count)
        return 0;
    if (destination)
        *destination = rtl_ansi_to_unicode((UCHAR)*source);
    return *source != 0;
}

/* ---- sorting and searching, with a context ---- */

typedef int crt_compare_routine(void *context, const void *left, const void *right);

static void crt_swap(char *left, char *right, size_t size) {
    for (; size; size--, left++, right++) {
        char kept = *left;
        *left = *right;
        *right = kept;
    }
}

/* Lets the element at `at` sink among the first `count`, of which the greatest is to be first. */
static void crt_sift(char *base, size_t at, size_t count, size_t size, crt_compare_routine *compare,
                     void *context) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count &&
            compare(context, base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(context, base + at * size, base + child * size) >= 0)
            break;
        crt_swap(base + at * size, base + child * size, size);
    }
}

void wdmsim_crt_qsort_s(void *base, size_t count, size_t size, crt_compare_routine *compare,
                        void *context) {
    if (!base || !size || !compare)
        return;
    for (size_t at = count / 2; at-- > 0;)
        crt_sift(base, at, count, size, compare, context);
    for (size_t left = count; left-- > 1;) {
        crt_swap(base, (char *)base + left * size, size);
        crt_sift(base, 0, left, size, compare, context);
    }
}

void *wdmsim_crt_bsearch_s(const void *key, const void *base, size_t count, size_t size,
                           crt_compare_routine *compare, void *context) {
    if (!base || !size || !compare)
        return NULL;
    for (const char *low = base; count;) {
        const char *middle = low + count / 2 * size;
        int order = compare(context, key, middle);
        if (order == 0)
            return (void *)(ULONG_PTR)middle;
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}
