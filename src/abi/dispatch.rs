//! Where the element type dies: one match from DLPack's numbers to Rust's types.

use super::guard::DefaultFloats;
use crate::backend::cpu::Exec;
use crate::dlpack::{DType, Tensor};
use crate::eigen::{self, Outputs, Range, Request};
use crate::error::{Result, refuse};
use crate::fft::{self, Plan};
use crate::tensor::{Bool, Dims, Element, Load, Real, View, ViewMut, copy};
use half::{bf16, f16};
use num_complex::Complex;

/// What is computed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    F32,
    F64,
}

/// The precision and complexity that an input element type computes in by itself.
fn natural(dtype: DType) -> Option<(Precision, bool)> {
    let DType { code, bits, lanes: 1 } = dtype else { return None };
    Some(match (code, bits) {
        (0 | 1, 8 | 16 | 32 | 64) | (6, 8) | (2, 64) => (Precision::F64, false),
        (2, 16 | 32) | (4, 16) => (Precision::F32, false),
        (5, 64) => (Precision::F32, true),
        (5, 128) => (Precision::F64, true),
        _ => return None,
    })
}

fn computable(name: &str, dtype: DType) -> Result<(Precision, bool)> {
    match natural(dtype) {
        Some(found) => Ok(found),
        None => refuse!(
            BadDtype,
            "{name}: {dtype}; this function computes on bool, integers, float16, bfloat16, float32, float64, \
             complex64 and complex128"
        ),
    }
}

pub(super) fn dtype_of(precision: Precision, complex: bool) -> DType {
    match (precision, complex) {
        (Precision::F32, false) => DType::FLOAT32,
        (Precision::F64, false) => DType::FLOAT64,
        (Precision::F32, true) => DType::COMPLEX64,
        (Precision::F64, true) => DType::COMPLEX128,
    }
}

pub(super) fn fft_input_is_complex(name: &str, dtype: DType) -> Result<bool> {
    computable(name, dtype).map(|(_, complex)| complex)
}

/// The type of a new result.
pub(super) fn fft_output_dtype(input: DType, complex: bool) -> DType {
    let precision = natural(input).map_or(Precision::F64, |(precision, _)| precision);
    dtype_of(precision, complex)
}

/// Refuses an output of another type than the result's. Integers compute in either precision.
pub(super) fn require_fft_output(name: &str, output: DType, input: DType, complex: bool) -> Result<()> {
    let expected = fft_output_dtype(input, complex);
    let narrow = dtype_of(Precision::F32, complex);
    if output == expected || (input.is_integer() && output == narrow) {
        return Ok(());
    }
    refuse!(BadDtype, "{name}: {output} where the transform of {input} gives {expected}")
}

/// The precision of an output that was checked.
pub(super) fn precision(output: DType) -> Precision {
    if output == DType::FLOAT32 || output == DType::COMPLEX64 { Precision::F32 } else { Precision::F64 }
}

/// The precision that a real output names.
pub(super) fn real_precision(dtype: DType) -> Option<Precision> {
    [Precision::F32, Precision::F64].into_iter().find(|p| dtype == dtype_of(*p, false))
}

pub(super) fn eigen_input(name: &str, dtype: DType) -> Result<(Precision, bool)> {
    computable(name, dtype)
}

/// Work that is done for an element type known at last.
pub(super) trait Visit<R: Real> {
    fn visit<T: Load<R>>(self) -> Result<()>;
}

/// A precision that can name the Rust type of an element.
pub(super) trait Precise: Real {
    fn visit(dtype: DType, work: impl Visit<Self>) -> Result<()>;
    /// The same, and elements of less precision are read as well.
    fn visit_wide(dtype: DType, work: impl Visit<Self>) -> Result<()>;
}

