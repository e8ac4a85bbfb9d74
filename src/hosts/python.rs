//! CPython: capsules whose names are static and whose destructors are native, so that a tensor that dies during
//! interpreter shutdown, or after the module that made it, is still freed once.

use crate::dlpack;
use dlpark::ffi::{DLManagedTensor, DLManagedTensorVersioned};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

/// spk_py_capsule_new: a DLManagedTensor, as `__dlpack__` gives it before DLPack 1.0.
pub const SPK_PY_LEGACY: i32 = 0;
/// spk_py_capsule_new: a DLManagedTensorVersioned, as `__dlpack__(max_version=(1, 0))` gives it.
pub const SPK_PY_VERSIONED: i32 = 1;
/// spk_py_capsule_new: a DLManagedTensorVersioned that only this library's Python package uses.
pub const SPK_PY_OWNER: i32 = 2;

/// The functions of CPython's C API that are used here, as the process has them.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct spk_py_api {
    /// sizeof(spk_py_api) as the caller knows it.
    pub struct_size: u32,
    /// Must be 0.
    pub zero: i32,
    /// PyCapsule_New.
    pub capsule_new: Option<
        unsafe extern "C" fn(
            pointer: *mut c_void,
            name: *const c_char,
            destructor: Option<unsafe extern "C" fn(capsule: *mut c_void)>,
        ) -> *mut c_void,
    >,
    /// PyCapsule_IsValid.
    pub capsule_is_valid: Option<unsafe extern "C" fn(capsule: *mut c_void, name: *const c_char) -> c_int>,
    /// PyCapsule_GetPointer.
    pub capsule_get_pointer: Option<unsafe extern "C" fn(capsule: *mut c_void, name: *const c_char) -> *mut c_void>,
    /// PyCapsule_SetName.
    pub capsule_set_name: Option<unsafe extern "C" fn(capsule: *mut c_void, name: *const c_char) -> c_int>,
    /// PyErr_Fetch.
    pub err_fetch:
        Option<unsafe extern "C" fn(kind: *mut *mut c_void, value: *mut *mut c_void, trace: *mut *mut c_void)>,
    /// PyErr_Restore.
    pub err_restore: Option<unsafe extern "C" fn(kind: *mut c_void, value: *mut c_void, trace: *mut c_void)>,
}

/// The same with every function known to be there.
#[derive(Clone, Copy)]
struct Api {
    capsule_new:
        unsafe extern "C" fn(*mut c_void, *const c_char, Option<unsafe extern "C" fn(*mut c_void)>) -> *mut c_void,
    capsule_is_valid: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    capsule_get_pointer: unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void,
    capsule_set_name: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    err_fetch: unsafe extern "C" fn(*mut *mut c_void, *mut *mut c_void, *mut *mut c_void),
    err_restore: unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void),
}

static API: OnceLock<Api> = OnceLock::new();

const LEGACY: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const OWNER: &CStr = c"spectrapack_tensor";
const USED_LEGACY: &CStr = c"used_dltensor";
const USED_VERSIONED: &CStr = c"used_dltensor_versioned";

/// Tells the library where CPython's functions are.
///
/// Python passes the addresses (`ctypes.cast(pythonapi.PyCapsule_New, c_void_p)`), since the library does not link
/// libpython. The first call counts; later ones change nothing. The struct is copied.
///
/// Ownership: *borrows* `api`.
/// Threads: any.
/// Errors: -1 when `api` or one of its functions is NULL or its struct_size is another; else 0.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_start(api: *const spk_py_api) -> c_int {
    let size = size_of::<spk_py_api>() as u32;
    // SAFETY: not NULL by the check before, and a uint32_t by the caller's promise.
    if api.is_null() || unsafe { ptr::read_unaligned(api.cast::<u32>()) } != size {
        return -1;
    }
    // SAFETY: it is as large as it says, and every bit pattern is a value.
    let api = unsafe { ptr::read_unaligned(api) };
    let whole = || {
        Some(Api {
            capsule_new: api.capsule_new?,
            capsule_is_valid: api.capsule_is_valid?,
            capsule_get_pointer: api.capsule_get_pointer?,
            capsule_set_name: api.capsule_set_name?,
            err_fetch: api.err_fetch?,
            err_restore: api.err_restore?,
        })
    };
    match whole() {
        Some(whole) => {
            API.get_or_init(|| whole);
            0
        }
        None => -1,
    }
}

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
    let Some(api) = API.get() else { return ptr::null_mut() };
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
    let Some(api) = API.get() else { return ptr::null_mut() };
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
    let Some(api) = API.get() else { return -1 };
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
    let Some(api) = API.get() else { return };
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
