//! Geometry by table and by property.

use proptest::prelude::*;

use super::*;
use crate::pipeline::value::Extend;

fn asked(width: u32, height: u32, fit: Fit, enlarge: bool) -> Sizing {
    Sizing {
        width: (width > 0).then_some(width),
        height: (height > 0).then_some(height),
        fit,
        enlarge: if enlarge {
            Enlarge::Always
        } else {
            Enlarge::Never
        },
        cuts: false,
        gravity: Gravity::default(),
        extend: Extend::Background,
    }
}

#[test]
fn sizes_are_as_the_table_says() {
    for (source, (w, h), fit, enlarge, expected) in [
        ((2725, 2225), (720, 588), Fit::Inside, false, (720, 588)),
        ((4000, 3000), (800, 0), Fit::Inside, false, (800, 600)),
        ((4000, 3000), (0, 600), Fit::Cover, false, (800, 600)),
        ((300, 200), (600, 600), Fit::Inside, false, (300, 200)),
        ((300, 200), (600, 600), Fit::Inside, true, (600, 400)),
        ((300, 200), (100, 100), Fit::Outside, false, (150, 100)),
        ((300, 200), (100, 100), Fit::Fill, false, (100, 100)),
        ((300, 200), (400, 100), Fit::Fill, false, (300, 100)),
        ((300, 200), (400, 100), Fit::Fill, true, (400, 100)),
        ((300, 200), (100, 100), Fit::Cover, false, (100, 100)),
        ((300, 200), (400, 400), Fit::Cover, false, (200, 200)),
        ((300, 200), (400, 400), Fit::Cover, true, (400, 400)),
        ((300, 200), (600, 100), Fit::Cover, false, (300, 50)),
        ((10_000, 1), (100, 100), Fit::Inside, false, (100, 1)),
        ((300, 200), (0, 0), Fit::Fill, true, (300, 200)),
    ] {
        let got = geometry(source, asked(w, h, fit, enlarge));
        assert_eq!(
            (got.width, got.height),
            expected,
            "{source:?} {w}x{h} {fit:?} {enlarge}"
        );
        assert_eq!(got.canvas, None);
    }
}

#[test]
fn contain_puts_the_picture_where_gravity_says() {
    let mut ask = asked(100, 100, Fit::Contain, false);
    for (gravity, left, top) in [
        (Gravity::default(), 0, 16),
        (Gravity::Side { x: 0.5, y: 0.0 }, 0, 0),
        (Gravity::Side { x: 1.0, y: 1.0 }, 0, 33),
        (Gravity::Focus { x: 0.9, y: 0.9 }, 0, 16),
    ] {
        ask.gravity = gravity;
        let got = geometry((300, 200), ask);
        assert_eq!((got.width, got.height), (100, 67));
        let canvas = Canvas {
            width: 100,
            height: 100,
            left,
            top,
        };
        assert_eq!(got.canvas, Some(canvas), "{gravity:?}");
    }
}

#[test]
fn cover_cuts_where_gravity_says() {
    let mut ask = asked(100, 100, Fit::Cover, false);
    for (gravity, left) in [
        (Gravity::default(), 50.0),
        (Gravity::Side { x: 0.0, y: 0.5 }, 0.0),
        (Gravity::Side { x: 1.0, y: 0.5 }, 100.0),
        (Gravity::Focus { x: 0.4, y: 0.5 }, 20.0),
        (Gravity::Focus { x: 0.0, y: 0.0 }, 0.0),
        (Gravity::Focus { x: 1.0, y: 1.0 }, 100.0),
    ] {
        ask.gravity = gravity;
        let window = Window {
            left,
            top: 0.0,
            width: 200.0,
            height: 200.0,
        };
        assert_eq!(geometry((300, 200), ask).window, window, "{gravity:?}");
    }
}

#[test]
fn windows_are_turned_back_for_every_orientation() {
    // A stored picture of 40x30; the displayed top left corner, 10 wide and 4 high.
    for (tag, left, top, width, height) in [
        (1, 0.0, 0.0, 10.0, 4.0),
        (2, 30.0, 0.0, 10.0, 4.0),
        (3, 30.0, 26.0, 10.0, 4.0),
        (4, 0.0, 26.0, 10.0, 4.0),
        (5, 0.0, 0.0, 4.0, 10.0),
        (6, 0.0, 20.0, 4.0, 10.0),
        (7, 36.0, 20.0, 4.0, 10.0),
        (8, 36.0, 0.0, 4.0, 10.0),
    ] {
        let shown = Window {
            left: 0.0,
            top: 0.0,
            width: 10.0,
            height: 4.0,
        };
        let stored = shown.stored(Orientation::from_exif(tag), (40, 30));
        assert_eq!(
            stored,
            Window {
                left,
                top,
                width,
                height
            },
            "orientation {tag}"
        );
    }
}