macro_rules! precise {
    ($real:ty: $($code:literal, $bits:literal => $element:ty;)* wide: $($wc:literal, $wb:literal => $we:ty;)*) => {
        impl Precise for $real {
            fn visit(dtype: DType, work: impl Visit<Self>) -> Result<()> {
                match (dtype.code, dtype.bits) {
                    (0, 8) => work.visit::<i8>(),
                    (0, 16) => work.visit::<i16>(),
                    (0, 32) => work.visit::<i32>(),
                    (0, 64) => work.visit::<i64>(),
                    (1, 8) => work.visit::<u8>(),
                    (1, 16) => work.visit::<u16>(),
                    (1, 32) => work.visit::<u32>(),
                    (1, 64) => work.visit::<u64>(),
                    (6, 8) => work.visit::<Bool>(),
                    $(($code, $bits) => work.visit::<$element>(),)*
                    _ => refuse!(BadDtype, "{dtype} is not computed on in {}", stringify!($real)),
                }
            }

            fn visit_wide(dtype: DType, work: impl Visit<Self>) -> Result<()> {
                match (dtype.code, dtype.bits) {
                    $(($wc, $wb) => work.visit::<$we>(),)*
                    _ => Self::visit(dtype, work),
                }
            }
        }
    };
}
precise!(f32: 2, 16 => f16; 4, 16 => bf16; 2, 32 => f32; 5, 64 => Complex<f32>; wide:);
precise!(f64: 2, 64 => f64; 5, 128 => Complex<f64>;
    wide: 2, 16 => f16; 4, 16 => bf16; 2, 32 => f32; 5, 64 => Complex<f32>;);

/// Shape and strides with at least one dimension. Strides that do not matter, which may be anything, become 1.
fn layout(tensor: &Tensor) -> (Dims, Dims) {
    if tensor.shape.is_empty() {
        return (Dims::filled(1, 1), Dims::filled(1, 1));
    }
    let empty = tensor.shape.contains(&0);
    let strides = tensor.shape.iter().zip(tensor.strides.iter());
    (tensor.shape.clone(), strides.map(|(extent, stride)| if empty || *extent == 1 { 1 } else { *stride }).collect())
}

/// # Safety
/// The tensor was checked, lives in host memory, and the host vouches for that memory until the call returns.
pub(super) unsafe fn view<'a, T: Element>(tensor: &Tensor) -> View<'a, T> {
    let (shape, strides) = layout(tensor);
    // SAFETY: the caller's promise.
    unsafe { View::new(tensor.data.cast(), shape, strides) }
}

/// # Safety
/// As for [`view`]; the memory may be written, its elements do not overlap, and of inputs it overlaps at most one
/// that is the same tensor.
pub(super) unsafe fn view_mut<'a, T: Element>(tensor: &Tensor) -> ViewMut<'a, T> {
    let (shape, strides) = layout(tensor);
    // SAFETY: the caller's promise.
    unsafe { ViewMut::new(tensor.data.cast(), shape, strides) }
}

struct FftCall<'c, 'e, R: fft::Number> {
    plan: &'c Plan<R>,
    input: &'c Tensor,
    output: &'c Tensor,
    exec: &'c mut Exec<'e>,
}

impl<R> Visit<R> for FftCall<'_, '_, R>
where
    R: fft::Number + fft::Output<R>,
    Complex<R>: Load<R> + fft::Output<R>,
{
    fn visit<T: Load<R>>(self) -> Result<()> {
        // SAFETY: fft_execute's caller vouches for both tensors, and the type is the one they name.
        unsafe {
            let input = view::<T>(self.input);
            match self.output.dtype {
                DType::COMPLEX64 | DType::COMPLEX128 => {
                    self.plan.execute(input, view_mut::<Complex<R>>(self.output), self.exec)
                }
                _ => self.plan.execute(input, view_mut::<R>(self.output), self.exec),
            }
        }
    }
}

/// Executes a plan on tensors that were checked against it.
///
/// # Safety
/// As for [`view`] and [`view_mut`].
pub(super) unsafe fn fft_execute<R>(plan: &Plan<R>, input: &Tensor, output: &Tensor, exec: &mut Exec<'_>) -> Result<()>
where
    R: Precise + fft::Number + fft::Output<R>,
    Complex<R>: Load<R> + fft::Output<R>,
{
    let _floats = DefaultFloats::new();
    R::visit(input.dtype, FftCall { plan, input, output, exec })
}

/// The tensors of an eigenvalue solve.
pub(super) struct EighTensors<'c> {
    pub a: &'c Tensor,
    pub w: &'c Tensor,
    pub v: Option<&'c Tensor>,
    pub info: Option<&'c Tensor>,
}

struct EighCall<'c, 'e> {
    request: &'c Request,
    tensors: &'c EighTensors<'c>,
    exec: &'c mut Exec<'e>,
}

impl EighCall<'_, '_> {
    fn solve<T: Load<C::Precision>, C: eigen::Number>(self) -> Result<()> {
        // SAFETY: eigh_execute's caller vouches for the tensors, and the types are those they name.
        unsafe {
            let a = view::<T>(self.tensors.a);
            let mut outputs = Outputs::<C> {
                values: view_mut(self.tensors.w),
                vectors: self.tensors.v.map(|v| view_mut(v)),
                info: self.tensors.info.map(|info| view_mut(&with_unit_dimension(info))),
            };
            eigen::solve(self.request, &a, &mut outputs, self.exec)
        }
    }
}

