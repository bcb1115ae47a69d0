//! Which URLs are asked, and at which addresses: pure functions of the URL, the configuration and what the name stands for.
//!
//! The guard sees a URL as the `url` crate has read it, so that each spelling of a host is one: decimal, octal and
//! hexadecimal numbers, short forms, wide characters and percent-encoding have become an address or a name by then.

use std::net::IpAddr;

use url::Url;

use super::address::{Reach, reach};
use super::dial::Place;
use super::{Origin, Refusal};

/// What may be asked.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// The only origins that may be; none given is all.
    pub(super) allowed: Option<Vec<Origin>>,
    /// Origins that may be at private addresses.
    pub(super) private: Vec<Origin>,
    /// Ports of origins that nobody has named.
    pub(super) ports: Vec<u16>,
}

/// A place that may be asked, once its addresses are known to be in reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) place: Place,
    /// The least that its addresses have to be.
    reach: Reach,
}

impl Guard {
    /// Where this URL leads, if that may be asked.
    pub(super) fn target(&self, url: &Url) -> Result<Target, Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Kind);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let named = |origins: &[Origin]| origins.iter().any(|origin| origin.has(url));
        let is_private = named(&self.private);
        let is_allowed = self.allowed.as_deref().map(named);
        if is_allowed == Some(false) {
            return Err(Refusal::Origin);
        }
        let place = Place::of(url).ok_or(Refusal::Origin)?;
        // An origin that is named is named with its port.
        if is_allowed.is_none() && !is_private && !self.ports.contains(&place.port) {
            return Err(Refusal::Port);
        }
        Ok(Target {
            place,
            reach: if is_private {
                Reach::Private
            } else {
                Reach::Public
            },
        })
    }
}

