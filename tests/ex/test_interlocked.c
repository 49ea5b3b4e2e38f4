/* Interlocked lists and numbers, sequenced lists. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

struct item {
    SLIST_ENTRY sequenced;
    LIST_ENTRY link;
    SINGLE_LIST_ENTRY single;
};
static struct item items[3];
static KSPIN_LOCK lock;

static void lists_under_a_lock_keep_their_order(struct machine *m) {
    LIST_ENTRY head;
    (void)m;
    KeInitializeSpinLock(&lock);
    InitializeListHead(&head);
    assert_null(ExInterlockedRemoveHeadList(&head, &lock));
    assert_null(ExInterlockedInsertTailList(&head, &items[0].link, &lock));
    assert_ptr_equal(ExInterlockedInsertTailList(&head, &items[1].link, &lock), &items[0].link);
    assert_ptr_equal(ExInterlockedInsertHeadList(&head, &items[2].link, &lock), &items[0].link);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &items[2].link);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &items[0].link);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &items[1].link);
    assert_true(IsListEmpty(&head));
}

static void single_lists_are_stacks(struct machine *m) {
    SINGLE_LIST_ENTRY head = {NULL};
    (void)m;
    KeInitializeSpinLock(&lock);
    assert_null(ExInterlockedPushEntryList(&head, &items[0].single, &lock));
    assert_ptr_equal(ExInterlockedPushEntryList(&head, &items[1].single, &lock), &items[0].single);
    assert_ptr_equal(ExInterlockedPopEntryList(&head, &lock), &items[1].single);
    assert_ptr_equal(ExInterlockedPopEntryList(&head, &lock), &items[0].single);
    assert_null(ExInterlockedPopEntryList(&head, &lock));
}

static void numbers_return_what_they_were(struct machine *m) {
    LARGE_INTEGER sum = {.QuadPart = 0xfffffffeLL}, more = {.QuadPart = 5};
    ULONG count = 0xffffffff;
    LONGLONG exchange = 9, compare = 0x100000003LL;
    (void)m;
    KeInitializeSpinLock(&lock);
    assert_int_equal(ExInterlockedAddLargeInteger(&sum, more, &lock).QuadPart, 0xfffffffeLL);
    assert_int_equal(sum.QuadPart, 0x100000003LL);
    assert_int_equal(ExInterlockedAddUlong(&count, 3, &lock), 0xffffffff);
    assert_int_equal(count, 2);
    assert_int_equal(ExInterlockedCompareExchange64(&sum.QuadPart, &exchange, &compare, &lock),
                     0x100000003LL);
    assert_int_equal(sum.QuadPart, 9);
    ExInterlockedAddLargeStatistic(&sum, 11);
    assert_int_equal(sum.QuadPart, 20);
}

static void sequenced_lists_count_and_flush(struct machine *m) {
    static SLIST_HEADER head;
    (void)m;
    memset(&head, 0xff, sizeof head);
    ExInitializeSListHead(&head);
    assert_int_equal(ExQueryDepthSList(&head), 0);
    assert_null(ExInterlockedPopEntrySList(&head, &lock));
    assert_null(ExInterlockedPushEntrySList(&head, &items[0].sequenced, &lock));
    assert_ptr_equal(ExInterlockedPushEntrySList(&head, &items[1].sequenced, &lock),
                     &items[0].sequenced);
    assert_ptr_equal(InterlockedPushEntrySList(&head, &items[2].sequenced), &items[1].sequenced);
    assert_int_equal(ExQueryDepthSList(&head), 3);
    assert_ptr_equal(FirstEntrySList(&head), &items[2].sequenced);
    assert_ptr_equal(ExInterlockedPopEntrySList(&head, &lock), &items[2].sequenced);
    PSLIST_ENTRY all = ExInterlockedFlushSList(&head);
    assert_ptr_equal(all, &items[1].sequenced);
    assert_ptr_equal(all->Next, &items[0].sequenced);
    assert_null(all->Next->Next);
    assert_int_equal(ExQueryDepthSList(&head), 0);
    assert_null(ExInterlockedFlushSList(&head));
}

/* The header is NT's: depth and sequence in the first word, the address in the second. */
static void a_sequenced_list_has_nt_layout(struct machine *m) {
    static SLIST_HEADER head;
    (void)m;
    InitializeSListHead(&head);
    ULONGLONG before = head.HeaderX64.Sequence;
    ExInterlockedPushEntrySList(&head, &items[0].sequenced, &lock);
    assert_int_equal(head.HeaderX64.Depth, 1);
    assert_int_equal(head.HeaderX64.NextEntry << 4, (ULONG_PTR)&items[0].sequenced);
    assert_int_not_equal(head.HeaderX64.Sequence, before);
}

static void a_misaligned_header_raises(struct machine *m) {
    static char space[64] __attribute__((aligned(16)));
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    __try {
        InitializeSListHead((PSLIST_HEADER)(PVOID)(space + 8));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_DATATYPE_MISALIGNMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(lists_under_a_lock_keep_their_order),
        wdmsim_unit_test(single_lists_are_stacks),
        wdmsim_unit_test(numbers_return_what_they_were),
        wdmsim_unit_test(sequenced_lists_count_and_flush),
        wdmsim_unit_test(a_sequenced_list_has_nt_layout),
        wdmsim_unit_test(a_misaligned_header_raises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
