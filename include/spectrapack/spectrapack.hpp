#ifndef SPECTRAPACK_HPP
#define SPECTRAPACK_HPP

// The C interface as C++17: owners instead of handles, exceptions instead of status numbers. Header only.
//
// Inputs are `const DLTensor &`, which a Tensor converts to, so memory of any origin goes in without a copy. Outputs
// are Tensors. Every failure throws an Error; an output that was to be written then is as the C function leaves it.
// A Tensor that was moved from, released or never filled is empty and only good for assigning to it.

#include <spectrapack/spectrapack.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef DLPACK_MAJOR_VERSION
#error "spectrapack.hpp needs dlpack/dlpack.h of DLPack 1.0 or newer, and an older one is on the include path"
#endif

namespace spectrapack {

// A failure: status() is an spk_status, what() names the status, the argument and its value.
class Error : public std::runtime_error {
 public:
  Error(std::int32_t status, const std::string &message)
      : std::runtime_error(std::string(spk_status_name(status)) + ": " + message), status_(status) {}

  std::int32_t status() const noexcept { return status_; }

 private:
  std::int32_t status_;
};

using Shape = std::vector<std::int64_t>;  // extents, or strides, which count elements

namespace detail {

template <class T>
constexpr DLDataType dtype() noexcept {
  constexpr bool is_complex = std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;
  constexpr bool is_real = std::is_same_v<T, float> || std::is_same_v<T, double>;
  static_assert(is_complex || is_real || std::is_integral_v<T>, "specialise spectrapack::Dtype for this type");
  constexpr DLDataTypeCode code = is_complex                ? kDLComplex
                                  : is_real                 ? kDLFloat
                                  : std::is_same_v<T, bool> ? kDLBool
                                  : std::is_signed_v<T>     ? kDLInt
                                                            : kDLUInt;
  return {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(8 * sizeof(T)), 1};
}

}  // namespace detail

// The DLPack element type of T: bool, integers, float, double and their complex types. Specialise it for your own.
template <class T>
struct Dtype {
  static constexpr DLDataType value = detail::dtype<T>();
};

namespace detail {

// Copies a text that a C function gives as (buffer, length) -> length needed, NUL included.
template <class Get>
std::string text(Get get) {
  std::string out(get(nullptr, 0), '\0');
  get(&out[0], out.size());
  out.pop_back();
  return out;
}

inline void check(std::int32_t status) {
  if (status != SPK_OK) throw Error(status, text(spk_last_error));
}

inline bool same(DLDataType a, DLDataType b) noexcept {
  return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

inline std::string name(DLDataType t) {
  return "(" + std::to_string(t.code) + ", " + std::to_string(t.bits) + ", " + std::to_string(t.lanes) + ")";
}

// The number of elements of a shape that was checked. Unsigned, since extents before a 0 may be huge.
inline std::size_t size(const Shape &shape) noexcept {
  std::size_t product = 1;
  for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
  return product;
}

// Describes host memory. The result points into `shape` and `strides`; the C functions only read them.
template <class T>
DLTensor describe(const T *data, const Shape &shape, const Shape &strides = {}) {
  if (!strides.empty() && strides.size() != shape.size()) {
    throw Error(SPK_BAD_STRIDES, "strides: " + std::to_string(strides.size()) + " numbers for a shape of " +
                                     std::to_string(shape.size()));
  }
  DLTensor out{};
  out.data = const_cast<T *>(data);
  out.device = {kDLCPU, 0};
  out.ndim = static_cast<std::int32_t>(shape.size());
  out.dtype = Dtype<T>::value;
  out.shape = const_cast<std::int64_t *>(shape.data());
  out.strides = strides.empty() ? nullptr : const_cast<std::int64_t *>(strides.data());
  return out;
}

struct Release {
  void operator()(DLManagedTensorVersioned *tensor) const noexcept { spk_tensor_release(tensor); }
  void operator()(spk_fft_plan *plan) const noexcept { spk_fft_plan_destroy(plan); }
};

}  // namespace detail

// The owner of one share of a tensor. Moves, and frees its share at the end; share() makes further owners.
class Tensor {
 public:
  Tensor() noexcept = default;

