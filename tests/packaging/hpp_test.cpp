// Tests of spectrapack.hpp. Each function holds the claim in its name; the program prints what does not hold.
#include <spectrapack/spectrapack.hpp>

#include <cmath>
#include <complex>
#include <cstdio>
#include <thread>

using namespace spectrapack;
using Complex = std::complex<double>;

namespace {

int failures = 0;

void check(bool ok, const char *what, int line) {
  if (ok) return;
  ++failures;
  std::printf("line %d: %s\n", line, what);
}
#define CHECK(condition) check((condition), #condition, __LINE__)

// Runs `call` and checks that it throws an Error of `status` whose message holds `part`.
template <class Call>
void check_throws(std::int32_t status, const char *part, int line, Call call) {
  try {
    call();
    check(false, "throws", line);
  } catch (const Error &error) {
    const std::string what = error.what();
    if (error.status() != status || what.find(part) == std::string::npos) check(false, error.what(), line);
    check(what.rfind(spk_status_name(status), 0) == 0, "the message begins with the name of the status", line);
  }
}
#define CHECK_THROWS(status, part, expression) check_throws(status, part, __LINE__, [&] { (void)(expression); })

template <class T>
bool near(T a, T b) {
  return std::abs(a - b) < 1e-12;
}

// Counts what a vector's storage costs.
template <class T>
struct Counting {
  using value_type = T;
  int *freed;
  T *allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T *p, std::size_t n) {
    ++*freed;
    std::allocator<T>().deallocate(p, n);
  }
  bool operator==(const Counting &other) const { return freed == other.freed; }
  bool operator!=(const Counting &other) const { return freed != other.freed; }
};

void a_moved_vector_keeps_its_address_and_is_freed_once() {
  int freed = 0;
  std::vector<double, Counting<double>> values({1, 2, 3, 4, 5, 6}, Counting<double>{&freed});
  const double *address = values.data();
  {
    Tensor t = Tensor::wrap(std::move(values), {2, 3});
    CHECK(t.data<double>() == address);
    CHECK((t.shape() == Shape{2, 3} && t.strides() == Shape{3, 1} && t.size() == 6));
    CHECK(!t.read_only() && t);
    Tensor other = std::move(t);
    CHECK(!t && other.data<double>()[5] == 6 && freed == 0);
  }
  CHECK(freed == 1);
}

void a_vector_that_does_not_fit_the_shape_is_unchanged() {
  std::vector<float> values{1, 2, 3, 4, 5};
  const float *address = values.data();
  CHECK_THROWS(SPK_BAD_SHAPE, "has 6 elements, the vector 5", Tensor::wrap(std::move(values), {2, 3}));
  CHECK_THROWS(SPK_BAD_SHAPE, "-1", Tensor::wrap(std::move(values), {-1, 5}));
  CHECK_THROWS(SPK_BAD_SHAPE, "", Tensor::wrap(std::move(values), {INT64_MAX, INT64_MAX}));
  CHECK(values.size() == 5 && values.data() == address && values[4] == 5);
}

void scalars_and_empty_vectors_are_tensors_too() {
  CHECK((Tensor::wrap(std::vector<int>{7}, {}).shape().empty()));
  Tensor none = Tensor::wrap(std::vector<double>{});
  CHECK(none.size() == 0 && none.shape() == Shape{0});
}

void a_deleter_runs_once_after_the_last_owner_is_gone() {
  double memory[4] = {1, 2, 3, 4};
  int calls = 0;
  Tensor part;
  {
    Tensor all = Tensor::borrow(memory, {2, 2}, [&calls] { ++calls; });
    CHECK(all.data<double>() == memory);
    Tensor shared = all.share();
    CHECK(shared.get() == all.get());
    std::thread([mine = std::move(shared)]() mutable { mine.data<double>()[0] = 9; }).join();
    part = all.view({2}, {2}, 1);  // the second column
  }
  CHECK(calls == 0 && memory[0] == 9);
  CHECK(part.data<double>()[0] == 2 && part.data<double>() == memory + 1 && part.strides() == Shape{2});
  part = Tensor();
  CHECK(calls == 1);
}

void a_deleter_is_not_called_when_wrapping_fails() {
  double memory[2] = {};
  int calls = 0;
  CHECK_THROWS(SPK_BAD_SHAPE, "-2", Tensor::borrow(memory, {-2}, [&calls] { ++calls; }));
  CHECK_THROWS(SPK_BAD_STRIDES, "2 numbers for a shape of 1",
               Tensor::borrow(memory, {2}, [&calls] { ++calls; }, {1, 1}));
  CHECK(calls == 0);
}

