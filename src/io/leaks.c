/*
 * What drivers left behind (wdmsim_leaks): pool, IRPs, device objects, symbolic links, handles,
 * threads, timers.
 *
 * A thing belongs to the driver whose code allocated it, or whose device it is. Things of one kind,
 * owner and tag are counted together; the first one is described. A device object that outlives its
 * driver's unload keeps the driver object alive, so its driver is known even then. A handle belongs
 * to the innermost driver on the stack that made it; handles that programs made are theirs. Threads
 * and timers show up of loaded drivers only: to be unloaded with one is a bug check
 * (unload_check.c).
 */
#include <stdio.h>
#include <string.h>

#include "io/io.h"

/* How far up the stack a handle's driver is looked for. */
#define IO_OWNER_FRAMES 24u

struct io_leak_list {
    struct machine *m;
    struct wdmsim_leak *leaks;
    size_t capacity, count;
    bool all;
};

/* The entry for a kind, owner and tag; beyond the capacity things are still told apart by counting
 * each as new. */
static struct wdmsim_leak *io_leak_entry(struct io_leak_list *list, const char *kind,
                                         const char *owner, const char *tag) {
    size_t kept = list->count < list->capacity ? list->count : list->capacity;
    for (size_t i = 0; i < kept; i++) {
        struct wdmsim_leak *leak = &list->leaks[i];
        if (strcmp(leak->kind, kind) == 0 && strcmp(leak->owner, owner) == 0 &&
            strcmp(leak->tag, tag) == 0)
            return leak;
    }
    if (list->count++ >= list->capacity)
        return NULL;
    struct wdmsim_leak *leak = &list->leaks[list->count - 1];
    memset(leak, 0, sizeof *leak);
    leak->kind = kind;
    leak->owner = owner;
    snprintf(leak->tag, sizeof leak->tag, "%s", tag);
    return leak;
}

static bool io_leak_counts(const struct io_leak_list *list, const struct wdmsim_driver *driver) {
    return driver && (list->all || !driver->loaded);
}

static void io_leak_add(struct io_leak_list *list, const char *kind,
                        const struct wdmsim_driver *driver, const char *tag, size_t bytes,
                        const char *detail) {
    struct wdmsim_leak *leak = io_leak_entry(list, kind, driver->name, tag);
    if (!leak)
        return;
    if (!leak->count)
        snprintf(leak->detail, sizeof leak->detail, "%s", detail);
    leak->count++;
    leak->bytes += bytes;
}

static void io_leak_pool(void *context, const struct mm_pool_block *block) {
    struct io_leak_list *list = context;
    const struct wdmsim_driver *driver = block->owner ? io_driver_at(list->m, block->owner) : NULL;
    char tag[5], detail[128];
    if (!io_leak_counts(list, driver))
        return;
    mm_tag_text(block->tag, tag);
    snprintf(detail, sizeof detail, "%zu bytes allocated by %s", block->size,
             ki_address_name(list->m, block->owner));
    io_leak_add(list, block->tag == IO_TAG_WORK_ITEM ? "work item" : "pool", driver, tag,
                block->size, detail);
}

static void io_leak_irps(struct io_leak_list *list) {
    LIST_ENTRY *head = &list->m->io->irps;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct io_irp *prefix = CONTAINING_RECORD(link, struct io_irp, link);
        const struct wdmsim_driver *driver =
            prefix->owner ? io_driver_at(list->m, prefix->owner) : NULL;
        char detail[128];
        if (!io_leak_counts(list, driver))
            continue;
        snprintf(detail, sizeof detail, "irp %u allocated by %s", prefix->serial,
                 ki_address_name(list->m, prefix->owner));
        io_leak_add(list, "irp", driver, "", sizeof *prefix + prefix->size, detail);
    }
}

/* Devices of a driver object, whether its driver is loaded or not. */
static void io_leak_devices(struct io_leak_list *list, const struct wdmsim_driver *driver) {
    if (!driver->record || !io_leak_counts(list, driver))
        return;
    for (PDEVICE_OBJECT device = driver->record->DeviceObject; device; device = device->NextDevice)
        io_leak_add(list, "device", driver, "", device->Size, io_device_of(device)->text);
}

/* Links made by a driver that do not lead anywhere any more, or to what is left of it. */
static bool io_leak_link(void *context, void *object) {
    struct io_leak_list *list = context;
    const struct wdmsim_driver *driver;
    if (!ob_is(object, &ob_link_type))
        return true;
    const void *owner = io_link_owner(list->m, object);
    driver = owner ? io_driver_at(list->m, owner) : NULL;
    if (io_leak_counts(list, driver))
        io_leak_add(list, "symbolic link", driver, "", 0, ob_full_name_text(list->m, object));
    return true;
}

