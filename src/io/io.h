/*
 * The I/O manager's own structures and the routines its files share.
 *
 * What drivers see (DRIVER_OBJECT, DEVICE_OBJECT, FILE_OBJECT, IRP) has Windows' layout and no room
 * of ours, so each has a private companion: a driver object and a device object are followed by
 * theirs (behind DriverExtension and DeviceObjectExtension), a file object is the first part of a
 * larger body, and an IRP from our caches has a hidden prefix. IRPs whose memory a driver allocated
 * itself have no prefix; nothing here may need one.
 */
#ifndef IO_IO_H
#define IO_IO_H

#include <wdmsim/driver.h>
#include <wdmsim/request.h>

#include "ke/ke.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "ps/ps.h"

#if defined(__SANITIZE_ADDRESS__)
#define IO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IO_ASAN 1
#endif
#endif

/* ---- IRPs ---- */

/* Private bits of IRP.AllocationFlags; the low ones are NT's. */
enum {
    IO_IRP_BUILT = 0x10,     /* the I/O manager frees it at completion: made by IoBuildXxx,
                                IoMakeAssociatedIrp, a service */
    IO_IRP_COMPLETED = 0x20, /* came back to its creator */
    IO_IRP_IN_FLIGHT = 0x40, /* sent and not completed */
    IO_IRP_OURS = 0x80,      /* has a prefix */
};

#define IO_IRP_LIVE 0x49525021u
#define IO_IRP_FREE 0x49525030u
#define IO_CACHED_STACKS 16

/* Driver Verifier's rules for an IRP that a driver is about to send to `device`; the next stack
 * location is still as the driver left it. */
void io_forward_check(struct machine *m, PDEVICE_OBJECT device, PIRP irp, const void *caller);

/* One IofCallDriver that has not returned and whose stack location has not been completed; lives on
 * the caller's stack. */
struct io_call {
    struct io_call *outer;
    CHAR location;   /* the IRP's CurrentLocation during the call */
    bool completed;  /* completion has passed the location: the IRP may be gone */
    bool pended;     /* … and it was marked pending then */
    bool forwarded;  /* the IRP was sent on from here */
    NTSTATUS status; /* IoStatus.Status at that time */
};

/* The prefix of an IRP. */
struct DECLSPEC_ALIGN(16) io_irp {
    LIST_ENTRY link;      /* in io_part.irps */
    struct io_call *call; /* innermost */
    const void *owner;    /* code address that allocated it, NULL: the I/O manager */
    struct wdmsim_request *request;
    uint64_t sent; /* when, ns */
    struct io_irp *next_free;
    GUID activity;
    uint32_t serial;
    uint32_t state; /* IO_IRP_LIVE or IO_IRP_FREE */
    USHORT size;    /* of the IRP with its stack */
    CCHAR stack_size;
    UCHAR has_activity : 1, own_location : 7; /* the latter: io_own_location() */
    ULONG output_length;  /* of the user's buffer, for buffered input; ~0: unknown */
    struct po_irp *power; /* the power manager's record of an IRP that it made, or NULL */
};
_Static_assert(sizeof(struct io_irp) % 16 == 0,
               "an IRP behind its prefix must stay 16-byte aligned");

static inline struct io_irp *io_irp_prefix(PIRP irp) { return (struct io_irp *)(void *)irp - 1; }
static inline PIRP io_prefix_irp(struct io_irp *prefix) { return (PIRP)(void *)(prefix + 1); }
/* The prefix, or NULL of an IRP whose memory is a driver's. */
static inline struct io_irp *io_irp_own(PIRP irp) {
    return irp->AllocationFlags & IO_IRP_OURS ? io_irp_prefix(irp) : NULL;
}
/* IRP.Type, also of one that is freed already: under the address sanitizer its memory is poisoned
 * then. */
CSHORT io_irp_type_raw(const IRP *irp);
static inline CSHORT io_irp_type(const IRP *irp) {
#ifdef IO_ASAN
    return io_irp_type_raw(irp);
#else
    return irp->Type;
#endif
}
/* The same of a device object. */
CSHORT io_device_kind_raw(const DEVICE_OBJECT *device);
static inline CSHORT io_device_kind(const DEVICE_OBJECT *device) {
#ifdef IO_ASAN
    return io_device_kind_raw(device);
#else
    return device->Type;
#endif
}
/*
 * The number that the trace uses. In an IRP that a driver allocated it stands in place of the
 * extension, shifted to look like no pointer.
 */
