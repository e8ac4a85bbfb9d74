//! Convolution and correlation.

use super::convert::{self, spk_exec};
use super::dispatch::{self, Precise, Precision, Visit, view, view_mut};
use super::guard::{self, DefaultFloats};
use crate::backend;
use crate::backend::cpu::Exec;
use crate::backend::cpu::scratch::{self, Block};
use crate::dlpack::{self, DType, Tensor};
use crate::error::{Result, refuse};
use crate::fft::{self, Convolution, Method, Mode, Operand};
use crate::tensor::{Element, Load, Real, View};
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use num_complex::Complex;

/// Which part of a convolution is wanted.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_convolve_mode {
    /// All of it: of extents m and n, m + n - 1.
    SPK_CONVOLVE_FULL = 0,
    /// What is centred in it and as large as `in`.
    SPK_CONVOLVE_SAME = 1,
    /// What needs no zeros beyond the edges: |m - n| + 1. One of the tensors is at least as large as the other along
    /// all convolved axes.
    SPK_CONVOLVE_VALID = 2,
}

/// How a convolution is computed.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_convolve_method {
    /// What is likely to be faster.
    SPK_CONVOLVE_AUTO = 0,
    /// By Fourier transforms.
    SPK_CONVOLVE_BY_FFT = 1,
    /// Term by term.
    SPK_CONVOLVE_DIRECT = 2,
}

/// spk_convolve_desc.flags: a correlation, which is the convolution with the reversed complex conjugate of `kernel`.
pub const SPK_CONVOLVE_CORRELATE: i32 = 1;

/// What a convolution shall do. NULL means all of it, along all axes.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct spk_convolve_desc {
    /// sizeof(spk_convolve_desc) as the caller knows it.
    pub struct_size: u32,
    /// An spk_convolve_mode.
    pub mode: i32,
    /// An spk_convolve_method.
    pub method: i32,
    /// SPK_CONVOLVE_ flags or 0.
    pub flags: i32,
    /// How many axes; 0 means all.
    pub naxes: i32,
    /// Must be 0.
    pub zero: i32,
    /// The axes; negative ones count from the end. NULL when naxes is 0.
    pub axes: *const i32,
}

/// A convolution that was asked for, checked.
struct Request {
    how: Convolution,
    correlate: bool,
    complex: bool,
    precision: Precision,
}

impl Request {
    /// # Safety
    /// `desc` is NULL or points to an spk_convolve_desc whose axes are there.
    unsafe fn new(a: &Tensor, b: &Tensor, desc: *const spk_convolve_desc) -> Result<Self> {
        let (one, first) = dispatch::eigen_input("in", a.dtype)?;
        let (other, second) = dispatch::eigen_input("kernel", b.dtype)?;
        let precision = if one == Precision::F64 { one } else { other };
        // SAFETY: the caller's promise.
        let desc = unsafe { convert::convolve_desc(desc) }?;
        let how = Convolution::new(&a.shape, &b.shape, &desc.axes, desc.mode, desc.method)?;
        Ok(Request { how, correlate: desc.correlate, complex: first || second, precision })
    }

    fn output_dtype(&self) -> DType {
        dispatch::dtype_of(self.precision, self.complex)
    }

    fn check_output(&self, a: &Tensor, b: &Tensor, out: &Tensor) -> Result<()> {
        let expected = self.output_dtype();
        let narrow = a.dtype.is_integer() && b.dtype.is_integer() && out.dtype == DType::FLOAT32;
        if out.dtype != expected && !narrow {
            return refuse!(BadDtype, "out: {} where {} with {} gives {expected}", out.dtype, a.dtype, b.dtype);
        }
        if out.shape[..] != *self.how.output_shape() {
            let (have, want) = (&out.shape[..], self.how.output_shape());
            return refuse!(ShapeMismatch, "out: shape {have:?} where the convolution gives {want:?}");
        }
        Ok(())
    }

    /// # Safety
    /// The tensors were checked, live in host memory, and the host vouches for that memory until the call returns.
    unsafe fn run(&self, a: &Tensor, b: &Tensor, exec: *const spk_exec, out: &Tensor) -> Result<()> {
        let mut progress = None;
        // SAFETY: the C caller vouches for `exec`.
        let mut exec = unsafe { convert::exec(exec, &mut progress) }?;
        let _floats = DefaultFloats::new();
        if out.count() == 0 {
            exec.poll().stop(1.0);
            return Ok(());
        }
        let reversed = if self.correlate { reversed(b, &self.how) } else { b.clone() };
        // SAFETY: passed on under the same promise; the reversed tensor names the same elements.
        unsafe {
            match dispatch::precision(out.dtype) {
                Precision::F32 => self.compute::<f32>(a, &reversed, &mut exec, out),
                Precision::F64 => self.compute::<f64>(a, &reversed, &mut exec, out),
            }
        }
    }

