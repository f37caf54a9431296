//! A colour for each service of one request. Which one is the style's business: it is handed in.

use model::columns::Columns;

/// Nobody's: the colour of what has no service.
pub const NOBODY: u8 = u8::MAX - 1;

/// The colours of one request's services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// By index into `Columns::strings`.
    slots: Vec<u8>,
    of_spans: usize,
}

impl Colours {
    /// Asks `choose` for the number of a colour for each distinct service.
    pub fn of(columns: &Columns, choose: impl Fn(&[&str]) -> Vec<usize>) -> Self {
        let mut slots = vec![NOBODY; columns.strings.len()];
        let mut services: Vec<u32> = Vec::new();
        let mut collect = |column: &[u32]| {
            for &service in column {
                if service != 0
                    && let Some(seen @ &mut NOBODY) = slots.get_mut(service as usize)
                {
                    *seen = 0;
                    services.push(service);
                }
            }
            services.len()
        };
        let of_spans = collect(&columns.spans.service);
        collect(&columns.logs.service);
        collect(&columns.errors.service);
        let names: Vec<&str> = services.iter().map(|&service| columns.text(service)).collect();
        for (service, colour) in services.iter().zip(choose(&names)) {
            if let Some(slot) = slots.get_mut(*service as usize) {
                *slot = u8::try_from(colour).unwrap_or(NOBODY);
            }
        }
        Self { slots, of_spans }
    }

    /// The colour of the service at `index` of the strings; [`NOBODY`] for none.
    pub fn slot(&self, index: u32) -> u8 {
        self.slots.get(index as usize).copied().unwrap_or(NOBODY)
    }

    /// How many services have spans.
    pub fn services(&self) -> usize {
        self.of_spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn every_service_is_asked_for_once() {
        let columns = samples::small();
        let colours = Colours::of(&columns, |names| {
            assert_eq!(names, ["web", "api", "db", "worker"]);
            vec![5, 6, 7, 8]
        });
        let slots: Vec<_> = columns.spans.service.iter().map(|&service| colours.slot(service)).collect();
        assert_eq!(slots, [5, 6, 7, 8]);
        assert_eq!((colours.services(), colours.slot(0)), (4, NOBODY));
    }
}
