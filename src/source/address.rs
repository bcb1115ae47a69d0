//! Which addresses belong to the public, by the registries of special-purpose addresses (RFC 6890 and what has come since).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whom an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Nobody that a fetch should ever come to: networks' own machinery, clouds' metadata, other addresses in disguise.
    Never,
    /// A private network or this machine.
    Private,
    /// Everybody.
    Public,
}

/// Networks of IPv4 that aren't public: address, length of the prefix, whose it is.
const V4: &[([u8; 4], u32, Reach)] = &[
    // This network, and no address at all.
    ([0, 0, 0, 0], 8, Reach::Never),
    ([10, 0, 0, 0], 8, Reach::Private),
    // Alibaba's metadata, within the next.
    ([100, 100, 100, 200], 32, Reach::Never),
    // Carriers' translation.
    ([100, 64, 0, 0], 10, Reach::Private),
    ([127, 0, 0, 0], 8, Reach::Private),
    // Azure's metadata and health probes, at what looks like a public address.
    ([168, 63, 129, 16], 32, Reach::Never),
    // Link-local, and most clouds' metadata.
    ([169, 254, 0, 0], 16, Reach::Never),
    ([172, 16, 0, 0], 12, Reach::Private),
    // Protocols' own, Oracle's metadata among them.
    ([192, 0, 0, 0], 24, Reach::Never),
    // Documentation.
    ([192, 0, 2, 0], 24, Reach::Never),
    // Sinks of DNS, automatic multicast tunnels, relays of 6to4.
    ([192, 31, 196, 0], 24, Reach::Never),
    ([192, 52, 193, 0], 24, Reach::Never),
    ([192, 88, 99, 0], 24, Reach::Never),
    ([192, 168, 0, 0], 16, Reach::Private),
    ([192, 175, 48, 0], 24, Reach::Never),
    // Benchmarks.
    ([198, 18, 0, 0], 15, Reach::Never),
    // Documentation.
    ([198, 51, 100, 0], 24, Reach::Never),
    ([203, 0, 113, 0], 24, Reach::Never),
    // Multicast, what is reserved, broadcast.
    ([224, 0, 0, 0], 3, Reach::Never),
];

/// The same of IPv6, as two halves of an address. What is in no row is public only below `2000::/3`.
const V6: &[([u16; 4], u32, Reach)] = &[
    // Protocols' own: Teredo, benchmarks, ORCHID.
    ([0x2001, 0, 0, 0], 23, Reach::Never),
    // Documentation.
    ([0x2001, 0x0db8, 0, 0], 32, Reach::Never),
    ([0x3fff, 0, 0, 0], 20, Reach::Never),
    // 6to4: another address in disguise.
    ([0x2002, 0, 0, 0], 16, Reach::Never),
    // Sinks of DNS.
    ([0x2620, 0x004f, 0x8000, 0], 48, Reach::Never),
    // Clouds' metadata at private addresses: EC2's and Google's.
    ([0xfd00, 0x0ec2, 0, 0], 64, Reach::Never),
    ([0xfd20, 0x00ce, 0, 0], 64, Reach::Never),
    // Unique local.
    ([0xfc00, 0, 0, 0], 7, Reach::Private),
];

