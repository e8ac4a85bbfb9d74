// From a sparse matrix to its spectrum, and from an image to its Fourier transform, in C++17.
//
// 1. The 1-D Laplacian (-1, 2, -1), n = 100, is assembled in COO form and made dense; its eigenvalues are computed,
//    held against the closed form 2 - 2 cos(k pi / (n + 1)), and its condition number is printed.
// 2. A 1000 x 1000 std::vector<double> becomes a tensor without a copy: the address stays, and a write through one
//    owner is seen through the other. Its 2-D transform is held against sums over the array.
//
// The exit status is 0 only when all of it is as it should be.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <spectrapack/spectrapack.hpp>

namespace spk = spectrapack;

namespace {

const double pi = std::acos(-1.0);

void expect(bool condition, const char *claim) {
  if (!condition) throw std::runtime_error(std::string("not so: ") + claim);
}

struct Entry {
  std::size_t row, column;
  double value;
};

std::vector<Entry> laplacian(std::size_t n) {
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < n; i++) {
    if (i > 0) entries.push_back({i, i - 1, -1});
    entries.push_back({i, i, 2});
    if (i + 1 < n) entries.push_back({i, i + 1, -1});
  }
  return entries;
}

void eigenvalues() {
  const std::size_t n = 100;
  const auto entries = laplacian(n);
  std::printf("Laplacian: %zu x %zu, %zu entries in COO form\n", n, n, entries.size());
  std::vector<double> dense(n * n);
  for (const Entry &e : entries) dense[e.row * n + e.column] += e.value;

  const auto a = spk::Tensor::wrap(std::move(dense), {n, n});
  const auto w = spk::eigvalsh(a);

  const double *values = w.data<double>();
  double worst = 0;
  for (std::size_t k = 0; k < n; k++) {
    const double exact = 2 - 2 * std::cos(static_cast<double>(k + 1) * pi / static_cast<double>(n + 1));
    worst = std::max(worst, std::abs(values[k] - exact));
  }
  std::printf("smallest eigenvalue %.6f\nlargest eigenvalue  %.6f\ncondition number    %.1f\n", values[0],
              values[n - 1], values[n - 1] / values[0]);
  std::printf("largest distance from the closed form %.1e\n", worst);
  expect(worst < 1e-13, "the eigenvalues are those of the closed form");
}

constexpr int rows = 1000, columns = 1000;

// Bin (p, q) of the 2-D transform, held against its definition.
void compare(const std::complex<double> *spectrum, const double *x, int p, int q) {
  std::complex<double> sum = 0;
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      const double turns = double(p * i % rows) / rows + double(q * j % columns) / columns;
      sum += x[i * columns + j] * std::polar(1.0, -2 * pi * turns);
    }
  }
  const auto bin = spectrum[p * columns + q];
  std::printf("bin (%3d, %3d) = %14.6f %+14.6fi, off the direct sum by %.1e\n", p, q, bin.real(), bin.imag(),
              std::abs(bin - sum));
  expect(std::abs(bin - sum) < 1e-6, "the bin is the direct sum");
}

void transform() {
  std::vector<double> image(std::size_t{rows} * columns);
  double *ours = image.data();
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      ours[i * columns + j] = std::sin(0.05 * i) + std::cos(0.11 * j) + 0.001 * ((i * 7 + j * 13) % 101);
    }
  }
  auto x = spk::Tensor::wrap(std::move(image), {rows, columns});
  std::printf("the vector's array was at %p, the tensor's data is at %p\n", static_cast<void *>(ours),
              static_cast<void *>(x.data<double>()));
  expect(x.data<double>() == ours, "wrapping copies nothing");

  const auto other = x.share();  // a second owner, as another library would be
  ours[5] = 42;
  x.data<double>()[7] = -1;
  std::printf("we wrote 42, the other owner has %g; the tensor wrote -1, we have %g\n", other.data<double>()[5],
              ours[7]);
  expect(other.data<double>()[5] == 42 && ours[7] == -1, "each side sees the other's write");

  const auto y = spk::fft2(x);
  std::printf("fft2 of %d x %d\n", rows, columns);
  const auto *spectrum = y.data<std::complex<double>>();
  compare(spectrum, ours, 0, 0);  // the sum of all elements
  compare(spectrum, ours, 8, 17);
  compare(spectrum, ours, 0, 983);

  const auto back = spk::ifft2(y);
  double worst = 0;
  for (int i = 0; i < rows * columns; i++) {
    worst = std::max(worst, std::abs(back.data<std::complex<double>>()[i] - ours[i]));
  }
  std::printf("ifft2 gives the image back within %.1e\n", worst);
  expect(worst < 1e-12, "the inverse undoes the transform");
}

}  // namespace

int main() {
  try {
    std::printf("%s\n", spk::build_info().c_str());
    eigenvalues();
    transform();
    std::printf("all as it should be\n");
    return 0;
  } catch (const std::exception &error) {  // spectrapack::Error has status() as well
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