impl Target {
    /// Whether it may be asked at these addresses: at all of them or at none, since one among them that is out of
    /// reach is no accident.
    pub(super) fn check(&self, addresses: &[IpAddr]) -> Result<(), Refusal> {
        if addresses.is_empty() {
            return Err(Refusal::Name);
        }
        let in_reach = |address: &IpAddr| reach(*address) >= self.reach;
        if addresses.iter().all(in_reach) {
            Ok(())
        } else {
            Err(Refusal::Address)
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;

    fn origins(texts: &[&str]) -> Vec<Origin> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// What comes of a URL whose host stands for these addresses.
    fn verdict(guard: &Guard, url: &str, addresses: &[&str]) -> Result<(), Refusal> {
        let target = guard.target(&Url::parse(url).unwrap())?;
        let literal = match target.place.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        let resolved = || addresses.iter().map(|text| text.parse().unwrap()).collect();
        target.check(&literal.map_or_else(resolved, |address| vec![address]))
    }

    /// A URL, what its name stands for, and why it is refused, if it is.
    type Row = (&'static str, &'static [&'static str], Option<Refusal>);

    /// Where everything public may be asked. Private is private, and nothing else.
    const OPEN: &[Row] = &[
        ("http://a.test/", &["1.1.1.1"], None),
        ("https://a.test/", &["1.1.1.1", "2606:4700::1111"], None),
        ("http://a.test/", &[], Some(Refusal::Name)),
        ("http://a.test/", &["10.0.0.1"], Some(Refusal::Address)),
        (
            "http://a.test/",
            &["1.1.1.1", "10.0.0.1"],
            Some(Refusal::Address),
        ),
        (
            "http://a.test/",
            &["1.1.1.1", "::1"],
            Some(Refusal::Address),
        ),
        ("http://a.test:8080/", &["1.1.1.1"], Some(Refusal::Port)),
        ("https://a.test:80/", &["1.1.1.1"], None),
        ("http://u@a.test/", &["1.1.1.1"], Some(Refusal::Credentials)),
        (
            "http://u:p@a.test/",
            &["1.1.1.1"],
            Some(Refusal::Credentials),
        ),
        (
            "http://:p@a.test/",
            &["1.1.1.1"],
            Some(Refusal::Credentials),
        ),
        ("ftp://a.test/", &["1.1.1.1"], Some(Refusal::Kind)),
        ("file:///etc/passwd", &["1.1.1.1"], Some(Refusal::Kind)),
        ("gopher://a.test/", &["1.1.1.1"], Some(Refusal::Kind)),
        ("http://127.0.0.1/", &[], Some(Refusal::Address)),
        ("http://127.0.0.1:9000/", &[], None),
        ("http://127.0.0.1:9001/", &[], Some(Refusal::Port)),
        (
            "http://localhost:9000/",
            &["127.0.0.1"],
            Some(Refusal::Port),
        ),
        ("http://intranet.test/", &["10.0.0.1"], None),
        ("http://intranet.test/", &["::1"], None),
        ("http://intranet.test/", &["1.1.1.1"], None),
        (
            "http://intranet.test/",
            &["169.254.169.254"],
            Some(Refusal::Address),
        ),
        (
            "http://intranet.test/",
            &["0.0.0.0"],
            Some(Refusal::Address),
        ),
        (
            "http://intranet.test/",
            &["::ffff:10.0.0.1"],
            Some(Refusal::Address),
        ),
        (
            "http://intranet.test/",
            &["fd00:ec2::254"],
            Some(Refusal::Address),
        ),
    ];

    /// Where two origins may be.
    const LISTED: &[Row] = &[
        ("https://a.photos.test/ok/x", &["1.1.1.1"], None),
        (
            "https://a.photos.test/ok/x",
            &["10.0.0.1"],
            Some(Refusal::Address),
        ),
        (
            "https://a.photos.test/no/x",
            &["1.1.1.1"],
            Some(Refusal::Origin),
        ),
        ("https://b.test/ok/x", &["1.1.1.1"], Some(Refusal::Origin)),
        ("http://a.test:81/x", &["10.0.0.1"], None),
        ("http://a.test/x", &["1.1.1.1"], Some(Refusal::Origin)),
    ];

    #[test]
    fn the_tables() {
        let open = Guard {
            allowed: None,
            private: origins(&["http://intranet.test", "http://127.0.0.1:9000"]),
            ports: vec![80, 443],
        };
        let listed = Guard {
            allowed: Some(origins(&["https://*.photos.test/ok", "http://a.test:81"])),
            private: origins(&["http://a.test:81"]),
            ports: vec![80, 443],
        };
        for (guard, rows) in [(open, OPEN), (listed, LISTED)] {
            for &(url, addresses, expected) in rows {
                let refused = verdict(&guard, url, addresses).err();
                assert_eq!(refused, expected, "{url} {addresses:?}");
            }
        }
    }

    /// A number as some parser might take it.
    fn spelled(number: u32, radix: u8) -> String {
        match radix % 4 {
            0 => format!("{number}"),
            1 => format!("0{number:o}"),
            2 => format!("0x{number:x}"),
            _ => format!("0X{number:08X}"),
        }
    }

    proptest::proptest! {
        #[test]
        fn an_address_is_one_however_it_is_spelled(bits: u32, parts in 1_u32..=4, radix: [u8; 4], dot: bool) {
            // All parts but the last are a byte each; the last has what is left.
            let bytes = (1..parts).map(|part| (bits >> (32 - 8 * part)) & 0xff);
            let last = u64::from(bits) & ((1_u64 << (8 * (5 - parts))) - 1);
            let numbers = bytes.chain([u32::try_from(last).unwrap()]);
            let spelling: Vec<_> = numbers.zip(radix).map(|(number, radix)| spelled(number, radix)).collect();
            let dot = if dot { "." } else { "" };
            let url = Url::parse(&format!("http://{}{dot}/", spelling.join("."))).unwrap();
            let guard = Guard { allowed: None, private: Vec::new(), ports: vec![80] };
            let target = guard.target(&url).unwrap();
            let address = std::net::Ipv4Addr::from_bits(bits);
            proptest::prop_assert_eq!(&target.place.host, &Host::<String>::Ipv4(address));
            let is_public = reach(address.into()) == Reach::Public;
            proptest::prop_assert_eq!(target.check(&[address.into()]).is_ok(), is_public);
        }
    }
}
