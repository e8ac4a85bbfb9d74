//! The tables of recent lengths, shared by all threads and bounded: the least recently used go first.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, PoisonError};

/// How many engines are kept.
const CAPACITY: usize = 64;
/// How many points their lengths may sum up to. A point takes 16 bytes for most lengths, so 64 MiB, and up to 80 for
/// large primes. A longer engine is not kept at all.
const MAX_POINTS: usize = 4 << 20;

/// Type of engine, length, whether inverse.
type Key = (TypeId, usize, bool);

struct Entry {
    key: Key,
    engine: Arc<dyn Any + Send + Sync>,
}

/// Least recently used first.
static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// The engine of this type, length and direction; made by `make` if it is not at hand.
pub(super) fn engine<E: Clone + Send + Sync + 'static>(length: usize, inverse: bool, make: impl FnOnce() -> E) -> E {
    let key = (TypeId::of::<E>(), length, inverse);
    if let Some(found) = lookup::<E>(&key) {
        return found;
    }
    // Made outside the lock: a long plan holds nobody up. Two threads may make the same; one of them is kept.
    let made = make();
    insert(key, Arc::new(made.clone()));
    made
}

fn lookup<E: Clone + 'static>(key: &Key) -> Option<E> {
    let mut entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = entries.iter().position(|e| e.key == *key)?;
    let entry = entries.remove(at);
    let found = entry.engine.downcast_ref::<E>().cloned();
    entries.push(entry);
    found
}

fn insert(key: Key, engine: Arc<dyn Any + Send + Sync>) {
    let mut entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    if key.1 > MAX_POINTS {
        return;
    }
    entries.retain(|e| e.key != key);
    entries.push(Entry { key, engine });
    let mut points: usize = entries.iter().map(|e| e.key.1).sum();
    while entries.len() > CAPACITY || points > MAX_POINTS {
        points -= entries.remove(0).key.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Probe;

    #[test]
    fn the_cache_is_bounded_and_hits() {
        for length in 1..=3 * CAPACITY {
            engine(length, false, || Probe);
        }
        assert!(ENTRIES.lock().unwrap().len() <= CAPACITY);
        engine(7, true, || Probe);
        engine(7, true, || -> Probe { panic!("it is cached") });
        engine(MAX_POINTS + 1, false, || Probe);
        engine(7, true, || -> Probe { panic!("what is too long drives nothing out") });
        engine(MAX_POINTS - 1, false, || Probe);
        let points: usize = ENTRIES.lock().unwrap().iter().map(|e| e.key.1).sum();
        assert!(points <= MAX_POINTS);
    }
}