/// Whom it belongs to.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let bits = address.to_bits();
    V4.iter()
        .find(|(network, length, _)| {
            (bits ^ u32::from_be_bytes(*network)).leading_zeros() >= *length
        })
        .map_or(Reach::Public, |(_, _, reach)| *reach)
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Private;
    }
    let bits = address.to_bits();
    let listed = V6.iter().find(|(network, length, _)| {
        let [a, b, c, d] = *network;
        let network = Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_bits();
        (bits ^ network).leading_zeros() >= *length
    });
    match listed {
        Some((_, _, reach)) => *reach,
        // Everything else there is: mapped, compatible and translated IPv4, link-local, site-local, multicast, and what nobody has yet.
        None if bits >> 125 != 1 => Reach::Never,
        // ISATAP carries an IPv4 address behind these 32 bits, of which two say nothing.
        None if (bits >> 32) & 0xfcff_ffff == 0x5efe => Reach::Never,
        None => Reach::Public,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &[(&str, Reach)] = &[
        ("1.1.1.1", Reach::Public),
        ("9.255.255.255", Reach::Public),
        ("11.0.0.0", Reach::Public),
        ("100.63.255.255", Reach::Public),
        ("100.128.0.0", Reach::Public),
        ("172.15.255.255", Reach::Public),
        ("172.32.0.0", Reach::Public),
        ("198.17.255.255", Reach::Public),
        ("198.20.0.0", Reach::Public),
        ("223.255.255.255", Reach::Public),
        ("10.0.0.1", Reach::Private),
        ("100.64.0.1", Reach::Private),
        ("127.0.0.1", Reach::Private),
        ("127.255.255.254", Reach::Private),
        ("172.16.0.1", Reach::Private),
        ("172.31.255.255", Reach::Private),
        ("192.168.255.255", Reach::Private),
        ("0.0.0.0", Reach::Never),
        ("0.1.2.3", Reach::Never),
        ("100.100.100.200", Reach::Never),
        ("168.63.129.16", Reach::Never),
        ("169.254.169.254", Reach::Never),
        ("192.0.0.192", Reach::Never),
        ("192.0.2.1", Reach::Never),
        ("192.88.99.1", Reach::Never),
        ("198.19.255.255", Reach::Never),
        ("203.0.113.7", Reach::Never),
        ("224.0.0.1", Reach::Never),
        ("240.0.0.1", Reach::Never),
        ("255.255.255.255", Reach::Never),
        ("2606:4700:4700::1111", Reach::Public),
        ("2a00:1450:4001:81b::200e", Reach::Public),
        ("2001:200::1", Reach::Public),
        ("::1", Reach::Private),
        ("fc00::1", Reach::Private),
        ("fd12:3456::1", Reach::Private),
        ("::", Reach::Never),
        ("::ffff:127.0.0.1", Reach::Never),
        ("::ffff:1.1.1.1", Reach::Never),
        ("::127.0.0.1", Reach::Never),
        ("64:ff9b::7f00:1", Reach::Never),
        ("64:ff9b::1.1.1.1", Reach::Never),
        ("64:ff9b:1::1", Reach::Never),
        ("100::1", Reach::Never),
        ("2001::1", Reach::Never),
        ("2001:0:7f00:1::", Reach::Never),
        ("2001:2::1", Reach::Never),
        ("2001:10::1", Reach::Never),
        ("2001:db8::1", Reach::Never),
        ("2002:7f00:1::", Reach::Never),
        ("3fff::1", Reach::Never),
        ("5f00::1", Reach::Never),
        ("fd00:ec2::254", Reach::Never),
        ("fd20:ce::254", Reach::Never),
        ("fe80::1", Reach::Never),
        ("fec0::1", Reach::Never),
        ("ff02::1", Reach::Never),
        ("2606:4700::5efe:10.0.0.1", Reach::Never),
        ("2606:4700::200:5efe:10.0.0.1", Reach::Never),
    ];

    #[test]
    fn the_table() {
        for &(address, expected) in TABLE {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_private_is_never_public(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!special || reach(address.into()) != Reach::Public);
            // Nor does any of them become public by being dressed up.
            for prefix in [0, 0xffff_u128 << 32, 0x64_ff9b << 96, 0xfe80 << 112] {
                let dressed = Ipv6Addr::from_bits(prefix | u128::from(bits));
                prop_assert_ne!(reach(dressed.into()), Reach::Public);
            }
            let tunnelled = Ipv6Addr::from_bits((0x2002 << 112) | (u128::from(bits) << 80));
            prop_assert_eq!(reach(tunnelled.into()), Reach::Never);
        }

        #[test]
        fn only_global_unicast_is_public(bits in any::<u128>()) {
            let address = Ipv6Addr::from_bits(bits);
            let is_public = reach(address.into()) == Reach::Public;
            prop_assert!(!is_public || address.segments()[0] & 0xe000 == 0x2000);
            prop_assert!(!is_public || !address.is_unique_local());
        }
    }
}
