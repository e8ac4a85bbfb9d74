/* Eigenvalues whose closed form is known, and the eigenvectors of the same matrices, in every precision. */
#include "eigen_support.h"

enum { MOST = 150 };

static const DLDataType types[] = {{kDLFloat, 32, 1}, {kDLFloat, 64, 1}, {kDLComplex, 64, 1}, {kDLComplex, 128, 1}};
static const int sizes[] = {1, 2, 3, 4, 5, 8, 17, 32, 33, 64, MOST};
static double w[MOST];

static void row(DLDataType t, int n) { ROW("code %d bits %d n %d", t.code, t.bits, n); }

/* Solves for every type, size and triangle, and compares w[k] with value(k, n). */
static void check_closed_form(entry *of, double (*value)(int k, int n), double norm) {
  for (int t = 0; t < LENGTH(types); t++)
    for (int s = 0; s < LENGTH(sizes); s++)
      for (int32_t uplo = SPK_UPLO_LOWER; uplo <= SPK_UPLO_UPPER; uplo++) {
        int n = sizes[s];
        row(types[t], n);
        solve_and_check(of, n, types[t], uplo, w);
        for (int k = 0; k < n; k++) CHECK_NEAR(w[k], value(k, n), 4 * n * epsilon_of(types[t]) * norm);
      }
}

static double laplacian_value(int k, int n) { return 2 - 2 * cos((k + 1) * acos(-1) / (n + 1)); }
static double zero_value(int k, int n) { return (void)k, (void)n, 0; }
static double one_value(int k, int n) { return (void)k, (void)n, 1; }
static double ones_value(int k, int n) { return k == n - 1 ? n : 0; }

static void laplacian_has_its_closed_form(void) { check_closed_form(laplacian, laplacian_value, 4); }
static void zero_matrix_has_zeros(void) { check_closed_form(zero, zero_value, 0); }
static void identity_has_ones(void) { check_closed_form(identity, one_value, 1); }
static void rank_one_matrix_has_one_value_beside_zeros(void) { check_closed_form(ones, ones_value, MOST); }

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void diagonal_matrix_has_its_diagonal_sorted(void) {
  for (int t = 0; t < LENGTH(types); t++)
    for (int s = 0; s < LENGTH(sizes); s++) {
      int n = sizes[s];
      double want[MOST];
      row(types[t], n);
      for (int i = 0; i < n; i++) want[i] = (double)creall(diagonal(i, i, n));
      qsort(want, (size_t)n, sizeof *want, ascending);
      solve_and_check(diagonal, n, types[t], SPK_UPLO_LOWER, w);
      for (int k = 0; k < n; k++) CHECK_NEAR(w[k], want[k], 4 * n * epsilon_of(types[t]) * n);
    }
}

/* W21+: pairs of values that agree to many digits. The largest is known: 10.746194182903393. */
static void wilkinson_21_has_its_close_pairs(void) {
  for (int t = 0; t < LENGTH(types); t++) {
    double eps = epsilon_of(types[t]);
    row(types[t], 21);
    solve_and_check(wilkinson, 21, types[t], SPK_UPLO_UPPER, w);
    CHECK_NEAR(w[20], 10.746194182903393, 40 * eps * 11);
    CHECK_NEAR(w[19], 10.746194182903322, 40 * eps * 11);
    CHECK_NEAR(w[0], -1.125441522119985, 40 * eps * 11);
  }
}

/* Two of each value: A = [[B, 0], [0, B]] interleaved. */
static big doubled(int64_t i, int64_t j, int64_t n) { return (i - j) % 2 ? 0 : laplacian(i / 2, j / 2, n / 2); }

static void repeated_values_have_orthonormal_vectors(void) {
  for (int t = 0; t < LENGTH(types); t++)
    for (int n = 2; n <= 96; n += 47) {
      row(types[t], n - n % 2);
      solve_and_check(doubled, n - n % 2, types[t], SPK_UPLO_LOWER, w);
      for (int k = 0; k < n - n % 2; k++)
        CHECK_NEAR(w[k], laplacian_value(k / 2, n / 2), 16 * n * epsilon_of(types[t]));
    }
}

static void full_hermitian_matrices_are_solved_from_either_triangle(void) {
  double other[MOST];
  for (int t = 0; t < LENGTH(types); t++)
    for (int s = 0; s < LENGTH(sizes); s++) {
      int n = sizes[s];
      row(types[t], n);
      solve_and_check(noise, n, types[t], SPK_UPLO_LOWER, w);
      solve_and_check(noise, n, types[t], SPK_UPLO_UPPER, other);
      for (int k = 0; k < n; k++) CHECK_NEAR(other[k], w[k], 8 * n * epsilon_of(types[t]) * sqrt(n));
    }
}