void an_exception_stays_inside_the_deleter() {
  double memory[1] = {};
  int calls = 0;
  Tensor::borrow(memory, {1}, [&calls] {
    ++calls;
    throw 1;
  });
  CHECK(calls == 1);
}

void memory_behind_a_pointer_to_const_is_read_only() {
  const double memory[3] = {3, 1, 2};
  Tensor t = Tensor::borrow(memory, {3});
  CHECK(t.read_only() && t.data<const double>() == memory && std::as_const(t).data<double>() == memory);
  CHECK_THROWS(SPK_READ_ONLY, "read-only", t.data<double>());
  CHECK_THROWS(SPK_READ_ONLY, "", copy_into(fft(t), t));
  CHECK_THROWS(SPK_READ_ONLY, "", std::move(t).to_legacy());
  CHECK(t && t.copy().data<double>()[2] == 2);  // a failed hand-over leaves the owner
}

void ownership_goes_out_and_comes_back() {
  double memory[2] = {1, 2};
  int calls = 0;
  Tensor t = Tensor::borrow(memory, {2}, [&calls] { ++calls; });
  DLManagedTensorVersioned *out = t.release();
  CHECK(!t && calls == 0);
  t = Tensor::take(out);
  CHECK(t.data<double>() == memory);
  DLManagedTensor *legacy = std::move(t).to_legacy();
  CHECK(!t && legacy->dl_tensor.data == memory && calls == 0);
  t = Tensor::from_legacy(legacy, SPK_TENSOR_READ_ONLY);
  CHECK(t.read_only() && t.data<const double>() == memory);
  t = Tensor();
  CHECK(calls == 1);
}

void a_foreign_tensor_is_taken_or_stays_the_callers() {
  static int calls;
  std::int64_t shape[1] = {2}, strides[1] = {-1};
  float memory[3] = {0, 1, 2};
  DLManagedTensorVersioned foreign{};
  foreign.version = {2, 0};
  foreign.deleter = [](DLManagedTensorVersioned *) { ++calls; };
  foreign.dl_tensor = {memory, {kDLCPU, 0}, 1, Dtype<float>::value, shape, strides, 2 * sizeof(float)};
  CHECK_THROWS(SPK_ABI_MISMATCH, "2", Tensor::take(&foreign));
  CHECK(calls == 0);
  foreign.version = {1, 0};
  CHECK(Tensor::take(&foreign).data<float>() == memory + 2);
  CHECK(calls == 1);
}

void errors_name_the_argument_and_the_value() {
  const Tensor x = Tensor::wrap(std::vector<double>(12), {3, 4});
  CHECK_THROWS(SPK_BAD_AXIS, "7", fft(x, -1, 7));
  CHECK_THROWS(SPK_BAD_SHAPE, "0", fft(x, 0));
  CHECK_THROWS(SPK_BAD_SHAPE, "4", eigh(x));
  CHECK_THROWS(SPK_INVALID_ARGUMENT, "lengths: 1 numbers for 2 axes", fftn(x, {8}, {0, 1}));
  CHECK_THROWS(SPK_BAD_DTYPE, "(2, 64, 1), asked for was (2, 32, 1)", x.data<float>());
  CHECK_THROWS(SPK_BAD_DTYPE, "", irfft(Tensor::wrap(std::vector<Complex>(3)), -1, 0).data<float>());
  CHECK_THROWS(SPK_NULL_ARGUMENT, "tensor: is empty", fft(Tensor()));
  Tensor nothing;
  CHECK_THROWS(SPK_NULL_ARGUMENT, "", transform_into(x, nothing, {}));
  CHECK_THROWS(SPK_NULL_ARGUMENT, "", nothing.share());
  CHECK_THROWS(SPK_OUT_OF_MEMORY, "", Tensor::empty<char>({std::int64_t{1} << 50}));
}

