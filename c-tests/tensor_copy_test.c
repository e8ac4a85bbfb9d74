/* Copies: every element size, any layout, nothing beside the elements touched. */
#include "tensors.h"

enum { ROWS = 5, COLUMNS = 7 };

/* Layouts of a 5 x 7 tensor inside 200 elements; `first` is where element 0 lies. */
typedef struct {
  const char *name;
  int64_t strides[2];
  int64_t first;
  int repeats; /* zero strides: an input only */
} layout;

static const layout layouts[] = {
    {"row-major", {7, 1}, 0, 0},      {"column-major", {1, 5}, 3, 0},  {"reversed", {-7, -1}, 40, 0},
    {"rows upwards", {-9, 1}, 50, 0}, {"spread", {20, 2}, 1, 0},       {"transposed, spread", {3, 17}, 2, 0},
    {"one row again", {0, 1}, 9, 1},  {"one element again", {0, 0}, 7, 1},
};
static const int sizes[] = {1, 2, 3, 4, 8, 16, 32, 5};

static unsigned char source[200 * 32 + 8], target[200 * 32 + 8], expected[200 * 32 + 8];

static DLDataType type_of(int size) {
  static const DLDataType types[] = {{kDLInt, 8, 1},      {kDLFloat, 16, 1},      {kDLUInt, 8, 3},    {kDLFloat, 32, 1},
                                     {kDLUInt, 64, 1},    {kDLComplex, 128, 1},   {kDLFloat, 64, 4},  {kDLInt, 40, 1}};
  for (int i = 0; i < LENGTH(sizes); i++)
    if (sizes[i] == size) return types[i];
  abort();
}

/* A pattern that differs from element to element and from byte to byte. */
static void fill_source(void) {
  uint32_t state = 12345;
  for (size_t i = 0; i < sizeof source; i++) {
    state = state * 1664525u + 1013904223u;
    source[i] = (unsigned char)(state >> 24);
  }
}

static unsigned char *element(unsigned char *base, int size, const layout *l, int i, int j) {
  return base + (l->first + i * l->strides[0] + j * l->strides[1]) * size;
}

static DLTensor tensor_in(unsigned char *base, int size, const layout *l, int64_t *strides) {
  memcpy(strides, l->strides, sizeof l->strides);
  static int64_t shape[] = {ROWS, COLUMNS};
  return host(base + l->first * size, type_of(size), 2, shape, strides);
}

static void copy_is_compact_aligned_marked_and_equal(void) {
  fill_source();
  for (int s = 0; s < LENGTH(sizes); s++)
    for (int l = 0; l < LENGTH(layouts); l++) {
      ROW("%d bytes, %s", sizes[s], layouts[l].name);
      int64_t strides[2];
      int size = sizes[s];
      DLTensor t = tensor_in(source, size, &layouts[l], strides);
      managed *m = NULL;
      if (!CHECK_OK(spk_tensor_copy(&t, l % 2, 0, NULL, &m))) continue;
      check_layout(&m->dl_tensor, 2, DIMS(ROWS, COLUMNS), DIMS(COLUMNS, 1));
      CHECK(same_dtype(m->dl_tensor.dtype, t.dtype));
      CHECK_INT((uintptr_t)m->dl_tensor.data % 256, 0);
      CHECK_INT(m->flags, SPK_TENSOR_COPIED);
      int wrong = 0;
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
          wrong += memcmp((char *)m->dl_tensor.data + (i * COLUMNS + j) * size,
                          element(source, size, &layouts[l], i, j), (size_t)size) != 0;
      CHECK_INT(wrong, 0);
      CHECK_OK(spk_tensor_check_managed(m, 1));
      spk_tensor_release(m);
    }
}

/* All pairs of layouts; `shift` bytes misalign both sides. */
static void copy_all_pairs(int size, int shift) {
  for (int a = 0; a < LENGTH(layouts); a++)
    for (int b = 0; b < LENGTH(layouts); b++) {
      if (layouts[b].repeats) continue;
      ROW("%d bytes from %s to %s, %d off", size, layouts[a].name, layouts[b].name, shift);
      int64_t in_strides[2], out_strides[2];
      unsigned char *from = source + shift, *to = target + shift, *want = expected + shift;
      DLTensor in = tensor_in(from, size, &layouts[a], in_strides);
      DLTensor out = tensor_in(to, size, &layouts[b], out_strides);
      mark(target, sizeof target);
      mark(expected, sizeof expected);
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
          memcpy(element(want, size, &layouts[b], i, j), element(from, size, &layouts[a], i, j), (size_t)size);
      CHECK_OK(spk_tensor_copy_into(&in, NULL, &out));
      CHECK(memcmp(target, expected, sizeof target) == 0);
    }
}

