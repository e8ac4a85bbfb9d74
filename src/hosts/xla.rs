//! XLA's typed FFI as of version 0.3: what a call frame holds, and how it is answered. The handlers, which compute,
//! are in `abi::xla`. Nothing of XLA is linked: its functions come with the frame.

use crate::dlpack::DType;
use crate::error::{Result, Status, last, refuse};
use dlpark::ffi::{DLDevice, DLDeviceType, DLTensor};
use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr;

const VERSION: (c_int, c_int) = (0, 3);
const METADATA: c_int = 1; // the only extension there is
const ARRAY: c_int = 1; // an attribute's type
const BUFFER: c_int = 1; // an argument's and a result's type
const INT64: c_int = 5; // an array's element type

// The structs are those of XLA's C API, up to the last member that is used here. Each starts with its size.

#[repr(C)]
struct Extension {
    struct_size: usize,
    kind: c_int,
    next: *mut Extension,
}

#[repr(C)]
struct Version {
    struct_size: usize,
    extensions: *mut Extension,
    major: c_int,
    minor: c_int,
}

#[repr(C)]
struct Metadata {
    struct_size: usize,
    version: Version,
    traits: u32,
}

#[repr(C)]
struct MetadataExtension {
    base: Extension,
    metadata: *mut Metadata,
}

#[repr(C)]
struct NewError {
    struct_size: usize,
    extensions: *mut Extension,
    message: *const c_char,
    code: c_int,
}

#[repr(C)]
struct Api {
    struct_size: usize,
    extensions: *mut Extension,
    version: Version,
    internal: *const c_void,
    error_create: Option<unsafe extern "C" fn(*mut NewError) -> *mut c_void>,
}

#[repr(C)]
struct Buffer {
    struct_size: usize,
    extensions: *mut Extension,
    dtype: c_int,
    data: *mut c_void,
    rank: i64,
    dims: *mut i64,
}

/// Arguments or results.
#[repr(C)]
struct Values {
    struct_size: usize,
    extensions: *mut Extension,
    count: i64,
    types: *const c_int,
    values: *const *const c_void,
}

#[repr(C)]
struct Span {
    text: *const u8,
    length: usize,
}

#[repr(C)]
struct Array {
    dtype: c_int,
    count: usize,
    data: *const i64,
}

#[repr(C)]
struct Attributes {
    struct_size: usize,
    extensions: *mut Extension,
    count: i64,
    types: *const c_int,
    names: *const *const Span,
    values: *const *const c_void,
}

#[repr(C)]
struct Frame {
    struct_size: usize,
    extensions: *mut Extension,
    api: *const Api,
    context: *mut c_void,
    stage: c_int,
    arguments: Values,
    results: Values,
    attributes: Attributes,
}

/// A call under way: its buffers and attributes, all borrowed from XLA until the handler returns.
pub(crate) struct Call<'f> {
    frame: &'f Frame,
}

impl Call<'_> {
    pub fn argument(&self, index: usize, name: &str) -> Result<DLTensor> {
        tensor(&self.frame.arguments, index, name)
    }

    pub fn result(&self, index: usize, name: &str) -> Result<DLTensor> {
        tensor(&self.frame.results, index, name)
    }

    pub fn result_count(&self) -> i64 {
        self.frame.results.count
    }

    /// The numbers of an attribute that is an array of int64.
    pub fn integers<T: TryFrom<i64>>(&self, name: &str) -> Result<Vec<T>> {
        let attributes = &self.frame.attributes;
        // SAFETY: XLA vouches for `count` types, names and values, each of the type that its number names.
        unsafe {
            for i in 0..attributes.count.max(0) as usize {
                let span = &**attributes.names.add(i);
                if !span.is(name) {
                    continue;
                }
                let array = *attributes.values.add(i).cast::<*const Array>();
                if *attributes.types.add(i) != ARRAY || (*array).dtype != INT64 {
                    return refuse!(InvalidArgument, "attribute {name}: no array of int64");
                }
                let mut numbers = Vec::with_capacity((*array).count);
                for at in 0..(*array).count {
                    let number = (*array).data.add(at).read_unaligned();
                    match T::try_from(number) {
                        Ok(number) => numbers.push(number),
                        Err(_) => return refuse!(InvalidArgument, "attribute {name}[{at}] = {number} is out of range"),
                    }
                }
                return Ok(numbers);
            }
        }
        refuse!(InvalidArgument, "attribute {name} is missing")
    }
}

