/* spk_tensor_wrap, spk_tensor_empty and the two checks: how the caller's memory, or new memory, becomes a tensor. */
#include "tensors.h"

static void wrap_points_at_the_callers_memory_and_frees_it_once(void) {
  double data[6] = {1, 2, 3, 4, 5, 6};
  counter freed = 0;
  DLTensor t = host(data, F64, 2, DIMS(2, 3), NULL);
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, count_free, &freed, 0, &m))) return;
  CHECK_PTR(m->dl_tensor.data, data);
  CHECK_INT(m->version.major, 1);
  CHECK_INT(m->flags, 0);
  CHECK_INT(m->dl_tensor.device.device_type, kDLCPU);
  CHECK(same_dtype(m->dl_tensor.dtype, F64));
  CHECK(m->deleter != NULL);
  CHECK_INT(freed, 0);
  m->deleter(m);
  CHECK_INT(freed, 1);
}

static void wrap_copies_shape_and_strides(void) {
  float data[12] = {0};
  int64_t shape[] = {3, 2}, strides[] = {4, -1};
  DLTensor t = host(data + 1, F32, 2, shape, strides);
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  shape[0] = strides[0] = 99;
  memset(&t, 0x5A, sizeof t);
  check_layout(&m->dl_tensor, 2, DIMS(3, 2), DIMS(4, -1));
  spk_tensor_release(m);
}

static void wrap_makes_null_strides_explicit(void) {
  char data[24];
  DLTensor t = host(data, U8, 3, DIMS(2, 3, 4), NULL);
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  check_layout(&m->dl_tensor, 3, DIMS(2, 3, 4), DIMS(12, 4, 1));
  spk_tensor_release(m);
}

static void wrap_folds_byte_offset_into_the_data_pointer(void) {
  char data[64];
  DLTensor t = host(data, I32, 1, DIMS(4), NULL);
  t.byte_offset = 24;
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  CHECK_PTR(m->dl_tensor.data, data + 24);
  CHECK_INT(m->dl_tensor.byte_offset, 0);
  spk_tensor_release(m);
}

static void wrap_keeps_every_combination_of_flags(void) {
  char data[4];
  DLTensor t = host(data, U8, 1, DIMS(4), NULL);
  for (uint64_t flags = 0; flags < 8; flags++) {
    ROW("flags %d", (int)flags);
    managed *m = NULL;
    if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, flags, &m))) continue;
    CHECK_INT(m->flags, flags);
    spk_tensor_release(m);
  }
}

static void empty_tensors_and_scalars_may_have_null_pointers(void) {
  double scalar = 7;
  counter freed = 0;
  DLTensor none = host(NULL, F64, 2, DIMS(0, 3), NULL), point = host(&scalar, F64, 0, NULL, NULL);
  managed *m = NULL;
  if (CHECK_OK(spk_tensor_wrap(&none, count_free, &freed, 0, &m))) {
    CHECK_PTR(m->dl_tensor.data, NULL);
    CHECK_INT(m->dl_tensor.shape[0], 0);
    CHECK_INT(m->dl_tensor.shape[1], 3);
    CHECK(m->dl_tensor.strides != NULL);
    spk_tensor_release(m);
    CHECK_INT(freed, 1);
  }
  if (CHECK_OK(spk_tensor_wrap(&point, count_free, &freed, 0, &m))) {
    CHECK_INT(m->dl_tensor.ndim, 0);
    CHECK_PTR(m->dl_tensor.data, &scalar);
    spk_tensor_release(m);
    CHECK_INT(freed, 2);
  }
}

static void tensors_of_64_dimensions_are_taken(void) {
  double x = 1;
  int64_t shape[64];
  for (int d = 0; d < 64; d++) shape[d] = 1;
  DLTensor t = host(&x, F64, 64, shape, NULL);
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  check_layout(&m->dl_tensor, 64, shape, shape);
  spk_tensor_release(m);
}

static void empty_gives_compact_writable_memory_aligned_to_256(void) {
  for (int n = 0; n < 40; n++) {
    ROW("n %d", n);
    DLTensor like = host(NULL, n % 2 ? C128 : F16, 2, DIMS(n, 3), DIMS(77, -5));
    like.byte_offset = 8;
    managed *m = NULL;
    if (!CHECK_OK(spk_tensor_empty(&like, &m))) continue;
    if (n == 0) {
      CHECK_PTR(m->dl_tensor.data, NULL);
    } else {
      check_layout(&m->dl_tensor, 2, DIMS(n, 3), DIMS(3, 1));
      CHECK_INT((uintptr_t)m->dl_tensor.data % 256, 0);
      memset(m->dl_tensor.data, 1, (size_t)n * 3 * (n % 2 ? 16 : 2));
    }
    CHECK_INT(m->dl_tensor.byte_offset, 0);
    CHECK_INT(m->flags, 0);
    CHECK_INT(m->dl_tensor.device.device_type, kDLCPU);
    CHECK(same_dtype(m->dl_tensor.dtype, like.dtype));
    spk_tensor_release(m);
  }
}

