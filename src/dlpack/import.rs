//! Reading what others made. Nothing foreign is believed before it is checked, and nothing is dereferenced twice.

use super::export::{self, Owned};
use super::{DType, Tensor};
use crate::error::{Result, refuse};
use crate::tensor::{Device, Dims, MAX_NDIM, shape, strides};
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use std::ffi::c_void;
use std::ptr::{self, NonNull};

/// The DLPack major version that is spoken here.
pub(crate) const MAJOR: u32 = dlpark::ffi::DLPACK_MAJOR_VERSION;

/// How much of a DLTensor counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Depth {
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
    // SAFETY: the caller's promise.
    let raw = unsafe { read(raw, name) }?;
    // SAFETY: as above.
    let place = unsafe { check(&raw, name, depth) }?;
    let (shape, strides) = (Numbers(raw.shape), Numbers(raw.strides));
    let ndim = raw.ndim as usize;
    // SAFETY: `check` found ndim in range and the pointer not NULL unless ndim is 0.
    let shape = Dims::generate(ndim, |d| unsafe { shape.get(d) });
    let strides = match depth == Depth::Shape || raw.strides.is_null() {
        true => strides::row_major(&shape),
        // SAFETY: the pointer is not NULL, and the caller vouches for ndim numbers.
        false => Dims::generate(ndim, |d| unsafe { strides.get(d) }),
    };
    let device = Device { kind: raw.device.device_type.0 as i32, id: raw.device.device_id };
    let dtype = DType::from(raw.dtype);
    Ok(Tensor { data: place.data, byte_offset: place.byte_offset, device, dtype, shape, strides })
}

/// Numbers in foreign memory, aligned or not.
#[derive(Clone, Copy)]
pub(super) struct Numbers(pub *const i64);

impl Numbers {
    /// # Safety
    /// There are more than `index` numbers.
    #[inline(always)]
    pub unsafe fn get(self, index: usize) -> i64 {
        // SAFETY: the caller's promise.
        unsafe { ptr::read_unaligned(self.0.add(index)) }
    }
}

/// Where a checked tensor's elements start.
pub(super) struct Place {
    /// Element 0 on devices that have addresses; NULL when empty or when the depth leaves it out.
    pub data: *mut c_void,
    /// What is left of the offset on other devices.
    pub byte_offset: u64,
}

/// A copy of what `raw` points to.
///
/// # Safety
/// As for [`tensor`].
#[inline(always)]
pub(super) unsafe fn read(raw: *const DLTensor, name: &str) -> Result<DLTensor> {
    if raw.is_null() {
        return refuse!(NullArgument, "{name} is NULL");
    }
    // SAFETY: the caller's promise; every bit pattern is a value of DLTensor, and it need not be aligned.
    Ok(unsafe { ptr::read_unaligned(raw) })
}

/// Where a tensor's elements start, after every check. This is the fast path of exchange: one walk over the
/// dimensions, nothing allocated; what is wrong is said by the cold functions below.
///
/// # Safety
/// The arrays of `raw` hold ndim numbers.
#[inline]
pub(super) unsafe fn check(raw: &DLTensor, name: &str, depth: Depth) -> Result<Place> {
    let ndim = raw.ndim as usize;
    let no_shape = raw.ndim > 0 && raw.shape.is_null();
    if raw.ndim < 0 || ndim > MAX_NDIM || no_shape || raw.dtype.bits == 0 || raw.dtype.lanes == 0 {
        return explain_head(raw, name);
    }
    let (shape, strides) = (Numbers(raw.shape), Numbers(raw.strides));
    let strided = depth != Depth::Shape && !raw.strides.is_null();
    let (mut count, mut low, mut high) = (1i64, 0i64, 0i64);
    let (mut negative, mut empty, mut too_many, mut too_far) = (false, false, false, false);
    for d in 0..ndim {
        // SAFETY: d < ndim numbers are there.
        let extent = unsafe { shape.get(d) };
        let (product, overflows) = count.overflowing_mul(extent);
        count = product;
        too_many |= overflows;
        negative |= extent < 0;
        empty |= extent == 0;
        if strided && extent > 1 {
            // SAFETY: as above.
            let (reach, over) = unsafe { strides.get(d) }.overflowing_mul(extent - 1);
            let side = if reach < 0 { &mut low } else { &mut high };
            let (sum, over_again) = side.overflowing_add(reach);
            *side = sum;
            too_far |= over | over_again;
        }
    }
    let bits = u64::from(raw.dtype.bits) * u64::from(raw.dtype.lanes);
    let bytes = shape::packed_bytes(if empty { 0 } else { count }, bits);
    let (Some(bytes), false) = (bytes, negative || (too_many && !empty)) else {
        return explain_shape(raw, name);
    };
    let mut place = Place { data: ptr::null_mut(), byte_offset: 0 };
    if empty || depth == Depth::Shape {
        return Ok(place);
    }
    let (below, above) = match strided {
        false => (0, bytes),
        true => {
            let below = low.checked_neg().and_then(|n| shape::packed_bytes(n, bits));
            let above = high.checked_add(1).and_then(|n| shape::packed_bytes(n, bits));
            match (below, above, too_far) {
                (Some(below), Some(above), false) => (below, above),
                _ => return explain_strides(raw, name),
            }
        }
    };
    if depth == Depth::Layout {
        return Ok(place);
    }
    if raw.data.is_null() {
        return refuse!(NullArgument, "{name}: data is NULL and the tensor has {count} elements");
    }
    let device = Device { kind: raw.device.device_type.0 as i32, id: 0 };
    if !device.has_addresses() {
        place = Place { data: raw.data, byte_offset: raw.byte_offset };
        return Ok(place);
    }
    let first = usize::try_from(raw.byte_offset).ok().and_then(|offset| (raw.data as usize).checked_add(offset));
    let fits = first.is_some_and(|at| at.checked_sub(below).is_some() && at.checked_add(above).is_some());
    if !fits {
        return explain_address(raw, name);
    }
    place.data = raw.data.wrapping_byte_add(raw.byte_offset as usize);
    Ok(place)
}