fn fits() -> impl Strategy<Value = Fit> {
    prop_oneof![
        Just(Fit::Inside),
        Just(Fit::Cover),
        Just(Fit::Contain),
        Just(Fit::Fill),
        Just(Fit::Outside)
    ]
}

fn sizes() -> impl Strategy<Value = Size> {
    let side = || prop_oneof![1_u32..20, 1_u32..5_000, 60_000_u32..1_000_000];
    (side(), side())
}

proptest! {
    #[test]
    fn geometry_keeps_its_promises(
        source in sizes(),
        target in sizes(),
        fit in fits(),
        enlarge in any::<bool>(),
        (x, y) in (0.0_f64..=1.0, 0.0_f64..=1.0),
        focus in any::<bool>(),
    ) {
        let gravity = if focus { Gravity::Focus { x, y } } else { Gravity::Side { x, y } };
        let ask = Sizing { gravity, ..asked(target.0, target.1, fit, enlarge) };
        let got = geometry(source, ask);
        let size = (got.width, got.height);
        prop_assert!(size.0 >= 1 && size.1 >= 1);
        // The window lies inside the source.
        let slack = 1e-6 * f64::from(source.0.max(source.1));
        prop_assert!(got.window.left >= 0.0 && got.window.top >= 0.0);
        prop_assert!(got.window.width > 0.0 && got.window.height > 0.0);
        prop_assert!(got.window.left + got.window.width <= f64::from(source.0) + slack);
        prop_assert!(got.window.top + got.window.height <= f64::from(source.1) + slack);
        if !enlarge {
            prop_assert!(size.0 <= source.0 && size.1 <= source.1);
        }
        match fit {
            Fit::Inside | Fit::Contain => {
                prop_assert!(size.0 <= target.0 && size.1 <= target.1);
            }
            Fit::Fill | Fit::Cover if enlarge => prop_assert_eq!(size, target),
            Fit::Outside if enlarge => prop_assert!(size.0 >= target.0 && size.1 >= target.1),
            _ => {}
        }
        if let Some(canvas) = got.canvas {
            prop_assert_eq!((canvas.width, canvas.height), target);
            prop_assert!(canvas.left + got.width <= canvas.width);
            prop_assert!(canvas.top + got.height <= canvas.height);
        }
        // Where nothing is cut or stretched, the aspect is kept to a pixel, or to the least pixel there is.
        // A side that doesn't fit 32 bits saturates; the limits refuse it.
        let saturated = size.0 == u32::MAX || size.1 == u32::MAX;
        if fit != Fit::Fill && !saturated && got.window.width >= 1.0 && got.window.height >= 1.0 {
            let scale_x = f64::from(size.0) / got.window.width;
            let scale_y = f64::from(size.1) / got.window.height;
            let off_x = (scale_y * got.window.width - f64::from(size.0)).abs();
            let off_y = (scale_x * got.window.height - f64::from(size.1)).abs();
            prop_assert!(off_x <= 1.0 || off_y <= 1.0, "{got:?}");
        }
    }

    #[test]
    fn turning_back_stays_inside(
        tag in 1_u16..=8,
        stored in sizes(),
        (a, b, c, d) in (0.0_f64..1.0, 0.0_f64..1.0, 0.01_f64..1.0, 0.01_f64..1.0),
        eighths in 1_u32..=8,
    ) {
        let orientation = Orientation::from_exif(tag);
        let (w, h) = if orientation.swaps() { (stored.1, stored.0) } else { stored };
        let (w, h) = (f64::from(w), f64::from(h));
        let (width, height) = (c * w, d * h);
        let shown = Window { left: a * (w - width), top: b * (h - height), width, height };
        let back = shown.stored(orientation, stored);
        let slack = 1e-6 * w.max(h);
        prop_assert!(back.left >= -slack && back.top >= -slack);
        prop_assert!(back.left + back.width <= f64::from(stored.0) + slack);
        prop_assert!(back.top + back.height <= f64::from(stored.1) + slack);
        let small = ((stored.0 * eighths).div_ceil(8), (stored.1 * eighths).div_ceil(8));
        let scaled = back.scaled(f64::from(eighths) / 8.0, small);
        prop_assert!(scaled.left >= 0.0 && scaled.left + scaled.width <= f64::from(small.0));
        prop_assert!(scaled.top >= 0.0 && scaled.top + scaled.height <= f64::from(small.1));
        prop_assert!(scaled.width > 0.0 && scaled.height > 0.0);
    }
}
