/* Convolution and correlation against their sums: modes, methods, axes, types, and what is refused. */
#include "values.h"

static DLTensor matrix(void *data, DLDataType type, int64_t *shape) { return host(data, type, 2, shape, NULL); }

/* Element (i, k) of the whole convolution of two matrices, or of the correlation. */
static big whole(const big *a, const int64_t *m, const big *b, const int64_t *n, int64_t i, int64_t k, int correlate) {
  big sum = 0;
  for (int64_t p = 0; p < n[0]; p++)
    for (int64_t q = 0; q < n[1]; q++) {
      if (i - p < 0 || i - p >= m[0] || k - q < 0 || k - q >= m[1]) continue;
      big factor = correlate ? conjl(b[(n[0] - 1 - p) * n[1] + n[1] - 1 - q]) : b[p * n[1] + q];
      sum += a[(i - p) * m[1] + k - q] * factor;
    }
  return sum;
}

static void every_mode_and_method_is_the_sum(void) {
  const struct {
    int64_t m[2], n[2];
  } shapes[] = {{{5, 7}, {2, 3}}, {{2, 3}, {5, 7}}, {{1, 9}, {4, 4}}, {{12, 10}, {12, 10}}, {{16, 5}, {1, 1}}};
  const struct {
    DLDataType a, b, out;
  } types[] = {{F64, F64, F64}, {F32, F32, F32}, {C128, C128, C128}, {C64, F32, C64}, {F32, C128, C128},
               {I8, F32, F64},  {BOOL8, I64, F64}, {BF16, F16, F32}};
  for (int s = 0; s < LENGTH(shapes); s++)
    for (int t = 0; t < LENGTH(types); t++)
      for (int32_t mode = SPK_CONVOLVE_FULL; mode <= SPK_CONVOLVE_VALID; mode++)
        for (int32_t method = SPK_CONVOLVE_AUTO; method <= SPK_CONVOLVE_DIRECT; method++)
          for (int32_t flags = 0; flags <= SPK_CONVOLVE_CORRELATE; flags++) {
            ROW("shapes %d types %d mode %d method %d flags %d", s, t, (int)mode, (int)method, (int)flags);
            int64_t m[2] = {shapes[s].m[0], shapes[s].m[1]}, n[2] = {shapes[s].n[0], shapes[s].n[1]};
            int64_t start[2], shape[2];
            for (int d = 0; d < 2; d++) {
              int64_t small = m[d] < n[d] ? m[d] : n[d], large = m[d] + n[d] - small;
              start[d] = mode == SPK_CONVOLVE_FULL ? 0 : mode == SPK_CONVOLVE_SAME ? (n[d] - 1) / 2 : small - 1;
              shape[d] = mode == SPK_CONVOLVE_FULL ? m[d] + n[d] - 1 : mode == SPK_CONVOLVE_SAME ? m[d] : large - small + 1;
            }
            double a_data[2 * 12 * 10], b_data[2 * 12 * 10], out[2 * 23 * 19];
            DLTensor a = matrix(a_data, types[t].a, m), b = matrix(b_data, types[t].b, n);
            DLTensor to = matrix(out, types[t].out, shape);
            fill_tensor(&a, 1);
            fill_tensor(&b, 2);
            spk_convolve_desc desc = {.struct_size = sizeof desc, .mode = mode, .method = method, .flags = flags};
            managed *made = NULL;
            mark(out, sizeof out);
            if (!CHECK_OK(spk_fft_convolve(&a, &b, &desc, NULL, &to))) continue;
            if (!CHECK_OK(spk_fft_convolve_new(&a, &b, &desc, NULL, &made))) continue;
            big *x = read_tensor(&a), *y = read_tensor(&b), *got = read_tensor(&to), *new = read_tensor(&made->dl_tensor);
            big want[23 * 19];
            long double size = 0;
            for (int64_t i = 0; i < shape[0]; i++)
              for (int64_t k = 0; k < shape[1]; k++) {
                big sum = whole(x, m, y, n, i + start[0], k + start[1], flags);
                want[i * shape[1] + k] = sum;
                size += cabsl(sum);
              }
            CHECK(same_dtype(made->dl_tensor.dtype, types[t].out));
            CHECK_INT(element_count(&made->dl_tensor), element_count(&to));
            CHECK_AT_MOST(relative_error(got, want, element_count(&to)), size > 0 ? 40 * epsilon_of(types[t].out) : 1);
            CHECK_AT_MOST(relative_error(new, got, element_count(&to)), 0);
            free(x);
            free(y);
            free(got);
            free(new);
            spk_tensor_release(made);
          }
}