static void copy_into_writes_the_elements_and_nothing_else(void) {
  fill_source();
  for (int s = 0; s < LENGTH(sizes); s++) copy_all_pairs(sizes[s], 0);
}

static void copy_into_takes_any_alignment(void) {
  fill_source();
  for (int shift = 1; shift < 8; shift += 2)
    for (int s = 0; s < LENGTH(sizes); s++) copy_all_pairs(sizes[s], shift);
}

static void copy_into_itself_is_allowed(void) {
  double data[6] = {1, 2, 3, 4, 5, 6};
  DLTensor t = host(data + 5, F64, 2, DIMS(2, 3), DIMS(-3, -1));
  CHECK_OK(spk_tensor_copy_into(&t, NULL, &t));
  for (int i = 0; i < 6; i++) CHECK_INT(data[i], i + 1);
}

static void copy_into_interleaved_memory_is_allowed(void) {
  int32_t data[8] = {1, 0, 2, 0, 3, 0, 4, 0};
  DLTensor even = host(data, I32, 1, DIMS(4), DIMS(2)), odd = host(data + 7, I32, 1, DIMS(4), DIMS(-2));
  CHECK_OK(spk_tensor_copy_into(&even, NULL, &odd));
  const int32_t want[8] = {1, 4, 2, 3, 3, 2, 4, 1};
  CHECK(memcmp(data, want, sizeof data) == 0);
}

static void byte_offset_is_honoured_on_both_sides(void) {
  int16_t from[6] = {0, 1, 2, 3, 4, 5}, to[6] = {9, 9, 9, 9, 9, 9};
  DLTensor in = host(from, DTYPE(kDLInt, 16, 1), 1, DIMS(3), NULL), out = host(to, in.dtype, 1, DIMS(3), NULL);
  in.byte_offset = 4;
  out.byte_offset = 2;
  CHECK_OK(spk_tensor_copy_into(&in, NULL, &out));
  const int16_t want[6] = {9, 2, 3, 4, 9, 9};
  CHECK(memcmp(to, want, sizeof to) == 0);
}

static void empty_tensors_and_scalars_are_copied(void) {
  double from = 3, to = 0;
  DLTensor none = host(NULL, F64, 3, DIMS(2, 0, 5), NULL), in = host(&from, F64, 0, NULL, NULL);
  DLTensor out = host(&to, F64, 0, NULL, NULL);
  managed *m = NULL;
  CHECK_OK(spk_tensor_copy_into(&none, NULL, &none));
  CHECK_OK(spk_tensor_copy_into(&in, NULL, &out));
  CHECK_INT(to, 3);
  if (CHECK_OK(spk_tensor_copy(&none, 0, 0, NULL, &m))) {
    CHECK_PTR(m->dl_tensor.data, NULL);
    CHECK_INT(m->dl_tensor.shape[2], 5);
    spk_tensor_release(m);
  }
  if (CHECK_OK(spk_tensor_copy(&in, kDLCPU, 0, NULL, &m))) {
    CHECK_INT(m->dl_tensor.ndim, 0);
    CHECK_INT(*(double *)m->dl_tensor.data, 3);
    spk_tensor_release(m);
  }
}

static void compact_elements_below_a_byte_are_copied_whole(void) {
  unsigned char from[4] = {0x21, 0x43, 0x05, 0xEE}, to[4];
  DLDataType float4 = DTYPE(kDLFloat4_e2m1fn, 4, 1);
  DLTensor in = host(from, float4, 1, DIMS(5), NULL), out = host(to, float4, 1, DIMS(5), NULL);
  managed *m = NULL;
  mark(to, sizeof to);
  CHECK_OK(spk_tensor_copy_into(&in, NULL, &out));
  CHECK(memcmp(from, to, 3) == 0);
  CHECK_INT(to[3], 0xA5);
  if (CHECK_OK(spk_tensor_copy(&in, 0, 0, NULL, &m))) {
    CHECK(memcmp(from, m->dl_tensor.data, 3) == 0);
    spk_tensor_release(m);
  }
  in.strides = DIMS(2);
  int32_t status = spk_tensor_copy_into(&in, NULL, &out);
  CHECK(status == SPK_BAD_DTYPE || status == SPK_BAD_STRIDES);
  CHECK_MESSAGE("in");
}

