//! fft::cpu: one line at a time. First version: rustfft and realfft do the transforms; a small cache keeps their
//! tables. This is the seam: nothing outside knows of them.

mod cache;
mod line;

pub(crate) use line::Number;
pub(super) use line::{BufferSizes, Buffers, LineFft, require_memory};

/// What stands behind, for the build line.
pub(crate) const ENGINE: &str = "rustfft 6, realfft 3";
