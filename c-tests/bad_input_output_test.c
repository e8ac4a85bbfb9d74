/* Outputs that do not fit, that overlap themselves, each other or an input; and neighbours that are allowed. */
#include "bad_input.h"

/* `t` with other dims; NULL leaves them. The arrays live in the caller. */
static DLTensor shaped(DLTensor t, int32_t ndim, int64_t *shape, int64_t *strides) {
  t.ndim = ndim;
  if (shape) t.shape = shape;
  t.strides = strides;
  return t;
}

static int32_t transform_to(const DLTensor *out) { return spk_fft(&good_in, &good_desc, NULL, out); }
static int32_t plan_to(const DLTensor *out) {
  spk_fft_plan *plan = stale();
  return made_plan(spk_fft_plan_create(&good_in, out, &good_desc, NULL, &plan), &plan);
}
static int32_t execute_to(const DLTensor *out) { return spk_fft_plan_execute(good_plan(), &good_in, NULL, out); }
static int32_t copy_to(const DLTensor *out) { return spk_tensor_copy_into(&good_in, NULL, out); }
static int32_t values_to(const DLTensor *w) { return spk_eigh(&good_a, NULL, NULL, w, &good_v, &good_info); }
static int32_t vectors_to(const DLTensor *v) { return spk_eigh(&good_a, NULL, NULL, &good_w, v, &good_info); }
static int32_t info_to(const DLTensor *info) { return spk_eigh(&good_a, NULL, NULL, &good_w, &good_v, info); }

typedef struct {
  const char *argument;
  int32_t (*call)(const DLTensor *out);
  const DLTensor *good;
} output;

static const output outputs[] = {
    {"out", transform_to, &good_out}, {"out", plan_to, &good_out},    {"out", execute_to, &good_out},
    {"out", copy_to, &good_out},      {"w", values_to, &good_w},      {"v", vectors_to, &good_v},
    {"info", info_to, &good_info},
};

static void outputs_of_another_shape_are_refused(void) {
  static const struct {
    int32_t ndim;
    int64_t shape[4];
    const char *value;
  } rows[] = {{0, {0}, "[]"},         {1, {3}, "[3]"},             {1, {12}, "[12]"},
              {2, {4, 3}, "[4, 3]"},  {2, {3, 5}, "[3, 5]"},       {2, {3, 3}, "[3, 3]"},
              {2, {0, 4}, "[0, 4]"},  {3, {3, 4, 1}, "[3, 4, 1]"}, {3, {2, 3, 4}, "[2, 3, 4]"},
              {3, {1, 3, 4}, "[1, 3, 4]"}};
  for (int i = 0; i < LENGTH(outputs); i++)
    for (int k = 0; k < LENGTH(rows); k++) {
      ROW("output %d, row %d", i, k);
      DLTensor t = shaped(*outputs[i].good, rows[k].ndim, (int64_t *)rows[k].shape, NULL);
      reset();
      check_refused(outputs[i].call(&t), SPK_SHAPE_MISMATCH, outputs[i].argument, rows[k].value);
    }
}

static void outputs_of_another_type_are_refused(void) {
  static const struct {
    DLDataType type;
    const char *value;
  } rows[] = {{{kDLFloat, 32, 1}, "float32"}, {{kDLComplex, 64, 1}, "complex64"}, {{kDLInt, 64, 1}, "int64"},
              {{kDLUInt, 32, 1}, "uint32"},   {{kDLFloat, 16, 1}, "float16"},     {{kDLBool, 8, 1}, "bool"}};
  for (int i = 0; i < LENGTH(outputs); i++)
    for (int k = 0; k < LENGTH(rows); k++) {
      ROW("output %d, %s", i, rows[k].value);
      DLTensor t = *outputs[i].good;
      t.dtype = rows[k].type;
      reset();
      check_refused(outputs[i].call(&t), SPK_BAD_DTYPE, outputs[i].argument, rows[k].value);
    }
}

