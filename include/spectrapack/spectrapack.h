/* Made by cbindgen from the Rust sources (make headers): change those, not this file. */
/*
 * spectrapack: Fourier transforms and eigenvalues of tensors that the host owns.
 *
 * The only tensor type is DLPack's. A DLTensor says where elements are and how they lie; a small descriptor says what
 * shall be done; spk_exec says with which resources. A DLTensor may live on the caller's stack; what the library makes
 * is a DLManagedTensorVersioned, which spk_tensor_release, or its own deleter, gives back.
 *
 * Every call that can fail returns an spk_status, and spk_last_error tells which argument had which value. Checks come
 * first: after a refusal outputs are as they were and returned handles are NULL. Structs start with their own size;
 * zero everywhere else is the default. Strides count elements and may be negative; NULL strides are compact row-major.
 *
 * Ownership, in these words only: *borrows* (until the call returns), *retains* (a share of its own), *takes* (the
 * library's on SPK_OK, after a failure still the caller's), *returns new* (the caller's, to be released once),
 * *returns view of* (as new; it keeps its parent's memory alive).
 *
 * spk_fft_new and spk_eigh_new are the short way; spk_fft_plan_create the one for many transforms of one kind.
 */

#ifndef SPECTRAPACK_H
#define SPECTRAPACK_H

#include <stddef.h>
#include <stdint.h>

/* A DLPack header that was included before this one is used as it is; then the system's; then ours. */
#if !defined(DLPACK_DLPACK_H_) && defined(__has_include)
#if __has_include(<dlpack/dlpack.h>)
#include <dlpack/dlpack.h>
#endif
#endif
#ifndef DLPACK_DLPACK_H_
#include "dlpack/dlpack.h"
#endif
#ifndef DLPACK_MAJOR_VERSION
/* DLPack before 1.0 lacks the versioned form. */
typedef struct {
  uint32_t major;
  uint32_t minor;
} DLPackVersion;
struct DLManagedTensorVersioned {
  DLPackVersion version;
  void *manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned *self);
  uint64_t flags;
  DLTensor dl_tensor;
};
#endif

// Major version of the header; equal to the library's `spk_version() / 10000`.
#define SPK_VERSION_MAJOR 0

// Minor version of the header. Until 1.0 a new minor version may change the ABI.
#define SPK_VERSION_MINOR 1

// Patch version of the header.
#define SPK_VERSION_PATCH 0

// The tensor must not be written to (DLPACK_FLAG_BITMASK_READ_ONLY).
#define SPK_TENSOR_READ_ONLY 1

// The tensor is a copy made for this exchange (DLPACK_FLAG_BITMASK_IS_COPIED).
#define SPK_TENSOR_COPIED 2

// Elements of fewer than 8 bits take a byte each (DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED).
#define SPK_TENSOR_SUBBYTE_PADDED 4

// spk_fft_desc.flags: the input may be overwritten. A hint: this version leaves the input as it is.
#define SPK_FFT_OVERWRITE 1

// spk_fft_desc.flags of cosine and sine transforms: their ends are weighted with sqrt(2), so that the matrix of the
// transform is orthogonal up to a factor. With SPK_NORM_ORTHO that is so without this flag.
#define SPK_FFT_ORTHOGONALIZE 2

// spk_fft_desc.flags of cosine and sine transforms: no weights with SPK_NORM_ORTHO either.
#define SPK_FFT_NOT_ORTHOGONALIZE 4

// spk_convolve_desc.flags: a correlation, which is the convolution with the reversed complex conjugate of `kernel`.
#define SPK_CONVOLVE_CORRELATE 1

// spk_eigh_desc.flags: the input may be overwritten. A hint: this version leaves the input as it is.
#define SPK_EIGH_OVERWRITE 1

// spk_py_capsule_new: a DLManagedTensor, as `__dlpack__` gives it before DLPack 1.0.
#define SPK_PY_LEGACY 0

// spk_py_capsule_new: a DLManagedTensorVersioned, as `__dlpack__(max_version=(1, 0))` gives it.
#define SPK_PY_VERSIONED 1

// spk_py_capsule_new: a DLManagedTensorVersioned that only this library's Python package uses.
#define SPK_PY_OWNER 2

