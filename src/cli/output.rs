//! Where a command's output goes: a file that is there as a whole or not at all, or stdout.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::failure::Failure;

/// Writes the output to `file`, or to stdout if there is none.
pub(super) fn write(file: Option<&Path>, output: &str) -> Result<(), Failure> {
    write_from(file, &mut output.as_bytes())
}

/// The same with output that is made as it is written.
pub(super) fn write_from(file: Option<&Path>, output: &mut dyn io::Read) -> Result<(), Failure> {
    let Some(file) = file else {
        let mut stdout = BufWriter::new(anstream::stdout().lock());
        io::copy(output, &mut stdout)?;
        return Ok(stdout.flush()?);
    };
    write_file(file, output).map_err(|error| {
        let file = file.display();
        Failure::usage(format!("cannot write {file}: {error}"))
    })
}

/// Writes beside the file and renames, so that no half of it is ever seen under its name.
fn write_file(file: &Path, output: &mut dyn io::Read) -> io::Result<()> {
    // What is not a plain file, such as a pipe, cannot be replaced.
    if fs::metadata(file).is_ok_and(|known| !known.is_file()) {
        return copy(output, file);
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = file.with_file_name(name);
    let done = copy(output, &part).and_then(|()| fs::rename(&part, file));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    done
}

fn copy(output: &mut dyn io::Read, file: &Path) -> io::Result<()> {
    let mut written = BufWriter::new(File::create(file)?);
    io::copy(output, &mut written)?;
    written.flush()
}