/* ---- handles ---- */

const void *io_handle_owner(struct machine *m) {
    const struct ki_fiber *fiber = m->running;
    if (fiber == &m->host || IsListEmpty(&m->io->drivers) ||
        m->cpu->thread->previous_mode == UserMode)
        return NULL;
    uintptr_t low = (uintptr_t)fiber->stack, high = low + fiber->stack_size;
    uintptr_t at = (uintptr_t)__builtin_frame_address(0);
    for (unsigned i = 0;
         i < IO_OWNER_FRAMES && at >= low && at + 2 * sizeof at <= high && at % sizeof at == 0;
         i++) {
        const void *const *frame = (const void *const *)at;
        if (io_driver_at(m, frame[1]))
            return frame[1];
        if ((uintptr_t)frame[0] <= at)
            break;
        at = (uintptr_t)frame[0];
    }
    return NULL;
}

static void io_leak_handles(struct io_leak_list *list, const struct ob_handle_table *table) {
    for (ULONG i = 1; i < table->capacity; i++) {
        const struct ob_handle *entry = &table->entries[i];
        const struct wdmsim_driver *driver =
            entry->object && entry->owner ? io_driver_at(list->m, entry->owner) : NULL;
        char detail[128];
        if (!io_leak_counts(list, driver))
            continue;
        const char *name = ob_full_name_text(list->m, entry->object->body);
        snprintf(detail, sizeof detail, "%s%s%s opened by %s", entry->object->type->name,
                 name[0] ? " " : "", name, ki_address_name(list->m, entry->owner));
        io_leak_add(list, "handle", driver, "", 0, detail);
    }
}

/* ---- threads and timers ---- */

static void io_leak_thread(struct io_leak_list *list, PETHREAD thread) {
    const struct wdmsim_driver *driver = io_driver_at(list->m, (const void *)thread->start);
    char detail[128];
    if (!io_leak_counts(list, driver) || thread->terminating)
        return;
    snprintf(detail, sizeof detail, "thread %u runs %s", thread->tcb.serial,
             ki_address_name(list->m, (const void *)thread->start));
    io_leak_add(list, "thread", driver, "", 0, detail);
}

static void io_leak_processes(struct io_leak_list *list) {
    LIST_ENTRY *processes = &list->m->ps->processes;
    for (LIST_ENTRY *p = processes->Flink; p != processes; p = p->Flink) {
        struct _KPROCESS *process = CONTAINING_RECORD(p, struct _KPROCESS, link);
        io_leak_handles(list, &((struct ob_process *)process)->handles);
        for (LIST_ENTRY *t = process->threads.Flink; t != &process->threads; t = t->Flink)
            io_leak_thread(list, CONTAINING_RECORD(t, struct _ETHREAD, process_link));
    }
}

static void io_leak_timers(struct io_leak_list *list) {
    struct machine *m = list->m;
    for (uint32_t i = 0; i < m->clock.count; i++) {
        struct ki_clock_node *node = ki_clock_due_at(m, i);
        if (node->kind != KI_CLOCK_TIMER)
            continue;
        PKTIMER timer = CONTAINING_RECORD((PLIST_ENTRY)(void *)node, KTIMER, TimerListEntry);
        const void *code = timer->Dpc ? (const void *)timer->Dpc->DeferredRoutine : timer;
        const struct wdmsim_driver *driver = io_driver_at(m, code);
        char detail[128];
        if (!io_leak_counts(list, driver))
            continue;
        snprintf(detail, sizeof detail, "a timer is set%s%s", timer->Dpc ? ", its DPC is " : "",
                 timer->Dpc ? ki_address_name(m, code) : "");
        io_leak_add(list, "timer", driver, "", 0, detail);
    }
}

size_t wdmsim_leaks(struct machine *machine, bool all, struct wdmsim_leak *leaks, size_t capacity) {
    struct io_leak_list list = {machine, leaks, capacity, 0, all};
    mm_pool_visit(machine, io_leak_pool, &list);
    io_leak_irps(&list);
    LIST_ENTRY *head = &machine->io->drivers;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        io_leak_devices(&list, CONTAINING_RECORD(link, struct wdmsim_driver, link));
    if (machine->ob->dos_devices)
        ob_directory_visit(machine, machine->ob->dos_devices, io_leak_link, &list);
    io_leak_processes(&list);
    io_leak_timers(&list);
    return list.count;
}
