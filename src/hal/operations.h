/*
 * The DMA operations: one table of what is in which version, and the routines behind it.
 */
#ifndef HAL_OPERATIONS_H
#define HAL_OPERATIONS_H

#include "hal/hal.h"

/* X(member, type, routine), in the order of DMA_OPERATIONS. */
#define HAL_OPERATIONS_1(X)                                                                        \
    X(PutDmaAdapter, PPUT_DMA_ADAPTER, hal_put_adapter)                                            \
    X(AllocateCommonBuffer, PALLOCATE_COMMON_BUFFER, hal_allocate_buffer)                          \
    X(FreeCommonBuffer, PFREE_COMMON_BUFFER, hal_free_buffer)                                      \
    X(AllocateAdapterChannel, PALLOCATE_ADAPTER_CHANNEL, hal_allocate_channel)                     \
    X(FlushAdapterBuffers, PFLUSH_ADAPTER_BUFFERS, hal_flush)                                      \
    X(FreeAdapterChannel, PFREE_ADAPTER_CHANNEL, hal_free_channel)                                 \
    X(FreeMapRegisters, PFREE_MAP_REGISTERS, hal_free_registers)                                   \
    X(MapTransfer, PMAP_TRANSFER, hal_map_transfer)                                                \
    X(GetDmaAlignment, PGET_DMA_ALIGNMENT, hal_get_alignment)                                      \
    X(ReadDmaCounter, PREAD_DMA_COUNTER, hal_read_counter)                                         \
    X(GetScatterGatherList, PGET_SCATTER_GATHER_LIST, hal_get_list)                                \
    X(PutScatterGatherList, PPUT_SCATTER_GATHER_LIST, hal_put_list)
#define HAL_OPERATIONS_2(X)                                                                        \
    X(CalculateScatterGatherList, PCALCULATE_SCATTER_GATHER_LIST_SIZE, hal_calculate_list)         \
    X(BuildScatterGatherList, PBUILD_SCATTER_GATHER_LIST, hal_build_list)                          \
    X(BuildMdlFromScatterGatherList, PBUILD_MDL_FROM_SCATTER_GATHER_LIST, hal_build_mdl)
#define HAL_OPERATIONS_3(X)                                                                        \
    X(GetDmaAdapterInfo, PGET_DMA_ADAPTER_INFO, hal_get_adapter_info)                              \
    X(GetDmaTransferInfo, PGET_DMA_TRANSFER_INFO, hal_get_transfer_info)                           \
    X(InitializeDmaTransferContext, PINITIALIZE_DMA_TRANSFER_CONTEXT, hal_initialize_transfer)     \
    X(AllocateCommonBufferEx, PALLOCATE_COMMON_BUFFER_EX, hal_allocate_buffer_ex)                  \
    X(AllocateAdapterChannelEx, PALLOCATE_ADAPTER_CHANNEL_EX, hal_allocate_channel_ex)             \
    X(ConfigureAdapterChannel, PCONFIGURE_ADAPTER_CHANNEL, hal_configure_channel)                  \
    X(CancelAdapterChannel, PCANCEL_ADAPTER_CHANNEL, hal_cancel_channel)                           \
    X(MapTransferEx, PMAP_TRANSFER_EX, hal_map_transfer_ex)                                        \
    X(GetScatterGatherListEx, PGET_SCATTER_GATHER_LIST_EX, hal_get_list_ex)                        \
    X(BuildScatterGatherListEx, PBUILD_SCATTER_GATHER_LIST_EX, hal_build_list_ex)                  \
    X(FlushAdapterBuffersEx, PFLUSH_ADAPTER_BUFFERS_EX, hal_flush_ex)                              \
    X(FreeAdapterObject, PFREE_ADAPTER_OBJECT, hal_free_object)                                    \
    X(CancelMappedTransfer, PCANCEL_MAPPED_TRANSFER, hal_cancel_transfer)                          \
    X(AllocateDomainCommonBuffer, PALLOCATE_DOMAIN_COMMON_BUFFER, hal_allocate_domain_buffer)      \
    X(FlushDmaBuffer, PFLUSH_DMA_BUFFER, hal_flush_dma_buffer)                                     \
    X(JoinDmaDomain, PJOIN_DMA_DOMAIN, hal_join_domain)                                            \
    X(LeaveDmaDomain, PLEAVE_DMA_DOMAIN, hal_leave_domain)                                         \
    X(GetDmaDomain, PGET_DMA_DOMAIN, hal_get_domain)                                               \
    X(AllocateCommonBufferWithBounds, PALLOCATE_COMMON_BUFFER_WITH_BOUNDS,                         \
      hal_allocate_buffer_within)                                                                  \
    X(AllocateCommonBufferVector, PALLOCATE_COMMON_BUFFER_VECTOR, hal_allocate_vector)             \
    X(GetCommonBufferFromVectorByIndex, PGET_COMMON_BUFFER_FROM_VECTOR_BY_INDEX,                   \
      hal_get_from_vector)                                                                         \
    X(FreeCommonBufferFromVector, PFREE_COMMON_BUFFER_FROM_VECTOR, hal_free_from_vector)           \
    X(FreeCommonBufferVector, PFREE_COMMON_BUFFER_VECTOR, hal_free_vector)                         \
    X(CreateCommonBufferFromMdl, PCREATE_COMMON_BUFFER_FROM_MDL, hal_create_buffer_from_mdl)

#define HAL_OPERATIONS(X) HAL_OPERATIONS_1(X) HAL_OPERATIONS_2(X) HAL_OPERATIONS_3(X)

/* Each routine's type is the one that its member points to. */
#define X(member, type, routine) __typeof__(*(type)0) routine;
HAL_OPERATIONS(X)
#undef X

/* Fills the adapter's table with what its version has; the rest stays NULL, beyond Size. */
void hal_operations_fill(struct hal_adapter *adapter);

#endif