static void imaginary_parts_of_the_diagonal_are_ignored(void) {
  double a[2][8] = {{1, 0, 9, 9, 2, 3, 4, 0}, {1, 50, 9, 9, 2, 3, 4, -60}}, values[2][2];
  for (int i = 0; i < 2; i++) {
    DLTensor t = host(a[i], C128, 2, DIMS(2, 2), NULL), to = host(values[i], F64, 1, DIMS(2), NULL);
    CHECK_OK(spk_eigh(&t, NULL, NULL, &to, NULL, NULL));
  }
  CHECK_NEAR(values[1][0], values[0][0], 1e-14);
  CHECK_NEAR(values[1][1], values[0][1], 1e-14);
  CHECK_NEAR(values[0][0] + values[0][1], 5, 1e-14);
  CHECK_NEAR(values[0][0] * values[0][1], 4 - 13, 1e-13);
}

static void of_components_of_equal_modulus_the_first_is_positive(void) {
  const double off[] = {1, -1, 3e-9, -4e7};
  for (int i = 0; i < LENGTH(off); i++) {
    ROW("off the diagonal %g", off[i]);
    double a[4] = {0, off[i], off[i], 0}, values[2], v[4];
    DLTensor t = host(a, F64, 2, DIMS(2, 2), NULL), to = host(values, F64, 1, DIMS(2), NULL);
    DLTensor vectors = host(v, F64, 2, DIMS(2, 2), NULL);
    CHECK_OK(spk_eigh(&t, NULL, NULL, &to, &vectors, NULL));
    for (int k = 0; k < 2; k++) {
      double second = (k == 1) == (off[i] > 0) ? sqrt(0.5) : -sqrt(0.5);
      CHECK_NEAR(v[k], sqrt(0.5), 1e-15);
      CHECK_NEAR(v[2 + k], second, 1e-15);
    }
  }
}

static double scale;
static big scaled(int64_t i, int64_t j, int64_t n) { return scale * noise(i, j, n); }

static void tiny_and_huge_matrices_neither_vanish_nor_overflow(void) {
  const double scales[] = {1e-300, 1e-160, 1e160, 1e300};
  for (int i = 0; i < LENGTH(scales); i++) {
    ROW("scale %g", scales[i]);
    double plain[20];
    solve_and_check(noise, 20, F64, SPK_UPLO_LOWER, plain);
    scale = scales[i];
    DLTensor a = host(calloc(400, 8), F64, 2, DIMS(20, 20), NULL), to = host(w, F64, 1, DIMS(20), NULL);
    fill_matrix(&a, scaled, SPK_UPLO_LOWER);
    if (CHECK_OK(spk_eigh(&a, NULL, NULL, &to, NULL, NULL)))
      for (int k = 0; k < 20; k++) CHECK_NEAR(w[k] / scale, plain[k], 1e-12);
    free(a.data);
  }
}

/* The divide and conquer deflates by absolute thresholds: from n = 129 on, scales far from 1 lost the vectors. */
static void vectors_of_larger_matrices_are_right_at_any_scale(void) {
  static double w[200];
  const double scales[] = {1e-12, 1e-3, 1e6, 1e12};
  for (int i = 0; i < LENGTH(scales); i++)
    for (int n = 129; n <= 200; n += 71) {
      ROW("scale %g, n %d", scales[i], n);
      scale = scales[i];
      solve_and_check(scaled, n, F64, SPK_UPLO_LOWER, w);
    }
}

int main(void) {
  RUN(laplacian_has_its_closed_form);
  RUN(zero_matrix_has_zeros);
  RUN(identity_has_ones);
  RUN(rank_one_matrix_has_one_value_beside_zeros);
  RUN(diagonal_matrix_has_its_diagonal_sorted);
  RUN(wilkinson_21_has_its_close_pairs);
  RUN(repeated_values_have_orthonormal_vectors);
  RUN(full_hermitian_matrices_are_solved_from_either_triangle);
  RUN(imaginary_parts_of_the_diagonal_are_ignored);
  RUN(of_components_of_equal_modulus_the_first_is_positive);
  RUN(tiny_and_huge_matrices_neither_vanish_nor_overflow);
  RUN(vectors_of_larger_matrices_are_right_at_any_scale);
  return check_end();
}
