/* Eigenvalues of any layout: batches, strides of every kind, in place, misaligned, empty, and every input type. */
#include "eigen_support.h"

enum { POOL = 1 << 15, N = 5 };

static char a_pool[POOL + 8], a_copy[POOL + 8], w_pool[POOL + 8], v_pool[POOL + 8];

/* Strides of (2, 3, 5, 5), (2, 3, 5) and (2, 3, 5, 5); element 0 lies in the middle of its pool. */
typedef struct {
  const char *name;
  int64_t a[4], w[3], v[4];
} layout;

static const layout layouts[] = {
    {"compact", {75, 25, 5, 1}, {15, 5, 1}, {75, 25, 5, 1}},
    {"column-major matrices", {75, 25, 1, 5}, {15, 5, 1}, {75, 25, 1, 5}},
    {"batch last", {3, 1, 30, 6}, {3, 1, 6}, {3, 1, 30, 6}},
    {"all reversed", {-75, -25, -5, -1}, {-15, -5, -1}, {-75, -25, -5, -1}},
    {"odd steps", {211, -67, 13, -2}, {-37, 12, 2}, {-200, 61, 11, 2}},
    {"one matrix for all", {0, 0, 7, -1}, {5, -10, 1}, {-25, 50, 1, 5}},
};

static void check_layout_of(const layout *l, DLDataType type, int32_t uplo, int shift, int threads) {
  ROW("%s, code %d bits %d, uplo %d, %d off, %d threads", l->name, type.code, type.bits, (int)uplo, shift, threads);
  int64_t a_strides[4], w_strides[3], v_strides[4];
  memcpy(a_strides, l->a, sizeof a_strides);
  memcpy(w_strides, l->w, sizeof w_strides);
  memcpy(v_strides, l->v, sizeof v_strides);
  DLDataType real = epsilon_of(type) == DBL_EPSILON ? F64 : F32;
  DLTensor a = host(a_pool + POOL / 2 + shift, type, 4, DIMS(2, 3, N, N), a_strides);
  DLTensor w = host(w_pool + POOL / 2 + shift, real, 3, DIMS(2, 3, N), w_strides);
  DLTensor v = host(v_pool + POOL / 2 + shift, type, 4, DIMS(2, 3, N, N), v_strides);
  mark(a_pool, sizeof a_pool);
  mark(w_pool, sizeof w_pool);
  mark(v_pool, sizeof v_pool);
  fill_matrix(&a, noise, uplo);
  memcpy(a_copy, a_pool, sizeof a_copy);
  spk_eigh_desc desc = {.struct_size = sizeof desc, .uplo = uplo};
  spk_exec exec = {.struct_size = sizeof exec, .threads = threads};
  if (CHECK_OK(spk_eigh(&a, &desc, &exec, &w, &v, NULL))) check_solution(&a, uplo, &w, &v);
  CHECK(memcmp(a_pool, a_copy, sizeof a_copy) == 0);
  for (int64_t i = 0; i < element_count(&w); i++) mark(element_at(&w, i), element_size(real));
  for (int64_t i = 0; i < element_count(&v); i++) mark(element_at(&v, i), element_size(type));
  CHECK(!unmarked(w_pool, sizeof w_pool));
  CHECK(!unmarked(v_pool, sizeof v_pool));
}

static void batches_of_any_strides(void) {
  for (int l = 0; l < LENGTH(layouts); l++)
    for (int32_t uplo = SPK_UPLO_LOWER; uplo <= SPK_UPLO_UPPER; uplo++) {
      check_layout_of(&layouts[l], F64, uplo, 0, 1);
      check_layout_of(&layouts[l], C128, uplo, 0, 0);
      check_layout_of(&layouts[l], F32, uplo, 0, 5);
      check_layout_of(&layouts[l], C64, uplo, 0, 3);
    }
}

static void any_alignment(void) {
  for (int shift = 1; shift < 8; shift += 2)
    for (int l = 0; l < LENGTH(layouts); l++) {
      check_layout_of(&layouts[l], F64, SPK_UPLO_LOWER, shift, 1);
      check_layout_of(&layouts[l], C64, SPK_UPLO_UPPER, shift, 1);
    }
}

