#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    pixmill_fuzz::run("pdf", input);
});
