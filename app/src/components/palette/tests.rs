use super::*;
use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../../../style/tokens.css");

#[test]
fn same_service_same_colour_in_any_order_and_company() {
    let alone = service_colours(&["backend-flask"]);
    let [first, second, again] = service_colours(&["backend-flask", "postgres", "backend-flask"])[..] else {
        panic!("three in, three out")
    };
    assert_eq!(first, again);
    assert_eq!(service_colours(&["postgres", "backend-flask"]), vec![second, first]);
    assert_eq!(alone, vec![preferred("backend-flask")]);
}

#[test]
fn sixteen_services_have_sixteen_colours_and_more_still_have_one() {
    let names: Vec<String> = (0..40).map(|n| format!("service {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sixteen = service_colours(&names[..16]);
    sixteen.sort_unstable();
    assert_eq!(sixteen, (0..16).collect::<Vec<_>>());
    assert!(service_colours(&names).iter().all(|colour| *colour < COLOURS));
}

/// The custom properties of the first block that opens with `opening`.
fn block(opening: &str) -> BTreeMap<&'static str, &'static str> {
    let start = TOKENS.find(opening).unwrap_or_else(|| panic!("no {opening}"));
    TOKENS[start..]
        .split('}')
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "))
        .map(|(name, value)| (name, value.split(';').next().unwrap()))
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// WCAG 2.2, "contrast ratio".
fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_text_and_bar_is_readable_in_both_themes() {
    let text = ["text", "muted", "faint", "accent", "red", "amber", "green"];
    let grounds = ["bg", "panel", "hover", "accent-soft"];
    for opening in [":root {", ":root[data-theme=\"dark\"] {"] {
        let colours = block(opening);
        for ground in grounds {
            for name in text {
                let ratio = contrast(colours[name], colours[ground]);
                assert!(ratio >= 4.5, "{opening} {name} on {ground}: {ratio:.2}");
            }
            for service in 0..COLOURS {
                let ratio = contrast(colours[format!("service-{service}").as_str()], colours[ground]);
                assert!(ratio >= 3.0, "{opening} service-{service} on {ground}: {ratio:.2}");
            }
        }
        for (front, back, least) in [
            ("red", "red-soft", 4.5),
            ("amber", "amber-soft", 4.5),
            ("on-accent", "accent", 4.5),
            ("text", "red-soft", 4.5),
            ("text", "amber-soft", 4.5),
            ("control", "panel", 3.0),
            ("control", "bg", 3.0),
        ] {
            let ratio = contrast(colours[front], colours[back]);
            assert!(ratio >= least, "{opening} {front} on {back}: {ratio:.2}");
        }
    }
}

#[test]
fn the_dark_theme_is_the_same_by_choice_and_by_system() {
    let chosen = block(":root[data-theme=\"dark\"] {");
    assert!(chosen.len() > COLOURS);
    assert_eq!(chosen, block(":root:not([data-theme=\"light\"]) {"));
    let light = block(":root {");
    assert!(chosen.keys().all(|name| light.contains_key(name)), "the dark theme names what the light one does not");
}

#[test]
fn every_colour_has_its_class() {
    for colour in 0..COLOURS {
        let class = service_class(colour);
        assert!(TOKENS.contains(&format!(".{class} {{ --service: var(--{class}); }}")), "{class}");
    }
}
