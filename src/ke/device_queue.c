/*
 * Device queues: a busy flag and the requests that came while it was set. An entry that finds the
 * queue free makes it busy and is not queued; removing from an empty queue makes it free. To remove
 * from a queue that is free is an error that nothing but the rules' check notices.
 */
#include "ke/ke.h"

VOID KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
    KI_GATE(KeInitializeDeviceQueue);
    (void)m;
    DeviceQueue->Type = 0x14;
    DeviceQueue->Size = sizeof *DeviceQueue;
    InitializeListHead(&DeviceQueue->DeviceListHead);
    DeviceQueue->Lock = 0;
    DeviceQueue->Hint = 0;
    DeviceQueue->Busy = FALSE;
}

BOOLEAN KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
    KI_GATE(KeInsertDeviceQueue);
    (void)m;
    DeviceQueueEntry->Inserted = DeviceQueue->Busy;
    if (DeviceQueue->Busy)
        InsertTailList(&DeviceQueue->DeviceListHead, &DeviceQueueEntry->DeviceListEntry);
    DeviceQueue->Busy = TRUE;
    return DeviceQueueEntry->Inserted;
}

BOOLEAN KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                 ULONG SortKey) {
    KI_GATE(KeInsertByKeyDeviceQueue);
    (void)m;
    DeviceQueueEntry->SortKey = SortKey;
    DeviceQueueEntry->Inserted = DeviceQueue->Busy;
    if (DeviceQueue->Busy) {
        PLIST_ENTRY head = &DeviceQueue->DeviceListHead, before = head->Flink;
        while (before != head &&
               CONTAINING_RECORD(before, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey <= SortKey)
            before = before->Flink;
        InsertTailList(before, &DeviceQueueEntry->DeviceListEntry);
    }
    DeviceQueue->Busy = TRUE;
    return DeviceQueueEntry->Inserted;
}

static PKDEVICE_QUEUE_ENTRY ke_device_queue_take(PLIST_ENTRY link) {
    PKDEVICE_QUEUE_ENTRY entry = CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
    RemoveEntryList(link);
    entry->Inserted = FALSE;
    return entry;
}

static void ke_device_queue_check(struct machine *m, PKDEVICE_QUEUE queue, void *caller) {
    if (KI_UNLIKELY(!queue->Busy) && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DEVICE_QUEUE_NOT_BUSY, (ULONG_PTR)queue, 0, 0, 0,
                    "%s removed an entry from a device queue that is not busy",
                    ki_address_name(m, caller));
}

PKDEVICE_QUEUE_ENTRY KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
    KI_GATE(KeRemoveDeviceQueue);
    ke_device_queue_check(m, DeviceQueue, __builtin_return_address(0));
    if (!IsListEmpty(&DeviceQueue->DeviceListHead))
        return ke_device_queue_take(DeviceQueue->DeviceListHead.Flink);
    DeviceQueue->Busy = FALSE;
    return NULL;
}

/* The first entry with a key at or above SortKey, else the one with the lowest key. */
static PKDEVICE_QUEUE_ENTRY ke_device_queue_by_key(PKDEVICE_QUEUE queue, ULONG key) {
    PLIST_ENTRY head = &queue->DeviceListHead, link = head->Flink;
    if (IsListEmpty(head)) {
        queue->Busy = FALSE;
        return NULL;
    }
    while (link != head &&
           CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey < key)
        link = link->Flink;
    return ke_device_queue_take(link == head ? head->Flink : link);
}

PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
    KI_GATE(KeRemoveByKeyDeviceQueue);
    ke_device_queue_check(m, DeviceQueue, __builtin_return_address(0));
    return ke_device_queue_by_key(DeviceQueue, SortKey);
}

PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
    KI_GATE(KeRemoveByKeyDeviceQueueIfBusy);
    (void)m;
    return DeviceQueue->Busy ? ke_device_queue_by_key(DeviceQueue, SortKey) : NULL;
}

BOOLEAN KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue,
                                 PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
    KI_GATE(KeRemoveEntryDeviceQueue);
    (void)m;
    (void)DeviceQueue;
    if (!DeviceQueueEntry->Inserted)
        return FALSE;
    ke_device_queue_take(&DeviceQueueEntry->DeviceListEntry);
    return TRUE;
}
