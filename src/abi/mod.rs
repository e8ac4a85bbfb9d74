//! abi: the C surface, the one door. Checks come here, once; inside there is trust.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | all | yes | yes | run -> compile, once (`dispatch`) |
//!
//! Every pointer argument is NULL or what the function's doc block says it is; the doc blocks are those of the C
//! header, so they carry no separate Rust safety section.
#![allow(clippy::missing_safety_doc)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub(crate) mod convert;
mod dispatch;
pub(crate) mod guard;

// In the order of the C header; the empty lines keep rustfmt from sorting them.
mod version;

mod status;

mod tensor;

mod fft;

mod fft_convolve;

mod fft_tools;

mod eigen;

mod device;

mod xla;

pub use convert::*;
pub use device::*;
pub use eigen::*;
pub use fft::*;
pub use fft_convolve::*;
pub use fft_tools::*;
pub use status::*;
pub use tensor::*;
pub use version::*;
pub use xla::*;