static void many_small_matrices_on_many_threads(void) {
  enum { BATCH = 500 };
  static double a[BATCH * 9], w[BATCH * 3], v[BATCH * 9];
  static int32_t info[BATCH];
  for (int threads = 1; threads <= 16; threads *= 4) {
    ROW("threads %d", threads);
    DLTensor matrices = host(a, F64, 3, DIMS(BATCH, 3, 3), NULL), values = host(w, F64, 2, DIMS(BATCH, 3), NULL);
    DLTensor vectors = host(v, F64, 3, DIMS(BATCH, 3, 3), NULL), statuses = host(info, I32, 1, DIMS(BATCH), NULL);
    spk_exec exec = {.struct_size = sizeof exec, .threads = threads};
    fill_matrix(&matrices, noise, SPK_UPLO_LOWER);
    mark(info, sizeof info);
    if (CHECK_OK(spk_eigh(&matrices, NULL, &exec, &values, &vectors, &statuses)))
      check_solution(&matrices, SPK_UPLO_LOWER, &values, &vectors);
    for (int b = 0; b < BATCH; b++) CHECK_INT(info[b], SPK_OK);
  }
}

typedef struct {
  int calls, disorder;
  double last;
} watcher;

static int32_t watch(void *user, double fraction) {
  watcher *w = user;
  w->calls++;
  w->disorder += !(fraction >= w->last && fraction <= 1);
  w->last = fraction;
  return 0;
}

static void progress_rises_over_a_batch(void) {
  double a[50 * 9], values[50 * 3];
  watcher seen = {0};
  DLTensor matrices = host(a, F64, 3, DIMS(50, 3, 3), NULL), w = host(values, F64, 2, DIMS(50, 3), NULL);
  spk_exec exec = {.struct_size = sizeof exec, .progress = watch, .user = &seen};
  fill_matrix(&matrices, noise, SPK_UPLO_LOWER);
  CHECK_OK(spk_eigh(&matrices, NULL, &exec, &w, NULL, NULL));
  CHECK(seen.calls > 0);
  CHECK_INT(seen.disorder, 0);
}

static void vectors_may_take_the_place_of_the_matrices(void) {
  for (int l = 0; l < LENGTH(layouts) - 1; l++)
    for (int flags = 0; flags <= SPK_EIGH_OVERWRITE; flags++) {
      ROW("%s, flags %d", layouts[l].name, flags);
      int64_t strides[4];
      memcpy(strides, layouts[l].a, sizeof strides);
      static double compact[6 * N * N];
      DLTensor a = host(a_pool + POOL / 2, F64, 4, DIMS(2, 3, N, N), strides);
      DLTensor before = host(compact, F64, 4, DIMS(2, 3, N, N), NULL), w = host(w_pool, F64, 3, DIMS(2, 3, N), NULL);
      fill_matrix(&a, noise, SPK_UPLO_LOWER);
      fill_matrix(&before, noise, SPK_UPLO_LOWER);
      spk_eigh_desc desc = {.struct_size = sizeof desc, .flags = flags};
      if (CHECK_OK(spk_eigh(&a, &desc, NULL, &w, &a, NULL))) check_solution(&before, SPK_UPLO_LOWER, &w, &a);
    }
}

static void info_says_for_each_matrix_what_became_of_it(void) {
  double a[3 * 4] = {2, NAN, 1, 2, 2, 0, NAN, 2, 5, 0, 0, INFINITY}, w[3 * 2], v[3 * 4];
  int32_t info[2 * 3];
  DLTensor matrices = host(a, F64, 3, DIMS(3, 2, 2), NULL), values = host(w, F64, 2, DIMS(3, 2), NULL);
  DLTensor vectors = host(v, F64, 3, DIMS(3, 2, 2), NULL), statuses = host(info, I32, 1, DIMS(3), DIMS(2));
  mark(info, sizeof info);
  CHECK_OK(spk_eigh(&matrices, NULL, NULL, &values, &vectors, &statuses));
  const int32_t want[] = {SPK_OK, SPK_NOT_FINITE, SPK_NOT_FINITE};
  for (int b = 0; b < 3; b++) {
    ROW("matrix %d", b);
    CHECK_STATUS(info[2 * b], want[b]);
    CHECK(!unmarked(&info[2 * b + 1], sizeof *info));
    for (int k = 0; k < 2; k++) CHECK_INT(isnan(w[2 * b + k]), b > 0);
    for (int k = 0; k < 4; k++) CHECK_INT(isnan(v[4 * b + k]), b > 0);
  }
  CHECK_NEAR(w[0], 1, 1e-15);
  CHECK_NEAR(w[1], 3, 1e-15);
}

