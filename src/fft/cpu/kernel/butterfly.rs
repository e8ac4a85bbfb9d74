//! Transforms of a few points in registers: legs in natural order, sign minus, each leg a register of real and one of
//! imaginary parts. Everything inlines; there are no loops over legs that the compiler would have to unroll.

use crate::backend::cpu::simd::Vector;
use crate::tensor::Real;
use std::f64::consts::FRAC_1_SQRT_2;

/// Complex numbers, one a lane.
#[derive(Clone, Copy)]
pub(super) struct Cv<V> {
    pub re: V,
    pub im: V,
}

/// The transform of `N` legs.
pub(super) trait Butterfly<const N: usize> {
    fn run<V: Vector>(x: &mut [Cv<V>; N]);
}

/// All of them.
pub(super) struct Legs;

/// A constant beside a value.
#[inline(always)]
fn like<V: Vector>(_: V, value: f64) -> V {
    // SAFETY: a value of the type exists, and with it the instruction set.
    unsafe { V::splat(<V::Scalar as Real>::of(value)) }
}

#[inline(always)]
fn add<V: Vector>(a: Cv<V>, b: Cv<V>) -> Cv<V> {
    Cv { re: a.re + b.re, im: a.im + b.im }
}

#[inline(always)]
fn sub<V: Vector>(a: Cv<V>, b: Cv<V>) -> Cv<V> {
    Cv { re: a.re - b.re, im: a.im - b.im }
}

/// a - i b.
#[inline(always)]
fn sub_i<V: Vector>(a: Cv<V>, b: Cv<V>) -> Cv<V> {
    Cv { re: a.re + b.im, im: a.im - b.re }
}

/// a + i b.
#[inline(always)]
fn add_i<V: Vector>(a: Cv<V>, b: Cv<V>) -> Cv<V> {
    Cv { re: a.re - b.im, im: a.im + b.re }
}

/// a b.
#[inline(always)]
pub(super) fn mul<V: Vector>(a: Cv<V>, b: Cv<V>) -> Cv<V> {
    Cv { re: a.re.mul_sub(b.re, a.im * b.im), im: a.im.mul_add(b.re, a.re * b.im) }
}

/// a + c b.
#[inline(always)]
fn fused<V: Vector>(a: Cv<V>, b: Cv<V>, c: V) -> Cv<V> {
    Cv { re: b.re.mul_add(c, a.re), im: b.im.mul_add(c, a.im) }
}

/// a - c b.
#[inline(always)]
fn fused_neg<V: Vector>(a: Cv<V>, b: Cv<V>, c: V) -> Cv<V> {
    Cv { re: b.re.neg_mul_add(c, a.re), im: b.im.neg_mul_add(c, a.im) }
}

/// a - i c b and a + i c b.
#[inline(always)]
fn fused_i<V: Vector>(a: Cv<V>, b: Cv<V>, c: V) -> (Cv<V>, Cv<V>) {
    (
        Cv { re: b.im.mul_add(c, a.re), im: b.re.neg_mul_add(c, a.im) },
        Cv { re: b.im.neg_mul_add(c, a.re), im: b.re.mul_add(c, a.im) },
    )
}

/// a (1 - i): what the first eighth root of 1 multiplies by, but for the factor sqrt(1/2).
#[inline(always)]
fn turn_1<V: Vector>(a: Cv<V>) -> Cv<V> {
    Cv { re: a.re + a.im, im: a.im - a.re }
}

/// a (-1 - i).
#[inline(always)]
fn turn_3<V: Vector>(a: Cv<V>) -> Cv<V> {
    Cv { re: a.im - a.re, im: -(a.re + a.im) }
}

#[inline(always)]
fn two<V: Vector>(a: Cv<V>, b: Cv<V>) -> [Cv<V>; 2] {
    [add(a, b), sub(a, b)]
}

#[inline(always)]
fn three<V: Vector>(x: [Cv<V>; 3]) -> [Cv<V>; 3] {
    let (half, root) = (like(x[0].re, 0.5), like(x[0].re, 0.8660254037844386));
    let (s, d) = (add(x[1], x[2]), sub(x[1], x[2]));
    let m = fused_neg(x[0], s, half);
    let (p, q) = fused_i(m, d, root);
    [add(x[0], s), p, q]
}

#[inline(always)]
fn four<V: Vector>(x: [Cv<V>; 4]) -> [Cv<V>; 4] {
    let [a, b] = two(x[0], x[2]);
    let [c, d] = two(x[1], x[3]);
    [add(a, c), sub_i(b, d), sub(a, c), add_i(b, d)]
}

