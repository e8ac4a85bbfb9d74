//! Registers of 256 bits: AVX2 and FMA.

use super::Vector;
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Four f64.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x4(pub(crate) __m256d);

/// Eight f32.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x8(pub(crate) __m256);

/// Ones, then zeros: `LANES - count` elements into it stands the mask of the first `count` lanes.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The mask of the first `count` lanes of `lanes`.
/// # Safety
/// The processor has AVX; `count <= lanes`, and `lanes` is 4 or 8.
#[inline(always)]
unsafe fn first(lanes: usize, count: usize) -> __m256i {
    let words = 8 / lanes;
    // SAFETY: 8 words from at most word 8 of 16.
    unsafe { _mm256_loadu_si256(FIRST.as_ptr().add(8 - count * words).cast()) }
}

macro_rules! operator {
    ($v:ident, $($trait:ident $method:ident $intrinsic:ident),*) => {$(
        impl $trait for $v {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                // SAFETY: `self` exists only where the instruction set does.
                $v(unsafe { $intrinsic(self.0, b.0) })
            }
        }
    )*};
}

macro_rules! vector {
    ($v:ident, $t:ty, $lanes:literal, $mask:ty, $order:expr, $load:ident, $load_part:ident, $splat:ident, $store:ident,
     $store_part:ident, $stream:ident, $fma:ident, $fms:ident, $fnma:ident, $sqrt:ident, $min:ident,
     $max:ident, $and:ident, $andnot:ident, $or:ident, $xor:ident, $cmp:ident, $blend:ident, $movemask:ident, $add:ident, $sub:ident,
     $mul:ident, $div:ident, $to_int:ident, $to_real:ident, $add_int:ident,
     $shift_right:ident, $shift_left:ident, $sub_int:ident, $splat_int:ident, $bits:literal,
     $mantissa:literal, $bias:literal, $unzip:item, $zip:item, $transpose:item) => {
        operator!($v, Add add $add, Sub sub $sub, Mul mul $mul, Div div $div);
        impl Neg for $v {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: `self` exists only where the instruction set does.
                $v(unsafe { $xor(self.0, $splat(-0.0)) })
            }
        }
        // SAFETY of every method that takes a value: it exists only where the instruction set does. Of the
        // constructors and of those that take addresses: the caller's promise.
        impl Vector for $v {
            type Scalar = $t;
            type Mask = $mask;
            const LANES: usize = $lanes;
            const ORDER: &'static [usize] = $order;
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: as promised.
                $v(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn load_part(from: *const $t, count: usize) -> Self {
                // SAFETY: as promised; lanes whose bit is 0 are not read.
                $v(unsafe { $load_part(from, first($lanes, count)) })
            }
            #[inline(always)]
            unsafe fn splat(value: $t) -> Self {
                // SAFETY: as promised.
                $v(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: as promised.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn store_part(self, to: *mut $t, count: usize) {
                // SAFETY: as promised; lanes whose bit is 0 are not written.
                unsafe { $store_part(to, first($lanes, count), self.0) }
            }
            #[inline(always)]
            unsafe fn stream(self, to: *mut $t) {
                // SAFETY: as promised, the alignment included.
                unsafe { $stream(to, self.0) }
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $fma(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn mul_sub(self, b: Self, c: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $fms(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $fnma(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $andnot($splat(-0.0), self.0) })
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $sqrt(self.0) })
            }
            #[inline(always)]
            fn min(self, b: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $min(self.0, b.0) })
            }
            #[inline(always)]
            fn max(self, b: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $max(self.0, b.0) })
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                // SAFETY: as above.
                unsafe {
                    let bit = $splat(-0.0);
                    $v($or($andnot(bit, self.0), $and(bit, sign.0)))
                }
            }
            #[inline(always)]
            fn lt(self, b: Self) -> $mask {
                // SAFETY: as above.
                unsafe { $cmp::<_CMP_LT_OQ>(self.0, b.0) }
            }
            #[inline(always)]
            fn le(self, b: Self) -> $mask {
                // SAFETY: as above.
                unsafe { $cmp::<_CMP_LE_OQ>(self.0, b.0) }
            }
            #[inline(always)]
            fn select(self, mask: $mask, other: Self) -> Self {
                // SAFETY: as above.
                $v(unsafe { $blend(other.0, self.0, mask) })
            }
            #[inline(always)]
            fn bits(mask: $mask) -> u32 {
                // SAFETY: a mask comes from a comparison, which the instruction set made.
                unsafe { $movemask(mask) as u32 }
            }
            #[inline(always)]
            fn count_sign_change(self, p: Self, q: Self) -> Self {
                // SAFETY: as above.
                unsafe {
                    let changed = $shift_right::<{ $bits - 1 }>($to_int($xor(p.0, q.0)));
                    Self($to_real($add_int($to_int(self.0), changed)))
                }
            }
            #[inline(always)]
            fn add_exponent(self, x: Self) -> Self {
                // SAFETY: as above.
                unsafe { Self($to_real($add_int($to_int(self.0), $shift_right::<$mantissa>($to_int(x.0))))) }
            }
            #[inline(always)]
            fn integers(self) -> [i64; 16] {
                let lanes = self.lanes();
                std::array::from_fn(|l| if l < $lanes { lanes[l].to_bits() as i64 } else { 0 })
            }
            #[inline(always)]
            fn inverse_power(self) -> Self {
                // SAFETY: as above.
                unsafe {
                    let biased = $shift_right::<$mantissa>($to_int(self.0));
                    Self($to_real($shift_left::<$mantissa>($sub_int($splat_int(2 * $bias), biased))))
                }
            }
            $unzip
            $zip
            $transpose
        }
    };
}

