/*
 * From a sparse matrix to its spectrum, and from an image to its Fourier transform, in C.
 *
 * 1. The 1-D Laplacian (-1, 2, -1), n = 100, is assembled in CSR form and made dense; its eigenvalues are computed,
 *    held against the closed form 2 - 2 cos(k pi / (n + 1)), and its condition number is printed.
 * 2. A 1000 x 1000 double array of the caller's is wrapped, not copied: both sides show the same address and see each
 *    other's writes. Its 2-D transform is held against sums over the array.
 *
 * The exit status is 0 only when all of it is as it should be.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <spectrapack/spectrapack.h>

#define PI 3.14159265358979323846

enum { N = 100, ROWS = 1000, COLS = 1000 };

typedef struct DLManagedTensorVersioned managed_tensor;

typedef struct {
  double re, im;
} complex_double;

/* Says what failed and why. Message and status belong to this thread's last call. */
static int succeeded(int32_t status, const char *what) {
  char why[512];
  if (status == SPK_OK) return 1;
  spk_last_error(why, sizeof why);
  fprintf(stderr, "%s: %s: %s\n", what, spk_status_name(status), why);
  return 0;
}

static int holds(int condition, const char *claim) {
  if (!condition) fprintf(stderr, "not so: %s\n", claim);
  return condition;
}

/* Hands an array to the library: `*out` owns it and calls free() when its last holder is gone. */
static int wrap_matrix(double *data, int64_t rows, int64_t cols, managed_tensor **out) {
  int64_t shape[2];
  DLTensor view = {0};
  shape[0] = rows;
  shape[1] = cols;
  view.data = data;
  view.device.device_type = kDLCPU;
  view.ndim = 2;
  view.dtype.code = kDLFloat;
  view.dtype.bits = 64;
  view.dtype.lanes = 1;
  view.shape = shape; /* strides stay NULL: compact, row after row */
  return succeeded(spk_tensor_wrap(&view, free, data, 0, out), "spk_tensor_wrap");
}

/* The Laplacian by rows: row i has the entries row_start[i] to row_start[i + 1] of `column` and `value`. */
static double *laplacian(void) {
  int row_start[N + 1], column[3 * N], entries = 0, i, k;
  double value[3 * N];
  double *dense = calloc((size_t)N * N, sizeof *dense);
  for (i = 0; i < N; i++) {
    row_start[i] = entries;
    for (k = i - 1; k <= i + 1; k++) {
      if (k < 0 || k >= N) continue;
      column[entries] = k;
      value[entries++] = k == i ? 2.0 : -1.0;
    }
  }
  row_start[N] = entries;
  printf("Laplacian: %d x %d, %d entries in CSR form\n", N, N, entries);
  for (i = 0; dense && i < N; i++) {
    for (k = row_start[i]; k < row_start[i + 1]; k++) dense[i * N + column[k]] = value[k];
  }
  return dense;
}

static int eigenvalues(void) {
  managed_tensor *a = NULL, *w = NULL;
  double *dense = laplacian();
  const double *values;
  double worst = 0;
  int ok = 0, k;

  if (!holds(dense != NULL, "there is memory for the matrix")) return 0;
  if (!wrap_matrix(dense, N, N, &a)) {
    free(dense); /* still ours, since wrapping failed */
    return 0;
  }
  /* NULL for the description: lower triangle, all values. NULL for the last output: no vectors. */
  if (!succeeded(spk_eigh_new(&a->dl_tensor, NULL, NULL, &w, NULL), "spk_eigh_new")) goto done;

  values = w->dl_tensor.data; /* results are compact and have byte_offset 0 */
  for (k = 0; k < N; k++) {
    double error = fabs(values[k] - (2 - 2 * cos((k + 1) * PI / (N + 1))));
    if (error > worst) worst = error;
  }
  printf("smallest eigenvalue %.6f\nlargest eigenvalue  %.6f\ncondition number    %.1f\n", values[0], values[N - 1],
         values[N - 1] / values[0]);
  printf("largest distance from the closed form %.1e\n", worst);
  ok = holds(worst < 1e-13, "the eigenvalues are those of the closed form");

done:
  spk_tensor_release(w); /* NULL is fine */
  spk_tensor_release(a); /* frees `dense` */
  return ok;
}

/* Bin (p, q) of the 2-D transform by its definition. */
static complex_double direct_sum(const double *x, int p, int q) {
  complex_double sum = {0, 0};
  int i, j;
  for (i = 0; i < ROWS; i++) {
    for (j = 0; j < COLS; j++) {
      double angle = -2 * PI * ((double)(p * i % ROWS) / ROWS + (double)(q * j % COLS) / COLS);
      sum.re += x[i * COLS + j] * cos(angle);
      sum.im += x[i * COLS + j] * sin(angle);
    }
  }
  return sum;
}

static int agrees(const complex_double *spectrum, const double *x, int p, int q) {
  complex_double sum = direct_sum(x, p, q), bin = spectrum[p * COLS + q];
  double error = hypot(bin.re - sum.re, bin.im - sum.im);
  printf("bin (%3d, %3d) = %14.6f %+14.6fi, off the direct sum by %.1e\n", p, q, bin.re, bin.im, error);
  return holds(error < 1e-6, "the bin is the direct sum");
}

static int transform(void) {
  managed_tensor *x = NULL, *y = NULL;
  spk_fft_desc fft2 = {0}; /* zero is the default: complex result, forward, all axes, no factor */
  double *ours = malloc((size_t)ROWS * COLS * sizeof *ours), *theirs;
  int ok = 0, i, j;

  if (!holds(ours != NULL, "there is memory for the image")) return 0;
  for (i = 0; i < ROWS; i++) {
    for (j = 0; j < COLS; j++) ours[i * COLS + j] = sin(0.05 * i) + cos(0.11 * j) + 0.001 * ((i * 7 + j * 13) % 101);
  }
  if (!wrap_matrix(ours, ROWS, COLS, &x)) {
    free(ours);
    return 0;
  }
  theirs = x->dl_tensor.data;
  printf("our array is at %p, the tensor's data at %p\n", (void *)ours, (void *)theirs);
  if (!holds(ours == theirs, "wrapping copies nothing")) goto done;
  ours[5] = 42;
  theirs[7] = -1;
  printf("we wrote 42, the tensor has %g; the tensor wrote -1, we have %g\n", theirs[5], ours[7]);
  if (!holds(theirs[5] == 42 && ours[7] == -1, "each side sees the other's write")) goto done;

  fft2.struct_size = sizeof fft2;
  if (!succeeded(spk_fft_new(&x->dl_tensor, &fft2, NULL, &y), "spk_fft_new")) goto done;
  printf("fft2 of %d x %d\n", ROWS, COLS);
  ok = agrees(y->dl_tensor.data, ours, 0, 0); /* the sum of all elements */
  ok = agrees(y->dl_tensor.data, ours, 8, 17) && ok;
  ok = agrees(y->dl_tensor.data, ours, 0, 983) && ok;

done:
  spk_tensor_release(y);
  spk_tensor_release(x); /* frees our array */
  return ok;
}

int main(void) {
  char info[512];
  uint32_t version = spk_version();
  spk_build_info(info, sizeof info);
  printf("%s\n", info);
  /* Needed only where the library is loaded at run time; linked, the soname sees to it. */
  if (!holds(version / 100 == SPK_VERSION_MAJOR * 100 + SPK_VERSION_MINOR, "header and library fit")) return 1;
  if (!eigenvalues() || !transform()) return 1;
  printf("all as it should be\n");
  return 0;
}