#[inline(always)]
fn five<V: Vector>(x: [Cv<V>; 5]) -> [Cv<V>; 5] {
    let v = x[0].re;
    let (c1, c2) = (like(v, 0.30901699437494745), like(v, 0.8090169943749475));
    let (s1, s2) = (like(v, 0.9510565162951535), like(v, 0.5877852522924731));
    let ([p1, d1], [p2, d2]) = (two(x[1], x[4]), two(x[2], x[3]));
    let m1 = fused_neg(fused(x[0], p1, c1), p2, c2);
    let m2 = fused(fused_neg(x[0], p1, c2), p2, c1);
    let n1 = Cv { re: d1.re.mul_add(s1, d2.re * s2), im: d1.im.mul_add(s1, d2.im * s2) };
    let n2 = Cv { re: d1.re.mul_sub(s2, d2.re * s1), im: d1.im.mul_sub(s2, d2.im * s1) };
    [add(x[0], add(p1, p2)), sub_i(m1, n1), sub_i(m2, n2), add_i(m2, n2), add_i(m1, n1)]
}

#[inline(always)]
fn eight<V: Vector>(x: [Cv<V>; 8]) -> [Cv<V>; 8] {
    let h = like(x[0].re, FRAC_1_SQRT_2);
    let e = four([x[0], x[2], x[4], x[6]]);
    let o = four([x[1], x[3], x[5], x[7]]);
    let u = turn_1(o[1]);
    // Minus the imaginary part of o[3] (-1 - i): the sign goes into the multiplication below.
    let v = Cv { re: o[3].im - o[3].re, im: o[3].re + o[3].im };
    [
        add(e[0], o[0]),
        fused(e[1], u, h),
        sub_i(e[2], o[2]),
        Cv { re: v.re.mul_add(h, e[3].re), im: v.im.neg_mul_add(h, e[3].im) },
        sub(e[0], o[0]),
        fused_neg(e[1], u, h),
        add_i(e[2], o[2]),
        Cv { re: v.re.neg_mul_add(h, e[3].re), im: v.im.mul_add(h, e[3].im) },
    ]
}

/// Sums of mirrored legs with cosines, differences with sines: `$m` and `$n` of output `j`, as in the definition.
macro_rules! prime {
    ($name:ident, $n:literal, cos [$($c:ident $cv:literal),*], sin [$($s:ident $sv:literal),*],
     legs [$($p:ident $d:ident $a:literal $b:literal),*],
     rows [$($lo:literal $hi:literal: $p0:ident $c0:ident $d0:ident $s0:ident
             $(, $pi:ident $ci:ident $di:ident $sign:ident $si:ident)*);*]) => {
        #[inline(always)]
        fn $name<V: Vector>(x: [Cv<V>; $n]) -> [Cv<V>; $n] {
            $(let $c = like(x[0].re, $cv);)*
            $(let $s = like(x[0].re, $sv);)*
            $(let [$p, $d] = two(x[$a], x[$b]);)*
            let mut y = x;
            $(y[0] = add(y[0], $p);)*
            $({
                let m = fused(x[0], $p0, $c0);
                let n = Cv { re: $d0.re * $s0, im: $d0.im * $s0 };
                $(let (m, n) = (fused(m, $pi, $ci), $sign(n, $di, $si));)*
                y[$lo] = sub_i(m, n);
                y[$hi] = add_i(m, n);
            })*
            y
        }
    };
}

prime!(seven, 7,
    cos [c1 0.6234898018587335, c2 -0.2225209339563144, c3 -0.9009688679024191],
    sin [s1 0.7818314824680298, s2 0.9749279121818236, s3 0.4338837391175581],
    legs [p1 d1 1 6, p2 d2 2 5, p3 d3 3 4],
    rows [1 6: p1 c1 d1 s1, p2 c2 d2 fused s2, p3 c3 d3 fused s3;
          2 5: p1 c2 d1 s2, p2 c3 d2 fused_neg s3, p3 c1 d3 fused_neg s1;
          3 4: p1 c3 d1 s3, p2 c1 d2 fused_neg s1, p3 c2 d3 fused s2]);

