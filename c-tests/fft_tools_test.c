/* What stands beside the transforms: lengths that are fast, descriptions of plans, the cache of engines. */
#include "tensors.h"

/* By the definition: the first number from n on that the factors divide down to 1. */
static int64_t first_smooth(int64_t n, int real) {
  static const int64_t factors[] = {2, 3, 5, 7, 11};
  for (;; n++) {
    int64_t rest = n;
    for (int i = 0; i < (real ? 3 : 5); i++)
      while (rest % factors[i] == 0) rest /= factors[i];
    if (rest == 1) return n;
  }
}

static void fast_lengths_are_the_first_without_large_factors(void) {
  for (int real = 0; real < 2; real++)
    for (int64_t n = 1; n <= 2100; n++) {
      ROW("n %d real %d", (int)n, real);
      int64_t found = 0;
      CHECK_OK(spk_fft_next_fast_len(n, real, &found));
      CHECK_INT(found, first_smooth(n, real));
    }
}

static void fast_lengths_know_their_range(void) {
  int64_t found = 77;
  CHECK_STATUS(spk_fft_next_fast_len(-1, 0, &found), SPK_INVALID_ARGUMENT);
  CHECK_CONTAINS(check_message(), "n: -1");
  CHECK_STATUS(spk_fft_next_fast_len(INT64_MAX, 1, &found), SPK_INVALID_ARGUMENT);
  CHECK_CONTAINS(check_message(), "9223372036854775807");
  CHECK_INT(found, 77);
  CHECK_OK(spk_fft_next_fast_len(0, 0, &found));
  CHECK_INT(found, 0);
}

static void a_plan_says_what_it_does(void) {
  double in[24], out[48];
  DLTensor from = host(in, F64, 2, DIMS(4, 6), NULL), to = host(out, C128, 2, DIMS(4, 4), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .kind = SPK_FFT_R2C};
  spk_fft_plan *plan = NULL;
  if (!CHECK_OK(spk_fft_plan_create(&from, &to, &desc, NULL, &plan))) return;
  size_t needed = spk_fft_plan_describe(plan, NULL, 0);
  char *text = malloc(needed + 1), small[8];
  if (!text) abort();
  text[needed] = 'x';
  CHECK_INT(spk_fft_plan_describe(plan, text, needed), needed);
  CHECK_INT(strlen(text) + 1, needed);
  CHECK_INT(text[needed], 'x');
  CHECK_CONTAINS(text, "float64 to complex128: 2 passes");
  CHECK_CONTAINS(text, "\n1. axis 1: 4 lines of 6, real to half the bins forward");
  CHECK_CONTAINS(text, "\n2. axis 0: 4 lines of 4, complex forward");
  CHECK_INT(spk_fft_plan_describe(plan, small, sizeof small), needed);
  CHECK(strcmp(small, "float64") == 0);
  CHECK_INT(spk_fft_plan_describe(NULL, small, sizeof small), 0);
  CHECK_CONTAINS(check_message(), "plan is NULL");
  free(text);
  spk_fft_plan_destroy(plan);
}

static void transform_of(int64_t n) {
  double memory[2 * 256] = {0};
  DLTensor t = host(memory, C128, 1, DIMS(n), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc};
  CHECK_OK(spk_fft(&t, &desc, NULL, &t));
}

static void the_cache_is_seen_limited_and_cleared(void) {
  size_t entries = 77, bytes = 77, most = 0, most_bytes = 0;
  CHECK_OK(spk_fft_cache_clear());
  CHECK_OK(spk_fft_cache_info(&entries, &bytes, &most, &most_bytes));
  CHECK_INT(entries, 0);
  CHECK_INT(bytes, 0);
  CHECK_INT(most, 64);
  CHECK_INT(most_bytes, 64 << 20);
  for (int64_t n = 1; n <= 100; n++) transform_of(n);
  CHECK_OK(spk_fft_cache_info(&entries, NULL, NULL, NULL));
  CHECK_INT(entries, 64);
  CHECK_OK(spk_fft_cache_set_limit(2, 1 << 20));
  transform_of(128);
  CHECK_OK(spk_fft_cache_info(&entries, &bytes, &most, &most_bytes));
  CHECK_INT(entries, 2);
  CHECK(bytes >= 16 * 128);
  CHECK_INT(most, 2);
  CHECK_INT(most_bytes, 1 << 20);
  CHECK_OK(spk_fft_cache_set_limit(64, 64 << 20));
  CHECK_OK(spk_fft_cache_clear());
  CHECK_OK(spk_fft_cache_info(NULL, NULL, NULL, NULL));
}

int main(void) {
  RUN(fast_lengths_are_the_first_without_large_factors);
  RUN(fast_lengths_know_their_range);
  RUN(a_plan_says_what_it_does);
  RUN(the_cache_is_seen_limited_and_cleared);
  return check_end();
}
