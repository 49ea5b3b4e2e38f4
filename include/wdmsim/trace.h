/*
 * The trace: one stream of typed events, from which every report is made.
 *
 * Events name things by serial numbers that a run hands out in order (IRP 12, thread 3), never by address, so two runs with
 * the same choices give the same stream. The machine keeps the last ones in a ring; a sink sees each as it happens.
 */
#ifndef WDMSIM_TRACE_H
#define WDMSIM_TRACE_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(NAME, "name", "format"): the format's directives take the event's arguments in order:
 *   %u unsigned  %x hexadecimal  %i signed  %s the event's text  %S NTSTATUS name  %j IRP function name (major | minor << 8)
 *   %l IRQL name  %t thread serial as "thread N"  %b bug check name  %p ns as a time span
 * Beyond the text, IRP_CALL's third argument is the number of the device node (0: none), MESSAGE's is 1 if its line goes on.
 */
#define WDMSIM_EVENT_LIST(X)                                                                       \
    X(MESSAGE, "dbg.print", "%s")                                                                  \
    X(TRACE_MESSAGE, "wpp.message", "%s")                                                          \
    X(BREAK, "dbg.break", "%S at %s")                                                              \
    X(BUGCHECK, "ki.bugcheck", "%b (%x, %x, %x) %s")                                               \
    X(IRQL, "ki.irql", "%l -> %l")                                                                 \
    X(PROCESSOR, "ki.processor", "processor %u moves")                                             \
    X(SWITCH, "ki.switch", "%t -> %t")                                                             \
    X(INTERRUPT, "ki.interrupt", "vector %x at %l")                                                \
    X(CLOCK, "ki.clock", "advanced by %p")                                                         \
    X(CALL, "ki.call", "%s")                                                                       \
    X(DPC_QUEUE, "ke.dpc.queue", "%s to processor %u")                                         \
    X(DPC_RUN, "ke.dpc.run", "%s")                                                             \
    X(DPC_END, "ke.dpc.end", "%s")                                                             \
    X(TIMER_SET, "ke.timer.set", "%s due in %p period %p")                                   \
    X(TIMER_CANCEL, "ke.timer.cancel", "%s was set: %u")                                     \
    X(TIMER_EXPIRE, "ke.timer.expire", "%s")                                                 \
    X(WAIT, "ke.wait", "%t waits for %u objects")                                                  \
    X(WAIT_END, "ke.wait.end", "%t %S")                                                            \
    X(SIGNAL, "ke.signal", "type %u state %i")                                                     \
    X(APC, "ke.apc", "%t %s")                                                                      \
    X(LOCK_SPIN, "ke.lock.spin", "waits for a spin lock that processor %u owns")                   \
    X(THREAD_START, "ps.thread.start", "%t %s")                                                    \
    X(THREAD_END, "ps.thread.end", "%t %S")                                                        \
    X(POOL_ALLOC, "mm.pool.alloc", "%u bytes type %u tag %s")                                      \
    X(POOL_FREE, "mm.pool.free", "%u bytes tag %s")                                                \
    X(OBJECT_CREATE, "ob.create", "object %u %s")                                                  \
    X(OBJECT_DELETE, "ob.delete", "object %u %s")                                                  \
    X(HANDLE_OPEN, "ob.handle", "handle %x to object %u")                                          \
    X(HANDLE_CLOSE, "ob.close", "handle %x")                                                       \
    X(DRIVER_LOAD, "io.driver.load", "%S %s")                                                      \
    X(DRIVER_UNLOAD, "io.driver.unload", "%s")                                                     \
    X(DEVICE_CREATE, "io.device.create", "%s")                                                     \
    X(DEVICE_DELETE, "io.device.delete", "%s")                                                     \
    X(DEVICE_ATTACH, "io.device.attach", "%s")                                                     \
    X(IRP_ALLOCATE, "io.irp.allocate", "irp %u stack size %u")                                     \
    X(IRP_CALL, "io.irp.call", "irp %u %j -> %s")                                                  \
    X(IRP_RETURN, "io.irp.return", "irp %u %S")                                                    \
    X(IRP_PEND, "io.irp.pend", "irp %u")                                                           \
    X(IRP_COMPLETE, "io.irp.complete", "irp %u %S information %u")                                 \
    X(IRP_COMPLETION, "io.irp.completion", "irp %u routine of %s returns %S")                      \
    X(IRP_CANCEL, "io.irp.cancel", "irp %u %s")                                                    \
    X(IRP_FREE, "io.irp.free", "irp %u")                                                           \
    X(REQUEST, "host.request", "request %u %s")                                                    \
    X(REQUEST_END, "host.request.end", "request %u %S information %u")                             \
    X(NOTE, "host.note", "%s")                                                                     \
    X(PNP_NODE, "pnp.node", "device node %u is %s")                                                \
    X(PNP_STATE, "pnp.state", "device node %u is %s")                                              \
    X(PNP_NOTIFY, "pnp.notify", "%s")                                                              \
    X(POWER_ACTION, "po.action", "%s")                                                             \
    X(POWER_SYSTEM, "po.system", "S%u -> S%u")                                                     \
    X(POWER_DEVICE, "po.device", "device node %u D%u -> D%u")                                      \
    X(POWER_IRP, "po.irp", "irp %u device node %u %s")                                             \
    X(POWER_SETTING, "po.setting", "%s is %i")                                                     \
    X(POWER_REQUEST, "po.request", "%s count %u")                                                  \
    X(POWER_WAKE, "po.wake", "device node %u %s")                                                  \
    X(POWER_DRIPS, "po.drips", "deepest idle state: %u")                                           \
    X(FX_DEVICE, "fx.device", "device node %u %s")                                                 \
    X(FX_CONDITION, "fx.condition", "device node %u component %u active: %u")                      \
    X(FX_STATE, "fx.state", "device node %u component %u F%u -> F%u")                              \
    X(FX_PERFORMANCE, "fx.perf", "device node %u component %u set %u is %u")                       \
    X(FX_CALL, "fx.call", "device node %u %s")                                                     \
    X(PEP_NOTIFY, "pep.notify", "%s")

