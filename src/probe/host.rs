//! What machine this is, as far as an answer depends on it.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lse2;

/// What is known of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The processor's name, as it says it itself.
    pub processor: Option<String>,
    /// The kernel and its version.
    pub kernel: Option<String>,
    /// The processor says that it is one of a virtual machine: the host may stop it at any time,
    /// and what it calls processors need not be different ones.
    pub virtual_machine: bool,
    /// Whether a 64-bit Arm processor has FEAT_LSE2: then also accesses that are not aligned are performed
    /// whole, inside 16 aligned bytes. None on other processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lse2: Option<bool>,
}

impl Host {
    /// What is known of this machine.
    #[must_use]
    pub fn this() -> Host {
        Host {
            lse2: lse2::of_this_processor(),
            ..Host::read(Path::new("/proc"))
        }
    }

    /// Reads the tree whose root is `/proc` on a running machine. What is not there is not known, and
    /// FEAT_LSE2 never is.
    #[must_use]
    pub fn read(root: &Path) -> Host {
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
        let cpuinfo = read("cpuinfo");
        let field = |name: &str| {
            let mut fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
            let found = fields.find(|(key, _)| key.trim() == name);
            found.map(|(_, value)| value.trim().to_owned())
        };
        let release = read("sys/kernel/osrelease");
        let flags = field("flags").unwrap_or_default();
        Host {
            processor: field("model name").or_else(|| field("CPU part")),
            kernel: Some(release.trim())
                .filter(|release| !release.is_empty())
                .map(|release| format!("Linux {release}")),
            virtual_machine: flags.split(' ').any(|flag| flag == "hypervisor"),
            lse2: None,
        }
    }
}
