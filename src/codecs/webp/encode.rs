//! Rows into a WebP file, lossy or lossless.
#![expect(unsafe_code, reason = "the binding to libwebp's encoder")]

use std::ffi::{c_int, c_void};

use libwebp_sys as webp;

use super::planes::{MODEL as PLANES, video_range};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Shape, Sink};

/// libwebp's effort, 0 to 6: below 4 the files grow by a tenth.
const METHOD: c_int = 4;

/// The same for lossless files, 0 to 100.
const LOSSLESS_EFFORT: f32 = 50.0;

/// The same for large ones: from 25 on libwebp goes back over all that it found, in one go that nothing can stop.
const LARGE_EFFORT: f32 = 20.0;

/// Pixels of a picture whose tokens are kept.
const TOKEN_PIXELS: u64 = 4 << 20;

/// Layouts that can be written. Grey is written as RGB: the format has no other.
pub(in crate::codecs) fn accepts(encoding: Encoding, model: Model) -> bool {
    matches!(model, Model::Rgb | Model::Rgba) || model == PLANES && !encoding.lossless
}

/// Peak bytes: the rows, their planes, libwebp's state for each block of 16×16, and the larger of what alpha takes, which
/// comes first, and tokens.
pub(in crate::codecs) fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    if encoding.lossless {
        return lossless_bytes(shape);
    }
    let pixels =
        u64::from(shape.width).next_multiple_of(16) * u64::from(shape.height).next_multiple_of(16);
    // All tokens of a picture are kept where that is allowed: up to 20, of two bytes, for a sample's noise.
    let tokens = if keeps_tokens(shape) { pixels * 40 } else { 0 };
    // Alpha is a lossless picture, whose encoder holds chains and references, 30 bytes for a sample's noise.
    let alpha = if shape.model.has_alpha() {
        pixels * 32
    } else {
        0
    };
    shape.bytes() + pixels * 8 + tokens.max(alpha) + (2 << 20)
}

/// The same for a lossless file: the rows, the picture twice, chains, references and the codes of noise.
fn lossless_bytes(shape: Shape) -> u64 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    shape.bytes() + pixels * LOSSLESS_BYTES + (4 << 20)
}

/// Bytes that libwebp takes for a pixel of a lossless file, at most.
const LOSSLESS_BYTES: u64 = 60;

/// Whether libwebp may keep a picture's tokens between its passes: it is quicker, but takes much more than the picture.
fn keeps_tokens(shape: Shape) -> bool {
    u64::from(shape.width) * u64::from(shape.height) <= TOKEN_PIXELS
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    Box::new(WebPSink {
        encoding,
        shape,
        planes: vec![Vec::new(); shape.model.planes()],
        checkpoint,
    })
}

struct WebPSink<'a> {
    encoding: Encoding,
    shape: Shape,
    /// The samples of each plane; luma and chroma in VP8's range.
    planes: Vec<Vec<u8>>,
    checkpoint: &'a Checkpoint,
}

impl Sink for WebPSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        let channels = self.shape.model.channels();
        for (index, (all, plane)) in self.planes.iter_mut().zip(&band.planes).enumerate() {
            if self.shape.model == PLANES {
                for row in plane.rows(channels) {
                    self.checkpoint.check(Stage::Encode)?;
                    video_range(row, index > 0, all);
                }
            } else {
                all.extend_from_slice(&plane.samples);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let mut picture = Picture::new(self.shape)?;
        // What is imported is kept as it is, and not as planes.
        picture.raw.use_argb = c_int::from(self.encoding.lossless);
        match &*self.planes {
            [samples] => picture.import(self.shape, samples)?,
            planes => picture.take(self.shape, planes)?,
        }
        drop(self.planes);
        let mut config =
            webp::WebPConfig::new().map_err(|()| internal("libwebp's versions differ"))?;
        config.quality = f32::from(self.encoding.quality);
        config.method = METHOD;
        if self.encoding.lossless {
            config.lossless = 1;
            // Colours behind what is transparent stay, too; but libwebp takes nothing else for exact then.
            config.exact = c_int::from(self.encoding.near.is_none());
            config.near_lossless = self.encoding.near.map_or(100, c_int::from);
            config.quality = if keeps_tokens(self.shape) {
                LOSSLESS_EFFORT
            } else {
                LARGE_EFFORT
            };
        }
        config.low_memory = c_int::from(!keeps_tokens(self.shape));
        picture.encode(&config, self.checkpoint)
    }
}

/// A picture in libwebp's memory, and the file it becomes.
struct Picture {
    raw: webp::WebPPicture,
    writer: webp::WebPMemoryWriter,
}