/* Row by row with a kernel of one row, which is as often there as needed. */
static void other_axes_are_multiplied(void) {
  double in[3 * 4] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, kernel[2] = {1, -1}, out[3 * 5];
  DLTensor a = matrix(in, F64, DIMS(3, 4)), b = matrix(kernel, F64, DIMS(1, 2)), to = matrix(out, F64, DIMS(3, 5));
  for (int32_t method = SPK_CONVOLVE_AUTO; method <= SPK_CONVOLVE_DIRECT; method++) {
    spk_convolve_desc desc = {.struct_size = sizeof desc, .method = method, .naxes = 1, .axes = (int32_t[]){-1}};
    CHECK_OK(spk_fft_convolve(&a, &b, &desc, NULL, &to));
    for (int row = 0; row < 3; row++) {
      CHECK_NEAR(out[5 * row], in[4 * row], 1e-14);
      CHECK_NEAR(out[5 * row + 1], 1, 1e-14);
      CHECK_NEAR(out[5 * row + 4], -in[4 * row + 3], 1e-14);
    }
  }
}

static void null_description_is_all_of_it(void) {
  double in[3] = {1, 2, 3}, out[5];
  DLTensor a = host(in, F64, 1, DIMS(3), NULL), to = host(out, F64, 1, DIMS(5), NULL);
  CHECK_OK(spk_fft_convolve(&a, &a, NULL, NULL, &to));
  const double want[] = {1, 4, 10, 12, 9};
  for (int i = 0; i < 5; i++) CHECK_NEAR(out[i], want[i], 1e-14);
}

