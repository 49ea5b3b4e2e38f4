/*
 * Requests of the host: a user thread each, calling the system services that a program's
 * CreateFile, ReadFile and the like end in (wdmsim/request.h).
 *
 * A request's buffers, status block and names lie in user memory of its process. Its thread calls
 * the service and, if that returns STATUS_PENDING, waits until the IRP has been finished; then it
 * notes the result and ends. If the thread is ended before (its process exits), its I/O is canceled
 * first and the result is what the status block says then.
 *
 * Records are the machine's; a freed one is used again.
 */
#include <stdio.h>
#include <string.h>

#include "io/io.h"

struct wdmsim_request {
    LIST_ENTRY link; /* in io_part.requests while its thread lives */
    struct wdmsim_request *next_free;
    struct machine *machine;
    PEPROCESS process; /* referenced */
    enum wdmsim_operation operation;
    uint32_t serial;
    ACCESS_MASK access;
    ULONG share, disposition, code;
    bool synchronous, raw, done, freed;
    unsigned users; /* the host, the thread, threads that cancel */
    HANDLE handle;
    HANDLE event_handle;
    int64_t offset;
    size_t input_size, output_size;
    uint64_t input, output;               /* user addresses */
    uint64_t block;                       /* user memory: struct io_user_block */
    uint64_t input_memory, output_memory; /* to be freed */
    void *copy;                           /* of the output once it is done, in pool */
    KEVENT finished;                      /* the IRP is */
    PIRP irp;                             /* in flight */
    PETHREAD thread;                      /* while it lives */
    uint32_t status, returned;
    uint64_t information;
    bool delivered;
};

/* What of a request lies in user memory besides its buffers. */
struct io_user_block {
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    LARGE_INTEGER offset;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR text[];
};

static struct io_user_block *io_block(const struct wdmsim_request *r) {
    return (struct io_user_block *)(uintptr_t)r->block;
}
/* The same from the kernel's side, whatever process runs. */
static struct io_user_block *io_block_alias(const struct wdmsim_request *r) {
    return mm_user_alias(r->machine, io_block(r));
}

/* ---- the IRP of a request ---- */

static VOID io_request_thread(PVOID context);

struct wdmsim_request *io_request_current(struct machine *m) {
    PETHREAD thread = ps_current_thread(m);
    return thread->start == io_request_thread ? thread->start_context : NULL;
}

void io_request_irp(struct wdmsim_request *request, PIRP irp) {
    request->irp = irp;
    io_irp_prefix(irp)->request = request;
}

void io_request_irp_done(struct machine *m, struct wdmsim_request *request, bool delivered) {
    (void)m;
    request->irp = NULL;
    request->delivered = delivered;
    KeSetEvent(&request->finished, 0, FALSE);
}

/* ---- the end of a request ---- */

static void io_request_release(struct machine *m, struct wdmsim_request *r) {
    if (--r->users)
        return;
    if (r->copy)
        mm_pool_free(m, r->copy, IO_TAG_MISC);
    r->copy = NULL;
    ob_dereference(m, r->process);
    r->process = NULL;
    r->next_free = m->io->requests_free;
    m->io->requests_free = r;
}

static void io_request_free_user(struct machine *m, struct wdmsim_request *r) {
    uint64_t blocks[] = {r->block, r->input_memory, r->output_memory};
    for (size_t i = 0; i < KI_COUNT(blocks); i++)
        if (blocks[i])
            mm_user_free(m, (void *)r->process, blocks[i]);
    r->block = r->input_memory = r->output_memory = 0;
}

/* Notes the result; the output is copied, for the process may go. */
static void io_request_finish(struct machine *m, struct wdmsim_request *r) {
    const struct io_user_block *block = io_block_alias(r);
    bool failed_at_once = NT_ERROR((NTSTATUS)r->returned);
    r->status = failed_at_once ? r->returned : (uint32_t)block->iosb.Status;
    if (r->operation == WDMSIM_CLOSE)
        r->status = r->returned;
    r->information = failed_at_once || r->operation == WDMSIM_CLOSE ? 0 : block->iosb.Information;
    if (r->operation == WDMSIM_OPEN) {
        r->handle = failed_at_once ? 0 : block->handle;
    } else if (r->output_memory && r->output_size) {
        r->copy = mm_pool_allocate(m, NonPagedPoolNx, r->output_size, IO_TAG_MISC);
        if (r->copy)
            memcpy(r->copy, mm_user_alias(m, (void *)(uintptr_t)r->output), r->output_size);
    }
    io_request_free_user(m, r);
    RemoveEntryList(&r->link);
    r->thread = NULL;
    r->done = true;
    KI_TRACE(m, REQUEST_END, "", r->serial, r->status, r->information);
    io_request_release(m, r);
}

