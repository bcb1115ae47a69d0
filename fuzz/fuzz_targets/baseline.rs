#![no_main]

// Our own decoder of baseline JPEG against libjpeg-turbo. The last byte says at which scales.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some((&pick, file)) = input.split_last()
        && let Err(difference) = pixmill::codecs::compare_jpeg(file, pick)
    {
        panic!("{difference}");
    }
});
