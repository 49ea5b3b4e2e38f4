/*
 * Share access: who has a file open for what, and what each opener lets the others do.
 *
 * The counts are the file system's; a file object's own flags say what it asked for, so that its
 * part can be taken out again at cleanup. The link forms keep deletion apart: it concerns a name
 * (LINK_SHARE_ACCESS), everything else the file.
 *
 * wdm/nf-wdm-iocheckshareaccess, -iosetshareaccess, -ioremoveshareaccess, -iochecklinkshareaccess
 */
#include <string.h>

#include "io/io.h"

/* What an open wants, as flags. */
struct io_share {
    bool read, write, delete;
    bool share_read, share_write, share_delete;
};

static struct io_share io_share_of(ACCESS_MASK access, ULONG share) {
    return (struct io_share){
        .read = access & (FILE_EXECUTE | FILE_READ_DATA),
        .write = access & (FILE_WRITE_DATA | FILE_APPEND_DATA),
        .delete = access & DELETE,
        .share_read = share & FILE_SHARE_READ,
        .share_write = share & FILE_SHARE_WRITE,
        .share_delete = share & FILE_SHARE_DELETE,
    };
}

static bool io_share_counts(const struct io_share *s) { return s->read || s->write || s->delete; }

static void io_share_note(PFILE_OBJECT file, const struct io_share *s) {
    file->ReadAccess = s->read;
    file->WriteAccess = s->write;
    file->DeleteAccess = s->delete;
    if (!io_share_counts(s))
        return;
    file->SharedRead = s->share_read;
    file->SharedWrite = s->share_write;
    file->SharedDelete = s->share_delete;
}

static struct io_share io_share_noted(const FILE_OBJECT *file) {
    return (struct io_share){file->ReadAccess, file->WriteAccess, file->DeleteAccess,
                             file->SharedRead, file->SharedWrite, file->SharedDelete};
}

/* Someone without write permission must not lock everybody else out of reading by opening alone. */
static ULONG io_share_downgrade(ACCESS_MASK access, ULONG share, bool no_write_permission) {
    bool exclusive_read = access & (FILE_EXECUTE | FILE_READ_DATA) && !(share & FILE_SHARE_READ);
    return no_write_permission && exclusive_read ? share | FILE_SHARE_READ : share;
}

static void io_share_add(PSHARE_ACCESS counts, const struct io_share *s, int by) {
    counts->OpenCount += (ULONG)by;
    counts->Readers += (ULONG)(by * s->read);
    counts->Writers += (ULONG)(by * s->write);
    counts->Deleters += (ULONG)(by * s->delete);
    counts->SharedRead += (ULONG)(by * s->share_read);
    counts->SharedWrite += (ULONG)(by * s->share_write);
    counts->SharedDelete += (ULONG)(by * s->share_delete);
}

static void io_link_add(PLINK_SHARE_ACCESS counts, const struct io_share *s, int by) {
    counts->OpenCount += (ULONG)by;
    counts->Deleters += (ULONG)(by * s->delete);
    counts->SharedDelete += (ULONG)(by * s->share_delete);
}

/* Does everybody allow it, and does it allow what the others have? */
static bool io_clash(bool wanted, ULONG shared, ULONG open, ULONG users, bool allows) {
    return (wanted && shared < open) || (users && !allows);
}

static bool io_share_clashes(const SHARE_ACCESS *c, const LINK_SHARE_ACCESS *link,
                             const struct io_share *s, ULONG flags) {
    bool own = !link || flags & IO_CHECK_SHARE_ACCESS_FORCE_USING_SCB;
    bool clash = false;
    if (!(flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_READ))
        clash |= io_clash(s->read, c->SharedRead, c->OpenCount, c->Readers, s->share_read);
    if (!(flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_WRITE))
        clash |= io_clash(s->write, c->SharedWrite, c->OpenCount, c->Writers, s->share_write);
    if (flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_DELETE)
        return clash;
    if (own)
        clash |= io_clash(s->delete, c->SharedDelete, c->OpenCount, c->Deleters, s->share_delete);
    else
        clash |= io_clash(s->delete, link->SharedDelete, link->OpenCount, link->Deleters,
                          s->share_delete);
    return clash;
}

static NTSTATUS io_share_check(ACCESS_MASK access, ULONG share, PFILE_OBJECT file,
                               PSHARE_ACCESS counts, PLINK_SHARE_ACCESS link, ULONG flags) {
    struct io_share s = io_share_of(
        access, io_share_downgrade(access, share, flags & IO_SHARE_ACCESS_NO_WRITE_PERMISSION));
    if (file && !(flags & IO_CHECK_SHARE_ACCESS_DONT_UPDATE_FILE_OBJECT))
        io_share_note(file, &s);
    if (!io_share_counts(&s) && !(flags & IO_CHECK_SHARE_ACCESS_FORCE_CHECK))
        return STATUS_SUCCESS;
    if (file && io_file_of(file)->ignore_sharing)
        return STATUS_SUCCESS;
    if (io_share_clashes(counts, link, &s, flags))
        return STATUS_SHARING_VIOLATION;
    if (flags & IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS) {
        io_share_add(counts, &s, 1);
        if (link && !(flags & IO_SHARE_ACCESS_NON_PRIMARY_STREAM))
            io_link_add(link, &s, 1);
    }
    return STATUS_SUCCESS;
}

