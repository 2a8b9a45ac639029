//! Log lines to standard error, and a panic that ends the process.
//!
//! A panic in one actor would otherwise leave its neighbours serving beside a hole. What went wrong
//! is logged first; the journal then brings the next start back to the last durable fact.

use std::{backtrace::Backtrace, io::IsTerminal, panic::PanicHookInfo, thread};

use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

use crate::settings::{LogFormat, Settings};

/// The beginning of the name of a thread whose panics are caught: opening a damaged journal may
/// panic inside the storage engine, which is to become a message and an exit code.
pub const OPENING_THREAD: &str = "souk-open";

/// Starts logging as `settings` say and makes panics fatal. An error where logging has been started
/// in this process before.
pub fn start(settings: &Settings) -> Result<(), tracing_subscriber::util::TryInitError> {
    let lines = fmt()
        .with_env_filter(EnvFilter::new(&settings.log))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => lines.finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    install_panic_hook();
    Ok(())
}

/// Makes every panic end the process after it is logged, except on the [`OPENING_THREAD`].
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        report(panic);
        if !is_opening() {
            std::process::abort();
        }
    }));
}

fn is_opening() -> bool {
    thread::current().name().is_some_and(|name| name.starts_with(OPENING_THREAD))
        || crate::store::is_caught()
}

/// Logs the panic, also where the filter is off or logging has not begun.
fn report(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    let message = formatted.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current().name().unwrap_or("unnamed").to_owned();
    let backtrace = Backtrace::force_capture();
    match tracing::enabled!(tracing::Level::ERROR) {
        true => tracing::error!(panic = message, place, thread, %backtrace, "panicked"),
        false => eprintln!("panicked: {message} at {place} on {thread}\n{backtrace}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Output};

    const CHILD: &str = "SOUK_TEST_TELEMETRY";

    /// Runs the test `name` of this file again in a process of its own, where [`CHILD`] is set.
    fn child(name: &str, role: &str) -> Output {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", &format!("telemetry::tests::{name}")])
            .env(CHILD, role)
            .output()
            .unwrap()
    }

    #[test]
    fn a_panic_is_logged_and_ends_the_process() {
        const NAME: &str = "a_panic_is_logged_and_ends_the_process";
        if let Ok(thread) = std::env::var(CHILD) {
            start(&Settings { log: "off".into(), ..Settings::default() }).unwrap();
            let caught = || std::panic::catch_unwind(|| panic!("the book is torn")).is_err();
            let survived = thread::Builder::new().name(thread).spawn(caught).unwrap().join();
            assert!(survived.unwrap());
            return;
        }
        let ended = child(NAME, "book-3");
        assert!(!ended.status.success());
        let log = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(log.contains("the book is torn") && log.contains("book-3"), "{log}");
        let opened = child(NAME, "souk-open-journal");
        assert!(opened.status.success(), "{opened:?}");
        assert!(String::from_utf8_lossy(&opened.stderr).contains("the book is torn"));
    }

    #[test]
    fn lines_are_json_where_asked_for() {
        if std::env::var(CHILD).is_ok() {
            let json = Settings { log_format: LogFormat::Json, ..Settings::default() };
            start(&json).unwrap();
            assert!(start(&json).is_err());
            tracing::info!(sequence = 7, "snapshot made");
            tracing::debug!("beyond the filter");
            return;
        }
        let output = child("lines_are_json_where_asked_for", "json");
        let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stderr)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "snapshot made");
        assert_eq!(lines[0]["sequence"], 7);
        assert_eq!(lines[0]["level"], "INFO");
    }
}