impl Picture {
    fn new(shape: Shape) -> Result<Box<Self>, Error> {
        let mut raw =
            webp::WebPPicture::new().map_err(|()| internal("libwebp's versions differ"))?;
        let side =
            |side: u32| c_int::try_from(side).map_err(|_too_long| internal("a side too long"));
        raw.width = side(shape.width)?;
        raw.height = side(shape.height)?;
        let mut writer = webp::WebPMemoryWriter {
            mem: std::ptr::null_mut(),
            size: 0,
            max_size: 0,
            pad: [0],
        };
        // SAFETY: `writer` is a local of the right type; this sets it to empty.
        unsafe { webp::WebPMemoryWriterInit(&raw mut writer) };
        Ok(Box::new(Self { raw, writer }))
    }

    /// Converts the rows to planes.
    fn import(&mut self, shape: Shape, samples: &[u8]) -> Result<(), Error> {
        if samples.len() as u64 != shape.bytes() {
            return Err(internal("rows are missing"));
        }
        let import = if shape.model == Model::Rgba {
            webp::WebPPictureImportRGBA
        } else {
            webp::WebPPictureImportRGB
        };
        let stride = shape.width * shape.model.channels();
        let stride = c_int::try_from(stride).map_err(|_too_wide| internal("a row too long"))?;
        // SAFETY: the picture was initialised and has the shape's sides; `samples` has
        // height × stride bytes, as was just checked.
        let imported = unsafe { import(&raw mut self.raw, samples.as_ptr(), stride) };
        if imported == 0 {
            return Err(internal("no memory for a WebP picture"));
        }
        Ok(())
    }

    /// Copies planes as they are.
    fn take(&mut self, shape: Shape, planes: &[Vec<u8>]) -> Result<(), Error> {
        self.raw.use_argb = 0;
        // SAFETY: the picture was initialised and has its sides.
        if unsafe { webp::WebPPictureAlloc(&raw mut self.raw) } == 0 {
            return Err(internal("no memory for a WebP picture"));
        }
        let raw = &self.raw;
        let rooms = [
            (raw.y, raw.y_stride),
            (raw.u, raw.uv_stride),
            (raw.v, raw.uv_stride),
        ];
        for (index, (samples, (room, stride))) in planes.iter().zip(rooms).enumerate() {
            let (width, height) = shape.model.plane_size(index, shape.width, shape.height);
            let (width, height) = (width as usize, height as usize);
            let stride = usize::try_from(stride).unwrap_or(0);
            if samples.len() != width * height || stride < width {
                return Err(internal("rows are missing"));
            }
            for (row, samples) in samples.chunks_exact(width).enumerate() {
                // SAFETY: a picture in planes has as many rows of luma as it is high, and half as many of
                // chroma, rounded up, each of `stride` bytes, of which `width` are written.
                unsafe {
                    let room = room.add(row * stride);
                    std::ptr::copy_nonoverlapping(samples.as_ptr(), room, width);
                }
            }
        }
        Ok(())
    }

    fn encode(
        &mut self,
        config: &webp::WebPConfig,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<u8>, Error> {
        let context: *const Checkpoint = checkpoint;
        self.raw.writer = Some(webp::WebPMemoryWrite);
        self.raw.custom_ptr = (&raw mut self.writer).cast();
        self.raw.progress_hook = Some(go_on);
        self.raw.user_data = context.cast_mut().cast::<c_void>();
        // SAFETY: config and picture are initialised; the writer and the checkpoint that the
        // picture points to live through the call, and the hook only reads the checkpoint.
        let encoded = unsafe { webp::WebPEncode(config, &raw mut self.raw) };
        if encoded == 0 {
            checkpoint.check(Stage::Encode)?;
            return Err(internal(&format!("libwebp: {:?}", self.raw.error_code)));
        }
        // SAFETY: after success `mem` points to `size` written bytes, which are freed with the
        // writer, after this copy.
        Ok(unsafe { std::slice::from_raw_parts(self.writer.mem, self.writer.size) }.to_vec())
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: both were initialised in `new`, are owned by this value alone, and are freed once.
        unsafe {
            webp::WebPPictureFree(&raw mut self.raw);
            webp::WebPMemoryWriterClear(&raw mut self.writer);
        }
    }
}

/// # Safety
/// `picture` is the one whose `user_data` points to a living `Checkpoint`.
unsafe extern "C" fn go_on(_percent: c_int, picture: *const webp::WebPPicture) -> c_int {
    // SAFETY: as the caller promises.
    let checkpoint = unsafe { &*(*picture).user_data.cast::<Checkpoint>() };
    c_int::from(checkpoint.stopped().is_none())
}

fn internal(detail: &str) -> Error {
    Error::Internal(detail.to_owned())
}