static void what_has_no_meaning_is_refused(void) {
  double in[12] = {0}, other[12] = {0}, out[40];
  const struct {
    const char *name;
    DLTensor a, b, out;
    spk_convolve_desc desc;
    int32_t status;
    const char *argument, *value;
  } rows[] = {
#define A matrix(in, F64, DIMS(3, 4))
#define B matrix(other, F64, DIMS(2, 3))
#define OUT matrix(out, F64, DIMS(4, 6))
      {"mode 3", A, B, OUT, {.mode = 3}, SPK_INVALID_ARGUMENT, "desc", "mode = 3"},
      {"method -1", A, B, OUT, {.method = -1}, SPK_INVALID_ARGUMENT, "desc", "method = -1"},
      {"flags 2", A, B, OUT, {.flags = 2}, SPK_INVALID_ARGUMENT, "desc", "flags = 0x2"},
      {"zero 1", A, B, OUT, {.zero = 1}, SPK_INVALID_ARGUMENT, "desc", "zero = 1"},
      {"naxes -1", A, B, OUT, {.naxes = -1}, SPK_BAD_AXIS, "desc", "naxes = -1"},
      {"axes NULL", A, B, OUT, {.naxes = 1}, SPK_NULL_ARGUMENT, "desc", "axes"},
      {"axis 2", A, B, OUT, {.naxes = 1, .axes = (int32_t[]){2}}, SPK_BAD_AXIS, "desc", "axes[0] = 2"},
      {"axis twice", A, B, OUT, {.naxes = 2, .axes = (int32_t[]){0, -2}}, SPK_BAD_AXIS, "desc", "axes[1] = -2"},
      {"other extents", A, B, OUT, {.naxes = 1, .axes = (int32_t[]){0}}, SPK_SHAPE_MISMATCH, "kernel", "shape[1] = 3"},
      {"dimensions", A, host(other, F64, 1, DIMS(3), NULL), OUT, {0}, SPK_SHAPE_MISMATCH, "kernel", "ndim = 1"},
      {"no dimensions", host(in, F64, 0, NULL, NULL), host(other, F64, 0, NULL, NULL), host(out, F64, 0, NULL, NULL), {0},
       SPK_BAD_NDIM, "in", "ndim = 0"},
      {"nothing", A, matrix(other, F64, DIMS(0, 3)), OUT, {0}, SPK_BAD_SHAPE, "kernel", "shape[0] = 0"},
      {"neither holds the other", A, matrix(other, F64, DIMS(4, 3)), OUT, {.mode = SPK_CONVOLVE_VALID},
       SPK_SHAPE_MISMATCH, "kernel", "[4, 3]"},
      {"too many", matrix(in, F64, DIMS(1, (int64_t)1 << 62)), matrix(other, F64, DIMS(1, (int64_t)1 << 62)), OUT, {0},
       SPK_BAD_SHAPE, "in", "4611686018427387904"},
      {"shape of out", A, B, matrix(out, F64, DIMS(4, 5)), {0}, SPK_SHAPE_MISMATCH, "out", "[4, 5]"},
      {"type of out", A, B, matrix(out, C128, DIMS(4, 6)), {0}, SPK_BAD_DTYPE, "out", "complex128"},
      {"type of kernel", A, matrix(other, DTYPE(kDLOpaqueHandle, 64, 1), DIMS(2, 3)), OUT, {0}, SPK_BAD_DTYPE, "kernel",
       "opaque64"},
      {"in place", A, B, A, {.mode = SPK_CONVOLVE_SAME}, SPK_OVERLAP, "out", "overlaps in"},
      {"out on the kernel", matrix(in, F64, DIMS(2, 3)), B, B, {.mode = SPK_CONVOLVE_SAME}, SPK_OVERLAP, "out",
       "overlaps kernel"},
      {"out on itself", A, B, host(out, F64, 2, DIMS(4, 6), DIMS(0, 1)), {0}, SPK_OVERLAP, "out", "stride[0] = 0"},
      {"on a GPU", A, tensor_on(kDLCUDA, other, F64, 2, DIMS(2, 3), NULL), OUT, {0}, SPK_BACKEND_UNAVAILABLE, "kernel",
       "cuda:0"},
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("%s", rows[i].name);
    spk_convolve_desc desc = rows[i].desc;
    desc.struct_size = sizeof desc;
    mark(out, sizeof out);
    if (CHECK_STATUS(spk_fft_convolve(&rows[i].a, &rows[i].b, &desc, NULL, &rows[i].out), rows[i].status)) {
      CHECK(strncmp(check_message(), rows[i].argument, strlen(rows[i].argument)) == 0);
      CHECK_CONTAINS(check_message(), rows[i].value);
    }
    CHECK(!unmarked(out, sizeof out));
  }
  DLTensor a = A, b = B, to = OUT;
  spk_convolve_desc short_desc = {.struct_size = sizeof short_desc - 8};
  CHECK_STATUS(spk_fft_convolve(&a, &b, &short_desc, NULL, &to), SPK_ABI_MISMATCH);
  CHECK_STATUS(spk_fft_convolve(NULL, &b, NULL, NULL, &to), SPK_NULL_ARGUMENT);
  CHECK_STATUS(spk_fft_convolve(&a, NULL, NULL, NULL, &to), SPK_NULL_ARGUMENT);
  CHECK_STATUS(spk_fft_convolve(&a, &b, NULL, NULL, NULL), SPK_NULL_ARGUMENT);
  managed *made = (managed *)out;
  CHECK_STATUS(spk_fft_convolve_new(&a, NULL, NULL, NULL, &made), SPK_NULL_ARGUMENT);
  CHECK_PTR(made, NULL);
  CHECK(!unmarked(out, sizeof out));
}

int main(void) {
  RUN(every_mode_and_method_is_the_sum);
  RUN(other_axes_are_multiplied);
  RUN(null_description_is_all_of_it);
  RUN(what_has_no_meaning_is_refused);
  return check_end();
}
