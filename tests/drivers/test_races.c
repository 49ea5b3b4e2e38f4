/*
 * Three parties end one read: a write, a cancellation and the time-out. The interleavings, by actor:
 *
 *     reader        writer       canceller
 *     read, wait    write        cancel
 *     (in every schedule the read is completed exactly once, with the status of whoever came first)
 *
 * The same for a driver that forgets to ask: some schedule completes the read twice.
 */
#include "../threads.h"

static PFILE_OBJECT file;
static PDEVICE_OBJECT device;
static PIRP read_irp;
static KEVENT sent, done;
static LONG completions;
static NTSTATUS final;
static UCHAR data[4], more[4] = "abc";
static unsigned outcomes[3];
static const WCHAR *device_name;
static const char *driver_name;

static NTSTATUS read_completed(PDEVICE_OBJECT none, PIRP irp, PVOID context)
{
    (void)none;
    (void)context;
    completions++;
    final = irp->IoStatus.Status;
    KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED; /* the IRP stays: a late cancel must find it */
}

static VOID reader(PVOID context)
{
    (void)context;
    read_irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(read_irp);
    next->MajorFunction = IRP_MJ_READ;
    next->FileObject = file;
    next->Parameters.Read.Length = sizeof data;
    read_irp->AssociatedIrp.SystemBuffer = data;
    IoSetCompletionRoutine(read_irp, read_completed, NULL, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(device, read_irp), STATUS_PENDING);
    KeSetEvent(&sent, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
}

static VOID writer(PVOID context)
{
    IO_STATUS_BLOCK status;
    KEVENT event;
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)context;
    KeWaitForSingleObject(&sent, Executive, KernelMode, FALSE, NULL);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, device, more, sizeof more, &zero, &event, &status);
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    if (IoCallDriver(device, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

static VOID canceller(PVOID context)
{
    (void)context;
    KeWaitForSingleObject(&sent, Executive, KernelMode, FALSE, NULL);
    IoCancelIrp(read_irp);
}

/* Waits until the driver's time-out is due, so that its DPC comes at the same instant as the others. */
static VOID late_canceller(PVOID context)
{
    LARGE_INTEGER due = {.QuadPart = -10 * 10000};
    (void)context;
    KeWaitForSingleObject(&sent, Executive, KernelMode, FALSE, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    IoCancelIrp(read_irp);
}

static void begin(void)
{
    UNICODE_STRING name;
    wdmsim_load(driver_name);
    RtlInitUnicodeString(&name, device_name);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    KeInitializeEvent(&sent, NotificationEvent, FALSE);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    completions = 0;
}

static void check(void)
{
    LARGE_INTEGER due = {.QuadPart = -50 * 10000};
    KeDelayExecutionThread(KernelMode, FALSE, &due); /* whoever comes late has come by now */
    assert_int_equal(completions, 1);
    outcomes[0] += final == STATUS_SUCCESS;
    outcomes[1] += final == STATUS_CANCELLED;
    outcomes[2] += final == STATUS_IO_TIMEOUT;
}

static void one_read_ends_once_in_every_schedule(void **state)
{
    static const struct explored scenario = {.processors = 3, .preemptions = 1, .actors = {reader, writer, canceller},
                                             .begin = begin, .check = check};
    (void)state;
    device_name = L"\\Device\\Reader";
    driver_name = "reader";
    RtlZeroMemory(outcomes, sizeof outcomes);
    print_message("%u schedules\n", explore(&scenario));
    assert_true(outcomes[0] > 0);
    assert_true(outcomes[1] > 0);
}

static void a_hasty_reader_completes_twice_in_some_schedule(void **state)
{
    static const struct explored scenario = {.processors = 2, .preemptions = 1, .actors = {reader, late_canceller},
                                             .begin = begin, .check = check};
    (void)state;
    device_name = L"\\Device\\HastyReader";
    driver_name = "hastyreader";
    assert_true(explore_finds(&scenario, MULTIPLE_IRP_COMPLETE_REQUESTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_read_ends_once_in_every_schedule),
        cmocka_unit_test(a_hasty_reader_completes_twice_in_some_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
