/* Fourier transforms against the direct sum: kinds, lengths, directions, norms, axes, padding and cutting. */
#include "fft_reference.h"

static const DLDataType reals[] = {{kDLFloat, 32, 1}, {kDLFloat, 64, 1}};
static const DLDataType complexes[] = {{kDLComplex, 64, 1}, {kDLComplex, 128, 1}};

static void row(const transform *t) {
  ROW("kind %d direction %d norm %d in %d:%d shape %d %d %d lengths %d %d naxes %d", (int)t->kind, (int)t->direction,
      (int)t->norm, t->in.code, t->in.bits, (int)t->shape[0], (int)t->shape[1], (int)t->shape[2], (int)t->lengths[0],
      (int)t->lengths[1], (int)t->naxes);
}

static void check(transform t) {
  row(&t);
  check_random(&t, 1 + (uint32_t)t.shape[0]);
}

/* One kind for every length, precision, direction and norm. `real_in`: C2C of real numbers. */
static void check_lengths(int32_t kind, int real_in) {
  const int more[] = {37, 101};
  for (int k = 1; k <= 32 + LENGTH(more); k++) {
    int n = k <= 32 ? k : more[k - 33];
    for (int wide = 0; wide < 2; wide++)
      for (int32_t direction = SPK_FORWARD; direction <= SPK_INVERSE; direction++)
        for (int32_t norm = SPK_NORM_BACKWARD; norm <= SPK_NORM_FORWARD; norm++) {
          transform t = {.kind = kind, .direction = direction, .norm = norm, .ndim = 1, .shape = {n}};
          t.in = real_in ? reals[wide] : complexes[wide];
          t.out = kind == SPK_FFT_C2R ? reals[wide] : complexes[wide];
          if (kind == SPK_FFT_C2R) {
            t.shape[0] = n / 2 + 1;
            t.lengths[0] = n;
          }
          check(t);
        }
  }
}

static void c2c_is_the_sum_for_every_length(void) { check_lengths(SPK_FFT_C2C, 0); }
static void c2c_of_real_input_gives_all_bins(void) { check_lengths(SPK_FFT_C2C, 1); }
static void r2c_gives_half_the_bins_for_odd_and_even_lengths(void) { check_lengths(SPK_FFT_R2C, 1); }
static void c2r_gives_real_signals_of_odd_and_even_lengths(void) { check_lengths(SPK_FFT_C2R, 0); }

/* Every kind over these axes of a 4 x 3 x 5 tensor. */
static void check_axes(int32_t naxes, const int32_t *axes, const int64_t *lengths) {
  for (int32_t kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++)
    for (int32_t direction = SPK_FORWARD; direction <= SPK_INVERSE; direction++) {
      transform t = {.kind = kind, .direction = direction, .norm = (kind + direction) % 3, .ndim = 3,
                     .shape = {4, 3, 5}, .naxes = naxes};
      t.in = kind == SPK_FFT_R2C ? F64 : C128;
      t.out = kind == SPK_FFT_C2R ? F64 : C128;
      if (naxes) memcpy(t.axes, axes, (size_t)naxes * sizeof *axes);
      if (lengths) memcpy(t.lengths, lengths, (size_t)(naxes ? naxes : 3) * sizeof *lengths);
      check(t);
    }
}

static void any_axes_in_any_order(void) {
  static const struct {
    int32_t naxes, axes[3];
  } rows[] = {
      {0, {0}},       {1, {0}},       {1, {1}},       {1, {2}},        {1, {-1}},      {1, {-3}},
      {2, {0, 1}},    {2, {1, 0}},    {2, {0, 2}},    {2, {2, 0}},     {2, {-2, -1}},  {2, {1, -1}},
      {3, {0, 1, 2}}, {3, {2, 1, 0}}, {3, {1, 2, 0}}, {3, {0, 2, 1}},  {3, {-1, 0, 1}},
  };
  for (int i = 0; i < LENGTH(rows); i++) check_axes(rows[i].naxes, rows[i].axes, NULL);
}

