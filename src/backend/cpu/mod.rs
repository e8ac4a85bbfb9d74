//! backend::cpu: threads, scratch memory and what the processor can do.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | tensor, error | no | isa, pool, scratch, simd | compile time |

pub(crate) mod isa;
pub(crate) mod pool;
pub(crate) mod scratch;
pub(crate) mod simd;

use crate::error::{Result, refuse};
use scratch::Block;

/// Told the fraction done, 0 to 1; true cancels.
pub(crate) type Progress = Box<dyn FnMut(f64) -> bool>;

/// What one call may use.
pub(crate) struct Exec<'a> {
    /// How many threads may compute, at least 1.
    pub threads: usize,
    scratch: Option<&'a mut [u8]>,
    progress: Option<&'a mut Progress>,
    /// Which part of the whole call this is, as fractions.
    span: (f64, f64),
}

impl<'a> Exec<'a> {
    pub fn with_threads(threads: usize) -> Self {
        Exec { threads: threads.max(1), scratch: None, progress: None, span: (0.0, 1.0) }
    }

    pub fn with_scratch(self, scratch: &'a mut [u8]) -> Self {
        Exec { scratch: Some(scratch), ..self }
    }

    pub fn with_progress(self, progress: &'a mut Progress) -> Self {
        Exec { progress: Some(progress), ..self }
    }

    /// Scratch of `bytes` bytes: the caller's if it gave some, else from the heap.
    pub fn scratch<'s>(&'s mut self, bytes: usize) -> Result<(Block<'s>, Poll<'s>)> {
        let poll = Poll { progress: self.progress.as_deref_mut(), span: self.span };
        match &mut self.scratch {
            Some(lent) if lent.len() < bytes => {
                refuse!(ScratchTooSmall, "exec: scratch_size = {} where {bytes} bytes are needed", lent.len())
            }
            Some(lent) => Ok((Block::Lent(lent), poll)),
            None => Ok((Block::allocate(bytes)?, poll)),
        }
    }

    /// The progress callback alone, for work that needs no scratch of the caller's.
    pub fn poll(&mut self) -> Poll<'_> {
        Poll { progress: self.progress.as_deref_mut(), span: self.span }
    }

    /// The resources of a part of the call: memory of our own, and progress from one fraction to another. Its end is
    /// not told.
    pub fn part(&mut self, from: f64, to: f64) -> Exec<'_> {
        Exec { threads: self.threads, scratch: None, progress: self.progress.as_deref_mut(), span: (from, to) }
    }
}

/// Asks the host now and then whether to go on. Lives on the calling thread.
pub(crate) struct Poll<'a> {
    progress: Option<&'a mut Progress>,
    span: (f64, f64),
}

impl Poll<'_> {
    /// Tells the fraction done. True asks to stop.
    pub fn stop(&mut self, fraction: f64) -> bool {
        let (from, to) = self.span;
        if fraction >= 1.0 && to < 1.0 {
            return false;
        }
        let fraction = from + (to - from) * fraction;
        self.progress.as_mut().is_some_and(|tell| tell(fraction))
    }
}

/// One line on the processor.
pub(crate) fn describe() -> String {
    format!("cpu:0 {}, {}, {} threads", std::env::consts::ARCH, isa::best().name(), pool::default_threads())
}