// What a call came to. Functions return it as `int32_t`; the numbers are forever.
typedef enum spk_status {
  // Done.
  SPK_OK = 0,
  // A pointer that must not be NULL is NULL.
  SPK_NULL_ARGUMENT = 1,
  // A value is outside what the argument allows.
  SPK_INVALID_ARGUMENT = 2,
  // A struct or a tensor speaks a version of the ABI that this library does not.
  SPK_ABI_MISMATCH = 3,
  // ndim is negative, above 64, or not what the function takes.
  SPK_BAD_NDIM = 10,
  // An extent or a length is negative or too small, or the number of elements or bytes overflows.
  SPK_BAD_SHAPE = 11,
  // The strides reach past the address space, or are not those that the plan was made for.
  SPK_BAD_STRIDES = 12,
  // An axis is out of range or given twice.
  SPK_BAD_AXIS = 13,
  // The element type is not one that the function computes on, or outputs do not fit the input's.
  SPK_BAD_DTYPE = 14,
  // Two tensors' shapes do not fit each other.
  SPK_SHAPE_MISMATCH = 15,
  // An output overlaps itself, another output or an input.
  SPK_OVERLAP = 16,
  // The tensor must not be written to.
  SPK_READ_ONLY = 17,
  // The address is not aligned as needed.
  SPK_MISALIGNED = 18,
  // The tensors live on different devices.
  SPK_DEVICE_MISMATCH = 30,
  // What was asked exists, but not for this device, type or version.
  SPK_UNSUPPORTED = 31,
  // Memory could not be had.
  SPK_OUT_OF_MEMORY = 50,
  // The caller's scratch is smaller than the call needs.
  SPK_SCRATCH_TOO_SMALL = 51,
  // An iteration did not converge.
  SPK_NO_CONVERGENCE = 60,
  // The input holds NaN or Inf where none is allowed.
  SPK_NOT_FINITE = 61,
  // The progress callback asked to stop.
  SPK_CANCELLED = 70,
  // The device's libraries are not to be had.
  SPK_BACKEND_UNAVAILABLE = 80,
  // The CUDA driver reported an error.
  SPK_CUDA = 81,
  // cuFFT reported an error.
  SPK_CUFFT = 82,
  // cuSOLVER reported an error.
  SPK_CUSOLVER = 83,
  // A bug in this library; the process is intact.
  SPK_PANIC = 99,
} spk_status;

// What is transformed into what. Axes and lengths are given by spk_fft_desc.
typedef enum spk_fft_kind {
  // Complex (or real) input, full complex output.
  SPK_FFT_C2C = 0,
  // Real input; of the last listed axis, of length n, the first n / 2 + 1 bins.
  SPK_FFT_R2C = 1,
  // Input with n / 2 + 1 bins of the last listed axis (complex; a real one has no imaginary parts), real output of
  // length n.
  SPK_FFT_C2R = 2,
  // Cosine transform of type I: y_k = x_0 + (-1)^k x_(n-1) + 2 sum_(0 < j < n-1) x_j cos(pi j k / (n - 1)); n >= 2.
  SPK_FFT_DCT1 = 11,
  // Type II: y_k = 2 sum_j x_j cos(pi k (2 j + 1) / (2 n)).
  SPK_FFT_DCT2 = 12,
  // Type III: y_k = x_0 + 2 sum_(j > 0) x_j cos(pi (2 k + 1) j / (2 n)).
  SPK_FFT_DCT3 = 13,
  // Type IV: y_k = 2 sum_j x_j cos(pi (2 k + 1)(2 j + 1) / (4 n)).
  SPK_FFT_DCT4 = 14,
  // Sine transform of type I: y_k = 2 sum_j x_j sin(pi (k + 1)(j + 1) / (n + 1)).
  SPK_FFT_DST1 = 21,
  // Type II: y_k = 2 sum_j x_j sin(pi (k + 1)(2 j + 1) / (2 n)).
  SPK_FFT_DST2 = 22,
  // Type III: y_k = (-1)^k x_(n-1) + 2 sum_(j < n-1) x_j sin(pi (2 k + 1)(j + 1) / (2 n)).
  SPK_FFT_DST3 = 23,
  // Type IV: y_k = 2 sum_j x_j sin(pi (2 k + 1)(2 j + 1) / (4 n)).
  SPK_FFT_DST4 = 24,
} spk_fft_kind;

// The sign in the exponent.
typedef enum spk_direction {
  // exp(-2 pi i j k / n).
  SPK_FORWARD = 0,
  // exp(+2 pi i j k / n). With SPK_FFT_R2C this is ihfft; SPK_FFT_C2R with SPK_FORWARD is hfft.
  SPK_INVERSE = 1,
} spk_direction;

// Where the factor 1/n goes, n being the product of the transform lengths; of cosine and sine transforms that of the
// periods: 2 n, of type I 2 (n - 1) for cosine and 2 (n + 1) for sine transforms.
typedef enum spk_norm {
  // 1/n on the inverse transform.
  SPK_NORM_BACKWARD = 0,
  // 1/sqrt(n) on both.
  SPK_NORM_ORTHO = 1,
  // 1/n on the forward transform.
  SPK_NORM_FORWARD = 2,
} spk_norm;

// Which part of a convolution is wanted.
typedef enum spk_convolve_mode {
  // All of it: of extents m and n, m + n - 1.
  SPK_CONVOLVE_FULL = 0,
  // What is centred in it and as large as `in`.
  SPK_CONVOLVE_SAME = 1,
  // What needs no zeros beyond the edges: |m - n| + 1. One of the tensors is at least as large as the other along
  // all convolved axes.
  SPK_CONVOLVE_VALID = 2,
} spk_convolve_mode;

// How a convolution is computed.
typedef enum spk_convolve_method {
  // What is likely to be faster.
  SPK_CONVOLVE_AUTO = 0,
  // By Fourier transforms.
  SPK_CONVOLVE_BY_FFT = 1,
  // Term by term.
  SPK_CONVOLVE_DIRECT = 2,
} spk_convolve_method;

