//! Any text in any style, on pictures of any size.

use proptest::prelude::*;

use super::*;
use crate::codecs::Shape;

fn text() -> impl Strategy<Value = Text> {
    let style = (1_u32..40_000, any::<bool>(), any::<bool>());
    let style = style.prop_map(|(em, bold, italic)| Style { em, bold, italic });
    (
        prop_oneof![
            ".{0,40}",
            "[ \\n\u{5d0}-\u{5ea}\u{627}-\u{64a}a-z0-9()\u{300}-\u{320}]{0,60}"
        ],
        1_u32..2000,
        style,
        0_u32..300,
        any::<[u8; 4]>(),
        any::<bool>(),
    )
        .prop_map(|(content, width, style, margin, rgba, repeats)| Text {
            content,
            width,
            style,
            margin,
            colour: Colour { rgba },
            repeats,
        })
}

proptest! {
    #[test]
    fn any_text_is_drawn_the_same_again(text in text(), width in 1_u32..90, height in 1_u32..90) {
        let shape = Shape { width, height, model: Model::Rgba };
        let bare = Raster::interleaved(shape, vec![200; usize::try_from(shape.bytes()).unwrap()]);
        let draw = || draw(bare.clone(), &text, text.colour, Model::Rgba, &Checkpoint::new()).unwrap();
        let made = draw();
        prop_assert_eq!(made.shape(), shape);
        prop_assert_eq!(&made, &draw());
        // Samples come no further than the colour, and nothing becomes less opaque.
        let [r, g, b, _] = text.colour.rgba;
        for pixel in made.planes[0].samples.chunks_exact(4) {
            for (&sample, towards) in pixel.iter().zip([r, g, b]) {
                prop_assert!((towards.min(200)..=towards.max(200)).contains(&sample));
            }
            prop_assert!(pixel[3] >= 200);
        }
    }

    #[test]
    fn what_begins_inside_is_inside(text in text(), width in 1_u32..3000, height in 1_u32..3000, ink in (1_u32..3000, 1_u32..3000)) {
        let tiling = tiling(&text, text.colour, ink, (width, height));
        prop_assert!(tiling.start.0 == 0 || tiling.start.0 + ink.0 <= width);
        prop_assert!(tiling.start.1 == 0 || tiling.start.1 + ink.1 <= height);
        // Nor is it cut where it comes again.
        prop_assert!(tiling.start.0 + ink.0 <= tiling.step.0);
        prop_assert!(tiling.start.1 + ink.1 <= tiling.step.1);
    }
}
