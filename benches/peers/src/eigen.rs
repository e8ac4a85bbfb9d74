//! Hermitian eigenproblems: through spectrapack's C surface, through LAPACK's drivers (OpenBLAS, MKL), through faer and
//! nalgebra. Every job keeps its input: whoever overwrites it copies it first, as any caller must.

use crate::{Job, borrowed, symbol};
use nalgebra::{ComplexField, DMatrix};
use num_complex::Complex;
use std::ffi::{c_char, c_int, c_void};
use std::mem::transmute;
use std::ptr;

/// `batch` Hermitian matrices of order `n`, row-major, one after the other; only the lower triangle counts.
#[repr(C)]
pub struct Case {
    n: i64,
    batch: i64,
    /// s, d, c or z, as in LAPACK's names.
    element: u8,
    vectors: u8,
    padding: [u8; 2],
    threads: c_int,
    input: *const c_void,
    /// Real, `batch` x `n`.
    values: *mut c_void,
    /// As the input, or NULL.
    vectors_out: *mut c_void,
}

impl Case {
    fn element_size(&self) -> usize {
        match self.element {
            b's' => 4,
            b'd' | b'c' => 8,
            _ => 16,
        }
    }

    fn real_size(&self) -> usize {
        if matches!(self.element, b's' | b'c') { 4 } else { 8 }
    }
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
    numbers: [i32; 3],
    index: [i64; 2],
    value: [f64; 2],
    flags: i32,
    zero: i32,
}

#[repr(C)]
struct Exec {
    struct_size: u32,
    threads: i32,
    addresses: [*mut c_void; 5],
}

type Eigh = unsafe extern "C" fn(
    *const DLTensor,
    *const Desc,
    *const Exec,
    *const DLTensor,
    *const DLTensor,
    *const DLTensor,
) -> i32;

/// spk_eigh on the case, or NULL. `structure` as in the header.
///
/// # Safety
/// The case's arrays outlive the job and have the sizes that it says; `library` is the path of the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_eigen_ours(library: *const c_char, case: &Case, structure: i32) -> *mut Job {
    // SAFETY: the function has this type since 0.1; all addresses are the case's or leaked here.
    unsafe {
        let Some(eigh) = symbol(borrowed(library), "spk_eigh") else { return ptr::null_mut() };
        let eigh = transmute::<*mut c_void, Eigh>(eigh);
        let shape: &[i64; 3] = Box::leak(Box::new([case.batch, case.n, case.n]));
        let complex = matches!(case.element, b'c' | b'z');
        let tensor = |data: *mut c_void, ndim: i32, code: u8, size: usize| DLTensor {
            data,
            device: [1, 0],
            ndim,
            code,
            bits: (size * 8) as u8,
            lanes: 1,
            shape: shape.as_ptr(),
            strides: ptr::null(),
            byte_offset: 0,
        };
        let code = if complex { 5 } else { 2 };
        let a = tensor(case.input.cast_mut(), 3, code, case.element_size());
        let w = tensor(case.values, 2, 2, case.real_size());
        let v = tensor(case.vectors_out, 3, code, case.element_size());
        let desc = Desc {
            struct_size: size_of::<Desc>() as u32,
            numbers: [0, 0, structure],
            index: [0; 2],
            value: [0.0; 2],
            flags: 0,
            zero: 0,
        };
        let exec =
            Exec { struct_size: size_of::<Exec>() as u32, threads: case.threads, addresses: [ptr::null_mut(); 5] };
        let with_vectors = case.vectors == 1;
        Job::boxed(move || {
            let v = if with_vectors { &raw const v } else { ptr::null() };
            let status = eigh(&a, &desc, &exec, &w, v, ptr::null());
            assert_eq!(status, 0);
        })
    }
}

type Real = unsafe extern "C" fn(
    *const u8,
    *const u8,
    *const c_int,
    *mut c_void,
    *const c_int,
    *mut c_void,
    *mut c_void,
    *const c_int,
    *mut c_int,
    *const c_int,
    *mut c_int,
    usize,
    usize,
);
type Hermitian = unsafe extern "C" fn(
    *const u8,
    *const u8,
    *const c_int,
    *mut c_void,
    *const c_int,
    *mut c_void,
    *mut c_void,
    *const c_int,
    *mut c_void,
    *const c_int,
    *mut c_int,
    *const c_int,
    *mut c_int,
    usize,
    usize,
);