static void io_share_set(ACCESS_MASK access, ULONG share, PFILE_OBJECT file, PSHARE_ACCESS counts,
                         PLINK_SHARE_ACCESS link, bool no_write_permission) {
    struct io_share s = io_share_of(access, io_share_downgrade(access, share, no_write_permission));
    io_share_note(file, &s);
    memset(counts, 0, sizeof *counts);
    if (link)
        memset(link, 0, sizeof *link);
    if (!io_share_counts(&s))
        return;
    io_share_add(counts, &s, 1);
    if (link)
        io_link_add(link, &s, 1);
}

/* Adds or takes out what the file object says it has. */
static void io_share_change(PFILE_OBJECT file, PSHARE_ACCESS counts, PLINK_SHARE_ACCESS link,
                            int by) {
    struct io_share s = io_share_noted(file);
    if (!io_share_counts(&s) || io_file_of(file)->ignore_sharing)
        return;
    io_share_add(counts, &s, by);
    if (link)
        io_link_add(link, &s, by);
}

NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                            PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update) {
    KI_GATE(IoCheckShareAccess);
    (void)m;
    return io_share_check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL,
                          Update ? IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS : 0);
}

NTSTATUS IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                              PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update,
                              PBOOLEAN WritePermission) {
    KI_GATE(IoCheckShareAccessEx);
    (void)m;
    ULONG flags = Update ? IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS : 0;
    if (WritePermission && !*WritePermission)
        flags |= IO_SHARE_ACCESS_NO_WRITE_PERMISSION;
    return io_share_check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL, flags);
}

NTSTATUS IoCheckLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags) {
    KI_GATE(IoCheckLinkShareAccess);
    (void)m;
    return io_share_check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess,
                          LinkShareAccess, IoShareAccessFlags);
}

VOID IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                      PSHARE_ACCESS ShareAccess) {
    KI_GATE(IoSetShareAccess);
    (void)m;
    io_share_set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL, false);
}

VOID IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                        PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                        PBOOLEAN WritePermission) {
    KI_GATE(IoSetShareAccessEx);
    (void)m;
    io_share_set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL,
                 WritePermission && !*WritePermission);
}

VOID IoSetLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                          PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                          PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags) {
    KI_GATE(IoSetLinkShareAccess);
    (void)m;
    io_share_set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, LinkShareAccess,
                 IoShareAccessFlags & IO_SHARE_ACCESS_NO_WRITE_PERMISSION);
}

VOID IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
    KI_GATE(IoUpdateShareAccess);
    (void)m;
    io_share_change(FileObject, ShareAccess, NULL, 1);
}

VOID IoUpdateLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                             PLINK_SHARE_ACCESS LinkShareAccess) {
    KI_GATE(IoUpdateLinkShareAccess);
    (void)m;
    io_share_change(FileObject, ShareAccess, LinkShareAccess, 1);
}

/* A stream that is not the primary one does not count for the link. */
VOID IoUpdateLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                               PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags) {
    KI_GATE(IoUpdateLinkShareAccessEx);
    (void)m;
    io_share_change(
        FileObject, ShareAccess,
        IoShareAccessFlags & IO_SHARE_ACCESS_NON_PRIMARY_STREAM ? NULL : LinkShareAccess, 1);
}

VOID IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
    KI_GATE(IoRemoveShareAccess);
    (void)m;
    io_share_change(FileObject, ShareAccess, NULL, -1);
}

VOID IoRemoveLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                             PLINK_SHARE_ACCESS LinkShareAccess) {
    KI_GATE(IoRemoveLinkShareAccess);
    (void)m;
    io_share_change(FileObject, ShareAccess, LinkShareAccess, -1);
}

VOID IoRemoveLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                               PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags) {
    KI_GATE(IoRemoveLinkShareAccessEx);
    (void)m;
    io_share_change(
        FileObject, ShareAccess,
        IoShareAccessFlags & IO_SHARE_ACCESS_NON_PRIMARY_STREAM ? NULL : LinkShareAccess, -1);
}

NTSTATUS IoSetFileObjectIgnoreSharing(PFILE_OBJECT FileObject) {
    KI_GATE(IoSetFileObjectIgnoreSharing);
    (void)m;
    io_file_of(FileObject)->ignore_sharing = true;
    return STATUS_SUCCESS;
}

BOOLEAN IoIsFileObjectIgnoringSharing(PFILE_OBJECT FileObject) {
    KI_GATE(IoIsFileObjectIgnoringSharing);
    (void)m;
    return io_file_of(FileObject)->ignore_sharing;
}
