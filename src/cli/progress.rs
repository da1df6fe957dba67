//! Work that takes a while: progress bars, Ctrl-C, and how many threads do it.

use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

static STOP: AtomicBool = AtomicBool::new(false);

/// Lets Ctrl-C set a flag from now on, instead of ending the process.
pub(super) fn stop() -> &'static AtomicBool {
    // Without a handler Ctrl-C just ends the process, which is not worse than no bar.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    &STOP
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
    let template =
        format!("{{bar:40}} {{human_pos}}/{{human_len}} {what}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).expect("the template is well formed");
    ProgressBar::new(length).with_style(style)
}
