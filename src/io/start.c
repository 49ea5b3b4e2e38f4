/*
 * The I/O manager: drivers, devices, files, and the IRPs between them.
 *
 * How a request travels. A system service (control.c, transfer.c, create.c …) finds the file object
 * behind a handle, builds an IRP for the top device of its stack and sends it (call.c). Drivers
 * pass it down, complete it or keep it pending. When it is completed, completion routines run on
 * the way up, and the I/O manager finishes it in the thread that issued it (finish.c). Drivers
 * build IRPs themselves, too (irp.c, build.c); who frees which is decided by who made it.
 *
 * Who owns what. The machine owns the records of drivers and requests, which live as long as it
 * does; driver, device and file objects are the object manager's, counted; IRPs come from caches
 * here and are always on one list, so that reports see them all.
 *
 * Cancelling is in cancel.c, the life of files in file.c and create.c, the rest is one subject per
 * file: StartIo queues, cancel-safe queues, remove locks, work items, timers, interrupts,
 * controllers, share access, error log, shutdown. What the host sees of all this is in request.c,
 * driver.c, inspect.c and leaks.c.
 */
#include "io/io.h"
#include "ke/callback.h"

static void io_directory(struct machine *m, const char *path) {
    void *object;
    NTSTATUS status = ob_lookup_ascii(m, path, NULL, &object);
    if (!NT_SUCCESS(status))
        status = ob_directory_create(m, path, &object);
    KI_ASSERT(NT_SUCCESS(status));
    ob_dereference(m, object);
}

void io_start(struct machine *m) {
    struct io_part *io = m->io = ki_alloc(m, sizeof *io);
    InitializeListHead(&io->irps);
    InitializeListHead(&io->drivers);
    InitializeListHead(&io->reinit);
    InitializeListHead(&io->boot_reinit);
    InitializeListHead(&io->boot_callbacks);
    InitializeListHead(&io->shutdown);
    InitializeListHead(&io->last_shutdown);
    InitializeListHead(&io->timers);
    InitializeListHead(&io->requests);
    InitializeListHead(&io->error_packets);
    InitializeListHead(&io->work_items);
    InitializeListHead(&io->links);
    InitializeListHead(&io->activities);
    InitializeListHead(&io->file_systems);
    InitializeListHead(&io->fs_watchers);
    io->cancel_lock = &ke_part(m)->numbered_locks[LockQueueIoCancelLock];
    io->vpb_lock = &ke_part(m)->numbered_locks[LockQueueIoVpbLock];
    io->configuration.Version = 2;
    io_timers_start(m);
    io_directory(m, "\\Device");
    io_directory(m, "\\Driver");
    io_directory(m, "\\FileSystem");
    io->hardware_database = io_wide(m, "\\Registry\\Machine\\Hardware\\Description\\System");
    m->ps->thread_io_exit = io_request_thread_exit;
    m->ob->handle_owner = io_handle_owner;
    mm_set_module_search(m, io_module_routine);
    /* IoInitializeDpcRequest makes a device's DPC routine the DPC's as it is. */
    _Static_assert(sizeof(IO_DPC_ROUTINE *) == sizeof(KDEFERRED_ROUTINE *), "one calls the other");
}
