//! Reading what others made. Nothing foreign is believed before it is checked, and nothing is dereferenced twice.

use super::export::{self, Owned};
use super::{DType, Tensor};
use crate::error::{Result, refuse};
use crate::tensor::{Device, Dims, MAX_NDIM, shape, strides};
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use std::ptr::{self, NonNull};

/// The DLPack major version that is spoken here.
pub(crate) const MAJOR: u32 = dlpark::ffi::DLPACK_MAJOR_VERSION;

/// How much of a DLTensor counts.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// Everything: the elements will be used.
    Data,
    /// All but the data pointer.
    Layout,
    /// Device, element type and shape.
    Shape,
}

/// The tensor that `raw` describes, checked.
///
/// # Safety
/// `raw` is NULL or points to a DLTensor whose arrays hold ndim numbers.
pub(crate) unsafe fn tensor(raw: *const DLTensor, name: &str) -> Result<Tensor> {
    // SAFETY: passed on under the same promise.
    unsafe { describe(raw, name, Depth::Data) }
}

/// As [`tensor`], but the data pointer does not matter.
///
/// # Safety
/// As for [`tensor`].
pub(crate) unsafe fn layout(raw: *const DLTensor, name: &str) -> Result<Tensor> {
    // SAFETY: passed on under the same promise.
    unsafe { describe(raw, name, Depth::Layout) }
}

/// Device, element type and shape alone; strides come out compact, data NULL.
///
/// # Safety
/// As for [`tensor`].
pub(crate) unsafe fn prototype(raw: *const DLTensor, name: &str) -> Result<Tensor> {
    // SAFETY: passed on under the same promise.
    unsafe { describe(raw, name, Depth::Shape) }
}

unsafe fn describe(raw: *const DLTensor, name: &str, depth: Depth) -> Result<Tensor> {
    if raw.is_null() {
        return refuse!(NullArgument, "{name} is NULL");
    }
    // SAFETY: the caller's promise; every bit pattern is a value of DLTensor, and it need not be aligned.
    let raw = unsafe { ptr::read_unaligned(raw) };
    if raw.ndim < 0 || raw.ndim as usize > MAX_NDIM {
        return refuse!(BadNdim, "{name}: ndim = {} is not within 0 to {MAX_NDIM}", raw.ndim);
    }
    if raw.ndim > 0 && raw.shape.is_null() {
        return refuse!(NullArgument, "{name}: shape is NULL with ndim = {}", raw.ndim);
    }
    // SAFETY: the caller's promise: ndim numbers, and the pointer is not NULL unless ndim is 0.
    let shape = unsafe { numbers(raw.shape, raw.ndim) };
    let dtype = DType::from(raw.dtype);
    let (count, bytes) = check_shape(&shape, dtype, name)?;
    let device = Device { kind: raw.device.device_type.0 as i32, id: raw.device.device_id };
    let mut tensor = Tensor { data: ptr::null_mut(), byte_offset: 0, device, dtype, strides: Dims::default(), shape };
    if depth == Depth::Shape || raw.strides.is_null() {
        tensor.strides = strides::row_major(&tensor.shape);
    } else {
        // SAFETY: as for the shape.
        tensor.strides = unsafe { numbers(raw.strides, raw.ndim) };
    }
    if depth == Depth::Shape {
        return Ok(tensor);
    }
    let (below, above) = if raw.strides.is_null() { (0, bytes) } else { reach(&tensor, count, name)? };
    if depth == Depth::Layout || count == 0 {
        return Ok(tensor);
    }
    if raw.data.is_null() {
        return refuse!(NullArgument, "{name}: data is NULL and the shape {:?} is not empty", &tensor.shape[..]);
    }
    if !device.has_addresses() {
        tensor.data = raw.data;
        tensor.byte_offset = raw.byte_offset;
        return Ok(tensor);
    }
    let first = usize::try_from(raw.byte_offset).ok().and_then(|offset| (raw.data as usize).checked_add(offset));
    let fits = first.is_some_and(|at| at.checked_sub(below).is_some() && at.checked_add(above).is_some());
    if !fits {
        let (data, offset) = (raw.data, raw.byte_offset);
        return refuse!(BadStrides, "{name}: data = {data:p} with byte_offset = {offset} leaves the address space");
    }
    tensor.data = raw.data.wrapping_byte_add(raw.byte_offset as usize);
    Ok(tensor)
}