prime!(eleven, 11,
    cos [c1 0.8412535328311812, c2 0.41541501300188644, c3 -0.14231483827328514, c4 -0.6548607339452851, c5 -0.9594929736144974],
    sin [s1 0.5406408174555976, s2 0.9096319953545183, s3 0.9898214418809327, s4 0.7557495743542583, s5 0.28173255684142967],
    legs [p1 d1 1 10, p2 d2 2 9, p3 d3 3 8, p4 d4 4 7, p5 d5 5 6],
    rows [1 10: p1 c1 d1 s1, p2 c2 d2 fused s2, p3 c3 d3 fused s3, p4 c4 d4 fused s4, p5 c5 d5 fused s5;
          2 9: p1 c2 d1 s2, p2 c4 d2 fused s4, p3 c5 d3 fused_neg s5, p4 c3 d4 fused_neg s3, p5 c1 d5 fused_neg s1;
          3 8: p1 c3 d1 s3, p2 c5 d2 fused_neg s5, p3 c2 d3 fused_neg s2, p4 c1 d4 fused s1, p5 c4 d5 fused s4;
          4 7: p1 c4 d1 s4, p2 c3 d2 fused_neg s3, p3 c1 d3 fused s1, p4 c5 d4 fused s5, p5 c2 d5 fused_neg s2;
          5 6: p1 c5 d1 s5, p2 c1 d2 fused_neg s1, p3 c4 d3 fused s4, p4 c2 d4 fused_neg s2, p5 c3 d5 fused s3]);

prime!(thirteen, 13,
    cos [c1 0.8854560256532099, c2 0.5680647467311558, c3 0.12053668025532305, c4 -0.3546048870425356, c5 -0.7485107481711011, c6 -0.970941817426052],
    sin [s1 0.46472317204376856, s2 0.8229838658936564, s3 0.992708874098054, s4 0.9350162426854148, s5 0.6631226582407952, s6 0.23931566428755777],
    legs [p1 d1 1 12, p2 d2 2 11, p3 d3 3 10, p4 d4 4 9, p5 d5 5 8, p6 d6 6 7],
    rows [1 12: p1 c1 d1 s1, p2 c2 d2 fused s2, p3 c3 d3 fused s3, p4 c4 d4 fused s4, p5 c5 d5 fused s5, p6 c6 d6 fused s6;
          2 11: p1 c2 d1 s2, p2 c4 d2 fused s4, p3 c6 d3 fused s6, p4 c5 d4 fused_neg s5, p5 c3 d5 fused_neg s3, p6 c1 d6 fused_neg s1;
          3 10: p1 c3 d1 s3, p2 c6 d2 fused s6, p3 c4 d3 fused_neg s4, p4 c1 d4 fused_neg s1, p5 c2 d5 fused s2, p6 c5 d6 fused s5;
          4 9: p1 c4 d1 s4, p2 c5 d2 fused_neg s5, p3 c1 d3 fused_neg s1, p4 c3 d4 fused s3, p5 c6 d5 fused_neg s6, p6 c2 d6 fused_neg s2;
          5 8: p1 c5 d1 s5, p2 c3 d2 fused_neg s3, p3 c2 d3 fused s2, p4 c6 d4 fused_neg s6, p5 c1 d5 fused_neg s1, p6 c4 d6 fused s4;
          6 7: p1 c6 d1 s6, p2 c1 d2 fused_neg s1, p3 c5 d3 fused s5, p4 c2 d4 fused_neg s2, p5 c4 d5 fused s4, p6 c3 d6 fused_neg s3]);

/// 3 x 3 with twiddles between.
#[inline(always)]
fn nine<V: Vector>(x: [Cv<V>; 9]) -> [Cv<V>; 9] {
    let w = |re: f64, im: f64| Cv { re: like(x[0].re, re), im: like(x[0].re, im) };
    let w1 = w(0.766044443118978, -0.6427876096865394);
    let w2 = w(0.17364817766693036, -0.984807753012208);
    let w4 = w(-0.9396926207859084, -0.3420201433256687);
    let a = three([x[0], x[3], x[6]]);
    let b = three([x[1], x[4], x[7]]);
    let c = three([x[2], x[5], x[8]]);
    let r0 = three([a[0], b[0], c[0]]);
    let r1 = three([a[1], mul(b[1], w1), mul(c[1], w2)]);
    let r2 = three([a[2], mul(b[2], w2), mul(c[2], w4)]);
    [r0[0], r1[0], r2[0], r0[1], r1[1], r2[1], r0[2], r1[2], r2[2]]
}

