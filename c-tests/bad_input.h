/*
 * What the tables of bad input share: good arguments, of which a table spoils one at a time, and what must hold after
 * a refusal.
 */
#ifndef BAD_INPUT_H
#define BAD_INPUT_H

#include "tensors.h"

#include <ctype.h>

/* Good tensors. `good_in` becomes `good_out` in a transform or a copy; `good_a` has two matrices. */
static double in_data[24] = {1, 2, 3}, a_data[18] = {2, 1, 1, 1, 3, 1, 1, 1, 4, 2, 1, 1, 1, 3, 1, 1, 1, 4};
static struct {
  double out[24], w[6], v[18];
  int32_t info[2];
} results;
static int64_t shape_3_4[] = {3, 4}, shape_2_3_3[] = {2, 3, 3}, shape_2_3[] = {2, 3}, shape_2[] = {2};
static const DLTensor good_in = {in_data, {kDLCPU, 0}, 2, {kDLComplex, 128, 1}, shape_3_4, NULL, 0};
static const DLTensor good_out = {results.out, {kDLCPU, 0}, 2, {kDLComplex, 128, 1}, shape_3_4, NULL, 0};
static const DLTensor good_a = {a_data, {kDLCPU, 0}, 3, {kDLFloat, 64, 1}, shape_2_3_3, NULL, 0};
static const DLTensor good_w = {results.w, {kDLCPU, 0}, 2, {kDLFloat, 64, 1}, shape_2_3, NULL, 0};
static const DLTensor good_v = {results.v, {kDLCPU, 0}, 3, {kDLFloat, 64, 1}, shape_2_3_3, NULL, 0};
static const DLTensor good_info = {results.info, {kDLCPU, 0}, 1, {kDLInt, 32, 1}, shape_2, NULL, 0};
static const spk_fft_desc good_desc = {.struct_size = sizeof(spk_fft_desc)};

/* How often memory handed to the library was freed. */
static counter freed;

/* What a handle holds before a call, so that NULL afterwards was written by it. */
static inline void *stale(void) { return &results; }

static inline void reset(void) {
  mark(&results, sizeof results);
  atomic_store(&freed, 0);
}

/* The message begins with the argument's name, not with a longer word, and holds the value. */
static inline void check_names(const char *argument, const char *value) {
  const char *message = check_message();
  size_t length = strlen(argument);
  if (!CHECK(strncmp(message, argument, length) == 0 && !isalnum((unsigned char)message[length])))
    printf("  \"%s\" does not begin with \"%s\"\n", message, argument);
  CHECK_CONTAINS(message, value);
}

/* A call was refused: status, message, outputs as they were, nothing freed. */
static inline void check_refused(int32_t status, int32_t expected, const char *argument, const char *value) {
  if (CHECK_STATUS(status, expected)) check_names(argument, value);
  CHECK(!unmarked(&results, sizeof results));
  CHECK_INT(freed, 0);
}

/* After a call that makes a tensor: gives it back, or checks that the handle is NULL. */
static inline int32_t made(int32_t status, managed **handle) {
  if (status == SPK_OK) spk_tensor_release(*handle);
  else CHECK_PTR(*handle, NULL);
  return status;
}

static inline int32_t made_legacy(int32_t status, DLManagedTensor **handle) {
  if (status == SPK_OK) (*handle)->deleter(*handle);
  else CHECK_PTR(*handle, NULL);
  return status;
}

static inline int32_t made_plan(int32_t status, spk_fft_plan **plan) {
  if (status == SPK_OK) spk_fft_plan_destroy(*plan);
  else CHECK_PTR(*plan, NULL);
  return status;
}

/* A plan from good_in to good_out. */
static inline spk_fft_plan *good_plan(void) {
  static spk_fft_plan *plan;
  if (!plan) CHECK_OK(spk_fft_plan_create(&good_in, &good_out, &good_desc, NULL, &plan));
  return plan;
}

#endif
