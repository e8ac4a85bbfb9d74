//! The functions of CPython's C API that are used here, as the process has them: nothing links libpython.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

/// A PyObject that is only passed on.
pub(super) type Object = *mut c_void;

/// Declares [`Api`] and the names of its functions, in the same order.
macro_rules! python_functions {
    ($($field:ident = $name:literal: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// Every function is there.
        #[derive(Clone, Copy)]
        pub(super) struct Api { $(pub $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)* }

        const NAMES: &[&CStr] = &[$($name),*];

        impl Api {
            /// # Safety
            /// The addresses are those of NAMES, in order.
            unsafe fn new(addresses: &[*const c_void]) -> Option<Api> {
                let mut rest = addresses.iter().copied();
                Some(Api {
                    $($field: {
                        let address = rest.next().filter(|a| !a.is_null())?;
                        // SAFETY: the caller vouches that this is the function of that name, whose type is given.
                        unsafe {
                            std::mem::transmute::<*const c_void, unsafe extern "C" fn($($argument),*) $(-> $result)?>(
                                address,
                            )
                        }
                    },)*
                })
            }
        }
    };
}

python_functions! {
    capsule_new = c"PyCapsule_New":
        fn(*mut c_void, *const c_char, Option<unsafe extern "C" fn(Object)>) -> Object;
    capsule_is_valid = c"PyCapsule_IsValid": fn(Object, *const c_char) -> c_int;
    capsule_get_pointer = c"PyCapsule_GetPointer": fn(Object, *const c_char) -> *mut c_void;
    capsule_set_name = c"PyCapsule_SetName": fn(Object, *const c_char) -> c_int;
    err_fetch = c"PyErr_Fetch": fn(*mut Object, *mut Object, *mut Object);
    err_restore = c"PyErr_Restore": fn(Object, Object, Object);
    inc_ref = c"Py_IncRef": fn(Object);
    dec_ref = c"Py_DecRef": fn(Object);
    is_initialized = c"Py_IsInitialized": fn() -> c_int;
    gil_check = c"PyGILState_Check": fn() -> c_int;
    add_pending_call = c"Py_AddPendingCall":
        fn(Option<unsafe extern "C" fn(*mut c_void) -> c_int>, *mut c_void) -> c_int;
}

static API: OnceLock<Api> = OnceLock::new();

/// CPython's functions, if spk_py_start was called.
pub(super) fn api() -> Option<&'static Api> {
    API.get()
}

/// Names the functions of CPython whose addresses spk_py_start wants.
///
/// `index` counts from 0; NULL says that there are no more.
///
/// Ownership: the string is static; never free it.
/// Threads: any.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn spk_py_symbol(index: usize) -> *const c_char {
    NAMES.get(index).map_or(ptr::null(), |name| name.as_ptr())
}

/// Tells the library where CPython's functions are.
///
/// `addresses` holds one address for each name that spk_py_symbol gives, in that order, since the library does not
/// link libpython. In Python: `ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))`. The first call that
/// succeeds counts; later ones change nothing.
///
/// Ownership: *borrows* `addresses`.
/// Threads: any.
/// Errors: -1 when `addresses` or one of them is NULL or `count` is another; else 0.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_start(addresses: *const *const c_void, count: usize) -> c_int {
    if addresses.is_null() || count != NAMES.len() {
        return -1;
    }
    // SAFETY: not NULL, and the caller vouches for `count` addresses, each of the function of its name.
    match unsafe { Api::new(std::slice::from_raw_parts(addresses, count)) } {
        Some(whole) => {
            API.get_or_init(|| whole);
            0
        }
        None => -1,
    }
}
