//! fft: Fourier transforms of typed views.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | tensor, backend, error; never eigen, never dlpack | no | only SIMD kernels and cuda.rs | compile time |
//!
//! `desc` is what was asked, `recipe` is what will be done (data, no code), `nd` does it line by line, `cpu` holds the
//! engine that transforms one line and is the seam behind which engines change.
#![deny(unsafe_code)]

mod cpu;
mod desc;
mod nd;
mod recipe;

pub(crate) use cpu::{ENGINE, Number};
pub(crate) use desc::{Desc, Direction, Kind, Norm, Problem};
pub(crate) use nd::{Output, Plan};
