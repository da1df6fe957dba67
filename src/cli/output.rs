//! Where a command's output goes: a file that is there as a whole or not at all, or stdout.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::failure::Failure;

/// Writes the output to `file`, or to stdout if there is none.
pub(super) fn write(file: Option<&Path>, output: &str) -> Result<(), Failure> {
    let Some(file) = file else {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(output.as_bytes())?;
        return Ok(stdout.flush()?);
    };
    write_file(file, output).map_err(|error| {
        let file = file.display();
        Failure::usage(format!("cannot write {file}: {error}"))
    })
}

/// Writes beside the file and renames, so that no half of it is ever seen under its name.
fn write_file(file: &Path, output: &str) -> io::Result<()> {
    // What is not a plain file, such as a pipe, cannot be replaced.
    if fs::metadata(file).is_ok_and(|known| !known.is_file()) {
        return fs::write(file, output);
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = file.with_file_name(name);
    let done = fs::write(&part, output).and_then(|()| fs::rename(&part, file));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    done
}
