/* Fourier transforms by their definition: a direct sum along one axis after the other, in long double. */
#ifndef FFT_REFERENCE_H
#define FFT_REFERENCE_H

#include "values.h"

enum { MAX_AXES = 4 };

/* A transform of a tensor: naxes 0 means all axes; a length of 0 here means -1, the input's own. */
typedef struct {
  DLDataType in, out;
  int32_t kind, direction, norm;
  int32_t ndim;
  int64_t shape[MAX_AXES];
  int32_t naxes;
  int32_t axes[MAX_AXES];
  int64_t lengths[MAX_AXES];
} transform;

/* The same in full: axes counted from 0, lengths and output shape worked out. */
typedef struct {
  int32_t naxes;
  int32_t axes[MAX_AXES];
  int64_t lengths[MAX_AXES];
  int64_t given[MAX_AXES]; /* the lengths as the C description has them */
  int64_t out_shape[MAX_AXES];
  int64_t points; /* the product of the lengths */
} resolved;

static inline resolved resolve(const transform *t) {
  resolved r = {.naxes = t->naxes ? t->naxes : t->ndim, .points = 1};
  memcpy(r.out_shape, t->shape, sizeof r.out_shape);
  for (int32_t i = 0; i < r.naxes; i++) {
    int32_t axis = t->naxes ? t->axes[i] : i;
    axis += axis < 0 ? t->ndim : 0;
    int half = i == r.naxes - 1 && t->kind != SPK_FFT_C2C;
    int64_t own = half && t->kind == SPK_FFT_C2R ? 2 * (t->shape[axis] - 1) : t->shape[axis];
    int64_t n = t->lengths[i] > 0 ? t->lengths[i] : own;
    r.axes[i] = axis;
    r.lengths[i] = n;
    r.given[i] = t->lengths[i] > 0 ? n : -1;
    r.points *= n;
    r.out_shape[axis] = half && t->kind == SPK_FFT_R2C ? n / 2 + 1 : n;
  }
  return r;
}

/* n / 2 + 1 bins into all n of a real signal's spectrum. */
static inline void extend(big *line, int64_t n) {
  line[0] = creall(line[0]);
  for (int64_t k = n / 2 + 1; k < n; k++) line[k] = conjl(line[n - k]);
  if (n % 2 == 0) line[n / 2] = creall(line[n / 2]);
}

/* One axis: lines of `m` values, padded or cut to `n` points (C2R: to n / 2 + 1 bins), into lines of `kept`. */
static inline big *transform_axis(const big *in, int64_t outer, int64_t m, int64_t inner, int64_t n, int64_t kept,
                                  int sign, int half_input) {
  big *out = calloc((size_t)(outer * kept * inner) + 1, sizeof *out), *line = calloc((size_t)n, sizeof *line);
  big *unit = calloc((size_t)n, sizeof *unit);
  if (!out || !line || !unit) abort();
  int64_t used = half_input ? n / 2 + 1 : n;
  for (int64_t k = 0; k < n; k++) {
    long double turn = 2 * acosl(-1) * k / n;
    unit[k] = cosl(turn) + sign * I * sinl(turn);
  }
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      for (int64_t j = 0; j < n; j++) line[j] = j < m && j < used ? in[(o * m + j) * inner + i] : 0;
      if (half_input) extend(line, n);
      for (int64_t k = 0; k < kept; k++) {
        big sum = 0;
        for (int64_t j = 0; j < n; j++) sum += line[j] * unit[j * k % n];
        out[(o * kept + k) * inner + i] = half_input ? creall(sum) : sum;
      }
    }
  free(line);
  free(unit);
  return out;
}

