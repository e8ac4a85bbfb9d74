//! Fourier transforms: one-shot, into a new tensor, and by plan.

use super::convert::{self, spk_exec, spk_fft_desc};
use super::dispatch;
use super::guard;
use crate::backend;
use crate::backend::cpu::pool;
use crate::dlpack::{self, DType, Tensor};
use crate::error::{Result, refuse};
use crate::fft::{Elements, Plan, Problem};
use crate::tensor::Dims;
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use std::ffi::c_char;

/// What is transformed into what. Axes and lengths are given by spk_fft_desc.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_fft_kind {
    /// Complex (or real) input, full complex output.
    SPK_FFT_C2C = 0,
    /// Real input; of the last listed axis, of length n, the first n / 2 + 1 bins.
    SPK_FFT_R2C = 1,
    /// Input with n / 2 + 1 bins of the last listed axis (complex; a real one has no imaginary parts), real output of
    /// length n.
    SPK_FFT_C2R = 2,
    /// Cosine transform of type I: y_k = x_0 + (-1)^k x_(n-1) + 2 sum_(0 < j < n-1) x_j cos(pi j k / (n - 1)); n >= 2.
    SPK_FFT_DCT1 = 11,
    /// Type II: y_k = 2 sum_j x_j cos(pi k (2 j + 1) / (2 n)).
    SPK_FFT_DCT2 = 12,
    /// Type III: y_k = x_0 + 2 sum_(j > 0) x_j cos(pi (2 k + 1) j / (2 n)).
    SPK_FFT_DCT3 = 13,
    /// Type IV: y_k = 2 sum_j x_j cos(pi (2 k + 1)(2 j + 1) / (4 n)).
    SPK_FFT_DCT4 = 14,
    /// Sine transform of type I: y_k = 2 sum_j x_j sin(pi (k + 1)(j + 1) / (n + 1)).
    SPK_FFT_DST1 = 21,
    /// Type II: y_k = 2 sum_j x_j sin(pi (k + 1)(2 j + 1) / (2 n)).
    SPK_FFT_DST2 = 22,
    /// Type III: y_k = (-1)^k x_(n-1) + 2 sum_(j < n-1) x_j sin(pi (2 k + 1)(j + 1) / (2 n)).
    SPK_FFT_DST3 = 23,
    /// Type IV: y_k = 2 sum_j x_j sin(pi (2 k + 1)(2 j + 1) / (4 n)).
    SPK_FFT_DST4 = 24,
}

/// The sign in the exponent.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_direction {
    /// exp(-2 pi i j k / n).
    SPK_FORWARD = 0,
    /// exp(+2 pi i j k / n). With SPK_FFT_R2C this is ihfft; SPK_FFT_C2R with SPK_FORWARD is hfft.
    SPK_INVERSE = 1,
}

/// Where the factor 1/n goes, n being the product of the transform lengths; of cosine and sine transforms that of the
/// periods: 2 n, of type I 2 (n - 1) for cosine and 2 (n + 1) for sine transforms.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_norm {
    /// 1/n on the inverse transform.
    SPK_NORM_BACKWARD = 0,
    /// 1/sqrt(n) on both.
    SPK_NORM_ORTHO = 1,
    /// 1/n on the forward transform.
    SPK_NORM_FORWARD = 2,
}

/// spk_fft_desc.flags: the input may be overwritten. A hint: this version leaves the input as it is.
pub const SPK_FFT_OVERWRITE: i32 = 1;
/// spk_fft_desc.flags of cosine and sine transforms: their ends are weighted with sqrt(2), so that the matrix of the
/// transform is orthogonal up to a factor. With SPK_NORM_ORTHO that is so without this flag.
pub const SPK_FFT_ORTHOGONALIZE: i32 = 2;
/// spk_fft_desc.flags of cosine and sine transforms: no weights with SPK_NORM_ORTHO either.
pub const SPK_FFT_NOT_ORTHOGONALIZE: i32 = 4;