/* Before a thread ends: its I/O, and the request it may have been there for. */
void io_request_thread_exit(struct machine *m, PETHREAD thread) {
    struct wdmsim_request *r = thread->start == io_request_thread ? thread->start_context : NULL;
    io_activity_thread_exit(m);
    if (!IsListEmpty(&thread->irps))
        io_cancel_thread(m, thread, NULL);
    if (!r || r->thread != thread)
        return;
    if (r->returned == (uint32_t)STATUS_PENDING && !r->delivered)
        r->returned = (uint32_t)STATUS_CANCELLED;
    io_request_finish(m, r);
}

/* ---- the thread ---- */

static NTSTATUS io_request_open(struct wdmsim_request *r) {
    struct io_user_block *block = io_block(r);
    ULONG options = r->synchronous ? FILE_SYNCHRONOUS_IO_NONALERT : 0;
    return NtCreateFile(&block->handle, r->access | SYNCHRONIZE | FILE_READ_ATTRIBUTES,
                        &block->attributes, &block->iosb, NULL, FILE_ATTRIBUTE_NORMAL, r->share,
                        r->disposition, options | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

/* The offset as the service wants it: none means the position of a synchronous file, and 0 of
 * another. */
static PLARGE_INTEGER io_request_offset(struct machine *m, struct wdmsim_request *r) {
    PFILE_OBJECT file;
    if (r->offset >= 0)
        return &io_block(r)->offset;
    if (!NT_SUCCESS(ob_handle_reference(m, NULL, r->handle, 0, &io_file_type, KernelMode,
                                        (void **)&file, NULL)))
        return &io_block(r)->offset;
    bool synchronous = file->Flags & FO_SYNCHRONOUS_IO;
    ob_dereference(m, file);
    io_block_alias(r)->offset.QuadPart = 0;
    return synchronous ? NULL : &io_block(r)->offset;
}

static NTSTATUS io_request_call(struct machine *m, struct wdmsim_request *r) {
    struct io_user_block *block = io_block(r);
    PVOID input = (PVOID)(uintptr_t)r->input, output = (PVOID)(uintptr_t)r->output;
    PVOID key = NULL;
    switch (r->operation) {
    case WDMSIM_OPEN:
        return io_request_open(r);
    case WDMSIM_CLOSE:
        return NtClose(r->handle);
    case WDMSIM_READ:
        return NtReadFile(r->handle, r->event_handle, NULL, key, &block->iosb, output,
                          (ULONG)r->output_size, io_request_offset(m, r), NULL);
    case WDMSIM_WRITE:
        return NtWriteFile(r->handle, r->event_handle, NULL, key, &block->iosb, input,
                           (ULONG)r->input_size, io_request_offset(m, r), NULL);
    case WDMSIM_IOCTL:
        return NtDeviceIoControlFile(r->handle, r->event_handle, NULL, key, &block->iosb, r->code,
                                     input, (ULONG)r->input_size, output, (ULONG)r->output_size);
    case WDMSIM_FLUSH:
        return NtFlushBuffersFile(r->handle, &block->iosb);
    }
    KI_UNREACHABLE();
}

static VOID io_request_thread(PVOID context) {
    struct wdmsim_request *r = context;
    struct machine *m = r->machine;
    r->thread = ps_current_thread(m);
    NTSTATUS status = io_request_call(m, r);
    m = ki_self();
    r->returned = (uint32_t)status;
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&r->finished, UserRequest, UserMode, FALSE, NULL);
        ps_leave_service(m);
    }
    /* The thread's end, which comes next, finishes the request. */
}

/* ---- submitting ---- */

static bool io_is_valid(const struct wdmsim_request_parameters *p) {
    if (p->operation > WDMSIM_FLUSH || p->input_size > 0x7fffffff || p->output_size > 0x7fffffff)
        return false;
    if (p->operation == WDMSIM_OPEN)
        return p->path && strlen(p->path) < 30000;
    return p->raw_addresses || !p->input_size || p->input;
}