  // Adopts a share of a tensor that this library made, such as a C function's result.
  explicit Tensor(DLManagedTensorVersioned *share) noexcept : handle_(share) {}

  // Calls a C function that returns a new tensor: `Tensor::from([&](auto out) { return spk_tensor_take(t, out); })`.
  template <class Call>
  static Tensor from(Call call) {
    DLManagedTensorVersioned *out = nullptr;
    detail::check(call(&out));
    return Tensor(out);
  }

  // Takes over a tensor that any library made. On failure it is still the caller's.
  static Tensor take(DLManagedTensorVersioned *foreign) {
    return from([&](auto out) { return spk_tensor_take(foreign, out); });
  }

  // Takes over a tensor in the form that DLPack had before 1.0. `flags` are SPK_TENSOR_ bits for the result.
  static Tensor from_legacy(DLManagedTensor *legacy, std::uint64_t flags = 0) {
    return from([&](auto out) { return spk_tensor_take_legacy(legacy, flags, out); });
  }

  // Makes a tensor whose elements are not yet set.
  template <class T>
  static Tensor empty(const Shape &shape) {
    const DLTensor prototype = detail::describe<T>(nullptr, shape);
    return from([&](auto out) { return spk_tensor_empty(&prototype, out); });
  }

  // Moves a vector in; its elements stay where they are and are freed with the tensor. On failure it is unchanged.
  template <class T, class Allocator>
  static Tensor wrap(std::vector<T, Allocator> &&values, const Shape &shape) {
    static_assert(!std::is_same_v<T, bool>, "std::vector<bool> holds no array of bool");
    using Vector = std::vector<T, Allocator>;
    const DLTensor view = detail::describe(values.data(), shape);
    detail::check(spk_tensor_check(&view));  // so that the product of the extents makes sense
    if (detail::size(shape) != values.size()) {
      throw Error(SPK_BAD_SHAPE, "shape: has " + std::to_string(detail::size(shape)) + " elements, the vector " +
                                     std::to_string(values.size()));
    }
    auto home = std::make_unique<Vector>(values.get_allocator());
    const auto free = [](void *p) { delete static_cast<Vector *>(p); };
    Tensor made = from([&](auto out) { return spk_tensor_wrap(&view, free, home.get(), 0, out); });
    home.release()->swap(values);  // cannot fail, and keeps the address
    return made;
  }

  // The same with one dimension.
  template <class T, class Allocator>
  static Tensor wrap(std::vector<T, Allocator> &&values) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    return wrap(std::move(values), shape);
  }

  // Borrows memory of the host. `deleter()` is called once, after the last share is gone, on the thread that gave it
  // up; what it throws is dropped. On failure it is not called. A pointer to const makes a read-only tensor. No strides
  // mean compact row-major.
  template <class T, class Deleter>
  static Tensor borrow(T *data, const Shape &shape, Deleter deleter, const Shape &strides = {}) {
    const DLTensor view = detail::describe<std::remove_const_t<T>>(data, shape, strides);
    auto home = std::make_unique<Deleter>(std::move(deleter));
    const auto free = [](void *p) {
      const std::unique_ptr<Deleter> call(static_cast<Deleter *>(p));
      try {
        (*call)();
      } catch (...) {  // nothing may unwind into the C code that released the tensor
      }
    };
    const std::uint64_t flags = std::is_const_v<T> ? SPK_TENSOR_READ_ONLY : 0;
    Tensor made = from([&](auto out) { return spk_tensor_wrap(&view, free, home.get(), flags, out); });
    home.release();
    return made;
  }

  // The same for memory that is sure to outlive the tensor.
  template <class T>
  static Tensor borrow(T *data, const Shape &shape) {
    return borrow(data, shape, [] {});
  }

  // Another owner of the same elements.
  Tensor share() const {
    detail::check(spk_tensor_retain(get()));
    return Tensor(get());
  }

