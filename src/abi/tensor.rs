//! Tensors: making, taking, sharing, viewing, copying and giving back.

use super::convert::{self, spk_exec};
use super::{dispatch, guard};
use crate::backend;
use crate::dlpack::{self, Tensor};
use crate::error::{Result, refuse};
use crate::tensor::Device;
use dlpark::ffi::{DLManagedTensor, DLManagedTensorVersioned, DLTensor};
use std::ffi::c_void;

/// The tensor must not be written to (DLPACK_FLAG_BITMASK_READ_ONLY).
pub const SPK_TENSOR_READ_ONLY: u64 = 1;
/// The tensor is a copy made for this exchange (DLPACK_FLAG_BITMASK_IS_COPIED).
pub const SPK_TENSOR_COPIED: u64 = 2;
/// Elements of fewer than 8 bits take a byte each (DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED).
pub const SPK_TENSOR_SUBBYTE_PADDED: u64 = 4;

/// Wraps memory that the caller owns as a managed tensor.
///
/// `tensor` says where the elements are and how they lie; its shape and strides are copied, so that it may die on
/// return. Any device, any element type, any strides (in elements; NULL for compact row-major). `free` is called
/// once with `user` when the last holder has released the tensor, on whatever thread does so; it may be NULL when
/// nothing has to be freed. `flags` are SPK_TENSOR_ bits.
///
/// Ownership: *returns new*; on SPK_OK the tensor *takes* `user` (freed by `free`), on failure `free` is not called.
/// Threads: any; `free` must be callable from any thread and must not throw.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
/// SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_wrap(
    tensor: *const DLTensor,
    free: Option<unsafe extern "C" fn(user: *mut c_void)>,
    user: *mut c_void,
    flags: u64,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for `out`; the rest is checked or passed on under the same promise.
    unsafe {
        guard::new_tensor(out, "out", || {
            let tensor = dlpack::import::tensor(tensor, "tensor")?;
            let flags = convert::tensor_flags(flags)?;
            dlpack::export::wrap(&tensor, flags, free, user)
        })
    }
}

/// Takes over a managed tensor that another library made.
///
/// The result is one of this library's own: it can be retained and viewed, its strides are explicit and its
/// byte_offset is folded into its data pointer. A tensor of this library comes back as it is. NULL deleters are
/// legal. A tensor of another DLPack major version is refused, and nothing past its `flags` is read.
///
/// Ownership: *takes* `foreign` (on failure it is still the caller's); *returns new*.
/// Threads: any; the foreign deleter is called once, on the thread that releases the last share.
/// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
/// SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_take(
    foreign: *mut DLManagedTensorVersioned,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for both pointers.
    unsafe { guard::new_tensor(out, "out", || dlpack::import::take(foreign, "foreign")) }
}

/// Takes over a legacy managed tensor (DLPack before 1.0).
///
/// `flags` are the SPK_TENSOR_ bits that the result carries, since the legacy form has none: SPK_TENSOR_READ_ONLY
/// where the producer may have meant the data to stay as they are.
///
/// Ownership: *takes* `legacy` (on failure it is still the caller's); *returns new*.
/// Threads: any; the legacy deleter is called once, on the thread that releases the last share.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
/// SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_take_legacy(
    legacy: *mut DLManagedTensor,
    flags: u64,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for both pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let flags = convert::tensor_flags(flags)?;
            dlpack::legacy::take(legacy, flags, "legacy")
        })
    }
}

/// Turns a managed tensor into the legacy form, for consumers that know no other.
///
/// The legacy form cannot say that a tensor is read-only, so a read-only one is refused: copy it first. Nor can it say
/// SPK_TENSOR_SUBBYTE_PADDED.
///
/// Ownership: *takes* `tensor` (on failure it is still the caller's); *returns new* in `*out`, to be released by its
/// own deleter.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_READ_ONLY, SPK_UNSUPPORTED, SPK_BAD_NDIM, SPK_BAD_SHAPE,
/// SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_to_legacy(
    tensor: *mut DLManagedTensorVersioned,
    out: *mut *mut DLManagedTensor,
) -> i32 {
    // SAFETY: the caller vouches for both pointers.
    unsafe { guard::new_handle(out, "out", || dlpack::legacy::from_versioned(tensor, "tensor")) }
}

/// Makes a tensor whose elements are not yet set.
///
/// `prototype` gives device, element type and shape; its data, strides and byte_offset are not looked at. The result
/// is compact row-major in memory aligned to 256 bytes; an empty one has NULL data.
///
/// Ownership: *borrows* `prototype`; *returns new*.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_DTYPE, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
/// SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_empty(prototype: *const DLTensor, out: *mut *mut DLManagedTensorVersioned) -> i32 {
    // SAFETY: the caller vouches for both pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let proto = dlpack::import::prototype(prototype, "prototype")?;
            backend::require_own_memory("prototype", proto.device)?;
            dlpack::export::empty(proto.dtype, &proto.shape, 0)
        })
    }
}

