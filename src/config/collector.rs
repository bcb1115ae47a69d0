//! Who collects traces, in the variables that OpenTelemetry has for it; read here and nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::mistake::Mistake;
use crate::source::CollectorSettings;
use crate::telemetry::traces::{Sampler, Settings};

/// What is told, and to whom; none where no variable names a collector.
pub(super) type Traces = Option<(Settings, CollectorSettings)>;

/// Below that everything is told, traces at a path of their own.
const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Reads what there is.
///
/// # Errors
/// The first value that isn't understood.
pub(super) fn traces(environment: &BTreeMap<String, String>) -> Result<Traces, Mistake> {
    let variables = Variables(environment);
    let is_off = variables
        .text("OTEL_SDK_DISABLED")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let exporter = variables.text("OTEL_TRACES_EXPORTER");
    // Asked for by name, it goes where it goes by the specification.
    let usual = (exporter == Some("otlp")).then_some((BASE, "http://localhost:4318"));
    let endpoint = variables.endpoint().or(usual);
    let Some((name, url)) = endpoint.filter(|_| !is_off) else {
        return Ok(None);
    };
    match exporter {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(other) => return Err(mistake("OTEL_TRACES_EXPORTER", other, "otlp or none")),
    }
    if let Some((name, protocol)) = variables.of_traces("PROTOCOL")
        && protocol != "http/protobuf"
    {
        let allowed = "http/protobuf, at which collectors listen on port 4318 as a rule";
        return Err(mistake(&name, protocol, allowed));
    }
    for what in ["CLIENT_CERTIFICATE", "CLIENT_KEY"] {
        if let Some((place, _)) = variables.of_traces(what) {
            let problem = "isn't understood: a collector gets no certificate".to_owned();
            return Err(Mistake { place, problem });
        }
    }
    let is_base = name == BASE;
    // There may be a key in it, so that it is never shown.
    let refused = |place: &str, allowed: &str| Mistake {
        place: place.to_owned(),
        problem: format!("isn't {allowed}"),
    };
    let collector = CollectorSettings::new(url, is_base)
        .map_err(|allowed| refused(name, allowed))?
        .sending(variables.headers()?)
        .map_err(|allowed| refused("OTEL_EXPORTER_OTLP_HEADERS", allowed))?
        .packing(variables.is_packed()?)
        .within(variables.timeout()?)
        .trusting(
            variables
                .of_traces("CERTIFICATE")
                .map(|(_, path)| path.into()),
        );
    let settings = Settings {
        resource: variables.resource()?,
        sampler: variables.sampler()?,
        queue: variables.count("OTEL_BSP_MAX_QUEUE_SIZE", 2048)?,
        batch: variables.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512)?,
        delay: variables.milliseconds("OTEL_BSP_SCHEDULE_DELAY", 5_000)?,
        patience: variables.milliseconds("OTEL_BSP_EXPORT_TIMEOUT", 30_000)?,
    };
    Ok(Some((settings, collector)))
}

