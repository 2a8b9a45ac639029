//! Rules of the house, checked by reading the sources: layers only look down, each package that the
//! design is built on is named in one file, and nothing unfinished is left lying about.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// `(layer, what its files may never name)`. A word in `crate::` is found in nested `use` too.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "src/domain",
        &[
            "actix",
            "tokio",
            "crossbeam",
            "sled",
            "sqlx",
            "mysql",
            "std::fs",
            "std::net",
            "std::io",
            "std::thread",
            "std::env",
            "std::process",
            "SystemTime",
            "Instant",
            "now_utc",
            "now_local",
            "rand",
            "RandomState",
            "f64",
            "f32",
            "crate::store",
            "crate::pipeline",
            "crate::actors",
            "crate::http",
            "crate::ws",
            "crate::mirror",
            "crate::sim",
            "crate::app",
            "crate::settings",
            "crate::telemetry",
        ],
    ),
    (
        "src/store",
        &[
            "actix",
            "actix_web",
            "crate::pipeline",
            "crate::actors",
            "crate::http",
            "crate::ws",
            "crate::mirror",
            "crate::sim",
            "crate::app",
        ],
    ),
    (
        "src/pipeline",
        &[
            "actix",
            "actix_web",
            "crate::actors",
            "crate::http",
            "crate::ws",
            "crate::mirror",
            "crate::sim",
            "crate::app",
        ],
    ),
    (
        "src/actors",
        &["actix_web", "crate::http", "crate::ws", "crate::mirror", "crate::sim", "crate::app"],
    ),
    ("src/http", &["sled", "crate::store", "crate::sim", "crate::app"]),
    ("src/ws", &["sled", "crate::store", "crate::sim", "crate::app"]),
    (
        "src/mirror",
        &[
            "crate::pipeline",
            "crate::actors",
            "crate::http",
            "crate::ws",
            "crate::sim",
            "crate::app",
        ],
    ),
    ("src/sim", &["sled", "crate::store", "crate::app"]),
];

/// Packages that the design is built on, each to be replaced in one place.
const IN_ONE_FILE: &[&str] =
    &["sled", "bincode", "actix_web_actors", "jsonwebtoken", "bcrypt", "sqlx"];

/// What no shipped code holds. Written in two halves, so that this file does not hold them.
const NEVER_SHIPPED: &[&str] = &[
    concat!(".unw", "rap()"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
    concat!("allow(dead", "_code)"),
];

/// What no file holds, tests and comments included.
const NEVER: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("#[ign", "ore"),
    concat!("should", "_panic"),
];

/// A source file, with its path from the root of the package.
pub struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// Its lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let uncommented = |line: &'_ str| line.split("//").next().unwrap_or_default().len();
        (1..).zip(self.text.lines().map(move |line| &line[..uncommented(line)]))
    }

    /// The module that it is, from the root of the crate: `src/actors/wallet/p2p.rs` is
    /// `actors`, `wallet`, `p2p`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let mut module: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }

    /// Its lines of code, each with the module that it stands in: that of the file, and those that are
    /// written out within it. They begin and end at one indentation, as rustfmt sets them.
    fn placed(&self) -> Vec<(usize, &str, Vec<&str>)> {
        let mut module = self.module();
        let mut open: Vec<usize> = Vec::new();
        let mut placed = Vec::new();
        for (n, line) in self.code() {
            let indent = line.len() - line.trim_start().len();
            if line.trim() == "}" && open.last() == Some(&indent) {
                open.pop();
                module.pop();
            }
            placed.push((n, line, module.clone()));
            let item = after_visibility(line.trim()).strip_prefix("mod ");
            if let Some(name) = item.and_then(|item| item.strip_suffix(" {")) {
                open.push(indent);
                module.push(name);
            }
        }
        placed
    }

    /// The same without tests, which stand at the end of their file or in a file `tests.rs`.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.is_test();
        let tests = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub mod tests {"];
        let end = tests.iter().find_map(|start| self.text.find(start)).unwrap_or(self.text.len());
        let lines = if is_test { 0 } else { self.text[..end].lines().count() };
        self.code().take(lines)
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `folder`, in order.
pub fn sources(folder: &str) -> Vec<Source> {
    fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, out)
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path)
            }
        }
    }
    let mut paths = Vec::new();
    if root().join(folder).is_dir() {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(root()).unwrap().display().to_string(),
        text: fs::read_to_string(&path).unwrap(),
    };
    paths.into_iter().map(source).collect()
}

/// Whether `code` names `path` as whole words: `sled` is not in `sledge`.
fn names(code: &str, path: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(path).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + path.len()..]);
        !before.ends_with(in_word) && !after.starts_with(in_word)
    })
}