static void every_input_type_is_solved_in_its_precision(void) {
  static const struct {
    DLDataType type;
    int wide; /* 1: float64 results, 2: what w says */
  } rows[] = {{{kDLBool, 8, 1}, 2},  {{kDLInt, 8, 1}, 2},   {{kDLInt, 16, 1}, 2},  {{kDLInt, 32, 1}, 2},
              {{kDLInt, 64, 1}, 2},  {{kDLUInt, 8, 1}, 2},  {{kDLUInt, 16, 1}, 2}, {{kDLUInt, 32, 1}, 2},
              {{kDLUInt, 64, 1}, 2}, {{kDLFloat, 16, 1}, 0}, {{kDLBfloat, 16, 1}, 0}, {{kDLFloat, 32, 1}, 0},
              {{kDLFloat, 64, 1}, 1}, {{kDLComplex, 64, 1}, 0}, {{kDLComplex, 128, 1}, 1}};
  for (int i = 0; i < LENGTH(rows); i++)
    for (int wide = 0; wide < 2; wide++) {
      DLDataType type = rows[i].type, real = wide ? F64 : F32, result = real;
      if (type.code == kDLComplex) result = wide ? C128 : C64;
      ROW("code %d bits %d, w %s", type.code, type.bits, wide ? "float64" : "float32");
      double memory[2 * 16], values[4], vectors[2 * 16];
      DLTensor a = host(memory, type, 2, DIMS(4, 4), NULL), w = host(values, real, 1, DIMS(4), NULL);
      DLTensor v = host(vectors, result, 2, DIMS(4, 4), NULL);
      fill_tensor(&a, 19);
      int fits = rows[i].wide == 2 || rows[i].wide == wide;
      int32_t status = spk_eigh(&a, NULL, NULL, &w, &v, NULL);
      CHECK_STATUS(status, fits ? SPK_OK : SPK_BAD_DTYPE);
      if (status == SPK_OK) check_solution(&a, SPK_UPLO_LOWER, &w, &v);
      managed *new_w = NULL, *new_v = NULL;
      if (!CHECK_OK(spk_eigh_new(&a, NULL, NULL, &new_w, &new_v))) continue;
      if (fits && (rows[i].wide < 2 || wide)) {
        CHECK(same_dtype(new_w->dl_tensor.dtype, real));
        CHECK(same_dtype(new_v->dl_tensor.dtype, result));
      }
      check_layout(&new_w->dl_tensor, 1, DIMS(4), DIMS(1));
      check_layout(&new_v->dl_tensor, 2, DIMS(4, 4), DIMS(4, 1));
      check_solution(&a, SPK_UPLO_LOWER, &new_w->dl_tensor, &new_v->dl_tensor);
      spk_tensor_release(new_w);
      spk_tensor_release(new_v);
    }
}

static void empty_batches_and_empty_matrices_give_empty_results(void) {
  int64_t shapes[][3] = {{0, 4, 4}, {3, 0, 0}};
  for (int i = 0; i < LENGTH(shapes); i++) {
    ROW("shape %d", i);
    int32_t info[3];
    managed *w = NULL, *v = NULL;
    DLTensor a = host(NULL, F64, 3, shapes[i], NULL), values = host(NULL, F64, 2, shapes[i], NULL);
    DLTensor statuses = host(info, I32, 1, shapes[i], NULL);
    mark(info, sizeof info);
    CHECK_OK(spk_eigh(&a, NULL, NULL, &values, &a, &statuses));
    for (int b = 0; b < shapes[i][0]; b++) CHECK_INT(info[b], SPK_OK);
    if (!CHECK_OK(spk_eigh_new(&a, NULL, NULL, &w, &v))) continue;
    CHECK_INT(w->dl_tensor.shape[0], shapes[i][0]);
    CHECK_INT(v->dl_tensor.shape[2], shapes[i][2]);
    CHECK_PTR(v->dl_tensor.data, NULL);
    spk_tensor_release(w);
    spk_tensor_release(v);
  }
}

static void pinned_and_managed_memory_computes(void) {
  const int devices[] = {kDLCUDAHost, kDLROCMHost, kDLCUDAManaged};
  for (int i = 0; i < LENGTH(devices); i++) {
    double matrix[4] = {2, 0, 1, 2}, values[2];
    DLTensor a = tensor_on(devices[i], matrix, F64, 2, DIMS(2, 2), NULL);
    DLTensor w = tensor_on(devices[i], values, F64, 1, DIMS(2), NULL);
    CHECK_OK(spk_eigh(&a, NULL, NULL, &w, NULL, NULL));
    CHECK_NEAR(values[1], 3, 1e-15);
  }
}

int main(void) {
  RUN(batches_of_any_strides);
  RUN(any_alignment);
  RUN(many_small_matrices_on_many_threads);
  RUN(progress_rises_over_a_batch);
  RUN(vectors_may_take_the_place_of_the_matrices);
  RUN(info_says_for_each_matrix_what_became_of_it);
  RUN(every_input_type_is_solved_in_its_precision);
  RUN(empty_batches_and_empty_matrices_give_empty_results);
  RUN(pinned_and_managed_memory_computes);
  return check_end();
}
