//! Where a trace is read from: a file, standard input, or a folder with a file for each core.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use crate::maps::KINDS;
use crate::trace::{LAST_THREAD, Open, PerCore, Trace};

/// A trace on standard input is held in memory.
const MAX_STDIN_BYTES: u64 = 256 << 20;

/// Reads the trace in `file`; `-` is standard input.
pub(super) fn read(file: &str) -> Result<Trace, Failure> {
    let name = if file == "-" { "standard input" } else { file };
    let open: Box<Open> = if file == "-" {
        standard_input()?
    } else if Path::new(file).is_dir() {
        folder(file)?
    } else {
        let path = file.to_owned();
        Box::new(move || Ok(Box::new(BufReader::new(File::open(&path)?)) as Box<dyn BufRead>))
    };
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    Trace::read(name, &kinds, open).map_err(|error| Failure::replaying(name, error))
}

fn standard_input() -> Result<Box<Open>, Failure> {
    let mut bytes = Vec::new();
    let input = io::stdin()
        .take(MAX_STDIN_BYTES + 1)
        .read_to_end(&mut bytes);
    input.map_err(|error| Failure::reading("standard input", &error))?;
    if bytes.len() as u64 > MAX_STDIN_BYTES {
        let most = MAX_STDIN_BYTES >> 20;
        return Err(Failure::usage(format!(
            "more than {most} MiB on standard input: name a file"
        )));
    }
    let bytes: Arc<[u8]> = bytes.into();
    Ok(Box::new(move || {
        Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<dyn BufRead>)
    }))
}

/// A folder with a file for each core.
fn folder(name: &str) -> Result<Box<Open>, Failure> {
    let files = files(name)?;
    let open = move || -> io::Result<PerCore<Box<dyn BufRead>>> {
        let files = files.iter().map(|path| {
            let input: Box<dyn BufRead> = Box::new(BufReader::new(File::open(path)?));
            Ok((path.display().to_string(), input))
        });
        Ok(PerCore::new(files.collect::<io::Result<_>>()?))
    };
    let checked = open().map_err(Into::into).and_then(PerCore::check);
    checked.map_err(|error| Failure::replaying(name, error))?;
    Ok(Box::new(move || Ok(Box::new(open()?) as Box<dyn BufRead>)))
}

/// The folder's files, in the order of cores: those whose names end with the core's number and
/// `.trace`.
fn files(folder: &str) -> Result<Vec<PathBuf>, Failure> {
    let reading = |error| Failure::reading(folder, &error);
    let mut files: Vec<(u16, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).map_err(reading)? {
        let path = entry.map_err(reading)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(stem) = name.strip_suffix(".trace") else {
            continue;
        };
        let digits = stem.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = digits.rsplit(|c: char| !c.is_ascii_digit()).next();
        if let Some(Ok(core)) = digits.map(str::parse) {
            files.push((core, path));
        }
    }
    files.sort();
    let in_order = files.iter().zip(0..).all(|((core, _), at)| *core == at);
    if files.is_empty() || !in_order || files.len() > usize::from(LAST_THREAD) + 1 {
        return Err(Failure::usage(format!(
            "{folder} is a folder: expected a file for each core in it, p0.trace, p1.trace and \
             so on, without a gap and at most {}",
            LAST_THREAD + 1
        )));
    }
    Ok(files.into_iter().map(|(_, path)| path).collect())
}
