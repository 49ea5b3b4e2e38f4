/*
 * What the tests of DMA share: a driver with device objects, adapters of several kinds, and buffers
 * whose physical pages a test chooses.
 */
#ifndef DMA_TEST_H
#define DMA_TEST_H

#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define DMA_TAG 'tseT'

static PDRIVER_OBJECT dma_driver;

static inline int dma_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    dma_driver = driver;
    return STATUS_SUCCESS;
}

/* A device object of a driver without a device. */
static inline PDEVICE_OBJECT dma_device(struct machine *m) {
    PDEVICE_OBJECT device = NULL;
    struct wdmsim_driver *driver = wdmsim_driver_find(m, "dma");
    if (!driver)
        assert_int_equal(wdmsim_driver_load_entry(m, "dma", dma_driver_entry, &driver), 0);
    assert_int_equal(IoCreateDevice(dma_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                     STATUS_SUCCESS);
    return device;
}

/* Adapters of bus masters: address lines, with or without scatter/gather. */
static inline DEVICE_DESCRIPTION dma_master(ULONG version, ULONG width, BOOLEAN scatter_gather) {
    return (DEVICE_DESCRIPTION){.Version = version,
                                .Master = TRUE,
                                .ScatterGather = scatter_gather,
                                .Dma32BitAddresses = width == 32,
                                .Dma64BitAddresses = width == 64,
                                .DmaAddressWidth = width,
                                .InterfaceType = Isa,
                                .MaximumLength = 64 * 1024};
}

static inline PDMA_ADAPTER dma_adapter(DEVICE_DESCRIPTION description) {
    ULONG registers = 0;
    PDMA_ADAPTER adapter = IoGetDmaAdapter(NULL, &description, &registers);
    assert_non_null(adapter);
    return adapter;
}

static inline void dma_put(PDMA_ADAPTER adapter) { adapter->DmaOperations->PutDmaAdapter(adapter); }

/* An MDL of pages in the order that a test gives, as page numbers from `memory` on; it begins
 * `offset` bytes into the first one. */
static inline PMDL dma_mdl(char *memory, const unsigned *pages, unsigned count, ULONG offset,
                           ULONG length) {
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)(0x100000 + offset), length, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    for (unsigned i = 0; i < count; i++)
        MmGetMdlPfnArray(mdl)[i] =
            (PFN_NUMBER)(MmGetPhysicalAddress(memory + (size_t)pages[i] * PAGE_SIZE).QuadPart >>
                         PAGE_SHIFT);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    return mdl;
}

/* Whole pages that a 32-bit device reaches, or, paged, that it does not. */
static inline char *dma_pages(POOL_FLAGS where, unsigned count) {
    char *memory = ExAllocatePool2(where, (size_t)count * PAGE_SIZE, DMA_TAG);
    assert_non_null(memory);
    return memory;
}

static inline ULONG64 dma_physical(const void *address) {
    return (ULONG64)MmGetPhysicalAddress((PVOID)(ULONG_PTR)address).QuadPart;
}

/* ---- bug check 0xE6 of a kind ---- */

static ULONG64 dma_kind;

/* The machine is to stop at DRIVER_VERIFIER_DMA_VIOLATION of this kind. */
static inline void dma_expect(ULONG kind) {
    dma_kind = kind;
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DMA_VIOLATION);
}

static inline int dma_check_kind(void **state) {
    const struct wdmsim_stop *stop = wdmsim_machine_stop(wdmsim_fixture.machine);
    bool right =
        !stop || stop->code != DRIVER_VERIFIER_DMA_VIOLATION || stop->parameters[0] == dma_kind;
    if (!right)
        wdmsim_fixture_print_stop(stop);
    wdmsim_fixture_teardown(state);
    return right ? 0 : -1;
}

#define dma_unit_test(body)                                                                        \
    {                                                                                              \
#body, wdmsim_fixture_run, NULL, dma_check_kind, (void *)&(const struct wdmsim_test) {     \
            body, NULL                                                                             \
        }                                                                                          \
    }

#endif
