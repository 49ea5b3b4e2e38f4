/*
 * SAL 1 (__in, __out_bcount …) and the older driver annotations (__drv_*): all vanish.
 *
 * A few of the names are identifiers inside C++ standard headers; in C++ those exist only for
 * driver source, which the compiler launcher marks with _MSC_VER.
 */
#ifndef WDMSIM_NT_SAL1_H
#define WDMSIM_NT_SAL1_H

#if !defined(__cplusplus) || defined(_MSC_VER)
#define __in
#define __out
#define __inout
#define __deref
#define __pre
#define __post
#define __valid
#define __allocated
#endif

/* ---- parameters and buffers ---- */

#define __in_opt
#define __out_opt
#define __inout_opt
#define __in_z
#define __in_z_opt
#define __inout_z
#define __inout_z_opt
#define __out_z
#define __out_z_opt
#define __in_nz
#define __inout_nz
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_opt_out_opt
#define __deref_inout
#define __deref_inout_opt
#define __deref_opt_inout
#define __deref_opt_inout_opt
#define __deref_in
#define __deref_in_opt
#define __deref_opt_in
#define __deref_opt_in_opt
#define __deref_out_z
#define __deref_inout_z
#define __deref_out_z_opt
#define __deref_opt_out_z
#define __deref_opt_out_z_opt
#define __deref_ref
#define __deferTypecheck
#define __in_data_source_x
#define __allocator
#define __override
#define __reserved
#define __checkReturn
#define __fallthrough
#define __nullterminated
#define __nullnullterminated
#define __format_string
#define __notnull
#define __maybenull
#define __notvalid
#define __readonly
#define __notreadonly
#define __maybereadonly
#define __post_invalid
#define __exceptthat
#define __refparam
#define __rpc_entry
#define __kernel_entry
#define __gdi_entry
#define __kernel_driver
#define __user_driver
#define __post_valid
#define __must_inspect_result
#define __encoded_pointer
#define __encoded_array
#define __nonvolatile
#define __in_ecount(x)
#define __in_ecount_z(x)
#define __in_ecount_nz(x)
#define __in_ecount_opt(x)
#define __in_ecount_z_opt(x)
#define __in_ecount_nz_opt(x)
#define __in_ecount_full(x)
#define __in_ecount_full_opt(x)
#define __in_ecount_part(x, y)
#define __in_ecount_part_opt(x, y)
#define __in_ecount_part_z(x, y)
#define __in_ecount_part_z_opt(x, y)
#define __in_bcount(x)
#define __in_bcount_z(x)
#define __in_bcount_nz(x)
#define __in_bcount_opt(x)
#define __in_bcount_z_opt(x)
#define __in_bcount_nz_opt(x)
#define __in_bcount_full(x)
#define __in_bcount_full_opt(x)
#define __in_bcount_part(x, y)
#define __in_bcount_part_opt(x, y)
#define __in_bcount_part_z(x, y)
#define __in_bcount_part_z_opt(x, y)
#define __inout_ecount(x)
#define __inout_ecount_z(x)
#define __inout_ecount_nz(x)
#define __inout_ecount_opt(x)
#define __inout_ecount_z_opt(x)
#define __inout_ecount_nz_opt(x)
#define __inout_ecount_full(x)
#define __inout_ecount_full_opt(x)
#define __inout_ecount_part(x, y)
#define __inout_ecount_part_opt(x, y)
#define __inout_ecount_part_z(x, y)
#define __inout_ecount_part_z_opt(x, y)
#define __inout_bcount(x)
#define __inout_bcount_z(x)
#define __inout_bcount_nz(x)
#define __inout_bcount_opt(x)
#define __inout_bcount_z_opt(x)
#define __inout_bcount_nz_opt(x)
#define __inout_bcount_full(x)
#define __inout_bcount_full_opt(x)
#define __inout_bcount_part(x, y)
#define __inout_bcount_part_opt(x, y)
#define __inout_bcount_part_z(x, y)
#define __inout_bcount_part_z_opt(x, y)
#define __out_ecount(x)
#define __out_ecount_z(x)
#define __out_ecount_nz(x)
#define __out_ecount_opt(x)
#define __out_ecount_z_opt(x)
#define __out_ecount_nz_opt(x)
#define __out_ecount_full(x)
#define __out_ecount_full_opt(x)
#define __out_ecount_part(x, y)
#define __out_ecount_part_opt(x, y)
#define __out_ecount_part_z(x, y)
#define __out_ecount_part_z_opt(x, y)
#define __out_bcount(x)
#define __out_bcount_z(x)
#define __out_bcount_nz(x)
#define __out_bcount_opt(x)
#define __out_bcount_z_opt(x)
#define __out_bcount_nz_opt(x)
#define __out_bcount_full(x)
#define __out_bcount_full_opt(x)
#define __out_bcount_part(x, y)
#define __out_bcount_part_opt(x, y)
#define __out_bcount_part_z(x, y)
#define __out_bcount_part_z_opt(x, y)
#define __deref_out_ecount(x)
#define __deref_out_ecount_z(x)
#define __deref_out_ecount_nz(x)
#define __deref_out_ecount_opt(x)
#define __deref_out_ecount_z_opt(x)
#define __deref_out_ecount_nz_opt(x)
#define __deref_out_ecount_full(x)
#define __deref_out_ecount_full_opt(x)
#define __deref_out_ecount_part(x, y)
#define __deref_out_ecount_part_opt(x, y)
#define __deref_out_ecount_part_z(x, y)
#define __deref_out_ecount_part_z_opt(x, y)
#define __deref_out_bcount(x)
#define __deref_out_bcount_z(x)
#define __deref_out_bcount_nz(x)
#define __deref_out_bcount_opt(x)
#define __deref_out_bcount_z_opt(x)
#define __deref_out_bcount_nz_opt(x)
#define __deref_out_bcount_full(x)
#define __deref_out_bcount_full_opt(x)
#define __deref_out_bcount_part(x, y)
#define __deref_out_bcount_part_opt(x, y)
#define __deref_out_bcount_part_z(x, y)
#define __deref_out_bcount_part_z_opt(x, y)
#define __deref_inout_ecount(x)
#define __deref_inout_ecount_z(x)
#define __deref_inout_ecount_nz(x)
#define __deref_inout_ecount_opt(x)
#define __deref_inout_ecount_z_opt(x)
#define __deref_inout_ecount_nz_opt(x)
#define __deref_inout_ecount_full(x)
#define __deref_inout_ecount_full_opt(x)
#define __deref_inout_ecount_part(x, y)
#define __deref_inout_ecount_part_opt(x, y)
#define __deref_inout_ecount_part_z(x, y)
#define __deref_inout_ecount_part_z_opt(x, y)
#define __deref_inout_bcount(x)
#define __deref_inout_bcount_z(x)
#define __deref_inout_bcount_nz(x)
#define __deref_inout_bcount_opt(x)
#define __deref_inout_bcount_z_opt(x)
#define __deref_inout_bcount_nz_opt(x)
#define __deref_inout_bcount_full(x)
#define __deref_inout_bcount_full_opt(x)
#define __deref_inout_bcount_part(x, y)
#define __deref_inout_bcount_part_opt(x, y)
#define __deref_inout_bcount_part_z(x, y)
#define __deref_inout_bcount_part_z_opt(x, y)
#define __deref_opt_out_ecount(x)
#define __deref_opt_out_ecount_z(x)
#define __deref_opt_out_ecount_nz(x)
#define __deref_opt_out_ecount_opt(x)
#define __deref_opt_out_ecount_z_opt(x)
#define __deref_opt_out_ecount_nz_opt(x)
#define __deref_opt_out_ecount_full(x)
#define __deref_opt_out_ecount_full_opt(x)
#define __deref_opt_out_ecount_part(x, y)
#define __deref_opt_out_ecount_part_opt(x, y)
#define __deref_opt_out_ecount_part_z(x, y)
#define __deref_opt_out_ecount_part_z_opt(x, y)
#define __deref_opt_out_bcount(x)
#define __deref_opt_out_bcount_z(x)
#define __deref_opt_out_bcount_nz(x)
#define __deref_opt_out_bcount_opt(x)
#define __deref_opt_out_bcount_z_opt(x)
#define __deref_opt_out_bcount_nz_opt(x)
#define __deref_opt_out_bcount_full(x)
#define __deref_opt_out_bcount_full_opt(x)
#define __deref_opt_out_bcount_part(x, y)
#define __deref_opt_out_bcount_part_opt(x, y)
#define __deref_opt_out_bcount_part_z(x, y)
#define __deref_opt_out_bcount_part_z_opt(x, y)
#define __deref_opt_inout_ecount(x)
#define __deref_opt_inout_ecount_z(x)
#define __deref_opt_inout_ecount_nz(x)
#define __deref_opt_inout_ecount_opt(x)
#define __deref_opt_inout_ecount_z_opt(x)
#define __deref_opt_inout_ecount_nz_opt(x)
#define __deref_opt_inout_ecount_full(x)
#define __deref_opt_inout_ecount_full_opt(x)
#define __deref_opt_inout_ecount_part(x, y)
#define __deref_opt_inout_ecount_part_opt(x, y)
#define __deref_opt_inout_ecount_part_z(x, y)
#define __deref_opt_inout_ecount_part_z_opt(x, y)
#define __deref_opt_inout_bcount(x)
#define __deref_opt_inout_bcount_z(x)
#define __deref_opt_inout_bcount_nz(x)
#define __deref_opt_inout_bcount_opt(x)
#define __deref_opt_inout_bcount_z_opt(x)
#define __deref_opt_inout_bcount_nz_opt(x)
#define __deref_opt_inout_bcount_full(x)
#define __deref_opt_inout_bcount_full_opt(x)
#define __deref_opt_inout_bcount_part(x, y)
#define __deref_opt_inout_bcount_part_opt(x, y)
#define __deref_opt_inout_bcount_part_z(x, y)
#define __deref_opt_inout_bcount_part_z_opt(x, y)
#define __deref_in_ecount(x)
#define __deref_in_ecount_z(x)
#define __deref_in_ecount_nz(x)
#define __deref_in_ecount_opt(x)
#define __deref_in_ecount_z_opt(x)
#define __deref_in_ecount_nz_opt(x)
#define __deref_in_ecount_full(x)
#define __deref_in_ecount_full_opt(x)
#define __deref_in_ecount_part(x, y)
#define __deref_in_ecount_part_opt(x, y)
#define __deref_in_ecount_part_z(x, y)
#define __deref_in_ecount_part_z_opt(x, y)
#define __deref_in_bcount(x)
#define __deref_in_bcount_z(x)
#define __deref_in_bcount_nz(x)
#define __deref_in_bcount_opt(x)
#define __deref_in_bcount_z_opt(x)
#define __deref_in_bcount_nz_opt(x)
#define __deref_in_bcount_full(x)
#define __deref_in_bcount_full_opt(x)
#define __deref_in_bcount_part(x, y)
#define __deref_in_bcount_part_opt(x, y)
#define __deref_in_bcount_part_z(x, y)
#define __deref_in_bcount_part_z_opt(x, y)
#define __deref_opt_in_ecount(x)
#define __deref_opt_in_ecount_z(x)
#define __deref_opt_in_ecount_nz(x)
#define __deref_opt_in_ecount_opt(x)
#define __deref_opt_in_ecount_z_opt(x)
#define __deref_opt_in_ecount_nz_opt(x)
#define __deref_opt_in_ecount_full(x)
#define __deref_opt_in_ecount_full_opt(x)
#define __deref_opt_in_ecount_part(x, y)
#define __deref_opt_in_ecount_part_opt(x, y)
#define __deref_opt_in_ecount_part_z(x, y)
#define __deref_opt_in_ecount_part_z_opt(x, y)
#define __deref_opt_in_bcount(x)
#define __deref_opt_in_bcount_z(x)
#define __deref_opt_in_bcount_nz(x)
#define __deref_opt_in_bcount_opt(x)
#define __deref_opt_in_bcount_z_opt(x)
#define __deref_opt_in_bcount_nz_opt(x)
#define __deref_opt_in_bcount_full(x)
#define __deref_opt_in_bcount_full_opt(x)
#define __deref_opt_in_bcount_part(x, y)
#define __deref_opt_in_bcount_part_opt(x, y)
#define __deref_opt_in_bcount_part_z(x, y)
#define __deref_opt_in_bcount_part_z_opt(x, y)
#define __success(x)
#define __typefix(x)
#define __out_range(a, b)
#define __in_range(a, b)
#define __range(a, b)
#define __field_range(a, b)
#define __deref_in_range(a, b)
#define __deref_out_range(a, b)
#define __deref_inout_range(a, b)
#define __field_ecount(x)
#define __field_bcount(x)
#define __field_ecount_opt(x)
#define __field_bcount_opt(x)
#define __field_ecount_full(x)
#define __field_bcount_full(x)
#define __field_ecount_part(x, y)
#define __field_bcount_part(x, y)
#define __field_xcount(x)
#define __struct_bcount(x)
#define __struct_xcount(x)
#define __ecount(x)
#define __bcount(x)
#define __xcount(x)
#define __in_xcount(x)
#define __out_xcount(x)
#define __inout_xcount(x)
#define __elem_readableTo(x)
#define __elem_writableTo(x)
#define __byte_readableTo(x)
#define __byte_writableTo(x)
#define __control_entrypoint(x)
#define __data_entrypoint(x)
#define __blocksOn(x)
#define __in_data_source(x)
#define __out_data_source(x)
#define __in_xcount_opt(x)
#define __inner_control_entrypoint(x)
#define __file_parser(x)
#define __source_code_content(x)
#define __class_code_content(x)
#define __analysis_assume_lock_held(x)
#define __analysis_assume_lock_not_held(x)
#define __analysis_suppress_lock_checking(x)
#define __inexpressible_readableTo(x)
#define __inexpressible_writableTo(x)
#define __postcond(x)
#define __precond(x)
#define __at(e, a)
#define __when(e, a)

