//! Known colours through known profiles.

use std::sync::Arc;

use super::*;

fn pixel(model: Model, samples: &[u8]) -> Raster {
    let shape = Shape {
        width: 1,
        height: 1,
        model,
    };
    Raster::interleaved(shape, samples.to_vec())
}

fn icc(profile: &ColorProfile) -> Colour {
    Colour::Icc(Arc::from(profile.encode().unwrap()))
}

#[test]
fn colours_are_as_published() {
    let p3 = icc(&ColorProfile::new_display_p3());
    let adobe = icc(&ColorProfile::new_adobe_rgb());
    let half_gamma = Colour::Gamma {
        gamma: 1.0,
        chromaticities: None,
    };
    let p3_points = Colour::Cicp {
        primaries: 12,
        transfer: 13,
        full_range: true,
    };
    // Expected values by the definitions of the spaces, computed in floating point.
    for (model, sample, colour, expected) in [
        (Model::Rgb, &[255, 255, 255][..], &p3, [255, 255, 255]),
        (Model::Rgb, &[128, 128, 128], &p3, [128, 128, 128]),
        (Model::Rgb, &[234, 51, 35], &p3, [255, 0, 0]),
        (Model::Rgb, &[234, 51, 35], &p3_points, [255, 0, 0]),
        (Model::Rgb, &[219, 0, 0], &adobe, [255, 0, 0]),
        (Model::Rgb, &[128, 128, 128], &adobe, [128, 128, 128]),
        (Model::Rgb, &[128, 128, 128], &half_gamma, [188, 188, 188]),
        (Model::Gray, &[128], &half_gamma, [188, 188, 188]),
        (Model::Cmyk, &[0, 0, 0, 0], &Colour::Srgb, [255, 255, 255]),
        // As printed: cyan and black of FOGRA39L.
        (Model::Cmyk, &[255, 0, 0, 0], &Colour::Srgb, [0, 159, 227]),
        (Model::Cmyk, &[0, 0, 0, 255], &Colour::Srgb, [29, 29, 27]),
        // A profile for another kind of picture, and one that is none.
        (Model::Gray, &[77], &p3, [77, 77, 77]),
        (
            Model::Rgb,
            &[7, 8, 9],
            &Colour::Icc(Arc::from(*b"nonsense")),
            [7, 8, 9],
        ),
    ] {
        let got = to_srgb(pixel(model, sample), colour, &Checkpoint::new()).unwrap();
        let got = &got.planes[0].samples;
        let got = if got.len() == 1 {
            [got[0]; 3]
        } else {
            [got[0], got[1], got[2]]
        };
        for (a, b) in got.iter().zip(expected) {
            assert!(
                a.abs_diff(b) <= 2,
                "{model:?} {sample:?}: {got:?}, not {expected:?}"
            );
        }
    }
}

#[test]
fn alpha_passes_untouched() {
    let p3 = icc(&ColorProfile::new_display_p3());
    let got = to_srgb(
        pixel(Model::Rgba, &[128, 128, 128, 7]),
        &p3,
        &Checkpoint::new(),
    )
    .unwrap();
    assert_eq!(got.planes[0].samples[3], 7);
}

#[test]
fn srgb_in_any_spelling_is_left_alone() {
    assert!(is_srgb(&icc(&ColorProfile::new_srgb())));
    assert!(!is_srgb(&icc(&ColorProfile::new_adobe_rgb())));
    let same = Colour::Cicp {
        primaries: 1,
        transfer: 13,
        full_range: true,
    };
    assert!(is_srgb(&same));
}
