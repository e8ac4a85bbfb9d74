//! Registers of 512 bits: AVX-512 (F, DQ, BW, VL, CD).

use super::Vector;
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Eight f64.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x8(pub(crate) __m512d);

/// Sixteen f32.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x16(pub(crate) __m512);

/// The first `count` bits.
macro_rules! first {
    ($mask:ty, $count:expr) => {
        ((1u32 << $count) - 1) as $mask
    };
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
     $store_part:ident, $stream:ident, $fma:ident, $fms:ident, $fnma:ident, $abs:ident, $sqrt:ident, $min:ident,
     $max:ident, $and:ident, $andnot:ident, $or:ident, $xor:ident, $cmp:ident, $blend:ident, $add:ident, $sub:ident,
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
                $v(unsafe { $load_part(first!($mask, count), from) })
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
                unsafe { $store_part(to, first!($mask, count), self.0) }
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
                $v(unsafe { $abs(self.0) })
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
                $v(unsafe { $blend(mask, other.0, self.0) })
            }
            #[inline(always)]
            fn bits(mask: $mask) -> u32 {
                u32::from(mask)
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
    F64x8,
    f64,
    8,
    __mmask8,
    &[0, 4, 1, 5, 2, 6, 3, 7],
    _mm512_loadu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_set1_pd,
    _mm512_storeu_pd,
    _mm512_mask_storeu_pd,
    _mm512_stream_pd,
    _mm512_fmadd_pd,
    _mm512_fmsub_pd,
    _mm512_fnmadd_pd,
    _mm512_abs_pd,
    _mm512_sqrt_pd,
    _mm512_min_pd,
    _mm512_max_pd,
    _mm512_and_pd,
    _mm512_andnot_pd,
    _mm512_or_pd,
    _mm512_xor_pd,
    _mm512_cmp_pd_mask,
    _mm512_mask_blend_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    _mm512_add_epi64,
    _mm512_srli_epi64,
    _mm512_slli_epi64,
    _mm512_sub_epi64,
    _mm512_set1_epi64,
    64,
    52,
    1023,
    #[inline(always)]
    fn unzip(a: Self, b: Self) -> (Self, Self) {
        // SAFETY: `a` exists only where the instruction set does.
        unsafe { (F64x8(_mm512_unpacklo_pd(a.0, b.0)), F64x8(_mm512_unpackhi_pd(a.0, b.0))) }
    },
    #[inline(always)]
    fn zip(re: Self, im: Self) -> (Self, Self) {
        Self::unzip(re, im)
    },
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let v = &mut rows[..8];
        // SAFETY: the rows exist only where the instruction set does.
        unsafe {
            // Pairs within 128 bits, then the 128-bit pieces, twice.
            let lo = |i: usize| _mm512_unpacklo_pd(v[i].0, v[i + 1].0);
            let hi = |i: usize| _mm512_unpackhi_pd(v[i].0, v[i + 1].0);
            let (b0, b1, b2, b3) = (lo(0), hi(0), lo(2), hi(2));
            let (b4, b5, b6, b7) = (lo(4), hi(4), lo(6), hi(6));
            let (c0, c1) = (_mm512_shuffle_f64x2::<0x88>(b0, b2), _mm512_shuffle_f64x2::<0x88>(b1, b3));
            let (c2, c3) = (_mm512_shuffle_f64x2::<0xdd>(b0, b2), _mm512_shuffle_f64x2::<0xdd>(b1, b3));
            let (c4, c5) = (_mm512_shuffle_f64x2::<0x88>(b4, b6), _mm512_shuffle_f64x2::<0x88>(b5, b7));
            let (c6, c7) = (_mm512_shuffle_f64x2::<0xdd>(b4, b6), _mm512_shuffle_f64x2::<0xdd>(b5, b7));
            v[0] = F64x8(_mm512_shuffle_f64x2::<0x88>(c0, c4));
            v[1] = F64x8(_mm512_shuffle_f64x2::<0x88>(c1, c5));
            v[2] = F64x8(_mm512_shuffle_f64x2::<0x88>(c2, c6));
            v[3] = F64x8(_mm512_shuffle_f64x2::<0x88>(c3, c7));
            v[4] = F64x8(_mm512_shuffle_f64x2::<0xdd>(c0, c4));
            v[5] = F64x8(_mm512_shuffle_f64x2::<0xdd>(c1, c5));
            v[6] = F64x8(_mm512_shuffle_f64x2::<0xdd>(c2, c6));
            v[7] = F64x8(_mm512_shuffle_f64x2::<0xdd>(c3, c7));
        }
    }
);

