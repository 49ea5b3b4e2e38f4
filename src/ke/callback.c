/*
 * Callbacks that run when the machine stops at a bug check, and callbacks for other rare events:
 * NMIs and bound faults.
 *
 * A KBUGCHECK_CALLBACK_ROUTINE or KBUGCHECK_REASON_CALLBACK_ROUTINE runs at HIGH_LEVEL on the stack
 * that failed, the last registered first; one that fails itself ends the series. Those with a
 * reason belong to the writing of the dump and come before the others. Records are the drivers' own
 * memory, linked through their Entry.
 */
#include "ke/callback.h"
#include "ke/ke.h"

struct ke_part *ke_part(struct machine *m) {
    if (!m->ke) {
        m->ke = ki_alloc(m, sizeof *m->ke);
        InitializeListHead(&m->ke->bugcheck);
        InitializeListHead(&m->ke->reason);
        InitializeListHead(&m->ke->nmi);
        InitializeListHead(&m->ke->bound);
        InitializeListHead(&m->ke->processor);
        KeInitializeMutex(&m->ke->processor_mutex, 0);
        m->on_bugcheck = ke_bugcheck_callbacks;
    }
    return m->ke;
}

BOOLEAN KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord,
                                   PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer,
                                   ULONG Length, PUCHAR Component) {
    KI_GATE(KeRegisterBugCheckCallback);
    if (CallbackRecord->State != BufferEmpty)
        return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Buffer = Buffer;
    CallbackRecord->Length = Length;
    CallbackRecord->Component = Component;
    CallbackRecord->Checksum =
        (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Buffer + Length + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    InsertHeadList(&ke_part(m)->bugcheck, &CallbackRecord->Entry);
    return TRUE;
}

BOOLEAN KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord) {
    KI_GATE(KeDeregisterBugCheckCallback);
    (void)m;
    if (CallbackRecord->State != BufferInserted)
        return FALSE;
    RemoveEntryList(&CallbackRecord->Entry);
    CallbackRecord->State = BufferEmpty;
    return TRUE;
}

/* What a secondary callback is lent, and how much data it may have in all. */
#define KE_SECONDARY_BUFFER 4096u
#define KE_SECONDARY_LIMIT 0x100000u

/* The reasons for which there are calls. */
static bool ke_reason_is_known(KBUGCHECK_CALLBACK_REASON reason) {
    return reason == KbCallbackSecondaryDumpData || reason == KbCallbackDumpIo ||
           reason == KbCallbackAddPages || reason == KbCallbackRemovePages ||
           reason == KbCallbackSecondaryMultiPartDumpData || reason == KbCallbackTriageDumpData;
}

BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                         PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                         KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component) {
    KI_GATE(KeRegisterBugCheckReasonCallback);
    struct ke_part *ke = ke_part(m);
    if (CallbackRecord->State != BufferEmpty || !ke_reason_is_known(Reason))
        return FALSE;
    if (!ke->secondary)
        ke->secondary = ki_alloc(m, KE_SECONDARY_BUFFER);
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Component = Component;
    CallbackRecord->Reason = Reason;
    CallbackRecord->Checksum =
        (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Reason + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    InsertHeadList(&ke->reason, &CallbackRecord->Entry);
    return TRUE;
}

BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord) {
    KI_GATE(KeDeregisterBugCheckReasonCallback);
    (void)m;
    if (CallbackRecord->State != BufferInserted)
        return FALSE;
    RemoveEntryList(&CallbackRecord->Entry);
    CallbackRecord->State = BufferEmpty;
    return TRUE;
}

/* How much a triage callback may add to the dump. */
#define KE_TRIAGE_LIMIT 0x100000u
/* How often one that adds or removes pages, or parts of its data, is asked for more. */
#define KE_PAGES_CALLS 4096u

static void ke_triage_call(const struct machine *m, PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    const struct wdmsim_stop *stop = &m->stop;
    KBUGCHECK_TRIAGE_DUMP_DATA triage = {
        .Flags = KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE,
        .MaxVirtMemSize = KE_TRIAGE_LIMIT,
        .BugCheckCode = stop->code,
        .BugCheckParameter1 = stop->parameters[0],
        .BugCheckParameter2 = stop->parameters[1],
        .BugCheckParameter3 = stop->parameters[2],
        .BugCheckParameter4 = stop->parameters[3],
    };
    record->CallbackRoutine(record->Reason, record, &triage, sizeof triage);
}