static void pinned_and_managed_memory_is_read_and_written(void) {
  const int devices[] = {kDLCUDAHost, kDLROCMHost, kDLCUDAManaged};
  for (int i = 0; i < LENGTH(devices); i++) {
    ROW("device %d", devices[i]);
    double from[3] = {1, 2, 3}, to[3] = {0};
    DLTensor in = tensor_on(devices[i], from, F64, 1, DIMS(3), NULL);
    DLTensor out = tensor_on(devices[i], to, F64, 1, DIMS(3), NULL);
    managed *m = NULL;
    CHECK_OK(spk_tensor_copy_into(&in, NULL, &out));
    CHECK_INT(to[2], 3);
    if (CHECK_OK(spk_tensor_copy(&in, kDLCPU, 0, NULL, &m))) {
      CHECK_INT(((double *)m->dl_tensor.data)[1], 2);
      CHECK_INT(m->dl_tensor.device.device_type, kDLCPU);
      spk_tensor_release(m);
    }
  }
}

/* Memory that the library cannot make is refused; plain memory under another name would deceive its consumers. */
static void new_memory_is_on_the_device_that_was_asked_for_or_refused(void) {
  static const DLDevice devices[] = {{kDLCUDAHost, 0}, {kDLROCMHost, 0}, {kDLCUDAManaged, 0}, {kDLCPU, 7}};
  for (int i = 0; i < LENGTH(devices); i++) {
    ROW("device %d:%d", (int)devices[i].device_type, (int)devices[i].device_id);
    double from[3] = {1, 2, 3};
    DLTensor in = host(from, F64, 1, DIMS(3), NULL), like = in;
    like.device = devices[i];
    managed *copy = NULL, *made = NULL;
    int32_t copied = spk_tensor_copy(&in, (int32_t)devices[i].device_type, devices[i].device_id, NULL, &copy);
    int32_t was_made = spk_tensor_empty(&like, &made);
    if (copied == SPK_OK) CHECK(memcmp(&copy->dl_tensor.device, &devices[i], sizeof *devices) == 0);
    else CHECK(copied == SPK_UNSUPPORTED || copied == SPK_INVALID_ARGUMENT);
    if (was_made == SPK_OK) CHECK(memcmp(&made->dl_tensor.device, &devices[i], sizeof *devices) == 0);
    else CHECK(was_made == SPK_UNSUPPORTED || was_made == SPK_INVALID_ARGUMENT);
    spk_tensor_release(copy);
    spk_tensor_release(made);
  }
}

/* Walking over 2^34 lines of no elements used to hang, and merging 2^63 extents to panic. */
static void empty_tensors_with_huge_extents_cost_nothing(void) {
  int64_t shapes[][3] = {{(int64_t)1 << 34, 1, 0}, {(int64_t)1 << 33, (int64_t)1 << 30, 0}};
  for (int i = 0; i < LENGTH(shapes); i++) {
    DLTensor t = host(NULL, F64, 3, shapes[i], NULL);
    managed *copy = NULL;
    if (!CHECK_OK(spk_tensor_copy(&t, 0, 0, NULL, &copy))) continue;
    CHECK_OK(spk_tensor_copy_into(&t, NULL, &copy->dl_tensor));
    spk_tensor_release(copy);
  }
}

int main(void) {
  RUN(copy_is_compact_aligned_marked_and_equal);
  RUN(copy_into_writes_the_elements_and_nothing_else);
  RUN(copy_into_takes_any_alignment);
  RUN(copy_into_itself_is_allowed);
  RUN(copy_into_interleaved_memory_is_allowed);
  RUN(byte_offset_is_honoured_on_both_sides);
  RUN(empty_tensors_and_scalars_are_copied);
  RUN(empty_tensors_with_huge_extents_cost_nothing);
  RUN(compact_elements_below_a_byte_are_copied_whole);
  RUN(pinned_and_managed_memory_is_read_and_written);
  RUN(new_memory_is_on_the_device_that_was_asked_for_or_refused);
  return check_end();
}
