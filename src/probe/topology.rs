//! Which processors there are and what two of them share, from the tree that Linux shows in `/sys`
//! (Documentation/ABI/stable/sysfs-devices-system-cpu and admin-guide/cputopology.rst).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cpulist;

/// No machine has processors with numbers from here on.
pub const MOST_PROCESSORS: u32 = 1 << 16;

/// A processor as Linux counts them: a hardware thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Processor {
    /// Its number.
    pub number: u32,
    /// The processors of its core, itself among them: more than one with simultaneous
    /// multithreading.
    pub core: Vec<u32>,
    /// The processors of its socket.
    pub socket: Vec<u32>,
    /// Its caches for data, the nearest first.
    pub caches: Vec<Cache>,
}

/// A cache for data, as one processor sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// 1 for the nearest.
    pub level: u32,
    /// The processors that share it.
    pub shared_by: Vec<u32>,
    /// The size of its lines, if that is said.
    pub line_bytes: Option<u32>,
}

/// The processors that are switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// In the order of their numbers.
    pub processors: Vec<Processor>,
}

/// The least that two processors share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They are hardware threads of one core.
    Core,
    /// A cache of this level, which is not their core's own.
    Cache(u32),
    /// The socket.
    Socket,
    /// The machine.
    Machine,
}

/// Why a topology cannot be told.
#[derive(Debug)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Topology {
    /// Reads the tree whose root is `/sys` on a running machine. What a tree does not say is taken to
    /// be shared with nobody.
    ///
    /// # Errors
    /// The list of processors that are switched on is not there or empty, a processor in it is not,
    /// or a file that is there holds something else than it should.
    pub fn read(root: &Path) -> Result<Topology, Unreadable> {
        let all = root.join("devices/system/cpu");
        let online = list(&all.join("online"))?.ok_or_else(|| Unreadable {
            path: all.join("online"),
            why: "there is no such file".to_owned(),
        })?;
        if online.is_empty() {
            return Err(Unreadable {
                path: all.join("online"),
                why: "no processor is switched on".to_owned(),
            });
        }
        let processor = |number| Processor::read(&all, number);
        let processors: Result<Vec<_>, _> = online.into_iter().map(processor).collect();
        Ok(Topology {
            processors: processors?,
        })
    }

    /// The numbers of the processors that are switched on and among those that are `allowed`, if these
    /// are known: see [`super::allowed`].
    #[must_use]
    pub fn usable(&self, allowed: Option<&[u32]>) -> Vec<u32> {
        let may = |number: &u32| allowed.is_none_or(|all| all.contains(number));
        let numbers = self.processors.iter().map(|processor| processor.number);
        numbers.filter(may).collect()
    }

    /// A processor by its number, if it is switched on.
    #[must_use]
    pub fn processor(&self, number: u32) -> Option<&Processor> {
        let at = self
            .processors
            .binary_search_by_key(&number, |processor| processor.number);
        Some(&self.processors[at.ok()?])
    }

    /// What two different processors share, if both are switched on.
    #[must_use]
    pub fn relation(&self, one: u32, other: u32) -> Option<Relation> {
        let (one, other) = (self.processor(one)?, self.processor(other)?);
        if one.number == other.number {
            return None;
        }
        let shares = |list: &[u32]| list.binary_search(&other.number).is_ok();
        if shares(&one.core) {
            return Some(Relation::Core);
        }
        let shared = one.caches.iter().find(|cache| shares(&cache.shared_by));
        Some(match shared {
            Some(cache) => Relation::Cache(cache.level),
            None if shares(&one.socket) => Relation::Socket,
            None => Relation::Machine,
        })
    }

    /// The size of lines, as the processors' own caches say it: the largest, if they differ.
    #[must_use]
    pub fn line_bytes(&self) -> Option<u32> {
        let caches = self
            .processors
            .iter()
            .flat_map(|processor| &processor.caches);
        caches.filter_map(|cache| cache.line_bytes).max()
    }
}

impl Processor {
    fn read(all: &Path, number: u32) -> Result<Processor, Unreadable> {
        let folder = all.join(format!("cpu{number}"));
        if !folder.is_dir() {
            return Err(Unreadable {
                path: folder,
                why: "there is no such folder, and the processor is said to be switched on"
                    .to_owned(),
            });
        }
        let topology = folder.join("topology");
        let mut lists = [vec![number], vec![number]];
        // Each under its name since Linux 5.3, and the one before.
        let names = [
            ["core_cpus_list", "thread_siblings_list"],
            ["package_cpus_list", "core_siblings_list"],
        ];
        for (list_of, names) in lists.iter_mut().zip(names) {
            for name in names {
                if let Some(found) = list(&topology.join(name))? {
                    *list_of = found;
                    break;
                }
            }
        }
        let [core, socket] = lists;
        let mut caches = Vec::new();
        for index in 0.. {
            let folder = folder.join(format!("cache/index{index}"));
            let Some(level) = number_in(&folder.join("level"))? else {
                break;
            };
            let kind = text(&folder.join("type"))?.unwrap_or_default();
            if kind != "Instruction" {
                caches.push(Cache {
                    level,
                    shared_by: list(&folder.join("shared_cpu_list"))?
                        .unwrap_or_else(|| vec![number]),
                    line_bytes: number_in(&folder.join("coherency_line_size"))?,
                });
            }
        }
        caches.sort_by_key(|cache| cache.level);
        Ok(Processor {
            number,
            core,
            socket,
            caches,
        })
    }
}

/// The file's text without blanks around it; none if there is no such file.
fn text(path: &Path) -> Result<Option<String>, Unreadable> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable {
            path: path.to_owned(),
            why: error.to_string(),
        }),
    }
}

fn list(path: &Path) -> Result<Option<Vec<u32>>, Unreadable> {
    let Some(text) = text(path)? else {
        return Ok(None);
    };
    let numbers = cpulist::parse(&text, MOST_PROCESSORS).ok_or_else(|| Unreadable {
        path: path.to_owned(),
        why: format!("`{text:.40}` is no list of processors like `0-3,8`"),
    })?;
    Ok(Some(numbers))
}

fn number_in(path: &Path) -> Result<Option<u32>, Unreadable> {
    let Some(text) = text(path)? else {
        return Ok(None);
    };
    let number = text.parse().map_err(|_| Unreadable {
        path: path.to_owned(),
        why: format!("`{text:.40}` is no number"),
    })?;
    Ok(Some(number))
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for Unreadable {}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Relation::Core => f.write_str("same core"),
            Relation::Cache(level) => write!(f, "same L{level} cache"),
            Relation::Socket => f.write_str("same socket"),
            Relation::Machine => f.write_str("other socket"),
        }
    }
}