/// Copies a tensor into a new compact one.
///
/// Any strides and any element type of whole bytes; types of fewer than 8 bits only when they lie compact and packed.
/// The result is row-major, aligned to 256 bytes, writable, and carries SPK_TENSOR_COPIED. `device_type` and `device_id` say
/// where it shall live, as DLPack numbers; device_type 0 is the device that computes on `in`: for plain, pinned and
/// managed memory, which the CPU can read, that is the CPU. `exec` may be NULL.
///
/// Ownership: *borrows* `in` and `exec`; *returns new*.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_DTYPE, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_copy(
    r#in: *const DLTensor,
    device_type: i32,
    device_id: i32,
    exec: *const spk_exec,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let input = dlpack::import::tensor(r#in, "in")?;
            convert::exec(exec, &mut None)?;
            backend::require_host("in", input.device)?;
            if device_type != 0 {
                backend::require_own_memory("device_type", Device { kind: device_type, id: device_id })?;
            }
            let made = dlpack::export::empty(input.dtype, &input.shape, SPK_TENSOR_COPIED)?;
            dispatch::copy_elements("in", &input, &made.tensor()?)?;
            Ok(made)
        })
    }
}

/// Copies a tensor's elements into another of the same shape and element type.
///
/// Any strides on both sides, negative ones too; types of fewer than 8 bits only when both lie compact. `in` and
/// `out` may be the same tensor. `exec` may be NULL.
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
/// SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_copy_into(
    r#in: *const DLTensor,
    exec: *const spk_exec,
    out: *const DLTensor,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    guard::status(|| unsafe {
        let input = dlpack::import::tensor(r#in, "in")?;
        convert::exec(exec, &mut None)?;
        let output = dlpack::import::tensor(out, "out")?;
        backend::require_host("in", input.device)?;
        backend::require_host("out", output.device)?;
        if output.dtype != input.dtype {
            return refuse!(BadDtype, "out: {} where in is {}", output.dtype, input.dtype);
        }
        if output.shape[..] != input.shape[..] {
            return refuse!(ShapeMismatch, "out: shape {:?} where in is {:?}", &output.shape[..], &input.shape[..]);
        }
        output.require_no_overlap("out", &[("in", &input)])?;
        dispatch::copy_elements("in", &input, &output)
    })
}

/// Makes a tensor that looks at part of another, or at the same part otherwise.
///
/// `shape` and `strides` hold `ndim` numbers each; strides count elements and may be negative or 0; NULL strides are
/// compact row-major. `offset` is the distance in elements from the parent's first element to the view's. Every
/// element of the view must lie inside the memory that the parent's elements span. Element type, device and flags are
/// the parent's.
///
/// Ownership: *returns view of* `parent`: it *retains* the parent's memory, so the parent may be released first.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_INVALID_ARGUMENT (a tensor that this library did not make: take
/// it first), SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE (fewer than 8 bits), SPK_OUT_OF_MEMORY,
/// SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_view(
    parent: *const DLManagedTensorVersioned,
    ndim: i32,
    shape: *const i64,
    strides: *const i64,
    offset: i64,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let shape = convert::numbers(shape, ndim, "shape")?;
            let strides = if strides.is_null() { None } else { Some(convert::numbers(strides, ndim, "strides")?) };
            dlpack::export::view(parent, &shape, strides.as_deref(), offset)
        })
    }
}

/// Adds a holder to a tensor of this library.
///
/// Each holder releases the tensor once, by its deleter or by spk_tensor_release; the memory is freed after the last.
///
/// Ownership: *retains* `tensor`.
/// Threads: any, at the same time too.
/// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_INVALID_ARGUMENT (a tensor that this library did not make: take
/// it first), SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_retain(tensor: *const DLManagedTensorVersioned) -> i32 {
    // SAFETY: the caller vouches for the pointer.
    guard::status(|| unsafe { dlpack::export::retain(tensor, "tensor") })
}

/// Gives up one holder's share of a managed tensor.
///
/// Calls the tensor's deleter, whoever made it; NULL and a NULL deleter do nothing.
///
/// Ownership: *takes* the share; the caller must not use `tensor` afterwards.
/// Threads: any.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_release(tensor: *mut DLManagedTensorVersioned) {
    // SAFETY: the caller vouches for the pointer. A foreign deleter must not throw.
    unsafe { dlpack::import::release(tensor) }
}

/// Checks that a tensor's description makes sense.
///
/// Looks at ndim, shape, strides, byte_offset, element type and data pointer as every other function does; elements
/// are not read. SPK_OK says that exchange would accept it, whatever the device and the element type.
///
/// Ownership: *borrows* `tensor`.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_check(tensor: *const DLTensor) -> i32 {
    // SAFETY: the caller vouches for the pointer.
    guard::status(|| unsafe { dlpack::import::tensor(tensor, "tensor") }.map(|_: Tensor| ()))
}

/// Checks a managed tensor before it is used as an input or as an output.
///
/// Beyond spk_tensor_check the DLPack major version is looked at, and with `writable` other than 0 a tensor that is
/// marked read-only is refused. Functions that write take a bare DLTensor, which carries no such mark: hosts call this
/// first.
///
/// Ownership: *borrows* `tensor`.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_READ_ONLY, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_DTYPE, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_tensor_check_managed(tensor: *const DLManagedTensorVersioned, writable: i32) -> i32 {
    guard::status(|| {
        // SAFETY: the caller vouches for the pointer.
        let flags = unsafe { dlpack::import::check_managed(tensor, "tensor") }?;
        if writable != 0 && flags & SPK_TENSOR_READ_ONLY != 0 {
            return refuse!(ReadOnly, "tensor: marked read-only, and an output is written to");
        }
        Result::Ok(())
    })
}
