//! Eigenvalues and eigenvectors of Hermitian matrices.

use super::convert::{self, spk_eigh_desc, spk_exec};
use super::dispatch::{self, EighTensors, Precision};
use super::guard;
use crate::backend;
use crate::dlpack::{self, DType, Owned, Tensor};
use crate::eigen::Request;
use crate::error::{Result, refuse};
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};

/// Which triangle of a Hermitian matrix is read; the other one is not looked at.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_uplo {
    /// Elements with column <= row.
    SPK_UPLO_LOWER = 0,
    /// Elements with column >= row.
    SPK_UPLO_UPPER = 1,
}

/// Which eigenvalues are wanted.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_range {
    /// All of them.
    SPK_RANGE_ALL = 0,
    /// Those numbered index_low to index_high in ascending order, from 0, both included.
    SPK_RANGE_INDEX = 1,
    /// Those in (value_low, value_high]; spk_eigh_new only, and one matrix at a time.
    SPK_RANGE_VALUE = 2,
}

/// What the caller knows of the matrix.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_structure {
    /// The library finds out.
    SPK_STRUCTURE_AUTO = 0,
    /// Treat it as dense.
    SPK_STRUCTURE_DENSE = 1,
    /// Diagonal. This and the ones below are SPK_UNSUPPORTED in this version.
    SPK_STRUCTURE_DIAGONAL = 2,
    /// Tridiagonal.
    SPK_STRUCTURE_TRIDIAGONAL = 3,
    /// Banded.
    SPK_STRUCTURE_BANDED = 4,
    /// Block-diagonal.
    SPK_STRUCTURE_BLOCKS = 5,
}

/// spk_eigh_desc.flags: the input may be overwritten. A hint: this version leaves the input as it is.
pub const SPK_EIGH_OVERWRITE: i32 = 1;

/// What a solve gives, checked against the input.
struct Job {
    request: Request,
    precision: Precision,
    value_dtype: DType,
    vector_dtype: DType,
}

unsafe fn job(a: &Tensor, desc: *const spk_eigh_desc, precision: Option<Precision>) -> Result<Job> {
    let (natural, complex) = dispatch::eigen_input("a", a.dtype)?;
    // SAFETY: the C caller vouches for `desc`; short structs are refused.
    let desc = unsafe { convert::eigh_desc(desc) }?;
    let request = Request::new(&a.shape, desc)?;
    let precision = match precision {
        Some(p) if a.dtype.is_integer() => p,
        _ => natural,
    };
    Ok(Job {
        request,
        precision,
        value_dtype: dispatch::dtype_of(precision, false),
        vector_dtype: dispatch::dtype_of(precision, complex),
    })
}

fn check(name: &str, tensor: &Tensor, dtype: DType, shape: &[i64]) -> Result<()> {
    if tensor.dtype != dtype {
        return refuse!(BadDtype, "{name}: {} where the result is {dtype}", tensor.dtype);
    }
    if tensor.shape[..] != *shape {
        return refuse!(ShapeMismatch, "{name}: shape {:?} where the result has {shape:?}", &tensor.shape[..]);
    }
    backend::require_host(name, tensor.device)
}

