/* Fourier transforms of any layout: strides of every kind, in place, misaligned, interleaved, empty. */
#include "fft_reference.h"

enum { POOL = 4096 }; /* bytes; element 0 lies in the middle */

static _Alignas(64) char in_pool[POOL + 8], out_pool[POOL + 8];

typedef struct {
  const char *name;
  int64_t strides[2]; /* of a 6 x 5 tensor */
} layout;

static const layout layouts[] = {
    {"row-major", {5, 1}},     {"column-major", {1, 6}},   {"reversed", {-5, -1}},
    {"upwards", {-7, 1}},      {"backwards", {5, -1}},     {"spread", {13, 2}},
    {"odd steps", {3, -20}},   {"same row", {0, 1}},       {"same element", {0, 0}},
};

static int repeats(const layout *l) { return l->strides[0] == 0; }

/* Runs one transform between two layouts, `shift` bytes off any alignment, and looks for writes beside the output. */
static void between(const transform *t, const layout *from, const layout *to, int shift) {
  resolved r = resolve(t);
  spk_fft_desc desc = describe(t, &r);
  int64_t shape[] = {t->shape[0], t->shape[1]}, in_strides[2], out_strides[2];
  memcpy(in_strides, from->strides, sizeof in_strides);
  memcpy(out_strides, to->strides, sizeof out_strides);
  DLTensor in = host(in_pool + POOL / 2 + shift, t->in, 2, shape, in_strides);
  DLTensor out = host(out_pool + POOL / 2 + shift, t->out, 2, r.out_shape, out_strides);
  static char original[sizeof in_pool];
  mark(in_pool, sizeof in_pool);
  mark(out_pool, sizeof out_pool);
  fill_tensor(&in, 7);
  memcpy(original, in_pool, sizeof original);
  big *before = read_tensor(&in);
  if (CHECK_OK(spk_fft(&in, &desc, NULL, &out))) check_transform(t, before, &out);
  CHECK(memcmp(original, in_pool, sizeof original) == 0);
  for (int64_t i = 0; i < element_count(&out); i++) mark(element_at(&out, i), element_size(t->out));
  CHECK(!unmarked(out_pool, sizeof out_pool));
  free(before);
}

static void check_layouts(int shift, int pairs) {
  for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++)
    for (int a = 0; a < LENGTH(layouts); a++)
      for (int b = 0; b < LENGTH(layouts); b++) {
        if (repeats(&layouts[b]) || (!pairs && a != b && !repeats(&layouts[a]))) continue;
        ROW("kind %d from %s to %s, %d off", kind, layouts[a].name, layouts[b].name, shift);
        transform t = {.kind = kind, .direction = kind == SPK_FFT_C2R, .ndim = 2, .shape = {6, 5}};
        t.in = kind == SPK_FFT_R2C ? F32 : C64;
        t.out = kind == SPK_FFT_C2R ? F32 : C64;
        if (kind == SPK_FFT_C2R) t.shape[1] = 3, t.lengths[1] = 5;
        between(&t, &layouts[a], &layouts[b], shift);
      }
}

static void any_strides_on_either_side(void) { check_layouts(0, 1); }

static void any_alignment(void) {
  for (int shift = 1; shift < 8; shift += 2) check_layouts(shift, 0);
}

static void byte_offset_is_added(void) {
  double in[2 * 5] = {9, 9, 1, 0, 0, 0, 0, 0, 0, 0}, out[2 * 5];
  DLTensor from = host(in, C128, 1, DIMS(4), NULL), to = host(out, C128, 1, DIMS(4), NULL);
  from.byte_offset = to.byte_offset = 16;
  spk_fft_desc desc = {.struct_size = sizeof desc};
  mark(out, sizeof out);
  CHECK_OK(spk_fft(&from, &desc, NULL, &to));
  CHECK(!unmarked(out, 16));
  for (int i = 2; i < 10; i++) CHECK_NEAR(out[i], i % 2 == 0, 1e-15);
}

/* Each layout onto itself; the reference is taken before. */
static void in_place_is_allowed_for_the_same_tensor(void) {
  for (int l = 0; l < LENGTH(layouts); l++) {
    if (repeats(&layouts[l])) continue;
    for (int flags = 0; flags <= SPK_FFT_OVERWRITE; flags++)
      for (int axis = -1; axis < 2; axis++) {
        ROW("%s, flags %d, axis %d", layouts[l].name, flags, axis);
        transform t = {.ndim = 2, .shape = {6, 5}, .in = C128, .out = C128, .naxes = axis >= 0, .axes = {axis}};
        resolved r = resolve(&t);
        spk_fft_desc desc = describe(&t, &r);
        desc.flags = flags;
        int64_t shape[] = {6, 5}, strides[2];
        memcpy(strides, layouts[l].strides, sizeof strides);
        DLTensor x = host(in_pool + POOL / 2, C128, 2, shape, strides);
        fill_tensor(&x, 11);
        big *before = read_tensor(&x);
        DLTensor same = host(in_pool + POOL / 2, C128, 2, DIMS(6, 5), DIMS(strides[0], strides[1]));
        if (CHECK_OK(spk_fft(&x, &desc, NULL, &same))) check_transform(&t, before, &x);
        free(before);
      }
  }
}

