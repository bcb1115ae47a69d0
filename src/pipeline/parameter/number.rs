//! Numbers and truths as clients write them.

/// Digits only: no sign, no point, no exponent.
pub(in crate::pipeline) fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A decimal number: digits with at most one point, and an exponent of at most three digits where there is one, since that is
/// how programs write what is small.
pub(in crate::pipeline) fn decimal(text: &str) -> Option<f64> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text, None),
    };
    let is_exponent = |exponent: &str| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_number = is_plain && exponent.is_none_or(is_exponent);
    text.parse().ok().filter(|_| is_number)
}

/// As Go reads a number, without its sign: an exponent, a missing digit on either side of the point, underscores.
/// What is empty is 0; what isn't finite is none.
pub(in crate::pipeline) fn loose(text: &str) -> Option<f64> {
    if text.is_empty() {
        return Some(0.0);
    }
    let sane = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-' | b'_'));
    let plain = text.replace('_', "");
    let number: f64 = plain.parse().ok().filter(|_| sane)?;
    Some(number.abs()).filter(|number| number.is_finite())
}

/// The same, rounded half up to a whole number; what is beyond the largest is that.
pub(super) fn rounded(text: &str) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates, and is not negative"
    )]
    let number = (loose(text)? + 0.5).floor() as u32;
    Some(number)
}

/// `true/false/1/0/yes/no/on/off` in any case; the bare name is true.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" | "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
