//! The table of parameters: names, aliases, what is allowed.

/// A parameter of the query, of a form field or of a step in a pipeline.
#[derive(Debug)]
pub struct ParameterRow {
    /// Canonical name.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// What its value is, where it comes with a type.
    pub kind: Kind,
    /// What values it takes, in words; the `allowed` of a problem.
    pub allowed: &'static str,
    /// What it is when absent, in words.
    pub default: &'static str,
    /// One line for a person.
    pub about: &'static str,
    /// Whether imaginary hasn't it: to its clients such a name is nothing that could be wrong.
    pub is_own: bool,
}

impl ParameterRow {
    /// Whether its name alone says something.
    pub fn may_be_bare(&self) -> bool {
        self.allowed.contains("or the bare name")
    }
}

/// What a value is, in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Whole,
    /// A number.
    Decimal,
    /// True or false.
    Boolean,
    /// A string alone.
    Text,
}

use Kind::{Boolean, Decimal, Text, Whole};

type Names = &'static [&'static str];

const fn row(
    (name, aliases, kind): (&'static str, Names, Kind),
    allowed: &'static str,
    default: &'static str,
    about: &'static str,
) -> ParameterRow {
    ParameterRow {
        name,
        aliases,
        kind,
        allowed,
        default,
        about,
        is_own: false,
    }
}

/// One that imaginary hasn't.
const fn own(
    names: (&'static str, Names, Kind),
    allowed: &'static str,
    default: &'static str,
    about: &'static str,
) -> ParameterRow {
    ParameterRow {
        is_own: true,
        ..row(names, allowed, default, about)
    }
}

const BOOLEAN: &str = "true, false, 1, 0, yes, no, on, off, or the bare name";
const SIDE: &str = "a whole number of pixels, 1 to max_output_side";
const PIXELS: &str = "a whole number of pixels, 0 to 1000000";
const TEXT_WIDTH: &str = "a whole number of pixels, 1 to 1000000";
const FACTOR: &str = "a number from 0 to 10";
const COLOUR: &str = "255,255,255, fff, ffffff, ffffff80, or a CSS colour name";

/// Every parameter.
#[rustfmt::skip]
pub const PARAMETERS: &[ParameterRow] = &[
    row(("width", &["w"], Whole), SIDE,
        "from the height and the aspect ratio", "Width to scale to."),
    row(("height", &["h"], Whole), SIDE,
        "from the width and the aspect ratio", "Height to scale to."),
    own(("size", &["s"], Text), "WIDTHxHEIGHT, WIDTHx or xHEIGHT, as in 300x200, each 1 to max_output_side",
        "none", "Width and height in one."),
    row(("aspectratio", &[], Text), "WIDTH:HEIGHT, as in 16:9, whole numbers from 1 to 65535",
        "the picture's", "Shape of the box when one side of it is given."),
    own(("fit", &[], Text), "inside, cover, contain, fill or outside",
        "as the operation says", "How the picture fits into width and height."),
    own(("enlarge", &["el"], Boolean), BOOLEAN,
        "as the operation says", "Whether the result may be larger than the source."),
    own(("withoutEnlargement", &["we"], Boolean), BOOLEAN,
        "none", "The negative of enlarge."),
    row(("force", &[], Boolean), BOOLEAN,
        "false", "Stretch to width and height exactly, enlarging."),
    row(("nocrop", &[], Boolean), BOOLEAN,
        "none", "On /enlarge, true fits inside in place of cutting; on /resize, false cuts as /crop does."),
    row(("embed", &[], Boolean), BOOLEAN,
        "false", "Put the whole picture on a canvas of width by height, filled as extend says."),
    row(("extend", &[], Text), "copy, mirror, black, white, background or lastpixel",
        "copy, with embed", "What fills the canvas beside the picture; on /resize it asks for embed, too."),
    own(("dpr", &[], Decimal), "a number from 0.1 to 8",
        "1", "Factor on width and height, for dense displays."),
    row(("gravity", &["g", "position"], Text),
        "centre, north, northeast, east, southeast, south, southwest, west, northwest \
         (or top, bottom, left, right, n, ne, …), smart, or a focal point such as 0.3,0.7",
        "centre", "Which part stays where something is cut; smart takes what draws the eye."),
    row(("left", &[], Whole), PIXELS,
        "0", "Left edge of the area, or of the picture that is drawn."),
    row(("top", &[], Whole), PIXELS,
        "0", "Upper edge of the area, or of the picture that is drawn."),
    row(("areawidth", &[], Whole), PIXELS,
        "none", "Width of the area that is cut out."),
    row(("areaheight", &[], Whole), PIXELS,
        "none", "Height of the area that is cut out."),
    row(("factor", &[], Whole), "a whole number from 1 to 100",
        "none", "How many times each pixel is repeated beside itself, and below."),
    row(("rotate", &["rot"], Whole), "a multiple of 90, up to 3600",
        "0", "Degrees to turn clockwise, after the picture is upright."),
    row(("flip", &[], Boolean), BOOLEAN,
        "false", "Mirror left and right."),
    row(("flop", &[], Boolean), BOOLEAN,
        "false", "Mirror top and bottom."),
    row(("norotation", &[], Boolean), BOOLEAN,
        "false", "Leave the picture as it is stored, its orientation tag included."),
    row(("sigma", &["blur", "bl"], Decimal), "a number from 0 to 1000",
        "0", "Standard deviation of a Gaussian blur, in pixels of the result."),
    row(("minampl", &[], Decimal), "a number from 0 to 1",
        "0.2", "Taken for imaginary's clients; the blur's mask always ends where it falls to 0.2."),
    own(("sharpen", &["sharp", "sh"], Decimal), "a number from 0 to 10",
        "0", "Standard deviation, in pixels of the result, of the blur that sharpening is the opposite of; 1 is usual."),
    own(("brightness", &[], Decimal), FACTOR,
        "1", "Factor on every sample."),
    own(("contrast", &[], Decimal), FACTOR,
        "1", "Factor on the distance from the middle grey."),
    own(("saturation", &[], Decimal), FACTOR,
        "1", "Factor on how colourful it is; 0 is grey."),
    own(("gamma", &[], Decimal), "a number from 0.1 to 10",
        "1", "More than 1 makes dark parts lighter, less makes light parts darker."),
    own(("pixelate", &[], Whole), "a whole number of pixels, 1 to 1000",
        "1", "Side of the squares of one colour."),
    own(("trim", &[], Whole), "a whole number from 0 to 255, or the bare name for 10",
        "none", "How far samples of a border may be from those of the picture's left upper corner; in a pipeline, the first step's alone."),
    own(("pad", &[], Text), "1, 2 or 4 whole numbers from 0 to 10000, as in 10 or 10,20,10,20: all sides; down, across; top, right, bottom, left",
        "0", "Border beside the result, in pixels."),
    own(("radius", &[], Text), "a whole number of pixels, 0 to 1000000, or max",
        "0", "Radius of the corners; max makes a circle of a square."),
    row(("text", &[], Text), "1 to 1000 characters",
        "none", "What is drawn; a line feed ends a line."),
    row(("textwidth", &[], Whole), TEXT_WIDTH,
        "a sixth of the picture's width", "Width after which the text goes on in a new line."),
    row(("font", &[], Text), "words such as bold and italic, and a size from 1 to 1000 points, as in sans bold 10",
        "sans 10", "How large the text is, and whether bold or italic; there is one family."),
    row(("dpi", &[], Whole), "a whole number from 1 to 1200",
        "150", "Pixels of an inch, which has 72 of the font's points."),
    row(("margin", &[], Whole), PIXELS,
        "textwidth", "Distance from a text to where it is drawn again."),
    row(("color", &["colour"], Text), COLOUR,
        "black", "Colour of the text."),
    row(("opacity", &[], Decimal), "a number from 0 to 1000, of which 0 is the default, and above 1 is 1",
        "0.25 for a text, 1 for a picture", "How much of a watermark is seen; 1 hides what is behind it."),
    row(("noreplicate", &[], Boolean), BOOLEAN,
        "false", "Draw the text once alone."),
    row(("image", &[], Text), "a picture: the part image of a form, or an http or https URL where this server fetches any",
        "none", "What /watermarkimage draws."),
    row(("colorspace", &["colourspace"], Text), "srgb or bw",
        "srgb", "bw makes the picture grey."),
    own(("grayscale", &["greyscale"], Boolean), BOOLEAN,
        "false", "The same as colorspace=bw."),
    row(("background", &["bg", "b"], Text), COLOUR,
        "white for JPEG, transparent else", "What lies behind transparent parts and beside the picture."),
    row(("quality", &["q"], Whole), "a whole number from 1 to 100",
        "80, AVIF 75, and 100 for a GIF, and a PNG with a palette", "Quality of lossy formats, on each format's own scale, and how near a palette's colours are."),
    row(("interlace", &["progressive"], Boolean), BOOLEAN,
        "false", "Coarse first, then finer: a progressive JPEG, a PNG in seven passes, a GIF in four; other formats stay as they are."),
    row(("palette", &[], Boolean), BOOLEAN,
        "false", "At most 256 colours, in a palette, for a PNG; other formats stay as they are."),
    row(("compression", &[], Whole), "a whole number from 1 to 9",
        "as suits the picture", "Effort for a PNG's size, from quick to small; other formats stay as they are."),
    row(("speed", &[], Whole), "a whole number from 0 to 10",
        "6", "How quickly an AVIF is made: up to 4 smaller and ten times as slow as 9, the quickest; other formats stay as they are."),
    own(("lossless", &[], Boolean), BOOLEAN,
        "false", "Keep every sample of a WebP, alpha and what is behind it, too; other formats stay as they are."),
    own(("animated", &[], Boolean), BOOLEAN,
        "true, but false for a PNG of another animation", "Whether the answer moves, where the picture does and the format can: GIF, WebP, PNG."),
    own(("page", &["frame"], Whole), "a whole number, 0 to the last frame's",
        "0, where the answer doesn't move", "The page of a TIFF, or the frame of an animation that is shown alone, from 0."),
    row(("type", &["format", "f", "output"], Text), "jpeg (or jpg), png, webp, gif, avif, tiff or auto",
        "the input's where it can be written, else PNG with alpha and JPEG without", "Format of the answer."),
    own(("linear", &[], Boolean), BOOLEAN,
        "as the server is configured", "Whether to resize in linear light."),
    row(("operations", &[], Text), "a JSON array of 1 to 10 steps, each {\"operation\": …, \"params\": {…}, \"ignore_failure\": false}",
        "none", "What /pipeline does, in order."),
    own(("metadata", &[], Text), "none, copyright, keep or keep-all",
        "none", "What of the picture's EXIF and XMP stays in a JPEG, PNG, WebP or AVIF; only keep-all keeps where it was taken."),
    row(("stripmeta", &[], Boolean), BOOLEAN,
        "false", "Keep no metadata, the orientation tag that norotation keeps included."),
    row(("noprofile", &[], Boolean), BOOLEAN,
        "true", "Leave the colour profile out; it always is, colours are converted to sRGB."),
    own(("hash", &[], Text), "thumbhash or blurhash",
        "none", "Of /info alone: a few bytes from which a page draws a blurred preview."),
    own(("colors", &["colours"], Whole), "a whole number from 1 to 16",
        "none", "Of /info alone: at most so many dominant colours."),
    row(("sign", &[], Text), "base64url without padding",
        "none", "The URL's signature, where the server wants one."),
    own(("expires", &[], Text), "whole seconds since 1970",
        "none", "The time from which on a signed URL doesn't hold any more."),
    row(("key", &[], Text), "any text",
        "none", "The API key, where the server wants one and the header API-Key has none."),
];
