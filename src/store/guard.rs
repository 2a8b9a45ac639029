//! Panics that the store expects: sled panics on some damaged files, and a fold panics on facts that
//! do not fit. Where the store asks for it, a panic becomes an answer.
//!
//! A panic hook that ends the process must let these pass: it asks [`is_caught`].

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught now.
pub fn is_caught() -> bool {
    CAUGHT.get()
}

/// Runs `work`; a panic in it becomes its message. What `work` changed is unusable then.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert!(!is_caught());
        assert_eq!(caught(is_caught), Ok(true));
        let number = std::hint::black_box(5);
        assert_eq!(caught(|| assert!(number == 4, "not {number}")), Err("not 5".into()));
        assert!(!is_caught());
    }
}