void copies_are_compact_and_say_so() {
  const Tensor x = Tensor::wrap(std::vector<int>{1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor transposed = x.view({3, 2}, {1, 3});
  const Tensor copy = transposed.copy();
  CHECK(copy.data<int>() != x.data<int>() && copy.data<int>()[1] == 4 && copy.strides() == (Shape{2, 1}));
  CHECK((copy.get()->flags & SPK_TENSOR_COPIED) != 0);
  Tensor back = Tensor::empty<int>({2, 3});
  copy_into(copy.view({2, 3}, {1, 2}), back);
  CHECK(std::equal(x.data<int>(), x.data<int>() + 6, back.data<int>()));
}

void transforms_have_numpys_arguments_and_meaning() {
  const Tensor x = Tensor::wrap(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  const auto at = [](const Tensor &t, int i) { return t.data<Complex>()[i]; };
  CHECK((near(at(fft(x), 0), Complex(6)) && near(at(fft(x), 4), Complex(-1.5, std::sqrt(0.75)))));
  CHECK(near(at(fft(x, 2, 0), 3), Complex(-3)) && near(at(fft(x, 1), 1), Complex(4)));
  CHECK(near(at(ifft(x), 0), Complex(2)) && near(at(fft(x, -1, -1, SPK_NORM_FORWARD), 0), Complex(2)));
  CHECK(near(at(fft2(x), 0), Complex(21)) && near(at(fftn(x, {}, {}, SPK_NORM_ORTHO), 0), Complex(21 / std::sqrt(6))));
  CHECK(fftn(x, {5}).shape() == (Shape{2, 5}));  // lengths without axes belong to the last axes
  CHECK(rfft(x).shape() == (Shape{2, 2}) && rfftn(x, {4}, {0}).shape() == (Shape{3, 3}));
  std::vector<float> impulse(3 * 4 * 5);
  impulse[0] = 1;
  const Tensor cube = Tensor::wrap(std::move(impulse), {3, 4, 5}), planes = rfft2(cube);  // fft2: the last two axes
  const std::complex<float> *bins = planes.data<std::complex<float>>();
  CHECK(planes.shape() == (Shape{3, 4, 3}) && bins[11] == 1.0F && bins[12] == 0.0F);
  for (const Tensor &back :
       {irfft(rfft(x), 3), irfft2(rfft2(x), {2, 3}), irfftn(rfftn(x), {2, 3}), hfft(ihfft(x), 3)}) {
    for (int i = 0; i < 6; ++i) CHECK(near(back.data<double>()[i], x.data<double>()[i]));
  }
  for (const Tensor &back : {ifft(fft(x)), ifft2(fft2(x)), ifftn(fftn(x))}) {
    for (int i = 0; i < 6; ++i) CHECK(near(at(back, i), Complex(i + 1)));
  }
  Tensor in_place = fft(x);
  transform_into(in_place, in_place, Fft{SPK_FFT_C2C, SPK_INVERSE, SPK_NORM_BACKWARD, {1}, {}});
  CHECK(near(at(in_place, 5), Complex(6)));
}

void a_plan_is_reused_by_many_threads_with_scratch_of_the_callers() {
  constexpr std::int64_t n = 60;
  const Plan plan(Tensor::empty<double>({n}), Tensor::empty<Complex>({n}), Fft{});
  const auto work = [&plan](int seed, bool *ok) {
    Exec exec;
    exec.threads = 1;
    std::vector<char> scratch(plan.scratch_size(exec));
    exec.scratch = scratch.data();
    exec.scratch_size = scratch.size();
    Tensor out = Tensor::empty<Complex>({n});
    *ok = true;
    for (int round = 0; round < 50; ++round) {
      std::vector<double> values(n);
      for (int i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = std::sin(seed + round * i);
      const Tensor in = Tensor::wrap(std::move(values));
      plan.execute(in, out, exec);
      const Tensor once = fft(in);
      for (int i = 0; i < n; ++i) *ok = *ok && near(out.data<Complex>()[i], once.data<Complex>()[i]);
    }
  };
  bool first = false, second = false;
  std::thread other(work, 1, &first);
  work(2, &second);
  other.join();
  CHECK(first && second);
  Tensor out = Tensor::empty<Complex>({n});
  CHECK_THROWS(SPK_SHAPE_MISMATCH, "59", plan.execute(Tensor::empty<double>({59}), out));
}

void eigenpairs_of_a_two_by_two_matrix_are_known() {
  const Tensor a = Tensor::wrap(std::vector<double>{2, 100, 1, 2}, {2, 2});  // the upper triangle is not read
  const auto [w, v] = eigh(a);
  const double h = std::sqrt(0.5), *values = w.data<double>(), *vectors = v.data<double>();
  CHECK(near(values[0], 1.0) && near(values[1], 3.0));
  CHECK(near(vectors[0], h) && near(vectors[2], -h) && near(vectors[1], h) && near(vectors[3], h));
  Eigh largest;
  largest.range = SPK_RANGE_INDEX;
  largest.index_low = largest.index_high = 1;
  const Tensor top = eigvalsh(a, largest);
  CHECK(top.size() == 1 && near(top.data<double>()[0], 3.0));

  Eigh upper;
  upper.uplo = SPK_UPLO_UPPER;
  const Tensor hermitian = Tensor::wrap(std::vector<Complex>{1, {0, 2}, 0, 1}, {2, 2});
  const Tensor real = eigvalsh(hermitian, upper);
  CHECK(near(real.data<double>()[0], -1.0) && near(real.data<double>()[1], 3.0));
}

void info_says_which_matrix_of_a_batch_failed() {
  const Tensor batch = Tensor::wrap(std::vector<double>{2, NAN, NAN, 5}, {4, 1, 1});
  Tensor w = Tensor::empty<double>({4, 1}), info = Tensor::empty<std::int32_t>({4});
  eigh_into(batch, w, nullptr, {}, {}, &info);
  const std::int32_t *status = info.data<std::int32_t>();
  CHECK(status[0] == 0 && status[1] == SPK_NOT_FINITE && status[2] == SPK_NOT_FINITE && status[3] == 0);
  CHECK(w.data<double>()[0] == 2 && std::isnan(w.data<double>()[1]) && w.data<double>()[3] == 5);
  CHECK_THROWS(SPK_NOT_FINITE, "", eigh_into(batch, w, nullptr));
}

void every_element_type_has_its_dlpack_number() {
  const auto is = [](DLDataType t, int code, int bits) { return t.code == code && t.bits == bits && t.lanes == 1; };
  CHECK(is(Dtype<bool>::value, kDLBool, 8) && is(Dtype<char16_t>::value, kDLUInt, 16));
  CHECK(is(Dtype<std::int8_t>::value, kDLInt, 8) && is(Dtype<std::uint64_t>::value, kDLUInt, 64));
  CHECK(is(Dtype<float>::value, kDLFloat, 32) && is(Dtype<double>::value, kDLFloat, 64));
  CHECK(is(Dtype<std::complex<float>>::value, kDLComplex, 64) && is(Dtype<Complex>::value, kDLComplex, 128));
}

void the_library_is_the_one_the_header_belongs_to() {
  CHECK(version() == SPK_VERSION_MAJOR * 10000 + SPK_VERSION_MINOR * 100 + SPK_VERSION_PATCH);
  CHECK(build_info().find("spectrapack") == 0);
  CHECK(build_info().find('\0') == std::string::npos);
}

void cosine_transforms_have_inverses_and_convolutions_their_sums() {
  const auto x = Tensor::wrap(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  for (int type = 1; type <= 4; ++type) {
    for (const Tensor &back : {idct(dct(x, type), type), idst(dst(x, type), type), idctn(dctn(x, type), type),
                               idstn(dstn(x, type), type)}) {
      for (int i = 0; i < 6; ++i) CHECK(near(back.data<double>()[i], i + 1.0));
    }
  }
  CHECK(near(dct(x, 1).data<double>()[0], 8.0));
  CHECK(dctn(x, 2, {4, 5}, {1, 0}).shape() == (Shape{5, 4}));
  CHECK_THROWS(SPK_INVALID_ARGUMENT, "type: 5", dct(x, 5));
  const Plan plan(x, dct(x), Fft{SPK_FFT_DCT2, SPK_FORWARD, SPK_NORM_ORTHO, {-1}, {}});
  CHECK(plan.describe().find("cosine transform of type 2, orthogonal") != std::string::npos);
  const auto row = Tensor::wrap(std::vector<double>{1, -1}, {1, 2});
  CHECK(convolve(x, row).shape() == (Shape{2, 4}) && near(convolve(x, row).data<double>()[1], 1.0));
  CHECK(near(correlate(x, row, {SPK_CONVOLVE_VALID, {-1}}).data<double>()[0], -1.0));
  CHECK(next_fast_len(13) == 14 && next_fast_len(13, true) == 15);
}

}  // namespace

int main() {
  a_moved_vector_keeps_its_address_and_is_freed_once();
  a_vector_that_does_not_fit_the_shape_is_unchanged();
  scalars_and_empty_vectors_are_tensors_too();
  a_deleter_runs_once_after_the_last_owner_is_gone();
  a_deleter_is_not_called_when_wrapping_fails();
  an_exception_stays_inside_the_deleter();
  memory_behind_a_pointer_to_const_is_read_only();
  ownership_goes_out_and_comes_back();
  a_foreign_tensor_is_taken_or_stays_the_callers();
  errors_name_the_argument_and_the_value();
  copies_are_compact_and_say_so();
  transforms_have_numpys_arguments_and_meaning();
  a_plan_is_reused_by_many_threads_with_scratch_of_the_callers();
  cosine_transforms_have_inverses_and_convolutions_their_sums();
  eigenpairs_of_a_two_by_two_matrix_are_known();
  info_says_which_matrix_of_a_batch_failed();
  every_element_type_has_its_dlpack_number();
  the_library_is_the_one_the_header_belongs_to();
  if (failures == 0) std::printf("every claim holds\n");
  return failures != 0;
}
