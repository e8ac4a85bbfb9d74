//! The rooms keep to their cards: who may use whom, and where unsafe code and C pointers may live.

use std::path::{Path, PathBuf};

fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).expect("src").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let name = |p: &Path| p.strip_prefix(&root).expect("under src").to_string_lossy().into_owned();
    files.iter().map(|p| (name(p), std::fs::read_to_string(p).expect("UTF-8"))).collect()
}

/// The room of a file: its first folder, or its own name.
fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}

const ROOMS: [(&str, &[&str]); 7] = [
    ("error", &[]),
    ("tensor", &["error"]),
    ("dlpack", &["tensor", "error"]),
    ("backend", &["tensor", "error"]),
    ("fft", &["tensor", "backend", "error"]),
    ("eigen", &["tensor", "backend", "error"]),
    ("hosts", &["error", "tensor", "dlpack", "backend", "fft", "eigen"]),
];

#[test]
fn rooms_use_only_what_their_cards_allow() {
    for (file, text) in sources() {
        let Some((here, allowed)) = ROOMS.iter().find(|(r, _)| *r == room(&file)) else { continue };
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let used: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let fine = used.is_empty() || used == *here || allowed.contains(&used.as_str());
            assert!(fine, "{file} uses crate::{used}, and the card of {here} allows {allowed:?}");
        }
    }
}

#[test]
fn unsafe_code_lives_where_the_cards_say() {
    let may = ["tensor/storage.rs", "tensor/view.rs", "backend/cpu/scratch.rs"];
    let kernels = ["backend/cpu/simd/", "fft/cpu/kernel/", "eigen/small/", "eigen/tridiagonal/", "eigen/dense/kernel/"];
    for (file, text) in sources() {
        // Tests may build views of their own memory.
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        let speaks = |l: &str| !l.trim_start().starts_with("//") && l.replace("unsafe_code", "").contains("unsafe");
        let has_unsafe = code.lines().any(speaks);
        let room_may = ["abi", "hosts", "dlpack"].contains(&room(&file)) || may.contains(&file.as_str());
        let room_may = room_may || kernels.iter().any(|k| file.starts_with(k));
        assert!(!has_unsafe || room_may, "{file} has unsafe code, and its card does not allow it");
    }
}

#[test]
fn c_pointers_stay_in_the_rooms_that_hold_them() {
    for (file, text) in sources() {
        if ["abi", "hosts", "dlpack"].contains(&room(&file)) {
            continue;
        }
        assert!(!text.contains("dlpark::"), "{file} speaks DLPack's C types");
        assert!(!text.contains("no_mangle"), "{file} exports a symbol");
    }
}

#[test]
fn the_environment_is_read_in_three_places_only() {
    let may = ["backend/cpu/isa.rs", "backend/cpu/pool.rs", "backend/cuda/loader.rs"];
    for (file, text) in sources() {
        assert!(may.contains(&file.as_str()) || !text.contains("env::var"), "{file} reads the environment");
    }
}

#[test]
fn every_room_opens_with_its_card() {
    for (file, text) in sources() {
        if file.ends_with("mod.rs") && file.matches('/').count() == 1 {
            assert!(text.starts_with(&format!("//! {}: ", room(&file))), "{file} opens with its name");
            assert!(text.contains("//! | ") && text.contains("may use"), "{file} has no card");
        }
    }
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<(usize, String)> = sources().into_iter().map(|(f, t)| (t.lines().count(), f)).collect();
    lengths.sort();
    let (median, longest) = (&lengths[lengths.len() / 2], &lengths[lengths.len() - 1]);
    assert!(median.0 <= 250, "the median file is {median:?}");
    assert!(longest.0 <= 800, "the longest file is {longest:?}");
}
