/* The tables of bad descriptors: spk_fft_desc, spk_eigh_desc and spk_exec, in every function that takes one. */
#include "bad_input.h"

#define FFT .struct_size = sizeof(spk_fft_desc)
#define EIGH .struct_size = sizeof(spk_eigh_desc)
#define EXEC .struct_size = sizeof(spk_exec)
#define AXES(...) .axes = (int32_t[]){__VA_ARGS__}
#define LENGTHS(...) .lengths = DIMS(__VA_ARGS__)

static int32_t fft(const spk_fft_desc *d) { return spk_fft(&good_in, d, NULL, &good_out); }
static int32_t fft_new(const spk_fft_desc *d) {
  managed *m = stale();
  return made(spk_fft_new(&good_in, d, NULL, &m), &m);
}
static int32_t fft_plan(const spk_fft_desc *d) {
  spk_fft_plan *plan = stale();
  return made_plan(spk_fft_plan_create(&good_in, &good_out, d, NULL, &plan), &plan);
}
static int32_t (*const fft_calls[])(const spk_fft_desc *) = {fft, fft_new, fft_plan};

static void bad_fft_descriptions_are_refused(void) {
  const struct {
    const char *name;
    spk_fft_desc desc;
    int32_t status;
    const char *value, *argument; /* which is `desc` unless it is given */
  } rows[] = {
      {"struct_size 0", {0}, SPK_ABI_MISMATCH, "struct_size = 0", NULL},
      {"struct_size short", {.struct_size = sizeof(spk_fft_desc) - 1}, SPK_ABI_MISMATCH, "struct_size = 39", NULL},
      {"struct_size huge", {.struct_size = UINT32_MAX}, SPK_ABI_MISMATCH, "4294967295", NULL},
      {"kind -1", {FFT, .kind = -1}, SPK_INVALID_ARGUMENT, "kind = -1", NULL},
      {"kind 3", {FFT, .kind = 3}, SPK_INVALID_ARGUMENT, "kind = 3", NULL},
      {"kind greatest", {FFT, .kind = INT32_MAX}, SPK_INVALID_ARGUMENT, "kind = 2147483647", NULL},
      {"direction -1", {FFT, .direction = -1}, SPK_INVALID_ARGUMENT, "direction = -1", NULL},
      {"direction 2", {FFT, .direction = 2}, SPK_INVALID_ARGUMENT, "direction = 2", NULL},
      {"norm -1", {FFT, .norm = -1}, SPK_INVALID_ARGUMENT, "norm = -1", NULL},
      {"norm 3", {FFT, .norm = 3}, SPK_INVALID_ARGUMENT, "norm = 3", NULL},
      {"flags 2", {FFT, .flags = 2}, SPK_INVALID_ARGUMENT, "flags = 0x2", NULL},
      {"flags all", {FFT, .flags = -1}, SPK_INVALID_ARGUMENT, "flags = 0xffffffff", NULL},
      {"naxes -1", {FFT, .naxes = -1}, SPK_BAD_AXIS, "naxes = -1", NULL},
      {"naxes 65", {FFT, .naxes = 65, AXES(0)}, SPK_BAD_AXIS, "naxes = 65", NULL},
      {"naxes greatest", {FFT, .naxes = INT32_MAX, AXES(0)}, SPK_BAD_AXIS, "naxes = 2147483647", NULL},
      {"axes NULL", {FFT, .naxes = 1}, SPK_NULL_ARGUMENT, "axes", NULL},
      {"axis 2", {FFT, .naxes = 1, AXES(2)}, SPK_BAD_AXIS, "axes[0] = 2", NULL},
      {"axis -3", {FFT, .naxes = 2, AXES(0, -3)}, SPK_BAD_AXIS, "axes[1] = -3", NULL},
      {"axis least", {FFT, .naxes = 1, AXES(INT32_MIN)}, SPK_BAD_AXIS, "-2147483648", NULL},
      {"axis greatest", {FFT, .naxes = 1, AXES(INT32_MAX)}, SPK_BAD_AXIS, "2147483647", NULL},
      {"axis twice", {FFT, .naxes = 2, AXES(1, 1)}, SPK_BAD_AXIS, "axes[1] = 1", NULL},
      {"axis twice, once from the end", {FFT, .naxes = 2, AXES(1, -1)}, SPK_BAD_AXIS, "axes[1] = -1", NULL},
      {"axis a third time", {FFT, .naxes = 3, AXES(0, 1, 0)}, SPK_BAD_AXIS, "axes[2] = 0", NULL},
      {"length 0", {FFT, .naxes = 1, AXES(0), LENGTHS(0)}, SPK_BAD_SHAPE, "lengths[0] = 0", NULL},
      {"length -2", {FFT, LENGTHS(-1, -2)}, SPK_BAD_SHAPE, "lengths[1] = -2", NULL},
      {"length least", {FFT, LENGTHS(INT64_MIN, -1)}, SPK_BAD_SHAPE, "-9223372036854775808", NULL},
      {"length greatest", {FFT, LENGTHS(INT64_MAX, -1)}, SPK_BAD_SHAPE, "9223372036854775807", "out"},
      {"length of 2^63 bytes", {FFT, LENGTHS(1, INT64_C(1) << 59)}, SPK_BAD_SHAPE, "576460752303423488", "out"},
      {"lengths of 2^80", {FFT, LENGTHS(INT64_C(1) << 40, INT64_C(1) << 40)}, SPK_BAD_SHAPE, "1099511627776", "out"},
      {"R2C of complex input", {FFT, .kind = SPK_FFT_R2C}, SPK_BAD_DTYPE, "complex", "in"},
  };
  for (int i = 0; i < LENGTH(rows); i++)
    for (int k = 0; k < LENGTH(fft_calls); k++) {
      ROW("%s, function %d", rows[i].name, k);
      reset();
      const char *argument = rows[i].argument ? rows[i].argument : "desc";
      check_refused(fft_calls[k](&rows[i].desc), rows[i].status, argument, rows[i].value);
    }
}

