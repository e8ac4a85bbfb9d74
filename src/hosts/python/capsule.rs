//! Capsules whose names are static and whose destructors are native, so that a tensor that dies during
//! interpreter shutdown, or after the module that made it, is still freed once.

use super::api::api;
use super::owner::drop_what_waits;
use crate::dlpack;
use dlpark::ffi::{DLManagedTensor, DLManagedTensorVersioned};
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

/// spk_py_capsule_new: a DLManagedTensor, as `__dlpack__` gives it before DLPack 1.0.
pub const SPK_PY_LEGACY: i32 = 0;
/// spk_py_capsule_new: a DLManagedTensorVersioned, as `__dlpack__(max_version=(1, 0))` gives it.
pub const SPK_PY_VERSIONED: i32 = 1;
/// spk_py_capsule_new: a DLManagedTensorVersioned that only this library's Python package uses.
pub const SPK_PY_OWNER: i32 = 2;

const LEGACY: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const OWNER: &CStr = c"spectrapack_tensor";
const USED_LEGACY: &CStr = c"used_dltensor";
const USED_VERSIONED: &CStr = c"used_dltensor_versioned";

/// Makes a capsule that owns a managed tensor.
///
/// `managed` is a DLManagedTensor for SPK_PY_LEGACY, else a DLManagedTensorVersioned. The capsule's destructor
/// releases it unless a consumer renamed the capsule first, and leaves a pending exception as it was.
///
/// Ownership: *takes* `managed`; *returns new* (a Python reference).
/// Threads: the GIL must be held.
/// Errors: NULL, with `managed` still the caller's: spk_py_start was not called, `form` is none of the three, or
/// CPython set an exception.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_capsule_new(managed: *mut c_void, form: i32) -> *mut c_void {
    let Some(api) = api() else { return ptr::null_mut() };
    drop_what_waits();
    let name = match form {
        SPK_PY_LEGACY => LEGACY,
        SPK_PY_VERSIONED => VERSIONED,
        SPK_PY_OWNER => OWNER,
        _ => return ptr::null_mut(),
    };
    // SAFETY: the GIL is held by the caller's promise; the name is static, the destructor is in this library.
    unsafe { (api.capsule_new)(managed, name.as_ptr(), Some(destroy)) }
}

/// Takes the managed tensor out of a DLPack capsule and marks the capsule as used.
///
/// `capsule` may be any object. `*out_form` becomes SPK_PY_LEGACY or SPK_PY_VERSIONED and says what the answer points
/// to. A consumer that then refuses the tensor gives it back by spk_py_capsule_restore.
///
/// Ownership: *takes* the tensor in the capsule.
/// Threads: the GIL must be held; of threads that race for one capsule only one gets the tensor.
/// Errors: NULL, with no exception set: spk_py_start was not called, `out_form` is NULL, or `capsule` is no DLPack
/// capsule or was used before.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_capsule_consume(capsule: *mut c_void, out_form: *mut i32) -> *mut c_void {
    let Some(api) = api() else { return ptr::null_mut() };
    if capsule.is_null() || out_form.is_null() {
        return ptr::null_mut();
    }
    for (form, name, used) in [(SPK_PY_VERSIONED, VERSIONED, USED_VERSIONED), (SPK_PY_LEGACY, LEGACY, USED_LEGACY)] {
        // SAFETY: the GIL is held; IsValid takes any object, and the others come after it said yes. Names are static.
        unsafe {
            if (api.capsule_is_valid)(capsule, name.as_ptr()) != 0 {
                let managed = (api.capsule_get_pointer)(capsule, name.as_ptr());
                (api.capsule_set_name)(capsule, used.as_ptr());
                ptr::write_unaligned(out_form, form);
                return managed;
            }
        }
    }
    ptr::null_mut()
}

/// Gives a tensor that was refused back to its capsule.
///
/// Afterwards the capsule owns the tensor again, as if it had never been consumed.
///
/// Ownership: the caller gives up the tensor that spk_py_capsule_consume took from `capsule`.
/// Threads: the GIL must be held.
/// Errors: -1 when spk_py_start was not called or `capsule` is no used DLPack capsule; else 0.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_capsule_restore(capsule: *mut c_void) -> c_int {
    let Some(api) = api() else { return -1 };
    if capsule.is_null() {
        return -1;
    }
    for (name, used) in [(VERSIONED, USED_VERSIONED), (LEGACY, USED_LEGACY)] {
        // SAFETY: as in spk_py_capsule_consume.
        unsafe {
            if (api.capsule_is_valid)(capsule, used.as_ptr()) != 0 {
                return (api.capsule_set_name)(capsule, name.as_ptr());
            }
        }
    }
    -1
}

/// The destructor of the capsules made here. CPython calls it with the GIL held.
unsafe extern "C" fn destroy(capsule: *mut c_void) {
    let Some(api) = api() else { return };
    let (mut kind, mut value, mut trace) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: CPython calls this once with a capsule made by spk_py_capsule_new. A capsule that still has its name
    // owns the tensor. Releasing may run a foreign deleter, so a pending exception is put aside meanwhile.
    unsafe {
        (api.err_fetch)(&mut kind, &mut value, &mut trace);
        for name in [VERSIONED, OWNER] {
            if (api.capsule_is_valid)(capsule, name.as_ptr()) != 0 {
                let managed = (api.capsule_get_pointer)(capsule, name.as_ptr());
                dlpack::import::release(managed.cast::<DLManagedTensorVersioned>());
            }
        }
        if (api.capsule_is_valid)(capsule, LEGACY.as_ptr()) != 0 {
            let managed = (api.capsule_get_pointer)(capsule, LEGACY.as_ptr());
            dlpack::legacy::release(managed.cast::<DLManagedTensor>());
        }
        (api.err_restore)(kind, value, trace);
    }
}
