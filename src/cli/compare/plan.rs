//! Which combinations a comparison has, and the replay of each.

use std::sync::Arc;

use super::Arguments;
use super::work::{Work, works};
use crate::cli::failure::{Failure, one_line};
use crate::cli::map_kind::MapKind;
use crate::cli::models;
use crate::cli::replay::USUAL_MACHINE;
use crate::machine::Config;
use crate::machine::config::Size;
use crate::protocol::Protocol;
use crate::replay::Replay;
use crate::report::compare::Combination;

/// More combinations than this are refused.
const MOST: usize = 1024;

/// What is compared.
pub(super) struct Plan {
    /// In words.
    pub(super) title: String,
    /// The combinations, those that cannot be run with the reason.
    pub(super) combinations: Vec<(Combination, Option<String>)>,
    /// The replays of the others.
    pub(super) replays: Vec<Replay>,
}

/// A machine with a protocol.
struct Model {
    machine: String,
    config: Config,
    protocol_name: String,
    protocol: Protocol,
    /// The protocol is not the machine's own.
    named: bool,
}

/// What the arguments ask for.
pub(super) fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let asked = match arguments.maps.is_empty() {
        true => MapKind::safe(),
        false => arguments.maps.concat(),
    };
    let mut maps: Vec<MapKind> = Vec::new();
    for kind in asked {
        if maps.iter().all(|known| known.name() != kind.name()) {
            maps.push(kind);
        }
    }
    let works = works(arguments, maps[0])?;
    let models = models(arguments, &works[0])?;
    let count = maps.len() * works.len() * models.len();
    if count > MOST {
        return Err(Failure::usage(format!(
            "{count} combinations: expected at most {MOST}"
        )));
    }
    let mut plan = Plan {
        title: works[0].title.clone(),
        combinations: Vec::new(),
        replays: Vec::new(),
    };
    for model in &models {
        for work in &works {
            for &map in &maps {
                plan.add(model, work, map, arguments.races)?;
            }
        }
    }
    Ok(plan)
}

impl Plan {
    fn add(
        &mut self,
        model: &Model,
        work: &Work,
        map: MapKind,
        races: bool,
    ) -> Result<(), Failure> {
        let size = Size {
            cores: work.cores,
            ..Size::default()
        };
        let config = model.config.clone().resized(size).map_err(Failure::usage)?;
        let protocol = model.named.then_some(&*model.protocol_name);
        let combination = Combination {
            map: map.name(),
            machine: model.machine.clone(),
            protocol: model.protocol_name.clone(),
            cores: config.cores as u32,
            threads: work.trace.threads().len() as u16,
            reads: work.reads,
            replay: work.command(map, &model.machine, protocol),
        };
        let (protocol, trace) = (model.protocol.clone(), Arc::clone(&work.trace));
        let replay = Replay::new(config.into(), protocol, trace, Some(map.kind()));
        // What does not fit, such as a map without such keys, is found before anything runs.
        let fits = replay.and_then(|replay| replay.places().map(|_| replay));
        let problem = match fits {
            Ok(replay) => {
                self.replays.push(replay.racing(races));
                None
            }
            Err(error) => Some(one_line(&error.to_string())),
        };
        self.combinations.push((combination, problem));
        Ok(())
    }
}

/// The machines, each with each protocol.
fn models(arguments: &Arguments, work: &Work) -> Result<Vec<Model>, Failure> {
    let header = work.trace.header();
    let usual = header.machine.as_deref().unwrap_or(USUAL_MACHINE);
    let machines = match arguments.machines.is_empty() {
        true => vec![usual.to_owned()],
        false => arguments.machines.clone(),
    };
    let protocols = match (&header.protocol, arguments.protocols.is_empty()) {
        (Some(protocol), true) => vec![Some(protocol.clone())],
        (None, true) => vec![None],
        _ => arguments.protocols.iter().cloned().map(Some).collect(),
    };
    if machines.len() * protocols.len() > MOST {
        return Err(Failure::usage(format!(
            "more than {MOST} machines with protocols"
        )));
    }
    let mut models = Vec::new();
    for machine in &machines {
        let config = models::machine(machine)?;
        for protocol in &protocols {
            let protocol_name = protocol.as_ref().unwrap_or(&config.protocol).clone();
            models.push(Model {
                machine: machine.clone(),
                config: config.clone(),
                protocol: models::protocol(&protocol_name)?,
                protocol_name,
                named: protocol.is_some(),
            });
        }
    }
    Ok(models)
}
