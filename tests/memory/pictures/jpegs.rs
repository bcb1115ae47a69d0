//! JPEGs of every kind, by libjpeg-turbo.
#![expect(unsafe_code, reason = "the C codec's encoder")]

use turbojpeg_sys as turbo;

use super::{Content, Size, samples};
use crate::wrapped::oriented;

/// How to write a JPEG.
pub(crate) struct Jpeg {
    pixels: turbo::TJPF,
    channels: u32,
    subsampling: turbo::TJSAMP,
    /// More of libjpeg-turbo's parameters.
    more: &'static [(turbo::TJPARAM, i32)],
}

pub(crate) const PLAIN: Jpeg = Jpeg {
    pixels: turbo::TJPF_TJPF_RGB,
    channels: 3,
    subsampling: turbo::TJSAMP_TJSAMP_420,
    more: &[],
};
pub(crate) const PROGRESSIVE: Jpeg = Jpeg {
    more: &[(turbo::TJPARAM_TJPARAM_PROGRESSIVE, 1)],
    ..PLAIN
};
pub(crate) const INKS: Jpeg = Jpeg {
    pixels: turbo::TJPF_TJPF_CMYK,
    channels: 4,
    subsampling: turbo::TJSAMP_TJSAMP_444,
    ..PLAIN
};

/// Every kind of JPEG, by name.
pub(super) const JPEGS: &[(&str, Jpeg)] = &[
    ("jpeg 4:2:0", PLAIN),
    (
        "jpeg 4:4:4",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:2:2",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_422,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:4:0",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_440,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:1:1",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_411,
            ..PLAIN
        },
    ),
    (
        "jpeg grey",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_GRAY,
            ..PLAIN
        },
    ),
    (
        "jpeg rgb",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            more: &[(turbo::TJPARAM_TJPARAM_COLORSPACE, 0)],
            ..PLAIN
        },
    ),
    ("jpeg cmyk", INKS),
    (
        "jpeg cmyk progressive",
        Jpeg {
            more: PROGRESSIVE.more,
            ..INKS
        },
    ),
    (
        "jpeg ycck 4:2:0",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_420,
            more: &[(turbo::TJPARAM_TJPARAM_COLORSPACE, 4)],
            ..INKS
        },
    ),
    (
        "jpeg restarts",
        Jpeg {
            more: &[(turbo::TJPARAM_TJPARAM_RESTARTBLOCKS, 3)],
            ..PLAIN
        },
    ),
    ("jpeg progressive 4:2:0", PROGRESSIVE),
    (
        "jpeg progressive 4:4:4",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg progressive 4:1:1",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_411,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg progressive grey",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_GRAY,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg arithmetic",
        Jpeg {
            more: &[(turbo::TJPARAM_TJPARAM_ARITHMETIC, 1)],
            ..PLAIN
        },
    ),
];

pub(crate) fn jpeg(size: Size, content: Content, kind: &Jpeg) -> Vec<u8> {
    let pixels = samples(size, content, kind.channels);
    let (width, height) = (size.0.cast_signed(), size.1.cast_signed());
    let (mut file, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: the handle is made, used and destroyed here; `pixels` has height × width pixels of the format; the
    // library allocates the file and says how long it is, and it is freed after the copy.
    unsafe {
        let handle = turbo::tj3Init(turbo::TJINIT_TJINIT_COMPRESS.cast_signed());
        let set = |key: turbo::TJPARAM, value| turbo::tj3Set(handle, key.cast_signed(), value);
        set(turbo::TJPARAM_TJPARAM_QUALITY, 90);
        set(turbo::TJPARAM_TJPARAM_SUBSAMP, kind.subsampling);
        for &(key, value) in kind.more {
            assert_eq!(set(key, value), 0);
        }
        let done = turbo::tj3Compress8(
            handle,
            pixels.as_ptr(),
            width,
            0,
            height,
            kind.pixels,
            &raw mut file,
            &raw mut length,
        );
        assert_eq!(done, 0);
        let bytes = std::slice::from_raw_parts(file, usize::try_from(length).unwrap()).to_vec();
        turbo::tj3Free(file.cast());
        turbo::tj3Destroy(handle);
        bytes
    }
}

/// A JPEG with an EXIF orientation.
pub(crate) fn turned(size: Size, content: Content, orientation: u8) -> Vec<u8> {
    oriented(&jpeg(size, content, &PLAIN), orientation)
}
