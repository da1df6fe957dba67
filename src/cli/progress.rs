//! Work that takes a while: progress bars, Ctrl-C, and how many threads do it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::drive::Limits;

static STOP: AtomicBool = AtomicBool::new(false);

/// Lets Ctrl-C set a flag from now on, instead of ending the process.
pub(super) fn stop() -> &'static AtomicBool {
    // Without a handler Ctrl-C just ends the process, which is not worse than no bar.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    &STOP
}

/// The limits of runs that Ctrl-C stops.
pub(super) fn until_stopped() -> Limits {
    Limits {
        stop: Some(stop()),
        ..Limits::default()
    }
}

/// Lets so many threads work, if that is said.
pub(super) fn jobs(jobs: Option<u16>) {
    if let Some(jobs) = jobs {
        // Fails only where the pool is in use already, and nothing has used it yet.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.into())
            .build_global();
    }
}

/// A bar for so many of something; only a terminal shows it.
pub(super) fn bar(length: u64, what: &str) -> ProgressBar {
    let style = style(&format!(
        "{{bar:20}} {{human_pos}}/{{human_len}} {what}, {{rate}}, {{eta}} left"
    ));
    ProgressBar::new(length).with_style(style)
}

/// A count of something whose end nobody knows.
pub(super) fn spinner(what: &str) -> ProgressBar {
    let style = style(&format!(
        "{{spinner}} {{human_pos}} {what}, {{rate}}{{msg}}"
    ));
    ProgressBar::no_length().with_style(style)
}

/// A style in which `{rate}` is how much is done a second, in whole numbers where they say enough.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        let rate = state.per_sec();
        let _ = match rate < 10.0 {
            true => write!(out, "{rate:.1}/s"),
            false => write!(out, "{}/s", HumanCount(rate as u64)),
        };
    };
    style.with_key("rate", rate)
}