    /// # Safety
    /// As for [`Request::run`].
    unsafe fn compute<R>(&self, a: &Tensor, b: &Tensor, exec: &mut Exec<'_>, out: &Tensor) -> Result<()>
    where
        R: Precise + fft::Number + fft::Output<R>,
        Complex<R>: fft::Output<R>,
    {
        let (mut a_block, mut b_block) = (None, None);
        // SAFETY: the caller's promise; the element types are those of the tensors.
        unsafe {
            if self.how.is_direct() && self.complex {
                let (a, b) = (complexes::<R>(a, &mut a_block)?, complexes::<R>(b, &mut b_block)?);
                if self.correlate {
                    b.iter_mut().for_each(|x| *x = x.conj());
                }
                self.how.directly(a, b, view_mut::<Complex<R>>(out), exec)
            } else if self.how.is_direct() {
                let (a, b) = (reals::<R>(a, &mut a_block)?, reals::<R>(b, &mut b_block)?);
                self.how.directly(a, b, view_mut::<R>(out), exec)
            } else {
                let (a, b) = (operand::<R>(a, &mut a_block)?, operand::<R>(b, &mut b_block)?);
                let conjugate = self.correlate && self.complex;
                if self.complex {
                    self.how.by_fft(a, b, conjugate, view_mut::<Complex<R>>(out), exec)
                } else {
                    self.how.by_fft(a, b, conjugate, view_mut::<R>(out), exec)
                }
            }
        }
    }
}

/// The same elements in opposite order along the convolved axes.
fn reversed(tensor: &Tensor, how: &Convolution) -> Tensor {
    let mut made = tensor.clone();
    let item = tensor.dtype.item_bytes().unwrap_or(0);
    for d in (0..made.shape.len()).filter(|d| how.is_convolved(*d)) {
        let (Some(extent), Some(stride)) = (tensor.shape.get(d), made.strides.get_mut(d)) else { continue };
        if *extent > 1 {
            // The last element along the axis is within the tensor, whose offsets were checked.
            made.data = made.data.wrapping_byte_offset(*stride as isize * (*extent as isize - 1) * item as isize);
            *stride = -*stride;
        }
    }
    made
}

/// A tensor as it is where it lies in the precision of the computation, else a copy in `block`.
///
/// # Safety
/// As for [`Request::run`].
unsafe fn operand<'a, R>(tensor: &Tensor, block: &'a mut Option<Block<'static>>) -> Result<Operand<'a, R>>
where
    R: Precise + fft::Number,
{
    let own = |complex| [Precision::F32, Precision::F64].map(|p| dispatch::dtype_of(p, complex));
    let bits = 8 * size_of::<R>() as u64;
    // SAFETY: the caller's promise; the types are those of the tensor, and the copy is compact.
    unsafe {
        if own(false).contains(&tensor.dtype) && tensor.dtype.item_bits() == bits {
            Ok(Operand::Real(view::<R>(tensor)))
        } else if own(true).contains(&tensor.dtype) && tensor.dtype.item_bits() == 2 * bits {
            Ok(Operand::Complex(view::<Complex<R>>(tensor)))
        } else if dispatch::eigen_input("in", tensor.dtype)?.1 {
            Ok(Operand::Complex(View::of(complexes::<R>(tensor, block)?, &tensor.shape)))
        } else {
            Ok(Operand::Real(View::of(reals::<R>(tensor, block)?, &tensor.shape)))
        }
    }
}

/// # Safety
/// As for [`Request::run`].
unsafe fn reals<'a, R: Precise>(tensor: &Tensor, block: &'a mut Option<Block<'static>>) -> Result<&'a mut [R]> {
    let into = room::<R>(tensor, block)?;
    R::visit_wide(tensor.dtype, Gather { tensor, into: Into::Reals(&mut *into) })?;
    Ok(into)
}

/// # Safety
/// As for [`Request::run`].
unsafe fn complexes<'a, R: Precise>(
    tensor: &Tensor,
    block: &'a mut Option<Block<'static>>,
) -> Result<&'a mut [Complex<R>]> {
    let into = room::<Complex<R>>(tensor, block)?;
    R::visit_wide(tensor.dtype, Gather { tensor, into: Into::Complexes(&mut *into) })?;
    Ok(into)
}

