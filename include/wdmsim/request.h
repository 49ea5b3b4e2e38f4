/*
 * Requests: what a user-mode program does to devices.
 *
 * A request is issued by a thread of a simulated process, through the same system services a program's CreateFile or
 * DeviceIoControl ends in; buffers lie in that process's user memory. Submitting does not run the machine: settle, advance
 * or wait does, and then the request shows its status, STATUS_PENDING as long as it is not finished.
 */
#ifndef WDMSIM_REQUEST_H
#define WDMSIM_REQUEST_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wdmsim_process;
struct wdmsim_request;

/* Creates a user process. NULL stands for the machine's default process wherever a process is asked for. */
int wdmsim_process_create(struct machine *machine, const char *name, struct wdmsim_process **process);
/* Ends it as TerminateProcess does: its threads' I/O is cancelled, its handles are closed. */
int wdmsim_process_exit(struct machine *machine, struct wdmsim_process *process);

/* User memory of the process: an address range that drivers see as a user address. 0 if none is left. */
uint64_t wdmsim_user_alloc(struct machine *machine, struct wdmsim_process *process, size_t size);
int wdmsim_user_free(struct machine *machine, struct wdmsim_process *process, uint64_t address);
int wdmsim_user_write(struct machine *machine, struct wdmsim_process *process, uint64_t address, const void *data,
                      size_t size);
int wdmsim_user_read(struct machine *machine, struct wdmsim_process *process, uint64_t address, void *data, size_t size);

/* An event as CreateEvent makes it, and its handle in the process; 0 on failure. */
uint64_t wdmsim_event_create(struct machine *machine, struct wdmsim_process *process, bool manual_reset, bool signaled);
/* 1 signaled, 0 not, or an error. Does not change the event. */
int wdmsim_event_state(struct machine *machine, struct wdmsim_process *process, uint64_t handle);
int wdmsim_event_set(struct machine *machine, struct wdmsim_process *process, uint64_t handle, bool signaled);

enum wdmsim_operation {
    WDMSIM_OPEN,
    WDMSIM_CLOSE,
    WDMSIM_READ,
    WDMSIM_WRITE,
    WDMSIM_IOCTL,
    WDMSIM_FLUSH,
};

struct wdmsim_request_parameters {
    enum wdmsim_operation operation;
    struct wdmsim_process *process; /* NULL: the default process */
    const char *path;               /* OPEN: UTF-8, "\\\\.\\Name" or an NT path such as "\\Device\\Name" */
    uint32_t access;                /* OPEN: desired access; 0: GENERIC_READ | GENERIC_WRITE */
    uint32_t share;                 /* OPEN: FILE_SHARE_ bits */
    uint32_t disposition;           /* OPEN: FILE_OPEN (1) and so on; 0 is taken as FILE_OPEN */
    bool synchronous;               /* OPEN: FILE_SYNCHRONOUS_IO_NONALERT: each request blocks its thread */
    uint64_t handle;                /* all but OPEN */
    uint32_t code;                  /* IOCTL */
    const void *input;              /* WRITE, IOCTL: copied at submission */
    size_t input_size;
    size_t output_size;             /* READ, IOCTL: bytes of output buffer */
    const void *output;             /* IOCTL: initial contents of the output buffer (in-direct transfers read it), or NULL */
    int64_t offset;                 /* READ, WRITE: byte offset; -1: the current position, or 0 where there is none */
    uint64_t event;                 /* handle of an event to set at completion, or 0 */
    /*
     * Instead of input/output: user addresses passed as they are, valid or not (input_size, output_size say how long).
     */
    bool raw_addresses;
    uint64_t input_address, output_address;
};

/* Issues a request from a fresh user thread of the process. NO_MEMORY, INVALID, NOT_FOUND (process ended). */
int wdmsim_submit(struct machine *machine, const struct wdmsim_request_parameters *parameters,
                  struct wdmsim_request **request);

/* Runs the machine until the request is done or `limit` ns have passed. 0, TIMED_OUT, STOPPED. */
int wdmsim_wait(struct machine *machine, struct wdmsim_request *request, uint64_t limit);

/* Cancels as CancelIoEx(handle, overlapped) does. 0, or NOT_FOUND if the request is already done. */
int wdmsim_cancel(struct machine *machine, struct wdmsim_request *request);

/* Cancels what the process has pending on a file, as CancelIoEx does that names no request. */
int wdmsim_cancel_all(struct machine *machine, struct wdmsim_process *process, uint64_t handle);

/*
 * Ends the thread that issued the request, as TerminateThread does: its I/O is cancelled, and the request is done when the
 * driver has completed it. NOT_FOUND if the request is done, or was not issued yet.
 */
int wdmsim_request_end_thread(struct machine *machine, struct wdmsim_request *request);

bool wdmsim_request_done(const struct wdmsim_request *request);
uint32_t wdmsim_request_serial(const struct wdmsim_request *request);
uint32_t wdmsim_request_status(const struct wdmsim_request *request);      /* STATUS_PENDING until done */
uint32_t wdmsim_request_returned(const struct wdmsim_request *request);    /* what the system service returned at first */
uint64_t wdmsim_request_information(const struct wdmsim_request *request); /* IoStatus.Information */
uint64_t wdmsim_request_handle(const struct wdmsim_request *request);      /* of a successful OPEN */
/* The whole output buffer as it stands now; *size = output_size. */
const void *wdmsim_request_output(const struct wdmsim_request *request, size_t *size);
/* Serial number of the IRP while one is in flight for it, else 0. */
uint32_t wdmsim_request_irp(const struct wdmsim_request *request);
/* Forgets the request and its buffers; one that is still in flight is cancelled and finishes alone. */
void wdmsim_request_free(struct machine *machine, struct wdmsim_request *request);

/*
 * Runs `body` as a user-mode thread of the process (system services see previous mode UserMode). Done when it returns;
 * for a body that needs more than one request's worth of user code.
 */
int wdmsim_user_thread(struct machine *machine, struct wdmsim_process *process, void (*body)(void *context),
                       void *context);

#ifdef __cplusplus
}
#endif
#endif
