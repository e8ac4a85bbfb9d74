//! Fourier transforms: through spectrapack's C surface, through FFTW's guru interface (FFTW, and MKL that speaks it too)
//! and through RustFFT.

use crate::{Job, borrowed, symbol};
use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{FftNum, FftPlanner};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::mem::transmute;
use std::ptr;

const C2C: c_int = 0;
const R2C: c_int = 1;
const C2R: c_int = 2;
/// Real input, all bins.
const FULL: c_int = 3;

/// One transform out of place between row-major arrays. `shape` is the transform's: that of the real side.
#[repr(C)]
pub struct Case {
    kind: c_int,
    single: c_int,
    ndim: c_int,
    naxes: c_int,
    threads: c_int,
    shape: *const i64,
    axes: *const c_int,
    input: *mut c_void,
    output: *mut c_void,
}

/// Shapes and row-major strides of both sides.
struct Layout {
    input: Vec<i64>,
    output: Vec<i64>,
    input_strides: Vec<i64>,
    output_strides: Vec<i64>,
    axes: Vec<usize>,
}

impl Case {
    /// # Safety
    /// `shape` and `axes` hold as many numbers as the case says.
    unsafe fn layout(&self) -> Layout {
        // SAFETY: the caller's promise.
        let (shape, axes) = unsafe {
            (
                std::slice::from_raw_parts(self.shape, self.ndim as usize).to_vec(),
                std::slice::from_raw_parts(self.axes, self.naxes as usize),
            )
        };
        let axes: Vec<usize> = axes.iter().map(|a| *a as usize).collect();
        let (mut input, mut output) = (shape.clone(), shape);
        let last = axes[axes.len() - 1];
        match self.kind {
            R2C => output[last] = output[last] / 2 + 1,
            C2R => input[last] = input[last] / 2 + 1,
            _ => {}
        }
        let (input_strides, output_strides) = (row_major(&input), row_major(&output));
        Layout { input, output, input_strides, output_strides, axes }
    }
}

fn row_major(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

#[repr(C)]
struct DLTensor {
    data: *mut c_void,
    device: [i32; 2],
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *const i64,
    strides: *const i64,
    byte_offset: u64,
}

#[repr(C)]
struct Desc {
    struct_size: u32,
    kind: i32,
    direction: i32,
    norm: i32,
    flags: i32,
    naxes: i32,
    axes: *const i32,
    lengths: *const i64,
}

#[repr(C)]
struct Exec {
    struct_size: u32,
    threads: i32,
    stream: *mut c_void,
    scratch: *mut c_void,
    scratch_size: usize,
    progress: *mut c_void,
    user: *mut c_void,
}

type PlanCreate =
    unsafe extern "C" fn(*const DLTensor, *const DLTensor, *const Desc, *const Exec, *mut *mut c_void) -> i32;
type PlanExecute = unsafe extern "C" fn(*const c_void, *const DLTensor, *const Exec, *const DLTensor) -> i32;

/// A plan of spectrapack, or NULL.
///
/// # Safety
/// The case's arrays outlive the job and have the sizes that it says; `library` is the path of the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_fft_ours(library: *const c_char, case: &Case) -> *mut Job {
    // SAFETY: the functions have these types since 0.1; all addresses are the case's or this function's own, and what
    // the job needs moves into it.
    unsafe {
        let library = borrowed(library);
        let (Some(create), Some(execute)) =
            (symbol(library, "spk_fft_plan_create"), symbol(library, "spk_fft_plan_execute"))
        else {
            return ptr::null_mut();
        };
        let (create, execute) =
            (transmute::<*mut c_void, PlanCreate>(create), transmute::<*mut c_void, PlanExecute>(execute));
        let layout = Box::leak(Box::new(case.layout()));
        let bits = if case.single == 1 { 32 } else { 64 };
        let tensor = |data, complex: bool, shape: &[i64]| DLTensor {
            data,
            device: [1, 0],
            ndim: case.ndim,
            code: if complex { 5 } else { 2 },
            bits: if complex { 2 * bits } else { bits },
            lanes: 1,
            shape: shape.as_ptr(),
            strides: ptr::null(),
            byte_offset: 0,
        };
        let input = tensor(case.input, case.kind != R2C && case.kind != FULL, &layout.input);
        let output = tensor(case.output, case.kind != C2R, &layout.output);
        let kind = if case.kind == FULL { C2C } else { case.kind };
        let direction = i32::from(case.kind == C2R);
        // Unscaled in both directions, as the peers have it: forward scales backward by nothing.
        let norm = if case.kind == C2R { 2 } else { 0 };
        let desc = Desc {
            struct_size: size_of::<Desc>() as u32,
            kind,
            direction,
            norm,
            flags: 0,
            naxes: case.naxes,
            axes: case.axes,
            lengths: ptr::null(),
        };
        let lengths: Vec<i64> =
            layout.axes.iter().map(|a| (if case.kind == C2R { &layout.output } else { &layout.input })[*a]).collect();
        let desc = Desc { lengths: lengths.as_ptr(), ..desc };
        let exec = Exec {
            struct_size: size_of::<Exec>() as u32,
            threads: case.threads,
            stream: ptr::null_mut(),
            scratch: ptr::null_mut(),
            scratch_size: 0,
            progress: ptr::null_mut(),
            user: ptr::null_mut(),
        };
        let mut plan = ptr::null_mut();
        if create(&input, &output, &desc, &exec, &mut plan) != 0 {
            return ptr::null_mut();
        }
        Job::boxed(move || {
            let status = execute(plan, &input, &exec, &output);
            assert_eq!(status, 0);
        })
    }
}