/// An item without `pub` or `pub(in some::place)` before it.
fn after_visibility(item: &str) -> &str {
    let Some(rest) = item.strip_prefix("pub") else { return item };
    let rest = match rest.strip_prefix('(').and_then(|within| within.split_once(')')) {
        Some((_, rest)) => rest,
        None => rest,
    };
    rest.strip_prefix(' ').unwrap_or(item)
}

/// `path` from the root of the crate, where it begins with `self` or `super` in `module`.
fn resolved(path: &str, module: &[&str]) -> String {
    if !["self", "super"].contains(&path.split("::").next().unwrap_or_default()) {
        return path.to_owned();
    }
    let (mut place, mut segments) = (module.to_vec(), path.split("::").peekable());
    segments.next_if_eq(&"self");
    while segments.next_if_eq(&"super").is_some() {
        place.pop();
    }
    // In a group, `self` is what stands before it.
    let rest = segments.filter(|segment| *segment != "self");
    ["crate"].into_iter().chain(place).chain(rest).collect::<Vec<_>>().join("::")
}

/// Every path in `source` that begins with `self` or `super`, from the root of the crate.
fn relative(source: &Source) -> Vec<(usize, String)> {
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut paths = Vec::new();
    for (n, line, module) in source.placed() {
        let starts = ["self::", "super::"].iter().flat_map(|start| line.match_indices(start));
        for (at, _) in starts.filter(|(at, _)| !line[..*at].ends_with(in_path)) {
            let rest = &line[at..];
            let end = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
            paths.push((n, resolved(rest[..end].trim_end_matches("::"), &module)));
        }
    }
    paths
}

/// The paths of each `use` in `source`, written out: `use a::{b, c::{d}};` gives `a::b`, `a::c::d`, and
/// `use super::{e, super::f};` gives both from the root of the crate.
fn used(source: &Source) -> Vec<(usize, String)> {
    fn expand(prefix: &str, tree: &str, out: &mut Vec<String>) {
        let Some((head, rest)) = tree.split_once('{') else {
            // Nothing stands behind a group's last comma.
            return out.extend((!tree.is_empty()).then(|| format!("{prefix}{tree}")));
        };
        let inner = rest.strip_suffix('}').unwrap_or(rest);
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&format!("{prefix}{head}"), &inner[start..at], out);
                    start = at + 1;
                }
                _ => (),
            }
        }
    }
    let mut paths = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (n, line, module) in source.placed() {
        let line = line.trim();
        let start = after_visibility(line).strip_prefix("use ");
        match (&mut open, start) {
            (None, Some(first)) => open = Some((n, first.to_owned())),
            (Some((_, tree)), _) => tree.push_str(line),
            (None, None) => continue,
        }
        if let Some((n, tree)) = open.take_if(|(_, tree)| tree.ends_with(';')) {
            let tight: String = tree.trim_end_matches(';').split_whitespace().collect();
            let mut written_out = Vec::new();
            expand("", &tight, &mut written_out);
            paths.extend(written_out.iter().map(|path| (n, resolved(path, &module))));
        }
    }
    paths
}

/// Fails with one line for each fault.
#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn layers_only_look_down() {
    let mut faults = Vec::new();
    for (layer, banned) in LAYERS {
        let files = sources(layer);
        assert!(!files.is_empty(), "no sources in {layer}: has the layer moved?");
        for file in files {
            let paths: Vec<(usize, String)> =
                used(&file).into_iter().chain(relative(&file)).collect();
            let paths = paths.iter().map(|(n, path)| (*n, path.as_str()));
            for (n, code) in file.code().chain(paths) {
                // Tests may ask how long to run.
                let asked = |word: &&&str| file.is_test() && **word == "std::env";
                let found = banned.iter().filter(|word| names(code, word) && !asked(word));
                faults.extend(
                    found.map(|word| format!("{}:{n}: {layer} may not name {word}", file.path)),
                );
            }
        }
    }
    faults.dedup();
    none(faults);
}

#[test]
fn foundations_are_named_in_one_file_each() {
    let files = sources("src");
    let mut faults = Vec::new();
    for package in IN_ONE_FILE {
        let call = format!("{package}::");
        let is_named = |file: &&Source| {
            let imported = used(file).iter().any(|(_, path)| path == package);
            imported || file.code().any(|(_, code)| names_start(code, &call))
        };
        let by: Vec<&str> = files.iter().filter(is_named).map(|file| file.path.as_str()).collect();
        if by.len() != 1 {
            faults.push(format!("{package} is named in [{}]", by.join(", ")));
        }
    }
    none(faults);
}