static void lengths_pad_with_zeros_and_cut(void) {
  static const struct {
    int32_t naxes, axes[3];
    int64_t lengths[3]; /* 0 is the input's own */
  } rows[] = {{1, {0}, {7}},          {1, {0}, {2}},        {1, {2}, {1}},          {1, {2}, {16}},
              {2, {0, 2}, {6, 3}},    {2, {2, 1}, {9, 8}},  {2, {1, 2}, {0, 11}},   {2, {1, 2}, {5, 0}},
              {3, {0, 1, 2}, {2, 7, 4}}, {0, {0}, {5, 2, 6}}, {3, {2, 0, 1}, {3, 0, 1}}};
  for (int i = 0; i < LENGTH(rows); i++) check_axes(rows[i].naxes, rows[i].axes, rows[i].lengths);
}

static void two_dimensions_of_sizes_that_share_no_factor(void) {
  for (int wide = 0; wide < 2; wide++)
    for (int32_t norm = SPK_NORM_BACKWARD; norm <= SPK_NORM_FORWARD; norm++) {
      check((transform){.kind = SPK_FFT_C2C, .norm = norm, .ndim = 2, .shape = {31, 24}, .in = complexes[wide],
                        .out = complexes[wide]});
      check((transform){.kind = SPK_FFT_R2C, .norm = norm, .ndim = 2, .shape = {24, 31}, .in = reals[wide],
                        .out = complexes[wide]});
      check((transform){.kind = SPK_FFT_C2R, .norm = norm, .direction = SPK_INVERSE, .ndim = 2, .shape = {24, 16},
                        .lengths = {0, 31}, .in = complexes[wide], .out = reals[wide]});
    }
}

static void batches_of_many_lines(void) {
  for (int wide = 0; wide < 2; wide++)
    for (int axis = 0; axis < 2; axis++)
      check((transform){.kind = SPK_FFT_C2C, .ndim = 2, .shape = {axis ? 300 : 16, axis ? 16 : 300}, .naxes = 1,
                        .axes = {axis}, .in = complexes[wide], .out = complexes[wide]});
}

static void r2c_odd_length_has_no_nyquist_bin(void) {
  double signal[5] = {1, -1, 1, -1, 1};
  DLTensor in = host(signal, F64, 1, DIMS(5), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .kind = SPK_FFT_R2C};
  managed *m = NULL;
  if (!CHECK_OK(spk_fft_new(&in, &desc, NULL, &m))) return;
  CHECK_INT(m->dl_tensor.shape[0], 3);
  CHECK_NEAR(((double *)m->dl_tensor.data)[0], 1, 1e-15);
  CHECK(fabs(((double *)m->dl_tensor.data)[5]) > 0.1); /* the last bin has an imaginary part */
  spk_tensor_release(m);
}

static void c2r_ignores_what_a_real_signal_cannot_have(void) {
  double bins[2][6] = {{1, 0, 2, 3, 4, 0}, {1, 50, 2, 3, 4, 60}}, out[2][4];
  spk_fft_desc desc = {.struct_size = sizeof desc, .kind = SPK_FFT_C2R, .direction = SPK_INVERSE};
  for (int i = 0; i < 2; i++) {
    DLTensor in = host(bins[i], C128, 1, DIMS(3), NULL), to = host(out[i], F64, 1, DIMS(4), NULL);
    CHECK_OK(spk_fft(&in, &desc, NULL, &to));
  }
  for (int i = 0; i < 4; i++) CHECK_NEAR(out[1][i], out[0][i], 1e-15);
}