/// LAPACK's divide and conquer driver (syevd, heevd) of a library whose names are `prefix` + name + `_`, or NULL.
///
/// # Safety
/// As [`peers_eigen_ours`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_eigen_lapack(
    library: *const c_char,
    prefix: *const c_char,
    two_stage: c_int,
    case: &Case,
) -> *mut Job {
    // SAFETY: the drivers have the types that LAPACK's documentation gives them, with the lengths of the strings last.
    unsafe {
        let complex = matches!(case.element, b'c' | b'z');
        let driver = if complex { "heevd" } else { "syevd" };
        let stage = if two_stage == 1 { "_2stage" } else { "" };
        let name = format!("{}{}{driver}{stage}_", borrowed(prefix).to_string_lossy(), case.element as char);
        let Some(found) = symbol(borrowed(library), &name) else { return ptr::null_mut() };
        let (n, size) = (case.n as c_int, case.element_size());
        let matrix_bytes = (case.n * case.n) as usize * size;
        let job = if case.vectors == 1 { b'V' } else { b'N' };
        // A row-major lower triangle is a column-major upper one; of the conjugate, whose eigenvalues are the same.
        let uplo = b'U';
        let call = move |a: *mut c_void, w: *mut c_void, work: &mut [Vec<u8>; 3], sizes: [c_int; 3]| {
            let mut info = 0;
            let [work, rwork, iwork] = work.each_mut().map(|v| v.as_mut_ptr().cast::<c_void>());
            if complex {
                transmute::<*mut c_void, Hermitian>(found)(
                    &job,
                    &uplo,
                    &n,
                    a,
                    &n.max(1),
                    w,
                    work,
                    &sizes[0],
                    rwork,
                    &sizes[1],
                    iwork.cast(),
                    &sizes[2],
                    &mut info,
                    1,
                    1,
                );
            } else {
                transmute::<*mut c_void, Real>(found)(
                    &job,
                    &uplo,
                    &n,
                    a,
                    &n.max(1),
                    w,
                    work,
                    &sizes[0],
                    iwork.cast(),
                    &sizes[2],
                    &mut info,
                    1,
                    1,
                );
            }
            info
        };
        let mut asked = [vec![0u8; 64], vec![0u8; 64], vec![0u8; 64]];
        let mut matrix = vec![0u8; matrix_bytes];
        if call(matrix.as_mut_ptr().cast(), case.values, &mut asked, [-1; 3]) != 0 {
            return ptr::null_mut();
        }
        let real = |bytes: &[u8]| match case.real_size() {
            4 => f32::from_ne_bytes(bytes[..4].try_into().unwrap_or_default()) as usize,
            _ => f64::from_ne_bytes(bytes[..8].try_into().unwrap_or_default()) as usize,
        };
        let int = i32::from_ne_bytes(asked[2][..4].try_into().unwrap_or_default());
        // Sizes told in f32 may be rounded down.
        let padded = |count: usize| count + count / 1024 + 8;
        let counts = [padded(real(&asked[0])), padded(real(&asked[1])), int as usize + 8];
        let mut work = [vec![0u8; counts[0] * size], vec![0u8; counts[1] * case.real_size()], vec![0u8; counts[2] * 4]];
        let sizes = counts.map(|c| c as c_int);
        let (input, values, out) = (case.input.cast::<u8>(), case.values.cast::<u8>(), case.vectors_out.cast::<u8>());
        let (batch, value_bytes) = (case.batch as usize, case.n as usize * case.real_size());
        let with_vectors = case.vectors == 1;
        Job::boxed(move || {
            for i in 0..batch {
                let target = if with_vectors { out.add(i * matrix_bytes) } else { matrix.as_mut_ptr() };
                ptr::copy_nonoverlapping(input.add(i * matrix_bytes), target, matrix_bytes);
                let info = call(target.cast(), values.add(i * value_bytes).cast(), &mut work, sizes);
                assert_eq!(info, 0);
            }
        })
    }
}

