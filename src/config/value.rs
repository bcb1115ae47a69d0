//! Durations and sizes as people write them.

use std::time::Duration;

/// `500ms`, `30s`, `2m`, `1h`; whole numbers.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    // A century is as good as for ever, and sums of such stay in range.
    let millis = number
        .checked_mul(millis)
        .filter(|&ms| ms < 100 * 365 * 86_400_000)?;
    Some(Duration::from_millis(millis))
}

/// Bytes: `4096`, `64KiB`, `64MiB`, `1GiB`, or powers of ten as `KB`, `MB`, `GB`.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// `true` or `false`; in the environment and in flags also 1, 0, yes, no, on, off.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A whole number; underscores may group its digits.
pub(super) fn whole(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '_')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((whole(number)?, unit.trim()))
}

/// `Some(None)` for `auto`.
#[expect(
    clippy::option_option,
    reason = "auto is a value, and unreadable is none"
)]
pub(super) fn or_auto<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text == "auto" {
        Some(None)
    } else {
        parse(text).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_are_understood() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("1 h", Some(3_600_000)),
            ("30", None),
            ("s", None),
            ("-1s", None),
            ("1.5s", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(
                duration(text),
                expected.map(Duration::from_millis),
                "{text}"
            );
        }
        for (text, expected) in [
            ("4096", Some(4096)),
            ("64MiB", Some(64 << 20)),
            ("1 GiB", Some(1 << 30)),
            ("1MB", Some(1_000_000)),
            ("1 megabyte", None),
            ("99999999999TiB", None),
            ("", None),
        ] {
            assert_eq!(size(text), expected, "{text}");
        }
        assert_eq!(whole("100_000"), Some(100_000));
        assert_eq!(whole("_"), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(number in 0_u64..1 << 30) {
            prop_assert_eq!(duration(&format!("{number}ms")), Some(Duration::from_millis(number)));
            prop_assert_eq!(size(&format!("{number}KiB")), Some(number << 10));
            prop_assert_eq!(whole(&number.to_string()), Some(number));
        }

        #[test]
        fn nothing_panics(text in ".{0,24}") {
            std::hint::black_box((duration(&text), size(&text), whole(&text), boolean(&text)));
        }
    }
}