/* A tone at bin f of n is n at that bin and 0 elsewhere: long lengths, without a sum of n * n terms. */
static void long_lengths_find_a_tone(void) {
  const int lengths[] = {1 << 16, 10007, 65537, 30030, 3 * 5 * 7 * 11 * 13, 44100};
  for (int k = 0; k < LENGTH(lengths); k++) {
    int n = lengths[k], f = n / 3;
    ROW("n %d", n);
    double complex *in = malloc((size_t)n * sizeof *in), *out = malloc((size_t)n * sizeof *out);
    if (!in || !out) abort();
    for (int64_t j = 0; j < n; j++) {
      double turn = 2 * acos(-1) * (double)(j * f % n) / n;
      in[j] = cos(turn) + I * sin(turn);
    }
    DLTensor from = host(in, C128, 1, DIMS(n), NULL), to = host(out, C128, 1, DIMS(n), NULL);
    spk_fft_desc desc = {.struct_size = sizeof desc};
    if (CHECK_OK(spk_fft(&from, &desc, NULL, &to))) {
      CHECK_AT_MOST(cabs(out[f] - n) / n, fft_bound(n, C128));
      double rest = 0;
      for (int j = 0; j < n; j++) rest += j == f ? 0 : cabs(out[j]) * cabs(out[j]);
      CHECK_AT_MOST(sqrt(rest) / n, fft_bound(n, C128));
    }
    free(in);
    free(out);
  }
}

static void forward_then_inverse_gives_the_input_back(void) {
  for (int32_t norm = SPK_NORM_BACKWARD; norm <= SPK_NORM_FORWARD; norm++) {
    ROW("norm %d", (int)norm);
    double signal[3 * 50];
    DLTensor in = host(signal, F64, 2, DIMS(3, 50), NULL);
    fill_tensor(&in, 3);
    spk_fft_desc there = {.struct_size = sizeof there, .kind = SPK_FFT_R2C, .norm = norm};
    spk_fft_desc back = {.struct_size = sizeof back, .kind = SPK_FFT_C2R, .direction = SPK_INVERSE, .norm = norm};
    managed *bins = NULL, *again = NULL;
    if (!CHECK_OK(spk_fft_new(&in, &there, NULL, &bins))) continue;
    if (CHECK_OK(spk_fft_new(&bins->dl_tensor, &back, NULL, &again))) {
      big *want = read_tensor(&in), *got = read_tensor(&again->dl_tensor);
      CHECK_INT(element_count(&again->dl_tensor), 150);
      CHECK_AT_MOST(relative_error(got, want, 150), fft_bound(150, F64));
      free(want);
      free(got);
      spk_tensor_release(again);
    }
    spk_tensor_release(bins);
  }
}

/* A length of 10^8 used to be planned, 15 GB of tables, for a batch of no lines. */
static void empty_batches_need_no_plan(void) {
  DLTensor in = host(NULL, C128, 2, DIMS(0, 1000003), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .naxes = 1, .axes = (int32_t[]){1},
                       .lengths = DIMS((int64_t)1 << 45)};
  managed *out = NULL;
  if (CHECK_OK(spk_fft_new(&in, &desc, NULL, &out))) CHECK_INT(out->dl_tensor.shape[1], (int64_t)1 << 45);
  spk_tensor_release(out);
}

int main(void) {
  RUN(c2c_is_the_sum_for_every_length);
  RUN(c2c_of_real_input_gives_all_bins);
  RUN(r2c_gives_half_the_bins_for_odd_and_even_lengths);
  RUN(c2r_gives_real_signals_of_odd_and_even_lengths);
  RUN(any_axes_in_any_order);
  RUN(lengths_pad_with_zeros_and_cut);
  RUN(two_dimensions_of_sizes_that_share_no_factor);
  RUN(batches_of_many_lines);
  RUN(r2c_odd_length_has_no_nyquist_bin);
  RUN(c2r_ignores_what_a_real_signal_cannot_have);
  RUN(long_lengths_find_a_tone);
  RUN(forward_then_inverse_gives_the_input_back);
  RUN(empty_batches_need_no_plan);
  return check_end();
}