struct Variables<'a>(&'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    /// An empty one is none.
    fn text(&self, name: &str) -> Option<&'a str> {
        let text = self.0.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    }

    /// What is meant for traces alone, else for all that is told; and by which name.
    fn of_traces(&self, what: &str) -> Option<(String, &'a str)> {
        let names = [
            format!("OTEL_EXPORTER_OTLP_TRACES_{what}"),
            format!("OTEL_EXPORTER_OTLP_{what}"),
        ];
        let mut set = names.into_iter().filter_map(|name| {
            let text = self.text(&name)?;
            Some((name, text))
        });
        set.next()
    }

    /// Where traces go.
    fn endpoint(&self) -> Option<(&'static str, &'a str)> {
        const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let found = [OWN, BASE].map(|name| (name, self.text(name)));
        let mut set = found.into_iter();
        set.find_map(|(name, url)| Some((name, url?)))
    }

    /// For one message.
    fn timeout(&self) -> Result<Duration, Mistake> {
        let named = self.of_traces("TIMEOUT");
        let name = named.map_or_else(String::new, |(name, _)| name);
        self.milliseconds(&name, 10_000)
    }

    fn is_packed(&self) -> Result<bool, Mistake> {
        match self.of_traces("COMPRESSION") {
            None | Some((_, "none")) => Ok(false),
            Some((_, "gzip")) => Ok(true),
            Some((name, other)) => Err(mistake(&name, other, "gzip or none")),
        }
    }

    /// Those for traces win.
    fn headers(&self) -> Result<Vec<(String, String)>, Mistake> {
        let mut headers = self.pairs("OTEL_EXPORTER_OTLP_HEADERS")?;
        for (name, value) in self.pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS")? {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        Ok(headers)
    }

    fn resource(&self) -> Result<Vec<(String, String)>, Mistake> {
        let mut resource = self.pairs("OTEL_RESOURCE_ATTRIBUTES")?;
        let mut set = |name: &str, value: &str| {
            resource.retain(|(known, _)| known != name);
            resource.push((name.to_owned(), value.to_owned()));
        };
        set("telemetry.sdk.name", "pixmill");
        set("telemetry.sdk.language", "rust");
        set("telemetry.sdk.version", env!("CARGO_PKG_VERSION"));
        if let Some(name) = self.text("OTEL_SERVICE_NAME") {
            set("service.name", name);
        }
        let mut usual = |name: &str, value: &str| {
            if !resource.iter().any(|(known, _)| known == name) {
                resource.push((name.to_owned(), value.to_owned()));
            }
        };
        usual("service.name", "pixmill");
        usual("service.version", env!("CARGO_PKG_VERSION"));
        Ok(resource)
    }

    fn sampler(&self) -> Result<Sampler, Mistake> {
        const NAME: &str = "OTEL_TRACES_SAMPLER";
        let Some(name) = self.text(NAME) else {
            return Ok(Sampler::default());
        };
        let allowed = "always_on, always_off or traceidratio, each also with parentbased_ before it, and OTEL_TRACES_SAMPLER_ARG from 0 to 1";
        Sampler::named(name, self.text("OTEL_TRACES_SAMPLER_ARG"))
            .ok_or_else(|| mistake(NAME, name, allowed))
    }

    /// `name=value` with commas between, percent-encoded. What is in them may be secret, and isn't shown.
    fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, Mistake> {
        let Some(text) = self.text(name) else {
            return Ok(Vec::new());
        };
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text.trim()).decode_utf8();
            decoded.ok().map(Cow::into_owned)
        };
        let items = text.split(',').filter(|item| !item.trim().is_empty());
        let pair = |item: &str| {
            let (key, value) = item.split_once('=')?;
            Some((decoded(key)?, decoded(value)?))
        };
        items
            .map(pair)
            .collect::<Option<_>>()
            .ok_or_else(|| Mistake {
                place: name.to_owned(),
                problem: "isn't name=value, with commas between several".to_owned(),
            })
    }

    fn milliseconds(&self, name: &str, usual: u64) -> Result<Duration, Mistake> {
        self.number(name, usual).map(Duration::from_millis)
    }

    fn count(&self, name: &str, usual: u64) -> Result<usize, Mistake> {
        let count = self.number(name, usual)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX).max(1))
    }

    fn number(&self, name: &str, usual: u64) -> Result<u64, Mistake> {
        let Some(text) = self.text(name) else {
            return Ok(usual);
        };
        let number = text.parse().ok().filter(|&number| number > 0);
        number.ok_or_else(|| mistake(name, text, "a whole number above 0"))
    }
}

fn mistake(name: &str, text: &str, allowed: &str) -> Mistake {
    Mistake {
        place: name.to_owned(),
        problem: format!("'{text}' is not {allowed}"),
    }
}
