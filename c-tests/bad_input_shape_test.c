/* Shapes that are sound in themselves but not for the function, and numbers that no solve takes. */
#include "bad_input.h"

static int32_t fft_of(DLTensor t, spk_fft_desc desc) {
  managed *m = stale();
  desc.struct_size = sizeof desc;
  return made(spk_fft_new(&t, &desc, NULL, &m), &m);
}

static void transforms_need_at_least_one_point(void) {
  const spk_fft_desc c2c = {0}, r2c = {.kind = SPK_FFT_R2C}, c2r = {.kind = SPK_FFT_C2R};
  reset();
  check_refused(fft_of(host(NULL, F64, 1, DIMS(0), NULL), c2c), SPK_BAD_SHAPE, "in", "shape[0] = 0");
  check_refused(fft_of(host(NULL, F64, 2, DIMS(3, 0), NULL), r2c), SPK_BAD_SHAPE, "in", "shape[1] = 0");
  check_refused(fft_of(host(in_data, C128, 1, DIMS(1), NULL), c2r), SPK_BAD_SHAPE, "in", "shape[0] = 1");
  check_refused(fft_of(host(NULL, C128, 1, DIMS(0), NULL), c2r), SPK_BAD_SHAPE, "in", "length -2");
}

static void half_transforms_need_an_axis(void) {
  const spk_fft_desc c2c = {0}, r2c = {.kind = SPK_FFT_R2C}, c2r = {.kind = SPK_FFT_C2R};
  reset();
  check_refused(fft_of(host(in_data, F64, 0, NULL, NULL), r2c), SPK_BAD_NDIM, "in", "ndim = 0");
  check_refused(fft_of(host(in_data, C128, 0, NULL, NULL), c2r), SPK_BAD_NDIM, "in", "ndim = 0");
  CHECK_OK(fft_of(host(in_data, C128, 0, NULL, NULL), c2c)); /* over no axes: a complex copy */
}

static int32_t eigh_of(DLTensor a) {
  managed *w = stale(), *v = stale();
  int32_t status = spk_eigh_new(&a, NULL, NULL, &w, &v);
  made(status, &v);
  return made(status, &w);
}

static void matrices_are_square(void) {
  reset();
  check_refused(eigh_of(host(a_data, F64, 0, NULL, NULL)), SPK_BAD_NDIM, "a", "ndim = 0");
  check_refused(eigh_of(host(a_data, F64, 1, DIMS(4), NULL)), SPK_BAD_NDIM, "a", "ndim = 1");
  check_refused(eigh_of(host(a_data, F64, 2, DIMS(2, 3), NULL)), SPK_BAD_SHAPE, "a", "2 and 3");
  check_refused(eigh_of(host(a_data, F64, 3, DIMS(3, 3, 2), NULL)), SPK_BAD_SHAPE, "a", "3 and 2");
  check_refused(eigh_of(host(NULL, F64, 2, DIMS(0, 3), NULL)), SPK_BAD_SHAPE, "a", "0 and 3");
}

static void matrices_that_are_not_finite_are_refused_before_anything_is_written(void) {
  const double odd[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < LENGTH(odd); i++)
    for (int at = 0; at < 18; at++) {
      int row = at % 9 / 3, column = at % 3;
      ROW("%g at (%d, %d, %d)", odd[i], at / 9, row, column);
      double block[18];
      memcpy(block, a_data, sizeof block);
      block[at] = odd[i];
      DLTensor a = good_a;
      a.data = block;
      reset();
      if (column > row) {
        CHECK_OK(spk_eigh(&a, NULL, NULL, &good_w, &good_v, NULL)); /* the triangle that is not looked at */
        continue;
      }
      check_refused(spk_eigh(&a, NULL, NULL, &good_w, &good_v, NULL), SPK_NOT_FINITE, "a", "");
      check_refused(eigh_of(a), SPK_NOT_FINITE, "a", "");
    }
}

static int32_t stop(void *user, double fraction) { return (void)user, (void)fraction, 1; }

static void a_solve_can_be_cancelled(void) {
  spk_exec exec = {.struct_size = sizeof exec, .progress = stop};
  managed *w = stale(), *v = stale();
  CHECK_STATUS(spk_eigh(&good_a, NULL, &exec, &good_w, &good_v, &good_info), SPK_CANCELLED);
  CHECK_MESSAGE("progress");
  CHECK_STATUS(spk_eigh_new(&good_a, NULL, &exec, &w, &v), SPK_CANCELLED);
  CHECK_PTR(w, NULL);
  CHECK_PTR(v, NULL);
}

static void copies_to_devices_without_a_computing_backend_are_refused(void) {
  const struct {
    int device, status;
    const char *value;
  } rows[] = {{2, SPK_BACKEND_UNAVAILABLE, "cuda"}, {14, SPK_UNSUPPORTED, "oneapi"}, {99, SPK_UNSUPPORTED, "99"},
              {-1, SPK_UNSUPPORTED, "-1"}};
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("device %d", rows[i].device);
    int32_t count = 0;
    CHECK_OK(spk_device_count(rows[i].device, &count));
    if (count > 0) continue;
    managed *m = stale();
    reset();
    check_refused(made(spk_tensor_copy(&good_in, rows[i].device, 0, NULL, &m), &m), rows[i].status, "device_type",
                  rows[i].value);
  }
}

int main(void) {
  RUN(transforms_need_at_least_one_point);
  RUN(half_transforms_need_an_axis);
  RUN(matrices_are_square);
  RUN(matrices_that_are_not_finite_are_refused_before_anything_is_written);
  RUN(a_solve_can_be_cancelled);
  RUN(copies_to_devices_without_a_computing_backend_are_refused);
  return check_end();
}