static struct wdmsim_request *io_request_new(struct machine *m) {
    struct wdmsim_request *r = m->io->requests_free;
    if (r)
        m->io->requests_free = r->next_free;
    else
        r = ki_alloc(m, sizeof *r);
    memset(r, 0, sizeof *r);
    r->machine = m;
    return r;
}

/* An address of user memory with the given contents; 0 without memory. */
static uint64_t io_user_copy(struct machine *m, PEPROCESS process, const void *data, size_t size) {
    uint64_t address = mm_user_allocate(m, (void *)process, size ? size : 1);
    if (address && data)
        memcpy(mm_user_alias(m, (void *)(uintptr_t)address), data, size);
    return address;
}

static bool io_request_buffers(struct machine *m, struct wdmsim_request *r,
                               const struct wdmsim_request_parameters *p) {
    if (p->raw_addresses) {
        r->input = p->input_address;
        r->output = p->output_address;
        return true;
    }
    if (p->input_size) {
        r->input = r->input_memory = io_user_copy(m, r->process, p->input, p->input_size);
        if (!r->input)
            return false;
    }
    if (p->output_size) {
        r->output = r->output_memory = io_user_copy(m, r->process, p->output, p->output_size);
        if (!r->output)
            return false;
    }
    return true;
}

/* Names and status block; the name in NT's form, whatever the host wrote. */
static bool io_request_block(struct machine *m, struct wdmsim_request *r, const char *path) {
    UNICODE_STRING name = {0};
    if (path) {
        char nt[64];
        bool dos = strncmp(path, "\\\\.\\", 4) == 0 || strncmp(path, "\\\\?\\", 4) == 0;
        snprintf(nt, sizeof nt, "%s", dos ? "\\??\\" : "");
        size_t size = strlen(nt) + strlen(path) + 1;
        char *text = mm_pool_allocate(m, PagedPool, size, IO_TAG_MISC);
        if (!text)
            return false;
        snprintf(text, size, "%s%s", nt, path + (dos ? 4 : 0));
        name = io_wide(m, text);
        mm_pool_free(m, text, IO_TAG_MISC);
        if (!name.Buffer)
            return false;
    }
    r->block = mm_user_allocate(m, (void *)r->process, sizeof(struct io_user_block) + name.Length);
    if (r->block) {
        struct io_user_block *block = io_block_alias(r), *user = io_block(r);
        memset(block, 0, sizeof *block);
        block->iosb.Status = STATUS_PENDING;
        block->offset.QuadPart = r->offset >= 0 ? r->offset : 0;
        if (path) {
            memcpy(block->text, name.Buffer, name.Length);
            block->name = (UNICODE_STRING){name.Length, name.Length, user->text};
            InitializeObjectAttributes(&block->attributes, &user->name, OBJ_CASE_INSENSITIVE, NULL,
                                       NULL);
        }
    }
    io_wide_free(m, &name);
    return r->block != 0;
}

static const char *io_operation_name(enum wdmsim_operation operation) {
    static const char *const names[] = {"open", "close", "read", "write", "ioctl", "flush"};
    return names[operation];
}

static void io_request_fill(struct wdmsim_request *r, const struct wdmsim_request_parameters *p) {
    r->operation = p->operation;
    r->access = p->access ? p->access : GENERIC_READ | GENERIC_WRITE;
    r->share = p->share;
    r->disposition = p->disposition ? p->disposition : FILE_OPEN;
    r->synchronous = p->synchronous;
    r->handle = (HANDLE)(uintptr_t)p->handle;
    r->event_handle = (HANDLE)(uintptr_t)p->event;
    r->code = p->code;
    r->offset = p->offset;
    r->input_size = p->input_size;
    r->output_size = p->output_size;
    r->raw = p->raw_addresses;
    r->status = r->returned = (uint32_t)STATUS_PENDING;
    KeInitializeEvent(&r->finished, NotificationEvent, FALSE);
}

