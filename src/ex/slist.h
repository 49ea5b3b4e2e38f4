/*
 * Sequenced singly linked lists, inline for the lookaside lists.
 *
 * The head has NT's layout: depth in the low 16 bits of the first word with a sequence number above
 * it, the first entry's address in the second word. Nothing moves between two gates, so no
 * compare-and-exchange is needed; the sequence number still counts every change, because drivers
 * look at the list with their own 16-byte operations.
 */
#ifndef EX_SLIST_H
#define EX_SLIST_H

#include "ki/machine.h"

#define EX_SLIST_SEQUENCE 0x10000ull
#define EX_SLIST_FLAGS 15ull      /* HeaderType and Reserved, below the address */
#define EX_SLIST_HEADER_TYPE 1ull /* the 16-byte form */

static inline PSLIST_ENTRY ex_slist_first(const SLIST_HEADER *head) {
    return (PSLIST_ENTRY)(uintptr_t)(head->Region & ~EX_SLIST_FLAGS);
}

static inline USHORT ex_slist_depth(const SLIST_HEADER *head) { return (USHORT)head->Alignment; }

static inline PSLIST_ENTRY ex_slist_pop(PSLIST_HEADER head) {
    PSLIST_ENTRY first = ex_slist_first(head);
    if (first) {
        head->Region = (ULONGLONG)(uintptr_t)first->Next | EX_SLIST_HEADER_TYPE;
        head->Alignment += EX_SLIST_SEQUENCE - 1;
    }
    return first;
}

static inline PSLIST_ENTRY ex_slist_push(PSLIST_HEADER head, PSLIST_ENTRY entry) {
    PSLIST_ENTRY first = ex_slist_first(head);
    entry->Next = first;
    head->Region = (ULONGLONG)(uintptr_t)entry | EX_SLIST_HEADER_TYPE;
    head->Alignment += EX_SLIST_SEQUENCE + 1;
    return first;
}

static inline void ex_slist_initialize(PSLIST_HEADER head) {
    head->Alignment = 0;
    head->Region = EX_SLIST_HEADER_TYPE;
}

#endif