/// Whether `code` holds `start` at the beginning of a path.
fn names_start(code: &str, start: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(start).any(|(at, _)| !code[..at].ends_with(inside))
}

#[test]
fn the_comparison_with_other_books_is_locked_to_what_the_product_depends_on() {
    let between = |file: &str, start: &str, end: &str| -> Vec<String> {
        let text = std::fs::read_to_string(root().join(file)).expect(file);
        let lines = text.split_once(start).and_then(|(_, rest)| rest.split_once(end));
        let lines = lines.unwrap_or_else(|| panic!("{file} has no {start:?}")).0.lines();
        // Behind a name stands its version, or what else is wanted of it.
        let name = |line: &str| {
            line.trim_matches([' ', '"', ',']).split([' ', '.']).next().map(str::to_owned)
        };
        let mut names: Vec<String> =
            lines.filter_map(name).filter(|name| !name.is_empty()).collect();
        names.sort();
        names
    };
    let version = env!("CARGO_PKG_VERSION");
    let entry = format!("name = \"souk\"\nversion = \"{version}\"\ndependencies = [");
    let locked = between("benches/peers/Cargo.lock", &entry, "]");
    assert_eq!(locked, between("Cargo.toml", "[dependencies]\n", "\n["));
}

#[test]
fn nothing_unfinished_is_left() {
    let mut faults = Vec::new();
    for file in sources("src") {
        for (n, code) in file.shipped() {
            let found = NEVER_SHIPPED.iter().filter(|word| code.contains(**word));
            faults.extend(found.map(|word| format!("{}:{n}: {word}", file.path)));
        }
    }
    for file in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        for (n, line) in (1..).zip(file.text.lines()) {
            let found = NEVER.iter().filter(|word| line.contains(**word));
            faults.extend(found.map(|word| format!("{}:{n}: {word}", file.path)));
        }
    }
    none(faults);
}

#[test]
fn each_file_says_what_it_is_for() {
    let silent = |file: &Source| !file.text.starts_with("//!");
    let files = ["src", "tests", "benches"].into_iter().flat_map(sources);
    none(files.filter(silent).map(|file| format!("{}: begins without //!", file.path)).collect());
}

#[test]
fn nested_imports_are_seen() {
    let text =
        "//! x\npub use crate::{\n    domain::{id, money::Asset},\n    store,\n};\nuse sled;\n";
    let source = Source { path: "x.rs".into(), text: text.into() };
    let paths: Vec<String> = used(&source).into_iter().map(|(_, path)| path).collect();
    let expected = ["crate::domain::id", "crate::domain::money::Asset", "crate::store", "sled"];
    assert_eq!(paths, expected);
    assert!(names("use sled;", "sled") && !names("let sledge = 1;", "sled"));
    assert!(names_start("let tree = sled::open(path);", "sled::"));
    assert!(!names_start("let tree = my::sled::open(path);", "sled::"));
}

#[test]
fn paths_are_resolved_by_the_place_of_their_file() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let paths = |found: Vec<(usize, String)>| -> Vec<String> {
        found.into_iter().map(|(_, path)| path).collect()
    };
    assert_eq!(source("src/lib.rs", "").module(), [""; 0]);
    assert_eq!(source("src/domain/book/mod.rs", "").module(), ["domain", "book"]);
    let text = "\
use super::{self, WalletActor, super::{book::Ask, super::{store, http::api}}};
pub(in crate::actors) use self::switch::{LiveSwitch, Due as SwitchDue};
use crate::domain::{self, id};
fn open(self) -> super::super::clock::Stamps {
    self.work(super::super::super::ws::Sockets::new, Self::default)
}
mod tests {
    use super::{open, super::p2p};
    mod deep {
        use super::super::super::super::super::mirror::Mirror;
    }
    use super::super::super::super::sim;
}
use super::p2p;
";
    let wallet = source("src/actors/wallet/switch.rs", text);
    let expected = [
        "crate::actors::wallet",
        "crate::actors::wallet::WalletActor",
        "crate::actors::book::Ask",
        "crate::store",
        "crate::http::api",
        "crate::actors::wallet::switch::switch::LiveSwitch",
        "crate::actors::wallet::switch::switch::DueasSwitchDue",
        "crate::domain::self",
        "crate::domain::id",
        "crate::actors::wallet::switch::open",
        "crate::actors::wallet::p2p",
        "crate::mirror::Mirror",
        "crate::sim",
        "crate::actors::wallet::p2p",
    ];
    assert_eq!(paths(used(&wallet)), expected);
    let in_code = ["crate::actors::clock::Stamps", "crate::ws::Sockets::new"];
    let found = paths(relative(&wallet));
    assert!(in_code.iter().all(|path| found.iter().any(|own| own == path)), "{found:?}");
}