int wdmsim_submit(struct machine *machine, const struct wdmsim_request_parameters *parameters,
                  struct wdmsim_request **request) {
    struct machine *m = machine;
    PEPROCESS process = ps_process_of(m, parameters->process);
    *request = NULL;
    if (m->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!io_is_valid(parameters))
        return WDMSIM_ERROR_INVALID;
    if (process->exiting || process->exited)
        return WDMSIM_ERROR_NOT_FOUND;
    struct wdmsim_request *r = io_request_new(m);
    io_request_fill(r, parameters);
    r->users = 1;
    r->process = process;
    ob_reference(m, process);
    const char *path = parameters->operation == WDMSIM_OPEN ? parameters->path : NULL;
    InsertTailList(&m->io->requests, &r->link);
    if (!io_request_buffers(m, r, parameters) || !io_request_block(m, r, path) ||
        !NT_SUCCESS(ps_thread_create(m, process, io_request_thread, r, "Request", true, NULL))) {
        RemoveEntryList(&r->link);
        io_request_free_user(m, r);
        io_request_release(m, r);
        return WDMSIM_ERROR_NO_MEMORY;
    }
    r->users = 2;
    r->serial = ++m->next_request;
    KI_TRACE(m, REQUEST, io_operation_name(r->operation), r->serial);
    *request = r;
    return 0;
}

static bool io_request_is_done(void *context) { return ((struct wdmsim_request *)context)->done; }

int wdmsim_wait(struct machine *machine, struct wdmsim_request *request, uint64_t limit) {
    return wdmsim_run_until(machine, io_request_is_done, request, limit);
}

/* A thread that cancels: cancel routines are driver code, and the host may be the caller. */
static VOID io_cancel_request_thread(PVOID context) {
    struct wdmsim_request *r = context;
    struct machine *m = r->machine;
    io_cancel_pointed(m, &r->irp);
    io_request_release(m, r);
}

int wdmsim_cancel(struct machine *machine, struct wdmsim_request *request) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (request->done)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!NT_SUCCESS(ps_thread_create(machine, NULL, io_cancel_request_thread, request, "Cancel",
                                     false, NULL)))
        return WDMSIM_ERROR_NO_MEMORY;
    request->users++;
    return 0;
}

static VOID io_cancel_file_thread(PVOID context) {
    IO_STATUS_BLOCK iosb;
    NtCancelIoFileEx(context, NULL, &iosb);
}

int wdmsim_cancel_all(struct machine *machine, struct wdmsim_process *process, uint64_t handle) {
    PEPROCESS owner = ps_process_of(machine, process);
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (owner->exiting || owner->exited)
        return WDMSIM_ERROR_NOT_FOUND;
    return NT_SUCCESS(ps_thread_create(machine, owner, io_cancel_file_thread,
                                       (PVOID)(uintptr_t)handle, "Cancel", false, NULL))
               ? 0
               : WDMSIM_ERROR_NO_MEMORY;
}

int wdmsim_request_end_thread(struct machine *machine, struct wdmsim_request *request) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (request->done || !request->thread)
        return WDMSIM_ERROR_NOT_FOUND;
    ps_thread_terminate(machine, request->thread, STATUS_SUCCESS);
    return 0;
}

/* ---- looking at one ---- */

bool wdmsim_request_done(const struct wdmsim_request *request) { return request->done; }

uint32_t wdmsim_request_serial(const struct wdmsim_request *request) { return request->serial; }

uint32_t wdmsim_request_status(const struct wdmsim_request *request) {
    return request->done ? request->status : (uint32_t)STATUS_PENDING;
}

uint32_t wdmsim_request_returned(const struct wdmsim_request *request) { return request->returned; }

uint64_t wdmsim_request_information(const struct wdmsim_request *request) {
    return request->information;
}

uint64_t wdmsim_request_handle(const struct wdmsim_request *request) {
    return request->operation == WDMSIM_OPEN && request->done ? (uint64_t)(uintptr_t)request->handle
                                                              : 0;
}

const void *wdmsim_request_output(const struct wdmsim_request *request, size_t *size) {
    *size = request->output_size;
    if (request->copy)
        return request->copy;
    if (!request->output_memory)
        return NULL;
    return mm_user_alias(request->machine, (void *)(uintptr_t)request->output_memory);
}

uint32_t wdmsim_request_irp(const struct wdmsim_request *request) {
    return request->irp ? io_irp_serial(request->irp) : 0;
}

void wdmsim_request_free(struct machine *machine, struct wdmsim_request *request) {
    if (!request || request->freed)
        return;
    request->freed = true;
    if (!request->done)
        wdmsim_cancel(machine, request);
    io_request_release(machine, request);
}
