//! A colour slot for each service: the same service has the same colour in every view and session, unless two of one
//! request would clash.

use model::columns::Columns;

/// How many service colours the style sheet has: `--s1` to `--s6`.
pub const SLOTS: u8 = 6;

/// The slots of one request's services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// By index into `Columns::strings`; 0 where the text is no service.
    slots: Vec<u8>,
    services: usize,
}

/// The slot of a service on its own, from 1; FNV-1a of its name.
pub fn slot(service: &str) -> u8 {
    let hash = service.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from((hash >> 8) % u32::from(SLOTS)).unwrap_or(0) + 1
}

impl Colours {
    /// Gives each service its own slot while there are enough, in the order of their names.
    pub fn of(columns: &Columns) -> Self {
        let mut slots = vec![0; columns.strings.len()];
        let mut services: Vec<u32> = Vec::new();
        let named = columns.spans.service.iter().chain(&columns.logs.service).chain(&columns.errors.service);
        for &service in named {
            if service != 0
                && let Some(seen @ 0) = slots.get_mut(service as usize)
            {
                *seen = 1;
                services.push(service);
            }
        }
        services.sort_unstable_by_key(|&service| columns.text(service));
        let mut taken = 0u32;
        for &service in &services {
            let mut slot = slot(columns.text(service));
            if taken.count_ones() < u32::from(SLOTS) {
                while taken & 1 << slot != 0 {
                    slot = slot % SLOTS + 1;
                }
            }
            taken |= 1 << slot;
            if let Some(entry) = slots.get_mut(service as usize) {
                *entry = slot;
            }
        }
        let mut of_spans: Vec<u32> = columns.spans.service.iter().copied().filter(|&service| service != 0).collect();
        of_spans.sort_unstable();
        of_spans.dedup();
        Self { slots, services: of_spans.len() }
    }

    /// The slot of the service at `index` of the strings, from 1; 0 for none.
    pub fn slot(&self, index: u32) -> u8 {
        self.slots.get(index as usize).copied().unwrap_or(0)
    }

    /// How many services have spans.
    pub fn services(&self) -> usize {
        self.services
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn services_of_one_request_differ_while_there_are_slots() {
        let columns = samples::small();
        let colours = Colours::of(&columns);
        let mut slots: Vec<_> = columns.spans.service.iter().map(|&service| colours.slot(service)).collect();
        assert!(slots.iter().all(|slot| (1..=SLOTS).contains(slot)));
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), 4);
        assert_eq!(colours.services(), 4);
        assert_eq!(colours.slot(0), 0);
    }
}