/// Memory for all elements of a tensor.
fn room<'a, T: Element>(tensor: &Tensor, block: &'a mut Option<Block<'static>>) -> Result<&'a mut [T]> {
    let count = tensor.count() as usize;
    let bytes = scratch::piece::<T>(count).unwrap_or(usize::MAX / 4);
    Ok(block.insert(Block::allocate(scratch::with_slack(bytes))?).arena().slice(count))
}

/// Where elements are gathered.
enum Into<'a, R> {
    Reals(&'a mut [R]),
    Complexes(&'a mut [Complex<R>]),
}

/// Reads all elements of a tensor that was checked and that its host vouches for, in row-major order.
struct Gather<'a, R> {
    tensor: &'a Tensor,
    into: Into<'a, R>,
}

impl<R: Real> Visit<R> for Gather<'_, R> {
    fn visit<T: Load<R>>(self) -> Result<()> {
        let last = self.tensor.shape.len().saturating_sub(1);
        // SAFETY: made by functions whose callers vouch for the tensor, and the type is the one it names.
        let lines = unsafe { view::<T>(self.tensor) }.lines(last, &self.tensor.shape);
        let row = self.tensor.shape.get(last).map_or(1, |n| *n as usize).max(1);
        match self.into {
            Into::Reals(to) => lines.zip(to.chunks_mut(row)).for_each(|(line, to)| line.load_real(to)),
            Into::Complexes(to) => lines.zip(to.chunks_mut(row)).for_each(|(line, to)| line.load(0, to)),
        }
        Ok(())
    }
}

/// Convolves `in` with `kernel` into `out`.
///
/// The tensors have the same number of dimensions. Along convolved axes element k of the whole is the sum over j of
/// in[k - j] kernel[j], and `desc` says which part of that is wanted; along the others the tensors are multiplied, and
/// an extent of 1 fits any. SPK_CONVOLVE_CORRELATE takes the reversed complex conjugate of `kernel` instead. Any
/// element types that spk_fft takes: `out` is complex if one of them is, and of float64 or complex128 unless both are
/// float16, bfloat16, float32 or complex64 (two of integers may have float32). By transforms the error is relative to
/// the largest elements, and one NaN makes all that is transformed with it NaN; term by term it stays near. Memory of
/// at most three copies of the padded whole; exec->scratch is not used. `desc` and `exec` may be NULL.
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE (an extent of 0 along
/// a convolved axis), SPK_BAD_STRIDES, SPK_BAD_AXIS, SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP (in place is not
/// possible), SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_CANCELLED, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_convolve(
    r#in: *const DLTensor,
    kernel: *const DLTensor,
    desc: *const spk_convolve_desc,
    exec: *const spk_exec,
    out: *const DLTensor,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    guard::status(|| unsafe {
        let a = dlpack::import::tensor(r#in, "in")?;
        let b = dlpack::import::tensor(kernel, "kernel")?;
        let output = dlpack::import::tensor(out, "out")?;
        let request = Request::new(&a, &b, desc)?;
        request.check_output(&a, &b, &output)?;
        for (name, tensor) in [("in", &a), ("kernel", &b), ("out", &output)] {
            backend::require_host(name, tensor.device)?;
        }
        output.require_distinct_elements("out")?;
        output.require_disjoint("out", &[("in", &a), ("kernel", &b)])?;
        request.run(&a, &b, exec, &output)
    })
}

/// Convolves `in` with `kernel` into a new tensor.
///
/// As spk_fft_convolve; the result is compact row-major.
///
/// Ownership: *borrows* `in`, `kernel`, `desc` and `exec`; *returns new*.
/// Threads: any.
/// Errors: those of spk_fft_convolve but SPK_OVERLAP and SPK_DEVICE_MISMATCH.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_convolve_new(
    r#in: *const DLTensor,
    kernel: *const DLTensor,
    desc: *const spk_convolve_desc,
    exec: *const spk_exec,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let a = dlpack::import::tensor(r#in, "in")?;
            let b = dlpack::import::tensor(kernel, "kernel")?;
            let request = Request::new(&a, &b, desc)?;
            backend::require_host("in", a.device)?;
            backend::require_host("kernel", b.device)?;
            convert::exec(exec, &mut None)?; // before memory is asked for
            let made = dlpack::export::empty(request.output_dtype(), request.how.output_shape(), 0)?;
            request.run(&a, &b, exec, &made.tensor()?)?;
            Ok(made)
        })
    }
}

/// A description in Rust's types.
pub(super) struct Asked {
    pub mode: Mode,
    pub method: Method,
    pub correlate: bool,
    pub axes: Vec<i32>,
}
