//! The committed header is what the sources say, it and the exports agree, and every function is fully documented.
//! `make headers` writes it anew.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

const HEADER: &str = "include/spectrapack/spectrapack.h";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn generate() -> String {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("cbindgen.toml");
    let bindings = cbindgen::Builder::new().with_crate(root()).with_config(config).generate().expect("cbindgen");
    let mut out = Vec::new();
    bindings.write(&mut out);
    let text = String::from_utf8(out).expect("the header is UTF-8");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn committed() -> String {
    std::fs::read_to_string(root().join(HEADER)).expect(HEADER)
}

/// Each function of the header: its name, and the comment lines above it without their slashes.
fn functions(header: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut comment = Vec::new();
    for line in header.lines() {
        if let Some(text) = line.strip_prefix("//") {
            comment.push(text.strip_prefix(' ').unwrap_or(text).to_string());
            continue;
        }
        let is_declaration = !line.starts_with([' ', '#', '/', '}']) && !line.starts_with("typedef");
        if let (true, Some(open)) = (is_declaration, line.find('(')) {
            let name = line[..open].rsplit([' ', '*']).next().unwrap_or_default();
            found.push((name.to_string(), std::mem::take(&mut comment)));
        }
        comment.clear();
    }
    found
}

#[test]
fn committed_header_is_what_the_sources_generate() {
    let fresh = generate();
    if std::env::var_os("SPK_WRITE_HEADER").is_some() {
        std::fs::write(root().join(HEADER), &fresh).expect(HEADER);
    }
    assert!(committed() == fresh, "{HEADER} differs from the sources: run `make headers`");
}

#[test]
fn exports_and_header_name_the_same_functions() {
    // The library that was built beside this test: target/<profile>/deps/../libspectrapack.so.
    let exe = std::env::current_exe().expect("the test's own path");
    let profile = exe.ancestors().nth(2).expect("target/<profile>");
    let library = profile.join("libspectrapack.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(&library).output().expect("nm runs");
    assert!(output.status.success(), "nm {}: {}", library.display(), String::from_utf8_lossy(&output.stderr));
    let symbols = String::from_utf8_lossy(&output.stdout).into_owned();
    let exported: BTreeSet<&str> = symbols.lines().filter_map(|l| l.split_whitespace().nth(2)).collect();
    let header = committed();
    let names = functions(&header);
    let declared: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(exported, declared, "left: exported by the library, right: declared in the header");
    assert!(declared.len() > 20, "the header was read: {declared:?}");
}

#[test]
fn every_function_has_a_complete_doc_block() {
    let parts = ["Ownership:", "Threads:", "Errors:", "Since:"];
    for (name, comment) in functions(&committed()) {
        let summary = comment.first().unwrap_or_else(|| panic!("{name} has no doc block"));
        assert!(summary.ends_with('.') && !summary.contains(". "), "{name}: one sentence first, not {summary:?}");
        let verb = summary.split(' ').next().unwrap_or_default();
        assert!(verb.ends_with('s'), "{name}: the sentence starts with a verb, not {verb:?}");
        assert_eq!(comment.get(1).map(String::as_str), Some(""), "{name}: an empty line after the first sentence");
        assert!(comment.len() > 3 && !comment[2].starts_with("Ownership:"), "{name}: the meaning comes second");
        let starts: Vec<&str> =
            comment.iter().filter_map(|l| parts.into_iter().find(|part| l.starts_with(part))).collect();
        assert_eq!(starts, parts, "{name}: these parts, once, in this order");
    }
}

#[test]
fn errors_in_doc_blocks_are_statuses_that_exist() {
    let header = committed();
    for (name, comment) in functions(&header) {
        for word in comment.join(" ").split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("SPK_") && !word.ends_with('_') && word != "SPK_UNKNOWN_STATUS" {
                let defined = [format!("  {word} = "), format!("#define {word} ")];
                assert!(defined.iter().any(|d| header.contains(d)), "{name} speaks of {word}, which is not defined");
            }
        }
    }
}
