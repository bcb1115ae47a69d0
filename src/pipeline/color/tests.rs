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

fn to_srgb(raster: Raster, colour: &Colour) -> Raster {
    let target = Target::new(Space::Srgb, colour, raster.model);
    target.picture(raster, colour, &Checkpoint::new()).unwrap()
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
        let got = to_srgb(pixel(model, sample), colour);
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
    let got = to_srgb(pixel(Model::Rgba, &[128, 128, 128, 7]), &p3);
    assert_eq!(got.planes[0].samples[3], 7);
}

#[test]
fn srgb_in_any_spelling_is_left_alone() {
    assert!(is_in(&icc(&ColorProfile::new_srgb()), Space::Srgb));
    assert!(!is_in(&icc(&ColorProfile::new_adobe_rgb()), Space::Srgb));
    let same = Colour::Cicp {
        primaries: 1,
        transfer: 13,
        full_range: true,
    };
    assert!(is_in(&same, Space::Srgb));
}

/// What is written is read again by the same engine: the same primaries, curves and kind; twice the same bytes.
#[test]
fn profiles_that_are_written_mean_what_they_were_made_of() {
    let gamma = Colour::Gamma {
        gamma: 1.0 / 1.8,
        chromaticities: None,
    };
    let points = |primaries, transfer| Colour::Cicp {
        primaries,
        transfer,
        full_range: true,
    };
    for (space, colour, model) in [
        (Space::P3, Colour::Srgb, Model::Rgb),
        (Space::Source, points(12, 13), Model::Rgba),
        (
            Space::Source,
            points(9, 1),
            Model::YCbCr { across: 2, down: 2 },
        ),
        (Space::Source, points(1, 8), Model::Rgb),
        (Space::Source, gamma.clone(), Model::Rgb),
        (Space::Source, gamma, Model::GrayAlpha),
    ] {
        let case = format!("{space:?} {colour:?} {model:?}");
        let made = profile(space, &colour, model).expect(&case);
        let again = profile(space, &colour, model).expect(&case);
        assert_eq!(made, again, "{case}");
        let expected = match space {
            Space::P3 => Box::new(ColorProfile::new_display_p3()),
            _ => own(&colour, model).expect(&case),
        };
        let read = ColorProfile::new_from_slice(&made.bytes).expect(&case);
        assert_eq!(read.color_space, expected.color_space, "{case}");
        if read.color_space == DataColorSpace::Rgb {
            assert!(means(&read, &expected), "{case}");
            assert!(!means(&read, &ColorProfile::new_srgb()), "{case}");
        }
        let grey = pixel(Model::Gray, &[100]);
        if read.color_space == DataColorSpace::Gray {
            let of = |profile: &ColorProfile| {
                let to = ColorProfile::new_srgb();
                let made = applied(&grey, profile, &to, &Checkpoint::new());
                made.unwrap().expect(&case)
            };
            assert_eq!(of(&read), of(&expected), "{case}");
        }
    }
    for (space, colour) in [
        (Space::Srgb, points(12, 13)),
        (Space::Source, points(9, 16)),
        (Space::Source, points(1, 13)),
        (Space::Stored, points(12, 13)),
    ] {
        assert_eq!(profile(space, &colour, Model::Rgb), None, "{colour:?}");
    }
}
