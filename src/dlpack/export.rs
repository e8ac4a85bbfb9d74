//! Making what others read: managed tensors of our own, each one allocation that holds the DLPack struct, a count of
//! holders, an owner whose drop frees the memory, shape and strides.

use super::import::{self, MAJOR, Numbers};
use super::{DType, Tensor};
use crate::error::{Result, refuse};
use crate::tensor::strides::{self, row_major};
use crate::tensor::{Device, Dims, Storage, shape};
use dlpark::DlpackFlags;
use dlpark::ffi::{DLDevice, DLDeviceType, DLManagedTensorVersioned, DLPACK_MINOR_VERSION, DLPackVersion, DLTensor};
use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// What every tensor of ours starts with; a pointer to it is a pointer to the DLPack struct.
#[repr(C)]
struct Head {
    managed: DLManagedTensorVersioned,
    holders: AtomicUsize,
    destroy: unsafe fn(NonNull<Head>),
    /// The tensor whose memory this one looks at, if it is a view. Never a view itself, so that chains of views do not
    /// make chains of owners.
    root: Option<NonNull<DLManagedTensorVersioned>>,
}

/// A tensor of ours with its owner. Shape and strides follow in the same allocation.
#[repr(C)]
struct Made<O> {
    head: Head,
    owner: Option<O>,
}

impl<O> Made<O> {
    /// The layout of the allocation: a `Made<O>`, then shape and strides, which need no padding between.
    fn layout(ndim: usize) -> Option<Layout> {
        const { assert!(align_of::<Made<O>>() == align_of::<i64>()) };
        Layout::from_size_align(size_of::<Made<O>>() + 2 * ndim * size_of::<i64>(), align_of::<Made<O>>()).ok()
    }

    /// # Safety
    /// `head` starts a `Made<O>` that [`new`] made and that nobody holds any more.
    unsafe fn destroy(head: NonNull<Head>) {
        let made = head.cast::<Made<O>>().as_ptr();
        // SAFETY: the last holder is gone, so this is the only access. The layout is the one it was allocated with,
        // since ndim never changes.
        unsafe {
            let ndim = (*made).head.managed.dl_tensor.ndim as usize;
            ptr::drop_in_place(made);
            if let Some(layout) = Made::<O>::layout(ndim) {
                dealloc(made.cast(), layout);
            }
        }
    }
}

/// The deleter of every tensor made here; by it they are known.
unsafe extern "C" fn delete(tensor: *mut DLManagedTensorVersioned) {
    let Some(head) = NonNull::new(tensor.cast::<Head>()) else { return };
    // SAFETY: the tensor starts a Head, and the caller held a share of it. Release and acquire order the last
    // holder's destruction after all other holders' use.
    unsafe {
        if (*head.as_ptr()).holders.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            ((*head.as_ptr()).destroy)(head);
        }
    }
}

/// One value of the function's address, so that comparing it is meaningful.
static DELETER: unsafe extern "C" fn(*mut DLManagedTensorVersioned) = delete;

/// Whether this library made the tensor.
///
/// # Safety
/// `tensor` points to a live managed tensor of our major version.
pub(crate) unsafe fn is_ours(tensor: *const DLManagedTensorVersioned) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*tensor).deleter }.is_some_and(|deleter| deleter as usize == DELETER as usize)
}

/// One share of a managed tensor of ours, released when dropped.
pub(crate) struct Owned(NonNull<DLManagedTensorVersioned>);

// SAFETY: shares are counted atomically, and owners are Send.
unsafe impl Send for Owned {}

impl Owned {
    /// # Safety
    /// The caller gives up a share of a tensor for which [`is_ours`] holds.
    pub unsafe fn from_raw(tensor: NonNull<DLManagedTensorVersioned>) -> Self {
        Owned(tensor)
    }

    pub fn as_ptr(&self) -> *mut DLManagedTensorVersioned {
        self.0.as_ptr()
    }

    /// Hands the share to whoever takes the pointer.
    pub fn into_raw(self) -> NonNull<DLManagedTensorVersioned> {
        ManuallyDrop::new(self).0
    }

    /// The tensor's flags.
    pub fn flags(&self) -> u64 {
        // SAFETY: we hold a share, so the tensor is alive.
        unsafe { (*self.as_ptr()).flags.bits() }
    }

    /// The DLPack description inside.
    pub fn dl_tensor(&self) -> DLTensor {
        // SAFETY: as above; the struct is copied, its arrays live as long as the share.
        unsafe { ptr::read(&raw const (*self.as_ptr()).dl_tensor) }
    }

    /// What it describes.
    pub fn tensor(&self) -> Result<Tensor> {
        // SAFETY: the tensor is alive and was made from checked numbers.
        unsafe { import::tensor(&raw const (*self.as_ptr()).dl_tensor, "tensor") }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: we hold a share and give it up here, once.
        unsafe { delete(self.as_ptr()) }
    }
}

