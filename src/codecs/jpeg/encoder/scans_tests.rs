//! Files in several scans against those in one.

use super::*;

fn written_progressive(raster: &Raster, quality: u8) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let encoding = Encoding {
        interlaced: true,
        ..encoding(quality)
    };
    let mut sink = create(encoding, raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    let file = sink.finish().unwrap();
    assert!(file.capacity() as u64 <= encode_bytes(encoding, raster.shape()));
    file
}

/// What libjpeg-turbo makes of it.
fn library(file: &[u8]) -> Raster {
    let checkpoint = Checkpoint::new();
    let header = probe(file).unwrap();
    let rows = decode::library(file, &header, Scale::FULL, &checkpoint);
    rows.and_then(|rows| read(rows, 64)).unwrap()
}

/// The same coefficients in another order give the same samples.
#[track_caller]
pub(super) fn same_in_scans(raster: &Raster, quality: u8) {
    let (one, scans) = (
        written(raster, quality),
        written_progressive(raster, quality),
    );
    assert!(!probe(&one).unwrap().progressive);
    assert!(probe(&scans).unwrap().progressive);
    let shape = raster.shape();
    assert!(library(&one) == library(&scans), "{shape:?} {quality}");
    let length = (one.len(), scans.len());
    assert!(length.1 < length.0 * 3 / 2 + 700, "{shape:?}: {length:?}");
}

#[test]
fn scans_say_what_one_says() {
    for model in MODELS {
        for (width, height) in [
            (1, 1),
            (8, 8),
            (9, 17),
            (40, 3),
            (3, 40),
            (75, 53),
            (333, 222),
        ] {
            let shape = Shape {
                width,
                height,
                model,
            };
            for quality in [1, 40, 80, 100] {
                same_in_scans(&picture(shape, 7), quality);
                same_in_scans(&noise(shape, 7), quality);
                // Blocks that end at once, more than one code says.
                same_in_scans(&Raster::new(shape), quality);
            }
        }
    }
    let long = Shape {
        width: 8 * 200,
        height: 8 * 170,
        model: Model::Gray,
    };
    same_in_scans(&Raster::new(long), 80);
}
