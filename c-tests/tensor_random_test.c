/*
 * Copies between layouts made at random, looked at byte by byte: what is accepted writes each element once and reads
 * none that was written; what is refused as overlapping is either that or an interleaving that is hard to tell from it.
 */
#include "tensors.h"

enum { CASES = 200000, POOL = 192, MIDDLE = 96 };

static uint32_t state = 1;
static int pick(int below) { return (int)((state = state * 1664525u + 1013904223u) >> 8) % below; }

static unsigned char pool[POOL], before[POOL], expected[POOL];
static int64_t shape[3];

typedef struct {
  int start;
  int64_t strides[3];
} layout;

static int64_t offset_of(const layout *l, int ndim, int64_t number) {
  int64_t offset = 0;
  for (int d = ndim - 1; d >= 0; d--) {
    offset += number % shape[d] * l->strides[d];
    number /= shape[d];
  }
  return offset;
}

/* Whether all elements lie in the pool. */
static int fits(const layout *l, int ndim, int64_t count, int size) {
  for (int64_t i = 0; i < count; i++) {
    int64_t at = l->start + offset_of(l, ndim, i) * size;
    if (at < 0 || at + size > POOL) return 0;
  }
  return 1;
}

static layout any_layout(int ndim, int spread) {
  layout l = {.start = MIDDLE - 24 + pick(48)};
  for (int d = 0; d < ndim; d++) l.strides[d] = pick(2 * spread + 1) - spread;
  return l;
}

/* Counts for every byte how often the elements of `l` cover it. */
static void cover(const layout *l, int ndim, int64_t count, int size, int *covered) {
  memset(covered, 0, POOL * sizeof *covered);
  for (int64_t i = 0; i < count; i++)
    for (int b = 0; b < size; b++) covered[l->start + offset_of(l, ndim, i) * size + b]++;
}

static void accepted_copies_are_right_and_refused_ones_had_a_reason(void) {
  static const DLDataType types[] = {{kDLInt, 8, 1}, {kDLInt, 16, 1}, {kDLInt, 32, 1}, {kDLUInt, 8, 3}};
  int accepted = 0, in_place = 0, refused = 0, overlapping = 0;
  for (int k = 0; k < CASES; k++) {
    ROW("case %d", k);
    DLDataType type = types[pick(LENGTH(types))];
    int ndim = pick(4), size = type.bits * type.lanes / 8;
    int64_t count = 1;
    for (int d = 0; d < ndim; d++) count *= shape[d] = 1 + pick(4);
    layout from = any_layout(ndim, 8), to = pick(8) ? any_layout(ndim, 8) : from;
    if (!fits(&from, ndim, count, size) || !fits(&to, ndim, count, size)) continue;
    for (int i = 0; i < POOL; i++) pool[i] = before[i] = expected[i] = (unsigned char)pick(256);
    DLTensor in = host(pool + from.start, type, ndim, shape, from.strides);
    DLTensor out = host(pool + to.start, type, ndim, shape, to.strides);
    for (int64_t i = 0; i < count; i++)
      memcpy(expected + to.start + offset_of(&to, ndim, i) * size,
             before + from.start + offset_of(&from, ndim, i) * size, (size_t)size);
    int read[POOL], written[POOL], twice = 0, both = 0, same = from.start == to.start;
    cover(&from, ndim, count, size, read);
    cover(&to, ndim, count, size, written);
    for (int i = 0; i < POOL; i++) twice += written[i] > 1, both += written[i] && read[i];
    for (int d = 0; d < ndim; d++) same &= shape[d] == 1 || from.strides[d] == to.strides[d];
    int32_t status = spk_tensor_copy_into(&in, NULL, &out);
    if (status == SPK_OK) {
      if (!CHECK(!twice && (same || !both)) || !CHECK(memcmp(pool, expected, POOL) == 0)) return;
      accepted++, in_place += same;
    } else {
      if (!CHECK_STATUS(status, SPK_OVERLAP) || !CHECK(memcmp(pool, before, POOL) == 0)) return;
      refused++, overlapping += twice || (both && !same);
    }
  }
  /* The draw had enough of each kind, and few refusals were out of caution. */
  CHECK(accepted > CASES / 100);
  CHECK(in_place > CASES / 100);
  CHECK(overlapping > CASES / 100);
  CHECK_AT_MOST(refused - overlapping, 0.25 * refused);
}

int main(void) {
  RUN(accepted_copies_are_right_and_refused_ones_had_a_reason);
  return check_end();
}
