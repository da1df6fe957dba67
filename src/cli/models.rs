//! Machines and protocols by name or by file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::failure::Failure;
use crate::diagnostic::{Invalid, Problem};
use crate::machine::Config;
use crate::protocol::Protocol;
use crate::shipped;

/// A machine or protocol file is smaller than this, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The machine that `name` names, or that is in the file `name`.
pub(super) fn machine(name: &str) -> Result<Config, Failure> {
    let (file, text) = model(
        "machine",
        name,
        shipped::machine(name),
        &shipped::machines(),
    )?;
    Ok(Config::parse(&file, &text)?)
}

/// The protocol that `name` names, or that is in the file `name`.
pub(super) fn protocol(name: &str) -> Result<Protocol, Failure> {
    let (file, text) = model(
        "protocol",
        name,
        shipped::protocol(name),
        &shipped::protocols(),
    )?;
    Ok(Protocol::parse(&file, &text)?)
}

fn model(
    what: &str,
    name: &str,
    shipped: Option<&str>,
    known: &[&str],
) -> Result<(String, String), Failure> {
    if let Some(text) = shipped {
        return Ok((format!("{name}.toml"), text.to_owned()));
    }
    if !Path::new(name).exists() && !name.contains(['/', '.']) {
        let known = known.join(", ");
        return Err(Failure::usage(format!(
            "unknown {what} `{name}`: expected a file, or one of {known}"
        )));
    }
    let failed = |error: std::io::Error| Failure::reading(name, &error);
    let mut bytes = Vec::new();
    let file = File::open(name).map_err(failed)?;
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::usage(format!(
            "{name}: a {what} file of more than {MAX_BYTES} bytes"
        )));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name.to_owned(), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let valid = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let problem = Problem::at(&valid, at..at, "this is not UTF-8 text");
            let problem = problem.label("the file reads up to here");
            Err(Failure::Invalid(Invalid::new(name, vec![problem])))
        }
    }
}