/* ---- driver annotations of the older spelling ---- */

#define __drv_acquiresCancelSpinLock
#define __drv_releasesCancelSpinLock
#define __drv_mustHoldCancelSpinLock
#define __drv_neverHoldCancelSpinLock
#define __drv_acquiresCriticalRegion
#define __drv_releasesCriticalRegion
#define __drv_mustHoldCriticalRegion
#define __drv_neverHoldCriticalRegion
#define __drv_acquiresPriorityRegion
#define __drv_releasesPriorityRegion
#define __drv_mustHoldPriorityRegion
#define __drv_neverHoldPriorityRegion
#define __drv_aliasesMem
#define __drv_floatSaved
#define __drv_floatRestored
#define __drv_floatUsed
#define __drv_inTry
#define __drv_notInTry
#define __drv_interlocked
#define __drv_isCancelIRQL
#define __drv_useCancelIRQL
#define __drv_notPointer
#define __drv_isObjectPointer
#define __drv_sameIRQL
#define __drv_savesIRQL
#define __drv_restoresIRQL
#define __drv_constant
#define __drv_nonConstant
#define __drv_unit_internal_kernel_driver
#define __drv_KMDF_CPP
#define __drv_acquiresExclusiveResource(...)
#define __drv_releasesExclusiveResource(...)
#define __drv_acquiresResource(...)
#define __drv_releasesResource(...)
#define __drv_mustHold(...)
#define __drv_neverHold(...)
#define __drv_mustHoldGlobal(...)
#define __drv_neverHoldGlobal(...)
#define __drv_acquiresResourceGlobal(...)
#define __drv_releasesResourceGlobal(...)
#define __drv_acquiresExclusiveResourceGlobal(...)
#define __drv_releasesExclusiveResourceGlobal(...)
#define __drv_allocatesMem(...)
#define __drv_freesMem(...)
#define __drv_clearDoInit(...)
#define __drv_completionType(...)
#define __drv_dispatchType(...)
#define __drv_formatString(...)
#define __drv_functionClass(...)
#define __drv_maxIRQL(...)
#define __drv_minIRQL(...)
#define __drv_maxFunctionIRQL(...)
#define __drv_minFunctionIRQL(...)
#define __drv_raisesIRQL(...)
#define __drv_requiresIRQL(...)
#define __drv_setsIRQL(...)
#define __drv_savesIRQLGlobal(...)
#define __drv_restoresIRQLGlobal(...)
#define __drv_preferredFunction(...)
#define __drv_reportError(...)
#define __drv_strictType(...)
#define __drv_strictTypeMatch(...)
#define __drv_when(...)
#define __drv_at(...)
#define __drv_deref(...)
#define __drv_in(...)
#define __drv_in_deref(...)
#define __drv_out(...)
#define __drv_out_deref(...)
#define __drv_ret(...)
#define __drv_fun(...)
#define __drv_arg(...)
#define __drv_valueIs(...)
#define __drv_interlockedOp(...)
#define __drv_inner_mustHold(...)
#define __drv_innerAcquiresGlobal(...)
#define __drv_acquiresSpinLock(...)
#define __drv_defined(...)
#define __drv_unit(...)
#define __drv_group(...)
#define __drv_holds(...)
#define __drv_holdsGlobal(...)
#define __drv_callbackType(...)

#endif