/* Steps by which elements meet, for the last two dimensions of a tensor; the first of three is far. */
static void outputs_that_overlap_themselves_are_refused(void) {
  static const struct {
    int64_t strides[2];
    const char *value;
  } rows[] = {{{0, 1}, "= 0"}, {{4, 0}, "= 0"}, {{0, 0}, "= 0"}, {{1, 1}, "= 1"}, {{2, 1}, "= 2"}, {{-1, 1}, "1"}};
  for (int i = 0; i < LENGTH(outputs); i++)
    for (int k = 0; k < LENGTH(rows); k++) {
      const DLTensor *good = outputs[i].good;
      int64_t strides[3] = {9, rows[k].strides[0], rows[k].strides[1]};
      if (good->ndim == 1) strides[2] = 0;
      ROW("output %d, strides %d %d", i, (int)strides[1], (int)strides[2]);
      DLTensor t = shaped(*good, good->ndim, NULL, strides + 3 - good->ndim);
      const char *value = good->ndim == 1 ? "= 0" : rows[k].value;
      reset();
      if (outputs[i].call == execute_to) check_refused(execute_to(&t), SPK_BAD_STRIDES, "out", "strides");
      else check_refused(outputs[i].call(&t), SPK_OVERLAP, outputs[i].argument, value);
    }
}

/* `results.out` serves as input and output; `shift` is the distance of the two in bytes. */
static DLTensor inside(size_t shift, DLDataType type, int64_t n, int64_t *stride) {
  static int64_t shapes[8][1];
  static int next;
  int64_t *shape = shapes[next++ % 8];
  *shape = n;
  return host((char *)results.out + shift, type, 1, shape, stride);
}

static void outputs_on_top_of_the_input_are_refused(void) {
  static int64_t one = 1, two = 2, back = -1;
  const struct {
    const char *name;
    DLTensor in, out;
  } rows[] = {
      {"one element ahead", inside(0, C128, 4, NULL), inside(16, C128, 4, NULL)},
      {"one element behind", inside(48, C128, 4, NULL), inside(32, C128, 4, NULL)},
      {"half an element ahead", inside(0, C128, 4, NULL), inside(8, C128, 4, NULL)},
      {"one byte at the end", inside(0, C128, 2, NULL), inside(31, C128, 2, NULL)},
      {"reversed", inside(0, C128, 4, NULL), inside(48, C128, 4, &back)},
      {"spread", inside(0, C128, 4, &one), inside(0, C128, 4, &two)},
      {"interleaved, half an element off", inside(0, C128, 4, &two), inside(24, C128, 4, &two)},
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("%s", rows[i].name);
    reset();
    check_refused(spk_fft(&rows[i].in, &good_desc, NULL, &rows[i].out), SPK_OVERLAP, "out", "overlaps in");
    check_refused(spk_tensor_copy_into(&rows[i].in, NULL, &rows[i].out), SPK_OVERLAP, "out", "overlaps in");
    spk_fft_plan *plan = NULL;
    if (CHECK_OK(spk_fft_plan_create(&rows[i].in, &rows[i].out, &good_desc, NULL, &plan)))
      check_refused(spk_fft_plan_execute(plan, &rows[i].in, NULL, &rows[i].out), SPK_OVERLAP, "out", "overlaps in");
    spk_fft_plan_destroy(plan);
  }
  ROW("real input under complex output");
  DLTensor in = inside(0, F64, 4, NULL), out = inside(0, C128, 4, NULL);
  reset();
  check_refused(spk_fft(&in, &good_desc, NULL, &out), SPK_OVERLAP, "out", "overlaps in");
}

static void neighbours_that_share_no_byte_are_allowed(void) {
  static int64_t two = 2, back = -2, three = 3;
  const struct {
    const char *name;
    DLTensor in, out;
  } rows[] = {
      {"behind each other", inside(0, C128, 4, NULL), inside(64, C128, 4, NULL)},
      {"in turns", inside(0, C128, 4, &two), inside(16, C128, 4, &two)},
      {"in turns, the other way round", inside(16, C128, 4, &two), inside(96, C128, 4, &back)},
      {"every third", inside(16, C128, 3, &three), inside(32, C128, 3, &three)},
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("%s", rows[i].name);
    memset(&results, 0, sizeof results);
    CHECK_OK(spk_fft(&rows[i].in, &good_desc, NULL, &rows[i].out));
    CHECK_OK(spk_tensor_copy_into(&rows[i].in, NULL, &rows[i].out));
  }
}

