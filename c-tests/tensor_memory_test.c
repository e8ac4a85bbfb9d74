/* 100 000 round trips of every kind leave memory as it was. */
#include "tensors.h"

enum { TRIPS = 100000, ALLOWED_KIB = 2048 };

static double numbers[32];
static counter freed;

/* Resident memory in KiB. */
static long resident(void) {
  char line[256];
  long kib = -1;
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) return -1;
  while (fgets(line, sizeof line, status))
    if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  fclose(status);
  return kib;
}

/* Under a sanitizer freed memory is held back, and its own leak check takes the place of this one. */
static void check_growth(long before, long allowed) {
#if defined(__SANITIZE_ADDRESS__)
  (void)before, (void)allowed;
#else
  CHECK(before > 0);
  CHECK_AT_MOST(resident() - before, allowed);
#endif
}

static int exchange(void) {
  managed *m = NULL, *v = NULL;
  DLManagedTensor *legacy = NULL;
  DLTensor t = host(numbers, F64, 2, DIMS(4, 8), NULL);
  int32_t bad = spk_tensor_take(foreign(t, 0, &freed), &m);
  bad |= spk_tensor_retain(m);
  bad |= spk_tensor_view(m, 1, DIMS(5), DIMS(2), 3, &v);
  spk_tensor_release(m);
  bad |= spk_tensor_to_legacy(m, &legacy);
  bad |= spk_tensor_take_legacy(legacy, 0, &m);
  spk_tensor_release(m);
  spk_tensor_release(v);
  return bad == SPK_OK;
}

static int wrap(void) {
  managed *m = NULL;
  DLTensor t = host(numbers, F64, 9, DIMS(1, 1, 1, 1, 1, 2, 2, 2, 2), NULL); /* more dimensions than are usual */
  int32_t bad = spk_tensor_wrap(&t, count_free, &freed, 0, &m);
  spk_tensor_release(m);
  return bad == SPK_OK;
}

static int allocate(void) {
  managed *m = NULL, *copy = NULL;
  DLTensor like = host(NULL, F64, 2, DIMS(4, 8), NULL), t = host(numbers, F64, 2, DIMS(8, 4), DIMS(1, 8));
  int32_t bad = spk_tensor_empty(&like, &m) | spk_tensor_copy(&t, 0, 0, NULL, &copy);
  bad |= spk_tensor_copy_into(&t, NULL, &t);
  spk_tensor_release(m);
  spk_tensor_release(copy);
  return bad == SPK_OK;
}

static int transform(void) {
  managed *m = NULL;
  DLTensor t = host(numbers, F64, 1, DIMS(16), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc};
  int32_t bad = spk_fft_new(&t, &desc, NULL, &m);
  spk_tensor_release(m);
  return bad == SPK_OK;
}

static int solve(void) {
  managed *w = NULL, *v = NULL;
  DLTensor a = host(numbers, F64, 2, DIMS(3, 3), NULL);
  int32_t bad = spk_eigh_new(&a, NULL, NULL, &w, &v);
  spk_tensor_release(w);
  spk_tensor_release(v);
  return bad == SPK_OK;
}

static int plan(void) {
  static double out[64];
  spk_fft_plan *p = NULL;
  DLTensor from = host(numbers, F64, 1, DIMS(32), NULL), to = host(out, C128, 1, DIMS(32), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc};
  int32_t bad = spk_fft_plan_create(&from, &to, &desc, NULL, &p);
  bad |= spk_fft_plan_execute(p, &from, NULL, &to);
  spk_fft_plan_destroy(p);
  return bad == SPK_OK;
}

static int fail(void) {
  managed *m = NULL, *from = NULL;
  DLTensor t = host(numbers, F64, 2, DIMS(4, -8), NULL), good = host(numbers, F64, 2, DIMS(4, 8), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc, .naxes = 1, .axes = (int32_t[]){2}};
  int refused = spk_tensor_wrap(&t, count_free, &freed, 0, &m) == SPK_BAD_SHAPE;
  refused += spk_fft_new(&good, &desc, NULL, &m) == SPK_BAD_AXIS;
  from = foreign(good, 0, &freed);
  from->version.major = 7;
  refused += spk_tensor_take(from, &m) == SPK_ABI_MISMATCH;
  from->deleter(from);
  return refused == 3;
}

static void memory_is_flat(const char *name, int (*trip)(void), int deletions) {
  int failures = 0;
  ROW("%s", name);
  for (int i = 0; i < 1000; i++) failures += !trip();
  atomic_store(&freed, 0);
  long before = resident();
  for (int i = 0; i < TRIPS; i++) failures += !trip();
  check_growth(before, ALLOWED_KIB);
  CHECK_INT(failures, 0);
  CHECK_INT(freed, deletions * TRIPS);
}

static void round_trips_leave_memory_flat(void) {
  for (int i = 0; i < LENGTH(numbers); i++) numbers[i] = i % 5;
  memory_is_flat("exchange", exchange, 1);
  memory_is_flat("wrap", wrap, 1);
  memory_is_flat("allocate", allocate, 0);
  memory_is_flat("transform", transform, 0);
  memory_is_flat("solve", solve, 0);
  memory_is_flat("plan", plan, 0);
  memory_is_flat("fail", fail, 1);
}

/* Transforms of 1500 lengths: kept plans would take their 16 bytes a point, 54 MB and more. */
static int many_lengths(void) {
  static double out[2 * 3000];
  int failures = 0;
  int64_t n;
  spk_fft_desc desc = {.struct_size = sizeof desc, .lengths = &n};
  for (n = 1500; n < 3000; n++) {
    DLTensor from = host(numbers, F64, 1, DIMS(32), NULL), to = host(out, C128, 1, DIMS(n), NULL);
    failures += spk_fft(&from, &desc, NULL, &to) != SPK_OK;
  }
  return failures;
}

static void plan_cache_is_bounded(void) {
  long start = resident();
  CHECK_INT(many_lengths(), 0);
  check_growth(start, 32 * 1024);
}

int main(void) {
  RUN(round_trips_leave_memory_flat);
  RUN(plan_cache_is_bounded);
  return check_end();
}
