//! What exchange costs in C: wrapping memory, taking over a foreign tensor, sharing, viewing, and giving back.
//! The bar: taking over a foreign tensor and releasing it costs under 30 ns beyond making the foreign one.

use criterion::{Criterion, criterion_group, criterion_main};
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use spectrapack::abi::*;
use std::hint::black_box;
use std::ptr::{null, null_mut};

/// A tensor as some other library would hand it over. It is not freed by its deleter, so that the loop measures the
/// exchange alone.
fn foreign(shape: &mut [i64], strides: &mut [i64], data: &mut [f64]) -> DLManagedTensorVersioned {
    unsafe extern "C" fn nothing(_: *mut DLManagedTensorVersioned) {}
    // SAFETY: all zeros are a value of the struct: numbers, nullable pointers.
    let mut tensor: DLManagedTensorVersioned = unsafe { std::mem::zeroed() };
    tensor.version.major = 1;
    tensor.deleter = Some(nothing);
    let t: &mut DLTensor = &mut tensor.dl_tensor;
    t.data = data.as_mut_ptr().cast();
    t.device.device_type.0 = 1;
    t.ndim = shape.len() as i32;
    t.dtype.code.0 = 2;
    t.dtype.bits = 64;
    t.dtype.lanes = 1;
    t.shape = shape.as_mut_ptr();
    t.strides = strides.as_mut_ptr();
    tensor
}

fn exchange(c: &mut Criterion) {
    let (mut shape, mut strides, mut data) = ([3i64, 4, 5], [20i64, 5, 1], vec![0.0; 60]);
    let mut tensor = foreign(&mut shape, &mut strides, &mut data);
    let mut out = null_mut();
    let mut group = c.benchmark_group("exchange");
    group.bench_function("take and release", |b| {
        // SAFETY: the pointers are live for the length of each call, and each share is released once.
        b.iter(|| unsafe {
            assert_eq!(spk_tensor_take(black_box(&mut tensor), &mut out), 0);
            spk_tensor_release(out);
        });
    });
    group.bench_function("wrap and release", |b| {
        // SAFETY: the pointers are live for the length of each call, and each share is released once.
        b.iter(|| unsafe {
            assert_eq!(spk_tensor_wrap(black_box(&tensor.dl_tensor), None, null_mut(), 0, &mut out), 0);
            spk_tensor_release(out);
        });
    });
    let mut kept = null_mut();
    // SAFETY: as above; `kept` is released at the end.
    assert_eq!(unsafe { spk_tensor_wrap(&tensor.dl_tensor, None, null_mut(), 0, &mut kept) }, 0);
    group.bench_function("retain and release", |b| {
        // SAFETY: the pointers are live for the length of each call, and each share is released once.
        b.iter(|| unsafe {
            assert_eq!(spk_tensor_retain(black_box(kept)), 0);
            spk_tensor_release(kept);
        });
    });
    group.bench_function("view and release", |b| {
        // SAFETY: the pointers are live for the length of each call, and each share is released once.
        b.iter(|| unsafe {
            assert_eq!(spk_tensor_view(black_box(kept), 3, shape.as_ptr(), null(), 0, &mut out), 0);
            spk_tensor_release(out);
        });
    });
    // SAFETY: the last share.
    unsafe { spk_tensor_release(kept) };
    group.finish();
}

criterion_group!(benches, exchange);
criterion_main!(benches);
