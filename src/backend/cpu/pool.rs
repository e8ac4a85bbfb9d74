//! Threads. Work is cut into as many parts as there are threads; the caller computes one of them and polls.

use super::Poll;
use crate::error::{Result, refuse};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The global setting: SPK_NUM_THREADS if it is a positive number, else the cores this process may use. Read once.
pub(crate) fn default_threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        let asked = std::env::var("SPK_NUM_THREADS").ok().and_then(|text| text.trim().parse().ok());
        let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
        asked.filter(|n| *n > 0).unwrap_or_else(cores)
    })
}

/// How far a piece of work has come, and whether it shall go on. Shared by its threads.
pub(crate) struct Work {
    total: usize,
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl Work {
    pub fn new(total: usize) -> Self {
        Work { total: total.max(1), done: AtomicUsize::new(0), stopped: AtomicBool::new(false) }
    }

    /// Counts `items` as done. False says that the part shall stop. `poll` is there on the calling thread; once it
    /// asked to stop it is not asked again, and that all is done is for [`Work::finish`] to tell.
    pub fn advance(&self, items: usize, poll: Option<&mut Poll<'_>>) -> bool {
        let done = self.done.fetch_add(items, Relaxed) + items;
        if done < self.total && self.goes_on() && poll.is_some_and(|poll| poll.stop(done as f64 / self.total as f64)) {
            self.stopped.store(true, Relaxed);
        }
        self.goes_on()
    }

    /// As [`Work::advance`] in the midst of an item, of which `part` is done.
    pub fn within(&self, part: f64, poll: Option<&mut Poll<'_>>) -> bool {
        let fraction = || (self.done.load(Relaxed) as f64 + part.clamp(0.0, 1.0)) / self.total as f64;
        if self.goes_on() && poll.is_some_and(|poll| poll.stop(fraction().min(1.0))) {
            self.stopped.store(true, Relaxed);
        }
        self.goes_on()
    }

    /// Whether a part that has not begun shall begin.
    pub fn goes_on(&self) -> bool {
        !self.stopped.load(Relaxed)
    }

    /// CANCELLED if the callback asked to stop. Else all is done, and it is told so; what it answers then is too late.
    pub fn finish(&self, poll: &mut Poll<'_>) -> Result<()> {
        if !self.goes_on() {
            let done = self.done.load(Relaxed);
            return refuse!(Cancelled, "exec: progress asked to stop after {done} of {}", self.total);
        }
        poll.stop(1.0);
        Ok(())
    }
}

/// Computes all parts, each on a thread of its own but for the first, which the caller computes and polls in. Parts
/// whose thread could not be had, or has not come to it yet, the caller computes as well.
pub(crate) fn run<P: Send>(parts: Vec<P>, poll: &mut Poll<'_>, compute: impl Fn(P, Option<&mut Poll<'_>>) + Sync) {
    if parts.len() == 1 {
        return parts.into_iter().for_each(|part| compute(part, Some(poll)));
    }
    let slots: Vec<_> = parts.into_iter().map(|part| Mutex::new(Some(part))).collect();
    let take = |slot: &Mutex<Option<P>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    std::thread::scope(|scope| {
        for slot in slots.iter().skip(1) {
            let work = || take(slot).into_iter().for_each(|part| compute(part, None));
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        for slot in &slots {
            take(slot).into_iter().for_each(|part| compute(part, Some(poll)));
        }
    });
}

/// How many threads are worth their start for `items` items of `cost` flops each.
pub(crate) fn useful_threads(threads: usize, items: usize, cost: f64) -> usize {
    // A thread costs some 20 us to start: about 200 000 flops of these engines.
    let worth = (items as f64 * cost / 400_000.0) as usize;
    threads.min(items).min(worth).max(1)
}

/// Lengths of `count` nearly equal parts of `items`.
pub(crate) fn shares(items: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| items * (i + 1) / count - items * i / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for (items, count) in [(10, 3), (0, 2), (7, 7), (5, 1)] {
            assert_eq!(shares(items, count).sum::<usize>(), items);
            assert_eq!(shares(items, count).count(), count);
        }
    }

    #[test]
    fn a_callback_on_the_calling_thread_stops_all_parts() {
        let mut asked_again = false;
        let mut stop: super::super::Progress = Box::new(move |fraction| {
            assert!(!asked_again, "asked again after it asked to stop");
            asked_again = fraction > 0.3;
            asked_again
        });
        let mut poll = Poll { progress: Some(&mut stop), span: (0.0, 1.0) };
        let work = Work::new(1_000_000_000_000);
        work.done.store(500_000_000_000, Relaxed);
        run(vec![0, 1, 2], &mut poll, |_, mut poll| while work.advance(1, poll.as_deref_mut()) {});
        assert_eq!(work.finish(&mut poll).unwrap_err().status, crate::error::Status::Cancelled);
    }
}
