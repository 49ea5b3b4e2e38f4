/*
 * ObRegisterCallbacks: drivers that watch handles of processes and threads being made.
 *
 * Registrations are kept by altitude, highest first. Before a handle is made the pre-operation
 * routines run in that order and may take access rights away; after it the post-operation routines
 * of those that ran run in the reverse order: a recursion, whose frames keep what each routine
 * before has to say to the one after. Altitudes are decimal numbers of any length and are compared
 * as such.
 *
 * A registration that is being removed stays in the list until its last routine has returned, so
 * that a walk over the list that has stopped in it finds the way on.
 */
#include "ob/ob.h"

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

#define OB_CALLBACK_TAG 0x6c43624fu /* "ObCl" */

struct ob_callback_item {
    const struct ob_type *type;
    OB_OPERATION operations;
    POB_PRE_OPERATION_CALLBACK before;
    POB_POST_OPERATION_CALLBACK after;
};

struct ob_callback_set {
    LIST_ENTRY link;
    UNICODE_STRING altitude;
    PVOID context;
    ULONG running; /* operations that are on some stack between its routines */
    bool removed;
    KEVENT idle; /* signaled when the last of them ends after the removal */
    USHORT count;
    struct ob_callback_item items[];
};

/* The integer digits of an altitude without leading zeros; false if it is no decimal number. */
static bool ob_altitude_digits(const UNICODE_STRING *altitude, size_t *start, size_t *whole) {
    size_t length = altitude->Length / sizeof(WCHAR), dot = length;
    for (size_t i = 0; i < length; i++) {
        WCHAR c = altitude->Buffer[i];
        if (c == '.' && dot == length)
            dot = i;
        else if (c < '0' || c > '9')
            return false;
    }
    *start = 0;
    while (*start < dot && altitude->Buffer[*start] == '0')
        ++*start;
    *whole = dot - *start;
    return length != 0;
}

bool ob_altitude_valid(const UNICODE_STRING *altitude) {
    size_t start, whole;
    return ob_altitude_digits(altitude, &start, &whole);
}

