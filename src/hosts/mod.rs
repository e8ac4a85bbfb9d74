//! hosts: foreign runtimes met at run time. Nothing here links them: their functions come as addresses.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | all but abi | yes | yes | run time |
#![allow(clippy::missing_safety_doc)]

mod python;
pub(crate) mod xla;

pub use python::*;