impl Span {
    /// # Safety
    /// `length` bytes are there.
    unsafe fn is(&self, name: &str) -> bool {
        // SAFETY: the caller's promise; an empty span, whose pointer may be NULL, is not read.
        self.length == name.len() && unsafe { std::slice::from_raw_parts(self.text, name.len()) } == name.as_bytes()
    }
}

/// A dense buffer of XLA as a DLTensor: host memory, row-major.
fn tensor(values: &Values, index: usize, name: &str) -> Result<DLTensor> {
    if index as i64 >= values.count {
        return refuse!(InvalidArgument, "{name}: number {index} of {} buffers", values.count);
    }
    // SAFETY: XLA vouches for `count` types and values, each of the type that its number names.
    let buffer = unsafe {
        if *values.types.add(index) != BUFFER {
            return refuse!(InvalidArgument, "{name}: no dense buffer");
        }
        &*values.values.add(index).read().cast::<Buffer>()
    };
    let dtype = match buffer.dtype {
        11 => DType::FLOAT32,
        12 => DType::FLOAT64,
        15 => DType::COMPLEX64,
        18 => DType::COMPLEX128,
        other => return refuse!(BadDtype, "{name}: XLA's element type {other} is none of F32, F64, C64 and C128"),
    };
    let Ok(ndim) = i32::try_from(buffer.rank) else {
        return refuse!(BadNdim, "{name}: rank = {}", buffer.rank);
    };
    Ok(DLTensor {
        data: buffer.data,
        device: DLDevice { device_type: DLDeviceType::CPU, device_id: 0 },
        ndim,
        dtype: dtype.into(),
        shape: buffer.dims,
        strides: ptr::null_mut(),
        byte_offset: 0,
    })
}