  // An owner of part of the elements. `offset` is where the view's first element lies, counted from this tensor's.
  Tensor view(const Shape &shape, const Shape &strides = {}, std::int64_t offset = 0) const {
    const DLTensor part = detail::describe<char>(nullptr, shape, strides);
    return from([&](auto out) { return spk_tensor_view(get(), part.ndim, part.shape, part.strides, offset, out); });
  }

  // A compact copy, on another device where one is given.
  Tensor copy(DLDevice device = {}) const {
    return from([&](auto out) {
      return spk_tensor_copy(&dl(), device.device_type, device.device_id, nullptr, out);
    });
  }

  // Gives this owner's share to a consumer that knows only the form before DLPack 1.0. It is to call the deleter.
  DLManagedTensor *to_legacy() && {
    DLManagedTensor *out = nullptr;
    detail::check(spk_tensor_to_legacy(get(), &out));
    handle_.release();
    return out;
  }

  // Gives this owner's share to a consumer, who is to call the deleter.
  DLManagedTensorVersioned *release() noexcept { return handle_.release(); }

  DLManagedTensorVersioned *get() const noexcept { return handle_.get(); }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

  const DLTensor &dl() const { return managed().dl_tensor; }
  operator const DLTensor &() const { return dl(); }

  // The address of the first element, a device address where the tensor lives on a device. T must be the element type,
  // and const for a read-only tensor.
  template <class T>
  T *data() {
    if (!std::is_const_v<T> && read_only()) {
      throw Error(SPK_READ_ONLY, "tensor: is read-only, ask for data<const T>()");
    }
    return first<T>();
  }
  template <class T>
  const T *data() const {
    return first<const T>();
  }

  Shape shape() const { return Shape(dl().shape, dl().shape + dl().ndim); }
  Shape strides() const { return Shape(dl().strides, dl().strides + dl().ndim); }
  bool read_only() const { return (managed().flags & SPK_TENSOR_READ_ONLY) != 0; }

  // The number of elements.
  std::size_t size() const { return detail::size(shape()); }

 private:
  const DLManagedTensorVersioned &managed() const {
    if (!handle_) throw Error(SPK_NULL_ARGUMENT, "tensor: is empty");
    return *handle_;
  }

  template <class T>
  T *first() const {
    const DLDataType asked = Dtype<std::remove_const_t<T>>::value;
    if (!detail::same(dl().dtype, asked)) {
      throw Error(SPK_BAD_DTYPE, "tensor: its element type is " + detail::name(dl().dtype) + ", asked for was " +
                                     detail::name(asked));
    }
    return reinterpret_cast<T *>(static_cast<char *>(dl().data) + dl().byte_offset);
  }

