//! Builds the C side of the JPEG codec against the headers that the library's own build exports.

fn main() {
    println!("cargo:rerun-if-changed=src/codecs/jpeg/shim.c");
    println!("cargo:rerun-if-changed=src/codecs/jpeg/shim.h");
    let include =
        std::env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    cc::Build::new()
        .file("src/codecs/jpeg/shim.c")
        .includes(include.split(','))
        .warnings(true)
        .extra_warnings(true)
        .opt_level(3)
        .compile("pixmill_jpeg_shim");
}