// Which triangle of a Hermitian matrix is read; the other one is not looked at.
typedef enum spk_uplo {
  // Elements with column <= row.
  SPK_UPLO_LOWER = 0,
  // Elements with column >= row.
  SPK_UPLO_UPPER = 1,
} spk_uplo;

// Which eigenvalues are wanted.
typedef enum spk_range {
  // All of them.
  SPK_RANGE_ALL = 0,
  // Those numbered index_low to index_high in ascending order, from 0, both included.
  SPK_RANGE_INDEX = 1,
  // Those in (value_low, value_high]; spk_eigh_new only, and one matrix at a time.
  SPK_RANGE_VALUE = 2,
} spk_range;

// What the caller knows of the matrix.
typedef enum spk_structure {
  // The library finds out.
  SPK_STRUCTURE_AUTO = 0,
  // Treat it as dense.
  SPK_STRUCTURE_DENSE = 1,
  // Diagonal. This and the ones below are SPK_UNSUPPORTED in this version.
  SPK_STRUCTURE_DIAGONAL = 2,
  // Tridiagonal.
  SPK_STRUCTURE_TRIDIAGONAL = 3,
  // Banded.
  SPK_STRUCTURE_BANDED = 4,
  // Block-diagonal.
  SPK_STRUCTURE_BLOCKS = 5,
} spk_structure;

// A plan: how to transform tensors of one layout. Immutable, so threads may share it.
typedef struct spk_fft_plan spk_fft_plan;

// Resources of one call. Zero everywhere, but for struct_size, and NULL both mean the defaults.
typedef struct spk_exec {
  // sizeof(spk_exec) as the caller knows it.
  uint32_t struct_size;
  // How many threads may compute, the caller's included; 0 is the global setting (SPK_NUM_THREADS, else all cores).
  int32_t threads;
  // CUDA: the stream, as CUDA means it. CPU: NULL.
  void *stream;
  // Memory for intermediate results of Fourier transforms, or NULL to let the library allocate; others ignore it. It
  // overlaps no tensor of the call.
  void *scratch;
  // Bytes at `scratch`.
  size_t scratch_size;
  // Called on the calling thread with the fraction done, between lines and between matrices, and with 1 at the end;
  // non-zero cancels what is not yet done. Must not throw or longjmp. May be NULL.
  int32_t (*progress)(void *user, double fraction);
  // Handed to `progress`.
  void *user;
} spk_exec;

// What a Fourier transform shall do.
typedef struct spk_fft_desc {
  // sizeof(spk_fft_desc) as the caller knows it.
  uint32_t struct_size;
  // An spk_fft_kind.
  int32_t kind;
  // An spk_direction.
  int32_t direction;
  // An spk_norm.
  int32_t norm;
  // SPK_FFT_ flags or 0.
  int32_t flags;
  // How many axes; 0 means all, in order.
  int32_t naxes;
  // The axes; negative ones count from the end. NULL when naxes is 0.
  const int32_t *axes;
  // The transform length along each listed axis, -1 for the input's own (SPK_FFT_C2R, last axis: 2 (m - 1));
  // NULL for all -1.
  const int64_t *lengths;
} spk_fft_desc;

// What a convolution shall do. NULL means all of it, along all axes.
typedef struct spk_convolve_desc {
  // sizeof(spk_convolve_desc) as the caller knows it.
  uint32_t struct_size;
  // An spk_convolve_mode.
  int32_t mode;
  // An spk_convolve_method.
  int32_t method;
  // SPK_CONVOLVE_ flags or 0.
  int32_t flags;
  // How many axes; 0 means all.
  int32_t naxes;
  // Must be 0.
  int32_t zero;
  // The axes; negative ones count from the end. NULL when naxes is 0.
  const int32_t *axes;
} spk_convolve_desc;

// What a Hermitian eigenvalue solve shall do. NULL means lower triangle, all values.
typedef struct spk_eigh_desc {
  // sizeof(spk_eigh_desc) as the caller knows it.
  uint32_t struct_size;
  // An spk_uplo.
  int32_t uplo;
  // An spk_range.
  int32_t range;
  // An spk_structure.
  int32_t structure;
  // SPK_RANGE_INDEX: the first wanted, from 0.
  int64_t index_low;
  // SPK_RANGE_INDEX: the last wanted.
  int64_t index_high;
  // SPK_RANGE_VALUE: wanted values are above this.
  double value_low;
  // SPK_RANGE_VALUE: wanted values are at most this.
  double value_high;
  // SPK_EIGH_ flags or 0.
  int32_t flags;
  // Must be 0.
  int32_t zero;
} spk_eigh_desc;













#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Gives the version of the library that runs.
//
// The number is major * 10000 + minor * 100 + patch; compare it with the header's SPK_VERSION_MAJOR and
// SPK_VERSION_MINOR when the library was loaded at run time.
//
// Ownership: nothing changes hands.
// Threads: any.
// Errors: none.
// Since: 0.1
uint32_t spk_version(void);