static int32_t eigh(const spk_eigh_desc *d) { return spk_eigh(&good_a, d, NULL, &good_w, &good_v, NULL); }
static int32_t eigh_new(const spk_eigh_desc *d) {
  managed *w = stale(), *v = stale();
  int32_t status = spk_eigh_new(&good_a, d, NULL, &w, &v);
  made(status, &v);
  return made(status, &w);
}
static int32_t (*const eigh_calls[])(const spk_eigh_desc *) = {eigh, eigh_new};

static void bad_eigen_descriptions_are_refused(void) {
  const struct {
    const char *name;
    spk_eigh_desc desc;
    int32_t status;
    const char *value;
  } rows[] = {
      {"struct_size 0", {0}, SPK_ABI_MISMATCH, "struct_size = 0"},
      {"struct_size short", {.struct_size = sizeof(spk_eigh_desc) - 8}, SPK_ABI_MISMATCH, "struct_size = 48"},
      {"uplo -1", {EIGH, .uplo = -1}, SPK_INVALID_ARGUMENT, "uplo = -1"},
      {"uplo 2", {EIGH, .uplo = 2}, SPK_INVALID_ARGUMENT, "uplo = 2"},
      {"range -1", {EIGH, .range = -1}, SPK_INVALID_ARGUMENT, "range = -1"},
      {"range 3", {EIGH, .range = 3}, SPK_INVALID_ARGUMENT, "range = 3"},
      {"structure -1", {EIGH, .structure = -1}, SPK_INVALID_ARGUMENT, "structure = -1"},
      {"structure 6", {EIGH, .structure = 6}, SPK_INVALID_ARGUMENT, "structure = 6"},
      {"structure diagonal", {EIGH, .structure = SPK_STRUCTURE_DIAGONAL}, SPK_UNSUPPORTED, "structure = 2"},
      {"structure blocks", {EIGH, .structure = SPK_STRUCTURE_BLOCKS}, SPK_UNSUPPORTED, "structure = 5"},
      {"flags 2", {EIGH, .flags = 2}, SPK_INVALID_ARGUMENT, "flags = 0x2"},
      {"flags least", {EIGH, .flags = INT32_MIN}, SPK_INVALID_ARGUMENT, "flags = 0x80000000"},
      {"zero 1", {EIGH, .zero = 1}, SPK_INVALID_ARGUMENT, "zero = 1"},
      {"index low -1", {EIGH, .range = SPK_RANGE_INDEX, .index_low = -1, .index_high = 1}, SPK_INVALID_ARGUMENT,
       "index_low = -1"},
      {"index order", {EIGH, .range = SPK_RANGE_INDEX, .index_low = 2, .index_high = 1}, SPK_INVALID_ARGUMENT,
       "index_high = 1"},
      {"index high n", {EIGH, .range = SPK_RANGE_INDEX, .index_high = 3}, SPK_INVALID_ARGUMENT, "index_high = 3"},
      {"index extreme", {EIGH, .range = SPK_RANGE_INDEX, .index_low = INT64_MIN, .index_high = INT64_MAX},
       SPK_INVALID_ARGUMENT, "-9223372036854775808"},
      {"value order", {EIGH, .range = SPK_RANGE_VALUE, .value_low = 2, .value_high = 1}, SPK_INVALID_ARGUMENT,
       "value_low = 2"},
      {"value equal", {EIGH, .range = SPK_RANGE_VALUE, .value_low = 1.5, .value_high = 1.5}, SPK_INVALID_ARGUMENT,
       "1.5"},
      {"value low NaN", {EIGH, .range = SPK_RANGE_VALUE, .value_low = NAN, .value_high = 1}, SPK_INVALID_ARGUMENT,
       "value_low = NaN"},
      {"value high NaN", {EIGH, .range = SPK_RANGE_VALUE, .value_high = NAN}, SPK_INVALID_ARGUMENT, "NaN"},
  };
  for (int i = 0; i < LENGTH(rows); i++)
    for (int k = 0; k < LENGTH(eigh_calls); k++) {
      ROW("%s, function %d", rows[i].name, k);
      reset();
      check_refused(eigh_calls[k](&rows[i].desc), rows[i].status, "desc", rows[i].value);
    }
}