#define IO_FOREIGN_LOCATION 40
static inline uint32_t io_irp_serial(PIRP irp) {
    if (KI_LIKELY(irp->AllocationFlags & IO_IRP_OURS))
        return io_irp_prefix(irp)->serial;
    return (uint32_t)((ULONG_PTR)irp->Tail.Overlay.IrpExtension >> 1);
}

/* The priority hint is three bits of IRP.Flags, the hint plus one; zero stands for normal. */
#define IO_PRIORITY_SHIFT 17
#define IO_PRIORITY_MASK (7u << IO_PRIORITY_SHIFT)
static inline ULONG io_priority_flags(IO_PRIORITY_HINT hint) {
    return hint == IoPriorityNormal ? 0 : ((ULONG)hint + 1) << IO_PRIORITY_SHIFT;
}

/* A fresh IRP; NULL without memory. `owner`: the driver's code address, or NULL. */
PIRP io_irp_allocate(struct machine *m, CCHAR stack_size, const void *owner);
void io_irp_free(struct machine *m, PIRP irp);
/* A synchronous IRP_MJ_SHUTDOWN of the kernel's own for a device. */
PIRP io_build_shutdown(struct machine *m, PDEVICE_OBJECT device, PKEVENT event,
                       PIO_STATUS_BLOCK iosb);
/* Ties an IRP to the current thread: Tail.Overlay.Thread and the thread's list. */
void io_irp_queue(struct machine *m, PIRP irp);
static inline void io_irp_dequeue(PIRP irp) {
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
}
/* No completion routine kept it: the I/O manager's end of the IRP. */
void io_irp_finish(struct machine *m, PIRP irp, CCHAR boost);
/* The current thread's part of completing an IRP: copies back, signals, frees. At APC_LEVEL or by
 * the issuing service. */
void io_irp_deliver(struct machine *m, PIRP irp, PFILE_OBJECT file);
/* Sends an IRP and waits, whatever it returns; status from `iosb`, which the IRP's UserIosb and
 * UserEvent point beside. */
NTSTATUS io_call_and_wait(struct machine *m, PDEVICE_OBJECT device, PIRP irp, PKEVENT event,
                          PIO_STATUS_BLOCK iosb);
/*
 * Waits for the event that the IRP's completion sets. When the wait ends otherwise, because the
 * thread is to end or was alerted, the IRP is canceled and waited for all the same:
 * STATUS_CANCELLED or STATUS_ALERTED, else STATUS_SUCCESS.
 */
NTSTATUS io_wait_or_cancel(struct machine *m, PKEVENT event, PIRP irp, KPROCESSOR_MODE mode,
                           bool alertable);
/* Frees the IRP and what the service put into it; it was never sent. */
void io_irp_abandon(struct machine *m, PIRP irp);
void io_cancel_irp(struct machine *m, PIRP irp);
/* The same for an IRP that may be finished, and its pointer NULL, by the time the cancel lock is
 * ours. */
void io_cancel_pointed(struct machine *m, PIRP *irp);
/* Cancels what the thread has in flight (of one file, if not NULL) and waits until it is gone. */
void io_cancel_thread(struct machine *m, PETHREAD thread, PFILE_OBJECT file);

/* ---- drivers ---- */

/* What follows a DRIVER_OBJECT: begins with what DriverExtension points to. */
struct io_driver {
    DRIVER_EXTENSION pub;
    struct wdmsim_driver *host;
    LIST_ENTRY extensions; /* io_driver_extension */
    const char *text;      /* "\Driver\name" */
    bool unload_pending, unloaded;
};

struct io_image {
    char path[512];
    const void *start; /* addresses of the image; 0 to 0 for code of the host program */
    const void *end;
    wdmsim_driver_entry *entry;
    void *handle; /* the loader's */
};

struct wdmsim_driver {
    LIST_ENTRY link; /* io_part.drivers, in order of loading */
    struct machine *machine;
    const char *name;
    struct io_image image;
    PDRIVER_OBJECT object; /* NULL when unloaded */
    PDRIVER_OBJECT record; /* the same, and after the unload as long as devices are left */
    NTSTATUS status;
    bool loaded, done, linked;
};

static inline struct io_driver *io_driver_of(const DRIVER_OBJECT *driver) {
    return (struct io_driver *)(void *)driver->DriverExtension;
}
/* What the image of a loaded driver exports (mm_set_module_search). */
void *io_module_routine(struct machine *m, PCUNICODE_STRING module, const char *name);
/* The driver a code address belongs to, loaded or not (the last one loaded from that image), or
 * NULL. */