// Copies one line on how the library was built and what it runs on.
//
// The line holds the version, the target, the DLPack version, the engines and the CPU's vector extensions. At most
// `len` bytes are written to `buf`, always with a terminating NUL; `buf` may be NULL when `len` is 0. The return
// value is the number of bytes the whole line needs, its NUL included.
//
// Ownership: *borrows* `buf`.
// Threads: any.
// Errors: none.
// Since: 0.1
size_t spk_build_info(char *buf, size_t len);

// Gives the name of a status.
//
// `status` is any number; the answer is a constant such as "SPK_BAD_SHAPE", or "SPK_UNKNOWN_STATUS" for a number
// that no release has used.
//
// Ownership: the string is static; never free it.
// Threads: any.
// Errors: none.
// Since: 0.1
const char *spk_status_name(int32_t status);

// Copies the message of this thread's last failed call.
//
// The message names the argument and its value, as in "out: stride[2] = 0 with shape[2] = 4". At most `len` bytes
// are written to `buf`, always with a terminating NUL and never half a UTF-8 character; `buf` may be NULL when `len`
// is 0. A call that succeeds leaves the message alone. The return value is the number of bytes the whole message
// needs, its NUL included.
//
// Ownership: *borrows* `buf`.
// Threads: any; each thread has its own message.
// Errors: none; with no failure yet the message is empty and the return value 1.
// Since: 0.1
size_t spk_last_error(char *buf, size_t len);

// Wraps memory that the caller owns as a managed tensor.
//
// `tensor` says where the elements are and how they lie; its shape and strides are copied, so that it may die on
// return. Any device, any element type, any strides (in elements; NULL for compact row-major). `free` is called
// once with `user` when the last holder has released the tensor, on whatever thread does so; it may be NULL when
// nothing has to be freed. `flags` are SPK_TENSOR_ bits.
//
// Ownership: *returns new*; on SPK_OK the tensor *takes* `user` (freed by `free`), on failure `free` is not called.
// Threads: any; `free` must be callable from any thread and must not throw.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
// SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_wrap(const DLTensor *tensor,
                        void (*free)(void *user),
                        void *user,
                        uint64_t flags,
                        struct DLManagedTensorVersioned **out);

// Takes over a managed tensor that another library made.
//
// The result is one of this library's own: it can be retained and viewed, its strides are explicit and its
// byte_offset is folded into its data pointer. A tensor of this library comes back as it is. NULL deleters are
// legal. A tensor of another DLPack major version is refused, and nothing past its `flags` is read.
//
// Ownership: *takes* `foreign` (on failure it is still the caller's); *returns new*.
// Threads: any; the foreign deleter is called once, on the thread that releases the last share.
// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
// SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_take(struct DLManagedTensorVersioned *foreign, struct DLManagedTensorVersioned **out);

// Takes over a legacy managed tensor (DLPack before 1.0).
//
// `flags` are the SPK_TENSOR_ bits that the result carries, since the legacy form has none: SPK_TENSOR_READ_ONLY
// where the producer may have meant the data to stay as they are.
//
// Ownership: *takes* `legacy` (on failure it is still the caller's); *returns new*.
// Threads: any; the legacy deleter is called once, on the thread that releases the last share.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE,
// SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_take_legacy(DLManagedTensor *legacy, uint64_t flags, struct DLManagedTensorVersioned **out);

// Turns a managed tensor into the legacy form, for consumers that know no other.
//
// The legacy form cannot say that a tensor is read-only, so a read-only one is refused: copy it first. Nor can it say
// SPK_TENSOR_SUBBYTE_PADDED.
//
// Ownership: *takes* `tensor` (on failure it is still the caller's); *returns new* in `*out`, to be released by its
// own deleter.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_READ_ONLY, SPK_UNSUPPORTED, SPK_BAD_NDIM, SPK_BAD_SHAPE,
// SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_to_legacy(struct DLManagedTensorVersioned *tensor, DLManagedTensor **out);

// Makes a tensor whose elements are not yet set.
//
// `prototype` gives device, element type and shape; its data, strides and byte_offset are not looked at. The result
// is compact row-major in memory aligned to 256 bytes; an empty one has NULL data.
//
// Ownership: *borrows* `prototype`; *returns new*.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_DTYPE, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
// SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_empty(const DLTensor *prototype, struct DLManagedTensorVersioned **out);

// Copies a tensor into a new compact one.
//
// Any strides and any element type of whole bytes; types of fewer than 8 bits only when they lie compact and packed.
// The result is row-major, aligned to 256 bytes, writable, and carries SPK_TENSOR_COPIED. `device_type` and `device_id` say
// where it shall live, as DLPack numbers; device_type 0 is the device that computes on `in`: for plain, pinned and
// managed memory, which the CPU can read, that is the CPU. `exec` may be NULL.
//
// Ownership: *borrows* `in` and `exec`; *returns new*.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_DTYPE, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_copy(const DLTensor *in,
                        int32_t device_type,
                        int32_t device_id,
                        const struct spk_exec *exec,
                        struct DLManagedTensorVersioned **out);

