//! What the processor can do. `SPK_ISA` (avx512, avx2, portable) caps it, for tests.

use std::sync::LazyLock;

/// An instruction set that kernels are compiled for. Values come from [`best`] and [`available`], so one that exists
/// names what the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Isa {
    /// 16-byte vectors of the processor's family: SSE2, NEON, or none.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, DQ, BW, VL, CD.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2+fma",
            Isa::Portable if cfg!(target_arch = "x86_64") => "sse2",
            Isa::Portable if cfg!(target_arch = "aarch64") => "neon",
            Isa::Portable => "portable",
        }
    }
}

/// Everything that the processor has, the best last.
pub(crate) fn available() -> Vec<Isa> {
    #[allow(unused_mut, reason = "only x86-64 has more than one")]
    let mut found = vec![Isa::Portable];
    #[cfg(target_arch = "x86_64")]
    {
        let bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
        let counts = is_x86_feature_detected!("lzcnt") && is_x86_feature_detected!("popcnt");
        if bits && counts && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            found.push(Isa::Avx2);
            let foundation = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512cd");
            let rest = is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512bw");
            if foundation && rest && is_x86_feature_detected!("avx512vl") {
                found.push(Isa::Avx512);
            }
        }
    }
    found
}

/// What engines use: the best there is, or less where `SPK_ISA` says so.
pub(crate) fn best() -> Isa {
    static BEST: LazyLock<Isa> = LazyLock::new(|| {
        let asked = std::env::var("SPK_ISA").unwrap_or_default();
        let named =
            |isa: &Isa| isa.name().starts_with(asked.as_str()) || (asked == "portable" && *isa == Isa::Portable);
        let all = available();
        all.iter().rev().find(|isa| named(isa)).or(all.last()).copied().unwrap_or(Isa::Portable)
    });
    *BEST
}