  std::unique_ptr<DLManagedTensorVersioned, detail::Release> handle_;
};

// The resources of one call; the fields are spk_exec's, and all zero means the defaults.
struct Exec : spk_exec {
  Exec() noexcept : spk_exec{} { struct_size = sizeof(spk_exec); }
};

// What a Fourier transform shall do. No axes mean all of them; lengths without axes belong to the last ones; -1 stands
// for the input's own length.
struct Fft {
  spk_fft_kind kind = SPK_FFT_C2C;
  spk_direction direction = SPK_FORWARD;
  spk_norm norm = SPK_NORM_BACKWARD;
  std::vector<std::int32_t> axes;
  std::vector<std::int64_t> lengths;
  std::int32_t flags = 0;  // SPK_FFT_ORTHOGONALIZE and the like
};

// What a convolution shall do; the fields are those of spk_convolve_desc, and no axes mean all.
struct Convolve {
  spk_convolve_mode mode = SPK_CONVOLVE_FULL;
  std::vector<std::int32_t> axes;
  spk_convolve_method method = SPK_CONVOLVE_AUTO;
};

// What an eigenvalue solve shall do; the fields are those of spk_eigh_desc.
struct Eigh {
  spk_uplo uplo = SPK_UPLO_LOWER;
  spk_range range = SPK_RANGE_ALL;
  std::int64_t index_low = 0, index_high = 0;
  double value_low = 0, value_high = 0;
  spk_structure structure = SPK_STRUCTURE_AUTO;
};

struct Eigenpairs {
  Tensor values;   // ascending
  Tensor vectors;  // vectors[..., :, k] belongs to values[..., k]
};

namespace detail {

// spk_fft_desc points at its axes, so they live beside it.
class FftDesc {
 public:
  explicit FftDesc(const Fft &fft) : axes_(fft.axes), lengths_(fft.lengths) {
    if (axes_.empty()) {
      for (auto axis = -static_cast<std::int32_t>(lengths_.size()); axis < 0; ++axis) axes_.push_back(axis);
    } else if (!lengths_.empty() && lengths_.size() != axes_.size()) {
      throw Error(SPK_INVALID_ARGUMENT, "lengths: " + std::to_string(lengths_.size()) + " numbers for " +
                                            std::to_string(axes_.size()) + " axes");
    }
    raw_.struct_size = sizeof raw_;
    raw_.kind = fft.kind;
    raw_.direction = fft.direction;
    raw_.norm = fft.norm;
    raw_.flags = fft.flags;
    raw_.naxes = static_cast<std::int32_t>(axes_.size());
    raw_.axes = axes_.empty() ? nullptr : axes_.data();
    raw_.lengths = lengths_.empty() ? nullptr : lengths_.data();
  }
  FftDesc(const FftDesc &) = delete;
  FftDesc &operator=(const FftDesc &) = delete;

  const spk_fft_desc *get() const noexcept { return &raw_; }

 private:
  std::vector<std::int32_t> axes_;
  std::vector<std::int64_t> lengths_;
  spk_fft_desc raw_{};
};

inline spk_eigh_desc eigh_desc(const Eigh &eigh) noexcept {
  spk_eigh_desc out{};
  out.struct_size = sizeof out;
  out.uplo = eigh.uplo;
  out.range = eigh.range;
  out.structure = eigh.structure;
  out.index_low = eigh.index_low;
  out.index_high = eigh.index_high;
  out.value_low = eigh.value_low;
  out.value_high = eigh.value_high;
  return out;
}

// Only the managed form says whether a tensor may be written to.
inline const DLTensor &writable(Tensor &out) {
  check(spk_tensor_check_managed(out.get(), 1));
  return out.dl();
}

}  // namespace detail

// The general transform: into a new tensor, or into `out`, which may be `in` itself.
inline Tensor transform(const DLTensor &in, const Fft &fft, const Exec &exec = {}) {
  const detail::FftDesc desc(fft);
  return Tensor::from([&](auto out) { return spk_fft_new(&in, desc.get(), &exec, out); });
}
inline void transform_into(const DLTensor &in, Tensor &out, const Fft &fft, const Exec &exec = {}) {
  const detail::FftDesc desc(fft);
  detail::check(spk_fft(&in, desc.get(), &exec, &detail::writable(out)));
}

// A transform that is prepared once for tensors laid out like `in` and `out`, and executed many times. Threads may
// share one.
class Plan {
 public:
  Plan(const DLTensor &in, const DLTensor &out, const Fft &fft, const Exec &exec = {}) {
    const detail::FftDesc desc(fft);
    spk_fft_plan *plan = nullptr;
    detail::check(spk_fft_plan_create(&in, &out, desc.get(), &exec, &plan));
    plan_.reset(plan);
  }

  void execute(const DLTensor &in, Tensor &out, const Exec &exec = {}) const {
    detail::check(spk_fft_plan_execute(plan_.get(), &in, &exec, &detail::writable(out)));
  }

  // How many bytes in exec.scratch keep an execution from allocating.
  std::size_t scratch_size(const Exec &exec = {}) const {
    std::size_t bytes = 0;
    detail::check(spk_fft_plan_scratch_size(plan_.get(), &exec, &bytes));
    return bytes;
  }

  // In words what an execution does.
  std::string describe() const {
    return detail::text([this](char *buf, std::size_t len) { return spk_fft_plan_describe(plan_.get(), buf, len); });
  }