// Copies a tensor's elements into another of the same shape and element type.
//
// Any strides on both sides, negative ones too; types of fewer than 8 bits only when both lie compact. `in` and
// `out` may be the same tensor. `exec` may be NULL.
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
// SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_copy_into(const DLTensor *in, const struct spk_exec *exec, const DLTensor *out);

// Makes a tensor that looks at part of another, or at the same part otherwise.
//
// `shape` and `strides` hold `ndim` numbers each; strides count elements and may be negative or 0; NULL strides are
// compact row-major. `offset` is the distance in elements from the parent's first element to the view's. Every
// element of the view must lie inside the memory that the parent's elements span. Element type, device and flags are
// the parent's.
//
// Ownership: *returns view of* `parent`: it *retains* the parent's memory, so the parent may be released first.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_INVALID_ARGUMENT (a tensor that this library did not make: take
// it first), SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE (fewer than 8 bits), SPK_OUT_OF_MEMORY,
// SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_view(const struct DLManagedTensorVersioned *parent,
                        int32_t ndim,
                        const int64_t *shape,
                        const int64_t *strides,
                        int64_t offset,
                        struct DLManagedTensorVersioned **out);

// Adds a holder to a tensor of this library.
//
// Each holder releases the tensor once, by its deleter or by spk_tensor_release; the memory is freed after the last.
//
// Ownership: *retains* `tensor`.
// Threads: any, at the same time too.
// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_INVALID_ARGUMENT (a tensor that this library did not make: take
// it first), SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_retain(const struct DLManagedTensorVersioned *tensor);

// Gives up one holder's share of a managed tensor.
//
// Calls the tensor's deleter, whoever made it; NULL and a NULL deleter do nothing.
//
// Ownership: *takes* the share; the caller must not use `tensor` afterwards.
// Threads: any.
// Errors: none.
// Since: 0.1
void spk_tensor_release(struct DLManagedTensorVersioned *tensor);

// Checks that a tensor's description makes sense.
//
// Looks at ndim, shape, strides, byte_offset, element type and data pointer as every other function does; elements
// are not read. SPK_OK says that exchange would accept it, whatever the device and the element type.
//
// Ownership: *borrows* `tensor`.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_check(const DLTensor *tensor);

// Checks a managed tensor before it is used as an input or as an output.
//
// Beyond spk_tensor_check the DLPack major version is looked at, and with `writable` other than 0 a tensor that is
// marked read-only is refused. Functions that write take a bare DLTensor, which carries no such mark: hosts call this
// first.
//
// Ownership: *borrows* `tensor`.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_ABI_MISMATCH, SPK_READ_ONLY, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_DTYPE, SPK_PANIC.
// Since: 0.1
int32_t spk_tensor_check_managed(const struct DLManagedTensorVersioned *tensor, int32_t writable);

// Transforms `in` into `out`.
//
// `desc` says kind, direction, norm, axes and lengths; `in` and `out` have the same number of dimensions, and `out`
// has the extents that the transform gives: along each listed axis the length, and n / 2 + 1 along the last one for
// SPK_FFT_R2C. An input shorter than its length is padded with zeros at the end, a longer one is cut. `in` may be
// bool, an integer, float16, bfloat16, float32, float64, complex64 or complex128; float16, bfloat16 and float32
// compute in float32, float64 in float64, integers in the precision of `out`. Any strides, negative and zero ones
// too (not zero in `out`), and any alignment. `out` may be `in` itself (same data, shape, strides and type); the
// input is otherwise left as it is. Cosine and sine transforms give real numbers of real input, and of complex input
// the transforms of real and imaginary parts; SPK_INVERSE is the inverse of the kind that is named. NaN and Inf flow through. `exec` may be NULL. On the CPU work is split over
// exec->threads threads, and exec->scratch, when given, is used instead of memory of ours.
//
// Ownership: *borrows* all arguments.
// Threads: any. A bounded cache of plans that all threads share stands behind this call.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_AXIS, SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED,
// SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_SCRATCH_TOO_SMALL, SPK_CANCELLED, SPK_PANIC.
// Since: 0.1
int32_t spk_fft(const DLTensor *in,
                const struct spk_fft_desc *desc,
                const struct spk_exec *exec,
                const DLTensor *out);

// Transforms `in` into a new tensor.
//
// As spk_fft; the result is compact row-major, of complex64 or float32 for float16, bfloat16, float32 and complex64
// input, and of complex128 or float64 for all else.
//
// Ownership: *borrows* `in`, `desc` and `exec`; *returns new*.
// Threads: any.
// Errors: those of spk_fft but SPK_SHAPE_MISMATCH, SPK_OVERLAP and SPK_DEVICE_MISMATCH.
// Since: 0.1
int32_t spk_fft_new(const DLTensor *in,
                    const struct spk_fft_desc *desc,
                    const struct spk_exec *exec,
                    struct DLManagedTensorVersioned **out);

