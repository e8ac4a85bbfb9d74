/* NULL for every pointer argument of every function. */
#include "bad_input.h"

/* One row: the call is refused for this argument, and nothing was touched. */
#define NULL_ROW(argument, call)                               \
  do {                                                         \
    ROW("%s", #call);                                          \
    reset();                                                   \
    check_refused((call), SPK_NULL_ARGUMENT, argument, "NULL"); \
  } while (0)

/* As above, for a call that has a handle to return. */
#define NULL_ROW_HANDLE(argument, call, handle) \
  do {                                          \
    handle = stale();                           \
    NULL_ROW(argument, call);                   \
    CHECK_PTR(handle, NULL);                    \
  } while (0)

static managed *a_tensor(void) {
  managed *m = NULL;
  CHECK_OK(spk_tensor_wrap(&good_in, count_free, &freed, 0, &m));
  return m;
}

static void tensor_functions_name_the_null_argument(void) {
  managed *out, *ours = a_tensor(), *theirs = foreign(good_in, 0, &freed);
  DLManagedTensor *legacy = foreign_legacy(good_in, &freed), *legacy_out;
  NULL_ROW_HANDLE("tensor", spk_tensor_wrap(NULL, count_free, &freed, 0, &out), out);
  NULL_ROW("out", spk_tensor_wrap(&good_in, count_free, &freed, 0, NULL));
  NULL_ROW_HANDLE("foreign", spk_tensor_take(NULL, &out), out);
  NULL_ROW("out", spk_tensor_take(theirs, NULL));
  NULL_ROW("out", spk_tensor_take(ours, NULL));
  NULL_ROW_HANDLE("legacy", spk_tensor_take_legacy(NULL, 0, &out), out);
  NULL_ROW("out", spk_tensor_take_legacy(legacy, 0, NULL));
  NULL_ROW_HANDLE("tensor", spk_tensor_to_legacy(NULL, &legacy_out), legacy_out);
  NULL_ROW("out", spk_tensor_to_legacy(ours, NULL));
  NULL_ROW("out", spk_tensor_to_legacy(theirs, NULL));
  NULL_ROW_HANDLE("prototype", spk_tensor_empty(NULL, &out), out);
  NULL_ROW("out", spk_tensor_empty(&good_in, NULL));
  NULL_ROW_HANDLE("in", spk_tensor_copy(NULL, 0, 0, NULL, &out), out);
  NULL_ROW("out", spk_tensor_copy(&good_in, 0, 0, NULL, NULL));
  NULL_ROW("in", spk_tensor_copy_into(NULL, NULL, &good_out));
  NULL_ROW("out", spk_tensor_copy_into(&good_in, NULL, NULL));
  NULL_ROW_HANDLE("parent", spk_tensor_view(NULL, 1, DIMS(1), NULL, 0, &out), out);
  NULL_ROW_HANDLE("shape", spk_tensor_view(ours, 1, NULL, DIMS(1), 0, &out), out);
  NULL_ROW("out", spk_tensor_view(ours, 1, DIMS(1), NULL, 0, NULL));
  NULL_ROW("tensor", spk_tensor_retain(NULL));
  NULL_ROW("tensor", spk_tensor_check(NULL));
  NULL_ROW("tensor", spk_tensor_check_managed(NULL, 0));
  NULL_ROW("tensor", spk_tensor_check_managed(NULL, 1));
  atomic_store(&freed, 0);
  spk_tensor_release(ours); /* each is still its one holder's */
  spk_tensor_release(theirs);
  legacy->deleter(legacy);
  CHECK_INT(freed, 3);
}

static void fft_functions_name_the_null_argument(void) {
  managed *out;
  spk_fft_plan *plan;
  spk_exec no_scratch = {.struct_size = sizeof no_scratch, .scratch_size = 64};
  spk_fft_desc no_axes = {.struct_size = sizeof no_axes, .naxes = 2};
  size_t bytes = 77;
  NULL_ROW("in", spk_fft(NULL, &good_desc, NULL, &good_out));
  NULL_ROW("desc", spk_fft(&good_in, NULL, NULL, &good_out));
  NULL_ROW("desc", spk_fft(&good_in, &no_axes, NULL, &good_out));
  NULL_ROW("exec", spk_fft(&good_in, &good_desc, &no_scratch, &good_out));
  NULL_ROW("out", spk_fft(&good_in, &good_desc, NULL, NULL));
  NULL_ROW_HANDLE("in", spk_fft_new(NULL, &good_desc, NULL, &out), out);
  NULL_ROW_HANDLE("desc", spk_fft_new(&good_in, NULL, NULL, &out), out);
  NULL_ROW("out", spk_fft_new(&good_in, &good_desc, NULL, NULL));
  NULL_ROW_HANDLE("in", spk_fft_plan_create(NULL, &good_out, &good_desc, NULL, &plan), plan);
  NULL_ROW_HANDLE("out", spk_fft_plan_create(&good_in, NULL, &good_desc, NULL, &plan), plan);
  NULL_ROW_HANDLE("desc", spk_fft_plan_create(&good_in, &good_out, NULL, NULL, &plan), plan);
  NULL_ROW("out_plan", spk_fft_plan_create(&good_in, &good_out, &good_desc, NULL, NULL));
  NULL_ROW("plan", spk_fft_plan_execute(NULL, &good_in, NULL, &good_out));
  NULL_ROW("in", spk_fft_plan_execute(good_plan(), NULL, NULL, &good_out));
  NULL_ROW("out", spk_fft_plan_execute(good_plan(), &good_in, NULL, NULL));
  NULL_ROW("plan", spk_fft_plan_scratch_size(NULL, NULL, &bytes));
  NULL_ROW("out_bytes", spk_fft_plan_scratch_size(good_plan(), NULL, NULL));
  CHECK_INT(bytes, 77);
  NULL_ROW("out_length", spk_fft_next_fast_len(4, 0, NULL));
  spk_fft_plan_destroy(NULL);
}

static void eigen_functions_name_the_null_argument(void) {
  managed *w, *v;
  NULL_ROW("a", spk_eigh(NULL, NULL, NULL, &good_w, &good_v, &good_info));
  NULL_ROW("w", spk_eigh(&good_a, NULL, NULL, NULL, &good_v, &good_info));
  v = stale();
  NULL_ROW_HANDLE("a", spk_eigh_new(NULL, NULL, NULL, &w, &v), w);
  CHECK_PTR(v, NULL);
  NULL_ROW("w", spk_eigh_new(&good_a, NULL, NULL, NULL, NULL));
  NULL_ROW_HANDLE("w", spk_eigh_new(&good_a, NULL, NULL, NULL, &v), v);
}

static void device_functions_name_the_null_argument(void) {
  size_t needed = 77;
  NULL_ROW("out_count", spk_device_count(kDLCPU, NULL));
  NULL_ROW("buf", spk_device_describe(kDLCPU, 0, NULL, 10, &needed));
  CHECK_INT(needed, 77);
}

static void optional_pointers_may_be_null(void) {
  managed *w = NULL, *m = NULL;
  reset();
  CHECK_OK(spk_eigh(&good_a, NULL, NULL, &good_w, NULL, NULL));
  if (CHECK_OK(spk_eigh_new(&good_a, NULL, NULL, &w, NULL))) spk_tensor_release(w);
  if (CHECK_OK(spk_tensor_wrap(&good_in, NULL, NULL, 0, &m))) spk_tensor_release(m);
  CHECK_OK(spk_device_describe(kDLCPU, 0, NULL, 0, NULL));
  CHECK(spk_build_info(NULL, 0) > 1);
  CHECK(spk_last_error(NULL, 0) > 0);
}

static void text_functions_survive_null_with_a_length(void) {
  CHECK_INT(spk_build_info(NULL, 100), spk_build_info(NULL, 0));
  CHECK_INT(spk_last_error(NULL, 100), spk_last_error(NULL, 0));
}

int main(void) {
  RUN(tensor_functions_name_the_null_argument);
  RUN(fft_functions_name_the_null_argument);
  RUN(eigen_functions_name_the_null_argument);
  RUN(device_functions_name_the_null_argument);
  RUN(optional_pointers_may_be_null);
  RUN(text_functions_survive_null_with_a_length);
  spk_fft_plan_destroy(good_plan());
  return check_end();
}