int ob_altitude_compare(const UNICODE_STRING *a, const UNICODE_STRING *b) {
    size_t a_start = 0, b_start = 0, a_whole = 0, b_whole = 0;
    ob_altitude_digits(a, &a_start, &a_whole);
    ob_altitude_digits(b, &b_start, &b_whole);
    if (a_whole != b_whole)
        return a_whole < b_whole ? -1 : 1;
    size_t a_left = a->Length / sizeof(WCHAR) - a_start,
           b_left = b->Length / sizeof(WCHAR) - b_start;
    for (size_t i = 0; i < a_left || i < b_left; i++) {
        WCHAR x = i < a_left ? a->Buffer[a_start + i] : i == a_whole ? '.' : '0';
        WCHAR y = i < b_left ? b->Buffer[b_start + i] : i == b_whole ? '.' : '0';
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/* The routines of a registration that is valid; every image of code counts as signed. */
static bool ob_callback_signed(const OB_CALLBACK_REGISTRATION *registration) {
    for (USHORT i = 0; i < registration->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *item = &registration->OperationRegistration[i];
        if ((item->PreOperation && !ki_in_image((const void *)(ULONG_PTR)item->PreOperation)) ||
            (item->PostOperation && !ki_in_image((const void *)(ULONG_PTR)item->PostOperation)))
            return false;
    }
    return true;
}

static bool ob_callback_valid(const OB_CALLBACK_REGISTRATION *registration) {
    if (!registration || (registration->Version & 0xff00) != OB_FLT_REGISTRATION_VERSION_0100 ||
        !registration->OperationRegistrationCount || !registration->OperationRegistration)
        return false;
    if (!ob_altitude_valid(&registration->Altitude))
        return false;
    for (USHORT i = 0; i < registration->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *item = &registration->OperationRegistration[i];
        if (!item->ObjectType || !*item->ObjectType || (*item->ObjectType)->hook == OB_HOOK_NONE)
            return false;
        if (!item->Operations ||
            item->Operations & ~(ULONG)(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE))
            return false;
        if (!item->PreOperation && !item->PostOperation)
            return false;
    }
    return true;
}

/* Where a set of this altitude belongs; false if the altitude is taken. */
static bool ob_callback_place(struct machine *m, const UNICODE_STRING *altitude,
                              LIST_ENTRY **before) {
    LIST_ENTRY *link = m->ob->callbacks.Flink;
    for (; link != &m->ob->callbacks; link = link->Flink) {
        int order = ob_altitude_compare(
            altitude, &CONTAINING_RECORD(link, struct ob_callback_set, link)->altitude);
        if (order == 0)
            return false;
        if (order > 0)
            break;
    }
    *before = link;
    return true;
}

/* PASSIVE_LEVEL or APC_LEVEL. (wdm/nf-wdm-obregistercallbacks) */
NTSTATUS ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration,
                             PVOID *RegistrationHandle) {
    KI_GATE(ObRegisterCallbacks);
    LIST_ENTRY *before;
    if (!RegistrationHandle || !ob_callback_valid(CallbackRegistration))
        return STATUS_INVALID_PARAMETER;
    if (!ob_callback_signed(CallbackRegistration))
        return STATUS_ACCESS_DENIED;
    if (!ob_callback_place(m, &CallbackRegistration->Altitude, &before))
        return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    USHORT count = CallbackRegistration->OperationRegistrationCount;
    struct ob_callback_set *set =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *set + count * sizeof set->items[0],
                             OB_CALLBACK_TAG, __builtin_return_address(0));
    if (!set)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ob_copy_string(m, &set->altitude, CallbackRegistration->Altitude.Buffer,
                                     CallbackRegistration->Altitude.Length / sizeof(WCHAR));
    if (!NT_SUCCESS(status)) {
        mm_pool_free(m, set, OB_CALLBACK_TAG);
        return status;
    }
    set->context = CallbackRegistration->RegistrationContext;
    set->running = 0;
    set->removed = false;
    set->count = count;
    KeInitializeEvent(&set->idle, NotificationEvent, FALSE);
    for (USHORT i = 0; i < count; i++) {
        const OB_OPERATION_REGISTRATION *item = &CallbackRegistration->OperationRegistration[i];
        set->items[i] = (struct ob_callback_item){*item->ObjectType, item->Operations,
                                                  item->PreOperation, item->PostOperation};
    }
    InsertTailList(before, &set->link);
    *RegistrationHandle = set;
    return STATUS_SUCCESS;
}

static struct ob_callback_set *ob_callback_find(struct machine *m, const void *handle) {
    LIST_ENTRY *head = &m->ob->callbacks;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct ob_callback_set *set = CONTAINING_RECORD(link, struct ob_callback_set, link);
        if (set == handle && !set->removed)
            return set;
    }
    return NULL;
}

/* Waits for operations that are between the set's routines. What was unregistered before is freed
 * memory, whose use faults as the page says. (wdm/nf-wdm-obunregistercallbacks) */
VOID ObUnRegisterCallbacks(PVOID RegistrationHandle) {
    KI_GATE(ObUnRegisterCallbacks);
    struct ob_callback_set *set = ob_callback_find(m, RegistrationHandle);
    if (!set)
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    set->removed = true;
    while (set->running)
        KeWaitForSingleObject(&set->idle, Executive, KernelMode, FALSE, NULL);
    RemoveEntryList(&set->link);
    ob_free_string(m, &set->altitude);
    mm_pool_free(m, set, OB_CALLBACK_TAG);
}

/* (wdm/nf-wdm-obgetfilterversion) */
USHORT ObGetFilterVersion(VOID) {
    KI_GATE(ObGetFilterVersion);
    (void)m;
    return OB_FLT_REGISTRATION_VERSION;
}

static struct ob_callback_item *ob_callback_match(struct ob_callback_set *set,
                                                  const struct ob_operation *operation) {
    for (USHORT i = 0; i < set->count; i++) {
        if (set->items[i].type == operation->type && set->items[i].operations & operation->kind)
            return &set->items[i];
    }
    return NULL;
}

