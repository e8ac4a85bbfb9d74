/*
 * Counts checks and failures. A program runs its claims by RUN and ends with `return check_end();`.
 *
 * A failed check prints where it stands, the claim, the row of the table, the expression and the values. Checks are
 * made on the main thread only.
 */
#ifndef CHECK_H
#define CHECK_H

#include <spectrapack/spectrapack.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_passed, check_failed;
static const char *check_claim = "";
static char check_row[160];

/* Names the row of a table, as printf does, for all checks until the next row or claim. */
#define ROW(...) ((void)snprintf(check_row, sizeof check_row, __VA_ARGS__))
#define RUN(claim) (check_claim = #claim, check_row[0] = 0, claim(), (void)fflush(stdout))

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) check_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define CHECK_PTR(actual, expected) check_ptr((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_NEAR(actual, expected, tolerance) \
  check_near((double)(actual), (double)(expected), (double)(tolerance), #actual, __FILE__, __LINE__)
#define CHECK_AT_MOST(actual, bound) check_at_most((double)(actual), (double)(bound), #actual, __FILE__, __LINE__)
#define CHECK_STATUS(call, expected) check_status((call), (expected), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(call, SPK_OK)
/* The thread's last message holds `part`. */
#define CHECK_MESSAGE(part) check_contains(check_message(), (part), "last error", __FILE__, __LINE__)
#define CHECK_CONTAINS(text, part) check_contains((text), (part), #text, __FILE__, __LINE__)

static inline const char *check_message(void) {
  static char message[2048];
  spk_last_error(message, sizeof message);
  return message;
}

static inline int check_count(int ok, const char *text, const char *file, int line) {
  if (ok) {
    check_passed++;
  } else {
    check_failed++;
    printf("%s:%d: %s%s%s%s: %s: ", file, line, check_claim, check_row[0] ? " [" : "", check_row,
           check_row[0] ? "]" : "", text);
  }
  return ok;
}

static inline int check_true(int ok, const char *text, const char *file, int line) {
  if (!check_count(ok, text, file, line)) printf("does not hold\n");
  return ok;
}

static inline int check_int(long long actual, long long expected, const char *text, const char *file, int line) {
  int ok = check_count(actual == expected, text, file, line);
  if (!ok) printf("%lld, expected %lld\n", actual, expected);
  return ok;
}

static inline int check_ptr(const void *actual, const void *expected, const char *text, const char *file, int line) {
  int ok = check_count(actual == expected, text, file, line);
  if (!ok) printf("%p, expected %p\n", actual, expected);
  return ok;
}

static inline int check_near(double actual, double expected, double tolerance, const char *text, const char *file,
                             int line) {
  int ok = check_count(fabs(actual - expected) <= tolerance, text, file, line);
  if (!ok) printf("%.17g, expected %.17g within %g\n", actual, expected, tolerance);
  return ok;
}

static inline int check_at_most(double actual, double bound, const char *text, const char *file, int line) {
  int ok = check_count(actual <= bound, text, file, line);
  if (!ok) printf("%g, expected at most %g\n", actual, bound);
  return ok;
}

static inline int check_status(int32_t actual, int32_t expected, const char *text, const char *file, int line) {
  int ok = check_count(actual == expected, text, file, line);
  if (!ok)
    printf("%s, expected %s; last error: \"%s\"\n", spk_status_name(actual), spk_status_name(expected),
           check_message());
  return ok;
}

static inline int check_contains(const char *text, const char *part, const char *name, const char *file, int line) {
  int ok = check_count(strstr(text, part) != NULL, name, file, line);
  if (!ok) printf("\"%s\" does not hold \"%s\"\n", text, part);
  return ok;
}

static inline int check_end(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed != 0;
}

#endif
