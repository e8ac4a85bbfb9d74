//! dlpack: ownership of memory that crosses library boundaries, by the rules of DLPack 1.3.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | tensor, error | yes | yes | run time |
//!
//! `import` reads what others made, `export` makes what others read, `legacy` does both for the form before 1.0. The
//! ABI types are those of the dlpark crate.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod dtype;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod legacy;
mod tensor;

pub(crate) use dtype::DType;
pub(crate) use export::Owned;
pub(crate) use tensor::Tensor;