/* The rights that a routine may take away (wdm/ns-wdm-_ob_pre_create_handle_information). */
static ACCESS_MASK ob_callback_removable(const struct ob_type *type) {
    if (type->hook == OB_HOOK_PROCESS)
        return PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD | PROCESS_DUP_HANDLE |
               PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME |
               PROCESS_TERMINATE | PROCESS_VM_OPERATION | PROCESS_VM_WRITE;
    return THREAD_DIRECT_IMPERSONATION | THREAD_IMPERSONATE | THREAD_SET_CONTEXT |
           THREAD_SET_INFORMATION | THREAD_SET_LIMITED_INFORMATION | THREAD_SET_THREAD_TOKEN |
           THREAD_SUSPEND_RESUME | THREAD_TERMINATE;
}

/* Returns what the routine wants to be told after the operation. */
static PVOID ob_callback_before(const struct ob_callback_set *set,
                                const struct ob_callback_item *item,
                                struct ob_operation *operation) {
    OB_PRE_OPERATION_PARAMETERS parameters;
    OB_PRE_OPERATION_INFORMATION information;
    if (!item->before)
        return NULL;
    memset(&information, 0, sizeof information);
    information.Operation = operation->kind;
    information.KernelHandle = operation->kernel_handle;
    information.Object = operation->object;
    information.ObjectType = (POBJECT_TYPE)(ULONG_PTR)operation->type;
    information.Parameters = &parameters;
    parameters.DuplicateHandleInformation = (OB_PRE_DUPLICATE_HANDLE_INFORMATION){
        operation->desired, operation->original, operation->source, operation->target};
    item->before(set->context, &information);
    /* Rights can be taken away, not added; those of a kernel handle stay. */
    if (!operation->kernel_handle && !operation->unrestricted)
        operation->desired &= parameters.CreateHandleInformation.DesiredAccess |
                              ~ob_callback_removable(operation->type);
    return information.CallContext;
}

static void ob_callback_after(const struct ob_callback_set *set,
                              const struct ob_callback_item *item,
                              const struct ob_operation *operation, PVOID call_context,
                              NTSTATUS status) {
    OB_POST_OPERATION_PARAMETERS parameters;
    OB_POST_OPERATION_INFORMATION information;
    if (!item->after)
        return;
    memset(&information, 0, sizeof information);
    information.Operation = operation->kind;
    information.KernelHandle = operation->kernel_handle;
    information.Object = operation->object;
    information.ObjectType = (POBJECT_TYPE)(ULONG_PTR)operation->type;
    information.CallContext = call_context;
    information.ReturnStatus = status;
    information.Parameters = &parameters;
    parameters.CreateHandleInformation.GrantedAccess = NT_SUCCESS(status) ? operation->desired : 0;
    item->after(set->context, &information);
}

/* The operation with the sets from `link` on around it. */
static NTSTATUS ob_callbacks_from(struct machine *m, struct ob_operation *operation,
                                  LIST_ENTRY *link) {
    struct ob_callback_item *item = NULL;
    struct ob_callback_set *set = NULL;
    for (; link != &m->ob->callbacks && !item; link = link->Flink) {
        set = CONTAINING_RECORD(link, struct ob_callback_set, link);
        item = set->removed ? NULL : ob_callback_match(set, operation);
    }
    if (!item)
        return ob_insert_handle(m, operation);
    set->running++;
    PVOID call_context = ob_callback_before(set, item, operation);
    NTSTATUS status = ob_callbacks_from(m, operation, set->link.Flink);
    ob_callback_after(set, item, operation, call_context, status);
    if (--set->running == 0 && set->removed)
        KeSetEvent(&set->idle, IO_NO_INCREMENT, FALSE);
    return status;
}

NTSTATUS ob_callbacks_around(struct machine *m, struct ob_operation *operation) {
    KeEnterCriticalRegion(); /* routines run with normal kernel APCs off */
    NTSTATUS status = ob_callbacks_from(m, operation, m->ob->callbacks.Flink);
    KeLeaveCriticalRegion();
    return status;
}

void ob_visit_callbacks(struct machine *m, void (*visit)(void *context, const void *routine),
                        void *context) {
    LIST_ENTRY *head = &m->ob->callbacks;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct ob_callback_set *set = CONTAINING_RECORD(link, struct ob_callback_set, link);
        for (USHORT i = 0; i < set->count; i++) {
            visit(context, (const void *)(ULONG_PTR)set->items[i].before);
            visit(context, (const void *)(ULONG_PTR)set->items[i].after);
        }
    }
}
