/*
 * Generic tables on AVL trees.
 *
 * An element is one allocation of the caller's: the balanced links, then its data. The table's
 * BalancedRoot is a sentinel whose right child is the root. Balance is the depth of the right
 * subtree less that of the left one; a rotation lifts a node above its parent, and two shapes of
 * rotation restore the balance after an insertion or a deletion, from the place of the change
 * upwards.
 */
#include <string.h>

#include "ki/gate.h"

struct rtl_avl_element {
    RTL_BALANCED_LINKS links;
    ULONGLONG data[];
};

static PVOID rtl_data(PRTL_BALANCED_LINKS links) {
    return CONTAINING_RECORD(links, struct rtl_avl_element, links)->data;
}

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
    KI_GATE(RtlInitializeGenericTableAvl);
    memset(Table, 0, sizeof *Table);
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* ---- the tree ---- */

static CHAR rtl_side(const RTL_BALANCED_LINKS *links) {
    return links->Parent->RightChild == links ? 1 : -1;
}

static PRTL_BALANCED_LINKS *rtl_child(PRTL_BALANCED_LINKS links, CHAR side) {
    return side > 0 ? &links->RightChild : &links->LeftChild;
}

/* Puts `links` (or nothing) where `old` hangs. */
static void rtl_put_in_place(PRTL_BALANCED_LINKS old, PRTL_BALANCED_LINKS links) {
    *rtl_child(old->Parent, rtl_side(old)) = links;
    if (links)
        links->Parent = old->Parent;
}

static void rtl_lift(PRTL_BALANCED_LINKS links) {
    PRTL_BALANCED_LINKS parent = links->Parent;
    CHAR side = rtl_side(links);
    PRTL_BALANCED_LINKS inner = *rtl_child(links, (CHAR)-side);
    rtl_put_in_place(parent, links);
    *rtl_child(links, (CHAR)-side) = parent;
    parent->Parent = links;
    *rtl_child(parent, side) = inner;
    if (inner)
        inner->Parent = parent;
}

/* `links` is two levels deeper on the side of its balance. True if the subtree lost a level. */
static bool rtl_rebalance(PRTL_BALANCED_LINKS links) {
    CHAR side = links->Balance;
    PRTL_BALANCED_LINKS child = *rtl_child(links, side);
    if (child->Balance == -side) {
        PRTL_BALANCED_LINKS grandchild = *rtl_child(child, (CHAR)-side);
        rtl_lift(grandchild);
        rtl_lift(grandchild);
        links->Balance = grandchild->Balance == side ? (CHAR)-side : 0;
        child->Balance = grandchild->Balance == -side ? side : 0;
        grandchild->Balance = 0;
        return true;
    }
    rtl_lift(child);
    if (child->Balance == 0) {
        child->Balance = (CHAR)-side;
        return false;
    }
    child->Balance = links->Balance = 0;
    return true;
}

static void rtl_link(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS links, PRTL_BALANCED_LINKS parent,
                     TABLE_SEARCH_RESULT where) {
    memset(links, 0, sizeof *links);
    if (where == TableEmptyTree)
        parent = &table->BalancedRoot;
    links->Parent = parent;
    *rtl_child(parent, where == TableInsertAsLeft ? -1 : 1) = links;
    table->NumberGenericTableElements++;
    for (; parent != &table->BalancedRoot; links = parent, parent = parent->Parent) {
        CHAR side = rtl_side(links);
        if (parent->Balance != 0) {
            if (parent->Balance == side)
                rtl_rebalance(parent);
            else
                parent->Balance = 0;
            return;
        }
        parent->Balance = side;
    }
    table->DepthOfTree++;
}

static PRTL_BALANCED_LINKS rtl_neighbour(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS links,
                                         CHAR side) {
    PRTL_BALANCED_LINKS next = *rtl_child(links, side);
    if (next) {
        while (*rtl_child(next, (CHAR)-side))
            next = *rtl_child(next, (CHAR)-side);
        return next;
    }
    while (links != &table->BalancedRoot && rtl_side(links) == side)
        links = links->Parent;
    next = links->Parent;
    return links == &table->BalancedRoot || next == &table->BalancedRoot ? NULL : next;
}

