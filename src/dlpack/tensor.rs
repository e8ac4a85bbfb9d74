//! A tensor whose description has been checked: nothing in it overflows, strides are explicit.

use super::DType;
use crate::error::{Result, refuse};
use crate::tensor::strides::{self, Footprint};
use crate::tensor::{Device, Dims, shape};
use std::ffi::c_void;

/// What a DLTensor says, after the checks of [`super::import`]. It owns nothing.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    /// Element 0, on devices that have addresses.
    pub data: *mut c_void,
    /// 0 on devices that have addresses; on others what the producer said.
    pub byte_offset: u64,
    pub device: Device,
    pub dtype: DType,
    pub shape: Dims,
    pub strides: Dims,
}

impl Tensor {
    /// The number of elements.
    pub fn count(&self) -> i64 {
        shape::count(&self.shape).unwrap_or(0)
    }

    fn footprint(&self) -> Footprint<'_> {
        Footprint {
            address: self.data as usize,
            item_bytes: self.dtype.item_bits().div_ceil(8) as usize,
            shape: &self.shape,
            strides: &self.strides,
        }
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_compact(&self) -> bool {
        self.same_strides(&strides::row_major(&self.shape))
    }

    /// Whether elements lie at these strides; those of extents of 1 do not matter, nor do any when it is empty.
    pub fn same_strides(&self, strides: &[i64]) -> bool {
        self.count() == 0
            || self.shape.iter().zip(self.strides.iter()).zip(strides).all(|((n, a), b)| *n <= 1 || a == b)
    }

    /// Whether the two name the same elements in the same order.
    fn is_same_as(&self, other: &Tensor) -> bool {
        self.data == other.data
            && self.dtype == other.dtype
            && self.shape == other.shape
            && self.same_strides(&other.strides)
    }

    /// Refuses an output in which two indices name one element.
    pub fn require_distinct_elements(&self, name: &str) -> Result<()> {
        match strides::self_overlap(&self.shape, &self.strides) {
            None => Ok(()),
            Some(d) => {
                let (stride, extent) = (self.strides[d], self.shape[d]);
                refuse!(Overlap, "{name}: stride[{d}] = {stride} with shape[{d}] = {extent}: its elements overlap")
            }
        }
    }

    /// Refuses an output that overlaps itself or, unless it is the very same tensor, one of `others`.
    pub fn require_no_overlap(&self, name: &str, others: &[(&str, &Tensor)]) -> Result<()> {
        self.require_distinct_elements(name)?;
        others.iter().filter(|(_, other)| !self.is_same_as(other)).try_for_each(|(other_name, other)| {
            let hint = "; only the same data, shape, strides and type is in place";
            self.refuse_overlap(name, other_name, other, hint)
        })
    }

    /// Refuses an output that shares memory with one of `others`.
    pub fn require_disjoint(&self, name: &str, others: &[(&str, &Tensor)]) -> Result<()> {
        others.iter().try_for_each(|(other_name, other)| self.refuse_overlap(name, other_name, other, ""))
    }

    fn refuse_overlap(&self, name: &str, other_name: &str, other: &Tensor, hint: &str) -> Result<()> {
        if self.footprint().may_overlap(&other.footprint()) {
            return refuse!(
                Overlap,
                "{name}: its memory at {:p} overlaps {other_name} at {:p}{hint}",
                self.data,
                other.data
            );
        }
        Ok(())
    }
}
