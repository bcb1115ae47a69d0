//! Which traces are told.

use std::time::Duration;

/// All that 63 bits can say.
const ALL: u64 = 1 << 63;

/// Which traces are told, by the names that OpenTelemetry has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// Of those that begin here, or of all, in parts of [`ALL`].
    share: u64,
    /// Whoever has begun a trace has decided.
    is_bound: bool,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            share: ALL,
            is_bound: true,
        }
    }
}

impl Sampler {
    /// Of the values of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; `None` if there is no such sampler.
    pub fn named(name: &str, argument: Option<&str>) -> Option<Self> {
        let (kind, is_bound) = match name.strip_prefix("parentbased_") {
            Some(kind) => (kind, true),
            None => (name, false),
        };
        let share = match kind {
            "always_on" => ALL,
            "always_off" => 0,
            "traceidratio" => {
                let share: Option<f64> = argument.map_or(Some(1.0), |text| text.parse().ok());
                let share = share.filter(|share| (0.0..=1.0).contains(share))?;
                // In billionths, which is exact enough for anybody.
                let billionths = Duration::try_from_secs_f64(share).ok()?.as_nanos();
                u64::try_from(u128::from(ALL) * billionths / 1_000_000_000).ok()?
            }
            _ => return None,
        };
        Some(Self { share, is_bound })
    }

    /// Whether that trace is told; `parent` is what was decided where it came from.
    pub(super) fn takes(self, trace: [u8; 16], parent: Option<bool>) -> bool {
        if let Some(parent) = parent.filter(|_| self.is_bound) {
            return parent;
        }
        let low = trace.last_chunk().copied().unwrap_or_default();
        // By the bits of the trace, so that all who look at the same share agree.
        u64::from_be_bytes(low) >> 1 < self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_open_telemetrys() {
        let (low, high) = ([0; 16], [0xfe; 16]);
        for (name, argument, expected) in [
            ("always_on", None, [true; 4]),
            ("always_off", None, [false; 4]),
            ("parentbased_always_on", None, [true, true, true, false]),
            ("parentbased_always_off", None, [false, false, true, false]),
            ("traceidratio", Some("0.5"), [true, false, true, false]),
            (
                "parentbased_traceidratio",
                Some("0.5"),
                [true, false, true, false],
            ),
        ] {
            let sampler = Sampler::named(name, argument).unwrap();
            let mut told = [
                sampler.takes(low, None),
                sampler.takes(high, None),
                sampler.takes(high, Some(true)),
                sampler.takes(low, Some(false)),
            ];
            if name == "traceidratio" {
                assert!(!told[2] && told[3], "{name}");
                told.swap(2, 3);
            }
            assert_eq!(told, expected, "{name}");
        }
        for (name, argument) in [
            ("jaeger_remote", None),
            ("traceidratio", Some("2")),
            ("traceidratio", Some("half")),
            ("", None),
        ] {
            assert_eq!(Sampler::named(name, argument), None, "{name}");
        }
    }
}
