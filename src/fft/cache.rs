//! The engines of recent lengths with their tables, shared by all threads and bounded: the least recently used go
//! first. One-shot calls and plans find their engines here.

use super::desc::Direction;
use super::recipe::LineKind;
use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, PoisonError};

/// What may be kept, and what is. Bytes are those of the tables, as the engines tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub entries: usize,
    pub bytes: usize,
}

const DEFAULT_LIMIT: Extent = Extent { entries: 64, bytes: 64 << 20 };

/// What makes two engines of one type the same.
pub(super) type Key = (LineKind, Direction, usize);

/// An engine: cheap to clone, since its tables are shared.
pub(super) trait Engine: Clone + Send + Sync + 'static {
    fn bytes(&self) -> usize;
}

struct Entry {
    key: (TypeId, Key),
    engine: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

struct Cache {
    /// Least recently used first.
    entries: Vec<Entry>,
    bytes: usize,
    limit: Extent,
}

static CACHE: Mutex<Cache> = Mutex::new(Cache { entries: Vec::new(), bytes: 0, limit: DEFAULT_LIMIT });

/// The engine of this key, made by `make` if it is not at hand.
pub(super) fn engine<E: Engine>(key: Key, make: impl FnOnce() -> E) -> E {
    let key = (TypeId::of::<E>(), key);
    if let Some(found) = with(|cache| cache.find(&key)).and_then(|e| e.downcast_ref::<E>().cloned()) {
        return found;
    }
    // Made outside the lock: a long plan holds nobody up. Two threads may make the same; one of them is kept.
    let made = make();
    let entry = Entry { key, bytes: made.bytes(), engine: Arc::new(made.clone()) };
    drop(with(|cache| cache.insert(entry)));
    made
}

/// What is kept, and the limit.
pub(crate) fn extent() -> (Extent, Extent) {
    with(|cache| (Extent { entries: cache.entries.len(), bytes: cache.bytes }, cache.limit))
}

/// Sets how much may be kept, and drops what is beyond.
pub(crate) fn set_limit(limit: Extent) {
    let dropped = with(|cache| {
        cache.limit = limit;
        cache.trim()
    });
    drop(dropped);
}

/// Drops everything. Engines at work live until they are done.
pub(crate) fn clear() {
    let dropped = with(|cache| {
        cache.bytes = 0;
        std::mem::take(&mut cache.entries)
    });
    drop(dropped);
}

fn with<T>(act: impl FnOnce(&mut Cache) -> T) -> T {
    act(&mut CACHE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What these return has left the cache, and is to be freed outside the lock.
impl Cache {
    fn find(&mut self, key: &(TypeId, Key)) -> Option<Arc<dyn Any + Send + Sync>> {
        let at = self.entries.iter().position(|e| e.key == *key)?;
        self.entries[at..].rotate_left(1);
        self.entries.last().map(|entry| entry.engine.clone())
    }

    fn insert(&mut self, entry: Entry) -> Vec<Entry> {
        let there = self.entries.iter().any(|e| e.key == entry.key);
        if there || entry.bytes > self.limit.bytes {
            return vec![entry];
        }
        self.bytes += entry.bytes;
        self.entries.push(entry);
        self.trim()
    }

    fn trim(&mut self) -> Vec<Entry> {
        let (mut count, mut bytes) = (0, self.bytes);
        while self.entries.len() - count > self.limit.entries || bytes > self.limit.bytes {
            bytes -= self.entries[count].bytes;
            count += 1;
        }
        self.bytes = bytes;
        self.entries.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Probe(usize);

    impl Engine for Probe {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    fn probe(length: usize, bytes: usize) -> usize {
        engine((LineKind::Copy, Direction::Forward, length), || Probe(bytes)).0
    }

    fn cache() -> Cache {
        Cache { entries: Vec::new(), bytes: 0, limit: Extent { entries: 3, bytes: 100 } }
    }

    fn entry(length: usize, bytes: usize) -> Entry {
        let key = (TypeId::of::<Probe>(), (LineKind::Copy, Direction::Forward, length));
        Entry { key, engine: Arc::new(Probe(bytes)), bytes }
    }

    #[test]
    fn what_is_made_is_found_again() {
        assert_eq!(probe(7, 10), 10);
        assert_eq!(probe(7, 99), 10, "it is cached");
    }

    #[test]
    fn entries_and_bytes_are_bounded_and_the_oldest_goes_first() {
        let mut cache = cache();
        for length in 1..=3 {
            assert!(cache.insert(entry(length, 20)).is_empty());
        }
        assert!(cache.find(&entry(1, 0).key).is_some());
        let dropped = cache.insert(entry(4, 20));
        assert_eq!(dropped.iter().map(|e| e.key.1.2).collect::<Vec<_>>(), [2], "1 was used after 2");
        assert_eq!(cache.insert(entry(5, 70)).len(), 2);
        assert_eq!((cache.entries.len(), cache.bytes), (2, 90));
        assert_eq!(cache.insert(entry(6, 101)).len(), 1, "what is too long drives nothing out");
        assert_eq!(cache.insert(entry(5, 70)).len(), 1, "one of two that were made at once is kept");
        assert_eq!((cache.entries.len(), cache.bytes), (2, 90));
        cache.limit = Extent { entries: 0, bytes: 100 };
        assert_eq!(cache.trim().len(), 2);
        assert_eq!(cache.bytes, 0);
    }
}