/* Asks for ranges of pages, to add or to remove, until the callback has no more. */
_Static_assert(sizeof(KBUGCHECK_REMOVE_PAGES) == sizeof(KBUGCHECK_ADD_PAGES),
               "pages are removed by what adds them");
static void ke_pages_call(const struct machine *m, PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    KBUGCHECK_ADD_PAGES pages = {.BugCheckCode = m->stop.code};
    for (unsigned calls = 0; calls < KE_PAGES_CALLS; calls++) {
        pages.Flags = 0;
        record->CallbackRoutine(record->Reason, record, &pages, sizeof pages);
        if (!(pages.Flags & KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST))
            break;
    }
}

/* Asks for the size of the data, then for the data. */
static void ke_secondary_call(const struct machine *m, PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    KBUGCHECK_SECONDARY_DUMP_DATA data = {.InBuffer = m->ke->secondary,
                                          .InBufferLength = KE_SECONDARY_BUFFER,
                                          .MaximumAllowed = KE_SECONDARY_LIMIT};
    record->CallbackRoutine(record->Reason, record, &data, sizeof data);
    data.OutBuffer = data.InBuffer;
    data.OutBufferLength = 0;
    record->CallbackRoutine(record->Reason, record, &data, sizeof data);
}

/* Asks for parts of the data until the callback has no more. Its flags are those of pages, says the
 * page of KBUGCHECK_SECONDARY_DUMP_DATA_EX. */
static void ke_multipart_call(const struct machine *m, PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    const struct wdmsim_stop *stop = &m->stop;
    KBUGCHECK_SECONDARY_DUMP_DATA_EX part = {
        .InBuffer = m->ke->secondary,
        .InBufferLength = KE_SECONDARY_BUFFER,
        .MaximumAllowed = KE_SECONDARY_LIMIT,
        .DumpType = DUMP_TYPE_FULL,
        .BugCheckCode = stop->code,
        .BugCheckParameter1 = stop->parameters[0],
        .BugCheckParameter2 = stop->parameters[1],
        .BugCheckParameter3 = stop->parameters[2],
        .BugCheckParameter4 = stop->parameters[3],
    };
    for (unsigned calls = 0; calls < KE_PAGES_CALLS; calls++) {
        part.Flags = part.OutBufferLength = 0;
        part.OutBuffer = NULL;
        record->CallbackRoutine(record->Reason, record, &part, sizeof part);
        if (!(part.Flags & KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST))
            break;
    }
}

/* What a reason callback is handed, by reason: the dump this machine would write is empty. */
static void ke_reason_call(const struct machine *m, PKBUGCHECK_REASON_CALLBACK_RECORD record) {
    KBUGCHECK_DUMP_IO io = {.Offset = (ULONG64)-1, .Type = KbDumpIoComplete};
    switch (record->Reason) {
    case KbCallbackSecondaryDumpData:
        ke_secondary_call(m, record);
        break;
    case KbCallbackDumpIo:
        record->CallbackRoutine(record->Reason, record, &io, sizeof io);
        break;
    case KbCallbackAddPages:
    case KbCallbackRemovePages:
        ke_pages_call(m, record);
        break;
    case KbCallbackSecondaryMultiPartDumpData:
        ke_multipart_call(m, record);
        break;
    default: /* KbCallbackTriageDumpData */
        ke_triage_call(m, record);
        break;
    }
}

void ke_bugcheck_callbacks(struct machine *m) {
    struct ke_part *ke = m->ke;
    while (!IsListEmpty(&ke->reason)) {
        PLIST_ENTRY link = RemoveHeadList(&ke->reason);
        PKBUGCHECK_REASON_CALLBACK_RECORD record =
            CONTAINING_RECORD(link, KBUGCHECK_REASON_CALLBACK_RECORD, Entry);
        record->State = BufferStarted;
        ke_reason_call(m, record);
        record->State = BufferFinished;
    }
    while (!IsListEmpty(&ke->bugcheck)) {
        PLIST_ENTRY link = RemoveHeadList(&ke->bugcheck);
        PKBUGCHECK_CALLBACK_RECORD record =
            CONTAINING_RECORD(link, KBUGCHECK_CALLBACK_RECORD, Entry);
        record->State = BufferStarted;
        record->CallbackRoutine(record->Buffer, record->Length);
        record->State = BufferFinished;
    }
}