vector!(
    F64x4,
    f64,
    4,
    __m256d,
    &[0, 2, 1, 3],
    _mm256_loadu_pd,
    _mm256_maskload_pd,
    _mm256_set1_pd,
    _mm256_storeu_pd,
    _mm256_maskstore_pd,
    _mm256_stream_pd,
    _mm256_fmadd_pd,
    _mm256_fmsub_pd,
    _mm256_fnmadd_pd,
    _mm256_sqrt_pd,
    _mm256_min_pd,
    _mm256_max_pd,
    _mm256_and_pd,
    _mm256_andnot_pd,
    _mm256_or_pd,
    _mm256_xor_pd,
    _mm256_cmp_pd,
    _mm256_blendv_pd,
    _mm256_movemask_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    _mm256_add_epi64,
    _mm256_srli_epi64,
    _mm256_slli_epi64,
    _mm256_sub_epi64,
    _mm256_set1_epi64x,
    64,
    52,
    1023,
    #[inline(always)]
    fn unzip(a: Self, b: Self) -> (Self, Self) {
        // SAFETY: `a` exists only where the instruction set does.
        unsafe { (F64x4(_mm256_unpacklo_pd(a.0, b.0)), F64x4(_mm256_unpackhi_pd(a.0, b.0))) }
    },
    #[inline(always)]
    fn zip(re: Self, im: Self) -> (Self, Self) {
        Self::unzip(re, im)
    },
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let v = &mut rows[..4];
        // SAFETY: the rows exist only where the instruction set does.
        unsafe {
            let (a, b) = (_mm256_unpacklo_pd(v[0].0, v[1].0), _mm256_unpackhi_pd(v[0].0, v[1].0));
            let (c, d) = (_mm256_unpacklo_pd(v[2].0, v[3].0), _mm256_unpackhi_pd(v[2].0, v[3].0));
            v[0] = F64x4(_mm256_permute2f128_pd::<0x20>(a, c));
            v[1] = F64x4(_mm256_permute2f128_pd::<0x20>(b, d));
            v[2] = F64x4(_mm256_permute2f128_pd::<0x31>(a, c));
            v[3] = F64x4(_mm256_permute2f128_pd::<0x31>(b, d));
        }
    }
);

vector!(
    F32x8,
    f32,
    8,
    __m256,
    &[0, 1, 4, 5, 2, 3, 6, 7],
    _mm256_loadu_ps,
    _mm256_maskload_ps,
    _mm256_set1_ps,
    _mm256_storeu_ps,
    _mm256_maskstore_ps,
    _mm256_stream_ps,
    _mm256_fmadd_ps,
    _mm256_fmsub_ps,
    _mm256_fnmadd_ps,
    _mm256_sqrt_ps,
    _mm256_min_ps,
    _mm256_max_ps,
    _mm256_and_ps,
    _mm256_andnot_ps,
    _mm256_or_ps,
    _mm256_xor_ps,
    _mm256_cmp_ps,
    _mm256_blendv_ps,
    _mm256_movemask_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    _mm256_add_epi32,
    _mm256_srli_epi32,
    _mm256_slli_epi32,
    _mm256_sub_epi32,
    _mm256_set1_epi32,
    32,
    23,
    127,
    #[inline(always)]
    fn unzip(a: Self, b: Self) -> (Self, Self) {
        // SAFETY: `a` exists only where the instruction set does.
        unsafe { (F32x8(_mm256_shuffle_ps::<0x88>(a.0, b.0)), F32x8(_mm256_shuffle_ps::<0xdd>(a.0, b.0))) }
    },
    #[inline(always)]
    fn zip(re: Self, im: Self) -> (Self, Self) {
        // SAFETY: `re` exists only where the instruction set does.
        unsafe { (F32x8(_mm256_unpacklo_ps(re.0, im.0)), F32x8(_mm256_unpackhi_ps(re.0, im.0))) }
    },
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let v = &mut rows[..8];
        // SAFETY: the rows exist only where the instruction set does.
        unsafe {
            // 4 x 4 within 128 bits, then the halves.
            let mut b = [v[0].0; 8];
            for i in [0, 4] {
                let (t0, t1) = (_mm256_unpacklo_ps(v[i].0, v[i + 1].0), _mm256_unpackhi_ps(v[i].0, v[i + 1].0));
                let (t2, t3) = (_mm256_unpacklo_ps(v[i + 2].0, v[i + 3].0), _mm256_unpackhi_ps(v[i + 2].0, v[i + 3].0));
                b[i] = _mm256_shuffle_ps::<0x44>(t0, t2);
                b[i + 1] = _mm256_shuffle_ps::<0xee>(t0, t2);
                b[i + 2] = _mm256_shuffle_ps::<0x44>(t1, t3);
                b[i + 3] = _mm256_shuffle_ps::<0xee>(t1, t3);
            }
            for i in 0..4 {
                v[i] = F32x8(_mm256_permute2f128_ps::<0x20>(b[i], b[i + 4]));
                v[i + 4] = F32x8(_mm256_permute2f128_ps::<0x31>(b[i], b[i + 4]));
            }
        }
    }
);