struct wdmsim_driver *io_driver_at(struct machine *m, const void *address);
/*
 * Makes a driver of an image (see wdmsim_driver_load), or of code linked into the program, and
 * calls its DriverEntry in the calling system thread. 0 or an error of the host API; *driver is set
 * when DriverEntry ran. PASSIVE_LEVEL.
 */
int io_driver_load_here(struct machine *m, const char *name, const char *image,
                        wdmsim_driver_entry *entry, struct wdmsim_driver **driver);
/* Unloads a driver from the calling system thread, or at the last close of its devices. Nothing if
 * it has no DriverUnload. PASSIVE_LEVEL. */
void io_driver_unload_here(struct machine *m, PDRIVER_OBJECT driver);
/* Loads an image and puts its writable data back to what it was at the first load in the process. 0
 * or an error. */
int io_image_load(const char *image, struct io_image *loaded);
/* DriverUnload can run now: nothing is open any more. Runs it in a system thread. */
void io_unload_if_ready(struct machine *m, PDRIVER_OBJECT driver);
/* The routine that fills MajorFunction. */
DRIVER_DISPATCH io_invalid_device_request;
/* Bug check 0xCE if something still refers to code of the image. */
void io_unload_check(struct machine *m, const struct wdmsim_driver *driver);
/* The same for queued work items, running timers of devices and reinitialization routines to come;
 * `left` is told each routine. */
typedef void io_left(struct machine *m, const struct wdmsim_driver *driver, const void *routine,
                     const char *what);
void io_check_work_items(struct machine *m, const struct wdmsim_driver *driver, io_left *left);
void io_check_timers(struct machine *m, const struct wdmsim_driver *driver, io_left *left);
void io_check_reinit(struct machine *m, const struct wdmsim_driver *driver, io_left *left);
/* The driver code that made a symbolic link, or NULL. */
const void *io_link_owner(struct machine *m, const void *object);
/* The innermost driver on the calling stack, as a code address in it; NULL: none, or a program's
 * call. */
const void *io_handle_owner(struct machine *m);
/* Runs reinitialization routines registered so far. */
void io_reinitialize(struct machine *m);
/* Forgets those of a driver that goes. */
void io_reinit_forget(struct machine *m, PDRIVER_OBJECT driver);
/* A REG_DWORD of a service's key; false if there is none. */
bool io_service_value(PCWSTR service, PCWSTR name, ULONG *value);
/* Asks the early-launch drivers about one that is to be started; a failure means that it must not
 * be. */
NTSTATUS io_boot_ask(struct machine *m, const struct wdmsim_driver *driver, PUNICODE_STRING path);
void io_driver_extensions_free(struct machine *m, PDRIVER_OBJECT driver);

/* ---- devices ---- */

/* What DeviceObjectExtension points to. */
struct io_device {
    DEVOBJ_EXTENSION pub;
    PDEVICE_OBJECT attached_to;
    struct pnp_node *node;   /* whose PDO it is, or NULL */
    uint32_t node_serial;    /* the number of that node, for the trace; 0: none */
    struct po_node *power;   /* of the bottom of a stack: the power manager's record, or NULL */
    UCHAR power_state;       /* DEVICE_POWER_STATE as PoSetPowerState told it */
    bool node_gone;          /* … and it was, until the device went */
    PDEVICE_OBJECT previous; /* in its driver's list */
    const char *text;        /* name for reports: "\Device\echo", or "\Driver\echo#3" */
    struct _IO_TIMER *timer;
    bool delete_pending, unload_pending, deleted;
    bool startio_deferred, startio_not_cancelable;
    ULONG startio_depth; /* StartIo in progress */
    bool startio_again;  /* a next packet was asked for meanwhile, thus: */
    bool startio_by_key, startio_cancelable;
    ULONG startio_key;
    bool shutdown, last_shutdown;
};

static inline struct io_device *io_device_of(const DEVICE_OBJECT *device) {
    return (struct io_device *)(void *)device->DeviceObjectExtension;
}
/* IoCreateDevice, without its gate and for the kernel too. */
NTSTATUS io_device_create(struct machine *m, PDRIVER_OBJECT driver, ULONG extension,
                          PUNICODE_STRING name, DEVICE_TYPE type, ULONG characteristics,
                          BOOLEAN exclusive, PDEVICE_OBJECT *result);