 private:
  std::unique_ptr<spk_fft_plan, detail::Release> plan_;
};

namespace detail {

struct Fft1 {
  spk_fft_kind kind;
  spk_direction direction;
  Tensor operator()(const DLTensor &x, std::int64_t n = -1, std::int32_t axis = -1,
                    spk_norm norm = SPK_NORM_BACKWARD) const {
    return transform(x, {kind, direction, norm, {axis}, {n}, 0});
  }
};

struct FftN {
  spk_fft_kind kind;
  spk_direction direction;
  bool last_two;  // what no axes mean; else they mean all
  Tensor operator()(const DLTensor &x, const std::vector<std::int64_t> &s = {}, std::vector<std::int32_t> axes = {},
                    spk_norm norm = SPK_NORM_BACKWARD) const {
    if (axes.empty() && last_two) axes = {-2, -1};
    return transform(x, {kind, direction, norm, std::move(axes), s, 0});
  }
};

// A cosine or sine transform of a type from 1 to 4.
inline spk_fft_kind trig_kind(spk_fft_kind first, int type) {
  if (type < 1 || type > 4) throw Error(SPK_INVALID_ARGUMENT, "type: " + std::to_string(type) + " is none of 1 to 4");
  return static_cast<spk_fft_kind>(first + type - 1);
}

struct Trig1 {
  spk_fft_kind first;
  spk_direction direction;
  Tensor operator()(const DLTensor &x, int type = 2, std::int64_t n = -1, std::int32_t axis = -1,
                    spk_norm norm = SPK_NORM_BACKWARD) const {
    return transform(x, {trig_kind(first, type), direction, norm, {axis}, {n}, 0});
  }
};

struct TrigN {
  spk_fft_kind first;
  spk_direction direction;
  Tensor operator()(const DLTensor &x, int type = 2, const std::vector<std::int64_t> &s = {},
                    std::vector<std::int32_t> axes = {}, spk_norm norm = SPK_NORM_BACKWARD) const {
    return transform(x, {trig_kind(first, type), direction, norm, std::move(axes), s, 0});
  }
};

}  // namespace detail

// The usual names, with NumPy's arguments in NumPy's order: fft(x, n, axis, norm), fftn(x, s, axes, norm).
inline constexpr detail::Fft1 fft{SPK_FFT_C2C, SPK_FORWARD}, ifft{SPK_FFT_C2C, SPK_INVERSE};
inline constexpr detail::Fft1 rfft{SPK_FFT_R2C, SPK_FORWARD}, irfft{SPK_FFT_C2R, SPK_INVERSE};
inline constexpr detail::Fft1 hfft{SPK_FFT_C2R, SPK_FORWARD}, ihfft{SPK_FFT_R2C, SPK_INVERSE};
inline constexpr detail::FftN fft2{SPK_FFT_C2C, SPK_FORWARD, true}, ifft2{SPK_FFT_C2C, SPK_INVERSE, true};
inline constexpr detail::FftN rfft2{SPK_FFT_R2C, SPK_FORWARD, true}, irfft2{SPK_FFT_C2R, SPK_INVERSE, true};
inline constexpr detail::FftN fftn{SPK_FFT_C2C, SPK_FORWARD, false}, ifftn{SPK_FFT_C2C, SPK_INVERSE, false};
inline constexpr detail::FftN rfftn{SPK_FFT_R2C, SPK_FORWARD, false}, irfftn{SPK_FFT_C2R, SPK_INVERSE, false};
inline constexpr detail::FftN hfft2{SPK_FFT_C2R, SPK_FORWARD, true}, ihfft2{SPK_FFT_R2C, SPK_INVERSE, true};
inline constexpr detail::FftN hfftn{SPK_FFT_C2R, SPK_FORWARD, false}, ihfftn{SPK_FFT_R2C, SPK_INVERSE, false};

// With SciPy's arguments in SciPy's order: dct(x, type, n, axis, norm), dctn(x, type, s, axes, norm).
inline constexpr detail::Trig1 dct{SPK_FFT_DCT1, SPK_FORWARD}, idct{SPK_FFT_DCT1, SPK_INVERSE};
inline constexpr detail::Trig1 dst{SPK_FFT_DST1, SPK_FORWARD}, idst{SPK_FFT_DST1, SPK_INVERSE};
inline constexpr detail::TrigN dctn{SPK_FFT_DCT1, SPK_FORWARD}, idctn{SPK_FFT_DCT1, SPK_INVERSE};
inline constexpr detail::TrigN dstn{SPK_FFT_DST1, SPK_FORWARD}, idstn{SPK_FFT_DST1, SPK_INVERSE};

namespace detail {

inline Tensor convolve(const DLTensor &x, const DLTensor &kernel, const Convolve &how, const Exec &exec, int flags) {
  spk_convolve_desc desc{};
  desc.struct_size = sizeof desc;
  desc.mode = how.mode;
  desc.method = how.method;
  desc.flags = flags;
  desc.naxes = static_cast<std::int32_t>(how.axes.size());
  desc.axes = how.axes.empty() ? nullptr : how.axes.data();
  return Tensor::from([&](auto out) { return spk_fft_convolve_new(&x, &kernel, &desc, &exec, out); });
}

}  // namespace detail

// The convolution of two tensors, and their correlation.
inline Tensor convolve(const DLTensor &x, const DLTensor &kernel, const Convolve &how = {}, const Exec &exec = {}) {
  return detail::convolve(x, kernel, how, exec, 0);
}
inline Tensor correlate(const DLTensor &x, const DLTensor &kernel, const Convolve &how = {}, const Exec &exec = {}) {
  return detail::convolve(x, kernel, how, exec, SPK_CONVOLVE_CORRELATE);
}

// The least length of at least `n` that transforms fast.
inline std::int64_t next_fast_len(std::int64_t n, bool real = false) {
  std::int64_t length = 0;
  detail::check(spk_fft_next_fast_len(n, real, &length));
  return length;
}

// Eigenvalues and eigenvectors of Hermitian matrices (..., n, n), of which one triangle is read.
inline Eigenpairs eigh(const DLTensor &a, const Eigh &how = {}, const Exec &exec = {}) {
  const spk_eigh_desc desc = detail::eigh_desc(how);
  DLManagedTensorVersioned *v = nullptr;
  Tensor values = Tensor::from([&](auto w) { return spk_eigh_new(&a, &desc, &exec, w, &v); });
  return {std::move(values), Tensor(v)};
}
inline Tensor eigvalsh(const DLTensor &a, const Eigh &how = {}, const Exec &exec = {}) {
  const spk_eigh_desc desc = detail::eigh_desc(how);
  return Tensor::from([&](auto w) { return spk_eigh_new(&a, &desc, &exec, w, nullptr); });
}

// The same into the caller's tensors. `v` and `info` may be NULL; `info` receives a status for each matrix, and then
// a matrix that cannot be solved does not throw.
inline void eigh_into(const DLTensor &a, Tensor &w, Tensor *v, const Eigh &how = {}, const Exec &exec = {},
                      Tensor *info = nullptr) {
  const spk_eigh_desc desc = detail::eigh_desc(how);
  const auto optional = [](Tensor *out) { return out ? &detail::writable(*out) : nullptr; };
  detail::check(spk_eigh(&a, &desc, &exec, &detail::writable(w), optional(v), optional(info)));
}

// Copies elements between tensors of one shape and element type, whatever their strides.
inline void copy_into(const DLTensor &in, Tensor &out) {
  detail::check(spk_tensor_copy_into(&in, nullptr, &detail::writable(out)));
}

// The version of the library that runs: major * 10000 + minor * 100 + patch.
inline std::uint32_t version() noexcept { return spk_version(); }

// One line on how the library was built and what it runs on.
inline std::string build_info() { return detail::text(spk_build_info); }

}  // namespace spectrapack

#endif  // SPECTRAPACK_HPP
