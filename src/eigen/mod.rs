//! eigen: eigenvalues and eigenvectors of Hermitian matrices.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | tensor, backend, error; never fft, never dlpack | no | only SIMD kernels and cuda.rs | compile time |
//!
//! `desc` is what was asked; `batch` takes a tensor of matrices apart, reads the named triangle and writes results;
//! `dense` solves one matrix and is the seam behind which engines change.
#![deny(unsafe_code)]

mod batch;
mod dense;
mod desc;
mod tridiagonal;

pub(crate) use batch::{Outputs, solve};
pub(crate) use dense::{ENGINE, Number};
pub(crate) use desc::{Desc, Range, Request, Triangle};