// Plans a transform of tensors like `in` into tensors like `out`.
//
// Element types, shapes and strides of both are remembered; their data pointers are not looked at and may be NULL.
// Executing a plan skips the checks of the description and finds everything prepared. `exec` may be NULL; of it only
// the checks count.
//
// Ownership: *borrows* the inputs; *returns new* in `*out_plan`, to be freed by spk_fft_plan_destroy.
// Threads: any.
// Errors: those of spk_fft but SPK_OVERLAP between `in` and `out`, SPK_SCRATCH_TOO_SMALL and SPK_CANCELLED.
// Since: 0.1
int32_t spk_fft_plan_create(const DLTensor *in,
                            const DLTensor *out,
                            const struct spk_fft_desc *desc,
                            const struct spk_exec *exec,
                            struct spk_fft_plan **out_plan);

// Executes a plan on tensors of the layout that it was made for.
//
// Element type, shape and strides must be the plan's (strides of extents 1 do not matter); alignment may be any.
// `exec` may be NULL.
//
// Ownership: *borrows* all arguments.
// Threads: any, with one plan at the same time too, as long as outputs and scratch differ.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
// SPK_OUT_OF_MEMORY, SPK_SCRATCH_TOO_SMALL, SPK_CANCELLED, SPK_PANIC.
// Since: 0.1
int32_t spk_fft_plan_execute(const struct spk_fft_plan *plan,
                             const DLTensor *in,
                             const struct spk_exec *exec,
                             const DLTensor *out);

// Says how many bytes of scratch an execution of the plan needs.
//
// The answer holds for `exec`'s thread count (NULL: the global setting) and for scratch of any alignment. Scratch of
// this size in spk_exec keeps executions from allocating memory for intermediate results.
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_PANIC.
// Since: 0.1
int32_t spk_fft_plan_scratch_size(const struct spk_fft_plan *plan, const struct spk_exec *exec, size_t *out_bytes);

// Says in words what an execution of the plan does, with the global thread count.
//
// The first line is on the whole: element types, passes over the data, vector extension, engine, threads and scratch.
// Each pass has a line: axis, how many lines of which length, what is computed, from where to where, and bytes; the
// last line is the bytes touched by all. The words are for people and change between versions. At most `len` bytes
// are written to `buf`, always with a terminating NUL; `buf` may be NULL. Returns the number of bytes that the whole
// text needs, its NUL included; 0 for a plan that is NULL.
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: none as a status; a NULL plan leaves SPK_NULL_ARGUMENT's message.
// Since: 0.1
size_t spk_fft_plan_describe(const struct spk_fft_plan *plan, char *buf, size_t len);

// Frees a plan.
//
// NULL does nothing. No execution of the plan may be under way.
//
// Ownership: *takes* `plan`.
// Threads: any, exclusive.
// Errors: none.
// Since: 0.1
void spk_fft_plan_destroy(struct spk_fft_plan *plan);