static void a_range_of_values_needs_a_new_result_and_one_matrix(void) {
  spk_eigh_desc desc = {EIGH, .range = SPK_RANGE_VALUE, .value_low = 0, .value_high = 9};
  DLTensor one = good_a, w = good_w;
  one.ndim = 2, one.shape = DIMS(3, 3);
  w.ndim = 1, w.shape = DIMS(3);
  reset();
  check_refused(spk_eigh(&one, &desc, NULL, &w, NULL, NULL), SPK_UNSUPPORTED, "desc", "SPK_RANGE_VALUE");
  CHECK_MESSAGE("spk_eigh_new");
  check_refused(eigh_new(&desc), SPK_UNSUPPORTED, "a", "ndim = 3");
}

static int32_t copy_with(const spk_exec *e) {
  managed *m = stale();
  return made(spk_tensor_copy(&good_in, 0, 0, e, &m), &m);
}
static int32_t copy_into_with(const spk_exec *e) { return spk_tensor_copy_into(&good_in, e, &good_out); }
static int32_t fft_with(const spk_exec *e) { return spk_fft(&good_in, &good_desc, e, &good_out); }
static int32_t fft_new_with(const spk_exec *e) {
  managed *m = stale();
  return made(spk_fft_new(&good_in, &good_desc, e, &m), &m);
}
static int32_t plan_with(const spk_exec *e) {
  spk_fft_plan *plan = stale();
  return made_plan(spk_fft_plan_create(&good_in, &good_out, &good_desc, e, &plan), &plan);
}
static int32_t execute_with(const spk_exec *e) { return spk_fft_plan_execute(good_plan(), &good_in, e, &good_out); }
static int32_t scratch_with(const spk_exec *e) {
  size_t bytes = 77;
  int32_t status = spk_fft_plan_scratch_size(good_plan(), e, &bytes);
  CHECK(status == SPK_OK || bytes == 77);
  return status;
}
static int32_t eigh_with(const spk_exec *e) { return spk_eigh(&good_a, NULL, e, &good_w, &good_v, &good_info); }
static int32_t eigh_new_with(const spk_exec *e) {
  managed *w = stale(), *v = stale();
  int32_t status = spk_eigh_new(&good_a, NULL, e, &w, &v);
  made(status, &v);
  return made(status, &w);
}
static int32_t (*const exec_calls[])(const spk_exec *) = {copy_with, copy_into_with, fft_with,  fft_new_with, plan_with,
                                                         execute_with, scratch_with, eigh_with, eigh_new_with};

static void bad_resources_are_refused(void) {
  const struct {
    const char *name;
    spk_exec exec;
    int32_t status;
    const char *value;
  } rows[] = {
      {"struct_size 0", {0}, SPK_ABI_MISMATCH, "struct_size = 0"},
      {"struct_size short", {.struct_size = sizeof(spk_exec) - 4}, SPK_ABI_MISMATCH, "struct_size = 44"},
      {"threads -1", {EXEC, .threads = -1}, SPK_INVALID_ARGUMENT, "threads = -1"},
      {"threads least", {EXEC, .threads = INT32_MIN}, SPK_INVALID_ARGUMENT, "threads = -2147483648"},
      {"scratch NULL", {EXEC, .scratch_size = 4096}, SPK_NULL_ARGUMENT, "scratch_size = 4096"},
      {"stream on the CPU", {EXEC, .stream = &freed}, SPK_INVALID_ARGUMENT, "stream"},
  };
  for (int i = 0; i < LENGTH(rows); i++)
    for (int k = 0; k < LENGTH(exec_calls); k++) {
      ROW("%s, function %d", rows[i].name, k);
      reset();
      check_refused(exec_calls[k](&rows[i].exec), rows[i].status, "exec", rows[i].value);
    }
}

int main(void) {
  RUN(bad_fft_descriptions_are_refused);
  RUN(bad_eigen_descriptions_are_refused);
  RUN(a_range_of_values_needs_a_new_result_and_one_matrix);
  RUN(bad_resources_are_refused);
  spk_fft_plan_destroy(good_plan());
  return check_end();
}
