/*
 * Generic tables on splay trees.
 *
 * An element is one allocation of the caller's: splay links, a link in the order of insertion, and
 * the caller's data behind them. The caller's routines compare, allocate and free; they may be
 * pageable, and they may not touch the links. What is looked up becomes the root.
 */
#include <string.h>

#include "ki/gate.h"

struct rtl_table_element {
    RTL_SPLAY_LINKS links;
    LIST_ENTRY order;
    ULONGLONG data[];
};

static struct rtl_table_element *rtl_element(PRTL_SPLAY_LINKS links) {
    return CONTAINING_RECORD(links, struct rtl_table_element, links);
}

VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table,
                               PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                               PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
    KI_GATE(RtlInitializeGenericTable);
    memset(Table, 0, sizeof *Table);
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* Where `buffer` is or belongs; *near is the element found, or the future parent. */
static TABLE_SEARCH_RESULT rtl_search(PRTL_GENERIC_TABLE table, PVOID buffer,
                                      PRTL_SPLAY_LINKS *near) {
    PRTL_SPLAY_LINKS links = table->TableRoot;
    *near = NULL;
    if (!links)
        return TableEmptyTree;
    for (;;) {
        *near = links;
        switch (table->CompareRoutine(table, buffer, rtl_element(links)->data)) {
        case GenericLessThan:
            if (!links->LeftChild)
                return TableInsertAsLeft;
            links = links->LeftChild;
            break;
        case GenericGreaterThan:
            if (!links->RightChild)
                return TableInsertAsRight;
            links = links->RightChild;
            break;
        default:
            return TableFoundNode;
        }
    }
}

static PVOID rtl_insert(PRTL_GENERIC_TABLE table, PVOID buffer, CLONG size, PBOOLEAN is_new,
                        PRTL_SPLAY_LINKS near, TABLE_SEARCH_RESULT where) {
    if (is_new)
        *is_new = where != TableFoundNode;
    if (where != TableFoundNode) {
        CLONG whole = size + (CLONG)sizeof(struct rtl_table_element);
        struct rtl_table_element *element =
            whole < size ? NULL : table->AllocateRoutine(table, whole);
        if (!element) {
            if (is_new)
                *is_new = FALSE;
            return NULL;
        }
        RtlInitializeSplayLinks(&element->links);
        InsertTailList(&table->InsertOrderList, &element->order);
        memcpy(element->data, buffer, size);
        if (where == TableInsertAsLeft)
            RtlInsertAsLeftChild(near, &element->links);
        else if (where == TableInsertAsRight)
            RtlInsertAsRightChild(near, &element->links);
        table->NumberGenericTableElements++;
        near = &element->links;
    }
    table->TableRoot = RtlSplay(near);
    return rtl_element(near)->data;
}

PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                   PBOOLEAN NewElement) {
    KI_GATE(RtlInsertElementGenericTable);
    PRTL_SPLAY_LINKS near;
    TABLE_SEARCH_RESULT where = rtl_search(Table, Buffer, &near);
    return rtl_insert(Table, Buffer, BufferSize, NewElement, near, where);
}

BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
    KI_GATE(RtlDeleteElementGenericTable);
    PRTL_SPLAY_LINKS links;
    if (rtl_search(Table, Buffer, &links) != TableFoundNode)
        return FALSE;
    Table->TableRoot = RtlDelete(links);
    RemoveEntryList(&rtl_element(links)->order);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, rtl_element(links));
    return TRUE;
}

PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
    KI_GATE(RtlLookupElementGenericTable);
    PRTL_SPLAY_LINKS links;
    TABLE_SEARCH_RESULT where = rtl_search(Table, Buffer, &links);
    if (links)
        Table->TableRoot = RtlSplay(links);
    return where == TableFoundNode ? rtl_element(links)->data : NULL;
}

/* ---- enumerating ---- */

static PRTL_SPLAY_LINKS rtl_first(PRTL_GENERIC_TABLE table) {
    PRTL_SPLAY_LINKS links = table->TableRoot;
    while (links && links->LeftChild)
        links = links->LeftChild;
    return links;
}

PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart) {
    KI_GATE(RtlEnumerateGenericTable);
    if (!Table->TableRoot)
        return NULL;
    PRTL_SPLAY_LINKS links = Restart ? rtl_first(Table) : RtlRealSuccessor(Table->TableRoot);
    if (!links)
        return NULL;
    Table->TableRoot = RtlSplay(links); /* the root is where the enumeration stands */
    return rtl_element(links)->data;
}

PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey) {
    KI_GATE(RtlEnumerateGenericTableWithoutSplaying);
    PRTL_SPLAY_LINKS links = *RestartKey ? RtlRealSuccessor(*RestartKey) : rtl_first(Table);
    if (!links)
        return NULL;
    *RestartKey = links;
    return rtl_element(links)->data;
}

/* The element's number counts from 1 while OrderedPointer leads to it; 0: the list's head. */
PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I) {
    if (I >= Table->NumberGenericTableElements)
        return NULL;
    ULONG wanted = I + 1, at = Table->WhichOrderedElement;
    PLIST_ENTRY entry = Table->OrderedPointer;
    ULONG behind = Table->NumberGenericTableElements + 1 - wanted;
    if (wanted < at && wanted < at - wanted) {
        at = 0;
        entry = &Table->InsertOrderList;
    } else if (wanted > at && behind < wanted - at) {
        at = Table->NumberGenericTableElements + 1;
        entry = &Table->InsertOrderList;
    }
    for (; at < wanted; at++)
        entry = entry->Flink;
    for (; at > wanted; at--)
        entry = entry->Blink;
    Table->OrderedPointer = entry;
    Table->WhichOrderedElement = wanted;
    return CONTAINING_RECORD(entry, struct rtl_table_element, order)->data;
}

ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table) {
    KI_GATE(RtlNumberGenericTableElements);
    return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table) {
    KI_GATE(RtlIsGenericTableEmpty);
    return Table->TableRoot == NULL;
}
