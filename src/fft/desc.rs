//! What was asked, checked against the input's shape.

use crate::error::{Result, refuse};
use crate::tensor::{Dims, shape};

/// Which of input and output are complex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    C2C,
    R2C,
    C2R,
    /// Of real numbers; of complex ones, real and imaginary parts on their own.
    Trig(Trig),
}

/// A cosine or sine transform of type 1 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Trig {
    pub family: Family,
    pub number: u8,
}

/// Cosine or sine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Cosine,
    Sine,
}

impl Trig {
    /// Types 2 and 3 are inverse to each other, 1 and 4 to themselves, up to a factor.
    pub fn inverse(self) -> Self {
        let number = match self.number {
            2 => 3,
            3 => 2,
            other => other,
        };
        Trig { number, ..self }
    }

    /// The length of the period that `n` elements stand for.
    fn period(self, n: i64) -> f64 {
        let n = n as f64;
        match (self.family, self.number) {
            (Family::Cosine, 1) => 2.0 * (n - 1.0),
            (Family::Sine, 1) => 2.0 * (n + 1.0),
            _ => 2.0 * n,
        }
    }

    /// The least number of elements.
    fn least(self) -> i64 {
        if self.family == Family::Cosine && self.number == 1 { 2 } else { 1 }
    }
}

/// The sign in the exponent: minus or plus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Forward,
    Inverse,
}

/// Where the factor 1/n goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norm {
    Backward,
    Ortho,
    Forward,
}

/// A transform as the host describes it.
#[derive(Clone, Debug)]
pub(crate) struct Desc {
    pub kind: Kind,
    pub direction: Direction,
    pub norm: Norm,
    /// Cosine and sine transforms: whether their matrix is orthogonal up to a factor. None: with [`Norm::Ortho`].
    pub orthogonal: Option<bool>,
    /// Negative ones count from the end.
    pub axes: Vec<i32>,
    /// One an axis; -1 is the input's own.
    pub lengths: Vec<i64>,
}

/// One axis of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    pub axis: usize,
    /// The transform's length.
    pub length: i64,
    /// The output's extent: the length, or half of it and one.
    pub output: i64,
}

/// A transform whose every number is known and sound.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub kind: Kind,
    pub direction: Direction,
    /// Whether the input's elements have imaginary parts.
    pub complex_input: bool,
    pub input: Dims,
    pub output: Dims,
    /// In the order that was asked; the last one is the half one of R2C and C2R.
    pub axes: Vec<Axis>,
    /// Of cosine and sine transforms: as [`Desc::orthogonal`] says.
    pub orthogonal: bool,
    /// What every output element is multiplied by.
    pub scale: f64,
}

