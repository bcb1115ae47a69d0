//! Builds the C side of the JPEG codec against the headers that the library's own build exports, and says what linkers are told,
//! and what the binary is told of its own build.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
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
    let variable = |name| std::env::var(name).expect("cargo sets it");
    println!("cargo::rustc-env=BUILD_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=BUILD_RUSTC={}", rustc(&variable("RUSTC")));
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu") {
        // Tests count allocations with functions in glibc's place (`tests/memory/counter.rs`); in a static binary
        // both have the same names. The first ones are taken, which are the test's. Binaries don't get this.
        println!("cargo::rustc-link-arg-tests=-Wl,--allow-multiple-definition");
        if glibc().is_some_and(|version| version >= (2, 36)) {
            println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
        if has_lld(&variable("RUSTC"), &variable("TARGET")) {
            // Functions that are the same to the last byte are there once: 130 KB less. Nothing here compares functions' addresses
            // but to save work.
            println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        }
    }
}

/// The compiler's version, such as 1.91.0.
fn rustc(program: &str) -> String {
    let told = Command::new(program).arg("--version").output();
    let told = told.expect("the compiler that builds this runs");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.split(' ').nth(1).unwrap_or("unknown").to_owned()
}

/// Whether the compiler brings the linker that it takes for that target by itself, on the one where it does.
fn has_lld(program: &str, target: &str) -> bool {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if std::env::var_os("RUSTC_LINKER").is_some() || flags.contains("link") {
        // Whoever builds has chosen one.
        return false;
    }
    let told = Command::new(program).args(["--print", "sysroot"]).output();
    let sysroot = told
        .ok()
        .and_then(|told| String::from_utf8(told.stdout).ok());
    let linker = format!("lib/rustlib/{target}/bin/gcc-ld/ld.lld");
    target == "x86_64-unknown-linux-gnu"
        && sysroot.is_some_and(|sysroot| Path::new(sysroot.trim()).join(linker).exists())
}

/// The version of this machine's glibc, if that is what is linked in: where it is loaded each pointer of the binary is
/// put right, and lists of them take 700 KiB, or 6 if they are packed, as glibc reads them from 2.36 on.
fn glibc() -> Option<(u32, u32)> {
    if std::env::var("HOST") != std::env::var("TARGET") {
        return None;
    }
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let told = String::from_utf8(told.ok()?.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
