//! What was asked, checked against the input's shape.

use crate::error::{Result, refuse};
use crate::tensor::{Dims, shape};

/// Which triangle is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Triangle {
    #[default]
    Lower,
    Upper,
}

/// Which eigenvalues are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Range {
    #[default]
    All,
    /// From this one to that one in ascending order, both included.
    Index(i64, i64),
    /// Above the first and at most the second.
    Value(f64, f64),
}

/// A solve as the host describes it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Desc {
    pub triangle: Triangle,
    pub range: Range,
}

/// A solve whose every number is known and sound.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub triangle: Triangle,
    pub range: Range,
    /// Order of the matrices.
    pub n: i64,
    /// The first wanted eigenvalue, from 0.
    pub first: i64,
    /// How many are wanted.
    pub wanted: i64,
    batch: Dims,
}

impl Request {
    pub fn new(a: &[i64], desc: Desc) -> Result<Self> {
        let [batch @ .., rows, n] = a else {
            return refuse!(BadNdim, "a: ndim = {} where at least 2 are needed", a.len());
        };
        if rows != n {
            return refuse!(BadShape, "a: the last two extents are {rows} and {n}, and the matrices must be square");
        }
        let n = *n;
        let (first, wanted) = match desc.range {
            Range::All => (0, n),
            Range::Index(low, high) if low < 0 || low > high || high >= n => {
                return refuse!(InvalidArgument, "desc: index_low = {low}, index_high = {high} with n = {n}");
            }
            Range::Index(low, high) => (low, high - low + 1),
            Range::Value(low, high) if low >= high || low.is_nan() || high.is_nan() => {
                return refuse!(InvalidArgument, "desc: value_low = {low} is not below value_high = {high}");
            }
            Range::Value(..) if !batch.is_empty() => {
                return refuse!(Unsupported, "a: ndim = {}; SPK_RANGE_VALUE takes one matrix at a time", a.len());
            }
            Range::Value(..) => (0, n),
        };
        if shape::count(a).and_then(|count| shape::packed_bytes(count, 128)).is_none() {
            return refuse!(BadShape, "a: shape = {a:?} has more than 2^63 - 1 bytes of results");
        }
        Ok(Request { triangle: desc.triangle, range: desc.range, n, first, wanted, batch: batch.into() })
    }

    pub fn count_depends_on_data(&self) -> bool {
        matches!(self.range, Range::Value(..))
    }

    pub fn batch_shape(&self) -> &[i64] {
        &self.batch
    }

    pub fn value_shape(&self) -> Dims {
        self.batch.iter().copied().chain([self.wanted]).collect()
    }

    pub fn vector_shape(&self) -> Dims {
        self.batch.iter().copied().chain([self.n, self.wanted]).collect()
    }

    /// Number of matrices.
    pub fn matrices(&self) -> usize {
        shape::count(&self.batch).unwrap_or(0) as usize
    }
}