PDEVICE_OBJECT io_top_of(PDEVICE_OBJECT device);
/* An open of the device is gone; what waited for that happens. PASSIVE_LEVEL. */
void io_device_release(struct machine *m, PDEVICE_OBJECT device);
/* A device was detached from above it or below it: what was waiting for that goes on. */
void io_device_detached(struct machine *m, PDEVICE_OBJECT device);
void io_timer_delete(struct machine *m, PDEVICE_OBJECT device);
/* Remove locks in freed memory are not known any more. */
void io_remove_locks_forget(struct machine *m, const void *start, const void *end);
/* The system shuts down: the first or the last chance of drivers. PASSIVE_LEVEL. */
void io_shutdown(struct machine *m, bool last_chance);
/* The calling thread's activity identifier, or NULL; and another, or with NULL none, in its place:
 * returns the one before. */
LPCGUID io_activity_get(struct machine *m);
LPCGUID io_activity_set(struct machine *m, LPCGUID id);
/* The calling thread ends: it has no activity identifier any more. */
void io_activity_thread_exit(struct machine *m);
void io_shutdown_forget(struct machine *m, PDEVICE_OBJECT device);

/* ---- files ---- */

/* A file object with what is ours behind it. */
struct io_file {
    FILE_OBJECT pub;
    ACCESS_MASK granted;
    bool ignore_sharing, opened;
    PDEVICE_OBJECT hint;    /* where its requests enter the stack, if not at the top */
    ULONG completion_flags; /* FILE_SKIP_ … */
    IO_PRIORITY_HINT priority;
    ULONG keep_alive;
    IO_FOEXT_SHADOW_FILE shadow;
};
static inline struct io_file *io_file_of(PFILE_OBJECT file) {
    return (struct io_file *)(void *)file;
}

/* What a create needs beside the caller's parameters. */
struct io_create {
    ACCESS_MASK access;
    LARGE_INTEGER allocation_size;
    ULONG attributes, share, disposition, options;
    PVOID ea;
    ULONG ea_length;
    CREATE_FILE_TYPE type;
    PVOID extra;
    ULONG flags; /* IO_NO_PARAMETER_CHECKING … */
    PDEVICE_OBJECT hint;
};
NTSTATUS io_create_file(struct machine *m, KPROCESSOR_MODE mode, const struct io_create *create,
                        PHANDLE handle, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb);
/* The device an IRP for the file starts at. */
PDEVICE_OBJECT io_device_of_file(PFILE_OBJECT file);
/* Opens a device by name: IoGetDeviceObjectPointer, and what IoAttachDevice begins with. */
NTSTATUS io_device_pointer(struct machine *m, PUNICODE_STRING name, ACCESS_MASK access, ULONG flags,
                           PFILE_OBJECT *file, PDEVICE_OBJECT *device, HANDLE *kept);
/* A synchronous file serves one request at a time. */
NTSTATUS io_file_lock(struct machine *m, PFILE_OBJECT file, KPROCESSOR_MODE mode);
void io_file_unlock(struct machine *m, PFILE_OBJECT file);

/* One system service on a file. */
struct io_service {
    struct machine *m;
    KPROCESSOR_MODE mode;
    PFILE_OBJECT file;
    ACCESS_MASK granted;
    PKEVENT event;
    PDEVICE_OBJECT device;
    bool synchronous;
    PIO_APC_ROUTINE apc;
    PVOID apc_context;
    PIO_STATUS_BLOCK iosb;
};
/* Probes the status block, references file and event, takes the file's lock if it is synchronous.
 */
NTSTATUS io_service_begin(struct io_service *s, HANDLE file, HANDLE event, ACCESS_MASK access);
/* Undoes it when no IRP comes to be. */
NTSTATUS io_service_fail(struct io_service *s, NTSTATUS status);
/* An IRP for the file with its first stack location's function; NULL: the service has failed and
 * ended. */
PIRP io_service_irp(struct io_service *s, UCHAR major, UCHAR minor);
/* Sends it and ends the service. */
NTSTATUS io_service_send(struct io_service *s, PIRP irp, bool defer);
/*
 * Fast I/O: true if a routine of the device's driver did the request; status block and event are
 * set then, and io_service_fail with the block's status ends the service. All buffers are probed.
 */
bool io_fast_control(struct io_service *s, PVOID input, ULONG input_length, PVOID output,
                     ULONG output_length, ULONG code);