/// A plan: how to transform tensors of one layout. Immutable, so threads may share it.
#[allow(non_camel_case_types)]
pub struct spk_fft_plan {
    input: Layout,
    output: Layout,
    plan: AnyPlan,
}

enum AnyPlan {
    F32(Plan<f32>),
    F64(Plan<f64>),
}

/// What a tensor must look like to fit a plan.
#[derive(PartialEq)]
struct Layout {
    dtype: DType,
    shape: Dims,
    strides: Dims,
}

impl Layout {
    fn of(tensor: &Tensor) -> Self {
        Layout { dtype: tensor.dtype, shape: tensor.shape.clone(), strides: tensor.strides.clone() }
    }

    fn require(&self, name: &str, tensor: &Tensor) -> Result<()> {
        if tensor.dtype != self.dtype {
            return refuse!(BadDtype, "{name}: {} where the plan is for {}", tensor.dtype, self.dtype);
        }
        if tensor.shape != self.shape {
            return refuse!(
                ShapeMismatch,
                "{name}: shape {:?} where the plan is for {:?}",
                &tensor.shape[..],
                &self.shape[..]
            );
        }
        if !tensor.same_strides(&self.strides) {
            return refuse!(
                BadStrides,
                "{name}: strides {:?} where the plan is for {:?}",
                &tensor.strides[..],
                &self.strides[..]
            );
        }
        Ok(())
    }
}

fn problem(input: &Tensor, desc: *const spk_fft_desc) -> Result<Problem> {
    let complex = dispatch::fft_input_is_complex("in", input.dtype)?;
    // SAFETY: the C caller vouches for `desc`; NULL and short structs are refused.
    let desc = unsafe { convert::fft_desc(desc, input.shape.len()) }?;
    Problem::new(&input.shape, complex, &desc)
}

fn check_output(problem: &Problem, input: &Tensor, output: &Tensor) -> Result<()> {
    dispatch::require_fft_output("out", output.dtype, input.dtype, problem.output_is_complex())?;
    if output.shape[..] != *problem.output_shape() {
        return refuse!(
            ShapeMismatch,
            "out: shape {:?} where the transform gives {:?}",
            &output.shape[..],
            problem.output_shape()
        );
    }
    Ok(())
}

/// Transforms `in` into `out`.
///
/// `desc` says kind, direction, norm, axes and lengths; `in` and `out` have the same number of dimensions, and `out`
/// has the extents that the transform gives: along each listed axis the length, and n / 2 + 1 along the last one for
/// SPK_FFT_R2C. An input shorter than its length is padded with zeros at the end, a longer one is cut. `in` may be
/// bool, an integer, float16, bfloat16, float32, float64, complex64 or complex128; float16, bfloat16 and float32
/// compute in float32, float64 in float64, integers in the precision of `out`. Any strides, negative and zero ones
/// too (not zero in `out`), and any alignment. `out` may be `in` itself (same data, shape, strides and type); the
/// input is otherwise left as it is. Cosine and sine transforms give real numbers of real input, and of complex input
/// the transforms of real and imaginary parts; SPK_INVERSE is the inverse of the kind that is named. NaN and Inf flow through. `exec` may be NULL. On the CPU work is split over
/// exec->threads threads, and exec->scratch, when given, is used instead of memory of ours.
///
/// Ownership: *borrows* all arguments.
/// Threads: any. A bounded cache of plans that all threads share stands behind this call.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_AXIS, SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED,
/// SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_SCRATCH_TOO_SMALL, SPK_CANCELLED, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft(
    r#in: *const DLTensor,
    desc: *const spk_fft_desc,
    exec: *const spk_exec,
    out: *const DLTensor,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    guard::status(|| unsafe {
        let input = dlpack::import::tensor(r#in, "in")?;
        let output = dlpack::import::tensor(out, "out")?;
        let problem = problem(&input, desc)?;
        check_output(&problem, &input, &output)?;
        backend::require_host("in", input.device)?;
        backend::require_host("out", output.device)?;
        output.require_no_overlap("out", &[("in", &input)])?;
        transform(&problem, &input, exec, &output)
    })
}