/// A managed tensor of what `tensor` describes. `own` is called only when nothing can fail any more, to fill in the
/// owner whose drop frees the memory.
pub(crate) fn new<O: Send + 'static>(tensor: &Tensor, flags: u64, own: impl FnOnce(&mut Option<O>)) -> Result<Owned> {
    let dl_tensor = DLTensor {
        data: if tensor.count() == 0 { ptr::null_mut() } else { tensor.data },
        device: DLDevice { device_type: DLDeviceType(tensor.device.kind as u32), device_id: tensor.device.id },
        ndim: tensor.shape.len() as i32,
        dtype: tensor.dtype.into(),
        shape: ptr::null_mut(),
        strides: ptr::null_mut(),
        byte_offset: tensor.byte_offset,
    };
    let (shape, strides) = (Numbers(tensor.shape.as_ptr()), Numbers(tensor.strides.as_ptr()));
    // SAFETY: both lists hold ndim numbers.
    unsafe { make(dl_tensor, shape, Some(strides), flags, own) }
}

/// As [`new`], straight from what a foreign library described, after [`import::check`].
///
/// # Safety
/// `raw` and `place` came from the check, and `raw`'s arrays are still there.
pub(super) unsafe fn adopt<O: Send + 'static>(
    raw: &DLTensor,
    place: &import::Place,
    flags: u64,
    own: impl FnOnce(&mut Option<O>),
) -> Result<Owned> {
    let dl_tensor = DLTensor { data: place.data, byte_offset: place.byte_offset, ..*raw };
    let strides = if raw.strides.is_null() { None } else { Some(Numbers(raw.strides)) };
    // SAFETY: the caller's promise.
    unsafe { make(dl_tensor, Numbers(raw.shape), strides, flags, own) }
}

/// The one place where a tensor of ours comes to be. Without `strides` it is compact row-major.
///
/// # Safety
/// `shape` and `strides` hold `dl_tensor.ndim` numbers.
#[inline(always)]
unsafe fn make<O: Send + 'static>(
    dl_tensor: DLTensor,
    shape: Numbers,
    strides: Option<Numbers>,
    flags: u64,
    own: impl FnOnce(&mut Option<O>),
) -> Result<Owned> {
    let ndim = dl_tensor.ndim as usize;
    // SAFETY: the layout's size is not 0.
    let start = Made::<O>::layout(ndim).and_then(|layout| NonNull::new(unsafe { alloc(layout) }));
    let Some(start) = start else {
        return refuse!(OutOfMemory, "a tensor of {ndim} dimensions could not be allocated");
    };
    // SAFETY: the allocation holds a Made<O> and, after it, 2 * ndim numbers, all written here before anybody sees
    // them; the sources hold ndim numbers each.
    unsafe {
        let own_shape = start.byte_add(size_of::<Made<O>>()).cast::<i64>().as_ptr();
        let own_strides = own_shape.add(ndim);
        let mut compact = 1i64;
        for d in (0..ndim).rev() {
            let extent = shape.get(d);
            own_shape.add(d).write(extent);
            own_strides.add(d).write(strides.map_or(compact, |s| s.get(d)));
            compact = compact.saturating_mul(extent.max(1));
        }
        let made = start.cast::<Made<O>>().as_ptr();
        let managed = DLManagedTensorVersioned {
            version: DLPackVersion { major: MAJOR, minor: DLPACK_MINOR_VERSION },
            manager_ctx: made.cast(),
            deleter: Some(DELETER),
            flags: DlpackFlags::from_bits_retain(flags),
            dl_tensor: DLTensor { shape: own_shape, strides: own_strides, ..dl_tensor },
        };
        let head = Head { managed, holders: AtomicUsize::new(1), destroy: Made::<O>::destroy, root: None };
        made.write(Made { head, owner: None });
        own(&mut (*made).owner);
        Ok(Owned(start.cast()))
    }
}

/// A new compact row-major tensor on the CPU, elements unset.
pub(crate) fn empty(dtype: DType, shape: &[i64], flags: u64) -> Result<Owned> {
    let bytes = shape::count(shape).and_then(|count| shape::packed_bytes(count, dtype.item_bits()));
    let Some(bytes) = bytes else {
        return refuse!(BadShape, "out: shape = {shape:?} of {dtype} has more than 2^63 - 1 bytes");
    };
    let storage = Storage::new(bytes, "out")?;
    let tensor = Tensor {
        data: storage.address(),
        byte_offset: 0,
        device: Device::CPU,
        dtype,
        shape: shape.into(),
        strides: row_major(shape),
    };
    new(&tensor, flags, |owner| *owner = Some(storage))
}