/// What is wrong with ndim, the shape pointer or the element type.
#[cold]
fn explain_head<T>(raw: &DLTensor, name: &str) -> Result<T> {
    let (bits, lanes) = (raw.dtype.bits, raw.dtype.lanes);
    if raw.ndim < 0 || raw.ndim as usize > MAX_NDIM {
        return refuse!(BadNdim, "{name}: ndim = {} is not within 0 to {MAX_NDIM}", raw.ndim);
    }
    if raw.ndim > 0 && raw.shape.is_null() {
        return refuse!(NullArgument, "{name}: shape is NULL with ndim = {}", raw.ndim);
    }
    refuse!(BadDtype, "{name}: dtype with bits = {bits} and lanes = {lanes} has no size")
}

/// What is wrong with the extents, whose pointer and number are right.
#[cold]
fn explain_shape<T>(raw: &DLTensor, name: &str) -> Result<T> {
    let numbers = Numbers(raw.shape);
    // SAFETY: the caller of `check` vouches for ndim numbers.
    let shape = Dims::generate(raw.ndim as usize, |d| unsafe { numbers.get(d) });
    if let Some(d) = shape.iter().position(|extent| *extent < 0) {
        return refuse!(BadShape, "{name}: shape[{d}] = {} is negative", shape[d]);
    }
    let dtype = DType::from(raw.dtype);
    let what = if shape::count(&shape).is_none() { "elements" } else { "bytes" };
    refuse!(BadShape, "{name}: shape = {shape:?} of {dtype} has more than 2^63 - 1 {what}")
}

/// Shape and strides in words. Strides that are NULL read as compact.
#[cold]
fn layout_in_words(raw: &DLTensor) -> String {
    let read = |source: *const i64| {
        // SAFETY: the caller of `check` vouches for ndim numbers.
        Dims::generate(raw.ndim as usize, |d| unsafe { Numbers(source).get(d) })
    };
    let shape = read(raw.shape);
    let strides = if raw.strides.is_null() { strides::row_major(&shape) } else { read(raw.strides) };
    format!("strides = {strides:?} with shape = {shape:?} of {}", DType::from(raw.dtype))
}

/// Strides that reach too far.
#[cold]
fn explain_strides<T>(raw: &DLTensor, name: &str) -> Result<T> {
    refuse!(BadStrides, "{name}: {} reach past 2^63 - 1 bytes", layout_in_words(raw))
}

/// Elements outside of what can be addressed.
#[cold]
fn explain_address<T>(raw: &DLTensor, name: &str) -> Result<T> {
    let (data, offset, layout) = (raw.data, raw.byte_offset, layout_in_words(raw));
    refuse!(BadStrides, "{name}: {layout}, from data = {data:p} and byte_offset = {offset}, leave the address space")
}

/// The flags of a managed tensor, after its version, and then its description, were checked.
///
/// # Safety
/// `raw` is NULL or points to a managed tensor.
pub(crate) unsafe fn check_managed(raw: *const DLManagedTensorVersioned, name: &str) -> Result<u64> {
    // SAFETY: the caller's promise.
    unsafe {
        check_version(raw, name)?;
        check(&read(&raw const (*raw).dl_tensor, name)?, name, Depth::Data)?;
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
        let raw = read(&raw const (*foreign).dl_tensor, name)?;
        let place = check(&raw, name, Depth::Data)?;
        let flags = (*foreign).flags.bits();
        export::adopt(&raw, &place, flags, |share| *share = Some(Foreign(NonNull::new_unchecked(foreign))))
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