impl Problem {
    pub fn new(input: &[i64], complex_input: bool, desc: &Desc) -> Result<Self> {
        if desc.kind == Kind::R2C && complex_input {
            return refuse!(BadDtype, "in: complex where kind = SPK_FFT_R2C takes a real tensor");
        }
        let axes = resolve_axes(input.len(), &desc.axes)?;
        if axes.is_empty() && desc.kind != Kind::C2C {
            return refuse!(BadNdim, "in: ndim = 0, and transforms but SPK_FFT_C2C need an axis");
        }
        let mut resolved = Vec::with_capacity(axes.len());
        let mut points = 1.0;
        for (i, (&axis, &asked)) in axes.iter().zip(&desc.lengths).enumerate() {
            let half = i + 1 == axes.len();
            let own = match desc.kind {
                Kind::C2R if half => 2 * (input[axis].min(i64::MAX / 4) - 1),
                _ => input[axis],
            };
            let length = if asked == -1 { own } else { asked };
            if length < 1 && asked == -1 {
                return refuse!(BadShape, "in: shape[{axis}] = {} gives a transform of length {length}", input[axis]);
            }
            if length < 1 {
                return refuse!(BadShape, "desc: lengths[{i}] = {length} along axis {axis} is below 1");
            }
            if let Kind::Trig(trig) = desc.kind
                && length < trig.least()
            {
                let (name, at) = if asked == -1 { ("in: shape", axis) } else { ("desc: lengths", i) };
                return refuse!(BadShape, "{name}[{at}] = {length}, and a cosine transform of type I needs 2 or more");
            }
            let output = if desc.kind == Kind::R2C && half { length / 2 + 1 } else { length };
            points *= match desc.kind {
                Kind::Trig(trig) => trig.period(length),
                _ => length as f64,
            };
            resolved.push(Axis { axis, length, output });
        }
        let mut output = Dims::from(input);
        for axis in &resolved {
            output[axis.axis] = axis.output;
        }
        if shape::count(&output).and_then(|n| shape::packed_bytes(n, 128)).is_none() {
            return refuse!(BadShape, "out: shape = {:?} has more than 2^63 - 1 bytes", &output[..]);
        }
        let scale = match (desc.norm, desc.direction) {
            (Norm::Ortho, _) => 1.0 / points.sqrt(),
            (Norm::Backward, Direction::Inverse) | (Norm::Forward, Direction::Forward) => 1.0 / points,
            _ => 1.0,
        };
        let (kind, direction) = (desc.kind, desc.direction);
        let orthogonal = desc.orthogonal.unwrap_or(desc.norm == Norm::Ortho);
        Ok(Problem { kind, direction, complex_input, input: input.into(), output, axes: resolved, orthogonal, scale })
    }

    pub fn output_shape(&self) -> &[i64] {
        &self.output
    }

    pub fn output_is_complex(&self) -> bool {
        match self.kind {
            Kind::C2C | Kind::R2C => true,
            Kind::C2R => false,
            Kind::Trig(_) => self.complex_input,
        }
    }
}

pub(super) fn resolve_axes(ndim: usize, axes: &[i32]) -> Result<Vec<usize>> {
    let mut resolved = Vec::with_capacity(axes.len());
    for (i, &axis) in axes.iter().enumerate() {
        let from_start = if axis < 0 { i64::from(axis) + ndim as i64 } else { i64::from(axis) };
        if from_start < 0 || from_start >= ndim as i64 {
            return refuse!(BadAxis, "desc: axes[{i}] = {axis} is out of range for ndim = {ndim}");
        }
        if resolved.contains(&(from_start as usize)) {
            return refuse!(BadAxis, "desc: axes[{i}] = {axis} is given twice");
        }
        resolved.push(from_start as usize);
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    fn desc(kind: Kind, axes: &[i32], lengths: &[i64]) -> Desc {
        let (direction, norm) = (Direction::Forward, Norm::Backward);
        Desc { kind, direction, norm, orthogonal: None, axes: axes.to_vec(), lengths: lengths.to_vec() }
    }

    #[test]
    fn r2c_halves_the_last_listed_axis() {
        let p = Problem::new(&[4, 5, 6], false, &desc(Kind::R2C, &[2, 0], &[-1, -1])).unwrap();
        assert_eq!(p.output[..], [3, 5, 6]);
    }

    #[test]
    fn c2r_of_m_bins_has_2m_minus_2_points_unless_told() {
        let p = |n| Problem::new(&[4], true, &desc(Kind::C2R, &[0], &[n])).map(|p| p.output[0]);
        assert_eq!((p(-1), p(7)), (Ok(6), Ok(7)));
        let one_bin = Problem::new(&[1], true, &desc(Kind::C2R, &[0], &[-1]));
        assert_eq!(one_bin.unwrap_err().status, Status::BadShape);
    }

    #[test]
    fn overflowing_outputs_are_refused() {
        let e = Problem::new(&[1 << 40, 4], true, &desc(Kind::C2C, &[1], &[1 << 40])).unwrap_err();
        assert_eq!(e.status, Status::BadShape);
    }
}
