//! A plan is data first: which lines are transformed, in what order, from where to where.

use super::cpu::TrigLine;
use super::desc::{Direction, Kind, Problem};
use crate::tensor::Dims;

/// Where a pass reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Input,
    Output,
    /// A compact complex tensor in scratch.
    Temporary,
}

/// What happens to each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LineKind {
    /// Complex to complex.
    Complex,
    /// Real to all bins: half of them computed, half mirrored.
    RealFull,
    /// Real to the first half of the bins.
    RealHalf,
    /// Half of the bins to real.
    HalfReal,
    /// A cosine or sine transform.
    Trig(TrigLine),
    /// A conversion to complex: the transform over no axis.
    Copy,
}

/// Transforms all lines along one axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pass {
    pub axis: usize,
    pub kind: LineKind,
    pub direction: Direction,
    /// The transform's length.
    pub length: usize,
    /// How many elements of each line are read; the rest of the length is zeros.
    pub take: usize,
    pub from: Place,
    pub to: Place,
    /// The corner of the source that is read: `take` along the axis, elsewhere all that is not padding.
    pub source: Dims,
    /// The corner of the target that is written.
    pub target: Dims,
}

impl Pass {
    /// How many points the tables of its engine are for: those of a period for cosine and sine transforms.
    pub fn points(&self) -> usize {
        if let LineKind::Trig(_) = self.kind { self.length.saturating_mul(2).saturating_add(2) } else { self.length }
    }
}

/// The passes of a problem in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recipe {
    pub passes: Vec<Pass>,
    /// The shape of the temporary tensor, if one is needed.
    pub temporary: Option<Dims>,
}

impl Recipe {
    /// The half axis of a real transform goes first for R2C and last for C2R, so that the others see complex numbers.
    pub fn new(problem: &Problem) -> Self {
        if problem.output.contains(&0) {
            return Recipe { passes: Vec::new(), temporary: None };
        }
        let mut order: Vec<usize> = (0..problem.axes.len()).rev().collect();
        if problem.kind == Kind::C2R {
            order.rotate_left(1);
        }
        // Strided axes first: what they stream out, the contiguous axis then reads and writes in place.
        if problem.kind == Kind::C2C && problem.complex_input && problem.input == problem.output {
            order.sort_by_key(|i| problem.axes[*i].axis);
        }
        let mut region = corner(problem);
        let temporary = match problem.kind {
            Kind::C2R if order.len() > 1 => Some(temporary_shape(problem, &region)),
            _ => None,
        };
        let between = if temporary.is_some() { Place::Temporary } else { Place::Output };
        let mut passes: Vec<Pass> = Vec::with_capacity(order.len());
        for (step, &i) in order.iter().enumerate() {
            let (first, last) = (step == 0, step + 1 == order.len());
            let axis = problem.axes[i];
            let source = region.clone();
            let kind = match problem.kind {
                Kind::R2C if first => LineKind::RealHalf,
                Kind::C2R if last => LineKind::HalfReal,
                Kind::C2C if first && !problem.complex_input => LineKind::RealFull,
                Kind::Trig(trig) => {
                    let trig = if problem.direction == Direction::Inverse { trig.inverse() } else { trig };
                    let (orthogonal, complex) = (problem.orthogonal, problem.complex_input);
                    LineKind::Trig(TrigLine { trig, orthogonal, complex })
                }
                _ => LineKind::Complex,
            };
            region[axis.axis] = axis.output;
            passes.push(Pass {
                axis: axis.axis,
                kind,
                direction: problem.direction,
                length: axis.length as usize,
                take: source[axis.axis] as usize,
                from: if first { Place::Input } else { between },
                to: if last { Place::Output } else { between },
                source,
                target: region.clone(),
            });
        }
        if passes.is_empty() {
            passes.push(copy_pass(problem));
        }
        Recipe { passes, temporary }
    }
}

/// The part of the input that is read: along transformed axes at most the length, for the half axis of C2R at most
/// half of it and one.
fn corner(problem: &Problem) -> Dims {
    let mut region = problem.input.clone();
    for (i, axis) in problem.axes.iter().enumerate() {
        let half = problem.kind == Kind::C2R && i + 1 == problem.axes.len();
        let bins = if half { axis.length / 2 + 1 } else { axis.length };
        region[axis.axis] = region[axis.axis].min(bins);
    }
    region
}

/// For C2R over several axes: all but the half axis at full length.
fn temporary_shape(problem: &Problem, region: &Dims) -> Dims {
    let mut shape = region.clone();
    for axis in problem.axes.iter().rev().skip(1) {
        shape[axis.axis] = axis.length;
    }
    shape
}

/// No axes, which only a tensor of no dimensions has: it is seen as one line of one element.
fn copy_pass(problem: &Problem) -> Pass {
    let shape = Dims::filled(1, 1);
    Pass {
        axis: 0,
        kind: LineKind::Copy,
        direction: problem.direction,
        length: 1,
        take: 1,
        from: Place::Input,
        to: Place::Output,
        source: shape.clone(),
        target: shape,
    }
}

#[cfg(test)]
mod tests {
    use super::super::desc::{Desc, Norm};
    use super::*;

    fn recipe(kind: Kind, complex: bool, shape: &[i64], axes: &[i32], lengths: &[i64]) -> Recipe {
        let (direction, norm) = (Direction::Forward, Norm::Backward);
        let desc = Desc { kind, direction, norm, orthogonal: None, axes: axes.to_vec(), lengths: lengths.to_vec() };
        Recipe::new(&Problem::new(shape, complex, &desc).unwrap())
    }

    #[test]
    fn r2c_transforms_the_half_axis_first() {
        let r = recipe(Kind::R2C, false, &[4, 6], &[0, 1], &[-1, -1]);
        let kinds: Vec<_> = r.passes.iter().map(|p| (p.axis, p.kind, p.from, p.to)).collect();
        assert_eq!(
            kinds,
            [
                (1, LineKind::RealHalf, Place::Input, Place::Output),
                (0, LineKind::Complex, Place::Output, Place::Output)
            ]
        );
        assert_eq!(r.temporary, None);
    }

    #[test]
    fn c2r_transforms_the_half_axis_last_through_a_temporary() {
        let r = recipe(Kind::C2R, true, &[4, 4, 5], &[0, 2, 1], &[-1, 3, 7]);
        let order: Vec<_> = r.passes.iter().map(|p| (p.axis, p.kind, p.from, p.to)).collect();
        assert_eq!(
            order,
            [
                (2, LineKind::Complex, Place::Input, Place::Temporary),
                (0, LineKind::Complex, Place::Temporary, Place::Temporary),
                (1, LineKind::HalfReal, Place::Temporary, Place::Output)
            ]
        );
        assert_eq!(r.temporary.unwrap()[..], [4, 4, 3]);
        assert_eq!(r.passes[2].target[..], [4, 7, 3]);
    }

    #[test]
    fn an_empty_result_needs_no_engine() {
        let r = recipe(Kind::C2C, true, &[0, 1 << 40], &[1], &[-1]);
        assert!(r.passes.is_empty());
    }

    #[test]
    fn padding_is_read_by_no_pass_and_the_last_pass_writes_everything() {
        let r = recipe(Kind::C2C, true, &[3, 5], &[0, 1], &[8, 2]);
        assert_eq!(r.passes[0].source[..], [3, 2]);
        assert_eq!(r.passes[0].target[..], [3, 2]);
        assert_eq!((r.passes[1].take, r.passes[1].length), (3, 8));
        assert_eq!(r.passes[1].target[..], [8, 2]);
    }
}
