//! Work divided among threads, where the build has them.

/// Does `work` on every job, each thread with a tool of its own, and takes the next job when it
/// is done with one. What comes out must not depend on who does which.
#[cfg(feature = "parallel")]
pub(super) fn share<T: Send, J: Send>(
    tools: &mut [T],
    jobs: &mut [J],
    work: impl Fn(&mut T, &mut J) + Sync,
) {
    use std::sync::{Mutex, PoisonError};

    let (own, others) = tools.split_first_mut().expect("there is one thread");
    if others.is_empty() || jobs.len() < 2 {
        return jobs.iter_mut().for_each(|job| work(own, job));
    }
    let left = Mutex::new(jobs.iter_mut());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let take = |tool: &mut T| {
        while let Some(job) = next() {
            work(tool, job);
        }
    };
    std::thread::scope(|scope| {
        let take = &take;
        for tool in others {
            scope.spawn(move || take(tool));
        }
        take(own);
    });
}

/// Does `work` on every job.
#[cfg(not(feature = "parallel"))]
pub(super) fn share<T: Send, J: Send>(
    tools: &mut [T],
    jobs: &mut [J],
    work: impl Fn(&mut T, &mut J) + Sync,
) {
    let own = tools.first_mut().expect("there is one thread");
    jobs.iter_mut().for_each(|job| work(own, job));
}

/// How many threads there are if this many are asked for.
pub(super) fn available(asked: usize) -> usize {
    if cfg!(feature = "parallel") {
        asked.max(1)
    } else {
        1
    }
}