vector!(
    F32x16,
    f32,
    16,
    __mmask16,
    &[0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15],
    _mm512_loadu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_set1_ps,
    _mm512_storeu_ps,
    _mm512_mask_storeu_ps,
    _mm512_stream_ps,
    _mm512_fmadd_ps,
    _mm512_fmsub_ps,
    _mm512_fnmadd_ps,
    _mm512_abs_ps,
    _mm512_sqrt_ps,
    _mm512_min_ps,
    _mm512_max_ps,
    _mm512_and_ps,
    _mm512_andnot_ps,
    _mm512_or_ps,
    _mm512_xor_ps,
    _mm512_cmp_ps_mask,
    _mm512_mask_blend_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    _mm512_add_epi32,
    _mm512_srli_epi32,
    _mm512_slli_epi32,
    _mm512_sub_epi32,
    _mm512_set1_epi32,
    32,
    23,
    127,
    #[inline(always)]
    fn unzip(a: Self, b: Self) -> (Self, Self) {
        // SAFETY: `a` exists only where the instruction set does.
        unsafe { (F32x16(_mm512_shuffle_ps::<0x88>(a.0, b.0)), F32x16(_mm512_shuffle_ps::<0xdd>(a.0, b.0))) }
    },
    #[inline(always)]
    fn zip(re: Self, im: Self) -> (Self, Self) {
        // SAFETY: `re` exists only where the instruction set does.
        unsafe { (F32x16(_mm512_unpacklo_ps(re.0, im.0)), F32x16(_mm512_unpackhi_ps(re.0, im.0))) }
    },
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        let v = &mut rows[..16];
        // SAFETY: the rows exist only where the instruction set does.
        unsafe {
            // 4 x 4 within 128 bits, then the 128-bit pieces, twice.
            let mut b = [v[0].0; 16];
            for i in [0, 4, 8, 12] {
                let (t0, t1) = (_mm512_unpacklo_ps(v[i].0, v[i + 1].0), _mm512_unpackhi_ps(v[i].0, v[i + 1].0));
                let (t2, t3) = (_mm512_unpacklo_ps(v[i + 2].0, v[i + 3].0), _mm512_unpackhi_ps(v[i + 2].0, v[i + 3].0));
                b[i] = _mm512_shuffle_ps::<0x44>(t0, t2);
                b[i + 1] = _mm512_shuffle_ps::<0xee>(t0, t2);
                b[i + 2] = _mm512_shuffle_ps::<0x44>(t1, t3);
                b[i + 3] = _mm512_shuffle_ps::<0xee>(t1, t3);
            }
            for i in 0..4 {
                let (x0, x1, x2, x3) = (b[i], b[i + 4], b[i + 8], b[i + 12]);
                let (c0, c1) = (_mm512_shuffle_f32x4::<0x88>(x0, x1), _mm512_shuffle_f32x4::<0xdd>(x0, x1));
                let (c2, c3) = (_mm512_shuffle_f32x4::<0x88>(x2, x3), _mm512_shuffle_f32x4::<0xdd>(x2, x3));
                v[i] = F32x16(_mm512_shuffle_f32x4::<0x88>(c0, c2));
                v[i + 4] = F32x16(_mm512_shuffle_f32x4::<0x88>(c1, c3));
                v[i + 8] = F32x16(_mm512_shuffle_f32x4::<0xdd>(c0, c2));
                v[i + 12] = F32x16(_mm512_shuffle_f32x4::<0xdd>(c1, c3));
            }
        }
    }
);