static void empty_packs_elements_below_a_byte(void) {
  DLTensor like = host(NULL, DTYPE(kDLFloat4_e2m1fn, 4, 1), 1, DIMS(5), NULL);
  managed *m = NULL;
  if (!CHECK_OK(spk_tensor_empty(&like, &m))) return;
  memset(m->dl_tensor.data, 0, 3);
  CHECK_INT(m->dl_tensor.shape[0], 5);
  spk_tensor_release(m);
}

static void check_accepts_what_exchange_accepts(void) {
  double data[4] = {0};
  const DLTensor good[] = {
      host(data, F64, 1, DIMS(4), NULL),
      host(data, F64, 1, DIMS(1000), DIMS(0)),                /* the same element again and again */
      host(data + 3, F64, 1, DIMS(4), DIMS(-1)),
      host(data, F64, 2, DIMS(1, 4), DIMS(INT64_MAX, 1)),     /* the stride of an extent of 1 does not matter */
      host(NULL, F64, 2, DIMS(0, 4), DIMS(INT64_MAX, 1)),     /* nor that of an empty tensor */
      host(NULL, F64, 3, DIMS(INT64_MAX, INT64_MAX, 0), NULL),
      host(data, F64, 0, NULL, NULL),
      host((char *)data + 1, F64, 1, DIMS(3), NULL),          /* misaligned */
      host(data, DTYPE(200, 24, 5), 1, DIMS(2), NULL),        /* a type of the future */
      tensor_on(2, data, F64, 1, DIMS(4), NULL),
      tensor_on(77, data, F64, 1, DIMS(4), NULL),
  };
  for (int i = 0; i < LENGTH(good); i++) {
    ROW("good[%d]", i);
    managed m = {.version = {1, 0}, .dl_tensor = good[i]};
    CHECK_OK(spk_tensor_check(&good[i]));
    CHECK_OK(spk_tensor_check_managed(&m, 0));
    CHECK_OK(spk_tensor_check_managed(&m, 1));
  }
}

static void read_only_passes_as_input_and_not_as_output(void) {
  double data[2] = {0};
  managed m = {.version = {1, 1}, .flags = SPK_TENSOR_READ_ONLY, .dl_tensor = host(data, F64, 1, DIMS(2), NULL)};
  CHECK_OK(spk_tensor_check_managed(&m, 0));
  CHECK_STATUS(spk_tensor_check_managed(&m, 1), SPK_READ_ONLY);
  CHECK_MESSAGE("tensor");
  CHECK_MESSAGE("read-only");
  m.flags = SPK_TENSOR_COPIED;
  CHECK_OK(spk_tensor_check_managed(&m, 1));
}

static void release_of_null_and_of_a_null_deleter_does_nothing(void) {
  managed m = {.version = {1, 0}};
  spk_tensor_release(NULL);
  spk_tensor_release(&m);
  CHECK_INT(m.version.major, 1);
}

static void release_calls_a_foreign_deleter(void) {
  double data[2] = {0};
  counter freed = 0;
  spk_tensor_release(foreign(host(data, F64, 1, DIMS(2), NULL), 0, &freed));
  CHECK_INT(freed, 1);
}

int main(void) {
  RUN(wrap_points_at_the_callers_memory_and_frees_it_once);
  RUN(wrap_copies_shape_and_strides);
  RUN(wrap_makes_null_strides_explicit);
  RUN(wrap_folds_byte_offset_into_the_data_pointer);
  RUN(wrap_keeps_every_combination_of_flags);
  RUN(empty_tensors_and_scalars_may_have_null_pointers);
  RUN(tensors_of_64_dimensions_are_taken);
  RUN(empty_gives_compact_writable_memory_aligned_to_256);
  RUN(empty_packs_elements_below_a_byte);
  RUN(check_accepts_what_exchange_accepts);
  RUN(read_only_passes_as_input_and_not_as_output);
  RUN(release_of_null_and_of_a_null_deleter_does_nothing);
  RUN(release_calls_a_foreign_deleter);
  return check_end();
}
