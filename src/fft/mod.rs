//! fft: Fourier transforms of typed views.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | tensor, backend, error; never eigen, never dlpack | no | only SIMD kernels and cuda.rs | compile time |
//!
//! `desc` is what was asked, `recipe` is what will be done (data, no code), `nd` does it line by line, `cpu` holds the
//! engine that transforms one line and is the seam behind which engines change.
#![deny(unsafe_code)]

pub(crate) mod cache;
mod convolve;
mod cpu;
mod desc;
mod describe;
mod length;
mod nd;
mod recipe;

pub(crate) use convolve::{Convolution, Method, Mode, Operand};
pub(crate) use cpu::{ENGINE, Number};
pub(crate) use desc::{Desc, Direction, Family, Kind, Norm, Problem, Trig};
pub(crate) use describe::Elements;
pub(crate) use length::next_fast;
pub(crate) use nd::{Output, Plan};