bool io_fast_transfer(struct io_service *s, PVOID buffer, ULONG length, LARGE_INTEGER offset,
                      ULONG key, bool write);
bool io_fast_query(struct io_service *s, FILE_INFORMATION_CLASS class, PVOID buffer);
bool io_fast_lock(struct io_service *s, LARGE_INTEGER offset, LARGE_INTEGER length, ULONG key,
                  BOOLEAN fail, BOOLEAN exclusive);
bool io_fast_unlock(struct io_service *s, LARGE_INTEGER offset, LARGE_INTEGER length, ULONG key);
/* A device is about to be deleted: the driver of the one attached to it may want to detach. */
bool io_fast_detach(struct machine *m, PDEVICE_OBJECT device);
/* What a handle must be opened for to query or set a class of information. */
ACCESS_MASK io_class_access(FILE_INFORMATION_CLASS class, bool set);
/* Attaches buffers: a system buffer of `size` bytes, or an MDL over a user buffer. */
NTSTATUS io_irp_buffer(struct machine *m, PIRP irp, ULONG size);
NTSTATUS io_irp_mdl(struct machine *m, PIRP irp, PVOID buffer, ULONG length, KPROCESSOR_MODE mode,
                    LOCK_OPERATION operation);

/* A call from kernel mode of a service, whatever the thread's previous mode. */
static inline KPROCESSOR_MODE io_enter_kernel(struct machine *m) {
    KPROCESSOR_MODE old = m->cpu->thread->previous_mode;
    m->cpu->thread->previous_mode = KernelMode;
    return old;
}
static inline void io_leave_kernel(struct machine *m, KPROCESSOR_MODE old) {
    m->cpu->thread->previous_mode = old;
}

/* System services that programs call; drivers' headers declare some of them. */
NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                      ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength);
NTSTATUS NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                    POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions);
NTSTATUS NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                    PLARGE_INTEGER ByteOffset, PULONG Key);
NTSTATUS NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                     PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                     PLARGE_INTEGER ByteOffset, PULONG Key);
NTSTATUS NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                               PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                               PVOID OutputBuffer, ULONG OutputBufferLength);
NTSTATUS NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                         PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode,
                         PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                         ULONG OutputBufferLength);
NTSTATUS NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                          PIO_STATUS_BLOCK IoStatusBlock);

/* ---- requests of the host ---- */

/* The request whose thread this is, if its user code runs, else NULL. */
struct wdmsim_request *io_request_current(struct machine *m);
void io_request_irp(struct wdmsim_request *request, PIRP irp);
/* Its IRP is finished; `delivered` when the status block is written. */
void io_request_irp_done(struct machine *m, struct wdmsim_request *request, bool delivered);
void io_request_thread_exit(struct machine *m, PETHREAD thread);

/* ---- interrupts ---- */

/* An interrupt that Plug and Play assigned to a device. */
struct io_interrupt_resource {
    ULONG vector;
    KIRQL irql;
    KINTERRUPT_MODE mode;
    BOOLEAN share;
    KAFFINITY affinity;
};

/* Interrupts that are served at PASSIVE_LEVEL: one has been connected; a set of them is to be
 * disconnected, after which none of its routines runs. PASSIVE_LEVEL. */
NTSTATUS io_passive_connected(struct machine *m, PKINTERRUPT interrupt);
void io_passive_disconnect(struct machine *m, PKINTERRUPT set);

/* ---- the part of the machine ---- */

