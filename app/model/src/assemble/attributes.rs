//! Attributes of several sources in one list.

use super::order;
use crate::request::Attribute;
use crate::{Attributes, Fragment, Source, SourceSet, Value};

/// Makes equal what compares equal: `-0.0` becomes `0.0`, and what is not a finite number becomes text.
pub fn normalise(fragment: &mut Fragment) {
    for span in &mut fragment.spans {
        values(&mut span.attributes);
        span.events.iter_mut().for_each(|event| values(&mut event.attributes));
        span.links.iter_mut().for_each(|link| values(&mut link.attributes));
        span.exceptions.iter_mut().for_each(|error| values(&mut error.attributes));
    }
    fragment.logs.iter_mut().for_each(|log| values(&mut log.attributes));
    fragment.errors.iter_mut().for_each(|error| values(&mut error.attributes));
}

fn values(attributes: &mut Attributes) {
    for value in attributes.values_mut() {
        if let Value::Float(number) = value {
            *value = Value::from(*number + 0.0);
        }
    }
}

/// All of `sets` by key, then by who says so; what several say alike is one entry with all of them.
pub fn merge<'a>(sets: impl Iterator<Item = (Source, &'a Attributes)>) -> Vec<Attribute> {
    let mut sets = sets.filter(|(_, attributes)| !attributes.is_empty());
    let Some((first, attributes)) = sets.next() else { return Vec::new() };
    let entry =
        |source: Source, key: &str, value: &Value| Attribute { key: key.to_owned(), value: value.clone(), sources: SourceSet::of(source) };
    let mut merged: Vec<Attribute> = attributes.iter().map(|(key, value)| entry(first, key, value)).collect();
    let alone = merged.len();
    for (source, attributes) in sets {
        merged.extend(attributes.iter().map(|(key, value)| entry(source, key, value)));
    }
    if merged.len() == alone {
        return merged;
    }
    merged.sort_by(|left, right| left.key.cmp(&right.key).then_with(|| order::entirely(&left.value, &right.value)));
    merged.dedup_by(|next, kept| {
        let same = next.key == kept.key && next.value == kept.value;
        if same {
            kept.sources = kept.sources.union(next.sources);
        }
        same
    });
    merged.sort_by(|left, right| left.key.cmp(&right.key).then_with(|| left.sources.iter().cmp(right.sources.iter())));
    merged
}
