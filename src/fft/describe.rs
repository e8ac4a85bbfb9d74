//! What a plan will do, in words.

use super::cpu::{ENGINE, Number};
use super::desc::{Direction, Family, Trig};
use super::nd::Plan;
use super::recipe::{LineKind, Pass, Place, Recipe};
use crate::backend::cpu::isa;
use crate::tensor::{Load, shape};
use num_complex::Complex;
use std::fmt::Write;

/// What an element of a tensor is called, and how many bytes it takes.
pub(crate) struct Elements {
    pub name: String,
    pub bytes: u64,
}

impl<R: Number> Plan<R>
where
    Complex<R>: Load<R>,
{
    /// A line on the whole, then one on each pass. `input` and `output` say what the elements are.
    pub fn describe(&self, input: &Elements, output: &Elements, threads: usize) -> String {
        let recipe = self.recipe();
        let mut text = format!(
            "{} to {}: {}, {}, {}, at most {} of {threads} threads, {} bytes of scratch",
            input.name,
            output.name,
            passes(recipe),
            isa::best().name(),
            ENGINE,
            self.most_threads(threads),
            self.scratch_bytes(threads)
        );
        let mut touched = 0u64;
        for (i, pass) in recipe.passes.iter().enumerate() {
            let temporary = 2 * size_of::<R>() as u64;
            let size = |place| match place {
                Place::Input => input.bytes,
                Place::Output => output.bytes,
                Place::Temporary => temporary,
            };
            let bytes = |region: &[i64], size: u64| (shape::count(region).unwrap_or(0) as u64).saturating_mul(size);
            let (read, written) = (bytes(&pass.source, size(pass.from)), bytes(&pass.target, size(pass.to)));
            touched = touched.saturating_add(read).saturating_add(written);
            let line = describe_pass(pass);
            let _ = write!(text, "\n{}. {line}, {read} bytes read, {written} written", i + 1);
        }
        let _ = write!(text, "\n{touched} bytes touched");
        text
    }
}

fn passes(recipe: &Recipe) -> String {
    match recipe.passes.len() {
        0 => "nothing to do".into(),
        1 => "1 pass".into(),
        count => format!("{count} passes"),
    }
}

fn describe_pass(pass: &Pass) -> String {
    let lines = shape::count(&pass.target.without(pass.axis)).unwrap_or(0);
    let place = |place| match place {
        Place::Input => "in",
        Place::Output => "out",
        Place::Temporary => "a temporary tensor",
    };
    let padded = match pass.take.cmp(&pass.length) {
        std::cmp::Ordering::Less if pass.kind != LineKind::HalfReal => {
            format!(" ({} of them read, the others 0)", pass.take)
        }
        _ => String::new(),
    };
    format!(
        "axis {}: {lines} lines of {}{padded}, {}, from {} to {}",
        pass.axis,
        pass.length,
        describe_kind(pass.kind, pass.direction),
        place(pass.from),
        place(pass.to)
    )
}

fn describe_kind(kind: LineKind, direction: Direction) -> String {
    let way = if direction == Direction::Forward { "forward" } else { "inverse" };
    match kind {
        LineKind::Complex => format!("complex {way}"),
        LineKind::RealFull => format!("real to all bins {way}"),
        LineKind::RealHalf => format!("real to half the bins {way}"),
        LineKind::HalfReal => format!("half the bins to real {way}"),
        LineKind::Copy => "copied".into(),
        LineKind::Trig(how) => {
            let Trig { family, number } = how.trig;
            let family = if family == Family::Cosine { "cosine" } else { "sine" };
            let weights = if how.orthogonal { ", orthogonal" } else { "" };
            let parts = if how.complex { ", real and imaginary parts" } else { "" };
            format!("{family} transform of type {number}{weights}{parts}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::desc::{Desc, Kind, Norm, Problem};
    use super::*;

    #[test]
    fn each_pass_has_its_line_and_its_bytes() {
        let desc = Desc {
            kind: Kind::R2C,
            direction: Direction::Forward,
            norm: Norm::Backward,
            orthogonal: None,
            axes: vec![0, 1],
            lengths: vec![-1, 8],
        };
        let plan = Plan::<f32>::new(&Problem::new(&[4, 6], false, &desc).unwrap()).unwrap();
        let (input, output) =
            (Elements { name: "float16".into(), bytes: 2 }, Elements { name: "complex64".into(), bytes: 8 });
        let text = plan.describe(&input, &output, 1);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("float16 to complex64: 2 passes, "), "{text}");
        assert_eq!(
            lines[1],
            "1. axis 1: 4 lines of 8 (6 of them read, the others 0), real to half the bins forward, from in to out, \
             48 bytes read, 160 written"
        );
        assert_eq!(lines[2], "2. axis 0: 5 lines of 4, complex forward, from out to out, 160 bytes read, 160 written");
        assert_eq!(lines[3], "528 bytes touched");
    }
}
