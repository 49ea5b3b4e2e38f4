/*
 * Splay trees: links inside the caller's nodes; the root's parent is the root itself.
 *
 * Everything is built on one rotation that lifts a node above its parent. Splaying lifts a node two
 * levels at a time until it is the root. The caller orders the nodes; nothing here compares.
 */
#include "ki/gate.h"

static bool rtl_is_root(const RTL_SPLAY_LINKS *links) { return links->Parent == links; }

static bool rtl_is_left(const RTL_SPLAY_LINKS *links) { return links->Parent->LeftChild == links; }

/* Puts `links` (or nothing) where `old` hangs; an old root passes on being the root. */
static void rtl_replace(PRTL_SPLAY_LINKS old, PRTL_SPLAY_LINKS links) {
    PRTL_SPLAY_LINKS parent = old->Parent;
    if (parent == old) {
        if (links)
            links->Parent = links;
        return;
    }
    if (parent->LeftChild == old)
        parent->LeftChild = links;
    else
        parent->RightChild = links;
    if (links)
        links->Parent = parent;
}

static void rtl_rotate_up(PRTL_SPLAY_LINKS links) {
    PRTL_SPLAY_LINKS parent = links->Parent, inner;
    bool left = rtl_is_left(links);
    rtl_replace(parent, links);
    inner = left ? links->RightChild : links->LeftChild;
    if (left) {
        links->RightChild = parent;
        parent->LeftChild = inner;
    } else {
        links->LeftChild = parent;
        parent->RightChild = inner;
    }
    parent->Parent = links;
    if (inner)
        inner->Parent = parent;
}

static PRTL_SPLAY_LINKS rtl_splay(PRTL_SPLAY_LINKS links) {
    while (!rtl_is_root(links)) {
        PRTL_SPLAY_LINKS parent = links->Parent;
        if (!rtl_is_root(parent))
            rtl_rotate_up(rtl_is_left(links) == rtl_is_left(parent) ? parent : links);
        rtl_rotate_up(links);
    }
    return links;
}

static PRTL_SPLAY_LINKS rtl_leftmost(PRTL_SPLAY_LINKS links) {
    while (links && links->LeftChild)
        links = links->LeftChild;
    return links;
}

static PRTL_SPLAY_LINKS rtl_rightmost(PRTL_SPLAY_LINKS links) {
    while (links && links->RightChild)
        links = links->RightChild;
    return links;
}

/* Takes a node with at most one child out; returns the child or, without one, the parent. */
static PRTL_SPLAY_LINKS rtl_unlink(PRTL_SPLAY_LINKS links) {
    PRTL_SPLAY_LINKS child = links->LeftChild ? links->LeftChild : links->RightChild;
    PRTL_SPLAY_LINKS parent = rtl_is_root(links) ? NULL : links->Parent;
    rtl_replace(links, child);
    return child ? child : parent;
}

/* Takes a node out; returns one that is still in the tree, near the place; NULL if none is left. */
static PRTL_SPLAY_LINKS rtl_remove(PRTL_SPLAY_LINKS links) {
    if (!links->LeftChild || !links->RightChild)
        return rtl_unlink(links);
    PRTL_SPLAY_LINKS substitute = rtl_rightmost(links->LeftChild);
    PRTL_SPLAY_LINKS near = substitute->Parent == links ? substitute : substitute->Parent;
    rtl_unlink(substitute);
    substitute->LeftChild = links->LeftChild;
    substitute->RightChild = links->RightChild;
    rtl_replace(links, substitute);
    if (substitute->LeftChild)
        substitute->LeftChild->Parent = substitute;
    if (substitute->RightChild)
        substitute->RightChild->Parent = substitute;
    return near;
}

PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlSplay);
    return rtl_splay(Links);
}

PRTL_SPLAY_LINKS RtlDelete(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlDelete);
    PRTL_SPLAY_LINKS near = rtl_remove(Links);
    return near ? rtl_splay(near) : NULL;
}

VOID RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root) {
    KI_GATE(RtlDeleteNoSplay);
    PRTL_SPLAY_LINKS near = rtl_remove(Links);
    while (near && !rtl_is_root(near))
        near = near->Parent;
    *Root = near;
}

PRTL_SPLAY_LINKS RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlSubtreeSuccessor);
    return rtl_leftmost(Links->RightChild);
}

PRTL_SPLAY_LINKS RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlSubtreePredecessor);
    return rtl_rightmost(Links->LeftChild);
}

PRTL_SPLAY_LINKS RtlRealSuccessor(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlRealSuccessor);
    if (Links->RightChild)
        return rtl_leftmost(Links->RightChild);
    while (!rtl_is_root(Links) && !rtl_is_left(Links))
        Links = Links->Parent;
    return rtl_is_root(Links) ? NULL : Links->Parent;
}

PRTL_SPLAY_LINKS RtlRealPredecessor(PRTL_SPLAY_LINKS Links) {
    KI_GATE(RtlRealPredecessor);
    if (Links->LeftChild)
        return rtl_rightmost(Links->LeftChild);
    while (!rtl_is_root(Links) && rtl_is_left(Links))
        Links = Links->Parent;
    return rtl_is_root(Links) ? NULL : Links->Parent;
}