/// Computes eigenvalues, and eigenvectors if wanted, of Hermitian (real: symmetric) matrices.
///
/// `a` has shape (..., n, n): each matrix of the leading dimensions is solved on its own. Of each only the triangle
/// that desc->uplo names is read, and imaginary parts of the diagonal are ignored. `w`, of shape (..., m), receives
/// the m wanted eigenvalues (m = n for all) in ascending order. `v`, of shape (..., n, m), or NULL, receives
/// orthonormal eigenvectors: v[..., :, k] belongs to w[..., k], and its component of largest modulus (the first on
/// ties) is real and positive. `a` may be bool, an integer, float16, bfloat16, float32, float64, complex64 or
/// complex128; float16, bfloat16 and float32 compute in float32, float64 in float64, integers in the precision of
/// `w`; `w` is real, `v` has the type that is computed in. `v` may be `a` itself (same data, shape, strides and
/// type). `info`, of shape (...) and int32, or NULL, receives 0 for each matrix that was solved and the status,
/// SPK_NOT_FINITE or SPK_NO_CONVERGENCE, for each that was not; the call then returns SPK_OK, and the results of
/// those matrices are NaN. Without `info` NaN and Inf are found before anything is written. `desc` and `exec` may be
/// NULL. Source: Householder tridiagonalisation and implicit QR or divide and conquer (Golub and Van Loan, Matrix
/// Computations, chapter 8).
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
/// SPK_OUT_OF_MEMORY, SPK_NO_CONVERGENCE, SPK_NOT_FINITE, SPK_CANCELLED, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_eigh(
    a: *const DLTensor,
    desc: *const spk_eigh_desc,
    exec: *const spk_exec,
    w: *const DLTensor,
    v: *const DLTensor,
    info: *const DLTensor,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    guard::status(|| unsafe {
        let a = dlpack::import::tensor(a, "a")?;
        let w = dlpack::import::tensor(w, "w")?;
        let v = if v.is_null() { None } else { Some(dlpack::import::tensor(v, "v")?) };
        let info = if info.is_null() { None } else { Some(dlpack::import::tensor(info, "info")?) };
        let job = job(&a, desc, dispatch::real_precision(w.dtype))?;
        if job.request.count_depends_on_data() {
            return refuse!(Unsupported, "desc.range = SPK_RANGE_VALUE: use spk_eigh_new, which sizes its results");
        }
        backend::require_host("a", a.device)?;
        check("w", &w, job.value_dtype, &job.request.value_shape())?;
        w.require_no_overlap("w", &[])?;
        if let Some(v) = &v {
            check("v", v, job.vector_dtype, &job.request.vector_shape())?;
            v.require_no_overlap("v", &[("a", &a)])?;
            w.require_disjoint("w", &[("v", v)])?;
        }
        w.require_disjoint("w", &[("a", &a)])?;
        if let Some(info) = &info {
            check("info", info, DType::INT32, job.request.batch_shape())?;
            info.require_no_overlap("info", &[])?;
            info.require_disjoint("info", &[("a", &a), ("w", &w)])?;
            if let Some(v) = &v {
                info.require_disjoint("info", &[("v", v)])?;
            }
        }
        let mut progress = None;
        let mut exec = convert::exec(exec, &mut progress)?;
        let tensors = EighTensors { a: &a, w: &w, v: v.as_ref(), info: info.as_ref() };
        dispatch::eigh_execute(job.precision, &job.request, &tensors, &mut exec)
    })
}

/// Computes eigenvalues, and eigenvectors if wanted, into new tensors.
///
/// As spk_eigh without `info`. `v` may be NULL: then vectors are not computed. `*w` has shape (..., m), `*v` has
/// (..., n, m), both compact row-major. SPK_RANGE_VALUE is for a single matrix (ndim 2), whose results have as many
/// values as were found.
///
/// Ownership: *borrows* `a`, `desc` and `exec`; *returns new* in `*w` and `*v`.
/// Threads: any.
/// Errors: those of spk_eigh but SPK_SHAPE_MISMATCH, SPK_OVERLAP and SPK_DEVICE_MISMATCH.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_eigh_new(
    a: *const DLTensor,
    desc: *const spk_eigh_desc,
    exec: *const spk_exec,
    w: *mut *mut DLManagedTensorVersioned,
    v: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    let solve = || -> Result<(Owned, Option<Owned>)> {
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            if w == v {
                return refuse!(InvalidArgument, "v: {v:p} is the place of w as well");
            }
            let a = dlpack::import::tensor(a, "a")?;
            let job = job(&a, desc, None)?;
            backend::require_host("a", a.device)?;
            let mut progress = None;
            let mut exec = convert::exec(exec, &mut progress)?;
            let made_w = dlpack::export::empty(job.value_dtype, &job.request.value_shape(), 0)?;
            let made_v = match v.is_null() {
                true => None,
                false => Some(dlpack::export::empty(job.vector_dtype, &job.request.vector_shape(), 0)?),
            };
            let w = made_w.tensor()?;
            let v = made_v.as_ref().map(Owned::tensor).transpose()?;
            let tensors = EighTensors { a: &a, w: &w, v: v.as_ref(), info: None };
            dispatch::eigh_execute(job.precision, &job.request, &tensors, &mut exec)?;
            if !job.request.count_depends_on_data() {
                return Ok((made_w, made_v));
            }
            let (first, count) = dispatch::values_in_range(job.precision, &job.request, &w);
            Ok((last_slice("w", &w, first, count)?, v.map(|v| last_slice("v", &v, first, count)).transpose()?))
        }
    };
    // SAFETY: the caller vouches for `w` and `v`.
    unsafe { guard::new_tensor_pair(w, "w", v, solve) }
}

/// A new tensor of `count` elements of the last dimension from `first` on.
///
/// # Safety
/// The tensor's memory is alive and its elements are set.
unsafe fn last_slice(name: &str, tensor: &Tensor, first: i64, count: i64) -> Result<Owned> {
    let mut part = tensor.clone();
    if let (Some(extent), Some(bytes)) = (part.shape.last_mut(), tensor.dtype.item_bytes()) {
        *extent = count;
        part.data = part.data.wrapping_byte_add(first as usize * bytes);
    }
    let made = dlpack::export::empty(part.dtype, &part.shape, 0)?;
    // SAFETY: the part lies within the tensor, whose last stride is 1; the new memory is nobody else's.
    unsafe { dispatch::copy_elements(name, &part, &made.tensor()?) }?;
    Ok(made)
}
