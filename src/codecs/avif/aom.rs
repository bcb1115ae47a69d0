//! One picture into an AV1 stream, by libaom: the home of `libaom_sys`.
//!
//! It has one thread here, the caller's, and no hook that could stop it: how long it works is bounded before.
#![expect(unsafe_code, reason = "the binding to libaom")]

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;

use libaom_sys as aom;

use super::planes::{Planes, Sample};
use crate::codecs::Error;

/// How to write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// 0, which is best, to 63.
    pub(super) quantizer: u8,
    /// 0, which takes longest, to 9.
    pub(super) speed: u8,
}

/// `AOM_TUNE_SSIM`.
const TUNE_SSIM: u8 = 1;

/// What stands between pictures of a film.
const DELIMITER: [u8; 2] = [0x12, 0];

/// The stream of that picture, without the mark that films have between pictures.
///
/// # Errors
/// `Internal`.
pub(super) fn encode<S: Sample>(planes: &Planes<'_, S>, effort: Effort) -> Result<Vec<u8>, Error> {
    if !planes.is_whole() {
        return Err(internal("rows are missing"));
    }
    let mut encoder = Encoder::open(planes, effort)?;
    let grey = if planes.is_mono() {
        vec![S::nearest(1 << (planes.depth - 1), planes.depth); planes.chroma_samples()]
    } else {
        Vec::new()
    };
    let picture = picture(planes, &grey)?;
    let mut stream = Vec::new();
    encoder.take(Some(&picture), &mut stream)?;
    // What it may have held back.
    encoder.take::<S>(None, &mut stream)?;
    if stream.starts_with(&DELIMITER) {
        stream.drain(..DELIMITER.len());
    }
    Ok(stream)
}

/// What it is told beside a picture's size, each a number.
fn controls(effort: Effort) -> [(aom::aome_enc_control_id, u8); 9] {
    [
        (aom::AOME_SET_CPUUSED, effort.speed),
        (aom::AOME_SET_CQ_LEVEL, effort.quantizer),
        // By structure, not by squares of errors: 3 % fewer bytes at equal SSIMULACRA2.
        (aom::AOME_SET_TUNING, TUNE_SSIM),
        // Searches that take a twentieth of the time, and spare no byte at equal SSIMULACRA2.
        (aom::AV1E_SET_ENABLE_FILTER_INTRA, 0),
        (aom::AV1E_SET_ENABLE_PAETH_INTRA, 0),
        // sRGB as planes of BT.601, of all values.
        (aom::AV1E_SET_COLOR_PRIMARIES, 1),
        (aom::AV1E_SET_TRANSFER_CHARACTERISTICS, 13),
        (aom::AV1E_SET_MATRIX_COEFFICIENTS, 6),
        (aom::AV1E_SET_COLOR_RANGE, 1),
    ]
}

struct Encoder(aom::aom_codec_ctx_t);

impl Encoder {
    fn open<S: Sample>(planes: &Planes<'_, S>, effort: Effort) -> Result<Box<Self>, Error> {
        // SAFETY: it hands out a constant's address.
        let interface = unsafe { aom::aom_codec_av1_cx() };
        let mut settings = MaybeUninit::<aom::aom_codec_enc_cfg_t>::zeroed();
        // SAFETY: settings have a place, which the call fills in; they are numbers and pointers, which zeros are valid for.
        let mut settings = unsafe {
            aom::aom_codec_enc_config_default(
                interface,
                settings.as_mut_ptr(),
                aom::AOM_USAGE_ALL_INTRA,
            );
            settings.assume_init()
        };
        settings.g_w = planes.width;
        settings.g_h = planes.height;
        settings.g_threads = 1;
        settings.g_profile = planes.profile();
        settings.g_bit_depth = c_uint::from(planes.depth);
        settings.g_input_bit_depth = c_uint::from(planes.depth);
        let flags = if planes.depth > 8 {
            aom::aom_codec_flags_t::from(aom::AOM_CODEC_USE_HIGHBITDEPTH)
        } else {
            0
        };
        // One picture, with the short header of one.
        settings.g_limit = 1;
        settings.g_lag_in_frames = 0;
        settings.rc_end_usage = aom::AOM_Q;
        settings.rc_min_quantizer = 0;
        settings.rc_max_quantizer = 63;
        settings.monochrome = c_uint::from(planes.is_mono());
        let mut context = MaybeUninit::<aom::aom_codec_ctx_t>::zeroed();
        let version = c_int::try_from(aom::AOM_ENCODER_ABI_VERSION).unwrap_or(0);
        // SAFETY: the context has a place, which the call fills in, and is all zeros, which is valid, else; settings outlive it
        // in the context's own copy.
        let (opened, context) = unsafe {
            let opened = aom::aom_codec_enc_init_ver(
                context.as_mut_ptr(),
                interface,
                &raw const settings,
                flags,
                version,
            );
            (opened, context.assume_init())
        };
        if opened != aom::AOM_CODEC_OK {
            return Err(internal("libaom can't be set up"));
        }
        let mut encoder = Box::new(Self(context));
        for (control, value) in controls(effort) {
            encoder.set(control, value)?;
        }
        Ok(encoder)
    }

