/*
 * Fast I/O: the routines that a driver offers beside its dispatch routines.
 *
 * A service tries the routine of the stack's top device before it makes an IRP. TRUE means that the
 * request is done, with the outcome in the status block; FALSE leaves it to the IRP. Device
 * controls, queries and byte-range locks are tried for every file, reads and writes for synchronous
 * files that are cached, which a driver says by a PrivateCacheMap. The page names the routines
 * only: when each is tried is a judgement after what drivers with such tables rely on. Routines
 * that serve the cache and memory managers alone have no caller here.
 *
 * wdm/ns-wdm-_fast_io_dispatch
 */
#include <string.h>

#include "io/io.h"

/* The table, if it is long enough for the entry at `offset`. */
static const FAST_IO_DISPATCH *io_fast_table(const DEVICE_OBJECT *device, size_t offset) {
    static const FAST_IO_DISPATCH none;
    const FAST_IO_DISPATCH *table = device->DriverObject->FastIoDispatch;
    return table && table->SizeOfFastIoDispatch > offset ? table : &none;
}
#define IO_FAST(device, entry) (io_fast_table(device, FIELD_OFFSET(FAST_IO_DISPATCH, entry))->entry)

/* A routine has returned: was it at the level it was called at? */
static void io_fast_check(KIRQL irql, const void *routine) {
    struct machine *m = ki_self();
    if (KI_LIKELY(m->cpu->irql == irql) || !(m->flags & WDMSIM_CHECK_RULES))
        return;
    ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x11, (ULONG_PTR)routine, irql,
                m->cpu->irql, "the fast I/O routine %s was called at %s and returned at %s",
                ki_address_name(m, routine), ki_irql_name(irql), ki_irql_name(m->cpu->irql));
}

/* Calls a routine and says whether it did the request. */
#define IO_FAST_CALL(s, routine, ...)                                                              \
    ({                                                                                             \
        KIRQL irql_ = (s)->m->cpu->irql;                                                           \
        bool done_ = (routine) && (routine)(__VA_ARGS__);                                          \
        io_fast_check(irql_, (const void *)(routine));                                             \
        done_;                                                                                     \
    })

static bool io_fast_end(const struct io_service *s, const IO_STATUS_BLOCK *iosb, bool done) {
    if (!done)
        return false;
    *s->iosb = *iosb;
    if (s->event)
        KeSetEvent(s->event, 0, FALSE);
    return true;
}

bool io_fast_control(struct io_service *s, PVOID input, ULONG input_length, PVOID output,
                     ULONG output_length, ULONG code) {
    PFAST_IO_DEVICE_CONTROL routine = IO_FAST(s->device, FastIoDeviceControl);
    IO_STATUS_BLOCK iosb = {0};
    return io_fast_end(s, &iosb,
                       IO_FAST_CALL(s, routine, s->file, s->synchronous, input, input_length,
                                    output, output_length, code, &iosb, s->device));
}

bool io_fast_transfer(struct io_service *s, PVOID buffer, ULONG length, LARGE_INTEGER offset,
                      ULONG key, bool write) {
    PFAST_IO_READ routine = /* a PFAST_IO_WRITE has the same shape */
        write ? IO_FAST(s->device, FastIoWrite) : IO_FAST(s->device, FastIoRead);
    IO_STATUS_BLOCK iosb = {0};
    if (!s->file->PrivateCacheMap || !s->synchronous || s->apc)
        return false;
    bool done =
        IO_FAST_CALL(s, routine, s->file, &offset, length, TRUE, key, buffer, &iosb, s->device);
    /* What the cache cannot do the driver is asked for again. */
    done = done && (iosb.Status == STATUS_SUCCESS || iosb.Status == STATUS_BUFFER_OVERFLOW ||
                    iosb.Status == STATUS_END_OF_FILE);
    return io_fast_end(s, &iosb, done);
}

bool io_fast_query(struct io_service *s, FILE_INFORMATION_CLASS class, PVOID buffer) {
    union {
        FILE_BASIC_INFORMATION basic;
        FILE_STANDARD_INFORMATION standard;
        FILE_NETWORK_OPEN_INFORMATION network;
    } answer = {0};
    IO_STATUS_BLOCK iosb = {0};
    bool wait = s->synchronous, done = false;
    size_t size = 0;
    if (class == FileBasicInformation) {
        size = sizeof answer.basic;
        done = IO_FAST_CALL(s, IO_FAST(s->device, FastIoQueryBasicInfo), s->file, wait,
                            &answer.basic, &iosb, s->device);
    } else if (class == FileStandardInformation) {
        size = sizeof answer.standard;
        done = IO_FAST_CALL(s, IO_FAST(s->device, FastIoQueryStandardInfo), s->file, wait,
                            &answer.standard, &iosb, s->device);
    } else if (class == FileNetworkOpenInformation) {
        size = sizeof answer.network;
        done = IO_FAST_CALL(s, IO_FAST(s->device, FastIoQueryNetworkOpenInfo), s->file, wait,
                            &answer.network, &iosb, s->device);
    }
    if (done && NT_SUCCESS(iosb.Status))
        memcpy(buffer, &answer, size);
    return io_fast_end(s, &iosb, done);
}

bool io_fast_lock(struct io_service *s, LARGE_INTEGER offset, LARGE_INTEGER length, ULONG key,
                  BOOLEAN fail, BOOLEAN exclusive) {
    PFAST_IO_LOCK routine = IO_FAST(s->device, FastIoLock);
    IO_STATUS_BLOCK iosb = {0};
    return io_fast_end(s, &iosb,
                       IO_FAST_CALL(s, routine, s->file, &offset, &length, ps_current_process(s->m),
                                    key, fail, exclusive, &iosb, s->device));
}

bool io_fast_unlock(struct io_service *s, LARGE_INTEGER offset, LARGE_INTEGER length, ULONG key) {
    PFAST_IO_UNLOCK_SINGLE routine = IO_FAST(s->device, FastIoUnlockSingle);
    IO_STATUS_BLOCK iosb = {0};
    return io_fast_end(s, &iosb,
                       IO_FAST_CALL(s, routine, s->file, &offset, &length, ps_current_process(s->m),
                                    key, &iosb, s->device));
}

bool io_fast_detach(struct machine *m, PDEVICE_OBJECT device) {
    PDEVICE_OBJECT above = device->AttachedDevice;
    PFAST_IO_DETACH_DEVICE routine = above ? IO_FAST(above, FastIoDetachDevice) : NULL;
    if (!routine)
        return false;
    KIRQL irql = m->cpu->irql;
    ob_reference(m, device); /* it goes when it is detached */
    routine(above, device);
    io_fast_check(irql, (const void *)routine);
    ob_dereference(m, device);
    return true;
}
