//! What a service manager says in the environment, in systemd's names; read here and nowhere else.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::mistake::Mistake;
use crate::systemd::Settings;

/// Reads what is meant for the process `pid`. What is meant for another one, whose environment was
/// handed on, is none of our business.
///
/// # Errors
/// The first value that can't be what systemd sets.
pub(super) fn settings(
    environment: &BTreeMap<String, String>,
    pid: u32,
) -> Result<Settings, Mistake> {
    let mut settings = Settings::default();
    if number(environment, "LISTEN_PID")? == Some(pid) {
        settings.sockets = number(environment, "LISTEN_FDS")?.unwrap_or(0);
    }
    if let Some(place) = environment.get("NOTIFY_SOCKET") {
        if !place.starts_with(['/', '@']) {
            return Err(mistake("NOTIFY_SOCKET", place, "a path or an @name"));
        }
        settings.notify = Some(place.clone());
    }
    if number(environment, "WATCHDOG_PID")?.is_none_or(|for_whom: u32| for_whom == pid) {
        let patience =
            number(environment, "WATCHDOG_USEC")?.filter(|&microseconds| microseconds > 0);
        settings.watchdog = patience.map(Duration::from_micros);
    }
    Ok(settings)
}

fn number<T: FromStr>(
    environment: &BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>, Mistake> {
    let Some(text) = environment.get(name) else {
        return Ok(None);
    };
    let parsed = text.parse().ok();
    parsed
        .map(Some)
        .ok_or_else(|| mistake(name, text, "a whole number"))
}

fn mistake(name: &str, text: &str, allowed: &str) -> Mistake {
    Mistake {
        place: name.to_owned(),
        problem: format!("'{text}' is not {allowed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        settings(&environment, 42).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn only_what_is_meant_for_us_is_taken() {
        let ours = read(&[
            ("LISTEN_PID", "42"),
            ("LISTEN_FDS", "1"),
            ("NOTIFY_SOCKET", "@manager"),
            ("WATCHDOG_PID", "42"),
            ("WATCHDOG_USEC", "3000000"),
        ]);
        let expected = Settings {
            sockets: 1,
            notify: Some("@manager".to_owned()),
            watchdog: Some(Duration::from_secs(3)),
        };
        assert_eq!(ours, Ok(expected));
        let anothers = read(&[
            ("LISTEN_PID", "41"),
            ("LISTEN_FDS", "1"),
            ("WATCHDOG_PID", "41"),
            ("WATCHDOG_USEC", "3000000"),
        ]);
        assert_eq!(anothers, Ok(Settings::default()));
        assert_eq!(read(&[("LISTEN_FDS", "1")]), Ok(Settings::default()));
        assert_eq!(read(&[("WATCHDOG_USEC", "0")]), Ok(Settings::default()));
        assert_eq!(read(&[]), Ok(Settings::default()));
    }

    #[test]
    fn nonsense_is_a_mistake() {
        for (variable, value) in [
            ("LISTEN_PID", "me"),
            ("WATCHDOG_USEC", "-1"),
            ("NOTIFY_SOCKET", "vsock:2:3"),
        ] {
            let mistake = read(&[(variable, value)]).unwrap_err();
            assert!(mistake.contains(variable), "{mistake}");
            assert!(mistake.contains(value), "{mistake}");
        }
    }
}
