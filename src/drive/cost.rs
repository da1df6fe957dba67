//! What steps cost in cycles: the machine's numbers applied to what the machine did.

use crate::machine::{Config, Cost, Service};

/// Whether a step needed the bus in the end.
pub(super) fn uses_bus(cost: Cost) -> bool {
    matches!(cost, Cost::Bus(service) if service.transactions > 0 || service.locked)
}

/// How many cycles a step takes on this machine, jitter apart.
pub(super) fn cycles(config: &Config, cost: Cost) -> u64 {
    u64::from(match cost {
        Cost::Buffered => config.core.issue_cycles,
        Cost::Forwarded => config.core.forward_cycles,
        Cost::Hit => config.cache.hit_cycles,
        Cost::Locked => config.core.locked_cycles,
        Cost::Fence => config.core.fence_cycles,
        Cost::Bus(service) if !uses_bus(cost) && !service.read_modify_write => {
            config.cache.hit_cycles
        }
        Cost::Bus(service) => return bus_cycles(config, service),
    })
}

/// How many cycles it takes until the next buffered store may follow this one, jitter apart.
pub(super) fn drain_cycles(config: &Config, cost: Cost) -> u64 {
    match (cost, config.store_buffer.commit_cycles) {
        (Cost::Hit, Some(cycles)) => cycles.into(),
        _ => cycles(config, cost),
    }
}

fn bus_cycles(config: &Config, service: Service) -> u64 {
    let bus = &config.bus;
    let lines = service.from_caches + service.from_last_level + service.from_memory;
    let last_level = config.last_level.map_or(0, |level| level.hit_cycles);
    [
        (service.transactions, bus.request_cycles),
        (service.from_caches, bus.supply_cycles),
        (service.from_last_level, last_level),
        (service.from_memory, config.memory_cycles),
        (lines + service.write_backs, bus.transfer_cycles),
        (u32::from(service.locked), bus.lock_cycles),
        (
            u32::from(service.read_modify_write),
            config.core.locked_cycles,
        ),
    ]
    .iter()
    .map(|&(count, cycles)| u64::from(count) * u64::from(cycles))
    .sum()
}