    fn set(&mut self, control: aom::aome_enc_control_id, value: u8) -> Result<(), Error> {
        let control = c_int::try_from(control).unwrap_or(0);
        // SAFETY: the context is open, and all controls that are set here take one whole number.
        let set = unsafe { aom::aom_codec_control(&raw mut self.0, control, c_int::from(value)) };
        if set == aom::AOM_CODEC_OK {
            Ok(())
        } else {
            Err(internal("libaom doesn't take a setting"))
        }
    }

    /// Encodes a picture, or what was held back, and appends what comes out.
    fn take<S>(
        &mut self,
        picture: Option<&Picture<'_, S>>,
        stream: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let picture = picture.map_or(std::ptr::null(), |picture| &raw const picture.raw);
        // SAFETY: the context is open; the picture, where there is one, has the planes that it says, which are borrowed.
        let encoded = unsafe { aom::aom_codec_encode(&raw mut self.0, picture, 0, 1, 0) };
        if encoded != aom::AOM_CODEC_OK {
            return Err(internal("libaom can't encode a picture"));
        }
        let mut place = std::ptr::null();
        loop {
            // SAFETY: the context is open, and `place` is null or what the call before left there. What it hands out is valid
            // until the next call for the context.
            let packet =
                unsafe { aom::aom_codec_get_cx_data(&raw mut self.0, &raw mut place).as_ref() };
            let Some(packet) = packet else {
                return Ok(());
            };
            if packet.kind == aom::AOM_CODEC_CX_FRAME_PKT {
                // SAFETY: that kind has a frame, `sz` bytes at `buf`, which are copied at once.
                let bytes = unsafe {
                    let frame = packet.data.frame;
                    std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz)
                };
                stream.extend_from_slice(bytes);
            }
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the context was opened, and isn't used any more.
        unsafe { aom::aom_codec_destroy(&raw mut self.0) };
    }
}

/// A picture as libaom takes it, in memory that is borrowed.
struct Picture<'a, S> {
    raw: aom::aom_image_t,
    _planes: std::marker::PhantomData<&'a [S]>,
}

fn picture<'a, S: Sample>(planes: &Planes<'a, S>, grey: &'a [S]) -> Result<Picture<'a, S>, Error> {
    let mut raw = MaybeUninit::<aom::aom_image_t>::zeroed();
    let [luma, blue, red] = planes.samples;
    let [blue, red] = [blue, red].map(|plane| if plane.is_empty() { grey } else { plane });
    // An encoder reads its picture only, whatever the type of the pointers says.
    let [start, blue, red] = [luma, blue, red].map(|plane| plane.as_ptr().cast_mut().cast::<u8>());
    // SAFETY: the image has a place, which the call fills in; it looks at no sample.
    let wrapped = unsafe {
        aom::aom_img_wrap(
            raw.as_mut_ptr(),
            format(planes),
            planes.width,
            planes.height,
            1,
            start,
        )
    };
    if wrapped.is_null() {
        return Err(internal("libaom doesn't take a picture of that size"));
    }
    // SAFETY: it was filled in.
    let mut raw = unsafe { raw.assume_init() };
    let stride = |width: u32| c_int::try_from(width as usize * size_of::<S>()).unwrap_or(0);
    let small = stride(planes.width.div_ceil(planes.chroma.0.into()));
    raw.planes = [start, blue, red];
    raw.stride = [stride(planes.width), small, small];
    raw.monochrome = c_int::from(planes.is_mono());
    raw.bit_depth = c_uint::from(planes.depth);
    raw.range = aom::AOM_CR_FULL_RANGE;
    Ok(Picture {
        raw,
        _planes: std::marker::PhantomData,
    })
}

/// How libaom calls such pictures.
fn format<S: Sample>(planes: &Planes<'_, S>) -> aom::aom_img_fmt_t {
    match (planes.depth > 8, planes.chroma) {
        (false, (2, 2)) => aom::AOM_IMG_FMT_I420,
        (false, (1, 1)) => aom::AOM_IMG_FMT_I444,
        (false, _) => aom::AOM_IMG_FMT_I422,
        (true, (2, 2)) => aom::AOM_IMG_FMT_I42016,
        (true, (1, 1)) => aom::AOM_IMG_FMT_I44416,
        (true, _) => aom::AOM_IMG_FMT_I42216,
    }
}

fn internal(detail: &str) -> Error {
    Error::Internal(detail.to_owned())
}