/* The transform of `in`, in row-major order, to be freed. The last listed axis comes last for C2R, else first. */
static inline big *reference(const transform *t, const big *in) {
  resolved r = resolve(t);
  int64_t shape[MAX_AXES], count = 1;
  int sign = t->direction == SPK_FORWARD ? -1 : 1;
  big *now = NULL;
  memcpy(shape, t->shape, sizeof shape);
  for (int32_t step = 0; step < r.naxes; step++) {
    int32_t i = t->kind == SPK_FFT_C2R ? step : r.naxes - 1 - step, axis = r.axes[i];
    int half_input = t->kind == SPK_FFT_C2R && i == r.naxes - 1;
    int64_t outer = 1, inner = 1;
    for (int32_t d = 0; d < axis; d++) outer *= shape[d];
    for (int32_t d = axis + 1; d < t->ndim; d++) inner *= shape[d];
    big *next = transform_axis(now ? now : in, outer, shape[axis], inner, r.lengths[i], r.out_shape[axis], sign,
                               half_input);
    shape[axis] = r.out_shape[axis];
    free(now);
    now = next;
  }
  for (int32_t d = 0; d < t->ndim; d++) count *= shape[d];
  long double scale = 1;
  if (t->norm == SPK_NORM_ORTHO) scale = 1 / sqrtl(r.points);
  else if ((t->norm == SPK_NORM_FORWARD) == (t->direction == SPK_FORWARD)) scale = 1.0L / r.points;
  for (int64_t k = 0; k < count; k++) now[k] *= scale;
  return now;
}

/* The C description of the transform; `t` and `r` must outlive it. */
static inline spk_fft_desc describe(const transform *t, const resolved *r) {
  spk_fft_desc desc = {.struct_size = sizeof desc, .kind = t->kind, .direction = t->direction, .norm = t->norm,
                       .naxes = t->naxes, .axes = t->naxes ? t->axes : NULL, .lengths = r->given};
  return desc;
}

static inline double fft_bound(int64_t points, DLDataType out) {
  return 5 * epsilon_of(out) * fmax(1, log2((double)points));
}

/* `out` holds the transform of what `in` held when `before` was read. */
static inline void check_transform(const transform *t, const big *before, const DLTensor *out) {
  resolved r = resolve(t);
  big *want = reference(t, before), *got = read_tensor(out);
  for (int32_t d = 0; d < t->ndim; d++) CHECK_INT(out->shape[d], r.out_shape[d]);
  CHECK_AT_MOST(relative_error(got, want, element_count(out)), fft_bound(r.points, t->out));
  free(want);
  free(got);
}

/* Transforms random numbers into a new tensor and into memory of ours, and checks both. */
static inline void check_random(const transform *t, uint32_t seed) {
  resolved r = resolve(t);
  spk_fft_desc desc = describe(t, &r);
  int64_t shape[MAX_AXES];
  memcpy(shape, t->shape, sizeof shape);
  DLTensor in = host(NULL, t->in, t->ndim, shape, NULL), out = host(NULL, t->out, t->ndim, r.out_shape, NULL);
  size_t in_bytes = (size_t)element_count(&in) * element_size(t->in);
  size_t out_bytes = (size_t)element_count(&out) * element_size(t->out);
  char *memory = malloc(2 * in_bytes + out_bytes + 16), *original = memory + in_bytes;
  if (!memory) abort();
  in.data = memory;
  out.data = original + in_bytes;
  fill_tensor(&in, seed);
  memcpy(original, memory, in_bytes);
  mark(out.data, out_bytes + 16);
  big *before = read_tensor(&in);
  if (CHECK_OK(spk_fft(&in, &desc, NULL, &out))) check_transform(t, before, &out);
  CHECK(!unmarked((char *)out.data + out_bytes, 16));
  managed *made = NULL;
  if (CHECK_OK(spk_fft_new(&in, &desc, NULL, &made))) {
    if (same_dtype(made->dl_tensor.dtype, t->out)) check_transform(t, before, &made->dl_tensor);
    spk_tensor_release(made);
  }
  CHECK(memcmp(original, memory, in_bytes) == 0);
  free(before);
  free(memory);
}

#endif