PVOID ke_register(struct machine *m, LIST_ENTRY *list, PVOID routine, PVOID context) {
    struct ke_registration *registration = ki_alloc(m, sizeof *registration);
    registration->routine = routine;
    registration->context = context;
    InsertHeadList(list, &registration->link);
    return registration;
}

bool ke_deregister(LIST_ENTRY *list, PVOID handle) {
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        if (link == handle) {
            RemoveEntryList(link);
            return true;
        }
    }
    return false;
}

PVOID KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context) {
    KI_GATE(KeRegisterNmiCallback);
    return ke_register(m, &ke_part(m)->nmi, (PVOID)CallbackRoutine, Context);
}

NTSTATUS KeDeregisterNmiCallback(PVOID Handle) {
    KI_GATE(KeDeregisterNmiCallback);
    return ke_deregister(&ke_part(m)->nmi, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* Every callback is asked; an NMI that none claims is a hardware failure. */
int wdmsim_nmi_raise(struct machine *machine) {
    LIST_ENTRY *list = &ke_part(machine)->nmi;
    BOOLEAN handled = FALSE;
    KIRQL irql = ki_raise(machine, HIGH_LEVEL);
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        struct ke_registration *registration =
            CONTAINING_RECORD(link, struct ke_registration, link);
        handled |= ((PNMI_CALLBACK)registration->routine)(registration->context, handled);
    }
    ki_set_irql(machine, irql);
    return handled ? 0 : WDMSIM_ERROR_NOT_FOUND;
}

PVOID KeRegisterBoundCallback(PBOUND_CALLBACK CallbackRoutine) {
    KI_GATE(KeRegisterBoundCallback);
    return ke_register(m, &ke_part(m)->bound, (PVOID)CallbackRoutine, NULL);
}

NTSTATUS KeDeregisterBoundCallback(PVOID Handle) {
    KI_GATE(KeDeregisterBoundCallback);
    return ke_deregister(&ke_part(m)->bound, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* Asked in turn until one does not pass the exception on. */
int wdmsim_bound_raise(struct machine *machine) {
    LIST_ENTRY *list = &ke_part(machine)->bound;
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        BOUND_CALLBACK *callback =
            (BOUND_CALLBACK *)CONTAINING_RECORD(link, struct ke_registration, link)->routine;
        next = link->Flink; /* it may deregister itself */
        switch (callback()) {
        case BoundExceptionContinueSearch:
            break;
        case BoundExceptionHandled:
            return WDMSIM_BOUND_HANDLED;
        default:
            return WDMSIM_BOUND_ERROR;
        }
    }
    return WDMSIM_BOUND_UNHANDLED;
}

void ke_visit_callbacks(struct machine *m, void (*visit)(void *context, const void *routine),
                        void *context) {
    if (!m->ke)
        return;
    LIST_ENTRY *registered[] = {&m->ke->nmi, &m->ke->bound, &m->ke->processor};
    for (unsigned i = 0; i < KI_COUNT(registered); i++)
        for (LIST_ENTRY *link = registered[i]->Flink; link != registered[i]; link = link->Flink)
            visit(context, CONTAINING_RECORD(link, struct ke_registration, link)->routine);
    for (LIST_ENTRY *link = m->ke->bugcheck.Flink; link != &m->ke->bugcheck; link = link->Flink)
        visit(context,
              (void *)CONTAINING_RECORD(link, KBUGCHECK_CALLBACK_RECORD, Entry)->CallbackRoutine);
    for (LIST_ENTRY *link = m->ke->reason.Flink; link != &m->ke->reason; link = link->Flink)
        visit(context, (void *)CONTAINING_RECORD(link, KBUGCHECK_REASON_CALLBACK_RECORD, Entry)
                           ->CallbackRoutine);
}
