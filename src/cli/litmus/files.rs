//! The files of litmus tests that a user names.

use std::fs;
use std::path::Path;

use crate::cli::failure::Failure;

/// Folders in folders are looked through as deep as this.
const DEEPEST: u32 = 32;

/// The files, in the order in which they are named; those of folders sorted by their paths.
pub(in crate::cli) fn tests(names: &[String]) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for name in names {
        if !Path::new(name).is_dir() {
            files.push(name.clone());
            continue;
        }
        let first = files.len();
        gather(name, DEEPEST, &mut files)?;
        if files.len() == first {
            return Err(Failure::usage(format!(
                "no litmus tests in {name}: their names end with .litmus"
            )));
        }
        files[first..].sort();
    }
    Ok(files)
}

fn gather(folder: &str, deep: u32, files: &mut Vec<String>) -> Result<(), Failure> {
    let reading = |error| Failure::reading(folder, &error);
    for entry in fs::read_dir(folder).map_err(reading)? {
        let entry = entry.map_err(reading)?;
        let path = entry.path().display().to_string();
        let kind = entry.file_type().map_err(reading)?;
        if kind.is_dir() && deep > 0 {
            gather(&path, deep - 1, files)?;
        } else if path.ends_with(".litmus") && !kind.is_dir() {
            files.push(path);
        }
    }
    Ok(())
}