/// Transforms `in` into a new tensor.
///
/// As spk_fft; the result is compact row-major, of complex64 or float32 for float16, bfloat16, float32 and complex64
/// input, and of complex128 or float64 for all else.
///
/// Ownership: *borrows* `in`, `desc` and `exec`; *returns new*.
/// Threads: any.
/// Errors: those of spk_fft but SPK_SHAPE_MISMATCH, SPK_OVERLAP and SPK_DEVICE_MISMATCH.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_new(
    r#in: *const DLTensor,
    desc: *const spk_fft_desc,
    exec: *const spk_exec,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        guard::new_tensor(out, "out", || {
            let input = dlpack::import::tensor(r#in, "in")?;
            let problem = problem(&input, desc)?;
            backend::require_host("in", input.device)?;
            convert::exec(exec, &mut None)?; // before memory is asked for
            let dtype = dispatch::fft_output_dtype(input.dtype, problem.output_is_complex());
            let made = dlpack::export::empty(dtype, problem.output_shape(), 0)?;
            transform(&problem, &input, exec, &made.tensor()?)?;
            Ok(made)
        })
    }
}

/// Plans a transform of tensors like `in` into tensors like `out`.
///
/// Element types, shapes and strides of both are remembered; their data pointers are not looked at and may be NULL.
/// Executing a plan skips the checks of the description and finds everything prepared. `exec` may be NULL; of it only
/// the checks count.
///
/// Ownership: *borrows* the inputs; *returns new* in `*out_plan`, to be freed by spk_fft_plan_destroy.
/// Threads: any.
/// Errors: those of spk_fft but SPK_OVERLAP between `in` and `out`, SPK_SCRATCH_TOO_SMALL and SPK_CANCELLED.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_plan_create(
    r#in: *const DLTensor,
    out: *const DLTensor,
    desc: *const spk_fft_desc,
    exec: *const spk_exec,
    out_plan: *mut *mut spk_fft_plan,
) -> i32 {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        guard::new_handle(out_plan, "out_plan", || {
            let input = dlpack::import::layout(r#in, "in")?;
            let output = dlpack::import::layout(out, "out")?;
            let problem = problem(&input, desc)?;
            check_output(&problem, &input, &output)?;
            backend::require_host("in", input.device)?;
            backend::require_host("out", output.device)?;
            convert::exec(exec, &mut None)?;
            output.require_distinct_elements("out")?;
            let plan = match dispatch::precision(output.dtype) {
                dispatch::Precision::F32 => AnyPlan::F32(Plan::new(&problem)?),
                dispatch::Precision::F64 => AnyPlan::F64(Plan::new(&problem)?),
            };
            let plan = spk_fft_plan { input: Layout::of(&input), output: Layout::of(&output), plan };
            Ok(std::ptr::NonNull::from(Box::leak(Box::new(plan))))
        })
    }
}

