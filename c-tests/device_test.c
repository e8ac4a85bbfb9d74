/* Counting and describing devices. */
#include "check.h"

static void there_is_one_cpu_and_nothing_of_what_is_not_computed_on(void) {
  const int32_t others[] = {-1, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, INT32_MIN, INT32_MAX};
  int32_t count = -5;
  CHECK_OK(spk_device_count(kDLCPU, &count));
  CHECK_INT(count, 1);
  CHECK_OK(spk_device_count(kDLCUDA, &count));
  CHECK(count >= 0);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    ROW("device type %d", (int)others[i]);
    count = -5;
    CHECK_OK(spk_device_count(others[i], &count));
    CHECK_INT(count, 0);
  }
}

static void the_cpu_is_described_in_one_line(void) {
  char line[512];
  size_t needed = 0;
  CHECK_OK(spk_device_describe(kDLCPU, 0, line, sizeof line, &needed));
  CHECK_INT(needed, strlen(line) + 1);
  CHECK_CONTAINS(line, "cpu");
  CHECK_CONTAINS(line, "threads");
  CHECK(strchr(line, '\n') == NULL);
}

static void the_description_is_cut_to_the_buffer_and_terminated(void) {
  char whole[512], part[16];
  size_t needed = 0, again = 0;
  CHECK_OK(spk_device_describe(kDLCPU, 0, whole, sizeof whole, &needed));
  for (size_t len = 1; len < sizeof part; len++) {
    ROW("len %zu", len);
    memset(part, '#', sizeof part);
    CHECK_OK(spk_device_describe(kDLCPU, 0, part, len, &again));
    CHECK_INT(again, needed);
    CHECK_INT(strlen(part), len - 1);
    CHECK(strncmp(part, whole, len - 1) == 0);
    CHECK_INT(part[len], '#');
  }
  CHECK_OK(spk_device_describe(kDLCPU, 0, NULL, 0, &again));
  CHECK_INT(again, needed);
  CHECK_OK(spk_device_describe(kDLCPU, 0, whole, sizeof whole, NULL));
}

static void devices_that_are_not_there_are_refused(void) {
  static const struct {
    int32_t type, id, status;
    const char *value;
  } rows[] = {
      {kDLCPU, 1, SPK_INVALID_ARGUMENT, "cpu:1"},   {kDLCPU, -1, SPK_INVALID_ARGUMENT, "cpu:-1"},
      {kDLOneAPI, 0, SPK_UNSUPPORTED, "oneapi"},    {kDLCUDAHost, 0, SPK_UNSUPPORTED, "cuda_host"},
      {99, 0, SPK_UNSUPPORTED, "99"},               {-1, 0, SPK_UNSUPPORTED, "-1"},
      {kDLCUDA, 0, SPK_BACKEND_UNAVAILABLE, "cuda:0"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ROW("device %d:%d", (int)rows[i].type, (int)rows[i].id);
    char line[8] = "#######";
    size_t needed = 77;
    int32_t count = 0;
    CHECK_OK(spk_device_count(rows[i].type, &count));
    if (rows[i].type == kDLCUDA && count > 0) continue;
    CHECK_STATUS(spk_device_describe(rows[i].type, rows[i].id, line, sizeof line, &needed), rows[i].status);
    CHECK_MESSAGE("device");
    CHECK_MESSAGE(rows[i].value);
    CHECK(strcmp(line, "#######") == 0);
    CHECK_INT(needed, 77);
  }
}

int main(void) {
  RUN(there_is_one_cpu_and_nothing_of_what_is_not_computed_on);
  RUN(the_cpu_is_described_in_one_line);
  RUN(the_description_is_cut_to_the_buffer_and_terminated);
  RUN(devices_that_are_not_there_are_refused);
  return check_end();
}
