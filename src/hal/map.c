/*
 * The driver's buffer, seen by a device: walking a chain of MDLs, mapping, flushing.
 *
 * A buffer is cut at page boundaries into fragments, each with a physical address. A device with
 * scatter/gather sees a fragment where it is if it can address it, else through a map register;
 * fragments that follow each other for the device join into one element. A device without it needs
 * its whole buffer in one piece: where it is, if that happens to be one, else all of it through
 * consecutive map registers. Either way a fragment counts as one register.
 *
 * Data goes to the registers' pages when a write is mapped and comes from them when a read is
 * flushed; in between the buffer and what the device sees are two things.
 *
 * kernel/map-registers
 */
#include "hal/hal.h"

#include <string.h>

/* ---- fragments ---- */

struct hal_fragment {
    uint64_t physical;
    ULONG length;
};

static struct hal_fragment hal_fragment_at(struct hal_cursor cursor, uint64_t length) {
    ULONG offset = cursor.mdl->ByteOffset + cursor.at;
    ULONG in_page = offset & (PAGE_SIZE - 1);
    PFN_NUMBER frame = MmGetMdlPfnArray(cursor.mdl)[offset >> PAGE_SHIFT];
    struct hal_fragment fragment = {((uint64_t)frame << PAGE_SHIFT) + in_page,
                                    (ULONG)PAGE_SIZE - in_page};
    if (fragment.length > cursor.mdl->ByteCount - cursor.at)
        fragment.length = cursor.mdl->ByteCount - cursor.at;
    if (fragment.length > length)
        fragment.length = (ULONG)length;
    return fragment;
}

/* Steps over what hal_fragment_at said, and to the next MDL at the end of one. */
static void hal_cursor_step(struct hal_cursor *cursor, ULONG length) {
    cursor->at += length;
    while (cursor->mdl && cursor->at == cursor->mdl->ByteCount && cursor->mdl->Next) {
        cursor->mdl = cursor->mdl->Next;
        cursor->at = 0;
    }
}

bool hal_cursor_seek(struct hal_cursor *cursor, PMDL mdl, uint64_t offset, uint64_t length) {
    while (mdl && offset >= mdl->ByteCount && mdl->Next) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    if (!mdl || offset > mdl->ByteCount)
        return false;
    *cursor = (struct hal_cursor){mdl, (ULONG)offset};
    uint64_t there = mdl->ByteCount - offset;
    while (there < length && mdl->Next) {
        mdl = mdl->Next;
        there += mdl->ByteCount;
    }
    return there >= length;
}

static bool hal_reaches(const struct hal_adapter *adapter, struct hal_fragment fragment) {
    return fragment.physical + fragment.length - 1 <= adapter->highest;
}

/* ---- what is needed ---- */

struct hal_needs hal_needs_of(const struct hal_adapter *adapter, struct hal_cursor cursor,
                              uint64_t length) {
    struct hal_needs needs = {0, 0};
    uint64_t end = 0;   /* of the fragment before, where the device sees it in its place */
    bool whole = false; /* the one before went through a register, up to the end of its page */
    while (length) {
        struct hal_fragment fragment = hal_fragment_at(cursor, length);
        bool direct = hal_reaches(adapter, fragment);
        bool joined = direct ? fragment.physical == end && end
                             : whole && !(fragment.physical & (PAGE_SIZE - 1));
        needs.elements += !joined;
        needs.registers++;
        end = direct ? fragment.physical + fragment.length : 0;
        whole = !direct && !((fragment.physical + fragment.length) & (PAGE_SIZE - 1));
        hal_cursor_step(&cursor, fragment.length);
        length -= fragment.length;
    }
    if (!adapter->scatter_gather)
        needs.elements = 1;
    return needs;
}

uint64_t hal_fitting(const struct hal_map *map, struct hal_cursor cursor, uint64_t length) {
    uint64_t fits = 0;
    for (ULONG left = map->count - map->used; left && fits < length; left--) {
        struct hal_fragment fragment = hal_fragment_at(cursor, length - fits);
        hal_cursor_step(&cursor, fragment.length);
        fits += fragment.length;
    }
    return fits;
}

/* ---- copying ---- */