/// Executes a plan on tensors of the layout that it was made for.
///
/// Element type, shape and strides must be the plan's (strides of extents 1 do not matter); alignment may be any.
/// `exec` may be NULL.
///
/// Ownership: *borrows* all arguments.
/// Threads: any, with one plan at the same time too, as long as outputs and scratch differ.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
/// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
/// SPK_OUT_OF_MEMORY, SPK_SCRATCH_TOO_SMALL, SPK_CANCELLED, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_plan_execute(
    plan: *const spk_fft_plan,
    r#in: *const DLTensor,
    exec: *const spk_exec,
    out: *const DLTensor,
) -> i32 {
    // SAFETY: the caller vouches for the pointers; `plan` came from spk_fft_plan_create.
    guard::status(|| unsafe {
        let plan = convert::handle(plan, "plan")?;
        let input = dlpack::import::tensor(r#in, "in")?;
        let output = dlpack::import::tensor(out, "out")?;
        plan.input.require("in", &input)?;
        plan.output.require("out", &output)?;
        backend::require_host("in", input.device)?;
        backend::require_host("out", output.device)?;
        output.require_no_overlap("out", &[("in", &input)])?;
        let mut progress = None;
        let mut exec = convert::exec(exec, &mut progress)?;
        match &plan.plan {
            AnyPlan::F32(p) => dispatch::fft_execute(p, &input, &output, &mut exec),
            AnyPlan::F64(p) => dispatch::fft_execute(p, &input, &output, &mut exec),
        }
    })
}

/// Says how many bytes of scratch an execution of the plan needs.
///
/// The answer holds for `exec`'s thread count (NULL: the global setting) and for scratch of any alignment. Scratch of
/// this size in spk_exec keeps executions from allocating memory for intermediate results.
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_plan_scratch_size(
    plan: *const spk_fft_plan,
    exec: *const spk_exec,
    out_bytes: *mut usize,
) -> i32 {
    // SAFETY: the caller vouches for the pointers; `plan` came from spk_fft_plan_create.
    guard::status(|| unsafe {
        let plan = convert::handle(plan, "plan")?;
        let mut progress = None;
        let exec = convert::exec(exec, &mut progress)?;
        let bytes = match &plan.plan {
            AnyPlan::F32(p) => p.scratch_bytes(exec.threads),
            AnyPlan::F64(p) => p.scratch_bytes(exec.threads),
        };
        convert::store(out_bytes, "out_bytes", bytes)
    })
}

/// Says in words what an execution of the plan does, with the global thread count.
///
/// The first line is on the whole: element types, passes over the data, vector extension, engine, threads and scratch.
/// Each pass has a line: axis, how many lines of which length, what is computed, from where to where, and bytes; the
/// last line is the bytes touched by all. The words are for people and change between versions. At most `len` bytes
/// are written to `buf`, always with a terminating NUL; `buf` may be NULL. Returns the number of bytes that the whole
/// text needs, its NUL included; 0 for a plan that is NULL.
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: none as a status; a NULL plan leaves SPK_NULL_ARGUMENT's message.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_plan_describe(plan: *const spk_fft_plan, buf: *mut c_char, len: usize) -> usize {
    let mut needed = 0;
    guard::status(|| {
        // SAFETY: `plan` is NULL or came from spk_fft_plan_create.
        let plan = unsafe { convert::handle(plan, "plan") }?;
        let (input, output) = (elements(plan.input.dtype), elements(plan.output.dtype));
        let threads = pool::default_threads();
        let text = match &plan.plan {
            AnyPlan::F32(p) => p.describe(&input, &output, threads),
            AnyPlan::F64(p) => p.describe(&input, &output, threads),
        };
        // SAFETY: the caller vouches for `buf` and `len`.
        needed = unsafe { convert::copy_string(&text, buf, len) };
        Ok(())
    });
    needed
}

fn elements(dtype: DType) -> Elements {
    Elements { name: dtype.to_string(), bytes: dtype.item_bits() / 8 }
}

/// Frees a plan.
///
/// NULL does nothing. No execution of the plan may be under way.
///
/// Ownership: *takes* `plan`.
/// Threads: any, exclusive.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_plan_destroy(plan: *mut spk_fft_plan) {
    if !plan.is_null() {
        // SAFETY: the pointer came from Box::leak in spk_fft_plan_create, and the caller gives it up.
        guard::silent(|| drop(unsafe { Box::from_raw(plan) }));
    }
}

/// The one-shot path, when the tensors were checked: plan from the cache's parts, then execute.
unsafe fn transform(problem: &Problem, input: &Tensor, exec: *const spk_exec, output: &Tensor) -> Result<()> {
    let mut progress = None;
    // SAFETY: the C caller vouches for `exec`.
    let mut exec = unsafe { convert::exec(exec, &mut progress) }?;
    // SAFETY: both tensors were checked at the door, and their memory is the caller's promise.
    unsafe {
        match dispatch::precision(output.dtype) {
            dispatch::Precision::F32 => dispatch::fft_execute(&Plan::<f32>::new(problem)?, input, output, &mut exec),
            dispatch::Precision::F64 => dispatch::fft_execute(&Plan::<f64>::new(problem)?, input, output, &mut exec),
        }
    }
}
