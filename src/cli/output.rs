//! Where a command's output goes: a file that is there as a whole or not at all, or stdout. Whether
//! a file can be written is known before the work is done.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// Refuses files that could not be written, before the work for them begins.
pub(super) fn ready<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    for file in files {
        try_beside(file).map_err(|error| failed(file, &error))?;
    }
    Ok(())
}

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
    write_file(file, output).map_err(|error| failed(file, &error))
}

fn failed(file: &Path, error: &io::Error) -> Failure {
    let file = file.display();
    Failure::usage(format!("cannot write {file}: {error}"))
}

/// Makes a file beside it and takes it away again.
fn try_beside(file: &Path) -> io::Result<()> {
    if file.as_os_str().is_empty() {
        return Err(io::Error::other("its name is empty"));
    }
    match fs::metadata(file) {
        Ok(known) if known.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(known) if !known.is_file() => return Ok(()),
        _ => {}
    }
    let part = beside(file);
    File::create(&part)?;
    fs::remove_file(part)
}

/// Writes beside the file and renames, so that no half of it is ever seen under its name.
fn write_file(file: &Path, output: &mut dyn io::Read) -> io::Result<()> {
    // What is not a plain file, such as a pipe, cannot be replaced.
    if fs::metadata(file).is_ok_and(|known| !known.is_file()) {
        return copy(output, file);
    }
    let part = beside(file);
    let done = copy(output, &part).and_then(|()| fs::rename(&part, file));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    done
}

/// Where the file is written until it is whole.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    file.with_file_name(name)
}

fn copy(output: &mut dyn io::Read, file: &Path) -> io::Result<()> {
    let mut written = BufWriter::new(File::create(file)?);
    io::copy(output, &mut written)?;
    written.flush()
}