/// Answers a call of XLA: the question for metadata by itself, all else by `body`, which gives a status of the C
/// surface. Returns NULL or an error of XLA's that holds this thread's last message.
///
/// # Safety
/// `frame` is NULL or a call frame of XLA's C API of major version 0.
pub(crate) unsafe fn answer(frame: *mut c_void, body: impl FnOnce(&Call<'_>) -> Result<i32>) -> *mut c_void {
    // SAFETY: the caller's promise.
    let Some(frame) = (unsafe { frame.cast::<Frame>().as_ref() }) else { return ptr::null_mut() };
    // SAFETY: the frame's extensions are a list that ends with NULL.
    if unsafe { tell_metadata(frame.extensions) } {
        return ptr::null_mut();
    }
    let mut computed = 0;
    let refused = last::status(|| {
        let known = offset_of!(Frame, attributes) + size_of::<Attributes>();
        if frame.struct_size < known {
            return refuse!(AbiMismatch, "XLA's call frame has {} bytes, and {known} are needed", frame.struct_size);
        }
        computed = body(&Call { frame })?;
        Ok(())
    });
    let status = if refused != 0 { refused } else { computed };
    if status == 0 {
        return ptr::null_mut();
    }
    // SAFETY: the frame is alive.
    unsafe { new_error(frame.api, status) }
}

/// Fills in the metadata, if that is what XLA asks for.
///
/// # Safety
/// `extension` is NULL or the first of a list.
unsafe fn tell_metadata(mut extension: *mut Extension) -> bool {
    // SAFETY: the list ends with NULL, and the type says what an element is.
    unsafe {
        while !extension.is_null() && (*extension).kind != METADATA {
            extension = (*extension).next;
        }
        if extension.is_null() {
            return false;
        }
        let metadata = (*extension.cast::<MetadataExtension>()).metadata;
        ((*metadata).version.major, (*metadata).version.minor) = VERSION;
        (*metadata).traits = 0;
    }
    true
}

/// Codes of XLA, which are Abseil's.
fn code(status: i32) -> c_int {
    const BY_STATUS: [(Status, c_int); 5] = [
        (Status::OutOfMemory, 8),   // resource exhausted
        (Status::Unsupported, 12),  // unimplemented
        (Status::Cancelled, 1),     // cancelled
        (Status::NoConvergence, 9), // failed precondition
        (Status::Panic, 13),        // internal
    ];
    BY_STATUS.iter().find(|(s, _)| *s as i32 == status).map_or(3, |(_, code)| *code) // 3: invalid argument
}

/// An error of XLA's with this thread's last message; XLA destroys it.
///
/// # Safety
/// `api` is NULL or XLA's table of functions.
unsafe fn new_error(api: *const Api, status: i32) -> *mut c_void {
    let message = last::with_last_error(|text| CString::new(text.replace('\0', " "))).unwrap_or_default();
    // SAFETY: the caller's promise; the message is copied by the call.
    unsafe {
        let create = api.as_ref().and_then(|api| api.error_create);
        let struct_size = offset_of!(NewError, code) + size_of::<c_int>();
        let mut error =
            NewError { struct_size, extensions: ptr::null_mut(), message: message.as_ptr(), code: code(status) };
        create.map_or(ptr::null_mut(), |create| create(&mut error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_lie_as_in_the_c_api() {
        assert_eq!(offset_of!(Api, error_create), 8 + 8 + 24 + 8);
        assert_eq!((offset_of!(Frame, arguments), offset_of!(Frame, results)), (40, 80));
        assert_eq!((offset_of!(Frame, attributes), size_of::<Frame>()), (120, 168));
        assert_eq!((offset_of!(Buffer, data), offset_of!(Buffer, dims)), (24, 40));
        assert_eq!((offset_of!(MetadataExtension, metadata), offset_of!(Metadata, traits)), (24, 32));
        assert_eq!((offset_of!(Array, data), offset_of!(NewError, code)), (16, 24));
    }

    unsafe extern "C" fn create(error: *mut NewError) -> *mut c_void {
        // SAFETY: the error and its message are alive.
        let (message, code) = unsafe { (std::ffi::CStr::from_ptr((*error).message), (*error).code) };
        Box::into_raw(Box::new((message.to_owned(), code))).cast()
    }

    fn answered(frame: &mut Frame, body: impl FnOnce(&Call<'_>) -> Result<i32>) -> Option<(String, c_int)> {
        let version = Version { struct_size: 24, extensions: ptr::null_mut(), major: 0, minor: 3 };
        let (internal, error_create) = (ptr::null(), Some(create as _));
        let api = Api { struct_size: 56, extensions: ptr::null_mut(), version, internal, error_create };
        frame.api = &api;
        // SAFETY: the frame is one; what is not NULL came from `create`.
        let error = unsafe {
            let error = answer(ptr::from_mut(frame).cast(), body).cast::<(CString, c_int)>();
            if error.is_null() { None } else { Some(*Box::from_raw(error)) }
        };
        error.map(|(message, code)| (message.into_string().unwrap(), code))
    }

    fn frame() -> Frame {
        // SAFETY: zeros are an empty frame.
        Frame { struct_size: size_of::<Frame>(), ..unsafe { std::mem::zeroed() } }
    }

    #[test]
    fn refusals_panics_and_short_frames_become_errors_of_xla() {
        assert_eq!(answered(&mut frame(), |_| Ok(0)), None);
        let refusal = answered(&mut frame(), |call| call.argument(0, "in").map(|_| 0)).unwrap();
        assert_eq!(refusal, ("in: number 0 of 0 buffers".to_string(), 3));
        let (message, code) = answered(&mut frame(), |_| panic!("over {}", 9000)).unwrap();
        assert!(message.contains("over 9000") && code == 13, "{message}");
        let mut short = Frame { struct_size: 64, ..frame() };
        let (message, _) = answered(&mut short, |_| Ok(0)).unwrap();
        assert!(message.contains("64 bytes"), "{message}");
    }

    #[test]
    fn the_question_for_metadata_is_answered_without_computing() {
        let version = Version { struct_size: 24, extensions: ptr::null_mut(), major: -1, minor: -1 };
        let mut metadata = Metadata { struct_size: 36, version, traits: 7 };
        let base = Extension { struct_size: 24, kind: METADATA, next: ptr::null_mut() };
        let mut extension = MetadataExtension { base, metadata: &mut metadata };
        let mut asking = Frame { extensions: (&raw mut extension).cast(), ..frame() };
        assert_eq!(answered(&mut asking, |_| panic!("computed")), None);
        assert_eq!((metadata.version.major, metadata.version.minor, metadata.traits), (0, 3, 0));
    }
}