/* One level is gone on `side` of `parent`. */
static void rtl_shrunk(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS parent, CHAR side) {
    while (parent != &table->BalancedRoot) {
        if (parent->Balance == 0) {
            parent->Balance = (CHAR)-side;
            return;
        }
        if (parent->Balance == side) {
            parent->Balance = 0;
        } else {
            if (!rtl_rebalance(parent))
                return;
            parent = parent->Parent;
        }
        side = rtl_side(parent);
        parent = parent->Parent;
    }
    table->DepthOfTree--;
}

static void rtl_unlink_balanced(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS links) {
    /* A node with two children is replaced by its neighbour in the deeper subtree. */
    PRTL_BALANCED_LINKS gone = links;
    if (links->LeftChild && links->RightChild)
        gone = rtl_neighbour(table, links, links->Balance >= 0 ? 1 : -1);
    PRTL_BALANCED_LINKS parent = gone->Parent;
    CHAR side = rtl_side(gone);
    rtl_put_in_place(gone, gone->LeftChild ? gone->LeftChild : gone->RightChild);
    rtl_shrunk(table, parent, side);
    if (gone != links) {
        rtl_put_in_place(links, gone);
        gone->LeftChild = links->LeftChild;
        gone->RightChild = links->RightChild;
        gone->Balance = links->Balance;
        if (gone->LeftChild)
            gone->LeftChild->Parent = gone;
        if (gone->RightChild)
            gone->RightChild->Parent = gone;
    }
    table->NumberGenericTableElements--;
}

/* ---- the table ---- */