enum wdmsim_event_kind {
#define X(name, text, format) WDMSIM_EVENT_##name,
    WDMSIM_EVENT_LIST(X)
#undef X
        WDMSIM_EVENT_KINDS
};

struct wdmsim_event {
    uint64_t time;     /* ns of virtual time */
    uint64_t sequence; /* from 1, without gaps */
    uint16_t kind;
    uint8_t processor;
    uint8_t irql;
    uint32_t thread;   /* serial; 0: an idle processor or the host */
    uint64_t arguments[4];
    const char *text;  /* "" or a text that lives as long as the call or the ring entry */
};

/* Chooses what is recorded: a bit per kind. Default: everything but IRQL, CALL, SWITCH, PROCESSOR, POOL and SIGNAL. */
#define WDMSIM_TRACE_BIT(kind) (1ull << (kind))
#define WDMSIM_TRACE_ALL (~0ull)
#define WDMSIM_TRACE_NONE 0ull
void wdmsim_trace_mask(struct machine *machine, uint64_t mask);
uint64_t wdmsim_trace_get_mask(const struct machine *machine);

/* Calls `sink` for each event as it is recorded. The sink must not run or change the machine. NULL: none. */
typedef void wdmsim_trace_fn(void *context, const struct wdmsim_event *event);
void wdmsim_trace_sink(struct machine *machine, wdmsim_trace_fn *sink, void *context);

/* Calls `visit` for the events of the ring with sequence > after, oldest first. Returns the last sequence number. */
uint64_t wdmsim_trace_read(const struct machine *machine, uint64_t after, wdmsim_trace_fn *visit, void *context);

/* Adds a NOTE event (a host's marker in the stream). */
void wdmsim_trace_note(struct machine *machine, const char *text);

const char *wdmsim_event_name(enum wdmsim_event_kind kind);
/* The kind with a name ("io.irp.call"), or -1. */
int wdmsim_event_kind(const char *name);

/*
 * Writes the event's description ("irp 12 IRP_MJ_READ -> \Driver\echo") without time and processor; always terminated.
 * Returns the length it wanted, as snprintf.
 */
int wdmsim_event_text(const struct wdmsim_event *event, char *buffer, size_t size);
/* The same with "+1.002000300 s  cpu0 DISPATCH  thread 3  name  " before it. */
int wdmsim_event_line(const struct wdmsim_event *event, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif
#endif
