//! fft::cpu::kernel: the code that runs. Butterflies on registers, passes of butterflies over memory, and the drivers
//! that call passes in turn. All of it on addresses: in and out may be the same memory, so that no references are made.
//!
//! Plans take slices where they can; where they take addresses, the caller vouches for the memory.
#![allow(unsafe_code)]
#![allow(dead_code, reason = "one complete set of passes; drivers come one by one")]
#![allow(clippy::needless_range_loop, reason = "legs are counted: they index memory and registers alike")]

mod butterfly;
mod columns;
mod pass;
mod row;
mod sweep;
mod tensor;
mod turn;

pub(super) use columns::Columns;
pub(super) use row::Row;
pub(super) use sweep::{conjugate_product, merge, product, separate};
pub(in crate::fft) use tensor::{Batch, Job, Layout, Way, columns_fit, most_scratch};

use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Kernel, Lanes, Vector, dispatch};

/// How a register is laid out: how many lanes it has, and which complex number each holds.
pub(super) fn lanes<R: Lanes>(isa: Isa) -> &'static [usize] {
    struct Order;
    impl<R: Lanes> Kernel<R> for Order {
        type Output = &'static [usize];
        #[inline(always)]
        unsafe fn run<V: Vector<Scalar = R>>(self) -> &'static [usize] {
            V::ORDER
        }
    }
    dispatch::<R, _>(isa, Order)
}