/// Memory of the host's, freed by a function of the host's.
struct Callback {
    free: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
}

// SAFETY: the host promised that `free` may be called on any thread.
unsafe impl Send for Callback {}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the host gave the pair to be called together, once.
            unsafe { free(self.user) }
        }
    }
}

/// A tensor of memory that belongs to the host.
///
/// # Safety
/// The memory stays valid until `free(user)`, which any thread may call.
pub(crate) unsafe fn wrap(
    tensor: &Tensor,
    flags: u64,
    free: Option<unsafe extern "C" fn(*mut c_void)>,
    user: *mut c_void,
) -> Result<Owned> {
    new(tensor, flags, |owner| *owner = Some(Callback { free, user }))
}

/// The head of a tensor of ours; others are refused.
///
/// # Safety
/// `tensor` is NULL or a live managed tensor.
unsafe fn head(tensor: *const DLManagedTensorVersioned, name: &str) -> Result<NonNull<Head>> {
    // SAFETY: the caller's promise; the version is looked at first, then whether it is ours, hence not NULL.
    unsafe {
        import::check_version(tensor, name)?;
        if !is_ours(tensor) {
            return refuse!(InvalidArgument, "{name}: this library did not make it; spk_tensor_take it first");
        }
        Ok(NonNull::new_unchecked(tensor.cast_mut().cast()))
    }
}

/// Adds a holder to a tensor of ours, whose share the caller is to give back.
///
/// # Safety
/// `tensor` is NULL or a live managed tensor.
pub(crate) unsafe fn retain(tensor: *const DLManagedTensorVersioned, name: &str) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe { (*head(tensor, name)?.as_ptr()).holders.fetch_add(1, Ordering::Relaxed) };
    Ok(())
}

/// A view of a tensor of ours. `offset` is in elements from the parent's element 0.
///
/// # Safety
/// `parent` is NULL or a live managed tensor.
pub(crate) unsafe fn view(
    parent: *const DLManagedTensorVersioned,
    shape: &[i64],
    strides: Option<&[i64]>,
    offset: i64,
) -> Result<Owned> {
    // SAFETY: the caller's promise; `head` looks at version and maker before the rest is read, and then the root is one
    // of ours that the parent keeps alive. The share added to it belongs to `kept` from here on.
    let (whole, flags, kept) = unsafe {
        let head = head(parent, "parent")?.as_ptr();
        let whole = import::tensor(&raw const (*head).managed.dl_tensor, "parent")?;
        let root = (*head).root.unwrap_or(NonNull::new_unchecked(parent.cast_mut()));
        retain(root.as_ptr(), "parent")?;
        (whole, (*head).managed.flags.bits(), Owned::from_raw(root))
    };
    let Some(item_bytes) = whole.dtype.item_bytes() else {
        return refuse!(BadDtype, "parent: {} does not fill whole bytes", whole.dtype);
    };
    if let Some(d) = shape.iter().position(|extent| *extent < 0) {
        return refuse!(BadShape, "shape[{d}] = {} is negative", shape[d]);
    }
    let Some(count) = shape::count(shape) else {
        return refuse!(BadShape, "shape = {shape:?} has more than 2^63 - 1 elements");
    };
    let mut part = Tensor { strides: strides.map_or_else(|| row_major(shape), Dims::from), ..whole.clone() };
    part.shape = shape.into();
    if shape::packed_bytes(count, whole.dtype.item_bits()).is_none() {
        return refuse!(BadShape, "shape = {shape:?} of {} has more than 2^63 - 1 bytes", whole.dtype);
    }
    if count > 0 {
        let outer = if whole.count() == 0 { None } else { strides::span(&whole.shape, &whole.strides) };
        let inner = strides::span(shape, &part.strides)
            .and_then(|(low, high)| Some((low.checked_add(offset)?, high.checked_add(offset)?)));
        match (outer, inner) {
            (Some((low, high)), Some((first, last))) if low <= first && last <= high => {}
            _ => {
                return refuse!(
                    BadStrides,
                    "offset = {offset} with shape = {shape:?} and strides = {:?} leaves the parent's {:?} elements",
                    &part.strides[..],
                    &whole.shape[..]
                );
            }
        }
        let bytes = offset as isize * item_bytes as isize;
        if whole.device.has_addresses() {
            part.data = whole.data.wrapping_byte_offset(bytes);
        } else {
            part.byte_offset = whole.byte_offset.wrapping_add_signed(bytes as i64);
        }
    }
    let root = kept.0;
    let made = new(&part, flags, |slot| *slot = Some(kept))?;
    // SAFETY: `made` was made here and nobody else has seen it.
    unsafe { (*made.as_ptr().cast::<Head>()).root = Some(root) };
    Ok(made)
}
