//! Has the front end built before the crate that embeds it, while cargo builds what both do not wait
//! for. Only where `BUILD_SITE` asks for it, as the Makefile does: plain cargo commands need no Node.

use std::{env, path::Path, process::Command};

/// What the front end is built of.
const SOURCES: [&str; 8] = [
    "frontend/src",
    "frontend/public",
    "frontend/angular.json",
    "frontend/compress.mjs",
    "frontend/openapi.json",
    "frontend/package.json",
    "frontend/tsconfig.json",
    "scripts/site",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=BUILD_SITE");
    if env::var_os("BUILD_SITE").is_some() {
        SOURCES.iter().for_each(|source| println!("cargo:rerun-if-changed={source}"));
        let built = Command::new("scripts/site").status();
        assert!(built.is_ok_and(|status| status.success()), "the front end could not be built");
    }
    if Path::new("frontend/dist").exists() {
        println!("cargo:rerun-if-changed=frontend/dist");
    }
}
