//! CPython: its functions come as addresses (`api`), tensors cross in capsules (`capsule`), and objects that own
//! memory are kept alive (`owner`).

mod api;
mod capsule;
mod owner;

pub use api::*;
pub use capsule::*;
pub use owner::*;
