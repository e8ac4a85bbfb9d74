/* Hermitian matrices to solve, and what a solution must satisfy. */
#ifndef EIGEN_SUPPORT_H
#define EIGEN_SUPPORT_H

#include "values.h"

/* Entry (i, j) of a matrix that a test is about; only the lower triangle is asked for. */
typedef big entry(int64_t i, int64_t j, int64_t n);

static inline void write_element(void *to, DLDataType t, big value) {
  double wide[2] = {(double)creall(value), (double)cimagl(value)};
  float narrow[2] = {(float)wide[0], (float)wide[1]};
  memcpy(to, epsilon_of(t) == DBL_EPSILON ? (const void *)wide : narrow, element_size(t));
}

/* The row-major number of entry (i, j) of matrix b of a stack of n x m matrices. */
static inline int64_t number_of(int64_t b, int64_t i, int64_t j, int64_t n, int64_t m) { return (b * n + i) * m + j; }

/* Fills every matrix of `a` (..., n, n); the triangle that `uplo` does not name becomes NaN. */
static inline void fill_matrix(const DLTensor *a, entry *of, int32_t uplo) {
  int64_t n = a->shape[a->ndim - 1], batch = n ? element_count(a) / (n * n) : 0;
  for (int64_t b = 0; b < batch; b++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        int named = uplo == SPK_UPLO_LOWER ? j <= i : j >= i;
        big value = j <= i ? of(i + b, j + b, n) : conjl(of(j + b, i + b, n));
        if (!named) value = NAN;
        write_element(element_at(a, number_of(b, i, j, n, n)), a->dtype, value);
      }
}

/* Entry (i, j) as the solver must see it: from the named triangle, with a real diagonal. */
static inline big seen(const DLTensor *a, int64_t b, int64_t i, int64_t j, int32_t uplo) {
  int64_t n = a->shape[a->ndim - 1];
  int named = uplo == SPK_UPLO_LOWER ? j <= i : j >= i;
  int64_t number = named ? number_of(b, i, j, n, n) : number_of(b, j, i, n, n);
  big value = read_element(element_at(a, number), a->dtype);
  return i == j ? creall(value) : named ? value : conjl(value);
}

static inline long double largest(long double a, long double b) { return a > b || isnan(a) ? a : b; }

/* A component of modulus `top`, but for rounding, is real and positive. */
static inline int gauge_holds(const big *x, int64_t n, int64_t step, long double top, double eps) {
  for (int64_t i = 0; i < n; i++)
    if (creall(x[i * step]) >= top * (1 - 64 * eps) && fabsl(cimagl(x[i * step])) <= 4 * eps) return 1;
  return 0;
}

/*
 * Checks values w (..., m) and vectors v (..., n, m) of a (..., n, n): ascending, A v = v w, orthonormal, and of each
 * vector the component of largest modulus real and positive.
 */
static inline void check_solution(const DLTensor *a, int32_t uplo, const DLTensor *w, const DLTensor *v) {
  int64_t n = a->shape[a->ndim - 1], m = w->shape[w->ndim - 1], batch = m ? element_count(w) / m : 0;
  double eps = epsilon_of(w->dtype);
  big *values = read_tensor(w), *vectors = read_tensor(v);
  for (int64_t b = 0; b < batch; b++) {
    long double norm = 0, residual = 0, skew = 0;
    const big *x = vectors + b * n * m;
    big *product = calloc((size_t)(n * m) + 1, sizeof *product);
    if (!product) abort();
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        big aij = seen(a, b, i, j, uplo);
        norm += creall(aij * conjl(aij));
        for (int64_t k = 0; k < m; k++) product[i * m + k] += aij * x[j * m + k];
      }
    norm = sqrtl(norm);
    for (int64_t k = 0; k < m; k++) {
      long double wk = creall(values[b * m + k]), top = 0;
      CHECK(k == 0 || creall(values[b * m + k - 1]) <= wk);
      for (int64_t i = 0; i < n; i++) {
        residual = largest(cabsl(product[i * m + k] - wk * x[i * m + k]), residual);
        top = largest(cabsl(x[i * m + k]), top);
      }
      CHECK(gauge_holds(x + k, n, m, top, eps));
      for (int64_t l = 0; l <= k; l++) {
        big dot = 0;
        for (int64_t i = 0; i < n; i++) dot += conjl(x[i * m + l]) * x[i * m + k];
        skew = largest(cabsl(dot - (l == k)), skew);
      }
    }
    CHECK_AT_MOST(residual, 4 * n * eps * norm);
    CHECK_AT_MOST(skew, 4 * n * eps);
    free(product);
  }
  free(values);
  free(vectors);
}

/* Solves an n x n matrix into new tensors and checks the solution; the values are copied to `w` unless it is NULL. */
static inline void solve_and_check(entry *of, int64_t n, DLDataType type, int32_t uplo, double *w) {
  DLTensor a = host(malloc((size_t)(n * n) * element_size(type) + 1), type, 2, DIMS(n, n), NULL);
  if (!a.data) abort();
  fill_matrix(&a, of, uplo);
  spk_eigh_desc desc = {.struct_size = sizeof desc, .uplo = uplo};
  managed *values = NULL, *vectors = NULL, *alone = NULL;
  if (CHECK_OK(spk_eigh_new(&a, &desc, NULL, &values, &vectors))) {
    check_solution(&a, uplo, &values->dl_tensor, &vectors->dl_tensor);
    for (int64_t k = 0; w && k < n; k++)
      w[k] = (double)creall(read_element(element_at(&values->dl_tensor, k), values->dl_tensor.dtype));
    if (CHECK_OK(spk_eigh_new(&a, &desc, NULL, &alone, NULL))) {
      big *with = read_tensor(&values->dl_tensor), *without = read_tensor(&alone->dl_tensor);
      long double norm = largest(cabsl(with[0]), cabsl(with[n - 1]));
      for (int64_t k = 0; k < n; k++)
        CHECK_AT_MOST(cabsl(with[k] - without[k]), 4 * n * epsilon_of(values->dl_tensor.dtype) * norm);
      free(with);
      free(without);
      spk_tensor_release(alone);
    }
    spk_tensor_release(values);
    spk_tensor_release(vectors);
  }
  free(a.data);
}

/* Matrices. */
static inline big laplacian(int64_t i, int64_t j, int64_t n) { return (void)n, i == j ? 2 : i - j == 1 ? -1 : 0; }
static inline big wilkinson(int64_t i, int64_t j, int64_t n) {
  return i == j ? fabsl(i - (n - 1) / 2.0L) : i - j == 1 ? 1 : 0;
}
static inline big zero(int64_t i, int64_t j, int64_t n) { return (void)i, (void)j, (void)n, 0; }
static inline big identity(int64_t i, int64_t j, int64_t n) { return (void)n, i == j; }
static inline big diagonal(int64_t i, int64_t j, int64_t n) { return i == j ? (i * 7 + 3) % n - n / 2 : 0; }
static inline big ones(int64_t i, int64_t j, int64_t n) { return (void)i, (void)j, (void)n, 1; }
static inline big noise(int64_t i, int64_t j, int64_t n) {
  uint32_t state = (uint32_t)(i * 7919 + j * 104729 + n);
  random_unit(&state);
  big value = random_unit(&state);
  return value + I * random_unit(&state);
}

#endif
