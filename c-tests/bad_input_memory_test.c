/* More memory than there can be: refused as SPK_OUT_OF_MEMORY, never an abort, and never after hours of work. */
#include "bad_input.h"

#include <signal.h>

#define POWER(k) (INT64_C(1) << (k))

/* One number that stands for a huge tensor: all strides are 0. */
static double number[2] = {1, 0};
static int64_t zeros[3];

static DLTensor huge(DLDataType type, int32_t ndim, int64_t *shape) { return host(number, type, ndim, shape, zeros); }

static void new_tensors_of_2_to_the_50_bytes_are_refused(void) {
  const struct {
    DLDataType type;
    int32_t ndim;
    int64_t shape[2];
    const char *bytes;
  } rows[] = {
      {{kDLUInt, 8, 1}, 1, {POWER(50)}, "1125899906842624"},
      {{kDLFloat, 64, 1}, 1, {POWER(47)}, "1125899906842624"},
      {{kDLComplex, 128, 1}, 2, {POWER(23), POWER(23)}, "1125899906842624"},
      {{kDLFloat4_e2m1fn, 4, 1}, 1, {POWER(51)}, "1125899906842624"},
      {{kDLUInt, 8, 1}, 1, {INT64_MAX}, "9223372036854775807"},
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("row %d", i);
    int64_t shape[2] = {rows[i].shape[0], rows[i].shape[1]};
    DLTensor like = host(NULL, rows[i].type, rows[i].ndim, shape, NULL);
    managed *m = stale();
    reset();
    check_refused(made(spk_tensor_empty(&like, &m), &m), SPK_OUT_OF_MEMORY, "out", rows[i].bytes);
    if (rows[i].type.bits < 8) continue;
    DLTensor in = huge(rows[i].type, rows[i].ndim, shape);
    m = stale();
    check_refused(made(spk_tensor_copy(&in, 0, 0, NULL, &m), &m), SPK_OUT_OF_MEMORY, "out", rows[i].bytes);
  }
}

static void transforms_into_2_to_the_50_bytes_are_refused(void) {
  const struct {
    DLDataType type;
    spk_fft_desc desc;
    int64_t shape[2];
  } rows[] = {
      {C128, {.kind = SPK_FFT_C2C}, {1, POWER(46)}},
      {F64, {.kind = SPK_FFT_C2C, .naxes = 1, .axes = (int32_t[]){0}}, {4, POWER(44)}},
      {F32, {.kind = SPK_FFT_R2C, .naxes = 1, .axes = (int32_t[]){1}}, {POWER(40), 2000}},
      {C64, {.kind = SPK_FFT_C2R}, {POWER(24), POWER(24)}},
      {F64, {.kind = SPK_FFT_C2C, .lengths = DIMS(2, POWER(46))}, {2, 2}}, /* padding asks for it */
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("row %d", i);
    DLTensor in = huge(rows[i].type, 2, DIMS(rows[i].shape[0], rows[i].shape[1]));
    spk_fft_desc desc = rows[i].desc;
    desc.struct_size = sizeof desc;
    managed *m = stale();
    reset();
    CHECK_STATUS(made(spk_fft_new(&in, &desc, NULL, &m), &m), SPK_OUT_OF_MEMORY);
  }
}

static void plans_of_huge_lengths_are_refused(void) {
  const int64_t lengths[] = {POWER(46),     POWER(46) - 1, POWER(46) - 21, POWER(40),
                             POWER(40) + 1, POWER(36),     POWER(36) - 5};
  for (int i = 0; i < LENGTH(lengths); i++)
    for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++)
      for (int wide = 0; wide < 2; wide++) {
        ROW("length %lld, kind %d, %s", (long long)lengths[i], kind, wide ? "f64" : "f32");
        int64_t n = lengths[i], half = n / 2 + 1;
        DLDataType real = wide ? F64 : F32, complex = wide ? C128 : C64;
        DLTensor in = host(NULL, kind == SPK_FFT_R2C ? real : complex, 1, kind == SPK_FFT_C2R ? &half : &n, NULL);
        DLTensor out = host(NULL, kind == SPK_FFT_C2R ? real : complex, 1, kind == SPK_FFT_R2C ? &half : &n, NULL);
        spk_fft_desc desc = {.struct_size = sizeof desc, .kind = kind, .lengths = &n};
        spk_fft_plan *plan = stale();
        char value[32];
        snprintf(value, sizeof value, "%lld", (long long)n);
        reset();
        check_refused(made_plan(spk_fft_plan_create(&in, &out, &desc, NULL, &plan), &plan), SPK_OUT_OF_MEMORY, "desc",
                      value);
      }
}

static void a_huge_input_that_is_cut_is_read_only_where_it_counts(void) {
  double out[8];
  DLTensor in = huge(F64, 1, DIMS(POWER(59))), to = host(out, C128, 1, DIMS(4), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .lengths = DIMS(4)};
  CHECK_OK(spk_fft(&in, &desc, NULL, &to));
  CHECK_NEAR(out[0], 4, 1e-15);
}

static void matrices_of_2_to_the_50_bytes_are_refused(void) {
  for (int with_vectors = 1; with_vectors >= 0; with_vectors--) {
    ROW("%s", with_vectors ? "with vectors" : "values only");
    DLTensor a = huge(F64, 2, DIMS(POWER(24), POWER(24)));
    managed *w = stale(), *v = stale();
    reset();
    int32_t status = spk_eigh_new(&a, NULL, NULL, &w, with_vectors ? &v : NULL);
    CHECK_STATUS(status, SPK_OUT_OF_MEMORY);
    CHECK_PTR(w, NULL);
    if (with_vectors) CHECK_PTR(v, NULL);
  }
}

/* A call that works through 2^46 elements before it asks for memory would not end. */
static void too_late(int signal) {
  (void)signal;
  printf("%s [%s]: no answer within 20 s\n%d passed, 1 failed\n", check_claim, check_row, check_passed);
  fflush(stdout);
  _exit(1);
}

int main(void) {
  signal(SIGALRM, too_late);
  alarm(20);
  RUN(new_tensors_of_2_to_the_50_bytes_are_refused);
  RUN(transforms_into_2_to_the_50_bytes_are_refused);
  RUN(plans_of_huge_lengths_are_refused);
  RUN(a_huge_input_that_is_cut_is_read_only_where_it_counts);
  RUN(matrices_of_2_to_the_50_bytes_are_refused);
  return check_end();
}