struct io_held;
struct io_part {
    LIST_ENTRY irps; /* io_irp.link: every IRP that exists */
    struct io_irp *free[IO_CACHED_STACKS + 1];
    size_t in_flight;
    PKSPIN_LOCK cancel_lock, vpb_lock; /* two of the numbered queued locks */
    LIST_ENTRY drivers;                /* wdmsim_driver */
    LIST_ENTRY reinit, boot_reinit;
    LIST_ENTRY boot_callbacks;
    bool boot_ended; /* boot drivers are done: no callback is called any more */
    LIST_ENTRY shutdown, last_shutdown;
    LIST_ENTRY timers;
    KSPIN_LOCK timer_lock; /* held while the timers' routines are called */
    KTIMER timer;
    KDPC timer_dpc;
    ULONG timers_running;
    LIST_ENTRY requests;
    struct wdmsim_request *requests_free;
    UNICODE_STRING hardware_database;
    ULONG error_sequence, error_bytes;
    ULONG auto_device;
    /* Set by Plug and Play: the line (at most one) or message interrupts of a device; returns how
     * many there are. */
    unsigned (*device_interrupts)(struct machine *m, PDEVICE_OBJECT device, bool message,
                                  struct io_interrupt_resource *resources, unsigned capacity);
    /* Likewise: may the device be opened now? */
    NTSTATUS (*open_check)(struct machine *m, PDEVICE_OBJECT device);
    /* Likewise: an open of the device has gone; and a physical device object is about to go. */
    void (*device_closed)(struct machine *m, PDEVICE_OBJECT device);
    void (*pdo_freed)(struct machine *m, PDEVICE_OBJECT device);
    /* Set by the power manager: calls a dispatch routine with a power IRP, in place of the I/O
     * manager; and hears of a device object that is about to go. */
    NTSTATUS(*power_call)
    (struct machine *m, PDEVICE_OBJECT device, PIRP irp, PDRIVER_DISPATCH dispatch);
    void (*power_device_gone)(struct machine *m, PDEVICE_OBJECT device);
    CONFIGURATION_INFORMATION configuration;
    LIST_ENTRY activities; /* of threads */
    LIST_ENTRY file_systems, fs_watchers;
    struct io_held *held[1024], *held_free; /* remove locks */
    LIST_ENTRY error_packets, work_items, links;
};

/* A UTF-8 text as a string in pool, terminated behind its length; Buffer NULL without memory. */
UNICODE_STRING io_wide(struct machine *m, const char *text);
void io_wide_free(struct machine *m, UNICODE_STRING *string);

/*
 * The location that an IRP was sent from. It is above the first one, unless the creator has made
 * one its own (IoSetNextIrpStackLocation): a completion routine that is called there has the IRP
 * back, too. In an IRP that a driver allocated it stands beside the serial number.
 */
static inline CHAR io_own_location(PIRP irp) {
    if (KI_LIKELY(irp->AllocationFlags & IO_IRP_OURS))
        return (CHAR)io_irp_prefix(irp)->own_location;
    return (CHAR)((ULONG_PTR)irp->Tail.Overlay.IrpExtension >> IO_FOREIGN_LOCATION);
}

/* An IRP is sent for the first time, or is back at its creator. */
static inline void io_irp_sent(struct machine *m, PIRP irp) {
    CHAR own = irp->CurrentLocation + 1;
    irp->AllocationFlags = (UCHAR)((irp->AllocationFlags & ~IO_IRP_COMPLETED) | IO_IRP_IN_FLIGHT);
    if (irp->AllocationFlags & IO_IRP_OURS) {
        struct io_irp *prefix = io_irp_prefix(irp);
        prefix->sent = m->clock.now;
        prefix->own_location = own & 0x7F;
        m->io->in_flight++;
    } else {
        irp->Tail.Overlay.IrpExtension =
            (PVOID)((ULONG_PTR)own << IO_FOREIGN_LOCATION | (ULONG_PTR)io_irp_serial(irp) << 1 | 1);
    }
}
static inline void io_irp_returned(struct machine *m, PIRP irp) {
    UCHAR both = IO_IRP_IN_FLIGHT | IO_IRP_OURS;
    if ((irp->AllocationFlags & both) == both)
        m->io->in_flight--;
    irp->AllocationFlags &= (UCHAR)~IO_IRP_IN_FLIGHT;
    if (irp->CurrentLocation > irp->StackCount)
        irp->AllocationFlags |= IO_IRP_COMPLETED;
}

extern const struct ob_type io_driver_type, io_device_type, io_file_type, io_controller_type;

void io_start(struct machine *m);
void io_timers_start(struct machine *m);

/* Of io_create.flags: the device is opened to be attached to, even if it is exclusive. */
#define IO_ATTACH_DEVICE_API 0x80000000u

/* The APC that finishes an IRP in its thread. */
KKERNEL_ROUTINE io_deliver_apc;

#define IO_TAG_IRP 0x20707249u       /* "Irp " */
#define IO_TAG_BUFFER 0x42536f49u    /* "IoSB" */
#define IO_TAG_NAME 0x6d4e6f49u      /* "IoNm" */
#define IO_TAG_MISC 0x20206f49u      /* "Io  " */
#define IO_TAG_WORK_ITEM 0x20576f49u /* "IoW " */

#define IO_CALLER() __builtin_return_address(0)

#endif