/// Number of elements, and their bytes when packed.
fn check_shape(shape: &[i64], dtype: DType, name: &str) -> Result<(i64, usize)> {
    if let Some(d) = shape.iter().position(|extent| *extent < 0) {
        return refuse!(BadShape, "{name}: shape[{d}] = {} is negative", shape[d]);
    }
    if dtype.bits == 0 || dtype.lanes == 0 {
        return refuse!(BadDtype, "{name}: dtype with bits = {} and lanes = {} has no size", dtype.bits, dtype.lanes);
    }
    let Some(count) = shape::count(shape) else {
        return refuse!(BadShape, "{name}: shape = {shape:?} has more than 2^63 - 1 elements");
    };
    match shape::packed_bytes(count, dtype.item_bits()) {
        Some(bytes) => Ok((count, bytes)),
        None => refuse!(BadShape, "{name}: shape = {shape:?} of {dtype} has more than 2^63 - 1 bytes"),
    }
}

/// How many bytes the elements reach below and above element 0.
fn reach(tensor: &Tensor, count: i64, name: &str) -> Result<(usize, usize)> {
    if count == 0 {
        return Ok((0, 0));
    }
    let bits = tensor.dtype.item_bits();
    let in_bytes = |elements: i64| shape::packed_bytes(elements, bits);
    let span = strides::span(&tensor.shape, &tensor.strides);
    let bytes = span.and_then(|(low, high)| Some((in_bytes(low.checked_neg()?)?, in_bytes(high.checked_add(1)?)?)));
    match bytes {
        Some(bytes) => Ok(bytes),
        None => refuse!(
            BadStrides,
            "{name}: strides = {:?} with shape = {:?} of {} reach past 2^63 - 1 bytes",
            &tensor.strides[..],
            &tensor.shape[..],
            tensor.dtype
        ),
    }
}

unsafe fn numbers(source: *const i64, count: i32) -> Dims {
    // SAFETY: the caller vouches for `count` numbers; for 0 nothing is read.
    (0..count as usize).map(|i| unsafe { ptr::read_unaligned(source.add(i)) }).collect()
}

/// The flags of a managed tensor, after its version, and then its description, were checked.
///
/// # Safety
/// `raw` is NULL or points to a managed tensor.
pub(crate) unsafe fn check_managed(raw: *const DLManagedTensorVersioned, name: &str) -> Result<u64> {
    // SAFETY: the caller's promise.
    unsafe {
        check_version(raw, name)?;
        tensor(&raw const (*raw).dl_tensor, name)?;
        Ok((*raw).flags.bits())
    }
}

/// Refuses NULL and other major versions; reads nothing but the version.
///
/// # Safety
/// `raw` is NULL or points to a managed tensor of any version.
pub(crate) unsafe fn check_version(raw: *const DLManagedTensorVersioned, name: &str) -> Result<()> {
    if raw.is_null() {
        return refuse!(NullArgument, "{name} is NULL");
    }
    // SAFETY: not NULL; the version comes first in every version of the struct.
    let version = unsafe { ptr::read_unaligned(&raw const (*raw).version) };
    if version.major != MAJOR {
        let (major, minor) = (version.major, version.minor);
        return refuse!(AbiMismatch, "{name}: DLPack version {major}.{minor} where {MAJOR}.x is understood");
    }
    Ok(())
}

/// A foreign managed tensor, to be released once.
struct Foreign(NonNull<DLManagedTensorVersioned>);

// SAFETY: DLPack asks of deleters that any thread may call them.
unsafe impl Send for Foreign {}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: the tensor was taken over with its share, which is given up here, once.
        unsafe { release(self.0.as_ptr()) }
    }
}

/// Takes over `foreign`; on failure it stays the caller's.
///
/// # Safety
/// `foreign` is NULL or a live managed tensor, of which the caller gives up a share on success.
pub(crate) unsafe fn take(foreign: *mut DLManagedTensorVersioned, name: &str) -> Result<Owned> {
    // SAFETY: the caller's promise; the version is looked at before anything else.
    unsafe {
        check_version(foreign, name)?;
        if export::is_ours(foreign) {
            return Ok(Owned::from_raw(NonNull::new_unchecked(foreign)));
        }
        let described = tensor(&raw const (*foreign).dl_tensor, name)?;
        let flags = (*foreign).flags.bits();
        export::new(&described, flags, |share| *share = Some(Foreign(NonNull::new_unchecked(foreign))))
    }
}

/// Gives up one share of a managed tensor, whoever made it.
///
/// # Safety
/// `tensor` is NULL or a live managed tensor of which the caller gives up a share.
pub(crate) unsafe fn release(tensor: *mut DLManagedTensorVersioned) {
    // SAFETY: the caller's promise; `deleter` lies before `flags`, so every version has it at the same place.
    unsafe {
        if !tensor.is_null()
            && let Some(deleter) = (*tensor).deleter
        {
            deleter(tensor);
        }
    }
}