/// faer or nalgebra, one matrix after the other, single-threaded; or NULL.
///
/// # Safety
/// As [`peers_eigen_ours`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_eigen_rust(nalgebra: c_int, case: &Case) -> *mut Job {
    if case.threads != 1 {
        return ptr::null_mut();
    }
    match (nalgebra, case.element) {
        (0, b's') => faer_job::<f32>(case, |x| x),
        (0, b'd') => faer_job::<f64>(case, |x| x),
        (0, b'c') => faer_job::<Complex<f32>>(case, |x| x.re),
        (0, b'z') => faer_job::<Complex<f64>>(case, |x| x.re),
        (_, b's') => nalgebra_job::<f32>(case),
        (_, b'd') => nalgebra_job::<f64>(case),
        (_, b'c') => nalgebra_job::<Complex<f32>>(case),
        (_, _) => nalgebra_job::<Complex<f64>>(case),
    }
}

fn faer_job<C>(case: &Case, real: fn(C) -> C::Real) -> *mut Job
where
    C: faer::traits::ComplexField + Copy + 'static,
    C::Real: Copy + 'static,
{
    use faer::diag::DiagMut;
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
    use faer::{MatMut, MatRef, Par};
    let (n, batch, with_vectors) = (case.n as usize, case.batch as usize, case.vectors == 1);
    let compute = if with_vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let mut memory = MemBuffer::new(self_adjoint_evd_scratch::<C>(n, compute, Par::Seq, Default::default()));
    let (input, values, out) = (case.input.cast::<C>(), case.values.cast::<C::Real>(), case.vectors_out.cast::<C>());
    let mut w = vec![C::zero_impl(); n];
    Job::boxed(move || {
        for i in 0..batch {
            // SAFETY: the arrays have the sizes that the case says and outlive the job. The lower triangle is read.
            unsafe {
                let a = std::slice::from_raw_parts(input.add(i * n * n), n * n);
                // The row-major lower triangle is the lower one of the view by rows.
                let a = MatRef::from_row_major_slice(a, n, n);
                let v = with_vectors.then(|| {
                    MatMut::from_column_major_slice_mut(std::slice::from_raw_parts_mut(out.add(i * n * n), n * n), n, n)
                });
                let stack = MemStack::new(&mut memory);
                let done = self_adjoint_evd(a, DiagMut::from_slice_mut(&mut w), v, Par::Seq, stack, Default::default());
                assert!(done.is_ok());
                for (k, x) in w.iter().enumerate() {
                    *values.add(i * n + k) = real(*x);
                }
            }
        }
    })
}

fn nalgebra_job<C: ComplexField + Copy>(case: &Case) -> *mut Job {
    let (n, batch, with_vectors) = (case.n as usize, case.batch as usize, case.vectors == 1);
    if n > 64 {
        return ptr::null_mut(); // unblocked, and slow there
    }
    let (input, values, out) =
        (case.input.cast::<C>(), case.values.cast::<C::RealField>(), case.vectors_out.cast::<C>());
    Job::boxed(move || {
        for i in 0..batch {
            // SAFETY: the arrays have the sizes that the case says and outlive the job.
            unsafe {
                let rows = std::slice::from_raw_parts(input.add(i * n * n), n * n);
                let a = DMatrix::from_row_slice(n, n, rows);
                let (w, v) = if with_vectors {
                    let found = a.symmetric_eigen();
                    (found.eigenvalues, Some(found.eigenvectors))
                } else {
                    (a.symmetric_eigenvalues(), None)
                };
                let mut order: Vec<usize> = (0..n).collect();
                order.sort_by(|a, b| w[*a].partial_cmp(&w[*b]).unwrap_or(std::cmp::Ordering::Equal));
                for (k, from) in order.into_iter().enumerate() {
                    values.add(i * n + k).write(w[from].clone());
                    if let Some(v) = &v {
                        ptr::copy_nonoverlapping(v.column(from).as_ptr(), out.add((i * n + k) * n), n);
                    }
                }
            }
        }
    })
}