// Convolves `in` with `kernel` into `out`.
//
// The tensors have the same number of dimensions. Along convolved axes element k of the whole is the sum over j of
// in[k - j] kernel[j], and `desc` says which part of that is wanted; along the others the tensors are multiplied, and
// an extent of 1 fits any. SPK_CONVOLVE_CORRELATE takes the reversed complex conjugate of `kernel` instead. Any
// element types that spk_fft takes: `out` is complex if one of them is, and of float64 or complex128 unless both are
// float16, bfloat16, float32 or complex64 (two of integers may have float32). By transforms the error is relative to
// the largest elements, and one NaN makes all that is transformed with it NaN; term by term it stays near. Memory of
// at most three copies of the padded whole; exec->scratch is not used. `desc` and `exec` may be NULL.
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE (an extent of 0 along
// a convolved axis), SPK_BAD_STRIDES, SPK_BAD_AXIS, SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP (in place is not
// possible), SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE, SPK_OUT_OF_MEMORY, SPK_CANCELLED, SPK_PANIC.
// Since: 0.1
int32_t spk_fft_convolve(const DLTensor *in,
                         const DLTensor *kernel,
                         const struct spk_convolve_desc *desc,
                         const struct spk_exec *exec,
                         const DLTensor *out);

// Convolves `in` with `kernel` into a new tensor.
//
// As spk_fft_convolve; the result is compact row-major.
//
// Ownership: *borrows* `in`, `kernel`, `desc` and `exec`; *returns new*.
// Threads: any.
// Errors: those of spk_fft_convolve but SPK_OVERLAP and SPK_DEVICE_MISMATCH.
// Since: 0.1
int32_t spk_fft_convolve_new(const DLTensor *in,
                             const DLTensor *kernel,
                             const struct spk_convolve_desc *desc,
                             const struct spk_exec *exec,
                             struct DLManagedTensorVersioned **out);

// Finds the least length of at least `n` that transforms fast.
//
// Such a length has the prime factors 2, 3, 5, 7 and 11 only, for `real` other than 0 (real input or output) 2, 3 and
// 5 only; SciPy's next_fast_len answers the same. Padding to it costs less than a transform of a length with large
// prime factors. 0 gives 0.
//
// Ownership: *borrows* `out_length`.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT (`n` is negative, or the length would be beyond 2^63 - 1),
// SPK_PANIC.
// Since: 0.1
int32_t spk_fft_next_fast_len(int64_t n, int32_t real, int64_t *out_length);

// Tells how much the cache behind transforms holds, and how much it may hold.
//
// Transforms and plans find engines for recent lengths there, with their tables of factors. Entries are engines: one
// for each length, kind, direction and precision. Bytes are those of the tables; some are estimates. Each pointer may
// be NULL.
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: SPK_PANIC.
// Since: 0.1
int32_t spk_fft_cache_info(size_t *out_entries, size_t *out_bytes, size_t *out_max_entries, size_t *out_max_bytes);

// Sets how much the cache behind transforms may hold, and frees what is beyond.
//
// The engines that were used least recently go first. One that takes more than `max_bytes` alone is never kept. 0
// entries, or 0 bytes, turn the cache off. The default is 64 entries and 64 MiB.
//
// Ownership: *borrows* nothing.
// Threads: any.
// Errors: SPK_PANIC.
// Since: 0.1
int32_t spk_fft_cache_set_limit(size_t max_entries, size_t max_bytes);

// Frees all that the cache behind transforms holds.
//
// Plans keep what they need, and so do transforms under way.
//
// Ownership: *borrows* nothing.
// Threads: any.
// Errors: SPK_PANIC.
// Since: 0.1
int32_t spk_fft_cache_clear(void);

// Computes eigenvalues, and eigenvectors if wanted, of Hermitian (real: symmetric) matrices.
//
// `a` has shape (..., n, n): each matrix of the leading dimensions is solved on its own. Of each only the triangle
// that desc->uplo names is read, and imaginary parts of the diagonal are ignored. `w`, of shape (..., m), receives
// the m wanted eigenvalues (m = n for all) in ascending order. `v`, of shape (..., n, m), or NULL, receives
// orthonormal eigenvectors: v[..., :, k] belongs to w[..., k], and its component of largest modulus (the first on
// ties) is real and positive. `a` may be bool, an integer, float16, bfloat16, float32, float64, complex64 or
// complex128; float16, bfloat16 and float32 compute in float32, float64 in float64, integers in the precision of
// `w`; `w` is real, `v` has the type that is computed in. `v` may be `a` itself (same data, shape, strides and
// type). `info`, of shape (...) and int32, or NULL, receives 0 for each matrix that was solved and the status,
// SPK_NOT_FINITE or SPK_NO_CONVERGENCE, for each that was not; the call then returns SPK_OK, and the results of
// those matrices are NaN. Without `info` NaN and Inf are found before anything is written. `desc` and `exec` may be
// NULL. Source: Householder tridiagonalisation and implicit QR or divide and conquer (Golub and Van Loan, Matrix
// Computations, chapter 8).
//
// Ownership: *borrows* all arguments.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT, SPK_ABI_MISMATCH, SPK_BAD_NDIM, SPK_BAD_SHAPE, SPK_BAD_STRIDES,
// SPK_BAD_DTYPE, SPK_SHAPE_MISMATCH, SPK_OVERLAP, SPK_DEVICE_MISMATCH, SPK_UNSUPPORTED, SPK_BACKEND_UNAVAILABLE,
// SPK_OUT_OF_MEMORY, SPK_NO_CONVERGENCE, SPK_NOT_FINITE, SPK_CANCELLED, SPK_PANIC.
// Since: 0.1
int32_t spk_eigh(const DLTensor *a,
                 const struct spk_eigh_desc *desc,
                 const struct spk_exec *exec,
                 const DLTensor *w,
                 const DLTensor *v,
                 const DLTensor *info);

// Computes eigenvalues, and eigenvectors if wanted, into new tensors.
//
// As spk_eigh without `info`. `v` may be NULL: then vectors are not computed. `*w` has shape (..., m), `*v` has
// (..., n, m), both compact row-major. SPK_RANGE_VALUE is for a single matrix (ndim 2), whose results have as many
// values as were found.
//
// Ownership: *borrows* `a`, `desc` and `exec`; *returns new* in `*w` and `*v`.
// Threads: any.
// Errors: those of spk_eigh but SPK_SHAPE_MISMATCH, SPK_OVERLAP and SPK_DEVICE_MISMATCH.
// Since: 0.1
int32_t spk_eigh_new(const DLTensor *a,
                     const struct spk_eigh_desc *desc,
                     const struct spk_exec *exec,
                     struct DLManagedTensorVersioned **w,
                     struct DLManagedTensorVersioned **v);

// Counts the devices of a type that the library can compute on.
//
// `device_type` is a DLPack number: 1 (kDLCPU) gives 1; 2 (kDLCUDA) gives the GPUs that can be used, 0 where there
// are none or where the build computes on the CPU only; any other number gives 0.
//
// Ownership: *borrows* `out_count`.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_PANIC.
// Since: 0.1
int32_t spk_device_count(int32_t device_type, int32_t *out_count);

// Copies one line that describes a device: its name, its vector extensions and its threads.
//
// At most `len` bytes are written to `buf`, always with a terminating NUL; `buf` may be NULL when `len` is 0.
// `*out_len`, unless `out_len` is NULL, becomes the number of bytes the whole line needs, its NUL included.
//
// Ownership: *borrows* `buf` and `out_len`.
// Threads: any.
// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT (no such device id), SPK_BACKEND_UNAVAILABLE, SPK_UNSUPPORTED (a
// device type that the library never computes on), SPK_PANIC.
// Since: 0.1
int32_t spk_device_describe(int32_t device_type, int32_t device_id, char *buf, size_t len, size_t *out_len);

// Handles a call of XLA's typed FFI that computes spk_fft.
//
// To be registered for the CPU, as by jax.ffi.register_ffi_target; `call_frame` is an XLA_FFI_CallFrame of API 0.3,
// and the question for metadata is answered. One argument is transformed into one result, both dense buffers of F32,
// F64, C64 or C128. The attributes are arrays of int64: `how` is kind, direction, norm and threads, as in spk_fft_desc
// and spk_exec, and `axes` and `lengths` have one number for each axis, of which there is at least one.
//
// Ownership: *borrows* `call_frame`; an error that it returns is XLA's to destroy.
// Threads: any.
// Errors: NULL is success; else an XLA_FFI_Error with the message that spk_fft leaves.
// Since: 0.1
void *spk_xla_fft(void *call_frame);

// Handles a call of XLA's typed FFI that computes spk_eigh.
//
// As spk_xla_fft. The argument is `a`, the results are `w` and, if there are two, `v`. The attribute `how` is uplo,
// range and threads, as in spk_eigh_desc and spk_exec, and `index` is index_low and index_high.
//
// Ownership: *borrows* `call_frame`; an error that it returns is XLA's to destroy.
// Threads: any.
// Errors: NULL is success; else an XLA_FFI_Error with the message that spk_eigh leaves.
// Since: 0.1
void *spk_xla_eigh(void *call_frame);

// Names the functions of CPython whose addresses spk_py_start wants.
//
// `index` counts from 0; NULL says that there are no more.
//
// Ownership: the string is static; never free it.
// Threads: any.
// Errors: none.
// Since: 0.1
const char *spk_py_symbol(size_t index);

// Tells the library where CPython's functions are.
//
// `addresses` holds one address for each name that spk_py_symbol gives, in that order, since the library does not
// link libpython. In Python: `ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))`. The first call that
// succeeds counts; later ones change nothing.
//
// Ownership: *borrows* `addresses`.
// Threads: any.
// Errors: -1 when `addresses` or one of them is NULL or `count` is another; else 0.
// Since: 0.1
int spk_py_start(const void *const *addresses, size_t count);

// Makes a capsule that owns a managed tensor.
//
// `managed` is a DLManagedTensor for SPK_PY_LEGACY, else a DLManagedTensorVersioned. The capsule's destructor
// releases it unless a consumer renamed the capsule first, and leaves a pending exception as it was.
//
// Ownership: *takes* `managed`; *returns new* (a Python reference).
// Threads: the GIL must be held.
// Errors: NULL, with `managed` still the caller's: spk_py_start was not called, `form` is none of the three, or
// CPython set an exception.
// Since: 0.1
void *spk_py_capsule_new(void *managed, int32_t form);

// Takes the managed tensor out of a DLPack capsule and marks the capsule as used.
//
// `capsule` may be any object. `*out_form` becomes SPK_PY_LEGACY or SPK_PY_VERSIONED and says what the answer points
// to. A consumer that then refuses the tensor gives it back by spk_py_capsule_restore.
//
// Ownership: *takes* the tensor in the capsule.
// Threads: the GIL must be held; of threads that race for one capsule only one gets the tensor.
// Errors: NULL, with no exception set: spk_py_start was not called, `out_form` is NULL, or `capsule` is no DLPack
// capsule or was used before.
// Since: 0.1
void *spk_py_capsule_consume(void *capsule, int32_t *out_form);

// Gives a tensor that was refused back to its capsule.
//
// Afterwards the capsule owns the tensor again, as if it had never been consumed.
//
// Ownership: the caller gives up the tensor that spk_py_capsule_consume took from `capsule`.
// Threads: the GIL must be held.
// Errors: -1 when spk_py_start was not called or `capsule` is no used DLPack capsule; else 0.
// Since: 0.1
int spk_py_capsule_restore(void *capsule);

// Wraps memory that a Python object owns as a managed tensor.
//
// As spk_tensor_wrap, with a reference to `owner` instead of a function that frees: it is taken now, and given back
// after the last holder has released the tensor: at once where that thread holds the GIL, else at the next call of a
// spk_py_ function or when the main thread comes to it.
// While the interpreter shuts down it is not given back at all.
//
// Ownership: *borrows* `tensor`, *retains* `owner`; *returns new*.
// Threads: the GIL must be held; the tensor may be released on any thread.
// Errors: SPK_NULL_ARGUMENT, SPK_UNSUPPORTED (spk_py_start was not called), SPK_BAD_NDIM, SPK_BAD_SHAPE,
// SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_OUT_OF_MEMORY, SPK_PANIC.
// Since: 0.1
int32_t spk_py_wrap(const DLTensor *tensor, void *owner, uint64_t flags, struct DLManagedTensorVersioned **out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SPECTRAPACK_H */
