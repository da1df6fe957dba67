//! Machines of the repository for litmus tests.

use tearline::litmus::Hardware;
use tearline::machine::Config;
use tearline::protocol::Protocol;
use tearline::shipped;

use crate::common;

/// A machine of the repository by its file's path in `models`, with its own protocol, another, or
/// none.
pub(crate) fn hardware(machine: &str, protocol: &str) -> Hardware {
    let text = common::read(&format!("models/{machine}.toml"));
    let config = Config::parse(machine, &text).expect("a valid machine");
    let protocol = match protocol {
        "none" => None,
        name => {
            let text = shipped::protocol(name).expect("a shipped protocol");
            Some(Protocol::parse(name, text).expect("a valid protocol"))
        }
    };
    Hardware { config, protocol }
}