/* Outputs of one solve that meet each other or the matrices. */
static void outputs_of_a_solve_that_meet_are_refused(void) {
  static char block[1024];
  DLTensor at_start[4] = {good_a, good_w, good_v, good_info};
  const char *names[4] = {"a", "w", "v", "info"};
  for (int i = 0; i < 4; i++)
    for (int k = 1; k < 4; k++) {
      if (i == k || (i == 0 && k == 2)) continue; /* v on a is in place */
      ROW("%s under %s", names[i], names[k]);
      DLTensor t[4];
      for (int j = 0; j < 4; j++) {
        t[j] = at_start[j];
        t[j].data = block + 256 * j;
      }
      t[k].data = t[i].data;
      memset(block, 0, sizeof block);
      int32_t status = spk_eigh(&t[0], NULL, NULL, &t[1], &t[2], &t[3]);
      CHECK_STATUS(status, SPK_OVERLAP);
      CHECK_MESSAGE(names[i]);
      CHECK_MESSAGE(names[k]);
      for (size_t at = 0; at < sizeof block; at++)
        if (!CHECK(block[at] == 0)) break;
    }
}

static void vectors_may_replace_the_matrices_but_not_partly(void) {
  double block[20];
  DLTensor a = good_a, v = good_a;
  a.data = v.data = block;
  memcpy(block, a_data, sizeof a_data);
  reset();
  CHECK_OK(spk_eigh(&a, NULL, NULL, &good_w, &v, &good_info));
  CHECK_INT(results.info[1], 0);
  reset();
  v.data = block + 1;
  check_refused(spk_eigh(&a, NULL, NULL, &good_w, &v, &good_info), SPK_OVERLAP, "v", "overlaps a");
  v = shaped(v, 3, NULL, DIMS(9, 1, 3)); /* transposed */
  v.data = block;
  check_refused(spk_eigh(&a, NULL, NULL, &good_w, &v, &good_info), SPK_OVERLAP, "v", "overlaps a");
}

static void plans_refuse_tensors_of_another_layout(void) {
  DLTensor narrow = good_in, wide = shaped(good_in, 2, DIMS(3, 5), NULL), turned = shaped(good_in, 2, NULL, DIMS(1, 3));
  narrow.dtype = C64;
  reset();
  check_refused(spk_fft_plan_execute(good_plan(), &narrow, NULL, &good_out), SPK_BAD_DTYPE, "in", "complex64");
  check_refused(spk_fft_plan_execute(good_plan(), &wide, NULL, &good_out), SPK_SHAPE_MISMATCH, "in", "[3, 5]");
  check_refused(spk_fft_plan_execute(good_plan(), &turned, NULL, &good_out), SPK_BAD_STRIDES, "in", "[1, 3]");
  turned = shaped(good_out, 2, NULL, DIMS(1, 3));
  check_refused(spk_fft_plan_execute(good_plan(), &good_in, NULL, &turned), SPK_BAD_STRIDES, "out", "[1, 3]");
}

int main(void) {
  RUN(outputs_of_another_shape_are_refused);
  RUN(outputs_of_another_type_are_refused);
  RUN(outputs_that_overlap_themselves_are_refused);
  RUN(outputs_on_top_of_the_input_are_refused);
  RUN(neighbours_that_share_no_byte_are_allowed);
  RUN(outputs_of_a_solve_that_meet_are_refused);
  RUN(vectors_may_replace_the_matrices_but_not_partly);
  RUN(plans_refuse_tensors_of_another_layout);
  spk_fft_plan_destroy(good_plan());
  return check_end();
}
