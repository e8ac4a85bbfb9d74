/* The version and the build line. */
#include "check.h"

static void library_has_the_version_of_the_header(void) {
  CHECK_INT(spk_version(), SPK_VERSION_MAJOR * 10000 + SPK_VERSION_MINOR * 100 + SPK_VERSION_PATCH);
}

static void build_line_names_version_dlpack_and_engines(void) {
  char line[1024], version[32];
  size_t needed = spk_build_info(line, sizeof line);
  CHECK_INT(needed, strlen(line) + 1);
  snprintf(version, sizeof version, "%d.%d.%d", SPK_VERSION_MAJOR, SPK_VERSION_MINOR, SPK_VERSION_PATCH);
  CHECK_CONTAINS(line, version);
  CHECK_CONTAINS(line, "DLPack 1.3");
  CHECK_CONTAINS(line, "fft");
  CHECK_CONTAINS(line, "eigen");
  CHECK_CONTAINS(line, "cpu");
  CHECK(strchr(line, '\n') == NULL);
}

static void build_line_is_cut_to_the_buffer_and_terminated(void) {
  char whole[1024], part[16];
  size_t needed = spk_build_info(whole, sizeof whole);
  CHECK_INT(spk_build_info(NULL, 0), needed);
  for (size_t len = 1; len < sizeof part; len++) {
    ROW("len %zu", len);
    memset(part, '#', sizeof part);
    CHECK_INT(spk_build_info(part, len), needed);
    CHECK_INT(strlen(part), len - 1);
    CHECK(strncmp(part, whole, len - 1) == 0);
    CHECK_INT(part[len], '#');
  }
}

int main(void) {
  RUN(library_has_the_version_of_the_header);
  RUN(build_line_names_version_dlpack_and_engines);
  RUN(build_line_is_cut_to_the_buffer_and_terminated);
  return check_end();
}