void hal_copy(struct machine *m, uint64_t to, uint64_t from, uint64_t length) {
    while (length) {
        uint64_t step = PAGE_SIZE - (to & (PAGE_SIZE - 1));
        uint64_t other = PAGE_SIZE - (from & (PAGE_SIZE - 1));
        step = step < other ? step : other;
        step = step < length ? step : length;
        void *target = mm_physical_view(m, to);
        const void *source = mm_physical_view(m, from);
        if (target && source)
            memcpy(target, source, step);
        to += step;
        from += step;
        length -= step;
    }
}

/* ---- mapping ---- */

void hal_map_check(struct machine *m, const struct hal_map *map, struct hal_cursor cursor,
                   uint64_t length, const void *caller) {
    const struct hal_adapter *adapter = map->adapter;
    const CSHORT resident =
        MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;
    if (!hal_checks(m))
        return;
    if (!length)
        hal_violation(m, HAL_EMPTY_MAPPING, adapter, (ULONG_PTR)cursor.mdl, 0, caller,
                      "mapped a transfer of no bytes");
    if (!(cursor.mdl->MdlFlags & resident))
        hal_violation(m, HAL_NOT_LOCKED, adapter, (ULONG_PTR)cursor.mdl,
                      (USHORT)cursor.mdl->MdlFlags, caller,
                      "mapped a transfer from a buffer that is not locked in memory");
    for (ULONG i = 0; i < map->pieces; i++) {
        const struct hal_piece *piece = &map->piece[i];
        if (piece->mdl == cursor.mdl && cursor.at < piece->at + piece->length &&
            piece->at < cursor.at + length)
            hal_violation(m, HAL_MAPPED_TWICE, adapter, (ULONG_PTR)cursor.mdl, cursor.at, caller,
                          "mapped a part of a buffer that is mapped already");
    }
}

/* Takes the next registers for a fragment that the device will see at `logical`. */
static void hal_map_piece(struct machine *m, struct hal_map *map, struct hal_cursor cursor,
                          struct hal_fragment fragment, uint64_t logical, bool write) {
    struct hal_piece *last = map->pieces ? &map->piece[map->pieces - 1] : NULL;
    if (write && logical != fragment.physical)
        hal_copy(m, logical, fragment.physical, fragment.length);
    ULONG first = map->used++;
    if (last && last->call == map->calls && last->mdl == cursor.mdl &&
        last->at + last->length == cursor.at &&
        last->physical + last->length == fragment.physical &&
        last->logical + last->length == logical) {
        last->length += fragment.length;
        last->count++;
        return;
    }
    map->piece[map->pieces++] = (struct hal_piece){.mdl = cursor.mdl,
                                                   .at = cursor.at,
                                                   .length = fragment.length,
                                                   .physical = fragment.physical,
                                                   .logical = logical,
                                                   .call = map->calls,
                                                   .first = first,
                                                   .count = 1,
                                                   .write = write};
}

/* The page behind the next free register. */
static uint64_t hal_next_page(const struct hal_map *map) {
    return map->adapter->stock->logical + (uint64_t)(map->first + map->used) * PAGE_SIZE;
}

/* For a device with scatter/gather: as many fragments as it sees in a row. */
static bool hal_map_run(struct machine *m, struct hal_map *map, struct hal_cursor *cursor,
                        uint64_t length, bool write, SCATTER_GATHER_ELEMENT *element) {
    uint64_t start = 0, done = 0;
    while (done < length && map->used < map->count) {
        struct hal_fragment fragment = hal_fragment_at(*cursor, length - done);
        uint64_t logical = hal_reaches(map->adapter, fragment)
                               ? fragment.physical
                               : hal_next_page(map) + (fragment.physical & (PAGE_SIZE - 1));
        if (done && (logical != start + done || done + fragment.length > MAXULONG))
            break;
        if (!done)
            start = logical;
        hal_map_piece(m, map, *cursor, fragment, logical, write);
        hal_cursor_step(cursor, fragment.length);
        done += fragment.length;
    }
    element->Address.QuadPart = (LONGLONG)start;
    element->Length = (ULONG)done;
    element->Reserved = 0;
    return done != 0;
}

/* Whether a device without scatter/gather sees the buffer in one piece as it is. */
static bool hal_is_one_piece(const struct hal_adapter *adapter, struct hal_cursor cursor,
                             uint64_t length) {
    uint64_t start = hal_fragment_at(cursor, length).physical, done = 0;
    uint64_t boundary = adapter->boundary;
    if (boundary && start / boundary != (start + length - 1) / boundary)
        return false;
    while (done < length) {
        struct hal_fragment fragment = hal_fragment_at(cursor, length - done);
        if (fragment.physical != start + done || !hal_reaches(adapter, fragment))
            return false;
        hal_cursor_step(&cursor, fragment.length);
        done += fragment.length;
    }
    return true;
}

