//! No panic goes further than here, and each failure leaves its status and, for its thread, its message.

use super::{Error, Result, Status};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body` and turns what comes of it into a status number.
pub(crate) fn status(body: impl FnOnce() -> Result<()>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => remember(error),
        Err(payload) => remember(Error::new(Status::Panic, panic_message(payload.as_ref()))),
    }
}

/// Shows this thread's last message to `read`.
pub(crate) fn with_last_error<R>(read: impl FnOnce(&str) -> R) -> R {
    // While the thread ends its message is gone already: then it reads as empty.
    let message = LAST_ERROR.try_with(|last| last.try_borrow().map(|m| m.clone()).unwrap_or_default());
    read(&message.unwrap_or_default())
}

fn remember(error: Error) -> i32 {
    let status = error.status as i32;
    let _ = LAST_ERROR.try_with(|last| last.try_borrow_mut().map(|mut m| *m = error.message));
    status
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("a bug in spectrapack: {}", text.unwrap_or("panic without a message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_with_its_message() {
        assert_eq!(status(|| panic!("over {}", 9000)), 99);
        with_last_error(|message| assert!(message.contains("over 9000"), "{message}"));
    }
}
