//! Names the shared library: C programs that link it record `libspectrapack.so.MAJOR.MINOR`, in step with the
//! SameMinorVersion rule of the CMake package (until 1.0 a minor release may change the ABI).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let (major, minor) = (var("CARGO_PKG_VERSION_MAJOR"), var("CARGO_PKG_VERSION_MINOR"));
    match var("CARGO_CFG_TARGET_OS").as_str() {
        "linux" | "freebsd" | "android" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libspectrapack.so.{major}.{minor}");
        }
        "macos" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libspectrapack.{major}.{minor}.dylib");
        }
        _ => {}
    }
}