static void overwrite_is_a_hint_that_changes_no_result(void) {
  transform t = {.kind = SPK_FFT_R2C, .ndim = 1, .shape = {9}, .in = F64, .out = C128};
  resolved r = resolve(&t);
  spk_fft_desc desc = describe(&t, &r);
  desc.flags = SPK_FFT_OVERWRITE;
  double signal[9];
  DLTensor in = host(signal, F64, 1, DIMS(9), NULL);
  fill_tensor(&in, 5);
  big *before = read_tensor(&in);
  managed *m = NULL;
  if (CHECK_OK(spk_fft_new(&in, &desc, NULL, &m))) {
    check_transform(&t, before, &m->dl_tensor);
    spk_tensor_release(m);
  }
  free(before);
}

static void interleaved_input_and_output_that_share_no_byte_are_allowed(void) {
  float pool[2 * 16] = {0};
  for (int i = 0; i < 8; i++) pool[4 * i] = 1;
  DLTensor even = host(pool, C64, 1, DIMS(8), DIMS(2)), odd = host(pool + 2, C64, 1, DIMS(8), DIMS(2));
  spk_fft_desc desc = {.struct_size = sizeof desc};
  CHECK_OK(spk_fft(&even, &desc, NULL, &odd));
  for (int i = 0; i < 8; i++) {
    CHECK_NEAR(pool[4 * i], 1, 0);
    CHECK_NEAR(pool[4 * i + 2], i == 0 ? 8 : 0, 1e-6);
    CHECK_NEAR(pool[4 * i + 3], 0, 1e-6);
  }
}

static void empty_batches_give_empty_results(void) {
  DLTensor in = host(NULL, F64, 2, DIMS(0, 8), NULL), out = host(NULL, C128, 2, DIMS(0, 5), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .kind = SPK_FFT_R2C, .naxes = 1, .axes = (int32_t[]){-1}};
  managed *m = NULL;
  CHECK_OK(spk_fft(&in, &desc, NULL, &out));
  if (CHECK_OK(spk_fft_new(&in, &desc, NULL, &m))) {
    CHECK_INT(m->dl_tensor.shape[0], 0);
    CHECK_INT(m->dl_tensor.shape[1], 5);
    CHECK_PTR(m->dl_tensor.data, NULL);
    spk_tensor_release(m);
  }
}

static void a_length_pads_an_empty_axis(void) {
  double out[8];
  DLTensor in = host(NULL, F64, 1, DIMS(0), NULL), to = host(out, C128, 1, DIMS(4), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .lengths = DIMS(4)};
  mark(out, sizeof out);
  CHECK_OK(spk_fft(&in, &desc, NULL, &to));
  for (int i = 0; i < 8; i++) CHECK_NEAR(out[i], 0, 0);
}

static void extents_of_one_may_have_any_stride(void) {
  float in[8], out[16];
  transform t = {.ndim = 3, .shape = {1, 8, 1}, .in = F32, .out = C64};
  DLTensor from = host(in, F32, 3, DIMS(1, 8, 1), DIMS(INT64_MIN, 1, 0));
  DLTensor to = host(out, C64, 3, DIMS(1, 8, 1), DIMS(0, 1, INT64_MAX));
  spk_fft_desc desc = {.struct_size = sizeof desc};
  DLTensor plain = host(in, F32, 1, DIMS(8), NULL);
  fill_tensor(&plain, 2);
  big *before = read_tensor(&plain);
  to.strides = DIMS(0, 1, INT64_MAX);
  if (CHECK_OK(spk_fft(&from, &desc, NULL, &to))) {
    to.strides = DIMS(0, 1, 0);
    check_transform(&t, before, &to);
  }
  free(before);
}

static void not_a_number_and_infinity_flow_through(void) {
  const double odd[] = {NAN, INFINITY, -INFINITY};
  for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++)
    for (int i = 0; i < LENGTH(odd); i++) {
      ROW("kind %d, %g", kind, odd[i]);
      double in[2 * 2 * 6] = {0};
      DLDataType type = kind == SPK_FFT_R2C ? F64 : C128;
      DLTensor t = host(in, type, 2, DIMS(2, 6), NULL);
      in[type.code == kDLComplex ? 2 : 1] = odd[i];
      spk_fft_desc desc = {.struct_size = sizeof desc, .kind = kind, .naxes = 1, .axes = (int32_t[]){1}};
      managed *m = NULL;
      if (!CHECK_OK(spk_fft_new(&t, &desc, NULL, &m))) continue;
      big *got = read_tensor(&m->dl_tensor);
      int64_t line = m->dl_tensor.shape[1];
      for (int64_t k = 0; k < line; k++) {
        CHECK(!isfinite(creall(got[k])) || !isfinite(cimagl(got[k])));
        CHECK(got[line + k] == 0); /* the other line is clean */
      }
      free(got);
      spk_tensor_release(m);
    }
}

int main(void) {
  RUN(any_strides_on_either_side);
  RUN(any_alignment);
  RUN(byte_offset_is_added);
  RUN(in_place_is_allowed_for_the_same_tensor);
  RUN(overwrite_is_a_hint_that_changes_no_result);
  RUN(interleaved_input_and_output_that_share_no_byte_are_allowed);
  RUN(empty_batches_give_empty_results);
  RUN(a_length_pads_an_empty_axis);
  RUN(extents_of_one_may_have_any_stride);
  RUN(not_a_number_and_infinity_flow_through);
  return check_end();
}
