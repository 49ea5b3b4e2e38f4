/*
 * What Address Sanitizer and Valgrind's memcheck are told about the pool.
 *
 * Everything in the pool's pages that is not the requested bytes of an allocated block is out of
 * bounds: headers, slack, free blocks. With memcheck each block is also marked undefined when it is
 * allocated. A stack of recently freed blocks (quarantine, pool.c) keeps them out of bounds for a
 * while.
 */
#include "mm/pool.h"

#if MM_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if defined(WDMSIM_VALGRIND) || __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define MM_MEMCHECK 1
#endif

void mm_instrument_start(struct machine *m) {
    m->arena.watched = MM_ASAN;
#ifdef MM_MEMCHECK
    m->mm->memcheck = RUNNING_ON_VALGRIND != 0;
    if (!m->mm->memcheck)
        return;
    m->arena.watched = true;
    if (VALGRIND_MEMPOOL_EXISTS(m->mm))
        VALGRIND_DESTROY_MEMPOOL(m->mm); /* of an earlier machine in this place */
    /* No red zones: freeing a run of pages would hide the first bytes of the run behind it. */
    VALGRIND_CREATE_MEMPOOL(m->mm, 0, 0);
#endif
}

void mm_instrument_show(struct machine *m, void *p, size_t size) {
#if MM_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MAKE_MEM_UNDEFINED(p, size);
#endif
    (void)m;
    (void)p;
    (void)size;
}

void mm_instrument_hide(struct machine *m, void *p, size_t size) {
#if MM_ASAN
    __asan_poison_memory_region(p, size);
#endif
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MAKE_MEM_NOACCESS(p, size);
#endif
    (void)m;
    (void)p;
    (void)size;
}

void mm_instrument_reset(struct machine *m, void *p, size_t size) {
#if MM_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MAKE_MEM_DEFINED(p, size);
#endif
    (void)m;
    (void)p;
    (void)size;
}

void mm_instrument_allocate(struct machine *m, void *p, size_t size) {
#if MM_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MEMPOOL_ALLOC(m->mm, p, size);
#endif
    (void)m;
    (void)p;
    (void)size;
}

void mm_instrument_free(struct machine *m, void *p, size_t size) {
#if MM_ASAN
    __asan_poison_memory_region(p, size);
#endif
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MEMPOOL_FREE(m->mm, p);
#endif
    (void)m;
    (void)p;
    (void)size;
}

void mm_instrument_open(struct machine *m, void *header) {
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MAKE_MEM_DEFINED(header, MM_HEADER_SIZE);
#endif
    (void)m;
    (void)header;
}

void mm_instrument_close(struct machine *m, void *header) {
#ifdef MM_MEMCHECK
    if (m->mm->memcheck)
        VALGRIND_MAKE_MEM_NOACCESS(header, MM_HEADER_SIZE);
#endif
    (void)m;
    (void)header;
}
