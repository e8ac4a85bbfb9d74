/* Status names and the thread's last message. */
#include "check.h"

#include <pthread.h>

/* Two calls that fail with different messages. */
static int32_t fail_with_naxes(int32_t naxes) {
  double data[4] = {0};
  int64_t shape[] = {2};
  DLTensor t = {data, {kDLCPU, 0}, 1, {kDLComplex, 128, 1}, shape, NULL, 0};
  spk_fft_desc desc = {.struct_size = sizeof desc, .naxes = naxes};
  return spk_fft(&t, &desc, NULL, &t);
}

static void message_is_empty_before_any_failure(void) {
  char buf[4] = "###";
  CHECK_INT(spk_last_error(buf, sizeof buf), 1);
  CHECK_INT(buf[0], 0);
  CHECK_INT(buf[1], '#');
  CHECK_INT(spk_last_error(NULL, 0), 1);
}

static void every_status_has_its_name(void) {
  static const struct {
    int32_t status;
    int number;
    const char *name;
  } rows[] = {
      {SPK_OK, 0, "SPK_OK"},
      {SPK_NULL_ARGUMENT, 1, "SPK_NULL_ARGUMENT"},
      {SPK_INVALID_ARGUMENT, 2, "SPK_INVALID_ARGUMENT"},
      {SPK_ABI_MISMATCH, 3, "SPK_ABI_MISMATCH"},
      {SPK_BAD_NDIM, 10, "SPK_BAD_NDIM"},
      {SPK_BAD_SHAPE, 11, "SPK_BAD_SHAPE"},
      {SPK_BAD_STRIDES, 12, "SPK_BAD_STRIDES"},
      {SPK_BAD_AXIS, 13, "SPK_BAD_AXIS"},
      {SPK_BAD_DTYPE, 14, "SPK_BAD_DTYPE"},
      {SPK_SHAPE_MISMATCH, 15, "SPK_SHAPE_MISMATCH"},
      {SPK_OVERLAP, 16, "SPK_OVERLAP"},
      {SPK_READ_ONLY, 17, "SPK_READ_ONLY"},
      {SPK_MISALIGNED, 18, "SPK_MISALIGNED"},
      {SPK_DEVICE_MISMATCH, 30, "SPK_DEVICE_MISMATCH"},
      {SPK_UNSUPPORTED, 31, "SPK_UNSUPPORTED"},
      {SPK_OUT_OF_MEMORY, 50, "SPK_OUT_OF_MEMORY"},
      {SPK_SCRATCH_TOO_SMALL, 51, "SPK_SCRATCH_TOO_SMALL"},
      {SPK_NO_CONVERGENCE, 60, "SPK_NO_CONVERGENCE"},
      {SPK_NOT_FINITE, 61, "SPK_NOT_FINITE"},
      {SPK_CANCELLED, 70, "SPK_CANCELLED"},
      {SPK_BACKEND_UNAVAILABLE, 80, "SPK_BACKEND_UNAVAILABLE"},
      {SPK_CUDA, 81, "SPK_CUDA"},
      {SPK_CUFFT, 82, "SPK_CUFFT"},
      {SPK_CUSOLVER, 83, "SPK_CUSOLVER"},
      {SPK_PANIC, 99, "SPK_PANIC"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ROW("%s", rows[i].name);
    CHECK_INT(rows[i].status, rows[i].number);
    CHECK(strcmp(spk_status_name(rows[i].status), rows[i].name) == 0);
  }
}

static void unused_numbers_are_unknown_statuses(void) {
  const int32_t unused[] = {-1, 4, 9, 19, 29, 32, 98, 100, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
    ROW("%d", (int)unused[i]);
    CHECK(strcmp(spk_status_name(unused[i]), "SPK_UNKNOWN_STATUS") == 0);
  }
}

static void failure_leaves_its_message_and_the_next_replaces_it(void) {
  CHECK_STATUS(fail_with_naxes(-7), SPK_BAD_AXIS);
  CHECK_MESSAGE("naxes");
  CHECK_MESSAGE("-7");
  CHECK_STATUS(fail_with_naxes(-8), SPK_BAD_AXIS);
  CHECK_MESSAGE("-8");
  CHECK(strstr(check_message(), "-7") == NULL);
}

static void success_leaves_the_message_alone(void) {
  int32_t count;
  CHECK_STATUS(fail_with_naxes(-9), SPK_BAD_AXIS);
  CHECK_OK(spk_device_count(kDLCPU, &count));
  CHECK_MESSAGE("-9");
}

static void message_is_cut_to_the_buffer_and_terminated(void) {
  char whole[512], part[64];
  fail_with_naxes(-7);
  size_t needed = spk_last_error(whole, sizeof whole);
  CHECK_INT(needed, strlen(whole) + 1);
  CHECK_INT(spk_last_error(NULL, 0), needed);
  size_t most = needed < sizeof part ? needed : sizeof part - 1;
  for (size_t len = 1; len <= most; len++) {
    ROW("len %zu", len);
    memset(part, '#', sizeof part);
    CHECK_INT(spk_last_error(part, len), needed);
    CHECK_INT(strlen(part), len - 1);
    CHECK(strncmp(part, whole, len - 1) == 0);
    CHECK_INT(part[len], '#');
  }
  part[0] = '#';
  CHECK_INT(spk_last_error(part, 0), needed);
  CHECK_INT(part[0], '#');
}

typedef struct {
  size_t needed_at_start;
  int32_t status;
  char message[256];
} other_thread;

static void *fail_elsewhere(void *arg) {
  other_thread *o = arg;
  o->needed_at_start = spk_last_error(NULL, 0);
  o->status = fail_with_naxes(-21);
  spk_last_error(o->message, sizeof o->message);
  return NULL;
}

static void each_thread_has_its_own_message(void) {
  other_thread other = {0};
  pthread_t thread;
  CHECK_STATUS(fail_with_naxes(-20), SPK_BAD_AXIS);
  CHECK_INT(pthread_create(&thread, NULL, fail_elsewhere, &other), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK_INT(other.needed_at_start, 1);
  CHECK_STATUS(other.status, SPK_BAD_AXIS);
  CHECK_CONTAINS(other.message, "-21");
  CHECK_MESSAGE("-20");
}

int main(void) {
  RUN(message_is_empty_before_any_failure);
  RUN(every_status_has_its_name);
  RUN(unused_numbers_are_unknown_statuses);
  RUN(failure_leaves_its_message_and_the_next_replaces_it);
  RUN(success_leaves_the_message_alone);
  RUN(message_is_cut_to_the_buffer_and_terminated);
  RUN(each_thread_has_its_own_message);
  return check_end();
}