static TABLE_SEARCH_RESULT rtl_find(PRTL_AVL_TABLE table, PVOID buffer, PRTL_BALANCED_LINKS *near) {
    PRTL_BALANCED_LINKS links = table->BalancedRoot.RightChild;
    if (!links)
        return TableEmptyTree;
    for (;;) {
        *near = links;
        switch (table->CompareRoutine(table, buffer, rtl_data(links))) {
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

static PVOID rtl_insert_balanced(PRTL_AVL_TABLE table, PVOID buffer, CLONG size, PBOOLEAN is_new,
                                 PRTL_BALANCED_LINKS near, TABLE_SEARCH_RESULT where) {
    if (is_new)
        *is_new = FALSE;
    if (where == TableFoundNode)
        return rtl_data(near);
    CLONG whole = size + (CLONG)sizeof(RTL_BALANCED_LINKS);
    PRTL_BALANCED_LINKS links = whole < size ? NULL : table->AllocateRoutine(table, whole);
    if (!links)
        return NULL;
    rtl_link(table, links, near, where);
    table->OrderedPointer = NULL;
    table->WhichOrderedElement = 0;
    memcpy(rtl_data(links), buffer, size);
    if (is_new)
        *is_new = TRUE;
    return rtl_data(links);
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                      PBOOLEAN NewElement) {
    KI_GATE(RtlInsertElementGenericTableAvl);
    PRTL_BALANCED_LINKS near = NULL;
    TABLE_SEARCH_RESULT where = rtl_find(Table, Buffer, &near);
    return rtl_insert_balanced(Table, Buffer, BufferSize, NewElement, near, where);
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                          PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult) {
    KI_GATE(RtlInsertElementGenericTableFullAvl);
    return rtl_insert_balanced(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult);
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
    KI_GATE(RtlDeleteElementGenericTableAvl);
    PRTL_BALANCED_LINKS links;
    if (rtl_find(Table, Buffer, &links) != TableFoundNode)
        return FALSE;
    if (Table->RestartKey == links) /* an enumeration goes on behind the element before */
        Table->RestartKey = rtl_neighbour(Table, links, -1);
    Table->DeleteCount++;
    rtl_unlink_balanced(Table, links);
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    Table->FreeRoutine(Table, links);
    return TRUE;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
    KI_GATE(RtlLookupElementGenericTableAvl);
    PRTL_BALANCED_LINKS links;
    return rtl_find(Table, Buffer, &links) == TableFoundNode ? rtl_data(links) : NULL;
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                          TABLE_SEARCH_RESULT *SearchResult) {
    KI_GATE(RtlLookupElementGenericTableFullAvl);
    PRTL_BALANCED_LINKS links;
    *SearchResult = rtl_find(Table, Buffer, &links);
    if (*SearchResult == TableEmptyTree)
        return NULL;
    *NodeOrParent = links;
    return *SearchResult == TableFoundNode ? rtl_data(links) : NULL;
}

/* A comparison may hold several elements for equal: the first of them. */
PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                   PVOID *RestartKey) {
    KI_GATE(RtlLookupFirstMatchingElementGenericTableAvl);
    PRTL_BALANCED_LINKS links, before;
    *RestartKey = NULL;
    if (rtl_find(Table, Buffer, &links) != TableFoundNode)
        return NULL;
    while ((before = rtl_neighbour(Table, links, -1)) != NULL &&
           Table->CompareRoutine(Table, Buffer, rtl_data(before)) == GenericEqual)
        links = before;
    *RestartKey = links;
    return rtl_data(links);
}

/* ---- enumerating ---- */

static PRTL_BALANCED_LINKS rtl_lowest(PRTL_AVL_TABLE table) {
    PRTL_BALANCED_LINKS links = table->BalancedRoot.RightChild;
    while (links && links->LeftChild)
        links = links->LeftChild;
    return links;
}

static PVOID rtl_enumerate(PRTL_AVL_TABLE table, PVOID *restart) {
    PRTL_BALANCED_LINKS links = *restart ? rtl_neighbour(table, *restart, 1) : rtl_lowest(table);
    if (!links)
        return NULL;
    *restart = links;
    return rtl_data(links);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart) {
    KI_GATE(RtlEnumerateGenericTableAvl);
    PVOID key = Restart ? NULL : Table->RestartKey;
    PVOID data = rtl_enumerate(Table, &key);
    Table->RestartKey = key;
    return data;
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey) {
    KI_GATE(RtlEnumerateGenericTableWithoutSplayingAvl);
    return rtl_enumerate(Table, RestartKey);
}

/* Where a directory enumeration begins that knows a key alone; NULL behind the last element. */
static PRTL_BALANCED_LINKS rtl_from_key(PRTL_AVL_TABLE table, PVOID buffer, bool skip_equal) {
    PRTL_BALANCED_LINKS near;
    switch (rtl_find(table, buffer, &near)) {
    case TableEmptyTree:
        return NULL;
    case TableInsertAsRight:
        return rtl_neighbour(table, near, 1);
    case TableFoundNode:
        return skip_equal ? rtl_neighbour(table, near, 1) : near;
    default:
        return near;
    }
}

PVOID RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table,
                                             PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData,
                                             ULONG NextFlag, PVOID *RestartKey, PULONG DeleteCount,
                                             PVOID Buffer) {
    KI_GATE(RtlEnumerateGenericTableLikeADirectory);
    PRTL_BALANCED_LINKS links = *RestartKey;
    if (links && *DeleteCount == Table->DeleteCount) {
        if (NextFlag)
            links = rtl_neighbour(Table, links, 1);
    } else {
        links = rtl_from_key(Table, Buffer, NextFlag != 0);
    }
    *DeleteCount = Table->DeleteCount;
    for (; links; links = rtl_neighbour(Table, links, 1)) {
        *RestartKey = links;
        NTSTATUS status =
            MatchFunction ? MatchFunction(Table, rtl_data(links), MatchData) : STATUS_SUCCESS;
        if (status == STATUS_SUCCESS)
            return rtl_data(links);
        if (status == STATUS_NO_MORE_MATCHES)
            break;
    }
    return NULL;
}

/* The I-th in order of the comparison: elements hold no place for their order of insertion. */
PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I) {
    if (I >= Table->NumberGenericTableElements)
        return NULL;
    PRTL_BALANCED_LINKS links = Table->OrderedPointer;
    ULONG at = Table->WhichOrderedElement;
    if (!links || I < at / 2) {
        links = rtl_lowest(Table);
        at = 0;
    }
    for (; at < I; at++)
        links = rtl_neighbour(Table, links, 1);
    for (; at > I; at--)
        links = rtl_neighbour(Table, links, -1);
    Table->OrderedPointer = links;
    Table->WhichOrderedElement = I;
    return rtl_data(links);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table) {
    KI_GATE(RtlNumberGenericTableElementsAvl);
    return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table) {
    KI_GATE(RtlIsGenericTableEmptyAvl);
    return Table->NumberGenericTableElements == 0;
}