/// 2 x 5 by the Chinese remainder theorem, without twiddles.
#[inline(always)]
fn ten<V: Vector>(x: [Cv<V>; 10]) -> [Cv<V>; 10] {
    let a = five([x[0], x[2], x[4], x[6], x[8]]);
    let b = five([x[5], x[7], x[9], x[1], x[3]]);
    let (s, d) = (|i: usize| add(a[i], b[i]), |i: usize| sub(a[i], b[i]));
    [s(0), d(1), s(2), d(3), s(4), d(0), s(1), d(2), s(3), d(4)]
}

/// 2 x 3 likewise.
#[inline(always)]
fn six<V: Vector>(x: [Cv<V>; 6]) -> [Cv<V>; 6] {
    let a = three([x[0], x[2], x[4]]);
    let b = three([x[3], x[5], x[1]]);
    [add(a[0], b[0]), sub(a[1], b[1]), add(a[2], b[2]), sub(a[0], b[0]), add(a[1], b[1]), sub(a[2], b[2])]
}

/// 4 x 4. The columns are loaded, and the rows stored, by the caller's order of use.
#[inline(always)]
fn sixteen<V: Vector>(x: [Cv<V>; 16]) -> [Cv<V>; 16] {
    let v = x[0].re;
    let h = like(v, FRAC_1_SQRT_2);
    let (c, s) = (like(v, 0.9238795325112867), like(v, 0.3826834323650898));
    let t2 = four([x[2], x[6], x[10], x[14]]);
    let t0 = four([x[0], x[4], x[8], x[12]]);
    let [a0, b0] = two(t0[0], t2[0]);
    let u = turn_1(t2[1]);
    let (a1, b1) = (fused(t0[1], u, h), fused_neg(t0[1], u, h));
    let (a2, b2) = (sub_i(t0[2], t2[2]), add_i(t0[2], t2[2]));
    let u = Cv { re: t2[3].im - t2[3].re, im: t2[3].re + t2[3].im };
    let a3 = Cv { re: u.re.mul_add(h, t0[3].re), im: u.im.neg_mul_add(h, t0[3].im) };
    let b3 = Cv { re: u.re.neg_mul_add(h, t0[3].re), im: u.im.mul_add(h, t0[3].im) };
    let t1 = four([x[1], x[5], x[9], x[13]]);
    let t3 = four([x[3], x[7], x[11], x[15]]);
    let [e0, d0] = two(t1[0], t3[0]);
    // Times the roots 2 and 6 of 16.
    let [e2, d2] = two(turn_1(t1[2]), turn_3(t3[2]));
    // Times 1 and 3: (c, -s) and (s, -c).
    let p = Cv { re: t1[1].re.mul_add(c, t1[1].im * s), im: t1[1].im.mul_sub(c, t1[1].re * s) };
    let q = Cv { re: t3[1].re.mul_add(s, t3[1].im * c), im: t3[1].im.mul_sub(s, t3[1].re * c) };
    let [e1, d1] = two(p, q);
    // Times 3 and 9: (s, -c) and (-c, s), the second one negated.
    let p = Cv { re: t1[3].re.mul_add(s, t1[3].im * c), im: t1[3].im.mul_sub(s, t1[3].re * c) };
    let q = Cv { re: t3[3].re.mul_add(c, t3[3].im * s), im: t3[3].im.mul_sub(c, t3[3].re * s) };
    let (e3, d3) = (sub(p, q), add(p, q));
    let (f2, g2) = fused_i(b2, d2, h);
    [
        add(a0, e0),
        add(a1, e1),
        fused(a2, e2, h),
        add(a3, e3),
        sub_i(b0, d0),
        sub_i(b1, d1),
        f2,
        sub_i(b3, d3),
        sub(a0, e0),
        sub(a1, e1),
        fused_neg(a2, e2, h),
        sub(a3, e3),
        add_i(b0, d0),
        add_i(b1, d1),
        g2,
        add_i(b3, d3),
    ]
}

macro_rules! butterfly {
    ($($n:literal $f:ident),*) => {$(
        impl Butterfly<$n> for Legs {
            #[inline(always)]
            fn run<V: Vector>(x: &mut [Cv<V>; $n]) { *x = $f(*x) }
        }
    )*};
}
butterfly!(3 three, 4 four, 5 five, 6 six, 7 seven, 8 eight, 9 nine, 10 ten, 11 eleven, 13 thirteen, 16 sixteen);

impl Butterfly<2> for Legs {
    #[inline(always)]
    fn run<V: Vector>(x: &mut [Cv<V>; 2]) {
        *x = two(x[0], x[1]);
    }
}
