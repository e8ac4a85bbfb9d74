/* Tensors to test with: descriptions on the stack, producers that count their deletions, and guarded memory. */
#ifndef TENSORS_H
#define TENSORS_H

#include "check.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define DTYPE(code, bits, lanes) ((DLDataType){(uint8_t)(code), (uint8_t)(bits), (uint16_t)(lanes)})
#define BOOL8 DTYPE(kDLBool, 8, 1)
#define I8 DTYPE(kDLInt, 8, 1)
#define I32 DTYPE(kDLInt, 32, 1)
#define I64 DTYPE(kDLInt, 64, 1)
#define U8 DTYPE(kDLUInt, 8, 1)
#define F16 DTYPE(kDLFloat, 16, 1)
#define BF16 DTYPE(kDLBfloat, 16, 1)
#define F32 DTYPE(kDLFloat, 32, 1)
#define F64 DTYPE(kDLFloat, 64, 1)
#define C64 DTYPE(kDLComplex, 64, 1)
#define C128 DTYPE(kDLComplex, 128, 1)

/* An array of int64_t that lives until the end of the block. */
#define DIMS(...) ((int64_t[]){__VA_ARGS__})
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

typedef DLManagedTensorVersioned managed;

static inline DLTensor tensor_on(int device, void *data, DLDataType dtype, int32_t ndim, int64_t *shape,
                                 int64_t *strides) {
  DLTensor t = {data, {(DLDeviceType)device, 0}, ndim, dtype, shape, strides, 0};
  return t;
}

/* A tensor in host memory; NULL strides are compact row-major. */
static inline DLTensor host(void *data, DLDataType dtype, int32_t ndim, int64_t *shape, int64_t *strides) {
  return tensor_on(kDLCPU, data, dtype, ndim, shape, strides);
}

static inline int same_dtype(DLDataType a, DLDataType b) {
  return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

/* Checks that `t` has this shape and these strides, all explicit. */
static inline void check_layout(const DLTensor *t, int32_t ndim, const int64_t *shape, const int64_t *strides) {
  CHECK_INT(t->ndim, ndim);
  for (int32_t d = 0; d < ndim && d < t->ndim; d++) {
    CHECK_INT(t->shape[d], shape[d]);
    CHECK_INT(t->strides[d], strides[d]);
  }
}

/* Counts how often the memory it stands for was freed, from any thread. */
typedef atomic_int counter;

static inline void count_free(void *user) { atomic_fetch_add((counter *)user, 1); }

/* A producer's tensor: one allocation holds the struct and its dims, and the deleter frees it. */
static inline int64_t *dims_behind(void *block, size_t size, int32_t ndim, const int64_t *dims, int which) {
  int64_t *at = (int64_t *)(void *)((char *)block + size) + which * ndim;
  if (!dims) return NULL;
  memcpy(at, dims, (size_t)ndim * sizeof *at);
  return at;
}

static inline void *foreign_block(size_t size, int32_t ndim) {
  void *block = calloc(1, size + 2 * (size_t)ndim * sizeof(int64_t));
  if (!block) abort();
  return block;
}

static inline void foreign_delete(managed *self) {
  count_free(self->manager_ctx);
  free(self);
}

static inline void legacy_delete(DLManagedTensor *self) {
  count_free(self->manager_ctx);
  free(self);
}

/* A versioned tensor of DLPack 1.0 that another library might have made: a copy of `t`'s description. */
static inline managed *foreign(DLTensor t, uint64_t flags, counter *freed) {
  managed *m = foreign_block(sizeof *m, t.ndim);
  m->version.major = 1;
  m->flags = flags;
  m->manager_ctx = freed;
  m->deleter = foreign_delete;
  m->dl_tensor = t;
  m->dl_tensor.shape = dims_behind(m, sizeof *m, t.ndim, t.shape, 0);
  m->dl_tensor.strides = dims_behind(m, sizeof *m, t.ndim, t.strides, 1);
  return m;
}

/* The same in the legacy form. */
static inline DLManagedTensor *foreign_legacy(DLTensor t, counter *freed) {
  DLManagedTensor *m = foreign_block(sizeof *m, t.ndim);
  m->manager_ctx = freed;
  m->deleter = legacy_delete;
  m->dl_tensor = t;
  m->dl_tensor.shape = dims_behind(m, sizeof *m, t.ndim, t.shape, 0);
  m->dl_tensor.strides = dims_behind(m, sizeof *m, t.ndim, t.strides, 1);
  return m;
}

/* A pattern that no result has, to see that outputs were left alone. */
static inline void mark(void *memory, size_t bytes) { memset(memory, 0xA5, bytes); }

static inline int unmarked(const void *memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (((const unsigned char *)memory)[i] != 0xA5) return 1;
  return 0;
}

/* `bytes` zeroed bytes that end where readable memory ends: reading one more is a crash. Never freed. */
static inline void *at_end_of_memory(size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) abort();
  return pages + page - bytes;
}

#endif
