/*
 * Who wants to know of processors that are added.
 *
 * Each callback is called twice for a processor: before it is there, when it may refuse it, and
 * after, with the outcome. If one refuses, those that were told before it are called again, but not
 * itself. The last registered is asked first (a judgement: no page gives an order).
 *
 * Registering, deregistering and adding exclude each other, except that a callback may do the first
 * two itself: nobody misses a processor or hears of half its coming, and who has deregistered may
 * unload.
 *
 * wdm/nf-wdm-keregisterprocessorchangecallback
 */
#include "ke/callback.h"
#include "ke/ke.h"
#include "ki/group.h"

static NTSTATUS ke_tell(struct machine *m, PPROCESSOR_CALLBACK_FUNCTION routine, PVOID context,
                        KE_PROCESSOR_CHANGE_NOTIFY_STATE state, unsigned index, NTSTATUS outcome) {
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = {.State = state,
                                                 .NtNumber = index,
                                                 .Status = outcome,
                                                 .ProcNumber = ki_processor_number(m, index)};
    NTSTATUS status = STATUS_SUCCESS;
    routine(context, &change, &status);
    return status;
}

static NTSTATUS ke_tell_start(struct machine *m, PPROCESSOR_CALLBACK_FUNCTION routine,
                              PVOID context, unsigned index) {
    return ke_tell(m, routine, context, KeProcessorAddStartNotify, index, STATUS_SUCCESS);
}

static void ke_tell_end(struct machine *m, PPROCESSOR_CALLBACK_FUNCTION routine, PVOID context,
                        unsigned index, NTSTATUS outcome) {
    ke_tell(m, routine, context,
            NT_SUCCESS(outcome) ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify, index,
            outcome);
}

static void ke_processors_lock(struct machine *m) {
    KeWaitForSingleObject(&ke_part(m)->processor_mutex, Executive, KernelMode, FALSE, NULL);
}

static void ke_processors_unlock(struct machine *m) {
    KeReleaseMutex(&m->ke->processor_mutex, FALSE);
}

/* True if the callback accepts all processors that are there. */
static bool ke_tell_existing(struct machine *m, PPROCESSOR_CALLBACK_FUNCTION routine,
                             PVOID context) {
    NTSTATUS status = STATUS_SUCCESS;
    unsigned told = 0, count = m->processor_count;
    while (told < count) {
        status = ke_tell_start(m, routine, context, told);
        if (!NT_SUCCESS(status))
            break; /* of this one it is not told again */
        told++;
    }
    for (unsigned i = 0; i < told; i++)
        ke_tell_end(m, routine, context, i, status);
    return NT_SUCCESS(status);
}

PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction,
                                        PVOID CallbackContext, ULONG Flags) {
    KI_GATE(KeRegisterProcessorChangeCallback);
    PVOID handle = NULL;
    ke_processors_lock(m);
    if (!(Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) ||
        ke_tell_existing(m, CallbackFunction, CallbackContext))
        handle = ke_register(m, &m->ke->processor, (PVOID)CallbackFunction, CallbackContext);
    ke_processors_unlock(m);
    return handle;
}

VOID KeDeregisterProcessorChangeCallback(PVOID CallbackHandle) {
    KI_GATE(KeDeregisterProcessorChangeCallback);
    ke_processors_lock(m);
    ke_deregister(&m->ke->processor, CallbackHandle);
    ke_processors_unlock(m);
}

/* The first that awaits an end, or does not. A callback may change the list: each search begins
 * anew. */
static struct ke_registration *ke_next_callback(struct machine *m, bool awaits) {
    LIST_ENTRY *list = &m->ke->processor;
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        struct ke_registration *one = CONTAINING_RECORD(link, struct ke_registration, link);
        if (one->awaits == awaits)
            return one;
    }
    return NULL;
}

void ke_processor_ended(struct machine *m, unsigned index, NTSTATUS status) {
    struct ke_registration *one;
    while ((one = ke_next_callback(m, true)) != NULL) {
        one->awaits = false;
        ke_tell_end(m, (PPROCESSOR_CALLBACK_FUNCTION)one->routine, one->context, index, status);
    }
    ke_processors_unlock(m);
}

NTSTATUS ke_processor_starts(struct machine *m, unsigned index) {
    struct ke_registration *one;
    ke_processors_lock(m);
    while ((one = ke_next_callback(m, false)) != NULL) {
        NTSTATUS status =
            ke_tell_start(m, (PPROCESSOR_CALLBACK_FUNCTION)one->routine, one->context, index);
        if (!NT_SUCCESS(status)) {
            ke_processor_ended(m, index, status);
            return status;
        }
        one->awaits = true;
    }
    return STATUS_SUCCESS;
}
