//! fft::cpu: the engine. `factor` takes lengths apart, `twiddle` has the roots of 1, `kernel` the code that runs,
//! `complex` and `line` the transforms of one line of any length.

mod axis;
mod complex;
mod cosine;
mod factor;
mod kernel;
mod line;
#[cfg(test)]
mod reference;
mod twiddle;

pub(super) use axis::job;
pub(super) use cosine::TrigLine;
pub(super) use kernel::{Job, most_scratch};
pub(crate) use line::Number;
pub(super) use line::{BufferSizes, Buffers, LineFft, require_memory};

/// What stands behind, for the build line.
pub(crate) const ENGINE: &str = "fft of its own";