#[repr(C)]
struct Dim {
    n: isize,
    input_stride: isize,
    output_stride: isize,
}

type Guru =
    unsafe extern "C" fn(c_int, *const Dim, c_int, *const Dim, *mut c_void, *mut c_void, c_int, c_uint) -> *mut c_void;
type GuruReal =
    unsafe extern "C" fn(c_int, *const Dim, c_int, *const Dim, *mut c_void, *mut c_void, c_uint) -> *mut c_void;
type Execute = unsafe extern "C" fn(*mut c_void);
type Number = unsafe extern "C" fn(c_int) -> c_int;
type Start = unsafe extern "C" fn() -> c_int;

const MEASURE: c_uint = 0;
const DESTROY_INPUT: c_uint = 1;

/// A plan made by measuring, of a library that speaks FFTW's guru64 interface, or NULL where it has none for the case.
/// `threads` is a library that holds FFTW's thread functions.
///
/// # Safety
/// As [`peers_fft_ours`]; planning overwrites both arrays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_fft_fftw(library: *const c_char, threads: *const c_char, case: &Case) -> *mut Job {
    // SAFETY: the functions have the types that FFTW's manual gives them.
    unsafe {
        let (library, threads) = (borrowed(library), borrowed(threads));
        let prefix = if case.single == 1 { "fftwf_" } else { "fftw_" };
        let find = |library: &CStr, name: &str| symbol(library, &format!("{prefix}{name}"));
        if let (Some(start), Some(number)) = (find(threads, "init_threads"), find(threads, "plan_with_nthreads")) {
            transmute::<*mut c_void, Start>(start)();
            transmute::<*mut c_void, Number>(number)(case.threads);
        }
        let layout = case.layout();
        let dim = |axis: usize| Dim {
            n: case.shape.add(axis).read() as isize,
            input_stride: layout.input_strides[axis] as isize,
            output_stride: layout.output_strides[axis] as isize,
        };
        let dims: Vec<Dim> = layout.axes.iter().map(|a| dim(*a)).collect();
        let many: Vec<Dim> = (0..case.ndim as usize).filter(|a| !layout.axes.contains(a)).map(dim).collect();
        let (rank, howmany) = (dims.len() as c_int, many.len() as c_int);
        let name = match case.kind {
            C2C => "plan_guru64_dft",
            R2C => "plan_guru64_dft_r2c",
            C2R => "plan_guru64_dft_c2r",
            _ => return ptr::null_mut(),
        };
        let (Some(make), Some(execute)) = (find(library, name), find(library, "execute")) else {
            return ptr::null_mut();
        };
        let flags = MEASURE | if case.kind == C2R { DESTROY_INPUT } else { 0 };
        let (d, m, input, output) = (dims.as_ptr(), many.as_ptr(), case.input, case.output);
        let plan = if case.kind == C2C {
            transmute::<*mut c_void, Guru>(make)(rank, d, howmany, m, input, output, -1, flags)
        } else {
            transmute::<*mut c_void, GuruReal>(make)(rank, d, howmany, m, input, output, flags)
        };
        if plan.is_null() {
            return ptr::null_mut();
        }
        let execute = transmute::<*mut c_void, Execute>(execute);
        Job::boxed(move || execute(plan))
    }
}