impl<R> Visit<R> for EighCall<'_, '_>
where
    R: Real + eigen::Number<Precision = R>,
    Complex<R>: eigen::Number<Precision = R>,
{
    fn visit<T: Load<R>>(self) -> Result<()> {
        if T::COMPLEX { self.solve::<T, Complex<R>>() } else { self.solve::<T, R>() }
    }
}

/// The same elements with a last extent of 1.
fn with_unit_dimension(tensor: &Tensor) -> Tensor {
    let mut longer = tensor.clone();
    longer.shape.push(1);
    longer.strides.push(1);
    longer
}

/// Solves for tensors that were checked against the request.
///
/// # Safety
/// As for [`view`] and [`view_mut`].
pub(super) unsafe fn eigh_execute(
    precision: Precision,
    request: &Request,
    tensors: &EighTensors<'_>,
    exec: &mut Exec<'_>,
) -> Result<()> {
    let _floats = DefaultFloats::new();
    let call = EighCall { request, tensors, exec };
    match precision {
        Precision::F32 => f32::visit(tensors.a.dtype, call),
        Precision::F64 => f64::visit(tensors.a.dtype, call),
    }
}

/// Where the ascending values of the request's range start in `w`, and how many they are.
///
/// # Safety
/// `w` is one dimension of set elements of this precision.
pub(super) unsafe fn values_in_range(precision: Precision, request: &Request, w: &Tensor) -> (i64, i64) {
    let Range::Value(low, high) = request.range else { return (0, request.wanted) };
    let mut values = Vec::new();
    // SAFETY: the caller's promise.
    unsafe {
        match precision {
            Precision::F32 => read_line::<f32>(w, &mut values),
            Precision::F64 => read_line::<f64>(w, &mut values),
        }
    }
    let first = values.partition_point(|x| *x <= low);
    let end = values.partition_point(|x| *x <= high);
    (first as i64, (end.max(first) - first) as i64)
}

/// # Safety
/// As for [`view`].
unsafe fn read_line<R: Real>(tensor: &Tensor, into: &mut Vec<f64>) {
    // SAFETY: the caller's promise.
    let view = unsafe { view::<R>(tensor) };
    for line in view.lines(0, &tensor.shape) {
        line.each(0, tensor.count() as usize, |_, x| into.push(x.wide()));
    }
}

/// Copies elements of any type of whole bytes between tensors of equal shape and type.
///
/// # Safety
/// As for [`view`] and [`view_mut`].
pub(super) unsafe fn copy_elements(name: &str, from: &Tensor, to: &Tensor) -> Result<()> {
    // SAFETY: passed on under the same promise.
    unsafe {
        match from.dtype.item_bytes() {
            Some(1) => copy::elements(view::<[u8; 1]>(from), view_mut(to)),
            Some(2) => copy::elements(view::<[u8; 2]>(from), view_mut(to)),
            Some(4) => copy::elements(view::<[u8; 4]>(from), view_mut(to)),
            Some(8) => copy::elements(view::<[u8; 8]>(from), view_mut(to)),
            Some(16) => copy::elements(view::<[u8; 16]>(from), view_mut(to)),
            Some(bytes) => copy::elements(view::<[u8; 1]>(&as_bytes(from, bytes)), view_mut(&as_bytes(to, bytes))),
            None if from.is_compact() && to.is_compact() => {
                let bytes = (from.count() as u128 * u128::from(from.dtype.item_bits())).div_ceil(8) as usize;
                copy::elements(view::<[u8; 1]>(&flat(from, bytes)), view_mut(&flat(to, bytes)));
            }
            None => {
                return refuse!(BadDtype, "{name}: {} is copied only when it lies compact", from.dtype);
            }
        }
    }
    Ok(())
}

/// Each element as a last dimension of its bytes.
fn as_bytes(tensor: &Tensor, bytes: usize) -> Tensor {
    let mut seen = tensor.clone();
    seen.strides.iter_mut().for_each(|s| *s = s.saturating_mul(bytes as i64));
    seen.shape.push(bytes as i64);
    seen.strides.push(1);
    seen
}

/// All of a compact tensor as one dimension of bytes.
fn flat(tensor: &Tensor, bytes: usize) -> Tensor {
    Tensor { shape: Dims::filled(1, bytes as i64), strides: Dims::filled(1, 1), ..tensor.clone() }
}
