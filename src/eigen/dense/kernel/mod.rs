//! eigen::dense::kernel: reductions in vector registers. Slices come in, checked; addresses live in here only.
#![allow(unsafe_code)]

mod reduce;

pub(super) use reduce::{Reduction, leading_dimension, tridiagonalise};
