/* Parts of a spectrum, by index and by value. */
#include "eigen_support.h"

enum { N = 24 };

static double memory[2 * N * N], all[N];
static DLTensor a;

/* A random matrix and all its eigenvalues. */
static void set_up(DLDataType type, int32_t uplo) {
  static int64_t shape[] = {N, N};
  a = host(memory, type, 2, shape, NULL);
  fill_matrix(&a, noise, uplo);
  solve_and_check(noise, N, type, uplo, all);
}

static double value_at(const managed *w, int64_t k) {
  return (double)creall(read_element(element_at(&w->dl_tensor, k), w->dl_tensor.dtype));
}

/* The result holds values `first` and following of `all`, with their vectors. */
static void check_part(const managed *w, const managed *v, int64_t first, int64_t count, int32_t uplo) {
  check_layout(&w->dl_tensor, 1, DIMS(count), DIMS(1));
  CHECK_INT(v->dl_tensor.shape[0], N);
  CHECK_INT(v->dl_tensor.shape[1], count);
  if (count > 1) check_layout(&v->dl_tensor, 2, DIMS(N, count), DIMS(count, 1));
  double bound = 8 * N * epsilon_of(w->dl_tensor.dtype) * N;
  for (int64_t k = 0; k < count && k < w->dl_tensor.shape[0]; k++) CHECK_NEAR(value_at(w, k), all[first + k], bound);
  check_solution(&a, uplo, &w->dl_tensor, &v->dl_tensor);
}

static void solve_part(const spk_eigh_desc *desc, int64_t first, int64_t count) {
  managed *w = NULL, *v = NULL, *alone = NULL;
  if (!CHECK_OK(spk_eigh_new(&a, desc, NULL, &w, &v))) return;
  check_part(w, v, first, count, desc->uplo);
  if (CHECK_OK(spk_eigh_new(&a, desc, NULL, &alone, NULL))) {
    CHECK_INT(alone->dl_tensor.shape[0], count);
    spk_tensor_release(alone);
  }
  spk_tensor_release(w);
  spk_tensor_release(v);
}

static void index_ranges_give_the_numbered_values(void) {
  const DLDataType types[] = {F32, F64, C64, C128};
  static const int64_t ranges[][2] = {{0, 0}, {0, N - 1}, {N - 1, N - 1}, {3, 7}, {10, 10}, {1, N - 2}};
  for (int t = 0; t < LENGTH(types); t++)
    for (int32_t uplo = SPK_UPLO_LOWER; uplo <= SPK_UPLO_UPPER; uplo++) {
      set_up(types[t], uplo);
      for (int i = 0; i < LENGTH(ranges); i++) {
        ROW("type %d, indices %d to %d", t, (int)ranges[i][0], (int)ranges[i][1]);
        spk_eigh_desc desc = {.struct_size = sizeof desc, .uplo = uplo, .range = SPK_RANGE_INDEX,
                              .index_low = ranges[i][0], .index_high = ranges[i][1]};
        solve_part(&desc, ranges[i][0], ranges[i][1] - ranges[i][0] + 1);
      }
    }
}

static void index_ranges_of_batches_fill_the_callers_memory(void) {
  static double stack[2 * N * N], w[2 * 3], v[2 * N * 3];
  DLTensor matrices = host(stack, F64, 3, DIMS(2, N, N), NULL), values = host(w, F64, 2, DIMS(2, 3), NULL);
  DLTensor vectors = host(v, F64, 3, DIMS(2, N, 3), NULL);
  spk_eigh_desc desc = {.struct_size = sizeof desc, .range = SPK_RANGE_INDEX, .index_low = 4, .index_high = 6};
  fill_matrix(&matrices, noise, SPK_UPLO_LOWER);
  set_up(F64, SPK_UPLO_LOWER);
  if (!CHECK_OK(spk_eigh(&matrices, &desc, NULL, &values, &vectors, NULL))) return;
  check_solution(&matrices, SPK_UPLO_LOWER, &values, &vectors);
  for (int k = 0; k < 3; k++) CHECK_NEAR(w[k], all[4 + k], 1e-13);
  vectors.shape = DIMS(2, N, N);
  CHECK_STATUS(spk_eigh(&matrices, &desc, NULL, &values, &vectors, NULL), SPK_SHAPE_MISMATCH);
  CHECK_MESSAGE("v");
}

/* A number between values i - 1 and i. */
static double gap(int i) {
  if (i == 0) return all[0] - 1;
  return i == N ? all[N - 1] + 1 : (all[i - 1] + all[i]) / 2;
}

static void value_ranges_give_the_values_between(void) {
  const DLDataType types[] = {F32, F64, C64, C128};
  for (int t = 0; t < LENGTH(types); t++) {
    set_up(types[t], SPK_UPLO_LOWER);
    for (int first = 0; first < N; first += 5)
      for (int count = 0; first + count <= N; count += 6) {
        ROW("type %d, %d values from number %d", t, count, first);
        spk_eigh_desc desc = {.struct_size = sizeof desc, .range = SPK_RANGE_VALUE, .value_low = gap(first)};
        desc.value_high = count ? gap(first + count) : (gap(first) + all[first]) / 2;
        solve_part(&desc, first, count);
      }
  }
}

/* The value of a 1 x 1 matrix is exact, so the ends of a range can be tried. */
static void value_ranges_are_open_below_and_closed_above(void) {
  static const struct {
    double low, high;
    int count;
  } rows[] = {{1, 3, 1}, {3, 4, 0}, {2.5, 3.5, 1}, {-INFINITY, INFINITY, 1}, {-INFINITY, 3, 1}, {3, INFINITY, 0}};
  double three = 3;
  DLTensor matrix = host(&three, F64, 2, DIMS(1, 1), NULL);
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("(%g, %g]", rows[i].low, rows[i].high);
    spk_eigh_desc desc = {.struct_size = sizeof desc, .range = SPK_RANGE_VALUE, .value_low = rows[i].low,
                          .value_high = rows[i].high};
    managed *w = NULL, *v = NULL;
    if (!CHECK_OK(spk_eigh_new(&matrix, &desc, NULL, &w, &v))) continue;
    CHECK_INT(w->dl_tensor.shape[0], rows[i].count);
    CHECK_INT(v->dl_tensor.shape[0], 1);
    CHECK_INT(v->dl_tensor.shape[1], rows[i].count);
    if (rows[i].count) CHECK_NEAR(value_at(w, 0), 3, 0);
    spk_tensor_release(w);
    spk_tensor_release(v);
  }
}

int main(void) {
  RUN(index_ranges_give_the_numbered_values);
  RUN(index_ranges_of_batches_fill_the_callers_memory);
  RUN(value_ranges_give_the_values_between);
  RUN(value_ranges_are_open_below_and_closed_above);
  return check_end();
}
