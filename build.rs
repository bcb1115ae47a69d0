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
    // Tests count allocations with functions in glibc's place (`tests/memory/counter.rs`); in a static binary
    // both have the same names. The first ones are taken, which are the test's. Binaries don't get this.
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu") {
        println!("cargo::rustc-link-arg-tests=-Wl,--allow-multiple-definition");
    }
}
