//! spectrapack: FFT and eigenvalues on DLPack tensors, behind a C ABI.
//!
//! The C surface is documented in `include/spectrapack/spectrapack.h`, which is generated from [`abi`]. Each room
//! opens with its card: what it may use, and whether C pointers, unsafe code and element types are known there. See
//! `docs/conventions.md`.

pub mod abi;
mod backend;
mod dlpack;
mod eigen;
mod error;
mod fft;
pub mod hosts;
mod tensor;