/* For a device without: everything in one row. */
static bool hal_map_whole(struct machine *m, struct hal_map *map, struct hal_cursor *cursor,
                          uint64_t length, bool write, SCATTER_GATHER_ELEMENT *element) {
    const struct hal_adapter *adapter = map->adapter;
    uint64_t start = hal_fragment_at(*cursor, length).physical;
    if (hal_needs_of(adapter, *cursor, length).registers > map->count - map->used)
        return false;
    if (!hal_is_one_piece(adapter, *cursor, length))
        start = hal_next_page(map) + (start & (PAGE_SIZE - 1));
    for (uint64_t done = 0; done < length;) {
        struct hal_fragment fragment = hal_fragment_at(*cursor, length - done);
        hal_map_piece(m, map, *cursor, fragment, start + done, write);
        hal_cursor_step(cursor, fragment.length);
        done += fragment.length;
    }
    element->Address.QuadPart = (LONGLONG)start;
    element->Length = (ULONG)length;
    element->Reserved = 0;
    return true;
}

bool hal_map_element(struct machine *m, struct hal_map *map, struct hal_cursor *cursor,
                     uint64_t length, bool write, SCATTER_GATHER_ELEMENT *element) {
    if (map->adapter->scatter_gather)
        return hal_map_run(m, map, cursor, length, write, element);
    return hal_map_whole(m, map, cursor, length, write, element);
}

/* ---- flushing ---- */

/* Drops the pieces of an MDL that calls number `from` to `to` made. */
static ULONG hal_map_drop(struct hal_map *map, PMDL mdl, ULONG from, ULONG to) {
    ULONG kept = 0, before = map->pieces;
    map->used = 0;
    for (ULONG i = 0; i < before; i++) {
        const struct hal_piece *piece = &map->piece[i];
        if (piece->mdl == mdl && piece->call >= from && piece->call <= to)
            continue;
        if (map->used < piece->first + piece->count)
            map->used = piece->first + piece->count;
        map->piece[kept++] = *piece;
    }
    map->pieces = kept;
    return before - kept;
}

/*
 * A device may have transferred less than was mapped, and the driver flush no more than that: what
 * a call of MapTransfer made ends as a whole.
 */
static ULONG hal_flush_mdl(struct machine *m, struct hal_map *map, PMDL mdl, ULONG at,
                           uint64_t length) {
    ULONG from = MAXULONG, to = 0;
    for (ULONG i = 0; i < map->pieces; i++) {
        const struct hal_piece *piece = &map->piece[i];
        uint64_t first = at > piece->at ? at : piece->at;
        uint64_t end = at + length < (uint64_t)piece->at + piece->length
                           ? at + length
                           : (uint64_t)piece->at + piece->length;
        bool here = piece->mdl == mdl && (first < end || (!length && at == piece->at));
        if (!here)
            continue;
        from = piece->call < from ? piece->call : from;
        to = piece->call > to ? piece->call : to;
        if (!piece->write && hal_is_bounced(piece) && first < end)
            hal_copy(m, piece->physical + (first - piece->at), piece->logical + (first - piece->at),
                     end - first);
    }
    return from > to ? 0 : hal_map_drop(map, mdl, from, to);
}

ULONG hal_map_flush(struct machine *m, struct hal_map *map, struct hal_cursor cursor,
                    uint64_t length) {
    ULONG ended = 0;
    for (PMDL mdl = cursor.mdl; mdl; mdl = mdl->Next) {
        uint64_t here = mdl->ByteCount - cursor.at;
        here = here < length ? here : length;
        ended += hal_flush_mdl(m, map, mdl, cursor.at, here);
        length -= here;
        cursor.at = 0;
        if (!length)
            break;
    }
    return ended;
}

void hal_map_synchronize(struct machine *m, struct hal_map *map, PMDL mdl, bool read) {
    for (ULONG i = 0; i < map->pieces; i++) {
        const struct hal_piece *piece = &map->piece[i];
        if (piece->mdl != mdl || !hal_is_bounced(piece) || piece->write == read)
            continue;
        if (read)
            hal_copy(m, piece->physical, piece->logical, piece->length);
        else
            hal_copy(m, piece->logical, piece->physical, piece->length);
    }
}