/// A plan of RustFFT or realfft for contiguous lines, or NULL for anything else.
///
/// # Safety
/// As [`peers_fft_ours`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_fft_rustfft(case: &Case) -> *mut Job {
    // SAFETY: the caller's promise.
    let layout = unsafe { case.layout() };
    if layout.axes != [case.ndim as usize - 1] || case.threads != 1 || case.kind == FULL {
        return ptr::null_mut();
    }
    if case.single == 1 { lines::<f32>(case, &layout) } else { lines::<f64>(case, &layout) }
}

fn lines<R: FftNum>(case: &Case, layout: &Layout) -> *mut Job {
    let count = |shape: &[i64]| shape.iter().product::<i64>() as usize;
    let (inputs, outputs) = (count(&layout.input), count(&layout.output));
    let n = layout.input[layout.axes[0]].max(layout.output[layout.axes[0]]) as usize;
    let zero = Complex::new(R::zero(), R::zero());
    // SAFETY: the arrays have the sizes that the case says and outlive the job, which alone uses them while it runs.
    unsafe {
        match case.kind {
            C2C => {
                let input = std::slice::from_raw_parts(case.input.cast::<Complex<R>>(), inputs);
                let output = std::slice::from_raw_parts_mut(case.output.cast::<Complex<R>>(), outputs);
                let plan = FftPlanner::<R>::new().plan_fft_forward(n);
                let mut scratch = vec![zero; plan.get_immutable_scratch_len()];
                Job::boxed(move || plan.process_immutable_with_scratch(input, output, &mut scratch))
            }
            R2C => {
                let input = std::slice::from_raw_parts_mut(case.input.cast::<R>(), inputs);
                let output = std::slice::from_raw_parts_mut(case.output.cast::<Complex<R>>(), outputs);
                let plan: std::sync::Arc<dyn RealToComplex<R>> = RealFftPlanner::<R>::new().plan_fft_forward(n);
                let mut scratch = plan.make_scratch_vec();
                Job::boxed(move || {
                    for (a, b) in input.chunks_exact_mut(n).zip(output.chunks_exact_mut(n / 2 + 1)) {
                        let fits = plan.process_with_scratch(a, b, &mut scratch);
                        debug_assert!(fits.is_ok());
                    }
                })
            }
            _ => {
                let input = std::slice::from_raw_parts_mut(case.input.cast::<Complex<R>>(), inputs);
                let output = std::slice::from_raw_parts_mut(case.output.cast::<R>(), outputs);
                let plan: std::sync::Arc<dyn ComplexToReal<R>> = RealFftPlanner::<R>::new().plan_fft_inverse(n);
                let mut scratch = plan.make_scratch_vec();
                Job::boxed(move || {
                    for (a, b) in input.chunks_exact_mut(n / 2 + 1).zip(output.chunks_exact_mut(n)) {
                        // It refuses imaginary parts that are not 0 where a real signal has none, having computed all.
                        let _ = plan.process_with_scratch(a, b, &mut scratch);
                    }
                })
            }
        }
    }
}
